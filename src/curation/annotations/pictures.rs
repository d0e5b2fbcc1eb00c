//! `pictures.csv`: what the pictures that were decided on look like, so that one whose bytes and place
//! have both changed is known again.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Result;
use crate::perceptual_hash::PerceptualHash;
use crate::store::{ImageRow, Store};
use covid_ct_core::{ObjectId, ObjectStore};

/// A line of `pictures.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PictureRow {
    pub image_sha256: String,
    /// [`PerceptualHash`] as text.
    pub look: String,
}

/// The looks of these pictures, by SHA-256; those that cannot be decoded left out. What is found is
/// kept in the database, as decoding takes long.
///
/// # Errors
/// The database's.
pub fn rows(store: &Store, objects: &BTreeSet<(String, String)>) -> Result<Vec<PictureRow>> {
    let known = store.perceptual_hashes()?;
    let unknown: Vec<ObjectId> = objects
        .iter()
        .filter(|(sha256, _)| !known.contains_key(sha256))
        .map(|(sha256, extension)| ObjectId {
            sha256: sha256.clone(),
            extension: extension.clone(),
        })
        .collect();
    // The database stays on this thread.
    let objects_store = store.objects();
    let found: HashMap<String, String> = unknown
        .into_par_iter()
        .filter_map(|object| {
            let look = look(objects_store, &object)?;
            Some((object.sha256, look.to_string()))
        })
        .collect();
    store.keep_perceptual_hashes(&found)?;
    let row = |(image_sha256, _): &(String, String)| {
        let look = known.get(image_sha256).or_else(|| found.get(image_sha256))?.clone();
        Some(PictureRow { image_sha256: image_sha256.clone(), look })
    };
    Ok(objects.iter().filter_map(row).collect())
}

/// [`PictureHashes`] of pictures of this database, each decoded once.
#[derive(Debug)]
pub struct PictureHashes {
    objects: ObjectStore,
    known: HashMap<String, Option<PerceptualHash>>,
}

impl PictureHashes {
    pub fn new(store: &Store) -> Self {
        Self { objects: store.objects().clone(), known: HashMap::new() }
    }

    /// `None` of a picture that cannot be decoded.
    pub fn of(&mut self, image: &ImageRow) -> Option<PerceptualHash> {
        let objects = &self.objects;
        let known = self.known.entry(image.object.sha256.clone());
        *known.or_insert_with(|| look(objects, &image.object))
    }
}

fn look(objects: &ObjectStore, object: &ObjectId) -> Option<PerceptualHash> {
    let bytes = objects.read(object).ok()?;
    Some(PerceptualHash::of(&image::load_from_memory(&bytes).ok()?))
}
