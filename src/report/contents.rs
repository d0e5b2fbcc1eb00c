//! Gathers what the report shows; knows no HTML.

use crate::task;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::captions::add_captions;
use super::runs::{RunSummary, read_runs};
use super::samples::{NamedPanel, Sample, pick_samples};
use super::{ReportError, wrong_labels};
use crate::Workspace;
use crate::dataset::stems;
use crate::store::{LabelledPanel, Store, Totals};
use crate::synth;
use covid_ct_core::{Label, Split};

/// Everything the page shows.
#[derive(Debug)]
pub struct Contents {
    pub totals: Totals,
    /// Path and reason of every document that could not be read.
    pub failures: Vec<(String, String)>,
    /// Whether any decision came with a synthetic corpus: then no number is a result.
    pub synthetic: bool,
    /// By class, in the order of the task.
    pub classes: Vec<(Label, Tally)>,
    /// Panels whose curators disagree.
    pub conflicts: u64,
    /// Panels without a class: undecided, uncertain or excluded.
    pub unlabelled: u64,
    pub splits: Vec<SplitTable>,
    pub sizes: Vec<SizeRow>,
    pub licences: Vec<LicenceRow>,
    /// By class, in the order of the task.
    pub samples: Vec<(Label, Vec<Sample>)>,
    pub runs: Vec<RunSummary>,
    /// What could not be read.
    pub problems: Vec<String>,
}

impl Contents {
    /// Panels that have a class.
    pub fn labelled(&self) -> u64 {
        self.classes.iter().map(|(_, tally)| tally.panels).sum()
    }

    /// Training runs, those of a series included.
    pub fn trained(&self) -> u64 {
        self.runs.iter().map(|run| run.trained().len() as u64).sum()
    }

    /// Patients named by curators; one with panels of several classes counts once.
    pub fn patients(&self) -> usize {
        let named = self.classes.iter().flat_map(|(_, tally)| &tally.patients);
        named.collect::<BTreeSet<_>>().len()
    }
}

/// Some of the panels, and whose they are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    pub panels: u64,
    /// `preprint.id`
    pub papers: BTreeSet<i64>,
    /// `(preprint.id, case name)`; panels without a case are in none.
    pub patients: BTreeSet<(i64, String)>,
}

impl Tally {
    fn of<'a>(panels: impl IntoIterator<Item = &'a LabelledPanel>) -> Self {
        let mut tally = Self::default();
        for panel in panels {
            tally.panels += 1;
            tally.papers.insert(panel.preprint);
            if let Some(case) = &panel.case {
                tally.patients.insert((panel.preprint, case.clone()));
            }
        }
        tally
    }

    /// Papers and patients that both have count once.
    pub fn add(&mut self, other: &Self) {
        self.panels += other.panels;
        self.papers.extend(&other.papers);
        self.patients.extend(other.patients.iter().cloned());
    }
}

/// One split: who is where.
#[derive(Debug)]
pub struct SplitTable {
    pub name: String,
    /// How it was made, as `key value` words.
    pub how: String,
    /// Train, val, test, each by class, in the order of the task.
    pub parts: Vec<(Split, Vec<Tally>)>,
    /// Panels the split names that no longer have a class.
    pub stale: u64,
}

/// Sizes of one class's panels, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeRow {
    pub label: Label,
    pub height: Spread,
    pub width: Spread,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub min: u32,
    pub mean: f64,
    pub max: u32,
}

impl Spread {
    /// `None` of nothing.
    fn of(values: &[u32]) -> Option<Self> {
        let (min, max) = (*values.iter().min()?, *values.iter().max()?);
        let sum: u64 = values.iter().map(|&value| u64::from(value)).sum();
        Some(Self { min, mean: sum as f64 / values.len() as f64, max })
    }
}

/// What may be done with the pictures, as their papers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceRow {
    /// Empty where the paper does not say.
    pub licence: String,
    pub papers: usize,
    pub panels: u64,
}

