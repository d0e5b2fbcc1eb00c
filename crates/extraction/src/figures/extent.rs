//! How far a caption runs: down its column, into a second one, over to the next page.

mod prose;

use std::sync::LazyLock;

use regex::Regex;

use super::FigureKind;
use super::captions::{Wanted, breaks_off, follows, goes_on, page_column_width, pitch, same_size};
use super::cleaning::{PageText, TextLine};
use super::label::{self, Ending, Label};
use crate::pdf::Rect;
pub use prose::Habit;

/// The letter of a panel that is not the first.
static SUB_CAPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\((?:[B-Zb-z])(?:\s?[-–,]\s?[A-Za-z])*\)\s").expect("a valid pattern")
});

/// Letters of panels in brackets that a line begins with.
static PANELS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\([A-Za-z](?:\s?[-–,]\s?[A-Za-z])*[):]").expect("a valid pattern")
});

/// The first of these: below a title it tells what the panels show.
static FIRST_PANEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\([Aa](?:\s?[-–,]\s?[A-Za-z])*[):]\s").expect("a valid pattern")
});

/// A line of notes below a caption: set apart from it, and smaller.
static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[*†‡§#]\s?\S|(?:Notes?|Sources?|Abbreviations?|Key|Legend)\s?[:.]\s)")
        .expect("a valid pattern")
});

/// Notes at the foot of a title page.
static AUTHORS_NOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)correspond|e-?mail|contributed|authors?\b|address|@").expect("a valid pattern")
});

/// The number of a section's heading.
static SECTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\d{1,2}(?:\.\d{1,2})*\.?\s+\p{Lu}").expect("a valid pattern"));

/// Follows a caption down the page, and over to its second column where it has one.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub pages: &'a [PageText],
    /// Index of the page that is read.
    pub index: usize,
    /// The size of running text.
    pub body: f32,
    /// By line of the page: whether it is part of another caption.
    pub taken: &'a [bool],
    /// Height on the page below which it lists legends, under a heading that says so.
    pub legends: Option<f32>,
    pub wanted: &'a Wanted,
    pub habit: Habit,
}

/// The heading of a list of legends.
static LEGENDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^(?:\d{1,2}\.?\s+)?(?:(?:supplementa(?:l|ry)\s+)?figures?['’]?(?:\s+(?:and|&)\s+tables?)?\s+)?
        (?:titles?\s+and\s+)?(?:legends?|captions?)(?:\s+(?:to|of|for)\s+(?:the\s+)?(?:supplementa(?:l|ry)\s+)?figures?
        (?:\s+(?:and|&)\s+tables?)?)?\s?[:.]?$",
    )
    .expect("a valid pattern")
});

/// A heading of what may stand behind a list of legends, or behind a figure.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:\d{1,2}\.?\s+)?(?i:references?|bibliography|tables?|figures?|tables?\s+and\s+figures?|
        figures?\s+and\s+tables?|table\s+(?:legends?|captions?)|acknowledge?ments?|funding(?:\s+sources?)?|
        (?:conflicts?|declarations?)\s+of\s+interests?|competing\s+interests?|authors?['’]?s?\s+contributions?|
        supplement(?:ary|al)?\s+(?:materials?|information|data|figures?|tables?|files?)|data\s+availability|
        (?:materials?|patients?|subjects?)\s+and\s+methods?|methods?|results|discussion|conclusions?|introduction)
        \s?:?$",
    )
    .expect("a valid pattern")
});

/// Where `page` begins to list legends, if it does.
pub fn legends(page: &PageText) -> Option<f32> {
    let heads = |(index, line): (usize, &TextLine)| {
        // "Legend" alone is the heading of a chart's key as well.
        let word = line.text.trim_end_matches([':', '.', ' ']);
        let short = !word.contains(' ') && !word.ends_with(['s', 'S']);
        let next = page.lines.get(index + 1);
        let leads = !short || next.is_some_and(|next| label::read(&next.text).is_some());
        (LEGENDS.is_match(&line.text) && leads).then_some(line.top)
    };
    page.lines.iter().enumerate().find_map(heads)
}

/// An entry of a list of references or of steps, or the year and volume that end one.
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\[?\d{1,3}[.\])]\s*\p{Lu}|(?:19|20)\d{2}\s?;\s?\d)").expect("a valid pattern")
});

