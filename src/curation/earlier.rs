//! What was said before of what is asked again: in force, or taken back just now.

use std::fmt::Write as _;

use super::evidence::Quote;
use crate::store::Decision;
use covid_ct_core::Value;

/// A decision on what is asked about again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Earlier {
    /// Of a value.
    pub decision: Decision,
    /// False where it was just taken back, and nothing is in force.
    pub in_force: bool,
}

impl Earlier {
    pub fn value(&self) -> Option<&Value> {
        self.decision.value.as_ref()
    }

    pub fn quote(&self) -> Quote {
        Quote { source: self.decision.evidence, span: self.decision.span.clone() }
    }

    /// `ct`, `2 boxes`, `Patient 1 @ day 3`
    pub fn word(&self) -> String {
        match self.value() {
            Some(Value::Crop(boxes)) => match boxes.len() {
                0 => "no scans".into(),
                1 => "1 box".into(),
                count => format!("{count} boxes"),
            },
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }

    /// What to call it beside a question.
    pub fn title(&self) -> &'static str {
        if self.in_force { "in force" } else { "taken back" }
    }

    /// `ct by ann, 2020-03-01; caption: "a chest CT"; note: odd`
    pub fn told(&self) -> String {
        let day = self.decision.time.get(..10).unwrap_or(&self.decision.time);
        let mut told = format!("{} by {}, {day}", self.word(), self.decision.curator);
        if !self.decision.span.is_empty() {
            let _ = write!(told, "; {}", self.quote());
        }
        if !self.decision.note.is_empty() {
            let _ = write!(told, "; note: {}", self.decision.note);
        }
        told
    }

    /// What Enter does with it, for a question: `Enter keeps ct`.
    pub fn enter(&self) -> String {
        let does = if self.in_force { "keeps" } else { "restores" };
        format!("Enter {does} {}", self.word())
    }
}
