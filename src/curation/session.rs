//! A session at line prompts: shows the next thing to decide, takes the answer, has it written before
//! it goes on.

use std::io::{BufRead, Write};

use super::asked::Task;
use super::item::Item;
use super::lines::{Answer, Done, Ended, Result, Session, Summary, asks, is_plain, stages_of};
use super::round::Round;
use super::{adjudicate, case, classify, crop, select};
use crate::store::Subject;
use crate::task;
use covid_ct_core::Stage;

impl<R: BufRead, W: Write> Session<'_, R, W> {
    /// Asks about everything left at `stage`, or, without one, at each stage in turn.
    ///
    /// # Errors
    /// When the store or the terminal fails; what was decided until then is kept.
    pub fn run(&mut self, stage: Option<Stage>) -> Result<Done> {
        let stages = stages_of(stage);
        let mut told = None;
        let ended = loop {
            let Some((round, passed_over)) = self.desk.next_round(&stages)? else {
                break Ended::Finished;
            };
            if told.replace(round.stage) != Some(round.stage) {
                self.tell_stage(&round, &passed_over)?;
            }
            if self.work_through(round)? == Ended::Quit {
                break Ended::Quit;
            }
        };
        let why = match ended {
            Ended::Finished => self.desk.why_nothing(&stages)?,
            Ended::Quit => Vec::new(),
        };
        Ok((Summary::of(&self.desk, ended), why))
    }

    fn tell_stage(&mut self, round: &Round, passed_over: &[String]) -> Result<()> {
        let (done, left) = (round.done(), round.total - round.done());
        let stage = round.stage;
        let rule = self.prompt.style.rule(&format!("now: {stage}"));
        self.prompt.tell(&format!("\n{rule}{}", asks(stage)))?;
        self.prompt.tell(&format!("{stage}: {left} left, {done} done. ? explains the keys."))?;
        for told in passed_over {
            self.prompt.tell(told)?;
        }
        Ok(())
    }

    /// Asks about each task until none is left, what is undone is of another round, or the curator quits.
    fn work_through(&mut self, mut round: Round) -> Result<Ended> {
        while let Some(task) = round.current().cloned() {
            let stage = round.stage;
            let subject = task.subject();
            self.desk.turn_to(Some(&task));
            let beside = round.of_picture().skip(1).filter_map(|task| task.panel.clone());
            self.beside = beside.collect();
            let mut item = Item::load(self.desk.store, task)?;
            item.print(self.desk.store, self.desk.printer)?;
            let disputed = if item.task.dispute.is_some() { " disputed," } else { "" };
            let title = format!("{stage}{disputed} {} of {}", round.done() + 1, round.total);
            self.prompt.tell(&super::view::describe(&item, self.prompt.style, &title))?;
            let answer = self.ask(stage, &item)?;
            match answer {
                Answer::Decided => self.desk.finish(stage, &[subject]),
                Answer::DecidedPicture => {
                    let subjects: Vec<Subject> = round.of_picture().map(Task::subject).collect();
                    self.desk.finish(stage, &subjects);
                    round.pass_picture();
                    continue;
                }
                Answer::Skip => self.desk.skip(stage, subject),
                Answer::Undo => {
                    let undone = self.desk.undo()?;
                    self.prompt.tell(&undone.to_string())?;
                    let is_back = undone.what().is_none_or(|(of, what)| round.bring_back(of, what));
                    if is_back {
                        continue;
                    }
                    return Ok(Ended::Finished);
                }
                Answer::Quit => return Ok(Ended::Quit),
            }
            round.pass(1);
        }
        Ok(Ended::Finished)
    }

    fn ask(&mut self, stage: Stage, item: &Item) -> Result<Answer> {
        if let Some(dispute) = &item.task.dispute
            && let Some(answer) = adjudicate::ask(self, item, dispute)?
        {
            return Ok(answer);
        }
        match stage {
            Stage::Crop => crop::ask(self, item),
            Stage::Case => case::ask(self, item),
            _ => match task::in_force().question(stage) {
                Some(question) if is_plain(question) => select::ask(self, item, question),
                Some(question) => classify::ask(self, item, question),
                None => Ok(Answer::Quit),
            },
        }
    }
}
