//! Parquet tables of what is told of pictures, with the pictures in them or beside them.
//!
//! The metadata under the key `huggingface` says what the columns mean, as Hugging Face `datasets` notes it. Nothing
//! is compressed, as PNG is already, and nothing of the time or the version of a library is written: the same rows
//! give the same bytes.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;
use serde_json::json;

use super::fields::{self, Field, Value};
use super::items::Written;
use super::options::Classes;
use crate::dataset::{DatasetError, Result};

/// Rows of a row group, which a reader loads at once and a writer holds: with pictures, and without.
const WITH_PICTURES: usize = 100;
const WITHOUT_PICTURES: usize = 10_000;

/// Written instead of the crate's name and version, which would change the bytes with it.
const CREATED_BY: &str = "covid-ct";

/// Optional fields that lead to a value. Columns of which no value is missing are optional too: `datasets` 5.2 believes
/// what the metadata says of a column only where the column may lack values, as those it writes itself may.
const AT_TOP: i16 = 1;
const IN_IMAGE: i16 = 2;

/// What comes before the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// `image`: a struct of the picture's `bytes` and its `path`.
    Image,
    /// `file_name`: where the picture is.
    FileName,
    Nothing,
}

/// How the class is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// By its number in these.
    Number(Classes),
    /// By its name in these.
    Name(Classes),
    /// Not at all: a figure has none.
    Untold,
}

/// A table before anything is in it.
#[derive(Clone)]
pub struct Table {
    pub lead: Lead,
    pub class: Class,
    pub fields: &'static [Field],
}

/// A row: with [`Lead::Image`] the picture's bytes and name, with [`Lead::FileName`] its path alone.
pub struct Row {
    pub picture: Vec<u8>,
    pub path: String,
    pub told: Written,
}

/// A table being written.
pub struct Open {
    path: PathBuf,
    table: Table,
    writer: SerializedFileWriter<BufWriter<File>>,
    rows: Vec<Row>,
}

impl Table {
    pub fn create(&self, path: &Path) -> Result<Open> {
        let file = File::create(path).map_err(DatasetError::write(path))?;
        let writer = self.writer(file).map_err(failed(path))?;
        Ok(Open { path: path.into(), table: self.clone(), writer, rows: Vec::new() })
    }

    /// Writes a table without pictures.
    pub fn write<'a>(
        &self,
        path: &Path,
        told: impl IntoIterator<Item = (String, &'a Written)>,
    ) -> Result<()> {
        let mut open = self.create(path)?;
        for (path, told) in told {
            open.add(Row { picture: Vec::new(), path, told: told.clone() })?;
        }
        open.close()
    }

    fn writer(
        &self,
        file: File,
    ) -> std::result::Result<SerializedFileWriter<BufWriter<File>>, ParquetError> {
        let lead = match self.lead {
            Lead::Image => {
                "optional group image { optional binary bytes; optional binary path (UTF8); }\n"
            }
            Lead::FileName => "optional binary file_name (UTF8);\n",
            Lead::Nothing => "",
        };
        let class = match self.class {
            Class::Number(_) => "optional int64 label;\n",
            Class::Name(_) => "optional binary label (UTF8);\n",
            Class::Untold => "",
        };
        let fields: String = self.fields.iter().map(column_of).collect();
        let schema = parse_message_type(&format!("message schema {{ {lead}{class}{fields} }}"))?;
        let bytes = ColumnPath::new(vec!["image".into(), "bytes".into()]);
        let metadata = KeyValue::new("huggingface".into(), self.features());
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.into())
            .set_compression(Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(bytes.clone(), false)
            .set_column_statistics_enabled(bytes, EnabledStatistics::None)
            .set_key_value_metadata(Some(vec![metadata]))
            .build();
        SerializedFileWriter::new(BufWriter::new(file), Arc::new(schema), Arc::new(properties))
    }

    /// What the columns mean, as `datasets` notes it in a schema.
    fn features(&self) -> String {
        let value = |dtype: &str| json!({ "dtype": dtype, "_type": "Value" });
        let mut features = serde_json::Map::new();
        match self.lead {
            Lead::Image => drop(features.insert("image".into(), json!({ "_type": "Image" }))),
            Lead::FileName => drop(features.insert("file_name".into(), value("string"))),
            Lead::Nothing => {}
        }
        match &self.class {
            Class::Number(classes) => {
                let names: Vec<&str> = classes.names().collect();
                let label = json!({ "names": names, "_type": "ClassLabel" });
                features.insert("label".into(), label);
            }
            Class::Name(_) => drop(features.insert("label".into(), value("string"))),
            Class::Untold => {}
        }
        for field in self.fields {
            features.insert(field.name.into(), value(field.value.dtype()));
        }
        json!({ "info": { "features": features } }).to_string()
    }
}

