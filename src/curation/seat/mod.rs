//! A curator's seat that is spoken to in messages, as the page of `label --web` does: the third front end
//! beside lines and the full screen.
//!
//! [`Seat::view`] tells what is asked, [`Seat::answer`] takes a [`Request`]. What an answer means and how it is
//! written is the same as at the other front ends: `curation::{select, classify, crop, case, adjudicate}` and
//! the [`Desk`]. Edits, marks and words that are not stored yet are the page's: each request brings all of
//! them, so that nothing is lost with a seat. A request names the question and the newest decision that the
//! curator saw; one that comes again after it was stored is known by these, also by another process.
//!
//! Several seats of one process may share [`Leases`]: then no two curators are asked about one paper at a time,
//! nor about what another has decided, unless they read it a second time.

mod answer;
mod case;
mod key;
mod leases;
pub mod message;
mod server;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::asked::{Dispute, Task};
use super::case::Form;
use super::classify::{self, EarlierOfAll};
use super::crop::{self, Opening};
use super::desk::Desk;
use super::earlier::Earlier;
use super::item::Item;
use super::lines::{Ended, Result, Summary, is_plain, stages_of};
use super::options::Which;
use super::round::Round;
use crate::store::{LabelledPanel, Store, StoreError, Subject, Within};
use crate::task;
use covid_ct_core::task::{Question, SheetWords};
use covid_ct_core::{ObjectId, Stage};
use key::Key;

pub use leases::Leases;
pub use message::{Action, Reply, Request, View};
pub use server::{MakePrinter, Server, Serving};

/// Pictures on a sheet.
pub const ON_A_SHEET: usize = 10;

/// How many pictures that come next are told, to be fetched ahead.
const AHEAD: usize = 4;

/// The bytes of a picture: the object of an `image.id`, of which only that is asked.
///
/// # Errors
/// The database's.
pub fn picture(store: &Store, image: i64) -> std::result::Result<Option<ObjectId>, StoreError> {
    let found = store.images_within(Within::Image(image))?;
    Ok(found.into_iter().next().map(|image| image.object))
}

/// What is asked about.
struct Current {
    item: Item,
    asked: Asking,
}

/// What is asked of it.
enum Asking {
    Select {
        asked: &'static Question,
        earlier: Option<Earlier>,
    },
    Sheet {
        asked: &'static Question,
        words: &'static SheetWords,
        tiles: Vec<(Item, Option<Earlier>)>,
    },
    Classify {
        asked: &'static Question,
        panels: Vec<LabelledPanel>,
        earlier: EarlierOfAll,
        can_crop: bool,
    },
    Crop {
        opening: Box<Opening>,
        problem: String,
    },
    Case(Box<Form>),
    Dispute(Dispute),
}

/// One curator at work.
pub struct Seat<'a> {
    desk: Desk<'a>,
    which: Which,
    stages: Vec<Stage>,
    leases: Option<Arc<Leases>>,
    round: Option<Round>,
    current: Option<Current>,
    batch: bool,
    told: Vec<String>,
}

impl std::fmt::Debug for Seat<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("curator", &self.desk.curator).finish_non_exhaustive()
    }
}

impl<'a> Seat<'a> {
    /// A seat for what `desk` wants, at `stage`, or, without one, at each stage in turn; `which` is that of the
    /// desk's options. `leases` are those that other seats of the process share.
    ///
    /// # Errors
    /// The database's.
    pub fn new(
        desk: Desk<'a>,
        stage: Option<Stage>,
        which: Which,
        leases: Option<Arc<Leases>>,
    ) -> Result<Self> {
        let mut seat = Self {
            desk,
            which,
            stages: stages_of(stage),
            leases,
            round: None,
            current: None,
            batch: false,
            told: Vec::new(),
        };
        seat.turn_to_next()?;
        Ok(seat)
    }

    /// What was done here.
    pub fn summary(&self) -> Summary {
        let ended = if self.current.is_some() { Ended::Quit } else { Ended::Finished };
        Summary::of(&self.desk, ended)
    }

    /// What is asked now. Where nothing was left, it is looked whether something is by now.
    ///
    /// # Errors
    /// The database's.
    pub fn view(&mut self) -> Result<View> {
        if self.current.is_none() {
            self.turn_to_next()?;
        }
        self.lease();
        self.shown()
    }

