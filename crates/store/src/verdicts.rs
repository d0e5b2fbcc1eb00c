//! What the curators' decisions in force on a subject amount to.
//!
//! Of several curators' decisions all must agree, those made before the last that adjudicates left out. Two
//! crops agree whose boxes match one to one at [`SAME_BOX`]; two cases, where they say the same of who
//! shares a patient with whom, whatever either calls the patient (see [`Names`]). What is in force of
//! decisions that agree is what the first reader said: a second reader who agrees changes nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::named_params;

use super::decisions::{Standing, Within, in_force_sql};
use super::patients::{CaseRead, Names, Told, same_words};
use super::{Decision, Result, Store, Subject};
use covid_ct_core::{PanelBox, Stage, Value};

/// Intersection over union from which two boxes are one panel: a box of 300 pixels a side that is drawn
/// anew by hand differs by some pixels at each edge, and the neighbouring scan of a compound is far below.
pub const SAME_BOX: f64 = 0.90;

/// What the curators' decisions in force on one subject amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The first reader's, or the adjudication's. Of a case, by the name the paper's patient has in all.
    pub value: Value,
    /// Whether all of them mean the same.
    pub agreed: bool,
    /// Ids of the decisions that count, oldest first.
    pub decisions: Vec<i64>,
}

impl Store {
    /// What the decisions in force at `stage` amount to, by subject.
    ///
    /// # Errors
    /// The database's.
    pub fn verdicts(&self, stage: Stage) -> Result<HashMap<Subject, Verdict>> {
        self.verdicts_within(stage, Within::All)
    }

    pub(super) fn verdicts_within(
        &self,
        stage: Stage,
        within: Within,
    ) -> Result<HashMap<Subject, Verdict>> {
        if stage == Stage::Case {
            return Ok(self.cases_read(within)?.verdicts);
        }
        let counted = self.counted(stage, within)?;
        let verdict = |(subject, standing): (Subject, Vec<Standing>)| {
            let reference = reference(&standing)?.decision.value.clone()?;
            let values = standing.iter().filter_map(|s| s.decision.value.as_ref());
            let agreed = values.into_iter().all(|value| same(&reference, value));
            let decisions = standing.iter().map(|s| s.decision.id).collect();
            Some((subject, Verdict { value: reference, agreed, decisions }))
        };
        Ok(counted.into_iter().filter_map(verdict).collect())
    }

    /// The decisions that a verdict rests on, patients by the names that they have in all.
    ///
    /// # Errors
    /// The database's.
    pub fn readings(&self, verdict: &Verdict) -> Result<Vec<Decision>> {
        // All of them are of one picture, and so of one paper.
        let mut names = None;
        let reading = |&id: &i64| {
            let mut decision = self.decision(id)?;
            if let Some(Value::Case { name, .. }) = &mut decision.value {
                if names.is_none() {
                    let paper = self.paper_of_image(decision.subject.image)?;
                    names = Some(self.patient_names(paper)?);
                }
                let common = names.as_ref().map(|names| names.common(&decision.curator, name));
                *name = common.unwrap_or(name).to_owned();
            }
            Ok(decision)
        };
        verdict.decisions.iter().map(reading).collect()
    }

