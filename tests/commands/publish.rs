//! `covid-ct publish`, with a stand-in for Hugging Face's command: nothing is sent anywhere.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

use crate::common::{Project, extraction, figure_on, grey_object, image_on, install_script};
use covid_ct::store::Source;

/// A paper under this licence, labelled and exported as `name`.
fn exported(licence: &str) -> Project {
    let project = Project::new();
    let mut store = project.store();
    for paper in 0..4_u32 {
        let side = 120 + paper;
        let scan = image_on(1, 1, grey_object(&store, (side, side)), (side, side));
        let caption = "Figure 1. Chest CT of a patient with COVID-19.";
        let mut found =
            extraction(&format!("paper{paper}"), vec![scan], vec![figure_on(1, caption)]);
        found.paper.licence = licence.into();
        store.record(&found, Source::Pdf).expect("recorded");
    }
    drop(store);
    for (stage, script) in [
        ("select", "c\nc\nc\nc\n"),
        ("diagnose", "c\n\nc\n\nn\nimage\nn\nimage\n"),
        ("crop", "w\n\nw\n\nw\n\nw\n\n"),
    ] {
        let label = ["label", stage, "--plain", "--curator", "ann"];
        project.command(label).write_stdin(script).assert().success();
    }
    project.command(["split"]).assert().success();
    project.command(["export", "default", "--allow-empty"]).assert().success();
    project
}

/// The command with nothing but this folder to look for programs in.
fn publish(project: &Project, programs: &Path, options: &[&str]) -> Command {
    let mut command = project.command(["publish", "default", "--repo", "example/covid-ct"]);
    command.args(options).env("PATH", programs);
    command
}

/// A stand-in that notes how it is called.
fn stand_in(folder: &Path, name: &str, whoami: &str, upload: i32) {
    let log = folder.join("log");
    let script = format!(
        "#!/bin/sh\necho \"{name} $*\" >>'{}'\ncase \"$*\" in\n*whoami*) {whoami} ;;\nupload*) exit {upload} ;;\nesac\n",
        log.display()
    );
    install_script(&script, &folder.join(name));
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

#[test]
fn an_open_export_is_shown_and_handed_to_the_users_command() {
    let project = exported("CC-BY 4.0");
    let folder = tempfile::tempdir().expect("temporary folder");
    stand_in(folder.path(), "hf", "echo somebody", 0);
    let shown = predicate::str::contains("4 pictures of 4 papers")
        .and(predicate::str::contains("4 under CC-BY 4.0"))
        .and(predicate::str::contains("by everybody"));
    publish(&project, folder.path(), &["--yes"])
        .assert()
        .code(0)
        .stdout(shown)
        .stderr(predicate::str::contains("published"));
    let called = log(folder.path());
    let export = project.path("data/export/default");
    let upload = format!(
        "hf upload example/covid-ct {} . --repo-type dataset --commit-message Publish default\n",
        export.display()
    );
    assert!(called.contains("hf auth whoami") && called.ends_with(&upload), "{called}");
    publish(&project, folder.path(), &["--yes", "--private"]).assert().code(0);
    assert!(log(folder.path()).trim_end().ends_with("--private"));
}

#[test]
fn without_a_yes_nothing_is_sent() {
    let project = exported("CC-BY 4.0");
    let folder = tempfile::tempdir().expect("temporary folder");
    stand_in(folder.path(), "hf", "echo somebody", 0);
    publish(&project, folder.path(), &[])
        .write_stdin("example/covid-ct\n")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--yes"));
    assert!(!log(folder.path()).contains("upload"));
}

#[test]
fn pictures_that_may_not_be_passed_on_are_not_published() {
    for licence in ["", "All rights reserved", "CC-BY-ND 4.0"] {
        let project = exported(licence);
        let folder = tempfile::tempdir().expect("temporary folder");
        stand_in(folder.path(), "hf", "echo somebody", 0);
        publish(&project, folder.path(), &["--yes"]).assert().code(2).stderr(
            predicate::str::contains("4 of 4 pictures")
                .and(predicate::str::contains("--licence open")),
        );
        assert_eq!(log(folder.path()), "");
    }
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let project = exported("CC0");
    let folder = tempfile::tempdir().expect("temporary folder");
    publish(&project, folder.path(), &["--yes"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("pip install huggingface_hub"));
    stand_in(folder.path(), "huggingface-cli", "echo Not logged in", 0);
    publish(&project, folder.path(), &["--yes"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("huggingface-cli login"));
    stand_in(folder.path(), "hf", "echo somebody", 3);
    publish(&project, folder.path(), &["--yes"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("publish again"));
    let readme = project.path("data/export/default/README.md");
    std::fs::write(readme, "changed").expect("written");
    publish(&project, folder.path(), &["--yes"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("export it again"));
    project.command(["publish", "default", "--repo", "--token"]).assert().code(2);
}
