//! Finds the captions of a document: where they start, how far they run.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::FigureKind;
use super::cleaning::{PageText, TextLine};
use super::join::{self, Vocabulary};
use super::label::{self, Ending, Label};
use crate::pdf::Rect;

/// A caption as printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    pub label: String,
    pub kind: FigureKind,
    /// Label included, lines joined.
    pub text: String,
    /// From 1; where it starts.
    pub page: u32,
    /// On that page.
    pub bbox: Rect,
    /// Whether it is nothing but the label: a mark on a figure page whose legend stands elsewhere.
    pub bare: bool,
    /// Whether it says that its figure began on an earlier page: `Figure 2 (continued)`. The graphic
    /// beside it belongs to the figure of the same label.
    pub continued: bool,
    /// `(page index, line index)` of its lines.
    pub lines: Vec<(usize, usize)>,
}

impl Caption {
    /// What is printed behind the label.
    fn legend(&self) -> &str {
        label::read(&self.text)
            .and_then(|label| self.text.get(label.length..))
            .unwrap_or(&self.text)
            .trim()
    }
}

/// Font sizes within this ratio are the same to the eye.
const SAME_SIZE: f32 = 0.07;

/// The size most of the document's characters are set in.
pub fn body_size(pages: &[PageText]) -> f32 {
    let mut counts = std::collections::BTreeMap::new();
    for line in pages.iter().flat_map(|page| &page.lines) {
        *counts.entry((line.size * 4.0).round() as i32).or_insert(0) += line.text.len();
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(10.0, |(size, _)| size as f32 / 4.0)
}

/// Finds every caption, tables' too, in page order.
pub fn find(pages: &[PageText], vocabulary: &Vocabulary) -> Vec<Caption> {
    let body = body_size(pages);
    let mut captions: Vec<Caption> = Vec::new();
    let mut taken: Vec<Vec<bool>> =
        pages.iter().map(|page| vec![false; page.lines.len()]).collect();
    for (index, page) in pages.iter().enumerate() {
        for start in 0..page.lines.len() {
            if taken[index][start] {
                continue;
            }
            let Some(label) = starts_caption(page, start, body, &taken[index]) else { continue };
            let reader = Reader { page, body, taken: &taken[index] };
            let mut lines: Vec<(usize, usize)> =
                reader.extent(start, &label).into_iter().map(|line| (index, line)).collect();
            if let Some(next) = pages.get(index + 1) {
                let more = continuation(page, &lines, next, &taken[index + 1], body);
                lines.extend(more.into_iter().map(|line| (index + 1, line)));
            }
            let caption = assemble(pages, lines, label, vocabulary);
            if FILE.is_match(&caption.text) {
                continue;
            }
            for &(page, line) in &caption.lines {
                taken[page][line] = true;
            }
            captions.push(caption);
        }
    }
    captions
}

/// Tells the legends from the marks that merely point to them: of several captions with one label,
/// a bare label or title line (less than 60% as long as the longest) is a mark on the figure's page,
/// and so is one that says it continues the figure of another. What a continued one adds is appended
/// to the legend. Returns `(legends, marks)`, both in page order.
pub fn split_marks(captions: Vec<Caption>) -> (Vec<Caption>, Vec<Caption>) {
    let mut longest: HashMap<String, usize> = HashMap::new();
    for caption in captions.iter().filter(|caption| !caption.continued) {
        let length = longest.entry(caption.label.clone()).or_default();
        *length = caption.text.len().max(*length);
    }
    let (mut legends, marks): (Vec<Caption>, Vec<Caption>) =
        captions.into_iter().partition(|caption| match longest.get(&caption.label) {
            Some(most) => !caption.continued && caption.text.len() * 10 >= most * 6,
            // Its beginning was not found.
            None => true,
        });
    let continued = marks.iter().filter(|mark| mark.continued && mark.kind != FigureKind::Table);
    for mark in continued {
        let more = mark.legend();
        let legend = legends.iter_mut().find(|legend| legend.label == mark.label);
        // Some print the legend again over every part.
        if let Some(legend) = legend.filter(|legend| !legend.text.contains(more)) {
            legend.text.push(' ');
            legend.text.push_str(more);
        }
    }
    (legends, marks)
}

fn assemble(
    pages: &[PageText],
    mut lines: Vec<(usize, usize)>,
    label: Label,
    vocabulary: &Vocabulary,
) -> Caption {
    // Publishers set the figure's own address under the caption.
    if lines.len() > 1
        && lines.last().is_some_and(|&(page, line)| is_address(&pages[page].lines[line].text))
    {
        lines.pop();
    }
    let mut text = String::new();
    let first_page = lines[0].0;
    let mut bbox = pages[first_page].lines[lines[0].1].line.bbox;
    for &(page, line) in &lines {
        let line = &pages[page].lines[line];
        join::append(&mut text, &line.text, vocabulary);
        if page == first_page {
            bbox = bbox.union(&line.line.bbox);
        }
    }
    // Joining the lines may have taken a hyphen off the label's own.
    let legend = text.get(label.length..).unwrap_or_default();
    let bare = text.len() <= label.length + 2 || REFERRAL.is_match(legend);
    Caption {
        label: label.name,
        kind: label.kind,
        text,
        page: pages[first_page].number,
        bbox,
        bare,
        continued: label.continued,
        lines,
    }
}

/// What stands in a caption's place where the legend is on another page.
static REFERRAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:see\s+(?:figure\s+)?legend|legend)\s+(?:on|in)\b.{0,40}$")
        .expect("a valid pattern")
});

