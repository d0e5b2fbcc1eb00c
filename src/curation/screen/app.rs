//! What is on the screen and what keys do to it; decisions go to the desk.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use covid_ct_core::task::Question;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::super::case::Form;
use super::super::classify::{self, EarlierOfAll};
use super::super::crop::{check_size, open};
use super::super::desk::{Desk, Undone};
use super::super::item::Item;
use super::super::lines::{Ended, Result, Summary, is_plain, stages_of};
use super::super::round::Round;
use super::super::viewer::open_and_tell;
use super::ask::Ask;
use super::classifying::Classifying;
use super::cropping::Cropping;
use super::disputing::Disputing;
use super::effect::{Effect, Typing};
use super::gate::Gate;
use super::help;
use super::input::{Input, Typed};
use super::naming::Naming;
use super::picture::{Pictures, Source};
use super::protocol::Show;
use super::selecting::Selecting;
use super::sheet::{PICTURES, Sheet};
use super::theme::Theme;
use super::view::View;
use crate::store::{Neighbour, Subject};
use crate::task;
use covid_ct_core::Stage;

/// What is asked about.
#[derive(Debug)]
pub(super) struct Current {
    pub item: Item,
    pub neighbours: Vec<Neighbour>,
    pub ask: Ask,
    /// Whether the figure is shown as printed, instead of the picture.
    pub printed: bool,
}

/// What was said last, at the foot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub text: String,
    pub is_warning: bool,
}

#[derive(Debug)]
pub(super) struct App<'a> {
    pub desk: Desk<'a>,
    stages: Vec<Stage>,
    pub theme: Theme,
    pub pictures: Pictures,
    /// What is left; the first is on the screen.
    pub round: Option<Round>,
    /// `None` when nothing is left.
    pub current: Option<Current>,
    pub(super) batch: bool,
    pub message: Option<Message>,
    pub typing: Option<(Typing, Input)>,
    /// First line shown of the help, while it is open.
    pub help: Option<usize>,
    /// First line shown of the text.
    pub scroll: usize,
    /// How the picture is looked at.
    pub view: View,
    /// The stage that was last asked about.
    stage: Option<Stage>,
    /// A stage that was come to from another, until the curator begins with it.
    pub announced: Option<Stage>,
    /// Why nothing is left, a sentence a line.
    pub nothing_left: Vec<String>,
    gate: Gate,
    /// Whether something new is asked that has not been drawn yet.
    pub(super) fresh: bool,
    clear: bool,
    ended: Option<Ended>,
    started: Instant,
}

impl<'a> App<'a> {
    pub fn new(desk: Desk<'a>, stage: Option<Stage>, show: Show, theme: Theme) -> Result<Self> {
        let pictures = Pictures::new(show, theme, desk.store.objects().clone());
        let now = Instant::now();
        let mut app = Self {
            desk,
            stages: stages_of(stage),
            theme,
            pictures,
            round: None,
            current: None,
            batch: false,
            message: None,
            typing: None,
            help: None,
            scroll: 0,
            view: View::default(),
            stage: None,
            announced: None,
            nothing_left: Vec::new(),
            gate: Gate::drawn(now),
            fresh: true,
            clear: false,
            ended: None,
            started: now,
        };
        app.turn_to_next()?;
        Ok(app)
    }

    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether the terminal must be wiped before the next drawing; asked once.
    pub fn take_clear(&mut self) -> bool {
        std::mem::take(&mut self.clear)
    }

    pub fn summary(&self) -> Summary {
        Summary::of(&self.desk, self.ended.unwrap_or(Ended::Quit))
    }

    pub fn wipe(&mut self) {
        self.clear = self.pictures.leaves_traces();
    }

    /// Decisions an hour; `None` before there is anything to go by.
    pub fn pace(&self, now: Instant) -> Option<u64> {
        let (decided, time) = (self.desk.decided(), now.duration_since(self.started));
        (decided >= 3 && time > Duration::from_secs(5))
            .then(|| (decided as f64 * 3600.0 / time.as_secs_f64()).round() as u64)
    }

    /// To be called when what is asked stands on the screen.
    pub fn drawn(&mut self, now: Instant) {
        if std::mem::take(&mut self.fresh) {
            self.gate = Gate::drawn(now);
            self.decode_ahead();
        }
    }

