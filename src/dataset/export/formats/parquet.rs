//! Parquet files with the pictures in them, as Hugging Face `datasets` reads them: `image` is a
//! struct of `bytes` and `path`, `label` the number of a class, and the metadata under the key
//! `huggingface` says so. Nothing is compressed, as PNG is already.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::record::Field;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use serde_json::json;

use super::{Layout, Place};
use crate::dataset::export::items::Item;
use crate::dataset::export::options::Classes;
use crate::dataset::export::write::Written;
use crate::dataset::{DatasetError, Result};
use crate::store::Part;

/// Pictures a file, and of those a row group, which a reader loads at once and a writer holds.
const FILE: usize = 5000;
const ROW_GROUP: usize = 100;

/// Written instead of the crate's name and version, which would change the bytes with it.
const CREATED_BY: &str = "covid-ct";

/// Optional fields that lead to a value. Nothing is missing, but `datasets` believes what the metadata
/// says of a column only where the column may lack values, as those it writes itself may.
const AT_TOP: i16 = 1;
const IN_IMAGE: i16 = 2;

/// Texts beside the picture and its class; empty where nothing is known.
const TEXTS: [&str; 16] = [
    "name", "patient", "age", "sex", "location", "time", "severity", "preprint", "version", "doi",
    "xref", "crop", "figure", "caption", "licence", "sha256",
];

pub struct Parquet {
    folder: PathBuf,
    classes: Classes,
    open: Option<Open>,
}

/// A file being written.
struct Open {
    path: PathBuf,
    name: String,
    part: Part,
    number: usize,
    pictures: usize,
    writer: SerializedFileWriter<BufWriter<File>>,
    rows: Vec<Row>,
}

struct Row {
    png: Vec<u8>,
    path: String,
    label: i64,
    page: i64,
    texts: [String; TEXTS.len()],
}

impl Parquet {
    pub fn new(folder: &Path, classes: &Classes) -> Self {
        Self { folder: folder.into(), classes: classes.clone(), open: None }
    }

    /// The file for the next picture of `part`.
    fn open(&mut self, part: Part) -> Result<&mut Open> {
        let number = match self.open.take() {
            Some(open) if open.part == part && open.pictures < FILE => {
                return Ok(self.open.insert(open));
            }
            Some(full) => {
                let next = if full.part == part { full.number + 1 } else { 0 };
                full.close()?;
                next
            }
            None => 0,
        };
        let name = format!("data/{part}-{number:05}.parquet");
        let path = self.folder.join(&name);
        let data = self.folder.join("data");
        std::fs::create_dir_all(&data).map_err(DatasetError::write(&data))?;
        let file = File::create(&path).map_err(DatasetError::write(&path))?;
        let writer = writer(file, &self.classes).map_err(failed(&path))?;
        let open = Open { path, name, part, number, pictures: 0, writer, rows: Vec::new() };
        Ok(self.open.insert(open))
    }
}

impl Layout for Parquet {
    fn add(&mut self, item: &Item, png: &[u8]) -> Result<Place> {
        let label = self.classes.index(item.label).unwrap_or_default() as i64;
        let open = self.open(item.part)?;
        open.rows.push(Row {
            png: png.to_vec(),
            path: item.row.name.clone(),
            label,
            page: item.row.page.unwrap_or_default().into(),
            texts: texts(item),
        });
        open.pictures += 1;
        if open.rows.len() == ROW_GROUP {
            open.flush()?;
        }
        Ok(Place { file: item.row.name.clone(), container: open.name.clone() })
    }

    fn finish(mut self: Box<Self>, _: &[Written]) -> Result<()> {
        self.open.take().map_or(Ok(()), Open::close)
    }
}

/// In the order of [`TEXTS`].
fn texts(item: &Item) -> [String; TEXTS.len()] {
    let row = &item.row;
    let xref = row.xref.map(|xref| xref.to_string()).unwrap_or_default();
    [
        &row.name,
        &row.case,
        &row.age,
        &row.sex,
        &row.location,
        &row.time,
        &row.severity,
        &row.preprint,
        &row.version,
        &row.doi,
        &xref,
        &row.crop,
        &row.figure,
        &item.caption,
        &row.licence,
        &row.sha256,
    ]
    .map(Clone::clone)
}

impl Open {
    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let mut write = || -> std::result::Result<(), ParquetError> {
            let mut group = self.writer.next_row_group()?;
            let texts = |of: &dyn Fn(&Row) -> Vec<u8>| -> Vec<ByteArray> {
                rows.iter().map(|row| ByteArray::from(of(row))).collect()
            };
            let numbers = |of: fn(&Row) -> i64| -> Vec<i64> { rows.iter().map(of).collect() };
            let paths = texts(&|row| row.path.clone().into_bytes());
            column::<ByteArrayType>(&mut group, &texts(&|row| row.png.clone()), IN_IMAGE)?;
            column::<ByteArrayType>(&mut group, &paths, IN_IMAGE)?;
            column::<Int64Type>(&mut group, &numbers(|row| row.label), AT_TOP)?;
            column::<Int64Type>(&mut group, &numbers(|row| row.page), AT_TOP)?;
            for index in 0..TEXTS.len() {
                let values = texts(&|row| row.texts[index].clone().into_bytes());
                column::<ByteArrayType>(&mut group, &values, AT_TOP)?;
            }
            group.close().map(drop)
        };
        write().map_err(failed(&self.path))
    }

    fn close(mut self) -> Result<()> {
        self.flush()?;
        self.writer.close().map(drop).map_err(failed(&self.path))
    }
}

/// Writes a column in which no value is missing: `depth` optional fields lead to it.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, BufWriter<File>>,
    values: &[T::T],
    depth: i16,
) -> std::result::Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, Some(&vec![depth; values.len()]), None)?;
        column.close()?;
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(ParquetError) -> DatasetError {
    let failed = DatasetError::write(path);
    move |error| failed(std::io::Error::other(error))
}

fn writer(
    file: File,
    classes: &Classes,
) -> std::result::Result<SerializedFileWriter<BufWriter<File>>, ParquetError> {
    let texts: String =
        TEXTS.iter().flat_map(|name| ["optional binary ", name, " (UTF8);\n"]).collect();
    let schema = parse_message_type(&format!(
        "message schema {{
             optional group image {{ optional binary bytes; optional binary path (UTF8); }}
             optional int64 label;
             optional int64 page;
             {texts}
         }}"
    ))?;
    let bytes = ColumnPath::new(vec!["image".into(), "bytes".into()]);
    let metadata = KeyValue::new("huggingface".into(), features(classes));
    let properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(bytes.clone(), false)
        .set_column_statistics_enabled(bytes, EnabledStatistics::None)
        .set_key_value_metadata(Some(vec![metadata]))
        .build();
    SerializedFileWriter::new(BufWriter::new(file), Arc::new(schema), Arc::new(properties))
}

/// What the columns mean, as Hugging Face `datasets` notes it in a schema.
fn features(classes: &Classes) -> String {
    let value = |dtype: &str| json!({ "dtype": dtype, "_type": "Value" });
    let mut features = serde_json::Map::new();
    features.insert("image".into(), json!({ "_type": "Image" }));
    let names: Vec<&str> = classes.names().collect();
    features.insert("label".into(), json!({ "names": names, "_type": "ClassLabel" }));
    features.insert("page".into(), value("int64"));
    for name in TEXTS {
        features.insert(name.into(), value("string"));
    }
    json!({ "info": { "features": features } }).to_string()
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
