//! What a dataset is rebuilt from, as read from disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use covid_ct_core::stays_inside;

use super::{RebuildError, Result};
use crate::curation::annotations;
use crate::dataset::{MANIFEST, ManifestRow, RECIPE, read_manifest};
use crate::figures::ImageOrigin;
use covid_ct_core::{DecisionRow, sha256_of_file};

/// The list of an export's files that a folder of annotations may hold.
const SUMS: &str = "SHA256SUMS";

#[derive(Debug)]
pub enum From {
    /// Pictures of one or both of an export's lists.
    Recipe(Vec<ManifestRow>),
    /// A folder of annotations, and its decisions; of rows that cannot be read, none: the import tells of
    /// them.
    Annotations { folder: PathBuf, decisions: Vec<DecisionRow> },
}

impl From {
    /// Reads a recipe or a manifest, those of an export's folder, or knows a folder of annotations.
    ///
    /// # Errors
    /// [`RebuildError::NoSource`] where it is none of them, or what is wrong in a file.
    pub fn read(path: &Path) -> Result<Self> {
        let nothing = || RebuildError::NoSource { path: path.into() };
        if path.is_dir() && path.join("decisions.csv").is_file() {
            let decisions = annotations::read_decisions(path).unwrap_or_default();
            return Ok(Self::Annotations { folder: path.into(), decisions });
        }
        let files = if path.is_dir() {
            [MANIFEST, RECIPE].map(|name| path.join(name)).to_vec()
        } else {
            vec![path.to_owned()]
        };
        let mut rows = Vec::new();
        for file in files.into_iter().filter(|file| file.is_file()) {
            rows.extend(read_manifest(&file)?.into_iter().filter(ManifestRow::is_picture));
        }
        if rows.is_empty() { Err(nothing()) } else { Ok(Self::Recipe(rows)) }
    }

    /// SHA-256 of the PDFs it speaks of.
    pub(super) fn documents(&self) -> HashSet<String> {
        match self {
            Self::Recipe(rows) => rows.iter().map(|row| row.document_sha256.clone()).collect(),
            Self::Annotations { decisions, .. } => {
                decisions.iter().map(|row| row.document_sha256.clone()).collect()
            }
        }
    }

    /// Whether it speaks of renderings, or may: annotations do not tell them from inline pictures.
    pub(super) fn has_renderings(&self) -> bool {
        match self {
            Self::Recipe(rows) => {
                rows.iter().any(|row| row.origin == ImageOrigin::Rendered.as_str())
            }
            Self::Annotations { decisions, .. } => decisions.iter().any(|row| row.xref.is_none()),
        }
    }
}

/// Which files below `exported` are not as `SHA256SUMS` of the annotations lists them; `None` where
/// there is no such list.
pub(super) fn not_as_listed(annotations: &Path, exported: &Path) -> Result<Option<Vec<String>>> {
    let path = annotations.join(SUMS);
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(RebuildError::read(&path))?;
    let listed = text.lines().filter_map(|line| line.split_once("  "));
    let differs = |(sha256, name): (&str, &str)| {
        if !stays_inside(name) {
            return Some(format!("{name:?}: leads out of the folder: not looked at"));
        }
        match sha256_of_file(&exported.join(name)) {
            Ok(found) if found == sha256 => None,
            Ok(_) => Some(format!("{name}: its bytes differ from those in {SUMS}")),
            Err(_) => Some(format!("{name}: is missing")),
        }
    };
    Ok(Some(listed.filter_map(differs).collect()))
}
