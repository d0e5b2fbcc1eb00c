//! `covid-ct report`

use std::path::Path;

use super::Outcome;
use crate::cli::ReportArgs;

pub fn run(_workspace: &Path, _args: &ReportArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
