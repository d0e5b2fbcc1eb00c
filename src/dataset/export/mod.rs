//! Writes the panels of a split in the published COVID-CT layout.
//!
//! Every picture is an 8-bit greyscale PNG in native pixels, whatever class and source it is of: the
//! published files differ between the classes in format, alpha channel and colour, which a network
//! can learn in place of the lungs. CT has one channel; where a picture is grey already nothing is
//! lost. Transparency is laid on white. The same split gives the same bytes, at any number of
//! threads.

mod metainfo;
mod names;
pub(super) mod picture;

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rayon::prelude::*;

pub(super) use self::names::picture_stem;
pub use self::names::stems;

use self::metainfo::Sources;
use super::layout::{IMAGES, META_INFO, SPLITS, class_folder, list_file};
use super::{DatasetError, Result};
use crate::store::{Label, LabelledPanel, ObjectStore, Part, Split, Store, sha256_hex};

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    pub counts: BTreeMap<(Label, Part), usize>,
    /// Panels of the split that have lost their label since it was made.
    pub without_label: usize,
    /// Labelled panels that the split does not hold.
    pub not_in_split: usize,
    /// Pictures that could not be read, and why.
    pub failures: Vec<String>,
}

/// A panel on its way out.
struct Leaving {
    panel: LabelledPanel,
    label: Label,
    part: Part,
    /// Without extension.
    stem: String,
}

impl Leaving {
    /// By class, then name.
    fn order(&self) -> (Label, &str) {
        (self.label, &self.stem)
    }

    fn file_name(&self) -> String {
        format!("{}.png", self.stem)
    }
}

/// A panel whose picture is written.
struct Gone {
    leaving: Leaving,
    sha256: String,
}

/// Writes the split `name` of `store` to `target`, replacing what was there as a whole.
///
/// # Errors
/// When there is no such split, nothing of it can be exported, or the disk refuses; then what was
/// at `target` is still there.
pub fn export(store: &Store, name: &str, target: &Path) -> Result<Exported> {
    let split = find_split(store, name)?;
    let (leaving, mut exported) = choose(store, &split)?;
    if leaving.is_empty() {
        return Err(DatasetError::NothingToExport(name.into()));
    }
    let parent = target.parent().unwrap_or(target);
    std::fs::create_dir_all(parent).map_err(DatasetError::write(parent))?;
    let folder = tempfile::Builder::new()
        .prefix(".part-")
        // As any new folder's; the umask applies. The builder's own default keeps others out.
        .permissions(std::fs::Permissions::from_mode(0o777))
        .tempdir_in(parent)
        .map_err(DatasetError::write(parent))?;
    let gone = write_pictures(store, folder.path(), leaving, &mut exported)?;
    if gone.is_empty() {
        return Err(DatasetError::NothingToExport(name.into()));
    }
    write_lists(folder.path(), &gone)?;
    let sources = Sources::of(store, gone.iter().map(|gone| &gone.leaving.panel))?;
    let meta_path = folder.path().join(format!("{META_INFO}.csv"));
    metainfo::write(&meta_path, &gone, &sources)?;
    for Gone { leaving, .. } in &gone {
        *exported.counts.entry((leaving.label, leaving.part)).or_default() += 1;
    }
    replace(target, folder)?;
    Ok(exported)
}

pub(super) fn find_split(store: &Store, name: &str) -> Result<Split> {
    if let Some(split) = store.split(name)? {
        return Ok(split);
    }
    let names = store.split_names()?;
    let known = if names.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    Err(DatasetError::NoSuchSplit { name: name.into(), known })
}

/// The labelled panels of the split with their names.
fn choose(store: &Store, split: &Split) -> Result<(Vec<Leaving>, Exported)> {
    let part_of: HashMap<i64, Part> = split.parts.iter().copied().collect();
    let labelled: Vec<LabelledPanel> =
        store.labelled_panels()?.into_iter().filter(|panel| panel.label.is_some()).collect();
    let labelled_len = labelled.len();
    let mut chosen: Vec<LabelledPanel> =
        labelled.into_iter().filter(|panel| part_of.contains_key(&panel.id)).collect();
    let exported = Exported {
        without_label: split.parts.len() - chosen.len(),
        not_in_split: labelled_len - chosen.len(),
        ..Exported::default()
    };
    let stems = names::stems(&mut chosen);
    let leaving = chosen
        .into_iter()
        .zip(stems)
        .filter_map(|(panel, stem)| {
            let (label, part) = (panel.label?, *part_of.get(&panel.id)?);
            Some(Leaving { panel, label, part, stem })
        })
        .collect();
    Ok((leaving, exported))
}

