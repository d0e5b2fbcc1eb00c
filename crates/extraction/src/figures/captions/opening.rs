//! Where a caption begins, and where a sentence merely cites a figure at the start of a line.

use super::sequence::{Wanted, begins_series, follows};
use super::{Caption, page_column_width, pitch, same_size};
use crate::figures::FigureKind;
use crate::figures::cleaning::{PageText, TextLine};
use crate::figures::extent::{Habit, resumes};
use crate::figures::label::{self, Ending, Label};
use crate::pdf::Rect;

/// A page in which captions are looked for, with what is known so far.
pub struct Opening<'a> {
    pub pages: &'a [PageText],
    /// Index of the page.
    pub index: usize,
    /// The size of running text.
    pub body: f32,
    /// By line of the page: whether it is part of a caption before.
    pub taken: &'a [bool],
    /// Height on the page below which it lists legends.
    pub legends: Option<f32>,
    /// The caption found last.
    pub last: Option<&'a Caption>,
    pub wanted: &'a Wanted,
    pub habit: Habit,
}

/// Lines of a block that is a legend sooner than a paragraph.
const BRIEF: usize = 3;

/// A legend of a list is no further below the one before it, in sizes of its type.
const FARTHEST: f32 = 4.5;

/// What a sentence, or what a label leads, ends with.
const STOPS: [char; 6] = ['.', ':', '!', '?', ')', ']'];

