//! A training that is killed at each step that it takes on disk.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use crate::common::text;
use crate::common::training::{LIGHT, SMALL, covid_ct, workspace};
use covid_ct::Workspace;
use covid_ct::runs::{HistoryRow, RunFiles};

/// No training here takes more steps.
const MOST: usize = 200;
/// Fewer would be no training that keeps its state.
const FEWEST: usize = 8;

/// The weights and the history, but for the time that it took.
fn end(folder: &Path) -> (Vec<u8>, Vec<HistoryRow>) {
    let run = RunFiles::new(Workspace::new(folder).run("r"));
    let history = run.read_history().expect("history").into_iter();
    let weights = std::fs::read(run.checkpoint()).expect("weights");
    (weights, history.map(|row| HistoryRow { seconds: 0.0, ..row }).collect())
}

/// What a training leaves in `data/runs` beside the run.
fn beside(folder: &Path) -> Vec<String> {
    let runs = std::fs::read_dir(folder.join("data/runs")).expect("folder");
    let names = runs.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "r" && !name.contains(".lock")).collect()
}

#[test]
fn a_training_killed_at_any_step_on_disk_comes_to_the_same_end() {
    let arguments = [&["train", "r", "--epochs", "2"], &SMALL[..], &LIGHT].concat();
    let undisturbed = workspace();
    covid_ct(undisturbed.path(), &arguments).assert().success();
    let (expected, left) = (end(undisturbed.path()), beside(undisturbed.path()));
    for step in 1..=MOST {
        let workspace = workspace();
        let folder = workspace.path();
        let mut training = covid_ct(folder, &arguments);
        let killed = training.env("COVID_CT_KILL_AT", step.to_string()).output().expect("run");
        let told = text(&killed.stderr);
        if killed.status.success() {
            assert!(end(folder) == expected, "not killed at {step}");
            assert!(step > FEWEST, "{} steps are too few to be all", step - 1);
            return;
        }
        assert_eq!(killed.status.signal(), Some(9), "{told}");
        let told = told.lines().last().unwrap_or_default();
        if folder.join("data/runs/r").exists() {
            assert!(end(folder) == expected, "{told}: a run that is there is whole");
        }
        covid_ct(folder, &arguments).assert().success();
        assert!(end(folder) == expected, "{told}: the weights or the history differ");
        assert_eq!(beside(folder), left, "{told}");
    }
    panic!("more than {MOST} steps");
}
