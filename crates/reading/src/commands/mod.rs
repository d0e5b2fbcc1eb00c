//! One short file a verb: turns arguments into library calls and prints what came of them. Data goes to stdout, progress
//! and complaints to stderr.
//!
//! What all commands share is here too, those of `covid-ct` that have nothing to do with reading included.

pub mod figures;
pub mod ingest;
pub mod neighbour;
pub mod show;
pub mod synth;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;

use covid_ct_core::task;

use crate::pdf::Limits;
use crate::store::{DocumentRow, Store};
use crate::{Workspace, extract};

/// The task's file in a workspace.
pub const TASK: &str = "task.toml";

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Some of it failed; each failure was named on stderr.
    DoneWithFailures,
}

/// Begins a program: it logs, and a file that is too large is an error with words.
pub fn start(verbose: u8) {
    start_logging(verbose);
    if let Err(error) = tell_of_large_files() {
        tracing::warn!("cannot watch for SIGXFSZ: {error}");
    }
}

/// Past a limit on the size of files the system sends a signal, which ends a process without a word. Once it is caught,
/// the write fails instead. Programs that this one starts have it as ever.
fn tell_of_large_files() -> std::io::Result<()> {
    use signal_hook::{consts::signal, flag};
    let caught = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    flag::register(signal::SIGXFSZ, caught).map(drop)
}

/// Sends log lines to stderr: warnings, more with `-v`, or what `COVID_CT_LOG` asks for.
fn start_logging(verbose: u8) {
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

/// Has this program work on a task: the file that is named, else `task.toml` in the workspace, else what is compiled in.
///
/// # Errors
/// All that is wrong with the file, by line.
pub fn take_task(named: Option<&Path>, workspace: &Path) -> anyhow::Result<()> {
    let own = workspace.join(TASK);
    let file = match named {
        Some(file) => file.to_owned(),
        None if own.is_file() => own,
        None => return Ok(()),
    };
    let task = task::read(&file)?;
    task::take(task).map_err(|_| anyhow::anyhow!("a program works on one task"))
}

/// The exit code for how a command ended; what kept it from running is told.
pub fn exit(ended: anyhow::Result<Outcome>, workspace: &Path) -> ExitCode {
    match ended {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::DoneWithFailures) => ExitCode::from(1),
        // Whoever read our output has read enough: `covid-ct figures | head`.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("covid-ct: {}", in_full(&error));
            if let Some(told) = refused_database(&error, workspace) {
                eprintln!("covid-ct: {told}");
            }
            ExitCode::from(2)
        }
    }
}

/// Becomes true on the first Ctrl-C, which prints `message`; the second ends the process with 130, as
/// the shell does for one that Ctrl-C ended.
///
/// # Errors
/// Where the system lets nobody watch for it.
pub fn stop_on_interrupt(message: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
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

/// How a worker is run that reads or draws one document at a time; `ingest` has options for it.
///
/// # Errors
/// Where the worker's program is not there.
pub fn worker_options(workspace: &Workspace) -> anyhow::Result<extract::Options> {
    Ok(extract::Options {
        program: extract::worker_program().context("cannot find the covid-ct program")?,
        objects: workspace.objects(),
        jobs: 1,
        timeout: Duration::from_secs(extract::TIMEOUT),
        memory: extract::MEMORY,
        limits: Limits::DEFAULT,
    })
}

/// The documents that `wanted` names: by file name, with or without `.pdf`, by a paper's name or by
/// the start of a SHA-256. One that two names mean comes once.
///
/// # Errors
/// Where a name means none, or the database fails.
pub fn find_documents(store: &Store, wanted: &[String]) -> anyhow::Result<Vec<DocumentRow>> {
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
pub fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// Jobs at a time: as typed, else as many as there are processors.
pub fn jobs(typed: Option<std::num::NonZero<usize>>) -> usize {
    typed.map_or_else(|| processors() as usize, std::num::NonZero::get)
}

/// A progress bar on stderr; hidden where that is no terminal.
///
/// # Panics
/// Never: the template is sound.
pub fn progress_bar(length: usize, what: &'static str) -> indicatif::ProgressBar {
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
fn refused_database(error: &anyhow::Error, workspace: &Path) -> Option<String> {
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
