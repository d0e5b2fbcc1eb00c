//! Many pictures at once: a contact sheet on which the few that are wanted are marked.

use covid_ct_core::task::{Question, SheetWords};
use ratatui::crossterm::event::KeyCode;

use super::super::earlier::Earlier;
use super::super::item::Item;
use super::super::select::said_on_sheet;
use super::effect::{Effect, Key};
use covid_ct_core::{Symbol, Value};

/// Pictures on a sheet: one a digit.
pub(super) const PICTURES: usize = 10;

#[derive(Debug)]
pub(super) struct Sheet {
    pub asked: &'static Question,
    pub words: &'static SheetWords,
    /// Pictures and whether each is marked.
    pub tiles: Vec<(Item, bool)>,
    /// What was said of each before.
    earlier: Vec<Option<Earlier>>,
    /// The tiles whose marks were turned, the last one last.
    turned: Vec<usize>,
}

impl Sheet {
    pub fn keys(&self) -> Vec<Key> {
        let own = |text: String| Symbol::new(&text).as_str();
        let (marked, others) = (self.label(self.words.marked), self.label(self.words.others));
        vec![
            ("1…9 0", own(format!("mark {}", self.words.one))),
            ("Enter", own(format!("marked: {marked}, others: {others}"))),
            ("n", own(format!("none is {marked}"))),
            ("b", "one by one"),
        ]
    }

    fn label(&self, word: Symbol) -> &'static str {
        self.asked.answer(word).map_or("", |answer| &answer.label)
    }

    /// Those that were marked before are marked.
    pub fn new(
        asked: &'static Question,
        words: &'static SheetWords,
        items: Vec<(Item, Option<Earlier>)>,
    ) -> Self {
        let marked = Value::Answer(asked.stage, words.marked);
        let is_marked =
            |earlier: &Option<Earlier>| earlier.as_ref().and_then(Earlier::value) == Some(&marked);
        let (tiles, earlier) =
            items.into_iter().map(|(item, earlier)| ((item, is_marked(&earlier)), earlier)).unzip();
        Self { asked, words, tiles, earlier, turned: Vec::new() }
    }

    /// What a sheet says of each picture, in order.
    fn said(&self) -> Vec<Option<Symbol>> {
        let said = |(at, (&(_, marked), earlier)): (usize, (&(Item, bool), &Option<Earlier>))| {
            let turned = self.turned.iter().filter(|turned| **turned == at).count() % 2 == 1;
            said_on_sheet(self.asked, self.words, marked, turned, earlier.as_ref())
        };
        self.tiles.iter().zip(&self.earlier).enumerate().map(said).collect()
    }

    /// What to write over a tile.
    pub fn word(&self, index: usize) -> &'static str {
        let earlier = self.earlier.get(index).and_then(Option::as_ref);
        let in_force = earlier.filter(|e| e.in_force).and_then(Earlier::value);
        match self.tiles.get(index) {
            Some((_, true)) => self.label(self.words.marked),
            _ if self.turned.contains(&index) => self.label(self.words.others),
            _ => match in_force.and_then(Value::known) {
                Some(answer) if answer.word != self.words.marked => &answer.label,
                _ => self.label(self.words.others),
            },
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
            KeyCode::Char('n') if self.marked() > 0 => Effect::Refuse(format!(
                "some are marked as {}: Enter takes the others as {}, digits unmark",
                self.label(self.words.marked),
                self.label(self.words.others)
            )),
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
        format!("Which of these {count} are {}? {marked} marked", self.words.many)
    }

    fn marked(&self) -> usize {
        self.tiles.iter().filter(|(_, marked)| *marked).count()
    }
}
