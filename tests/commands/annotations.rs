//! `covid-ct annotations export|import`: what was decided, as text and back.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Project, extraction, files, grey_object, image_on, skipped, text};
use covid_ct::document::{Extraction, PaperMeta};
use covid_ct::store::{
    Case, CaseDetails, NamedSplit, NewDecision, NewPanel, Source, Store, Subject,
};
use covid_ct_core::{Evidence, PanelBox, Split, Stage, Value};

const LEFT: PanelBox = PanelBox { x: 0, y: 0, w: 50, h: 80 };
const RIGHT: PanelBox = PanelBox { x: 50, y: 0, w: 50, h: 80 };

/// Papers `a` and `b`, each of one page with two pictures of 100 x 80 pixels.
fn ingest(project: &Project) {
    let mut store = project.store();
    for name in ["a", "b"] {
        let image = |xref: u32| {
            let bytes = format!("{name}{xref}");
            let object = store.objects().put(bytes.as_bytes(), "png").expect("put");
            image_on(2, xref, object, (100, 80))
        };
        let found = Extraction {
            paper: PaperMeta { name: name.into(), version: "1".into(), ..PaperMeta::default() },
            ..extraction(name, vec![image(7), image(9)], Vec::new())
        };
        store.record(&found, Source::Pdf).expect("recorded");
    }
}

fn decide(store: &Store, subject: Subject, time: &str, stage: &str, value: Option<Value>) {
    let evidence = (stage == "diagnose").then_some(Evidence::Caption);
    store
        .decide(&NewDecision {
            stage: stage.parse().expect("stage"),
            subject,
            value,
            evidence,
            span: evidence.map_or("", |_| "of \"patient 1\", shown\nhere").into(),
            curator: "ann".into(),
            time: time.into(),
            note: String::new(),
            adjudicates: false,
        })
        .expect("decided");
}

/// Labels the first picture of paper `a`, changing her mind within a second, and splits it.
fn label(project: &Project) {
    let mut store = project.store();
    let picture = store.images().expect("images")[0].clone();
    let subject = Subject::image(picture.id);
    let panels = [LEFT, RIGHT].map(|bounds| {
        let new = NewPanel {
            image: picture.id,
            bounds,
            letter: "A".into(),
            sub_caption: String::new(),
            proposed_by: "ann".into(),
        };
        store.panel(&new).expect("panel")
    });
    let (covid, healthy) =
        (Value::answer(Stage::Diagnose, "covid"), Value::answer(Stage::Diagnose, "non-covid"));
    let early = "2020-03-27T12:00:00Z";
    decide(&store, subject, early, "select", Some(Value::answer(Stage::Select, "ct")));
    decide(&store, subject, early, "crop", Some(Value::Crop(vec![LEFT, RIGHT])));
    for value in [Some(covid.clone()), None, Some(healthy), Some(covid)] {
        decide(&store, subject, early, "diagnose", value);
    }
    let case = Value::Case { name: "Patient 1".into(), time: Some("day 6".into()) };
    let right = Subject::panel(picture.id, panels[1]);
    decide(&store, right, "2020-03-27T12:00:05Z", "case", Some(case));
    for age in ["41", "42"] {
        store
            .add_case(&Case {
                preprint: picture.preprint,
                name: "Patient 1".into(),
                details: CaseDetails { age: age.into(), ..CaseDetails::default() },
                curator: "ann".into(),
                time: early.into(),
            })
            .expect("case");
    }
    let split = NamedSplit {
        name: "mine".into(),
        how: serde_json::json!({"by": "patient", "seed": 1}),
        parts: vec![(panels[0], Split::Train), (panels[1], Split::Test)],
    };
    store.save_split(&split).expect("split");
}

fn labelled() -> Project {
    let project = Project::new();
    ingest(&project);
    label(&project);
    project
}

fn fresh() -> Project {
    let project = Project::new();
    ingest(&project);
    project
}

fn export(project: &Project, folder: &str) {
    let folder = project.path(folder);
    project.command(["annotations", "export"]).arg(folder).assert().success();
}

fn import(project: &Project, from: &Project) -> assert_cmd::assert::Assert {
    project.command(["annotations", "import"]).arg(from.path("annotations")).assert()
}

