//! What is left to decide at a stage, in the order a curator is asked.
//!
//! Which pictures `select` asks about:
//!
//! - never the tiles of a stitched picture: the whole of them is asked about;
//! - no slivers and no furniture, which are counted as passed over;
//! - a rendering only where its figure has no picture of its own that is asked about, since the
//!   picture has the native pixels and no letters over it;
//! - a figure that is drawn several times (a manuscript's figures at its end, say) once: the drawing
//!   on which somebody has decided already, so that no scan enters the dataset twice; else the one
//!   with the most pixels, because native quality is what the dataset is for; of equals, the figure's
//!   own, which the published dataset names.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::asked::{Task, is_of_panels};
use super::disputes::disputes;
use super::evidence::speaks_of_the_wanted;
use super::options::{Order, QueueOptions, Which, is_sampled};
use crate::figures::ICON_SIDE;
use crate::store::{ImageFacts, ImageRow, Result, Source, Store, Subject, Verdict};
use crate::task;
use covid_ct_core::Stage;

/// Shorter side, in pixels, below which a picture is a sliver, an icon or a scale bar. Of the
/// published dataset's scans, cut out of larger pictures, one in sixteen is smaller.
pub const MIN_SIDE: u32 = ICON_SIDE;

/// A picture drawn on more pages than this is furniture: a journal's logo, a preprint's banner.
pub const MAX_PAGES: u32 = 3;

/// What is left at a stage, and how far it has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Queue {
    pub tasks: Vec<Task>,
    /// How many are decided.
    pub done: usize,
    /// Pictures never asked about: slivers and furniture.
    pub passed_over: usize,
    /// At the first question, figures that nobody can be asked about: they have no picture, and none was
    /// rendered.
    pub without_picture: u64,
}

/// Whose decisions count as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    Anyone,
    Curator(&'a str),
}

impl Queue {
    /// What is left at `stage` for `by`. A picture of a released dataset that came with a decision
    /// is left to nobody but a second reader.
    ///
    /// # Errors
    /// The database's.
    pub fn build(store: &Store, stage: Stage, by: By<'_>, options: &QueueOptions) -> Result<Self> {
        if options.which == Which::Disputed {
            let tasks = disputes(store, stage, options)?;
            return Ok(Self { tasks, ..Self::default() });
        }
        let eligible = Eligible { store, facts: store.image_facts(speaks_of_the_wanted)?, options };
        let is_first = stage == task::in_force().selecting();
        let (mut tasks, passed_over) = match stage {
            _ if is_first => eligible.pictures()?,
            _ if is_of_panels(stage) => (eligible.panels(stage)?, 0),
            _ => (eligible.scans(stage)?, 0),
        };
        options.sort(store, stage, &mut tasks)?;
        let decided = Decided::read(store, stage, by)?;
        if options.which == Which::Open {
            let total = tasks.len();
            tasks.retain(|task| !decided.covers(task, &eligible.facts));
            let done = total - tasks.len();
            let without_picture = match stage {
                _ if is_first && options.is_of_all() => store.figures_without_picture()?,
                _ => 0,
            };
            return Ok(Self { tasks, done, passed_over, without_picture });
        }
        let mut done = 0;
        tasks.retain(|task| match options.which {
            Which::SecondReading(share) => {
                let sampled = decided.is_by_others(task)
                    && is_sampled(&task.image.object.sha256, stage, share);
                let read = decided.is_counted(task);
                done += usize::from(sampled && read);
                sampled && !read
            }
            Which::Flagged => decided.is_flagged(task),
            Which::Open | Which::Decided | Which::Disputed => decided.is_touched(task),
        });
        Ok(Self { tasks, done, ..Self::default() })
    }
}

/// What of a queue nobody is asked about, a sentence each.
pub(super) fn passed_over(queue: &Queue) -> Vec<String> {
    let furniture = (queue.passed_over > 0).then(|| {
        format!(
            "{} slivers and page furniture passed over: under {MIN_SIDE} px, or on more than \
             {MAX_PAGES} pages.",
            queue.passed_over
        )
    });
    let without_picture = (queue.without_picture > 0).then(|| {
        format!(
            "{} figures are drawn without pictures; `covid-ct ingest --render PATH` makes \
             pictures of them, to be asked about.",
            queue.without_picture
        )
    });
    furniture.into_iter().chain(without_picture).collect()
}

/// What may be asked about at all.
struct Eligible<'a> {
    store: &'a Store,
    facts: HashMap<i64, ImageFacts>,
    options: &'a QueueOptions,
}