fn column_of(field: &Field) -> String {
    let Field { name, value, .. } = field;
    match value {
        Value::Text(_) | Value::Answer(_) => format!("optional binary {name} (UTF8);\n"),
        Value::Number(_) | Value::MaybeNumber(_) => format!("optional int64 {name};\n"),
        Value::Share(_) => format!("optional double {name};\n"),
        Value::Truth(_) => format!("optional boolean {name};\n"),
    }
}

impl Open {
    pub fn add(&mut self, row: Row) -> Result<()> {
        self.rows.push(row);
        let group = if self.table.lead == Lead::Image { WITH_PICTURES } else { WITHOUT_PICTURES };
        if self.rows.len() == group { self.flush() } else { Ok(()) }
    }

    pub fn close(mut self) -> Result<()> {
        self.flush()?;
        self.writer.close().map(drop).map_err(failed(&self.path))
    }

    fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let table = self.table.clone();
        let mut write = || -> std::result::Result<(), ParquetError> {
            let mut group = Group(self.writer.next_row_group()?);
            let paths = || rows.iter().map(|row| row.path.clone());
            match table.lead {
                Lead::Image => {
                    let pictures = rows.iter().map(|row| ByteArray::from(row.picture.clone()));
                    group.known::<ByteArrayType>(pictures, IN_IMAGE)?;
                    group.known::<ByteArrayType>(paths().map(bytes), IN_IMAGE)?;
                }
                Lead::FileName => group.known::<ByteArrayType>(paths().map(bytes), AT_TOP)?,
                Lead::Nothing => {}
            }
            let told = || rows.iter().map(|row| &row.told);
            match &table.class {
                Class::Number(classes) => {
                    let index = |told: &Written| told.label.and_then(|label| classes.index(label));
                    let number = |told| index(told).map(|index| index as i64);
                    group.maybe::<Int64Type>(told().map(number))?;
                }
                Class::Name(classes) => {
                    let name = |told| bytes(fields::class(told, classes).to_owned());
                    group.known::<ByteArrayType>(told().map(name), AT_TOP)?;
                }
                Class::Untold => {}
            }
            for field in table.fields {
                match field.value {
                    Value::Text(of) => {
                        group.known::<ByteArrayType>(told().map(|t| bytes(of(t))), AT_TOP)?;
                    }
                    Value::Answer(question) => {
                        let answer = |told| bytes(fields::answer(told, question));
                        group.known::<ByteArrayType>(told().map(answer), AT_TOP)?;
                    }
                    Value::Number(of) => group.known::<Int64Type>(told().map(of), AT_TOP)?,
                    Value::MaybeNumber(of) => group.maybe::<Int64Type>(told().map(of))?,
                    Value::Share(of) => group.known::<DoubleType>(told().map(of), AT_TOP)?,
                    Value::Truth(of) => group.known::<BoolType>(told().map(of), AT_TOP)?,
                }
            }
            group.0.close().map(drop)
        };
        write().map_err(failed(&self.path))
    }
}

fn bytes(text: String) -> ByteArray {
    ByteArray::from(text.into_bytes())
}

struct Group<'a>(SerializedRowGroupWriter<'a, BufWriter<File>>);

impl Group<'_> {
    /// Writes the next column, in which no value is missing: `depth` optional fields lead to it.
    fn known<T: DataType>(
        &mut self,
        values: impl Iterator<Item = T::T>,
        depth: i16,
    ) -> std::result::Result<(), ParquetError> {
        let values: Vec<T::T> = values.collect();
        let levels = vec![depth; values.len()];
        self.column::<T>(&values, &levels)
    }

    /// Writes the next column, of values that may be missing.
    fn maybe<T: DataType>(
        &mut self,
        values: impl Iterator<Item = Option<T::T>>,
    ) -> std::result::Result<(), ParquetError> {
        let values: Vec<Option<T::T>> = values.collect();
        let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
        let values: Vec<T::T> = values.into_iter().flatten().collect();
        self.column::<T>(&values, &levels)
    }

    fn column<T: DataType>(
        &mut self,
        values: &[T::T],
        levels: &[i16],
    ) -> std::result::Result<(), ParquetError> {
        if let Some(mut column) = self.0.next_column()? {
            column.typed::<T>().write_batch(values, Some(levels), None)?;
            column.close()?;
        }
        Ok(())
    }
}

fn failed(path: &Path) -> impl FnOnce(ParquetError) -> DatasetError {
    let failed = DatasetError::write(path);
    move |error| failed(std::io::Error::other(error))
}
