//! Captions of one line, between running text, lists and the captions of other figures.

use super::*;

const TITLE: &str = "Figure 1. Share of patients by lobe";

fn prose(y: f32, last: &str) -> Vec<TextLine> {
    block(
        7,
        &[
            line("The lobes that were involved differed between", 72.0, y),
            line("the groups, and the lower ones were so more", 72.0, y + 12.0),
            line(last, 72.0, y + 24.0),
        ],
    )
}

#[test]
fn a_paragraph_that_cites_another_figure_is_none_of_a_title() {
    for title in [TITLE, "Figure 1. Share of patients by lobe."] {
        let lines = [block(1, &[line(title, 72.0, 300.0)]), prose(324.0, "often (Figure 2).")];
        assert_eq!(captions(&[page(1, lines.concat())]), [title]);
        // Lines that are numbered may be blocks of their own.
        let mut lines = lines.concat();
        for (index, line) in lines.iter_mut().enumerate() {
            line.line.block = index;
        }
        assert_eq!(captions(&[page(1, lines)]), [title]);
    }
}

#[test]
fn what_one_title_shows_holds_for_the_others() {
    let first = [block(1, &[line(TITLE, 72.0, 300.0)]), prose(324.0, "often (Figure 2).")];
    let title = "Figure 2. Share of patients by week";
    let second = [block(1, &[line(title, 72.0, 300.0)]), prose(324.0, "often than others.")];
    let pages = [page(1, first.concat()), page(2, second.concat())];
    assert_eq!(captions(&pages), [TITLE, title]);
}

#[test]
fn the_end_of_a_section_is_none_of_a_title() {
    let lines = [
        block(1, &[line(TITLE, 72.0, 300.0)]),
        prose(324.0, "often than others."),
        block(8, &[line("References", 72.0, 372.0).bold(1)]),
    ];
    assert_eq!(captions(&[page(1, lines.concat())]), [TITLE]);
}

#[test]
fn a_sentence_or_reference_that_the_figure_broke_off_is_none_of_its_title() {
    for below in ["were involved in most.", "Clin Imaging 2011;12:234-834.", "2011;12:234-834."] {
        let mut lines = paragraph(72.0, 100.0, 1);
        lines.extend(block(2, &[line(TITLE, 72.0, 300.0)]));
        lines.extend(block(3, &[line(below, 72.0, 325.0)]));
        assert_eq!(captions(&[page(1, lines)]), [TITLE], "{below}");
    }
}

#[test]
fn captions_beside_each_other_are_two() {
    let other = "Figure 2. Share of patients by week";
    let lines = block(1, &[line(TITLE, 72.0, 300.0), line(other, 272.0, 300.0)]);
    assert_eq!(captions(&[page(1, lines)]), [TITLE, other]);
}

#[test]
fn the_letters_of_panels_below_are_no_text() {
    for letter in ["A", "(a)", "A)"] {
        let mut lines = block(1, &[line(TITLE, 72.0, 300.0)]);
        lines.extend(block(1, &[line(letter, 120.0, 320.0), line("B", 300.0, 320.0)]));
        assert_eq!(captions(&[page(1, lines)]), [TITLE]);
    }
    // A tag on a page of figures, whose legend is elsewhere.
    let lines = block(1, &[line("Figure 1", 72.0, 80.0), line("(A)", 100.0, 100.0)]);
    assert_eq!(captions(&[page(1, lines)]), ["Figure 1"]);
}

#[test]
fn a_title_at_the_head_of_a_column_is_no_citation_of_the_sentence_it_breaks_off() {
    let mut lines = paragraph(72.0, 600.0, 1);
    lines
        .extend(block(2, &[line("Reports of this kind would be easier to read and", 72.0, 648.0)]));
    lines.extend(block(3, &[line(TITLE, 320.0, 200.0)]));
    let rest = [
        line("CT of the chest should be asked for again", 320.0, 224.0),
        line("where the first test was negative (Fig. 2).", 320.0, 236.0),
    ];
    lines.extend(block(4, &rest));
    assert_eq!(captions(&[page(1, lines)]), [TITLE]);
}

#[test]
fn a_citation_wrapped_in_a_narrow_column_is_no_caption() {
    // What stands across both columns tells nothing of their width.
    let wide = "Appearance of the lungs in most of the patients who were scanned, with a follow-up of a year";
    let mut lines = block(1, &[line(wide, 72.0, 80.0)]);
    lines.extend(block(
        2,
        &[
            line("The numbers are summarised in", 72.0, 100.0),
            line("Figure 1. Patients were seen", 72.0, 112.0),
            line("when they had been scanned.", 72.0, 124.0),
        ],
    ));
    let right = "Both readers were blinded.";
    lines.extend(block(3, &[line(right, 235.0, 100.0), line(right, 235.0, 112.0)]));
    assert!(captions(&[page(1, lines)]).is_empty());
}

#[test]
fn of_two_captions_of_a_figure_that_which_begins_as_all_do_counts() {
    let first = block(1, &[line("All was well, and the numbers are listed in", 72.0, 700.0)]);
    let mut second = block(
        1,
        &[
            line("Figure 2. Scans were read twice by both of us.", 72.0, 80.0),
            line("None of the readers knew of the other one.", 72.0, 92.0),
        ],
    );
    let list: Vec<TextLine> = (0..4)
        .map(|i| {
            line(&format!("Figure {} | Share of patients.", i + 1), 72.0, 300.0 + 30.0 * i as f32)
        })
        .collect();
    second.extend(block(2, &list));
    let found = captions(&[page(1, first), page(2, second)]);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().all(|caption| caption.contains(" | ")), "{found:?}");
}
