//! What an answer does.

use super::super::asked::Task;
use super::super::case::Form;
use super::super::classify::{as_typed, is_done, parse_evidence};
use super::super::desk::Undone;
use super::super::earlier::Earlier;
use super::super::edit::{Edit, Panels};
use super::super::error::Result;
use super::super::evidence::{Quote, grounds};
use super::super::round::Round;
use super::super::select;
use super::key::Key;
use super::message::{Action, Reply, Request};
use super::view::{choices, drafts};
use super::{Asking, Current, Seat};
use crate::store::{Decision, Subject};
use crate::task;
use covid_ct_core::task::EvidenceRule;
use covid_ct_core::{Stage, Symbol, Value, drop_controls};

/// Most edits of one picture, and most characters of a typed text: more than anybody types.
const MOST_EDITS: usize = 2000;
const LONGEST: usize = 4000;

/// What came of an action: words, or why not.
pub(super) type Done = std::result::Result<String, String>;

impl Seat<'_> {
    /// Does what is asked for. Where the question or what was decided on it is not what the curator saw,
    /// nothing is done; an answer that was stored already is told as stored.
    ///
    /// # Errors
    /// The database's.
    pub fn answer(&mut self, mut request: Request) -> Result<Reply> {
        tidy(&mut request);
        let key = request.key.parse::<Key>().unwrap_or(Key::NOTHING);
        let is_current = self.current.is_some() && key == self.key();
        match &request.action {
            Action::Edit { .. } | Action::Patient { .. } | Action::History if is_current => {
                return self.look(&request.action);
            }
            _ => {}
        }
        let since = self.desk.store.decisions_since(request.basis, &self.desk.curator)?;
        if since.iter().any(|decision| stores(decision, &request.action, key)) {
            // It arrived before, and the answer to it was lost.
            self.turn_to_next()?;
            return self.moved_on("stored already".into());
        }
        let is_free = matches!(request.action, Action::Undo | Action::Batch { .. });
        let elsewhere =
            since.iter().any(|decision| decision.subject == key.subject() && is_of(decision, key));
        if !is_free && (!is_current || elsewhere) {
            let refused = if elsewhere {
                "not stored: this was decided elsewhere meanwhile; look again".into()
            } else {
                "not stored: something else is asked about by now".into()
            };
            return Ok(Reply { refused, view: Some(self.view()?), ..Reply::default() });
        }
        if !is_free && self.is_lost()? {
            self.turn_to_next()?;
            let refused = "not stored: somebody else has it at hand, or decided it".into();
            return Ok(Reply { refused, view: Some(self.view()?), ..Reply::default() });
        }
        if !request.note.is_empty() {
            self.desk.note.clone_from(&request.note);
        }
        self.act(request.action)
    }

    /// What stores nothing and changes nothing.
    fn look(&mut self, action: &Action) -> Result<Reply> {
        let mut reply = Reply::default();
        match (action, self.current.as_ref()) {
            (Action::Edit { edits }, Some(Current { asked: Asking::Crop { opening, .. }, .. })) => {
                match edited(opening.first(), &opening.proposal, edits) {
                    Ok(panels) => reply.panels = Some(drafts(&panels)),
                    Err(why) => reply.refused = why,
                }
            }
            (Action::Patient { name }, Some(Current { asked: Asking::Case(form), .. })) => {
                match form.name(name) {
                    Ok(name) => reply.patient = Some(super::view::patient(&form.details(name))),
                    Err(why) => reply.refused = why,
                }
            }
            (Action::History, Some(current)) => {
                reply.history = Some(self.history(current.item.task.image.id)?);
            }
            _ => reply.refused = "this does not answer the question that is shown".into(),
        }
        Ok(reply)
    }

    /// A decision a line, oldest first; a blind reader's own alone.
    fn history(&self, image: i64) -> Result<Vec<String>> {
        let mut said = self.desk.store.decisions_on(image)?;
        if self.desk.is_blind() {
            said.retain(|decision| decision.curator == self.desk.curator);
        }
        let told = |decision: Decision| {
            let Decision { time, curator, stage, subject, .. } = &decision;
            let panel = if subject.panel.is_some() { " of a panel" } else { "" };
            let value = match &decision.value {
                None => "taken back".to_owned(),
                Some(value) => match value.to_string() {
                    none if none.is_empty() => "no panels".to_owned(),
                    value => value,
                },
            };
            let settles = if decision.adjudicates { ", settles a dispute" } else { "" };
            let quote = Quote { source: decision.evidence, span: decision.span.clone() };
            let quote = if quote.span.is_empty() { String::new() } else { format!("; {quote}") };
            let note = match decision.note.as_str() {
                "" => String::new(),
                note => format!("; note: {note}"),
            };
            format!("{time} {curator}, {stage}{panel}: {value}{settles}{quote}{note}")
        };
        Ok(said.into_iter().map(told).collect())
    }

    fn act(&mut self, action: Action) -> Result<Reply> {
        let done = match action {
            Action::Select { value } => self.select(value)?,
            Action::Sheet { images, marked, turned } => self.sheet(&images, &marked, &turned)?,
            Action::Batch { on } => self.batch(on)?,
            Action::Keep => self.keep()?,
            Action::Classify { panel, value, words } => self.classify(panel, value, &words)?,
            Action::CropFirst => self.crop_first()?,
            Action::Crop { edits, certain } => return self.crop(&edits, certain),
            Action::Case { name, age, sex, time, all } => {
                self.case(&name, [&age, &sex, &time], all)?
            }
            Action::Group { panels, name } => self.group(&panels, &name)?,
            Action::Settle { reading, certain } => return self.settle(reading, certain),
            Action::Anew => self.anew()?,
            Action::Skip => self.skip()?,
            Action::Undo => self.undo()?,
            Action::Edit { .. } | Action::Patient { .. } | Action::History => {
                Err("this does not answer the question that is shown".into())
            }
        };
        match done {
            Ok(told) => self.moved_on(told),
            Err(refused) => {
                self.desk.note.clear();
                Ok(Reply { refused, ..Reply::default() })
            }
        }
    }

    fn moved_on(&mut self, told: String) -> Result<Reply> {
        Ok(Reply { told, view: Some(self.view()?), ..Reply::default() })
    }

    fn select(&mut self, word: Symbol) -> Result<Done> {
        let Some(Current { item, asked: Asking::Select { asked, .. } }) = &self.current else {
            return Ok(not_asked());
        };
        let Some(answer) = asked.answer(word) else { return Ok(not_asked()) };
        let (subject, value, quote) = select::decision(item, asked, answer);
        self.decide(subject, value, &quote)
    }

    fn sheet(&mut self, images: &[i64], marked: &[i64], turned: &[i64]) -> Result<Done> {
        let Some(Current { asked: Asking::Sheet { asked, words, tiles }, .. }) = &self.current
        else {
            return Ok(not_asked());
        };
        let (asked, words) = (*asked, *words);
        let shown: Vec<i64> = tiles.iter().map(|(item, _)| item.task.image.id).collect();
        if shown != images {
            return Ok(Err("not stored: the sheet has other pictures by now".into()));
        }
        let count = tiles.len();
        let mut decisions: Vec<(Subject, Value, Quote)> = Vec::new();
        for (item, earlier) in tiles {
            let image = item.task.image.id;
            let (is_marked, is_turned) = (marked.contains(&image), turned.contains(&image));
            let said = select::said_on_sheet(asked, words, is_marked, is_turned, earlier.as_ref());
            let answer = said.and_then(|word| asked.answer(word));
            decisions.extend(answer.map(|answer| select::decision(item, asked, answer)));
        }
        let is = |(_, value, _): &&(Subject, Value, Quote)| value.word() == Some(words.marked);
        let (decided, marks) = (decisions.len(), decisions.iter().filter(is).count());
        let kept = match count - decided {
            0 => String::new(),
            kept => format!(", {kept} kept as they were"),
        };
        let told = format!(
            "{decided} decided: {marks} {}, {} {}{kept}",
            words.marked,
            decided - marks,
            words.others
        );
        if decided == 0 {
            for image in shown {
                self.desk.keep(asked.stage, Subject::image(image));
            }
        } else {
            self.desk.decide_all(asked.stage, decisions)?;
        }
        self.finish(count)?;
        Ok(Ok(told))
    }

    fn batch(&mut self, on: bool) -> Result<Done> {
        if self.desk.is_settling() {
            return Ok(Err("what is disputed is settled picture by picture".into()));
        }
        self.batch = on;
        self.turn_to_next()?;
        Ok(Ok(String::new()))
    }

    /// What was said before is kept; what was taken back is said again.
    pub(super) fn keep(&mut self) -> Result<Done> {
        let (Some(current), Some(round)) = (&self.current, &self.round) else {
            return Ok(not_asked());
        };
        let (stage, subject) = (round.stage, current.item.task.subject());
        let (earlier, shown) = match &current.asked {
            Asking::Select { earlier, .. } => (earlier.clone(), None),
            Asking::Classify { earlier, .. } if earlier.enter().is_some() => {
                (earlier.to_keep().cloned(), None)
            }
            Asking::Crop { opening, .. } => (opening.kept(opening.first()).cloned(), None),
            Asking::Case(form) => (form.earlier.clone(), form.shown_earlier()),
            _ => return Ok(not_asked()),
        };
        let is_classified = matches!(current.asked, Asking::Classify { .. });
        match earlier {
            None if !is_classified => Ok(Err("nothing was said of it before".into())),
            Some(Earlier { in_force: false, decision }) => {
                let quote = Quote { source: decision.evidence, span: decision.span };
                let Some(value) = decision.value else { return Ok(not_asked()) };
                if self.desk.note.is_empty() {
                    self.desk.note = decision.note;
                }
                self.decide(subject, value, &quote)
            }
            earlier => {
                let told = shown.or(earlier).map_or_else(
                    || "kept as it was".to_owned(),
                    |earlier| format!("kept: {}", earlier.word()),
                );
                self.desk.keep(stage, subject);
                self.finish(1)?;
                Ok(Ok(told))
            }
        }
    }

    fn classify(&mut self, panel: Option<i64>, word: Symbol, typed: &str) -> Result<Done> {
        let Some(Current { item, asked: Asking::Classify { asked, panels, earlier, .. } }) =
            &self.current
        else {
            return Ok(not_asked());
        };
        let Some(answer) = asked.answer(word) else { return Ok(not_asked()) };
        let ids: Vec<i64> = panels.iter().map(|panel| panel.id).collect();
        let whole = item.task.subject();
        if panel != whole.panel && !panel.is_some_and(|panel| ids.contains(&panel)) {
            return Ok(Err("the picture has no such panel: look again".into()));
        }
        let subject = Subject { image: item.task.image.id, panel };
        let texts = item.texts();
        let said = earlier.quote(subject, answer);
        let quote = if asked.evidence == EvidenceRule::Asked {
            let mut shown = choices(answer, said, &texts).into_iter();
            match shown.find(|quote| as_typed(quote, &texts) == typed) {
                Some(quote) => quote,
                None => match parse_evidence(typed, answer, &texts) {
                    Ok(quote) => quote,
                    Err(why) => return Ok(Err(why)),
                },
            }
        } else {
            said.unwrap_or_else(|| grounds(asked, answer, item.caption()))
        };
        let stage = asked.stage;
        let value = Value::Answer(stage, word);
        let told = format!("{}: {value}", value.stage());
        self.desk.decide(subject, value, &quote)?;
        if subject == whole || is_done(&self.desk, stage, subject, &ids)? {
            self.finish(1)?;
        } else {
            // What was said of the panel is shown with what is left.
            self.ask_anew()?;
        }
        Ok(Ok(told))
    }

    /// The picture that the question is about is cropped first.
    fn crop_first(&mut self) -> Result<Done> {
        let Some(mut current) = self.current.take() else { return Ok(not_asked()) };
        let may = matches!(&current.asked, Asking::Classify { can_crop: true, .. });
        if may {
            current.asked = self.cropping(&current.item)?;
        }
        self.current = Some(current);
        Ok(if may { Ok(String::new()) } else { Err("the picture has panels already".into()) })
    }

    fn crop(&mut self, edits: &[String], certain: bool) -> Result<Reply> {
        let Some(Current { item, asked: Asking::Crop { opening, .. } }) = &self.current else {
            return Ok(refused("this does not answer the question that is shown"));
        };
        let panels = match edited(opening.first(), &opening.proposal, edits) {
            Ok(panels) => panels,
            Err(why) => return Ok(refused(&why)),
        };
        if opening.kept(&panels).is_some() {
            let done = self.keep()?;
            return match done {
                Ok(told) => self.moved_on(told),
                Err(why) => Ok(refused(&why)),
            };
        }
        if !certain {
            let doubts = opening.doubts(&self.desk, item, &panels)?;
            if !doubts.is_empty() {
                self.desk.note.clear();
                return Ok(Reply { doubts, ..Reply::default() });
            }
        }
        opening.store(&mut self.desk, item, &panels)?;
        let told = match panels.boxes().len() {
            0 => "crop: no scans".to_owned(),
            1 => "crop: 1 box".to_owned(),
            boxes => format!("crop: {boxes} boxes"),
        };
        if self.round.as_ref().is_some_and(|round| round.stage != Stage::Crop) {
            // It was cropped first; now its panels can be asked about one by one.
            self.ask_anew()?;
        } else {
            self.finish(1)?;
        }
        self.moved_on(told)
    }

    fn settle(&mut self, reading: usize, certain: bool) -> Result<Reply> {
        let Some(Current { item, asked: Asking::Dispute(dispute) }) = &self.current else {
            return Ok(refused("this does not answer the question that is shown"));
        };
        let (subject, dispute) = (item.task.subject(), dispute.clone());
        if !certain {
            let doubts = dispute.doubts(&self.desk, reading)?;
            if !doubts.is_empty() {
                self.desk.note.clear();
                return Ok(Reply { doubts, ..Reply::default() });
            }
        }
        let Some((value, quote)) = dispute.take(&self.desk, reading)? else {
            return Ok(refused("there is no such reading"));
        };
        match self.decide(subject, value, &quote)? {
            Ok(told) => self.moved_on(told),
            Err(why) => Ok(refused(&why)),
        }
    }

    fn anew(&mut self) -> Result<Done> {
        let is_disputed =
            self.current.as_ref().is_some_and(|c| matches!(c.asked, Asking::Dispute(_)));
        if !is_disputed {
            return Ok(not_asked());
        }
        self.ask_anew()?;
        Ok(Ok(String::new()))
    }

    fn skip(&mut self) -> Result<Done> {
        let (Some(current), Some(round)) = (&self.current, &mut self.round) else {
            return Ok(not_asked());
        };
        if matches!(current.asked, Asking::Sheet { .. }) {
            return Ok(Err("a sheet cannot be skipped: b shows its pictures one by one".into()));
        }
        self.desk.skip(round.stage, current.item.task.subject());
        round.pass(1);
        self.turn_to_next()?;
        Ok(Ok("skipped, asked again next time".into()))
    }

    fn undo(&mut self) -> Result<Done> {
        let undone = self.desk.undo()?;
        if undone == Undone::Nothing {
            return Ok(Err(undone.to_string()));
        }
        let is_back = |round: &mut Round| {
            undone.what().is_some_and(|(stage, what)| round.bring_back(stage, what))
        };
        if !self.round.as_mut().is_some_and(is_back) {
            // What it brought back is asked first, wherever it stands in the new queue.
            self.round = None;
        }
        self.turn_to_next()?;
        Ok(Ok(undone.to_string()))
    }

    /// Writes the decision that is the last on what is shown, and goes on.
    pub(super) fn decide(&mut self, subject: Subject, value: Value, quote: &Quote) -> Result<Done> {
        let told = format!("{}: {value}", value.stage());
        self.desk.decide(subject, value, quote)?;
        self.finish(1)?;
        Ok(Ok(told))
    }

    fn finish(&mut self, count: usize) -> Result<()> {
        if let Some(round) = &mut self.round {
            let done: Vec<Subject> = round.left().take(count).map(Task::subject).collect();
            self.desk.finish(round.stage, &done);
            round.pass(count);
        }
        self.turn_to_next()
    }

    /// The form of the panel that is asked about.
    pub(super) fn form(&self) -> Option<&Form> {
        match &self.current {
            Some(Current { asked: Asking::Case(form), .. }) => Some(form),
            _ => None,
        }
    }
}

