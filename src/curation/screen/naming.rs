//! Patients by keys: the proposal accepted, the patient of the panel before, or a line a detail.

use ratatui::crossterm::event::KeyCode;

use super::super::case::{Details, Field, Form};
use super::ask::{Effect, Key, Typing};

#[derive(Debug)]
pub(super) struct Naming {
    pub form: Form,
    /// What Enter accepts.
    pub details: Details,
    /// Whether the panel is shown enlarged, not the whole picture.
    pub zoomed: bool,
}

impl Naming {
    pub fn new(form: Form) -> Self {
        let details = form.details(form.proposed_name().to_owned());
        Self { form, details, zoomed: false }
    }

    pub fn key(&mut self, key: KeyCode) -> Effect {
        match key {
            KeyCode::Enter => Effect::Case(Box::new(self.details.clone())),
            KeyCode::Char('=') => match self.form.name("=") {
                Ok(name) => Effect::Case(Box::new(self.form.details(name))),
                Err(why) => Effect::Refuse(why),
            },
            KeyCode::Char('e') => Effect::Type(Typing::Patient, self.details.name.clone()),
            KeyCode::Char('t') => self.type_detail(Field::Time),
            KeyCode::Char('r') => {
                self.details = self.form.details(self.form.proposed_name().to_owned());
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
                    self.details = self.form.details(name);
                }
                self.details.fields.first().map_or(Effect::Shown, |field| self.type_detail(*field))
            }
            Err(why) => Effect::Refuse(why),
        }
    }

    pub fn detail(&mut self, field: Field, text: &str) -> Effect {
        // What is proposed stands in the line already, so an emptied line means none.
        let text = if text.is_empty() { "-" } else { text };
        if let Err(why) = self.details.set(field, text) {
            return Effect::Refuse(why);
        }
        let mut after = self.details.fields.iter().skip_while(|other| **other != field).skip(1);
        after.next().map_or(Effect::Shown, |next| self.type_detail(*next))
    }

    fn type_detail(&self, field: Field) -> Effect {
        Effect::Type(Typing::Detail(field), self.details.get(field).to_owned())
    }

    pub fn question(&self) -> String {
        match &self.form.previous {
            Some(previous) => {
                format!("Is it {}? The panel before is of {previous}", self.details.name)
            }
            None => format!("Is it {}?", self.details.name),
        }
    }

    pub fn keys(&self) -> &'static [Key] {
        match &self.form.previous {
            Some(_) => &[
                ("Enter", "accept"),
                ("=", "same as before"),
                ("e", "edit"),
                ("t", "time"),
                ("r", "restart"),
                ("z", "zoom"),
            ],
            None => &[
                ("Enter", "accept"),
                ("e", "edit"),
                ("t", "time"),
                ("r", "restart"),
                ("z", "zoom"),
            ],
        }
    }
}
