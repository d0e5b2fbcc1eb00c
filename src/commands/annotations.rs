//! `covid-ct annotations`

use std::path::Path;

use crate::Workspace;
use crate::atomic::Noted;
use crate::curation::annotations::{self, Counted, Imported, MatchedBy, Quotes};
use crate::curation::exchange::{self, Counts, Format};
use crate::curation::{self, Conflict};
use crate::store::Store;
use anyhow::{Context as _, bail};
use covid_ct_core::drop_controls;

use super::Outcome;
use crate::cli::{AnnotationsAction, AnnotationsArgs, ToolArg};

/// How many unknown pictures, or conflicts, are named before the rest is only counted.
const NAMED: usize = 5;

pub fn run(workspace: &Path, args: &AnnotationsArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    match &args.action {
        AnnotationsAction::Export { folder, format: Some(tool), .. } => {
            let _noted = Noted::new(&workspace, folder);
            export_for(&Store::open_to_read(&workspace)?, folder, format(*tool))
        }
        AnnotationsAction::Export { folder, short_quotes, .. } => {
            let quotes = if *short_quotes { Quotes::Short } else { Quotes::Whole };
            let _noted = Noted::new(&workspace, folder);
            export(&Store::open_to_read(&workspace)?, folder, quotes)
        }
        AnnotationsAction::Import { folder, format: Some(tool), curator } => {
            let mut curator = curator.as_deref().unwrap_or_default().trim().to_owned();
            drop_controls(&mut curator);
            if curator.is_empty() {
                bail!(
                    "who decided there? Name the curator with --curator NAME or COVID_CT_CURATOR"
                );
            }
            let store = &mut Store::open_existing(&workspace)?;
            import_from(store, folder, format(*tool), &curator)
        }
        AnnotationsAction::Import { folder, .. } => {
            import(&mut Store::open_existing(&workspace)?, folder)
        }
    }
}

fn export(store: &Store, folder: &Path, quotes: Quotes) -> anyhow::Result<Outcome> {
    let written = annotations::export(store, folder, quotes)?;
    println!(
        "{}: {} decisions, {} panels, {} cases, {} split rows",
        folder.display(),
        written.decisions,
        written.panels,
        written.cases,
        written.splits
    );
    Ok(Outcome::Done)
}

fn import(store: &mut Store, folder: &Path) -> anyhow::Result<Outcome> {
    let imported = annotations::import(store, folder).context("nothing was imported")?;
    print_imported(&imported);
    if imported.differing_panels > 0 {
        eprintln!(
            "covid-ct: {} panels have another letter, sub-caption or author here; kept as they are",
            imported.differing_panels
        );
    }
    tell_conflicts(&curation::conflicts(store)?);
    for name in &imported.replaced_splits {
        eprintln!("covid-ct: the split '{name}' was here with other panels; replaced");
    }
    if imported.unknown.is_empty() {
        return Ok(Outcome::Done);
    }
    let rows: usize = imported.unknown.values().sum();
    eprintln!(
        "covid-ct: {rows} rows speak of {} pictures or papers that are not in this database; ingest \
         their PDFs (with --render where renderings were labelled) and import again:",
        imported.unknown.len()
    );
    for (name, rows) in imported.unknown.iter().take(NAMED) {
        eprintln!("  {name} ({rows} rows)");
    }
    if imported.unknown.len() > NAMED {
        eprintln!("  and {} more", imported.unknown.len() - NAMED);
    }
    Ok(Outcome::DoneWithFailures)
}

fn format(tool: ToolArg) -> Format {
    match tool {
        ToolArg::Coco => Format::Coco,
        ToolArg::LabelStudio => Format::LabelStudio,
        ToolArg::Cvat => Format::Cvat,
        ToolArg::Yolo => Format::Yolo,
    }
}

fn export_for(store: &Store, folder: &Path, format: Format) -> anyhow::Result<Outcome> {
    let written = exchange::export(store, folder, format)?;
    println!("{}: {} pictures, {} boxes", folder.display(), written.pictures, written.boxes);
    for told in &written.left_out {
        eprintln!("covid-ct: {told}");
    }
    Ok(Outcome::Done)
}

fn import_from(
    store: &mut Store,
    path: &Path,
    format: Format,
    curator: &str,
) -> anyhow::Result<Outcome> {
    let imported =
        exchange::import(store, path, format, curator).context("nothing was imported")?;
    println!("pictures matched: {}", imported.pictures);
    let kinds =
        [("crops", imported.crops), ("classes", imported.classes), ("cases", imported.cases)];
    for (kind, Counts { added, present, kept }) in kinds {
        println!(
            "{kind}: {added} added, {present} already here, {kept} decided otherwise by {curator} and kept"
        );
    }
    tell_conflicts(&curation::conflicts(store)?);
    for told in &imported.left_out {
        eprintln!("covid-ct: {told}");
    }
    if !imported.unknown.is_empty() {
        eprintln!(
            "covid-ct: {} pictures are not among those that are wanted here:",
            imported.unknown.len()
        );
        for name in imported.unknown.iter().take(NAMED) {
            eprintln!("  {name}");
        }
        if imported.unknown.len() > NAMED {
            eprintln!("  and {} more", imported.unknown.len() - NAMED);
        }
    }
    let is_whole = imported.unknown.is_empty() && imported.left_out.is_empty();
    Ok(if is_whole { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn tell_conflicts(conflicts: &[Conflict]) {
    if conflicts.is_empty() {
        return;
    }
    eprintln!(
        "covid-ct: curators disagree on {} pictures or panels, which have no label until \
         `covid-ct label adjudicate` settles them:",
        conflicts.len()
    );
    for conflict in conflicts.iter().take(NAMED) {
        eprintln!("  {conflict}");
    }
    if conflicts.len() > NAMED {
        eprintln!("  and {} more; `covid-ct status` names them", conflicts.len() - NAMED);
    }
}

fn print_imported(imported: &Imported) {
    let matched = |by| imported.pictures.get(&by).copied().unwrap_or(0);
    println!(
        "pictures matched: {} by SHA-256, {} by preprint, page and xref",
        matched(MatchedBy::Document) + matched(MatchedBy::Bytes),
        matched(MatchedBy::Place)
    );
    if matched(MatchedBy::Bytes) > 0 {
        println!("  {} of them in a PDF of other bytes", matched(MatchedBy::Bytes));
    }
    if matched(MatchedBy::PerceptualHash) > 0 {
        println!("  {} more by perceptual hash", matched(MatchedBy::PerceptualHash));
    }
    let kinds = [
        ("decisions", imported.decisions),
        ("panels", imported.panels),
        ("cases", imported.cases),
        ("splits", imported.splits),
    ];
    for (kind, Counted { added, present }) in kinds {
        println!("{kind}: {added} added, {present} already here");
    }
}
