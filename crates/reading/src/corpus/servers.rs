//! The one place that names the preprint servers' hosts and paths.
//!
//! They are documented at the API's own address (`/` and `/covid19/help`). Each can be overridden on the
//! command line, for a mirror, another server that speaks the same, or a test.

use covid_ct_core::string_enum;

/// Host of the API that both servers share.
pub const API: &str = "https://api.biorxiv.org";
/// What was posted from one day to another, 100 records a page.
pub const DETAILS: &str = "{api}/details/{server}/{from}/{to}/{cursor}/json";
/// The servers' own collection of COVID-19 preprints, newest first, 30 records a page.
pub const COVID19: &str = "{api}/covid19/{cursor}/json";
/// A version's PDF.
pub const PDF: &str = "https://www.{server}.org/content/{doi}v{version}.full.pdf";
/// The buckets of text-mining archives; whoever reads them pays their host.
pub const BUCKETS: [&str; 2] = ["s3://medrxiv-src-monthly", "s3://biorxiv-src-monthly"];

string_enum! {
    /// A preprint server, as addresses spell it.
    pub enum Server {
        Biorxiv = "biorxiv",
        Medrxiv = "medrxiv",
    }
}

impl Server {
    /// Reads any spelling: `medRxiv`, `bioRxiv`.
    pub fn named(text: &str) -> Option<Self> {
        text.trim().to_ascii_lowercase().parse().ok()
    }
}

/// Addresses with `{api}`, `{server}`, `{from}`, `{to}`, `{cursor}`, `{doi}` and `{version}` in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// What `{api}` stands for.
    pub api: String,
    pub details: String,
    pub covid19: String,
    pub pdf: String,
}

impl Default for Templates {
    fn default() -> Self {
        let [api, details, covid19, pdf] = [API, DETAILS, COVID19, PDF].map(String::from);
        Self { api, details, covid19, pdf }
    }
}

impl Templates {
    /// A page of what `server` posted, days as YYYY-MM-DD, both counted.
    pub fn details(&self, server: Server, from: &str, to: &str, cursor: u64) -> String {
        filled(
            &self.details,
            &[
                ("api", self.api.trim_end_matches('/')),
                ("server", server.as_str()),
                ("from", from),
                ("to", to),
                ("cursor", &cursor.to_string()),
            ],
        )
    }

    /// A page of the collection of COVID-19 preprints.
    pub fn covid19(&self, cursor: u64) -> String {
        let cursor = cursor.to_string();
        filled(
            &self.covid19,
            &[("api", self.api.trim_end_matches('/')), ("cursor", cursor.as_str())],
        )
    }

    /// A PDF; of an unknown version the first, which every preprint has.
    pub fn pdf(&self, server: &str, doi: &str, version: Option<u32>) -> String {
        let version = version.unwrap_or(1).to_string();
        filled(
            &self.pdf,
            &[
                ("api", self.api.trim_end_matches('/')),
                ("server", server),
                ("doi", doi),
                ("version", version.as_str()),
            ],
        )
    }
}

fn filled(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_as_the_servers_document_them() {
        let templates = Templates::default();
        assert_eq!(
            templates.details(Server::Medrxiv, "2020-01-19", "2020-03-25", 100),
            "https://api.biorxiv.org/details/medrxiv/2020-01-19/2020-03-25/100/json"
        );
        assert_eq!(templates.covid19(30), "https://api.biorxiv.org/covid19/30/json");
        let pdf = |version| templates.pdf("medrxiv", "10.1101/2020.02.10.20021584", version);
        let address = "https://www.medrxiv.org/content/10.1101/2020.02.10.20021584";
        assert_eq!(pdf(Some(2)), format!("{address}v2.full.pdf"));
        assert_eq!(pdf(None), format!("{address}v1.full.pdf"));
    }

    #[test]
    fn a_host_of_ones_own_takes_the_place_of_the_servers() {
        let templates = Templates { api: "http://localhost:1/".into(), ..Templates::default() };
        assert_eq!(templates.covid19(0), "http://localhost:1/covid19/0/json");
        assert_eq!(Server::named(" medRxiv"), Some(Server::Medrxiv));
        assert_eq!(Server::named("arXiv"), None);
    }
}
