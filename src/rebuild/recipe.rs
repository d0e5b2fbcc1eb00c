//! Finds the pictures of a recipe among those that were read from PDFs.

use std::collections::{BTreeMap, HashMap};

use covid_ct_core::FileName;

use super::Result;
use crate::curation::annotations::{MatchedBy, PictureHashes, Pictures};
use crate::dataset::{Figures, Hosting, Item, ManifestRow, Options, Texts, Written, shown_figures};
use crate::store::{ImageRow, Store};
use covid_ct_core::{ImageKey, Label, Split};

/// What of a recipe there is to write.
#[derive(Debug, Default)]
pub struct Found {
    pub items: Vec<Item>,
    /// Pictures on pages, by what they were known by.
    pub pictures: BTreeMap<MatchedBy, usize>,
    /// Rows that cannot be made, and why.
    pub missing: Vec<String>,
}

/// The items of the rows whose classes are asked for.
///
/// # Errors
/// The database's.
pub fn items(store: &Store, rows: &[ManifestRow], options: &Options<'_>) -> Result<Found> {
    let pictures = Pictures::new(store.images()?);
    let figures = shown_figures(store, |_| true)?;
    let mut looks = PictureHashes::new(store);
    let mut matched: HashMap<ImageKey, Option<ImageRow>> = HashMap::new();
    let mut found = Found::default();
    for row in rows {
        // It becomes the name of a file.
        if let Err(problem) = FileName::of_picture(&row.name) {
            found.missing.push(problem);
            continue;
        }
        let name = &row.name;
        let (class, (bounds, size)) = match (class_and_part(row), row.cut()) {
            (Ok(class), Ok(cut)) => (class, cut),
            (Err(problem), _) | (_, Err(problem)) => {
                found.missing.push(format!("{name}: {problem}"));
                continue;
            }
        };
        let (label, part) = class.unzip();
        if label.is_some_and(|label| options.classes.index(label).is_none()) {
            continue;
        }
        let image = matched.entry(row.image_key()).or_insert_with(|| {
            let key = row.image_key();
            let (image, by) = match row.image_look.parse() {
                Ok(look) => pictures.find_like(&key, look, |image| looks.of(image)),
                Err(_) => pictures.find(&key),
            }?;
            *found.pictures.entry(by).or_default() += 1;
            Some(image.clone())
        });
        let Some(image) = image else {
            found.missing.push(format!("{name}: {} is in none of the PDFs", place(row)));
            continue;
        };
        // What is beside the picture's own bytes is as the recipe says; only those are made anew.
        let row = ManifestRow { file: String::new(), container: String::new(), ..row.clone() };
        let hosted = options.hosting == Hosting::Any || row.is_open();
        let texts = texts(&figures, image.id, &row);
        found.items.push(Item {
            told: Written { row, label, part, texts },
            object: image.object.clone(),
            bounds,
            size,
            hosted,
        });
    }
    Ok(found)
}

/// Of a panel; a figure as a whole has neither.
fn class_and_part(row: &ManifestRow) -> std::result::Result<Option<(Label, Split)>, String> {
    if row.is_figure() {
        return Ok(None);
    }
    Ok(Some((row.label.parse()?, row.part.parse()?)))
}

/// What the PDF says of the figure that a row is of: of several that show an `image.id`, the one of the row's label, or
/// of a panel the first, as an export takes it.
fn texts(figures: &Figures, image: i64, row: &ManifestRow) -> Texts {
    let shown = figures.get(&image).map(Vec::as_slice).unwrap_or_default();
    let of_label = shown.iter().find(|shown| row.is_figure() && shown.label == row.figure);
    of_label.or(shown.first()).map(|shown| shown.texts.clone()).unwrap_or_default()
}

fn place(row: &ManifestRow) -> String {
    let page = row.page.map_or_else(String::new, |page| format!(" page {page}"));
    let object = match (row.xref, row.figure.as_str()) {
        (Some(xref), _) => format!(" xref {xref}"),
        (None, "") => String::new(),
        (None, figure) => format!(" {figure}"),
    };
    format!("{}{page}{object}", row.preprint)
}
