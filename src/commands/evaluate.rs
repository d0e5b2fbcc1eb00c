//! `covid-ct evaluate`

use std::path::Path;

use super::Outcome;
use crate::cli::EvaluateArgs;

pub fn run(_workspace: &Path, _args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
