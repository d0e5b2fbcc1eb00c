//! `covid-ct` hands what computes with libtorch to the program `covid-ct-learning` beside it, what asks servers to
//! `covid-ct-fetching`, and has PDFs read by `covid-ct-worker`.

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

use crate::common::{install, install_script};

/// `covid-ct` in a folder where nothing else is but what a test puts there.
fn alone(folder: &Path) -> Command {
    let program = folder.join("covid-ct");
    install(Path::new(env!("CARGO_BIN_EXE_covid-ct")), &program);
    let mut command = Command::new(program);
    command.arg("--workspace").arg(folder).env_remove("GOMP_SPINCOUNT");
    command.env_remove("OMP_WAIT_POLICY");
    command
}

/// In the place of a program beside `covid-ct`, a script that prints what it is given.
fn put_neighbour(folder: &Path, name: &str) {
    let script = "#!/bin/sh\necho \"spin $GOMP_SPINCOUNT\"\nprintf '%s\\n' \"$@\"\nexit 1\n";
    install_script(script, &folder.join(name));
}

#[test]
fn training_names_the_program_that_is_missing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    for verb in ["train", "evaluate"] {
        let missing = predicate::str::contains("covid-ct-learning")
            .and(predicate::str::contains("make build"))
            .and(predicate::str::contains(folder.path().to_str().expect("path")));
        alone(folder.path()).arg(verb).assert().code(2).stderr(missing);
    }
}

#[test]
fn the_learning_program_gets_the_arguments_and_its_answer_counts() {
    let folder = tempfile::tempdir().expect("temporary folder");
    put_neighbour(folder.path(), "covid-ct-learning");
    let workspace = folder.path().display();
    alone(folder.path())
        .args(["train", "a run", "--epochs", "3"])
        .assert()
        .code(1)
        .stdout(format!("spin 10000\n--workspace\n{workspace}\ntrain\na run\n--epochs\n3\n"));
    alone(folder.path()).args(["train", "--epochs", "none"]).assert().code(2).stdout("");
}

#[test]
fn reading_names_the_program_that_is_missing_and_needs_it_for_nothing_else() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let pdf = folder.path().join("paper.pdf");
    std::fs::write(&pdf, covid_ct::synth::paper(3, 0).pdf).expect("written");
    let missing =
        predicate::str::contains("covid-ct-worker").and(predicate::str::contains("make build"));
    alone(folder.path()).arg("ingest").arg(&pdf).assert().code(2).stderr(missing);
    alone(folder.path()).arg("status").assert().success();
}

#[test]
fn the_page_is_served_by_the_program_that_has_a_server() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let missing =
        predicate::str::contains("covid-ct-web").and(predicate::str::contains("make build"));
    let label = ["label", "--web", "--curators", "ann,bob"];
    alone(folder.path()).args(label).assert().code(2).stderr(missing);
    put_neighbour(folder.path(), "covid-ct-web");
    let told = predicate::str::ends_with("label\n--web\n--curators\nann,bob\n");
    alone(folder.path()).args(label).assert().code(1).stdout(told);
}

#[test]
fn asking_servers_names_the_program_that_is_missing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let missing = || {
        predicate::str::contains("covid-ct-fetching").and(predicate::str::contains("make build"))
    };
    alone(folder.path()).args(["fetch", "--search"]).assert().code(2).stderr(missing());
    alone(folder.path()).args(["ingest", "s3://bucket/papers"]).assert().code(2).stderr(missing());
    assert!(!folder.path().join("data").exists(), "nothing is begun that cannot be done");
    // What is here is looked at without a network.
    let papers = folder.path().join("papers");
    std::fs::create_dir(&papers).expect("folder");
    let from = papers.to_str().expect("path");
    let none = predicate::str::contains("no *.pdf");
    alone(folder.path()).args(["fetch", "--from", from]).assert().code(1).stderr(none);
}

#[test]
fn the_fetching_program_gets_the_arguments_and_its_answer_counts() {
    let folder = tempfile::tempdir().expect("temporary folder");
    put_neighbour(folder.path(), "covid-ct-fetching");
    let workspace = folder.path().display();
    let told = |args: &str| format!("spin \n--workspace\n{workspace}\n{args}");
    alone(folder.path())
        .args(["fetch", "--search"])
        .assert()
        .code(1)
        .stdout(told("fetch\n--search\n"));
    alone(folder.path())
        .args(["ingest", "papers", "https://a.org/b.pdf"])
        .assert()
        .code(1)
        .stdout(told("ingest\npapers\nhttps://a.org/b.pdf\n"));
}
