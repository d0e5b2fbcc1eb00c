//! The corpus: `fetch`, and how buckets are read.

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};
use covid_ct_reading::cli::BucketArgs;

/// Gets the corpus: finds preprints, downloads their PDFs into corpus/pdf, and keeps the list of them,
/// corpus/manifest.csv, with what became of each.
///
/// Without a manifest, and with --search, the servers are first asked what was posted: from 2020-01-19 to
/// 2020-03-25 on COVID-19, unless other options say otherwise. A PDF that is there is not asked for again; a
/// download that broke off goes on where it was, and the manifest is saved after each file, so that it may
/// be stopped at any time. One connection a host, with pauses; what a server asks for is honoured.
///
/// With --from, PDFs that you have already are taken instead of downloaded: from folders, files, archives
/// (.meca) and buckets. docs/corpus.md tells where preprints come from, on what terms and at what cost.
///
/// Exit code 1 says that some preprints could not be had; each is named.
#[derive(Debug, Args)]
// Each is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
pub struct FetchArgs {
    /// List of preprints, read and written [default: corpus/manifest.csv in the workspace]
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Ask the servers what was posted, and add it to the manifest
    #[arg(long, conflicts_with = "from")]
    pub search: bool,

    /// Search, and download nothing
    #[arg(long, conflicts_with = "from")]
    pub list_only: bool,

    /// Take PDFs and MECA archives from a folder, a file, s3://, gs:// or https://
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub from: Vec<PathBuf>,

    /// With --from: put preprints into the manifest that it does not have
    #[arg(long, requires = "from")]
    pub add: bool,

    #[command(flatten)]
    pub bucket: BucketArgs,

    #[command(flatten)]
    pub search_for: SearchArgs,

    #[command(flatten)]
    pub asking: AskingArgs,

    /// Take a PDF whose bytes are not those that the manifest says: servers stamp PDFs anew
    #[arg(long)]
    pub accept_changed: bool,

    /// Try again what a server did not have, or had changed
    #[arg(long)]
    pub retry_failed: bool,

    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// What is searched for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Search")]
pub struct SearchArgs {
    /// First day of the window [default: the task's; 2020-01-19 of covid-ct]
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,

    /// Last day of the window [default: the task's; 2020-03-25 of covid-ct]
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,

    /// Servers to ask [default: the task's; medrxiv and biorxiv of covid-ct]
    #[arg(long, value_name = "NAME", value_enum)]
    pub server: Vec<ServerArg>,

    /// A word, or words, of title or abstract; any of several; `*` stands for the rest of a word
    /// [default: the task's; of covid-ct the names of the disease and the virus]
    #[arg(long, value_name = "WORDS")]
    pub keyword: Vec<String>,

    /// Whatever title and abstract say
    #[arg(long, conflicts_with = "keyword")]
    pub any_topic: bool,

    /// A category of the server; any of several
    #[arg(long, value_name = "NAME")]
    pub category: Vec<String>,

    /// Versions to take
    #[arg(long, value_enum, default_value = "newest")]
    pub versions: VersionsArg,

    /// List to search
    #[arg(long, value_enum, default_value = "details")]
    pub collection: CollectionArg,
}

/// How servers are asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asking")]
pub struct AskingArgs {
    /// Mail address or web page, told to the servers, for them to reach you
    #[arg(long, value_name = "WHO", env = "COVID_CT_CONTACT")]
    pub contact: Option<String>,

    /// Seconds between two requests to a host for PDFs, and up to a quarter more by chance
    #[arg(long, value_name = "SECONDS", default_value_t = 7.0, value_parser = seconds)]
    pub spacing: f64,

    /// Seconds between two requests to the API
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
    pub api_spacing: f64,

    /// Times that a file is tried before it counts as failed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..=100))]
    pub tries: u32,

    /// Seconds to wait after the first failed try; doubles with each
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub backoff: f64,

    /// The longest that a server may ask to wait, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 900.0, value_parser = seconds)]
    pub patience: f64,

    /// Seconds that a server may be silent
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    pub timeout: f64,

    /// The largest PDF taken, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = value_parser!(u64).range(1..=65536))]
    pub max_size: u64,

    /// Ask addresses of this machine and of private networks too, where a manifest or a redirection leads there
    ///
    /// Otherwise only hosts that --api, --details-url, --covid19-url and --pdf-url name may lie there.
    #[arg(long)]
    pub allow_private: bool,

    /// Host of the API [default: that of the servers]
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,

    /// Address of a page of what was posted [default: {api}/details/{server}/{from}/{to}/{cursor}/json]
    #[arg(long, value_name = "TEMPLATE")]
    pub details_url: Option<String>,

    /// Address of a page of the COVID-19 collection [default: {api}/covid19/{cursor}/json]
    #[arg(long, value_name = "TEMPLATE")]
    pub covid19_url: Option<String>,

    /// Address of a PDF, with {server}, {doi} and {version}, in the place of the manifest's [default: that of
    /// the servers]
    #[arg(long, value_name = "TEMPLATE")]
    pub pdf_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServerArg {
    Medrxiv,
    Biorxiv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VersionsArg {
    /// The newest that was posted in the window
    Newest,
    /// Each that was posted in the window
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CollectionArg {
    /// All that was posted in the window
    Details,
    /// The servers' own collection on COVID-19
    Covid19,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    let fits = (0.0..=1e6).contains(&seconds);
    if fits { Ok(seconds) } else { Err("expected 0 to 1000000 seconds".into()) }
}
