//! The HTML report: one file that shows what the database holds, how the dataset is made up and how
//! the training runs did. [`contents`] gathers, [`page`] lays out, [`charts`] draws.
//!
//! The same database and runs give the same bytes; nothing in the page depends on the clock or on
//! where the workspace lies. Everything that came out of a PDF passes through `maud`, which escapes
//! it.

mod audit;
mod captions;
mod charts;
mod contents;
mod controls;
mod external;
mod leaks;
mod model_card;
mod page;
mod run_charts;
mod run_page;
mod run_tables;
pub(crate) mod runs;
mod samples;
mod words;
mod wrong_labels;

use std::path::{Path, PathBuf};

use crate::dataset::audit::{Audit, WrongLabels};
use crate::store::{Store, StoreError};
use crate::{Workspace, atomic};

pub use model_card::{HEADING, ModelCard};

/// Where the report went, and what it had to leave out.
#[derive(Debug)]
pub struct Written {
    pub path: PathBuf,
    /// Runs and pictures that could not be read, each with the reason; the report says so too.
    pub problems: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write the report to {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot list the runs in {path}: {source}", path = path.display())]
    Runs { path: PathBuf, source: std::io::Error },
}

/// Writes `folder/index.html`.
///
/// # Errors
/// When the database cannot be read or the disk refuses; an earlier report then stays as it was.
pub fn write(workspace: &Workspace, store: &Store, folder: &Path) -> Result<Written, ReportError> {
    let contents = contents::gather(workspace, store)?;
    let path = folder.join("index.html");
    write_page(&path, &page::render(&contents).into_string())?;
    Ok(Written { path, problems: contents.problems })
}

/// Writes what an audit found to `folder`, as `NAME.html` of the split or `all.html`.
///
/// # Errors
/// When the disk refuses; an earlier page then stays as it was.
pub fn write_audit(
    store: &Store,
    audit: &Audit,
    wrong: Option<&WrongLabels>,
    folder: &Path,
) -> Result<Written, ReportError> {
    let (page, problems) = audit::render(store, audit, wrong);
    // A split may be called anything, a file may not.
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = audit.split.as_deref().unwrap_or("all").chars().map(safe).collect();
    let path = folder.join(format!("{name}.html"));
    write_page(&path, &page.into_string())?;
    Ok(Written { path, problems })
}

fn write_page(path: &Path, html: &str) -> Result<(), ReportError> {
    atomic::replaceable(path, atomic::Kind::Html)
        .and_then(|()| atomic::write(path, html.as_bytes()))
        .map_err(|source| ReportError::Write { path: path.into(), source })
}
