//! The selection by keys: one picture, asked for the first time or again.

use ratatui::crossterm::event::KeyCode;

use super::super::earlier::Earlier;
use super::ask::{Effect, Key};
use crate::store::Selection;

#[derive(Debug)]
pub(super) struct Selecting {
    pub earlier: Option<Earlier>,
}

impl Selecting {
    pub fn key(&self, key: KeyCode) -> Effect {
        match key {
            KeyCode::Char('c') => Effect::Select(Selection::Ct),
            KeyCode::Char('n') => Effect::Select(Selection::NotCt),
            KeyCode::Char('m') => Effect::Select(Selection::Unsure),
            KeyCode::Char('b') => Effect::Batch(true),
            KeyCode::Enter if self.earlier.is_some() => Effect::Keep,
            _ => Effect::Unknown,
        }
    }

    pub fn question(&self) -> String {
        match &self.earlier {
            Some(earlier) => format!("Is it a chest CT? {}", earlier.enter()),
            None => "Is it a chest CT?".into(),
        }
    }

    pub fn keys(&self) -> &'static [Key] {
        match &self.earlier {
            Some(_) => &[
                ("Enter", "as it was"),
                ("c", "CT"),
                ("n", "not CT"),
                ("m", "maybe"),
                ("b", "batch"),
            ],
            None => &[("c", "CT"), ("n", "not CT"), ("m", "maybe"), ("b", "batch")],
        }
    }
}
