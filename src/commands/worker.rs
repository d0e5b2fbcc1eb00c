//! `covid-ct worker`: the reading end of `ingest`.

use anyhow::Context as _;

use super::Outcome;
use crate::cli::WorkerArgs;
use crate::extract::isolation::{self, Reach};
use crate::extract::worker::{self, Budget};

pub fn run(args: &WorkerArgs) -> anyhow::Result<Outcome> {
    worker::end_with_parent().context("cannot tie the worker to its parent")?;
    // A folder can be let in only if it is there.
    std::fs::create_dir_all(&args.objects).context("cannot make the object store")?;
    let reach = Reach {
        readable: args.readable.iter().cloned().collect(),
        writable: args.writable.iter().cloned().collect(),
    };
    let in_force = isolation::enter(args.memory, &args.objects, &reach)
        .context("cannot isolate the worker")?;
    if args.probe {
        println!("{}", serde_json::to_string(&in_force)?);
    } else if let Some(misdeed) = args.misbehave {
        isolation::grant(args.timeout)?;
        misdeed.attempt().context("refused")?;
    } else {
        let budget = Budget { limits: args.limits, seconds: args.timeout };
        worker::serve(&args.objects, budget, std::io::stdin().lock(), std::io::stdout().lock())?;
    }
    Ok(Outcome::Done)
}
