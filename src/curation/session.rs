//! A curator's session: shows the next thing to decide, takes the answer, writes it before it goes
//! on, takes back what was decided wrongly.

use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use super::evidence::{Quote, Texts};
use super::prompt::Prompt;
use super::queue::{By, MAX_PAGES, MIN_SIDE, Queue, Task};
use super::{case, crop, diagnose, select};
use crate::figures::{Composition, ImageOrigin};
use crate::store::{
    ImageFigure, NewDecision, PaperMeta, Stage, Store, StoreError, Subject, Value, now,
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read the answers or write the questions")]
    Terminal(#[from] io::Error),
}

pub(super) type Result<T> = std::result::Result<T, SessionError>;

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
}

/// What became of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Decided,
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

/// A task with all that is shown of it.
#[derive(Debug)]
pub(super) struct Item {
    pub task: Task,
    pub paper: PaperMeta,
    pub figure: Option<ImageFigure>,
    /// Text of the first two pages, where an abstract stands.
    pub front: String,
    /// The picture's file.
    pub path: PathBuf,
    /// The figure around the picture as printed, letters and arrows included; or why it cannot be
    /// shown. `None` where the picture shows all of it.
    pub as_printed: Option<std::result::Result<PathBuf, String>>,
}

/// Makes pictures of figures as printed, when a curator is to see one.
pub trait AsPrinted: std::fmt::Debug {
    /// The file that shows a `figure.id` as printed, or why there is none; `None` where the figure's
    /// pictures show all of it.
    ///
    /// # Errors
    /// The store's.
    fn file(
        &mut self,
        store: &mut Store,
        figure: i64,
    ) -> std::result::Result<Option<std::result::Result<PathBuf, String>>, StoreError>;
}

/// For sessions without PDFs at hand.
#[derive(Debug, Clone, Copy)]
pub struct NotPrinted;

impl AsPrinted for NotPrinted {
    fn file(
        &mut self,
        _store: &mut Store,
        _figure: i64,
    ) -> std::result::Result<Option<std::result::Result<PathBuf, String>>, StoreError> {
        Ok(None)
    }
}

impl Item {
    fn load(store: &mut Store, printer: &mut dyn AsPrinted, task: Task) -> Result<Self> {
        let mut front = String::new();
        for page in 1..=2 {
            if let Some(text) = store.page_text(task.image.document, page)? {
                front.extend(text.split_whitespace().flat_map(|word| [word, " "]));
            }
        }
        let figure = store.figure_of_image(task.image.id)?;
        let as_printed = match &figure {
            Some(figure)
                if figure.composition == Some(Composition::Mixed)
                    && task.image.origin != ImageOrigin::Rendered =>
            {
                printer.file(store, figure.id)?
            }
            _ => None,
        };
        Ok(Self {
            paper: store.paper(task.image.preprint)?,
            figure,
            front,
            as_printed,
            path: store.objects().path(&task.image.object),
            task,
        })
    }

    pub fn caption(&self) -> &str {
        self.figure.as_ref().map_or("", |figure| &figure.caption)
    }

    pub fn texts(&self) -> Texts<'_> {
        Texts {
            caption: self.caption(),
            mentions: self.figure.as_ref().map_or(&[], |figure| &figure.mentions),
            front: &self.front,
        }
    }
}

/// What was done last, for undo.
#[derive(Debug, Clone, Copy)]
enum Step {
    Decided,
    Skipped(Stage, Subject),
}

/// One curator at work on one store.
#[derive(Debug)]
pub struct Session<'a, R, W> {
    pub(super) store: &'a mut Store,
    pub(super) prompt: Prompt<R, W>,
    pub(super) curator: String,
    printer: &'a mut dyn AsPrinted,
    /// Where the picture with its panels drawn over it is written.
    pub(super) preview: PathBuf,
    papers: Vec<String>,
    steps: Vec<Step>,
    skipped: HashSet<(Stage, Subject)>,
    /// What an undo brought back, to be asked first.
    first: Option<Subject>,
    /// Typed for the next decision on what is shown.
    note: String,
    undone: usize,
}

impl<'a, R: BufRead, W: Write> Session<'a, R, W> {
    /// A session over the pictures of `papers` (names of preprints; none means all). `printer` makes
    /// the pictures of figures as printed.
    pub fn new(
        store: &'a mut Store,
        prompt: Prompt<R, W>,
        curator: &str,
        papers: &[String],
        preview: &Path,
        printer: &'a mut dyn AsPrinted,
    ) -> Self {
        Self {
            store,
            prompt,
            printer,
            curator: curator.to_owned(),
            preview: preview.to_owned(),
            papers: papers.to_vec(),
            steps: Vec::new(),
            skipped: HashSet::new(),
            first: None,
            note: String::new(),
            undone: 0,
        }
    }

    /// Asks about everything left at `stage`, or, without one, at each stage in turn.
    ///
    /// # Errors
    /// When the store or the terminal fails; what was decided until then is kept.
    pub fn run(&mut self, stage: Option<Stage>) -> Result<Summary> {
        let stages = stage.map_or_else(|| Stage::ALL.to_vec(), |stage| vec![stage]);
        let mut told = None;
        let ended = loop {
            let Some((stage, queue)) = self.next_queue(&stages)? else { break Ended::Finished };
            if told != Some(stage) {
                self.tell_stage(stage, &queue)?;
                told = Some(stage);
            }
            if self.work_through(stage, queue)? == Ended::Quit {
                break Ended::Quit;
            }
        };
        Ok(Summary {
            ended,
            decided: self.steps.iter().filter(|step| matches!(step, Step::Decided)).count(),
            undone: self.undone,
            skipped: self.skipped.len(),
        })
    }

