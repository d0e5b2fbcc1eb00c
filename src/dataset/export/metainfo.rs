//! `COVID-CT-MetaInfo.csv`: the published columns, then where each panel came from and who said so.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::Gone;
use crate::dataset::layout::META_INFO_COLUMNS;
use crate::dataset::{DatasetError, Result};
use crate::store::{Case, LabelledPanel, PaperMeta, Store};

/// Columns after the published ones. `panel` is `x,y,w,h` in native pixels of the picture whose
/// bytes have `image_sha256`; `sha256` is the exported file's. `decisions` names lines of
/// `decisions.csv` as `stage:curator@time`: ids would differ between databases.
const PROVENANCE_COLUMNS: [&str; 14] = [
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
];

/// What the rows quote, by the ids panels name it with.
pub struct Sources {
    papers: HashMap<i64, PaperMeta>,
    cases: HashMap<(i64, String), Case>,
    /// Label and caption of the first figure that shows an image, by `image.id`.
    figures: HashMap<i64, (Option<String>, String)>,
    decisions: HashMap<i64, String>,
}

impl Sources {
    pub fn of<'a>(
        store: &Store,
        panels: impl Iterator<Item = &'a LabelledPanel>,
    ) -> Result<Self> {
        let mut papers = HashMap::new();
        for panel in panels {
            if !papers.contains_key(&panel.preprint) {
                papers.insert(panel.preprint, store.paper(panel.preprint)?);
            }
        }
        let wanted: HashSet<i64> = papers.keys().copied().collect();
        let mut figures = HashMap::new();
        for document in store.documents()? {
            if document.preprint.is_none_or(|preprint| !wanted.contains(&preprint)) {
                continue;
            }
            for (id, figure) in store.figures(&document)? {
                for image in store.images_of_figure(id)? {
                    figures
                        .entry(image)
                        .or_insert_with(|| (figure.label.clone(), figure.caption.clone()));
                }
            }
        }
        let cases = store.cases()?;
        let decisions = store.decisions()?;
        Ok(Self {
            papers,
            cases: cases.into_iter().map(|c| ((c.preprint, c.name.clone()), c)).collect(),
            figures,
            decisions: decisions
                .into_iter()
                .map(|d| (d.id, format!("{}:{}@{}", d.stage, d.curator, d.time)))
                .collect(),
        })
    }
}

/// Writes one row a panel, in the order given.
pub fn write(path: &Path, gone: &[Gone], sources: &Sources) -> Result<()> {
    let failed = DatasetError::write(path);
    let write = || -> std::io::Result<()> {
        let mut writer = csv::Writer::from_path(path)?;
        writer.write_record(META_INFO_COLUMNS.iter().chain(&PROVENANCE_COLUMNS))?;
        for gone in gone {
            writer.write_record(row(gone, sources))?;
        }
        writer.flush()
    };
    write().map_err(failed)
}

fn row(gone: &Gone, sources: &Sources) -> Vec<String> {
    let Gone { leaving, sha256 } = gone;
    let panel = &leaving.panel;
    let paper = sources.papers.get(&panel.preprint).cloned().unwrap_or_default();
    let case = panel.case.as_ref().and_then(|name| {
        sources.cases.get(&(panel.preprint, name.clone())).map(|case| case.details.clone())
    });
    let case = case.unwrap_or_default();
    let (figure, caption) = sources.figures.get(&panel.image).cloned().unwrap_or_default();
    let mut decisions: Vec<&str> = panel
        .decisions
        .iter()
        .filter_map(|id| sources.decisions.get(id).map(String::as_str))
        .collect();
    decisions.sort_unstable();
    let published = [
        leaving.file_name(),
        panel.case.clone().unwrap_or_default(),
        case.age,
        case.sex,
        case.location,
        case.medical_history,
        panel.scan_time.clone().unwrap_or_default(),
        case.severity,
        case.other_diseases,
        paper.doi,
        caption,
    ];
    let provenance = [
        leaving.label.to_string(),
        leaving.part.to_string(),
        paper.name,
        paper.version,
        panel.page.to_string(),
        panel.xref.map(|xref| xref.to_string()).unwrap_or_default(),
        panel.bounds.to_string(),
        panel.letter.clone(),
        paper.licence,
        figure.unwrap_or_default(),
        panel.object.sha256.clone(),
        panel.document_sha256.clone(),
        sha256.clone(),
        decisions.join("; "),
    ];
    published.into_iter().chain(provenance).collect()
}
