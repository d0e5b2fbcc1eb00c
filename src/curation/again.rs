//! Sessions in which something is asked again, undone or doubted, driven by scripts.

use image::{GrayImage, Luma};

use super::scripted::{Bench, bench_of, figure, picture};
use super::*;
use crate::store::{NewDecision, Subject, Within};
use covid_ct_core::{Label, Stage, Value};

pub(super) const PLAIN_CAPTION: &str =
    "Figure 1. Chest CT of a 39-year-old man with COVID-19 on day 3 after onset.";

/// A figure of three rows of four scans, which show gutters or do not.
pub(super) fn twelve(caption: &'static str, gutter: u32) -> Bench {
    let (w, h) = (120 + gutter, 100 + gutter);
    let pixels = GrayImage::from_fn(4 * w - gutter, 3 * h - gutter, |x, y| {
        let (inside, below) = (x % w, y % h);
        let is_gutter = inside >= 120 || below >= 100;
        Luma([if is_gutter { 255 } else { ((inside * 7 + below * 3) % 160) as u8 }])
    });
    bench_of(|store| {
        (vec![picture(store, 8, &[3], &pixels)], vec![figure("Figure 1", caption, 3, 0)])
    })
}

fn decided() -> QueueOptions {
    QueueOptions { which: Which::Decided, ..QueueOptions::default() }
}

fn again(bench: &mut Bench, stage: Stage, script: &str) -> (Summary, String) {
    bench.type_with(&decided(), "ann", Some(stage), script)
}

fn count(bench: &Bench) -> usize {
    bench.store.decisions().expect("decisions").len()
}

/// Two panels, each with a diagnosis and a patient of its own.
fn all_decided() -> Bench {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    bench.run(Stage::Diagnose, "1=c\n\n2=n\nimage clear lungs\n");
    bench.run(Stage::Case, "\n\n\n\nTwin\n-\n-\n\n");
    bench
}

#[test]
fn every_stage_asked_again_shows_what_is_in_force_and_enter_changes_nothing() {
    let mut bench = all_decided();
    let (before, rows) = (count(&bench), bench.store.case_history().expect("cases").len());
    for (stage, enters, shown_of_it) in [
        (Stage::Select, 2, "Enter keeps ct"),
        (Stage::Crop, 1, "Enter keeps 2 boxes"),
        (Stage::Diagnose, 1, "panel 2: non-covid by ann"),
        (Stage::Case, 2, "Enter keeps Twin @ Day 9 after onset"),
    ] {
        let (summary, shown) = again(&mut bench, stage, &"\n".repeat(enters));
        assert!(shown.contains("in force") && shown.contains(shown_of_it), "{stage}: {shown}");
        assert_eq!((summary.kept, summary.decided), (enters, 0), "{stage}: {shown}");
        assert_eq!(summary.ended, Ended::Finished, "{stage}: {shown}");
    }
    assert_eq!(count(&bench), before, "nothing is written where nothing changes");
    assert_eq!(bench.store.case_history().expect("cases").len(), rows);
}

#[test]
fn what_was_kept_can_be_gone_back_to() {
    let mut bench = all_decided();
    let before = count(&bench);
    let (summary, shown) = again(&mut bench, Stage::Select, "\nu\n\n\n");
    assert!(shown.contains("back to the select that was kept"), "{shown}");
    assert_eq!((summary.kept, count(&bench)), (2, before));
}

#[test]
fn a_crop_asked_again_opens_with_the_stored_boxes_and_letters() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "= 2 160,3,140,120\nl 1 C\n\n");
    let stored = bench.values(Stage::Crop);
    let before = count(&bench);
    let (_, shown) = again(&mut bench, Stage::Crop, "\n");
    assert!(shown.contains("0,0,150,130  C") && shown.contains("160,3,140,120  B"), "{shown}");
    assert_eq!((bench.values(Stage::Crop), count(&bench)), (stored, before));
    // Another letter alone is a change, and an undo gives the old one back.
    let letters = |bench: &Bench| -> Vec<String> {
        let panels = bench.store.labelled_panels().expect("panels").into_iter();
        panels.map(|panel| panel.letter).collect()
    };
    again(&mut bench, Stage::Crop, "l 1 A\n\n");
    assert_eq!(letters(&bench), ["A", "B"]);
    again(&mut bench, Stage::Crop, "l 1 D\n\n");
    assert_eq!(letters(&bench), ["D", "B"]);
}

#[test]
fn an_undone_crop_opens_with_what_was_undone_and_enter_says_it_again() {
    let mut bench = Bench::new();
    let (summary, shown) =
        bench.type_as("ann", None, "c\nn\nc\n\nd 2\n= 1 3,3,140,120\n\nu\n\nq\n");
    assert!(shown.contains("taken back"), "{shown}");
    assert!(shown.contains("Enter/a"), "{shown}");
    assert_eq!(bench.values(Stage::Crop), ["3,3,140,120"], "{shown}");
    assert_eq!(summary.undone, 1);
}

