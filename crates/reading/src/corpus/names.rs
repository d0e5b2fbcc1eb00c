//! What files of preprints are called, here and elsewhere.

use std::sync::LazyLock;

use regex::Regex;

pub use covid_ct_core::doi;

use covid_ct_core::sha256_hex;

/// A preprint as a file's name or an address tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The DOI without its prefix, in lower case.
    pub number: String,
    pub version: Option<u32>,
}

// The servers' files are called `2020.02.10.20021584v1.full.pdf`; people put the DOI's prefix or the
// server's name before it, and browsers ` (1)` behind. Numbers before 2020 have six digits alone.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?:^|[^0-9.])(?P<number>20\d\d\.\d\d\.\d\d\.(?:\d{8}|\d{6})
        |(?:10\.(?:1101|64898)[/_.-])(?P<old>\d{6}))(?:v(?P<version>\d{1,3}))?(?:\D|$)",
    )
    .expect("a valid pattern")
});

/// Reads a file's name, `None` where it names no preprint.
pub fn read(name: &str) -> Option<Named> {
    // The prefix of a DOI ends with digits, which the number must not go on from.
    let plain = name.replace("10.1101", "10.1101/").replace("10.64898", "10.64898/");
    let plain = plain.replace("//", "/").replace("/_", "/").replace("/-", "/").replace("/.", "/");
    let found = NAMED.captures(&plain)?;
    let number = found.name("old").or(found.name("number"))?.as_str().to_ascii_lowercase();
    let version = found.name("version").and_then(|version| version.as_str().parse().ok());
    Some(Named { number, version: version.filter(|version| *version > 0) })
}

/// What follows the prefix of a DOI.
pub fn number(doi: &str) -> &str {
    doi.split_once('/').map_or(doi, |(_, number)| number)
}

/// What a preprint's PDF is called in `corpus/pdf`: `2020.02.10.20021584v1.full.pdf`, as the servers call
/// it. A DOI of another registrant, one that ends like a version, or one with characters that a file's name
/// should not have gets its hash behind it, so that no two are called the same.
pub fn file_name(doi: &str, version: Option<u32>) -> String {
    let number = number(doi);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut stem: String = number.chars().map(|c| if fits(c) { c } else { '_' }).take(80).collect();
    let is_servers = ["10.1101/", "10.64898/"].iter().any(|prefix| doi.starts_with(prefix));
    let digits = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let ends_like_a_version = digits.len() < stem.len() && digits.ends_with('v');
    if stem != number || !is_servers || ends_like_a_version || stem.starts_with(['.', '-']) {
        stem = format!("x{stem}-{}", &sha256_hex(doi.as_bytes())[..12]);
    }
    match version {
        Some(version) => format!("{stem}v{version}.full.pdf"),
        None => format!("{stem}.full.pdf"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_usual_name_is_read() {
        for (name, expected) in [
            ("2020.02.10.20021584v1.full.pdf", Some(("2020.02.10.20021584", Some(1)))),
            ("10.1101_2020.02.10.20021584v12.full.pdf", Some(("2020.02.10.20021584", Some(12)))),
            ("10.1101/2020.02.10.20021584v2.full.pdf", Some(("2020.02.10.20021584", Some(2)))),
            ("10.1101-2020.01.24.919183.pdf", Some(("2020.01.24.919183", None))),
            ("medRxiv_2020.10.06.20207589 (1).pdf", Some(("2020.10.06.20207589", None))),
            ("bioRxiv_2022.03.19.484946_2.pdf", Some(("2022.03.19.484946", None))),
            ("10.1101_197004v1.pdf", Some(("197004", Some(1)))),
            ("197004.pdf", None),
            ("2020.02.10.2002158.pdf", None),
            ("PMC7500500.pdf", None),
            ("scan.pdf", None),
        ] {
            let read = read(name);
            let read = read.as_ref().map(|named| (named.number.as_str(), named.version));
            assert_eq!(read, expected, "{name}");
        }
    }

    #[test]
    fn a_doi_is_told_from_other_words() {
        let number = Some("10.1101/2020.02.10.20021584".to_owned());
        for text in [
            "10.1101/2020.02.10.20021584",
            " DOI: 10.1101/2020.02.10.20021584",
            "https://doi.org/10.1101/2020.02.10.20021584",
        ] {
            assert_eq!(doi(text), number, "{text}");
        }
        for text in
            ["", "10.1101", "10.1101/", "2020.02.10.20021584", "10.1101/a b", "10.1101/a\u{1b}[2J"]
        {
            assert_eq!(doi(text), None, "{text}");
        }
    }

    #[test]
    fn no_doi_leads_out_of_the_folder() {
        assert_eq!(
            file_name("10.1101/2020.02.10.20021584", Some(1)),
            "2020.02.10.20021584v1.full.pdf"
        );
        for doi in ["10.1101/../../x", "10.1101/a/b", "../x", "10.1/.hidden", "", "10.1101/-x"] {
            let name = file_name(doi, None);
            assert!(!name.contains('/') && !name.starts_with(['.', '-']), "{name}");
        }
        for (one, other) in [
            (("10.1101/a/b", None), ("10.1101/a_b", None)),
            (("10.1101/x", None), ("10.5555/x", None)),
            (("10.1101/xv1", None), ("10.1101/x", Some(1))),
        ] {
            assert_ne!(file_name(one.0, one.1), file_name(other.0, other.1));
        }
    }

    proptest! {
        #[test]
        fn what_we_call_a_file_names_the_preprint(
            day in 10u32..29, number in 10_000_000u32..99_999_999, version in proptest::option::of(1u32..99),
        ) {
            let named = format!("2020.03.{day}.{number}");
            let read = read(&file_name(&format!("10.1101/{named}"), version));
            prop_assert_eq!(read, Some(Named { number: named, version }));
        }

        #[test]
        fn any_name_is_read_or_not(name in "\\PC{0,40}") {
            read(&name);
        }
    }
}
