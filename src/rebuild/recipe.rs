//! Finds the pictures of a recipe among those that were read from PDFs.

use std::collections::{BTreeMap, HashMap};

use super::Result;
use crate::curation::annotations::{Looks, MatchedBy, Pictures};
use crate::dataset::licence::Licence;
use crate::dataset::{Hosting, Item, ManifestRow, Options, captions};
use crate::store::{ImageKey, ImageRow, Store};

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
    let captions = captions(store)?;
    let mut looks = Looks::new(store);
    let mut matched: HashMap<ImageKey, Option<ImageRow>> = HashMap::new();
    let mut found = Found::default();
    for row in rows {
        let name = &row.name;
        let told = (row.label.parse(), row.part.parse(), row.cut());
        let (label, part, (bounds, size)) = match told {
            (Ok(label), Ok(part), Ok(cut)) => (label, part, cut),
            (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) => {
                found.missing.push(format!("{name}: {problem}"));
                continue;
            }
        };
        if options.classes.index(label).is_none() {
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
        let hosted = options.hosting == Hosting::Any || Licence::parse(&row.licence).is_open();
        found.items.push(Item {
            label,
            part,
            caption: captions.get(&image.id).cloned().unwrap_or_default(),
            object: image.object.clone(),
            bounds,
            size,
            hosted,
            row,
        });
    }
    Ok(found)
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
