//! `covid-ct train` and `covid-ct evaluate` on a small dataset anyone can tell apart.

#![cfg(feature = "train")]

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use covid_ct::Workspace;
use covid_ct::metrics::{HistoryRow, RunFiles};
use covid_ct::store::{Label, Part, Store};
use image::{GrayImage, Luma};
use predicates::prelude::*;

/// A workspace with `data/export/default`: per class 10 pictures to train on, 3 to validate, 3 to
/// test. COVID has a bright left half, non-COVID a dark one.
fn workspace() -> tempfile::TempDir {
    let workspace = tempfile::tempdir().expect("temporary folder");
    let export = workspace.path().join("data/export/default");
    for (class, bright) in [("COVID", true), ("NonCOVID", false)] {
        let images = export.join(format!("Images-processed/CT_{class}"));
        let lists = export.join(format!("Data-split/{class}"));
        std::fs::create_dir_all(&images).expect("folder");
        std::fs::create_dir_all(&lists).expect("folder");
        let mut number = 0;
        for (part, count) in [("train", 10), ("val", 3), ("test", 3)] {
            let mut files = Vec::new();
            for _ in 0..count {
                let file = format!("{class}-{number}.png");
                picture(number, bright).save(images.join(&file)).expect("picture");
                files.push(file);
                number += 1;
            }
            let list = lists.join(format!("{part}CT_{class}.txt"));
            std::fs::write(list, files.join("\n")).expect("list");
        }
    }
    workspace
}

fn picture(number: u32, bright: bool) -> GrayImage {
    GrayImage::from_fn(64, 64, |x, y| {
        let texture = (x * 7 + y * 13 + number * 31) % 40;
        Luma([texture as u8 + if bright { 190 } else { 20 }])
    })
}

fn covid_ct(workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("covid-ct"));
    command.arg("--workspace").arg(workspace).args(arguments);
    command
}

/// Small pictures and one thread: more would wait for each other where tests run side by side.
fn train(workspace: &Path, run: &str, more: &[&str]) -> Command {
    let mut command = covid_ct(workspace, &["train", run, "--size", "64", "--threads", "1"]);
    command.args(["--device", "cpu"]).args(more);
    command
}

fn run_files(workspace: &Path, run: &str) -> RunFiles {
    RunFiles::new(Workspace::new(workspace).run(run))
}

#[test]
fn trains_evaluates_and_repeats_itself() {
    let workspace = workspace();
    let folder = workspace.path();
    Store::open(&Workspace::new(folder)).expect("database");
    for run in ["first", "second"] {
        train(folder, run, &["--seed", "7", "--epochs", "2", "--learning-rate", "1e-3"])
            .assert()
            .success()
            .stdout(predicate::str::contains("best.safetensors"))
            .stderr(predicate::str::contains("epoch   2"));
        covid_ct(folder, &["evaluate", run, "--threads", "1"])
            .assert()
            .success()
            .stdout(predicate::str::contains("chosen on val"))
            .stdout(predicate::str::contains("95 % intervals"));
    }

    let files = run_files(folder, "first");
    let config = files.read_config().expect("config.json");
    assert_eq!((config.run.as_str(), config.data.as_str()), ("first", "data/export/default"));
    assert_eq!((config.counts.train.covid, config.counts.val.non_covid), (10, 3));
    assert_eq!((config.parameters, config.seed, config.size), (6_955_906, 7, 64));
    let history = files.read_history().expect("history.csv");
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].learning_rate, 1e-3);
    assert!((history[1].learning_rate - 5e-4).abs() < 1e-12);
    let metrics = files.read_metrics(Part::Test).expect("metrics.json");
    assert_eq!(metrics.metrics.confusion.total(), 6);
    assert_eq!(metrics.epoch, HistoryRow::best(&history).expect("an epoch").epoch);
    assert_eq!(metrics.metrics.auroc, Some(1.0), "a bright half is easy to see");
    assert_eq!(metrics.metrics.auprc, Some(1.0));
    let details = &metrics.details;
    // By name COVID-13 and the like: each picture is a paper of its own.
    assert_eq!(details.intervals.map(|intervals| intervals.groups), Some(6));
    let operating = details.operating.as_ref().expect("a threshold chosen on val");
    assert_eq!(operating.chosen.chosen_on, Part::Val);
    let sizes: Vec<_> = details.by_size.iter().map(|slice| slice.name.as_str()).collect();
    assert_eq!(sizes, ["under 224 px"]);
    let predictions = files.read_predictions(Part::Test).expect("predictions.csv");
    assert_eq!(predictions[0].file, "COVID-13.png");
    assert_eq!(predictions[5].label, Label::NonCovid);

    let bytes = |run, path: fn(&RunFiles) -> std::path::PathBuf| {
        std::fs::read(path(&run_files(folder, run))).expect("file")
    };
    let predictions = |files: &RunFiles| files.predictions(Part::Test);
    assert!(bytes("first", predictions) == bytes("second", predictions));
    assert!(bytes("first", RunFiles::checkpoint) == bytes("second", RunFiles::checkpoint));

    let recorded = Store::open_existing(&Workspace::new(folder)).expect("store").runs();
    let recorded = recorded.expect("runs");
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0].metrics["auroc"], 1.0);

    // On from those weights, and measured on another part: the test part's files stay.
    let checkpoint = files.checkpoint();
    let init = ["--init", checkpoint.to_str().expect("path"), "--epochs", "1"];
    train(folder, "second", &init).assert().success();
    let json =
        covid_ct(folder, &["evaluate", "first", "--part", "val", "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert_eq!((json["part"].as_str(), json["counts"]["covid"].as_u64()), (Some("val"), Some(3)));
    assert!(files.metrics(Part::Val).exists());
    assert_eq!(files.read_metrics(Part::Test).expect("metrics.json").counts.covid, 3);
    assert!(!run_files(folder, "second").metrics(Part::Test).exists(), "the new run is unmeasured");

    a_loss_that_is_no_number_keeps_the_earlier_run(folder, &checkpoint);
}

/// Starts from weights with a NaN among them; `second` is the earlier run.
fn a_loss_that_is_no_number_keeps_the_earlier_run(workspace: &Path, checkpoint: &Path) {
    let mut weights = tch::Tensor::read_safetensors(checkpoint).expect("checkpoint");
    let bias = weights.iter_mut().find(|(name, _)| name == "classifier.bias").expect("a head");
    bias.1 = &bias.1 * f64::NAN;
    let broken = workspace.join("nan.safetensors");
    tch::Tensor::write_safetensors(&weights, &broken).expect("file");
    train(workspace, "second", &["--init", broken.to_str().expect("path")])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("lower --learning-rate"));
    assert!(run_files(workspace, "second").checkpoint().exists());
}

