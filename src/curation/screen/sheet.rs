//! Many pictures at once: a contact sheet on which the few CTs among them are marked.

use ratatui::crossterm::event::KeyCode;

use super::super::earlier::Earlier;
use super::super::item::Item;
use super::super::select::said_on_sheet;
use super::ask::{Effect, Key};
use crate::store::{Selection, Value};

/// Pictures on a sheet: one a digit.
pub(super) const PICTURES: usize = 10;

#[derive(Debug)]
pub(super) struct Sheet {
    /// Pictures and whether each is marked as a CT.
    pub tiles: Vec<(Item, bool)>,
    /// What was said of each before.
    earlier: Vec<Option<Earlier>>,
    /// The tiles whose marks were turned, the last one last.
    turned: Vec<usize>,
}

impl Sheet {
    pub const KEYS: &'static [Key] = &[
        ("1…9 0", "mark a CT"),
        ("Enter", "marked: CT, others: not CT"),
        ("n", "none is CT"),
        ("b", "one by one"),
    ];

    /// Those that were called a CT before are marked.
    pub fn new(items: Vec<(Item, Option<Earlier>)>) -> Self {
        let ct = Value::Select(Selection::Ct);
        let is_ct =
            |earlier: &Option<Earlier>| earlier.as_ref().and_then(Earlier::value) == Some(&ct);
        let (tiles, earlier) =
            items.into_iter().map(|(item, earlier)| ((item, is_ct(&earlier)), earlier)).unzip();
        Self { tiles, earlier, turned: Vec::new() }
    }

    /// What a sheet says of each picture, in order.
    fn said(&self) -> Vec<Option<Selection>> {
        let said = |(at, (&(_, marked), earlier)): (usize, (&(Item, bool), &Option<Earlier>))| {
            let turned = self.turned.iter().filter(|turned| **turned == at).count() % 2 == 1;
            said_on_sheet(marked, turned, earlier.as_ref())
        };
        self.tiles.iter().zip(&self.earlier).enumerate().map(said).collect()
    }

    /// What to write over a tile.
    pub fn word(&self, index: usize) -> &'static str {
        let unsure = Value::Select(Selection::Unsure);
        let earlier = self.earlier.get(index).and_then(Option::as_ref);
        match self.tiles.get(index) {
            Some((_, true)) => "CT",
            _ if !self.turned.contains(&index)
                && earlier.is_some_and(|e| e.in_force && e.value() == Some(&unsure)) =>
            {
                "maybe"
            }
            _ => "not CT",
        }
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
                        self.turned.push(tile);
                        Effect::Shown
                    }
                    None => Effect::Refuse(format!("there is no picture {digit}")),
                }
            }
            KeyCode::Char('n') if self.marked() > 0 => Effect::Refuse(
                "some are marked as CT: Enter takes the others as not CT, digits unmark".into(),
            ),
            KeyCode::Char('n') | KeyCode::Enter => Effect::SelectAll(self.said()),
            KeyCode::Char('u') => match self.turned.pop() {
                Some(tile) => {
                    let (_, marked) = &mut self.tiles[tile];
                    *marked = !*marked;
                    Effect::Tell("the last mark is taken back".into())
                }
                None => Effect::Unknown,
            },
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
