//! How far the whole undertaking has come: what `covid-ct status` tells.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::options::QueueOptions;
use super::queue::{By, Queue};
use crate::extract::is_outdated;
use crate::figures::SuspectKind;
use crate::store::{
    Decision, ImageRow, Result, Statement, Store, Subject, Totals, UnknownAnswer, Verdict, Within,
};
use crate::suspects;
use covid_ct_core::{ClassCounts, Split, Stage};

/// What the database holds and what is left to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    pub totals: Totals,
    /// Documents that an older extractor read.
    pub outdated: usize,
    /// Documents that could not be read, by path.
    pub failures: Vec<FailedDocument>,
    /// What the cross-check found, by kind.
    pub suspects: BTreeMap<SuspectKind, u64>,
    /// Documents with a suspect that counts.
    pub suspected: usize,
    /// In the order of the work.
    pub stages: Vec<StageProgress>,
    pub panels: PanelCounts,
    /// Subjects on which curators disagree, by stage, then paper, page and xref.
    pub conflicts: Vec<Conflict>,
    pub splits: Vec<SplitCounts>,
    /// Names of the training runs, oldest first.
    pub runs: Vec<String>,
    /// What upgrades of the database, and changes of the task, changed of what is in force, oldest first.
    pub upgrades: Vec<String>,
    /// Decisions in words that the task does not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedDocument {
    pub path: String,
    pub error: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageProgress {
    pub stage: Stage,
    /// Subjects with a decision in force.
    pub decided: usize,
    /// Of those decisions, how many say what; crops and cases are not told apart.
    pub values: BTreeMap<String, usize>,
    /// Subjects nobody has decided on.
    pub left: usize,
}

/// Panels in force.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PanelCounts {
    #[serde(flatten)]
    pub classes: ClassCounts,
    /// Undecided, uncertain, excluded or disputed.
    pub without_label: usize,
    /// Of all of them, those of a known patient.
    pub with_case: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    pub stage: Stage,
    pub preprint: String,
    pub page: u32,
    pub xref: Option<u32>,
    /// `panel.id` where it is about one panel.
    pub panel: Option<i64>,
    /// `curator: value`, oldest first.
    pub decisions: Vec<String>,
}

impl Conflict {
    fn of(stage: Stage, image: &ImageRow, panel: Option<i64>, decisions: Vec<String>) -> Self {
        let (preprint, page, xref) = (image.preprint_name.clone(), image.page, image.xref);
        Self { stage, preprint, page, xref, panel, decisions }
    }
}