    pub fn event(&mut self, event: Event, now: Instant) -> Result<()> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key, now),
            Event::Paste(text) => {
                if let Some((_, input)) = &mut self.typing {
                    input.paste(&text);
                } else {
                    self.refuse("pasted text is ignored".into());
                }
                Ok(())
            }
            Event::Resize(..) => {
                self.clear = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn key(&mut self, key: KeyEvent, now: Instant) -> Result<()> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c')) {
            self.ended = Some(Ended::Quit);
            return Ok(());
        }
        if key.code == KeyCode::Char('_') && key.modifiers.contains(KeyModifiers::ALT) {
            // A terminal's answer about kitty's protocol begins so. Come too late to be waited for, it
            // must not be taken for keys.
            self.gate = Gate::drawn(now);
        }
        if !self.gate.admits(now) {
            return Ok(());
        }
        if control && matches!(key.code, KeyCode::Char('l')) {
            self.clear = true;
            return Ok(());
        }
        if let Some(scroll) = self.help {
            self.help = help::key(key.code, scroll);
            self.clear |= self.help.is_none();
            return Ok(());
        }
        if let Some((typing, input)) = &mut self.typing {
            let typing = *typing;
            match input.key(key) {
                Typed::Changed => {}
                Typed::Cancelled => self.typing = None,
                Typed::Done(text) => return self.typed(typing, &text),
            }
            return Ok(());
        }
        if control || key.modifiers.contains(KeyModifiers::ALT) {
            return Ok(());
        }
        self.message = None;
        if let Some(stage) = self.announced {
            return self.announced_key(stage, key.code);
        }
        let effect = match &mut self.current {
            Some(current) => current.ask.key(key, &current.item),
            None => Effect::Unknown,
        };
        match effect {
            Effect::Unknown => self.common_key(key.code),
            effect => self.take(effect),
        }
    }

    /// Nothing that answers a question begins a stage: whoever is in the rhythm of the one before would run
    /// into it.
    fn announced_key(&mut self, stage: Stage, key: KeyCode) -> Result<()> {
        match key {
            KeyCode::Char(' ') => {
                self.announced = None;
                self.fresh = true;
                self.clear = self.pictures.leaves_traces();
                Ok(())
            }
            KeyCode::Char('?' | 'q' | 'u') => self.common_key(key),
            _ => {
                self.refuse(format!("space begins with {stage}"));
                Ok(())
            }
        }
    }

    /// A key by which the picture is looked at, and what came of it.
    fn view_key(&mut self, key: KeyCode) -> bool {
        let Some(current) = &self.current else { return false };
        let can_zoom = matches!(current.ask, Ask::Select(_) | Ask::Classify(_) | Ask::Dispute(_));
        let Some(told) = self.view.key(key, can_zoom) else { return false };
        if !told.is_empty() {
            self.tell(told);
        }
        true
    }

    /// A line is done; one that cannot be taken stays, to be corrected.
    fn typed(&mut self, typing: Typing, text: &str) -> Result<()> {
        self.message = None;
        if typing == Typing::Note {
            text.clone_into(&mut self.desk.note);
            self.typing = None;
            if !text.is_empty() {
                self.tell("noted, for the next decision on this picture".into());
            }
            return Ok(());
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        let effect = current.ask.line(typing, text, &current.item);
        if !matches!(effect, Effect::Refuse(_)) {
            self.typing = None;
        }
        self.take(effect)
    }

    fn common_key(&mut self, key: KeyCode) -> Result<()> {
        if self.view_key(key) {
            return Ok(());
        }
        match key {
            KeyCode::Char('?') => {
                self.help = Some(0);
                self.clear = self.pictures.leaves_traces();
            }
            KeyCode::Char('q') => {
                let left = self.current.is_some();
                self.ended = Some(if left { Ended::Quit } else { Ended::Finished });
            }
            KeyCode::Char('u') => return self.undo(),
            KeyCode::Char('s') => return self.skip(),
            KeyCode::Char('#') => self.type_note(""),
            KeyCode::Char('f') => self.type_note("flag: "),
            KeyCode::Char('o') => self.open_picture(),
            KeyCode::Char('O') => return self.open_document(),
            KeyCode::Char('p') => return self.show_printed(),
            KeyCode::PageDown => self.scroll += 5,
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(5),
            KeyCode::Down => self.scroll += 1,
            KeyCode::Up => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::Char(c) => self.refuse(format!("{c} is no answer here; ? explains")),
            _ => {}
        }
        Ok(())
    }

    fn skip(&mut self) -> Result<()> {
        match (&self.current, &self.round) {
            (Some(Current { ask: Ask::Sheet(_), .. }), _) => {
                self.refuse("a sheet cannot be skipped: b shows its pictures one by one".into());
                Ok(())
            }
            (Some(current), Some(round)) => {
                self.desk.skip(round.stage, current.item.task.subject());
                self.tell("skipped, asked again next time".into());
                self.pass(1)
            }
            _ => Ok(()),
        }
    }

    fn undo(&mut self) -> Result<()> {
        let undone = self.desk.undo()?;
        let message = undone.to_string();
        if undone == Undone::Nothing {
            self.refuse(message);
            return Ok(());
        }
        let is_back = |round: &mut Round| {
            undone.what().is_some_and(|(stage, what)| round.bring_back(stage, what))
        };
        if !self.round.as_mut().is_some_and(is_back) {
            // What it brought back is asked first, wherever it stands in the new queue.
            self.round = None;
        }
        self.turn_to_next()?;
        // Whoever goes back knows where to.
        self.announced = None;
        self.tell(message);
        Ok(())
    }

    /// Puts the first of what is left on the screen.
    pub(super) fn turn_to_next(&mut self) -> Result<()> {
        self.desk.turn_to(None);
        self.typing = None;
        self.scroll = 0;
        self.fresh = true;
        self.clear = self.pictures.leaves_traces();
        self.current = None;
        if self.round.as_ref().is_none_or(|round| round.current().is_none()) {
            self.round = None;
            let Some((round, told)) = self.desk.next_round(&self.stages)? else {
                self.nothing_left = self.desk.why_nothing(&self.stages)?;
                return Ok(());
            };
            let before = self.stage.replace(round.stage);
            self.announced = before.filter(|before| *before != round.stage).map(|_| round.stage);
            self.round = Some(round);
            told.into_iter().take(1).for_each(|told| self.tell(told));
        }
        self.current = self.load()?;
        self.view.turn_to(self.current.as_ref().map(|current| current.item.task.image.id));
        Ok(())
    }

    fn load(&mut self) -> Result<Option<Current>> {
        let Some(task) = self.round.as_ref().and_then(Round::current).cloned() else {
            return Ok(None);
        };
        self.desk.turn_to(Some(&task));
        let item = Item::load(self.desk.store, task)?;
        let neighbours = match &item.figure {
            Some(figure) => self.desk.store.neighbours(figure.id, &self.desk.curator)?,
            None => Vec::new(),
        };
        let ask = match &item.task.dispute {
            Some(dispute) => Some(Ask::Dispute(Disputing::new(dispute.clone()))),
            None => self.question(&item)?,
        };
        Ok(ask.map(|ask| Current { item, neighbours, ask, printed: false }))
    }

    /// The stage's own question.
    fn question(&mut self, item: &Item) -> Result<Option<Ask>> {
        let Some(round) = &self.round else { return Ok(None) };
        let asked = task::in_force().question(round.stage);
        Ok(Some(match (round.stage, asked) {
            (stage, Some(asked @ Question { sheet: Some(words), .. }))
                if self.batch && is_plain(asked) =>
            {
                let tasks = round.left().take(PICTURES).cloned();
                let items = tasks.map(|task| {
                    let earlier = self.desk.earlier(stage, task.subject())?;
                    Ok((Item::load(self.desk.store, task)?, earlier))
                });
                let items = items.collect::<Result<Vec<_>>>()?;
                // Side by side, unless they were on their way already.
                self.pictures
                    .ahead(items.iter().map(|(item, _)| source_of(item)).collect::<Vec<_>>());
                Ask::Sheet(Sheet::new(asked, words, items))
            }
            (stage, Some(asked)) if is_plain(asked) => {
                let earlier = self.desk.earlier(stage, Subject::image(item.task.image.id))?;
                Ask::Select(Selecting { asked, earlier })
            }
            (stage, Some(asked)) => {
                let whole = item.task.subject();
                let panels = classify::panels_to_ask(&self.desk, item, asked)?;
                let ids: Vec<i64> = panels.iter().map(|panel| panel.id).collect();
                let earlier = EarlierOfAll::read(&self.desk, stage, whole, &ids)?;
                let can_crop = classify::can_crop_first(&self.desk, item, asked, &ids);
                let classifying = Classifying::new(asked, whole, panels, earlier, can_crop);
                Ask::Classify(Box::new(classifying))
            }
            (Stage::Crop, None) => Ask::Crop(Box::new(self.opened_panels(item)?)),
            (Stage::Case, None) => match &item.task.panel {
                Some(panel) => {
                    let panels = round.of_picture().count();
                    let form = Form::read(&self.desk, item, panel)?;
                    Ask::Case(Box::new(Naming::new(form, panels)))
                }
                None => return Ok(None),
            },
            (_, None) => return Ok(None),
        }))
    }

    /// No reading is right: the stage's own question is asked.
    pub(super) fn ask_anew(&mut self) -> Result<()> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        if let Some(ask) = self.question(&current.item)? {
            current.ask = ask;
        }
        self.current = Some(current);
        self.fresh = true;
        self.clear = self.pictures.leaves_traces();
        Ok(())
    }

    /// The boxes to begin with: those in force, else those proposed.
    pub(super) fn opened_panels(&mut self, item: &Item) -> Result<Cropping> {
        let picture = self.pictures.get(&source_of(item));
        let usable = match picture.as_ref() {
            Ok(picture) => check_size(item, picture).map(|()| picture),
            Err(why) => Err(why.clone()),
        };
        if let Err(why) = &usable {
            self.refuse(format!("{why}; boxes can still be typed"));
        }
        let image = &item.task.image;
        let opening = open(&self.desk, item, usable.ok())?;
        Ok(Cropping::new(image.width, image.height, opening))
    }

    /// Decodes what comes next while the curator looks at what is shown.
    fn decode_ahead(&mut self) {
        let Some(round) = &self.round else { return };
        let (shown, coming) = match &self.current {
            Some(Current { ask: Ask::Sheet(_), .. }) => (PICTURES, PICTURES),
            _ => (1, 2),
        };
        let objects = self.desk.store.objects().clone();
        let next = round.left().skip(shown).take(coming);
        let sources = next.map(|task| Source {
            path: objects.path(&task.image.object),
            object: Some(task.image.object.clone()),
        });
        self.pictures.ahead(sources.collect::<Vec<_>>());
    }

    fn type_note(&mut self, begun: &str) {
        if matches!(self.current, Some(Current { ask: Ask::Sheet(_), .. }) | None) {
            self.refuse("a note needs one picture: b leaves the sheet".into());
            return;
        }
        let note = format!("{begun}{}", self.desk.note);
        self.typing = Some((Typing::Note, Input::new(&note)));
    }

    fn open_picture(&mut self) {
        if let Some(current) = &self.current {
            let text = open_and_tell(&Self::shown_file(current));
            self.tell(text);
        }
    }

    fn open_document(&mut self) -> Result<()> {
        let Some(current) = &self.current else { return Ok(()) };
        let image = &current.item.task.image;
        let path = self.desk.store.document_path(image.document)?;
        let told = format!("{}, page {}", open_and_tell(Path::new(&path)), image.page);
        self.tell(told);
        Ok(())
    }

    /// The figure as printed, letters and arrows included, and back.
    fn show_printed(&mut self) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if !current.item.has_more_printed() {
            self.refuse("the picture shows all that is printed of the figure".into());
            return Ok(());
        }
        if current.item.as_printed.is_none() {
            current.item.print(self.desk.store, self.desk.printer)?;
        }
        match &current.item.as_printed {
            Some(Ok(_)) => {
                current.printed = !current.printed;
                self.clear = self.pictures.leaves_traces();
            }
            Some(Err(why)) => {
                let why = format!("cannot draw the figure as printed: {why}");
                self.refuse(why);
            }
            None => self.refuse("there is no more of the figure than the picture".into()),
        }
        Ok(())
    }

    fn shown_file(current: &Current) -> PathBuf {
        match &current.item.as_printed {
            Some(Ok(path)) if current.printed => path.clone(),
            _ => current.item.path.clone(),
        }
    }

    pub(super) fn tell(&mut self, text: String) {
        self.message = Some(Message { text, is_warning: false });
    }

    pub(super) fn refuse(&mut self, text: String) {
        self.message = Some(Message { text, is_warning: true });
    }
}

pub(super) fn source_of(item: &Item) -> Source {
    Source { path: item.path.clone(), object: Some(item.task.image.object.clone()) }
}
