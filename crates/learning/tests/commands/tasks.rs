//! Networks of tasks that are not covid-ct's: of two classes under other names, and of three.

use std::fmt::Write as _;
use std::path::Path;

use covid_ct::Workspace;
use covid_ct::runs::RunFiles;
use covid_ct::store::Store;
use image::{GrayImage, Luma};
use predicates::prelude::*;

use crate::common::training::{EPOCH, LIGHT, SMALL, covid_ct, train};

const INFLUENZA: &str = include_str!("../../../../tests/tasks/influenza.toml");
const GUIDELINE: &str = include_str!("../../../../tests/tasks/influenza.md");

/// A workspace of a task, with a dataset in `data/export/default` of pictures as bright as their class says: 10 to train on,
/// 3 to validate, 3 to test of each.
fn workspace(task: &str, classes: &[&str]) -> tempfile::TempDir {
    let workspace = tempfile::tempdir().expect("temporary folder");
    let root = workspace.path();
    std::fs::write(root.join("task.toml"), task).expect("task");
    std::fs::write(root.join("influenza.md"), GUIDELINE).expect("guideline");
    Store::open(&Workspace::new(root)).expect("database");
    let data = root.join("data/export/default");
    for (class, &name) in classes.iter().enumerate() {
        let (images, lists) =
            (data.join("Images-processed").join(name), data.join("Data-split").join(name));
        std::fs::create_dir_all(&images).expect("folder");
        std::fs::create_dir_all(&lists).expect("folder");
        let mut number = 0;
        for (part, count) in [("train", 10), ("val", 3), ("test", 3)] {
            let mut files = String::new();
            for _ in 0..count {
                let file = format!("{name}-{number}.png");
                picture(number, class as u32 * 90).save(images.join(&file)).expect("picture");
                let _ = writeln!(files, "{file}");
                number += 1;
            }
            std::fs::write(lists.join(format!("{part}{name}.txt")), files).expect("list");
        }
    }
    workspace
}

fn picture(number: u32, bright: u32) -> GrayImage {
    let texture = |x: u32, y: u32| ((x * 7 + y * 13 + number * 31) % 40 + bright) as u8;
    GrayImage::from_fn(64, 64, |x, y| Luma([texture(x, y)]))
}

fn kinds() -> String {
    let class = |name: &str| format!("[[class]]\nname = \"{name}\"\n\n");
    let answer = |key: char, name: &str| {
        format!("[[question.answer]]\nkey = \"{key}\"\nword = \"{name}\"\nclass = \"{name}\"\n\n")
    };
    format!(
        "name = \"kinds\"\ntitle = \"Kinds\"\npositive = \"mid\"\n\n{}{}{}[[question]]\nname = \"kind\"\nask = \"?\"\n\n{}{}{}",
        class("dark"),
        class("mid"),
        class("light"),
        answer('d', "dark"),
        answer('m', "mid"),
        answer('l', "light"),
    )
}

fn files(workspace: &Path, run: &str) -> RunFiles {
    RunFiles::new(Workspace::new(workspace).run(run))
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).expect("file")).expect("JSON")
}

#[test]
fn a_two_class_task_is_trained_and_measured_under_its_own_words() {
    let workspace = workspace(INFLUENZA, &["no-flu", "influenza"]);
    let folder = workspace.path();
    train(folder, "flu", &["--epochs", "2", "--learning-rate", "1e-3", "--seed", "7"])
        .assert()
        .success()
        .stderr(predicate::str::contains("20 images (10 influenza)"));
    covid_ct(folder, &["evaluate", "flu", "--threads", "1", "--explain", "1"])
        .assert()
        .success()
        .stdout(predicate::str::contains("predicted influenza  other"));
    let run = files(folder, "flu");
    let config = json(&run.config());
    assert_eq!(
        (&config["task"]["name"], &config["counts"]["train"]["no_flu"]),
        (&"influenza-ct".into(), &10.into())
    );
    let metrics = json(&run.metrics(covid_ct_core::Split::Test));
    assert_eq!(metrics["auroc"], 1.0, "bright pictures are influenza");
    assert!(metrics.get("classes").is_none());
    covid_ct(folder, &["report"]).assert().success();
    let page = std::fs::read_to_string(folder.join("data/report/index.html")).expect("page");
    assert!(page.contains("Predicted influenza") && !page.contains("Predicted COVID"));
    // Without the task it is another's run.
    std::fs::remove_file(folder.join("task.toml")).expect("removed");
    covid_ct(folder, &["evaluate", "flu", "--threads", "1"]).assert().code(2).stderr(
        predicate::str::contains("of the task influenza-ct")
            .and(predicate::str::contains("--task")),
    );
}

