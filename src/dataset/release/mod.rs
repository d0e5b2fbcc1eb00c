//! The published COVID-CT dataset as input: its pictures become documents, panels, cases, decisions
//! and a split, so that it can be audited, split anew, exported and trained on like anything
//! extracted from PDFs.
//!
//! One document stands for the pictures of one paper; its SHA-256 is that of their names and hashes,
//! so the same release gives the same rows in any database.

mod captions;
mod folder;
mod metainfo;
mod names;
mod paper;

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;
use serde_json::json;

pub use folder::{Picture, Release};
pub use metainfo::MetaRow;
pub use names::{ReleasedName, split_extension};

use self::paper::Paper;
use super::Result;
use super::layout::{class_folder, class_name};
use crate::store::{
    Case, Diagnosis, Evidence, ImageRow, Label, NewDecision, NewPanel, ObjectId, ObjectStore,
    PanelBox, Part, Selection, Source, Split, Stage, Store, StoreError, Subject, Value, sha256_hex,
};

/// Who a release's decisions are recorded as having been made by.
pub const CURATOR: &str = "covid-ct-release";

/// When: the date of the arXiv version (2003.13865v3) that describes the published split. Fixed, so
/// that imports of one release are alike.
const TIME: &str = "2020-06-17T00:00:00Z";

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    pub papers: usize,
    /// Papers that the database held already, with the same pictures.
    pub papers_present: usize,
    pub panels: BTreeMap<Label, usize>,
    /// Panels of the release's own split.
    pub parts: BTreeMap<(Label, Part), usize>,
    /// False where a split of that name and content was there.
    pub split_is_new: bool,
    /// Pictures that could not be read, and why.
    pub failures: Vec<String>,
}

/// A picture with its bytes kept and looked at.
#[derive(Debug, Clone)]
struct Stored {
    picture: Picture,
    name: ReleasedName,
    object: ObjectId,
    width: u32,
    height: u32,
    is_grey: bool,
}

/// Brings a release into the database, its own split under the name `split`. What is there already
/// stays as it is.
///
/// # Errors
/// The database's, or the object store's; then no row was written.
pub fn import(store: &mut Store, release: &Release, split: &str) -> Result<Imported> {
    let objects = store.objects().clone();
    let stored: Vec<std::result::Result<Stored, String>> = release
        .pictures
        .par_iter()
        .map(|picture| keep(&objects, picture))
        .collect::<std::result::Result<_, StoreError>>()?;
    let mut imported = Imported::default();
    let mut papers: BTreeMap<String, Vec<Stored>> = BTreeMap::new();
    for stored in stored {
        match stored {
            Ok(stored) => papers.entry(stored.name.paper.clone()).or_default().push(stored),
            Err(problem) => imported.failures.push(problem),
        }
    }
    let papers: Vec<Paper> =
        papers.into_iter().map(|(name, pictures)| Paper::new(name, pictures)).collect();
    Ok(store.transaction(|store| write(store, &papers, split, imported))?)
}

/// Puts a picture's bytes into the object store as they are; the inner error names one that is no
/// picture.
fn keep(
    objects: &ObjectStore,
    picture: &Picture,
) -> std::result::Result<std::result::Result<Stored, String>, StoreError> {
    let bytes = std::fs::read(&picture.path)
        .map_err(|source| StoreError::Read { path: picture.path.clone(), source })?;
    let complain = |problem: &str| Ok(Err(format!("{}: {problem}", picture.path.display())));
    // By content: published names lie about it.
    let extension = match image::guess_format(&bytes) {
        Ok(image::ImageFormat::Png) => "png",
        Ok(image::ImageFormat::Jpeg) => "jpg",
        _ => return complain("expected a PNG or a JPEG"),
    };
    let decoded = match image::load_from_memory(&bytes) {
        Ok(decoded) => decoded,
        Err(error) => return complain(&error.to_string()),
    };
    let numbered = class_name(picture.label).to_lowercase();
    Ok(Ok(Stored {
        picture: picture.clone(),
        name: ReleasedName::parse(&picture.file_name, &numbered),
        object: objects.put(&bytes, extension)?,
        width: decoded.width(),
        height: decoded.height(),
        is_grey: !decoded.color().has_color(),
    }))
}

