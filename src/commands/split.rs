//! `covid-ct split`

use std::path::Path;

use super::Outcome;
use crate::cli::SplitArgs;

pub fn run(_workspace: &Path, _args: &SplitArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
