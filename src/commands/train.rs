//! `covid-ct train`

use std::path::Path;

use super::Outcome;
use crate::cli::TrainArgs;

pub fn run(_workspace: &Path, _args: &TrainArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
