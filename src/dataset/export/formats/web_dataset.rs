//! Tar shards as the `webdataset` library reads them, one after the other: of a panel `KEY.png`, `KEY.cls` (number of
//! the class) and `KEY.json` (all that is told of it), of a figure `KEY.png`, `KEY.txt` (its caption) and `KEY.json`.
//!
//! The library (1.0.2) cuts a name at its first dot, and preprints' names have dots: keys have `_` there.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use covid_ct_core::FileName;
use serde_json::{Value as Json, json};

use super::{Layout, Place, part_name};
use crate::dataset::export::fields;
use crate::dataset::export::items::Written;
use crate::dataset::export::options::{Classes, Options};
use crate::dataset::{DatasetError, Result};
use covid_ct_core::Split;

/// Pictures a shard: some 50 MB of native CT panels.
const SHARD: usize = 1000;

pub struct WebDataset {
    folder: PathBuf,
    classes: Classes,
    keys: HashSet<String>,
    shard: Option<Shard>,
}

struct Shard {
    path: PathBuf,
    name: String,
    part: Option<Split>,
    number: usize,
    pictures: usize,
    tar: tar::Builder<BufWriter<File>>,
}

impl WebDataset {
    pub fn new(folder: &Path, options: &Options<'_>) -> Self {
        Self {
            folder: folder.into(),
            classes: options.classes.clone(),
            keys: HashSet::new(),
            shard: None,
        }
    }

    /// The shard for the next picture of `part`.
    fn shard(&mut self, part: Option<Split>) -> Result<&mut Shard> {
        let number = match self.shard.take() {
            Some(open) if open.part == part && open.pictures < SHARD => {
                return Ok(self.shard.insert(open));
            }
            Some(full) => {
                let next = if full.part == part { full.number + 1 } else { 0 };
                full.close()?;
                next
            }
            None => 0,
        };
        let name = format!("{}-{number:06}.tar", part_name(part));
        let path = super::super::write::place(&self.folder, &name)?;
        let file = File::create(&path).map_err(DatasetError::write(&path))?;
        let tar = tar::Builder::new(BufWriter::new(file));
        Ok(self.shard.insert(Shard { path, name, part, number, pictures: 0, tar }))
    }

    fn key(&mut self, stem: &str) -> String {
        let wanted = stem.replace('.', "_");
        let mut key = wanted.clone();
        let mut n = 2;
        while !self.keys.insert(key.clone()) {
            key = format!("{wanted}~{n}");
            n += 1;
        }
        key
    }
}

impl Shard {
    /// No owner, no time: the same pictures give the same bytes.
    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        self.tar.append_data(&mut header, name, bytes).map_err(DatasetError::write(&self.path))
    }

    fn close(self) -> Result<()> {
        let path = self.path;
        let written = self.tar.into_inner().and_then(|mut file| file.flush());
        written.map_err(DatasetError::write(&path))
    }
}

impl Layout for WebDataset {
    fn add(&mut self, name: &FileName, told: &Written, png: &[u8]) -> Result<Place> {
        let class = told.label.and_then(|label| self.classes.index(label));
        let facts = facts(told, &self.classes).to_string();
        let key = self.key(name.stem());
        let shard = self.shard(told.part)?;
        let file = format!("{key}.png");
        shard.append(&file, png)?;
        match class {
            Some(class) => shard.append(&format!("{key}.cls"), class.to_string().as_bytes())?,
            None => shard.append(&format!("{key}.txt"), told.texts.caption.as_bytes())?,
        }
        shard.append(&format!("{key}.json"), facts.as_bytes())?;
        shard.pictures += 1;
        Ok(Place { file, container: shard.name.clone() })
    }

    fn finish(mut self: Box<Self>, _: &[Written]) -> Result<()> {
        self.shard.take().map_or(Ok(()), Shard::close)
    }
}

/// All that is told of a picture, as its JSON has it.
fn facts(told: &Written, classes: &Classes) -> Json {
    if told.row.is_figure() {
        return fields::as_json(&fields::OF_FIGURES, told).into();
    }
    let mut facts = serde_json::Map::new();
    facts.insert("label".into(), json!(fields::class(told, classes)));
    facts.extend(fields::as_json(fields::of_panels(), told));
    facts.into()
}

/// Gives every picture of a shard to `keep`.
pub fn read(
    path: &Path,
    mut keep: impl FnMut((String, Vec<u8>)),
) -> std::result::Result<(), String> {
    let mut read = || -> std::io::Result<()> {
        for entry in tar::Archive::new(File::open(path)?).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            if path.extension().is_some_and(|extension| extension == "png") {
                let name = path.to_string_lossy().into_owned();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                keep((name, bytes));
            }
        }
        Ok(())
    };
    read().map_err(|error| error.to_string())
}
