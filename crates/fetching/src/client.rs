//! Asks servers: who asks is said, one connection a host, paced, redirects followed by the same rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Response, Url};

use covid_ct::corpus::{self, CorpusError, Got, Kind, Lock, Politeness, Result, Trouble, Wanted};

use crate::download::download;
use crate::pace::Turns;
use crate::private::{PrivateHost, PublicOnly, is_private_number};
use crate::retry::{self, pause};

/// Largest answer of the API that is read.
const PAGE_BYTES: usize = 8 << 20;
const REDIRECTS: usize = 5;
/// Tries in all, those counted that brought some of a file, for each of [`Politeness::tries`].
const TRIES_WITH_PROGRESS: u32 = 10;

/// A connection to each host, and the turns of all.
#[derive(Debug)]
pub struct Client<'a> {
    /// For hosts that may lie anywhere.
    http: reqwest::Client,
    /// For those that strangers name.
    public: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    turns: Turns,
    /// Hosts that the user named.
    named: Vec<String>,
    pub politeness: Politeness,
    pub lock: &'a Lock,
    stop: Arc<AtomicBool>,
}

impl<'a> Client<'a> {
    /// # Errors
    /// When the system gives no threads or certificates.
    pub fn new(politeness: Politeness, lock: &'a Lock, stop: Arc<AtomicBool>) -> Result<Self> {
        use_ring();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let builder = || {
            reqwest::Client::builder()
                .user_agent(user_agent(politeness.contact.as_deref()))
                .default_headers(headers.clone())
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(politeness.timeout)
                .read_timeout(politeness.timeout)
                .pool_max_idle_per_host(1)
        };
        let failed = |error: reqwest::Error| CorpusError::Network(error.to_string());
        let http = builder().build().map_err(failed)?;
        let public = builder().dns_resolver(Arc::new(PublicOnly::new())).build().map_err(failed)?;
        let runtime = runtime()?;
        let host = |address: &String| Some(Url::parse(address).ok()?.host_str()?.to_owned());
        let named = politeness.named.iter().filter_map(host).collect();
        Ok(Self { named, http, public, runtime, turns: Turns::default(), politeness, lock, stop })
    }

    async fn ask_for_page(&self, address: &str) -> std::result::Result<Vec<u8>, Trouble> {
        self.retrying(&mut |_| {}, async || {
            self.ask(address, HeaderMap::new(), self.politeness.api_spacing, async |response| {
                let status = response.status();
                if !status.is_success() {
                    return Err(refusal(&response));
                }
                let mut body = Vec::new();
                let mut stream = response.bytes_stream();
                while let Some(bytes) = stream.next().await {
                    let bytes = bytes.map_err(|error| failed(&error))?;
                    body.extend_from_slice(&bytes);
                    if body.len() > PAGE_BYTES {
                        return Err(Trouble::new(Kind::Hopeless, "an answer without end"));
                    }
                }
                Ok(body)
            })
            .await
        })
        .await
    }

    /// Tries until it works, cannot work, or was tried often enough. `told` hears of each pause.
    pub async fn retrying<T>(
        &self,
        told: &mut (dyn FnMut(&Trouble) + Send),
        mut attempt: impl AsyncFnMut() -> std::result::Result<T, Trouble>,
    ) -> std::result::Result<T, Trouble> {
        let (mut in_vain, mut tried) = (0, 0);
        loop {
            let trouble = match attempt().await {
                Ok(done) => return Ok(done),
                Err(trouble) if !trouble.may_pass() => return Err(trouble),
                Err(trouble) => trouble,
            };
            tried += 1;
            in_vain = if trouble.progress { 0 } else { in_vain + 1 };
            let tries = self.politeness.tries.max(1);
            if in_vain >= tries || tried >= tries.saturating_mul(TRIES_WITH_PROGRESS) {
                let times = if tried == 1 { "once".into() } else { format!("{tried} times") };
                let what = format!("{}; tried {times}", trouble.what);
                return Err(Trouble { what, ..trouble });
            }
            let mut wait = pause(self.politeness.backoff, in_vain.max(1), rand::random());
            if let Some(asked) = trouble.wait {
                if asked > self.politeness.patience {
                    let (seconds, patience) = (asked.as_secs(), self.politeness.patience.as_secs());
                    let what = format!(
                        "{}; it asks to come back in {seconds} s, more than the {patience} s of \
                         --patience",
                        trouble.what
                    );
                    return Err(Trouble { what, ..trouble });
                }
                wait = wait.max(asked);
            }
            told(&trouble);
            self.unless_stopped(tokio::time::sleep(wait)).await?;
        }
    }

    /// What asks a host: one that no option named must lie on the public network.
    fn http(&self, address: &Url) -> std::result::Result<&reqwest::Client, Trouble> {
        let host = address.host_str().unwrap_or_default();
        if self.politeness.private || self.named.iter().any(|named| named == host) {
            return Ok(&self.http);
        }
        if is_private_number(address) {
            return Err(Trouble::new(Kind::Hopeless, PrivateHost::of_a_list(host).to_string()));
        }
        Ok(&self.public)
    }

