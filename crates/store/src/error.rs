//! What can go wrong with the store, said so that the reader knows what to do.

use std::path::{Path, PathBuf};

use covid_ct_core::ObjectError;
use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("no database at {path}: run `covid-ct ingest PDFS` or `covid-ct import-release DIR` first, or name the folder with --workspace", path = path.display())]
    Missing { path: PathBuf },
    #[error("cannot open the database {path}: {}{}", told(source), advice(source.sqlite_error_code()), path = path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("cannot bring the database {path} up to date: {problem}{}", advice(*code), path = path.display())]
    Migrate { path: PathBuf, problem: String, code: Option<ErrorCode> },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the decisions in {path} were made under the task {of}, and the task here is {given}: give the file of {of} with --task, put it into the workspace as task.toml, or name another folder with --workspace", path = path.display())]
    OtherTask { path: PathBuf, of: String, given: String },
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("{0}")]
    Invalid(String),
    #[error("database: {}{}", told(.0), advice(.0.sqlite_error_code()))]
    Database(#[from] rusqlite::Error),
}

impl StoreError {
    /// Whether rows were refused for what they say.
    pub fn is_constraint(&self) -> bool {
        matches!(self, Self::Database(error)
            if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation))
    }

    /// What a migration failed of.
    pub(super) fn migrate(path: &Path, error: &rusqlite_migration::Error) -> Self {
        use rusqlite_migration::Error::{MigrationDefinition, RusqliteError};
        let (problem, code) = match error {
            RusqliteError { err, .. } => (told(err), err.sqlite_error_code()),
            MigrationDefinition(_) => ("a newer covid-ct made it: use that one".into(), None),
            other => (other.to_string(), None),
        };
        Self::Migrate { path: path.into(), problem, code }
    }

    /// Whether the disk keeps the database from being written: it is full, may only be read, or fails.
    pub(super) fn is_of_the_disk(&self) -> bool {
        let of_code = |code: Option<ErrorCode>| {
            use ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
            let ours = [CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure];
            code.is_some_and(|code| ours.contains(&code))
        };
        match self {
            Self::Open { source, .. } | Self::Database(source) => {
                of_code(source.sqlite_error_code())
            }
            Self::Migrate { code, .. } => of_code(*code),
            Self::Write { .. } => true,
            _ => false,
        }
    }
}

/// What `SQLite` says, without our SQL, which tells nobody what to do.
pub fn told(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// What to do about it.
fn advice(code: Option<ErrorCode>) -> &'static str {
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ": another program has written to it for longer than 10 s; end that one, then run the same \
             command again"
        }
        Some(ErrorCode::DiskFull) => ": make room on its disk, then run the same command again",
        Some(ErrorCode::SystemIoFailure) => {
            ": its disk refuses; is it full, or is there a limit on the size of files (`ulimit -f`)?"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            ": may this user write the file and its folder?"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            ": `covid-ct doctor` tells what is wrong"
        }
        _ => "",
    }
}