    /// The decisions in force of a stage that count, oldest first: those that an adjudication overruled
    /// left out; beside those on a panel, those on its picture by curators who said nothing of the panel.
    pub(super) fn counted(
        &self,
        stage: Stage,
        within: Within,
    ) -> Result<BTreeMap<Subject, Vec<Standing>>> {
        let mut by_subject: BTreeMap<Subject, Vec<Standing>> = BTreeMap::new();
        for standing in self.standing(stage, within)? {
            by_subject.entry(standing.decision.subject).or_default().push(standing);
        }
        for standing in by_subject.values_mut() {
            standing.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        let said: HashMap<Subject, HashSet<String>> = by_subject
            .iter()
            .map(|(subject, all)| {
                (*subject, all.iter().map(|s| s.decision.curator.clone()).collect())
            })
            .collect();
        by_subject.values_mut().for_each(leave_last_adjudication);
        let of_pictures: HashMap<i64, Vec<Standing>> = by_subject
            .iter()
            .filter(|(subject, _)| subject.panel.is_none())
            .map(|(subject, all)| (subject.image, all.clone()))
            .collect();
        for (subject, own) in &mut by_subject {
            let Some(of_picture) = of_pictures.get(&subject.image) else { continue };
            if subject.panel.is_none() {
                continue;
            }
            let settled = own.first().filter(|s| s.decision.adjudicates);
            let settled = settled.map(|s| s.decision.time.clone());
            let others = of_picture.iter().filter(|other| {
                !said[subject].contains(&other.decision.curator)
                    && settled.as_ref().is_none_or(|time| other.decision.time > *time)
            });
            own.extend(others.cloned().collect::<Vec<_>>());
            own.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        Ok(by_subject)
    }

    /// The newest decision of each curator on each subject at `stage`, withdrawn ones left out. What was
    /// said of a panel whose box was moved since is said of the panel in its place.
    pub(super) fn standing(&self, stage: Stage, within: Within) -> Result<Vec<Standing>> {
        let mut query = self.db.prepare_cached(&in_force_sql(within))?;
        let rows = query.query_map(
            named_params! {":stage": stage.as_str(), ":within": within.id()},
            Standing::from_row,
        )?;
        let mut standing: Vec<Standing> = rows.collect::<rusqlite::Result<_>>()?;
        let of_panels = standing.iter().any(|s| s.decision.subject.panel.is_some());
        if !of_panels || stage == Stage::Crop {
            return Ok(standing);
        }
        let moved = self.moved_panels(within)?;
        let is_moved =
            |s: &Standing| s.decision.subject.panel.is_some_and(|id| moved.contains_key(&id));
        if !standing.iter().any(is_moved) {
            return Ok(standing);
        }
        for Standing { decision, .. } in &mut standing {
            if let Some(to) = decision.subject.panel.and_then(|id| moved.get(&id)) {
                decision.subject.panel = Some(*to);
            }
        }
        // Of what a curator said of both boxes the newest counts.
        let mut newest: BTreeMap<(Subject, String), Standing> = BTreeMap::new();
        for later in standing {
            let key = (later.decision.subject, later.decision.curator.clone());
            match newest.get_mut(&key) {
                None => drop(newest.insert(key, later)),
                Some(held) => {
                    let first = held.first.clone().min(later.first.clone());
                    if held.order() < later.order() {
                        *held = later;
                    }
                    held.first = first;
                }
            }
        }
        let mut standing: Vec<Standing> = newest.into_values().collect();
        standing
            .sort_by(|a, b| (a.decision.subject, a.order()).cmp(&(b.decision.subject, b.order())));
        Ok(standing)
    }

    /// The panel in force in whose place a panel was drawn that is in force no more, by `panel.id`: their
    /// boxes are the same at [`SAME_BOX`].
    ///
    /// # Errors
    /// The database's.
    pub fn moved_panels(&self, within: Within) -> Result<HashMap<i64, i64>> {
        let mut drawn: HashMap<i64, Vec<(i64, PanelBox)>> = HashMap::new();
        for ((image, bounds), (id, ..)) in self.panel_details(within)? {
            drawn.entry(image).or_default().push((id, bounds));
        }
        let mut moved = HashMap::new();
        for (subject, verdict) in self.verdicts_within(Stage::Crop, within)? {
            let (Value::Crop(boxes), Some(drawn)) = (&verdict.value, drawn.get(&subject.image))
            else {
                continue;
            };
            let (current, former): (Vec<_>, Vec<_>) =
                drawn.iter().partition(|(_, bounds)| boxes.contains(bounds));
            for (id, bounds) in former {
                let near = current.iter().map(|(to, other)| (bounds.iou(*other), Reverse(*to)));
                let nearest = near.filter(|(iou, _)| *iou >= SAME_BOX);
                if let Some((_, Reverse(to))) =
                    nearest.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
                {
                    moved.insert(id, to);
                }
            }
        }
        Ok(moved)
    }

    /// All that is read out of the case decisions: verdicts, names, patients. Names are those of a whole
    /// paper, so of one picture more is read than is asked.
    pub(super) fn cases_read(&self, within: Within) -> Result<CaseRead> {
        let within = match within {
            Within::Image(image) => Within::Preprint(self.paper_of_image(image)?),
            wider => wider,
        };
        let papers = self.papers_of_images(within)?;
        let counted = self.counted(Stage::Case, within)?;
        let mut told: BTreeMap<i64, Vec<Told<'_>>> = BTreeMap::new();
        for (subject, all) in &counted {
            let Some(&paper) = papers.get(&subject.image) else { continue };
            let of = told.entry(paper).or_default();
            of.extend(all.iter().filter_map(|standing| Told::of(*subject, standing)));
        }
        let names: HashMap<i64, Names> =
            told.iter().map(|(paper, told)| (*paper, Names::of(told))).collect();
        let patients = super::patients::gather(&told, &names, self.case_rows(within)?);
        let mut verdicts = HashMap::new();
        for (subject, all) in &counted {
            let names = papers.get(&subject.image).and_then(|paper| names.get(paper));
            let common = |decision: &Decision| match &decision.value {
                Some(Value::Case { name, time }) => {
                    let name =
                        names.map_or(name.as_str(), |names| names.common(&decision.curator, name));
                    Some((name.to_owned(), time.clone()))
                }
                _ => None,
            };
            let Some((name, time)) = reference(all).and_then(|s| common(&s.decision)) else {
                continue;
            };
            let said: Vec<_> = all.iter().filter_map(|s| common(&s.decision)).collect();
            // A time that one reader left out is no other time.
            let mut times = time.iter().chain(said.iter().filter_map(|(_, time)| time.as_ref()));
            let time = times.next().cloned();
            let one_time = time.as_ref().is_none_or(|time| times.all(|t| same_words(t, time)));
            let agreed = one_time && said.iter().all(|(other, _)| *other == name);
            let decisions = all.iter().map(|s| s.decision.id).collect();
            let value = Value::Case { name, time };
            verdicts.insert(*subject, Verdict { value, agreed, decisions });
        }
        Ok(CaseRead { verdicts, names, patients })
    }
}

/// Leaves the last decision that adjudicates and those made after it; all, where none does.
pub(super) fn leave_last_adjudication(standing: &mut Vec<Standing>) {
    if let Some(settled) = standing.iter().rposition(|s| s.decision.adjudicates) {
        standing.drain(..settled);
    }
}

/// Whose word is in force where all agree: the adjudication, else who came to the subject first.
fn reference(standing: &[Standing]) -> Option<&Standing> {
    let settled = standing.first().filter(|s| s.decision.adjudicates);
    settled.or_else(|| standing.iter().min_by_key(|s| (&s.first, s.decision.id)))
}

/// Whether two curators mean the same; the order in which panels were drawn does not count.
pub fn same(one: &Value, other: &Value) -> bool {
    let (Value::Crop(one), Value::Crop(other)) = (one, other) else { return one == other };
    let mut left: Vec<PanelBox> = other.clone();
    one.len() == other.len()
        && one.iter().all(|bounds| {
            let nearest = (0..left.len())
                .max_by(|&a, &b| bounds.iou(left[a]).total_cmp(&bounds.iou(left[b])));
            nearest
                .filter(|&at| bounds.iou(left[at]) >= SAME_BOX)
                .map(|at| left.swap_remove(at))
                .is_some()
        })
}
