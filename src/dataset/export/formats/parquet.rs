//! Parquet files with the pictures in them, as Hugging Face `datasets` reads them: `image` is a struct of `bytes` and
//! `path`, `label` the number of a class, and the metadata says so.

use std::fs::File;
use std::path::{Path, PathBuf};

use covid_ct_core::FileName;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

use super::{Layout, Place, part_name};
use crate::dataset::Result;
use crate::dataset::export::items::Written;
use crate::dataset::export::table::{Class, Lead, Open, Row, Table};
use crate::dataset::export::{fields, options::Options};
use covid_ct_core::Split;

/// Pictures a file.
const FILE: usize = 5000;

pub struct Parquet {
    folder: PathBuf,
    table: Table,
    open: Option<OpenFile>,
}

/// A file being written.
struct OpenFile {
    name: String,
    part: Option<Split>,
    number: usize,
    pictures: usize,
    table: Open,
}

impl Parquet {
    pub fn new(folder: &Path, options: &Options<'_>) -> Self {
        let (class, fields) = if options.figures {
            (Class::Untold, &fields::OF_FIGURES[..])
        } else {
            (Class::Number(options.classes.clone()), fields::of_panels())
        };
        let table = Table { lead: Lead::Image, class, fields };
        Self { folder: folder.into(), table, open: None }
    }

    /// The file for the next picture of `part`.
    fn open(&mut self, part: Option<Split>) -> Result<&mut OpenFile> {
        let number = match self.open.take() {
            Some(open) if open.part == part && open.pictures < FILE => {
                return Ok(self.open.insert(open));
            }
            Some(full) => {
                let next = if full.part == part { full.number + 1 } else { 0 };
                full.table.close()?;
                next
            }
            None => 0,
        };
        let name = format!("data/{}-{number:05}.parquet", part_name(part));
        let table = self.table.create(&super::super::write::place(&self.folder, &name)?)?;
        Ok(self.open.insert(OpenFile { name, part, number, pictures: 0, table }))
    }
}

impl Layout for Parquet {
    fn add(&mut self, name: &FileName, told: &Written, png: &[u8]) -> Result<Place> {
        let name = name.to_string();
        let open = self.open(told.part)?;
        let place = Place { file: name.clone(), container: open.name.clone() };
        open.table.add(Row { picture: png.to_vec(), path: name, told: told.clone() })?;
        open.pictures += 1;
        Ok(place)
    }

    fn finish(mut self: Box<Self>, _: &[Written]) -> Result<()> {
        self.open.take().map_or(Ok(()), |open| open.table.close())
    }
}

/// Gives every picture of a file to `keep`.
pub fn read(
    path: &Path,
    mut keep: impl FnMut((String, Vec<u8>)),
) -> std::result::Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
    for row in reader.get_row_iter(None).map_err(|error| error.to_string())? {
        let row = row.map_err(|error| error.to_string())?;
        let image = row.get_column_iter().find(|(name, _)| *name == "image");
        let Some((_, Field::Group(image))) = image else {
            return Err("no column 'image' with pictures".into());
        };
        let (mut name, mut bytes) = (None, None);
        for (field, value) in image.get_column_iter() {
            match value {
                Field::Str(text) if field == "path" => name = Some(text.clone()),
                Field::Bytes(array) if field == "bytes" => bytes = Some(array.data().to_vec()),
                _ => {}
            }
        }
        let picture = name.zip(bytes).ok_or("column 'image' holds no picture")?;
        keep(picture);
    }
    Ok(())
}
