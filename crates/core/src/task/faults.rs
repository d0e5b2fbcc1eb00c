//! What is wrong with a task file, and where.

use std::fmt;
use std::path::PathBuf;

/// Something wrong, by the line where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}", all(path, faults))]
    Faults {
        path: PathBuf,
        /// By line; at least one.
        faults: Vec<Fault>,
    },
}

/// A line each: `FILE, line N: what is wrong`.
fn all(path: &std::path::Path, faults: &[Fault]) -> impl fmt::Display {
    let told =
        |fault: &Fault| format!("{}, line {}: {}", path.display(), fault.line, fault.problem);
    faults.iter().map(told).collect::<Vec<_>>().join("\n")
}
