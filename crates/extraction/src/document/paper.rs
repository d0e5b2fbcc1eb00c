//! What the paper says of itself: DOI, server, date, licence. Read off its first pages, where the
//! preprint servers print their banner and journals their masthead.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::PaperMeta;
use super::front;
use crate::figures::{PageText, normalise};
use crate::pdf::Page;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

// A line may end behind the slash, or within a preprint's number.
static DOI: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b10\.\d{4,9}/\s?[-._()/:a-z0-9]*[a-z0-9]"));
static OWN_DOI: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|\n)[\w ,;|©.()-]{0,80}(?:https?://(?:dx\.)?doi\.org/|\bdoi\s?:?\s*(?:https?://(?:dx\.)?doi\.org/)?)\s?(10\.\d{4,9}/\s?[-._()/:a-z0-9]*[a-z0-9])",
    )
});
static PREPRINT_DOI: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b10\.\s?(?:1101|64898)\s?/\s?((?:\d{4}\s?\.\s?\d{2}\s?\.\s?\d{2}\s?\.\s?)?\d{6,8})(?:v(\d{1,2})\b)?",
    )
});
/// The banner of the servers, in the words of 2013 to 2019 and of later.
static SERVER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(med|bio)rxiv\s+preprint\b|granted\s+(med|bio)rxiv\s+a\s+licen[sc]e")
});
static POSTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)posted\s+(?:online\s+)?(?:on\s+)?(?:([A-Z][a-z]{2,8})\.?\s+(\d{1,2})\s*,\s*(\d{4})|(\d{1,2})\s+([A-Z][a-z]{2,8})\.?,?\s+(\d{4})|(\d{4})-(\d{2})-(\d{2}))",
    )
});
static CC_URL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)creativecommons\.\s?org/\s?(?:licenses|publicdomain)/(by(?:-nc)?(?:-nd|-sa)?|zero)/(\d\.\d)",
    )
});
static CC_CODE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bCC[- ]?(BY(?:-NC)?(?:-ND|-SA)?|0)\b\s*(\d\.\d)?"));
static CC_NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)Creative\s+Commons\s+Attribution((?:[-\s]*Non[- ]?Commercial)?)((?:[-\s]*No[- ]?Deriv(?:ative)?s?|[-\s]*Share[- ]?Alike)?)",
    )
});
static VERSION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:\d|^|[-_.])v(\d{1,2})(?:\.full|\.supp|$|[-_.])"));
/// A file as the servers name it; medRxiv's numbers have eight digits, bioRxiv's six.
static DATED_NAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(20\d{2}\.\d{2}\.\d{2}\.(\d{6}|\d{8}))(?:\D|$)"));

/// Pages that are looked at for a banner; a publisher may put a cover before it.
const FRONT: usize = 3;

/// Reads a paper's account of itself. `path` supplies what the pages leave out: the servers name their
/// files by DOI and version. `title` is the document's own, `texts` its cleaned pages.
pub fn read(path: &Path, title: &str, pages: &[Page], texts: &[PageText]) -> PaperMeta {
    let stem =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let pieces: Vec<String> = pages.iter().take(FRONT).map(page_text).collect();
    let preprint = preprint(&pieces.join("\n"), &stem);
    let dated = DATED_NAME.captures(&stem).map(|dated| dated[1].to_owned());
    let name = preprint.as_ref().map(|preprint| preprint.number.clone()).or(dated);
    let version = VERSION.captures(&stem).map(|v| v[1].to_owned());
    let printed = preprint.as_ref().map(|preprint| preprint.version.clone());
    let front = pieces.join("\n");
    PaperMeta {
        name: name.unwrap_or_else(|| stem.clone()),
        version: version.or(printed).unwrap_or_default(),
        server: preprint.as_ref().map(|preprint| preprint.server.to_owned()).unwrap_or_default(),
        doi: preprint.as_ref().map_or_else(|| doi(&pieces), |preprint| preprint.doi.clone()),
        title: front::title(title, texts),
        posted: POSTED
            .captures(&front)
            .filter(|_| preprint.is_some())
            .and_then(|found| date(&found))
            .unwrap_or_default(),
        licence: licence(&front, pages),
        category: String::new(),
        abstract_text: front::abstract_text(texts),
    }
}

/// What identifies a paper on its server.
struct Preprint {
    server: &'static str,
    doi: String,
    /// The DOI without its prefix.
    number: String,
    /// Empty where nothing tells.
    version: String,
}