    /// The file of the figure of `image` as printed, where it is asked about and more is printed than the
    /// picture shows; or why it cannot be drawn. A worker may take seconds for it.
    ///
    /// # Errors
    /// The database's.
    pub fn printed(&mut self, image: i64) -> Result<Option<std::result::Result<PathBuf, String>>> {
        let Some(Current { item, .. }) = &mut self.current else { return Ok(None) };
        if item.task.image.id != image {
            return Ok(None);
        }
        if item.as_printed.is_none() {
            item.print(self.desk.store, self.desk.printer)?;
        }
        Ok(item.as_printed.clone())
    }

    /// Whether others and this curator share the work.
    fn is_shared(&self) -> bool {
        self.leases.is_some() && !matches!(self.which, Which::Decided | Which::Flagged)
    }

    /// Puts the first of what is left, and may be asked, on the page.
    fn turn_to_next(&mut self) -> Result<()> {
        self.desk.turn_to(None);
        self.current = None;
        loop {
            if self.round.as_ref().is_none_or(|round| round.current().is_none()) {
                self.round = self.next_round()?;
            }
            let Some(task) = self.round.as_ref().and_then(Round::current).cloned() else {
                self.lease();
                return Ok(());
            };
            if self.may_ask(&task)? {
                self.desk.turn_to(Some(&task));
                let item = Item::load(self.desk.store, task)?;
                let asked = match &item.task.dispute {
                    Some(dispute) => Some(Asking::Dispute(dispute.clone())),
                    None => self.asking(&item)?,
                };
                self.current = asked.map(|asked| Current { item, asked });
                self.lease();
                return Ok(());
            }
            if let Some(round) = &mut self.round {
                round.leave_out_first();
            }
        }
    }

    /// The first stage with something left that nobody else does.
    fn next_round(&mut self) -> Result<Option<Round>> {
        let mut busy: Vec<String> = Vec::new();
        for stage in self.stages.clone() {
            let Some((mut round, told)) = self.desk.next_round(&[stage])? else { continue };
            if self.is_shared() {
                let others = self.decided_by_others(stage, Within::All)?;
                let now = Instant::now();
                round.leave_out(|task| {
                    if others.holds(task) {
                        return true;
                    }
                    let holder = self.holder(task, now);
                    let is_held = holder.is_some();
                    busy.extend(holder);
                    is_held
                });
            }
            if round.current().is_some() {
                self.told = told;
                return Ok(Some(round));
            }
        }
        self.told = self.desk.why_nothing(&self.stages)?;
        busy.sort();
        let count = busy.len();
        busy.dedup();
        if count > 0 {
            self.told = vec![format!(
                "{count} left are of papers that {} has at hand: look again in a while.",
                busy.join(", ")
            )];
        }
        Ok(None)
    }

    fn holder(&self, task: &Task, now: Instant) -> Option<String> {
        self.leases.as_ref()?.holder(task.image.preprint, &self.desk.curator, now)
    }

    /// What somebody else decided, where that leaves nothing to ask.
    fn decided_by_others(&self, stage: Stage, within: Within) -> Result<Decided> {
        if !matches!(self.which, Which::Open) {
            return Ok(Decided::default());
        }
        let said = self.desk.store.decisions_in_force_within(stage, within)?;
        let others = said.into_iter().filter(|decision| decision.curator != self.desk.curator);
        let subjects: HashSet<Subject> = others.map(|decision| decision.subject).collect();
        Ok(Decided { images: subjects.iter().map(|subject| subject.image).collect(), subjects })
    }

    /// Whether nobody else does it or did it since the round began.
    fn may_ask(&self, task: &Task) -> Result<bool> {
        let Some(leases) = self.leases.as_ref().filter(|_| self.is_shared()) else {
            return Ok(true);
        };
        let stage =
            self.round.as_ref().map_or_else(|| task::in_force().selecting(), |round| round.stage);
        // Taken first: who had it at hand before has decided by then, or never will.
        let is_free = leases.take(task.image.preprint, &self.desk.curator, Instant::now());
        let others = self.decided_by_others(stage, Within::Image(task.image.id))?;
        Ok(is_free && !others.holds(task))
    }

