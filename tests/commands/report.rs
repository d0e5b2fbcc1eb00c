//! `covid-ct report` as a user runs it.

use std::path::Path;

use crate::common::{extraction, figure_on, image_on};
use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::document::{Extraction, FoundFigure, FoundPage, PaperMeta};
use covid_ct::metrics::{Details, Metrics};
use covid_ct::pdf::Rect;
use covid_ct::runs::{
    HistoryRow, Hyperparameters, Prediction, RunConfig, RunCounts, RunFiles, RunMetrics,
};
use covid_ct::store::{Failure, NamedSplit, NewDecision, NewPanel, Source, Store, Subject};
use covid_ct_core::{ClassCounts, Label, PanelBox, Split, Stage, Value};

const HOSTILE_CAPTION: &str = "Figure 1. <script>alert('x')</script> & a chest CT, day 5.";

fn covid_ct(workspace: &Path) -> Command {
    let mut command = Command::cargo_bin("covid-ct").expect("binary");
    command.arg("--workspace").arg(workspace);
    command
}

fn report_of(workspace: &Path) -> String {
    std::fs::read_to_string(workspace.join("data/report/index.html")).expect("report")
}

/// A grey picture, darker towards the left, as PNG bytes.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_fn(width, height, |x, _| image::Luma([(x * 255 / width) as u8]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("PNG");
    png.into_inner()
}

/// A paper with one captioned picture of two scans; returns the image's id.
fn add_paper(store: &mut Store, name: &str) -> i64 {
    let object = store.objects().put(&picture(400, 200), "png").expect("object");
    let bbox = Rect::new(72.0, 72.0, 472.0, 272.0);
    let mut image = image_on(3, 52, object, (400, 200));
    image.placements[0].bbox = bbox;
    let figure = FoundFigure { bbox: Some(bbox), ..figure_on(3, HOSTILE_CAPTION) };
    let page =
        FoundPage { number: 3, width: 595.0, height: 842.0, rotation: 0, text: String::new() };
    let found = Extraction {
        paper: PaperMeta { name: name.into(), licence: "CC BY 4.0".into(), ..PaperMeta::default() },
        pages: vec![page],
        ..extraction(name, vec![image], vec![figure])
    };
    store.record(&found, Source::Pdf).expect("recorded");
    let images = store.images().expect("images");
    images.iter().find(|image| image.preprint_name == name).expect("image").id
}

/// Crops the picture into its halves, both of class `diagnosis`; returns the panels' ids.
fn label(store: &Store, image: i64, diagnosis: &str, curator: &str) -> Vec<i64> {
    let halves =
        vec![PanelBox { x: 0, y: 0, w: 200, h: 200 }, PanelBox { x: 200, y: 0, w: 200, h: 200 }];
    let panels = halves
        .iter()
        .map(|&bounds| NewPanel {
            image,
            bounds,
            letter: String::new(),
            sub_caption: String::new(),
            proposed_by: curator.into(),
        })
        .map(|panel| store.panel(&panel).expect("panel"))
        .collect();
    let values = [
        Value::answer(Stage::Select, "ct"),
        Value::Crop(halves),
        Value::answer(Stage::Diagnose, diagnosis),
        Value::Case { name: "Patient 1".into(), time: None },
    ];
    for value in values {
        let decision = NewDecision {
            stage: value.stage(),
            subject: Subject::image(image),
            value: Some(value),
            evidence: None,
            span: String::new(),
            curator: curator.into(),
            time: "2020-03-30T00:00:00Z".into(),
            note: String::new(),
            adjudicates: false,
        };
        store.decide(&decision).expect("decided");
    }
    panels
}

/// Two labelled papers, divided, and one document that failed.
fn labelled_workspace(folder: &Path, curator: &str) {
    let mut store = Store::open(&Workspace::new(folder)).expect("store");
    let (sick, well) = (add_paper(&mut store, "2020.02.10.sick"), add_paper(&mut store, "well"));
    let covid = label(&store, sick, "covid", curator);
    let non_covid = label(&store, well, "non-covid", curator);
    let parts = covid
        .iter()
        .map(|&panel| (panel, Split::Train))
        .chain(non_covid.iter().map(|&panel| (panel, Split::Test)))
        .collect();
    let how = serde_json::json!({"by": "patient", "seed": 0});
    store.save_split(&NamedSplit { name: "default".into(), how, parts }).expect("split");
    let failure = Failure {
        sha256: "00".into(),
        path: "broken.pdf".into(),
        error: "no pages".into(),
        extractor: 1,
    };
    store.record_failure(&failure).expect("failure");
}

