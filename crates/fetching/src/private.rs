//! Addresses that no list and no redirection of a stranger may lead to: this machine, its link, and private networks.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};

/// Redirections that a source may make one after another.
const REDIRECTS: usize = 5;

/// Where clouds tell machines their credentials, by name. A source with an account asks there, and nothing else leads there.
const METADATA: [&str; 2] = ["metadata.google.internal", "metadata"];

/// Whether an address is reachable from here alone, or from nowhere.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            // Shared by the customers of a carrier (RFC 6598), and this network (RFC 1122).
            let is_shared = a == 100 && (64..128).contains(&b);
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_broadcast()
                || address.is_multicast()
                || is_shared
                || a == 0
        }
        IpAddr::V6(address) => {
            // IPv4 addresses behind a translator (RFC 6052) are what they stand for.
            let [a, b, c, d, e, f, high, low] = address.segments();
            let translated = [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0];
            let [h, l] = [high.to_be_bytes(), low.to_be_bytes()];
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_multicast()
                || translated && is_private(Ipv4Addr::new(h[0], h[1], l[0], l[1]).into())
        }
    }
}

/// Whether an address names such a place by numbers. One that names it by a name is seen when that is looked up.
pub fn is_private_number(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().is_ok_and(is_private)
}

/// A host that is not asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "{host} is an address of this machine or of a private network, and no option named it: {advice}"
)]
pub struct PrivateHost {
    host: String,
    advice: &'static str,
}

impl PrivateHost {
    /// One that a list or a redirection of `fetch` leads to.
    pub fn of_a_list(host: &str) -> Self {
        Self { host: host.into(), advice: "--allow-private lets lists and redirections lead there" }
    }

    /// One that a source redirects to.
    fn of_a_source(host: &str) -> Self {
        Self { host: host.into(), advice: "give the address that it redirects to, if you trust it" }
    }
}

/// Looks names up, and leaves out what is private: the connection goes to what was judged. Hosts that the user or the
/// environment names may lie anywhere; where a proxy leads is its own to judge.
#[derive(Debug)]
pub struct PublicOnly {
    named: Vec<String>,
    refusal: fn(&str) -> PrivateHost,
}

impl PublicOnly {
    /// For what lists and redirections of `fetch` name.
    pub fn new() -> Self {
        let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        let set = names.iter().flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()]);
        let hosts = set.filter_map(|name| host_of(&std::env::var(name).ok()?));
        Self { named: hosts.collect(), refusal: PrivateHost::of_a_list }
    }
}

/// The host that an address names.
fn host_of(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(ToOwned::to_owned)
}

/// Asks for what a source holds, which the user named: buckets, web servers. The source may lie anywhere, as may what the
/// environment names for it; what it redirects to may not.
#[derive(Debug)]
pub struct SourceConnector {
    named: Vec<String>,
    user_agent: String,
    /// Whether credentials are asked for, from the cloud's own service if need be.
    has_account: bool,
}

impl SourceConnector {
    /// `addresses` are the source's and its service's.
    pub fn new(addresses: &[&str], user_agent: String, has_account: bool) -> Self {
        let is_setting = |name: &OsStr| {
            ["AWS_", "GOOGLE_"]
                .iter()
                .any(|its| name.as_encoded_bytes().starts_with(its.as_bytes()))
        };
        let set = std::env::vars_os()
            .filter_map(|(name, address)| host_of(address.to_str().filter(|_| is_setting(&name))?));
        let named = addresses.iter().filter_map(|address| host_of(address)).chain(set).collect();
        Self { named, user_agent, has_account }
    }
}

impl HttpConnector for SourceConnector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut resolver = PublicOnly { refusal: PrivateHost::of_a_source, ..PublicOnly::new() };
        resolver.named.extend(self.named.iter().cloned());
        if self.has_account {
            resolver.named.extend(METADATA.map(str::to_owned));
        }
        let named = self.named.clone();
        let client = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .timeout(Duration::from_mins(30))
            .connect_timeout(Duration::from_secs(10))
            .redirect(Policy::custom(move |attempt| follow(attempt, &named)))
            .dns_resolver(Arc::new(resolver))
            .build();
        let client = client.map_err(|error| object_store::Error::Generic {
            store: "HTTP client",
            source: Box::new(error),
        })?;
        Ok(HttpClient::new(client))
    }
}

/// Follows a redirection of a source, but into a private place that is told by numbers (names are looked up later).
fn follow(attempt: Attempt<'_>, named: &[String]) -> reqwest::redirect::Action {
    let host = attempt.url().host_str().unwrap_or_default().to_owned();
    let is_private = is_private_number(attempt.url()) || METADATA.contains(&host.as_str());
    if is_private && !is_named(&host, named) {
        return attempt.error(PrivateHost::of_a_source(&host));
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(format!("more than {REDIRECTS} redirections"));
    }
    attempt.follow()
}

/// Whether a host is one of those named, or a bucket below one.
fn is_named(host: &str, named: &[String]) -> bool {
    named.iter().any(|named| {
        host.strip_suffix(named.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let (is_named, refusal) = (is_named(name.as_str(), &self.named), self.refusal);
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found
                .iter()
                .filter(|address| is_named || !is_private(address.ip()))
                .copied()
                .collect();
            if public.is_empty() && !found.is_empty() {
                return Err(refusal(name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_places_are_known_in_every_spelling() {
        let private = |address: &str| is_private_number(&Url::parse(address).expect("address"));
        for address in [
            "http://127.0.0.1/",
            "http://127.1:80/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://10.1.2.3/x.pdf",
            "http://172.31.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
        ] {
            assert!(private(address), "{address}");
        }
        for address in ["https://93.184.216.34/", "https://[2606:2800::1]/", "https://localhost/"] {
            assert!(!private(address), "{address}");
        }
    }

    #[test]
    fn names_of_private_places_are_refused_when_they_are_looked_up() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let name: Name = "localhost".parse().expect("name");
        let public = PublicOnly { named: Vec::new(), refusal: PrivateHost::of_a_list };
        let found = runtime.expect("runtime").block_on(public.resolve(name));
        let Err(error) = found else { panic!("localhost is found") };
        assert!(error.to_string().contains("--allow-private"), "{error}");
    }

    #[test]
    fn a_bucket_is_known_below_the_service_that_was_named() {
        let named = ["store.example".to_owned(), "10.0.0.1".to_owned()];
        for (host, known) in [
            ("store.example", true),
            ("papers.store.example", true),
            ("restore.example", false),
            ("10.0.0.1", true),
            ("110.0.0.1", false),
            ("store.example.org", false),
        ] {
            assert_eq!(is_named(host, &named), known, "{host}");
        }
    }
}
