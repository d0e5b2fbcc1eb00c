//! The command line as typed: definitions only, no work.

mod corpus;
mod curation;
mod dataset;
mod groups;
mod model;
mod shards;
mod task;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

pub use corpus::*;
pub use covid_ct_reading::cli::*;
pub use curation::*;
pub use dataset::*;
pub use groups::{command, parse};
pub use model::*;
pub use shards::*;
pub use task::*;

/// Rebuilds the COVID-CT dataset, and datasets like it, from the PDFs of preprints.
#[derive(Debug, Parser)]
#[command(name = "covid-ct", version, propagate_version = true)]
pub struct Cli {
    /// Folder that holds corpus/, annotations/ and data/
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = ".",
        env = "COVID_CT_WORKSPACE"
    )]
    pub workspace: PathBuf,

    /// File of the task: which question is asked, and what the answers mean [default: task.toml in the workspace,
    /// else that of covid-ct]
    #[arg(long, global = true, value_name = "FILE", env = "COVID_CT_TASK")]
    pub task: Option<PathBuf>,

    /// Tell more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Get the corpus: find preprints, download their PDFs, or take those that you have
    Fetch(Box<FetchArgs>),
    /// Extract figures, captions and citing sentences from PDFs into the database
    Ingest(IngestArgs),
    /// Extract from the PDFs that a list names into Parquet tables, without a database
    Extract(Box<ExtractArgs>),
    /// Bring what `extract` wrote, on any machine, into the database
    Merge(MergeArgs),
    /// Print the figures found, for reading or (--json) for programs
    Figures(FiguresArgs),
    /// Draw what was found in a document over its pages, as HTML or PNG
    Show(ShowArgs),
    /// Tell what the database holds and what is left to do
    Status(StatusArgs),
    /// Tell whether the database and its pictures are whole, and mend them (--repair)
    Doctor(DoctorArgs),
    /// Copy the database to a file, while others may work on it
    Backup(BackupArgs),
    /// Tell who decided how much, and how far curators agree
    Curators(CuratorsArgs),
    /// Check, make or show a task: which question is put to the figures of papers
    Task(TaskArgs),
    /// Tell everything that was decided about a picture or panel
    History(HistoryArgs),
    /// Decide at the keyboard what the pictures show
    Label(LabelArgs),
    /// Write the decisions to CSV files that git can merge, or read them
    Annotations(AnnotationsArgs),
    /// Read the published COVID-CT dataset into the database
    ImportRelease(ImportReleaseArgs),
    /// Find the pictures of a release in the figures they were cut out of
    RecoverCrops(RecoverCropsArgs),
    /// Divide the labelled panels into train, val and test, whole groups at a time
    Split(SplitArgs),
    /// Look for duplicates, leakage between splits, and shortcuts that give the class away
    Audit(AuditArgs),
    /// Write the dataset, in the published COVID-CT layout or another format
    Export(ExportArgs),
    /// Upload an export of open pictures to a Hugging Face dataset repository
    Publish(PublishArgs),
    /// Make a dataset again from PDFs and a recipe or annotations
    Rebuild(RebuildArgs),
    /// Print the dataset's numbers beside those of the COVID-CT paper
    Stats(StatsArgs),
    #[command(flatten)]
    Learning(LearningCommand),
    /// Describe a trained network for others
    Model(ModelArgs),
    /// Make a dataset of the same pictures split at random, to train a control on
    Resplit(ResplitArgs),
    /// Write the HTML report of the dataset and the runs
    Report(ReportArgs),
    /// Write a sample corpus of synthetic preprints with its exact truth
    Synth(SynthArgs),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Print the documents that a list names, for `covid-ct-ray`
    #[command(hide = true)]
    ListDocuments(ListDocumentsArgs),
    /// Read objects out of a bucket, for the store
    #[command(hide = true)]
    BringObjects(BringObjectsArgs),
    /// Write the man pages
    #[command(hide = true)]
    Man(ManArgs),
    /// Tell how many crops are found again in figures, for `make score`
    #[command(hide = true)]
    ScoreCrops(ScoreCropsArgs),
    /// Tell how many panels are proposed right, for `make score`
    #[command(hide = true)]
    ScorePanels(ScorePanelsArgs),
    /// Tell how many copies of pictures are found, for `make score`
    #[command(hide = true)]
    ScoreDuplicates(ScoreDuplicatesArgs),
}

/// What computes with a network, for which the program `covid-ct-learning` has libtorch.
#[derive(Debug, Subcommand)]
pub enum LearningCommand {
    /// Learn features from other pictures first, for `train --init`
    Pretrain(PretrainArgs),
    /// Train the baseline network on an exported dataset
    Train(TrainArgs),
    /// Measure a trained network, or a series of them, on the test split
    Evaluate(EvaluateArgs),
    /// Score new pictures with a trained network
    Predict(PredictArgs),
    /// Measure what could make a run look better than it is
    Controls(ControlsArgs),
    /// Time the network, for `make bench-train`
    #[command(hide = true)]
    BenchNetwork(BenchNetworkArgs),
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// List the papers that need a look, the gravest first, with page and reason: where text or pages show
    /// that something was missed or misread
    #[arg(long)]
    pub suspects: bool,

    /// One JSON object; with --suspects, one per paper, including papers that have only notes
    #[arg(long)]
    pub json: bool,
}

/// Looks the workspace over: SQLite's own checks of the database; every object that a row names, whose
/// bytes must be those that its name says; and files that no row names. Exit code 1 says that
/// something is wrong, and each is named with what to do.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Mend what can be mended
    ///
    /// Documents are read again whose pictures are missing or damaged, if their PDF lies where it was
    /// ingested, unchanged; every decision stays. Files that no row of the database names, and that have
    /// not changed for ten minutes, are removed. No other command should be at work on the workspace.
    #[arg(long)]
    pub repair: bool,

    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// File to write; it is whole or not there
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that is to complete
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write to
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct ScoreCropsArgs {
    /// Folder of scans to paste figures from
    #[arg(long, value_name = "DIR")]
    pub scans: PathBuf,

    /// How many figures
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub figures: u32,

    /// Which series of figures
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(..1000))]
    pub series: u32,

    /// Name what was missed on stderr
    #[arg(long)]
    pub misses: bool,
}

#[derive(Debug, Args)]
pub struct ScorePanelsArgs {
    /// Folder of single scans to paste compounds from, beside the workspace's own cropped pictures
    #[arg(long, value_name = "DIR")]
    pub scans: Option<PathBuf>,

    /// Which series of compounds to paste
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(..1000))]
    pub series: u32,

    /// Also draw what is proposed for each picture that was called a CT, into this folder
    #[arg(long, value_name = "DIR")]
    pub draw: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ScoreDuplicatesArgs {
    /// Folder of scans to copy; drawn ones otherwise
    #[arg(long, value_name = "DIR")]
    pub scans: Option<PathBuf>,

    /// Which copies to make
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Time all pairs of a quarter, half and all of N pictures instead
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(4..))]
    pub pictures: Option<u32>,
}