    /// The first stage with something left that was not skipped, and what is left there.
    fn next_queue(&self, stages: &[Stage]) -> Result<Option<(Stage, Queue)>> {
        for &stage in stages {
            let mut queue =
                Queue::build(self.store, stage, By::Curator(&self.curator), &self.papers)?;
            queue.tasks.retain(|task| !self.skipped.contains(&(stage, task.subject())));
            if !queue.tasks.is_empty() {
                // Stable, so that all but the one an undo brought back keep their order.
                queue.tasks.sort_by_key(|task| self.first != Some(task.subject()));
                return Ok(Some((stage, queue)));
            }
        }
        Ok(None)
    }

    fn tell_stage(&mut self, stage: Stage, queue: &Queue) -> Result<()> {
        let (left, done) = (queue.tasks.len(), queue.done);
        self.prompt.tell(&format!("{stage}: {left} left, {done} done. ? explains the keys."))?;
        if queue.passed_over > 0 {
            self.prompt.tell(&format!(
                "{} slivers and page furniture passed over: under {MIN_SIDE} px, or on more than \
                 {MAX_PAGES} pages.",
                queue.passed_over
            ))?;
        }
        if queue.without_picture > 0 {
            self.prompt.tell(&format!(
                "{} figures are drawn without pictures; `covid-ct ingest --render PATH` makes \
                 pictures of them, to be asked about.",
                queue.without_picture
            ))?;
        }
        Ok(())
    }

    /// Asks about each task until the queue is empty, something is undone, or the curator quits.
    fn work_through(&mut self, stage: Stage, queue: Queue) -> Result<Ended> {
        let (done, total) = (queue.done, queue.done + queue.tasks.len());
        for (number, task) in (done + 1..).zip(queue.tasks) {
            let subject = task.subject();
            self.note.clear();
            let item = Item::load(self.store, self.printer, task)?;
            let title = format!("{stage} {number} of {total}");
            self.prompt.tell(&super::view::describe(&item, self.prompt.style, &title))?;
            let answer = match stage {
                Stage::Select => select::ask(self, &item),
                Stage::Diagnose => diagnose::ask(self, &item),
                Stage::Crop => crop::ask(self, &item),
                Stage::Case => case::ask(self, &item),
            }?;
            match answer {
                Answer::Decided => self.first = None,
                Answer::Skip => {
                    self.skipped.insert((stage, subject));
                    self.steps.push(Step::Skipped(stage, subject));
                }
                Answer::Undo => {
                    self.undo()?;
                    return Ok(Ended::Finished);
                }
                Answer::Quit => return Ok(Ended::Quit),
            }
        }
        Ok(Ended::Finished)
    }

    /// Takes back what was done last: a skip of this session, else the curator's last decision that
    /// stands, whenever it was made.
    fn undo(&mut self) -> Result<()> {
        if let Some(Step::Skipped(stage, subject)) = self.steps.last().copied() {
            self.steps.pop();
            self.skipped.remove(&(stage, subject));
            self.first = Some(subject);
            return Ok(self.prompt.tell("undone: the skip")?);
        }
        let Some(last) = self.store.last_standing_decision(&self.curator)? else {
            return Ok(self.prompt.tell("there is nothing to undo")?);
        };
        self.steps.pop();
        self.undone += 1;
        self.first = Some(last.subject);
        self.skipped.remove(&(last.stage, last.subject));
        self.write(last.stage, last.subject, None, &Quote::default(), String::new())?;
        let value = last.value.map(|value| value.to_string()).unwrap_or_default();
        Ok(self.prompt.tell(&format!("undone: {} {value}", last.stage))?)
    }

    /// Writes a decision; it is on disk when this returns.
    pub(super) fn decide(&mut self, subject: Subject, value: Value, quote: &Quote) -> Result<()> {
        let said = format!("  {}: {value}", value.stage());
        let note = std::mem::take(&mut self.note);
        self.write(value.stage(), subject, Some(value), quote, note)?;
        self.steps.push(Step::Decided);
        Ok(self.prompt.tell(&said)?)
    }

    fn write(
        &mut self,
        stage: Stage,
        subject: Subject,
        value: Option<Value>,
        quote: &Quote,
        note: String,
    ) -> Result<()> {
        let before = self.store.last_decided_at(stage, subject, &self.curator)?;
        self.store.decide(&NewDecision {
            stage,
            subject,
            value,
            evidence: quote.source,
            span: quote.span.clone(),
            curator: self.curator.clone(),
            time: now().max(before.unwrap_or_default()),
            note,
        })?;
        Ok(())
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
                "o" => match open_in_viewer(&item.path) {
                    Ok(()) => self.prompt.tell(&format!("opening {}", item.path.display()))?,
                    Err(error) => self.prompt.tell(&format!(
                        "cannot open {}: {error}; open it by hand",
                        item.path.display()
                    ))?,
                },
                note if note.starts_with('#') => {
                    note[1..].trim().clone_into(&mut self.note);
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

/// Starts the system's viewer and does not wait for it to be closed.
fn open_in_viewer(path: &Path) -> io::Result<()> {
    use std::process::{Command, Stdio};
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut viewer = Command::new(opener)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{opener}: {error}")))?;
    // An opener without a screen gives up at once; one that shows the picture may take its time.
    for _ in 0..10 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if let Some(status) = viewer.try_wait()? {
            let failed = || io::Error::other(format!("{opener} gave up: {status}"));
            return if status.success() { Ok(()) } else { Err(failed()) };
        }
    }
    // Reaped when it ends, however long the curator looks.
    std::thread::spawn(move || viewer.wait());
    Ok(())
}
