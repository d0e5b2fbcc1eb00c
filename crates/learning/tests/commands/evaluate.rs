//! `covid-ct evaluate`, `controls` and `resplit` on networks that anyone could beat.

use std::fmt::Write as _;
use std::path::Path;

use crate::common::training::{LIGHT, SMALL, bright_and_dark, covid_ct, textured, write_list};
use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::runs::{Prediction, RunFiles, RunMetrics};
use covid_ct::store::Store;
use covid_ct_core::{Label, Split};
use predicates::prelude::*;

const CLASSES: [(&str, bool); 2] = [("COVID", true), ("NonCOVID", false)];

/// Width and height, in pixels.
fn size(number: u32) -> (u32, u32) {
    (64 + number, 70)
}

fn evaluate(workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = covid_ct(workspace, &["evaluate", "--threads", "1", "--device", "cpu"]);
    command.args(arguments);
    command
}

fn files(workspace: &Path, run: &str) -> RunFiles {
    RunFiles::new(Workspace::new(workspace).run(run))
}

/// Two runs of the series `s`.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    bright_and_dark(&folder.path().join("data/export/default"), size);
    Store::open(&Workspace::new(folder.path())).expect("database");
    for seed in ["0", "1"] {
        let run = format!("s-seed{seed}");
        let options = [&SMALL[..], &LIGHT, &["--learning-rate", "1e-3"]].concat();
        covid_ct(folder.path(), &["train", &run, "--seed", seed, "--epochs", "2"])
            .args(options)
            .assert()
            .success();
        edit_config(folder.path(), &run, |config| config["series"] = "s".into());
    }
    folder
}

fn edit_config(workspace: &Path, run: &str, edit: impl FnOnce(&mut serde_json::Value)) {
    let path = files(workspace, run).config();
    let text = std::fs::read_to_string(&path).expect("config.json");
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    edit(&mut config);
    std::fs::write(&path, config.to_string()).expect("config.json");
}

#[test]
fn runs_and_series_are_measured_and_controlled() {
    let workspace = workspace();
    let folder = workspace.path();
    a_series_is_measured_together(folder);
    errors_are_explained(folder);
    other_datasets_are_measured_beside_its_own(folder);
    pictures_from_elsewhere_stand_beside_its_own(folder);
    a_class_without_test_images_is_told(folder);
    controls_stand_beside(folder);
    a_missing_member_is_named(folder);
    other_datasets_are_refused(folder);
    a_validation_of_one_class_gives_no_threshold(folder);
    measurements_that_break_off_are_none(folder);
    a_corrupt_picture_is_named(folder);
}

/// A plain folder a class, and a CSV; what leaks is told, and what is no dataset before anything is measured.
fn pictures_from_elsewhere_stand_beside_its_own(folder: &Path) {
    let elsewhere = folder.join("elsewhere");
    let mut list = String::from("file,label\n");
    for (class, bright) in [("covid", true), ("noncovid", false)] {
        std::fs::create_dir_all(elsewhere.join(class)).expect("folder");
        for number in 0..4 {
            let name = format!("{class}/{number}.png");
            textured(number, (90, 80), bright).save(elsewhere.join(&name)).expect("picture");
            let _ = writeln!(list, "{name},{class}");
        }
    }
    std::fs::write(elsewhere.join("list.csv"), list).expect("list");
    let none = folder.join("nothing");
    std::fs::create_dir(&none).expect("folder");
    evaluate(folder, &["s-seed0", "--external", &none.to_string_lossy()])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("folders called as the classes are (covid, non-covid)"));
    let [plain, csv] = [elsewhere.clone(), elsewhere.join("list.csv")];
    evaluate(
        folder,
        &["s-seed0", "--external", &plain.to_string_lossy(), "--external", &csv.to_string_lossy()],
    )
    .assert()
    .success()
    .stdout(predicate::str::contains("best there"));
    let own = files(folder, "s-seed0").read_metrics(Split::Test).expect("metrics.json");
    assert_eq!(own.external.len(), 2);
    for external in &own.external {
        assert_eq!(external.counts.total(), 8);
        assert!(external.auroc.is_some() && external.rechosen.is_some());
        assert!(external.shift.own_positive.is_some() && external.shift.positive.is_some());
    }
    assert_eq!(own.external[0].auroc, own.external[1].auroc, "the same pictures");
    evaluate(folder, &["s-seed0"]).assert().success();
}

