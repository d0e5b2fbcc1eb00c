//! `covid-ct` hands what computes with a network to the program `covid-ct-learning` beside it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

/// `covid-ct` in a folder where nothing else is but what a test puts there.
fn alone(folder: &Path) -> Command {
    let program = folder.join("covid-ct");
    std::fs::copy(env!("CARGO_BIN_EXE_covid-ct"), &program).expect("copied");
    let mut command = Command::new(program);
    command.arg("--workspace").arg(folder).env_remove("GOMP_SPINCOUNT");
    command.env_remove("OMP_WAIT_POLICY");
    command
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
    let learning = folder.path().join("covid-ct-learning");
    let script = "#!/bin/sh\necho \"spin $GOMP_SPINCOUNT\"\nprintf '%s\\n' \"$@\"\nexit 1\n";
    std::fs::write(&learning, script).expect("script");
    std::fs::set_permissions(&learning, std::fs::Permissions::from_mode(0o755)).expect("rights");
    let workspace = folder.path().display();
    alone(folder.path())
        .args(["train", "a run", "--epochs", "3"])
        .assert()
        .code(1)
        .stdout(format!("spin 10000\n--workspace\n{workspace}\ntrain\na run\n--epochs\n3\n"));
    alone(folder.path()).args(["train", "--epochs", "none"]).assert().code(2).stdout("");
}
