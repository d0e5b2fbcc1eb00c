//! The command line as typed: definitions only, no work.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use covid_ct::model::{Device, Network};
use covid_ct::store::Part;

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

    /// Tell more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Extract figures, captions and citing sentences from PDFs into the database
    Ingest(IngestArgs),
    /// Print the figures found, for reading or (--json) for programs
    Figures(FiguresArgs),
    /// Draw what was found in a document over its pages, as HTML or PNG
    Show(ShowArgs),
    /// Tell what the database holds and what is left to do
    Status(StatusArgs),
    /// Tell who decided how much, and how far curators agree
    Curators(CuratorsArgs),
    /// Tell everything that was decided about a picture or panel
    History(HistoryArgs),
    /// Decide at the keyboard what the pictures show
    Label(LabelArgs),
    /// Write the decisions to CSV files that git can merge, or read them
    Annotations(AnnotationsArgs),
    /// Read the published COVID-CT dataset into the database
    ImportRelease(ImportReleaseArgs),
    /// Divide the labelled panels into train, val and test, whole patients at a time
    Split(SplitArgs),
    /// Write the dataset in the published COVID-CT layout
    Export(ExportArgs),
    /// Train the baseline network on an exported dataset
    Train(TrainArgs),
    /// Measure a trained network on the test split
    Evaluate(EvaluateArgs),
    /// Write the HTML report of the dataset and the runs
    Report(ReportArgs),
    /// Write a sample corpus of synthetic preprints with its exact truth
    Synth(SynthArgs),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Write the man pages
    #[command(hide = true)]
    Man(ManArgs),
    /// Read documents for `ingest`, in a process of its own
    #[command(hide = true)]
    Worker(WorkerArgs),
    /// Tell how many panels are proposed right, for `make score`
    #[command(hide = true)]
    ScorePanels(ScorePanelsArgs),
}

/// Seconds a worker may take for a document.
pub const WORKER_TIMEOUT: u64 = 120;
/// MiB a worker may use.
pub const WORKER_MEMORY: u64 = 4096;

#[derive(Debug, Args)]
pub struct IngestArgs {
    /// PDF files, or folders to search for them
    #[arg(required_unless_present = "refresh", value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Documents read at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,

    /// Seconds a document may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = WORKER_TIMEOUT,
        value_parser = value_parser!(u64).range(1..)
    )]
    pub timeout: u64,

    /// Memory a worker may use, in MiB
    #[arg(long, value_name = "MIB", default_value_t = WORKER_MEMORY)]
    pub memory: u64,

    /// Try documents again that failed before
    #[arg(long)]
    pub retry_failed: bool,

    /// Read documents again that an older version of covid-ct read
    ///
    /// What was found is replaced as a whole, decisions stay: a picture found again keeps them, one
    /// found no more is kept for their sake. Without PATH, every such document of the workspace.
    #[arg(long)]
    pub refresh: bool,

    /// Also make a picture of every figure that is not all pictures
    ///
    /// A figure drawn with lines and text, or with text over its pictures, is rendered as printed, at
    /// 300 dots per inch or as fine as its finest picture. Otherwise `show`, `label` and `export` make
    /// a rendering when they first need it.
    #[arg(long)]
    pub render: bool,
}

#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// Documents: a file name, a preprint's name or the start of a SHA-256 [default: all]
    #[arg(value_name = "DOC")]
    pub documents: Vec<String>,

    /// One JSON object a figure, one a line
    #[arg(long)]
    pub json: bool,
}

/// Draws what was found in a document over its pages: the boxes of figures, captions, pictures and
/// what is printed over them, with an arrow from each caption to its figure.
///
/// The HTML file holds everything in itself: every page with its marks, a list of what needs a look
/// (captions without a figure, pictures without a caption, unsure pairs), and a table of the figures
/// with captions, citing sentences, panels and pictures. PNG gives one file a page that has anything
/// on it. The path of what was written is printed.
///
/// The PDF must lie where it was ingested, unchanged; --pdf names where it is now.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Document: a file name, a preprint's name or the start of a SHA-256
    #[arg(value_name = "DOC")]
    pub document: String,

    /// Only this page, from 1
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub page: Option<u32>,

    /// File to write; several PNG pages get `-pN` before the extension [default:
    /// data/show/NAME.html or .png in the workspace]
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,

    /// One HTML file that needs nothing else: the default
    #[arg(long, conflicts_with = "png")]
    pub html: bool,

    /// One PNG file a page; also what an --out that ends in .png asks for
    #[arg(long)]
    pub png: bool,

    /// Where the PDF lies now, if not where it was ingested
    #[arg(long, value_name = "PATH")]
    pub pdf: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Tells, of every curator, the decisions in force by stage, how many were taken back, the median time
