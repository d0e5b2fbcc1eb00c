//! Which pictures are wanted, by keys: one picture, asked for the first time or again.

use covid_ct_core::task::Question;
use ratatui::crossterm::event::KeyCode;

use super::super::earlier::Earlier;
use super::effect::{Effect, Key, keys_of};

#[derive(Debug)]
pub(super) struct Selecting {
    pub asked: &'static Question,
    pub earlier: Option<Earlier>,
}

impl Selecting {
    pub fn key(&self, key: KeyCode) -> Effect {
        match key {
            KeyCode::Char('b') if self.asked.sheet.is_some() => Effect::Batch(true),
            KeyCode::Enter if self.earlier.is_some() => Effect::Keep,
            KeyCode::Char(key) => match self.asked.of_key(key) {
                Some(answer) => Effect::Select(answer.word),
                None => Effect::Unknown,
            },
            _ => Effect::Unknown,
        }
    }

    pub fn question(&self) -> String {
        match &self.earlier {
            Some(earlier) => format!("{} {}", self.asked.short, earlier.enter()),
            None => self.asked.short.clone(),
        }
    }

    pub fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        keys.extend(self.earlier.is_some().then_some(("Enter", "as it was")));
        keys.extend(keys_of(self.asked));
        keys.extend(self.asked.sheet.is_some().then_some(("b", "batch")));
        keys
    }
}