#[test]
fn a_bad_image_is_named_before_training_starts() {
    let workspace = workspace();
    let images = workspace.path().join("data/export/default/Images-processed/CT_COVID");
    std::fs::remove_file(images.join("COVID-3.png")).expect("remove");
    std::fs::write(images.join("COVID-5.png"), "not a picture").expect("write");
    train(workspace.path(), "r", &[]).assert().code(2).stderr(
        predicate::str::contains("COVID-3.png")
            .and(predicate::str::contains("COVID-5.png"))
            .and(predicate::str::contains("trainCT_COVID.txt")),
    );
    assert!(!workspace.path().join("data/runs").exists());
}

#[test]
fn a_part_without_one_class_is_refused() {
    let workspace = workspace();
    let list = "data/export/default/Data-split/NonCOVID/valCT_NonCOVID.txt";
    std::fs::write(workspace.path().join(list), "\n").expect("write");
    train(workspace.path(), "r", &[])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("val part").and(predicate::str::contains("non-covid")));
}

#[test]
fn what_cannot_be_is_refused_and_leaves_no_run() {
    let workspace = workspace();
    let folder = workspace.path();
    for (arguments, told) in [
        (vec!["--init", "missing.safetensors"], "missing.safetensors"),
        (vec!["--data", "nowhere"], "Images-processed"),
        (vec!["--learning-rate", "-1"], "above 0"),
        (vec!["--epochs", "0"], "--epochs"),
        (vec!["--network", "vgg"], "densenet121"),
    ] {
        train(folder, "r", &arguments).assert().code(2).stderr(predicate::str::contains(told));
    }
    train(folder, "../r", &[]).assert().code(2).stderr(predicate::str::contains("name a run"));
    if !Path::new("/dev/nvidiactl").exists() {
        let cuda = ["train", "r", "--device", "cuda"];
        covid_ct(folder, &cuda).assert().code(2).stderr(predicate::str::contains("no GPU"));
    }
    covid_ct(folder, &["evaluate", "r"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("covid-ct train r"));
    let left = std::fs::read_dir(folder.join("data/runs")).expect("folder").count();
    assert_eq!(left, 0, "nothing is left of refused runs");
}

#[test]
fn an_interrupted_run_keeps_its_best_epoch() {
    let workspace = workspace();
    let folder = workspace.path();
    let mut long = std::process::Command::new(assert_cmd::cargo::cargo_bin!("covid-ct"))
        .args(["train", "r", "--size", "64", "--threads", "1", "--epochs", "300"])
        .args(["--device", "cpu", "--workspace"])
        .arg(folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("started");
    let first_epoch = folder.join("data/runs/.r.part/history.csv");
    let deadline = Instant::now() + Duration::from_mins(2);
    while !first_epoch.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    train(folder, "r", &[]).assert().code(2).stderr(predicate::str::contains("another process"));
    let pid = rustix::process::Pid::from_child(&long);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("signal");
    let mut told = String::new();
    let mut stderr = long.stderr.take().expect("piped");
    stderr.read_to_string(&mut told).expect("UTF-8");
    assert_eq!(long.wait().expect("ended").code(), Some(1), "{told}");
    assert!(told.contains("the best epoch before it was kept"), "{told}");
    assert!(!run_files(folder, "r").read_history().expect("history").is_empty());
    covid_ct(folder, &["evaluate", "r", "--threads", "1"]).assert().success();
}