fn write(
    store: &mut Store,
    papers: &[Paper],
    split: &str,
    mut imported: Imported,
) -> std::result::Result<Imported, StoreError> {
    let known: HashSet<String> =
        store.documents()?.into_iter().map(|document| document.sha256).collect();
    let (present, new): (Vec<_>, Vec<_>) =
        papers.iter().partition(|paper| known.contains(&paper.sha256));
    for paper in &new {
        store.record(&paper.extraction(), Source::Release)?;
    }
    (imported.papers, imported.papers_present) = (new.len(), present.len());
    let images: HashMap<(String, String), ImageRow> = store
        .images()?
        .into_iter()
        .filter_map(|image| Some(((image.document_sha256.clone(), image.file_name.clone()?), image)))
        .collect();
    let is_new: HashSet<&str> = new.iter().map(|paper| paper.sha256.as_str()).collect();
    let mut parts = Vec::new();
    for paper in papers {
        let mut preprint = None;
        for stored in &paper.pictures {
            let key = (paper.sha256.clone(), stored.picture.file_name.clone());
            let Some(image) = images.get(&key) else { continue };
            preprint = Some(image.preprint);
            let panel = store.panel(&whole(image))?;
            *imported.panels.entry(stored.picture.label).or_default() += 1;
            if let Some(part) = stored.picture.part {
                *imported.parts.entry((stored.picture.label, part)).or_default() += 1;
                parts.push((panel, part));
            }
            if is_new.contains(paper.sha256.as_str()) {
                decide(store, stored, image)?;
            }
        }
        if let Some(preprint) = preprint.filter(|_| is_new.contains(paper.sha256.as_str())) {
            for (name, details) in paper.cases() {
                let (curator, time) = (CURATOR.into(), TIME.into());
                store.add_case(&Case { preprint, name, details, curator, time })?;
            }
        }
    }
    parts.sort_unstable();
    let split = Split { name: split.into(), how: json!({ "published": "COVID-CT" }), parts };
    imported.split_is_new = store.split(&split.name)?.as_ref() != Some(&split);
    if imported.split_is_new {
        store.save_split(&split)?;
    }
    Ok(imported)
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
fn decide(
    store: &Store,
    stored: &Stored,
    image: &ImageRow,
) -> std::result::Result<(), StoreError> {
    let Picture { label, meta, .. } = &stored.picture;
    let diagnosis = match label {
        Label::Covid => Diagnosis::Covid,
        Label::NonCovid => Diagnosis::NonCovid,
    };
    let caption = meta.as_ref().map(|meta| meta.caption.as_str()).unwrap_or_default();
    let case = meta.as_ref().filter(|meta| !meta.patient.is_empty()).map(|meta| Value::Case {
        name: meta.patient.clone(),
        time: Some(meta.time.clone()).filter(|time| !time.is_empty()),
    });
    let values = [
        Some(Value::Select(Selection::Ct)),
        Some(Value::Crop(vec![PanelBox::whole(image.width, image.height)])),
        Some(Value::Diagnose(diagnosis)),
        case,
    ];
    for value in values.into_iter().flatten() {
        let stage = value.stage();
        let has_evidence = stage == Stage::Diagnose && !caption.is_empty();
        store.decide(&NewDecision {
            stage,
            subject: Subject::image(image.id),
            value: Some(value),
            evidence: has_evidence.then_some(Evidence::Caption),
            span: if has_evidence { caption.to_owned() } else { String::new() },
            curator: CURATOR.into(),
            time: TIME.into(),
            note: format!("published in {}", class_folder(*label)),
        })?;
    }
    Ok(())
}

/// SHA-256 of a paper's pictures, whatever order they come in.
fn sha256_of(pictures: &[Stored]) -> String {
    let mut lines: Vec<String> = pictures
        .iter()
        .map(|stored| format!("{} {}\n", stored.picture.file_name, stored.object.sha256))
        .collect();
    lines.sort_unstable();
    sha256_hex(lines.concat().as_bytes())
}
