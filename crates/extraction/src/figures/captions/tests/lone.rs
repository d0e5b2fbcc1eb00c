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

#[test]
fn a_justified_row_behind_a_label_in_larger_type_is_of_the_caption() {
    let words = ["Share", "of", "patients", "with", "fever", "by", "lobe."];
    let mut lines = block(1, &[line("Figure 6.", 72.0, 300.0).bold(2).sized(9.6)]);
    let mut at = 124.0;
    for (index, word) in words.into_iter().enumerate() {
        let apart = line(word, at, 301.0).sized(8.4);
        at = apart.line.bbox.x1 + 15.0;
        lines.extend(block(2 + index, &[apart]));
    }
    lines.extend(block(
        2 + words.len(),
        &[line("Percentages refer to all.", 72.0, 312.0).sized(8.4)],
    ));
    lines.extend(paragraph(72.0, 350.0, 20));
    let whole = "Figure 6. Share of patients with fever by lobe. Percentages refer to all.";
    assert_eq!(captions(&[page(1, lines)]), [whole]);
}

#[test]
fn the_last_part_at_the_foot_takes_no_text_overleaf() {
    let parts = |bold: usize| {
        let legend = [
            line("Figure 3. Scans of the patients", 72.0, 700.0).bold(bold),
            line("Figure 3A: Coronal view of the right lung", 72.0, 712.0).bold(bold),
            line("Figure 3B: Axial CT on day 15", 72.0, 724.0).bold(bold),
        ];
        [paragraph(72.0, 100.0, 1), prose(300.0, "often than others."), block(2, &legend)].concat()
    };
    let whole = "Figure 3. Scans of the patients Figure 3A: Coronal view of the right lung \
                 Figure 3B: Axial CT on day 15";
    for bold in [0, 9] {
        let text = block(1, &prose(80.0, "than others."));
        assert_eq!(captions(&[page(1, parts(bold)), page(2, text)]), [whole], "{bold}");
    }
    // Words that cannot begin a sentence go on with it.
    let rest = block(1, &[line("in a woman of 40 years.", 72.0, 80.0)]);
    let found = captions(&[page(1, parts(0)), page(2, rest)]);
    assert_eq!(found, [format!("{whole} in a woman of 40 years.")]);
}

#[test]
fn what_is_said_of_all_parts_belongs_to_the_legend() {
    let legend = [
        line("Figure 1. Chest CT of both patients", 72.0, 300.0),
        line("Figure 1-a. Coronal view of the left lung", 72.0, 314.2),
        line("Figure 1-b. Axial CT on admission with opacities in", 72.0, 328.4),
        line("both lower lobes", 72.0, 338.6),
        line("Shown are slices that both readers chose, as of May.", 72.0, 352.8),
    ];
    let legend: Vec<TextLine> = legend.into_iter().map(|line| line.sized(8.5)).collect();
    let whole = legend.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let lines = [block(1, &legend), paragraph(72.0, 376.0, 2)];
    let lines = [lines.concat(), paragraph(72.0, 424.0, 3), paragraph(72.0, 472.0, 4)].concat();
    assert_eq!(captions(&[page(1, lines)]), [whole]);
}

#[test]
fn letters_that_close_a_bracket_begin_no_caption() {
    let lines = [
        line("Fig. 2a-d) were chosen by both readers before the", 72.0, 100.0),
        line("analysis, and shown to the others after that.", 72.0, 112.0),
    ];
    assert!(captions(&[page(1, block(1, &lines))]).is_empty());
    let title = "Fig. 2a) Axial CT of a man of 40 years.";
    assert_eq!(captions(&[page(1, block(1, &[line(title, 72.0, 100.0)]))]), [title]);
}

#[test]
fn a_citation_that_a_figure_and_a_page_part_from_its_sentence_is_no_caption() {
    let legend =
        |number: u32| format!("Figure {number}: Share of patients by lobe, and of others.");
    let mut pages: Vec<PageText> = (1..=3)
        .map(|number| {
            let lines = block(1, &[line(&legend(number), 72.0, 300.0)]);
            page(number, [lines, paragraph(72.0, 340.0, 2)].concat())
        })
        .collect();
    // The text of page 3 breaks off at its foot, and goes on below the figure of page 4.
    let open = block(3, &[line("The numbers of all patients are summarised in", 72.0, 700.0)]);
    pages[2].lines.extend(open);
    let mut fourth = block(1, &[line(&legend(4), 72.0, 300.0)]);
    fourth.extend(block(2, &[line("Figure 5. Both are documented in full.", 72.0, 330.0)]));
    pages.push(page(4, fourth));
    pages.push(page(5, block(1, &[line(&legend(5), 72.0, 300.0)])));
    assert_eq!(captions(&pages), (1..=5).map(legend).collect::<Vec<_>>());
}

