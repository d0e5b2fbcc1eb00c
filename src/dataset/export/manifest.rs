//! `MANIFEST.csv`, which lists every file of an export, and `RECIPE.csv`, which lists the pictures
//! that were left out of it: where each is from, how it was cut, and what its bytes must be.
//!
//! Nothing in a row depends on one database or one machine, so the same annotations give the same
//! rows anywhere, and `rebuild` needs no more than a row and the PDF.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use covid_ct_core::cells;
use csv::StringRecord;
use serde::{Deserialize, Serialize};

use crate::dataset::{DatasetError, Result};
use crate::task;
use covid_ct_core::{ImageKey, Licence, PanelBox};

pub const MANIFEST: &str = "MANIFEST.csv";
pub const RECIPE: &str = "RECIPE.csv";

/// A picture, or, with nothing but `file` and `sha256`, any other file of the export.
///
/// Texts are empty where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestRow {
    /// Path below the export; of a picture in a container, its name there. Empty in a recipe.
    pub file: String,
    /// Path of the tar or Parquet file that holds the picture.
    pub container: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// `STEM.png`, the same in every format.
    pub name: String,
    /// Pixels of the file.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// [`covid_ct_core::Label`] as text.
    pub label: String,
    /// [`covid_ct_core::Split`] as text.
    pub part: String,
    pub preprint: String,
    pub version: String,
    pub doi: String,
    /// From 1.
    pub page: Option<u32>,
    /// PDF object number; `None` of an inline picture and of a rendering.
    pub xref: Option<u32>,
    /// [`crate::figures::ImageOrigin`] as text.
    pub origin: String,
    /// `x,y,w,h` in native pixels of the picture on the page.
    pub crop: String,
    pub letter: String,
    /// Label of the figure: `Figure 1`.
    pub figure: String,
    /// Of a row that is a whole figure, [`crate::figures::FigureKind`] as text; empty of a panel.
    pub kind: String,
    pub licence: String,
    /// The patient's name within the paper.
    pub case: String,
    /// [`patient_name`]: written for readers, worked out anew from `preprint` and `case`.
    pub patient: String,
    pub age: String,
    pub sex: String,
    pub location: String,
    pub medical_history: String,
    /// When the scan was taken, as the paper tells it.
    pub time: String,
    pub severity: String,
    pub other_diseases: String,
    /// Of the picture on the page: SHA-256 of its bytes, and its [`crate::look::Look`].
    pub image_sha256: String,
    pub image_look: String,
    pub document_sha256: String,
    /// `stage:curator@time`, joined by `; `.
    pub decisions: String,
    /// [`super::items::decision_id`]s, joined by blanks.
    pub decision_ids: String,
    /// How the split was made: JSON.
    pub split_how: String,
    /// By name of a further question of the task: a column each, after all others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, String>,
}

impl ManifestRow {
    /// What is neither a picture of the dataset nor the manifest itself.
    pub fn other(file: String, sha256: String) -> Self {
        Self { file, sha256, ..Self::default() }
    }

    pub fn is_picture(&self) -> bool {
        !self.name.is_empty()
    }

    /// Whether it is a figure as a whole, not a panel with a class.
    pub fn is_figure(&self) -> bool {
        !self.kind.is_empty()
    }

    /// Whether anybody may re-host the picture.
    pub fn is_open(&self) -> bool {
        Licence::parse(&self.licence).is_open()
    }

    /// The name without its extension.
    pub fn stem(&self) -> &str {
        self.name.strip_suffix(".png").unwrap_or(&self.name)
    }

    /// Names the picture on the page as annotations do.
    pub fn image_key(&self) -> ImageKey {
        ImageKey {
            preprint: self.preprint.clone(),
            version: self.version.clone(),
            page: self.page.unwrap_or(1),
            xref: self.xref,
            image_sha256: self.image_sha256.clone(),
            document_sha256: self.document_sha256.clone(),
        }
    }

