//! Labels against citations: what the text cites and was not found, and gaps in the numbers of the
//! captions. The text is read here line by line once more, captions and turned lines included: what
//! was not taken for a caption, or for a sentence, still names its figure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::citations::citations;
use super::super::label::{self, Ending};
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

/// Before a citation: the same. Other things of the supplement may stand between.
static ANOTHERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:(?:sup(?:p\w*)?|appendi\w*|additional\s+(?:file|material)s?|extended\s+data)\b
        (?:\s+(?:see|in|materials?|information|data|methods|text|tables?|fig(?:ure)?s?|files?|and|to)\b
        |[^A-Za-z]|\b[A-Z]?\d+[A-Z]?\b)*
        |(?:et\s+al|ref(?:erence)?s?\.?\s*\[?\d+)[^A-Za-z]{0,12}(?:\s+in)?\W{0,4})$",
    )
    .expect("a valid pattern")
});

/// Bytes before a citation in which its owner may be named.
const BEFORE: usize = 60;

/// A caption's number past this is a year, or the like.
pub const HIGHEST: u32 = 60;

/// Where the text names a label.
#[derive(Debug, Default)]
struct Named {
    pages: BTreeSet<u32>,
    /// The page on which a line begins with it.
    begins: Option<u32>,
}

/// The labels of the figures that were found, and what they say of those that were not.
pub struct Found<'a> {
    labels: BTreeSet<&'a str>,
    /// By the label without its number: the numbers of the captions, and the pages that they are on.
    series: BTreeMap<&'a str, BTreeMap<u32, Option<u32>>>,
    /// Series of which some figure has its graphic.
    shown: BTreeSet<&'a str>,
}

impl<'a> Found<'a> {
    pub fn of(figures: &'a [Figure]) -> Self {
        let mut found =
            Self { labels: BTreeSet::new(), series: BTreeMap::new(), shown: BTreeSet::new() };
        for figure in figures.iter().filter(|figure| figure.kind != FigureKind::Table) {
            let Some(label) = figure.label.as_deref() else { continue };
            found.labels.insert(label);
            let Some((name, number)) = series_of(label) else { continue };
            found.series.entry(name).or_default().insert(number, figure.caption_page);
            if figure.page.is_some() {
                found.shown.insert(name);
            }
        }
        found
    }

    pub fn has(&self, label: &str) -> bool {
        self.labels.contains(label)
    }

    /// Whether a number is that of a figure that was found with the number of a reference set behind it:
    /// `Figure 2` and a raised 4 read as Figure 24.
    pub fn has_reference(&self, series: &str, number: u32) -> bool {
        let Some(numbers) = self.series.get(series) else { return false };
        let highest = numbers.last_key_value().map_or(0, |(highest, _)| *highest);
        let mut fronts = std::iter::successors(Some(number / 10), |front| Some(front / 10));
        number > highest + 2
            && fronts.by_ref().take_while(|front| *front > 0).any(|f| numbers.contains_key(&f))
    }
}

pub fn check(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let found = Found::of(figures);
    let mut suspects = missing(&cited(sheets), &found);
    let told: BTreeSet<Option<String>> =
        suspects.iter().map(|suspect| suspect.label.clone()).collect();
    suspects.extend(gaps(&found).into_iter().filter(|gap| !told.contains(&gap.label)));
    suspects
}

/// Every label that the text names.
fn cited(sheets: &[Sheet<'_>]) -> BTreeMap<String, Named> {
    let mut all: BTreeMap<String, Named> = BTreeMap::new();
    for sheet in sheets {
        let page = sheet.text.number;
        let (text, starts) = running(sheet);
        let labels = starts.iter().filter_map(|start| label::read(&text[*start..]));
        let labels = labels
            .filter(|label| label.kind != FigureKind::Table && label.ending == Ending::Punctuation);
        for label in labels {
            let named = all.entry(label.name).or_default();
            named.pages.insert(page);
            named.begins.get_or_insert(page);
        }
        for citation in citations(&text) {
            let begins = starts.binary_search(&citation.at.start).is_ok();
            if is_of_another(&text, &citation.at) {
                continue;
            }
            // "Figure 3S" is Figure S3.
            for figure in citation.figures.into_iter().filter(|figure| figure.panels != ["S"]) {
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
fn missing(cited: &BTreeMap<String, Named>, found: &Found<'_>) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    // Those of supplements, which are files of their own as a rule, by series.
    let mut elsewhere: BTreeMap<&str, (Vec<u32>, BTreeSet<u32>)> = BTreeMap::new();
    for (label, named) in cited.iter().filter(|(label, _)| !found.has(label)) {
        let Some((series, number)) = series_of(label) else { continue };
        if number > HIGHEST || found.has_reference(series, number) {
            continue;
        }
        let main = series == "Figure ";
        // Words as "Map 2" and "Image 3" are of the text first.
        let noun = series.trim_start_matches("Extended Data ").trim_start_matches("Appendix ");
        let figure = noun.trim_start_matches('e').starts_with("Figure ");
        let known = found.shown.contains(series);
        let begins = named.begins.is_some();
        if !known && !figure && !begins {
            continue;
        }
        if !main && !known && figure {
            let (numbers, pages) = elsewhere.entry(series).or_default();
            numbers.push(number);
            pages.extend(&named.pages);
            continue;
        }
        let pages: Vec<u32> = named.pages.iter().copied().collect();
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
        let page = named.begins.or_else(|| pages.first().copied());
        suspects.push(Suspect::new(SuspectKind::FigureNotFound, page, reason).about(Some(label)));
    }
    suspects.extend(elsewhere.into_iter().map(|(series, (mut numbers, pages))| {
        numbers.sort_unstable();
        let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
        let label = format!("{series}{first}");
        let name = if first == last { label.clone() } else { format!("{label} to {last}") };
        let pages: Vec<u32> = pages.into_iter().collect();
        let reason = format!("{name}, cited on {}, is not in the document", named_pages(&pages));
        Suspect::new(SuspectKind::SupplementNotFound, pages.first().copied(), reason)
            .about((first == last).then_some(label.as_str()))
    }));
    suspects
}

/// The numbers that are missing below the highest of their series.
fn gaps(found: &Found<'_>) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    for (name, numbers) in &found.series {
        let highest = numbers.last_key_value().map_or(0, |(highest, _)| *highest);
        let lost: Vec<u32> = (1..highest).filter(|number| !numbers.contains_key(number)).collect();
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
            let next = numbers.range(number..).next().and_then(|(_, page)| *page);
            suspects
                .push(Suspect::new(SuspectKind::NumberMissing, next, reason).about(Some(&label)));
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
