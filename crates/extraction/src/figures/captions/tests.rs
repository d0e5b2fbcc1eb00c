mod lone;
mod random;

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
    lines.extend(block(2, &[line("laboratory results of the first examinations", 72.0, 648.0)]));
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
        ["Figure 1. Chest CT of a man of 40 years with fever and a dry cough and opacities near \
          to the pleura, most of them in the lower lobes."]
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
    let printed = block(1, &[line("S1 Fig. Chest CT of a man of 40 years.", 72.0, 300.0).bold(2)]);
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

#[test]
fn a_bold_title_without_full_stop_leaves_the_paragraph_below_alone() {
    let title = "Figure 1 Axial CT on the day of admission";
    for bold in [0, 9] {
        let mut lines = block(1, &[line(title, 72.0, 300.0).bold(bold)]);
        let mut legend = paragraph(72.0, 325.0, 2);
        legend[0] = line("The patients came from three hospitals of", 72.0, 325.0);
        legend[0].line.block = 2;
        let described = [lines.clone(), legend].concat();
        lines.extend(paragraph(72.0, 325.0, 2));
        lines.extend(paragraph(72.0, 385.0, 3));
        assert_eq!(captions(&[page(1, lines)]), [title], "{bold} bold words");
        // All that stands on a page of legends is one.
        let whole = captions(&[page(1, described)]);
        assert!(whole[0].ends_with("after discharge."), "{whole:?}");
    }
    let mut lines = block(1, &[line(title, 72.0, 300.0).bold(9)]);
    lines.extend(block(
        2,
        &[
            line("The findings on the day of admission were read", 72.0, 325.0),
            line("again and are shown in Figure 1.", 72.0, 337.0),
        ],
    ));
    assert_eq!(captions(&[page(1, lines)]), [title], "cited below");
}

#[test]
fn a_label_that_ends_in_a_comma_begins_a_caption() {
    let caption = "Figure 1, Chest CT of a man of 40 years.";
    let mut lines = block(1, &[line(caption, 72.0, 300.0)]);
    lines.extend(paragraph(72.0, 340.0, 2));
    assert_eq!(captions(&[page(1, lines)]), [caption]);
    let cited = [
        line("The scans of the first week were read again, as in", 72.0, 300.0),
        line("Figure 1, Chest CT being the one that was done most", 72.0, 312.0),
    ];
    assert!(captions(&[page(1, block(1, &cited))]).is_empty());
}

#[test]
fn parts_on_lines_of_their_own_belong_to_the_legend() {
    for (first, second) in [("Figure 1-A.", "Figure 1-B."), ("Figure 1a:", "Figure 1b:")] {
        let first = format!("{first} Flow of the patients");
        let second = format!("{second} Patients by province");
        let lines = [
            "Figure 1. Recruitment of the patients",
            &first,
            &second,
            "Shown are counts of the first week.",
            "Figure 2. Course of the disease",
        ];
        let set = lines.iter().zip(0_u8..);
        let set = set.map(|(text, row)| line(text, 72.0, 100.0 + 28.0 * f32::from(row)));
        let mut all = block(0, &[line("Figure legends", 72.0, 60.0).bold(2)]);
        all.extend(set);
        assert_eq!(captions(&[page(1, all)]), [&lines[..4].join(" "), lines[4]]);
    }
}

#[test]
fn a_further_part_overleaf_belongs_to_the_legend() {
    let foot = [
        line("Figure 1: Scans of the patient", 72.0, 676.0),
        line("Figure 1a: Axial CT on the day of admission.", 72.0, 700.0),
    ];
    let mut head = block(1, &[line("Figure 1b: Axial CT on day 6.", 72.0, 80.0)]);
    head.extend(paragraph(72.0, 120.0, 2));
    let pages = [page(1, block(1, &foot)), page(2, head)];
    let whole = "Figure 1: Scans of the patient Figure 1a: Axial CT on the day of admission. \
                 Figure 1b: Axial CT on day 6.";
    assert_eq!(captions(&pages), [whole]);
}

#[test]
fn parts_with_graphics_on_pages_of_their_own_are_one_figure() {
    let text = |text: &str, at: f32| block(1, &[line(text, 72.0, at)]);
    let pages = [
        page(1, text("Figure 1A. Chest CT of the first man.", 300.0)),
        page(2, text("Figure 1B. Chest CT of the second man.", 300.0)),
        page(3, text("Figure 2A", 700.0)),
        page(4, text("Figure 2B", 700.0)),
    ];
    let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
    let texts: Vec<&str> = legends.iter().map(|legend| legend.text.as_str()).collect();
    let first = "Figure 1A. Chest CT of the first man. Figure 1B. Chest CT of the second man.";
    assert_eq!(texts, [first, "Figure 2A"]);
    let marks: Vec<(u32, bool)> = marks.iter().map(|mark| (mark.page, mark.continued)).collect();
    assert_eq!(marks, [(2, true), (4, true)]);
    // Titles over pages that show parts of what a legend describes say nothing new.
    let pages = [
        page(1, text("Figure 1. CT of a man. (A) Day 1. (B) Day 6.", 300.0)),
        page(2, text("Figure 1A. Day 1", 60.0)),
        page(3, text("Figure 1B. Day 6", 60.0)),
    ];
    let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
    assert_eq!((legends.len(), marks.len()), (1, 2));
    assert!(legends[0].text.ends_with("(B) Day 6."));
}

