//! `covid-ct ingest`

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::Workspace;
use crate::corpus::{self, Access, CorpusError, Network, Reading, Testimony};
use crate::extract::{self, Again, Event, Summary};
use crate::store::Store;
use indicatif::ProgressBar;

use super::{Outcome, jobs, neighbour, progress_bar, stop_on_interrupt, worker_options};
use crate::cli::{BucketArgs, IngestArgs, LimitArgs, WorkerArgs};
use crate::suspects::one_line;

/// Hands over where a bucket is to be read and there is no network.
///
/// # Errors
/// Whatever keeps it from running.
pub fn run(
    workspace: &Path,
    args: &IngestArgs,
    network: Option<&dyn Network>,
) -> anyhow::Result<Outcome> {
    if network.is_none() && args.paths.iter().any(|path| corpus::is_address(path)) {
        return Err(neighbour::hand_over(neighbour::FETCHING, neighbour::with_same_arguments));
    }
    let (outcome, told) = ingest(workspace, args, network)?;
    // Of JSON, every line is an object.
    if args.json {
        eprintln!("{told}");
    } else {
        println!("{told}");
    }
    Ok(outcome)
}

/// How it ended, and what came of it.
fn ingest(
    workspace: &Path,
    args: &IngestArgs,
    network: Option<&dyn Network>,
) -> anyhow::Result<(Outcome, String)> {
    let workspace = Workspace::new(workspace);
    let mut store = Store::open(&workspace)?;
    let options = extract::Options {
        jobs: jobs(args.workers.jobs),
        timeout: Duration::from_secs(args.workers.timeout),
        memory: args.workers.memory,
        limits: (&args.limits).into(),
        ..worker_options(&workspace)?
    };
    let again = Again { failed: args.retry_failed, outdated: args.refresh };
    let stop = stop_on_interrupt("finishing the documents in hand")?;
    let (paths, mut failed) = gather(&workspace, args, network, (&options, &stop))?;
    if paths.is_empty() && !args.paths.is_empty() {
        anyhow::bail!("nothing to read: none of the paths leads to a PDF");
    }
    let mut bar = ProgressBar::hidden();
    let ingested =
        extract::ingest(&workspace, &mut store, &paths, &options, again, &stop, |event| {
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
    failed |= !summary.failed.is_empty();
    if args.render && !summary.interrupted {
        failed |= !render(&mut store, &options, &summary, &stop)?;
    }
    if let Some(folder) = &args.jats
        && !summary.interrupted
    {
        failed |= !hear(&store, &summary, Path::new(folder), &options, args.json)?;
    }
    if summary.interrupted || stop.load(Ordering::Relaxed) {
        return Err(CorpusError::Interrupted.into());
    }
    let outcome = if failed { Outcome::DoneWithFailures } else { Outcome::Done };
    Ok((outcome, describe(&summary)))
}

/// Downloads what lies in buckets and unpacks archives; what there is to read then, and whether any of it
/// could not be had.
fn gather(
    workspace: &Workspace,
    args: &IngestArgs,
    network: Option<&dyn Network>,
    (workers, stop): (&extract::Options, &AtomicBool),
) -> anyhow::Result<(Vec<PathBuf>, bool)> {
    let mut bar = ProgressBar::hidden();
    let network = (network, &reading(&args.bucket));
    let gathered = corpus::gather(workspace, &args.paths, network, workers, stop, |count| {
        objects_bar(&mut bar, count);
    });
    bar.finish_and_clear();
    let gathered = gathered?;
    for (what, error) in &gathered.failed {
        eprintln!("{what}: {error}");
    }
    if gathered.interrupted {
        return Err(CorpusError::Interrupted.into());
    }
    Ok((gathered.paths, !gathered.failed.is_empty()))
}

/// Hears the JATS of the documents named and prints where it disagrees; false where some could not be read.
fn hear(
    store: &Store,
    summary: &Summary,
    folder: &Path,
    options: &extract::Options,
    json: bool,
) -> anyhow::Result<bool> {
    let mut documents = store.documents()?;
    documents.retain(|document| {
        document.error.is_none() && summary.documents.contains(&document.sha256)
    });
    let folder = (!folder.as_os_str().is_empty()).then_some(folder);
    let heard = corpus::hear(store, &documents, folder, options)?;
    for (path, error) in &heard.failed {
        eprintln!("covid-ct: {}: {error}", path.display());
    }
    let mut differing = 0;
    for testimony in &heard.testimonies {
        differing += testimony.disagreements.len();
        if json {
            println!("{}", serde_json::to_string(testimony)?);
        } else {
            print_testimony(testimony);
        }
    }
    let told = format!(
        "{} documents have JATS, {} have none: {differing} disagreements",
        heard.testimonies.len(),
        heard.without
    );
    if json {
        eprintln!("{told}");
    } else {
        println!("{told}");
    }
    Ok(heard.failed.is_empty())
}

fn print_testimony(testimony: &Testimony) {
    let file = &testimony.file;
    if testimony.licence_noted {
        println!("{file}: licence noted: {}", testimony.licence);
    }
    for found in &testimony.disagreements {
        println!("{file}: {} {}", found.about, found.label);
        for (who, what) in [("JATS", &found.jats), ("PDF", &found.pdf)] {
            if !what.is_empty() {
                println!("    {who}: {what}");
            }
        }
    }
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
        Event::Read { path, warnings, suspects } => {
            bar.inc(1);
            bar.suspend(|| {
                for warning in *warnings {
                    tracing::warn!("{}: {warning}", path.display());
                }
                for suspect in *suspects {
                    tracing::info!("{}: {}", path.display(), one_line(suspect));
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
///
/// # Errors
/// As [`run`].
pub fn quietly(
    workspace: &Path,
    pdfs: &Path,
    jobs: Option<std::num::NonZero<usize>>,
) -> anyhow::Result<Outcome> {
    let args = IngestArgs {
        paths: vec![pdfs.to_owned()],
        workers: WorkerArgs { jobs, timeout: extract::TIMEOUT, memory: extract::MEMORY },
        retry_failed: false,
        refresh: false,
        render: false,
        jats: None,
        json: false,
        bucket: BucketArgs { account: false, requester_pays: false, endpoint: None },
        limits: LimitArgs::default(),
    };
    let (outcome, told) = ingest(workspace, &args, None)?;
    eprintln!("{told}");
    Ok(outcome)
}

/// How buckets are read; who asks, and how large an object may be, is said elsewhere.
pub fn reading(args: &BucketArgs) -> Reading {
    let access = match (args.requester_pays, args.account) {
        (true, _) => Access::RequesterPays,
        (false, true) => Access::Account,
        (false, false) => Access::Anonymous,
    };
    Reading { access, endpoint: args.endpoint.clone(), ..Reading::default() }
}

/// A bar that hears of objects and archives.
pub fn objects_bar(bar: &mut ProgressBar, count: Option<usize>) {
    match count {
        Some(count) => *bar = progress_bar(count, "objects"),
        None => bar.inc(1),
    }
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
         {images} images{}",
        suspects(summary)
    )
}

/// A line on what the cross-check found, with the line's end before it; nothing where it found nothing
/// that counts.
fn suspects(summary: &Summary) -> String {
    let counting = summary.suspects.iter().filter(|(kind, _)| kind.counts());
    let counts: Vec<String> = counting.map(|(kind, count)| format!("{count} {kind}")).collect();
    if counts.is_empty() {
        return String::new();
    }
    format!(
        "\n{} of them to look at ({}): `covid-ct status --suspects` tells where",
        summary.suspected,
        counts.join(", ")
    )
}
