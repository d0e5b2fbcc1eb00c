//! `covid-ct import-release`

use std::path::Path;

use super::Outcome;
use crate::cli::ImportReleaseArgs;

pub fn run(_workspace: &Path, _args: &ImportReleaseArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
