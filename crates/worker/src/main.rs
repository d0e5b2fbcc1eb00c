//! `covid-ct-worker`: the reading end of `covid-ct ingest`, and of all else that has PDFs read or drawn.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use covid_ct_extraction::pdf::Limits;
use covid_ct_worker::TIMEOUT;
use covid_ct_worker::isolation::{self, Isolation, Reach};
use covid_ct_worker::misdeed::{self, Misdeed};
use covid_ct_worker::worker::{self, Budget};

/// Reads and draws PDFs for covid-ct, which starts it: one line of JSON each way.
#[derive(Debug, Parser)]
#[command(name = "covid-ct-worker", version)]
struct Args {
    /// Object store to write to
    #[arg(long, value_name = "DIR")]
    objects: PathBuf,

    /// Memory limit in MiB
    #[arg(long, value_name = "MIB")]
    memory: u64,

    /// Seconds of processor time for a document
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT)]
    timeout: u64,

    /// What a document may have, as JSON
    #[arg(long, value_name = "JSON", default_value_t)]
    limits: Limits,

    /// Folder of documents, beside which no other file can be read
    #[arg(long, value_name = "DIR")]
    readable: Vec<PathBuf>,

    /// Folder to write renderings to
    #[arg(long, value_name = "DIR")]
    writable: Vec<PathBuf>,

    /// Only tell what isolation is in force, and what was refused that no document needs
    #[arg(long)]
    probe: bool,

    /// Only try something that must be refused, such as socket, open, fork or spin
    #[arg(long, value_name = "MISDEED")]
    misbehave: Option<Misdeed>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("covid-ct-worker: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
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
        let tried = misdeed::try_all(&args.objects);
        println!("{}", serde_json::to_string(&Isolation { tried, ..in_force })?);
    } else if let Some(misdeed) = args.misbehave {
        isolation::grant(args.timeout)?;
        misdeed.attempt(&args.objects).context("refused")?;
    } else {
        let budget = Budget { limits: args.limits, seconds: args.timeout };
        worker::serve(&args.objects, budget, std::io::stdin().lock(), std::io::stdout().lock())?;
    }
    Ok(())
}
