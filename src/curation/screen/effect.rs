//! What comes of a key, whatever the stage. The answers are those of the line prompts; here keys stand for them.

use covid_ct_core::task::{Answer, Question};

use super::super::case::{Details, Field};
use super::super::evidence::Quote;
use crate::store::Subject;
use covid_ct_core::Symbol;

/// A key and what it does, for the foot of the screen.
pub(super) type Key = (&'static str, &'static str);

/// The keys of a question's answers.
pub(super) fn keys_of(asked: &'static Question) -> impl Iterator<Item = Key> {
    let key =
        |answer: &'static Answer| (Symbol::new(&answer.key.to_string()).as_str(), &*answer.label);
    asked.answers.iter().map(key)
}

/// What comes of a key or of a typed line.
#[derive(Debug)]
pub(super) enum Effect {
    /// What is shown may have changed, nothing else.
    Shown,
    /// Something was done that the screen may not show.
    Tell(String),
    /// Something cannot be done, or is no answer.
    Refuse(String),
    /// What was said before stays as it is, or is said again where it was taken back.
    Keep,
    /// A line is to be typed, this much of it already.
    Type(Typing, String),
    /// To the contact sheet and back.
    Batch(bool),
    /// Decisions; of a sheet, none of the pictures that are left as they were.
    Select(Symbol),
    SelectAll(Vec<Option<Symbol>>),
    Answer(Subject, Symbol, Quote),
    Crop,
    /// Whatever speaks against the boxes.
    CropAnyway,
    /// The picture is to be cropped before the question is answered.
    CropFirst,
    Case(Box<Details>),
    /// The same patient for all panels of the picture that are still asked about.
    CaseAll(Box<Details>),
    /// A reading is taken, counted from 0, which settles the dispute.
    Settle(usize),
    /// That reading, whatever was told against it.
    SettleAnyway(usize),
    /// No reading is: the stage's own question is to be asked.
    Anew,
    /// The key means nothing here.
    Unknown,
}

/// What a line is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typing {
    Note,
    Evidence,
    Edit,
    Patient,
    Detail(Field),
}

impl Typing {
    pub fn question(self) -> &'static str {
        match self {
            Self::Note => "note:",
            Self::Evidence => "evidence:",
            Self::Edit => "panels:",
            Self::Patient => "patient:",
            Self::Detail(field) => match field {
                Field::Age => "age:",
                Field::Sex => "sex:",
                Field::Time => "time:",
            },
        }
    }
}
