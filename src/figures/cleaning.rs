//! Takes off what a page repeats or adds around its text: the server's banner, running heads, page
//! numbers, margin line numbers.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::label::normalise;
use crate::pdf::{Direction, Line, Page, Rect};

/// A line of running text with its text made readable.
#[derive(Debug, Clone)]
pub struct TextLine {
    pub line: Line,
    /// [`normalise`]d.
    pub text: String,
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
    pub width: f32,
    pub height: f32,
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
    let mut cleaned: Vec<PageText> = pages
        .iter()
        .map(|page| PageText {
            number: page.number,
            width: page.width,
            height: page.height,
            lines: without_line_numbers(&page.lines)
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
        page.lines.retain(|line| {
            let bbox = &line.line.bbox;
            let in_margin = bbox.y1 < top || bbox.y0 > bottom;
            let page_number = line.text.len() <= 4 && line.text.chars().all(|c| c.is_ascii_digit());
            let repeats = repeated.contains_key(&signature(line, height));
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
/// and the height they stand at.
fn signature(line: &TextLine, height: f32) -> (String, i32) {
    let words = line.text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    (words, (line.line.bbox.y0 / height * 50.0).round() as i32)
}

fn repeated_lines(pages: &[PageText]) -> HashMap<(String, i32), usize> {
    let mut seen: HashMap<(String, i32), usize> = HashMap::new();
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
    seen.retain(|(words, _), count| {
        let label = super::label::read(&words.replace('#', "1"));
        *count >= enough && label.is_none()
    });
    seen
}

/// Numbers down a margin: this many at least, or they are something else.
const FEWEST_LINE_NUMBERS: usize = 5;

/// Removes the column of rising numbers that manuscripts carry in a margin, whether it stands in
/// lines of its own or was joined to the text beside it.
fn without_line_numbers(lines: &[Line]) -> Vec<Line> {
    let mut lines = lines.to_vec();
    for (first, at_start) in [(true, true), (false, false)] {
        let mut columns: HashMap<i32, Vec<(f32, u32, usize)>> = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            if line.direction != Direction::Right {
                continue;
            }
            let word = if first { line.words.first() } else { line.words.last() };
            let Some(word) = word else { continue };
            if word.text.len() > 4 || !word.text.chars().all(|c| c.is_ascii_digit()) {
                continue;
            }
            let Ok(number) = word.text.parse() else { continue };
            // Numbers of different lengths share their right edge.
            let column = (word.bbox.x1 / 4.0).round() as i32;
            columns.entry(column).or_default().push((word.bbox.y0, number, index));
        }
        let mut numbered: Vec<usize> = Vec::new();
        for (column, members) in &columns {
            let mut joined: Vec<_> =
                members.iter().chain(columns.get(&(column + 1)).into_iter().flatten()).collect();
            joined.sort_by(|a, b| a.0.total_cmp(&b.0));
            if is_rising(&joined) {
                numbered.extend(joined.iter().map(|(_, _, index)| *index));
            }
        }
        numbered.sort_unstable();
        numbered.dedup();
        for index in numbered {
            let line = &mut lines[index];
            let taken = if at_start { 0 } else { line.words.len().saturating_sub(1) };
            if taken < line.words.len() {
                line.words.remove(taken);
            }
            if !line.words.is_empty() {
                let words = std::mem::take(&mut line.words);
                *line = Line::of_words(words, line.direction, line.block);
            }
        }
        lines.retain(|line| !line.words.is_empty());
    }
    lines
}

/// Whether the numbers, taken from top to bottom, mostly count up by one, or by five.
fn is_rising(members: &[&(f32, u32, usize)]) -> bool {
    if members.len() < FEWEST_LINE_NUMBERS {
        return false;
    }
    let steps = members.windows(2).filter(|pair| {
        let step = i64::from(pair[1].1) - i64::from(pair[0].1);
        step == 1 || step == 5
    });
    steps.count() * 10 >= (members.len() - 1) * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::Word;

    fn word(text: &str, x: f32, y: f32) -> Word {
        let bbox = Rect::new(x, y, x + 5.0 * text.len() as f32, y + 10.0);
        Word { text: text.into(), bbox, size: 10.0, bold: false, italic: false }
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn a_column_of_rising_numbers_goes_whether_joined_or_apart() {
        let mut lines = Vec::new();
        for row in 0..8 {
            let y = 100.0 + 20.0 * row as f32;
            let number = word(&(row + 96).to_string(), 40.0 - if row < 4 { 0.0 } else { 5.0 }, y);
            if row % 2 == 0 {
                let words = vec![number, word("Patients", 72.0, y)];
                lines.push(Line::of_words(words, Direction::Right, 0));
            } else {
                lines.push(Line::of_words(vec![number], Direction::Right, 0));
                lines.push(Line::of_words(vec![word("text", 72.0, y)], Direction::Right, 0));
            }
        }
        let left = texts(&without_line_numbers(&lines));
        assert!(left.iter().all(|text| text == "Patients" || text == "text"), "{left:?}");
        assert_eq!(left.len(), 8);
    }

    #[test]
    fn numbers_of_a_table_stay() {
        let lines: Vec<Line> = [12, 7, 40, 3, 55, 9]
            .iter()
            .zip(0..)
            .map(|(n, row)| {
                let words = vec![word(&n.to_string(), 72.0, 100.0 + 20.0 * row as f32)];
                Line::of_words(words, Direction::Right, 0)
            })
            .collect();
        assert_eq!(without_line_numbers(&lines).len(), 6);
    }

    #[test]
    fn banners_are_known_by_their_words() {
        assert!(is_banner("medRxiv preprint doi: https://doi.org/10.1101/2020.02.10.20021584"));
        assert!(is_banner("It is made available under a CC-BY-NC-ND 4.0 International license ."));
        assert!(!is_banner("Figure 1. Chest CT of a patient"));
    }
}
