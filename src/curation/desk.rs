//! One curator at work on one store: what to ask next, the one way in which decisions are written,
//! and how the last of them is taken back. Knows nothing of how a curator is asked.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use super::asked::{Task, is_of_panels};
use super::carry;
use super::earlier::Earlier;
use super::error::Result;
use super::evidence::Quote;
use super::item::AsPrinted;
use super::nothing;
use super::options::{QueueOptions, Which};
use super::queue::{By, Queue, passed_over};
use super::round::Round;
use crate::store::{
    self, Decision, NewDecision, NewPanel, Store, StoreError, Subject, Within, now,
};
use covid_ct_core::{PanelBox, Stage, Value};

/// What was done last, for undo.
#[derive(Debug, Clone)]
enum Step {
    Decided(Stage, Subject),
    /// Decided in one go, oldest first.
    Batch(Stage, Vec<Subject>),
    Skipped(Stage, Subject),
    /// Asked again, and left as it was.
    Kept(Stage, Subject),
    /// A crop, and the letters that it took from panels.
    Cropped(Subject, Vec<Lettered>),
}

/// `panel.id`, its letter and its sub-caption.
type Lettered = (i64, String, String);

/// What an undo took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undone {
    Nothing,
    Skip(Stage, Subject),
    Kept(Stage, Subject),
    /// The decision, and what is in force again.
    Decision(Stage, Subject, Option<Value>, Option<Value>),
    Batch(Stage, Vec<Subject>),
}

impl Undone {
    /// What is to be asked about again.
    pub fn what(&self) -> Option<(Stage, &[Subject])> {
        match self {
            Self::Nothing => None,
            Self::Skip(stage, subject)
            | Self::Kept(stage, subject)
            | Self::Decision(stage, subject, ..) => Some((*stage, std::slice::from_ref(subject))),
            Self::Batch(stage, subjects) => Some((*stage, subjects)),
        }
    }
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("there is nothing to undo"),
            Self::Skip(..) => f.write_str("undone: the skip"),
            Self::Kept(stage, _) => write!(f, "back to the {stage} that was kept"),
            Self::Decision(stage, _, value, again) => {
                let value = value.as_ref().map(ToString::to_string).unwrap_or_default();
                write!(f, "undone: {stage} {value}")?;
                match again {
                    Some(again) => write!(f, "; in force again: {again}"),
                    None => Ok(()),
                }
            }
            Self::Batch(stage, subjects) => {
                let what = if is_of_panels(*stage) { "panels" } else { "pictures" };
                write!(f, "undone: {stage} of {} {what}", subjects.len())
            }
        }
    }
}

#[derive(Debug)]
pub struct Desk<'a> {
    pub(super) store: &'a mut Store,
    pub(super) curator: String,
    pub(super) printer: &'a mut dyn AsPrinted,
    options: QueueOptions,
    steps: Vec<Step>,
    skipped: HashSet<(Stage, Subject)>,
    /// Where decisions are looked at again: what was there to look at when a stage was come to.
    again: HashMap<Stage, Queue>,
    /// What was asked about and decided here.
    finished: HashSet<(Stage, Subject)>,
    /// What the decision on what is shown settles, whatever else it would be about.
    settling: Option<Subject>,
    /// What an undo brought back, to be asked first.
    first: Option<(Stage, Subject)>,
    /// What was taken back here, to start from when it is asked again.
    taken_back: HashMap<(Stage, Subject), Decision>,
    /// Typed for the next decision on what is shown.
    pub(super) note: String,
    undone: usize,
}

impl<'a> Desk<'a> {
    /// A desk for what `options` want. `printer` makes the pictures of figures as printed.
    pub fn new(
        store: &'a mut Store,
        curator: &str,
        options: &QueueOptions,
        printer: &'a mut dyn AsPrinted,
    ) -> Self {
        Self {
            store,
            printer,
            curator: curator.to_owned(),
            options: options.clone(),
            again: HashMap::new(),
            finished: HashSet::new(),
            settling: None,
            steps: Vec::new(),
            skipped: HashSet::new(),
            first: None,
            taken_back: HashMap::new(),
            note: String::new(),
            undone: 0,
        }
    }

    /// Whether the decision on what is shown settles a dispute.
    pub(super) fn is_settling(&self) -> bool {
        self.settling.is_some()
    }

    /// Whether nothing of what others decided may be shown.
    pub(super) fn is_blind(&self) -> bool {
        self.options.is_blind()
    }

    /// Decisions of this session that stand.
    pub(super) fn decided(&self) -> usize {
        let of = |step: &Step| match step {
            Step::Decided(..) | Step::Cropped(..) => 1,
            Step::Batch(_, subjects) => subjects.len(),
            Step::Skipped(..) | Step::Kept(..) => 0,
        };
        self.steps.iter().map(of).sum()
    }