/// The banner's account, else the file name's. Another paper's number among the references makes no
/// preprint.
fn preprint(front: &str, stem: &str) -> Option<Preprint> {
    let of = |name: &str| if name.eq_ignore_ascii_case("med") { "medrxiv" } else { "biorxiv" };
    let banner =
        SERVER.captures(front).and_then(|found| Some(of(found.get(1).or(found.get(2))?.as_str())));
    if let (Some(server), Some(found)) = (banner, PREPRINT_DOI.captures(front)) {
        let without_blanks = |text: &str| text.split_whitespace().collect::<String>();
        let number = without_blanks(&found[1]);
        let prefix =
            if without_blanks(&found[0]).starts_with("10.64898") { "64898" } else { "1101" };
        return Some(Preprint {
            server,
            doi: format!("10.{prefix}/{number}"),
            number,
            version: found.get(2).map_or_else(String::new, |version| version.as_str().to_owned()),
        });
    }
    let found = DATED_NAME.captures(stem)?;
    let server = banner.unwrap_or(if found[2].len() == 8 { "medrxiv" } else { "biorxiv" });
    let number = found[1].to_owned();
    // Both servers moved to a prefix of their own at the end of 2025.
    let prefix = if number.as_str() < "2025.12" { "1101" } else { "64898" };
    Some(Preprint { server, doi: format!("10.{prefix}/{number}"), number, version: String::new() })
}

/// The heading of the list of references.
static REFERENCES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?im)^\W*(?:\d{1,2}\.?\s+)?(?:references|bibliography|literature\s+cited|works\s+cited)\W*$",
    )
});

/// A journal article's DOI: one that a line presents as the paper's own, else the first of all; none
/// from the list of references.
fn doi(pages: &[String]) -> String {
    let end = |page: &String| REFERENCES.find(page).map(|heading| heading.start());
    let with_references = pages.iter().position(|page| end(page).is_some());
    let before = pages.iter().take(with_references.map_or(pages.len(), |last| last + 1));
    let own_pages: Vec<&str> =
        before.map(|page| &page[..end(page).unwrap_or(page.len())]).collect();
    let own =
        own_pages.iter().find_map(|page| OWN_DOI.captures(page).map(|found| found[1].to_owned()));
    let any =
        || own_pages.iter().find_map(|page| DOI.find(page).map(|doi| doi.as_str().to_owned()));
    let found: String = own.or_else(any).unwrap_or_default().split_whitespace().collect();
    found.split("/-/").next().unwrap_or_default().to_owned()
}

fn page_text(page: &Page) -> String {
    let lines: Vec<String> = page.lines.iter().map(|line| normalise(&line.text())).collect();
    lines.join("\n")
}

