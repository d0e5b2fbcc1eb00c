//! The MetaInfo of a release: one row a picture, from xlsx as published or csv as exported.

use std::path::Path;

use calamine::Reader as _;
use covid_ct_core::cells;

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
    /// As an export tells them; published ones tell none.
    pub citing_sentences: Vec<String>,
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
    let mut rows = (1..).zip(cells).skip_while(|(_, cells)| cells.is_empty());
    let header = rows.next().map(|(_, cells)| cells).unwrap_or_default();
    let columns = find_columns(path, &header)?;
    let column = |name: &str| header.iter().position(|found| found == name);
    let (preprint, citing) = (column(PREPRINT), column(CITING_SENTENCES));
    let rows = rows.filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
    let row = |(line, cells): (usize, Vec<String>)| {
        let mut row = meta_row(line, &cells, &columns);
        let cell =
            |index: Option<usize>| index.and_then(|i| cells.get(i)).map_or("", String::as_str);
        row.citing_sentences = cell(citing).lines().map(str::to_owned).collect();
        let paper = cell(preprint);
        if let Some(local) = local_name(&row.patient, paper) {
            row.patient = local.to_owned();
        }
        row
    };
    Ok(rows.map(row).collect())
}

/// Column of an export's MetaInfo that names the paper; published ones have none.
const PREPRINT: &str = "preprint";
/// Another of its columns: one sentence a line.
const CITING_SENTENCES: &str = "citing_sentences";

/// The name of a patient within `paper`, out of the one that an export gives them in all of the dataset.
fn local_name<'a>(patient: &'a str, paper: &str) -> Option<&'a str> {
    patient.strip_prefix(paper)?.strip_prefix(", ").filter(|_| !paper.is_empty())
}

fn broken(path: &Path, error: impl std::fmt::Display) -> DatasetError {
    DatasetError::MetaInfo { path: path.into(), problem: error.to_string() }
}

/// Further down or to the right a workbook has no cell that means anything; one that claims to would have
/// memory for all before it.
const MOST_ROWS: u32 = 100_000;
const MOST_COLUMNS: u32 = 1000;

/// The cells of the first sheet, each row as far as it has any.
fn xlsx_cells(path: &Path) -> Result<Vec<Vec<String>>> {
    let mut workbook: calamine::Xlsx<_> =
        calamine::open_workbook(path).map_err(|error| broken(path, error))?;
    let sheet = workbook
        .sheet_names()
        .into_iter()
        .next()
        .ok_or_else(|| broken(path, "the workbook has no sheet"))?;
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|error| broken(path, error))?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(|error| broken(path, error))? {
        // A blank cell may be coloured, down to the last row there is.
        if *cell.get_value() == calamine::DataRef::Empty {
            continue;
        }
        let (row, column) = cell.get_position();
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            let problem = format!(
                "a cell in row {}, column {}; expected at most {MOST_ROWS} rows and {MOST_COLUMNS} columns",
                u64::from(row) + 1,
                u64::from(column) + 1
            );
            return Err(broken(path, problem));
        }
        let (row, column) = (row as usize, column as usize);
        rows.resize(rows.len().max(row + 1), Vec::new());
        let cells = &mut rows[row];
        cells.resize(cells.len().max(column + 1), String::new());
        let value = calamine::Data::from(cell.get_value().clone());
        value.to_string().trim().clone_into(&mut cells[column]);
    }
    Ok(rows)
}