/// Replaces text in one of the exported files.
fn edit(project: &Project, file: &str, old: &str, new: &str) {
    let path = project.path("annotations").join(file);
    let before = fs::read_to_string(&path).expect("file");
    assert!(before.contains(old), "{file} has no '{old}': {before}");
    fs::write(path, before.replace(old, new)).expect("written");
}

#[test]
fn what_was_exported_imports_to_the_same_bytes() {
    let (project, rebuilt) = (labelled(), fresh());
    export(&project, "annotations");
    let printed = import(&rebuilt, &project).success();
    let out = text(&printed.get_output().stdout);
    assert!(out.contains("pictures matched: 1 by SHA-256, 0 by"), "{out}");
    assert!(out.contains("decisions: 7 added"), "{out}");
    export(&rebuilt, "annotations");
    assert_eq!(files(&project.path("annotations")), files(&rebuilt.path("annotations")));
    let what_counts = |project: &Project| -> Vec<_> {
        let panels = project.store().labelled_panels().expect("panels");
        panels.into_iter().map(|p| (p.bounds, p.letter, p.label, p.case, p.scan_time)).collect()
    };
    assert_eq!(what_counts(&project), what_counts(&rebuilt));
    assert_eq!(rebuilt.store().cases().expect("cases")[0].details.age, "42", "the newest");
}

/// A name that a spreadsheet would run is written as text and is the same name when it is read; what would steer a
/// terminal is dropped.
#[test]
fn formulas_are_written_as_text_and_control_characters_dropped() {
    let (project, read, again) = (labelled(), fresh(), fresh());
    export(&project, "annotations");
    for file in ["decisions.csv", "cases.csv"] {
        edit(&project, file, ",ann,", ",@ann(1)\u{1b}[2J,");
    }
    import(&read, &project).success();
    let curators = read.store().curators().expect("curators");
    assert_eq!(curators, ["@ann(1)[2J"]);
    export(&read, "annotations");
    let written = fs::read_to_string(read.path("annotations/decisions.csv")).expect("file");
    assert!(written.contains(",'@ann(1)[2J,") && !written.contains(",@ann"), "{written}");
    import(&again, &read).success();
    export(&again, "annotations");
    assert_eq!(files(&read.path("annotations")), files(&again.path("annotations")));
}

#[test]
fn short_quotes_keep_what_was_decided_without_the_papers_sentences() {
    let (project, rebuilt) = (labelled(), fresh());
    let store = project.store();
    let picture = store.images().expect("images")[1].clone();
    let sentence = "Chest CT of a woman with COVID-19 on admission.";
    let bounds = LEFT;
    let panel = NewPanel {
        image: picture.id,
        bounds,
        letter: "A".into(),
        sub_caption: sentence.into(),
        proposed_by: "auto".into(),
    };
    store.panel(&panel).expect("panel");
    for (evidence, span) in [
        (Evidence::Caption, sentence),
        (Evidence::Caption, "with COVID-19"),
        (Evidence::Image, "a strip of one scan, which the PDF stores in pieces"),
    ] {
        let decision = NewDecision {
            stage: covid_ct_core::Stage::Diagnose,
            subject: Subject::image(picture.id),
            value: Some(Value::answer(Stage::Diagnose, "covid")),
            evidence: Some(evidence),
            span: span.into(),
            curator: "ann".into(),
            time: "2020-03-27T12:00:00Z".into(),
            note: String::new(),
            adjudicates: false,
        };
        store.decide(&decision).expect("decided");
    }
    let case = |severity: &str| Case {
        preprint: picture.preprint,
        name: "Patient 2".into(),
        details: CaseDetails {
            age: "50".into(),
            severity: severity.into(),
            medical_history: "a smoker".into(),
            ..CaseDetails::default()
        },
        curator: "ann".into(),
        time: "2020-03-27T12:00:00Z".into(),
    };
    store.add_case(&case("She was short of breath on admission and got oxygen.")).expect("case");
    let folder = project.path("annotations");
    let export_short = |project: &Project, folder: &str| {
        let folder = project.path(folder);
        project.command(["annotations", "export", "--short-quotes"]).arg(folder).assert().success();
    };
    export_short(&project, "annotations");
    let written = files(&folder);
    let all: String = written.iter().map(|(_, bytes)| text(bytes)).collect();
    assert!(!all.contains("on admission"), "{all}");
    assert!(all.contains(",caption,with COVID-19,") && all.contains("stores in pieces"), "{all}");

    import(&rebuilt, &project).success();
    export(&rebuilt, "annotations");
    assert_eq!(files(&rebuilt.path("annotations")), written);
    // Where the sentences are still known, rows without them are nothing new.
    let again = import(&project, &project).success();
    let out = text(&again.get_output().stdout);
    assert!(out.contains("decisions: 0 added, 10"), "{out}");
    assert_eq!(text(&again.get_output().stderr), "");
    export(&project, "whole");
    let whole: String = files(&project.path("whole")).iter().map(|(_, b)| text(b)).collect();
    assert_eq!(whole.matches("on admission").count(), 3, "quotation, sub-caption and history");
    assert!(whole.contains("a smoker") && all.contains("a smoker"), "{all}");
}

