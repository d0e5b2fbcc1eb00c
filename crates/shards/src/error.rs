//! What can go wrong with a shard.

use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

pub type Result<T> = std::result::Result<T, ShardError>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}; is there room, and may you write there?", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path}: {what}: expected a table as `covid-ct extract` writes it; extract its documents again", path = path.display())]
    Table { path: PathBuf, what: String },
    #[error("{path} is no whole shard: {what}", path = path.display())]
    Incomplete { path: PathBuf, what: String },
    #[error("{path} has format {found}, and this program knows {known}: use a newer covid-ct", path = path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{path}, line {line}: {what}", path = path.display())]
    List { path: PathBuf, line: u64, what: String },
}

impl ShardError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }

    /// Of a table that is read.
    pub(crate) fn table(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        |error| Self::Table { path, what: error.to_string() }
    }

    /// Of a table that is written.
    pub(crate) fn writing(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        |error| match error {
            ParquetError::External(source) => {
                let source = match source.downcast::<std::io::Error>() {
                    Ok(source) => *source,
                    Err(other) => std::io::Error::other(other),
                };
                Self::Write { path, source }
            }
            other => Self::Write { path, source: std::io::Error::other(other) },
        }
    }
}
