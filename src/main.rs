//! The command line: parse, dispatch, exit code.
//!
//! Exit codes: 0 all done, 1 done but some of it failed (each failure named on stderr), 2 could not
//! run; 130 where a second Ctrl-C ended it.

#[macro_use]
mod printing;

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use commands::Outcome;

fn main() -> ExitCode {
    let cli = Cli::parse();
    commands::start_logging(cli.verbose);
    let outcome = match cli.command {
        Command::Fetch(args) => commands::fetch::run(&cli.workspace, &args),
        Command::Ingest(args) => commands::ingest::run(&cli.workspace, &args),
        Command::Figures(args) => commands::figures::run(&cli.workspace, &args),
        Command::Show(args) => commands::show::run(&cli.workspace, &args),
        Command::Doctor(args) => commands::doctor::run(&cli.workspace, &args),
        Command::Backup(args) => commands::backup::run(&cli.workspace, &args),
        Command::Curators(args) => commands::curators::run(&cli.workspace, &args),
        Command::History(args) => commands::history::run(&cli.workspace, &args),
        Command::Status(args) => commands::status::run(&cli.workspace, &args),
        Command::Label(args) => commands::label::run(&cli.workspace, &args),
        Command::Annotations(args) => commands::annotations::run(&cli.workspace, &args),
        Command::ImportRelease(args) => commands::import_release::run(&cli.workspace, &args),
        Command::RecoverCrops(args) => commands::recover_crops::run(&cli.workspace, &args),
        Command::Split(args) => commands::split::run(&cli.workspace, &args),
        Command::Audit(args) => commands::audit::run(&cli.workspace, &args),
        Command::Export(args) => commands::export::run(&cli.workspace, &args),
        Command::Rebuild(args) => commands::rebuild::run(&cli.workspace, &args),
        Command::Stats(args) => commands::stats::run(&cli.workspace, &args),
        Command::Pretrain(args) => commands::pretrain::run(&cli.workspace, &args),
        Command::Train(args) => commands::train::run(&cli.workspace, &args),
        Command::Evaluate(args) => commands::evaluate::run(&cli.workspace, &args),
        Command::BenchNetwork(args) => commands::bench_network::run(&args),
        Command::Predict(args) => commands::predict::run(&cli.workspace, &args),
        Command::Controls(args) => commands::controls::run(&cli.workspace, &args),
        Command::Resplit(args) => commands::resplit::run(&args),
        Command::Report(args) => commands::report::run(&cli.workspace, &args),
        Command::Synth(args) => commands::synth::run(&args),
        Command::Completions(args) => Ok(commands::manual::completions(&args)),
        Command::Man(args) => commands::manual::man(&args),
        Command::Worker(args) => commands::worker::run(&args),
        Command::ScoreCrops(args) => commands::score_crops::run(&args),
        Command::ScoreDuplicates(args) => commands::score_duplicates::run(&args),
        Command::ScorePanels(args) => commands::score_panels::run(&cli.workspace, &args),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::DoneWithFailures) => ExitCode::from(1),
        // Whoever read our output has read enough: `covid-ct figures | head`.
        Err(error) if commands::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("covid-ct: {}", commands::in_full(&error));
            ExitCode::from(2)
        }
    }
}
