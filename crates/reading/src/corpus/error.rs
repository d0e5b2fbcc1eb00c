//! Why the corpus cannot be had.

use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    #[error("no manifest at {path}: `covid-ct fetch --search` makes one", path = path.display())]
    NoManifest { path: PathBuf },
    #[error("{path}, line {line}: {what}", path = path.display())]
    Manifest { path: PathBuf, line: u64, what: String },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}; is there room, and may you write there?", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Disk(String),
    #[error("another `covid-ct fetch` works on {path}: wait until it is done", path = path.display())]
    Busy { path: PathBuf },
    #[error("cannot prepare the network: {0}")]
    Network(String),
    #[error("{address}: {what}")]
    Search { address: String, what: String },
    #[error("'{text}' is no date: write YYYY-MM-DD")]
    Date { text: String },
    #[error("the window ends before it begins: from {since} to {until}")]
    Window { since: String, until: String },
    #[error("'{text}' is no keyword: write a word or a few (--any-topic takes every preprint)")]
    Keyword { text: String },
    #[error("{address}: {what}")]
    Bucket { address: String, what: String },
    #[error(transparent)]
    Worker(#[from] std::io::Error),
    #[error("interrupted; what was done is kept, run the same command to go on")]
    Interrupted,
}

pub type Result<T> = std::result::Result<T, CorpusError>;

impl CorpusError {
    pub(super) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }
}
