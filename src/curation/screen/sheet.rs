//! Many pictures at once: a contact sheet on which the few CTs among them are marked.

use ratatui::crossterm::event::KeyCode;

use super::super::item::Item;
use super::ask::{Effect, Key};
use crate::store::Selection;

/// Pictures on a sheet: one a digit.
pub(super) const PICTURES: usize = 10;

#[derive(Debug)]
pub(super) struct Sheet {
    /// Pictures and whether each is marked as a CT.
    pub tiles: Vec<(Item, bool)>,
}

impl Sheet {
    pub const KEYS: &'static [Key] = &[
        ("1…9 0", "mark a CT"),
        ("Enter", "marked: CT, others: not CT"),
        ("n", "none is CT"),
        ("b", "one by one"),
    ];

    pub fn new(items: Vec<Item>) -> Self {
        Self { tiles: items.into_iter().map(|item| (item, false)).collect() }
    }

    /// The digit of a tile: the tenth is 0, as on the keyboard.
    pub fn digit(index: usize) -> usize {
        (index + 1) % PICTURES
    }

    pub fn key(&mut self, key: KeyCode) -> Effect {
        match key {
            KeyCode::Char(digit) if digit.is_ascii_digit() => {
                let digit = digit as usize - '0' as usize;
                let tile = (digit + PICTURES - 1) % PICTURES;
                match self.tiles.get_mut(tile) {
                    Some((_, marked)) => {
                        *marked = !*marked;
                        Effect::Shown
                    }
                    None => Effect::Refuse(format!("there is no picture {digit}")),
                }
            }
            KeyCode::Char('n') if self.marked() > 0 => Effect::Refuse(
                "some are marked as CT: Enter takes the others as not CT, digits unmark".into(),
            ),
            KeyCode::Char('n') | KeyCode::Enter => {
                let said = |&(_, marked): &(Item, bool)| {
                    if marked { Selection::Ct } else { Selection::NotCt }
                };
                Effect::SelectAll(self.tiles.iter().map(said).collect())
            }
            KeyCode::Char('b') | KeyCode::Esc => Effect::Batch(false),
            _ => Effect::Unknown,
        }
    }

    pub fn question(&self) -> String {
        let (count, marked) = (self.tiles.len(), self.marked());
        format!("Which of these {count} are CTs? {marked} marked")
    }

    fn marked(&self) -> usize {
        self.tiles.iter().filter(|(_, marked)| *marked).count()
    }
}
