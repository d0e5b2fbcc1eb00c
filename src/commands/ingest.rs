//! `covid-ct ingest`

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use covid_ct::Workspace;
use covid_ct::extract::{self, Event, Summary};
use covid_ct::store::Store;
use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use crate::cli::IngestArgs;

pub fn run(workspace: &Path, args: &IngestArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let mut store = Store::open(&workspace)?;
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok());
    let options = extract::Options {
        program: extract::this_program().context("cannot find the covid-ct program")?,
        objects: workspace.objects(),
        jobs: jobs.map_or(1, std::num::NonZero::get),
        timeout: Duration::from_secs(args.timeout),
        memory: args.memory,
    };
    let stop = stop_on_interrupt()?;
    let bar = ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} documents, {eta} left  {wide_msg}")
            .context("progress template")?,
    );
    let summary = extract::ingest(
        &workspace,
        &mut store,
        &args.paths,
        &options,
        args.retry_failed,
        &stop,
        |event| show(&bar, &event),
    )?;
    bar.finish_and_clear();
    println!("{}", describe(&summary));
    if summary.interrupted {
        anyhow::bail!("interrupted; what was read is kept, run the same command to go on");
    }
    Ok(if summary.failed.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Ctrl-C lets the documents in hand finish; a second one ends the program at once.
fn stop_on_interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
        eprintln!("finishing the documents in hand; press Ctrl-C again to stop at once");
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(stop)
}

fn show(bar: &ProgressBar, event: &Event<'_>) {
    match event {
        Event::Start(count) => bar.set_length(*count as u64),
        Event::Read { path, warnings } => {
            bar.inc(1);
            bar.set_message(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
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

fn describe(summary: &Summary) -> String {
    let Summary { read, skipped, figures, captions, paired, images, .. } = summary;
    let failed = summary.failed.len();
    format!(
        "{read} documents read ({skipped} already known, {failed} failed): {figures} figures and \
         uncaptioned pictures, {paired} of {captions} captions paired with a graphic, {images} images"
    )
}
