//! `covid-ct export`

use std::path::Path;

use super::Outcome;
use crate::cli::ExportArgs;

pub fn run(_workspace: &Path, _args: &ExportArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