    /// The crop, and the size of the file where the crop was scaled to it.
    ///
    /// # Errors
    /// Which column is wrong.
    pub fn cut(&self) -> std::result::Result<(PanelBox, Option<(u32, u32)>), String> {
        let bounds: PanelBox = self.crop.parse().map_err(|e| format!("column crop: {e}"))?;
        let size = self.width.zip(self.height).ok_or("columns width and height: no number")?;
        Ok((bounds, (size != (bounds.w, bounds.h)).then_some(size)))
    }
}

/// The one name that a patient has in all of a dataset: the paper, and the name that is local to it. Empty where
/// no patient is told.
pub fn patient_name(preprint: &str, case: &str) -> String {
    if case.is_empty() { String::new() } else { format!("{preprint}, {case}") }
}

/// Reads all rows.
///
/// # Errors
/// When the file cannot be read, or is no manifest; with the line.
pub fn read(path: &Path) -> Result<Vec<ManifestRow>> {
    let bytes = cells::unguard(std::fs::read(path).map_err(DatasetError::read(path))?);
    let wrong = |problem: String| DatasetError::Manifest { path: PathBuf::from(path), problem };
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?;
    for column in ["name", "sha256", "crop"] {
        if !header.iter().any(|found| found == column) {
            return Err(wrong(format!("no column '{column}'")));
        }
    }
    let header = header.clone();
    let questions = || task::in_force().further_questions().map(|q| q.stage.as_str());
    let further: Vec<(usize, &str)> = questions()
        .filter_map(|name| Some((header.iter().position(|found| found == name)?, name)))
        .collect();
    let row = |record: csv::Result<StringRecord>| -> csv::Result<ManifestRow> {
        let record = record?;
        let mut row: ManifestRow = record.deserialize(Some(&header))?;
        let answers = further.iter().map(|&(at, name)| (name, record.get(at).unwrap_or_default()));
        let answers = answers.filter(|(_, answer)| !answer.is_empty());
        row.answers = answers.map(|(name, answer)| (name.into(), answer.into())).collect();
        Ok(row)
    };
    reader.records().map(row).collect::<csv::Result<_>>().map_err(|error| wrong(error.to_string()))
}

/// Writes the rows in the order given.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, rows: &[ManifestRow]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let names: BTreeSet<&str> =
            rows.iter().flat_map(|row| row.answers.keys()).map(String::as_str).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let (header, _) = cells_of(&ManifestRow::default())?;
        writer.write_record(header.iter().chain(names.iter().copied()))?;
        for row in rows {
            let answer = |name: &&str| row.answers.get(*name).map_or("", String::as_str);
            let (_, record) = cells_of(row)?;
            writer.write_record(record.iter().chain(names.iter().map(answer)))?;
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        std::fs::write(path, cells::guard(bytes))
    };
    write().map_err(DatasetError::write(path))
}

/// The header and the cells of a row, its answers left out.
fn cells_of(row: &ManifestRow) -> std::io::Result<(StringRecord, StringRecord)> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.serialize(ManifestRow { answers: BTreeMap::new(), ..row.clone() })?;
    let text = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut reader = csv::Reader::from_reader(&text[..]);
    let header = reader.headers()?.clone();
    let record = reader.records().next().transpose()?.unwrap_or_default();
    Ok((header, record))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_written() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join(MANIFEST);
        let rows = vec![
            ManifestRow {
                name: "a-p1-2%0.png".into(),
                crop: "0,1,2,3".into(),
                width: Some(2),
                height: Some(3),
                decisions: "crop:ann@t; select:\"bob\"@t".into(),
                ..ManifestRow::default()
            },
            ManifestRow::other("README.md".into(), "ab".into()),
        ];
        write(&path, &rows).expect("written");
        assert_eq!(read(&path).expect("read"), rows);
        assert_eq!(rows[0].cut().expect("a cut").1, None, "native size");
        write(&path, &[]).expect("written");
        assert_eq!(read(&path).expect("read"), []);
    }

    #[test]
    fn what_is_no_manifest_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "a,b\n1,2\n").expect("written");
        let error = read(&path).expect_err("refused").to_string();
        assert!(error.contains("x.csv") && error.contains("no column 'name'"), "{error}");
    }
}
