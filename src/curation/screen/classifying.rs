//! A question that may rest on quoted words, by keys: the answer, then the words that say it.

use covid_ct_core::task::{Answer, EvidenceRule, Question};
use ratatui::crossterm::event::KeyCode;

use super::super::classify::{EarlierOfAll, alternatives, as_typed, parse_evidence};
use super::super::evidence::{Quote, grounds};
use super::super::item::Item;
use super::effect::{Effect, Key, Typing, keys_of};
use super::number::Number;
use super::picture::Mark;
use crate::store::{LabelledPanel, Subject};
use covid_ct_core::Stage;

#[derive(Debug)]
pub(super) struct Classifying {
    asked: &'static Question,
    /// The picture, or the one panel that the question is about.
    whole: Subject,
    /// In force, in order.
    panels: Vec<LabelledPanel>,
    /// The panel that is asked about alone, from 0.
    panel: Option<usize>,
    typed: Number,
    grounds: Option<Grounds>,
    pub earlier: EarlierOfAll,
    /// Whether the picture may be cropped first.
    can_crop: bool,
}

/// An answer that waits for its evidence.
#[derive(Debug)]
struct Grounds {
    answer: &'static Answer,
    /// What may be quoted, the proposed first.
    quotes: Vec<Quote>,
    chosen: usize,
}

impl Classifying {
    pub fn new(
        asked: &'static Question,
        whole: Subject,
        panels: Vec<LabelledPanel>,
        earlier: EarlierOfAll,
        can_crop: bool,
    ) -> Self {
        let panel = earlier.taken_back();
        Self {
            asked,
            whole,
            panels,
            panel,
            typed: Number::default(),
            grounds: None,
            earlier,
            can_crop,
        }
    }

    /// The panel that is asked about alone, where that is so.
    pub fn chosen(&self) -> Option<&LabelledPanel> {
        self.panel.and_then(|index| self.panels.get(index))
    }

    pub fn stage(&self) -> Stage {
        self.asked.stage
    }

    pub fn panels(&self) -> Vec<i64> {
        self.panels.iter().map(|panel| panel.id).collect()
    }

    /// After one panel is done: the next is asked about.
    pub fn next_panel(&mut self) {
        self.grounds = None;
        self.panel = self.panel.map(|panel| (panel + 1) % self.panels.len().max(1));
    }

    /// The quotation that Enter would take.
    pub fn quote(&self) -> Option<&Quote> {
        self.grounds.as_ref().and_then(|grounds| grounds.quotes.get(grounds.chosen))
    }

    pub fn marks(&self) -> Vec<Mark> {
        if self.panels.len() < 2 {
            return Vec::new();
        }
        (0..)
            .zip(&self.panels)
            .map(|(index, panel)| Mark {
                bounds: panel.bounds,
                number: Some(index as u32 + 1),
                chosen: self.panel == Some(index),
                moved: None,
            })
            .collect()
    }

    pub fn key(&mut self, key: KeyCode, item: &Item) -> Effect {
        if !matches!(key, KeyCode::Char('0'..='9')) {
            self.typed.end();
        }
        match key {
            KeyCode::Enter if self.grounds.is_none() => match self.earlier.enter() {
                Some(_) => Effect::Keep,
                None => Effect::Unknown,
            },
            KeyCode::Tab if self.grounds.is_none() && self.panels.len() > 1 => {
                self.panel = Some(self.panel.map_or(0, |panel| (panel + 1) % self.panels.len()));
                Effect::Shown
            }
            KeyCode::Char('k') if self.can_crop => Effect::CropFirst,
            KeyCode::Char(digit @ '0'..='9') => self.choose_panel(digit as u32 - '0' as u32),
            KeyCode::Char(letter) => match self.asked.of_key(letter) {
                Some(answer) => self.say(answer, item),
                None => self.grounds_key(key, item),
            },
            _ => self.grounds_key(key, item),
        }
    }

