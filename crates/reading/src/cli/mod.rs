//! Papers read and looked at: `ingest`, `figures`, `show`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, value_parser};

use crate::pdf::Limits;

use crate::extract::{MEMORY, TIMEOUT};

#[derive(Debug, Args)]
// Each is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
pub struct IngestArgs {
    /// PDF files, MECA archives, folders to search for them, or s3://, gs:// or https:// addresses
    #[arg(required_unless_present = "refresh", value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub workers: WorkerArgs,

    /// Try documents again that failed before
    #[arg(long)]
    pub retry_failed: bool,

    /// Read documents again that an older version of covid-ct read
    ///
    /// What was found is replaced as a whole, decisions stay: a picture found again keeps them, one
    /// found no more is kept for their sake. Without PATH, every such document of the workspace.
    #[arg(long)]
    pub refresh: bool,

    /// Also render every figure that its images alone do not show
    ///
    /// A figure drawn with lines and text, or with text over its pictures, is rendered as printed, at
    /// 300 dots per inch or as fine as its finest picture. Otherwise `show`, `label` and `export` make
    /// a rendering when they first need it.
    #[arg(long)]
    pub render: bool,

    /// Compare with the papers' JATS XML, and list where it and the PDFs disagree
    ///
    /// JATS is the .xml of the same name beside the PDF, or a file of DIR that has the PDF's name or tells
    /// its DOI. Captions, figures that only one of them has, and licences are compared; a licence that the
    /// PDF does not name is noted. All documents named are compared, those read before too.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub jats: Option<std::ffi::OsString>,

    /// With --jats: one JSON object a document, one a line
    #[arg(long, requires = "jats")]
    pub json: bool,

    #[command(flatten)]
    pub bucket: BucketArgs,

    #[command(flatten)]
    pub limits: LimitArgs,
}

/// How many documents are read at once, and what each may take.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Documents read at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,

    /// Seconds a document may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = TIMEOUT,
        value_parser = value_parser!(u64).range(1..)
    )]
    pub timeout: u64,

    /// Memory a worker may use, in MiB
    #[arg(long, value_name = "MIB", default_value_t = MEMORY)]
    pub memory: u64,
}

/// What is read of one document; what goes past it is no paper, and named as failed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits of a document")]
// The options are called so.
#[allow(clippy::struct_field_names)]
pub struct LimitArgs {
    /// Pages
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.pages)]
    pub max_pages: u32,

    /// Objects
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.objects)]
    pub max_objects: u32,

    /// MiB that the content streams of a page decompress to
    #[arg(long, value_name = "MIB", default_value_t = Limits::DEFAULT.content)]
    pub max_content: u32,

    /// Drawing operations of a page
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.operations)]
    pub max_operations: u64,

    /// Pixels of a picture; a larger one is left out and named, its document is read
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.pixels)]
    pub max_pixels: u64,
}

impl From<&LimitArgs> for Limits {
    fn from(args: &LimitArgs) -> Self {
        Self {
            pages: args.max_pages,
            objects: args.max_objects,
            content: args.max_content,
            operations: args.max_operations,
            pixels: args.max_pixels,
        }
    }
}

impl Default for LimitArgs {
    fn default() -> Self {
        let Limits { pages, objects, content, operations, pixels } = Limits::DEFAULT;
        Self {
            max_pages: pages,
            max_objects: objects,
            max_content: content,
            max_operations: operations,
            max_pixels: pixels,
        }
    }
}

#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// Documents: a file name, a preprint's name or the start of a SHA-256 [default: all]
    #[arg(value_name = "DOC")]
    pub documents: Vec<String>,

    /// One JSON object a figure, one a line; after the figures of a document, one object with its suspects, if any
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
/// Without DOC it writes the index page of all documents: each paper with its figures, first those in which
/// most needs a look. --all draws every paper as well.
///
/// The PDF must lie where it was ingested, unchanged; --pdf names where it is now.
#[derive(Debug, Clone, Args)]
// Each is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
pub struct ShowArgs {
    /// Document: a file name, a preprint's name or the start of a SHA-256
    #[arg(value_name = "DOC")]
    pub document: Option<String>,

    /// Draw all documents, and an index page of them
    #[arg(long, conflicts_with_all = ["document", "page", "out", "png", "pdf", "terminal"])]
    pub all: bool,

    /// With --all: documents at a time [default: processors]
    #[arg(long, value_name = "N", requires = "all")]
    pub jobs: Option<NonZero<usize>>,

    /// Only this page, from 1
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), requires = "document")]
    pub page: Option<u32>,

    /// Draw a page into this terminal: --page, else the first with a figure
    #[arg(long, requires = "document", conflicts_with_all = ["html", "png", "out"])]
    pub terminal: bool,

    /// File to write; several PNG pages get `-pN` before the extension [default:
    /// data/show/NAME.html or .png in the workspace]
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,

    /// One HTML file that needs nothing else: the default
    #[arg(long, conflicts_with = "png")]
    pub html: bool,

    /// One PNG file a page; also what an --out that ends in .png asks for
    #[arg(long, requires = "document")]
    pub png: bool,

    /// Where the PDF lies now, if not where it was ingested
    #[arg(long, value_name = "PATH", requires = "document")]
    pub pdf: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Folder to write pdf/, figures.jsonl and annotations/ to, or slices/ and slices.csv
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// How many papers
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..))]
    pub papers: u32,

    /// Layouts drawn from more habits than the sample has, such as legends of one line and pages of a figure's own size;
    /// and what few papers have, such as figures set sideways, scans and layers (oddities.csv says which)
    #[arg(long, conflicts_with = "slices")]
    pub varied: bool,

    /// Instead of papers, this many synthetic chest slices with what they show: those that `pretrain phantoms` learns from
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "papers",
        value_parser = value_parser!(u32).range(1..=1_000_000)
    )]
    pub slices: Option<u32>,

    /// Decides what is shown and said
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// How s3:// and gs:// are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Buckets")]
pub struct BucketArgs {
    /// Read buckets with the credentials of the environment, not anonymously
    #[arg(long)]
    pub account: bool,

    /// Pay for what is read, as the servers' bulk buckets ask; see docs/corpus.md for the costs
    #[arg(long)]
    pub requester_pays: bool,

    /// Host of an S3 service other than Amazon's
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
}
