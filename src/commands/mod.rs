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
