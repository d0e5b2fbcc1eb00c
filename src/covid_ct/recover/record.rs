//! What was found again, as decisions on the extracted pictures.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::release::{self, MetaRow, Picture};
use super::{Found, Outcome, Sought};
use crate::dataset::layout::class_folder;
use crate::store::{NamedSplit, NewDecision, NewPanel, Result, Store, Subject};
use covid_ct_core::{Label, PanelBox, Split, Stage, Value};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    pub panels: usize,
    pub decisions: usize,
}

/// Writes, of every picture that was found, what publishing it decided: that the extracted picture is a CT,
/// its boxes, and of each box class and patient, with scale and correlation as a note; and the release's own
/// split as `split`, beside the panels that are in it already. What is there already is not written again.
///
/// # Errors
/// The database's; then nothing was written.
pub fn record(store: &mut Store, sought: &[Sought], split: &str) -> Result<Recorded> {
    let mut by_image: BTreeMap<i64, Vec<(&Picture, &Found)>> = BTreeMap::new();
    for Sought { picture, outcome, .. } in sought {
        if let Outcome::Found(found) = outcome {
            by_image.entry(found.image.id).or_default().push((picture, found));
        }
    }
    store.transaction(|store| {
        let mut recorded = Recorded::default();
        let mut parts: BTreeMap<i64, Split> = match store.split(split)? {
            Some(held) => held.parts.into_iter().collect(),
            None => BTreeMap::new(),
        };
        let before = parts.clone();
        for (image, found) in by_image {
            recorded.add(store, image, &found, &mut parts)?;
        }
        add_cases(store, sought)?;
        if parts != before {
            let how = json!({ "published": "COVID-CT" });
            let parts = parts.into_iter().collect();
            store.save_split(&NamedSplit { name: split.into(), how, parts })?;
        }
        Ok(recorded)
    })
}

impl Recorded {
    fn add(
        &mut self,
        store: &Store,
        image: i64,
        found: &[(&Picture, &Found)],
        parts: &mut BTreeMap<i64, Split>,
    ) -> Result<()> {
        let boxes: Vec<PanelBox> = found.iter().map(|(_, found)| found.bounds).collect();
        let subject = Subject::image(image);
        let label = found.first().map_or(Label::COVID, |(picture, _)| picture.label);
        let note = format!("published in {}", class_folder(label));
        for value in [Value::answer(Stage::Select, "ct"), Value::Crop(distinct(boxes))] {
            self.decide(store, &release::decision(subject, value, note.clone()))?;
        }
        for (picture, Found { bounds, scale, score, .. }) in found {
            let panel = store.panel(&NewPanel {
                image,
                bounds: *bounds,
                letter: String::new(),
                sub_caption: String::new(),
                proposed_by: release::CURATOR.into(),
            })?;
            self.panels += 1;
            let file = format!("{}/{}", class_folder(picture.label), picture.file_name);
            let note = format!("published as {file}; scale {scale:.3}, correlation {score:.3}");
            for decision in release::decisions(Subject::panel(image, panel), picture, &note) {
                self.decide(store, &decision)?;
            }
            if let Some(part) = picture.part {
                parts.insert(panel, part);
            }
        }
        Ok(())
    }

    /// Writes what the release has not said last.
    fn decide(&mut self, store: &Store, new: &NewDecision) -> Result<()> {
        let said = store.decisions_of(new.stage, new.subject, &new.curator)?;
        if said.last().is_none_or(|last| last.value != new.value) {
            store.decide(new)?;
            self.decisions += 1;
        }
        Ok(())
    }
}

/// Two published files may be one crop.
fn distinct(boxes: Vec<PanelBox>) -> Vec<PanelBox> {
    let mut distinct: Vec<PanelBox> = Vec::new();
    for bounds in boxes {
        if !distinct.contains(&bounds) {
            distinct.push(bounds);
        }
    }
    distinct
}

fn add_cases(store: &Store, sought: &[Sought]) -> Result<()> {
    let mut papers: BTreeMap<i64, Vec<&MetaRow>> = BTreeMap::new();
    for Sought { picture, outcome, .. } in sought {
        if let (Outcome::Found(found), Some(meta)) = (outcome, &picture.meta) {
            papers.entry(found.image.preprint).or_default().push(meta);
        }
    }
    store.add_new_cases(
        papers.into_iter().flat_map(|(preprint, rows)| release::cases(preprint, rows.into_iter())),
    )
}