pub fn gather(workspace: &Workspace, store: &Store) -> Result<Contents, ReportError> {
    let documents = store.documents()?;
    let panels = store.labelled_panels()?;
    let conflicts = panels.iter().filter(|panel| panel.conflict).count() as u64;
    let unlabelled = panels.iter().filter(|p| p.label.is_none() && !p.conflict).count() as u64;
    let named = named(panels);
    let labelled: Vec<&LabelledPanel> = named.iter().map(|named| &named.panel).collect();
    let of_class = |label| labelled.iter().copied().filter(move |p| p.label == Some(label));
    let mut problems = Vec::new();
    let mut samples = Vec::new();
    for &label in Label::all() {
        let candidates: Vec<&NamedPanel> =
            named.iter().filter(|named| named.panel.label == Some(label)).collect();
        samples.push((label, pick_samples(store, &documents, &candidates, &mut problems)?));
    }
    let mut runs = read_runs(workspace, &mut problems)?;
    add_captions(&mut runs, workspace, store, &documents, &named, &mut problems)?;
    wrong_labels::add(workspace, store, &mut runs, &mut problems)?;
    Ok(Contents {
        totals: store.totals()?,
        failures: documents
            .into_iter()
            .filter_map(|document| Some((document.path, document.error?)))
            .collect(),
        synthetic: is_synthetic(store)?,
        classes: Label::all().iter().map(|&l| (l, Tally::of(of_class(l)))).collect(),
        conflicts,
        unlabelled,
        splits: split_tables(store, &labelled)?,
        sizes: Label::all().iter().filter_map(|&l| size_row(l, of_class(l))).collect(),
        licences: licence_rows(store, &labelled)?,
        samples,
        runs,
        problems,
    })
}

/// The panels that have a class, under their names.
fn named(panels: Vec<LabelledPanel>) -> Vec<NamedPanel> {
    let mut labelled: Vec<LabelledPanel> =
        panels.into_iter().filter(|panel| panel.label.is_some()).collect();
    let names = stems(&mut labelled);
    let pairs = names.into_iter().zip(labelled);
    pairs.map(|(stem, panel)| NamedPanel { name: format!("{stem}.png"), panel }).collect()
}

fn is_synthetic(store: &Store) -> Result<bool, ReportError> {
    Ok(store
        .decisions_in_force(task::in_force().classifying())?
        .iter()
        .any(|d| d.curator == synth::CURATOR))
}

fn split_tables(
    store: &Store,
    labelled: &[&LabelledPanel],
) -> Result<Vec<SplitTable>, ReportError> {
    let by_id: HashMap<i64, &LabelledPanel> = labelled.iter().map(|&p| (p.id, p)).collect();
    let mut tables = Vec::new();
    for name in store.split_names()? {
        let Some(split) = store.split(&name)? else { continue };
        let tally = |part, label| {
            let members = split.parts.iter().filter(|&&(_, of)| of == part);
            let members = members.filter_map(|(id, _)| by_id.get(id).copied());
            Tally::of(members.filter(|panel| panel.label == Some(label)))
        };
        let row = |&part| (part, Label::all().iter().map(|&label| tally(part, label)).collect());
        tables.push(SplitTable {
            name,
            how: in_words(&split.how),
            parts: Split::ALL.iter().map(row).collect(),
            stale: split.parts.iter().filter(|(id, _)| !by_id.contains_key(id)).count() as u64,
        });
    }
    Ok(tables)
}

/// A flat JSON object as `key value, key value`.
fn in_words(value: &serde_json::Value) -> String {
    let word = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        serde_json::Value::Object(fields) => {
            let pairs = fields
                .iter()
                .map(|(key, value)| format!("{} {}", key.replace('_', " "), word(value)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        other => word(other),
    }
}

fn size_row<'a>(
    label: Label,
    panels: impl Iterator<Item = &'a LabelledPanel> + Clone,
) -> Option<SizeRow> {
    let heights: Vec<u32> = panels.clone().map(|panel| panel.bounds.h).collect();
    let widths: Vec<u32> = panels.map(|panel| panel.bounds.w).collect();
    Some(SizeRow { label, height: Spread::of(&heights)?, width: Spread::of(&widths)? })
}

/// Most panels first.
fn licence_rows(
    store: &Store,
    labelled: &[&LabelledPanel],
) -> Result<Vec<LicenceRow>, ReportError> {
    let mut panels_of: BTreeMap<i64, u64> = BTreeMap::new();
    for panel in labelled {
        *panels_of.entry(panel.preprint).or_default() += 1;
    }
    let mut rows: BTreeMap<String, LicenceRow> = BTreeMap::new();
    for (preprint, panels) in panels_of {
        let licence = store.paper(preprint)?.licence;
        let row =
            rows.entry(licence.clone()).or_insert(LicenceRow { licence, papers: 0, panels: 0 });
        row.papers += 1;
        row.panels += panels;
    }
    let mut rows: Vec<LicenceRow> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.panels));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_sizes() {
        assert_eq!(Spread::of(&[153, 500, 1853]).map(|s| (s.min, s.max)), Some((153, 1853)));
        assert_eq!(Spread::of(&[2, 4]).map(|s| s.mean), Some(3.0));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn how_a_split_was_made_reads_as_words() {
        let how = serde_json::json!({"by": "patient", "seed": 7, "ratio": [70, 12, 18]});
        assert_eq!(in_words(&how), "by patient, ratio [70,12,18], seed 7");
    }
}