#[test]
fn a_dash_by_itself_does_not_end_the_row_of_its_label() {
    let lines = [
        block(1, &[line("Figure 3", 72.0, 300.0).bold(2)]),
        block(2, &[line("-", 117.0, 306.0).bold(1).sized(0.3)]),
        block(3, &[line("Examinations by week. Values are", 127.0, 300.0).bold(9)]),
        block(4, &[line("means of both readers.", 72.0, 312.0).bold(9)]),
        paragraph(72.0, 350.0, 5),
    ];
    let whole = "Figure 3 - Examinations by week. Values are means of both readers.";
    assert_eq!(captions(&[page(1, lines.concat())]), [whole]);
}

#[test]
fn a_comma_or_bracket_behind_a_label_may_end_a_piece_of_its_row() {
    for label in ["Figure 1,", "Figure 1)"] {
        let lines = [
            block(1, &[line(label, 72.0, 300.0).bold(2)]),
            block(2, &[line("Axial CT of a man of 40 years.", 124.0, 300.0)]),
            paragraph(72.0, 350.0, 3),
        ];
        let whole = format!("{label} Axial CT of a man of 40 years.");
        assert_eq!(captions(&[page(1, lines.concat())]), [whole]);
    }
    let cites = [
        line("The lungs of this one are shown in the lower row of", 72.0, 300.0),
        line("Figure 1,", 72.0, 312.0),
    ];
    assert!(captions(&[page(1, block(1, &cites))]).is_empty());
}

#[test]
fn a_formula_that_the_figure_broke_off_goes_on_below_its_caption() {
    let mut lines = paragraph(72.0, 600.0, 1);
    lines.extend(block(2, &[line("They did not differ from those of the left (p", 72.0, 700.0)]));
    let title = "Figure 2. Axial CT of representative patients.";
    lines.extend(block(3, &[line(title, 330.0, 72.0)]));
    let rest = [
        line("= 0.62), nor from those of the others, which", 330.0, 250.0),
        line("were fewer in the second of both weeks.", 330.0, 262.0),
    ];
    lines.extend(block(4, &rest));
    assert_eq!(captions(&[page(1, lines)]), [title]);
}

#[test]
fn what_is_said_of_all_bold_parts_belongs_to_the_legend() {
    let legend = [
        line("Figure 1. Scans of the patients over the course of", 72.0, 300.0),
        line("disease", 72.0, 312.0),
        line("Figure 1-A. Axial CT on the day of admission", 72.0, 328.0),
        line("Figure 1-B. Coronal view of the right lung", 72.0, 344.0),
        line("Shown are slices that both readers chose, as of May.", 72.0, 360.0),
    ];
    let legend: Vec<TextLine> = legend.into_iter().map(|line| line.bold(12)).collect();
    let whole = legend.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let lines = [block(1, &legend), paragraph(72.0, 386.0, 2)].concat();
    assert_eq!(captions(&[page(1, lines)]), [whole]);
}

