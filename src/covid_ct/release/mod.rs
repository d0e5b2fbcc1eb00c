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
mod rows;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rayon::prelude::*;

pub use folder::{Picture, Release};
pub use metainfo::{MetaRow, read as read_meta_info};
pub use names::{ReleasedName, numbered_kind, split_extension};
pub(super) use rows::{cases, decision, decisions};

use self::paper::Paper;
use crate::dataset::Result;
use crate::dataset::layout::class_name;
use crate::store::{Store, StoreError};
use covid_ct_core::{Label, ObjectId, ObjectStore, Split};

/// The published MetaInfo without its extension.
const META_INFO: &str = "COVID-CT-MetaInfo";

/// Who a release's decisions are recorded as having been made by.
pub const CURATOR: &str = "covid-ct-release";

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    pub papers: usize,
    /// Papers that the database held already, with the same pictures.
    pub papers_present: usize,
    pub panels: BTreeMap<Label, usize>,
    /// Panels of the release's own split.
    pub parts: BTreeMap<(Label, Split), usize>,
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

/// Captions by the pictures' names without extension, from the MetaInfo of a dataset in the published layout;
/// none where it has no MetaInfo. As published, it tells of the COVID class alone.
///
/// # Errors
/// When there is a MetaInfo that cannot be read.
pub fn captions_of(folder: &Path) -> Result<HashMap<String, String>> {
    let files = ["xlsx", "csv"].map(|extension| folder.join(format!("{META_INFO}.{extension}")));
    let Some(path) = files.into_iter().find(|path| path.is_file()) else {
        return Ok(HashMap::new());
    };
    let rows = metainfo::read(&path)?.into_iter().filter(|row| !row.caption.is_empty());
    Ok(rows.map(|row| (split_extension(&row.file_name).0.to_owned(), row.caption)).collect())
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
    Ok(store.transaction(|store| rows::write(store, &papers, split, imported))?)
}

/// Puts a picture's bytes into the object store as they are; the inner error names one that is no
/// picture.
fn keep(
    objects: &ObjectStore,
    picture: &Picture,
) -> std::result::Result<std::result::Result<Stored, String>, StoreError> {
    let complain = |problem: &str| Ok(Err(format!("{}: {problem}", picture.path.display())));
    let bytes = match std::fs::read(&picture.path) {
        Ok(bytes) => bytes,
        Err(error) => return complain(&error.to_string()),
    };
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
    let mut picture = picture.clone();
    let object = objects.put(&bytes, extension)?;
    // What the manifest says is of the bytes that were exported, not of others put in their place.
    picture.manifest = picture.manifest.filter(|row| row.sha256 == object.sha256);
    Ok(Ok(Stored {
        name: ReleasedName::parse(&picture.file_name, &numbered),
        picture,
        object,
        width: decoded.width(),
        height: decoded.height(),
        is_grey: !decoded.color().has_color(),
    }))
}