fn csv_cells(path: &Path) -> Result<Vec<Vec<String>>> {
    let bytes = cells::unguard(std::fs::read(path).map_err(DatasetError::read(path))?);
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
        *index =
            header.iter().position(|found| found.eq_ignore_ascii_case(name)).ok_or_else(|| {
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
        citing_sentences: Vec::new(),
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
        let text = format!(
            "{header},label\n a-p0-1 ,Patient 1 ,41,M,,,,,,,['A.']\n,,,,,,,,,,\n,,,,,,,,,,x\n"
        );
        let rows = read_csv(&text).expect("rows");
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].file_name.as_str(), rows[0].patient.as_str()), ("a-p0-1", "Patient 1"));
        assert_eq!(rows[0].caption, "A.");
        assert_eq!((rows[1].line, rows[1].caption.as_str()), (4, "x"));
    }

    #[test]
    fn an_exports_patients_get_their_local_names_back() {
        let header = META_INFO_COLUMNS.join(",");
        let row = |patient: &str, paper: &str| format!("x,\"{patient}\",,,,,,,,,,{paper}\n");
        let text = [
            format!("{header},preprint\n"),
            row("2020.1, Patient 2", "2020.1"),
            row("Patient 3", "2020.1"),
            row("2020.1, twin", "2020.2"),
        ];
        let rows = read_csv(&text.concat()).expect("rows");
        let patients: Vec<&str> = rows.iter().map(|row| row.patient.as_str()).collect();
        assert_eq!(patients, ["Patient 2", "Patient 3", "2020.1, twin"]);
    }

    /// A workbook of one sheet of these rows.
    fn read_xlsx(rows: &str) -> Result<Vec<MetaRow>> {
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let related = "http://schemas.openxmlformats.org/package/2006/relationships";
        let to = |target: &str, what: &str| {
            format!(
                r#"<Relationships xmlns="{related}"><Relationship Id="a" Type="{kind}/{what}"
                    Target="{target}"/></Relationships>"#
            )
        };
        let parts = [
            ("_rels/.rels", to("xl/workbook.xml", "officeDocument")),
            ("xl/_rels/workbook.xml.rels", to("worksheets/sheet1.xml", "worksheet")),
            (
                "xl/workbook.xml",
                format!(
                    r#"<workbook xmlns="{main}" xmlns:r="{kind}"><sheets><sheet name="S" sheetId="1"
                        r:id="a"/></sheets></workbook>"#
                ),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!(r#"<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>"#),
            ),
        ];
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("COVID-CT-MetaInfo.xlsx");
        let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("file"));
        for (name, text) in parts {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("part");
            std::io::Write::write_all(&mut archive, text.as_bytes()).expect("written");
        }
        archive.finish().expect("finished");
        read(&path)
    }

    fn cell(place: &str, text: &str) -> String {
        format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    }

    fn header() -> String {
        let cells = META_INFO_COLUMNS
            .iter()
            .zip('B'..)
            .map(|(name, column)| cell(&format!("{column}2"), name));
        format!(r#"<row r="2">{}</row>"#, cells.collect::<String>())
    }

    #[test]
    fn a_workbook_may_begin_below_and_right_of_its_corner() {
        let row = format!(r#"<row r="4">{}{}</row>"#, cell("B4", " a-p0-1 "), cell("D4", "41"));
        let rows = read_xlsx(&(header() + &row)).expect("rows");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].line, rows[0].file_name.as_str()), (4, "a-p0-1"));
        assert_eq!(rows[0].age, "41");
    }

    #[test]
    fn blank_cells_that_are_coloured_are_no_cells() {
        let blank =
            |row: u32, place: &str| format!(r#"<row r="{row}"><c r="{place}" s="1"/></row>"#);
        let row = format!(r#"<row r="3">{}</row>"#, cell("B3", "a-p0-1"));
        let far = blank(1_048_576, "XFD1048576");
        let rows = read_xlsx(&(blank(1, "A1") + &header() + &row + &far)).expect("rows");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].line, rows[0].file_name.as_str()), (3, "a-p0-1"));
    }

    #[test]
    fn a_cell_at_the_end_of_the_world_is_refused() {
        for (place, row) in [("XFD1048576", "1048576"), ("ZZZZZZZ3", "3"), ("B98765432109", "3")] {
            let row = format!(r#"<row r="{row}">{}</row>"#, cell(place, "x"));
            let error = read_xlsx(&(header() + &row)).expect_err(place).to_string();
            assert!(error.contains("MetaInfo.xlsx"), "{error}");
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = read_csv("File name,Patient ID\n").expect_err("refused").to_string();
        assert!(error.contains("'Age'") && error.contains("MetaInfo.csv"), "{error}");
    }
}