impl Eligible<'_> {
    fn images(&self) -> Result<Vec<ImageRow>> {
        let mut images = self.store.images()?;
        self.options.filter(self.store, &mut images)?;
        Ok(images)
    }

    /// Pictures large enough, likely ones first; and how many were passed over.
    fn pictures(&self) -> Result<(Vec<Task>, usize)> {
        let mut images = self.images()?;
        images.retain(|image| image.tile_of.is_none());
        let found = images.len();
        images.retain(|image| self.is_worth_asking(image));
        let passed_over = found - images.len();
        let elsewhere = self.shown_elsewhere(&images)?;
        images.retain(|image| !elsewhere.contains(&image.id));
        let captioned = |image: &ImageRow| self.facts.get(&image.id).is_some_and(|f| f.captioned);
        if self.options.order != Order::Paper {
            // Stable: pictures alike stay in the order of paper, page, xref.
            images.sort_by_cached_key(|image| Reverse(likelihood(image, captioned(image))));
        }
        let tasks = images.into_iter().map(Task::of).collect();
        Ok((tasks, passed_over))
    }

    /// Neither a sliver nor furniture, nor one that its document turned out not to draw.
    fn is_worth_asking(&self, image: &ImageRow) -> bool {
        let Some(facts) = self.facts.get(&image.id) else { return false };
        let furniture = image.furniture || facts.drawn_on > MAX_PAGES;
        let drawn = facts.drawn_on > 0;
        facts.source == Source::Release
            || drawn && !furniture && image.width.min(image.height) >= MIN_SIDE
    }

    /// Of `images`, those not asked about because another picture shows the same: the other drawings
    /// of a figure, and renderings of figures with a picture of their own.
    fn shown_elsewhere(&self, images: &[ImageRow]) -> Result<HashSet<i64>> {
        let asked: HashMap<i64, &ImageRow> = images.iter().map(|image| (image.id, image)).collect();
        let decisions = self.store.decisions_in_force(task::in_force().selecting())?;
        let decided: HashSet<i64> = decisions.iter().map(|d| d.subject.image).collect();
        let mut elsewhere = HashSet::new();
        for figure in self.store.figure_drawings()? {
            // The figure's own first: of equals it is taken.
            let drawings: Vec<Vec<&ImageRow>> = std::iter::once(&figure.own)
                .chain(&figure.copies)
                .map(|ids| ids.iter().filter_map(|id| asked.get(id).copied()).collect())
                .filter(|drawing: &Vec<&ImageRow>| !drawing.is_empty())
                .collect();
            if drawings.is_empty() {
                continue;
            }
            elsewhere.extend(figure.rendering);
            let weight = |drawing: &[&ImageRow]| {
                let pixels = |image: &&ImageRow| u64::from(image.width) * u64::from(image.height);
                let known = drawing.iter().any(|image| decided.contains(&image.id));
                (known, drawing.iter().map(pixels).sum::<u64>())
            };
            let heaviest = drawings.iter().map(|drawing| weight(drawing)).max();
            let Some(taken) = drawings.iter().position(|d| Some(weight(d)) == heaviest) else {
                continue;
            };
            let shown: HashSet<i64> = drawings[taken].iter().map(|image| image.id).collect();
            let others = drawings.iter().flatten().map(|image| image.id);
            elsewhere.extend(others.filter(|id| !shown.contains(id)));
        }
        // Whoever decided on one sees it stay decided, whatever is drawn beside it.
        elsewhere.retain(|id| !decided.contains(id));
        Ok(elsewhere)
    }

    /// Pictures that the curators agree are wanted, less those that a question before this stage excludes.
    fn scans(&self, stage: Stage) -> Result<Vec<Task>> {
        let selected = self.store.verdicts(task::in_force().selecting())?;
        let before = self.questions_before(stage)?;
        let mut images = self.images()?;
        images.retain(|image| {
            let subject = Subject::image(image.id);
            let is_wanted = selected.get(&subject).is_some_and(|verdict| {
                verdict.agreed && verdict.value.known().is_some_and(|answer| answer.keeps)
            });
            is_wanted && !before.iter().any(|verdicts| is_excluded(verdicts.get(&subject)))
        });
        Ok(images.into_iter().map(Task::of).collect())
    }

    /// What was said at the questions before a stage, the first left out.
    fn questions_before(&self, stage: Stage) -> Result<Vec<HashMap<Subject, Verdict>>> {
        let before = Stage::all().iter().take_while(|before| **before != stage);
        let selecting = task::in_force().selecting();
        let questions = before.filter(|before| before.is_question() && **before != selecting);
        questions.map(|&before| self.store.verdicts(before)).collect()
    }

    /// Panels in force that no question before this stage excludes.
    fn panels(&self, stage: Stage) -> Result<Vec<Task>> {
        let images: HashMap<i64, ImageRow> =
            self.images()?.into_iter().map(|image| (image.id, image)).collect();
        let before = self.questions_before(stage)?;
        let mut tasks = Vec::new();
        for panel in self.store.labelled_panels()? {
            let own = Subject::panel(panel.image, panel.id);
            let of_picture = Subject::image(panel.image);
            let mut said =
                before.iter().map(|said| said.get(&own).or_else(|| said.get(&of_picture)));
            if let Some(image) = images.get(&panel.image)
                && !said.any(is_excluded)
            {
                tasks.push(Task { panel: Some(panel), ..Task::of(image.clone()) });
            }
        }
        Ok(tasks)
    }
}

