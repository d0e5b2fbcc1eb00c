//! Finds the captions of a document: where they start (`opening`), how far they run, which are missing
//! in the sequence of their numbers (`sequence`), which only point to another one (`marks`).

mod marks;
mod opening;
mod sequence;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::FigureKind;
use super::cleaning::{PageText, TextLine};
use super::extent::{Habit, Reader, continuation, legends};
use super::join::{self, Vocabulary};
use super::label::{self, Ending, Label};
use super::printed;
use crate::pdf::Rect;
pub use marks::{goes_on, split_marks};
use opening::Opening;
pub use opening::breaks_off;
pub use sequence::{Wanted, follows};

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
    /// Whether its title begins with a small letter.
    fn is_in_small_letters(&self) -> bool {
        label::read(&self.text).is_some_and(|label| label.ending == Ending::Word)
    }

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

/// Finds every caption, tables' too, in page order. Numbers that are missing in their sequence are then
/// looked for where they must stand, with less asked of the line.
pub fn find(pages: &[PageText], vocabulary: &Vocabulary) -> Vec<Caption> {
    let labels = |captions: &[Caption]| -> BTreeSet<String> {
        captions.iter().map(|caption| caption.label.clone()).collect()
    };
    let mut captions = find_with(pages, vocabulary, &Wanted::default());
    // What was found may show where others must stand.
    for _ in 0..3 {
        let wanted = Wanted::of(pages, &captions);
        if wanted.is_empty() {
            break;
        }
        let again = find_with(pages, vocabulary, &wanted);
        let (known, found) = (labels(&captions), labels(&again));
        if found.len() == known.len() || !found.is_superset(&known) {
            break;
        }
        captions = again;
    }
    captions
}