    /// One request in the host's turn, and those that redirects make of it; `read` gets the answer, whatever
    /// its status, and has read it when the turn ends.
    pub async fn ask<T>(
        &self,
        address: &str,
        headers: HeaderMap,
        spacing: Duration,
        read: impl AsyncFnOnce(Response) -> std::result::Result<T, Trouble>,
    ) -> std::result::Result<T, Trouble> {
        let mut address = parse(address)?;
        for _ in 0..=REDIRECTS {
            let http = self.http(&address)?;
            let host = format!("{}:{}", address.host_str().unwrap_or(""), port(&address));
            let first = if self.lock.asked_recently() { spacing } else { Duration::ZERO };
            let away = self.lock.away(&host);
            if away > self.politeness.patience {
                let what = format!(
                    "{host} asked before to be left alone; it asks to come back in {} s, more than the {} s \
                     of --patience",
                    away.as_secs(),
                    self.politeness.patience.as_secs()
                );
                return Err(Trouble { wait: Some(away), ..Trouble::new(Kind::Refused, what) });
            }
            let first = first.max(away);
            let turn = self.turns.of(&host, first);
            // The turn is kept until the answer is read: that is what makes it one connection.
            let mut turn = self.unless_stopped(turn.lock_owned()).await?;
            self.unless_stopped(turn.comes()).await?;
            self.lock.mark();
            let request = http.get(address.clone()).headers(headers.clone()).send();
            let answered = self
                .unless_stopped(request)
                .await
                .and_then(|answer| answer.map_err(|error| failed(&error)));
            let pause = spacing.mul_f64(1.0 + 0.25 * rand::random::<f64>());
            let response = answered.inspect_err(|_| turn.over(pause))?;
            let target = redirect(&address, &response);
            let wait = refusal(&response).wait.filter(|_| !response.status().is_success());
            let Some(target) = target else {
                let done = self.unless_stopped(read(response)).await.and_then(|done| done);
                turn.over(pause);
                if let Some(wait) = wait {
                    turn.over(wait.min(self.politeness.patience));
                    self.lock.keep_away(&host, wait);
                }
                return done;
            };
            turn.over(pause);
            address = parse(&target)?;
        }
        Err(Trouble::new(Kind::Refused, "the server sends us round in circles"))
    }

    async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> std::result::Result<T, Trouble> {
        let stopped = async {
            while !corpus::Client::is_stopped(self) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = stopped => Err(Trouble::new(Kind::Interrupted, "interrupted")),
        }
    }
}

impl corpus::Client for Client<'_> {
    fn page(&self, address: &str) -> std::result::Result<Vec<u8>, Trouble> {
        self.runtime.block_on(self.ask_for_page(address))
    }

    fn download(
        &self,
        wanted: &Wanted<'_>,
        told: &mut (dyn FnMut(&Trouble) + Send),
    ) -> std::result::Result<Got, Trouble> {
        self.runtime.block_on(download(self, wanted, told))
    }

    fn host(&self, address: &str) -> Option<String> {
        Some(Url::parse(address).ok()?.host_str()?.to_owned())
    }

    fn politeness(&self) -> &Politeness {
        &self.politeness
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What waits for servers.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    runtime.map_err(|error| CorpusError::Network(error.to_string()))
}

/// Has TLS use the one implementation that is compiled in.
pub fn use_ring() {
    // Somebody else may have chosen first; that is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Who asks, and whom to write to: `covid-ct/0.1.0 (+mailto:a@b.org)`.
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let printable: String =
        contact.unwrap_or("").chars().filter(|c| matches!(c, ' '..='~')).collect();
    match printable.trim() {
        "" => format!(
            "covid-ct/{version} (collects preprints for a research dataset; no contact given)"
        ),
        page if page.contains("://") => format!("covid-ct/{version} (+{page})"),
        mail => format!("covid-ct/{version} (+mailto:{mail})"),
    }
}

fn parse(address: &str) -> std::result::Result<Url, Trouble> {
    let hopeless = |what: String| Trouble::new(Kind::Hopeless, what);
    let url = Url::parse(address).map_err(|error| hopeless(format!("'{address}': {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(hopeless(format!("'{address}': expected http or https, not {scheme}"))),
    }
}

fn port(address: &Url) -> u16 {
    address.port_or_known_default().unwrap_or_default()
}

fn redirect(from: &Url, response: &Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = from.join(target).ok()?;
    // From a safe connection none leads to one that is not.
    (from.scheme() != "https" || target.scheme() == "https").then(|| target.into())
}

/// What an answer means that is no success.
pub fn refusal(response: &Response) -> Trouble {
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    retry::of_status(response.status().as_u16(), wait)
}

/// What went wrong below HTTP, down to its cause.
pub fn failed(error: &reqwest::Error) -> Trouble {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if cause.is::<PrivateHost>() {
        return Trouble::new(Kind::Hopeless, cause.to_string());
    }
    let what = if error.is_timeout() {
        "the server is silent".to_owned()
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else {
        format!("the connection broke: {cause}")
    };
    Trouble::new(Kind::Failed, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_who_asks() {
        let of = |contact| user_agent(contact).split_once(' ').map(|(_, rest)| rest.to_owned());
        assert_eq!(of(Some("a@b.org")).as_deref(), Some("(+mailto:a@b.org)"));
        assert_eq!(of(Some("https://b.org/x")).as_deref(), Some("(+https://b.org/x)"));
        assert_eq!(of(Some("a\r\nb@c.org")).as_deref(), Some("(+mailto:ab@c.org)"));
        assert!(of(None).is_some_and(|text| text.contains("no contact")));
    }

    #[test]
    fn only_the_web_is_asked() {
        assert!(parse("https://www.medrxiv.org/x").is_ok());
        for address in ["file:///etc/passwd", "ftp://x/y", "", "no address"] {
            assert_eq!(parse(address).expect_err(address).kind, Kind::Hopeless);
        }
    }
}
