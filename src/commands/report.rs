//! `covid-ct report`

use std::path::Path;

use covid_ct::store::Store;
use covid_ct::{Workspace, report};

use super::Outcome;
use crate::cli::ReportArgs;

pub fn run(workspace: &Path, args: &ReportArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let store = Store::open_existing(&workspace)?;
    let folder = args.out.clone().unwrap_or_else(|| workspace.report());
    let written = report::write(&workspace, &store, &folder)?;
    for problem in &written.problems {
        eprintln!("covid-ct: {problem}");
    }
    println!("report: {}", written.path.display());
    Ok(if written.problems.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}
