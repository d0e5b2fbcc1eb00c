//! Checks an export against its manifest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::formats;
use super::manifest::{self, MANIFEST, ManifestRow};
use super::write::hashes;
use crate::dataset::{DatasetError, Result};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Pictures that are there with the right bytes.
    pub pictures: usize,
    /// Other files that are.
    pub files: usize,
    /// What differs: a path and what is wrong with it, sorted.
    pub differences: Vec<String>,
}

/// Checks every file of the export in `folder`, and every picture in a container.
///
/// # Errors
/// When there is no manifest, or the disk refuses.
pub fn verify(folder: &Path) -> Result<Verified> {
    let manifest = folder.join(MANIFEST);
    if !manifest.is_file() {
        return Err(DatasetError::NoExport { path: folder.into() });
    }
    let rows = manifest::read(&manifest)?;
    let found = hashes(folder, |path| path != MANIFEST)?;
    let (in_containers, plain): (Vec<&ManifestRow>, Vec<&ManifestRow>) =
        rows.iter().partition(|row| !row.container.is_empty());
    let mut verified = Verified::default();
    for row in &plain {
        match found.get(&row.file) {
            Some(sha256) if *sha256 == row.sha256 => verified.count(row),
            Some(_) => verified.differ(&row.file, "its bytes have changed"),
            None => verified.differ(&row.file, "is missing"),
        }
    }
    let listed: BTreeSet<&str> = plain.iter().map(|row| row.file.as_str()).collect();
    for path in found.keys().filter(|path| !listed.contains(path.as_str())) {
        verified.differ(path, "is in no line of the manifest");
    }
    let mut of_containers: BTreeMap<&str, Vec<&ManifestRow>> = BTreeMap::new();
    for row in in_containers {
        of_containers.entry(&row.container).or_default().push(row);
    }
    for (container, rows) in of_containers {
        // That a container is missing has been said.
        if found.contains_key(container) {
            verified.check_members(&folder.join(container), container, &rows);
        }
    }
    verified.differences.sort_unstable();
    Ok(verified)
}

impl Verified {
    fn count(&mut self, row: &ManifestRow) {
        if row.is_picture() {
            self.pictures += 1;
        } else {
            self.files += 1;
        }
    }

    fn differ(&mut self, path: &str, what: &str) {
        self.differences.push(format!("{path}: {what}"));
    }

    fn check_members(&mut self, path: &Path, container: &str, rows: &[&ManifestRow]) {
        let members: HashMap<String, String> = match formats::members(path) {
            Ok(members) => members.into_iter().collect(),
            Err(problem) => return self.differ(container, &problem),
        };
        for row in rows {
            let name = format!("{container}, {}", row.file);
            match members.get(&row.file) {
                Some(sha256) if *sha256 == row.sha256 => self.count(row),
                Some(_) => self.differ(&name, "its bytes have changed"),
                None => self.differ(&name, "is missing"),
            }
        }
    }
}
