//! `covid-ct merge`

use std::path::Path;

use indicatif::ProgressBar;

use super::ingest::reading;
use super::{Outcome, neighbour, progress_bar, stop_on_interrupt};
use crate::Workspace;
use crate::cli::{MergeArgs, OnlyArg};
use crate::corpus::{CorpusError, Network};
use crate::shards::Place;
use crate::shards::merge::{Event, Merged, Pictures, merge};

/// Hands over where a shard is in a bucket and there is no network.
pub fn run(
    workspace: &Path,
    args: &MergeArgs,
    network: Option<&dyn Network>,
) -> anyhow::Result<Outcome> {
    if network.is_none() && args.shards.iter().any(Place::is_address) {
        return Err(neighbour::hand_over(neighbour::FETCHING, neighbour::with_same_arguments));
    }
    let pictures = match args.only {
        Some(OnlyArg::Likely) => Pictures::Likely,
        None => Pictures::All,
    };
    let stop = stop_on_interrupt("finishing the documents in hand")?;
    let mut bar = ProgressBar::hidden();
    let workspace = Workspace::new(workspace);
    let network = (network, &reading(&args.bucket));
    let merged =
        merge(&workspace, &args.shards, pictures, network, &stop, &mut |event| match event {
            Event::Start(count) => bar = progress_bar(count, "documents"),
            Event::Done => bar.inc(1),
            Event::Failed { what, error } => bar.suspend(|| eprintln!("{what}: {error}")),
        });
    bar.finish_and_clear();
    let merged = merged?;
    if args.json {
        println!("{}", serde_json::to_string(&merged)?);
    } else {
        println!("{}", describe(&merged));
    }
    if merged.interrupted {
        return Err(CorpusError::Interrupted.into());
    }
    Ok(if merged.failed > 0 { Outcome::DoneWithFailures } else { Outcome::Done })
}

fn describe(merged: &Merged) -> String {
    let Merged { shards, recorded, known, failed, figures, images, objects, left, .. } = merged;
    let left = match left {
        0 => String::new(),
        count => format!("; of {count} documents, pictures stay where they are until needed"),
    };
    format!(
        "{recorded} documents of {shards} shards recorded ({known} already known, {failed} failed): {figures} figures, \
         tables and uncaptioned pictures, {images} images, {objects} objects copied{left}"
    )
}
