//! A seat over a small store: the same decisions as at the line prompt, each once.

use std::sync::Arc;
use std::time::Duration;

use super::super::scripted::{Bench, bench_of};
use super::super::{Desk, NotPrinted, QueueOptions, Which};
use super::message::{Action, Asked, Reply, Request, View};
use super::{Leases, Seat};
use crate::store::Store;
use covid_ct_core::{Stage, Symbol};

/// Has `curator` sit down, and do something.
fn sit<T>(
    store: &mut Store,
    curator: &str,
    options: &QueueOptions,
    leases: Option<Arc<Leases>>,
    work: impl FnOnce(&mut Seat<'_>) -> T,
) -> T {
    let mut printer = NotPrinted;
    let which = options.which;
    let desk = Desk::new(store, curator, options, &mut printer);
    work(&mut Seat::new(desk, None, which, leases).expect("a seat"))
}

fn say(seat: &mut Seat<'_>, view: &View, action: Action) -> Reply {
    let request = Request { basis: view.basis, key: view.key.clone(), note: String::new(), action };
    seat.answer(request).expect("a reply")
}

/// Answers, and gives what is asked next.
fn go(seat: &mut Seat<'_>, action: Action) -> View {
    let view = seat.view().expect("a view");
    let reply = say(seat, &view, action);
    assert_eq!(reply.refused, "");
    reply.view.unwrap_or_else(|| panic!("{:?}", reply.doubts))
}

fn select(word: &str) -> Action {
    Action::Select { value: Symbol::new(word) }
}

fn quote(view: &View, answer: Symbol) -> String {
    let Some(Asked::Classify { quotes, .. }) = view.shown.as_ref().map(|shown| &shown.asked) else {
        panic!("no words are asked for: {view:?}");
    };
    let of = quotes.iter().find(|of| of.answer == answer && of.panel.is_none());
    of.expect("quotations").quotes[0].typed.clone()
}

fn accept_case(view: &View) -> Action {
    let Some(Asked::Case { patient, .. }) = view.shown.as_ref().map(|shown| &shown.asked) else {
        panic!("no case is asked: {view:?}");
    };
    let p = patient.clone();
    Action::Case { name: p.name, age: p.age, sex: p.sex, time: p.time, all: false }
}

/// All stages, as far as anything is left.
fn all_stages(seat: &mut Seat<'_>) {
    loop {
        let view = seat.view().expect("a view");
        let Some(stage) = view.stage else { return };
        let action = match stage {
            Stage::Select => {
                let caption = &view.shown.as_ref().expect("shown").caption;
                let is_ct = caption.iter().any(|words| words.kind == "words1");
                select(if is_ct { "ct" } else { "not-ct" })
            }
            Stage::Diagnose => {
                let covid = Symbol::new("covid");
                Action::Classify { panel: None, value: covid, words: quote(&view, covid) }
            }
            Stage::Crop => Action::Crop { edits: Vec::new(), certain: true },
            Stage::Case => accept_case(&view),
            Stage::Question(_) => panic!("no such question: {view:?}"),
        };
        go(seat, action);
    }
}

/// Values, evidence and words of all decisions in force.
fn decided(bench: &Bench) -> Vec<String> {
    let mut told = Vec::new();
    for &stage in Stage::all() {
        for d in bench.store.decisions_in_force(stage).expect("decisions") {
            let value = d.value.map(|value| value.to_string());
            told.push(format!("{stage} {value:?} {:?} {} {}", d.evidence, d.span, d.note));
        }
    }
    told.extend(bench.store.labelled_panels().expect("panels").into_iter().map(|p| {
        format!("{} {} {} {:?} {:?}", p.bounds, p.letter, p.sub_caption, p.case, p.scan_time)
    }));
    told
}

#[test]
fn all_stages_are_as_at_the_prompt() {
    let mut scripted = Bench::new();
    scripted.type_as("ann", None, "c\nn\nc\n\n\n\n\n\n\n\n\n\n");
    let mut seated = Bench::new();
    sit(&mut seated.store, "ann", &QueueOptions::default(), None, all_stages);
    assert_eq!(decided(&seated), decided(&scripted));
    assert_eq!(seated.store.decisions().expect("decisions").len(), 6);
}

#[test]
fn an_answer_that_comes_again_is_stored_once_also_by_another_seat() {
    let mut bench = Bench::new();
    let options = QueueOptions::default();
    let first = sit(&mut bench.store, "ann", &options, None, |seat| {
        let view = seat.view().expect("a view");
        let ct = select("ct");
        say(seat, &view, ct.clone());
        let again = say(seat, &view, ct);
        assert_eq!(again.told, "stored already");
        let other = say(seat, &view, select("not-ct"));
        assert!(other.refused.contains("not stored"), "{other:?}");
        view
    });
    sit(&mut bench.store, "ann", &options, None, |seat| {
        let again = say(seat, &first, select("ct"));
        assert_eq!(again.told, "stored already");
        let view = seat.view().expect("a view");
        let undone = say(seat, &view, Action::Undo);
        assert!(undone.told.contains("undone: select ct"), "{undone:?}");
        assert_eq!(say(seat, &view, Action::Undo).told, "stored already");
    });
    assert_eq!(bench.store.decisions().expect("decisions").len(), 2);
}

#[test]
fn doubts_are_told_before_boxes_are_stored_and_edits_are_those_of_the_prompt() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Diagnose, "c\n\n");
    let panels = |reply: &Reply| {
        let panels = reply.panels.as_ref().expect("panels");
        panels.iter().map(|panel| panel.bounds).collect::<Vec<_>>()
    };
    sit(&mut bench.store, "ann", &QueueOptions::default(), None, |seat| {
        let view = seat.view().expect("a view");
        let edits = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        let shown = say(seat, &view, Action::Edit { edits: edits(&["w"]) });
        assert_eq!(panels(&shown), [[0, 0, 308, 130]]);
        let shown = say(seat, &view, Action::Edit { edits: edits(&["w", "x 1 | 100", "r"]) });
        assert_eq!(panels(&shown).len(), 2);
        let wrong = say(seat, &view, Action::Edit { edits: edits(&["d 9"]) });
        assert!(wrong.refused.contains("there is no panel 9"), "{wrong:?}");
        let crop = |certain| Action::Crop { edits: edits(&["w"]), certain };
        let doubted = say(seat, &view, crop(false));
        assert!(doubted.doubts[0].contains("1 box"), "{doubted:?}");
        let stored = say(seat, &view, crop(true));
        assert_eq!(stored.view.expect("a view").stage, Some(Stage::Case));
    });
    assert_eq!(bench.values(Stage::Crop), ["0,0,308,130"]);
}

