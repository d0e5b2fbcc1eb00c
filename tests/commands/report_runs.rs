//! What `covid-ct report` shows of runs and series, from files as `evaluate` and `controls` leave them.

use std::path::Path;

use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::metrics::{Chosen, Curves, Details, Metrics, Origin, Scored, SizeBand};
use covid_ct::runs::controls::{Contradiction, Control, Controls, Placed};
use covid_ct::runs::leaks::{Leaked, Leaks};
use covid_ct::runs::{Explained, Prediction, RunFiles, RunMetrics, SeriesMetrics};
use covid_ct::store::Store;
use covid_ct_core::{ClassCounts, Label, Split};

/// 40 predictions, about three of four right; `shift` makes runs differ.
fn predictions(shift: usize) -> Vec<Prediction> {
    let of = |n: usize| {
        let label = if n < 20 { Label::COVID } else { Label::NON_COVID };
        let right = (n * 7 + shift) % 10 < 8;
        let high = (label == Label::COVID) == right;
        let score = if high { 0.55 } else { 0.05 } + (n * 13 % 40) as f64 / 100.0;
        let predicted = if score >= 0.5 { Label::COVID } else { Label::NON_COVID };
        Prediction {
            file: format!("{n}%1.png"),
            label,
            score,
            predicted,
            probabilities: Vec::new(),
        }
    };
    (0..40).map(of).collect()
}

fn leaks() -> Leaks {
    let placed = |file: &str, part| Placed { file: file.into(), label: Label::COVID, part };
    Leaks {
        images: 3,
        pictures: vec![Leaked {
            measured: placed("7%1.png", Split::Test),
            learned: placed("again.jpg", Split::Train),
        }],
        patients: vec!["paper <1>, Patient 2".into()],
        papers: Vec::new(),
    }
}

fn measure(workspace: &Path, name: &str, shift: usize) -> RunMetrics {
    let folder = Workspace::new(workspace).run(name);
    std::fs::create_dir_all(&folder).expect("folder");
    let files = RunFiles::new(folder);
    let predictions = predictions(shift);
    let scored: Vec<Scored> = predictions.iter().map(Prediction::scored).collect();
    let groups: Vec<String> = (0..40).map(|n| (n / 2).to_string()).collect();
    let origin = |(n, group): (usize, &String)| Origin {
        group: group.clone(),
        source: if n % 3 == 0 { "medrxiv".into() } else { "numbered png".into() },
        size: if n % 2 == 0 { SizeBand::Under224 } else { SizeBand::From224 },
    };
    let origins: Vec<Origin> = groups.iter().enumerate().map(origin).collect();
    let chosen = Chosen { threshold: 0.3, youden: 0.6, chosen_on: Split::Val };
    let metrics = RunMetrics {
        covid_ct: "0.1.0".into(),
        run: name.into(),
        data: "data/export/default".into(),
        part: Split::Test,
        counts: ClassCounts::of([Label::COVID, Label::NON_COVID].into_iter().cycle().take(40)),
        epoch: 2,
        flip: true,
        loss: Some(0.5),
        metrics: Metrics::at(0.5, &scored),
        classes: None,
        details: Details::of(&scored, &origins, 0.5, Some(chosen)),
        leaks: (name == "s").then(leaks),
        external: Vec::new(),
    };
    files.write_predictions(Split::Test, &predictions).expect("predictions.csv");
    files.write_curves(Split::Test, &Curves::of(&scored, &groups)).expect("curves.json");
    files.write_metrics(&metrics).expect("metrics.json");
    metrics
}

fn train(workspace: &Path, name: &str, series: Option<&str>, seed: u64) {
    let files = RunFiles::new(Workspace::new(workspace).run(name));
    let config = serde_json::json!({
        "covid_ct": "0.1.0", "run": name, "series": series, "created": "2020-03-30T00:00:00Z",
        "data": "data/export/default", "network": "densenet121", "parameters": 6_955_906,
        "init": "random", "epochs": 2, "batch": 4, "learning_rate": 1e-4, "size": 224, "seed": seed,
        "device": "cpu", "threads": 2,
        "counts": {"train": {"covid": 1, "non_covid": 1}, "val": {"covid": 1, "non_covid": 1}},
    });
    files.write_config(&serde_json::from_value(config).expect("a config")).expect("config.json");
    let history = "epoch,learning_rate,train_loss,val_loss,val_accuracy,val_auroc,seconds\n\
        1,0.0001,0.7,0.65,0.6,0.61,40\n2,0.0001,0.5,0.55,0.7,0.74,40\n";
    std::fs::write(files.history(), history).expect("history.csv");
}