/// from one decision to the next, and the agreement with what most of the others say; then the
/// agreement of each two curators and of all together.
///
/// Agreement is Cohen's kappa of two and Krippendorff's alpha of all, with a 95 % bootstrap interval, on
/// subjects that both decided on: 1 is agreement throughout, 0 what chance would give. Panels agree where
/// every box does. Over all stages, chance is taken within each.
#[derive(Debug, Args)]
pub struct CuratorsArgs {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// Tells who decided what about a picture or panel, when, and on what grounds; what was taken back as
/// well.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Name of an exported file (PAPER-pN-XREF%PANEL.png, where pages count from 0), or
    /// PAPER:pPAGE:xXREF with pages from 1, followed by :x,y,w,h for a panel
    #[arg(value_name = "SUBJECT")]
    pub subject: String,

    /// One JSON array
    #[arg(long)]
    pub json: bool,
}

/// Asks, one picture at a time, what it shows; every answer is saved at once.
///
/// The tiles of a stitched picture are not asked about, nor slivers and page furniture, nor a figure's
/// second drawing. Of a figure with lines or letters over its pictures the picture is asked about, and
/// a rendering of the figure as printed is made and named beside it; that needs the PDF where it was
/// ingested. A figure without any picture is asked about once `ingest --render` has made one.
#[derive(Debug, Args)]
pub struct LabelArgs {
    /// What to decide [default: whatever is next]
    #[arg(value_enum)]
    pub stage: Option<StageArg>,

    /// Who decides
    #[arg(long, value_name = "NAME", env = "COVID_CT_CURATOR")]
    pub curator: Option<String>,

    /// Only pictures of these papers (name as in `covid-ct figures`); may be given several times
    #[arg(long, value_name = "NAME")]
    pub paper: Vec<String>,

    /// What is asked first
    #[arg(long, value_enum, value_name = "ORDER", default_value = "likely")]
    pub order: OrderArg,

    /// CSV of what to ask first, the highest score before all: a header with `score` and with
    /// `sha256` of the picture or its `name` as exported (PAPER-pN-XREF.png); pictures it does not
    /// name come last, as without it
    #[arg(long, value_name = "FILE")]
    pub scores: Option<PathBuf>,

    /// Only papers posted on this day or later; those of an unknown day are left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: Option<jiff::civil::Date>,

    /// Only papers posted on this day or earlier; those of an unknown day are left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: Option<jiff::civil::Date>,

    /// Which pictures to ask about
    #[arg(long, value_enum, value_name = "STATE", default_value = "open")]
    pub state: StateArg,

    /// Read a second time what others decided, without seeing what they said: a sample that is the
    /// same for everybody. A reading that differs makes a conflict
    #[arg(long, conflicts_with = "state")]
    pub second_reader: bool,

    /// The share of pictures in that sample, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, requires = "second_reader")]
    pub share: f64,

    /// Ask line by line, as it is without a terminal, instead of on the full screen
    #[arg(long)]
    pub plain: bool,

