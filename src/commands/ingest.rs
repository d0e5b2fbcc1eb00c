//! `covid-ct ingest`

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use covid_ct::Workspace;
use covid_ct::extract::{self, Again, Event, Summary};
use covid_ct::store::Store;
use indicatif::ProgressBar;

use super::{Outcome, jobs, progress_bar, stop_on_interrupt, worker_options};
use crate::cli::{IngestArgs, LimitArgs, WORKER_MEMORY, WORKER_TIMEOUT};

pub fn run(workspace: &Path, args: &IngestArgs) -> anyhow::Result<Outcome> {
    let (outcome, told) = ingest(workspace, args)?;
    println!("{told}");
    Ok(outcome)
}

/// How it ended, and what came of it.
fn ingest(workspace: &Path, args: &IngestArgs) -> anyhow::Result<(Outcome, String)> {
    let workspace = Workspace::new(workspace);
    let mut store = Store::open(&workspace)?;
    let options = extract::Options {
        jobs: jobs(args.jobs),
        timeout: Duration::from_secs(args.timeout),
        memory: args.memory,
        limits: (&args.limits).into(),
        ..worker_options(&workspace)?
    };
    let again = Again { failed: args.retry_failed, outdated: args.refresh };
    let stop = stop_on_interrupt("finishing the documents in hand")?;
    let mut bar = ProgressBar::hidden();
    let ingested =
        extract::ingest(&workspace, &mut store, &args.paths, &options, again, &stop, |event| {
            show(&mut bar, &event);
        });
    bar.finish_and_clear();
    let summary = ingested?;
    if summary.lost > 0 {
        eprintln!(
            "covid-ct: {} pictures with decisions on them were not found again; they and their \
             decisions are kept",
            summary.lost
        );
    }
    let mut failed = !summary.failed.is_empty();
    if args.render && !summary.interrupted {
        failed |= !render(&mut store, &options, &summary, &stop)?;
    }
    if summary.interrupted || stop.load(Ordering::Relaxed) {
        anyhow::bail!("interrupted; what was done is kept, run the same command to go on");
    }
    let outcome = if failed { Outcome::DoneWithFailures } else { Outcome::Done };
    Ok((outcome, describe(&summary)))
}

/// Renders the figures of the documents named that need it; false where some could not be.
fn render(
    store: &mut Store,
    options: &extract::Options,
    summary: &Summary,
    stop: &AtomicBool,
) -> anyhow::Result<bool> {
    let mut documents = store.documents()?;
    documents.retain(|document| summary.documents.contains(&document.sha256));
    let bar = progress_bar(documents.len(), "renderings");
    let done = extract::render_all(store, options, &documents, stop, || bar.inc(1));
    bar.finish_and_clear();
    let done = done?;
    for (path, error) in &done.failed {
        eprintln!("covid-ct: {}: {error}", path.display());
    }
    println!("{} figures rendered ({} could not be)", done.made, done.failed.len());
    Ok(done.failed.is_empty())
}

/// A bar once it is known how many documents are to be read; complaints go past it.
fn show(bar: &mut ProgressBar, event: &Event<'_>) {
    match event {
        Event::Start(count) => *bar = progress_bar(*count, "documents"),
        Event::Read { path, warnings } => {
            bar.inc(1);
            bar.suspend(|| {
                for warning in *warnings {
                    tracing::warn!("{}: {warning}", path.display());
                }
            });
        }
        Event::Failed { path, error } => {
            bar.inc(1);
            bar.suspend(|| eprintln!("{}: {error}", path.display()));
        }
    }
}

/// Reads the PDFs below a path that the database does not know, for a command that goes on from there.
pub fn quietly(
    workspace: &Path,
    pdfs: &Path,
    jobs: Option<std::num::NonZero<usize>>,
) -> anyhow::Result<Outcome> {
    let args = IngestArgs {
        paths: vec![pdfs.to_owned()],
        jobs,
        timeout: WORKER_TIMEOUT,
        memory: WORKER_MEMORY,
        retry_failed: false,
        refresh: false,
        render: false,
        limits: LimitArgs::default(),
    };
    let (outcome, told) = ingest(workspace, &args)?;
    eprintln!("{told}");
    Ok(outcome)
}

fn describe(summary: &Summary) -> String {
    let Summary { read, skipped, figures, captions, paired, images, .. } = summary;
    let failed = summary.failed.len();
    let again = match summary.reread {
        0 => String::new(),
        count => format!("{count} of them again, "),
    };
    format!(
        "{read} documents read ({again}{skipped} already known, {failed} failed): {figures} figures, \
         tables and uncaptioned pictures, {paired} of {captions} captions paired with a graphic, \
         {images} images"
    )
}
