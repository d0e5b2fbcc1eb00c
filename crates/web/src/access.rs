//! Who may ask, and from where: links with a token a curator, a cookie for the page, the hosts and origins that
//! are this server's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use covid_ct::Workspace;
use covid_ct::curation::seat::Serving;
use covid_ct_core::{atomic, sha256_hex};
use rand::TryRng as _;
use rand::rngs::SysRng;
use subtle::ConstantTimeEq as _;

/// Where links are kept, so that they lead somewhere after the server was started again.
const LINKS: &str = "label-web.json";

/// Bytes of a token, from the system's source of randomness.
const TOKEN: usize = 32;

/// How long a browser keeps its cookie, in seconds: 30 days.
const COOKIE_AGE: u32 = 30 * 24 * 3600;

/// A curator and how this one is known.
#[derive(Debug)]
struct Person {
    name: String,
    token: String,
    /// Hashes of the link's token and of the cookie: what comes is hashed and compared with these, so that the
    /// time a comparison takes tells nothing.
    token_hash: String,
    cookie_hash: String,
}

/// What is let in.
#[derive(Debug)]
pub struct Access {
    people: Vec<Person>,
    hosts: Vec<String>,
    origins: Vec<String>,
    base: String,
    cookie: String,
    secure: bool,
}

/// Whether what is asked for is safe to listen to; the words say what is missing.
pub fn check(serving: &Serving) -> anyhow::Result<()> {
    let is_encrypted = serving.tls.is_some() || serving.behind_proxy;
    let is_safe = serving.listen.ip().is_loopback() || is_encrypted && serving.origin.is_some();
    if !is_safe {
        bail!(
            "--listen {}: others reach that address. Add --origin URL, the address by which browsers reach it, \
             and either --tls-cert and --tls-key, or --behind-proxy where a proxy speaks TLS for it",
            serving.listen
        );
    }
    let Some(origin) = &serving.origin else { return Ok(()) };
    let scheme = if is_encrypted { "https://" } else { "http://" };
    let host = origin.strip_prefix(scheme).map(|host| host.trim_end_matches('/'));
    let is_host = |host: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        !host.is_empty() && host.chars().all(plain)
    };
    if !host.is_some_and(is_host) {
        bail!("--origin {origin}: expected {scheme}NAME or {scheme}NAME:PORT");
    }
    Ok(())
}

impl Access {
    /// For what listens at `address`.
    pub fn new(serving: &Serving, address: SocketAddr) -> anyhow::Result<Self> {
        let tokens = tokens(&serving.workspace, &serving.curators, serving.new_links)?;
        let people = serving.curators.iter().zip(tokens).map(|(name, token)| Person {
            name: name.clone(),
            token_hash: sha256_hex(token.as_bytes()),
            cookie_hash: sha256_hex(cookie_of(&token).as_bytes()),
            token,
        });
        let secure = serving.tls.is_some() || serving.behind_proxy;
        let scheme = if secure { "https" } else { "http" };
        let (hosts, base) = if let Some(origin) = &serving.origin {
            let origin = origin.trim_end_matches('/').to_ascii_lowercase();
            let host = origin.split_once("://").map_or("", |(_, host)| host).to_owned();
            (vec![host], origin)
        } else {
            let own = address.to_string();
            let base = format!("{scheme}://{own}");
            (vec![own, format!("localhost:{}", address.port())], base)
        };
        // Only a cookie over TLS may have this before its name; no other site can set one of that name.
        let prefix = if secure { "__Host-" } else { "" };
        Ok(Self {
            people: people.collect(),
            origins: hosts.iter().map(|host| format!("{scheme}://{host}")).collect(),
            hosts,
            base,
            // Browsers share cookies between ports: two servers of one machine must not mix them up.
            cookie: format!("{prefix}covid-ct-{}", address.port()),
            secure,
        })
    }

    /// Each curator with the link to hand out. The token stands behind `#`, which browsers send to nobody.
    pub fn links(&self) -> impl Iterator<Item = (&str, String)> {
        self.people.iter().map(|p| (p.name.as_str(), format!("{}/#{}", self.base, p.token)))
    }

    /// Whether a request is for this server. Others would come by a name that leads here and is not ours.
    pub fn is_host_ours(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).map(str::to_ascii_lowercase);
        hosts.next().is_none() && host.is_some_and(|host| self.hosts.contains(&host))
    }

    /// Whether a request comes from our own page: what changes anything must say so.
    pub fn is_from_our_page(&self, method: &Method, headers: &HeaderMap) -> bool {
        let is_ours = |origin: &str| self.origins.iter().any(|own| own == origin);
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
            return false;
        }
        match headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
            Some(origin) => is_ours(&origin.to_ascii_lowercase()),
            None => *method == Method::GET || *method == Method::HEAD,
        }
    }

    /// The curator whose cookie a request brings.
    pub fn curator(&self, headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|p| p.split_once('='));
        let (_, cookie) = pairs.find(|(name, _)| name.trim() == self.cookie)?;
        self.find(cookie.trim(), |person| &person.cookie_hash)
    }

    /// The curator whose token this is, and the cookie to set.
    pub fn enter(&self, token: &str) -> Option<(&str, String)> {
        let name = self.find(token, |person| &person.token_hash)?;
        let secure = if self.secure { "; Secure" } else { "" };
        let cookie = format!(
            "{}={}; Path=/; Max-Age={COOKIE_AGE}; HttpOnly; SameSite=Strict{secure}",
            self.cookie,
            cookie_of(token)
        );
        Some((name, cookie))
    }

    /// Compares with everybody's, whoever it is, in the same time.
    fn find(&self, given: &str, of: impl Fn(&Person) -> &String) -> Option<&str> {
        let hash = sha256_hex(given.as_bytes());
        let mut found = None;
        for person in &self.people {
            if bool::from(of(person).as_bytes().ct_eq(hash.as_bytes())) {
                found = Some(person.name.as_str());
            }
        }
        found
    }
}

/// What the cookie holds: not the token, so that whoever sees one does not have the other.
fn cookie_of(token: &str) -> String {
    sha256_hex(format!("cookie of {token}").as_bytes())
}

/// A token for each curator: those that were given before, new ones for who had none.
fn tokens(workspace: &Workspace, curators: &[String], anew: bool) -> anyhow::Result<Vec<String>> {
    let path = workspace.data().join(LINKS);
    let mut known = if anew { BTreeMap::new() } else { read(&path)? };
    let mut is_new = anew;
    for curator in curators {
        if !known.contains_key(curator) {
            known.insert(curator.clone(), new_token()?);
            is_new = true;
        }
    }
    if is_new {
        write(&path, &known).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(curators.iter().map(|curator| known[curator].clone()).collect())
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
            format!("{} holds no links: --new-links makes all of them anew", path.display())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// For the user's eyes alone.
fn write(path: &Path, tokens: &BTreeMap<String, String>) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    let mut file = tempfile::Builder::new()
        .prefix(atomic::WRITING)
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(atomic::folder_of(path))?;
    file.write_all(serde_json::to_string_pretty(tokens)?.as_bytes())?;
    Ok(atomic::put(file, path)?)
}

fn new_token() -> anyhow::Result<String> {
    let mut bytes = [0; TOKEN];
    SysRng.try_fill_bytes(&mut bytes).context("the system gives no random numbers")?;
    Ok(bytes.iter().fold(String::new(), |token, byte| format!("{token}{byte:02x}")))
}
