//! `covid-ct worker`: the reading end of `ingest`.

use anyhow::Context as _;

use super::Outcome;
use crate::cli::WorkerArgs;
use covid_ct::extract::worker;

pub fn run(args: &WorkerArgs) -> anyhow::Result<Outcome> {
    worker::limit_memory(args.memory).context("cannot limit the memory of the worker")?;
    worker::end_with_parent().context("cannot tie the worker to its parent")?;
    worker::serve(&args.objects, std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(Outcome::Done)
}
