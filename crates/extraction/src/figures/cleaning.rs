//! Takes off what a page repeats or adds around its text: the server's banner, running heads, page
//! numbers, margin line numbers.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::label::normalise;
use super::line_numbers::LineNumbers;
use crate::pdf::{Direction, Line, Page, Rect};

/// A line of running text with its text made readable.
#[derive(Debug, Clone)]
pub struct TextLine {
    /// The line as the page has it.
    pub line: Line,
    /// [`normalise`]d.
    pub text: String,
    /// Of its letters, in points.
    pub size: f32,
    /// Top of its ordinary words, in points: a superscript raises the box of a line, not the line.
    pub top: f32,
}

impl TextLine {
    pub(super) fn new(line: Line) -> Self {
        let text = normalise(&line.text());
        let size = line.size();
        let mut feet: Vec<f32> = line.words.iter().map(|word| word.bbox.y1).collect();
        feet.sort_by(f32::total_cmp);
        let top = feet[feet.len() / 2] - size;
        Self { line, text, size, top }
    }

    /// Whether most of its characters are bold.
    pub fn is_bold(&self) -> bool {
        let bold: usize = self.line.words.iter().filter(|w| w.bold).map(|w| w.text.len()).sum();
        let all: usize = self.line.words.iter().map(|w| w.text.len()).sum();
        2 * bold > all
    }

    /// Whether its first word is bold.
    pub fn starts_bold(&self) -> bool {
        self.line.words.first().is_some_and(|word| word.bold)
    }
}

/// A page's own text, upright lines only, in the content's order.
#[derive(Debug, Clone)]
pub struct PageText {
    /// From 1.
    pub number: u32,
    /// Points, as displayed.
    pub width: f32,
    /// Points, as displayed.
    pub height: f32,
    /// In reading order.
    pub lines: Vec<TextLine>,
}

/// A page of nothing but text, from lines set by hand: for tests, and for the fuzzer. `size` is the
/// width and height in points.
pub fn text_page(number: u32, (width, height): (f32, f32), lines: Vec<Line>) -> PageText {
    let lines = lines.into_iter().map(TextLine::new).filter(|line| !line.text.is_empty()).collect();
    PageText { number, width, height, lines }
}

static BANNER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        (?:med|bio)rxiv\s+preprint | preprint\s*doi\s*: | this\s+version\s+posted |
        not\s+certified\s+by\s+peer\s+review | certified\s+by\s+peer\s+review\) |
        copyright\s+holder\s+(?:for\s+this|has\s+placed)| is\s+the\s+author/funder |
        granted\s+(?:med|bio)rxiv\s+a\s+license | display\s+the\s+preprint\s+in\s+perpetuity |
        made\s+available\s+(?:under\s+a|for\s+use\s+under) | all\s+rights\s+reserved\.\s+no\s+reuse |
        this\s+article\s+is\s+a\s+us\s+government\s+work | under\s+a?\s*CC-BY[-\w\s.]*licen[sc]e |
        ^note:\s+this\s+preprint\s+reports\s+new\s+research",
    )
    .expect("a valid pattern")
});

/// Whether the line is part of the preprint server's banner.
fn is_banner(text: &str) -> bool {
    BANNER.is_match(text)
}

/// The part of a page's height, at either end, in which running heads and feet stand.
const MARGIN: f32 = 0.09;

