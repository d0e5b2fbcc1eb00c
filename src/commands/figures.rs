//! `covid-ct figures`

use std::path::Path;

use super::Outcome;
use crate::cli::FiguresArgs;

pub fn run(_workspace: &Path, _args: &FiguresArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
