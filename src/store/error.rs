//! What can go wrong with the store, said so that the reader knows what to do.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("no database at {path}: run `covid-ct ingest PDFS` or `covid-ct import-release DIR` first, or name the folder with --workspace", path = path.display())]
    Missing { path: PathBuf },
    #[error("cannot open the database {path}: {source}", path = path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("cannot bring the database {path} up to date: {source} (was it made by a newer covid-ct?)", path = path.display())]
    Migrate { path: PathBuf, source: Box<rusqlite_migration::Error> },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the object {path} is damaged: its bytes no longer match its name; `covid-ct doctor --repair` makes it again from its PDF", path = path.display())]
    Damaged { path: PathBuf },
    #[error("{0}")]
    Invalid(String),
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
}