#[test]
fn importing_again_adds_nothing() {
    let project = labelled();
    export(&project, "annotations");
    let out = text(&import(&project, &project).success().get_output().stdout);
    for line in
        ["decisions: 0 added, 7", "panels: 0 added, 2", "cases: 0 added, 2", "splits: 0 added, 1"]
    {
        assert!(out.contains(line), "{line} is not in: {out}");
    }
    export(&project, "again");
    assert_eq!(files(&project.path("annotations")), files(&project.path("again")));
}

#[test]
fn rows_without_hashes_are_known_by_their_place() {
    let (project, rebuilt) = (labelled(), fresh());
    export(&project, "annotations");
    let hash = project.store().images().expect("images")[0].object.sha256.clone();
    for file in ["decisions.csv", "panels.csv", "splits.csv"] {
        edit(&project, file, &hash, "");
        edit(&project, file, "a,1,2,7", "a,,2,7");
    }
    let out = text(&import(&rebuilt, &project).success().get_output().stdout);
    assert!(out.contains("0 by SHA-256, 1 by preprint, page and xref"), "{out}");
    assert_eq!(rebuilt.store().labelled_panels().expect("panels").len(), 2);
}

/// A store with one picture of the paper `a`: the same scan each time, written in a format of its own.
fn with_scan(format: image::ImageFormat, xref: u32, shift: u32) -> Project {
    let scan = image::GrayImage::from_fn(100, 80, |x, y| {
        let (x, y) = (f64::from(x + shift) / 9.0, f64::from(y + shift) / 7.0);
        image::Luma([(120.0 + 99.0 * x.sin() * y.cos()) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    scan.write_to(&mut bytes, format).expect("encoded");
    let project = Project::new();
    let mut store = project.store();
    let object = store.objects().put(bytes.get_ref(), "png").expect("put");
    let mut found = extraction("a", vec![image_on(2, xref, object, (100, 80))], Vec::new());
    found.sha256 = format!("document {xref}");
    store.record(&found, Source::Pdf).expect("recorded");
    project
}

#[test]
fn a_picture_written_anew_elsewhere_is_known_by_its_looks() {
    let project = with_scan(image::ImageFormat::Png, 7, 0);
    label(&project);
    export(&project, "annotations");
    let anew = with_scan(image::ImageFormat::Jpeg, 99, 0);
    let out = text(&import(&anew, &project).success().get_output().stdout);
    assert!(
        out.contains("0 by preprint, page and xref") && out.contains("1 more by perceptual hash")
    );
    assert_eq!(anew.store().labelled_panels().expect("panels").len(), 2);
    // At the same place stands another picture by now.
    let other = with_scan(image::ImageFormat::Png, 7, 50);
    let error = text(&import(&other, &project).code(1).get_output().stderr);
    assert!(error.contains("a page 2 xref 7"), "{error}");
    assert!(other.store().labelled_panels().expect("panels").is_empty());
    edit(&project, "pictures.csv", "100x80:", "100y80:");
    let error = text(&import(&anew, &project).code(2).get_output().stderr);
    assert!(error.contains("pictures.csv, line 2, column look"), "{error}");
}

#[test]
fn panels_csv_may_be_missing() {
    let (project, rebuilt) = (labelled(), fresh());
    export(&project, "annotations");
    for file in ["panels.csv", "cases.csv", "splits.csv", "pictures.csv"] {
        fs::remove_file(project.path("annotations").join(file)).expect("removed");
    }
    import(&rebuilt, &project).success();
    assert_eq!(rebuilt.store().labelled_panels().expect("panels").len(), 2);
}

#[test]
fn rows_of_unknown_pictures_are_named_and_the_rest_goes_on() {
    let (project, rebuilt) = (labelled(), fresh());
    export(&project, "annotations");
    let path = project.path("annotations/decisions.csv");
    let stray = "z,,3,8,,select,ct,,,bob,2020-03-27T12:00:00Z,,,,\n";
    let with_stray = fs::read_to_string(&path).expect("file") + stray;
    fs::write(&path, with_stray).expect("written");
    let printed = import(&rebuilt, &project).code(1);
    let (out, err) = (text(&printed.get_output().stdout), text(&printed.get_output().stderr));
    assert!(err.contains("z page 3 xref 8 (1 rows)"), "{err}");
    assert!(out.contains("decisions: 7 added"), "{out}");
}

#[test]
fn a_wrong_file_is_refused_whole_and_the_place_named() {
    let cases = [
        ("decisions.csv", "curator", "author", "no column 'curator', but a column 'author'"),
        ("decisions.csv", ",document_sha256", ",document_sha256,extra", "unknown column 'extra'"),
        (
            "decisions.csv",
            "select,ct",
            "select,scan",
            "line 2, column value: 'scan' is none of: ct",
        ),
        ("decisions.csv", "select,ct", "choose,ct", "line 2, column stage: 'choose' is none of"),
        ("decisions.csv", "covid,caption", "covid,hearsay", "column evidence: 'hearsay'"),
        ("decisions.csv", "a,1,2,7,,select", "a,1,two,7,,select", "column page: 'two' is no whole"),
        ("decisions.csv", "a,1,2,7,,select", "a,1,0,7,,select", "column page: pages count from 1"),
        (
            "decisions.csv",
            "12:00:05Z",
            "12:00:05+02:00",
            "column time: '2020-03-27T12:00:05+02:00'",
        ),
        ("decisions.csv", ";50,0,50,80", ";50,0,51,80", "reaches outside its picture of 100 x 80"),
        (
            "panels.csv",
            "\"0,0,50,80\"",
            "\"0,0,50,81\"",
            "line 2, column panel: the panel 0,0,50,81",
        ),
        ("panels.csv", "\"0,0,50,80\"", "left", "line 2, column panel: 'left' is no box"),
        ("panels.csv", ",A,,ann", ",A,ann", "9 fields, but the first line names 10 columns"),
        ("cases.csv", "Patient 1", "", "line 2, column case: a case needs a name"),
        (
            "splits.csv",
            ",train,",
            ",practice,",
            "line 2, column part: 'practice' is none of: train",
        ),
        ("splits.csv", "test,\"{", "test,\"", "line 3, column how: expected JSON"),
    ];
    let (project, rebuilt) = (labelled(), fresh());
    for (file, old, new, told) in cases {
        export(&project, "annotations");
        edit(&project, file, old, new);
        let error = text(&import(&rebuilt, &project).code(2).get_output().stderr);
        assert!(error.contains(told), "'{told}' is not in: {error}");
        assert!(error.contains(file), "{file} is not in: {error}");
        let totals = rebuilt.store().totals().expect("totals");
        assert_eq!((totals.decisions, totals.panels), (0, 0), "{told}");
    }
}

#[test]
fn what_the_database_holds_otherwise_is_told() {
    let (project, other) = (labelled(), labelled());
    export(&project, "annotations");
    edit(&project, "panels.csv", ",A,,ann", ",B,,ann");
    edit(&project, "splits.csv", ",test,", ",val,");
    let printed = import(&other, &project).success();
    let (out, err) = (text(&printed.get_output().stdout), text(&printed.get_output().stderr));
    assert!(out.contains("splits: 1 added"), "{out}");
    assert!(err.contains("2 panels have another letter"), "{err}");
    assert!(err.contains("the split 'mine' was here with other panels; replaced"), "{err}");
}

#[test]
fn a_folder_without_annotations_says_so() {
    let project = fresh();
    let error = text(&import(&project, &Project::new()).code(2).get_output().stderr);
    assert!(error.contains("no decisions.csv"), "{error}");
}

/// The two pictures of paper `a` as `curator` sees them, and what the curator knows of a patient.
fn label_as(curator: &str, selections: [&str; 2], age: &str) -> Project {
    let project = fresh();
    let store = project.store();
    let images = store.images().expect("images");
    for (image, selection) in images.iter().zip(selections) {
        store
            .decide(&NewDecision {
                stage: Stage::Select,
                subject: Subject::image(image.id),
                value: Some(Value::answer(Stage::Select, selection)),
                evidence: None,
                span: String::new(),
                curator: curator.into(),
                time: format!("2020-03-27T12:00:0{}Z", curator.len()),
                note: String::new(),
                adjudicates: false,
            })
            .expect("decided");
    }
    store
        .add_case(&Case {
            preprint: images[0].preprint,
            name: "Patient 1".into(),
            details: CaseDetails { age: age.into(), ..CaseDetails::default() },
            curator: curator.into(),
            time: format!("2020-03-27T12:00:0{}Z", curator.len()),
        })
        .expect("case");
    export(&project, "annotations");
    project
}

#[test]
fn two_clones_merged_by_git_lose_nothing_and_name_what_is_disputed() {
    let git = |folder: &Path, args: &[&str]| {
        let who =
            ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"];
        Command::new("git").current_dir(folder).args(who).args(args).output()
    };
    let shared = tempfile::tempdir().expect("temporary folder");
    let Ok(_) = git(shared.path(), &["init", "-q", "-b", "main"]) else {
        skipped("git is not installed");
        return;
    };
    let git = |args: &[&str]| {
        let output = git(shared.path(), args).expect("git");
        assert!(
            output.status.success(),
            "{args:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    };
    let attributes = include_str!("../../annotations/.gitattributes");
    fs::write(shared.path().join(".gitattributes"), attributes).expect("written");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "begin"]);
    let ann = label_as("ann", ["ct", "not-ct"], "41");
    let robert = label_as("robert", ["ct", "ct"], "42");
    for (branch, project) in [("ann", &ann), ("robert", &robert)] {
        git(&["checkout", "-q", "-b", branch, "main"]);
        for (name, bytes) in files(&project.path("annotations")) {
            fs::write(shared.path().join(name), bytes).expect("written");
        }
        git(&["add", "."]);
        git(&["commit", "-q", "-m", branch]);
    }
    git(&["merge", "-q", "-m", "both", "ann"]);

    for project in [&ann, &robert, &fresh()] {
        let out = project.command(["annotations", "import"]).arg(shared.path()).assert().success();
        let told = text(&out.get_output().stderr);
        assert!(told.contains("disagree on 1 pictures or panels"), "{told}");
        assert!(told.contains("select a-p2-9: ann: not-ct; robert: ct"), "{told}");
        export(project, "merged");
    }
    let merged = files(&ann.path("merged"));
    assert_eq!(merged, files(&robert.path("merged")), "both clones hold the same now");
    let decisions = fs::read_to_string(ann.path("merged/decisions.csv")).expect("CSV");
    assert_eq!(decisions.lines().count(), 5, "{decisions}");

    let cases = fs::read_to_string(ann.path("merged/cases.csv")).expect("CSV");
    assert_eq!(cases.lines().count(), 3, "what either told of the patient: {cases}");
}

#[test]
fn curators_work_on_one_database_at_once() {
    const PICTURES: usize = 60;
    let project = Project::new();
    let mut store = project.store();
    let object = grey_object(&store, (120, 120));
    let images = (1..=PICTURES as u32).map(|xref| image_on(2, xref, object.clone(), (120, 120)));
    let found = extraction("a", images.collect(), Vec::new());
    store.record(&found, Source::Pdf).expect("recorded");
    drop(store);
    let curators = ["ann", "bob", "cat"];
    std::thread::scope(|scope| {
        for curator in curators {
            let project = &project;
            scope.spawn(move || {
                project
                    .command(["label", "select", "--plain", "--curator", curator])
                    .write_stdin("c\nn\n".repeat(PICTURES / 2))
                    .assert()
                    .success();
            });
        }
    });
    let decisions = project.store().decisions_in_force(Stage::Select).expect("decisions");
    for curator in curators {
        let count = decisions.iter().filter(|decision| decision.curator == curator).count();
        assert_eq!(count, PICTURES, "{curator}");
    }
}
