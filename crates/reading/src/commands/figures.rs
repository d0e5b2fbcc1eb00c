//! `covid-ct figures`

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::Workspace;
use crate::figures::{FigureRecord, ImageOrigin, RegionRole};
use crate::store::Store;

use super::{Outcome, find_documents};
use crate::cli::FiguresArgs;
use crate::suspects::GradedSuspect;

/// # Errors
/// Whatever keeps it from running.
pub fn run(workspace: &Path, args: &FiguresArgs) -> anyhow::Result<Outcome> {
    let store = Store::open_to_read(&Workspace::new(workspace))?;
    let chosen = if args.documents.is_empty() {
        let mut documents = store.documents()?;
        documents.retain(|document| document.error.is_none());
        documents
    } else {
        find_documents(&store, &args.documents)?
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for document in &chosen {
        let suspects = store.suspects(document.id)?;
        for (_, figure) in store.figures(document)? {
            if args.json {
                serde_json::to_writer(&mut out, &figure)?;
                writeln!(out)?;
            } else {
                writeln!(out, "{}", describe(&figure))?;
            }
        }
        if args.json && !suspects.is_empty() {
            let suspects = suspects.into_iter().map(GradedSuspect::from).collect();
            let figure = FigureRecord { file: document.file(), ..FigureRecord::default() };
            serde_json::to_writer(&mut out, &SuspectsRecord { figure, suspects })?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// The last line of a document of which something is to be looked at. No figure's line has its `suspects`; it has a
/// figure's fields, all empty, so that a program that knows figures alone finds one without label, caption and picture.
#[derive(Debug, Serialize)]
struct SuspectsRecord {
    #[serde(flatten)]
    figure: FigureRecord,
    /// By page, those of the whole document first.
    suspects: Vec<GradedSuspect>,
}

/// One figure for a reader: where it is, what is known of it, the start of its caption.
fn describe(figure: &FigureRecord) -> String {
    let mut place = figure.page.map_or_else(|| "no graphic".into(), |page| format!("page {page}"));
    for region in &figure.regions {
        let _ = match region.role {
            RegionRole::Continued => write!(place, ", continued on {}", region.page),
            RegionRole::Copy => write!(place, ", again on {}", region.page),
        };
    }
    let mut caption: String = figure.caption.chars().take(100).collect();
    if caption.len() < figure.caption.len() {
        caption.push('…');
    }
    format!(
        "{}  {}  {place}  [{}]  cited {} times  {caption}",
        figure.file,
        figure.label.as_deref().unwrap_or("uncaptioned"),
        made_of(figure),
        figure.mentions.len(),
    )
}

/// What the graphic is drawn with, its pictures in pixels, and how many panels it names. Of a stitched
/// picture the tiles are not listed.
fn made_of(figure: &FigureRecord) -> String {
    let mut parts: Vec<String> = figure.composition.iter().map(ToString::to_string).collect();
    for image in figure.images.iter().filter(|image| image.tile_of.is_none()) {
        let size = format!("{}x{}", image.width, image.height);
        parts.push(match image.origin {
            ImageOrigin::Stitched | ImageOrigin::Rendered => format!("{size} {}", image.origin),
            _ => size,
        });
    }
    match figure.panels.len() {
        0 => {}
        1 => parts.push("1 panel".into()),
        count => parts.push(format!("{count} panels")),
    }
    parts.join(", ")
}