/// As [`find`], with the labels known to be missing.
fn find_with(pages: &[PageText], vocabulary: &Vocabulary, wanted: &Wanted) -> Vec<Caption> {
    let body = body_size(pages);
    let habit = Habit::of(pages, body);
    let mut captions: Vec<Caption> = Vec::new();
    let mut taken: Vec<Vec<bool>> =
        pages.iter().map(|page| vec![false; page.lines.len()]).collect();
    let mut legends = None;
    for (index, page) in pages.iter().enumerate() {
        legends = legends_of(page, &taken[index], legends.is_some(), captions.last());
        for start in 0..page.lines.len() {
            if taken[index][start] {
                continue;
            }
            let last = captions.last();
            let taken_here = &taken[index];
            let opening =
                Opening { pages, index, body, taken: taken_here, legends, last, wanted, habit };
            let Some(label) = opening.label(start) else { continue };
            let reader = Reader { pages, index, body, taken: taken_here, legends, wanted, habit };
            let mut lines: Vec<(usize, usize)> =
                reader.extent(start, &label).into_iter().map(|line| (index, line)).collect();
            if let Some(taken) = taken.get(index + 1) {
                let overleaf = Reader { index: index + 1, taken, legends: None, ..reader };
                let more = continuation(page, &lines, &overleaf, &label);
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
    drop_citations(pages, drop_strangers(pages, drop_cells(pages, captions)))
}

/// How a caption begins: the word, what stands behind the number, whether its type is bold.
fn style(pages: &[PageText], caption: &Caption) -> Option<(String, String, bool)> {
    let &(page, line) = caption.lines.first()?;
    let line = &pages[page].lines[line];
    let head = line.text.get(..label::read(&line.text)?.length)?;
    let number = head.find(|c: char| c.is_ascii_digit())?;
    let behind = head[number..].trim_start_matches(|c: char| c.is_alphanumeric());
    let word = head[..number].split(' ').next()?;
    Some((word.to_owned(), behind.trim().to_owned(), line.starts_bold()))
}

/// Whether the sentence of the text before `caption`, in the content's order, may go on with its line. `captions`
/// are the lines of all, which stand between parts of the text, as words on charts do.
fn may_flow(pages: &[PageText], caption: &Caption, captions: &BTreeSet<(usize, usize)>) -> bool {
    let Some(&(page, line)) = caption.lines.first() else { return false };
    let own = &pages[page].lines[line];
    let last = |page: usize, end: usize| {
        let lines = pages[page].lines[..end].iter().enumerate().rev();
        let mut text = lines.filter(|(line, _)| !captions.contains(&(page, *line)));
        text.find(|(_, line)| same_size(line.size, own.size)).map(|(_, line)| line)
    };
    let before = last(page, line).or_else(|| {
        let before = page.checked_sub(1)?;
        last(before, pages[before].lines.len())
    });
    before.is_some_and(|before| {
        before.is_bold() == own.starts_bold() && !before.text.ends_with(['.', ':', '!', '?'])
    })
}

/// Of two captions of one figure that say something else, without the one that the sentence before may go on
/// with, if nothing can go on with the other: a citation at the head of a page, before any text of it.
fn drop_citations(pages: &[PageText], mut captions: Vec<Caption>) -> Vec<Caption> {
    let lines: BTreeSet<(usize, usize)> =
        captions.iter().flat_map(|caption| caption.lines.iter().copied()).collect();
    let words = |caption: &Caption| -> Vec<String> {
        caption.legend().split(' ').take(SAME_WORDS).map(str::to_lowercase).collect()
    };
    let cites = |caption: &Caption| {
        let heads = caption.lines.first().is_some_and(|&(page, line)| {
            let (top, size) = (pages[page].lines[line].top, pages[page].lines[line].size);
            let above = |other: &TextLine| other.top < top && same_size(other.size, size);
            !pages[page].lines.iter().any(above)
        });
        // No sentence ends with a dash.
        let stops = style(pages, caption).is_some_and(|(_, behind, _)| behind == ".");
        heads && stops && is_plain(caption) && may_flow(pages, caption, &lines)
    };
    let other = |other: &Caption, caption: &Caption| {
        other.label == caption.label
            && is_plain(other)
            && !may_flow(pages, other, &lines)
            && words(other) != words(caption)
    };
    let told = captions
        .iter()
        .map(|caption| cites(caption) && captions.iter().any(|another| other(another, caption)));
    let mut told = told.collect::<Vec<bool>>().into_iter();
    captions.retain(|_| !told.next().unwrap_or_default());
    captions
}

/// So many words at the beginning tell two legends apart.
const SAME_WORDS: usize = 3;

/// Whether a caption is a figure's, and more than a mark.
fn is_plain(caption: &Caption) -> bool {
    !caption.bare && !caption.continued && caption.kind != FigureKind::Table
}

/// Of several captions of one figure, without those that begin otherwise than most captions do, if another
/// one begins as they do: a sentence that cites a figure may have its number at the start of a line.
fn drop_strangers(pages: &[PageText], mut captions: Vec<Caption>) -> Vec<Caption> {
    let figures =
        captions.iter().filter(|caption| caption.kind != FigureKind::Table && !caption.bare);
    let styles: Vec<_> = figures.filter_map(|caption| style(pages, caption)).collect();
    let Some(usual) =
        styles.iter().max_by_key(|style| styles.iter().filter(|other| other == style).count())
    else {
        return captions;
    };
    let share = styles.iter().filter(|style| *style == usual).count();
    if share < USUAL || share * 3 < styles.len() * 2 {
        return captions;
    }
    let is_usual = |caption: &Caption| style(pages, caption).as_ref() == Some(usual);
    let told: BTreeSet<String> = captions
        .iter()
        .filter(|caption| !caption.bare && is_usual(caption))
        .map(|caption| caption.label.clone())
        .collect();
    let lines: BTreeSet<(usize, usize)> =
        captions.iter().flat_map(|caption| caption.lines.iter().copied()).collect();
    captions.retain(|caption| {
        let plain = !caption.bare && !caption.continued && caption.kind != FigureKind::Table;
        !(plain
            && may_flow(pages, caption, &lines)
            && told.contains(&caption.label)
            && !is_usual(caption))
    });
    captions
}

/// Captions that begin alike, from which on it is a rule.
const USUAL: usize = 3;

/// Without labels that stand over or under that of another figure, both without any text: a column of a
/// table says where things are shown.
fn drop_cells(pages: &[PageText], mut captions: Vec<Caption>) -> Vec<Caption> {
    let stacked = |caption: &Caption| {
        let page = caption.lines.first().map_or(0, |(page, _)| *page);
        let bbox = caption.bbox;
        pages[page].lines.iter().any(|line| {
            let other = line.line.bbox;
            let apart = (other.y0 - bbox.y0).abs();
            (other.x0 - bbox.x0).abs() < bbox.height()
                && (0.5..STACKED).contains(&(apart / bbox.height()))
                && label::read(&line.text).is_some_and(|label| {
                    label.ending == Ending::Alone && label.name != caption.label
                })
        })
    };
    captions.retain(|caption| !(caption.bare && stacked(caption)));
    captions
}

/// Rows of a table are no further apart, in heights of a line; pictures between labels are higher.
const STACKED: f32 = 5.0;

/// Height on the page below which it lists legends: under a heading that says so, or all of it where a
/// list of the page `before` goes on, with the legend that comes next after `last` or with more of that.
/// `taken` are the lines of captions.
fn legends_of(
    page: &PageText,
    taken: &[bool],
    before: bool,
    last: Option<&Caption>,
) -> Option<f32> {
    let tops = page.lines.iter().map(|line| line.line.bbox.y0).enumerate();
    let first = tops.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index);
    let goes_on = first.zip(last).is_some_and(|(first, last)| {
        let label = label::read(&page.lines[first].text);
        let near = last.page + 1 == page.number;
        near && (taken[first] || label.is_some_and(|label| follows(&last.label, &label.name)))
    });
    legends(page).or_else(|| (before && goes_on).then_some(f32::NEG_INFINITY))
}

/// Takes lines of a page, which are cells of a table, out of captions.
pub fn leave_out(
    captions: &mut [Caption],
    cells: &[(usize, usize)],
    pages: &[PageText],
    vocabulary: &Vocabulary,
) {
    for caption in captions {
        let lines: Vec<_> =
            caption.lines.iter().copied().filter(|line| !cells.contains(line)).collect();
        if lines.len() == caption.lines.len() {
            continue;
        }
        let first = lines.first().map(|&(page, line)| &pages[page].lines[line].text);
        if let Some(label) = first.and_then(|text| label::read(text)) {
            *caption = assemble(pages, lines, label, vocabulary);
        }
    }
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
    while let [.., above, last] = lines[..]
        && above.0 == last.0
        && is_on_picture(
            &pages[above.0].lines[above.1],
            &pages[last.0].lines[last.1],
            pages[lines[0].0].lines[lines[0].1].line.bbox.x0,
        )
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

/// Whether the line is nothing but a link.
fn is_address(text: &str) -> bool {
    !text.contains(' ')
        && ["http://", "https://", "doi:", "doi.org"].iter().any(|start| text.starts_with(start))
}

/// Whether a caption's last line is the letter of a panel, or a number at an axis, printed on the graphic under the
/// caption: no word of the text that `above` is of, which begins at `edge`.
fn is_on_picture(above: &TextLine, last: &TextLine, edge: f32) -> bool {
    let number =
        |text: &str| text.chars().all(|c| c.is_ascii_digit() || ".,%-\u{2212}".contains(c));
    let printed =
        last.line.words.len() == 1 && (printed::letter(&last.text).is_some() || number(&last.text));
    let as_text = same_size(above.size, last.size)
        && above.is_bold() == last.is_bold()
        && (last.line.bbox.x0 - edge).abs() < OFF_EDGE
        && pitch(above, last) < 2.0 * above.size;
    printed && !last.text.ends_with('.') && !as_text && pitch(above, last) > 0.5 * above.size
}

/// Lines of a paragraph begin at one edge, to so many points.
const OFF_EDGE: f32 = 3.0;

/// Width of the widest line that shares the column of `line`.
pub(super) fn page_column_width(page: &PageText, line: &TextLine) -> f32 {
    page.lines
        .iter()
        .filter(|other| (other.line.bbox.x0 - line.line.bbox.x0).abs() < 30.0)
        .map(|other| other.line.bbox.width())
        .fold(0.0, f32::max)
}

pub(super) fn same_size(one: f32, other: f32) -> bool {
    (one - other).abs() <= SAME_SIZE * one.max(other)
}

/// Distance from one line to the next, in points.
pub(super) fn pitch(above: &TextLine, below: &TextLine) -> f32 {
    below.top - above.top
}

#[cfg(test)]
mod tests;