fn explain(files: &RunFiles) {
    let folder = files.explained(Split::Test);
    std::fs::create_dir_all(&folder).expect("folder");
    image::RgbImage::new(512, 256).save(folder.join("01.png")).expect("picture");
    let row = |picture: &str, file: &str| Explained {
        picture: picture.into(),
        file: file.into(),
        label: Label::COVID,
        score: 0.02,
        predicted: Label::NON_COVID,
        evidence_for: Label::NON_COVID,
    };
    let rows = [row("01.png", "a-p1-2.png"), row("02.png", "<b>.png")];
    files.write_explained(Split::Test, &rows).expect("index.csv");
}

fn controls() -> Controls {
    let control = |name: &str, auroc| Control {
        name: name.into(),
        images: 40,
        auroc: Some(auroc),
        auroc_interval: None,
        accuracy: Some(0.5),
        f1: None,
    };
    let placed = |file: &str, label| Placed { file: file.into(), label, part: Split::Test };
    Controls {
        covid_ct: "0.1.0".into(),
        run: "s".into(),
        data: "data/export/default".into(),
        part: Split::Test,
        flip: true,
        whole: control("the network on whole pictures", 0.812),
        centre: 0.7,
        blanked: vec![control("the middle blanked", 0.634)],
        giveaways: vec![control("size", 0.713)],
        contradictions: vec![Contradiction {
            one: placed("one.png", Label::COVID),
            other: placed("other.jpg", Label::NON_COVID),
        }],
        without_contradictions: None,
        without_listed: None,
        image_split: None,
    }
}

/// A series of two runs, measured and controlled.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let workspace = folder.path();
    drop(Store::open(&Workspace::new(workspace)).expect("store"));
    let members: Vec<RunMetrics> = [0, 3]
        .into_iter()
        .map(|seed| {
            let name = format!("s-seed{seed}");
            let metrics = measure(workspace, &name, seed);
            train(workspace, &name, Some("s"), seed as u64);
            metrics
        })
        .collect();
    measure(workspace, "s", 1);
    let files = RunFiles::new(Workspace::new(workspace).run("s"));
    let series = SeriesMetrics::of("s", &["s-seed1".into()], true, &members).expect("two runs");
    files.write_series(&series).expect("series.json");
    files.write_controls(&controls()).expect("controls.json");
    explain(&files);
    let data = workspace.join("data/export/default");
    std::fs::create_dir_all(&data).expect("folder");
    let meta_info = "File name,Patient ID,Age,Gender,Location,Medical history,Time,Severity,\
        Other diseases,DOI,Captions\na-p1-2,,,,,,,,,,A <i>scan</i> of the lungs\n";
    std::fs::write(data.join("COVID-CT-MetaInfo.csv"), meta_info).expect("MetaInfo");
    folder
}

