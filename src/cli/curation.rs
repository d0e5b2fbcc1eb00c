//! Decisions of curators: `label`, `history`, `curators`, `annotations`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use crate::curation::PaperShare;

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
    /// What to decide: a question of the task, such as select or diagnose; crop; case; or adjudicate, for what
    /// curators disagree on [default: whatever is next]
    #[arg(value_name = "STAGE")]
    pub stage: Option<String>,

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

    /// I/N: only the Ith of N shares of the papers, so that N curators each work on other papers; a
    /// share goes by the papers' names, and is the same on every machine. With --second-reader also a
    /// number from 0 to 1: the share of pictures in the sample [default: 0.2]. May be given for both
    #[arg(long, value_name = "I/N|SHARE")]
    pub share: Vec<ShareArg>,

    /// Ask line by line, as it is without a terminal, instead of on the full screen
    #[arg(long)]
    pub plain: bool,

    /// How the full screen shows pictures
    #[arg(long, value_enum, value_name = "PROTOCOL", default_value = "auto")]
    pub image_protocol: ImageProtocolArg,

    #[command(flatten)]
    pub web: WebArgs,
}

/// In the browser.
#[derive(Debug, Args)]
#[command(next_help_heading = "In the browser")]
pub struct WebArgs {
    /// Ask in the browser: serve a page, print a link for each curator, until Ctrl-C
    #[arg(long, conflicts_with = "plain")]
    pub web: bool,

    /// Who decides there, such as ann,bob, instead of --curator; each has a link of their own. Each paper is with one curator at
    /// a time, and the others are not asked about what one has decided, unless with --second-reader
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', requires = "web")]
    pub curators: Vec<String>,

    /// Where to listen. Another address than this machine's own needs --origin, and either --tls-cert and
    /// --tls-key or --behind-proxy
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8532", requires = "web")]
    pub listen: std::net::SocketAddr,

    /// The address by which browsers reach it, such as `https://labels.example.org`; all others are refused
    #[arg(long, value_name = "URL", requires = "web")]
    pub origin: Option<String>,

    /// The certificate chain for TLS, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", requires = "web")]
    pub tls_cert: Option<PathBuf>,

    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// A proxy in front of it speaks TLS with the browsers, and passes on the Host header unchanged
    #[arg(long, requires = "origin", conflicts_with = "tls_cert")]
    pub behind_proxy: bool,

    /// Make new links for all curators; the old ones stop working
    #[arg(long, requires = "web")]
    pub new_links: bool,
}

/// What `--share` says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShareArg {
    /// Of the papers.
    Papers(PaperShare),
    /// Of what others decided, to be read a second time.
    Sample(f64),
}

impl FromStr for ShareArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return text.parse().map(Self::Papers);
        }
        let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self::Sample).ok_or_else(|| {
            "expected which of how many shares of the papers, such as 1/3, or a second reader's sample \
             from 0 to 1, such as 0.2"
                .into()
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OrderArg {
    /// What is likely wanted
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

#[derive(Debug, Args)]
pub struct AnnotationsArgs {
    #[command(subcommand)]
    pub action: AnnotationsAction,
}

#[derive(Debug, Subcommand)]
pub enum AnnotationsAction {
    /// Write decisions.csv, panels.csv, cases.csv and splits.csv; with --format, files for another tool
    Export {
        /// Folder to write to, such as annotations/my-dataset
        #[arg(value_name = "DIR")]
        folder: PathBuf,

        /// Leave out sub-captions, and quotations and histories of more than 6 words, for papers whose
        /// text may not be re-hosted
        #[arg(long, conflicts_with = "format")]
        short_quotes: bool,

        /// Write the decisions in force, with the pictures, in this tool's format, into a new folder
        #[arg(long, value_enum, value_name = "TOOL")]
        format: Option<ToolArg>,
    },
    /// Read such files; what the database already holds is skipped
    Import {
        /// Folder to read; with --format, the other tool's folder or file
        #[arg(value_name = "PATH")]
        folder: PathBuf,

        /// Read what this tool wrote, as decisions of --curator: boxes, classes, cases. What differs from others'
        /// decisions makes a conflict; what this curator decided otherwise is kept
        #[arg(long, value_enum, value_name = "TOOL", requires = "curator")]
        format: Option<ToolArg>,

        /// Curator whose decisions these are
        #[arg(long, value_name = "NAME", env = "COVID_CT_CURATOR")]
        curator: Option<String>,
    },
}

/// A tool that labels pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ToolArg {
    /// COCO object detection, JSON
    Coco,
    /// Label Studio's tasks, JSON, and the labelling interface for them
    LabelStudio,
    /// CVAT for images 1.1, XML
    Cvat,
    /// A text file a picture, as Ultralytics' YOLO reads it: boxes and classes alone
    Yolo,
}
