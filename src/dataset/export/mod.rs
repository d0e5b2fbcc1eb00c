//! Writes the panels of a split as a dataset, in any of several formats.
//!
//! Every picture is an 8-bit greyscale PNG without metadata, whatever class and source it is of: the
//! published files differ between the classes in format, alpha channel and colour, which a network
//! can learn in place of the lungs. CT has one channel; where a picture is grey already nothing is
//! lost. Transparency is laid on white. The same split gives the same bytes, at any number of
//! threads, in any database.
//!
//! [`items`] and [`figures`] gather what there is to write, [`write`] cuts it and hands it to one of [`formats`],
//! and beside the pictures every format has its lists: the published MetaInfo, the manifest, the
//! dataset card, Croissant metadata, and the recipe of what may not be re-hosted. What is told of a
//! picture is one list, [`fields`].

mod card;
mod croissant;
mod emptied;
mod fields;
mod figures;
mod formats;
mod items;
mod loading;
pub(crate) mod manifest;
mod metainfo;
mod names;
mod options;
pub(crate) mod picture;
mod rai;
mod table;
mod target;
mod verify;
mod write;

use std::path::Path;

pub use self::items::decision_id;
pub(crate) use self::items::{Figures, Item, Texts, Written, figures as shown_figures};
pub use self::manifest::{MANIFEST, ManifestRow, RECIPE, patient_name, read as read_manifest};
pub(super) use self::names::picture_stem;
pub use self::names::stems;
pub use self::options::{Classes, Format, Hosting, Options, SIDE, Size};
pub use self::target::{Precious, check as check_target, spare};
pub use self::verify::{Verified, verify};
pub use self::write::Exported;
pub(crate) use self::write::write;

use super::{DatasetError, Result};
use crate::store::Store;

/// Writes the split `name` of `store` to `target`, replacing what was there as a whole; `advance` is
/// told how many pictures there are, and called after each.
///
/// # Errors
/// When there is no such split, nothing of it can be exported, a class has become empty in a part of it, the disk refuses, or it is stopped;
/// then what was at `target` is still there.
pub fn export(
    store: &Store,
    name: &str,
    target: &Path,
    options: &Options<'_>,
    start: impl FnOnce(usize),
    advance: impl FnMut(),
) -> Result<Exported> {
    if options.classes.are_renamed() && !options.format.names_classes() {
        return Err(DatasetError::ClassNames(options.format));
    }
    let items::Chosen { items, without_label, not_in_split } = items::choose(store, name, options)?;
    if items.is_empty() {
        return Err(DatasetError::NothingOfSplit(name.into()));
    }
    if !options.allow_empty {
        let emptied = emptied::emptied(store, name, &items, &options.classes)?;
        if !emptied.is_empty() {
            return Err(DatasetError::Emptied { split: name.into(), what: emptied });
        }
    }
    start(items.len());
    let exported = write(items, store.objects(), options, target, advance)?;
    Ok(Exported { without_label, not_in_split, ..exported })
}

/// Writes all figures of the corpus of `store` to `target`, as [`export`] writes panels.
///
/// # Errors
/// As [`export`], and where the format holds no figures.
pub fn export_figures(
    store: &Store,
    target: &Path,
    options: &Options<'_>,
    start: impl FnOnce(usize),
    advance: impl FnMut(),
) -> Result<Exported> {
    if !options.format.holds_figures() {
        return Err(DatasetError::FiguresFormat(options.format));
    }
    let figures::Chosen { items, without_picture, without_text } = figures::choose(store, options)?;
    if items.is_empty() {
        return Err(DatasetError::NoFigures);
    }
    start(items.len());
    let exported = write(items, store.objects(), options, target, advance)?;
    Ok(Exported { without_picture, without_text, ..exported })
}
