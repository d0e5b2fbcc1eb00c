//! What readers disagree on, out of the database.

use std::collections::HashMap;

use super::asked::{Dispute, Reading, Task};
use super::options::QueueOptions;
use crate::store::{
    self, CaseDetails, Decision, ImageRow, LabelledPanel, Patient, Store, Subject, Verdict, Within,
};
use covid_ct_core::{Stage, Value};

/// All that is disputed at a stage, by paper and page. A dispute on a panel that no longer counts needs no
/// settling. A case that is said of a whole picture is asked about with its first panel.
pub(super) fn disputes(
    store: &Store,
    stage: Stage,
    options: &QueueOptions,
) -> store::Result<Vec<Task>> {
    let mut disputed: Vec<(Subject, Vec<Reading>)> = Vec::new();
    let patients = if stage == Stage::Case { store.patients(Within::All)? } else { Vec::new() };
    let verdicts = store.verdicts(stage)?;
    for (&subject, verdict) in verdicts.iter().filter(|(_, verdict)| !verdict.agreed) {
        disputed.push((subject, readings(store, verdict, &patients)?));
    }
    for patient in patients.iter().filter(|patient| !patient.disputed.is_empty()) {
        if let Some(&subject) = patient.subjects.iter().find(|s| verdicts.contains_key(s)) {
            disputed.push((subject, statements(store, patient, &verdicts[&subject])?));
        }
    }
    if disputed.is_empty() {
        return Ok(Vec::new());
    }
    disputed.sort_by_key(|(subject, _)| *subject);
    let mut images: Vec<ImageRow> = store.images()?;
    options.filter(store, &mut images)?;
    let places: HashMap<i64, usize> =
        (0..).zip(&images).map(|(at, image)| (image.id, at)).collect();
    disputed.retain(|(subject, _)| places.contains_key(&subject.image));
    // Stable: a picture before its panels.
    disputed.sort_by_key(|(subject, _)| places[&subject.image]);
    let panels: Vec<LabelledPanel> = store.labelled_panels()?;
    let mut tasks = Vec::new();
    for (subject, readings) in disputed {
        let wanted = |panel: &&LabelledPanel| match subject.panel {
            Some(id) => panel.id == id,
            None => stage == Stage::Case && panel.image == subject.image,
        };
        let panel = panels.iter().find(wanted).cloned();
        if panel.is_none() && (subject.panel.is_some() || stage == Stage::Case) {
            continue;
        }
        let dispute = Dispute { subject, readings };
        let image = images[places[&subject.image]].clone();
        tasks.push(Task { image, panel, dispute: Some(dispute) });
    }
    Ok(tasks)
}

/// The decisions behind a verdict, each with what its curator tells of the patient.
fn readings(store: &Store, verdict: &Verdict, patients: &[Patient]) -> store::Result<Vec<Reading>> {
    let mut readings = Vec::new();
    for decision in store.readings(verdict)? {
        let mut details = CaseDetails::default();
        if let Some(Value::Case { name, .. }) = &decision.value {
            let preprint = store.paper_of_image(decision.subject.image)?;
            let of = |patient: &&Patient| patient.preprint == preprint && patient.name == *name;
            let told = patients.iter().find(of).into_iter().flat_map(|patient| &patient.statements);
            let mut own = told.filter(|told| told.curator == decision.curator);
            details = own.next().map(|told| told.details.clone()).unwrap_or_default();
        }
        readings.push(Reading { decision, details });
    }
    Ok(readings)
}

/// What the curators tell of a patient, each with a decision of theirs: of one panel, what is in force of
/// it, since nothing but the details is disputed.
fn statements(store: &Store, patient: &Patient, verdict: &Verdict) -> store::Result<Vec<Reading>> {
    let within = Within::Preprint(patient.preprint);
    let decisions = store.decisions_in_force_within(Stage::Case, within)?;
    let names = store.patient_names(patient.preprint)?;
    let reading = |statement: &store::Statement| {
        let own = names.own(&statement.curator, &patient.name);
        let mut said = decisions.iter().filter(|decision| {
            let named = matches!(&decision.value, Some(Value::Case { name, .. }) if *name == own);
            named && decision.curator == statement.curator
        });
        let decision = Decision { value: Some(verdict.value.clone()), ..said.next()?.clone() };
        Some(Reading { decision, details: statement.details.clone() })
    };
    Ok(patient.statements.iter().filter_map(reading).collect())
}
