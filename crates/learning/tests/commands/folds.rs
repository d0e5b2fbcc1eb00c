//! Folds of a cross-validation: `split --folds`, `export --folds`, `train --folds` and `evaluate`, on pictures that
//! anyone could tell apart.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::training::{EPOCH, covid_ct, import, train, workspace, write_list};
use covid_ct::Workspace;
use covid_ct::runs::{Over, RunFiles};
use covid_ct::store::Store;
use covid_ct_core::Split;
use predicates::prelude::*;

fn files(workspace: &Path, run: &str) -> RunFiles {
    RunFiles::new(Workspace::new(workspace).run(run))
}

/// Three folds of the default export's pictures, exported.
fn dealt() -> tempfile::TempDir {
    let workspace = workspace();
    let folder = workspace.path();
    import(folder);
    covid_ct(folder, &["split", "cv", "--folds", "3"])
        .assert()
        .success()
        .stdout(predicate::str::contains("splits 'cv-fold1' to 'cv-fold3' by group"));
    covid_ct(folder, &["export", "cv", "--folds", "3"])
        .assert()
        .success()
        .stdout(predicate::str::contains("cv-fold3"));
    workspace
}

fn evaluate(workspace: &Path, more: &[&str]) -> assert_cmd::Command {
    covid_ct(workspace, &[&["evaluate", "cv", "--threads", "1", "--explain", "0"], more].concat())
}

fn train_folds(workspace: &Path, more: &[&str]) -> assert_cmd::Command {
    let data = workspace.join("data/export/cv");
    let folds = ["--data", data.to_str().expect("path"), "--folds", "3"];
    train(workspace, "cv", &[&folds, &EPOCH[..], more].concat())
}

