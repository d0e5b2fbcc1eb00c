//! `covid-ct status`

use std::path::Path;

use crate::Workspace;
use crate::curation::nothing::next_command;
use crate::curation::{By, Progress, QueueOptions};
use crate::figures::Gravity;
use crate::store::Store;
use crate::suspects::{self, SuspectPaper, one_line};
use crate::task;

use super::Outcome;
use crate::cli::StatusArgs;

pub fn run(workspace: &Path, args: &StatusArgs) -> anyhow::Result<Outcome> {
    let store = Store::open_to_read(&Workspace::new(workspace))?;
    if args.suspects {
        return queue(&store, args.json);
    }
    let progress = Progress::read(&store)?;
    if args.json {
        println!("{}", serde_json::to_string(&progress)?);
    } else {
        print_holdings(&progress);
        print_stages(&progress);
        println!("\n{}", next_command(&store, By::Anyone, &QueueOptions::default())?);
        print_dataset(&progress);
    }
    Ok(Outcome::Done)
}

/// Prints the papers to look at.
fn queue(store: &Store, json: bool) -> anyhow::Result<Outcome> {
    let papers = suspects::papers(store)?;
    if json {
        for paper in &papers {
            println!("{}", serde_json::to_string(paper)?);
        }
        return Ok(Outcome::Done);
    }
    let (counting, notes): (Vec<&SuspectPaper>, Vec<&SuspectPaper>) =
        papers.iter().partition(|paper| paper.counts());
    for paper in &counting {
        println!("{}", paper.path);
        for graded in paper.suspects.iter().filter(|graded| graded.gravity > Gravity::Note) {
            println!("  {:<8} {}", graded.gravity, one_line(&graded.suspect));
        }
    }
    println!(
        "{} papers to look at; {} more have notes only (--json lists them, `show` draws them)",
        counting.len(),
        notes.len()
    );
    Ok(Outcome::Done)
}

fn row(name: &str, count: impl std::fmt::Display, note: &str) {
    println!("{}", format!("{name:<12}{count:>8}  {note}").trim_end());
}

fn print_holdings(progress: &Progress) {
    let totals = &progress.totals;
    row("documents", totals.documents, &format!("{} failed", totals.failed));
    for failure in &progress.failures {
        println!("{:22}{}: {}", "", failure.path, failure.error);
    }
    if progress.outdated > 0 {
        println!(
            "{:22}{} read by an older extractor: `covid-ct ingest --refresh` reads them again",
            "", progress.outdated
        );
    }
    row("pages", totals.pages, "");
    let stitched = match totals.stitched {
        0 => String::new(),
        count => format!(", {count} stitched from tiles"),
    };
    row("images", totals.images, &format!("{} without a caption{stitched}", totals.uncaptioned));
    if totals.lost > 0 {
        println!("{:22}{} decided on, but no longer found in their document", "", totals.lost);
    }
    row("renderings", totals.rendered, "of figures that images alone do not show");
    row("captions", totals.captions, &format!("{} paired with their figure", totals.paired));
    row("citations", totals.mentions, "sentences that cite a figure");
    let counting = progress.suspects.iter().filter(|(kind, _)| kind.counts());
    let note = match progress.suspected {
        0 => String::new(),
        papers => {
            format!("in {papers} papers to look at: `covid-ct status --suspects` tells where")
        }
    };
    row("suspects", counting.clone().map(|(_, count)| count).sum::<u64>(), &note);
    for (kind, count) in counting {
        println!("{:22}{count} {}", "", kind.words());
    }
}

fn print_stages(progress: &Progress) {
    println!("\n{:<12}{:>8}{:>8}", "stage", "decided", "left");
    for stage in &progress.stages {
        let values: Vec<String> =
            stage.values.iter().map(|(value, count)| format!("{count} {value}")).collect();
        let line = format!(
            "{:<12}{:>8}{:>8}  {}",
            stage.stage,
            stage.decided,
            stage.left,
            values.join(", ")
        );
        println!("{}", line.trim_end());
    }
}

fn print_dataset(progress: &Progress) {
    let panels = &progress.panels;
    println!();
    row("panels", panels.classes.total() + panels.without_label as u64, "in force");
    for (label, count) in panels.classes.iter() {
        row(&format!("  {}", label.class().list), count, "");
    }
    row("  neither", panels.without_label, "undecided, uncertain, excluded or disputed");
    row("  with case", panels.with_case, "");
    row("conflicts", progress.conflicts.len(), "");
    for conflict in &progress.conflicts {
        println!("{:22}{conflict}", "");
    }
    row("splits", progress.splits.len(), "");
    for split in &progress.splits {
        println!(
            "{:22}{}: {} train, {} val, {} test",
            "", split.name, split.train, split.val, split.test
        );
    }
    row("runs", progress.runs.len(), &progress.runs.join(", "));
    if !progress.upgrades.is_empty() {
        row(
            "upgrades",
            progress.upgrades.len(),
            "what a newer covid-ct, or a changed task, reads otherwise",
        );
    }
    for upgrade in &progress.upgrades {
        println!("{:22}{upgrade}", "");
    }
    if !progress.unknown.is_empty() {
        let decisions: usize = progress.unknown.iter().map(|it| it.decisions).sum();
        let task = &task::in_force().name;
        row(
            "unknown",
            decisions,
            &format!("decisions that the task {task} does not know; they are kept"),
        );
    }
    for unknown in &progress.unknown {
        println!("{:22}{} '{}': {}", "", unknown.stage, unknown.word, unknown.decisions);
    }
}
