//! One short file a verb: turns arguments into library calls and prints what came of them.
//! Data goes to stdout, progress and complaints to stderr.

pub mod annotations;
pub mod audit;
pub mod backup;
mod bars;
pub mod bench_network;
pub mod controls;
pub mod curators;
pub mod doctor;
mod environment;
pub mod evaluate;
pub mod export;
pub mod fetch;
pub mod figures;
pub mod history;
pub mod import_release;
pub mod ingest;
pub mod label;
pub mod manual;
pub mod neighbour;
pub mod predict;
pub mod pretrain;
pub mod rebuild;
pub mod recover_crops;
pub mod report;
pub mod resplit;
pub mod score_crops;
pub mod score_duplicates;
pub mod score_panels;
pub mod show;
pub mod split;
pub mod stats;
pub mod status;
pub mod synth;
pub mod train;
pub mod worker;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::dataset::Precious;
use crate::pdf::Limits;
use crate::store::{DocumentRow, Store};
use crate::{Workspace, extract};
use anyhow::Context as _;

use crate::cli::{WORKER_MEMORY, WORKER_TIMEOUT};

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Some of it failed; each failure was named on stderr.
    DoneWithFailures,
}

/// Sends log lines to stderr: warnings, more with `-v`, or what `COVID_CT_LOG` asks for.
pub fn start_logging(verbose: u8) {
    use std::io::IsTerminal as _;
    use tracing::Level;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::prelude::*;

    let level = [Level::WARN, Level::INFO, Level::DEBUG][usize::from(verbose.min(2))];
    let asked = std::env::var("COVID_CT_LOG").ok().and_then(|targets| targets.parse().ok());
    // Those of all our crates begin so.
    let filter = asked.unwrap_or_else(|| Targets::new().with_target("covid_ct", level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// Becomes true on the first Ctrl-C, which prints `message`; the second ends the process with 130, as
/// the shell does for one that Ctrl-C ended.
fn stop_on_interrupt(message: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("{message}; press Ctrl-C again to stop at once");
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(stop)
}

/// What of a workspace no folder that is written may take the place of.
fn precious(workspace: &Workspace) -> Vec<Precious> {
    let of = |what, path, whole| Precious { what, path, whole };
    vec![
        of("the workspace", workspace.root().to_owned(), false),
        of("the folder of the database", workspace.data(), false),
        of("the store of pictures", workspace.objects(), true),
        of("the folder of papers", workspace.corpus(), false),
        of("the folder of annotations", workspace.root().join("annotations"), false),
        of("the folder of runs", workspace.runs(), false),
    ]
}

/// How a worker is run that reads or draws one document at a time; `ingest` has options for it.
fn worker_options(workspace: &Workspace) -> anyhow::Result<extract::Options> {
    Ok(extract::Options {
        program: extract::this_program().context("cannot find the covid-ct program")?,
        objects: workspace.objects(),
        jobs: 1,
        timeout: Duration::from_secs(WORKER_TIMEOUT),
        memory: WORKER_MEMORY,
        limits: Limits::DEFAULT,
    })
}

/// The documents that `wanted` names: by file name, with or without `.pdf`, by a paper's name or by
/// the start of a SHA-256. One that two names mean comes once.
fn find_documents(store: &Store, wanted: &[String]) -> anyhow::Result<Vec<DocumentRow>> {
    let mut documents = store.documents()?;
    documents.retain(|document| document.error.is_none());
    let mut chosen: Vec<DocumentRow> = Vec::new();
    for name in wanted {
        let mut found = false;
        for document in &documents {
            if is_named(store, document, name)? {
                found = true;
                if !chosen.contains(document) {
                    chosen.push(document.clone());
                }
            }
        }
        if !found {
            anyhow::bail!(
                "no document '{name}': give a file name, a paper's name or the start of a SHA-256; \
                 `covid-ct figures` lists what there is"
            );
        }
    }
    Ok(chosen)
}

fn is_named(store: &Store, document: &DocumentRow, wanted: &str) -> anyhow::Result<bool> {
    let path = Path::new(&document.path);
    let file = Path::new(wanted).file_name().unwrap_or_default();
    if path.file_name() == Some(file) || path.file_stem() == Some(wanted.as_ref()) {
        return Ok(true);
    }
    if wanted.len() >= 6 && document.sha256.starts_with(&wanted.to_ascii_lowercase()) {
        return Ok(true);
    }
    Ok(match document.preprint {
        Some(preprint) => store.paper(preprint)?.name == wanted,
        None => false,
    })
}

/// Processors to compute with, where the command line names no number of threads.
fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// Jobs at a time: as typed, else as many as there are processors.
fn jobs(typed: Option<std::num::NonZero<usize>>) -> usize {
    typed.map_or_else(|| processors() as usize, std::num::NonZero::get)
}

/// A progress bar on stderr; hidden where that is no terminal.
fn progress_bar(length: usize, what: &'static str) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template(
        "{prefix:>12} [{wide_bar:.cyan}] {pos}/{len} {msg} {eta_precise}",
    );
    let style = style.expect("a sound template").progress_chars("=> ");
    indicatif::ProgressBar::new(length as u64).with_style(style).with_prefix(what)
}

/// An error and its causes, each told once: many of our errors quote their cause already.
pub fn in_full(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain() {
        // It says the same in numbers.
        if cause.is::<rusqlite::ffi::Error>() && !told.is_empty() {
            continue;
        }
        let cause = cause.downcast_ref().map_or_else(|| cause.to_string(), crate::store::told);
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told += ": ";
            told += &cause;
        }
    }
    told
}

/// The database whose disk is full or fails, where that is what a command failed of.
pub fn refused_database(error: &anyhow::Error, workspace: &Path) -> Option<String> {
    use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
    let code = |cause: &rusqlite::Error| cause.sqlite_error_code();
    let code = error.chain().find_map(|cause| cause.downcast_ref().and_then(code));
    let path = Workspace::new(workspace).database();
    matches!(code, Some(DiskFull | SystemIoFailure))
        .then(|| format!("the database is {}", path.display()))
}

/// Whether a command ended because the reader of its output went away.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    use std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let json = cause.downcast_ref().and_then(serde_json::Error::io_error_kind);
        io == Some(BrokenPipe) || json == Some(BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write a.csv: {source}")]
    struct Quoting {
        source: std::io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let quoting = Quoting { source: std::io::Error::other("no room") };
        let error = anyhow::Error::from(quoting).context("run r");
        assert_eq!(in_full(&error), "run r: cannot write a.csv: no room");
        let plain = anyhow::Error::from(std::io::Error::other("no room")).context("cannot write");
        assert_eq!(in_full(&plain), "cannot write: no room");
    }
}