#[test]
fn each_panel_is_tested_on_once() {
    let workspace = dealt();
    let folder = workspace.path();
    let store = Store::open_existing(&Workspace::new(folder)).expect("store");
    let mut parts: BTreeMap<i64, Vec<Split>> = BTreeMap::new();
    for fold in 1..=3 {
        let split = store.split(&format!("cv-fold{fold}")).expect("read").expect("a split");
        assert_eq!((&split.how["fold"], &split.how["folds"]), (&fold.into(), &3.into()));
        for (panel, part) in split.parts {
            parts.entry(panel).or_default().push(part);
        }
    }
    assert_eq!(parts.len(), 32);
    for of_panel in parts.values_mut() {
        of_panel.sort_unstable();
        assert_eq!(of_panel, &[Split::Train, Split::Val, Split::Test]);
    }
    for fold in 1..=3 {
        covid_ct(folder, &["audit", "--split", &format!("cv-fold{fold}")]).assert().success();
    }

    // Some of a deal, or of two, are no cross-validation.
    covid_ct(folder, &["export", "cv", "--folds", "4"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("not one of 4 folds"));
    covid_ct(folder, &["split", "cv", "--folds", "4"]).assert().success();
    covid_ct(folder, &["export", "cv", "--folds", "3"]).assert().code(2);
    covid_ct(folder, &["export", "other", "--folds", "3"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("covid-ct split other --folds 3"));
    for wrong in [&["--folds", "2"][..], &["--folds", "3", "--ratio", "1,1,1"]] {
        covid_ct(folder, &[&["split", "cv"], wrong].concat()).assert().code(2);
    }
}

#[test]
fn folds_are_trained_and_measured_together() {
    let workspace = dealt();
    let folder = workspace.path();
    train_folds(folder, &["--seeds", "2"])
        .assert()
        .success()
        .stdout(predicate::str::contains("cv-fold3 of 2 seeds"));
    let told = evaluate(folder, &[])
        .assert()
        .success()
        .stdout(predicate::str::contains(
            "standard deviation of 3 folds (cv-fold1, cv-fold2, cv-fold3)",
        ))
        .stdout(predicate::str::contains("32 images of test in data/export/cv-fold*"));
    let told = String::from_utf8(told.get_output().stdout.clone()).expect("UTF-8");
    let line = told.lines().find(|line| line.starts_with("cv-fold2 ")).expect("a line a fold");
    assert!(
        regex::Regex::new(r" \d\.\d{3} ± \d\.\d{3} ").expect("pattern").is_match(line),
        "{told}"
    );

    let cv = files(folder, "cv");
    let predictions = cv.read_predictions(Split::Test).expect("predictions.csv");
    let names: std::collections::BTreeSet<&str> =
        predictions.iter().map(|prediction| prediction.file.as_str()).collect();
    assert_eq!((predictions.len(), names.len()), (32, 32));
    let series = cv.read_series(Split::Test).expect("series.json");
    assert_eq!((series.over, series.members.len()), (Over::Folds, 3));
    let of_fold = |fold: u32| {
        let series = files(folder, &format!("cv-fold{fold}")).read_series(Split::Test);
        series.expect("series.json").fixed.auroc.expect("both classes").mean
    };
    let mean = (1..=3).map(of_fold).sum::<f64>() / 3.0;
    assert!((series.fixed.auroc.expect("both classes").mean - mean).abs() < 1e-12);

    let json = evaluate(folder, &["--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert_eq!(json["folds"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["ensemble"]["counts"]["covid"], 16);

    covid_ct(folder, &["report"]).assert().success();
    let html = std::fs::read_to_string(folder.join("data/report/index.html")).expect("report");
    for told in ["Cross-validation cv", "Over 3 folds", "Series cv-fold2", "Run cv-fold2-seed1"] {
        assert!(html.contains(told), "no '{told}' in the report");
    }
    assert_eq!(html.matches(">Series cv-fold1</h3>").count(), 1, "a fold stands there alone");

    // A name means one thing, and what was measured is gone once a fold is another.
    for (options, is) in [(&EPOCH[..], "run"), (&["--seeds", "2"], "series")] {
        train(folder, "cv", options).assert().code(2).stderr(predicate::str::contains(format!(
            "data/runs/cv is a cross-validation: give this {is} another name"
        )));
    }
    train_folds(folder, &[])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("data/runs/cv-fold3 is a series"));
    assert!(cv.metrics(Split::Test).exists());
    train_folds(folder, &["--seeds", "2", "--fresh"]).assert().success();
    assert!(!cv.folder().exists());
    what_is_no_cross_validation_is_refused(folder);
}

fn what_is_no_cross_validation_is_refused(folder: &Path) {
    for wrong in [["--part", "train"], ["--data", "data/export/default"]] {
        evaluate(folder, &wrong)
            .assert()
            .code(2)
            .stderr(predicate::str::contains("covid-ct evaluate cv-fold1"));
    }
    evaluate(folder, &["--part", "val"]).assert().success();

    // Folds of which only what was measured is left, and one of which the dataset is.
    let runs = folder.join("data/runs");
    for (fold, kept) in [("cv-fold1", "one"), ("cv-fold3", "three")] {
        for seed in 0..2 {
            let run = format!("{fold}-seed{seed}");
            std::fs::rename(runs.join(&run), folder.join(format!("{kept}{seed}"))).expect("moved");
        }
    }
    evaluate(folder, &[])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("done without cv-fold1: no run"))
        .stderr(predicate::str::contains("done without cv-fold3: no run"))
        .stderr(predicate::str::contains("is missing").not())
        .stdout(predicate::str::contains("of 1 fold (cv-fold2)"));
    std::fs::remove_dir_all(runs.join("cv-fold3")).expect("removed");
    evaluate(folder, &[])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("cv-fold3 is missing or not complete"));

    // Of another deal: what one fold was tested on is in the test split of two.
    for seed in 0..2 {
        let run = |fold: u32| runs.join(format!("cv-fold{fold}-seed{seed}"));
        std::fs::rename(folder.join(format!("one{seed}")), run(1)).expect("moved back");
        std::fs::rename(folder.join(format!("three{seed}")), run(3)).expect("moved back");
    }
    let list = |fold: u32, class: &str| {
        let lists = folder.join(format!("data/export/cv-fold{fold}/Data-split/{class}"));
        std::fs::read_to_string(lists.join(format!("testCT_{class}.txt"))).expect("list")
    };
    let of_first: Vec<String> = list(1, "COVID").lines().map(str::to_owned).collect();
    write_list(&folder.join("data/export/cv-fold2"), "COVID", "test", &of_first);
    evaluate(folder, &[]).assert().code(2).stderr(
        predicate::str::contains("not folds of one cross-validation")
            .and(predicate::str::contains(&of_first[0])),
    );
}

#[test]
fn a_fold_that_cannot_be_trained_costs_no_other() {
    let workspace = dealt();
    let folder = workspace.path();
    write_list(&folder.join("data/export/cv-fold2"), "COVID", "val", &[]);
    train_folds(folder, &[]).assert().code(1).stderr(
        predicate::str::contains("cv-fold2").and(predicate::str::contains("no covid image")),
    );
    assert!(files(folder, "cv-fold3").checkpoint().exists());
    std::fs::remove_dir_all(folder.join("data/export/cv-fold3")).expect("removed");
    train_folds(folder, &["--fresh"]).assert().code(2).stderr(predicate::str::contains("cv-fold3"));
}
