//! One short file a verb: turns arguments into library calls and prints what came of them.
//! Data goes to stdout, progress and complaints to stderr.

pub mod annotations;
pub mod evaluate;
pub mod export;
pub mod figures;
pub mod import_release;
pub mod ingest;
pub mod label;
pub mod manual;
pub mod report;
pub mod split;
pub mod status;
pub mod synth;
pub mod train;
pub mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

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
    use tracing_subscriber::EnvFilter;

    let level = ["warn", "info", "debug"][usize::from(verbose.min(2))];
    let filter = EnvFilter::try_from_env("COVID_CT_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("covid_ct={level}")));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
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

/// Processors to compute with, where the command line names no number of threads.
fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// A progress bar on stderr; hidden where that is no terminal.
fn progress_bar(length: usize, what: &'static str) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template(
        "{prefix:>12} [{wide_bar:.cyan}] {pos}/{len} {msg} {eta_precise}",
    );
    let style = style.expect("a sound template").progress_chars("=> ");
    indicatif::ProgressBar::new(length as u64).with_style(style).with_prefix(what)
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