#[test]
fn a_series_its_controls_and_its_errors_are_shown() {
    let folder = workspace();
    let mut command = Command::cargo_bin("covid-ct").expect("binary");
    let assert = command.arg("--workspace").arg(folder.path()).arg("report").assert().code(1);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("02.png"), "the picture that is gone is named: {stderr}");
    let html = std::fs::read_to_string(folder.path().join("data/report/index.html")).expect("page");
    for expected in [
        "Series s",
        "Missing: s-seed1",
        "<details><summary>Run s-seed0",
        "class=\"band s0\"",
        "class=\"thin\"",
        "Reliability of s on test",
        "threshold 0.300 (chosen on validation)",
        "numbered png",
        "224 to 447 px",
        "the middle blanked",
        "0.634",
        "predicted from size",
        "one.png",
        "A &lt;i&gt;scan&lt;/i&gt; of the lungs",
        "&lt;b&gt;.png",
        "No caption in the database",
        "with test-time augmentation (mirrored)",
        "Few images.",
        "Leakage: 1 picture and 1 patient",
        "again.jpg",
        "paper &lt;1&gt;, Patient 2",
        "Not checked for leakage",
        "<a href=\"#run-s\">Series s</a>",
        "<h3 id=\"run-s\">",
        "<p class=\"name\">ROC curve</p>",
        "<p class=\"name\">Precision–recall curve</p>",
        "<p class=\"name\">Calibration</p>",
        "86.4",
    ] {
        assert!(html.contains(expected), "no '{expected}' in the report");
    }
    assert_eq!(html.matches("Run s-seed0").count(), 2, "a member stands in its series alone");
    assert!(!html.contains("http") && !html.contains("<script") && !html.contains("NaN"));
    // Whatever the list of contents leads to is there, once.
    let leads = regex::Regex::new("href=\"#([^\"]+)\"").expect("pattern");
    for lead in leads.captures_iter(&html) {
        assert_eq!(html.matches(&format!("id=\"{}\"", &lead[1])).count(), 1, "{}", &lead[1]);
    }
    // Every chart says in words what it shows.
    assert_eq!(html.matches("<svg").count(), html.matches("</title>").count() - 1);
    // The mean and the deviation, and each metric in per cent beside the paper's.
    let mean = regex::Regex::new(r"\d\.\d{3} ± \d\.\d{3}").expect("pattern");
    assert!(mean.is_match(&html) && html.contains("84.7</td>"));
}

#[test]
fn explanations_that_were_cut_short_or_damaged_cost_no_run() {
    let folder = workspace();
    let files = RunFiles::new(Workspace::new(folder.path()).run("s"));
    let report = |code: i32| {
        let mut command = Command::cargo_bin("covid-ct").expect("binary");
        let assert =
            command.arg("--workspace").arg(folder.path()).arg("report").assert().code(code);
        let page = std::fs::read_to_string(folder.path().join("data/report/index.html"));
        assert!(page.expect("page").contains("Reliability of s on test"));
        String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
    };
    std::fs::write(files.explained_index(Split::Test), "no,index\n1,2\n").expect("damaged");
    let told = report(1);
    assert!(told.contains("index.csv") && told.contains("covid-ct evaluate"), "{told}");
    std::fs::remove_file(files.explained_index(Split::Test)).expect("killed before it was written");
    report(0);
}

#[test]
fn a_model_card_tells_what_is_known_and_what_is_not() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let card = |args: &[&str]| {
        let mut command = Command::cargo_bin("covid-ct").expect("binary");
        command.arg("--workspace").arg(folder.path()).args(["model", "card"]).args(args);
        command
    };
    card(&["s"]).assert().code(2).stderr(predicates::str::contains("covid-ct train s"));
    std::fs::create_dir_all(Workspace::new(folder.path()).run("s")).expect("folder");
    train(folder.path(), "s", None, 3);
    let read = || {
        let path = Workspace::new(folder.path()).run("s").join("MODEL_CARD.md");
        std::fs::read_to_string(path).expect("card")
    };
    card(&["s"]).assert().success();
    let text = read();
    for part in [
        "densenet121, 6955906 trainable parameters",
        "| Seed | 3 |",
        "covid-ct evaluate s",
        "covid-ct controls s",
        "Not for diagnosis",
    ] {
        assert!(text.contains(part), "no '{part}' in\n{text}");
    }
    let own = measure(folder.path(), "s", 0);
    let files = RunFiles::new(Workspace::new(folder.path()).run("s"));
    files.write_controls(&controls()).expect("controls.json");
    card(&["s"]).assert().success();
    let text = read();
    let auroc = format!("{:.3} [", own.metrics.auroc.expect("both classes"));
    for part in [&*auroc, "**Leakage**: 3", "--external DIR", "| medrxiv |", "0.812"] {
        assert!(text.contains(part), "no '{part}' in\n{text}");
    }
    let out = folder.path().join("mine.md");
    std::fs::write(&out, "# My notes\n").expect("file");
    card(&["s", "--out", &out.to_string_lossy()]).assert().code(2);
    assert_eq!(std::fs::read_to_string(&out).expect("file"), "# My notes\n");
}