    fn say(&mut self, answer: &'static Answer, item: &Item) -> Effect {
        let said = self.earlier.quote(self.subject(), answer);
        if self.asked.evidence != EvidenceRule::Asked {
            let quote = said.unwrap_or_else(|| grounds(self.asked, answer, item.caption()));
            return Effect::Answer(self.subject(), answer.word, quote);
        }
        let mut quotes = alternatives(answer, &item.texts());
        if let Some(said) = said {
            // Said before, its words come first.
            quotes.retain(|quote| *quote != said);
            quotes.insert(0, said);
        }
        self.grounds = Some(Grounds { answer, quotes, chosen: 0 });
        Effect::Shown
    }

    fn choose_panel(&mut self, digit: u32) -> Effect {
        let count = self.panels.len();
        match self.typed.add(digit, |number| (1..=count).contains(&number)) {
            Some(number) => self.panel = Some(number - 1),
            None if digit == 0 => self.panel = None,
            None if count == 0 => {
                let crop = if self.can_crop { ": k crops it first" } else { "" };
                return Effect::Refuse(format!("the picture has no panels yet{crop}"));
            }
            None => {
                return Effect::Refuse(format!("there is no panel {digit}: expected 1 to {count}"));
            }
        }
        self.grounds = None;
        Effect::Shown
    }

    fn grounds_key(&mut self, key: KeyCode, item: &Item) -> Effect {
        let subject = self.subject();
        let Some(grounds) = &mut self.grounds else { return Effect::Unknown };
        let count = grounds.quotes.len();
        match key {
            KeyCode::Enter => {
                let quote = grounds.quotes[grounds.chosen].clone();
                Effect::Answer(subject, grounds.answer.word, quote)
            }
            KeyCode::Tab => {
                grounds.chosen = (grounds.chosen + 1) % count;
                Effect::Shown
            }
            KeyCode::BackTab => {
                grounds.chosen = (grounds.chosen + count - 1) % count;
                Effect::Shown
            }
            KeyCode::Char('e') => {
                let typed = as_typed(&grounds.quotes[grounds.chosen], &item.texts());
                Effect::Type(Typing::Evidence, typed)
            }
            KeyCode::Esc | KeyCode::Char('-' | 'u') => {
                self.grounds = None;
                Effect::Shown
            }
            _ => Effect::Unknown,
        }
    }

    /// Words typed for the evidence, checked as at the prompt, are shown before Enter takes them.
    pub fn line(&mut self, text: &str, item: &Item) -> Effect {
        let Some(grounds) = &mut self.grounds else { return Effect::Unknown };
        match parse_evidence(text, grounds.answer, &item.texts()) {
            Ok(quote) => {
                grounds.quotes.retain(|other| *other != quote);
                grounds.quotes.insert(0, quote);
                grounds.chosen = 0;
                Effect::Shown
            }
            Err(why) => Effect::Refuse(why),
        }
    }

    fn subject(&self) -> Subject {
        match self.chosen() {
            Some(panel) => Subject::panel(self.whole.image, panel.id),
            None => self.whole,
        }
    }

    pub fn question(&self) -> String {
        let of = self.panel.map_or(String::new(), |index| format!("Panel {}: ", index + 1));
        match &self.grounds {
            None => match self.earlier.enter() {
                Some(enter) => format!("{of}{} {enter}", self.asked.short),
                None => format!("{of}{}", self.asked.short),
            },
            Some(grounds) => format!(
                "{of}{}, by which words? {} of {}",
                grounds.answer.word,
                grounds.chosen + 1,
                grounds.quotes.len()
            ),
        }
    }

    pub fn keys(&self) -> Vec<Key> {
        if self.grounds.is_some() {
            return vec![
                ("Enter", "accept"),
                ("Tab", "other words"),
                ("e", "edit"),
                ("Esc u", "back"),
            ];
        }
        let mut keys: Vec<Key> = keys_of(self.asked).collect();
        match self.panels.len() {
            0 if self.can_crop => keys.push(("k", "crop first")),
            0 | 1 => {}
            _ => keys.extend([("1…99 Tab", "one panel"), ("0", "all")]),
        }
        keys
    }
}