/// What ends an entry in a journal's list of the files that supplement a paper.
static FILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)\((?:TIFF?|EPS|PDF|PNG|JPE?G|GIF|SVG|DOCX?|XLSX?|PPTX?|CSV|TXT|ZIP|HTML?|MP4|MOV|AVI|
        \.(?:tiff?|eps|pdf|png|jpe?g|docx?|xlsx?|pptx?|csv|txt|zip))
        (?:\s+(?:file)?,?\s*[\d.]+\s*[KM]?B)?\)",
    )
    .expect("a valid pattern")
});

/// The letter of a panel that is not the first.
static SUB_CAPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\((?:[B-Zb-z])(?:\s?[-–,]\s?[A-Za-z])*\)\s").expect("a valid pattern")
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

/// Whether the line is nothing but a link.
fn is_address(text: &str) -> bool {
    !text.contains(' ')
        && ["http://", "https://", "doi:", "doi.org"].iter().any(|start| text.starts_with(start))
}

/// The label of line `start`, if a caption begins there. `taken` are the lines of captions before it.
fn starts_caption(page: &PageText, start: usize, body: f32, taken: &[bool]) -> Option<Label> {
    let line = &page.lines[start];
    let label = label::read(&line.text)?;
    let before = line_above(page, start);
    // A citation wrapped to the start of a line: the sentence came from the line above, or from the
    // foot of the column before, whatever figures stand between.
    let goes_on = |above: &TextLine| {
        same_size(above.size, line.size)
            && above.is_bold() == line.starts_bold()
            && !above.text.ends_with(['.', ':', '!', '?', ')', ']'])
            && above.line.bbox.width() > 0.6 * page_column_width(page, line)
    };
    let flows_on = before.is_some_and(|index| {
        let above = &page.lines[index];
        let near = pitch(above, line) < 1.6 * line.size || keeps_pace(page, index, line);
        near && goes_on(above)
    }) || (0..start).rev().find(|&index| !taken[index]).is_some_and(|index| {
        let last = &page.lines[index];
        let column_before = last.top > line.top + 3.0 * line.size
            && last.line.bbox.x1 < line.line.bbox.x0 + line.size;
        column_before && goes_on(last)
    });
    let starts_paragraph = || {
        before.is_none_or(|above| {
            let above = &page.lines[above];
            pitch(above, line) > 1.35 * line.size.max(above.size)
                || !same_size(above.size, line.size)
                || above.text.ends_with(['.', '!', '?', ':', ')'])
        })
    };
    let distinct = line.starts_bold() && !line.is_bold() || !same_size(line.size, body);
    match label.ending {
        Ending::Punctuation => (!flows_on || line.starts_bold()).then_some(label),
        Ending::Alone => (!flows_on && line.text.len() <= label.length + 2).then_some(label),
        Ending::Title => {
            ((starts_paragraph() && !flows_on) || (distinct && line.starts_bold())).then_some(label)
        }
        // Nothing but the type says that no sentence begins here.
        Ending::Word => (line.starts_bold() && !line.is_bold() && !flows_on && starts_paragraph())
            .then_some(label),
        Ending::Sentence => None,
    }
}