#[test]
fn three_classes_are_told_apart() {
    let workspace = workspace(&kinds(), &["dark", "mid", "light"]);
    let folder = workspace.path();
    let recipe = [
        &["--epochs", "8", "--learning-rate", "1e-3", "--seed", "7"][..],
        &["--label-smoothing", "0.1", "--balance"],
        &LIGHT,
    ]
    .concat();
    train(folder, "kinds", &recipe)
        .assert()
        .success()
        .stderr(predicate::str::contains("10 Dark, 10 Mid, 10 Light"));
    covid_ct(folder, &["evaluate", "kinds", "--threads", "1", "--flip", "--explain", "2"])
        .assert()
        .success()
        .stdout(
            predicate::str::contains("macro AUROC")
                .and(predicate::str::contains("Mid against the rest:")),
        );
    let run = files(folder, "kinds");
    let metrics = json(&run.metrics(covid_ct_core::Split::Test));
    let classes = &metrics["classes"];
    assert_eq!(classes["each"].as_array().map(Vec::len), Some(3));
    assert!(classes["macro_auroc"].as_f64().is_some_and(|auroc| auroc > 0.9), "{classes}");
    assert!(classes["intervals"]["macro_auroc"]["low"].is_number());
    let rows = classes["confusion"].as_array().expect("rows");
    let said: u64 = rows
        .iter()
        .flat_map(|row| row.as_array().expect("row"))
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(said, 9);
    let predictions =
        std::fs::read_to_string(run.predictions(covid_ct_core::Split::Test)).expect("predictions");
    assert!(
        predictions
            .starts_with("file,label,score,predicted,p_dark,p_mid,p_light\ndark-13.png,dark,"),
        "{predictions}"
    );
    for line in predictions.lines().skip(1) {
        let p: Vec<f64> =
            line.split(',').skip(4).map(|cell| cell.parse().expect("a number")).collect();
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{line}");
    }
    covid_ct(folder, &["report"]).assert().success();
    let page = std::fs::read_to_string(folder.join("data/report/index.html")).expect("page");
    assert!(page.contains("Macro AUROC") && page.contains("Predicted Light"));
    let picture = folder.join("data/export/default/Images-processed/light/light-0.png");
    let picture = picture.to_str().expect("a path of text");
    covid_ct(folder, &["predict", "kinds", picture, "--threads", "1"])
        .assert()
        .success()
        .stdout(predicate::str::starts_with("score,file,predicted,p_dark,p_mid,p_light\n"));
    covid_ct(folder, &["predict", "kinds", picture, "--json", "--threads", "1"])
        .assert()
        .success()
        .stdout(predicate::str::contains("\"probabilities\":{\"dark\":"));
}

#[test]
fn series_of_three_classes_are_measured_together() {
    let workspace = workspace(&kinds(), &["dark", "mid", "light"]);
    let folder = workspace.path();
    let arguments = [&["train", "few", "--seeds", "2"], &SMALL[..], &EPOCH[..]].concat();
    covid_ct(folder, &arguments).assert().success();
    covid_ct(folder, &["evaluate", "few", "--threads", "1"]).assert().success();
    let run = files(folder, "few");
    let metrics = json(&run.metrics(covid_ct_core::Split::Test));
    assert_eq!(metrics["classes"]["each"].as_array().map(Vec::len), Some(3));
    assert_eq!(metrics["counts"]["light"], 3);
}
