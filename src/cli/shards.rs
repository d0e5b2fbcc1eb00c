//! Documents read on many machines: `extract`, `merge`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use covid_ct_reading::cli::{BucketArgs, LimitArgs, WorkerArgs};

use crate::shards::Place;

/// Reads the documents that a list names and writes what was found as a shard: a folder of Parquet tables with the pictures,
/// which `merge` brings into a database, on this machine or another. Needs no database itself.
///
/// The shard is called by a hash of the list and of how its documents are read, so that the same command run again finds it
/// there and does nothing; it is there as a whole or not at all. docs/shards.md describes its tables, docs/scale.md how
/// many machines share a corpus.
///
/// Exit code 1 says that some documents could not be read; each is named, and in the table of failures.
#[derive(Debug, Args)]
pub struct ExtractArgs {
    /// Documents: a text file, here or in a bucket, with a path or an s3://, gs:// or https:// address a line, or a CSV file
    /// with a column `path`; - reads it from standard input
    #[arg(value_name = "LIST")]
    pub list: PathBuf,

    /// Folder, or prefix of a bucket, for the shard
    #[arg(long, value_name = "DIR|ADDRESS")]
    pub out: Place,

    /// Folder, or prefix of a bucket, for the pictures, which shards may share [default: within the shard]
    #[arg(long, value_name = "DIR|ADDRESS")]
    pub objects: Option<Place>,

    #[command(flatten)]
    pub workers: WorkerArgs,

    /// One JSON object: the shard, and what it tells of itself
    #[arg(long)]
    pub json: bool,

    /// End when this process does, which started the command
    #[arg(long, value_name = "PID", hide = true)]
    pub parent: Option<i32>,

    #[command(flatten)]
    pub bucket: BucketArgs,

    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnlyArg {
    /// Pictures that `label` would ask about, of figures whose captions speak of CT
    Likely,
}

/// Brings shards that `extract` wrote into the workspace: the same rows and pictures as an `ingest` of all their documents,
/// in whatever order the shards are named; documents that the workspace has stay as they are. Interrupted or killed, the same
/// command goes on.
///
/// Exit code 1 says that some documents failed, where they were read or here, or that a shard is not whole; each is named.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Shards, or folders or prefixes of buckets that hold shards
    #[arg(value_name = "SHARD", required = true)]
    pub shards: Vec<Place>,

    /// Copy only these pictures, and leave the others where they are until they are needed
    #[arg(long, value_enum, value_name = "WHICH")]
    pub only: Option<OnlyArg>,

    /// One JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub bucket: BucketArgs,
}

/// Answers each line of standard input, the path of an object, with a line of JSON and the object's bytes.
#[derive(Debug, Args)]
pub struct BringObjectsArgs {
    /// Where the objects are
    #[arg(value_name = "ADDRESS")]
    pub place: String,

    #[command(flatten)]
    pub bucket: BucketArgs,
}

/// Prints the documents that a list names, as `extract` takes them: sorted, each once, one a line.
#[derive(Debug, Args)]
pub struct ListDocumentsArgs {
    /// As of `extract`
    #[arg(value_name = "LIST")]
    pub list: PathBuf,

    #[command(flatten)]
    pub bucket: BucketArgs,
}
