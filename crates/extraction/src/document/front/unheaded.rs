//! An abstract that bears no heading: the paragraph above the keywords or the introduction.

use std::sync::LazyLock;

use regex::Regex;

use super::{LEAST, LONGEST, pattern};
use crate::figures::{PageText, TextLine};

/// Where the abstract is over.
static FOOT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?i:key\s?-?words?|index\s+terms)\b|(?:\d{1,2}[.\s]+)?(?:Introduction|INTRODUCTION)\W*$)",
    )
});
/// Paragraphs of the title page that are no abstract.
static NOTES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:copyright|©|received|accepted|published|correspond|address\s+for|academic\s+editor|edited\s+by|this\s+is\s+an\s+open|this\s+article|open\s+access|first\s+draft|e-?mail|doi\b|https?:|citation|author)",
    )
});

/// Farthest that two lines of a paragraph stand apart, in sizes of the text.
const LEADING: f32 = 2.0;

/// How far above the heading below it the abstract may end, in sizes of the text: dates of the manuscript stand
/// between them.
const GAP: f32 = 9.0;

/// The lines of the abstract; none where no paragraph is like one.
pub(super) fn read<'a>(pages: &[&'a PageText]) -> Vec<&'a TextLine> {
    let paragraph = |page: &&'a PageText| {
        let feet = page.lines.iter().filter(|line| FOOT.is_match(&line.text));
        feet.map(|foot| above(page, foot)).find(|lines| is_abstract(lines))
    };
    pages.iter().take(2).find_map(paragraph).unwrap_or_default()
}

/// The paragraph above `foot` in its column, without notes before it.
fn above<'a>(page: &'a PageText, foot: &TextLine) -> Vec<&'a TextLine> {
    let mut column: Vec<&TextLine> = page
        .lines
        .iter()
        .filter(|line| line.top < foot.top && line.line.bbox.x_overlap(&foot.line.bbox) > 0.0)
        .collect();
    column.sort_by(|a, b| b.top.total_cmp(&a.top));
    let mut lines: Vec<&TextLine> = Vec::new();
    for line in column {
        let Some(below) = lines.last() else {
            if foot.top - line.top > GAP * line.size {
                break;
            }
            if line.text.ends_with(['.', '?', '!']) && !NOTES.is_match(&line.text) {
                lines.push(line);
            }
            continue;
        };
        let alike = (line.size - below.size).abs() < 0.06 * below.size;
        if !alike || below.top - line.top > LEADING * below.size {
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    without_notes(lines)
}

/// Drops paragraphs at the head that are notes. A paragraph ends with a sentence that leaves its line unfilled.
fn without_notes(mut lines: Vec<&TextLine>) -> Vec<&TextLine> {
    let right = lines.iter().map(|line| line.line.bbox.x1).fold(0.0, f32::max);
    let left = lines.iter().map(|line| line.line.bbox.x0).fold(f32::MAX, f32::min);
    let ends = |line: &&TextLine| {
        line.text.ends_with('.') && line.line.bbox.x1 < right - 0.05 * (right - left)
    };
    let last_note = lines.iter().rposition(|line| NOTES.is_match(&line.text));
    if let Some(note) = last_note {
        let end = lines[note..].iter().position(ends).map_or(lines.len(), |end| note + end + 1);
        lines.drain(..end);
    }
    lines
}

/// Whether lines are running text of the length of an abstract.
fn is_abstract(lines: &[&TextLine]) -> bool {
    let length: usize = lines.iter().map(|line| line.text.len()).sum();
    let words = || lines.iter().flat_map(|line| line.text.split(' '));
    let small = words().filter(|word| word.starts_with(|c: char| c.is_lowercase())).count();
    let begins =
        lines.first().is_some_and(|line| line.text.starts_with(|c: char| c.is_uppercase()));
    begins
        && lines.len() >= 3
        && (2 * LEAST..LONGEST).contains(&length)
        && small * 10 >= words().count() * 6
}