    /// Whether somebody else took or decided what is shown, since it was last looked at.
    fn is_lost(&self) -> Result<bool> {
        match &self.current {
            Some(Current { asked: Asking::Sheet { tiles, .. }, .. }) => {
                for (item, _) in tiles {
                    if !self.may_ask(&item.task)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Some(Current { item, .. }) => Ok(!self.may_ask(&item.task)?),
            None => Ok(false),
        }
    }

    /// Keeps what is shown at hand for longer, and gives all else back.
    fn lease(&self) {
        let Some(leases) = self.leases.as_ref().filter(|_| self.is_shared()) else { return };
        let mut papers: Vec<i64> = Vec::new();
        match &self.current {
            Some(Current { asked: Asking::Sheet { tiles, .. }, .. }) => {
                papers.extend(tiles.iter().map(|(item, _)| item.task.image.preprint));
            }
            Some(Current { item, .. }) => papers.push(item.task.image.preprint),
            None => {}
        }
        leases.keep(&papers, &self.desk.curator);
        for paper in papers {
            leases.take(paper, &self.desk.curator, Instant::now());
        }
    }

    /// The stage's own question.
    fn asking(&mut self, item: &Item) -> Result<Option<Asking>> {
        let Some(stage) = self.round.as_ref().map(|round| round.stage) else { return Ok(None) };
        let asked = task::in_force().question(stage);
        Ok(Some(match (stage, asked) {
            (stage, Some(asked @ Question { sheet: Some(words), .. }))
                if self.batch && is_plain(asked) =>
            {
                Asking::Sheet { asked, words, tiles: self.tiles(stage)? }
            }
            (stage, Some(asked)) if is_plain(asked) => {
                let earlier = self.desk.earlier(stage, Subject::image(item.task.image.id))?;
                Asking::Select { asked, earlier }
            }
            (stage, Some(asked)) => {
                let panels = classify::panels_to_ask(&self.desk, item, asked)?;
                let ids: Vec<i64> = panels.iter().map(|panel| panel.id).collect();
                let earlier = EarlierOfAll::read(&self.desk, stage, item.task.subject(), &ids)?;
                let can_crop = classify::can_crop_first(&self.desk, item, asked, &ids);
                Asking::Classify { asked, panels, earlier, can_crop }
            }
            (Stage::Crop, None) => self.cropping(item)?,
            (Stage::Case, None) => match &item.task.panel {
                Some(panel) => Asking::Case(Box::new(Form::read(&self.desk, item, panel)?)),
                None => return Ok(None),
            },
            (_, None) => return Ok(None),
        }))
    }

    fn tiles(&self, stage: Stage) -> Result<Vec<(Item, Option<Earlier>)>> {
        let mut tiles = Vec::new();
        let tasks = self.round.iter().flat_map(Round::left).take(ON_A_SHEET).cloned();
        for task in tasks.collect::<Vec<_>>() {
            // Those after one that somebody else has at hand come with the next sheet.
            if !self.may_ask(&task)? {
                break;
            }
            let earlier = self.desk.earlier(stage, task.subject())?;
            tiles.push((Item::load(self.desk.store, task)?, earlier));
        }
        Ok(tiles)
    }

    fn cropping(&self, item: &Item) -> Result<Asking> {
        let (picture, problem) = match crop::read_picture(self.desk.store, item) {
            Ok(picture) => (Some(picture), String::new()),
            // Where the file lies is of no use to whoever sits elsewhere.
            Err(_) => (None, "the picture cannot be decoded; boxes can still be typed".to_owned()),
        };
        let opening = Box::new(crop::open(&self.desk, item, picture.as_ref())?);
        Ok(Asking::Crop { opening, problem })
    }

    /// Asks the stage's own question of what is shown, or asks it anew.
    fn ask_anew(&mut self) -> Result<()> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        if let Some(asked) = self.asking(&current.item)? {
            current.asked = asked;
        }
        self.current = Some(current);
        Ok(())
    }

    fn key(&self) -> Key {
        let (Some(current), Some(round)) = (&self.current, &self.round) else {
            return Key::NOTHING;
        };
        Key {
            stage: Some(round.stage),
            kind: current.asked.kind(),
            image: current.item.task.image.id,
            panel: current.item.task.subject().panel,
        }
    }
}

impl Asking {
    fn kind(&self) -> &'static str {
        match self {
            Self::Select { .. } => "select",
            Self::Sheet { .. } => "sheet",
            Self::Classify { .. } => "classify",
            Self::Crop { .. } => "crop",
            Self::Case(_) => "case",
            Self::Dispute(_) => "dispute",
        }
    }
}

/// What was decided, and on which pictures.
#[derive(Default)]
struct Decided {
    subjects: HashSet<Subject>,
    images: HashSet<i64>,
}

impl Decided {
    /// Whether a picture, or a panel of it, was decided on; of a panel, whether that or its picture was.
    fn holds(&self, task: &Task) -> bool {
        let of_picture = Subject::image(task.image.id);
        match task.panel {
            Some(_) => {
                self.subjects.contains(&task.subject()) || self.subjects.contains(&of_picture)
            }
            None => self.images.contains(&task.image.id),
        }
    }
}
