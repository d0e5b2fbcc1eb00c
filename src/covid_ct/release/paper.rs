//! The released pictures of one paper as a document of the store.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{MetaRow, Stored};
use crate::document::{Extraction, FoundFigure, FoundImage, FoundPlacement, PaperMeta};
use crate::figures::{FigureKind, ImageOrigin, Mention, Pairing};
use crate::pdf::Matrix;
use crate::store::CaseDetails;
use covid_ct_core::{preprint_doi, sha256_hex};

/// Version of what turns a release into rows.
const READER: u32 = 1;

pub struct Paper {
    pub name: String,
    /// By published name.
    pub pictures: Vec<Stored>,
}

impl Paper {
    pub fn new(name: String, mut pictures: Vec<Stored>) -> Self {
        pictures.sort_by(|a, b| a.picture.file_name.cmp(&b.picture.file_name));
        Self { name, pictures }
    }

    /// Of the names and hashes of its pictures.
    fn sha256(&self) -> String {
        let line =
            |stored: &Stored| format!("{} {}\n", stored.picture.file_name, stored.object.sha256);
        let lines: String = self.pictures.iter().map(line).collect();
        sha256_hex(lines.as_bytes())
    }

    pub fn meta_rows(&self) -> impl Iterator<Item = &MetaRow> {
        self.pictures.iter().filter_map(|stored| stored.picture.meta.as_ref())
    }

    pub fn extraction(&self) -> Extraction {
        let preprint = preprint_doi(&self.name);
        let told = self.meta_rows().map(|meta| &meta.doi).find(|doi| !doi.is_empty());
        let doi = told.or(preprint.as_ref().map(|(doi, _)| doi)).cloned().unwrap_or_default();
        let manifest =
            self.pictures.iter().find_map(|stored| stored.picture.manifest.as_ref()).cloned();
        Extraction {
            sha256: self.sha256(),
            path: format!("covid-ct-release/{}", self.name),
            extractor: READER,
            paper: PaperMeta {
                name: self.name.clone(),
                doi,
                server: preprint.map(|(_, server)| server.to_owned()).unwrap_or_default(),
                licence: manifest.map(|row| row.licence).unwrap_or_default(),
                ..PaperMeta::default()
            },
            pages: Vec::new(),
            images: self.pictures.iter().map(found_image).collect(),
            figures: self.figures(),
            suspects: Vec::new(),
        }
    }

    /// One figure for each picture of the paper and caption of it: pieces of one picture may carry
    /// captions of their own.
    fn figures(&self) -> Vec<FoundFigure> {
        let mut shown: BTreeMap<(u32, Option<u32>, &str), Vec<usize>> = BTreeMap::new();
        for (index, stored) in self.pictures.iter().enumerate() {
            let caption = stored.picture.meta.as_ref().map_or("", |meta| &meta.caption);
            if !caption.is_empty() {
                shown.entry((page(stored), stored.name.xref, caption)).or_default().push(index);
            }
        }
        let figure = |((page, _, caption), images): ((u32, Option<u32>, &str), Vec<usize>)| {
            let (label, kind) = label_of(caption);
            let meta = images.first().and_then(|&index| self.pictures[index].picture.meta.as_ref());
            let sentences = meta.map(|meta| meta.citing_sentences.clone()).unwrap_or_default();
            let mention = |text| Mention { page, text, panels: Vec::new() };
            FoundFigure {
                label,
                kind,
                caption: caption.to_owned(),
                page: Some(page),
                images: images.into_iter().map(|image| (image, 0)).collect(),
                // The MetaInfo lists captions away from their pictures.
                pairing: Pairing::LegendList,
                confidence: 1.0,
                mentions: sentences.into_iter().map(mention).collect(),
                ..FoundFigure::default()
            }
        };
        shown.into_iter().map(figure).collect()
    }
}

/// The patients by name, with what the rows of all their pictures tell: a patient's severity changes from
/// scan to scan.
pub fn details<'a>(rows: impl Iterator<Item = &'a MetaRow>) -> BTreeMap<String, CaseDetails> {
    let mut by_patient: BTreeMap<&str, Vec<&MetaRow>> = BTreeMap::new();
    for meta in rows.filter(|meta| !meta.patient.is_empty()) {
        by_patient.entry(&meta.patient).or_default().push(meta);
    }
    let details = |rows: &[&MetaRow]| CaseDetails {
        age: facts(rows.iter().map(|meta| &meta.age)),
        sex: facts(rows.iter().map(|meta| &meta.sex)),
        location: facts(rows.iter().map(|meta| &meta.location)),
        medical_history: facts(rows.iter().map(|meta| &meta.medical_history)),
        severity: facts(rows.iter().map(|meta| &meta.severity)),
        other_diseases: facts(rows.iter().map(|meta| &meta.other_diseases)),
    };
    by_patient.into_iter().map(|(name, rows)| (name.to_owned(), details(&rows))).collect()
}

/// What is told, each thing once, in order.
fn facts<'a>(told: impl Iterator<Item = &'a String>) -> String {
    let mut facts: Vec<&str> = Vec::new();
    for fact in told {
        if !fact.is_empty() && !facts.contains(&fact.as_str()) {
            facts.push(fact);
        }
    }
    facts.join("; ")
}

fn page(stored: &Stored) -> u32 {
    stored.name.page.unwrap_or(1)
}

fn found_image(stored: &Stored) -> FoundImage {
    let is_jpeg = stored.object.extension == "jpg";
    FoundImage {
        xref: stored.name.xref,
        object: stored.object.clone(),
        width: stored.width,
        height: stored.height,
        colour_space: if stored.is_grey { "DeviceGray" } else { "DeviceRGB" }.into(),
        filter: if is_jpeg { "DCTDecode" } else { "FlateDecode" }.into(),
        origin: ImageOrigin::Original,
        file_name: Some(stored.picture.file_name.clone()),
        furniture: false,
        tile_of: None,
        placements: vec![FoundPlacement {
            page: page(stored),
            transform: Matrix::IDENTITY,
            bbox: Matrix::IDENTITY.unit_square(),
            clip: None,
            overlays: Vec::new(),
        }],
    }
}

/// `Figure 1` of a caption that starts so, in any of the usual spellings.
fn label_of(caption: &str) -> (Option<String>, FigureKind) {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:(supplementary)\s+)?fig(?:ure)?\.?\s*(S?)(\d+)").expect("valid regex")
    });
    let Some(found) = LABEL.captures(caption) else { return (None, FigureKind::Figure) };
    let is_supplementary = found.get(1).is_some() || !found[2].is_empty();
    if is_supplementary {
        (Some(format!("Figure S{}", &found[3])), FigureKind::Supplementary)
    } else {
        (Some(format!("Figure {}", &found[3])), FigureKind::Figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_normalised() {
        let label = |caption| label_of(caption).0;
        assert_eq!(label("Figure 1. A scan").as_deref(), Some("Figure 1"));
        assert_eq!(label("Fig 3: A scan").as_deref(), Some("Figure 3"));
        assert_eq!(label("fig. S2").as_deref(), Some("Figure S2"));
        assert_eq!(label("A scan, as in Figure 1"), None);
    }

    #[test]
    fn facts_are_told_once() {
        let told = ["mild", "", "severe; ill", "mild", "severe; ill"].map(String::from);
        assert_eq!(facts(told.iter()), "mild; severe; ill");
    }
}
