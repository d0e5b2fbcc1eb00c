//! The formats a dataset is written in: one file each, all fed by the same engine with the same
//! pictures in the same order.
//!
//! A format says where a picture goes and what is written beside the pictures. It never cuts,
//! encodes, hashes or chooses: that is done once, in [`super::write`].

mod covid_ct;
mod image_folder;
mod parquet;
mod web_dataset;

use std::path::Path;

use covid_ct_core::FileName;

use super::items::Written;
use super::options::{Format, Options};
use crate::dataset::{DatasetError, Result};
use covid_ct_core::{Label, Split, sha256_hex};

/// Where a picture was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path below the export, or name in the container.
    pub file: String,
    /// Path of the container below the export; empty where there is none.
    pub container: String,
}

/// A format at work.
pub trait Layout {
    /// Keeps one picture under its name. Pictures come by part, then class, then name.
    ///
    /// # Errors
    /// When the disk refuses.
    fn add(&mut self, name: &FileName, told: &Written, png: &[u8]) -> Result<Place>;

    /// Writes what goes beside the pictures and closes what is open.
    ///
    /// # Errors
    /// When the disk refuses.
    fn finish(self: Box<Self>, written: &[Written]) -> Result<()>;
}

impl Format {
    /// Starts writing to an empty folder.
    pub(super) fn start(folder: &Path, options: &Options<'_>) -> Box<dyn Layout> {
        match options.format {
            Self::CovidCt => Box::new(covid_ct::CovidCt::new(folder)),
            Self::ImageFolder => Box::new(image_folder::ImageFolder::new(folder, options)),
            Self::WebDataset => Box::new(web_dataset::WebDataset::new(folder, options)),
            Self::Parquet => Box::new(parquet::Parquet::new(folder, options)),
        }
    }

    /// Where the pictures of a part are, as a pattern of paths below the export; `None` where no pattern tells the
    /// parts apart, as in the layout that lists them.
    pub(super) fn pattern(self, part: Option<Split>) -> Option<String> {
        let part = part_name(part);
        match self {
            Self::CovidCt => None,
            Self::ImageFolder => Some(format!("{part}/**")),
            Self::WebDataset => Some(format!("{part}-*.tar")),
            Self::Parquet => Some(format!("data/{part}-*.parquet")),
        }
    }
}

/// What files of a part are called; figures are in no part.
fn part_name(part: Option<Split>) -> &'static str {
    part.map_or("figures", Split::as_str)
}

/// Class and part of a picture; a figure has neither.
fn of_class(told: &Written, format: Format) -> Result<(Label, Split)> {
    told.label.zip(told.part).ok_or(DatasetError::FiguresFormat(format))
}

/// The pictures in a container: `(name, SHA-256)`, in their order.
///
/// # Errors
/// What is wrong with it, or that it is none.
pub fn members(container: &Path) -> std::result::Result<Vec<(String, String)>, String> {
    let hashed = |(name, bytes): (String, Vec<u8>)| (name, sha256_hex(&bytes));
    let mut found = Vec::new();
    let keep = |member| found.push(hashed(member));
    match container.extension().and_then(|extension| extension.to_str()) {
        Some("tar") => web_dataset::read(container, keep)?,
        Some("parquet") => parquet::read(container, keep)?,
        _ => return Err("expected a .tar or a .parquet file".into()),
    }
    Ok(found)
}