#[test]
fn panels_of_a_paper_are_grouped_and_a_group_is_taken_back_at_once() {
    let mut bench = Bench::new();
    bench.run(Stage::Select, "c\nn\n");
    bench.run(Stage::Diagnose, "c\n\n");
    bench.run(Stage::Crop, "\n");
    let told = sit(&mut bench.store, "ann", &QueueOptions::default(), None, |seat| {
        let view = seat.view().expect("a view");
        let Some(Asked::Case { panels, .. }) = view.shown.map(|shown| shown.asked) else {
            panic!("no case is asked");
        };
        let panels: Vec<i64> = panels.iter().map(|panel| panel.panel.id).collect();
        let view = go(seat, Action::Group { panels, name: "Twin".into() });
        assert_eq!(view.stage, None);
        let view = go(seat, Action::Undo);
        assert_eq!((view.stage, view.done), (Some(Stage::Case), 0));
        seat.summary()
    });
    assert_eq!((told.decided, told.undone), (0, 2));
}

#[test]
fn a_blind_reader_is_told_nothing_of_what_others_said() {
    let mut bench = Bench::new();
    bench.type_as("secretive", None, "# odd\nc\nn\nc\nimage my words\n\nDoe\n77\n\n\n\n\n\n\n");
    let which = Which::SecondReading(1.0);
    let options = QueueOptions { which, ..QueueOptions::default() };
    sit(&mut bench.store, "bob", &options, None, |seat| {
        loop {
            let view = seat.view().expect("a view");
            let history = say(seat, &view, Action::History);
            let sent = format!("{view:?} {history:?}");
            for told in ["secretive", "odd", "my words", "Doe", "77"] {
                assert!(!sent.contains(told), "{told}: {sent}");
            }
            match view.stage {
                None => break,
                Some(Stage::Case) => {
                    go(seat, accept_case(&view));
                }
                Some(_) => {
                    go(seat, Action::Skip);
                }
            }
        }
    });
}

#[test]
fn papers_are_at_one_curators_hand_and_nothing_is_asked_twice() {
    let mut bench = bench_of(|store| {
        use super::super::scripted::{CT_CAPTION, figure, picture};
        let pixels = image::GrayImage::from_pixel(200, 200, image::Luma([9]));
        let images = vec![picture(store, 1, &[1], &pixels), picture(store, 2, &[2], &pixels)];
        (images, vec![figure("Figure 1", CT_CAPTION, 1, 0), figure("Figure 2", CT_CAPTION, 2, 1)])
    });
    let options = QueueOptions::default();
    let leases = Arc::new(Leases::new(Duration::from_mins(10)));
    sit(&mut bench.store, "ann", &options, Some(Arc::clone(&leases)), |seat| {
        go(seat, select("not-ct"));
    });
    sit(&mut bench.store, "bob", &options, Some(Arc::clone(&leases)), |seat| {
        let view = seat.view().expect("a view");
        assert_eq!(view.stage, None);
        assert!(view.told[0].contains("ann has at hand"), "{view:?}");
    });
    leases.keep(&[], "ann");
    sit(&mut bench.store, "bob", &options, Some(leases), |seat| {
        let view = seat.view().expect("a view");
        assert_eq!((view.stage, view.total - view.done), (Some(Stage::Select), 1));
        assert_eq!(go(seat, select("not-ct")).stage, None);
    });
    let decided = bench.store.decisions().expect("decisions");
    let by: Vec<&str> = decided.iter().map(|decision| decision.curator.as_str()).collect();
    assert_eq!(by, ["ann", "bob"]);
}