/// Cuts and writes every panel; gives them back by class, then name. One that cannot be read is named, the rest goes on.
fn write_pictures(
    store: &Store,
    folder: &Path,
    leaving: Vec<Leaving>,
    exported: &mut Exported,
) -> Result<Vec<Gone>> {
    let images = folder.join(IMAGES);
    for label in Label::ALL {
        let class = images.join(class_folder(*label));
        std::fs::create_dir_all(&class).map_err(DatasetError::write(&class))?;
    }
    // A picture of many panels is read once.
    let mut of_pictures: BTreeMap<String, Vec<Leaving>> = BTreeMap::new();
    for leaving in leaving {
        of_pictures.entry(leaving.panel.object.relative_path()).or_default().push(leaving);
    }
    let objects = store.objects();
    let written: Vec<Vec<std::result::Result<Gone, String>>> = of_pictures
        .into_values()
        .par_bridge()
        .map(|panels| write_panels(objects, &images, panels))
        .collect::<Result<_>>()?;
    let mut gone = Vec::new();
    for panel in written.into_iter().flatten() {
        match panel {
            Ok(panel) => gone.push(panel),
            Err(failure) => exported.failures.push(failure),
        }
    }
    gone.sort_by(|a, b| a.leaving.order().cmp(&b.leaving.order()));
    exported.failures.sort_unstable();
    Ok(gone)
}

/// Cuts and writes the panels of one picture; the inner errors name those that cannot be cut.
fn write_panels(
    objects: &ObjectStore,
    images: &Path,
    panels: Vec<Leaving>,
) -> Result<Vec<std::result::Result<Gone, String>>> {
    let Some(first) = panels.first() else { return Ok(Vec::new()) };
    let picture = objects
        .read(&first.panel.object)
        .map_err(|error| error.to_string())
        .and_then(|bytes| image::load_from_memory(&bytes).map_err(|error| error.to_string()));
    let write = |leaving: Leaving| {
        let cut = picture.as_ref().map_err(Clone::clone);
        let png = match cut.and_then(|picture| picture::cut(picture, leaving.panel.bounds)) {
            Ok(png) => png,
            Err(problem) => return Ok(Err(format!("{}: {problem}", leaving.file_name()))),
        };
        let path = images.join(class_folder(leaving.label)).join(leaving.file_name());
        std::fs::write(&path, &png).map_err(DatasetError::write(&path))?;
        Ok(Ok(Gone { leaving, sha256: sha256_hex(&png) }))
    };
    panels.into_iter().map(write).collect()
}

fn write_lists(folder: &Path, gone: &[Gone]) -> Result<()> {
    for label in Label::ALL {
        for part in Part::ALL {
            let list: String = gone
                .iter()
                .map(|gone| &gone.leaving)
                .filter(|leaving| (leaving.label, leaving.part) == (*label, *part))
                .map(|leaving| leaving.file_name() + "\n")
                .collect();
            let path = folder.join(SPLITS).join(list_file(*label, *part));
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(DatasetError::write(parent))?;
            std::fs::write(&path, list).map_err(DatasetError::write(&path))?;
        }
    }
    Ok(())
}

/// Puts the finished folder in the place of an older one, which stays until then.
fn replace(target: &Path, finished: tempfile::TempDir) -> Result<()> {
    let failed = || DatasetError::write(target);
    let parent = target.parent().unwrap_or(target);
    if target.exists() {
        let aside = tempfile::Builder::new().prefix(".old-").tempdir_in(parent).map_err(failed())?;
        let old = aside.path().join("export");
        std::fs::rename(target, &old).map_err(failed())?;
        if let Err(error) = std::fs::rename(finished.path(), target) {
            if std::fs::rename(&old, target).is_err() {
                // Better found under an odd name than gone.
                let _ = aside.keep();
            }
            return Err(failed()(error));
        }
    } else {
        std::fs::rename(finished.path(), target).map_err(failed())?;
    }
    // It is no longer where the guard would delete it.
    let _ = finished.keep();
    Ok(())
}