impl Opening<'_> {
    /// The label of line `start`, if a caption begins there.
    pub fn label(&self, start: usize) -> Option<Label> {
        let page = &self.pages[self.index];
        let line = &page.lines[start];
        let label = self.read(start)?;
        let before = line_above(page, start);
        let above = before.map(|index| &page.lines[index]);
        let below_legend = before.is_some_and(|index| {
            self.taken[index] && pitch(&page.lines[index], line) < FARTHEST * line.size
        });
        let next = below_legend
            && self.last.is_some_and(|last| {
                let begins =
                    label.kind != FigureKind::Table && begins_series(&label.name, &last.label);
                begins || follows(&last.label, &label.name)
            });
        let wanted = self.wanted.has(&label.name, (self.index, start));
        let listed = self.legends.is_some_and(|top| top < line.top);
        // The line above was ended where it ends: the word that follows would have fitted.
        let set_apart = |above: &TextLine| {
            let first = if next { 1 } else { label_words(line, &label) };
            breaks_off(self.pages, page, above, line, first)
        };
        // A citation wrapped to the start of a line: the sentence came from the line above, or from
        // the foot of the column before, whatever figures stand between.
        let goes_on = |above: &TextLine| {
            same_size(above.size, line.size)
                && above.is_bold() == line.starts_bold()
                && !above.text.ends_with(STOPS)
                && above.line.bbox.width() > 0.6 * column_width(page, line)
        };
        let from_above = before.zip(above).is_some_and(|(index, above)| {
            let near = pitch(above, line) < 1.6 * line.size || self.keeps_pace(index, line);
            near && goes_on(above) && !set_apart(above)
        });
        let from_column = !below_legend
            && (0..start).rev().find(|&index| !self.taken[index]).is_some_and(|index| {
                let last = &page.lines[index];
                let column_before = last.top > line.top + 3.0 * line.size
                    && last.line.bbox.x1 < line.line.bbox.x0 + line.size;
                column_before
                    && goes_on(last)
                    && !resumes_below(self.pages, page, start)
                    && !self.is_below_graphic(start)
            });
        let in_sequence = match label.ending {
            Ending::Punctuation => next || below_legend && wanted,
            Ending::Title => next,
            Ending::Alone => next && listed,
            // Titles in small letters are the habit of a list, or not.
            Ending::Word => next && listed && self.last.is_some_and(Caption::is_in_small_letters),
            Ending::Sentence => false,
        };
        let flows_on = !in_sequence && (from_above || from_column);
        // Within a paragraph a citation may be bold.
        let within = !below_legend
            && before.is_some_and(|index| {
                let above = &page.lines[index];
                self.keeps_pace(index, line)
                    && same_size(above.size, line.size)
                    && !above.text.ends_with(STOPS)
                    && above.line.bbox.width() > 0.85 * column_width(page, line)
            });
        let stands_out = line.starts_bold() && (line.is_bold() || !within);
        let starts_paragraph = above.is_none_or(|above| {
            pitch(above, line) > 1.35 * line.size.max(above.size)
                || !same_size(above.size, line.size)
                || above.text.ends_with(['.', '!', '?', ':', ')'])
                || in_sequence
                || ((wanted || listed) && below_legend && set_apart(above))
        });
        let distinct = line.starts_bold() && !line.is_bold() || !same_size(line.size, self.body);
        let starts = match label.ending {
            Ending::Punctuation => !flows_on && !within || stands_out,
            Ending::Alone => !flows_on && line.text.len() <= label.length + 2,
            Ending::Title => (starts_paragraph && !flows_on) || (distinct && line.starts_bold()),
            // Nothing but the type, or the list it stands in, says that no sentence begins here.
            Ending::Word => {
                let set_off = line.starts_bold() && !line.is_bold();
                let block = page.lines.iter().filter(|other| other.line.block == line.line.block);
                let brief = before
                    .is_none_or(|before| page.lines[before].line.block != line.line.block)
                    && block.count() <= BRIEF;
                let entry = listed || (wanted && (below_legend || brief));
                (set_off || entry) && !flows_on && starts_paragraph
            }
            Ending::Sentence => false,
        };
        starts.then_some(label)
    }

    /// The label that line `start` begins with; what stands behind its comma or bracket may be a piece of the row by itself.
    fn read(&self, start: usize) -> Option<Label> {
        let page = &self.pages[self.index];
        let line = &page.lines[start];
        let next = page.lines.get(start + 1).filter(|next| {
            let (bbox, other) = (line.line.bbox, next.line.bbox);
            let level = bbox.y_overlap(&other) > 0.6 * bbox.height().min(other.height());
            line.text.ends_with([',', ')'])
                && level
                && (0.0..3.0 * line.size).contains(&(other.x0 - bbox.x1))
        });
        match next {
            Some(next) => label::read(&format!("{} {}", line.text, next.text)),
            None => label::read(&line.text),
        }
    }

    /// Whether `line` follows line `above` as lines of a paragraph do, here or as a rule.
    fn keeps_pace(&self, above: usize, line: &TextLine) -> bool {
        let page = &self.pages[self.index];
        keeps_pace(page, above, line)
            || (same_size(line.size, self.body)
                && self.habit.is_pace(pitch(&page.lines[above], line)))
    }

    /// Whether line `start` is the first text of its column, and well below the top of the page's text.
    fn is_below_graphic(&self, start: usize) -> bool {
        let page = &self.pages[self.index];
        let line = &page.lines[start];
        let top = page.lines.iter().map(|other| other.top).fold(f32::INFINITY, f32::min);
        // Words of a graphic are short.
        let text = page.lines.iter().enumerate().any(|(index, other)| {
            let bbox = other.line.bbox;
            other.top < line.top - 0.5 * line.size
                && bbox.x_overlap(&line.line.bbox) > 0.0
                && (self.taken[index] || bbox.width() > 0.5 * column_width(page, line))
        });
        !text && line.top > top + BELOW_TOP * line.size
    }
}

/// No graphic is lower, in sizes of the type.
const BELOW_TOP: f32 = 5.0;

/// How many words of `line` its label takes.
fn label_words(line: &TextLine, label: &Label) -> usize {
    line.text.get(..label.length).map_or(1, |label| label.split_whitespace().count())
}

/// Whether the first `words` words of `line` would have fitted at the end of the line `above` it: no
/// sentence runs over, since text is set as far as the edge allows.
pub fn breaks_off(
    pages: &[PageText],
    page: &PageText,
    above: &TextLine,
    line: &TextLine,
    words: usize,
) -> bool {
    let words = line.line.words.iter().take(words.max(1));
    let Some(bbox) = words.map(|word| word.bbox).reduce(|all, word| all.union(&word)) else {
        return false;
    };
    let block = page.lines.iter().filter(|other| other.line.block == above.line.block);
    let edges: Vec<f32> = block.map(|other| other.line.bbox.x1).collect();
    // A paragraph is as wide as its own lines, whatever else the page has.
    let edge = if edges.len() >= PARAGRAPH {
        edges.into_iter().fold(0.0, f32::max)
    } else {
        right_edge(pages, page, line)
    };
    let room = edge.min(next_column(page, above)) - above.line.bbox.x1;
    room > bbox.width() + 0.5 * line.size
}

