//! Workers that a document has taken over get nowhere; documents are read all the same.

use std::fs;
use std::path::Path;

use crate::common::{Project, install, install_script, skipped, text};
use covid_ct::extract::isolation::{Isolation, Trial};
use covid_ct::extract::misdeed::Misdeed;
use covid_ct::synth;
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
    let Isolation { files, calls, tried, .. } = in_force(&project);
    assert_eq!(tried.len() + 1, Misdeed::ALL.len(), "each but to compute without end");
    let of_files = ["open", "write", "link"];
    for Trial { misdeed, refused } in tried {
        let guarded = if of_files.contains(&misdeed.as_str()) { files } else { calls };
        assert!(refused || !guarded, "{misdeed} is let through");
        let tried = project.worker().args(["--misbehave", &misdeed]).assert();
        if guarded {
            tried.code(2).stderr(contains("refused: "));
        }
    }
}

/// A worker that a document has taken over finds no credentials in its environment.
#[test]
fn a_worker_has_no_environment() {
    let project = Project::new();
    let (program, worker) = (project.path("covid-ct"), project.path("covid-ct-worker"));
    install(Path::new(crate::PROGRAM), &program);
    install_script("#!/bin/sh\nenv > \"$0.env\"\n", &worker);
    fs::write(project.path("x.pdf"), synth::paper(3, 0).pdf).expect("written");
    assert_cmd::Command::new(program)
        .env("COVID_CT_WORKSPACE", project.path(""))
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .arg("ingest")
        .arg(project.path("x.pdf"))
        .assert()
        .code(1);
    let seen = fs::read_to_string(project.path("covid-ct-worker.env")).expect("environment");
    assert!(!seen.contains("secret") && !seen.contains("COVID_CT"), "{seen}");
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
        let sha256 = covid_ct_core::sha256_hex(&pdf);
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
