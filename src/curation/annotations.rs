//! The whole of what was decided as CSV that git merges, and back into a database.
//!
//! `decisions.csv`, `panels.csv`, `cases.csv` and `splits.csv` hold one fact a line, sorted, and name
//! pictures by their place in a paper and by the hashes of their bytes, so that they outlive any one
//! database; `pictures.csv` tells what the pictures look like. The whole append-only history is written, decisions taken back included: export, import
//! into a fresh database over the same PDFs, export again gives the same bytes.

mod export;
mod import;
mod looks;
mod matching;
mod tables;
mod writes;

use std::path::PathBuf;

use crate::store::StoreError;

pub use export::{Quotes, SHORT_QUOTE_WORDS, Written, export};
pub use import::{Counted, Imported, import};
pub use looks::Looks;
pub use matching::{MatchedBy, Pictures};
pub use tables::read_decisions;

/// Stands for the value of a decision taken back.
const TAKEN_BACK: &str = "-";

/// Stands for true.
const YES: &str = "yes";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnotationsError {
    #[error("no decisions.csv in {folder}: expected a folder as `covid-ct annotations export` writes it", folder = folder.display())]
    NoAnnotations { folder: PathBuf },
    #[error("{path}: {problem}; expected the columns {expected}", path = path.display())]
    Columns { path: PathBuf, problem: String, expected: String },
    #[error("{path}, line {line}, column {column}: {problem}", path = path.display())]
    Field { path: PathBuf, line: u64, column: &'static str, problem: String },
    #[error("{path}, line {line}: {problem}", path = path.display())]
    Line { path: PathBuf, line: u64, problem: String },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, AnnotationsError>;
