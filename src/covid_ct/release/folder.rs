//! What lies in the folder of a release: pictures by class, split lists, MetaInfo. Reads files, knows
//! no database.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::META_INFO;
use super::metainfo::{self, MetaRow};
use super::names::split_extension;
use crate::dataset::export::manifest::{self, MANIFEST, ManifestRow};
use crate::dataset::layout::{
    IMAGES, IMAGES_UNPACKED, SPLITS, class_folder, class_name, list_file,
};
use crate::dataset::{DatasetError, Result};
use covid_ct_core::{Label, Split};

/// A picture of a release and what the release tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub path: PathBuf,
    pub file_name: String,
    pub label: Label,
    pub part: Option<Split>,
    pub meta: Option<MetaRow>,
    /// Its line of MANIFEST.csv, where covid-ct exported the release.
    pub manifest: Option<ManifestRow>,
}

/// A release as read.
#[derive(Debug)]
pub struct Release {
    /// By class, then file name.
    pub pictures: Vec<Picture>,
    /// What does not add up in it.
    pub warnings: Vec<String>,
}

impl Release {
    /// Reads all of `folder` but the pictures' bytes.
    ///
    /// # Errors
    /// [`DatasetError::NoRelease`] saying what is missing, or what cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let meta_path = meta_info(folder)?;
        let mut release = Self { pictures: pictures(folder)?, warnings: Vec::new() };
        let names = Names::of(&release.pictures);
        release.read_lists(folder, &names)?;
        release.add_meta(metainfo::read(&meta_path)?, &names);
        release.add_manifest(folder)?;
        Ok(release)
    }

    /// An export of covid-ct says of each picture where it is from.
    fn add_manifest(&mut self, folder: &Path) -> Result<()> {
        let path = folder.join(MANIFEST);
        if !path.is_file() {
            return Ok(());
        }
        let mut rows: HashMap<String, ManifestRow> = manifest::read(&path)?
            .into_iter()
            .filter(ManifestRow::is_picture)
            .map(|row| (row.file.clone(), row))
            .collect();
        for picture in &mut self.pictures {
            let file = format!("{IMAGES}/{}/{}", class_folder(picture.label), picture.file_name);
            picture.manifest = rows.remove(&file);
        }
        Ok(())
    }

    fn read_lists(&mut self, folder: &Path, names: &Names) -> Result<()> {
        for label in Label::all() {
            for part in Split::ALL {
                let file = format!("{SPLITS}/{}", list_file(*label, *part));
                let path = folder.join(&file);
                if !path.is_file() {
                    return Err(no_release(folder, &file));
                }
                let text = std::fs::read_to_string(&path).map_err(DatasetError::read(&path))?;
                for name in text.lines().map(str::trim).filter(|name| !name.is_empty()) {
                    self.put_in_part(&file, name, *label, *part, names);
                }
            }
        }
        Ok(())
    }

    fn put_in_part(&mut self, file: &str, name: &str, label: Label, part: Split, names: &Names) {
        let Some(index) = names.find(name, &[label]) else {
            self.warnings
                .push(format!("{file} lists '{name}', which is no picture of the release"));
            return;
        };
        if let Some(earlier) = self.pictures[index].part.replace(part) {
            self.warnings.push(format!(
                "{file} lists '{name}', which is in {earlier} already; taken as {part}"
            ));
        }
    }

    fn add_meta(&mut self, rows: Vec<MetaRow>, names: &Names) {
        for row in rows {
            let line = row.line;
            let Some(index) = names.find(&row.file_name, Label::all()) else {
                self.warnings.push(format!(
                    "{META_INFO} line {line} names no picture of the release: '{}'",
                    row.file_name
                ));
                continue;
            };
            let picture = &mut self.pictures[index];
            if let Some(earlier) = &picture.meta {
                self.warnings.push(format!(
                    "{META_INFO} line {line} speaks of '{}' again; line {} is kept",
                    row.file_name, earlier.line
                ));
            } else {
                picture.meta = Some(row);
            }
        }
        // The published MetaInfo is of the COVID class only.
        for picture in &self.pictures {
            if picture.label == Label::COVID && picture.meta.is_none() {
                self.warnings.push(format!("{META_INFO} has no row for '{}'", picture.file_name));
            }
        }
    }
}

/// Finds pictures by name, with or without extension.
struct Names {
    by_name: HashMap<(Label, String), usize>,
    by_stem: HashMap<(Label, String), usize>,
}

impl Names {
    fn of(pictures: &[Picture]) -> Self {
        let (mut by_name, mut by_stem) = (HashMap::new(), HashMap::new());
        for (index, picture) in pictures.iter().enumerate() {
            by_name.insert((picture.label, picture.file_name.clone()), index);
            let stem = split_extension(&picture.file_name).0.to_owned();
            by_stem.entry((picture.label, stem)).or_insert(index);
        }
        Self { by_name, by_stem }
    }

    fn find(&self, name: &str, labels: &[Label]) -> Option<usize> {
        let stem = split_extension(name).0;
        let exact = labels.iter().find_map(|label| self.by_name.get(&(*label, name.to_owned())));
        exact
            .or_else(|| {
                labels.iter().find_map(|label| self.by_stem.get(&(*label, stem.to_owned())))
            })
            .copied()
    }
}

fn no_release(folder: &Path, missing: &str) -> DatasetError {
    DatasetError::NoRelease { folder: folder.into(), missing: missing.into() }
}

fn meta_info(folder: &Path) -> Result<PathBuf> {
    ["xlsx", "csv"]
        .map(|extension| folder.join(format!("{META_INFO}.{extension}")))
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| no_release(folder, &format!("{META_INFO}.xlsx or {META_INFO}.csv")))
}

fn pictures(folder: &Path) -> Result<Vec<Picture>> {
    let mut pictures = Vec::new();
    for label in Label::all() {
        let name = class_folder(*label);
        let class = [IMAGES_UNPACKED, IMAGES]
            .map(|images| folder.join(images).join(&name))
            .into_iter()
            .find(|path| path.is_dir())
            .ok_or_else(|| no_release(folder, &format!("{IMAGES_UNPACKED}/{name}")))?;
        let mut of_class: BTreeMap<String, PathBuf> = BTreeMap::new();
        for entry in std::fs::read_dir(&class).map_err(DatasetError::read(&class))? {
            let entry = entry.map_err(DatasetError::read(&class))?;
            let file_name = entry.file_name().to_string_lossy().into_owned();
            if !split_extension(&file_name).1.is_empty() {
                of_class.insert(file_name, entry.path());
            }
        }
        if of_class.is_empty() {
            return Err(no_release(folder, &format!("any picture of {}", class_name(*label))));
        }
        pictures.extend(of_class.into_iter().map(|(file_name, path)| Picture {
            path,
            file_name,
            label: *label,
            part: None,
            meta: None,
            manifest: None,
        }));
    }
    Ok(pictures)
}
