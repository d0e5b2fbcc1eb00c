//! The HTML report: one file that shows what the database holds, how the dataset is made up and how
//! the training runs did. [`contents`] gathers, [`page`] lays out, [`charts`] draws.
//!
//! The same database and runs give the same bytes; nothing in the page depends on the clock or on
//! where the workspace lies. Everything that came out of a PDF passes through `maud`, which escapes
//! it.

mod charts;
mod contents;
mod page;
mod runs;
mod samples;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::Workspace;
use crate::store::{Store, StoreError};

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
    let html = page::render(&contents).into_string();
    let path = folder.join("index.html");
    let failed = |source| ReportError::Write { path: path.clone(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(html.as_bytes()).map_err(failed)?;
    make_readable(file.as_file()).map_err(failed)?;
    file.persist(&path).map_err(|e| failed(e.error))?;
    Ok(Written { path, problems: contents.problems })
}

/// Temporary files are private to their maker; a report is there to be passed on.
fn make_readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}
