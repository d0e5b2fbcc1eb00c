//! Boxes in doubt: as many as neither caption nor letters say, or of more than one scan by their pixels.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::curation::doubts::{self, Letters};
use crate::dataset::Result;
use crate::dataset::history::stem_of;
use crate::store::{LabelledPanel, Store};
use covid_ct_core::{ObjectStore, PanelBox};

/// A picture or panel whose boxes should be looked at; `label crop --state decided` asks about them again.
#[derive(Debug, Clone, Serialize)]
pub struct BoxDoubt {
    /// The picture as an export names it, with `%N` of the panel where it is about one.
    pub name: String,
    pub paper: String,
    /// `1 box, the caption names 12 panels (A-L)`
    pub why: String,
}

/// What is in doubt of the panels in force, by picture: what the letters say first, then the pixels.
/// Pictures that cannot be read are told by the rest of the audit.
pub fn doubtful(store: &Store, panels: &[LabelledPanel]) -> Result<Vec<BoxDoubt>> {
    let mut pictures: BTreeMap<i64, Vec<&LabelledPanel>> = BTreeMap::new();
    for panel in panels {
        pictures.entry(panel.image).or_default().push(panel);
    }
    let mut names: BTreeMap<i64, String> = BTreeMap::new();
    for image in store.images()? {
        if pictures.contains_key(&image.id) {
            names.insert(image.id, stem_of(store, &image)?);
        }
    }
    let name_of = |panel: &LabelledPanel| names.get(&panel.image).cloned().unwrap_or_default();
    let mut found: Vec<(String, u32, BoxDoubt)> = Vec::new();
    for panels in pictures.values() {
        let (name, paper) = (name_of(panels[0]), panels[0].preprint_name.clone());
        let lettered: Vec<bool> = panels.iter().map(|panel| !panel.letter.is_empty()).collect();
        let letters = Letters::read(store, panels[0].image, panels[0].file_name.is_some())?;
        if let Some(why) = doubts::of_letters(&lettered, &letters) {
            found.push((name.clone(), 0, BoxDoubt { name, paper, why }));
        }
    }
    let objects = store.objects();
    let divided: Vec<(&LabelledPanel, usize)> =
        pictures.par_iter().flat_map_iter(|(_, panels)| divided(objects, panels)).collect();
    for (panel, parts) in divided {
        let stem = name_of(panel);
        let name = panel.index.map_or(stem.clone(), |index| format!("{stem}%{index}"));
        let (paper, why) = (panel.preprint_name.clone(), format!("it looks like {parts} scans"));
        found.push((stem, panel.index.unwrap_or(0) + 1, BoxDoubt { name, paper, why }));
    }
    found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    Ok(found.into_iter().map(|(_, _, doubt)| doubt).collect())
}

/// The panels of one picture that their pixels divide, and into how many.
fn divided<'a>(
    objects: &ObjectStore,
    panels: &[&'a LabelledPanel],
) -> Vec<(&'a LabelledPanel, usize)> {
    let Ok(bytes) = objects.read(&panels[0].object) else { return Vec::new() };
    let Ok(picture) = image::load_from_memory(&bytes) else { return Vec::new() };
    let boxes: Vec<PanelBox> = panels.iter().map(|panel| panel.bounds).collect();
    let divided = doubts::of_pixels(&picture.to_luma8(), &boxes);
    divided.into_iter().map(|(at, parts)| (panels[at], parts)).collect()
}
