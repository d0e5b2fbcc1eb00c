//! `covid-ct extract`

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use covid_ct_shards::list;
use indicatif::ProgressBar;
use serde::Serialize;

use super::ingest::reading;
use super::{Outcome, jobs, neighbour, progress_bar, stop_on_interrupt, worker_options};
use crate::Workspace;
use crate::cli::{BucketArgs, ExtractArgs, ListDocumentsArgs};
use crate::corpus::{self, Network};
use crate::extract;
use crate::shards::Place;
use crate::shards::extract::{Event, Extracted, Wanted, split};

/// What is told as JSON.
#[derive(Debug, Serialize)]
struct Told {
    shard: String,
    /// Whether it was there before.
    had: bool,
    listed: usize,
    read: usize,
    copies: usize,
    failed: usize,
    causes: BTreeMap<&'static str, usize>,
    figures: usize,
    images: usize,
}

/// Hands over where the list or the shard is elsewhere and there is no network.
pub fn run(
    workspace: &Path,
    args: &ExtractArgs,
    network: Option<&dyn Network>,
) -> anyhow::Result<Outcome> {
    if let Some(parent) = args.parent {
        end_with(parent)?;
    }
    if network.is_none() && corpus::is_address(&args.list) {
        return Err(neighbour::hand_over(neighbour::FETCHING, neighbour::with_same_arguments));
    }
    let text = read_list(&args.list, network.map(|network| (network, &args.bucket)))?;
    let entries = parse(&args.list, &text)?;
    let places = [Some(&args.out), args.objects.as_ref()];
    let is_elsewhere = places.into_iter().flatten().any(Place::is_address)
        || entries.iter().any(|entry| list::is_address(entry));
    if is_elsewhere && network.is_none() {
        return hand_over(&args.list, &text);
    }
    let options = extract::Options {
        jobs: jobs(args.workers.jobs),
        timeout: Duration::from_secs(args.workers.timeout),
        memory: args.workers.memory,
        limits: (&args.limits).into(),
        // Where the pictures go is said below.
        ..worker_options(&Workspace::new(workspace))?
    };
    let stop = stop_on_interrupt("stopping; nothing of this shard will be kept")?;
    let wanted = Wanted {
        entries: &entries,
        out: &args.out,
        objects: args.objects.as_ref(),
        workers: &options,
        network,
        reading: &reading(&args.bucket),
    };
    let extracted = extract_with_bar(wanted, &stop)?;
    tell(&extracted, args.json)?;
    let failed = extracted.manifest.failures() > 0;
    Ok(if failed { Outcome::DoneWithFailures } else { Outcome::Done })
}

/// `covid-ct list-documents`
pub fn list_documents(
    args: &ListDocumentsArgs,
    network: Option<&dyn Network>,
) -> anyhow::Result<Outcome> {
    if network.is_none() && corpus::is_address(&args.list) {
        return Err(neighbour::hand_over(neighbour::FETCHING, neighbour::with_same_arguments));
    }
    let text = read_list(&args.list, network.map(|network| (network, &args.bucket)))?;
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    for entry in parse(&args.list, &text)? {
        if entry.contains('\n') {
            anyhow::bail!("{entry:?}: a path with a line's end: rename it");
        }
        writeln!(output, "{entry}")?;
    }
    output.flush()?;
    Ok(Outcome::Done)
}

fn parse(path: &Path, text: &[u8]) -> anyhow::Result<Vec<String>> {
    let here = std::env::current_dir().context("cannot tell which folder this is")?;
    Ok(list::parse(path, text, &here)?)
}

fn extract_with_bar(wanted: Wanted<'_>, stop: &AtomicBool) -> anyhow::Result<Extracted> {
    let mut bar = ProgressBar::hidden();
    let extracted = crate::shards::extract::extract(wanted, stop, &mut |event| match event {
        Event::Start(count) => bar = progress_bar(count, "documents"),
        Event::Copy => bar.inc(1),
        Event::Read { path, warnings } => {
            bar.inc(1);
            bar.suspend(|| {
                for warning in warnings {
                    tracing::warn!("{path}: {warning}");
                }
            });
        }
        Event::Failed { path, error } => {
            bar.inc(1);
            bar.suspend(|| eprintln!("{path}: {error}"));
        }
    });
    bar.finish_and_clear();
    Ok(extracted?)
}

fn read_list(path: &Path, network: Option<(&dyn Network, &BucketArgs)>) -> anyhow::Result<Vec<u8>> {
    if let Some((network, bucket)) = network
        && corpus::is_address(path)
    {
        let address = path.to_string_lossy();
        let (root, name) = split(&address).with_context(|| {
            format!("{address}: expected the address of a file, such as s3://BUCKET/list.txt")
        })?;
        let read = network.storage(root, &reading(bucket))?.read(name)?;
        return read.with_context(|| format!("{address}: no such list"));
    }
    if path == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).context("cannot read standard input")?;
        return Ok(text);
    }
    std::fs::read(path).with_context(|| {
        format!("cannot read {}: expected a list of documents, one a line", path.display())
    })
}

/// The program with a network gets a list from standard input once more.
fn hand_over(list: &Path, text: &[u8]) -> anyhow::Result<Outcome> {
    let mut again = None;
    if list == Path::new("-") {
        let mut file =
            tempfile::tempfile().context("cannot keep the list for covid-ct-fetching")?;
        file.write_all(text).and_then(|()| file.rewind()).context("cannot keep the list")?;
        again = Some(file);
    }
    Err(neighbour::hand_over(neighbour::FETCHING, |program| {
        let mut command = neighbour::with_same_arguments(program);
        if let Some(file) = again {
            command.stdin(file);
        }
        command
    }))
}

/// Ends this process with the one that started it: a task of a cluster that is killed must leave nothing behind.
fn end_with(parent: i32) -> anyhow::Result<()> {
    extract::worker::end_with_parent().context("cannot watch the process that started this")?;
    // It may have ended before it was watched.
    let now = rustix::process::getppid().map(rustix::process::Pid::as_raw_nonzero);
    if now.is_none_or(|now| now.get() != parent) {
        anyhow::bail!("the process {parent}, which started this, is gone");
    }
    Ok(())
}

fn tell(extracted: &Extracted, json: bool) -> anyhow::Result<()> {
    let Extracted { place, manifest, had } = extracted;
    if json {
        let told = Told {
            shard: place.noted(),
            had: *had,
            listed: manifest.listed,
            read: manifest.read,
            copies: manifest.copies,
            failed: manifest.failures(),
            causes: manifest.failed.iter().map(|(cause, count)| (cause.as_str(), *count)).collect(),
            figures: manifest.figures,
            images: manifest.images,
        };
        println!("{}", serde_json::to_string(&told)?);
        return Ok(());
    }
    let failed = match manifest.failures() {
        0 => String::new(),
        count => {
            let causes = manifest.failed.iter().map(|(cause, count)| format!("{count} {cause}"));
            format!(", {count} failed: {}", causes.collect::<Vec<_>>().join(", "))
        }
    };
    let copies = match manifest.copies {
        0 => String::new(),
        count => format!(", {count} copies of others"),
    };
    println!(
        "{} documents read{copies}{failed}; {} figures, tables and uncaptioned pictures, {} images",
        manifest.read, manifest.figures, manifest.images
    );
    println!("shard{}: {place}", if *had { ", there already" } else { "" });
    Ok(())
}
