//! `covid-ct figures`

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;
use covid_ct::Workspace;
use covid_ct::figures::FigureRecord;
use covid_ct::store::{DocumentRow, Store};

use super::Outcome;
use crate::cli::FiguresArgs;

pub fn run(workspace: &Path, args: &FiguresArgs) -> anyhow::Result<Outcome> {
    let store = Store::open_existing(&Workspace::new(workspace))?;
    let mut documents = store.documents()?;
    documents.retain(|document| document.error.is_none());
    let mut chosen = Vec::new();
    if args.documents.is_empty() {
        chosen = documents;
    } else {
        for wanted in &args.documents {
            let mut found = false;
            for document in &documents {
                if is_named(&store, document, wanted)? {
                    found = true;
                    if !chosen.contains(document) {
                        chosen.push(document.clone());
                    }
                }
            }
            if !found {
                bail!(
                    "no document '{wanted}': give a file name, a paper's name or the start of a \
                       SHA-256; `covid-ct figures` lists what there is"
                );
            }
        }
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for document in &chosen {
        for (_, figure) in store.figures(document)? {
            if args.json {
                serde_json::to_writer(&mut out, &figure)?;
                writeln!(out)?;
            } else {
                writeln!(out, "{}", describe(&figure))?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn is_named(store: &Store, document: &DocumentRow, wanted: &str) -> anyhow::Result<bool> {
    let path = Path::new(&document.path);
    let file = Path::new(wanted).file_name().unwrap_or_default();
    if path.file_name() == Some(file) || path.file_stem() == Some(wanted.as_ref()) {
        return Ok(true);
    }
    if wanted.len() >= 6 && document.sha256.starts_with(&wanted.to_ascii_lowercase()) {
        return Ok(true);
    }
    Ok(match document.preprint {
        Some(preprint) => store.paper(preprint)?.name == wanted,
        None => false,
    })
}

/// One figure for a reader: where it is, what is known of it, the start of its caption.
fn describe(figure: &FigureRecord) -> String {
    let place = figure.page.map_or_else(|| "no graphic".into(), |page| format!("page {page}"));
    let images: Vec<String> =
        figure.images.iter().map(|image| format!("{}x{}", image.width, image.height)).collect();
    let mut caption: String = figure.caption.chars().take(100).collect();
    if caption.len() < figure.caption.len() {
        caption.push('…');
    }
    format!(
        "{}  {}  {place}  [{}]  cited {} times  {caption}",
        figure.file,
        figure.label.as_deref().unwrap_or("uncaptioned"),
        images.join(" "),
        figure.mentions.len(),
    )
}