pub(super) fn not_asked() -> Done {
    Err("this does not answer the question that is shown".into())
}

fn refused(why: &str) -> Reply {
    Reply { refused: why.into(), ..Reply::default() }
}

/// The panels after edits of what was first shown; `r` and `R` start again from that and from the proposal.
fn edited(
    first: &Panels,
    proposal: &Panels,
    edits: &[String],
) -> std::result::Result<Panels, String> {
    if edits.len() > MOST_EDITS {
        return Err(format!("more than {MOST_EDITS} edits: store them, or start again"));
    }
    let mut panels = first.clone();
    for edit in edits {
        match edit.as_str() {
            "r" => panels.restart(first),
            "R" => panels.restart(proposal),
            line => panels.apply(&Edit::parse(line)?)?,
        }
    }
    Ok(panels)
}

/// Leaves of typed texts what a prompt would: no control characters, no blanks around, no endless lines.
fn tidy(request: &mut Request) {
    fn line(text: &mut String) {
        drop_controls(text);
        let cut = text.trim().chars().take(LONGEST).collect();
        *text = cut;
    }
    line(&mut request.note);
    match &mut request.action {
        Action::Classify { words, .. } => line(words),
        Action::Patient { name } | Action::Group { name, .. } => line(name),
        Action::Case { name, age, sex, time, .. } => {
            [name, age, sex, time].into_iter().for_each(line);
        }
        _ => {}
    }
}

