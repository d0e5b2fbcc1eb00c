//! The MetaInfo of a release: one row a picture, from xlsx as published or csv as exported.

use std::path::Path;

use calamine::Reader as _;

use super::captions::plain_caption;
use crate::dataset::layout::META_INFO_COLUMNS;
use crate::dataset::{DatasetError, Result};

/// A row with the published traps taken out: cells trimmed, captions plain, numbers as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetaRow {
    /// As a spreadsheet counts, the header being 1.
    pub line: usize,
    /// May lack the extension.
    pub file_name: String,
    pub patient: String,
    pub age: String,
    pub sex: String,
    pub location: String,
    pub medical_history: String,
    pub time: String,
    pub severity: String,
    pub other_diseases: String,
    pub doi: String,
    pub caption: String,
}

/// Reads all rows that hold anything.
///
/// # Errors
/// When the file cannot be read as what its extension says, or lacks a published column.
pub fn read(path: &Path) -> Result<Vec<MetaRow>> {
    let cells = if path.extension().is_some_and(|extension| extension == "csv") {
        csv_cells(path)?
    } else {
        xlsx_cells(path)?
    };
    let mut rows = cells.into_iter();
    let header = rows.next().unwrap_or_default();
    let columns = find_columns(path, &header)?;
    let rows = (2..).zip(rows).filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
    Ok(rows.map(|(line, cells)| meta_row(line, &cells, &columns)).collect())
}

fn broken(path: &Path, error: impl std::fmt::Display) -> DatasetError {
    DatasetError::MetaInfo { path: path.into(), problem: error.to_string() }
}

fn xlsx_cells(path: &Path) -> Result<Vec<Vec<String>>> {
    let mut workbook: calamine::Xlsx<_> =
        calamine::open_workbook(path).map_err(|error| broken(path, error))?;
    let sheet = workbook
        .worksheet_range_at(0)
        .ok_or_else(|| broken(path, "the workbook has no sheet"))?
        .map_err(|error| broken(path, error))?;
    let text = |cell: &calamine::Data| cell.to_string().trim().to_owned();
    Ok(sheet.rows().map(|row| row.iter().map(text).collect()).collect())
}

fn csv_cells(path: &Path) -> Result<Vec<Vec<String>>> {
    let bytes = std::fs::read(path).map_err(DatasetError::read(path))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(&bytes[..]);
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|error| broken(path, error))?;
            Ok(record.iter().map(ToOwned::to_owned).collect())
        })
        .collect()
}

type Columns = [usize; META_INFO_COLUMNS.len()];

fn find_columns(path: &Path, header: &[String]) -> Result<Columns> {
    let mut columns = Columns::default();
    for (index, name) in columns.iter_mut().zip(META_INFO_COLUMNS) {
        *index = header.iter().position(|found| found.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let expected = META_INFO_COLUMNS.join(", ");
            broken(path, format!("no column '{name}'; expected the columns {expected}"))
        })?;
    }
    Ok(columns)
}

fn meta_row(line: usize, cells: &[String], columns: &Columns) -> MetaRow {
    let [
        file_name,
        patient,
        age,
        sex,
        location,
        medical_history,
        time,
        severity,
        other_diseases,
        doi,
        caption,
    ] = columns.map(|index| cells.get(index).cloned().unwrap_or_default());
    let caption = plain_caption(&caption);
    MetaRow {
        line,
        file_name,
        patient,
        age,
        sex,
        location,
        medical_history,
        time,
        severity,
        other_diseases,
        doi,
        caption,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_csv(text: &str) -> Result<Vec<MetaRow>> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("COVID-CT-MetaInfo.csv");
        std::fs::write(&path, text).expect("file");
        read(&path)
    }

    #[test]
    fn cells_are_trimmed_and_empty_rows_skipped() {
        let header = META_INFO_COLUMNS.join(",");
        let text = format!("{header},label\n a-p0-1 ,Patient 1 ,41,M,,,,,,,['A.']\n,,,,,,,,,,\n,,,,,,,,,,x\n");
        let rows = read_csv(&text).expect("rows");
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].file_name.as_str(), rows[0].patient.as_str()), ("a-p0-1", "Patient 1"));
        assert_eq!(rows[0].caption, "A.");
        assert_eq!((rows[1].line, rows[1].caption.as_str()), (4, "x"));
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = read_csv("File name,Patient ID\n").expect_err("refused").to_string();
        assert!(error.contains("'Age'") && error.contains("MetaInfo.csv"), "{error}");
    }
}
