//! `label adjudicate`: what curators disagree on, with what each of them said, is settled.

use std::fmt::Write as _;
use std::io::{BufRead, Write};

use super::evidence::Quote;
use super::item::Item;
use super::options::QueueOptions;
use super::queue::Task;
use super::session::{Answer, Ended, Line, Result, Session, Summary};
use super::{case, crop, diagnose, select};
use crate::store::{Decision, ImageRow, LabelledPanel, Stage, Store, Subject};

const HELP: &str = "\
Which reading is right? It is then recorded as yours, and overrules those made before.
  1, 2 ...  the reading of that number, with the words it rests on
  a         none of them: the stage's own question is asked
";

/// A subject on which curators disagree at a stage.
struct Dispute {
    stage: Stage,
    subject: Subject,
    /// What is shown. A case that is said of a whole picture is asked about with its first panel.
    task: Task,
    /// Oldest first.
    readings: Vec<Decision>,
}

/// All that is disputed, stage by stage, then by paper and page. A dispute on a panel that no longer
/// counts needs no settling.
fn disputes(store: &Store, options: &QueueOptions) -> Result<Vec<Dispute>> {
    let mut images: Vec<ImageRow> = store.images()?;
    options.filter(store, &mut images)?;
    let panels: Vec<LabelledPanel> = store.labelled_panels()?;
    let mut disputes = Vec::new();
    for &stage in Stage::ALL {
        let mut disputed: Vec<_> =
            store.verdicts(stage)?.into_iter().filter(|(_, verdict)| !verdict.agreed).collect();
        disputed.sort_by_key(|(subject, _)| *subject);
        for image in &images {
            for (subject, verdict) in disputed.iter().filter(|(s, _)| s.image == image.id) {
                let wanted = |panel: &&LabelledPanel| match subject.panel {
                    Some(id) => panel.id == id,
                    None => stage == Stage::Case && panel.image == image.id,
                };
                let panel = panels.iter().find(wanted).cloned();
                if panel.is_none() && (subject.panel.is_some() || stage == Stage::Case) {
                    continue;
                }
                let readings = verdict.decisions.iter().map(|&id| store.decision(id));
                disputes.push(Dispute {
                    stage,
                    subject: *subject,
                    task: Task { image: image.clone(), panel },
                    readings: readings.collect::<std::result::Result<_, _>>()?,
                });
            }
        }
    }
    Ok(disputes)
}

impl<R: BufRead, W: Write> Session<'_, R, W> {
    /// Asks about everything that curators disagree on, at every stage.
    ///
    /// # Errors
    /// When the store or the terminal fails; what was decided until then is kept.
    pub fn adjudicate(&mut self) -> Result<Summary> {
        let ended = loop {
            let left = self.desk.unskipped(disputes(self.desk.store, self.desk.options())?, |d| {
                (d.stage, d.subject)
            });
            let count = left.len();
            let Some(dispute) = left.into_iter().next() else { break Ended::Finished };
            self.desk.turn_to_next();
            self.desk.settle(Some(dispute.subject));
            let answer = self.ask_dispute(&dispute, count);
            self.desk.settle(None);
            match answer? {
                Answer::Decided => self.desk.finish(dispute.stage, &[dispute.subject]),
                Answer::Skip => self.desk.skip(dispute.stage, dispute.subject),
                Answer::Undo => {
                    let undone = self.desk.undo()?;
                    self.prompt.tell(&undone.to_string())?;
                }
                Answer::Quit => break Ended::Quit,
            }
        };
        Ok(Summary::of(&self.desk, ended))
    }

    fn ask_dispute(&mut self, dispute: &Dispute, left: usize) -> Result<Answer> {
        let mut item = Item::load(self.desk.store, dispute.task.clone())?;
        item.print(self.desk.store, self.desk.printer)?;
        let title = format!("{} disputed, {left} left", dispute.stage);
        self.prompt.tell(&super::view::describe(&item, self.prompt.style, &title))?;
        for (number, reading) in (1..).zip(&dispute.readings) {
            let field = self.prompt.style.field(&format!("reading {number}"), &told(reading));
            self.prompt.tell(field.trim_end())?;
        }
        let count = dispute.readings.len();
        let question = format!("which? [1..{count}, a for another answer, s, u, q, o, ?]");
        loop {
            let text = match self.line(&question, &item, HELP)? {
                Line::Leave(answer) => return Ok(answer),
                Line::Text(text) => text,
            };
            if text == "a" {
                return match dispute.stage {
                    Stage::Select => select::ask(self, &item),
                    Stage::Diagnose => diagnose::ask(self, &item),
                    Stage::Crop => crop::ask(self, &item),
                    Stage::Case => case::ask(self, &item),
                };
            }
            let index = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let reading = index.and_then(|index| dispute.readings.get(index));
            if let Some((reading, value)) = reading.and_then(|r| Some((r, r.value.clone()?))) {
                let quote = Quote { source: reading.evidence, span: reading.span.clone() };
                self.decide(dispute.subject, value, &quote)?;
                return Ok(Answer::Decided);
            }
            self.prompt.tell(&format!("'{text}' is no answer here: 1 to {count}, or a"))?;
        }
    }
}

/// `ann: covid; caption: "of a patient"; note: odd`
fn told(reading: &Decision) -> String {
    let value = reading.value.as_ref().map(ToString::to_string).unwrap_or_default();
    let value = if value.is_empty() { "no panels" } else { &value };
    let mut told = format!("{}: {value}", reading.curator);
    if reading.evidence.is_some() {
        let quote = Quote { source: reading.evidence, span: reading.span.clone() };
        let _ = write!(told, "; {quote}");
    }
    if !reading.note.is_empty() {
        let _ = write!(told, "; note: {}", reading.note);
    }
    told
}
