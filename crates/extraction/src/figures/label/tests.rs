use proptest::prelude::*;

use super::*;

fn label(line: &str) -> (String, Ending) {
    let label = read(&normalise(line)).unwrap_or_else(|| panic!("no label in {line:?}"));
    (label.name, label.ending)
}

#[test]
fn styles_seen_in_the_wild() {
    for (line, name) in [
        ("Figure 1. Chest CT", "Figure 1"),
        ("Fig. 1 | Chest CT", "Figure 1"),
        ("FIGURE 3 | Scans of", "Figure 3"),
        ("Figure1: Scans", "Figure 1"),
        ("Fig.S1. Scans", "Figure S1"),
        ("Fig S2: Scans", "Figure S2"),
        ("Supplementary Figure 1. Scans", "Figure S1"),
        ("Supplementary Fig 4 Scans", "Figure S4"),
        ("Supplemental Fig. S4. Scans", "Figure S4"),
        ("Extended Data Fig. 2 | Scans", "Extended Data Figure 2"),
        ("Figure IV. Scans", "Figure 4"),
        ("Fig.\u{2002}1\u{2003}Chest", "Figure 1"),
        ("Fig.\u{202f}1\u{2002}\u{2002}CT of", "Figure 1"),
        ("Figure 2 – Scans", "Figure 2"),
        ("Figure 1A. Scans", "Figure 1"),
        ("Table 1. Patients", "Table 1"),
        ("Table S2 Patients", "Table S2"),
        ("Figure A1. Scans", "Figure A1"),
        ("Figure: Trial profile", "Figure"),
        ("Scheme 1. Synthesis of", "Scheme 1"),
        ("F IGURE 1 Scans", "Figure 1"),
        ("F I G U R E 12 Scans", "Figure 12"),
        ("F igure 2. Scans", "Figure 2"),
        ("T ABLE 3 Patients", "Table 3"),
        ("Fig . 4 . Scans", "Figure 4"),
        ("Figure 1—figure supplement 2. Scans", "Figure 1-figure supplement 2"),
        ("S1 Fig. Scans of", "Figure S1"),
        ("S2 Table. Patients", "Table S2"),
        ("Appendix Figure 1. Scans", "Appendix Figure 1"),
        ("Appendix Fig. A3: Scans", "Figure A3"),
        ("Supplementary Material Figure 2. Scans", "Figure S2"),
        ("SI Fig. 4. Scans", "Figure S4"),
        ("Fig. SI-5. Scans", "Figure S5"),
        ("eFigure 2. Scans", "eFigure 2"),
        ("Chart 1. Course", "Chart 1"),
        ("Plate 3: Histology", "Plate 3"),
        ("Image 2. Scans", "Image 2"),
        ("Figure 2.1: Model", "Figure 2.1"),
        ("Figure B. Scans", "Figure B"),
        ("Fig. 1) Scans", "Figure 1"),
        ("Fig. 2 · Scans", "Figure 2"),
        ("(See figure on previous page.) Fig. 3 Scans", "Figure 3"),
        ("Abbildung 2. Thorax", "Figure 2"),
        ("Figura 1 - Tomografia", "Figure 1"),
        ("Figure 1, Distribution of cases", "Figure 1"),
        ("Figure 1， Distribution of cases", "Figure 1"),
        ("Figure 1、Distribution of cases", "Figure 1"),
        ("Figure 1：Scans", "Figure 1"),
        ("Figure 1。Scans", "Figure 1"),
        ("Figure 1｜Scans", "Figure 1"),
        ("Fig.1.Scans", "Figure 1"),
        ("Fig.1 Scans", "Figure 1"),
        ("Figure 1.2019-nCoV cases", "Figure 1"),
        ("Figure 1‑Scans", "Figure 1"),
        ("Figure 1 ― Scans", "Figure 1"),
        ("Figure 1*. Scans", "Figure 1"),
        ("Figure 1 legend: Scans", "Figure 1"),
        ("Figure 1 Legend", "Figure 1"),
        ("Legend to Figure 1. Scans", "Figure 1"),
        ("Figure No. 1: Scans", "Figure 1"),
        ("Figure #1. Scans", "Figure 1"),
        ("[Figure 1] Scans of", "Figure 1"),
        ("【Figure 1】 Scans of", "Figure 1"),
        ("(Figure 1) Scans of", "Figure 1"),
        ("FIGURE II: Scans", "Figure 2"),
        ("Figure S1-2. Scans", "Figure S1-2"),
        ("Figure s3. Scans", "Figure S3"),
        ("Sup. Fig. 2: Scans", "Figure S2"),
        ("SFig. 2: Scans", "Figure S2"),
        ("Figure ED3. Scans", "Extended Data Figure 3"),
        ("EXTENDED DATA FIGURE 1: Scans", "Extended Data Figure 1"),
        ("Fig 2 - supplementary figure 1. Scans", "Figure 2-figure supplement 1"),
        ("Fig 2-Supplementary figure 1", "Figure 2-figure supplement 1"),
        ("Chart A", "Chart A"),
        ("Chart A. Course", "Chart A"),
        ("Chart B - Course", "Chart B"),
        ("Chart B Course of", "Chart B"),
        ("Figure 1 武汉", "Figure 1"),
        ("Figure 1Flow of patients", "Figure 1"),
        ("Fig. (1). Scans", "Figure 1"),
        ("Fig. (S2). Scans", "Figure S2"),
        ("Figure [3]: Scans", "Figure 3"),
        ("Figure legend 2. Scans", "Figure 2"),
        ("• Figure 2. Scans", "Figure 2"),
        ("Extended Figure 2. Scans", "Extended Data Figure 2"),
        ("Figure 1 ‖ Scans", "Figure 1"),
    ] {
        let (found, ending) = label(line);
        assert_eq!(found, name, "{line}");
        assert!(ending.is_clear(), "{line}: {ending:?}");
    }
}