#[test]
fn an_undo_that_leaves_an_older_word_in_force_asks_with_that() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    again(&mut bench, Stage::Select, "n\nq\n");
    let before = count(&bench);
    // From another session, in which nothing is open.
    bench.run(Stage::Select, "");
    let (_, shown) = bench.type_as("ann", None, "u\n\nq\n");
    assert!(!shown.contains("undone"), "nothing is asked, so nothing can be undone: {shown}");
    let (_, shown) = again(&mut bench, Stage::Select, "u\n\nq\n");
    assert!(shown.contains("undone: select not-ct; in force again: ct"), "{shown}");
    assert!(shown.contains("Enter keeps ct"), "{shown}");
    assert_eq!(count(&bench), before + 2, "a withdrawal, and the older word again");
    assert_eq!(bench.values(Stage::Select), ["not-ct", "ct"]);
}

#[test]
fn a_box_that_merely_moved_keeps_its_decisions() {
    let mut bench = all_decided();
    let (_, shown) = again(&mut bench, Stage::Crop, "= 1 4,2,140,126\n\n");
    assert!(!shown.contains("Store it anyway?"), "nothing is lost: {shown}");
    let panels = bench.store.labelled_panels().expect("panels");
    let told: Vec<_> = panels.iter().map(|p| (p.bounds.x, p.label, p.case.as_deref())).collect();
    assert_eq!(
        told,
        [(4, Some(Label::COVID), Some("Patient 1")), (158, Some(Label::NON_COVID), Some("Twin"))]
    );
    assert!(panels.iter().all(|panel| !panel.conflict));
    let said = bench.store.decisions_in_force(Stage::Diagnose).expect("decisions");
    assert!(said.iter().all(|decision| decision.curator == "ann" && !decision.span.is_empty()));
    // Changed there and moved back, the change goes with it.
    again(&mut bench, Stage::Diagnose, "1=n\nimage clear lungs\nq\n");
    again(&mut bench, Stage::Crop, "= 1 0,0,150,130\n\n");
    let panels = bench.store.labelled_panels().expect("panels");
    assert!(panels.iter().all(|panel| panel.label == Some(Label::NON_COVID)));
}

#[test]
fn panels_with_decisions_go_only_when_that_was_told_and_meant() {
    let mut bench = all_decided();
    let stored = bench.values(Stage::Crop);
    let (_, shown) = again(&mut bench, Stage::Crop, "d 2\n\nno\nq\n");
    assert!(
        shown.contains("panel 2 (158,0,150,130): non-covid, Twin @ Day 9 after onset"),
        "{shown}"
    );
    assert_eq!(bench.values(Stage::Crop), stored, "not meant so");
    again(&mut bench, Stage::Crop, "d 2\n\ny\n");
    assert_eq!(bench.values(Stage::Crop), ["0,0,150,130"]);
}

#[test]
fn no_scans_in_what_was_called_a_ct_is_asked_once_more() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let (_, shown) = bench.run(Stage::Crop, "c\n\nc\nq\n");
    assert!(shown.contains("No scans: ann called this picture a CT."), "{shown}");
    assert_eq!(bench.values(Stage::Crop), Vec::<String>::new());
    bench.run(Stage::Crop, "c\n\ny\n");
    assert_eq!(bench.values(Stage::Crop), [""]);
}

#[test]
fn u_takes_back_the_last_edit_before_the_decision_before() {
    let mut bench = Bench::new();
    let script = "c\nn\nc\n\nd 1\nx 2 | 200\nu\nu\nu\nq\n";
    let (summary, shown) = bench.type_as("ann", None, script);
    assert_eq!(summary.undone, 1, "two edits, then the diagnosis: {shown}");
    assert!(shown.contains("undone: diagnose covid"), "{shown}");
    assert_eq!(bench.values(Stage::Select).len(), 2);
}

#[test]
fn boxes_that_contradict_the_caption_or_their_pixels_are_told_before_they_are_stored() {
    let caption =
        "Figure 1. CT. (A) a (B) b (C) c (D) d (E) e (F) f (G) g (H) h (I) i (J) j (K) k (L) l.";
    let mut bench = twelve(caption, 0);
    bench.run(Stage::Select, "c\n");
    let (_, shown) = bench.run(Stage::Crop, "w\n\nq\n");
    assert!(shown.contains("1 box, the caption names 12 panels (A-L)."), "{shown}");
    assert_eq!(bench.values(Stage::Crop), Vec::<String>::new());
    bench.run(Stage::Crop, "grid 3x4\n\n");
    let letters: String =
        bench.store.labelled_panels().expect("panels").into_iter().map(|p| p.letter).collect();
    assert_eq!(letters, "ABCDEFGHIJKL");

    let mut bench = twelve(PLAIN_CAPTION, 8);
    bench.run(Stage::Select, "c\n");
    let (_, shown) = bench.run(Stage::Crop, "m 1 2\n\nq\n");
    assert!(shown.contains("Panel 1 looks like 2 scans."), "{shown}");
    assert_eq!(bench.values(Stage::Crop), Vec::<String>::new());
}

