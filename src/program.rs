//! The command line: parse, dispatch, exit code.
//!
//! Exit codes: 0 all done, 1 done but some of it failed (each failure named on stderr), 2 could not
//! run; 130 where a second Ctrl-C ended it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::{self, Cli, Command, LearningCommand, TaskAction, TaskArgs};
use crate::commands::environment::started_anew;
use crate::commands::{self, Outcome, neighbour};
use crate::corpus::Network;
use crate::curation::{self, screen, seat};
use crate::model::Backend;
use covid_ct_core::ObjectStore;

/// What a program may have beside the library. A command that needs what is not there is handed to the program
/// beside this one that has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// What computes: `covid-ct-learning` has it.
    pub backend: Option<&'a dyn Backend>,
    /// What asks servers: `covid-ct-fetching` has it.
    pub network: Option<&'a dyn Network>,
    /// What serves the page of `label --web`: `covid-ct-web` has it.
    pub server: Option<&'a dyn seat::Server>,
}

/// Runs the command that the process was started with.
pub fn main(parts: Parts<'_>) -> ExitCode {
    let cli = cli::parse();
    commands::start(cli.verbose);
    let workspace = cli.workspace.clone();
    commands::exit(run(cli, parts), &workspace)
}

fn run(cli: Cli, parts: Parts<'_>) -> anyhow::Result<Outcome> {
    let workspace = &cli.workspace;
    if !matches!(
        &cli.command,
        Command::Task(TaskArgs { action: TaskAction::Check { .. } | TaskAction::New(_) })
    ) {
        commands::take_task(cli.task.as_deref(), workspace)?;
    }
    match cli.command {
        Command::Fetch(args) => commands::fetch::run(workspace, &args, parts.network),
        Command::Ingest(args) => commands::ingest::run(workspace, &args, parts.network),
        Command::Extract(args) => commands::extract::run(workspace, &args, parts.network),
        Command::Merge(args) => commands::merge::run(workspace, &args, parts.network),
        Command::ListDocuments(args) => commands::extract::list_documents(&args, parts.network),
        Command::BringObjects(args) => commands::bring_objects::run(&args, parts.network),
        Command::Figures(args) => commands::figures::run(workspace, &args),
        Command::Show(args) => commands::show::run(workspace, &args, Some(&draw_in_terminal)),
        Command::Doctor(args) => commands::doctor::run(workspace, &args),
        Command::Backup(args) => commands::backup::run(workspace, &args),
        Command::Curators(args) => commands::curators::run(workspace, &args),
        Command::Task(args) => commands::task::run(&args),
        Command::History(args) => commands::history::run(workspace, &args),
        Command::Status(args) => commands::status::run(workspace, &args),
        Command::Label(args) => commands::label::run(workspace, &args, parts.server),
        Command::Annotations(args) => commands::annotations::run(workspace, &args),
        Command::ImportRelease(args) => commands::import_release::run(workspace, &args),
        Command::RecoverCrops(args) => commands::recover_crops::run(workspace, &args),
        Command::Split(args) => commands::split::run(workspace, &args),
        Command::Audit(args) => commands::audit::run(workspace, &args),
        Command::Export(args) => commands::export::run(workspace, &args),
        Command::Publish(args) => commands::publish::run(workspace, &args),
        Command::Rebuild(args) => commands::rebuild::run(workspace, &args),
        Command::Stats(args) => commands::stats::run(workspace, &args),
        Command::Model(args) => commands::model::run(workspace, &args),
        Command::Resplit(args) => commands::resplit::run(workspace, &args),
        Command::Report(args) => commands::report::run(workspace, &args),
        Command::Synth(args) => commands::synth::run(&args),
        Command::Completions(args) => Ok(commands::manual::completions(&args)),
        Command::Man(args) => commands::manual::man(&args),
        Command::ScoreCrops(args) => commands::score_crops::run(&args),
        Command::ScoreDuplicates(args) => commands::score_duplicates::run(&args),
        Command::ScorePanels(args) => commands::score_panels::run(workspace, &args),
        Command::Learning(command) => match parts.backend {
            Some(backend) => learn(backend, workspace, command),
            None => Err(neighbour::hand_over(neighbour::LEARNING, started_anew)),
        },
    }
}

fn draw_in_terminal(picture: &Path, objects: ObjectStore) -> anyhow::Result<()> {
    let colour = curation::Style::of_stdout().colour;
    let look = screen::Options { protocol: screen::ImageProtocol::Auto, colour };
    screen::print(picture, objects, look).context("this terminal does not say what it can draw")
}

fn learn(
    backend: &dyn Backend,
    workspace: &Path,
    command: LearningCommand,
) -> anyhow::Result<Outcome> {
    match command {
        LearningCommand::Pretrain(args) => commands::pretrain::run(backend, workspace, &args),
        LearningCommand::Train(args) => commands::train::run(backend, workspace, &args),
        LearningCommand::Evaluate(args) => commands::evaluate::run(backend, workspace, &args),
        LearningCommand::Predict(args) => commands::predict::run(backend, workspace, &args),
        LearningCommand::Controls(args) => commands::controls::run(backend, workspace, &args),
        LearningCommand::BenchNetwork(args) => commands::bench_network::run(backend, &args),
    }
}
