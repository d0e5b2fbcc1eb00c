//! What can go wrong with the store, said so that the reader knows what to do.

use std::path::PathBuf;

use covid_ct_core::ObjectError;
use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("no database at {path}: run `covid-ct ingest PDFS` or `covid-ct import-release DIR` first, or name the folder with --workspace", path = path.display())]
    Missing { path: PathBuf },
    #[error("cannot open the database {path}: {source}{}", advice(source), path = path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("cannot bring the database {path} up to date: {source} (was it made by a newer covid-ct?)", path = path.display())]
    Migrate { path: PathBuf, source: Box<rusqlite_migration::Error> },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("{0}")]
    Invalid(String),
    #[error("database: {source}{advice}", source = .0, advice = advice(.0))]
    Database(#[from] rusqlite::Error),
}

impl StoreError {
    /// Whether rows were refused for what they say.
    pub fn is_constraint(&self) -> bool {
        matches!(self, Self::Database(error)
            if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation))
    }
}

/// What to do about it.
fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ": another program has written to it for longer than 10 s; end that one, then run the same \
             command again"
        }
        Some(ErrorCode::DiskFull) => ": make room on the disk, then run the same command again",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            ": may this user write the file and its folder?"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ": `covid-ct doctor` tells what is wrong"
        }
        _ => "",
    }
}
