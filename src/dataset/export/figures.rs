//! The figures of a corpus as a dataset of pictures and their texts: every figure, whatever it shows.
//!
//! A picture that the paper neither captions nor labels is no figure that anything is told of, and is left out.
//! A figure that pictures alone do not show is there as it is printed (its rendering), any other by its pictures, one
//! entry each. Tables are no figures, and released pictures stand for papers of which there is no PDF.

use std::collections::{HashMap, HashSet};

use super::items::{Item, Written, texts};
use super::manifest::ManifestRow;
use super::names;
use super::options::{Hosting, Options};
use crate::dataset::Result;
use crate::document::PaperMeta;
use crate::figures::{FigureKind, FigureRecord, ICON_SIDE};
use crate::store::{DocumentRow, ImageRow, Source, Store};
use covid_ct_core::PanelBox;

/// Figures that are written, and how many have no picture.
#[derive(Debug, Default)]
pub struct Chosen {
    pub items: Vec<Item>,
    /// Only a caption was found of them, or nobody could draw them.
    pub without_picture: usize,
    /// Pictures that the paper neither captions nor labels: covers, logos, and figures whose caption was not found.
    pub without_text: usize,
}

/// All figures of the papers that were read. Renderings are taken as they are there: making those that are missing is
/// the caller's.
///
/// # Errors
/// The database's.
pub fn choose(store: &Store, options: &Options<'_>) -> Result<Chosen> {
    let images: HashMap<i64, ImageRow> =
        store.images()?.into_iter().map(|image| (image.id, image)).collect();
    let mut chosen = Chosen::default();
    for document in store.documents()? {
        let Some(preprint) = document.preprint.filter(|_| document.source != Source::Release)
        else {
            continue;
        };
        let paper = store.paper(preprint)?;
        let undrawn: HashSet<i64> =
            store.unrendered(document.id)?.into_iter().map(|place| place.figure).collect();
        for (id, figure) in store.figures(&document)? {
            if figure.kind == FigureKind::Table {
                continue;
            }
            if figure.caption.is_empty() && figure.label.is_none() {
                chosen.without_text += 1;
                continue;
            }
            let shown =
                if undrawn.contains(&id) { Vec::new() } else { pictures(store, id, &images)? };
            if shown.is_empty() {
                chosen.without_picture += 1;
            }
            let entry = |image| item(&figure, image, &document, &paper, options);
            chosen.items.extend(shown.into_iter().map(entry));
        }
    }
    name(&mut chosen.items);
    Ok(chosen)
}

/// What shows a `figure.id`: its rendering, else its pictures that are no symbols.
fn pictures<'a>(
    store: &Store,
    figure: i64,
    images: &'a HashMap<i64, ImageRow>,
) -> Result<Vec<&'a ImageRow>> {
    if let Some((rendering, _)) = store.rendering(figure)? {
        return Ok(images.get(&rendering).into_iter().collect());
    }
    let drawn = store.images_of_figure(figure)?;
    let is_shown =
        |image: &&ImageRow| !image.furniture && image.width.min(image.height) >= ICON_SIDE;
    Ok(drawn.iter().filter_map(|id| images.get(id)).filter(is_shown).collect())
}

fn item(
    figure: &FigureRecord,
    image: &ImageRow,
    document: &DocumentRow,
    paper: &PaperMeta,
    options: &Options<'_>,
) -> Item {
    let bounds = PanelBox::whole(image.width, image.height);
    let label = figure.label.clone().unwrap_or_default();
    let row = ManifestRow {
        name: names::picture_stem(
            None,
            &paper.name,
            image.page,
            (image.xref, image.origin, Some(&label)),
        ),
        preprint: paper.name.clone(),
        version: paper.version.clone(),
        doi: paper.doi.clone(),
        page: Some(image.page),
        xref: image.xref,
        origin: image.origin.to_string(),
        crop: bounds.to_string(),
        figure: label,
        kind: figure.kind.to_string(),
        licence: paper.licence.clone(),
        image_sha256: image.object.sha256.clone(),
        document_sha256: document.sha256.clone(),
        ..ManifestRow::default()
    };
    let hosted = options.hosting == Hosting::Any || row.is_open();
    let texts = texts(figure, paper);
    Item {
        told: Written { row, label: None, part: None, texts },
        object: image.object.clone(),
        bounds,
        size: None,
        hosted,
    }
}

/// Gives each its name, in an order that knows papers and places and no database id.
fn name(items: &mut [Item]) {
    items.sort_by(|Item { told: a, .. }, Item { told: b, .. }| order(&a.row).cmp(&order(&b.row)));
    let mut taken = HashSet::new();
    for item in items {
        let row = &mut item.told.row;
        row.name = format!("{}.png", names::claim(&mut taken, &row.name));
    }
}

fn order(row: &ManifestRow) -> impl Ord + '_ {
    (
        (&row.preprint, &row.version, row.page, row.xref, &row.figure),
        (&row.document_sha256, &row.image_sha256),
    )
}