#[test]
fn a_grid_and_a_case_of_twelve_panels_take_few_keys() {
    let mut bench = twelve(PLAIN_CAPTION, 0);
    bench.run(Stage::Select, "c\n");
    let (grid, case) = ("grid 3x4\n\n", "*\n");
    assert!(grid.len() <= 15 && case.len() <= 3);
    bench.run(Stage::Crop, grid);
    let (summary, shown) = bench.run(Stage::Case, case);
    assert_eq!((summary.ended, summary.decided), (Ended::Finished, 12), "{shown}");
    let panels = bench.store.labelled_panels().expect("panels");
    assert_eq!(panels.len(), 12);
    for panel in &panels {
        assert_eq!(panel.case.as_deref(), Some("Patient 1"));
        assert_eq!(panel.scan_time.as_deref(), Some("day 3 after onset"));
    }
    assert_eq!(bench.store.cases().expect("cases")[0].details.age, "39");
    // One step for an undo.
    let (_, shown) = again(&mut bench, Stage::Case, "u\nq\n");
    assert!(shown.contains("undone: case Patient 1"), "another session knows no batch: {shown}");
}

#[test]
fn panels_of_one_picture_keep_their_own_times() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Crop, "\n");
    let (_, shown) = bench.run(Stage::Case, "*\n");
    assert!(shown.contains("* all 2 panels"), "{shown}");
    let panels = bench.store.labelled_panels().expect("panels");
    let times: Vec<_> = panels.iter().map(|panel| panel.scan_time.as_deref()).collect();
    assert_eq!(times, [Some("Day 2 after onset"), Some("Day 9 after onset")]);
}

#[test]
fn a_picture_is_cropped_first_where_its_panels_differ() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    let (summary, shown) = bench.run(Stage::Diagnose, "k\n\n1=c\n\n2=n\nimage clear lungs\n");
    assert_eq!((summary.ended, summary.decided), (Ended::Finished, 3), "{shown}");
    let labels: Vec<_> =
        bench.store.labelled_panels().expect("panels").iter().map(|p| p.label).collect();
    assert_eq!(labels, [Some(Label::COVID), Some(Label::NON_COVID)]);
}

#[test]
fn a_stage_tells_in_lines_that_it_begins() {
    let mut bench = Bench::new();
    let (_, shown) = bench.type_as("ann", None, "c\nn\nc\n\nq\n");
    assert!(shown.contains("── now: crop ─"), "{shown}");
    assert!(shown.contains("Which boxes of the picture are single scans?"), "{shown}");
}

/// Whatever a reader calls the patients: what is shown, what Enter keeps and what is typed are the same names.
#[test]
fn asked_again_a_reader_of_other_names_sees_and_types_those_in_all() {
    let mut bench = all_decided();
    let panels = bench.store.labelled_panels().expect("panels");
    let cases: Vec<String> = panels.iter().map(|p| p.case.clone().expect("a case")).collect();
    let subjects: Vec<Subject> = panels.iter().map(|p| Subject::panel(p.image, p.id)).collect();
    let said = |bench: &Bench| -> Vec<Option<Value>> {
        let in_force = bench.store.decisions_in_force(Stage::Case).expect("decisions");
        let of = |subject: &Subject| {
            in_force.iter().find(|d| d.curator == "bob" && d.subject == *subject)
        };
        subjects.iter().map(|subject| of(subject).and_then(|d| d.value.clone())).collect()
    };
    // Who is who is the same; what they are called is not.
    for (subject, name) in subjects.iter().zip(cases.iter().rev()) {
        let value = Some(Value::Case { name: name.clone(), time: None });
        let new = NewDecision {
            stage: Stage::Case,
            subject: *subject,
            value,
            evidence: None,
            span: String::new(),
            curator: "bob".into(),
            time: "2030-01-01T00:00:00Z".into(),
            note: String::new(),
            adjudicates: false,
        };
        bench.store.decide(&new).expect("decided");
    }
    let before = said(&bench);
    let script = format!("{}\n\n\n\n\nq\n", cases[0]);
    let (_, shown) = bench.type_with(&decided(), "bob", Some(Stage::Case), &script);
    assert!(shown.contains(&format!("{} by bob", cases[0])), "{shown}");
    assert!(shown.contains(&format!("Enter keeps {}", cases[0])), "{shown}");
    assert_eq!(said(&bench), before, "{shown}");
    assert_eq!(bench.store.patients(Within::All).expect("patients").len(), 2);
}

#[test]
fn an_undo_reaches_no_decision_on_a_paper_that_is_not_asked_about() {
    let mut bench = all_decided();
    let before = count(&bench);
    let mut printer = NotPrinted;
    let elsewhere = QueueOptions::of_papers(&["another".to_owned()]);
    let mut desk = Desk::new(&mut bench.store, "ann", &elsewhere, &mut printer);
    assert_eq!(desk.undo().expect("undone").to_string(), "there is nothing to undo");
    let mut desk = Desk::new(&mut bench.store, "ann", &QueueOptions::default(), &mut printer);
    assert!(desk.undo().expect("undone").to_string().starts_with("undone: case"));
    assert_eq!(count(&bench), before + 1);
}
