//! From the database to CSV.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use super::tables::{self, Table as _};
use super::{AnnotationsError, Result, TAKEN_BACK, YES, pictures};
use crate::store::{NewPanel, Store};
use covid_ct_core::{CaseRow, DecisionRow, Evidence, ImageKey, PanelBox, PanelRow, SplitRow};

/// How many rows an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub decisions: usize,
    pub panels: usize,
    pub cases: usize,
    pub splits: usize,
}

/// Longest quotation kept by [`Quotes::Short`], in words: enough for `patient with COVID-19`, too few
/// for a sentence.
pub const SHORT_QUOTE_WORDS: usize = 6;

/// Longest one in characters: PDFs may lack blanks between words.
pub const SHORT_QUOTE_CHARS: usize = 80;

/// How much of the papers' own text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quotes {
    /// Sub-captions and quotations as they were recorded.
    #[default]
    Whole,
    /// Neither sub-captions nor quotations and histories of more than [`SHORT_QUOTE_WORDS`] words, so that
    /// decisions on papers whose text may not be re-hosted can be shared. What a curator saw in a
    /// picture is the curator's own text and stays.
    Short,
}

impl Quotes {
    fn span(self, evidence: Option<Evidence>, span: String) -> String {
        if evidence == Some(Evidence::Image) { span } else { self.words(span) }
    }

    fn words(self, text: String) -> String {
        let short = text.split_whitespace().count() <= SHORT_QUOTE_WORDS
            && text.chars().count() <= SHORT_QUOTE_CHARS;
        if self == Self::Whole || short { text } else { String::new() }
    }

    fn sub_caption(self, text: &str) -> String {
        if self == Self::Whole { text.to_owned() } else { String::new() }
    }
}

/// Writes all that was decided to the files of `folder`, replacing each as a whole.
///
/// # Errors
/// When the folder cannot be written, or the database's.
pub fn export(store: &Store, folder: &Path, quotes: Quotes) -> Result<Written> {
    let failed = |source| AnnotationsError::Write { path: folder.join(DecisionRow::FILE), source };
    tables::check_replaceable::<pictures::PictureRow>(folder)?;
    tables::check_replaceable::<PanelRow>(folder)?;
    tables::check_replaceable::<CaseRow>(folder)?;
    tables::check_replaceable::<SplitRow>(folder)?;
    tables::check_replaceable::<DecisionRow>(folder)?;
    std::fs::create_dir_all(folder).map_err(failed)?;
    let known = Known::of(store)?;
    let (decisions, panels) = (known.decisions(store, quotes)?, known.panels(quotes));
    let (cases, splits) = (cases(store, quotes)?, known.splits(store)?);
    let pictures = pictures::rows(store, &known.decided_on(store)?)?;
    tables::write(folder, &pictures)?;
    tables::write(folder, &panels)?;
    tables::write(folder, &cases)?;
    tables::write(folder, &splits)?;
    tables::write(folder, &decisions)?;
    super::write_task(folder)?;
    Ok(Written {
        decisions: decisions.len(),
        panels: panels.len(),
        cases: cases.len(),
        splits: splits.len(),
    })
}

/// What rows name: pictures by `image.id`, panels by `panel.id`.
struct Known {
    images: HashMap<i64, ImageKey>,
    panels: HashMap<i64, NewPanel>,
}

impl Known {
    fn of(store: &Store) -> Result<Self> {
        let key = |image: crate::store::ImageRow| {
            let key = ImageKey {
                preprint: image.preprint_name,
                version: image.preprint_version,
                page: image.page,
                xref: image.xref,
                image_sha256: image.object.sha256,
                document_sha256: image.document_sha256,
            };
            (image.id, key)
        };
        Ok(Self {
            images: store.images()?.into_iter().map(key).collect(),
            panels: store.panels()?.into_iter().collect(),
        })
    }

    /// SHA-256 and extension of the pictures that rows speak of.
    fn decided_on(&self, store: &Store) -> Result<BTreeSet<(String, String)>> {
        let decided = store.decisions()?.into_iter().map(|decision| decision.subject.image);
        let named: HashSet<i64> =
            decided.chain(self.panels.values().map(|panel| panel.image)).collect();
        let images = store.images()?.into_iter().filter(|image| named.contains(&image.id));
        Ok(images.map(|image| (image.object.sha256, image.object.extension)).collect())
    }

