//! `covid-ct ingest`

use std::path::Path;

use super::Outcome;
use crate::cli::IngestArgs;

pub fn run(_workspace: &Path, _args: &IngestArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
