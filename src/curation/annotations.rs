//! The whole of what was decided as CSV that git merges, and back into a database.
//!
//! `decisions.csv`, `panels.csv`, `cases.csv` and `splits.csv` hold one fact a line, sorted, and name
//! pictures by their place in a paper and by the hashes of their bytes, so that they outlive any one
//! database; `pictures.csv` tells what the pictures look like, and `task.toml`, which task they were
//! made under, where it is another than covid-ct. The whole append-only history is written, decisions taken back included: export, import
//! into a fresh database over the same PDFs, export again gives the same bytes.

mod export;
mod import;
mod matching;
mod pictures;
mod tables;
mod writes;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::store::StoreError;
use crate::{atomic, task};

pub use export::{Quotes, SHORT_QUOTE_WORDS, Written, export};
pub use import::import;
pub use matching::{MatchedBy, Pictures};
pub use pictures::PictureHashes;
pub use tables::read_decisions;
pub use writes::{Counted, Imported};

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
    #[error("{folder} holds annotations of the task {of}, and the task here is {here}: give the file of {of} with --task, or name another folder", folder = folder.display())]
    OtherTask { folder: PathBuf, of: String, here: String },
    #[error("{path} is no task file: {problem}; expected the one that `covid-ct annotations export` writes", path = path.display())]
    Task { path: PathBuf, problem: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The task that annotations were made under, where it is another than the one that is compiled in.
const TASK: &str = "task.toml";

/// Writes the task beside the annotations; of the one that is compiled in, nothing.
fn write_task(folder: &Path) -> Result<()> {
    let (task, path) = (task::in_force(), folder.join(TASK));
    if task.is_default() {
        return Ok(());
    }
    let failed = |source| AnnotationsError::Write { path: path.clone(), source };
    atomic::write(&path, task.text.as_bytes()).map_err(failed)
}

/// Refuses annotations of a task of another name.
fn check_task(folder: &Path) -> Result<()> {
    let path = folder.join(TASK);
    let of = match std::fs::read_to_string(&path) {
        Ok(text) => task::parse(&text, "").map(|task| task.name).map_err(|faults| {
            let told = faults.iter().map(|fault| format!("line {}: {}", fault.line, fault.problem));
            AnnotationsError::Task {
                path: path.clone(),
                problem: told.collect::<Vec<_>>().join("; "),
            }
        })?,
        Err(error) if error.kind() == ErrorKind::NotFound => task::built_in().name.clone(),
        Err(source) => return Err(AnnotationsError::Read { path, source }),
    };
    let here = &task::in_force().name;
    if of == *here {
        return Ok(());
    }
    Err(AnnotationsError::OtherTask { folder: folder.into(), of, here: here.clone() })
}

pub type Result<T> = std::result::Result<T, AnnotationsError>;