/// Whether a decision is of the stage and picture that a question names.
fn is_of(decision: &Decision, key: Key) -> bool {
    Some(decision.stage) == key.stage && decision.subject.image == key.image
}

/// Whether a decision, made since the curator saw the question, is what the action stores.
fn stores(decision: &Decision, action: &Action, key: Key) -> bool {
    let of_picture = is_of(decision, key);
    let said = decision.value.as_ref();
    let says = |word: Symbol| said.and_then(Value::word) == Some(word);
    match action {
        Action::Undo => said.is_none(),
        Action::Select { value } => of_picture && says(*value),
        Action::Sheet { images, marked, .. } => {
            let image = decision.subject.image;
            let asked = key.stage.and_then(|stage| task::in_force().question(stage));
            let words = asked.and_then(|asked| asked.sheet.as_ref());
            let said = |words: &task::SheetWords| {
                says(if marked.contains(&image) { words.marked } else { words.others })
            };
            let of_stage = Some(decision.stage) == key.stage;
            of_stage && images.contains(&image) && words.is_some_and(said)
        }
        Action::Classify { panel, value, .. } => {
            let of_panel = decision.subject.panel == *panel;
            of_picture && of_panel && says(*value)
        }
        // Before a question is answered a picture may be cropped.
        Action::Crop { .. } => {
            let of_picture = decision.subject.image == key.image;
            of_picture && decision.stage == Stage::Crop && said.is_some()
        }
        Action::Case { .. } => of_picture && decision.subject.panel == key.panel && said.is_some(),
        Action::Group { panels, .. } => {
            let of_panels = decision.subject.panel.is_some_and(|panel| panels.contains(&panel));
            decision.stage == Stage::Case && of_panels && said.is_some()
        }
        Action::Settle { .. } => {
            of_picture && decision.subject == key.subject() && decision.adjudicates
        }
        Action::Keep => of_picture && decision.subject == key.subject() && said.is_some(),
        Action::Batch { .. }
        | Action::CropFirst
        | Action::Edit { .. }
        | Action::Patient { .. }
        | Action::Anew
        | Action::Skip
        | Action::History => false,
    }
}