/// Whether `line` follows line `above` as closely as that one follows its own predecessor: the pace of
/// a paragraph, however widely it is spaced.
fn keeps_pace(page: &PageText, above: usize, line: &TextLine) -> bool {
    line_above(page, above).is_some_and(|before| {
        let pace = pitch(&page.lines[before], &page.lines[above]);
        let step = pitch(&page.lines[above], line);
        pace < 3.0 * line.size && (step - pace).abs() < 0.08 * pace
    })
}

/// Width of the widest line that shares the column of `line`.
fn page_column_width(page: &PageText, line: &TextLine) -> f32 {
    page.lines
        .iter()
        .filter(|other| (other.line.bbox.x0 - line.line.bbox.x0).abs() < 30.0)
        .map(|other| other.line.bbox.width())
        .fold(0.0, f32::max)
}

fn same_size(one: f32, other: f32) -> bool {
    (one - other).abs() <= SAME_SIZE * one.max(other)
}

/// Distance from one line to the next, in points.
fn pitch(above: &TextLine, below: &TextLine) -> f32 {
    below.top - above.top
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

/// Follows a caption down the page, and over to its second column where it has one.
struct Reader<'a> {
    page: &'a PageText,
    body: f32,
    taken: &'a [bool],
}

impl Reader<'_> {
    fn extent(&self, start: usize, label: &Label) -> Vec<usize> {
        let mut lines = vec![start];
        let mut leading = None;
        self.same_row(start, &mut lines);
        loop {
            let last = *lines.last().unwrap_or(&start);
            let row_start = self.row_start(last, &lines);
            let next = self.next_down(start, row_start, &lines, leading, label);
            if let Some(next) = next {
                let step = pitch(&self.page.lines[row_start], &self.page.lines[next]);
                leading = Some(leading.map_or(step, |known: f32| known.min(step)));
                lines.push(next);
                self.same_row(next, &mut lines);
                continue;
            }
            let Some(over) = self.second_column(start, &lines) else { break };
            lines.push(over);
            self.same_row(over, &mut lines);
        }
        lines
    }

    /// Adds the pieces of a row that a wide blank cut apart, left to right. They follow each other in
    /// the content; the neighbouring column, level with them, does not.
    fn same_row(&self, of: usize, lines: &mut Vec<usize>) {
        for right in of.. {
            let (Some(line), Some(next)) =
                (self.page.lines.get(right), self.page.lines.get(right + 1))
            else {
                break;
            };
            let (bbox, other) = (line.line.bbox, next.line.bbox);
            let level = bbox.y_overlap(&other) > 0.6 * bbox.height().min(other.height());
            // A label alone may stand well off its text.
            let alone = label::read(&line.text).is_some_and(|l| l.ending == Ending::Alone);
            let gap = if alone { 6.0 } else { 3.0 } * line.size;
            let near = (-1.0..gap).contains(&(other.x0 - bbox.x1));
            let alike = same_size(next.size, line.size) || next.text.len() < 4;
            if !(level && near && alike) || self.taken[right + 1] || lines.contains(&(right + 1)) {
                break;
            }
            lines.push(right + 1);
        }
    }

    /// The leftmost line of the row that `line` stands in.
    fn row_start(&self, line: usize, lines: &[usize]) -> usize {
        let bbox = self.page.lines[line].line.bbox;
        let in_row = |index: &usize| {
            let other = &self.page.lines[*index].line.bbox;
            bbox.y_overlap(other) > 0.6 * bbox.height().min(other.height())
        };
        let tail = lines.iter().rev().take_while(|index| in_row(index));
        tail.copied()
            .min_by(|&a, &b| {
                self.page.lines[a].line.bbox.x0.total_cmp(&self.page.lines[b].line.bbox.x0)
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
        let (first, above) = (&self.page.lines[start], &self.page.lines[last]);
        let bbox = above.line.bbox;
        let column = self.column(lines);
        let next = (0..self.page.lines.len())
            .filter(|index| !lines.contains(index) && !self.taken[*index])
            .filter(|&index| {
                let other = &self.page.lines[index].line.bbox;
                other.centre().1 > bbox.y1.min(bbox.y0 + above.size)
                    && other.y0 > bbox.y0 + 0.3 * above.size
                    && column.x_overlap(other) > 0.5 * column.width().min(other.width())
            })
            .min_by(|&a, &b| {
                let (a, b) = (&self.page.lines[a].line.bbox, &self.page.lines[b].line.bbox);
                (a.y0 + 0.01 * a.x0).total_cmp(&(b.y0 + 0.01 * b.x0))
            })?;
        let below = &self.page.lines[next];
        let size = above.size.max(below.size);
        let alone = label.ending == Ending::Alone && last == start;
        let note = NOTE.is_match(&below.text) && !AUTHORS_NOTE.is_match(&below.text);
        if note && (0.75..1.05).contains(&(below.size / first.size)) {
            return (pitch(above, below) < 3.2 * size).then_some(next);
        }
        let size_agrees = same_size(first.size, below.size)
            || same_size(above.size, below.size)
            || (alone && below.size < 1.3 * first.size)
            // A bold title line, set smaller or larger than the text it heads.
            || (first.is_bold()
                && first.line.block == below.line.block
                && (first.size - below.size).abs() < 0.25 * size);
        // Where nothing is known yet, a double-spaced line is 2.3 sizes down.
        let most =
            leading.map_or(if alone { 2.9 } else { 2.6 } * size, |known| 1.3 * known + 0.1 * size);
        if !size_agrees
            || pitch(above, below) > most
            || label::read(&below.text).is_some_and(|l| l.ending.is_clear() || below.starts_bold())
        {
            return None;
        }
        // Wider than everything before it, to the left: a line of the text around.
        if lines.len() > 2 && below.line.bbox.x0 < column.x0 - 2.5 * size {
            return None;
        }
        (!self.paragraph_ends(first, above, below, leading, lines)).then_some(next)
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
                .is_some_and(|&last| self.page.lines[last].text.ends_with(['.', '!', '?']));
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
        let one_line = leading.is_none()
            && finished
            && body_like
            && above.is_bold()
            && !below.is_bold()
            && self.pace_from(below).is_some_and(|pace| step > 1.6 * pace);
        style_changes
            || heading
            || one_line
            || (finished && looser && (body_like || indented))
            || (finished && short && body_like && (indented || self.is_body_paragraph(below)))
            || (!finished && looser && step > 1.6 * leading.unwrap_or(step))
    }

    /// Distance from `line` to the next one below it in its column.
    fn pace_from(&self, line: &TextLine) -> Option<f32> {
        let below = self.page.lines.iter().filter(|other| {
            pitch(line, other) > 0.5 * line.size && other.line.bbox.x_overlap(&line.line.bbox) > 0.0
        });
        below.map(|other| pitch(line, other)).min_by(f32::total_cmp)
    }

    /// Whether `line` opens a block of several full lines, as running text does.
    fn is_body_paragraph(&self, line: &TextLine) -> bool {
        let block = line.line.block;
        let first_of_block =
            self.page.lines.iter().find(|other| other.line.block == block).map(|l| l.line.bbox);
        let count = self.page.lines.iter().filter(|other| other.line.block == block).count();
        first_of_block == Some(line.line.bbox) && count >= 3 && same_size(line.size, self.body)
    }

    fn row_box(&self, line: &TextLine, lines: &[usize]) -> Rect {
        let bbox = line.line.bbox;
        lines
            .iter()
            .map(|&index| self.page.lines[index].line.bbox)
            .filter(|other| bbox.y_overlap(other) > 0.6 * bbox.height().min(other.height()))
            .fold(bbox, |all, other| all.union(&other))
    }

    /// Box of the column that the last of `lines` belongs to.
    fn column(&self, lines: &[usize]) -> Rect {
        let boxes: Vec<Rect> =
            lines.iter().map(|&index| self.page.lines[index].line.bbox).collect();
        // A later column starts where the text jumps back up.
        let jump =
            boxes.windows(2).rposition(|pair| pair[1].y1 < pair[0].y0).map_or(0, |at| at + 1);
        boxes[jump..].iter().skip(1).fold(boxes[jump], |all, bbox| all.union(bbox))
    }

    /// The first line of a caption's second column: level with its first line, right of its first
    /// column, in the same size, and not the size of the running text.
    fn second_column(&self, start: usize, lines: &[usize]) -> Option<usize> {
        let first = &self.page.lines[start];
        let column = self.column(lines);
        if lines.len() < 2 || same_size(first.size, self.body) {
            return None;
        }
        // It comes right after the first column in the content.
        let next = lines.last()? + 1;
        let other = self.page.lines.get(next)?;
        let beside = other.line.bbox.x0 > column.x1
            && other.line.bbox.x0 < column.x1 + 0.15 * self.page.width;
        let level = (other.top - first.top).abs() < 0.35 * first.size;
        let alike = (other.size - first.size).abs() < 0.02 * first.size;
        let free = !self.taken[next] && label::read(&other.text).is_none();
        (beside && level && alike && free).then_some(next)
    }
}

/// Lines at the top of the next page that go on with a caption cut off at the foot of this one.
fn continuation(
    page: &PageText,
    lines: &[(usize, usize)],
    next: &PageText,
    taken: &[bool],
    body: f32,
) -> Vec<usize> {
    let Some(&(_, last)) = lines.last() else { return Vec::new() };
    let last = &page.lines[last];
    let lowest = page.lines.iter().map(|line| line.line.bbox.y1).fold(0.0, f32::max);
    let finished = last.text.ends_with(['.', '!', '?', ')']);
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
    if !same_size(opening.size, last.size) || label::read(&opening.text).is_some() || taken[first] {
        return Vec::new();
    }
    // After a full stop, and after a single line, only what cannot begin a text of its own goes on.
    let goes_on = SUB_CAPTION.is_match(&opening.text)
        || (!finished && wide && opening.text.starts_with(char::is_lowercase));
    if (finished || lines.len() < 2) && !goes_on {
        return Vec::new();
    }
    let label = Label {
        kind: FigureKind::Figure,
        name: String::new(),
        length: 0,
        ending: Ending::Punctuation,
        continued: false,
    };
    Reader { page: next, body, taken }.extent(first, &label)
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::{block, line, page};
    use super::*;

    fn captions(pages: &[PageText]) -> Vec<String> {
        find(pages, &Vocabulary::default()).into_iter().map(|caption| caption.text).collect()
    }

    /// A paragraph of running text, its first line indented.
    fn paragraph(x: f32, y: f32, number: usize) -> Vec<TextLine> {
        block(
            number,
            &[
                line("The patients came from three hospitals of", x + 10.0, y),
                line("the province and were treated as the rules", x, y + 12.0),
                line("of the time asked. None of them was followed", x, y + 24.0),
                line("for more than a month after discharge.", x, y + 36.0),
            ],
        )
    }

    #[test]
    fn a_caption_ends_where_running_text_begins() {
        let caption = block(
            1,
            &[
                line("Figure 1. Chest CT of a man of 40 years with", 72.0, 300.0),
                line("fever. Both lungs show opacities near to the", 72.0, 312.0),
                line("pleura. The arrow marks the largest.", 72.0, 324.0),
            ],
        );
        let whole = "Figure 1. Chest CT of a man of 40 years with fever. Both lungs show opacities \
                     near to the pleura. The arrow marks the largest.";
        // Set off by a blank line, or by nothing but a short last line and an indented first one.
        for below in [350.0, 336.0] {
            let lines = [caption.clone(), paragraph(72.0, below, 2)].concat();
            assert_eq!(captions(&[page(1, lines)]), [whole], "text at {below}");
        }
    }

    #[test]
    fn a_bold_caption_of_one_line_leaves_the_list_below_alone() {
        let mut lines = block(1, &[line("Figure 1. Share of lobes.", 72.0, 300.0).bold(5)]);
        lines.extend(block(
            2,
            &[
                line("2019;37:366-815.", 72.0, 325.0),
                line("7. Moretti C, Lindqvist E, et al. Chest CT in", 72.0, 338.0),
                line("viral pneumonia. Eur Arch 2017;34:434-820.", 72.0, 351.0),
            ],
        ));
        assert_eq!(captions(&[page(1, lines)]), ["Figure 1. Share of lobes."]);
    }

    #[test]
    fn a_caption_may_stand_in_two_columns() {
        let mut lines = block(
            1,
            &[
                line("Figure 1. Chest CT of a man of 40", 72.0, 300.0).sized(8.0),
                line("years with fever and a dry cough and", 72.0, 310.0).sized(8.0),
                line("opacities near to the pleura, most", 320.0, 300.0).sized(8.0),
                line("of them in the lower lobes.", 320.0, 310.0).sized(8.0),
            ],
        );
        lines.extend(paragraph(72.0, 400.0, 2));
        lines.extend(paragraph(320.0, 400.0, 3));
        assert_eq!(
            captions(&[page(1, lines)]),
            [
                "Figure 1. Chest CT of a man of 40 years with fever and a dry cough and opacities near \
              to the pleura, most of them in the lower lobes."
            ]
        );
    }

    #[test]
    fn a_label_alone_on_its_line_leads_the_text_below() {
        let mut lines = block(
            1,
            &[
                line("Figure 2", 72.0, 300.0).bold(2),
                line("Chest CT of a man of 40 years.", 72.0, 312.0),
            ],
        );
        lines.extend(paragraph(72.0, 350.0, 2));
        assert_eq!(captions(&[page(1, lines)]), ["Figure 2 Chest CT of a man of 40 years."]);
    }

    #[test]
    fn a_caption_cut_off_at_the_foot_goes_on_overleaf() {
        let mut first = paragraph(72.0, 100.0, 1);
        first.extend(block(
            2,
            &[
                line("Figure 3. Chest CT of a man of 40", 72.0, 700.0).sized(8.0),
                line("years with fever and a dry cough and", 72.0, 710.0).sized(8.0),
            ],
        ));
        let mut second = block(1, &[line("opacities near to the pleura.", 72.0, 80.0).sized(8.0)]);
        second.extend(paragraph(72.0, 110.0, 2));
        let pages = [page(1, first), page(2, second)];
        let found = find(&pages, &Vocabulary::default());
        assert_eq!(
            found[0].text,
            "Figure 3. Chest CT of a man of 40 years with fever and a dry cough and opacities near \
             to the pleura."
        );
        assert_eq!((found[0].page, found[0].bbox.y1), (1, 718.0));
    }

    #[test]
    fn sentences_that_cite_a_figure_are_no_captions() {
        let shows = [
            line("Figure 2 shows the course of the disease in", 72.0, 100.0),
            line("the patients of the second hospital.", 72.0, 112.0),
        ];
        let wrapped = [
            line("They were most common in lower lobes (as in", 72.0, 100.0),
            line("Figure 5. The other lobes had fewer of them", 72.0, 112.0),
            line("and were spared in the mildest cases.", 72.0, 124.0),
        ];
        assert!(captions(&[page(1, block(1, &shows))]).is_empty());
        assert!(captions(&[page(1, block(1, &wrapped))]).is_empty());
    }

    #[test]
    fn a_citation_wrapped_to_the_next_column_is_no_caption() {
        let mut lines = paragraph(72.0, 600.0, 1);
        lines.extend(block(2, &[line("They were most common in lower lobes (as in", 72.0, 700.0)]));
        // A figure stands at the head of the second column, before the sentence goes on.
        let caption = "Figure 4. Chest CT of a man of 40 years.";
        lines.extend(block(3, &[line(caption, 320.0, 150.0).sized(8.0)]));
        lines.extend(block(
            4,
            &[
                line("Figure 5. The other lobes had fewer of them", 320.0, 220.0),
                line("and were spared in the mildest cases.", 320.0, 232.0),
            ],
        ));
        assert_eq!(captions(&[page(1, lines)]), [caption]);
    }

    #[test]
    fn a_continued_figure_is_one_figure() {
        let text = |text: &str, at: f32| block(1, &[line(text, 72.0, at)]);
        let pages = [
            page(1, text("Figure 1. Chest CT of two men. (A) Case 1.", 300.0)),
            page(2, text("Figure 1 (continued). (B) Case 2.", 300.0)),
            page(3, text("Figure 1. Continued", 300.0)),
            page(4, text("Table 2. Details of the cases.", 300.0)),
            page(5, text("Table 2. Cont. Age Sex Days in hospital Outcome Scans", 300.0)),
        ];
        let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
        assert_eq!(legends.iter().map(|legend| legend.page).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(legends[0].text, "Figure 1. Chest CT of two men. (A) Case 1. (B) Case 2.");
        assert_eq!(
            marks.iter().map(|mark| (mark.page, mark.continued)).collect::<Vec<_>>(),
            [(2, true), (3, true), (5, true)]
        );
    }

    #[test]
    fn a_list_of_supplementary_files_holds_no_captions() {
        let mut lines =
            block(1, &[line("S1 Fig. Chest CT of a man of 40 years. (TIF)", 72.0, 300.0).bold(2)]);
        lines.extend(block(
            2,
            &[line("Figure S2. Chest CT of a girl. (PDF 12 kb)", 72.0, 330.0).bold(2)],
        ));
        assert!(captions(&[page(1, lines)]).is_empty());
        let printed =
            block(1, &[line("S1 Fig. Chest CT of a man of 40 years.", 72.0, 300.0).bold(2)]);
        assert_eq!(find(&[page(1, printed)], &Vocabulary::default())[0].label, "Figure S1");
    }

    #[test]
    fn notes_below_a_caption_are_part_of_it() {
        let mut lines =
            block(1, &[line("Figure 1. Cases by day in the province", 72.0, 300.0).bold(9)]);
        lines.extend(block(2, &[line("* Counted by the health office", 72.0, 330.0).sized(9.0)]));
        assert_eq!(
            captions(&[page(1, lines)]),
            ["Figure 1. Cases by day in the province * Counted by the health office"]
        );
        let mut lines = block(1, &[line("Figure 1. Cases by day in the province", 72.0, 300.0)]);
        lines.extend(block(2, &[line("* Corresponding author: someone", 72.0, 330.0).sized(9.0)]));
        assert_eq!(captions(&[page(1, lines)]), ["Figure 1. Cases by day in the province"]);
    }

    #[test]
    fn a_label_may_stand_well_off_its_text() {
        let label = line("Fig. 3", 72.0, 300.0).bold(2);
        let lines = block(1, &[label, line("Chest CT of a man of 40 years.", 140.0, 300.0)]);
        assert_eq!(captions(&[page(1, lines)]), ["Fig. 3 Chest CT of a man of 40 years."]);
    }

    #[test]
    fn a_finished_sentence_at_the_foot_may_be_followed_by_the_next_panel() {
        let foot = [
            line("Figure 3. Chest CT of two men of 40 years", 72.0, 700.0),
            line("with fever and a dry cough. (A) Day one.", 72.0, 712.0),
        ];
        let head = [line("(B) Day five of the first man.", 72.0, 80.0)];
        let pages = [page(1, block(1, &foot)), page(2, block(1, &head))];
        assert!(captions(&pages)[0].ends_with("(A) Day one. (B) Day five of the first man."));
    }

    #[test]
    fn lower_case_titles_count_where_the_label_is_bold() {
        let bold = [line("Fig. 2 chest CT of a man of 40 years.", 72.0, 300.0).bold(2)];
        assert_eq!(captions(&[page(1, block(1, &bold))]).len(), 1);
        let plain = [line("Fig. 2 chest CT of a man of 40 years.", 72.0, 300.0)];
        assert!(captions(&[page(1, block(1, &plain))]).is_empty());
    }

    #[test]
    fn a_short_caption_beside_its_legend_is_a_mark() {
        let text = |text: &str, at: f32| block(1, &[line(text, 72.0, at)]);
        let pages = [
            page(1, text("Figure 1. Chest CT of a man of 40 years.", 300.0)),
            page(2, text("Figure 1.", 700.0)),
            page(3, text("Figure 2. CT of a girl.", 300.0)),
        ];
        let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
        let of = |captions: &[Caption]| captions.iter().map(|c| c.page).collect::<Vec<_>>();
        assert_eq!((of(&legends), of(&marks)), (vec![1, 3], vec![2]));
        assert!(marks[0].bare);
    }
}