/// Cleans every page. What repeats can only be seen across the document.
pub fn clean(pages: &[Page]) -> Vec<PageText> {
    let mut numbers = LineNumbers::default();
    let mut cleaned: Vec<PageText> = pages
        .iter()
        .map(|page| PageText {
            number: page.number,
            width: page.width,
            height: page.height,
            lines: numbers
                .without(&page.lines)
                .into_iter()
                .filter(|line| line.direction == Direction::Right)
                .map(TextLine::new)
                .filter(|line| !line.text.is_empty() && !is_banner(&line.text))
                .collect(),
        })
        .collect();
    for page in &mut cleaned {
        drop_overprinted(&mut page.lines);
    }
    let repeated = repeated_lines(&cleaned);
    for page in &mut cleaned {
        let (height, top, bottom) =
            (page.height, page.height * MARGIN, page.height * (1.0 - MARGIN));
        let texts: Vec<(Rect, f32)> = page
            .lines
            .iter()
            .filter(|line| !repeated.contains_key(&signature(line, height)))
            .map(|line| (line.line.bbox, line.size))
            .collect();
        // Nothing but other heads stands above one: captions of one wording may be set at one height.
        let is_under_text = |line: &TextLine| {
            let bbox = line.line.bbox;
            texts.iter().any(|(above, size)| {
                (0.5..1.6).contains(&((bbox.y1 - above.y1) / line.size))
                    && (bbox.x0 - above.x0).abs() < line.size
                    && (size - line.size).abs() < 0.05 * size
                    && above.width() > bbox.width()
            })
        };
        page.lines.retain(|line| {
            let bbox = &line.line.bbox;
            let in_margin = bbox.y1 < top || bbox.y0 > bottom;
            let page_number = line.text.len() <= 4 && line.text.chars().all(|c| c.is_ascii_digit());
            let repeats = repeated.contains_key(&signature(line, height))
                && !(bbox.y1 < 0.5 * height && is_under_text(line));
            !(in_margin && page_number || repeats)
        });
    }
    cleaned
}

/// Drops lines printed twice on the same spot, as some typesetters do for search engines.
fn drop_overprinted(lines: &mut Vec<TextLine>) {
    let mut seen: HashMap<String, Vec<Rect>> = HashMap::new();
    lines.retain(|line| {
        let bbox = line.line.bbox;
        let places = seen.entry(line.text.clone()).or_default();
        let again = places
            .iter()
            .any(|place| place.intersect(&bbox).area() > 0.5 * bbox.area().min(place.area()));
        places.push(bbox);
        !again
    });
}

/// What makes two lines on different pages the same running head: words with their numbers blanked,
/// and the height they stand at. So short ones as charts have, too, must stand in one place across.
fn signature(line: &TextLine, height: f32) -> (String, i32, Option<i32>) {
    let words: String =
        line.text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    let (x, _) = line.line.bbox.centre();
    let across = (words.chars().count() < SHORT_HEAD).then(|| (x / ONE_PLACE).round() as i32);
    (words, (line.line.bbox.y0 / height * 50.0).round() as i32, across)
}

/// Letters from which on a line that repeats is a running head wherever it stands.
const SHORT_HEAD: usize = 9;
/// Short heads stand in one place, to so many points.
const ONE_PLACE: f32 = 12.0;

fn repeated_lines(pages: &[PageText]) -> HashMap<(String, i32, Option<i32>), usize> {
    let mut seen: HashMap<(String, i32, Option<i32>), usize> = HashMap::new();
    for page in pages {
        let mut here: Vec<_> = page
            .lines
            .iter()
            .filter(|line| {
                let bbox = &line.line.bbox;
                bbox.y1 < page.height * MARGIN * 1.3 || bbox.y0 > page.height * (1.0 - MARGIN * 1.3)
            })
            .map(|line| signature(line, page.height))
            .collect();
        here.sort();
        here.dedup();
        for line in here {
            *seen.entry(line).or_default() += 1;
        }
    }
    // Even and odd pages have heads of their own, so a third of the pages is enough.
    let enough = (pages.len() / 3).max(3);
    // A label is no running head, even where "Figure #" opens every figure page at one height.
    seen.retain(|(words, ..), count| {
        let label = super::label::read(&words.replace('#', "1"));
        *count >= enough && label.is_none()
    });
    seen
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::{line, page};
    use super::*;

    #[test]
    fn short_lines_that_repeat_in_different_places_are_no_running_head() {
        let pages = |text: &str, apart: f32| -> Vec<PageText> {
            let place = |n: u32| line(text, 100.0 + apart * n as f32, 72.0);
            (1..=4).map(|n| page(n, vec![place(n)])).collect()
        };
        assert_eq!(repeated_lines(&pages("Group 1", 60.0)).len(), 0);
        assert_eq!(repeated_lines(&pages("Page 1", 0.0)).len(), 1);
        assert_eq!(repeated_lines(&pages("Pneumonia on CT", 60.0)).len(), 1);
    }

    #[test]
    fn banners_are_known_by_their_words() {
        assert!(is_banner("medRxiv preprint doi: https://doi.org/10.1101/2020.02.10.20021584"));
        assert!(is_banner("It is made available under a CC-BY-NC-ND 4.0 International license ."));
        assert!(!is_banner("Figure 1. Chest CT of a patient"));
    }
}