/// The end of a line within a sentence.
static UNFINISHED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:,|\b(?:with|of|the|an?|and|or|in|on|at|to|by|for|from|is|are|was|were))$")
        .expect("a valid pattern")
});

/// What ends an entry of a list of references.
static VOLUME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:19|20)\d{2}\s?;\s?\d{1,4}\s?[:(]").expect("a valid pattern"));

/// A panel's letter in brackets that ends a line.
static LETTER_ENDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[.;:,]\s\([A-Za-z](?:\s?[-–,]\s?[A-Za-z])*\)$").expect("a valid pattern")
});

/// A panel's letter that is all of a line.
static PANEL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[(\[]?[A-Za-z][)\].:]?$").expect("a valid pattern"));

impl Reader<'_> {
    fn page(&self) -> &PageText {
        &self.pages[self.index]
    }

    /// The lines of the caption that begins with line `start`, in reading order.
    pub fn extent(&self, start: usize, label: &Label) -> Vec<usize> {
        let mut lines = vec![start];
        let mut leading = None;
        self.same_row(start, label, &mut lines);
        loop {
            let last = *lines.last().unwrap_or(&start);
            let row_start = self.row_start(last, &lines);
            let next = self.next_down(start, row_start, &lines, leading, label);
            if let Some(next) = next {
                let step = pitch(&self.page().lines[row_start], &self.page().lines[next]);
                leading = Some(leading.map_or(step, |known: f32| known.min(step)));
                lines.push(next);
                self.same_row(next, label, &mut lines);
                continue;
            }
            let Some(over) = self.second_column(start, &lines) else { break };
            lines.push(over);
            self.same_row(over, label, &mut lines);
        }
        lines
    }

    /// Adds the pieces of a row that a wide blank cut apart, left to right. They follow each other in
    /// the content; the neighbouring column, level with them, does not, nor does the caption of the figure
    /// beside that of `label`.
    fn same_row(&self, of: usize, label: &Label, lines: &mut Vec<usize>) {
        for right in of.. {
            let (Some(line), Some(next)) =
                (self.page().lines.get(right), self.page().lines.get(right + 1))
            else {
                break;
            };
            let (bbox, other) = (line.line.bbox, next.line.bbox);
            let level = bbox.y_overlap(&other) > 0.6 * bbox.height().min(other.height());
            // A label alone may stand well off its text, and need not be as large; a dash has no size to speak of.
            let is_alone = |line: &TextLine| {
                label::read(&line.text).is_some_and(|label| label.ending == Ending::Alone)
            };
            let size = line.size.max(next.size);
            let gap = if is_alone(line) { 6.0 } else { 3.0 } * size;
            let near = (-1.0..gap).contains(&(other.x0 - bbox.x1));
            let first = &self.page().lines[of];
            let label_size = is_alone(first) && (0.75..1.3).contains(&(next.size / first.size));
            let alike = label_size
                || [line, first].iter().any(|line| same_size(next.size, line.size))
                || next.text.len() < 4;
            let another = label::read(&next.text)
                .is_some_and(|other| other.ending.is_clear() && other.name != label.name);
            if !(level && near && alike)
                || another
                || self.taken[right + 1]
                || lines.contains(&(right + 1))
            {
                break;
            }
            lines.push(right + 1);
        }
    }

    /// The leftmost line of the row that `line` stands in.
    fn row_start(&self, line: usize, lines: &[usize]) -> usize {
        let bbox = self.page().lines[line].line.bbox;
        let in_row = |index: &usize| {
            let other = &self.page().lines[*index].line.bbox;
            bbox.y_overlap(other) > 0.6 * bbox.height().min(other.height())
        };
        let tail = lines.iter().rev().take_while(|index| in_row(index));
        tail.copied()
            .min_by(|&a, &b| {
                self.page().lines[a].line.bbox.x0.total_cmp(&self.page().lines[b].line.bbox.x0)
            })
            .unwrap_or(line)
    }

    fn next_down(
        &self,
        start: usize,
        last: usize,
        lines: &[usize],
        leading: Option<f32>,
        label: &Label,
    ) -> Option<usize> {
        let (first, above) = (&self.page().lines[start], &self.page().lines[last]);
        let bbox = above.line.bbox;
        let column = self.column(lines);
        let next = (0..self.page().lines.len())
            .filter(|index| !lines.contains(index) && !self.taken[*index])
            .filter(|&index| {
                let other = &self.page().lines[index].line.bbox;
                other.centre().1 > bbox.y1.min(bbox.y0 + above.size)
                    && other.y0 > bbox.y0 + 0.3 * above.size
                    && column.x_overlap(other) > 0.5 * column.width().min(other.width())
            })
            .min_by(|&a, &b| {
                let (a, b) = (&self.page().lines[a].line.bbox, &self.page().lines[b].line.bbox);
                (a.y0 + 0.01 * a.x0).total_cmp(&(b.y0 + 0.01 * b.x0))
            })?;
        let below = &self.page().lines[next];
        let size = above.size.max(below.size);
        let alone = label.ending == Ending::Alone && last == start;
        let letter = PANEL.is_match(&below.text)
            && (alone
                || (below.line.bbox.x0 - column.x0).abs() > below.size
                || breaks_off(self.pages, self.page(), above, below, 1));
        if letter && !self.heads_text(below) {
            return None;
        }
        let note = NOTE.is_match(&below.text) && !AUTHORS_NOTE.is_match(&below.text);
        if note && (0.75..1.05).contains(&(below.size / first.size)) {
            return (pitch(above, below) < 3.2 * size).then_some(next);
        }
        let size_agrees = same_size(first.size, below.size)
            || same_size(above.size, below.size)
            || (alone && below.size < 1.3 * first.size)
            // A short line of stars and signs, which are set smaller.
            || (below.size < first.size
                && first.line.block == below.line.block
                && below.line.words.iter().any(|word| same_size(word.size, first.size)))
            // A bold title line, set smaller or larger than the text it heads.
            || (first.is_bold()
                && first.line.block == below.line.block
                && (first.size - below.size).abs() < 0.25 * size);
        // Where nothing is known yet, a double-spaced line is 2.3 sizes down.
        let most =
            leading.map_or(if alone { 2.9 } else { 2.6 } * size, |known| 1.3 * known + 0.1 * size);
        let listed = self.legends.is_some_and(|top| top < first.top);
        let most = if listed { 1.25 * most } else { most };
        let other = label::read(&below.text);
        let part = other.as_ref().is_some_and(|other| other.is_further_part_of(label));
        let ended = || {
            above.text.ends_with(['.', '!', '?', ':', ')', ']'])
                || breaks_off(self.pages, self.page(), above, below, 1)
        };
        let another = other.filter(|_| !part).is_some_and(|other| {
            let cited = !(listed && follows(&label.name, &other.name))
                && self.is_wrapped_citation(above, below, &other, leading, lines);
            // In a list, a small letter behind the number begins a legend as well.
            let habit = label.ending == Ending::Word && follows(&label.name, &other.name);
            let entry = other.ending == Ending::Word
                && (listed || self.wanted.has(&other.name, (self.index, next)))
                && (habit || ended());
            !cited && (other.ending.is_clear() || below.starts_bold() || entry)
        });
        // What is said of all parts stands as far below the last as they stand apart.
        let of_all = self.between_parts(first, below, lines);
        let tells_panels = leading.is_none() && FIRST_PANEL.is_match(&below.text);
        let most = match () {
            () if part => 1.5 * most,
            () if tells_panels => 1.25 * most,
            () => most.max(1.03 * of_all.unwrap_or_default()),
        };
        if !size_agrees || pitch(above, below) > most || another {
            return None;
        }
        if part {
            return Some(next);
        }
        if label.kind == FigureKind::Table && self.is_row_of_cells(next, &column, lines) {
            return None;
        }
        if HEADING.is_match(&below.text) && below.text.starts_with(char::is_uppercase) && ended() {
            return None;
        }
        // Wider than everything before it, to the left: a line of the text around.
        if lines.len() > 2 && below.line.bbox.x0 < column.x0 - 2.5 * size {
            return None;
        }
        let ends = if listed {
            // Another figure's legend begins with its label, and a heading is bold.
            below.is_bold() && !above.is_bold()
        } else {
            self.paragraph_ends(first, above, below, leading, lines)
        };
        (!ends).then_some(next)
    }

    /// The largest distance from a line of the caption to a further part of it below: `below` may stand as far
    /// from the last part, if its type is none of the running text's.
    fn between_parts(&self, first: &TextLine, below: &TextLine, lines: &[usize]) -> Option<f32> {
        let label = label::read(&first.text)?;
        let own_type = !same_size(below.size, self.body) || (first.is_bold() && below.is_bold());
        let rows =
            lines.windows(2).map(|pair| (&self.page().lines[pair[0]], &self.page().lines[pair[1]]));
        let parts = rows.filter(|(_, below)| {
            own_type
                && label::read(&below.text).is_some_and(|other| other.is_further_part_of(&label))
        });
        parts.map(|(above, below)| pitch(above, below)).max_by(f32::total_cmp)
    }

    /// Whether text stands close below `line` and as far left, where a panel's letter has its picture.
    fn heads_text(&self, line: &TextLine) -> bool {
        self.page().lines.iter().any(|other| {
            (0.5..2.0).contains(&(pitch(line, other) / line.size))
                && (other.line.bbox.x0 - line.line.bbox.x0).abs() < 2.0 * line.size
                && other.line.words.len() > 1
        })
    }

    /// Whether line `of` stands in a row of cells below a caption that is as wide as `column`.
    fn is_row_of_cells(&self, of: usize, column: &Rect, lines: &[usize]) -> bool {
        let line = &self.page().lines[of];
        let bbox = line.line.bbox;
        let cells = (0..self.page().lines.len()).filter(|&index| {
            let other = self.page().lines[index].line.bbox;
            let level = bbox.y_overlap(&other) > 0.6 * bbox.height().min(other.height());
            let apart = (other.x0 - bbox.x1).max(bbox.x0 - other.x1) > 1.5 * line.size;
            index != of
                && level
                && apart
                && !lines.contains(&index)
                && other.x0 > column.x0 - line.size
                && other.x0 < column.x1
        });
        cells.count() > 0
    }

    /// Whether `below` is the last word of the caption's sentence, "… are given in / Table 1.", and no
    /// caption of its own: the line above is full and unfinished, and `below` keeps its pace.
    fn is_wrapped_citation(
        &self,
        above: &TextLine,
        below: &TextLine,
        label: &Label,
        leading: Option<f32>,
        lines: &[usize],
    ) -> bool {
        let (row, column) = (self.row_box(above, lines), self.column(lines));
        let paced = leading.is_some_and(|known| pitch(above, below) < 1.12 * known);
        let open = !above.text.ends_with(['.', '!', '?', ':']);
        let full = row.x1 > column.x1 - 0.1 * column.width();
        paced && open && full && below.text.len() <= label.length + 2 && !below.starts_bold()
    }

    /// Whether a new paragraph of running text begins with `below`.
    fn paragraph_ends(
        &self,
        first: &TextLine,
        above: &TextLine,
        below: &TextLine,
        leading: Option<f32>,
        lines: &[usize],
    ) -> bool {
        let step = pitch(above, below);
        let row = self.row_box(above, lines);
        let column = self.column(lines);
        let finished = above.text.ends_with(['.', '!', '?'])
            || lines
                .last()
                .is_some_and(|&last| self.page().lines[last].text.ends_with(['.', '!', '?']));
        let looser = leading.is_some_and(|known| step > 1.12 * known + 0.5);
        let short = row.x1 < column.x1 - 0.12 * column.width() && lines.len() > 1;
        let indented = below.line.bbox.x0 > column.x0 + 0.8 * below.size
            && below.line.bbox.x0 < column.x0 + 5.0 * below.size;
        let body_like = same_size(below.size, self.body) && same_size(first.size, self.body);
        // Nothing but the typeface may tell them apart: a bold or italic caption above plain text.
        let style_changes =
            above.is_bold() && !below.is_bold() && lines.len() > 1 && body_like && looser;
        // A heading above running text: bold and short.
        let heading = below.is_bold()
            && !above.is_bold()
            && ((finished && short) || looser || SECTION.is_match(&below.text));
        // Of a caption of one line no pace is known: what follows at its own, tighter one is another
        // text.
        let slower = |factor: f32| self.pace_from(below).is_some_and(|pace| step > factor * pace);
        let entry = ENTRY.is_match(&below.text) || VOLUME.is_match(&below.text);
        let entry = |factor: f32| {
            // The last line of a page tells no pace.
            entry && step > factor * self.pace_from(below).unwrap_or(1.3 * below.size)
        };
        let one_line = leading.is_none()
            && finished
            && ((body_like && above.is_bold() && !below.is_bold() && slower(1.6))
                || entry(1.25)
                // Text that broke off above the figure goes on below it.
                || (resumes(&below.text) && step > 1.8 * below.size));
        // The same below a title without a full stop, which ends before the edge.
        let broken = leading.is_none()
            && !finished
            && (entry(1.6)
                || (slower(1.6)
                    && resumes(&below.text)
                    && (above.is_bold() && !below.is_bold()
                        || same_size(below.size, self.body)
                            && (self.habit.close
                                || self.broke_off(lines, below)
                                || breaks_off(self.pages, self.page(), above, below, 1)))));
        // Nor has a title more of it in a paragraph well below.
        let title = leading.is_none() && body_like && self.is_prose_below(first, below, finished);
        // Nor has the last of a legend's parts, each of which begins a line: `Figure 1b: Axial CT on day 6`.
        let after_part = body_like
            && !finished
            && label::read(&above.text).is_some_and(|label| label.part.is_some())
            && breaks_off(self.pages, self.page(), above, below, 1)
            && (above.is_bold() && !below.is_bold()
                || leading.is_some_and(|known| step > 1.03 * known)
                    && self
                        .between_parts(first, below, lines)
                        .is_none_or(|of_all| step > 1.03 * of_all));
        title
            || after_part
            || broken
            || style_changes
            || heading
            || one_line
            || (finished && looser && (body_like || indented))
            || (finished && short && body_like && (indented || self.is_body_paragraph(below)))
            || (!finished && looser && step > 1.6 * leading.unwrap_or(step))
    }

    /// Whether the text before the caption `lines`, here or on the page before, broke off in a sentence that `below`
    /// may go on with.
    fn broke_off(&self, lines: &[usize], below: &TextLine) -> bool {
        let open = |line: &TextLine| !line.text.ends_with(['.', ':', '!', '?']);
        let as_text = |line: &&TextLine| same_size(line.size, below.size);
        let before = self.page().lines.iter().zip(self.taken).take(lines[0]);
        let here = before.rev().filter(|(_, taken)| !**taken).map(|(line, _)| line).find(as_text);
        let overleaf = || {
            let page = &self.pages[self.index.checked_sub(1)?];
            page.lines.iter().rev().find(as_text)
        };
        here.or_else(overleaf).is_some_and(open)
    }

    /// Whether `line` opens a block of several full lines, as running text does.
    fn is_body_paragraph(&self, line: &TextLine) -> bool {
        let block = line.line.block;
        let first_of_block =
            self.page().lines.iter().find(|other| other.line.block == block).map(|l| l.line.bbox);
        let count = self.page().lines.iter().filter(|other| other.line.block == block).count();
        first_of_block == Some(line.line.bbox) && count >= 3 && same_size(line.size, self.body)
    }

    fn row_box(&self, line: &TextLine, lines: &[usize]) -> Rect {
        let bbox = line.line.bbox;
        lines
            .iter()
            .map(|&index| self.page().lines[index].line.bbox)
            .filter(|other| bbox.y_overlap(other) > 0.6 * bbox.height().min(other.height()))
            .fold(bbox, |all, other| all.union(&other))
    }

    /// Box of the column that the last of `lines` belongs to.
    fn column(&self, lines: &[usize]) -> Rect {
        let boxes: Vec<Rect> =
            lines.iter().map(|&index| self.page().lines[index].line.bbox).collect();
        // A later column starts where the text jumps back up.
        let jump =
            boxes.windows(2).rposition(|pair| pair[1].y1 < pair[0].y0).map_or(0, |at| at + 1);
        boxes[jump..].iter().skip(1).fold(boxes[jump], |all, bbox| all.union(bbox))
    }

    /// The first line of a caption's second column: level with its first line, right of its first
    /// column, in the same size, and not the size of the running text.
    fn second_column(&self, start: usize, lines: &[usize]) -> Option<usize> {
        let first = &self.page().lines[start];
        let column = self.column(lines);
        let finished = first.text.ends_with(['.', '!', '?', ':']);
        if (lines.len() < 2 && finished) || same_size(first.size, self.body) {
            return None;
        }
        // It comes right after the first column in the content.
        let next = lines.last()? + 1;
        let other = self.page().lines.get(next)?;
        let beside = other.line.bbox.x0 > column.x1
            && other.line.bbox.x0 < column.x1 + 0.15 * self.page().width;
        let level = (other.top - first.top).abs() < 0.35 * first.size;
        let alike = (other.size - first.size).abs() < 0.02 * first.size;
        let free = !self.taken[next] && label::read(&other.text).is_none();
        (beside && level && alike && free).then_some(next)
    }
}

