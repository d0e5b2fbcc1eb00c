//! `covid-ct report`

use std::path::Path;

use crate::store::Store;
use crate::{Workspace, report};
use anyhow::Context as _;

use super::Outcome;
use crate::cli::ReportArgs;

pub fn run(workspace: &Path, args: &ReportArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    // Runs on a dataset from elsewhere may be all there is; what else is told then is told of nothing.
    let nothing = tempfile::tempdir().context("cannot make a temporary folder")?;
    let only_runs = !workspace.database().exists() && workspace.runs().is_dir();
    let store = if only_runs {
        Store::open(&Workspace::new(nothing.path()))?
    } else {
        Store::open_to_read(&workspace)?
    };
    let folder = args.out.clone().unwrap_or_else(|| workspace.report());
    let written = report::write(&workspace, &store, &folder)?;
    for problem in &written.problems {
        eprintln!("covid-ct: {problem}");
    }
    println!("report: {}", written.path.display());
    Ok(if written.problems.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}
