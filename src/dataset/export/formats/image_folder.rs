//! Hugging Face `imagefolder`: `train/covid/NAME.png`, and `metadata.csv` in each part's folder.
//!
//! Every column of `metadata.csv` is a text that is never empty and never a bare number: the loader
//! guesses types file by file and refuses parts whose guesses differ. All else is in MANIFEST.csv.

use std::path::{Path, PathBuf};

use super::{Layout, Place};
use crate::dataset::export::items::Item;
use crate::dataset::export::manifest::ManifestRow;
use crate::dataset::export::options::Classes;
use crate::dataset::export::write::Written;
use crate::dataset::licence::Licence;
use crate::dataset::{DatasetError, Result};
use crate::store::Part;

const COLUMNS: [&str; 7] =
    ["file_name", "label", "patient", "source", "figure", "licence", "sha256"];

#[derive(Debug)]
pub struct ImageFolder {
    folder: PathBuf,
    classes: Classes,
}

impl ImageFolder {
    pub fn new(folder: &Path, classes: &Classes) -> Self {
        Self { folder: folder.into(), classes: classes.clone() }
    }

    fn write_metadata(&self, part: Part, written: &[&Written]) -> Result<()> {
        let path = self.folder.join(part.as_str()).join("metadata.csv");
        let write = || -> std::io::Result<()> {
            let mut writer = csv::Writer::from_path(&path)?;
            writer.write_record(COLUMNS)?;
            for written in written {
                let row = &written.row;
                let class = self.classes.name(written.label);
                let figure = if row.figure.is_empty() { "none" } else { &row.figure };
                writer.write_record([
                    format!("{class}/{}", row.name).as_str(),
                    class,
                    &patient(row),
                    &source(row),
                    figure,
                    &licence(row),
                    &row.sha256,
                ])?;
            }
            writer.flush()
        };
        write().map_err(DatasetError::write(&path))
    }
}

impl Layout for ImageFolder {
    fn add(&mut self, item: &Item, png: &[u8]) -> Result<Place> {
        let class = self.classes.name(item.label);
        let file = format!("{}/{class}/{}", item.part, item.row.name);
        super::super::write::file(&self.folder, &file, png)?;
        Ok(Place { file, container: String::new() })
    }

    fn finish(self: Box<Self>, written: &[Written]) -> Result<()> {
        for part in Part::ALL {
            let of_part: Vec<&Written> = written.iter().filter(|w| w.part == *part).collect();
            if !of_part.is_empty() {
                self.write_metadata(*part, &of_part)?;
            }
        }
        Ok(())
    }
}

/// `PAPER, Patient 1`: what must not be taken apart.
fn patient(row: &ManifestRow) -> String {
    let case = if row.case.is_empty() { "patient not told" } else { &row.case };
    format!("{}, {case}", row.preprint)
}

/// `PAPER v2, page 7, xref 52, crop 0,0,10,10`.
fn source(row: &ManifestRow) -> String {
    let version = if row.version.is_empty() { String::new() } else { format!(" v{}", row.version) };
    let page = row.page.map_or_else(String::new, |page| format!(", page {page}"));
    let xref = row.xref.map_or_else(String::new, |xref| format!(", xref {xref}"));
    format!("{}{version}{page}{xref}, crop {}", row.preprint, row.crop)
}

fn licence(row: &ManifestRow) -> String {
    if row.licence.is_empty() { Licence::Unknown.to_string() } else { row.licence.clone() }
}
