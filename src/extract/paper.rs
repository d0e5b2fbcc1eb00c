//! What the paper says of itself: DOI, server, date, licence, title. Read off its first pages, where
//! the preprint servers print their banner and journals their masthead.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::figures::normalise;
use crate::pdf::Page;
use crate::store::PaperMeta;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

static DOI: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b10\.\d{4,9}/[-._()/:a-z0-9]*[a-z0-9]"));
static PREPRINT_DOI: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b10\.(?:1101|64898)/((?:\d{4}\.\d{2}\.\d{2}\.)?\d{6,8})"));
static POSTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)version\s+posted\s+(?:online\s+)?([A-Z][a-z]{2,8})\.?\s+(\d{1,2})\s*,\s*(\d{4})")
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
static DATED_NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d{4}\.\d{2}\.\d{2}\.\d{6,8}"));

/// Pages that are looked at for a banner; a publisher may put a cover before it.
const FRONT: usize = 3;

/// Reads a paper's account of itself. `path` supplies the name where the pages give none, and the
/// version, which no banner states.
pub fn read(path: &Path, title: &str, pages: &[Page]) -> PaperMeta {
    let stem =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let front: Vec<String> = pages.iter().take(FRONT).map(page_text).collect();
    let front = front.join("\n");
    let lower = front.to_lowercase();
    let server = if lower.contains("medrxiv") {
        "medrxiv"
    } else if lower.contains("biorxiv") {
        "biorxiv"
    } else {
        ""
    };
    let preprint = PREPRINT_DOI.captures(&front).filter(|_| !server.is_empty());
    let doi = match &preprint {
        Some(found) => found[0].to_owned(),
        None => DOI.find(&front).map_or_else(String::new, |doi| doi.as_str().to_owned()),
    };
    let name = match (&preprint, DATED_NAME.find(&stem)) {
        (Some(found), _) => found[1].to_owned(),
        (None, Some(dated)) => dated.as_str().to_owned(),
        (None, None) => stem.clone(),
    };
    PaperMeta {
        name,
        version: VERSION.captures(&stem).map_or_else(String::new, |v| v[1].to_owned()),
        server: if preprint.is_some() { server.into() } else { String::new() },
        doi,
        title: title_of(title, pages),
        posted: POSTED.captures(&front).and_then(|found| date(&found)).unwrap_or_default(),
        licence: licence(&front, pages),
        category: String::new(),
        abstract_text: String::new(),
    }
}

fn page_text(page: &Page) -> String {
    let lines: Vec<String> = page.lines.iter().map(|line| normalise(&line.text())).collect();
    lines.join("\n")
}

fn date(found: &regex::Captures<'_>) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = found[1].to_lowercase();
    let month = MONTHS.iter().position(|month| name.starts_with(month))? + 1;
    let (day, year): (u32, u32) = (found[2].parse().ok()?, found[3].parse().ok()?);
    (1..=31).contains(&day).then(|| format!("{year:04}-{month:02}-{day:02}"))
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
        if text.to_lowercase().contains("all rights reserved. no reuse")
            || text.to_lowercase().contains("who has granted")
                && !text.to_lowercase().contains("made available under")
        {
            return "all rights reserved".into();
        }
    }
    String::new()
}

/// The document's own title where it reads as one, else the largest text of the first page.
fn title_of(stated: &str, pages: &[Page]) -> String {
    let stated = normalise(stated);
    let extension = Path::new(&stated).extension().and_then(|extension| extension.to_str());
    let file_like = matches!(extension, Some("doc" | "docx" | "pdf" | "tex" | "dvi" | "indd"));
    if stated.split(' ').count() >= 3 && !file_like && !stated.starts_with("Microsoft Word") {
        return stated;
    }
    let Some(first) = pages.first() else { return String::new() };
    let upper = first.lines.iter().filter(|line| line.bbox.y0 < 0.6 * first.height);
    let largest = upper.clone().map(crate::pdf::Line::size).fold(0.0, f32::max);
    let lines: Vec<String> = upper
        .filter(|line| line.size() > 0.95 * largest)
        .take(5)
        .map(|line| normalise(&line.text()))
        .collect();
    lines.join(" ")
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
            ("Copyright 2020", ""),
        ] {
            assert_eq!(licence(text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn a_paper_without_pages_is_named_by_its_file() {
        let paper = read(Path::new("x/2020.02.10.20021584v2.full.pdf"), "", &[]);
        assert_eq!((paper.name.as_str(), paper.version.as_str()), ("2020.02.10.20021584", "2"));
        let paper = read(Path::new("PMC7500500.pdf"), "", &[]);
        assert_eq!((paper.name.as_str(), paper.version.as_str()), ("PMC7500500", ""));
    }

    #[test]
    fn dates_are_iso() {
        let found = POSTED.captures("this version posted February 5, 2020. The").expect("date");
        assert_eq!(date(&found).as_deref(), Some("2020-02-05"));
    }
}
