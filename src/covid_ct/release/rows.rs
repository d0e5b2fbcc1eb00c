//! The rows a release becomes: documents, panels, decisions, cases and its split.

use std::collections::HashMap;

use serde_json::json;

use super::paper::{Paper, details};
use super::{CURATOR, Imported, MetaRow, Picture, Stored};
use crate::dataset::layout::class_folder;
use crate::store::{
    Case, ImageRow, NamedSplit, NewDecision, NewPanel, Result, Source, Store, Subject,
};
use covid_ct_core::{Evidence, Label, PanelBox, Stage, Value};

/// When: the date of the last arXiv version of the dataset's paper (2003.13865v3). Fixed, so that
/// imports of one release are alike.
const TIME: &str = "2020-06-17T00:00:00Z";

/// What tells a released picture from all others: paper, published name, SHA-256 of its bytes.
type PictureKey = (String, String, String);

impl Stored {
    fn key(&self) -> PictureKey {
        (self.name.paper.clone(), self.picture.file_name.clone(), self.object.sha256.clone())
    }
}

/// Brings the papers into the database, and of what is there already only counts.
pub fn write(
    store: &mut Store,
    papers: &[Paper],
    split: &str,
    mut imported: Imported,
) -> Result<Imported> {
    let known = released_images(store)?;
    for paper in papers {
        // Of a paper known in part (a picture that was broken then), only the rest is a document.
        let is_new = |stored: &&Stored| !known.contains_key(&stored.key());
        let rest: Vec<Stored> = paper.pictures.iter().filter(is_new).cloned().collect();
        if rest.is_empty() {
            imported.papers_present += 1;
        } else {
            let document = Paper::new(paper.name.clone(), rest).extraction();
            store.record(&document, Source::Release)?;
            imported.papers += 1;
        }
    }
    let images = released_images(store)?;
    let mut parts = Vec::new();
    for stored in papers.iter().flat_map(|paper| &paper.pictures) {
        let Some(image) = images.get(&stored.key()) else { continue };
        let (panel, label) = (store.panel(&whole(image))?, stored.picture.label);
        *imported.panels.entry(label).or_default() += 1;
        if let Some(part) = stored.picture.part {
            *imported.parts.entry((label, part)).or_default() += 1;
            parts.push((panel, part));
        }
        if !known.contains_key(&stored.key()) {
            decide(store, stored, image)?;
            if let Some(row) = &stored.picture.manifest {
                store.set_provenance(image.id, &json!(row).to_string())?;
            }
        }
    }
    add_cases(store, papers, &images)?;
    parts.sort_unstable();
    let split = NamedSplit { name: split.into(), how: how(papers), parts };
    imported.split_is_new = store.split(&split.name)?.as_ref() != Some(&split);
    if imported.split_is_new {
        store.save_split(&split)?;
    }
    Ok(imported)
}

/// How the release's split was made: as its manifest says, if it has one.
fn how(papers: &[Paper]) -> serde_json::Value {
    papers
        .iter()
        .flat_map(|paper| &paper.pictures)
        .find_map(|stored| stored.picture.manifest.as_ref())
        .and_then(|row| serde_json::from_str(&row.split_how).ok())
        .unwrap_or_else(|| json!({ "published": "COVID-CT" }))
}

fn add_cases(
    store: &Store,
    papers: &[Paper],
    images: &HashMap<PictureKey, ImageRow>,
) -> Result<()> {
    store.add_new_cases(papers.iter().flat_map(|paper| {
        let image = paper.pictures.iter().find_map(|stored| images.get(&stored.key()));
        image.map_or_else(Vec::new, |image| cases(image.preprint, paper.meta_rows()))
    }))
}

/// The patients of a `preprint.id` that rows of the MetaInfo tell of.
pub fn cases<'a>(preprint: i64, rows: impl Iterator<Item = &'a MetaRow>) -> Vec<Case> {
    let case = |(name, details)| Case {
        preprint,
        name,
        details,
        curator: CURATOR.into(),
        time: TIME.into(),
    };
    details(rows).into_iter().map(case).collect()
}

fn released_images(store: &Store) -> Result<HashMap<PictureKey, ImageRow>> {
    let keyed = |image: ImageRow| {
        let name = image.file_name.clone()?;
        Some(((image.preprint_name.clone(), name, image.object.sha256.clone()), image))
    };
    Ok(store.images()?.into_iter().filter_map(keyed).collect())
}

fn whole(image: &ImageRow) -> NewPanel {
    NewPanel {
        image: image.id,
        bounds: PanelBox::whole(image.width, image.height),
        letter: String::new(),
        sub_caption: String::new(),
        proposed_by: CURATOR.into(),
    }
}

/// Records what publishing the picture decided about it.
fn decide(store: &Store, stored: &Stored, image: &ImageRow) -> Result<()> {
    let picture = &stored.picture;
    let subject = Subject::image(image.id);
    let note = format!("published as {}/{}", class_folder(picture.label), picture.file_name);
    let whole = Value::Crop(vec![PanelBox::whole(image.width, image.height)]);
    for value in [Value::answer(Stage::Select, "ct"), whole] {
        store.decide(&decision(subject, value, note.clone()))?;
    }
    for decision in decisions(subject, picture, &note) {
        store.decide(&decision)?;
    }
    Ok(())
}

/// A decision that the release stands for.
pub fn decision(subject: Subject, value: Value, note: String) -> NewDecision {
    NewDecision {
        stage: value.stage(),
        subject,
        value: Some(value),
        evidence: None,
        span: String::new(),
        curator: CURATOR.into(),
        time: TIME.into(),
        note,
        adjudicates: false,
    }
}

/// What the release says of a picture, or of the panel that is the same: its class, by the caption, and
/// whose scan it is.
pub fn decisions(subject: Subject, picture: &Picture, note: &str) -> Vec<NewDecision> {
    let Picture { label, meta, .. } = picture;
    let diagnosis = if *label == Label::COVID { "covid" } else { "non-covid" };
    let caption = meta.as_ref().map(|meta| meta.caption.clone()).unwrap_or_default();
    let diagnosed = NewDecision {
        evidence: (!caption.is_empty()).then_some(Evidence::Caption),
        span: caption,
        ..decision(subject, Value::answer(Stage::Diagnose, diagnosis), note.to_owned())
    };
    let case = meta.as_ref().filter(|meta| !meta.patient.is_empty()).map(|meta| {
        let time = Some(meta.time.clone()).filter(|time| !time.is_empty());
        let value = Value::Case { name: meta.patient.clone(), time };
        decision(subject, value, note.to_owned())
    });
    std::iter::once(diagnosed).chain(case).collect()
}
