//! Labels against citations: what the text cites and was not found, and gaps in the numbers of the
//! captions. The text is read here line by line once more, captions and turned lines included: what
//! was not taken for a caption, or for a sentence, still names its figure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::citations::citations;
use super::super::{Figure, FigureKind};
use super::{Sheet, Suspect, SuspectKind, named_pages};

/// Behind a citation: whose figure it is that is not this paper's own, or not of its main part.
static OF_ANOTHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^[A-Za-z]?\s?[)\]]?,?\s*(?:of|in|from|by)\s+(?:the\s+|our\s+|its\s+)?
        (?:(?i:sup\w*|appendi\w*|online|original|cited|previous|ref(?:erence)?s?|paper|article|study|work)\b
        |\[|\d|\(?\p{Lu}[\p{L}’'-]+,?\s+(?:et\s+al|and\s+\p{Lu}|&|\())",
    )
    .expect("a valid pattern")
});

/// Before a citation: the same.
static ANOTHERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)(?:sup(?:p\w*)?|appendi\w*|additional\s+(?:file|material)s?|extended\s+data|et\s+al
        |ref(?:erence)?s?\.?\s*\[?\d+)\b[^A-Za-z]{0,12}(?:\s+(?:see|in|materials?|information|data|methods|text))?[^A-Za-z]{0,6}$",
    )
    .expect("a valid pattern")
});

/// Bytes before a citation in which its owner may be named.
const BEFORE: usize = 60;

/// A caption's number past this is a year, or the like.
const HIGHEST: u32 = 60;

/// Where the text names a label.
#[derive(Debug, Default)]
struct Named {
    pages: BTreeSet<u32>,
    /// The page on which a line begins with it.
    begins: Option<u32>,
}

pub fn check(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let cited = cited(sheets);
    let of_figures = figures.iter().filter(|figure| figure.kind != FigureKind::Table);
    let found: BTreeSet<&str> = of_figures.filter_map(|figure| figure.label.as_deref()).collect();
    let mut suspects = missing(&cited, &found);
    suspects.extend(gaps(&found).into_iter().filter(|gap| {
        let known = |label: &str| suspects.iter().any(|known| known.label.as_deref() == Some(label));
        gap.label.as_deref().is_some_and(|label| !known(label))
    }).collect::<Vec<_>>());
    suspects
}

/// Every label that the text names.
fn cited(sheets: &[Sheet<'_>]) -> BTreeMap<String, Named> {
    let mut all: BTreeMap<String, Named> = BTreeMap::new();
    for sheet in sheets {
        let page = sheet.text.number;
        let (text, starts) = running(sheet);
        for citation in citations(&text) {
            let begins = starts.binary_search(&citation.at.start).is_ok();
            if !begins && is_of_another(&text, &citation.at) {
                continue;
            }
            for figure in citation.figures {
                // "Figure 3S" is Figure S3.
                if figure.panels == ["S"] {
                    continue;
                }
                let named = all.entry(figure.label).or_default();
                named.pages.insert(page);
                if begins {
                    named.begins.get_or_insert(page);
                }
            }
        }
    }
    all
}

/// The lines of a page joined by blanks, and the bytes at which they start.
fn running(sheet: &Sheet<'_>) -> (String, Vec<usize>) {
    let (mut text, mut starts) = (String::new(), Vec::new());
    let turned = sheet.turned.iter().map(|line| super::super::normalise(&line.text()));
    let upright = sheet.text.lines.iter().map(|line| line.text.clone());
    for line in upright.chain(turned) {
        starts.push(text.len());
        text.push_str(&line);
        text.push(' ');
    }
    (text, starts)
}

/// Whether the text around a citation says that the figure is another paper's, or a supplement's.
fn is_of_another(text: &str, at: &std::ops::Range<usize>) -> bool {
    let mut from = at.start.saturating_sub(BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..at.start];
    // "facts-and-figures. 3. Wilson": a word of an address.
    before.ends_with(['-', '/', '_', '.'])
        || OF_ANOTHER.is_match(&text[at.end..])
        || ANOTHERS.is_match(before)
}

/// The labels that are named and not `found`.
fn missing(cited: &BTreeMap<String, Named>, found: &BTreeSet<&str>) -> Vec<Suspect> {
    let numbers: BTreeSet<u32> = found.iter().filter_map(|label| main_number(label)).collect();
    let lost = cited.iter().filter(|(label, _)| !found.contains(label.as_str()));
    lost.filter_map(|(label, named)| {
        let pages: Vec<u32> = named.pages.iter().copied().collect();
        let page = named.begins.or_else(|| pages.first().copied());
        let Some(number) = main_number(label) else {
            let numbered = label.ends_with(|c: char| c.is_ascii_digit());
            let figure = label.contains("Figure") && !label.contains("-figure");
            let reason = format!("{label} is cited on {}, but is not in the document", named_pages(&pages));
            let suspect = Suspect::new(SuspectKind::SupplementNotFound, page, reason);
            return (numbered && figure).then(|| suspect.about(Some(label)));
        };
        if number > HIGHEST || is_reference(number, &numbers) {
            return None;
        }
        let reason = match named.begins {
            Some(page) => format!(
                "a line on page {page} begins with {label}, but no caption of that label was found: \
                 look there, and for pictures that bear the caption of another"
            ),
            None => format!(
                "{label} is cited on {}, but was not found: look for its caption, and for pictures \
                 that bear the caption of another",
                named_pages(&pages)
            ),
        };
        Some(Suspect::new(SuspectKind::FigureNotFound, page, reason).about(Some(label)))
    })
    .collect()
}

/// The number of a figure of the paper's main part.
fn main_number(label: &str) -> Option<u32> {
    label.strip_prefix("Figure ")?.parse().ok()
}

/// Whether a number is that of a figure that was found with the number of a reference set behind it:
/// `Figure 2` and a raised 4 read as Figure 24.
fn is_reference(number: u32, found: &BTreeSet<u32>) -> bool {
    let highest = found.last().copied().unwrap_or_default();
    let mut front = number / 10;
    while front > 0 {
        if found.contains(&front) && number > highest + 2 {
            return true;
        }
        front /= 10;
    }
    false
}

/// The numbers that are missing below the highest of their series.
fn gaps(found: &BTreeSet<&str>) -> Vec<Suspect> {
    let mut series: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for (name, number) in found.iter().filter_map(|label| series_of(label)) {
        series.entry(name).or_default().insert(number);
    }
    let mut suspects = Vec::new();
    for (name, numbers) in series {
        let highest = numbers.last().copied().unwrap_or_default();
        let lost: Vec<u32> = (1..highest).filter(|number| !numbers.contains(number)).collect();
        // One that is far off was misread itself.
        if highest > HIGHEST || lost.len() > 2 * numbers.len() {
            continue;
        }
        for number in lost {
            let label = format!("{name}{number}");
            let reason = format!(
                "captions go up to {name}{highest}, but none of {label} was found: look where it \
                 must stand, and for pictures that bear the caption of another"
            );
            suspects
                .push(Suspect::new(SuspectKind::NumberMissing, None, reason).about(Some(&label)));
        }
    }
    suspects
}

/// A label without its number, and the number: `Figure S` and 2.
fn series_of(label: &str) -> Option<(&str, u32)> {
    let digits = label.len() - label.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (name, number) = label.split_at(label.len() - digits);
    let plain = !name.ends_with('.') && !name.contains("-figure");
    plain.then(|| number.parse().ok().map(|number| (name, number))).flatten()
}
