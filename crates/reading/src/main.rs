//! `covid-ct-reading`: the commands of `covid-ct` that read papers and show what was found, and nothing else. It is
//! compiled long before all of `covid-ct` is, so `make` shows the first figures with it; and it is all that a machine
//! needs on which papers are only read.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use covid_ct_reading::cli::{FiguresArgs, IngestArgs, ShowArgs, SynthArgs};
use covid_ct_reading::commands::{self, Outcome};

/// Reads the figures of papers into a database, and shows them: the part of covid-ct that needs nothing else.
#[derive(Debug, Parser)]
#[command(name = "covid-ct-reading", version, propagate_version = true)]
struct Cli {
    /// Folder that holds corpus/, annotations/ and data/
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = ".",
        env = "COVID_CT_WORKSPACE"
    )]
    workspace: PathBuf,

    /// File of the task: which question is asked, and what the answers mean [default: task.toml in the workspace,
    /// else that of covid-ct]
    #[arg(long, global = true, value_name = "FILE", env = "COVID_CT_TASK")]
    task: Option<PathBuf>,

    /// Tell more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read PDFs: figures, captions, citing sentences, pictures
    Ingest(IngestArgs),
    /// List the figures of documents
    Figures(FiguresArgs),
    /// Draw what was found over the pages
    Show(ShowArgs),
    /// Write a sample corpus of synthetic preprints
    Synth(SynthArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    commands::start(cli.verbose);
    commands::exit(run(&cli), &cli.workspace)
}

fn run(cli: &Cli) -> anyhow::Result<Outcome> {
    commands::take_task(cli.task.as_deref(), &cli.workspace)?;
    match &cli.command {
        Command::Ingest(args) => commands::ingest::run(&cli.workspace, args, None),
        Command::Figures(args) => commands::figures::run(&cli.workspace, args),
        Command::Show(args) => commands::show::run(&cli.workspace, args, None),
        Command::Synth(args) => commands::synth::run(args),
    }
}