/// Neither the metrics of another time beside new predictions, nor some explained pictures for all.
fn measurements_that_break_off_are_none(folder: &Path) {
    evaluate(folder, &["s-seed0"]).assert().success();
    let files = files(folder, "s-seed0");
    let predictions = files.predictions(Split::Test);
    std::fs::remove_file(&predictions).expect("predictions.csv");
    std::fs::create_dir(&predictions).expect("in the way");
    evaluate(folder, &["s-seed0"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("predictions.csv"));
    assert!(!files.metrics(Split::Test).exists() && !files.explained(Split::Test).exists());
    std::fs::remove_dir(&predictions).expect("out of the way");
    evaluate(folder, &["s-seed0"]).assert().success();
}

fn a_series_is_measured_together(folder: &Path) {
    evaluate(folder, &["s", "--flip"])
        .assert()
        .success()
        .stderr(predicate::str::contains("has changed").not())
        .stdout(predicate::str::is_match(r"AUROC +\d\.\d{3} ± \d\.\d{3}").expect("pattern"))
        .stdout(predicate::str::contains("2 runs (s-seed0, s-seed1)"))
        .stdout(predicate::str::contains("test-time augmentation (mirrored)"));
    let read = |run: &str| files(folder, run).read_predictions(Split::Test).expect("predictions");
    let (one, other, both) = (read("s-seed0"), read("s-seed1"), read("s"));
    assert_eq!(both.len(), 6);
    for ((one, other), both) in one.iter().zip(&other).zip(&both) {
        let mean = f64::midpoint(one.score, other.score);
        assert!((both.score - mean).abs() < 1e-9, "{} is not {mean}", both.score);
    }
    let series = files(folder, "s").read_series(Split::Test).expect("series.json");
    let spread = series.fixed.auroc.expect("both classes");
    assert_eq!((spread.n, series.members.len(), series.flip), (2, 2, true));
    let auroc = |run: &str| {
        files(folder, run).read_metrics(Split::Test).expect("metrics.json").metrics.auroc
    };
    let of_two = [auroc("s-seed0"), auroc("s-seed1")].map(|auroc| auroc.expect("both classes"));
    assert!((spread.mean - f64::midpoint(of_two[0], of_two[1])).abs() < 1e-12);
    assert!(auroc("s").is_some());
    assert!(files(folder, "s").read_curves(Split::Test).expect("curves.json").roc.is_some());

    let json = evaluate(folder, &["s", "--flip", "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert_eq!(json["series"]["members"][1], "s-seed1");
    assert_eq!(json["ensemble"]["run"], "s");

    // Mirrored or not makes a difference, if not in the order.
    let flipped = read("s-seed0");
    evaluate(folder, &["s-seed0"]).assert().success();
    assert_ne!(flipped, read("s-seed0"));
}

/// A dataset beside the default one, of the same pictures with the labels exchanged.
fn exchanged(folder: &Path) {
    let exchanged = folder.join("exchanged");
    bright_and_dark(&exchanged, size);
    let images = exchanged.join("Images-processed");
    for (class, bright) in CLASSES {
        for number in 13..16 {
            let path = images.join(format!("CT_{class}/{class}-{number}.png"));
            textured(number, size(number), !bright).save(path).expect("picture");
        }
    }
}

fn other_datasets_are_measured_beside_its_own(folder: &Path) {
    let own = files(folder, "s-seed0");
    let measured = || {
        (
            own.read_metrics(Split::Test).expect("metrics.json"),
            own.read_controls(Split::Test).expect("controls.json"),
        )
    };
    let controls = |more: &[&str]| {
        covid_ct(folder, &["controls", "s-seed0", "--threads", "1"]).args(more).assert().success();
    };
    controls(&[]);
    let before = measured();
    let data = folder.join("exchanged");
    let there = ["--data", data.to_str().expect("path")];
    evaluate(folder, &["s", "--explain", "0"]).args(there).assert().success();
    controls(&there);
    controls(&["--part", "val"]);
    assert_eq!(own.read_controls(Split::Val).expect("controls-val.json").part, Split::Val);
    assert_eq!(measured(), before);
    let elsewhere = own.elsewhere("exchanged");
    let other = elsewhere.read_metrics(Split::Test).expect("metrics.json");
    assert_eq!(
        (other.data.as_str(), elsewhere.read_controls(Split::Test).expect("controls.json").data),
        ("exchanged", other.data.clone())
    );
    let auroc = |of: &RunMetrics| of.metrics.auroc.expect("both classes");
    assert!((auroc(&other) + auroc(&before.0) - 1.0).abs() < 1e-12, "the labels are exchanged");
    let series = files(folder, "s").elsewhere("exchanged").read_series(Split::Test);
    assert_eq!(series.expect("series.json").members, ["s-seed0", "s-seed1"]);

    covid_ct(folder, &["report"]).assert().success();
    let html = std::fs::read_to_string(folder.join("data/report/index.html")).expect("report");
    // Of each run and of the series.
    assert_eq!(html.matches("On another dataset: <code>exchanged</code>").count(), 3);

    // Where a dataset was moved to is no other place.
    let (from, to) = (folder.join("data/export/default"), folder.join("data/export/moved"));
    std::fs::rename(&from, &to).expect("moved");
    evaluate(folder, &["s-seed0", "--data", to.to_str().expect("path")])
        .assert()
        .success()
        .stderr(predicate::str::contains("threshold").not());
    assert_eq!(measured().0.data, "data/export/moved");
    assert!(measured().0.details.operating.is_some(), "its validation part moved too");
    std::fs::rename(&to, &from).expect("moved back");
}

fn errors_are_explained(folder: &Path) {
    exchanged(folder);
    let data = folder.join("exchanged");
    let data = data.to_str().expect("path");
    evaluate(folder, &["s-seed0", "--data", data, "--explain", "4"]).assert().success();
    let files = files(folder, "s-seed0").elsewhere("exchanged");
    let predictions = files.read_predictions(Split::Test).expect("predictions");
    let wrong = predictions.iter().filter(|p| p.label != p.predicted).count();
    // At least one class is called what it is not.
    assert!(wrong >= 3, "{predictions:?}");
    let rows = files.read_explained(Split::Test).expect("index.csv");
    assert_eq!(rows.len(), wrong.min(4));
    let sure = |score: f64| (score - 0.5).abs();
    assert!(rows.windows(2).all(|pair| sure(pair[0].score) >= sure(pair[1].score)), "{rows:?}");
    for row in &rows {
        assert_ne!(row.label, row.predicted);
        let picture = image::open(files.explained(Split::Test).join(&row.picture)).expect("PNG");
        assert_eq!((picture.width(), picture.height()), (512, 256));
    }
    evaluate(folder, &["s-seed0", "--data", data, "--explain", "0"]).assert().success();
    assert!(!files.explained(Split::Test).exists(), "what was explained before is gone");
}

fn a_class_without_test_images_is_told(folder: &Path) {
    let data = folder.join("one-class");
    bright_and_dark(&data, size);
    write_list(&data, "NonCOVID", "test", &[]);
    evaluate(folder, &["s-seed0", "--data", data.to_str().expect("path")])
        .assert()
        .success()
        .stderr(predicate::str::contains("the test split holds no non-covid image"))
        .stdout(predicate::str::contains("AUROC        undefined"));
    let elsewhere = files(folder, "s-seed0").elsewhere("one-class");
    let metrics = elsewhere.read_metrics(Split::Test).expect("metrics.json");
    assert_eq!((metrics.metrics.auroc, metrics.metrics.specificity), (None, None));
    assert!(metrics.metrics.recall.is_some());
    covid_ct(folder, &["report"]).assert().success();
    let html = std::fs::read_to_string(folder.join("data/report/index.html")).expect("report");
    assert!(html.contains("One class has no image here") && !html.contains("NaN"));
}

fn controls_stand_beside(folder: &Path) {
    evaluate(folder, &["s-seed0"]).assert().success();
    let dealt = folder.join("data/export/dealt");
    let from = folder.join("data/export/default");
    let paths = [from.to_str().expect("path"), dealt.to_str().expect("path")];
    covid_ct(folder, &["resplit", paths[0], paths[1]])
        .assert()
        .success()
        .stdout(predicate::str::contains("test: 3 covid, 3 non-covid"));
    covid_ct(folder, &["resplit", paths[0], paths[1]]).assert().code(2);
    let controls = |more: &[&str]| {
        let mut command = covid_ct(folder, &["controls", "s-seed0", "--threads", "1"]);
        command.args(more);
        command
    };
    controls(&["--image-split", "s-seed1"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("did not split by image"));
    edit_config(folder, "s-seed1", |config| config["data"] = "data/export/dealt".into());
    evaluate(folder, &["s-seed1"]).assert().success();
    let list = folder.join("exclude.txt");
    std::fs::write(&list, "COVID-99.png\n").expect("list");
    let exclude = ["--image-split", "s-seed1", "--exclude", list.to_str().expect("path")];
    controls(&exclude).assert().code(2).stderr(predicate::str::contains("COVID-99.png"));
    std::fs::write(&list, "COVID-13.png\n").expect("list");
    controls(&exclude)
        .assert()
        .success()
        .stdout(predicate::str::contains("the middle blanked"))
        .stdout(predicate::str::contains("predicted from size"));
    let controls = files(folder, "s-seed0").read_controls(Split::Test).expect("controls.json");
    let predictions = files(folder, "s-seed0").read_predictions(Split::Test).expect("predictions");
    let scored: Vec<_> = predictions.iter().map(Prediction::scored).collect();
    assert_eq!(controls.whole.auroc, covid_ct::metrics::auroc(&scored));
    assert_eq!(controls.without_listed.expect("one is listed").measured.images, 5);
    assert_eq!(controls.image_split.expect("named").run, "s-seed1");
    assert_eq!(controls.blanked.len(), 2);
    edit_config(folder, "s-seed1", |config| config["data"] = "data/export/default".into());
    // All files are grey PNGs: kind and mode tell nothing.
    let kind = controls.giveaways.iter().find(|control| control.name == "file type");
    assert_eq!(kind.expect("measured").auroc, Some(0.5));
}

fn a_missing_member_is_named(folder: &Path) {
    let (from, to) = (files(folder, "s-seed1"), files(folder, "s-seed3"));
    std::fs::create_dir(to.folder()).expect("folder");
    for path in [RunFiles::config, RunFiles::checkpoint, RunFiles::history] {
        std::fs::copy(path(&from), path(&to)).expect("copied");
    }
    edit_config(folder, "s-seed3", |config| {
        config["run"] = "s-seed3".into();
        config["seed"] = 3.into();
    });
    evaluate(folder, &["s", "--explain", "0"])
        .assert()
        .code(1)
        .stderr(predicate::str::contains("s-seed2 is missing"))
        .stdout(predicate::str::contains("3 runs (s-seed0, s-seed1, s-seed3)"));
    let series = files(folder, "s").read_series(Split::Test).expect("series.json");
    assert_eq!(series.missing, ["s-seed2"]);
    std::fs::remove_dir_all(to.folder()).expect("removed");
}

fn other_datasets_are_refused(folder: &Path) {
    edit_config(folder, "s-seed1", |config| {
        config["data"] = "data/export/other".into();
        config["data_sha256"] = "of other pictures".into();
    });
    evaluate(folder, &["s"]).assert().code(2).stderr(
        predicate::str::contains("different datasets")
            .and(predicate::str::contains("s-seed0: data/export/default"))
            .and(predicate::str::contains("s-seed1: data/export/other")),
    );
    edit_config(folder, "s-seed1", |config| config["data"] = "data/export/default".into());
}

fn a_validation_of_one_class_gives_no_threshold(folder: &Path) {
    write_list(&folder.join("data/export/default"), "NonCOVID", "val", &[]);
    evaluate(folder, &["s-seed0"]).assert().success().stderr(
        predicate::str::contains("holds no non-COVID image")
            .and(predicate::str::contains("has changed since s-seed0 was trained on it")),
    );
    let metrics = files(folder, "s-seed0").read_metrics(Split::Test).expect("metrics.json");
    assert_eq!(metrics.details.operating, None);
    assert_eq!(metrics.counts.get(Label::COVID), 3);
}

fn a_corrupt_picture_is_named(folder: &Path) {
    let before = files(folder, "s-seed0").read_predictions(Split::Test).expect("predictions");
    let path = folder.join("data/export/default/Images-processed/CT_COVID/COVID-14.png");
    std::fs::write(&path, "no picture").expect("damage");
    for command in ["evaluate", "controls"] {
        covid_ct(folder, &[command, "s-seed0", "--threads", "1"]).assert().code(2).stderr(
            predicate::str::contains("COVID-14.png").and(predicate::str::contains("testCT_COVID")),
        );
    }
    let after = files(folder, "s-seed0").read_predictions(Split::Test).expect("predictions");
    assert_eq!(before, after, "what was measured before stays");
    assert_eq!(after[0].label, Label::COVID);
}