fn add_run(folder: &Path, name: &str) {
    let run = Workspace::new(folder).run(name);
    std::fs::create_dir_all(&run).expect("run folder");
    let files = RunFiles::new(run);
    let config = RunConfig {
        covid_ct: "0.1.0".into(),
        run: name.into(),
        series: None,
        created: "2020-03-30T00:00:00Z".into(),
        data: "data/export/default".into(),
        data_sha256: String::new(),
        network: "densenet121".into(),
        parameters: 6_955_906,
        init: "random".into(),
        init_sha256: None,
        recipe: Hyperparameters { epochs: 3, ..Hyperparameters::default() },
        seed: 0,
        device: "cpu".into(),
        threads: 2,
        precision: "fp32".into(),
        counts: RunCounts::default(),
        task: None,
    };
    files.write_config(&config).expect("config");
    let history: Vec<HistoryRow> = (1..=3)
        .map(|epoch| HistoryRow {
            epoch,
            learning_rate: 1e-4,
            train_loss: 0.7 / f64::from(epoch),
            val_loss: 0.6,
            val_accuracy: 0.5,
            val_auroc: 0.2 * f64::from(epoch),
            seconds: 40.0,
        })
        .collect();
    files.write_history(&history).expect("history");
    let predictions: Vec<Prediction> =
        [(Label::COVID, 0.9), (Label::COVID, 0.4), (Label::NON_COVID, 0.1)]
            .into_iter()
            .enumerate()
            .map(|(n, (label, score))| Prediction {
                probabilities: Vec::new(),
                file: format!("{n}.png"),
                label,
                score,
                predicted: if score >= 0.5 { Label::COVID } else { Label::NON_COVID },
            })
            .collect();
    let scored: Vec<_> = predictions.iter().map(Prediction::scored).collect();
    files.write_predictions(Split::Test, &predictions).expect("predictions");
    let metrics = RunMetrics {
        covid_ct: "0.1.0".into(),
        run: name.into(),
        data: "data/export/default".into(),
        part: Split::Test,
        counts: ClassCounts::of([Label::COVID, Label::COVID, Label::NON_COVID]),
        epoch: 3,
        flip: false,
        loss: Some(0.5),
        metrics: Metrics::at(0.5, &scored),
        classes: None,
        details: Details::default(),
        leaks: None,
        external: Vec::new(),
    };
    files.write_metrics(&metrics).expect("metrics");
}

#[test]
fn without_a_database_it_says_what_to_run() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let assert = covid_ct(folder.path()).arg("report").assert().code(2);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("covid-ct ingest"), "{stderr}");
    assert!(!folder.path().join("data").exists(), "a report must not make a database");
}

#[test]
fn an_empty_database_gives_a_report_of_what_is_missing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    drop(Store::open(&Workspace::new(folder.path())).expect("store"));
    covid_ct(folder.path()).arg("report").assert().success();
    let html = report_of(folder.path());
    for next in ["covid-ct label", "covid-ct train"] {
        assert!(html.contains(next), "no word of `{next}`");
    }
}

#[test]
fn shows_dataset_and_runs_and_escapes_what_the_papers_say() {
    let folder = tempfile::tempdir().expect("temporary folder");
    labelled_workspace(folder.path(), "ann");
    add_run(folder.path(), "baseline");
    covid_ct(folder.path())
        .arg("report")
        .assert()
        .success()
        .stdout(predicates::str::contains("index.html"));
    let html = report_of(folder.path());
    assert!(!html.contains("<script"), "a caption reached the page unescaped");
    for expected in [
        "&lt;script&gt;",
        "2020.02.10.sick-p2-52%0.png",
        "data:image/jpeg;base64,",
        "CC BY 4.0",
        "broken.pdf",
        "no pages",
        "by patient, seed 0",
        "Run baseline",
        "66.7</td>", // accuracy: two of three right
        "84.7</td>", // as published
        "<polyline",
    ] {
        assert!(html.contains(expected), "no '{expected}' in the report");
    }
    assert!(!html.contains("Synthetic sample"), "real decisions taken for synthetic ones");
    assert!(!html.contains("http"), "the page must load nothing from elsewhere");
}

#[test]
fn a_synthetic_corpus_is_not_taken_for_results() {
    let folder = tempfile::tempdir().expect("temporary folder");
    labelled_workspace(folder.path(), covid_ct::synth::CURATOR);
    covid_ct(folder.path()).arg("report").assert().success();
    assert!(report_of(folder.path()).contains("Synthetic sample"));
}

#[test]
fn a_damaged_run_is_named_and_the_rest_reported() {
    let folder = tempfile::tempdir().expect("temporary folder");
    labelled_workspace(folder.path(), "ann");
    add_run(folder.path(), "good");
    add_run(folder.path(), "torn");
    let torn = folder.path().join("data/runs/torn/config.json");
    std::fs::write(&torn, "{").expect("damage");
    let assert = covid_ct(folder.path()).arg("report").assert().code(1);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("torn") && stderr.contains("config.json"), "{stderr}");
    assert!(report_of(folder.path()).contains("Run good"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("temporary folder");
    labelled_workspace(folder.path(), "ann");
    add_run(folder.path(), "baseline");
    covid_ct(folder.path()).arg("report").assert().success();
    let first = report_of(folder.path());
    covid_ct(folder.path()).arg("report").assert().success();
    assert!(first == report_of(folder.path()), "two reports of one database differ");
}