/// Whether a line begins in the middle of a sentence: with a small letter, a number, or a formula's sign.
pub fn resumes(text: &str) -> bool {
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    let small = |c: char| c.is_lowercase() || c.is_ascii_digit();
    let in_brackets = first == Some('(') && second.is_some_and(small) && !PANELS.is_match(text);
    in_brackets || first.is_some_and(|c| small(c) || "=<>≤≥≈±×".contains(c))
}

/// Whether a legend goes on with line `first` at the head of its page: the next one of a list follows at once.
fn heads_list(page: &PageText, first: usize, label: &Label) -> bool {
    let mut rows: Vec<&TextLine> = page.lines.iter().collect();
    rows.sort_by(|a, b| a.top.total_cmp(&b.top));
    let from = page.lines[first].top;
    let rows: Vec<&TextLine> = rows.into_iter().filter(|line| line.top >= from).collect();
    rows.windows(2)
        .take(MOST_REST)
        .take_while(|pair| pitch(pair[0], pair[1]) < LISTED_REACH * pair[1].size)
        .any(|pair| label::read(&pair[1].text).is_some_and(|next| follows(&label.name, &next.name)))
}

/// More lines overleaf are no rest of a legend; the next one is no further down, in sizes of its type.
const MOST_REST: usize = 6;
const LISTED_REACH: f32 = 4.5;

