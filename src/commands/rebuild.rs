//! `covid-ct rebuild`

use std::path::{Path, PathBuf};

use crate::atomic::Noted;
use crate::curation::annotations::MatchedBy;
use crate::dataset::{Precious, spare};
use crate::rebuild::{Event, From, Rebuilt, Request, rebuild};
use crate::{Workspace, extract};
use anyhow::Context as _;
use indicatif::ProgressBar;

use super::export::{options, print_exported};
use super::{Outcome, jobs, precious, progress_bar, stop_on_interrupt, worker_options};
use crate::cli::RebuildArgs;

/// How much is named before the rest is only counted.
const NAMED: usize = 20;

pub fn run(workspace: &Path, args: &RebuildArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let from = From::read(&args.from)?;
    let target = match &args.out {
        Some(folder) => folder.clone(),
        None => default_target(&workspace, &args.from)?,
    };
    let mut kept = precious(&workspace);
    kept.push(Precious { what: "what it is rebuilt from", path: args.from.clone(), whole: false });
    let pdfs = args.pdfs.iter().cloned();
    kept.extend(pdfs.map(|path| Precious { what: "where the PDFs are", path, whole: false }));
    spare(&target, &kept)?;
    let _noted = Noted::new(&workspace, &target);
    let stop = stop_on_interrupt("stopping")?;
    let request = Request {
        from: &from,
        pdfs: &args.pdfs,
        target: &target,
        split: args.split.as_deref(),
        options: options(&args.dataset, &stop)?,
        workers: extract::Options { jobs: jobs(args.dataset.jobs), ..worker_options(&workspace)? },
    };
    let mut bar = ProgressBar::hidden();
    let rebuilt = rebuild(&request, &stop, |event| match event {
        Event::Documents(count) => bar = progress_bar(count, "documents"),
        Event::Pictures(count) => {
            bar.finish_and_clear();
            bar = progress_bar(count, "pictures");
        }
        Event::DocumentDone | Event::PictureDone => bar.inc(1),
    });
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    print_rebuilt(&rebuilt, &target);
    Ok(if rebuilt.is_whole() { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn default_target(workspace: &Workspace, from: &Path) -> anyhow::Result<PathBuf> {
    let from = std::path::absolute(from)?;
    let folder = if from.is_dir() { Some(from.as_path()) } else { from.parent() };
    let name = folder.and_then(Path::file_name).context("name the folder to write with --out")?;
    Ok(workspace.data().join("rebuilt").join(name))
}

fn print_rebuilt(rebuilt: &Rebuilt, target: &Path) {
    for (path, error) in &rebuilt.failed {
        eprintln!("covid-ct: {}: {error}", path.display());
    }
    let known = |by| rebuilt.pictures.get(&by).copied().unwrap_or(0);
    println!(
        "pictures known: {} by the PDF's SHA-256 and their own, {} by their own SHA-256, {} by paper, \
         page and xref, {} by perceptual hash",
        known(MatchedBy::Document),
        known(MatchedBy::Bytes),
        known(MatchedBy::Place),
        known(MatchedBy::PerceptualHash)
    );
    print_exported(&rebuilt.exported, target);
    name_some("not rebuilt", &rebuilt.missing);
    if let Some(differing) = &rebuilt.not_as_listed {
        name_some("not as SHA256SUMS lists it", differing);
        if differing.is_empty() {
            println!("every file is as SHA256SUMS lists it");
        }
    }
}

fn name_some(what: &str, named: &[String]) {
    for name in named.iter().take(NAMED) {
        eprintln!("covid-ct: {what}: {name}");
    }
    if named.len() > NAMED {
        eprintln!("covid-ct: {what}: {} more", named.len() - NAMED);
    }
}
