//! The published layout: `Images-processed/CT_COVID/…` and the lists of `Data-split/`.

use std::path::{Path, PathBuf};

use covid_ct_core::FileName;

use super::{Format, Layout, Place, of_class};
use crate::dataset::export::items::Written;
use crate::dataset::layout::{IMAGES, SPLITS, class_folder, list_file};
use crate::dataset::{DatasetError, Result};
use covid_ct_core::{Label, Split};

#[derive(Debug)]
pub struct CovidCt {
    folder: PathBuf,
}

impl CovidCt {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }
}

impl Layout for CovidCt {
    fn add(&mut self, name: &FileName, told: &Written, png: &[u8]) -> Result<Place> {
        let (label, _) = of_class(told, Format::CovidCt)?;
        let file = format!("{IMAGES}/{}/{name}", class_folder(label));
        super::super::write::file(&self.folder, &file, png)?;
        Ok(Place { file, container: String::new() })
    }

    /// Folders and lists are there for every class and part, if empty: loaders ask for all of them.
    fn finish(self: Box<Self>, written: &[Written]) -> Result<()> {
        for label in Label::all() {
            let class = self.folder.join(IMAGES).join(class_folder(*label));
            std::fs::create_dir_all(&class).map_err(DatasetError::write(&class))?;
            for part in Split::ALL {
                let list: String = written
                    .iter()
                    .filter(|written| written.is_of(*label, *part))
                    .flat_map(|written| [&written.row.name, "\n"])
                    .collect();
                let file = format!("{SPLITS}/{}", list_file(*label, *part));
                super::super::write::file(&self.folder, &file, list.as_bytes())?;
            }
        }
        Ok(())
    }
}
