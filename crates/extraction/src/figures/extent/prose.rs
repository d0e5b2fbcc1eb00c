//! Tells running text below a caption of one line from more of the caption.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Reader;
use crate::figures::FigureKind;
use crate::figures::captions::{pitch, same_size};
use crate::figures::citations::cited;
use crate::figures::cleaning::{PageText, TextLine};
use crate::figures::label::{self, Ending};

/// Lines of text in several paragraphs, from which on it is running text.
const PROSE_LINES: usize = 8;

/// Below a title, text this much further down than its own lines are apart is set off from it.
const SET_OFF: f32 = 1.75;

/// The same where the title is bold and the text is not.
const SET_OFF_PLAIN: f32 = 1.6;

/// The heading of a section.
static SECTION_HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:\d{1,2}\.?\s+)?(?i:references?|bibliography|acknowledge?ments?|methods?|results|discussion|conclusions?|introduction)\s?:?$",
    )
    .expect("a valid pattern")
});

/// What a document's running text tells about its captions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Habit {
    /// Distance between most lines of a paragraph, in points.
    pace: Option<f32>,
    /// Captions are a line, and text well below them is none of theirs.
    lone_titles: bool,
    /// Captions of several lines are set as closely as running text is.
    pub(super) close: bool,
}

impl Habit {
    /// Of `pages`, whose running text is of size `body`.
    pub fn of(pages: &[PageText], body: f32) -> Self {
        let habit = Self { pace: pace(pages, body), ..Self::default() };
        let (mut set_off, mut proven, mut close) = (0, 0, 0);
        for page in pages {
            for line in page.lines.iter().filter(|line| same_size(line.size, body)) {
                let titled = label::read(&line.text).is_some_and(|label| {
                    label.kind != FigureKind::Table
                        && label.ending.is_clear()
                        && label.ending != Ending::Alone
                });
                let Some(below) = line_below(page, line).filter(|_| titled) else { continue };
                if !same_size(below.size, body) {
                    continue;
                }
                if habit.is_set_off(page, line, below) {
                    set_off += 1;
                    proven += usize::from(is_prose(page, line, below));
                }
                close += usize::from(habit.is_pace(pitch(line, below)));
            }
        }
        // One that is described in several paragraphs, or cites another figure, is no habit.
        let lone_titles = proven > 0 && proven * 4 >= set_off;
        Self { lone_titles, close: close > 0 && close * 2 >= set_off - proven, ..habit }
    }

    /// Whether running text has its lines this far apart.
    pub fn is_pace(&self, step: f32) -> bool {
        self.pace.is_some_and(|pace| (step - pace).abs() < 0.08 * pace)
    }

    /// Whether `below` begins a text of its own, going by its distance from the title `above`.
    fn is_set_off(&self, page: &PageText, above: &TextLine, below: &TextLine) -> bool {
        let plain = above.is_bold() && !below.is_bold();
        let factor = if plain { SET_OFF_PLAIN } else { SET_OFF };
        self.pace_from(page, below).is_some_and(|pace| pitch(above, below) > factor * pace)
            && below.text.starts_with(char::is_uppercase)
    }

    /// Distance from `line` to the next line of its paragraph, or of other paragraphs where it has no more.
    pub fn pace_from(&self, page: &PageText, line: &TextLine) -> Option<f32> {
        let own = line_below(page, line);
        let step = own.map(|below| pitch(line, below));
        match (own, self.pace) {
            (Some(below), Some(pace)) if below.line.block != line.line.block => {
                step.map(|step| step.min(pace))
            }
            (None, pace) => pace,
            _ => step,
        }
    }
}

/// Distance from most lines in size `body` to the next.
fn pace(pages: &[PageText], body: f32) -> Option<f32> {
    let mut counts = std::collections::BTreeMap::new();
    for page in pages {
        for pair in page.lines.windows(2) {
            let step = pitch(&pair[0], &pair[1]);
            let alike = pair.iter().all(|line| same_size(line.size, body));
            // Numbers of lines may cut a paragraph into blocks.
            if alike && (0.5..3.0).contains(&(step / body)) {
                *counts.entry((step * 4.0).round() as i32).or_insert(0_usize) += 1;
            }
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(step, _)| step as f32 / 4.0)
}

/// The nearest line below `line` in its column.
fn line_below<'a>(page: &'a PageText, line: &TextLine) -> Option<&'a TextLine> {
    let below = page.lines.iter().filter(|other| {
        pitch(line, other) > 0.5 * line.size && other.line.bbox.x_overlap(&line.line.bbox) > 0.0
    });
    below.min_by(|a, b| a.top.total_cmp(&b.top))
}

/// Whether running text begins with `below`, and no more of the caption that `first` begins: it cites
/// that very figure, its first paragraph cites another or is indented, a section's heading follows, or it goes on for
/// more than a paragraph.
fn is_prose(page: &PageText, first: &TextLine, below: &TextLine) -> bool {
    let Some(own) = label::read(&first.text).filter(|label| label.ending != Ending::Alone) else {
        return false;
    };
    let column = below.line.bbox;
    let rest = page.lines.iter().filter(|line| {
        line.top >= below.top
            && line.line.bbox.x_overlap(&column) > 0.0
            && same_size(line.size, below.size)
    });
    let (mut text, mut paragraph) = (String::new(), String::new());
    let (mut blocks, mut count) = (BTreeSet::new(), 0);
    // Numbers of lines may cut a paragraph into blocks.
    let pace = line_below(page, below).map_or(0.0, |second| pitch(below, second));
    let mut last = Some(below);
    let mut last_line = None;
    for line in rest {
        if label::read(&line.text).is_some_and(|label| label.ending.is_clear()) {
            break;
        }
        text.push_str(&line.text);
        text.push(' ');
        last =
            last.filter(|last| pitch(last, line) < 1.2 * pace.min(2.6 * below.size)).map(|_| line);
        if last.is_some() || count == 0 {
            paragraph.push_str(&line.text);
            paragraph.push(' ');
        }
        if last.is_some() {
            last_line = Some(line);
        }
        blocks.insert(line.line.block);
        count += 1;
    }
    let indented = line_below(page, below).is_some_and(|second| {
        let margin = second.line.bbox.x0;
        second.line.block == below.line.block
            && column.x0 > margin + 0.8 * below.size
            && (first.line.bbox.x0 - margin).abs() < 2.0
    });
    // What a section's heading follows is the end of the section before.
    let above_heading = last_line
        .and_then(|last| line_below(page, last))
        .is_some_and(|line| SECTION_HEADING.is_match(&line.text));
    indented
        || above_heading
        || !cited(&paragraph).is_empty()
        || cited(&text).iter().any(|figure| figure.label == own.name)
        || (blocks.len() > 1 && count >= PROSE_LINES)
}

impl Reader<'_> {
    /// Whether `below`, well below the caption's only line `above`, begins running text. `finished`: that
    /// line ends a sentence.
    pub(super) fn is_prose_below(
        &self,
        above: &TextLine,
        below: &TextLine,
        finished: bool,
    ) -> bool {
        self.habit.is_set_off(self.page(), above, below)
            && (self.habit.lone_titles
                || (finished && self.habit.close)
                || is_prose(self.page(), above, below))
    }

    /// Distance from `line` to the next one below it in its column, or between lines of running text where
    /// it is a paragraph of that.
    pub(super) fn pace_from(&self, line: &TextLine) -> Option<f32> {
        if same_size(line.size, self.body) {
            return self.habit.pace_from(self.page(), line);
        }
        line_below(self.page(), line).map(|below| pitch(line, below))
    }
}
