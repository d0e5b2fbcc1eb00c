//! Finds the captions of a document: where they start, how far they run.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::FigureKind;
use super::cleaning::{PageText, TextLine};
use super::extent::{Reader, continuation, legends};
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
        let legends = legends(page);
        for start in 0..page.lines.len() {
            if taken[index][start] {
                continue;
            }
            let Some(label) = starts_caption(page, start, body, &taken[index]) else { continue };
            let reader = Reader { page, body, taken: &taken[index], legends };
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
        column_before && goes_on(last) && !resumes_below(page, start)
    });
    // Within a paragraph a citation may be bold.
    let within = before.is_some_and(|index| {
        let above = &page.lines[index];
        keeps_pace(page, index, line)
            && same_size(above.size, line.size)
            && !above.text.ends_with(['.', ':', '!', '?', ')', ']'])
            && above.line.bbox.width() > 0.85 * page_column_width(page, line)
    });
    let stands_out = line.starts_bold() && (line.is_bold() || !within);
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
        Ending::Punctuation => (!flows_on && !within || stands_out).then_some(label),
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

/// Whether the text that broke off in the column before goes on below line `start` and its paragraph:
/// behind a finished sentence, set off from it, in the middle of one of its own.
fn resumes_below(page: &PageText, start: usize) -> bool {
    let mut last = &page.lines[start];
    for line in &page.lines[start + 1..] {
        if line.top <= last.top || line.line.bbox.x_overlap(&last.line.bbox) <= 0.0 {
            return false;
        }
        if pitch(last, line) > 1.45 * line.size.max(last.size) {
            let open = line.text.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit());
            return open && last.text.ends_with(['.', '!', '?']);
        }
        last = line;
    }
    false
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
    fn a_plain_caption_of_one_line_leaves_the_references_below_alone() {
        let mut lines = block(1, &[line("Figure 1. Share of lobes.", 72.0, 300.0)]);
        lines.extend(block(
            2,
            &[
                line("6. Moretti C, Lindqvist E, et al. Chest CT in", 72.0, 321.0),
                line("viral pneumonia. Eur Arch 2017;34:434-820.", 72.0, 333.0),
            ],
        ));
        assert_eq!(captions(&[page(1, lines)]), ["Figure 1. Share of lobes."]);
    }

    #[test]
    fn a_caption_at_the_head_of_a_column_is_none_of_the_sentence_before() {
        let mut lines = paragraph(72.0, 600.0, 1);
        lines
            .extend(block(2, &[line("laboratory results of the first examinations", 72.0, 648.0)]));
        let caption = [line("Figure 1. Flow of patients.", 320.0, 200.0)];
        lines.extend(block(3, &caption));
        let open = block(4, &[line("were read by two of the authors.", 320.0, 224.0)]);
        let found = captions(&[page(1, [lines.clone(), open].concat())]);
        assert_eq!(found, ["Figure 1. Flow of patients."]);
        let cited = block(4, &[line("We read them all.", 320.0, 212.0)]);
        assert!(captions(&[page(1, [lines, cited].concat())]).is_empty());
    }

    #[test]
    fn a_caption_may_end_in_the_label_of_a_table() {
        let lines = block(
            1,
            &[
                line("Figure 1. Chest CT of a man of 40 years with", 72.0, 300.0),
                line("fever. The results of all of them are given in", 72.0, 312.0),
                line("Table 1.", 72.0, 324.0),
            ],
        );
        let whole = "Figure 1. Chest CT of a man of 40 years with fever. The results of all of them \
                     are given in Table 1.";
        assert_eq!(captions(&[page(1, lines)]), [whole]);
    }

    #[test]
    fn in_a_list_of_legends_a_title_may_be_bold_and_its_text_plain_and_set_off() {
        let mut lines = block(0, &[line("Figure Legends", 72.0, 50.0).bold(2)]);
        lines.extend(block(
            1,
            &[
                line("Figure 1. Incidence of the disease in patients,", 72.0, 100.0).bold(9),
                line("by age and sex.", 72.0, 128.0).bold(9),
            ],
        ));
        lines.extend(block(2, &[line("Bars are intervals of confidence.", 72.0, 165.0)]));
        lines.extend(block(3, &[line("Figure 2. Chest CT of a man.", 72.0, 210.0).bold(9)]));
        let first = "Figure 1. Incidence of the disease in patients, by age and sex. Bars are \
                     intervals of confidence.";
        assert_eq!(captions(&[page(1, lines)]), [first, "Figure 2. Chest CT of a man."]);
    }

    #[test]
    fn a_bold_citation_within_a_paragraph_begins_no_caption() {
        let lines = block(
            1,
            &[
                line("The plants were grown to maturity and harvested,", 72.0, 300.0),
                line("and the details of each population are given in", 72.0, 327.0),
                line("Table 1. Collection sites are shown in the map", 72.0, 354.0).bold(2),
            ],
        );
        assert!(captions(&[page(1, lines)]).is_empty());
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