/// Lines at the top of the next page, which `overleaf` reads, that go on with a caption `label` cut off
/// at the foot of `page`.
pub fn continuation(
    page: &PageText,
    lines: &[(usize, usize)],
    overleaf: &Reader<'_>,
    label: &Label,
) -> Vec<usize> {
    let Some(&(_, last)) = lines.last() else { return Vec::new() };
    let last = &page.lines[last];
    let next = overleaf.page();
    let lowest = page.lines.iter().map(|line| line.line.bbox.y1).fold(0.0, f32::max);
    // Behind a panel's letter comes what it shows.
    let announced = LETTER_ENDS.is_match(&last.text);
    let finished = !announced && last.text.ends_with(['.', '!', '?', ')']);
    let wide = last.line.bbox.width() > 0.85 * page_column_width(page, last);
    let at_foot =
        last.line.bbox.y1 > lowest - 0.5 * last.size && last.line.bbox.y1 > 0.7 * page.height;
    if !at_foot {
        return Vec::new();
    }
    let Some(first) = (0..next.lines.len()).min_by(|&a, &b| {
        let (a, b) = (next.lines[a].line.bbox, next.lines[b].line.bbox);
        (a.y0 + 0.01 * a.x0).total_cmp(&(b.y0 + 0.01 * b.x0))
    }) else {
        return Vec::new();
    };
    let opening = &next.lines[first];
    let other = label::read(&opening.text);
    let part = other.as_ref().is_some_and(|other| other.is_further_part_of(label));
    let another = other.is_some() && !part;
    if !same_size(opening.size, last.size) || another || overleaf.taken[first] {
        return Vec::new();
    }
    // After a full stop, and after a single line, only what cannot begin a text of its own goes on.
    let goes_on = part
        || announced
        || goes_on(&last.text)
        || SUB_CAPTION.is_match(&opening.text)
        || (!finished
            && wide
            && (opening.text.starts_with(char::is_lowercase) || UNFINISHED.is_match(&last.text)));
    // A line that ends before the edge ends its text, and what is set in other type begins one.
    let ended =
        !wide && opening.text.starts_with(char::is_uppercase) && !UNFINISHED.is_match(&last.text);
    let other_type =
        last.is_bold() && !opening.is_bold() && !opening.text.starts_with(char::is_lowercase);
    let begins = (ended || other_type) && !heads_list(next, first, label);
    if (finished || lines.len() < 2 || begins) && !goes_on {
        return Vec::new();
    }
    let label = Label { ending: Ending::Punctuation, ..label.clone() };
    overleaf.extent(first, &label)
}