#[test]
fn sentences_that_begin_with_a_citation() {
    for line in [
        "Figure 2 shows the scans",
        "Figure 2, in which",
        "Figure 1A shows",
        "Figure 1) and the",
        "Fig. 3 and Fig. 4",
        "Figure 3. shows",
        "Figure 1-3 show",
        "Fig. 1–3 show",
        "Figures 1 and 2",
        "Table 2 lists",
        "Figure 2 further shows",
        "Map 1 was drawn",
        "Image 2 Scans",
        "Figure 1—source data 1",
        "Supplementary Figures 1 and 2",
        "Figure 1, Table 2 and",
        "Figure 1, Figure 2 and",
        "Figure 2, Supplementary Figure 1",
        "Figure 1, A and B",
        "Figure 1, Panel A",
        "Figure 1, 3 patients",
        "Figure 1, distribution of",
        "Figure 1a and the",
        "Figure 1 graphically depicts",
        "Figure 1 about here",
        "[Figure 1 about here]",
        "[Figure 1]",
        "(Figure 1). The lungs",
        "Figs. 1-3. The lungs",
        "Chart A shows",
        "Image B",
        "Figure 1Aand B show",
        "Fig. (1) and",
        "Fig. (1) shows",
    ] {
        let ending = read(line).map(|label| label.ending);
        assert!(ending.is_none_or(|ending| !ending.is_clear()), "{line}: {ending:?}");
    }
}

#[test]
fn words_are_no_numerals() {
    assert_eq!(read("Figure In the"), None);
    assert_eq!(read("Figure Viral"), None);
    assert_eq!(roman_value("XIV"), 14);
}

#[test]
fn a_label_on_its_own_line() {
    assert_eq!(label("Figure 3"), ("Figure 3".into(), Ending::Alone));
    assert_eq!(label("Figure 3."), ("Figure 3".into(), Ending::Alone));
    assert_eq!(label("Figure-1A"), ("Figure 1".into(), Ending::Alone), "over a page of its part");
}

#[test]
fn a_figure_may_go_on_from_an_earlier_page() {
    for (line, legend) in [
        ("Figure 2 (continued)", ""),
        ("Figure 2. (Continued).", ""),
        ("Figure 2. Continued", ""),
        ("Fig. 2 (cont.)", ""),
        ("FIGURE 2 | Continued", ""),
        ("Figure 2 (cont'd): Scans", "Scans"),
        ("Figure 2 (continued from previous page). Scans", "Scans"),
        ("Figure 2 (...continued)", ""),
        ("Figure 2 (…continued) Scans", "Scans"),
        ("Figure 2 (contd.) Scans", "Scans"),
        ("Figure 2. (- continued). Scans", "Scans"),
        ("Figure 2: continued from previous page. Scans", "Scans"),
    ] {
        let found = read(&normalise(line)).expect("a label");
        assert!(found.continued && found.ending.is_clear(), "{line}: {found:?}");
        assert_eq!((found.name.as_str(), &normalise(line)[found.length..]), ("Figure 2", legend));
    }
    for line in [
        "Figure 2. Continued fever",
        "Figure 2. Continuous",
        "Figure 2 (continued on next page). A",
    ] {
        assert!(!read(line).expect("a label").continued, "{line}");
    }
}