/// Where text right of `line` begins, on its row or a few rows away.
fn next_column(page: &PageText, line: &TextLine) -> f32 {
    let bbox = line.line.bbox;
    let right = page.lines.iter().filter(|other| {
        other.line.bbox.x0 > bbox.x1 && (other.top - line.top).abs() < ROWS * line.size
    });
    right.map(|other| other.line.bbox.x0).fold(f32::INFINITY, f32::min) - 0.5 * line.size
}

/// Width of the widest line that shares the column of `line`, but for what spans the next column as well.
fn column_width(page: &PageText, line: &TextLine) -> f32 {
    page_column_width(page, line).min(next_column(page, line) - line.line.bbox.x0)
}

/// How far away rows tell of a column, in sizes of their type.
const ROWS: f32 = 2.0;

/// Lines from which on a block tells how wide it is set.
const PARAGRAPH: usize = 4;

/// Lines from which on the document tells how wide a column is.
const ENOUGH: usize = 20;

/// Where the lines end that begin where `line` does: on its page, or as a rule in the document.
fn right_edge(pages: &[PageText], page: &PageText, line: &TextLine) -> f32 {
    let from = line.line.bbox.x0;
    let here = page.lines.iter().map(|other| other.line.bbox);
    let here =
        here.filter(|bbox| (bbox.x0 - from).abs() < 30.0).map(|bbox| bbox.x1).fold(0.0, f32::max);
    let mut all: Vec<f32> = pages
        .iter()
        .flat_map(|page| &page.lines)
        .filter(|other| same_size(other.size, line.size))
        .map(|other| other.line.bbox)
        .filter(|bbox| (bbox.x0 - from).abs() < 12.0)
        .map(|bbox| bbox.x1)
        .collect();
    if all.len() < ENOUGH {
        return here;
    }
    all.sort_by(f32::total_cmp);
    here.max(all[all.len() * 4 / 5])
}

/// Whether the text that broke off in the column before goes on below line `start` and its paragraph:
/// behind a finished sentence or a title that ends before the edge, set off from it, in the middle of one of
/// its own.
fn resumes_below(pages: &[PageText], page: &PageText, start: usize) -> bool {
    let mut last = &page.lines[start];
    for line in &page.lines[start + 1..] {
        if line.top <= last.top || line.line.bbox.x_overlap(&last.line.bbox) <= 0.0 {
            return false;
        }
        if pitch(last, line) > 1.45 * line.size.max(last.size) {
            let open = resumes(&line.text);
            // No paragraph ends in the middle of a sentence.
            let title = !last.text.ends_with(STOPS) && breaks_off(pages, page, last, line, 1);
            return title || open && last.text.ends_with(['.', '!', '?']);
        }
        last = line;
    }
    false
}

/// Whether `line` follows line `above` as closely as that one follows its own predecessor, or as the next
/// one follows it: the pace of a paragraph, however widely it is spaced.
fn keeps_pace(page: &PageText, above: usize, line: &TextLine) -> bool {
    let step = pitch(&page.lines[above], line);
    let same = |pace: f32| pace < 3.0 * line.size && (step - pace).abs() < 0.08 * pace;
    let before = line_above(page, above);
    if before.is_some_and(|before| same(pitch(&page.lines[before], &page.lines[above]))) {
        return true;
    }
    let column = line.line.bbox;
    let below = page.lines.iter().filter(|other| {
        let bbox = other.line.bbox;
        let shared = column.x_overlap(&bbox) > 0.3 * column.width().min(bbox.width());
        shared && pitch(line, other) > 0.5 * line.size && same_size(other.size, line.size)
    });
    below.map(|other| pitch(line, other)).min_by(f32::total_cmp).is_some_and(same)
}

/// The nearest line above that stands in the same column.
fn line_above(page: &PageText, of: usize) -> Option<usize> {
    let bbox = page.lines[of].line.bbox;
    let shares_column =
        |other: &Rect| bbox.x_overlap(other) > 0.3 * bbox.width().min(other.width());
    (0..page.lines.len())
        .filter(|&index| index != of)
        .filter(|&index| {
            let other = &page.lines[index].line.bbox;
            other.centre().1 < bbox.y0 && shares_column(other)
        })
        .max_by(|&a, &b| page.lines[a].line.bbox.y1.total_cmp(&page.lines[b].line.bbox.y1))
}
