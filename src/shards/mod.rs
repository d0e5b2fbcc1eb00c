//! Documents read on many machines and brought together on one: [`extract`] has workers read what a list names and writes
//! a shard, without a database; [`merge`] brings shards into a workspace. What a shard is, is the crate `covid_ct_shards`.

pub mod extract;
mod likely;
pub mod merge;
mod place;
mod source;

pub use likely::likely_images;
pub use place::Place;

use crate::corpus::CorpusError;
use crate::store::StoreError;
use covid_ct_core::ObjectError;
use covid_ct_shards::ShardError;

pub type Result<T> = std::result::Result<T, ShardsError>;

/// Why shards could not be written or merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShardsError {
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Ingest(#[from] crate::extract::IngestError),
    #[error("cannot write {path}: {source}; is there room, and may you write there?", path = path.display())]
    Write { path: std::path::PathBuf, source: std::io::Error },
    #[error("cannot start a worker ({program}): {source}", program = program.display())]
    Worker { program: std::path::PathBuf, source: std::io::Error },
    #[error("{0}")]
    Refused(String),
    #[error("nothing to merge: none of the shards is there and whole")]
    NothingToMerge,
    #[error("interrupted: nothing of this shard is kept; run the same command to read it")]
    Interrupted,
}

impl ShardsError {
    fn write(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }
}
