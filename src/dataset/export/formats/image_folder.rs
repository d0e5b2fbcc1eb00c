//! Hugging Face `imagefolder`: `train/covid/NAME.png`, and `metadata.parquet` in each part's folder.
//!
//! Not `metadata.csv`: of that, `datasets` 5.2 guesses the types file by file, refuses parts whose guesses differ
//! ("have different features"), and takes a class for a text. A table has types, and says that `label` is a class.

use std::path::{Path, PathBuf};

use covid_ct_core::FileName;

use super::{Format, Layout, Place, of_class};
use crate::dataset::Result;
use crate::dataset::export::fields;
use crate::dataset::export::items::Written;
use crate::dataset::export::options::{Classes, Options};
use crate::dataset::export::table::{Class, Lead, Table};
use covid_ct_core::Split;

#[derive(Debug)]
pub struct ImageFolder {
    folder: PathBuf,
    classes: Classes,
}

impl ImageFolder {
    pub fn new(folder: &Path, options: &Options<'_>) -> Self {
        Self { folder: folder.into(), classes: options.classes.clone() }
    }

    fn write_metadata(&self, part: Split, written: &[&Written]) -> Result<()> {
        let path = super::super::write::place(&self.folder, &format!("{part}/metadata.parquet"))?;
        let class = Class::Number(self.classes.clone());
        let table = Table { lead: Lead::FileName, class, fields: fields::of_panels() };
        let file_name = |written: &Written| {
            format!("{}/{}", fields::class(written, &self.classes), written.row.name)
        };
        table.write(&path, written.iter().map(|written| (file_name(written), *written)))
    }
}

impl Layout for ImageFolder {
    fn add(&mut self, name: &FileName, told: &Written, png: &[u8]) -> Result<Place> {
        let (label, part) = of_class(told, Format::ImageFolder)?;
        let class = self.classes.name(label);
        let file = format!("{part}/{class}/{name}");
        super::super::write::file(&self.folder, &file, png)?;
        Ok(Place { file, container: String::new() })
    }

    fn finish(self: Box<Self>, written: &[Written]) -> Result<()> {
        for part in Split::ALL {
            let of_part: Vec<&Written> =
                written.iter().filter(|written| written.part == Some(*part)).collect();
            if !of_part.is_empty() {
                self.write_metadata(*part, &of_part)?;
            }
        }
        Ok(())
    }
}
