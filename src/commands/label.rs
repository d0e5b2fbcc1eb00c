//! `covid-ct label`

use std::path::Path;

use super::Outcome;
use crate::cli::LabelArgs;

pub fn run(_workspace: &Path, _args: &LabelArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
