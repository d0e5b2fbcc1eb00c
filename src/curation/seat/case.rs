//! Answers about whose scans panels are.

use super::super::asked::Task;
use super::super::case::{Details, Field, Form};
use super::super::error::Result;
use super::super::evidence::Quote;
use super::super::item::Item;
use super::answer::{Done, not_asked};
use super::{Asking, Current, Seat};
use crate::store::{LabelledPanel, Subject};
use covid_ct_core::{Stage, Value};

impl Seat<'_> {
    /// The patient of the panel that is asked about, or of all panels of its picture that are.
    pub(super) fn case(&mut self, name: &str, typed: [&str; 3], all: bool) -> Result<Done> {
        let Some(form) = self.form() else { return Ok(not_asked()) };
        let details = match filled(form, name, typed) {
            Ok(details) => details,
            Err(why) => return Ok(Err(why)),
        };
        if all {
            return self.case_of_picture(details);
        }
        if form.unchanged(&details).is_some() {
            return self.keep();
        }
        let (subject, value, quote) = form.accept(&self.desk, details)?;
        self.decide(subject, value, &quote)
    }

    fn case_of_picture(&mut self, details: Details) -> Result<Done> {
        let (Some(Current { item, asked: Asking::Case(form) }), Some(round)) =
            (&self.current, &mut self.round)
        else {
            return Ok(not_asked());
        };
        let others: Vec<LabelledPanel> =
            round.of_picture().skip(1).filter_map(|task| task.panel.clone()).collect();
        let subjects: Vec<Subject> = round.of_picture().map(Task::subject).collect();
        let told = format!("case: {} of {} panels", details.name, subjects.len());
        let decisions = form.accept_all(&self.desk, item, details, &others)?;
        self.desk.decide_all(Stage::Case, decisions)?;
        self.desk.finish(Stage::Case, &subjects);
        round.pass_picture();
        self.turn_to_next()?;
        Ok(Ok(told))
    }

    /// The patient of any panels of the paper that are still asked about, each at the time proposed for it.
    pub(super) fn group(&mut self, panels: &[i64], name: &str) -> Result<Done> {
        let (Some(form), Some(round)) = (self.form(), &self.round) else {
            return Ok(not_asked());
        };
        let name = match form.name(name) {
            Ok(name) => name,
            Err(why) => return Ok(Err(why)),
        };
        let wanted = |task: &&Task| task.panel.as_ref().is_some_and(|p| panels.contains(&p.id));
        let tasks: Vec<Task> = round.left().filter(wanted).cloned().collect();
        if tasks.is_empty() || tasks.len() != panels.len() {
            return Ok(Err("not stored: some of these panels are not asked about".into()));
        }
        let mut decisions: Vec<(Subject, Value, Quote)> = Vec::new();
        for task in &tasks {
            let item = Item::load(self.desk.store, task.clone())?;
            let Some(panel) = &task.panel else { return Ok(not_asked()) };
            let form = Form::read(&self.desk, &item, panel)?;
            decisions.push(form.accept(&self.desk, form.details(name.clone()))?);
        }
        let subjects: Vec<Subject> = tasks.iter().map(Task::subject).collect();
        let told = format!("case: {name} of {} panels", subjects.len());
        self.desk.decide_all(Stage::Case, decisions)?;
        self.desk.finish(Stage::Case, &subjects);
        if let Some(round) = &mut self.round {
            round.pass_these(&subjects);
        }
        self.turn_to_next()?;
        Ok(Ok(told))
    }
}

/// What a form says once a name and, as far as they are asked, age, sex and time are typed into it.
fn filled(form: &Form, name: &str, typed: [&str; 3]) -> std::result::Result<Details, String> {
    let mut details = form.details(form.name(name)?);
    for (field, text) in [Field::Age, Field::Sex, Field::Time].into_iter().zip(typed) {
        // What is proposed stands in the field already, so an emptied one means none.
        let text = if text.is_empty() { "-" } else { text };
        if details.fields.contains(&field) && details.get(field) != text {
            details.set(field, text)?;
        }
    }
    Ok(details)
}