#[test]
fn a_continued_caption_is_one_however_it_says_so() {
    for (end, again) in [
        ("(continued on next page...)", "Figure 1 (...continued)"),
        ("(Continued on the following page.)", "Figure 1 (contd.)"),
        ("(legend continued on next page)", "Figure 1. (continued)"),
        ("Continued on next page", "Figure 1 continued."),
        ("", "Figure 1. (Continued)"),
    ] {
        let first = format!("the lungs. On admission there were opacities. {end}");
        let foot = [
            line("Figure 1 Axial CT of a man of 40 years, of which", 72.0, 700.0),
            line(first.trim(), 72.0, 712.0),
        ];
        let again = format!("{again} On day 8 there");
        let head = [line(&again, 72.0, 80.0), line("were fewer of them.", 72.0, 92.0)];
        let pages = [page(1, block(1, &foot)), page(2, block(1, &head))];
        let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
        let whole = "Figure 1 Axial CT of a man of 40 years, of which the lungs. On admission there \
                     were opacities. On day 8 there were fewer of them.";
        let texts: Vec<&str> = legends.iter().map(|legend| legend.text.as_str()).collect();
        assert_eq!((texts, marks.len()), (vec![whole], 1), "{end:?}");
    }
}

#[test]
fn a_legend_printed_twice_is_one() {
    let list = ["Figure 1. Chest CT of a man of 40.", "Figure 2. Chest CT of a girl of 9."];
    let lines = |from: f32| [line(list[0], 72.0, from), line(list[1], 72.0, from + 30.0)];
    let at = |number: u32, text: &str| page(number, block(1, &[line(text, 72.0, 700.0)]));
    let pages = [page(1, block(1, &lines(100.0))), at(2, list[0]), at(3, list[1])];
    let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
    let of = |captions: &[Caption]| captions.iter().map(|c| c.page).collect::<Vec<_>>();
    assert_eq!((of(&legends), of(&marks)), (vec![2, 3], vec![1, 1]));
    // Another text under the same number is another figure.
    let pages = [at(1, list[0]), at(2, "Figure 1. Sites of all hospitals.")];
    assert_eq!(split_marks(find(&pages, &Vocabulary::default())).0.len(), 2);
}

#[test]
fn a_title_may_say_at_its_end_that_it_is_continued() {
    let text = |text: &str| block(1, &[line(text, 72.0, 300.0)]);
    let pages = [
        page(1, text("Figure 1: Scans of two men of 40 years")),
        page(2, text("Figure 1: Scans of two men of 40 years (continued)")),
    ];
    let (legends, marks) = split_marks(find(&pages, &Vocabulary::default()));
    assert_eq!(legends.len(), 1);
    assert_eq!(legends[0].text, "Figure 1: Scans of two men of 40 years");
    assert!(marks[0].continued);
}

#[test]
fn text_behind_a_mark_of_continuation_goes_on_overleaf() {
    let foot = [
        line("Figure 1 Axial CT of a man of 40 years, of which", 72.0, 700.0),
        line("both lungs. (continued on next page)", 72.0, 712.0),
    ];
    let mut head = block(1, &[line("Both lungs were opaque on day 8.", 72.0, 80.0)]);
    head.extend(paragraph(72.0, 120.0, 2));
    let pages = [page(1, block(1, &foot)), page(2, head)];
    let whole = "Figure 1 Axial CT of a man of 40 years, of which both lungs. Both lungs were opaque \
                 on day 8.";
    assert_eq!(split_marks(find(&pages, &Vocabulary::default())).0[0].text, whole);
}

#[test]
fn titles_in_small_letters_count_in_a_list_of_legends() {
    let rows = ["Figure 1 flow of the patients", "Figure 2 course of the disease in the men"];
    let mut lines = block(0, &[line("Figure Legends", 72.0, 60.0).bold(2)]);
    let set = rows.iter().zip(0_u8..);
    lines.extend(set.map(|(text, row)| line(text, 72.0, 84.0 + 12.0 * f32::from(row))));
    assert_eq!(captions(&[page(1, lines)]), rows);
}