#[test]
fn a_citation_at_the_head_of_a_page_is_no_caption_beside_that_of_a_list() {
    let cites = [
        line("Fig 2. On follow-up the opacities had decreased in", 72.0, 72.0),
        line("most of the patients, and were gone in others.", 72.0, 84.0),
    ];
    let second = [block(1, &cites), paragraph(72.0, 120.0, 2)].concat();
    let list = [
        line("Figure legends", 72.0, 72.0).bold(2),
        line("Fig 1. Lobes involved at the first examination", 72.0, 100.0),
        line("Fig 2. Share of patients with fever", 72.0, 114.0),
        line("Fig 3. Agreement of the two readers", 72.0, 128.0),
    ];
    let third = page(3, block(1, &list));
    let open = line("The numbers of all of the patients are summarised in", 72.0, 160.0);
    let first = [paragraph(72.0, 100.0, 1), block(2, &[open])].concat();
    let found = captions(&[page(1, first.clone()), page(2, second.clone()), third.clone()]);
    assert_eq!(found, list[1..].iter().map(|line| line.text.clone()).collect::<Vec<_>>());
    // Behind a finished sentence it may be one, and where no sentence ends.
    let dash = block(1, &[line("Fig 2 - On follow-up the opacities had decreased.", 72.0, 72.0)]);
    let dashed: Vec<TextLine> = (72_u8..)
        .step_by(14)
        .zip(&list)
        .map(|(y, text)| line(&text.text.replace('.', " -"), 72.0, f32::from(y)))
        .collect();
    let found = captions(&[page(1, first.clone()), page(2, dash), page(3, block(1, &dashed))]);
    assert_eq!(found.len(), 4);
    let found = captions(&[page(1, paragraph(72.0, 100.0, 1)), page(2, second), third]);
    assert_eq!(found.len(), 4);
}

#[test]
fn a_sentence_that_goes_on_below_a_full_title_is_none_of_it() {
    let paragraph = |first: &str, y: f32| {
        let rest = [
            line(first, 72.0, y),
            line("tients who needed oxygen. Scores of both of the lungs", 72.0, y + 12.0),
            line("did not differ, and rose with the time since onset.", 72.0, y + 24.0),
        ];
        block(4, &rest)
    };
    let title = line("Figure 1. Number of cases in the series by day of them", 72.0, 300.0);
    for first in ["histological correlation", "(p = 0.04) in the pa-", "= 0.53), as in the pa-"] {
        let lines = [block(1, &[title.clone().bold(20)]), paragraph(first, 326.0)].concat();
        assert_eq!(captions(&[page(1, lines)]), [title.text.as_str()], "{first}");
    }
    // In plain type, where the text before it broke off.
    let before = |last: &str| {
        block(5, &[line("The lobes that were involved", 330.0, 72.0), line(last, 330.0, 84.0)])
    };
    let with = |last: &str| {
        let below = paragraph("histological correlation", 326.0);
        captions(&[page(1, [before(last), block(1, std::slice::from_ref(&title)), below].concat())])
    };
    assert_eq!(with("differed, and we had no"), [title.text.as_str()]);
    assert_ne!(with("differed in most."), [title.text.as_str()]);
    // Letters of panels go on with the title.
    let lines = [block(1, &[title.clone().bold(20)]), paragraph("(a) In two of the pa-", 326.0)];
    assert_ne!(captions(&[page(1, lines.concat())]), [title.text.as_str()]);
}

#[test]
fn what_is_said_of_all_parts_may_stand_overleaf_in_a_list() {
    let first = [
        line("Figure legends", 72.0, 640.0).bold(2),
        line("Fig. 1. Flow of the patients through the study.", 72.0, 660.0),
        line("Fig. 2. Findings at each of the examinations", 72.0, 690.0),
        line("Fig. 2-a. Axial CT on day 11, with fewer of them", 72.0, 702.0),
        line("Fig. 2-b. Axial CT on day 25", 72.0, 714.0),
    ];
    let second = [
        line("All of these were taken without contrast medium.", 72.0, 72.0),
        line("Fig. 3. Axial CT of the chest on day 3.", 72.0, 100.0),
    ];
    let found = captions(&[
        page(1, [paragraph(72.0, 100.0, 1), block(2, &first)].concat()),
        page(2, block(1, &second)),
    ]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[1].ends_with("day 25 All of these were taken without contrast medium."));
}

#[test]
fn what_the_panels_show_in_brackets_well_below_the_title_is_part_of_the_caption() {
    let title = "Figure 1 Relation of the rate of diagnosis and age and sex of patients";
    let rest = |opening: &str| {
        let lines = [
            line(title, 100.0, 490.0).bold(14),
            line(&format!("{opening} number of patients diagnosed in each age"), 100.0, 516.5),
            line("group; b: the population tested by sex).", 100.0, 533.5),
        ];
        captions(&[page(
            1,
            lines.into_iter().enumerate().flat_map(|(n, l)| block(n, &[l])).collect(),
        )])
    };
    for opening in ["(a: The", "(A) The", "(A–B) The"] {
        assert!(rest(opening)[0].ends_with("by sex)."), "{:?}", rest(opening));
    }
    assert_eq!(rest("(the"), [title]);
}
