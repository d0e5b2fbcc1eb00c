//! `covid-ct curators` and `covid-ct history`, on decisions of three curators.

use crate::common::{Project, extraction, figure_on, image_on, text};
use covid_ct::store::{NewDecision, NewPanel, Source, Subject};
use covid_ct_core::{Evidence, PanelBox, Stage, Value};

const PANEL: PanelBox = PanelBox { x: 0, y: 0, w: 20, h: 20 };

/// Four pictures of one paper; ann and bob disagree on the last, cat joins late and takes one back.
fn project() -> Project {
    let project = Project::new();
    let mut store = project.store();
    let pictures = (0..4_u32)
        .map(|n| {
            let object = store.objects().put(&n.to_le_bytes(), "png").expect("object");
            image_on(2, n + 7, object, (40, 20))
        })
        .collect();
    let found = extraction("2020.01.01.1", pictures, vec![figure_on(2, "Figure 1. CT.")]);
    store.record(&found, Source::Pdf).expect("recorded");
    let images: Vec<i64> = store.images().expect("images").iter().map(|image| image.id).collect();
    let mut second = 0;
    let mut decide = |subject, stage, curator: &str, value: Option<Value>, note: &str| {
        second += 10;
        let new = NewDecision {
            stage,
            subject,
            evidence: value.is_some().then_some(Evidence::Caption),
            span: if value.is_some() { "a chest CT".into() } else { String::new() },
            value,
            curator: curator.into(),
            time: format!("2020-05-01T10:{:02}:{:02}Z", second / 60, second % 60),
            note: note.into(),
            adjudicates: false,
        };
        store.decide(&new).expect("decided");
    };
    let select = |word| Some(Value::answer(Stage::Select, word));
    let (ct, not_ct) = (select("ct"), select("not-ct"));
    for (curator, last) in [("ann", &ct), ("bob", &not_ct)] {
        for (n, &image) in images.iter().enumerate() {
            let value = [&ct, &ct, &not_ct, last][n].clone();
            decide(Subject::image(image), Stage::Select, curator, value, "");
        }
    }
    decide(Subject::image(images[0]), Stage::Select, "cat", not_ct, "in haste");
    decide(Subject::image(images[0]), Stage::Select, "cat", None, "");
    let crop = Some(Value::Crop(vec![PANEL, PanelBox { x: 20, ..PANEL }]));
    decide(Subject::image(images[0]), Stage::Crop, "cat", crop, "");
    let panel = store
        .panel(&NewPanel {
            image: images[0],
            bounds: PANEL,
            letter: "A".into(),
            sub_caption: String::new(),
            proposed_by: "auto".into(),
        })
        .expect("panel");
    store
        .decide(&NewDecision {
            stage: Stage::Diagnose,
            subject: Subject::panel(images[0], panel),
            value: Some(Value::answer(Stage::Diagnose, "covid")),
            evidence: None,
            span: String::new(),
            curator: "ann".into(),
            time: "2020-05-01T11:00:00Z".into(),
            note: String::new(),
            adjudicates: false,
        })
        .expect("decided");
    project
}

fn json(project: &Project, args: &[&str]) -> serde_json::Value {
    let out = project.command(args.iter().copied()).assert().success();
    serde_json::from_slice(&out.get_output().stdout).expect("JSON")
}

#[test]
fn curators_are_told_with_their_agreement() {
    let project = project();
    let told = json(&project, &["curators", "--json"]);
    let curators = told["curators"].as_array().expect("curators");
    let names: Vec<&str> = curators.iter().filter_map(|c| c["curator"].as_str()).collect();
    assert_eq!(names, ["ann", "bob", "cat"]);
    assert_eq!(curators[0]["in_force"]["select"], 4);
    assert_eq!(
        (&curators[2]["undone"], &curators[2]["in_force"]["select"]),
        (&1.into(), &0.into())
    );
    // An hour's pause before ann's last decision does not count.
    assert_eq!(curators[0]["median_seconds"], 10.0);
    // Three of four the same; by chance 3/4 * 1/2 + 1/4 * 1/2 = 1/2.
    let pairs = told["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), 2, "select, and all stages: {pairs:?}");
    assert_eq!((&pairs[0]["stage"], &pairs[1]["stage"]), (&"select".into(), &().into()));
    assert_eq!(
        (&pairs[0]["kappa"]["subjects"], &pairs[0]["kappa"]["value"]),
        (&4.into(), &0.5.into())
    );
    assert_eq!(told["together"][0]["alpha"]["subjects"], 4);
    assert_eq!(told, json(&project, &["curators", "--json"]), "it repeats");

    let out = project.command(["curators"]).assert().success();
    let out = text(&out.get_output().stdout);
    assert!(out.contains("ann, bob") && out.contains("kappa 0.50"), "{out}");
    assert!(out.contains("pauses of more than 5 minutes are not counted"), "{out}");
}

#[test]
fn nobody_has_decided_anything() {
    let project = Project::new();
    drop(project.store());
    let out = project.command(["curators"]).assert().success();
    assert!(text(&out.get_output().stdout).contains("nobody has decided"));
}

#[test]
fn a_picture_tells_its_history_with_what_was_taken_back() {
    let project = project();
    for name in ["2020.01.01.1-p1-7.png", "2020.01.01.1-p1-7", "2020.01.01.1:p2:x7"] {
        let told = json(&project, &["history", name, "--json"]);
        let events = told[0]["events"].as_array().expect("events");
        assert_eq!(events.len(), 6, "{name}: {events:?}");
        assert_eq!(
            (&events[2]["value"], &events[2]["in_force"]),
            (&"not-ct".into(), &false.into())
        );
        assert_eq!((&events[3]["value"], &events[3]["took_back"]), (&().into(), &"not-ct".into()));
        assert_eq!(
            (&events[0]["quote"], &events[2]["note"]),
            (&"a chest CT".into(), &"in haste".into())
        );
        assert_eq!(events[5]["panel"], "0,0,20,20");
    }
    // The second panel shares what was said of the picture, and nothing else.
    for name in ["2020.01.01.1-p1-7%1.png", "2020.01.01.1:p2:x7:20,0,20,20"] {
        let told = json(&project, &["history", name, "--json"]);
        assert_eq!(told[0]["panel"], "20,0,20,20");
        assert_eq!(told[0]["events"].as_array().map(Vec::len), Some(5), "{told}");
    }
    let out = project.command(["history", "2020.01.01.1:p2:x7"]).assert().success();
    let out = text(&out.get_output().stdout);
    assert!(out.contains("cat  select  took back: not-ct"), "{out}");
    assert!(out.contains("caption: “a chest CT”") && out.contains("note: in haste"), "{out}");
}

#[test]
fn a_name_nobody_has_is_an_error_that_says_what_was_expected() {
    let project = project();
    for name in ["2020.01.01.1-p1-99", "2020.01.01.1-p1-7%5", "x"] {
        let out = project.command(["history", name]).assert().code(2);
        let error = text(&out.get_output().stderr);
        assert!(error.contains("expected") || error.contains("count from 0"), "{error}");
    }
}
