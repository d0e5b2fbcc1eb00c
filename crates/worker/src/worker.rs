//! The worker: reads or renders documents that the parent names, and reads articles' XML, one line of JSON each way.
//!
//! MuPDF is C and the documents come from strangers, so they are parsed in a process that holds no
//! database and may die.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::articles::{self, ArticleRequest};
use super::isolation;
use super::render::{self, RenderRequest};
use covid_ct_core::ObjectStore;
use covid_ct_extraction::document::{self, Extraction, ReadError};
use covid_ct_extraction::pdf::Limits;

/// What the parent asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub path: PathBuf,
    /// SHA-256 of the bytes the parent saw; the file must not have changed since.
    pub sha256: String,
}

/// A line of the parent's, of whichever kind: what names regions is a request to render them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Render(RenderRequest),
    Read(Request),
    Article(ArticleRequest),
}

/// What the worker answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Read {
        extraction: Box<Extraction>,
        warnings: Vec<String>,
    },
    Failed {
        error: String,
    },
    /// The object store cannot be written, or the worker is of another build: no fault of the document.
    Refused {
        error: String,
    },
}

/// What a worker may spend on a document.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub limits: Limits,
    /// Of processor time.
    pub seconds: u64,
}

/// Serves requests from `input` until it ends.
///
/// # Errors
/// When the object store cannot be opened or the pipe to the parent breaks.
pub fn serve(
    objects: &Path,
    budget: Budget,
    input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<()> {
    let objects = ObjectStore::open(objects).map_err(std::io::Error::other)?;
    for line in input.lines() {
        let line = serde_json::from_str(&line?)?;
        isolation::grant(budget.seconds)?;
        match line {
            Line::Read(request) => {
                let answer = answer(&request, budget.limits, &objects);
                serde_json::to_writer(&mut output, &answer)?;
            }
            Line::Article(request) => {
                serde_json::to_writer(&mut output, &articles::answer(&request))?;
            }
            Line::Render(request) => {
                serde_json::to_writer(&mut output, &render::answer(&request, &objects))?;
            }
        }
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

/// Ends this process with the parent, however that ends: a reader that nobody watches would stay with
/// an endless document forever.
///
/// # Errors
/// When the system refuses.
pub fn end_with_parent() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

fn answer(request: &Request, limits: Limits, objects: &ObjectStore) -> Response {
    let failed = |error: String| Response::Failed { error };
    let bytes = match std::fs::read(&request.path) {
        Ok(bytes) => bytes,
        Err(error) => return failed(format!("cannot be read: {error}")),
    };
    match document::read(&request.path, &bytes, limits, objects) {
        Ok(reading) if reading.extraction.sha256 != request.sha256 => {
            failed("changed while it was read: run ingest again".into())
        }
        Ok(reading) => {
            Response::Read { extraction: Box::new(reading.extraction), warnings: reading.warnings }
        }
        Err(ReadError::Document(error)) => failed(error),
        Err(ReadError::Store(error)) => Response::Refused { error: error.to_string() },
    }
}
