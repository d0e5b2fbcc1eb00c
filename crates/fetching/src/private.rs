//! Addresses that no list and no redirection of a stranger may lead to: this machine, its link, and private networks.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

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
    "{0} is an address of this machine or of a private network, and no option named it: --allow-private lets lists and \
     redirections lead there"
)]
pub struct PrivateHost(pub String);

/// Looks names up, and leaves out what is private: the connection goes to what was judged. A proxy, which the environment
/// names, may lie anywhere; where it leads is its own to judge.
#[derive(Debug)]
pub struct PublicOnly {
    proxies: Vec<String>,
}

impl PublicOnly {
    pub fn new() -> Self {
        let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        let set = names.iter().flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()]);
        let hosts = set.filter_map(|name| {
            let address = Url::parse(&std::env::var(name).ok()?).ok()?;
            address.host_str().map(ToOwned::to_owned)
        });
        Self { proxies: hosts.collect() }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = self.proxies.iter().any(|proxy| proxy == name.as_str());
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<_> = found
                .iter()
                .filter(|address| is_proxy || !is_private(address.ip()))
                .copied()
                .collect();
            if public.is_empty() && !found.is_empty() {
                return Err(PrivateHost(name.as_str().to_owned()).into());
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
        let found =
            runtime.expect("runtime").block_on(PublicOnly { proxies: Vec::new() }.resolve(name));
        let Err(error) = found else { panic!("localhost is found") };
        assert!(error.to_string().contains("--allow-private"), "{error}");
    }
}
