//! What a covid-ct built without the feature `train` says of training.

use assert_cmd::Command;
use predicates::prelude::*;

#[test]
fn training_names_what_the_build_lacks() {
    let workspace = tempfile::tempdir().expect("temporary folder");
    for verb in ["train", "evaluate"] {
        Command::new(assert_cmd::cargo::cargo_bin!("covid-ct"))
            .arg("--workspace")
            .arg(workspace.path())
            .arg(verb)
            .assert()
            .code(2)
            .stderr(predicate::str::contains("--features train"));
    }
}
