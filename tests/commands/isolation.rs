//! Workers that a document has taken over get nowhere; documents are read all the same.

use std::fs;

use crate::common::{Project, skipped, text};
use covid_ct::extract::isolation::Isolation;
use covid_ct::synth;
use predicates::prelude::*;
use predicates::str::contains;

/// What this kernel offers; says so where it is not all.
fn in_force(project: &Project) -> Isolation {
    let probed = project.worker().arg("--probe").assert().success();
    let found: Isolation = serde_json::from_slice(&probed.get_output().stdout).expect("told");
    assert!(found.limits);
    if !(found.files && found.calls) {
        skipped(&format!("this kernel lacks Landlock or seccomp: {found:?}"));
    }
    found
}

#[test]
fn what_no_document_needs_is_refused() {
    let project = Project::new();
    let Isolation { files, calls, .. } = in_force(&project);
    let refused = || contains("refused: ").and(contains("ermi"));
    for (misdeed, guarded) in [("socket", calls), ("fork", calls), ("open", files)] {
        let tried = project.worker().args(["--misbehave", misdeed]).assert();
        if guarded {
            tried.code(2).stderr(refused());
        } else {
            tried.success();
        }
    }
}

#[test]
fn a_document_takes_no_more_processor_time_than_its_limit() {
    use std::os::unix::process::ExitStatusExt as _;

    let project = Project::new();
    let spun = project.worker().args(["--timeout", "1", "--misbehave", "spin"]).output();
    assert_eq!(spun.expect("run").status.signal(), Some(rustix::process::Signal::XCPU.as_raw()));
}

#[test]
fn a_worker_reads_only_the_folders_it_was_given() {
    let project = Project::new();
    let pdf = synth::paper(3, 0).pdf;
    for folder in ["given", "other"] {
        fs::create_dir(project.path(folder)).expect("folder");
        fs::write(project.path(folder).join("x.pdf"), &pdf).expect("written");
    }
    let request = |folder: &str| {
        let path = project.path(folder).join("x.pdf");
        let sha256 = covid_ct::store::sha256_hex(&pdf);
        serde_json::json!({ "path": path, "sha256": sha256 }).to_string()
    };
    let asked = project
        .worker()
        .arg("--readable")
        .arg(project.path("given"))
        .write_stdin([request("given"), request("other")].join("\n"))
        .assert()
        .success();
    let answers = text(&asked.get_output().stdout);
    let answers: Vec<&str> = answers.lines().collect();
    assert!(answers[0].starts_with("{\"read\""), "{}", answers[0]);
    if in_force(&project).files {
        assert!(answers[1].contains("cannot be read: Permission denied"), "{}", answers[1]);
    }
}

#[test]
fn a_document_behind_a_link_is_read() {
    let project = Project::new();
    for folder in ["corpus", "elsewhere"] {
        fs::create_dir(project.path(folder)).expect("folder");
    }
    fs::write(project.path("elsewhere/x.pdf"), synth::paper(3, 0).pdf).expect("written");
    let link = project.path("corpus/x.pdf");
    std::os::unix::fs::symlink(project.path("elsewhere/x.pdf"), link).expect("linked");
    project
        .command(["ingest", "--render"])
        .arg(project.path("corpus"))
        .assert()
        .success()
        .stdout(contains("1 documents read"));
    // Its pages are drawn to a folder of their own.
    project.command(["show", "x"]).assert().success();
}