    /// How the full screen shows pictures
    #[arg(long, value_enum, value_name = "PROTOCOL", default_value = "auto")]
    pub image_protocol: ImageProtocolArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OrderArg {
    /// Likely CTs
    Likely,
    /// By paper and page
    Paper,
    /// What somebody was unsure of, or curators disagree on
    Uncertain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// What you have not decided
    Open,
    /// What you decided, to look at it again
    Decided,
    /// What you decided with a note
    Flagged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImageProtocolArg {
    /// The best that the terminal says it has
    Auto,
    Kitty,
    Iterm2,
    Sixel,
    /// Coloured characters, for any terminal
    HalfBlocks,
    /// No pictures
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StageArg {
    Select,
    Diagnose,
    Crop,
    Case,
    /// What curators disagree on, with what each said; line by line
    Adjudicate,
}

#[derive(Debug, Args)]
pub struct AnnotationsArgs {
    #[command(subcommand)]
    pub action: AnnotationsAction,
}

#[derive(Debug, Subcommand)]
pub enum AnnotationsAction {
    /// Write decisions.csv, panels.csv, cases.csv and splits.csv
    Export {
        /// Folder to write to, such as annotations/my-dataset
        #[arg(value_name = "DIR")]
        folder: PathBuf,

        /// Leave out sub-captions, and quotations of more than 6 words, for papers whose text may
        /// not be re-hosted
        #[arg(long)]
        short_quotes: bool,
    },
    /// Read them; what the database already holds is skipped
    Import {
        /// Folder to read
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct ImportReleaseArgs {
    /// Folder with Images/ or Images-processed/, Data-split/ and COVID-CT-MetaInfo.{xlsx,csv}
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Name given to the release's own split
    #[arg(long, value_name = "NAME", default_value = "published")]
    pub split: String,
}

#[derive(Debug, Args)]
pub struct SplitArgs {
    /// Name of the split
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,

    /// Parts of train, val and test; the default is the paper's
    #[arg(long, value_name = "TRAIN,VAL,TEST", default_value = "70,12,18")]
    pub ratio: String,

    /// What stays together
    #[arg(long, value_enum, default_value = "patient")]
    pub by: SplitBy,

    /// Decides which part a patient (or paper) falls to, of those that keep the ratio
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    Patient,
    Paper,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Name of the export: data/export/NAME
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,

    /// Split to export [default: the one named like the export]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,

    /// Layout
    #[arg(long, value_enum, default_value = "covid-ct")]
    pub format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    CovidCt,
}

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Name of the run: data/runs/NAME; an earlier run of that name is replaced when this one ends
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: data/export/default]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The network: densenet121, densenet169 or densenet201
    #[arg(long, value_name = "NAME", default_value = "densenet121")]
    pub network: Network,

    /// Where the weights start: `random`, or a .safetensors file with torchvision's names
    #[arg(long, value_name = "random|FILE", default_value = "random")]
    pub init: PathBuf,

    /// Passes over the training split
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..))]
    pub epochs: u32,

    /// Images in a step
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u32).range(1..))]
    pub batch: u32,

    /// Adam's learning rate at the start; it falls to 0 along a cosine
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = 1e-4,
        value_parser = learning_rate,
        allow_negative_numbers = true
    )]
    pub learning_rate: f64,

    /// Side of the square the network sees, in pixels
    #[arg(
        long,
        value_name = "PIXELS",
        default_value_t = 224,
        value_parser = value_parser!(u32).range(64..=1024)
    )]
    pub size: u32,

    /// Decides the initial weights, the order of the images and how each is seen
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    #[command(flatten)]
    pub compute: ComputeArgs,
}

#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Where to compute: auto (the GPU where there is one), cpu or cuda
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Device,

    /// Threads that compute; another number changes the last digits of the result
    /// [default: number of processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZero<u32>>,
}

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Name of the run: data/runs/NAME
    #[arg(value_name = "RUN", default_value = "default")]
    pub run: String,

    /// Dataset in the COVID-CT layout [default: the one the run was trained on]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Part to measure on: train, val or test
    #[arg(long, value_name = "PART", default_value = "test")]
    pub part: Part,

    #[command(flatten)]
    pub compute: ComputeArgs,

    /// The metrics as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

/// Above 1 Adam's steps only overflow.
fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= 1.0 => Ok(rate),
        _ => Err("expected a number above 0 and at most 1, such as 1e-4".into()),
    }
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folder to write to [default: data/report]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Folder to write pdf/, figures.jsonl and annotations/ to
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// How many papers
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..))]
    pub papers: u32,

    /// Decides what the papers show and say
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
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
pub struct WorkerArgs {
    /// Object store to write to
    #[arg(long, value_name = "DIR")]
    pub objects: PathBuf,

    /// Memory limit in MiB
    #[arg(long, value_name = "MIB")]
    pub memory: u64,
}

#[derive(Debug, Args)]
pub struct ScorePanelsArgs {
    /// Folder of single scans to paste compounds from, beside the workspace's own cropped pictures
    #[arg(long, value_name = "DIR")]
    pub scans: Option<PathBuf>,

    /// Which series of compounds to paste
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u32).range(..1000))]
    pub series: u32,
}