#[test]
fn pictures_without_number() {
    assert_eq!(label("TOC Figure"), ("TOC Figure".into(), Ending::Alone));
    assert_eq!(label("Table of Contents Graphic"), ("TOC Figure".into(), Ending::Alone));
    assert_eq!(label("Graphical Abstract"), ("Graphical abstract".into(), Ending::Alone));
    assert_eq!(label("g r a p h i c a l a b s t r a c t").0, "Graphical abstract");
    assert_eq!(read("Graphical abstracts are common"), None);
}

proptest! {
    #[test]
    fn any_line_is_read_without_panic(line in "(Fig|Table|Figure|FIGURE|Supp)?[ .]?[0-9IVXS]{0,4}([-–(. ]{0,2}[A-Ca-c][-–),.: ]{0,3}|)\\PC{0,40}") {
        let line = normalise(&line);
        if let Some(label) = read(&line) {
            prop_assert!(line.is_char_boundary(label.length));
            let part = label.part.map_or(0, |part| part.at);
            prop_assert!(line.is_char_boundary(part) && part < line.len());
        }
    }

    #[test]
    fn a_normalised_label_reads_as_itself(
        series in "(Extended Data |Appendix |e)?",
        noun in "(Figure|Table|Scheme)",
        prefix in "[A-HS]?",
        number in 1_u32..999,
        more in "(-figure supplement [1-9])?",
    ) {
        let prefix = if series.starts_with('A') { "" } else { &prefix };
        let name = format!("{series}{noun} {prefix}{number}{more}");
        if let Some(label) = read(&name) {
            prop_assert_eq!((label.name, label.ending), (name, Ending::Alone));
        }
    }

    #[test]
    fn normalising_twice_changes_nothing(text in "(F ?I ?G ?U ?R ?E|\\PC){0,3}[ .]{0,2}[0-9]?\\PC{0,20}") {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
    }
}

/// The part that a line's label names, with what stands from there on.
fn part_of(line: &str) -> Option<(String, String)> {
    let line = normalise(line);
    let part = read(&line)?.part?;
    Some((part.letters, line[part.at..].to_owned()))
}

#[test]
fn a_label_may_name_a_part() {
    for (line, letters, from) in [
        ("Figure 1a: Scans", "a", "a: Scans"),
        ("Figure 1A. Scans", "A", "A. Scans"),
        ("Fig. 2b | Scans", "b", "b | Scans"),
        ("Figure 1-A. Scans", "A", "A. Scans"),
        ("Figure 1–B: Scans", "B", "B: Scans"),
        ("Figure 1.B: Scans", "B", "B: Scans"),
        ("Figure 1 B. Scans", "B", "B. Scans"),
        ("Figure 1 (B) Scans", "B", "(B) Scans"),
        ("Figure 1(b): Scans", "b", "(b): Scans"),
        ("Figure 1A-C. Scans", "A-C", "A-C. Scans"),
        ("Figure 1A and B: Scans", "A and B", "A and B: Scans"),
        ("Figure 1A – Scans", "A", "A – Scans"),
        ("Figure 1A", "A", "A"),
        ("Figure 1 A", "A", "A"),
        ("Figure S2c. Scans", "c", "c. Scans"),
    ] {
        assert_eq!(part_of(line), Some((letters.into(), from.into())), "{line}");
        assert!(label(line).1.is_clear(), "{line}");
    }
    for line in [
        "Figure 1. A. First scan. B. Second",
        "Figure 1 A First scan",
        "Figure 1 A, First scan. B, Second",
        "Figure 1 E. coli under the microscope",
        "Figure 1 - A man of 40 years",
        "Figure 1-Chest CT",
        "Figure 1. (A) First scan",
        "Figure 1A shows",
        "Figure 1 (A) and (B) show",
        "Figure 1st",
        "Figure 2 (continued)",
    ] {
        assert_eq!(part_of(line), None, "{line}");
    }
}

#[test]
fn parts_of_one_figure_come_in_their_order() {
    let of = |line: &str| read(&normalise(line)).expect("a label");
    assert!(of("Figure 1b: Scans").is_further_part_of(&of("Figure 1: Scans")));
    assert!(of("Figure 1-B. Scans").is_further_part_of(&of("Figure 1-A. Scans")));
    assert!(!of("Figure 1a: Scans").is_further_part_of(&of("Figure 1b: Scans")));
    assert!(!of("Figure 2b: Scans").is_further_part_of(&of("Figure 1a: Scans")));
    assert!(!of("Figure 1b").is_further_part_of(&of("Figure 1a: Scans")), "over its page");
    assert!(!of("Figure 1. Scans").is_further_part_of(&of("Figure 1. Scans")));
}
