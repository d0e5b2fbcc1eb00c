//! `covid-ct audit`

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::Workspace;
use crate::dataset::audit::{Audit, BoxDoubt, Item, Owner, Related, audit};
use crate::metrics::three_decimals;
use crate::report;
use crate::store::Store;

use super::Outcome;
use super::bars::Bars;
use crate::cli::AuditArgs;

/// Pairs named one by one; of more, only how many.
const LISTED: usize = 20;

pub fn run(workspace: &Path, args: &AuditArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let store = Store::open_existing(&workspace)?;
    let found = audit(&store, args.split.as_deref(), &Bars::new())?;
    let text = if args.json { serde_json::to_string(&found)? + "\n" } else { in_words(&found)? };
    std::io::stdout().write_all(text.as_bytes())?;
    if args.html || args.out.is_some() {
        let folder = args.out.clone().unwrap_or_else(|| workspace.audit());
        let path = write_page(&store, &found, &folder)?;
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
            "covid-ct: the split '{split}' leaks; `covid-ct split NAME` makes one that does not"
        );
    }
    let is_clean = !found.leaks && found.unreadable.is_empty();
    Ok(if is_clean { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn write_page(store: &Store, found: &Audit, folder: &Path) -> anyhow::Result<PathBuf> {
    let written = report::write_audit(store, found, folder)?;
    for problem in &written.problems {
        eprintln!("covid-ct: {problem}");
    }
    Ok(written.path)
}

/// What was found, for reading.
fn in_words(found: &Audit) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    match &found.split {
        Some(split) => write!(out, "split '{split}': ")?,
        None => write!(out, "all labelled panels: ")?,
    }
    writeln!(out, "{} panels in {} groups", found.panel_count, found.groups)?;
    related(&mut out, "pictures that are there twice", &found.same)?;
    related(&mut out, "pairs of one scan, so alike are they", &found.alike)?;
    if found.split.is_some() {
        crossings(&mut out, found)?;
    }
    box_doubts(&mut out, &found.box_doubts)?;
    writeln!(out, "\nThe class told without looking at the lungs, AUROC (0.5 is chance):")?;
    for shortcut in &found.shortcuts {
        writeln!(out, "  {:<22} {:>6}", shortcut.by, three_decimals(shortcut.auroc))?;
    }
    let verdict = match (&found.split, found.leaks) {
        (Some(_), true) => "The split leaks.",
        (Some(_), false) => "The split leaks nothing that is known.",
        (None, _) => "No split was looked at: --split NAME does.",
    };
    writeln!(out, "\n{verdict}")?;
    Ok(out)
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
        "\n{} {what}; {} across parts, {} with labels that contradict each other",
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
        writeln!(out, "\n{} {owner}s in two parts or more", across.len())?;
        for crossing in across {
            let counts: Vec<String> = crossing
                .panels
                .iter()
                .map(|(part, panels)| format!("{part} {}", panels.len()))
                .collect();
            let case = crossing.case.as_ref().map_or(String::new(), |case| format!(", {case}"));
            let allowed = if crossing.is_leak { "" } else { " (a split by patient may)" };
            writeln!(out, "  {}{case}: {}{allowed}", crossing.paper, counts.join(", "))?;
        }
    }
    Ok(())
}
