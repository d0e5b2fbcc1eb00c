//! The MetaInfo, `COVID-CT-MetaInfo.csv` of COVID-CT: the published columns, where each panel came from and who said so,
//! then a column a further question of the task.

use std::path::Path;

use super::fields;
use super::items::Written;
use crate::dataset::layout::META_INFO_COLUMNS;
use crate::dataset::{DatasetError, Result};
use crate::task;
use covid_ct_core::cells;

/// Columns after the published ones. `panel` is `x,y,w,h` in native pixels of the picture whose
/// bytes have `image_sha256`; `sha256` is the exported file's. `decisions` names lines of
/// `decisions.csv` as `stage:curator@time`: ids would differ between databases. `citing_sentences` has one a line.
const PROVENANCE_COLUMNS: [&str; 16] = [
    "label",
    "part",
    "preprint",
    "version",
    "page",
    "xref",
    "panel",
    "letter",
    "licence",
    "figure",
    "image_sha256",
    "document_sha256",
    "sha256",
    "decisions",
    "sub_caption",
    "citing_sentences",
];

/// Writes one row a picture, by class, then name.
pub fn write(path: &Path, written: &[&Written]) -> Result<()> {
    let failed = DatasetError::write(path);
    let write = || -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let further = || task::in_force().further_questions().map(|q| q.stage.as_str());
        let columns = META_INFO_COLUMNS.into_iter().chain(PROVENANCE_COLUMNS);
        writer.write_record(columns.chain(further()))?;
        for written in written {
            let answers = further().map(|question| fields::answer(written, question));
            writer.write_record(row(written).into_iter().chain(answers))?;
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        std::fs::write(path, cells::guard(bytes))
    };
    write().map_err(failed)
}

fn row(written: &Written) -> Vec<String> {
    let Written { row, texts, .. } = written;
    let (sub_caption, citing) = (&fields::sub_caption(written), &fields::citing(written));
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let (page, xref) = (&number(row.page), &number(row.xref));
    [
        // As published.
        &row.name,
        &row.patient,
        &row.age,
        &row.sex,
        &row.location,
        &row.medical_history,
        &row.time,
        &row.severity,
        &row.other_diseases,
        &row.doi,
        &texts.caption,
        // Provenance.
        &row.label,
        &row.part,
        &row.preprint,
        &row.version,
        page,
        xref,
        &row.crop,
        &row.letter,
        &row.licence,
        &row.figure,
        &row.image_sha256,
        &row.document_sha256,
        &row.sha256,
        &row.decisions,
        sub_caption,
        citing,
    ]
    .map(Clone::clone)
    .to_vec()
}