fn is_excluded(verdict: Option<&Verdict>) -> bool {
    verdict.is_some_and(|v| v.agreed && v.value.known().is_some_and(|answer| answer.drops))
}

/// The subjects decided on, by whom it matters and by anyone.
struct Decided {
    counted: HashSet<Subject>,
    by_anyone: HashSet<Subject>,
    by_others: HashSet<Subject>,
    /// Counted, and with a note.
    noted: HashSet<Subject>,
    /// At a question about pictures after the first, the panels in force by image: all of them decided, it is decided.
    panels: HashMap<i64, Vec<i64>>,
}

impl Decided {
    fn read(store: &Store, stage: Stage, by: By<'_>) -> Result<Self> {
        let decisions = store.decisions_in_force(stage)?;
        let by_anyone = decisions.iter().map(|decision| decision.subject).collect();
        let counts = |curator: &str| match by {
            By::Anyone => true,
            By::Curator(name) => name == curator,
        };
        let (own, others): (Vec<_>, Vec<_>) = decisions.iter().partition(|d| counts(&d.curator));
        let noted = own.iter().filter(|d| !d.note.is_empty()).map(|d| d.subject).collect();
        let counted = own.iter().map(|d| d.subject).collect();
        let by_others = others.iter().map(|d| d.subject).collect();
        let mut panels: HashMap<i64, Vec<i64>> = HashMap::new();
        let is_first = stage == task::in_force().selecting();
        if stage.is_question() && !is_first && !is_of_panels(stage) {
            for panel in store.labelled_panels()? {
                panels.entry(panel.image).or_default().push(panel.id);
            }
        }
        Ok(Self { counted, by_anyone, by_others, noted, panels })
    }

    /// A decision on the picture covers its panels, and decisions on all panels the picture.
    fn covers(&self, task: &Task, facts: &HashMap<i64, ImageFacts>) -> bool {
        let released = facts.get(&task.image.id).is_some_and(|f| f.source == Source::Release);
        self.is_all_of(task, if released { &self.by_anyone } else { &self.counted })
    }

    fn is_counted(&self, task: &Task) -> bool {
        self.is_all_of(task, &self.counted)
    }

    fn is_by_others(&self, task: &Task) -> bool {
        self.is_all_of(task, &self.by_others)
    }

    /// Whether something of it was decided: a picture may be half done, panel by panel.
    fn is_touched(&self, task: &Task) -> bool {
        self.is_counted(task) || self.is_some_of(task, &self.counted)
    }

    fn is_flagged(&self, task: &Task) -> bool {
        self.is_some_of(task, &self.noted)
    }

    fn is_some_of(&self, task: &Task, decided: &HashSet<Subject>) -> bool {
        let image = task.image.id;
        let any_panel = |panels: &Vec<i64>| {
            panels.iter().any(|&panel| decided.contains(&Subject::panel(image, panel)))
        };
        decided.contains(&task.subject())
            || decided.contains(&Subject::image(image))
            || self.panels.get(&image).is_some_and(any_panel)
    }

    fn is_all_of(&self, task: &Task, decided: &HashSet<Subject>) -> bool {
        let image = task.image.id;
        let every_panel = |panels: &Vec<i64>| {
            panels.iter().all(|&panel| decided.contains(&Subject::panel(image, panel)))
        };
        decided.contains(&task.subject())
            || decided.contains(&Subject::image(image))
            || self.panels.get(&image).is_some_and(every_panel)
    }
}

/// How likely a picture is wanted, from what is known without looking at it, such as whether its caption speaks of what is
/// wanted: points, more is likelier.
pub fn likelihood(image: &ImageRow, is_spoken_of: bool) -> u32 {
    let aspect = f64::from(image.width) / f64::from(image.height.max(1));
    let grey = image.colour_space.contains("Gray");
    let rules = &task::in_force().queue;
    let [least, greatest] = rules.aspects;
    u32::from(is_spoken_of) * rules.words
        + u32::from(grey) * rules.grey
        + u32::from((least..=greatest).contains(&aspect)) * rules.aspect
}
