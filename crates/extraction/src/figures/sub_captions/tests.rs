use proptest::prelude::*;

use super::*;

fn read(caption: &str) -> Vec<(String, String)> {
    sub_captions(caption).into_iter().map(|sub| (sub.letter, sub.text)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(letter, text)| ((*letter).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn every_style_of_marker() {
    let two = pairs(&[("A", "First scan."), ("B", "Second scan.")]);
    for caption in [
        "Figure 1. CT scans. (A) First scan. (B) Second scan.",
        "Figure 1. CT scans.(A) First scan. (B) Second scan.",
        "Figure 1. CT scans. A, First scan. B, Second scan.",
        "Figure 1. CT scans. A: First scan. B: Second scan.",
        "Figure 1. CT scans. A. First scan. B. Second scan.",
        "Figure 1. CT scans. A) First scan. B) Second scan.",
        "Figure 1. CT scans. A First scan. B Second scan.",
    ] {
        assert_eq!(read(caption), two, "{caption}");
    }
}

#[test]
fn ranges_and_lists_share_their_text() {
    let shared = pairs(&[("A", "Early."), ("B", "Early."), ("C", "Early."), ("D", "Late.")]);
    assert_eq!(read("CT. (A-C) Early. (D) Late."), shared);
    assert_eq!(read("CT. A–C. Early. D. Late."), shared);
    assert_eq!(read("CT. (A, B and C) Early. (D) Late."), shared);
}

#[test]
fn a_letter_that_comes_again_adds_to_its_text() {
    let caption = "CT. a, b A man of 40. a Day 1. b Day 5. c Another patient.";
    let expected = pairs(&[
        ("a", "A man of 40. Day 1."),
        ("b", "A man of 40. Day 5."),
        ("c", "Another patient."),
    ]);
    assert_eq!(read(caption), expected);
}

#[test]
fn the_general_part_leaves_sub_captions_out() {
    let caption = "CT of a man. (A) On admission. (B) Day 5.";
    assert_eq!(general_part(caption), "CT of a man. (A)  (B) ");
    assert_eq!(general_part("CT of a man."), "CT of a man.");
}

#[test]
fn letters_may_follow_their_text() {
    let expected = pairs(&[("a", "X-ray of the chest"), ("b", "CT of the chest")]);
    assert_eq!(read("X-ray of the chest (a). CT of the chest (b)."), expected);
}

#[test]
fn prose_has_no_letters() {
    assert_eq!(read("A 39-year-old man. A scan was made on day 3."), []);
    assert_eq!(read("CT (A) alone."), []);
    assert_eq!(read("(B) second and (C) third without a first."), []);
    assert_eq!(read("(C-A) backwards, (B) too."), []);
}

#[test]
fn more_styles_of_marker() {
    let two = pairs(&[("A", "First scan."), ("B", "Second scan.")]);
    for caption in [
        "Fig. 1 | A – First scan. B – Second scan.",
        "Figure 1. Panel A: First scan. Panel B: Second scan.",
        "Figure 1: CT. [A] First scan. [B] Second scan.",
        "Figure 1. CT. (A): First scan. (B): Second scan.",
        "Fig. 1 A First scan. B Second scan.",
        "Fig. 1 A, First scan. B, Second scan.",
    ] {
        assert_eq!(read(caption), two, "{caption}");
    }
    assert_eq!(
        read("Fig. 2. Levels relating to A) ozone (O3), B) dust and C) noise."),
        pairs(&[
            ("A", "Levels relating to ozone (O3)"),
            ("B", "Levels relating to dust"),
            ("C", "Levels relating to noise.")
        ])
    );
    assert_eq!(read("CT. (A, D) Axial. (B, E) Coronal. (C, F) Sagittal.").len(), 6);
    assert_eq!(
        read("CT at the times A (day 1), B ( day 5), C (day 9)."),
        pairs(&[
            ("A", "CT at the times day 1"),
            ("B", "CT at the times day 5"),
            ("C", "CT at the times day 9")
        ])
    );
    assert_eq!(read("CT.A.Day 1.B.Day 5. C. Day 9.").len(), 3);
}

#[test]
fn letters_may_follow_phrases_of_one_sentence() {
    assert_eq!(
        read("Fig. 3. Two tests. Effects on the prevalence (A) and the incidence (B) over time."),
        pairs(&[("A", "Effects on the prevalence"), ("B", "the incidence")])
    );
}

#[test]
fn what_comes_before_the_first_letter_is_said_of_all() {
    assert_eq!(
        read("Figure 1. A man of 40. Axial CT at (a) day 1 and (b) day 5 of illness."),
        pairs(&[("a", "Axial CT at day 1"), ("b", "Axial CT at day 5 of illness.")])
    );
}

#[test]
fn what_comes_behind_phrases_is_no_part_of_the_last() {
    let caption = "Figure 1. Scans: (A) day 1; (B) day 5; (C) day 9. CT, computed tomography.";
    assert_eq!(read(caption)[2], ("C".to_owned(), "day 9.".to_owned()));
    assert!(general_part(caption).ends_with("CT, computed tomography."));
}

#[test]
fn panels_without_letters_go_by_their_place() {
    assert_eq!(
        read("Figure 1. CT on admission (left) and at discharge (right)."),
        pairs(&[("left", "CT on admission"), ("right", "at discharge")])
    );
    assert_eq!(
        read("Figure 1. CT. Upper row: a man of 40. Lower row: a woman of 50."),
        pairs(&[("upper row", "a man of 40."), ("lower row", "a woman of 50.")])
    );
    assert_eq!(
        read("Figure 1. CT. Left panel, day 1; middle panel, day 5; right panel, day 9."),
        pairs(&[("left", "day 1"), ("middle", "day 5"), ("right", "day 9.")])
    );
    assert_eq!(read("Figure 1. Opacities in the lower lobe (left)."), []);
}

#[test]
fn alphabets_may_run_over() {
    let letters: Vec<String> = (0..30).map(|index| letter_at(index, "A")).collect();
    let caption: String = letters.iter().flat_map(|letter| ["(", letter, ") Year. "]).collect();
    assert_eq!(read(&caption).into_iter().map(|(letter, _)| letter).collect::<Vec<_>>(), letters);
}

proptest! {
    #[test]
    fn any_caption_is_read(caption in "(Fig\\. 1[.:]? )?([A-Da-d(). ,:;–-]|left|\\(right\\)|Panel |\\PC){0,60}") {
        let subs = sub_captions(&caption);
        prop_assert!(subs.len() != 1);
        for pair in subs.windows(2).filter(|pair| pair[0].is_lettered()) {
            let (one, next) = (ordinal(&pair[0].letter), ordinal(&pair[1].letter));
            prop_assert_eq!(one.map(|one| one + 1), next);
        }
        for sub in &subs {
            // Every word of a sub-caption is printed in the caption.
            prop_assert!(sub.text.split_whitespace().all(|word| caption.contains(word)));
        }
        prop_assert!(general_part(&caption).len() <= caption.len());
    }

    #[test]
    fn what_is_set_is_what_is_read(
        texts in proptest::collection::vec("[A-Z][a-z]{3,9}( [a-z]{2,8}){0,5}", 2..12),
        style in 0_usize..5,
        upper in any::<bool>(),
    ) {
        let like = if upper { "A" } else { "a" };
        let mut caption = "Figure 1. Chest scans of patients. ".to_owned();
        for (index, text) in (0..).zip(&texts) {
            let letter = letter_at(index, like);
            let (before, after) = [("(", ")"), ("", ","), ("", ":"), ("", ")"), ("", "")][style];
            caption.extend([before, &letter, after, " ", text, ". "]);
        }
        let expected: Vec<(String, String)> =
            (0..).zip(&texts).map(|(index, text)| (letter_at(index, like), format!("{text}."))).collect();
        prop_assert_eq!(read(caption.trim_end()), expected);
    }
}

#[test]
fn letters_may_run_ahead_and_lists_have_a_bracket_each() {
    let caption = "CT. (A) First scan. (C) Third scan. (B) and (D) Scans of a year later.";
    let expected = pairs(&[
        ("A", "First scan."),
        ("B", "Scans of a year later."),
        ("C", "Third scan."),
        ("D", "Scans of a year later."),
    ]);
    assert_eq!(read(caption), expected);
}

#[test]
fn what_stands_before_the_colon_is_said_of_all_that_follows() {
    let caption = "Loads by status: fever (A-B), cough (C) and none (D). Bars are means.";
    let expected = pairs(&[
        ("A", "Loads by status fever"),
        ("B", "Loads by status fever"),
        ("C", "Loads by status cough"),
        ("D", "Loads by status none"),
    ]);
    assert_eq!(read(caption), expected);
}

#[test]
fn a_letter_may_be_part_of_the_label_again() {
    let expected = pairs(&[("a", "Day 1"), ("b", "Day 6, with more"), ("c", "Day 12.")]);
    for caption in [
        "Figure 1: Scans of a patient Figure 1a: Day 1 Figure 1b: Day 6, with more Figure 1c: Day 12.",
        "Figure 1a: Day 1 Figure 1b: Day 6, with more Figure 1c: Day 12.",
        "Fig. 1. Scans of a patient Fig. 1-a. Day 1 Fig. 1-b. Day 6, with more Fig. 1-c. Day 12.",
        "Figure 1. Scans. Figure 1 (a) Day 1 Figure 1 (b) Day 6, with more Figure 1 (c) Day 12.",
    ] {
        assert_eq!(read(caption), expected, "{caption}");
    }
    let other = "Figure 2. Scans as in Figure 1a. Others are as in Figure 1b. No more.";
    assert_eq!(read(other), [], "letters of another figure");
    assert_eq!(
        read("Figure 1A. First scan. B. Second scan."),
        pairs(&[("A", "First scan."), ("B", "Second scan.")])
    );
}
