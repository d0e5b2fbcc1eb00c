//! `covid-ct annotations`

use std::path::Path;

use super::Outcome;
use crate::cli::AnnotationsArgs;

pub fn run(_workspace: &Path, _args: &AnnotationsArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