    /// Ties, decisions of one curator on one subject within a second, stay in the order they were
    /// made: the later one is in force.
    fn decisions(&self, store: &Store, quotes: Quotes) -> Result<Vec<DecisionRow>> {
        let mut keyed: Vec<_> = store
            .decisions()?
            .into_iter()
            .filter_map(|decision| {
                let bounds = decision.subject.panel.map(|id| self.panels[&id].bounds);
                Some((self.images.get(&decision.subject.image)?, bounds, decision))
            })
            .collect();
        keyed.sort_by(|(a_image, a_bounds, a), (b_image, b_bounds, b)| {
            (a_image, a_bounds, a.stage, &a.curator, &a.time)
                .cmp(&(b_image, b_bounds, b.stage, &b.curator, &b.time))
        });
        let row =
            |(image, bounds, decision): (&ImageKey, Option<PanelBox>, crate::store::Decision)| {
                let ImageKey { preprint, version, page, xref, image_sha256, document_sha256 } =
                    image.clone();
                DecisionRow {
                    preprint,
                    version,
                    page,
                    xref,
                    panel: bounds.map(|bounds| bounds.to_string()).unwrap_or_default(),
                    stage: decision.stage.to_string(),
                    value: decision.value.map_or_else(|| TAKEN_BACK.into(), |v| v.to_string()),
                    evidence: decision.evidence.map(|e| e.to_string()).unwrap_or_default(),
                    span: quotes.span(decision.evidence, decision.span),
                    curator: decision.curator,
                    time: decision.time,
                    note: decision.note,
                    image_sha256,
                    document_sha256,
                    adjudicates: if decision.adjudicates { YES.into() } else { String::new() },
                }
            };
        Ok(keyed.into_iter().map(row).collect())
    }

    fn panels(&self, quotes: Quotes) -> Vec<PanelRow> {
        let mut keyed: Vec<_> = self
            .panels
            .values()
            .filter_map(|panel| Some((self.images.get(&panel.image)?, panel.bounds, panel)))
            .collect();
        keyed.sort_by_key(|(image, bounds, panel)| (*image, *bounds, panel.image));
        let row = |(image, bounds, panel): (&ImageKey, PanelBox, &NewPanel)| {
            let ImageKey { preprint, version, page, xref, image_sha256, document_sha256 } =
                image.clone();
            PanelRow {
                preprint,
                version,
                page,
                xref,
                panel: bounds.to_string(),
                letter: panel.letter.clone(),
                sub_caption: quotes.sub_caption(&panel.sub_caption),
                proposed_by: panel.proposed_by.clone(),
                image_sha256,
                document_sha256,
            }
        };
        keyed.into_iter().map(row).collect()
    }

    fn splits(&self, store: &Store) -> Result<Vec<SplitRow>> {
        let mut rows = Vec::new();
        for name in store.split_names()? {
            let Some(split) = store.split(&name)? else { continue };
            let mut keyed: Vec<_> = split
                .parts
                .iter()
                .filter_map(|(id, part)| {
                    let panel = self.panels.get(id)?;
                    Some((self.images.get(&panel.image)?, panel.bounds, *part))
                })
                .collect();
            keyed.sort_unstable();
            rows.extend(keyed.into_iter().map(|(image, bounds, part)| {
                let ImageKey { preprint, version, page, xref, image_sha256, document_sha256 } =
                    image.clone();
                SplitRow {
                    split: name.clone(),
                    preprint,
                    version,
                    page,
                    xref,
                    panel: bounds.to_string(),
                    part: part.to_string(),
                    how: split.how.to_string(),
                    image_sha256,
                    document_sha256,
                }
            }));
        }
        Ok(rows)
    }
}

fn cases(store: &Store, quotes: Quotes) -> Result<Vec<CaseRow>> {
    let mut rows = Vec::new();
    for case in store.case_history()? {
        let paper = store.paper(case.preprint)?;
        rows.push(CaseRow {
            preprint: paper.name,
            version: paper.version,
            case: case.name,
            age: case.details.age,
            sex: case.details.sex,
            location: case.details.location,
            medical_history: quotes.words(case.details.medical_history),
            severity: quotes.words(case.details.severity),
            other_diseases: quotes.words(case.details.other_diseases),
            curator: case.curator,
            time: case.time,
        });
    }
    // Stable: rows of one case and second stay in the order they were made.
    rows.sort_by(|a, b| {
        (&a.preprint, &a.version, &a.case, &a.time).cmp(&(
            &b.preprint,
            &b.version,
            &b.case,
            &b.time,
        ))
    });
    Ok(rows)
}
