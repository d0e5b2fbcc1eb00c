//! `covid-ct status`

use std::path::Path;

use super::Outcome;
use crate::cli::StatusArgs;

pub fn run(_workspace: &Path, _args: &StatusArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
