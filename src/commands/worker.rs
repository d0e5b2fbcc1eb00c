//! `covid-ct worker`

use super::Outcome;
use crate::cli::WorkerArgs;

pub fn run(_args: &WorkerArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