#[test]
fn a_list_of_legends_goes_on_overleaf() {
    let mut first = block(0, &[line("Figure legends", 72.0, 60.0).bold(2)]);
    first.push(line("Figure 1. Flow of the patients of all hospitals.", 72.0, 90.0));
    let mut second = block(0, &[line("Figure 2. Course of the disease.", 72.0, 60.0)]);
    second.push(line("Bars are intervals of confidence.", 72.0, 90.0));
    second.push(line("References", 72.0, 120.0));
    let pages = [page(1, first), page(2, second)];
    assert_eq!(
        captions(&pages),
        [
            "Figure 1. Flow of the patients of all hospitals.",
            "Figure 2. Course of the disease. Bars are intervals of confidence."
        ]
    );
}

#[test]
fn a_number_that_is_missing_is_looked_for_between_its_neighbours() {
    let first = [
        line("The patients came from three hospitals of the region.", 72.0, 100.0),
        line("Figure 1. Flow of the patients", 72.0, 120.0),
        line("Figure 2 course of the disease", 72.0, 140.0),
    ];
    let with = |number: u32| {
        let text = format!("Figure {number}. Chest CT of a man.");
        [page(1, block(1, &first)), page(2, block(1, &[line(&text, 72.0, 300.0)]))]
    };
    assert_eq!(captions(&with(3))[..2], ["Figure 1. Flow of the patients", first[2].text.as_str()]);
    // Where none is missing, it is what it seems.
    let known = "Figure 1. Flow of the patients Figure 2 course of the disease";
    assert_eq!(captions(&with(2))[0], known);
}

#[test]
fn a_title_in_small_letters_counts_where_the_text_cites_a_figure_that_is_missing() {
    let title = "Figure 1 flow of the patients";
    let with = |cited: &str| {
        let mut lines = paragraph(72.0, 100.0, 1);
        lines.push(line(cited, 72.0, 148.0));
        lines.extend(block(2, &[line(title, 72.0, 400.0)]));
        captions(&[page(1, lines)])
    };
    assert_eq!(with("Their flow was recorded (Figure 1)."), [title]);
    assert!(with("Their flow was recorded.").is_empty());
}

#[test]
fn labels_in_the_column_of_a_table_are_no_captions() {
    let cells = ["Fig. 2", "Fig. 3", "Fig. 4"];
    let set = cells.iter().zip(0_u8..);
    let lines = set.map(|(text, row)| line(text, 300.0, 100.0 + 24.0 * f32::from(row))).collect();
    assert!(captions(&[page(1, lines)]).is_empty());
}

#[test]
fn the_title_of_a_table_ends_where_its_cells_begin() {
    let mut lines = block(1, &[line("Table 1. Characteristics of the patients", 72.0, 100.0)]);
    for (row, [left, right]) in (0_u8..).zip([["Age", "Sex"], ["40", "M"], ["50", "F"]]) {
        let at = 114.0 + 12.0 * f32::from(row);
        lines.extend(block(2, &[line(left, 72.0, at), line(right, 180.0, at)]));
    }
    assert_eq!(captions(&[page(1, lines)]), ["Table 1. Characteristics of the patients"]);
}

#[test]
fn letters_and_numbers_printed_on_the_graphic_below_are_no_part_of_the_caption() {
    let below = |text: &str, x: f32| {
        let caption = line("Figure 2 - Number of cases by day", 72.0, 60.0);
        let on_it = line(text, x, 75.0).sized(9.5);
        captions(&[page(1, vec![caption, on_it])])
    };
    let whole = ["Figure 2 - Number of cases by day"];
    assert_eq!(below("a", 78.0), whole);
    assert_eq!(below("(A)", 78.0), whole);
    assert_eq!(below("100", 78.0), whole);
    assert_eq!(below("2019", 72.0), ["Figure 2 - Number of cases by day 2019"]);
}

#[test]
fn a_panels_letter_at_the_foot_announces_what_stands_overleaf() {
    let first = block(
        1,
        &[
            line("Figure 1. Serial scans of a patient. (A) Patient 1, on", 72.0, 740.0),
            line("the day of admission, with opacities in one lung. (B)", 72.0, 752.0),
        ],
    );
    let second = block(1, &[line("Patient 1, on day 9, with fewer of them.", 72.0, 60.0)]);
    let whole = "Figure 1. Serial scans of a patient. (A) Patient 1, on the day of admission, with \
                 opacities in one lung. (B) Patient 1, on day 9, with fewer of them.";
    assert_eq!(captions(&[page(1, first), page(2, second)]), [whole]);
}

#[test]
fn the_last_part_of_a_legend_leaves_the_paragraph_below_alone() {
    let mut lines = block(
        1,
        &[
            line("Figure 1. Scans of the patients over the disease", 72.0, 300.0),
            line("Figure 1a: Axial CT on the day of admission", 72.0, 318.0),
            line("Figure 1b: Axial CT on day 6", 72.0, 336.0),
        ],
    );
    lines.extend(paragraph(62.0, 355.0, 2));
    let whole = "Figure 1. Scans of the patients over the disease Figure 1a: Axial CT on the day of \
                 admission Figure 1b: Axial CT on day 6";
    assert_eq!(captions(&[page(1, lines)]), [whole]);
}
