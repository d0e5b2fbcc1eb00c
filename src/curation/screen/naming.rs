//! Patients by keys: the proposal accepted, the patient of the panel before, or a line a detail.

use ratatui::crossterm::event::KeyCode;

use super::super::case::{Details, Field, Form};
use super::effect::{Effect, Key, Typing};

#[derive(Debug)]
pub(super) struct Naming {
    pub form: Form,
    /// What Enter accepts.
    pub details: Details,
    /// What was accepted before each edit, the oldest first.
    before: Vec<Details>,
    /// Panels of the picture that are still asked about, this one included.
    panels: usize,
    /// Whether the panel is shown enlarged, not the whole picture.
    pub zoomed: bool,
}

impl Naming {
    pub fn new(form: Form, panels: usize) -> Self {
        let details = form.details(form.proposed_name().to_owned());
        Self { form, details, before: Vec::new(), panels, zoomed: false }
    }

    /// Keeps what was there before an edit, to take it back.
    fn change(&mut self, to: Details) {
        if to != self.details {
            self.before.push(std::mem::replace(&mut self.details, to));
        }
    }

    pub fn key(&mut self, key: KeyCode) -> Effect {
        match key {
            KeyCode::Enter if self.form.unchanged(&self.details).is_some() => Effect::Keep,
            KeyCode::Enter => Effect::Case(Box::new(self.details.clone())),
            KeyCode::Char('A') if self.panels > 1 => {
                Effect::CaseAll(Box::new(self.details.clone()))
            }
            KeyCode::Char('A') => Effect::Refuse(
                "no other panel of the picture is left: Enter accepts this one".into(),
            ),
            KeyCode::Char('u') => match self.before.pop() {
                Some(before) => {
                    self.details = before;
                    Effect::Tell("the last edit is taken back".into())
                }
                None => Effect::Unknown,
            },
            KeyCode::Char('=') => match self.form.name("=") {
                Ok(name) => Effect::Case(Box::new(self.form.details(name))),
                Err(why) => Effect::Refuse(why),
            },
            KeyCode::Char('e') => Effect::Type(Typing::Patient, self.details.name.clone()),
            KeyCode::Char('t') => self.type_detail(Field::Time),
            KeyCode::Char('r') => {
                self.change(self.form.details(self.form.proposed_name().to_owned()));
                Effect::Shown
            }
            KeyCode::Char('z') => {
                self.zoomed = !self.zoomed;
                Effect::Shown
            }
            _ => Effect::Unknown,
        }
    }

    /// A name typed: what is known of that patient is shown, then asked, one line each.
    pub fn name(&mut self, text: &str) -> Effect {
        match self.form.name(text) {
            Ok(name) => {
                if name != self.details.name {
                    self.change(self.form.details(name));
                }
                self.details.fields.first().map_or(Effect::Shown, |field| self.type_detail(*field))
            }
            Err(why) => Effect::Refuse(why),
        }
    }

    pub fn detail(&mut self, field: Field, text: &str) -> Effect {
        // What is proposed stands in the line already, so an emptied line means none.
        let text = if text.is_empty() { "-" } else { text };
        let mut details = self.details.clone();
        if let Err(why) = details.set(field, text) {
            return Effect::Refuse(why);
        }
        self.change(details);
        let mut after = self.details.fields.iter().skip_while(|other| **other != field).skip(1);
        after.next().map_or(Effect::Shown, |next| self.type_detail(*next))
    }

    fn type_detail(&self, field: Field) -> Effect {
        Effect::Type(Typing::Detail(field), self.details.get(field).to_owned())
    }

    pub fn question(&self) -> String {
        let keeps = self.form.unchanged(&self.details).is_some();
        if let Some(earlier) = self.form.shown_earlier().filter(|_| keeps) {
            return format!("Is it {}? {}", self.details.name, earlier.enter());
        }
        match &self.form.previous {
            Some(previous) => {
                format!("Is it {}? The panel before is of {previous}", self.details.name)
            }
            None => format!("Is it {}?", self.details.name),
        }
    }

    pub fn keys(&self) -> Vec<Key> {
        let mut keys = vec![("Enter", "accept")];
        if self.panels > 1 {
            keys.push(("A", "all panels of the picture"));
        }
        if self.form.previous.is_some() {
            keys.push(("=", "same as before"));
        }
        keys.extend([("e", "edit"), ("t", "time"), ("r", "restart"), ("z", "zoom")]);
        keys
    }
}
