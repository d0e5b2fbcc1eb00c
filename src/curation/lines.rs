//! A curator who is asked line by line: what every stage needs of the prompts.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use covid_ct_core::task::{EvidenceRule, Question};

use super::desk::Desk;
use super::earlier::Earlier;
pub(super) use super::error::Result;
use super::evidence::Quote;
use super::item::{AsPrinted, Item};
use super::options::QueueOptions;
use super::prompt::Prompt;
use super::viewer::open_and_tell;
use crate::store::{LabelledPanel, Store, Subject};
use crate::task;
use covid_ct_core::{Stage, Value};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left but what was skipped.
    Finished,
    /// The curator quit, or the input ended.
    Quit,
}

/// What a session did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub ended: Ended,
    pub decided: usize,
    pub undone: usize,
    pub skipped: usize,
    /// Asked again, and left as it was.
    pub kept: usize,
}

/// What a session did, and where nothing is left why not and what comes next, a sentence each.
pub type Done = (Summary, Vec<String>);

impl Summary {
    pub(super) fn of(desk: &Desk<'_>, ended: Ended) -> Self {
        Self {
            ended,
            decided: desk.decided(),
            undone: desk.undone(),
            skipped: desk.skipped(),
            kept: desk.kept(),
        }
    }
}

/// `stage` alone, or all of them in the order of the work.
pub(super) fn stages_of(stage: Option<Stage>) -> Vec<Stage> {
    stage.map_or_else(|| Stage::all().to_vec(), |stage| vec![stage])
}

/// What a stage asks, for those who come to it from another.
pub(super) fn asks(stage: Stage) -> &'static str {
    let task = task::in_force();
    match stage {
        Stage::Crop => &task.crop.ask,
        Stage::Case => &task.case.ask,
        _ => task.question(stage).map_or("", |question| &question.ask),
    }
}

/// Whether a question is answered by a key alone: it says which pictures are wanted, and nobody is asked for words.
pub(super) fn is_plain(question: &Question) -> bool {
    question.stage == task::in_force().selecting() && question.evidence != EvidenceRule::Asked
}

/// What became of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Decided,
    /// And with it all that was left to ask of its picture.
    DecidedPicture,
    Skip,
    Undo,
    Quit,
}

/// A line typed at a prompt; `?`, `o` and notes are already dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Leave(Answer),
    Text(String),
}

/// A desk, and a curator who is asked line by line.
#[derive(Debug)]
pub struct Session<'a, R, W> {
    pub(super) desk: Desk<'a>,
    pub(super) prompt: Prompt<R, W>,
    /// Where the picture with its panels drawn over it is written.
    pub(super) preview: PathBuf,
    /// The other panels of the picture that are still asked about.
    pub(super) beside: Vec<LabelledPanel>,
}

impl<'a, R: BufRead, W: Write> Session<'a, R, W> {
    /// A session over what `options` want. `printer` makes the pictures of figures as printed.
    pub fn new(
        store: &'a mut Store,
        prompt: Prompt<R, W>,
        curator: &str,
        options: &QueueOptions,
        preview: &Path,
        printer: &'a mut dyn AsPrinted,
    ) -> Self {
        let desk = Desk::new(store, curator, options, printer);
        Self { desk, prompt, preview: preview.to_owned(), beside: Vec::new() }
    }

    /// Writes a decision and says so; it is on disk when this returns.
    pub(super) fn decide(&mut self, subject: Subject, value: Value, quote: &Quote) -> Result<()> {
        let said = format!("  {}: {value}", value.stage());
        self.desk.decide(subject, value, quote)?;
        Ok(self.prompt.tell(&said)?)
    }

    /// Tells what speaks against an answer, if anything does, and asks whether it is meant so.
    pub(super) fn is_meant(&mut self, doubts: &[String]) -> Result<bool> {
        if doubts.is_empty() {
            return Ok(true);
        }
        for doubt in doubts {
            self.prompt.tell(doubt)?;
        }
        let answer = self.prompt.ask("Store it anyway? [y, anything else goes back]")?;
        Ok(answer.is_some_and(|answer| matches!(answer.as_str(), "y" | "yes")))
    }

    /// Shows what was said before of what is asked again.
    pub(super) fn tell_earlier(&mut self, earlier: &Earlier) -> Result<()> {
        let field = self.prompt.style.field(earlier.title(), &earlier.told());
        Ok(self.prompt.tell(&field)?)
    }

    /// Leaves what is in force as it is, and says so.
    pub(super) fn keep(&mut self, stage: Stage, subject: Subject, earlier: &Earlier) -> Result<()> {
        self.desk.keep(stage, subject);
        Ok(self.prompt.tell(&format!("  kept: {}", earlier.word()))?)
    }

    /// What Enter alone means where something was said before: what is in force is kept, what was taken back
    /// is said again.
    pub(super) fn say_again(&mut self, subject: Subject, earlier: &Earlier) -> Result<()> {
        let Some(value) = earlier.value().cloned() else { return Ok(()) };
        if earlier.in_force {
            return self.keep(value.stage(), subject, earlier);
        }
        if self.desk.note.is_empty() {
            self.desk.note.clone_from(&earlier.decision.note);
        }
        self.decide(subject, value, &earlier.quote())
    }

    /// Asks until the answer is something else than a note, a call for help or for the picture.
    pub(super) fn line(&mut self, question: &str, item: &Item, help: &str) -> Result<Line> {
        loop {
            let Some(line) = self.prompt.ask(question)? else {
                return Ok(Line::Leave(Answer::Quit));
            };
            match line.as_str() {
                "?" => {
                    self.prompt.tell(help)?;
                    self.prompt.tell(COMMON_KEYS)?;
                }
                "o" => self.prompt.tell(&open_and_tell(&item.path))?,
                note if note.starts_with('#') => {
                    note[1..].trim().clone_into(&mut self.desk.note);
                    self.prompt.tell("noted, for the next decision on this picture")?;
                }
                "s" => return Ok(Line::Leave(Answer::Skip)),
                "u" => return Ok(Line::Leave(Answer::Undo)),
                "q" => return Ok(Line::Leave(Answer::Quit)),
                _ => return Ok(Line::Text(line)),
            }
        }
    }
}

const COMMON_KEYS: &str = "At any prompt:
  o  open the picture in the system's viewer
  s  skip: asked again next time
  # WORDS  a note, in your words, kept with the next decision on this picture
  u  undo the last skip or decision; again goes further back
  q  quit; everything decided is already saved
";
