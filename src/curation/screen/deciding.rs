//! What comes of an effect: decisions go to the desk, and what comes next onto the screen.

use super::super::asked::Task;
use super::super::case::Details;
use super::super::classify::is_done;
use super::super::earlier::Earlier;
use super::super::error::Result;
use super::super::evidence::Quote;
use super::super::select;
use super::app::{App, Current};
use super::ask::Ask;
use super::effect::Effect;
use super::input::Input;
use crate::store::{LabelledPanel, Subject};
use covid_ct_core::{Stage, Symbol, Value};

impl App<'_> {
    pub(super) fn take(&mut self, effect: Effect) -> Result<()> {
        match effect {
            Effect::Shown | Effect::Unknown => {}
            Effect::Tell(what) => self.tell(what),
            Effect::Refuse(why) => self.refuse(why),
            Effect::Keep => return self.keep(),
            Effect::Type(typing, text) => self.typing = Some((typing, Input::new(&text))),
            Effect::Settle(index) => return self.settle(index, false),
            Effect::SettleAnyway(index) => return self.settle(index, true),
            Effect::Anew => return self.ask_anew(),
            Effect::Batch(on) => {
                if self.desk.is_settling() {
                    self.refuse("what is disputed is settled picture by picture".into());
                    return Ok(());
                }
                self.batch = on;
                return self.turn_to_next();
            }
            Effect::Select(selection) => return self.select(selection),
            Effect::SelectAll(selections) => return self.select_all(&selections),
            Effect::Answer(subject, word, quote) => return self.answer(subject, word, &quote),
            Effect::Crop => return self.crop(false),
            Effect::CropAnyway => return self.crop(true),
            Effect::CropFirst => return self.crop_first(),
            Effect::Case(details) => return self.case(*details),
            Effect::CaseAll(details) => return self.case_all(*details),
        }
        Ok(())
    }

    /// Takes a reading of what is disputed, after telling what would be lost with it.
    fn settle(&mut self, index: usize, is_certain: bool) -> Result<()> {
        let Some(Current { ask: Ask::Dispute(disputing), item, .. }) = &mut self.current else {
            return Ok(());
        };
        let subject = item.task.subject();
        if !is_certain {
            disputing.doubts = disputing.dispute.doubts(&self.desk, index)?;
            if !disputing.doubts.is_empty() {
                self.scroll = 0;
                self.fresh = true;
                return Ok(());
            }
        }
        match disputing.dispute.take(&self.desk, index)? {
            Some((value, quote)) => self.decide(subject, value, &quote),
            None => Ok(()),
        }
    }

    fn select(&mut self, word: Symbol) -> Result<()> {
        let Some(Current { ask: Ask::Select(selecting), item, .. }) = &self.current else {
            return Ok(());
        };
        let Some(answer) = selecting.asked.answer(word) else { return Ok(()) };
        let (subject, value, quote) = select::decision(item, selecting.asked, answer);
        self.decide(subject, value, &quote)
    }

    /// Writes what a sheet says; pictures that are left as they were get no new decision.
    fn select_all(&mut self, answers: &[Option<Symbol>]) -> Result<()> {
        let Some(Current { ask: Ask::Sheet(sheet), .. }) = &self.current else { return Ok(()) };
        let count = sheet.tiles.len();
        let (asked, words) = (sheet.asked, sheet.words);
        let said = sheet.tiles.iter().zip(answers).filter_map(|((item, _), said)| {
            Some(select::decision(item, asked, asked.answer((*said)?)?))
        });
        let decisions: Vec<(Subject, Value, Quote)> = said.collect();
        let decided = decisions.len();
        let marked = answers.iter().filter(|said| **said == Some(words.marked)).count();
        if decided == 0 {
            let kept: Vec<Subject> =
                sheet.tiles.iter().map(|(item, _)| item.task.subject()).collect();
            for subject in kept {
                self.desk.keep(asked.stage, subject);
            }
            self.tell(format!("{count} kept as they were"));
            return self.finish(count);
        }
        self.desk.decide_all(asked.stage, decisions)?;
        let kept = match count - decided {
            0 => String::new(),
            kept => format!(", {kept} kept as they were"),
        };
        self.tell(format!(
            "{decided} decided: {marked} {}, {} {}{kept}",
            words.marked,
            decided - marked,
            words.others
        ));
        self.finish(count)
    }

    fn answer(&mut self, subject: Subject, word: Symbol, quote: &Quote) -> Result<()> {
        let Some(Current { ask: Ask::Classify(classifying), .. }) = &mut self.current else {
            return Ok(());
        };
        let panels = classifying.panels();
        let stage = classifying.stage();
        let value = Value::Answer(stage, word);
        classifying.next_panel();
        self.tell(format!("{}: {value}", value.stage()));
        self.desk.decide(subject, value, quote)?;
        if is_done(&self.desk, stage, subject, &panels)? {
            return self.finish(1);
        }
        // The next panel is a new question.
        self.fresh = true;
        Ok(())
    }

    /// What was said before is kept; what was taken back is said again.
    fn keep(&mut self) -> Result<()> {
        let (Some(current), Some(round)) = (&self.current, &self.round) else { return Ok(()) };
        let (stage, subject) = (round.stage, current.item.task.subject());
        let earlier = match &current.ask {
            Ask::Select(selecting) => selecting.earlier.clone(),
            Ask::Classify(classifying) => classifying.earlier.to_keep().cloned(),
            Ask::Crop(cropping) => cropping.opening.kept(&cropping.panels).cloned(),
            Ask::Case(naming) => naming.form.earlier.clone(),
            Ask::Sheet(_) | Ask::Dispute(_) => None,
        };
        match earlier {
            Some(Earlier { in_force: false, decision }) => {
                let quote = Quote { source: decision.evidence, span: decision.span };
                let Some(value) = decision.value else { return Ok(()) };
                if self.desk.note.is_empty() {
                    self.desk.note = decision.note;
                }
                return self.decide(subject, value, &quote);
            }
            Some(earlier) => {
                let shown = match &current.ask {
                    Ask::Case(naming) => naming.form.shown_earlier(),
                    _ => None,
                };
                self.tell(format!("kept: {}", shown.unwrap_or(earlier).word()));
            }
            None => self.tell("kept as it was".into()),
        }
        self.desk.keep(stage, subject);
        self.finish(1)
    }

    fn crop(&mut self, is_certain: bool) -> Result<()> {
        let Some(Current { ask: Ask::Crop(cropping), item, .. }) = &mut self.current else {
            return Ok(());
        };
        if !is_certain {
            let doubts = cropping.opening.doubts(&self.desk, item, &cropping.panels)?;
            if !doubts.is_empty() {
                cropping.doubts = doubts;
                self.scroll = 0;
                // Told, it is a new question: no key of the rhythm answers it.
                self.fresh = true;
                return Ok(());
            }
        }
        cropping.opening.store(&mut self.desk, item, &cropping.panels)?;
        let told = format!("crop: {}", Value::Crop(cropping.panels.boxes()));
        self.tell(told);
        if self.round.as_ref().is_some_and(|round| round.stage != Stage::Crop) {
            // It was cropped first; now the question can be answered panel by panel.
            return self.ask_anew();
        }
        self.finish(1)
    }

    /// The picture that a question is about is cropped first.
    fn crop_first(&mut self) -> Result<()> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        current.ask = Ask::Crop(Box::new(self.opened_panels(&current.item)?));
        self.current = Some(current);
        self.fresh = true;
        self.wipe();
        Ok(())
    }

    fn case(&mut self, details: Details) -> Result<()> {
        let Some(Current { ask: Ask::Case(naming), .. }) = &self.current else { return Ok(()) };
        let (subject, value, quote) = naming.form.accept(&self.desk, details)?;
        self.decide(subject, value, &quote)
    }

    /// One patient for all panels of the picture that are still asked about.
    fn case_all(&mut self, details: Details) -> Result<()> {
        let (Some(Current { ask: Ask::Case(naming), item, .. }), Some(round)) =
            (&self.current, &mut self.round)
        else {
            return Ok(());
        };
        let others: Vec<LabelledPanel> =
            round.of_picture().skip(1).filter_map(|task| task.panel.clone()).collect();
        let subjects: Vec<Subject> = round.of_picture().map(Task::subject).collect();
        let told = format!("case: {} of {} panels", details.name, subjects.len());
        let decisions = naming.form.accept_all(&self.desk, item, details, &others)?;
        self.desk.decide_all(Stage::Case, decisions)?;
        self.desk.finish(Stage::Case, &subjects);
        round.pass_picture();
        self.tell(told);
        self.turn_to_next()
    }

    /// Writes the decision that is the last on what is shown, and goes on.
    fn decide(&mut self, subject: Subject, value: Value, quote: &Quote) -> Result<()> {
        self.tell(format!("{}: {value}", value.stage()));
        self.desk.decide(subject, value, quote)?;
        self.finish(1)
    }

    fn finish(&mut self, count: usize) -> Result<()> {
        if let Some(round) = &self.round {
            let done: Vec<Subject> = round.left().take(count).map(Task::subject).collect();
            self.desk.finish(round.stage, &done);
        }
        self.pass(count)
    }

    /// Takes the first `count` off the queue.
    pub(super) fn pass(&mut self, count: usize) -> Result<()> {
        if let Some(round) = &mut self.round {
            round.pass(count);
        }
        self.turn_to_next()
    }
}
