//! What was read of a page against what is drawn on it: pages that are scans, glyphs that gave no
//! characters, words that run together, and what another reader makes of the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::citations::citations;
use super::super::{Figure, label, normalise};
use super::numbers::{Found, HIGHEST};
use super::{Sheet, Suspect, SuspectKind, named_pages};

/// A page with fewer glyphs says nothing.
const FEWEST_GLYPHS: u32 = 40;
/// Of its glyphs, so many must have become characters. Blanks are glyphs too.
const LEAST_READ: f32 = 0.6;

/// More letters than words of running text have.
const LONGEST_WORD: usize = 28;
/// So much of a page's text in such words, and at least so many of them, and blanks are missing.
const MOST_LONG: f32 = 0.2;
const FEWEST_LONG: usize = 3;

/// Of a page's characters, so many may be of no script.
const MOST_STRANGE: f32 = 0.1;

/// A picture that covers so much of the page is the page.
const COVERS: f32 = 0.8;
/// With so many lines of text on it, it is no figure of a whole page.
const LINES_ON_IT: usize = 8;

pub fn check(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let pages = sheets.iter().flat_map(|sheet| [scanned(sheet, figures), unread(sheet)]);
    let mut by_reason: BTreeMap<(SuspectKind, String), Vec<u32>> = BTreeMap::new();
    for Suspect { kind, page, reason, .. } in pages.flatten() {
        by_reason.entry((kind, reason)).or_default().extend(page);
    }
    let told = by_reason.into_iter().map(|((kind, reason), pages)| {
        let all =
            if pages.len() > 1 { format!(" ({})", named_pages(&pages)) } else { String::new() };
        Suspect::new(kind, pages.first().copied(), reason + &all)
    });
    told.collect()
}

/// Whether one picture is the whole page, with its text under or over it.
pub fn is_scan(sheet: &Sheet<'_>) -> bool {
    let covers = sheet
        .pictures
        .iter()
        .filter(|(_, dress)| !dress)
        .find(|(bbox, _)| bbox.area() > COVERS * sheet.area());
    covers.is_some_and(|(bbox, _)| {
        let lines = &sheet.text.lines;
        let on_it = lines.iter().filter(|line| bbox.contains_point(line.line.bbox.centre()));
        let unseen = 2 * sheet.glyphs.invisible > sheet.glyphs.shown;
        on_it.count() >= LINES_ON_IT || (unseen && sheet.glyphs.shown > 0)
    })
}

fn scanned(sheet: &Sheet<'_>, figures: &[Figure]) -> Option<Suspect> {
    let page = sheet.text.number;
    let taken = figures.iter().any(|figure| {
        figure.page == Some(page)
            && !figure.caption.is_empty()
            && figure.bbox.is_some_and(|bbox| bbox.area() > COVERS * sheet.area())
    });
    let reason = "the page is a scan: one picture covers it, and its text was added by a machine. \
                  Figures on it are no pictures of their own";
    (is_scan(sheet) && !taken)
        .then(|| Suspect::new(SuspectKind::ScannedPage, Some(page), reason.into()))
}

fn unread(sheet: &Sheet<'_>) -> Option<Suspect> {
    let suspect = |reason| Suspect::new(SuspectKind::TextUnread, Some(sheet.text.number), reason);
    let (shown, read) = (sheet.glyphs.shown, sheet.characters);
    if shown >= FEWEST_GLYPHS && (read as f32) < LEAST_READ * shown as f32 {
        return Some(suspect(format!(
            "the page shows {shown} glyphs, of which {read} were read as characters: captions and \
             citations on it may be lost"
        )));
    }
    let words: Vec<&str> = sheet.text.lines.iter().flat_map(|line| line.text.split(' ')).collect();
    let all: usize = words.iter().map(|word| word.chars().count()).sum();
    let long: Vec<usize> = words.iter().filter_map(|word| letters_in_a_row(word)).collect();
    if long.len() >= FEWEST_LONG && long.iter().sum::<usize>() as f32 > MOST_LONG * all as f32 {
        return Some(suspect(
            "words run together: their blanks were not read, and captions and citations on the page \
             may be lost"
                .into(),
        ));
    }
    let strange = words.iter().flat_map(|word| word.chars()).filter(|c| is_strange(*c)).count();
    (all > 0 && strange as f32 > MOST_STRANGE * all as f32).then(|| {
        suspect(format!(
            "{strange} of {all} characters are of no script: a font does not say what its glyphs mean"
        ))
    })
}

/// The characters of a word that is too long to be one; addresses and formulas are no words.
fn letters_in_a_row(word: &str) -> Option<usize> {
    let address = ["http", "www", "@", "doi", "/", "_"].iter().any(|part| word.contains(part));
    let (letters, all) = (word.chars().filter(|c| c.is_alphabetic()).count(), word.chars().count());
    // Of one letter, dots or underscores of a form; of few, a sequence of a gene.
    let various = word.chars().map(|c| c.to_ascii_lowercase()).collect::<BTreeSet<char>>().len();
    (letters > LONGEST_WORD && !address && various > 8).then_some(all)
}

/// Whether a character is what a font without a usable encoding leaves behind.
pub fn is_strange(c: char) -> bool {
    matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}')
}

/// Captions that a second reader sees at the start of a line, and figures that it sees cited, of which
/// neither the text as first read nor a figure knows. `second` is the text of each page as that reader
/// has it, from page 1; `first` as it was read.
pub fn other_readings(first: &[String], second: &[String], figures: &[Figure]) -> Vec<Suspect> {
    let labels = |text: &str| -> BTreeSet<String> {
        let cited = citations(&normalise(text)).into_iter().flat_map(|citation| citation.figures);
        cited.map(|figure| figure.label).collect()
    };
    let known: BTreeSet<String> = first.iter().flat_map(|text| labels(text)).collect();
    let found = Found::of(figures);
    let mut told = BTreeSet::new();
    let mut suspects = Vec::new();
    for (text, page) in second.iter().zip(1..) {
        let starts = text.lines().filter_map(|line| label::read(&normalise(line)));
        let starts = starts.filter(|label| label.ending.is_clear()).map(|label| label.name);
        for name in starts.chain(labels(text)) {
            let number = name.strip_prefix("Figure ").and_then(|number| number.parse().ok());
            let lost = number.is_some_and(|number| {
                number <= HIGHEST && !found.has(&name) && !found.has_reference("Figure ", number)
            });
            if !lost || known.contains(&name) || !told.insert(name.clone()) {
                continue;
            }
            let reason = format!(
                "another PDF library sees {name} in the text of this page, where MuPDF does not: the text \
                 may have been read wrongly"
            );
            suspects.push(
                Suspect::new(SuspectKind::ReadingsDiffer, Some(page), reason).about(Some(&name)),
            );
        }
    }
    suspects
}
