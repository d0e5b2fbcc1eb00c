//! One curator at work on one store: what to ask next, the one way in which decisions are written,
//! and how the last of them is taken back. Knows nothing of how a curator is asked.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use super::evidence::Quote;
use super::item::AsPrinted;
use super::options::QueueOptions;
use super::queue::{By, Queue};
use super::round::Round;
use super::session::{Result, passed_over};
use crate::store::{NewDecision, Stage, Store, Subject, Value, now};

/// What was done last, for undo.
#[derive(Debug, Clone)]
enum Step {
    Decided,
    /// Decided in one go, oldest first.
    Batch(Stage, Vec<Subject>),
    Skipped(Stage, Subject),
}

/// What an undo took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undone {
    Nothing,
    Skip(Stage, Subject),
    Decision(Stage, Subject, Option<Value>),
    Batch(Stage, Vec<Subject>),
}

impl Undone {
    /// What is to be asked about again.
    pub fn what(&self) -> Option<(Stage, &[Subject])> {
        match self {
            Self::Nothing => None,
            Self::Skip(stage, subject) | Self::Decision(stage, subject, _) => {
                Some((*stage, std::slice::from_ref(subject)))
            }
            Self::Batch(stage, subjects) => Some((*stage, subjects)),
        }
    }
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("there is nothing to undo"),
            Self::Skip(..) => f.write_str("undone: the skip"),
            Self::Decision(stage, _, value) => {
                let value = value.as_ref().map(ToString::to_string).unwrap_or_default();
                write!(f, "undone: {stage} {value}")
            }
            Self::Batch(stage, subjects) => {
                write!(f, "undone: {stage} of {} pictures", subjects.len())
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
    /// What decisions settle, whatever else they would be about.
    settling: Option<Subject>,
    /// What an undo brought back, to be asked first.
    first: Option<Subject>,
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
            note: String::new(),
            undone: 0,
        }
    }

    pub(super) fn options(&self) -> &QueueOptions {
        &self.options
    }

    /// Decisions from here on settle a dispute on this subject.
    pub(super) fn settle(&mut self, subject: Option<Subject>) {
        self.settling = subject;
    }

    pub(super) fn is_settling(&self) -> bool {
        self.settling.is_some()
    }

    /// Those that were not skipped, what an undo brought back first.
    pub(super) fn unskipped<T>(
        &self,
        mut all: Vec<T>,
        of: impl Fn(&T) -> (Stage, Subject),
    ) -> Vec<T> {
        all.retain(|one| !self.skipped.contains(&of(one)));
        all.sort_by_key(|one| self.first != Some(of(one).1));
        all
    }

    /// Whether nothing of what others decided may be shown.
    pub(super) fn is_blind(&self) -> bool {
        self.options.is_blind()
    }

    /// Decisions of this session that stand.
    pub(super) fn decided(&self) -> usize {
        let of = |step: &Step| match step {
            Step::Decided => 1,
            Step::Batch(_, subjects) => subjects.len(),
            Step::Skipped(..) => 0,
        };
        self.steps.iter().map(of).sum()
    }

    pub(super) fn undone(&self) -> usize {
        self.undone
    }

    pub(super) fn skipped(&self) -> usize {
        self.skipped.len()
    }

    /// The first stage with something left that was not skipped, and what of it nobody is asked about,
    /// a sentence each.
    pub(super) fn next_round(&mut self, stages: &[Stage]) -> Result<Option<(Round, Vec<String>)>> {
        for &stage in stages {
            let mut queue = self.queue(stage)?;
            queue.tasks.retain(|task| !self.skipped.contains(&(stage, task.subject())));
            if !queue.tasks.is_empty() {
                // Stable, so that all but the one an undo brought back keep their order.
                queue.tasks.sort_by_key(|task| self.first != Some(task.subject()));
                let told = passed_over(&queue);
                return Ok(Some((Round::new(stage, queue), told)));
            }
        }
        Ok(None)
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

    /// What is shown changes: a note was for what was shown before.
    pub(super) fn turn_to_next(&mut self) {
        self.note.clear();
    }

    /// All that was to be decided on `subjects` is decided; on what an undo brought back, too.
    pub(super) fn finish(&mut self, stage: Stage, subjects: &[Subject]) {
        self.first = None;
        self.finished.extend(subjects.iter().map(|&subject| (stage, subject)));
    }

    pub(super) fn skip(&mut self, stage: Stage, subject: Subject) {
        self.skipped.insert((stage, subject));
        self.steps.push(Step::Skipped(stage, subject));
    }

    /// Takes back what was done last: a skip or a batch of this session, else the curator's last
    /// decision that stands, whenever it was made.
    pub(super) fn undo(&mut self) -> Result<Undone> {
        match self.steps.last().cloned() {
            Some(Step::Skipped(stage, subject)) => {
                self.steps.pop();
                self.skipped.remove(&(stage, subject));
                self.first = Some(subject);
                return Ok(Undone::Skip(stage, subject));
            }
            Some(Step::Batch(stage, subjects)) => return self.undo_batch(stage, subjects),
            Some(Step::Decided) | None => {}
        }
        let Some(last) = self.store.last_standing_decision(&self.curator)? else {
            return Ok(Undone::Nothing);
        };
        self.steps.pop();
        self.undone += 1;
        self.first = Some(last.subject);
        self.skipped.remove(&(last.stage, last.subject));
        self.unfinish(last.stage, last.subject);
        self.write(last.stage, last.subject, None, &Quote::default(), String::new())?;
        Ok(Undone::Decision(last.stage, last.subject, last.value))
    }

    /// What was said of a panel may have been said of its picture.
    fn unfinish(&mut self, stage: Stage, subject: Subject) {
        self.finished.remove(&(stage, subject));
        self.finished.remove(&(stage, Subject::image(subject.image)));
    }

    fn undo_batch(&mut self, stage: Stage, subjects: Vec<Subject>) -> Result<Undone> {
        let nothing = Quote::default();
        let rows: Vec<NewDecision> = subjects
            .iter()
            .rev()
            .map(|&subject| self.row(stage, subject, None, &nothing, String::new()))
            .collect::<Result<_>>()?;
        self.write_all(&rows)?;
        self.steps.pop();
        self.undone += subjects.len();
        self.first = subjects.first().copied();
        for &subject in &subjects {
            self.unfinish(stage, subject);
        }
        Ok(Undone::Batch(stage, subjects))
    }

    /// Writes a decision with the note typed for it; it is on disk when this returns.
    pub(super) fn decide(&mut self, subject: Subject, value: Value, quote: &Quote) -> Result<()> {
        let note = std::mem::take(&mut self.note);
        let subject = self.settling.unwrap_or(subject);
        self.write(value.stage(), subject, Some(value), quote, note)?;
        self.steps.push(Step::Decided);
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
            .map(|(subject, value, quote)| {
                self.row(stage, subject, Some(value), &quote, String::new())
            })
            .collect::<Result<_>>()?;
        self.write_all(&rows)?;
        self.steps.push(Step::Batch(stage, subjects));
        Ok(())
    }

    fn write_all(&mut self, rows: &[NewDecision]) -> Result<()> {
        Ok(self
            .store
            .transaction(|store| rows.iter().try_for_each(|row| store.decide(row).map(drop)))?)
    }

    fn write(
        &mut self,
        stage: Stage,
        subject: Subject,
        value: Option<Value>,
        quote: &Quote,
        note: String,
    ) -> Result<()> {
        let row = self.row(stage, subject, value, quote, note)?;
        self.store.decide(&row)?;
        Ok(())
    }

    fn row(
        &self,
        stage: Stage,
        subject: Subject,
        value: Option<Value>,
        quote: &Quote,
        note: String,
    ) -> Result<NewDecision> {
        let before = self.store.last_decided_at(stage, subject, &self.curator)?;
        let mut time = now().max(before.unwrap_or_default());
        let (reading, adjudication) = self.store.last_reading_and_adjudication(stage, subject)?;
        if self.is_settling() {
            time = time.max(reading.unwrap_or_default());
        } else if let Some(settled) = adjudication.filter(|settled| *settled >= time) {
            // Within one second an adjudication comes last.
            time = a_second_after(settled);
        }
        Ok(NewDecision {
            stage,
            subject,
            value,
            evidence: quote.source,
            span: quote.span.clone(),
            curator: self.curator.clone(),
            time,
            note,
            adjudicates: self.is_settling(),
        })
    }
}

fn a_second_after(time: String) -> String {
    let later = time.parse::<jiff::Timestamp>().ok();
    let later = later.and_then(|at| at.checked_add(jiff::SignedDuration::from_secs(1)).ok());
    later.map_or(time, |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