impl fmt::Display for Conflict {
    /// `select x-p3-8: ann: ct; bob: not-ct`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let xref = self.xref.map_or("inline".to_owned(), |xref| xref.to_string());
        let panel = self.panel.map_or(String::new(), |panel| format!(" panel {panel}"));
        let said = self.decisions.join("; ");
        write!(f, "{} {}-p{}-{xref}{panel}: {said}", self.stage, self.preprint, self.page)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitCounts {
    pub name: String,
    pub train: usize,
    pub val: usize,
    pub test: usize,
}

impl Progress {
    /// Reads it all.
    ///
    /// # Errors
    /// The database's.
    pub fn read(store: &Store) -> Result<Self> {
        let documents = store.documents()?;
        let outdated = documents.iter().filter(|document| is_outdated(document)).count();
        let failures = documents
            .into_iter()
            .filter_map(|document| {
                Some(FailedDocument { error: document.error?, path: document.path })
            })
            .collect();
        let suspected = suspects::papers(store)?;
        let suspected = suspected.iter().filter(|paper| paper.counts()).count();
        Ok(Self {
            outdated,
            suspects: store.suspects_by_kind()?,
            suspected,
            totals: store.totals()?,
            failures,
            stages: Stage::all()
                .iter()
                .map(|&stage| stage_progress(store, stage))
                .collect::<Result<_>>()?,
            panels: panel_counts(store)?,
            conflicts: conflicts(store)?,
            splits: splits(store)?,
            runs: store.runs()?.into_iter().map(|run| run.name).collect(),
            upgrades: store.upgrades()?,
            unknown: store.unknown_answers()?,
        })
    }
}

fn stage_progress(store: &Store, stage: Stage) -> Result<StageProgress> {
    let verdicts = store.verdicts(stage)?;
    let mut values = BTreeMap::new();
    if stage.is_question() {
        for verdict in verdicts.values() {
            let value =
                if verdict.agreed { verdict.value.to_string() } else { "disputed".to_owned() };
            *values.entry(value).or_default() += 1;
        }
    }
    let left = Queue::build(store, stage, By::Anyone, &QueueOptions::default())?.tasks.len();
    Ok(StageProgress { stage, decided: verdicts.len(), values, left })
}

fn panel_counts(store: &Store) -> Result<PanelCounts> {
    let mut counts = PanelCounts::default();
    for panel in store.labelled_panels()? {
        match panel.label {
            Some(label) => counts.classes.add(label, 1),
            None => counts.without_label += 1,
        }
        counts.with_case += usize::from(panel.case.is_some());
    }
    Ok(counts)
}

/// All that curators disagree on.
///
/// # Errors
/// The database's.
pub fn conflicts(store: &Store) -> Result<Vec<Conflict>> {
    let images = store.images()?;
    let mut conflicts = Vec::new();
    for &stage in Stage::all() {
        let verdicts = store.verdicts(stage)?;
        let mut disputed: Vec<(&Subject, &Verdict)> =
            verdicts.iter().filter(|(_, verdict)| !verdict.agreed).collect();
        disputed.sort_by_key(|(subject, _)| **subject);
        for image in &images {
            for (subject, verdict) in disputed.iter().filter(|(s, _)| s.image == image.id) {
                let said = |decision: Decision| {
                    let value = decision.value.map(|v| v.to_string()).unwrap_or_default();
                    format!("{}: {value}", decision.curator)
                };
                let decisions = store.readings(verdict)?.into_iter().map(said).collect();
                conflicts.push(Conflict::of(stage, image, subject.panel, decisions));
            }
        }
    }
    conflicts.extend(disputed_patients(store, &images)?);
    Ok(conflicts)
}

/// Of whom curators tell different things, each with the first picture of the patient.
fn disputed_patients(store: &Store, images: &[ImageRow]) -> Result<Vec<Conflict>> {
    let mut conflicts = Vec::new();
    for patient in store.patients(Within::All)? {
        let shows = |image: &&ImageRow| patient.subjects.iter().any(|s| s.image == image.id);
        let Some(image) = images.iter().find(shows).filter(|_| !patient.disputed.is_empty()) else {
            continue;
        };
        let said = |statement: &Statement| {
            let of =
                |field: &str| statement.details.fields().into_iter().find(|(n, _)| *n == field);
            let fields = patient.disputed.iter().filter_map(|field| of(field));
            let fields: Vec<String> = fields
                .filter(|(_, text)| !text.is_empty())
                .map(|(field, text)| format!("{field} {text}"))
                .collect();
            format!("{}: {}, {}", statement.curator, patient.name, fields.join(", "))
        };
        let decisions = patient.statements.iter().map(said).collect();
        conflicts.push(Conflict::of(Stage::Case, image, None, decisions));
    }
    Ok(conflicts)
}

fn splits(store: &Store) -> Result<Vec<SplitCounts>> {
    let mut counts = Vec::new();
    for name in store.split_names()? {
        let Some(split) = store.split(&name)? else { continue };
        let count = |part: Split| split.parts.iter().filter(|(_, of)| *of == part).count();
        counts.push(SplitCounts {
            train: count(Split::Train),
            val: count(Split::Val),
            test: count(Split::Test),
            name,
        });
    }
    Ok(counts)
}
