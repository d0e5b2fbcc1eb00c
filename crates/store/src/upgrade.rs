//! What changes of what is in force when a database of an earlier version is opened. Before version 7 of the
//! schema readers had to use the same names for patients and draw the same boxes to the pixel, the newest
//! reading was in force, and of a patient's name the newest row of any reader counted.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{named_params, params};

use super::decisions::{Standing, Within, in_force_sql};
use super::{CaseDetails, Result, Store, Subject, now};
use covid_ct_core::{PanelBox, Stage, Value};

/// The version from which readers are compared by what they mean.
const BY_MEANING: usize = 7;

/// What a subject's decisions amounted to.
struct Before {
    value: Value,
    agreed: bool,
}

impl Store {
    /// Of a database that was of version `from`: keeps and tells what is read otherwise now.
    pub(super) fn tell_upgrade_from(&self, from: usize) -> Result<()> {
        if from == 0 || from >= BY_MEANING {
            return Ok(());
        }
        let told = self.read_otherwise()?;
        let path = self.db.path().unwrap_or_default();
        if told.is_empty() {
            tracing::info!(
                "{path}: of version {from}, brought up to date; nothing in force has changed"
            );
        }
        for told in told {
            tracing::warn!("{path}: brought up to date: {told}");
            // Another process may have opened it at the same time.
            self.db.execute(
                "INSERT INTO upgrade (time, told)
                 SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM upgrade WHERE told = ?2)",
                params![now(), told],
            )?;
        }
        Ok(())
    }

    /// What upgrades changed of what is in force, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn upgrades(&self) -> Result<Vec<String>> {
        let mut query = self.db.prepare("SELECT told FROM upgrade ORDER BY id")?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn read_otherwise(&self) -> Result<Vec<String>> {
        let mut told = Vec::new();
        for &stage in Stage::all() {
            let (before, after) = (self.verdicts_before(stage)?, self.verdicts(stage)?);
            let (mut settled, mut disputed, mut other) = (0, 0, 0);
            for (subject, now) in &after {
                let agreed = before.get(subject).is_none_or(|before| before.agreed);
                settled += usize::from(!agreed && now.agreed);
                disputed += usize::from(agreed && !now.agreed);
                let replaced = |before: &Before| before.agreed && before.value != now.value;
                other += usize::from(now.agreed && before.get(subject).is_some_and(replaced));
            }
            if settled > 0 {
                told.push(format!(
                    "{settled} disputes at {stage} are none: the readers mean the same, and what the first of \
                     them said is in force"
                ));
            }
            if disputed > 0 {
                told.push(format!(
                    "{disputed} pictures or panels are disputed at {stage} now: one reader spoke of the \
                     picture, another of its panel"
                ));
            }
            if other > 0 {
                told.push(format!(
                    "{other} decisions at {stage} are in force in the first reader's words"
                ));
            }
        }
        told.extend(self.patients_otherwise()?);
        Ok(told)
    }

    fn verdicts_before(&self, stage: Stage) -> Result<HashMap<Subject, Before>> {
        let mut query = self.db.prepare(&in_force_sql(Within::All))?;
        let rows = query.query_map(
            named_params! {":stage": stage.as_str(), ":within": Within::All.id()},
            Standing::from_row,
        )?;
        let mut by_subject: BTreeMap<Subject, Vec<Standing>> = BTreeMap::new();
        for standing in rows {
            let standing = standing?;
            by_subject.entry(standing.decision.subject).or_default().push(standing);
        }
        let sorted = |value: &Value| match value {
            Value::Crop(boxes) => {
                let mut boxes: Vec<PanelBox> = boxes.clone();
                boxes.sort_unstable();
                Value::Crop(boxes)
            }
            other => other.clone(),
        };
        let before = |(subject, mut all): (Subject, Vec<Standing>)| {
            super::verdicts::leave_last_adjudication(&mut all);
            let values: Vec<Value> = all.into_iter().filter_map(|s| s.decision.value).collect();
            let agreed = values.windows(2).all(|pair| sorted(&pair[0]) == sorted(&pair[1]));
            values.into_iter().next_back().map(|value| (subject, Before { value, agreed }))
        };
        Ok(by_subject.into_iter().filter_map(before).collect())
    }

    fn patients_otherwise(&self) -> Result<Vec<String>> {
        let mut newest: HashMap<(i64, String), CaseDetails> = HashMap::new();
        for row in self.case_rows(Within::All)? {
            newest.insert((row.preprint, row.name), row.details);
        }
        let mut told = Vec::new();
        for patient in self.patients(Within::All)? {
            let key = (patient.preprint, patient.name.clone());
            let Some(before) = newest.get(&key).filter(|before| **before != patient.details) else {
                continue;
            };
            let (paper, now) = (self.paper(patient.preprint)?.name, &patient.details);
            told.push(format!("{} of {paper}: before: {before}; now: {now}", patient.name));
            for field in patient.disputed {
                told.push(format!("the {field} of {} of {paper} is disputed", patient.name));
            }
        }
        Ok(told)
    }
}
