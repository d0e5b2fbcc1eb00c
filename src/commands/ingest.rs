//! `covid-ct ingest`

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use covid_ct::Workspace;
use covid_ct::extract::{self, Event, Summary};
use covid_ct::store::Store;
use indicatif::ProgressBar;

use super::{Outcome, processors, progress_bar, stop_on_interrupt};
use crate::cli::IngestArgs;

pub fn run(workspace: &Path, args: &IngestArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let mut store = Store::open(&workspace)?;
    let options = extract::Options {
        program: extract::this_program().context("cannot find the covid-ct program")?,
        objects: workspace.objects(),
        jobs: args.jobs.map_or_else(|| processors() as usize, std::num::NonZero::get),
        timeout: Duration::from_secs(args.timeout),
        memory: args.memory,
    };
    let stop = stop_on_interrupt("finishing the documents in hand")?;
    let mut bar = ProgressBar::hidden();
    let ingested = extract::ingest(
        &workspace,
        &mut store,
        &args.paths,
        &options,
        args.retry_failed,
        &stop,
        |event| show(&mut bar, &event),
    );
    bar.finish_and_clear();
    let summary = ingested?;
    println!("{}", describe(&summary));
    if summary.interrupted {
        anyhow::bail!("interrupted; what was read is kept, run the same command to go on");
    }
    Ok(if summary.failed.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
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

fn describe(summary: &Summary) -> String {
    let Summary { read, skipped, figures, captions, paired, images, .. } = summary;
    let failed = summary.failed.len();
    format!(
        "{read} documents read ({skipped} already known, {failed} failed): {figures} figures, \
         tables and uncaptioned pictures, {paired} of {captions} captions paired with a graphic, \
         {images} images"
    )
}
