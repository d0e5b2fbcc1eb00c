//! The CSV files as tables of typed rows: columns checked by name, every complaint with file,
//! line and column.

use covid_ct_core::{cells, drop_controls};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::pictures::PictureRow;
use super::{AnnotationsError, Result};
use crate::atomic::{self, Kind};
use covid_ct_core::{CaseRow, DecisionRow, ImageKey, PanelRow, SplitRow};

/// A kind of row, the file that holds it, and its columns in the order they are written.
pub trait Table: Serialize + DeserializeOwned {
    const FILE: &'static str;
    const COLUMNS: &'static [&'static str];
    /// The last column is missing where an earlier version wrote the file.
    const LAST_IS_OPTIONAL: bool = false;
}

impl Table for DecisionRow {
    const FILE: &'static str = "decisions.csv";
    const COLUMNS: &'static [&'static str] = &[
        "preprint",
        "version",
        "page",
        "xref",
        "panel",
        "stage",
        "value",
        "evidence",
        "span",
        "curator",
        "time",
        "note",
        "image_sha256",
        "document_sha256",
        "adjudicates",
    ];
    const LAST_IS_OPTIONAL: bool = true;
}

impl Table for PanelRow {
    const FILE: &'static str = "panels.csv";
    const COLUMNS: &'static [&'static str] = &[
        "preprint",
        "version",
        "page",
        "xref",
        "panel",
        "letter",
        "sub_caption",
        "proposed_by",
        "image_sha256",
        "document_sha256",
    ];
}

impl Table for CaseRow {
    const FILE: &'static str = "cases.csv";
    const COLUMNS: &'static [&'static str] = &[
        "preprint",
        "version",
        "case",
        "age",
        "sex",
        "location",
        "medical_history",
        "severity",
        "other_diseases",
        "curator",
        "time",
    ];
}

impl Table for SplitRow {
    const FILE: &'static str = "splits.csv";
    const COLUMNS: &'static [&'static str] = &[
        "split",
        "preprint",
        "version",
        "page",
        "xref",
        "panel",
        "part",
        "how",
        "image_sha256",
        "document_sha256",
    ];
}

impl Table for PictureRow {
    const FILE: &'static str = "pictures.csv";
    const COLUMNS: &'static [&'static str] = &["image_sha256", "look"];
}

/// A row that speaks of a picture.
pub trait OfPicture {
    fn image_key(&self) -> ImageKey;
}

macro_rules! of_picture {
    ($($row:ty),+) => {$(
        impl OfPicture for $row {
            fn image_key(&self) -> ImageKey {
                ImageKey {
                    preprint: self.preprint.clone(),
                    version: self.version.clone(),
                    page: self.page,
                    xref: self.xref,
                    image_sha256: self.image_sha256.clone(),
                    document_sha256: self.document_sha256.clone(),
                }
            }
        }
    )+};
}

of_picture!(DecisionRow, PanelRow, SplitRow);

/// A row as read, and the line of the file it starts on.
#[derive(Debug)]
pub struct Lined<T> {
    pub line: u64,
    pub row: T,
}

/// One file as read.
#[derive(Debug)]
pub struct Sheet<T> {
    pub path: PathBuf,
    pub rows: Vec<Lined<T>>,
}

impl<T: Table> Sheet<T> {
    /// Reads the table of `folder`; `None` where the folder has no such file.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(T::FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => cells::unguard(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(AnnotationsError::Read { path, source }),
        };
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let header = reader.headers().map_err(|error| broken(&path, &error))?.clone();
        check_columns::<T>(&path, &header)?;
        let rows = reader
            .records()
            .map(|record| {
                let record = record.map_err(|error| broken(&path, &error))?;
                let line = record.position().map_or(0, csv::Position::line);
                let row = without_controls(&record)
                    .deserialize(Some(&header))
                    .map_err(|error| wrong_field::<T>(&path, line, &header, &record, &error))?;
                Ok(Lined { line, row })
            })
            .collect::<Result<_>>()?;
        Ok(Some(Self { path, rows }))
    }

    /// A complaint about `column` of `line`.
    pub fn wrong(&self, line: u64, column: &'static str, problem: String) -> AnnotationsError {
        AnnotationsError::Field { path: self.path.clone(), line, column, problem }
    }
}

/// The decisions of a folder of annotations; none where it holds none.
///
/// # Errors
/// What is wrong in the file.
pub fn read_decisions(folder: &Path) -> Result<Vec<DecisionRow>> {
    let rows = Sheet::<DecisionRow>::read(folder)?.map(|sheet| sheet.rows).unwrap_or_default();
    Ok(rows.into_iter().map(|lined| lined.row).collect())
}

