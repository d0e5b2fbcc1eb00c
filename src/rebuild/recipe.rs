//! Finds the pictures of a recipe among those that were read from PDFs.

use std::collections::{BTreeMap, HashMap};

use super::Result;
use crate::curation::annotations::{MatchedBy, Pictures};
use crate::dataset::licence::Licence;
use crate::dataset::{Hosting, Item, Look, ManifestRow, Options, captions};
use crate::store::{ImageKey, ImageRow, ObjectStore, Store};

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
    let mut looks = Looks { objects: store.objects(), known: HashMap::new() };
    let mut matched: HashMap<ImageKey, Option<(ImageRow, MatchedBy)>> = HashMap::new();
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
            let image = looks.find(&pictures, row);
            if let Some((_, by)) = &image {
                *found.pictures.entry(*by).or_default() += 1;
            }
            image
        });
        let Some((image, _)) = image else {
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

/// What the pictures look like, each decoded once.
struct Looks<'a> {
    objects: &'a ObjectStore,
    known: HashMap<String, Option<Look>>,
}

impl Looks<'_> {
    fn of(&mut self, image: &ImageRow) -> Option<Look> {
        let objects = self.objects;
        *self.known.entry(image.object.sha256.clone()).or_insert_with(|| {
            let bytes = objects.read(&image.object).ok()?;
            Some(Look::of(&image::load_from_memory(&bytes).ok()?))
        })
    }

    /// The picture of a row. At the place the row names another picture may stand by now: it counts
    /// only if it looks like the one that was there.
    fn find(&mut self, pictures: &Pictures, row: &ManifestRow) -> Option<(ImageRow, MatchedBy)> {
        let key = row.image_key();
        let wanted: Option<Look> = row.image_look.parse().ok();
        let mut distance =
            |image: &ImageRow| Some(wanted?.distance(self.of(image)?)).filter(|d| *d <= Look::SAME);
        match pictures.find(&key) {
            Some((image, by))
                if by != MatchedBy::Place || wanted.is_none() || distance(image).is_some() =>
            {
                Some((image.clone(), by))
            }
            _ => pictures
                .find_by_look(&key, distance, Look::APART)
                .map(|image| (image.clone(), MatchedBy::Look)),
        }
    }
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