    pub(super) fn undone(&self) -> usize {
        self.undone
    }

    pub(super) fn skipped(&self) -> usize {
        self.skipped.len()
    }

    /// Asked again and left as it was, in this session.
    pub(super) fn kept(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Kept(..))).count()
    }

    /// What the curator said of a subject that is asked about again: what is in force, be it that somebody
    /// settled a dispute about it since; where nothing is, what was taken back in this session. Nothing
    /// where a dispute is to be settled, which has readings of its own.
    pub(super) fn earlier(&self, stage: Stage, subject: Subject) -> Result<Option<Earlier>> {
        if self.is_settling() {
            return Ok(None);
        }
        let within = Within::Image(subject.image);
        let mut said = self.store.decisions_in_force_within(stage, within)?;
        said.retain(|decision| decision.subject == subject);
        let Some(own) = said.iter().position(|decision| decision.curator == self.curator) else {
            let taken_back = self.taken_back.get(&(stage, subject)).cloned();
            return Ok(taken_back.map(|decision| Earlier { decision, in_force: false }));
        };
        let settled = said.iter().rposition(|decision| decision.adjudicates);
        let shown = settled.filter(|&at| at > own && !self.is_blind()).unwrap_or(own);
        Ok(Some(Earlier { decision: said.swap_remove(shown), in_force: true }))
    }

    /// Why nothing is left of these stages, and what comes next, a sentence each.
    pub(super) fn why_nothing(&self, stages: &[Stage]) -> Result<Vec<String>> {
        Ok(nothing::why(self.store, &self.curator, stages, &self.options)?)
    }

    /// The first stage with something left that was not skipped, and what of it nobody is asked about,
    /// a sentence each.
    pub(super) fn next_round(&mut self, stages: &[Stage]) -> Result<Option<(Round, Vec<String>)>> {
        for &stage in stages {
            let mut queue = self.queue(stage)?;
            queue.tasks.retain(|task| !self.skipped.contains(&(stage, task.subject())));
            self.bring_first(stage, &mut queue)?;
            if !queue.tasks.is_empty() {
                let told = passed_over(&queue);
                return Ok(Some((Round::new(stage, queue), told)));
            }
        }
        Ok(None)
    }

    /// Puts what an undo brought back before all else, be it that what was said before is in force again,
    /// so that nobody would be asked about it.
    fn bring_first(&self, stage: Stage, queue: &mut Queue) -> Result<()> {
        let Some((of, subject)) = self.first else { return Ok(()) };
        let is_it = |task: &Task| {
            task.subject() == subject || task.subject() == Subject::image(subject.image)
        };
        if of == stage && !queue.tasks.iter().any(is_it) && !self.options.is_revisit() {
            let again = QueueOptions { which: Which::Decided, ..self.options.clone() };
            let decided = Queue::build(self.store, stage, By::Curator(&self.curator), &again)?;
            if let Some(task) = decided.tasks.into_iter().find(is_it) {
                queue.done = queue.done.saturating_sub(1);
                queue.tasks.push(task);
            }
        }
        // Stable, so that all others keep their order.
        queue.tasks.sort_by_key(|task| !is_it(task));
        Ok(())
    }

    fn queue(&mut self, stage: Stage) -> Result<Queue> {
        let build = || Queue::build(self.store, stage, By::Curator(&self.curator), &self.options);
        if !self.options.is_revisit() {
            return Ok(build()?);
        }
        // Nothing leaves such a queue by being decided, so what was decided here is taken out.
        let all = match self.again.entry(stage) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(empty) => empty.insert(build()?),
        };
        let mut queue = all.clone();
        queue.tasks.retain(|task| !self.finished.contains(&(stage, task.subject())));
        queue.done = all.tasks.len() - queue.tasks.len();
        Ok(queue)
    }

    /// What is shown changes: a note was for what was shown before, and what is decided from here on
    /// settles what is disputed about `task`.
    pub(super) fn turn_to(&mut self, task: Option<&Task>) {
        self.note.clear();
        self.settling = task.and_then(|task| task.dispute.as_ref()).map(|dispute| dispute.subject);
    }

    /// All that was to be decided on `subjects` is decided; on what an undo brought back, too.
    pub(super) fn finish(&mut self, stage: Stage, subjects: &[Subject]) {
        self.first = None;
        self.finished.extend(subjects.iter().map(|&subject| (stage, subject)));
    }

    pub(super) fn skip(&mut self, stage: Stage, subject: Subject) {
        self.first = None;
        self.skipped.insert((stage, subject));
        self.steps.push(Step::Skipped(stage, subject));
    }

    /// Takes back what was done last: a skip, decision or batch of this session, else the curator's last
    /// decision that stands, whenever it was made, if it is on a paper that is asked about here. What the curator had said of it before is in force
    /// again.
    pub(super) fn undo(&mut self) -> Result<Undone> {
        let undone = match self.steps.last().cloned() {
            Some(Step::Skipped(stage, subject)) => Undone::Skip(stage, subject),
            Some(Step::Kept(stage, subject)) => Undone::Kept(stage, subject),
            Some(Step::Batch(stage, subjects)) => Undone::Batch(stage, subjects),
            Some(Step::Decided(stage, subject)) => self.standing_of(stage, subject)?,
            Some(Step::Cropped(subject, letters)) => {
                letters.iter().try_for_each(|(panel, letter, text)| {
                    self.store.letter_panel(*panel, letter, text).map(drop)
                })?;
                self.standing_of(Stage::Crop, subject)?
            }
            None => match self.store.last_standing_decision(&self.curator)? {
                Some(last) if self.is_asked_about(last.subject)? => {
                    self.standing_of(last.stage, last.subject)?
                }
                _ => return Ok(Undone::Nothing),
            },
        };
        if let Some((stage, subjects)) = undone.what() {
            if !matches!(undone, Undone::Skip(..) | Undone::Kept(..)) {
                self.take_back(stage, subjects)?;
                self.undone += subjects.len();
            }
            self.first = subjects.first().map(|&subject| (stage, subject));
            for &subject in subjects {
                self.skipped.remove(&(stage, subject));
                self.unfinish(stage, subject);
            }
        }
        self.steps.pop();
        Ok(undone)
    }

    /// Whether a subject is of a paper that is asked about in this session.
    fn is_asked_about(&self, subject: Subject) -> Result<bool> {
        let mut images = self.store.images_within(Within::Image(subject.image))?;
        self.options.filter(self.store, &mut images)?;
        Ok(!images.is_empty())
    }

    /// The decision that an undo takes back, and what is in force after that.
    fn standing_of(&self, stage: Stage, subject: Subject) -> Result<Undone> {
        let mut said = standing(self.store.decisions_of(stage, subject, &self.curator)?);
        let value = said.pop().and_then(|decision| decision.value);
        let again = said.pop().and_then(|decision| decision.value);
        Ok(Undone::Decision(stage, subject, value, again))
    }

    /// Reverses the decision that stands on each subject, all or none of them.
    fn take_back(&mut self, stage: Stage, subjects: &[Subject]) -> Result<()> {
        let curator = self.curator.clone();
        let mut taken: Vec<Decision> = Vec::new();
        self.store.transaction(|store| {
            for &subject in subjects.iter().rev() {
                let mut said = standing(store.decisions_of(stage, subject, &curator)?);
                taken.extend(said.pop());
                store.decide(&at_a_time_of_force(reversal(stage, subject, &curator), store)?)?;
                if let Some(before) = said.pop() {
                    store.decide(&at_a_time_of_force(before.into(), store)?)?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        let taken = taken.into_iter().map(|decision| ((stage, decision.subject), decision));
        self.taken_back.extend(taken);
        Ok(())
    }

    /// What was asked about again is left as it is.
    pub(super) fn keep(&mut self, stage: Stage, subject: Subject) {
        self.steps.push(Step::Kept(stage, subject));
    }

    /// What was said of a panel may have been said of its picture.
    fn unfinish(&mut self, stage: Stage, subject: Subject) {
        self.finished.remove(&(stage, subject));
        self.finished.remove(&(stage, Subject::image(subject.image)));
    }

    /// Writes a decision with the note typed for it; it is on disk when this returns.
    pub(super) fn decide(&mut self, subject: Subject, value: Value, quote: &Quote) -> Result<()> {
        let subject = self.settling.unwrap_or(subject);
        let stage = value.stage();
        let note = std::mem::take(&mut self.note);
        let row = NewDecision { note, ..self.row(subject, value, quote) };
        self.store.decide(&at_a_time_of_force(row, self.store)?)?;
        self.steps.push(Step::Decided(stage, subject));
        Ok(())
    }

    /// Writes which boxes of a picture are its scans, all of it or nothing: the panels, the decision, and on
    /// panels that merely moved, from where they were `before`, what was decided on them there.
    pub(super) fn decide_crop(
        &mut self,
        image: i64,
        panels: &[NewPanel],
        boxes: Vec<PanelBox>,
        before: &[PanelBox],
    ) -> Result<()> {
        let subject = self.settling.unwrap_or(Subject::image(image));
        let note = std::mem::take(&mut self.note);
        let after = boxes.clone();
        let row = NewDecision { note, ..self.row(subject, Value::Crop(boxes), &Quote::image()) };
        let curator = self.curator.clone();
        let mut letters: Vec<Lettered> = Vec::new();
        self.store.transaction(|store| {
            for panel in panels {
                let id = store.panel(panel)?;
                letters.extend(store.letter_panel(id, &panel.letter, &panel.sub_caption)?);
            }
            store.decide(&at_a_time_of_force(row, store)?)?;
            carry::carry(store, image, before, &after, &curator)
        })?;
        self.steps.push(Step::Cropped(subject, letters));
        Ok(())
    }

    /// Writes decisions of one stage, all or none of them, as one step for an undo.
    pub(super) fn decide_all(
        &mut self,
        stage: Stage,
        decisions: Vec<(Subject, Value, Quote)>,
    ) -> Result<()> {
        let subjects = decisions.iter().map(|(subject, ..)| *subject).collect();
        let rows: Vec<NewDecision> = decisions
            .into_iter()
            .map(|(subject, value, quote)| self.row(subject, value, &quote))
            .collect();
        self.store.transaction(|store| {
            rows.into_iter()
                .try_for_each(|row| store.decide(&at_a_time_of_force(row, store)?).map(drop))
        })?;
        self.steps.push(Step::Batch(stage, subjects));
        Ok(())
    }

    /// A decision of now.
    fn row(&self, subject: Subject, value: Value, quote: &Quote) -> NewDecision {
        let nothing = reversal(value.stage(), subject, &self.curator);
        NewDecision {
            evidence: quote.source,
            span: quote.span.clone(),
            adjudicates: self.is_settling(),
            value: Some(value),
            ..nothing
        }
    }
}

/// What a curator said of a subject that was not taken back, of all rows on it, oldest first.
fn standing(rows: Vec<Decision>) -> Vec<Decision> {
    let mut standing: Vec<Decision> = Vec::new();
    let mut taken_back = false;
    for row in rows {
        let restates = taken_back && standing.last().is_some_and(|last| last.value == row.value);
        taken_back = row.value.is_none();
        if taken_back {
            standing.pop();
        } else if !restates {
            standing.push(row);
        }
    }
    standing
}

fn reversal(stage: Stage, subject: Subject, curator: &str) -> NewDecision {
    NewDecision {
        stage,
        subject,
        value: None,
        evidence: None,
        span: String::new(),
        curator: curator.to_owned(),
        time: String::new(),
        note: String::new(),
        adjudicates: false,
    }
}

/// The same at the time of now, or as late as it must be to be in force although a clock was set back
/// or another decision was made within this second.
fn at_a_time_of_force(new: NewDecision, store: &Store) -> store::Result<NewDecision> {
    let before = store.last_decided_at(new.stage, new.subject, &new.curator)?;
    let mut time = now().max(before.unwrap_or_default());
    let (reading, adjudication) = store.last_reading_and_adjudication(new.stage, new.subject)?;
    if new.adjudicates {
        time = time.max(reading.unwrap_or_default());
    } else if let Some(settled) = adjudication.filter(|settled| *settled >= time) {
        // Within one second an adjudication comes last.
        time = a_second_after(settled);
    }
    Ok(NewDecision { time, ..new })
}

fn a_second_after(time: String) -> String {
    let later = time.parse::<jiff::Timestamp>().ok();
    let later = later.and_then(|at| at.checked_add(jiff::SignedDuration::from_secs(1)).ok());
    later.map_or(time, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ct`, `not-ct` and `-` for a reversal, as what still stands of them.
    fn stands(said: &str) -> String {
        let row = |(id, word): (i64, &str)| Decision {
            id,
            stage: Stage::Select,
            subject: Subject::image(1),
            value: Value::parse(Stage::Select, word).ok(),
            evidence: None,
            span: String::new(),
            curator: "ann".into(),
            time: String::new(),
            note: String::new(),
            adjudicates: false,
        };
        let rows = (0..).zip(said.split_whitespace()).map(row).collect();
        let values = standing(rows).into_iter().filter_map(|row| Some(row.value?.to_string()));
        values.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_reversal_takes_back_the_last_word_and_leaves_the_one_before() {
        assert_eq!(stands(""), "");
        assert_eq!(stands("ct -"), "");
        assert_eq!(stands("ct not-ct"), "ct not-ct");
        assert_eq!(stands("ct not-ct - ct"), "ct", "said again after an undo, not anew");
        assert_eq!(stands("ct not-ct - ct -"), "");
        assert_eq!(stands("ct ct"), "ct ct");
        assert_eq!(stands("- ct"), "ct");
    }
}
