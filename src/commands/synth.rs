//! `covid-ct synth`

use super::Outcome;
use crate::cli::SynthArgs;

pub fn run(_args: &SynthArgs) -> anyhow::Result<Outcome> {
    anyhow::bail!("not written yet")
}