fn without_controls(record: &StringRecord) -> StringRecord {
    let fields = record.iter().map(|field| {
        let mut field = field.to_owned();
        drop_controls(&mut field);
        field
    });
    fields.collect()
}

fn check_columns<T: Table>(path: &Path, header: &StringRecord) -> Result<()> {
    let required = T::COLUMNS.len() - usize::from(T::LAST_IS_OPTIONAL);
    let missing =
        T::COLUMNS[..required].iter().find(|column| !header.iter().any(|found| found == **column));
    let unknown = header.iter().find(|found| !T::COLUMNS.contains(found));
    let problem = match (missing, unknown) {
        (Some(column), Some(found)) => format!("no column '{column}', but a column '{found}'"),
        (Some(column), None) => format!("no column '{column}'"),
        (None, Some(found)) => format!("unknown column '{found}'"),
        (None, None) if header.len() > T::COLUMNS.len() => "a column is there twice".into(),
        (None, None) => return Ok(()),
    };
    let expected = T::COLUMNS.join(", ");
    Err(AnnotationsError::Columns { path: path.into(), problem, expected })
}

/// What the CSV reader says of a file that is no CSV: uneven lines, bytes that are no UTF-8.
fn broken(path: &Path, error: &csv::Error) -> AnnotationsError {
    let line = error.position().map_or(1, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields, but the first line names {expected_len} columns")
        }
        csv::ErrorKind::Utf8 { .. } => "expected UTF-8 text".into(),
        _ => error.to_string(),
    };
    AnnotationsError::Line { path: path.into(), line, problem }
}

/// Only numbers can fail to be read here: `page` and `xref`.
fn wrong_field<T: Table>(
    path: &Path,
    line: u64,
    header: &StringRecord,
    record: &StringRecord,
    error: &csv::Error,
) -> AnnotationsError {
    let index = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.field().map(|index| index as usize),
        _ => None,
    };
    let column = index
        .and_then(|index| header.get(index))
        .and_then(|name| T::COLUMNS.iter().find(|column| **column == name));
    match (index, column) {
        (Some(index), Some(column)) => {
            let text = record.get(index).unwrap_or_default();
            let problem = format!("'{text}' is no whole number");
            AnnotationsError::Field { path: path.into(), line, column, problem }
        }
        _ => AnnotationsError::Line { path: path.into(), line, problem: error.to_string() },
    }
}

/// Writes a table to `folder`, whole or not at all.
pub fn write<T: Table>(folder: &Path, rows: &[T]) -> Result<()> {
    let path = folder.join(T::FILE);
    let failed = |source: std::io::Error| AnnotationsError::Write { path: path.clone(), source };
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let written = writer
        .write_record(T::COLUMNS)
        .and_then(|()| rows.iter().try_for_each(|row| writer.serialize(row)));
    written.map_err(|error| failed(error.into()))?;
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    atomic::replace(&path, &cells::guard(bytes)).map_err(failed)
}

/// Refuses a folder where a file has the table's name that is none such.
pub fn check_replaceable<T: Table>(folder: &Path) -> Result<()> {
    let path = folder.join(T::FILE);
    // Every version begins with the same column.
    atomic::replaceable(&path, Kind::Csv(T::COLUMNS[0]))
        .map_err(|source| AnnotationsError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header that serde writes for the row.
    fn fields_of<T: Table>() -> String {
        let text = format!("{}\n{}\n", T::COLUMNS.join(","), vec!["1"; T::COLUMNS.len()].join(","));
        let row: T = csv::Reader::from_reader(text.as_bytes())
            .deserialize()
            .next()
            .expect("a row")
            .expect("every field is a column");
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).expect("serialised");
        let text = String::from_utf8(writer.into_inner().expect("bytes")).expect("UTF-8");
        text.lines().next().expect("header").to_owned()
    }

    #[test]
    fn columns_are_the_fields_of_the_rows_in_their_order() {
        assert_eq!(fields_of::<DecisionRow>(), DecisionRow::COLUMNS.join(","));
        assert_eq!(fields_of::<PanelRow>(), PanelRow::COLUMNS.join(","));
        assert_eq!(fields_of::<CaseRow>(), CaseRow::COLUMNS.join(","));
        assert_eq!(fields_of::<SplitRow>(), SplitRow::COLUMNS.join(","));
        assert_eq!(fields_of::<PictureRow>(), PictureRow::COLUMNS.join(","));
    }
}