fn date(found: &regex::Captures<'_>) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let group = |index: usize| found.get(index).map(|group| group.as_str());
    let (year, month, day) = match (group(1), group(5), group(7)) {
        (Some(name), ..) => (group(3)?, Err(name), group(2)?),
        (None, Some(name), _) => (group(6)?, Err(name), group(4)?),
        (None, None, Some(year)) => (year, Ok(group(8)?), group(9)?),
        (None, None, None) => return None,
    };
    let month = match month {
        Ok(number) => number.parse().ok()?,
        Err(name) => {
            let name = name.to_lowercase();
            MONTHS.iter().position(|month| name.starts_with(month))? + 1
        }
    };
    let (year, day): (u32, u32) = (year.parse().ok()?, day.parse().ok()?);
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
    fits.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The licence the paper names, in one spelling: `CC-BY-NC-ND-4.0`, `CC0-1.0`, `all rights
/// reserved`; empty where it names none. Journals name theirs on the first or the last page.
fn licence(front: &str, pages: &[Page]) -> String {
    let last = pages.iter().skip(FRONT).next_back().map(page_text).unwrap_or_default();
    for text in [front, last.as_str()] {
        // A banner or a statement may be broken anywhere.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(found) = CC_URL.captures(&text) {
            let (kind, version) = (found[1].to_uppercase(), &found[2]);
            return if kind == "ZERO" {
                format!("CC0-{version}")
            } else {
                format!("CC-{kind}-{version}")
            };
        }
        if let Some(found) = CC_CODE.captures(&text) {
            let version = found.get(2).map_or("4.0", |version| version.as_str());
            let kind = &found[1];
            return if kind == "0" { "CC0-1.0".into() } else { format!("CC-{kind}-{version}") };
        }
        if let Some(found) = CC_NAME.captures(&text) {
            let non_commercial = if found[1].is_empty() { "" } else { "-NC" };
            let restriction = match found[2].trim_start_matches(['-', ' ']).to_lowercase() {
                kind if kind.starts_with("no") => "-ND",
                kind if kind.starts_with("share") => "-SA",
                _ => "",
            };
            return format!("CC-BY{non_commercial}{restriction}-4.0");
        }
        let lower = text.to_lowercase();
        if lower.contains("us government work") || lower.contains("17 usc 105") {
            return "CC0-1.0".into();
        }
        if lower.contains("all rights reserved. no reuse")
            || lower.contains("who has granted") && !lower.contains("made available under")
        {
            return "all rights reserved".into();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_come_in_one_spelling() {
        for (text, expected) in [
            (
                "It is made available under a CC-BY-NC-ND 4.0 International license .",
                "CC-BY-NC-ND-4.0",
            ),
            ("available under a CC-BY 4.0 International license", "CC-BY-4.0"),
            ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
            ("the terms of the Creative Commons Attribution License, which", "CC-BY-4.0"),
            ("Creative Commons Attribution-NonCommercial-NoDerivatives", "CC-BY-NC-ND-4.0"),
            (
                "author/funder. All rights reserved. No reuse allowed without permission.",
                "all rights reserved",
            ),
            ("It is made available under a CC0 license", "CC0-1.0"),
            (
                "This article is a US Government work. It is not subject to copyright under 17 USC \
                 105 and is also made available for use under a CC0 license.",
                "CC0-1.0",
            ),
            (
                "is the author/funder, who has granted medRxiv a license to display the preprint in \
                 perpetuity.",
                "all rights reserved",
            ),
            ("It is made available under a CC-BY-ND 4.0 International license .", "CC-BY-ND-4.0"),
            ("Copyright 2020", ""),
        ] {
            assert_eq!(licence(text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn a_paper_without_pages_is_named_by_its_file() {
        let of = |path: &str| {
            let paper = read(Path::new(path), "", &[], &[]);
            [paper.name, paper.version, paper.server, paper.doi]
        };
        assert_eq!(
            of("x/2020.02.10.20021584v2.full.pdf"),
            ["2020.02.10.20021584", "2", "medrxiv", "10.1101/2020.02.10.20021584"]
        );
        assert_eq!(
            of("bioRxiv_2022.03.19.484946_2.pdf"),
            ["2022.03.19.484946", "", "biorxiv", "10.1101/2022.03.19.484946"]
        );
        assert_eq!(of("PMC7500500.pdf"), ["PMC7500500", "", "", ""]);
    }

    #[test]
    fn the_banner_tells_server_number_and_version() {
        let read = |banner: &str| preprint(banner, "paper").map(|p| (p.server, p.doi, p.version));
        let expected =
            |server, doi: &str, version: &str| Some((server, doi.into(), version.into()));
        assert_eq!(
            read(
                "medRxiv preprint doi: https://doi.org/10.1101/2020.02.10. 20021584; this version"
            ),
            expected("medrxiv", "10.1101/2020.02.10.20021584", "")
        );
        assert_eq!(
            read(
                "bioRxiv preprint first posted online Oct. 3, 2017; doi: http://dx.doi.org/10.1101/197004."
            ),
            expected("biorxiv", "10.1101/197004", "")
        );
        assert_eq!(
            read("bioRxiv\npreprint doi: https://doi.org/10.64898/2026.06.25.734610v3; this"),
            expected("biorxiv", "10.64898/2026.06.25.734610", "3")
        );
        assert_eq!(read("as on medRxiv (doi 10.1101/2020.02.10.20021584)"), None);
    }

    #[test]
    fn a_papers_own_doi_comes_before_those_of_its_references() {
        let page = "as before, https://www.x.org/10.1016/j.other.2019.01.001\nhttps://doi.org/10.1016/\nS2468-1253(20)30305-8";
        assert_eq!(doi(&[page.into()]), "10.1016/S2468-1253(20)30305-8");
        assert_eq!(doi(&["see 10.1073/pnas.20/-/DCSupplemental.y".into()]), "10.1073/pnas.20");
    }

    #[test]
    fn dates_are_iso() {
        for (banner, expected) in [
            ("this version posted February 5, 2020. The", "2020-02-05"),
            ("first posted online Jan. 23, 2020; doi", "2020-01-23"),
            ("this version\nposted\nSeptember 27, 2020", "2020-09-27"),
            ("this version posted 7 May 2020", "2020-05-07"),
            ("posted 2020-07-06", "2020-07-06"),
        ] {
            let found = POSTED.captures(banner).expect("a date");
            assert_eq!(date(&found).as_deref(), Some(expected), "{banner}");
        }
    }
}
