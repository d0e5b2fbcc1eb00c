//! Datasets to train on in a test, and the commands that do.

use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use image::{GrayImage, Luma};
use rustix::process::{Pid, Signal, kill_process};

/// A dataset that anyone can tell apart: per class 10 pictures to train on, 3 to validate, 3 to test, each
/// class numbered through. COVID is bright, non-COVID dark; `size` tells how large a picture is.
pub fn bright_and_dark(folder: &Path, size: impl Fn(u32) -> (u32, u32)) {
    for (class, bright) in [("COVID", true), ("NonCOVID", false)] {
        let images = folder.join(format!("Images-processed/CT_{class}"));
        std::fs::create_dir_all(&images).expect("folder");
        let mut number = 0;
        for (part, count) in [("train", 10), ("val", 3), ("test", 3)] {
            let mut files = Vec::new();
            for _ in 0..count {
                let file = format!("{class}-{number}.png");
                textured(number, size(number), bright).save(images.join(&file)).expect("picture");
                files.push(file);
                number += 1;
            }
            write_list(folder, class, part, &files);
        }
    }
}

pub fn write_list(folder: &Path, class: &str, part: &str, files: &[String]) {
    let lists = folder.join(format!("Data-split/{class}"));
    std::fs::create_dir_all(&lists).expect("folder");
    std::fs::write(lists.join(format!("{part}CT_{class}.txt")), files.join("\n")).expect("list");
}

/// No two of a brightness are alike.
pub fn textured(number: u32, (width, height): (u32, u32), bright: bool) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let texture = (x * 7 + y * 13 + number * 31) % 40;
        Luma([texture as u8 + if bright { 190 } else { 20 }])
    })
}

/// Width and height of all pictures.
pub const SIZE: (u32, u32) = (64, 64);

/// A workspace with `data/export/default`.
pub fn workspace() -> tempfile::TempDir {
    let workspace = tempfile::tempdir().expect("temporary folder");
    bright_and_dark(&workspace.path().join("data/export/default"), |_| SIZE);
    workspace
}

pub fn covid_ct(workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("covid-ct-learning"));
    command.arg("--workspace").arg(workspace).args(arguments);
    command
}

/// Small pictures and one thread: more would wait for each other where tests run side by side. In one precision, so that
/// two runs are alike whatever was measured.
pub const SMALL: [&str; 8] =
    ["--size", "64", "--threads", "1", "--device", "cpu", "--precision", "fp32"];

/// A tenth of the usual network's computing, where many runs are trained and it does not matter of what.
pub const LIGHT: [&str; 2] = ["--network", "densenet35"];

/// A training of one epoch with it.
pub const EPOCH: [&str; 4] = ["--epochs", "1", LIGHT[0], LIGHT[1]];

pub fn train(workspace: &Path, run: &str, more: &[&str]) -> Command {
    covid_ct(workspace, &[&["train", run], &SMALL[..], more].concat())
}

/// Starts a training that goes on in `part`, and sends it a signal once `epochs` epochs are there.
pub fn kill_after(workspace: &Path, part: &str, arguments: &[&str], epochs: usize, signal: Signal) {
    let mut run = std::process::Command::new(assert_cmd::cargo::cargo_bin!("covid-ct-learning"))
        .arg("--workspace")
        .arg(workspace)
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("started");
    let history = workspace.join("data").join(part).join("history.csv");
    let lines = || std::fs::read_to_string(&history).map_or(0, |text| text.lines().count());
    let state = history.with_file_name("state.safetensors");
    let deadline = Instant::now() + Duration::from_mins(5);
    // The state comes after the history: of the last epoch there, it may not be written yet.
    while !(lines() > epochs && state.exists()) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&run), signal).expect("signal");
    run.wait().expect("ended");
}

/// The default export imported as a release, into a database.
pub fn import(workspace: &Path) {
    let export = workspace.join("data/export/default");
    let columns = "File name,Patient ID,Age,Gender,Location,Medical history,Time,Severity,\
                   Other diseases,DOI,Captions\n";
    std::fs::write(export.join("COVID-CT-MetaInfo.csv"), columns).expect("MetaInfo");
    covid_ct(workspace, &["import-release", export.to_str().expect("path")]).assert().success();
}
