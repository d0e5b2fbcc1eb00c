//! A dispute by keys: what each curator said, and which of it is right.

use ratatui::crossterm::event::KeyCode;

use super::super::asked::Dispute;
use super::cropping::Cropping;
use super::effect::{Effect, Key};
use super::picture::Mark;
use covid_ct_core::Value;

#[derive(Debug)]
pub(super) struct Disputing {
    pub dispute: Dispute,
    /// The reading that Enter would take, from 0.
    chosen: usize,
    /// What speaks against the chosen reading, told and not yet answered.
    pub doubts: Vec<String>,
}

impl Disputing {
    const KEYS: &'static [Key] =
        &[("1…9 Tab", "choose a reading"), ("Enter", "take it"), ("a", "another answer")];

    pub fn new(dispute: Dispute) -> Self {
        Self { dispute, chosen: 0, doubts: Vec::new() }
    }

    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// The words that the chosen reading rests on.
    pub fn span(&self) -> &str {
        self.dispute.readings.get(self.chosen).map_or("", |reading| &reading.decision.span)
    }

    /// The boxes of the chosen reading, where boxes are disputed.
    pub fn marks(&self) -> Vec<Mark> {
        let value = self.dispute.readings.get(self.chosen).and_then(|r| r.decision.value.as_ref());
        let Some(Value::Crop(boxes)) = value else { return Vec::new() };
        let mark =
            |(number, &bounds)| Mark { bounds, number: Some(number), chosen: false, moved: None };
        (1..).zip(boxes).map(mark).collect()
    }

    pub fn key(&mut self, key: KeyCode) -> Effect {
        let count = self.dispute.readings.len();
        if !self.doubts.is_empty() {
            self.doubts.clear();
            let is_certain = key == KeyCode::Char('y');
            return if is_certain { Effect::SettleAnyway(self.chosen) } else { Effect::Shown };
        }
        match key {
            KeyCode::Enter => Effect::Settle(self.chosen),
            KeyCode::Tab | KeyCode::Down => self.choose((self.chosen + 1) % count),
            KeyCode::BackTab | KeyCode::Up => self.choose((self.chosen + count - 1) % count),
            KeyCode::Char('a') => Effect::Anew,
            KeyCode::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                if index < count {
                    self.choose(index)
                } else {
                    Effect::Refuse(format!("there is no reading {digit}: expected 1 to {count}"))
                }
            }
            _ => Effect::Unknown,
        }
    }

    fn choose(&mut self, index: usize) -> Effect {
        self.chosen = index;
        Effect::Shown
    }

    pub fn keys(&self) -> &'static [Key] {
        if self.doubts.is_empty() { Self::KEYS } else { Cropping::IN_DOUBT }
    }

    pub fn question(&self) -> String {
        if !self.doubts.is_empty() {
            return "Store it anyway?".into();
        }
        format!("Which is right? {} of {}", self.chosen + 1, self.dispute.readings.len())
    }
}
