//! `covid-ct audit`

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::dataset::audit::{
    Audit, BoxDoubt, Item, Owner, Predictions, Related, WrongLabels, audit,
};
use crate::metrics::three_decimals;
use crate::report;
use crate::store::Store;
use crate::{Workspace, atomic};
use anyhow::Context as _;
use covid_ct_core::Label;
use serde::Serialize;

use super::Outcome;
use super::bars::Bars;
use crate::cli::AuditArgs;

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    audit: &'a Audit,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong_labels: Option<&'a WrongLabels>,
}

/// Pairs named one by one; of more, only how many.
const LISTED: usize = 20;

pub fn run(workspace: &Path, args: &AuditArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let store = Store::open_to_read(&workspace)?;
    // A file that is none is told before anything is looked at.
    let predictions = Predictions::read(&args.predictions)?;
    let mut found = audit(&store, args.split.as_deref(), &Bars::new())?;
    let wrong = (!args.predictions.is_empty())
        .then(|| WrongLabels::find(&mut found.panels, &predictions))
        .transpose()?;
    if let Some((wrong, path)) = wrong.as_ref().zip(args.wrong_labels.as_ref()) {
        let queue = wrong.queue(&found.panels)?;
        atomic::replaceable(path, atomic::Kind::Csv("score,"))
            .and_then(|()| atomic::replace(path, &queue))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let text = if args.json {
        let told = Told { audit: &found, wrong_labels: wrong.as_ref() };
        serde_json::to_string(&told)? + "\n"
    } else {
        in_words(&found, wrong.as_ref())?
    };
    std::io::stdout().write_all(text.as_bytes())?;
    if args.html || args.out.is_some() {
        let folder = args.out.clone().unwrap_or_else(|| workspace.audit());
        let path = write_page(&store, &found, wrong.as_ref(), &folder)?;
        // Beside JSON, which a program reads, only stderr is for people.
        let line = format!("page: {}\n", path.display());
        if args.json {
            std::io::stderr().write_all(line.as_bytes())?;
        } else {
            std::io::stdout().write_all(line.as_bytes())?;
        }
    }
    for failure in &found.unreadable {
        eprintln!("covid-ct: {failure}");
    }
    if found.leaks {
        let split = found.split.as_deref().unwrap_or_default();
        eprintln!(
            "covid-ct: leakage found in the split '{split}'; `covid-ct split NAME` makes a new split of whole groups"
        );
    }
    let is_clean = !found.leaks && found.unreadable.is_empty();
    Ok(if is_clean { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn write_page(
    store: &Store,
    found: &Audit,
    wrong: Option<&WrongLabels>,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let written = report::write_audit(store, found, wrong, folder)?;
    for problem in &written.problems {
        eprintln!("covid-ct: {problem}");
    }
    Ok(written.path)
}

/// What was found, for reading.
fn in_words(found: &Audit, wrong: Option<&WrongLabels>) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    match &found.split {
        Some(split) => write!(out, "split '{split}': ")?,
        None => write!(out, "all labelled panels: ")?,
    }
    writeln!(out, "{} panels in {} groups", found.panel_count, found.groups)?;
    related(&mut out, "pairs of duplicate pictures", &found.same)?;
    related(&mut out, "pairs so alike that they are probably slices of one scan", &found.alike)?;
    if found.split.is_some() {
        crossings(&mut out, found)?;
    }
    box_doubts(&mut out, &found.box_doubts)?;
    writeln!(out, "\nClass predicted without looking at the lungs, AUROC (0.5 is chance):")?;
    for shortcut in &found.shortcuts {
        writeln!(out, "  {:<22} {:>6}", shortcut.by, three_decimals(shortcut.auroc))?;
    }
    if let Some(wrong) = wrong {
        wrong_labels(&mut out, wrong)?;
    }
    let verdict = match (&found.split, found.leaks) {
        (Some(_), true) => "Leakage found in the split.",
        (Some(_), false) => "No leakage found in the split.",
        (None, _) => "Leakage was not looked for: name a split with --split NAME.",
    };
    writeln!(out, "\n{verdict}")?;
    Ok(out)
}

/// The labels that are probably wrong, the least likely first.
fn wrong_labels(out: &mut String, wrong: &WrongLabels) -> std::fmt::Result {
    writeln!(
        out,
        "\n{} labels are probably wrong, of {} panels with a prediction",
        wrong.found.len(),
        wrong.predicted
    )?;
    if wrong.unpredicted + wrong.unknown > 0 {
        writeln!(
            out,
            "  {} panels have no prediction; {} predicted pictures are not labelled panels of this workspace",
            wrong.unpredicted, wrong.unknown
        )?;
    }
    for found in wrong.found.iter().take(LISTED) {
        let Item { name, label, .. } = &found.item;
        writeln!(
            out,
            "  {:.3}  {name} ({label})  P({}) {:.3}",
            found.confidence,
            Label::positive().class().noun,
            found.score
        )?;
    }
    if wrong.found.len() > LISTED {
        writeln!(out, "  and {} more (--json, --html)", wrong.found.len() - LISTED)?;
    }
    if !wrong.found.is_empty() {
        writeln!(
            out,
            "  --wrong-labels FILE writes them, and `covid-ct label diagnose --state decided --scores FILE` asks again"
        )?;
    }
    Ok(())
}

fn box_doubts(out: &mut String, doubts: &[BoxDoubt]) -> std::fmt::Result {
    let again = if doubts.is_empty() {
        ""
    } else {
        "; `covid-ct label crop --state decided --paper NAME` asks about them again"
    };
    writeln!(out, "\n{} boxes in doubt{again}", doubts.len())?;
    for doubt in doubts.iter().take(LISTED) {
        writeln!(out, "  {}: {}", doubt.name, doubt.why)?;
    }
    if doubts.len() > LISTED {
        writeln!(out, "  and {} more (--json, --html)", doubts.len() - LISTED)?;
    }
    Ok(())
}

fn related(out: &mut String, what: &str, pairs: &[Related]) -> std::fmt::Result {
    let count = |keep: fn(&Related) -> bool| pairs.iter().filter(|pair| keep(pair)).count();
    writeln!(
        out,
        "\n{} {what}; {} across splits, {} with labels that contradict each other",
        pairs.len(),
        count(|pair| pair.crosses),
        count(|pair| pair.label_conflict)
    )?;
    for pair in pairs.iter().take(LISTED) {
        let side = |item: &Item| {
            let part = item.part.map_or(String::new(), |part| format!(" {part}"));
            format!("{} ({}{part})", item.name, item.label)
        };
        let mirrored = if pair.mirrored { ", mirrored" } else { "" };
        let (one, other) = (side(&pair.one), side(&pair.other));
        writeln!(out, "  {one}  {other}  detail {:.3}{mirrored}", pair.detail)?;
    }
    if pairs.len() > LISTED {
        writeln!(out, "  and {} more (--json, --html)", pairs.len() - LISTED)?;
    }
    Ok(())
}

fn crossings(out: &mut String, found: &Audit) -> std::fmt::Result {
    for owner in Owner::ALL {
        let across: Vec<_> = found.crossings.iter().filter(|c| c.what == *owner).collect();
        writeln!(out, "\n{} {owner}s in two splits or more", across.len())?;
        for crossing in across {
            let counts: Vec<String> = crossing
                .panels
                .iter()
                .map(|(part, panels)| format!("{part} {}", panels.len()))
                .collect();
            let case = crossing.case.as_ref().map_or(String::new(), |case| format!(", {case}"));
            let allowed = if crossing.is_leak { "" } else { " (allowed in a split by patient)" };
            writeln!(out, "  {}{case}: {}{allowed}", crossing.paper, counts.join(", "))?;
        }
    }
    Ok(())
}
