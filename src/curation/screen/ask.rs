//! What each stage makes of a key: pure but for reading what is proposed. The answers are those of the
//! line prompts; here keys stand for them.

use covid_ct_core::task::{Answer, Question};
use ratatui::crossterm::event::KeyEvent;

use super::super::case::{Details, Field};
use super::super::earlier::Earlier;
use super::super::evidence::Quote;
use super::super::item::Item;
use super::classifying::Classifying;
use super::cropping::Cropping;
use super::disputing::Disputing;
use super::naming::Naming;
use super::selecting::Selecting;
use super::sheet::Sheet;
use crate::store::{Subject, Symbol};

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

#[derive(Debug)]
pub(super) enum Ask {
    Select(Selecting),
    Sheet(Sheet),
    Classify(Box<Classifying>),
    Crop(Box<Cropping>),
    Case(Box<Naming>),
    Dispute(Disputing),
}

/// A key and what it does, for the foot of the screen.
pub(super) type Key = (&'static str, &'static str);

/// The keys of a question's answers.
pub(super) fn keys_of(asked: &'static Question) -> impl Iterator<Item = Key> {
    let key =
        |answer: &'static Answer| (Symbol::new(&answer.key.to_string()).as_str(), &*answer.label);
    asked.answers.iter().map(key)
}

impl Ask {
    pub fn key(&mut self, key: KeyEvent, item: &Item) -> Effect {
        match self {
            Self::Select(selecting) => selecting.key(key.code),
            Self::Sheet(sheet) => sheet.key(key.code),
            Self::Classify(classifying) => classifying.key(key.code, item),
            Self::Crop(cropping) => cropping.key(key),
            Self::Case(naming) => naming.key(key.code),
            Self::Dispute(disputing) => disputing.key(key.code),
        }
    }

    /// What was said before, to be shown beside the question: a name and the words.
    pub fn earlier(&self) -> Vec<(&'static str, String)> {
        let one = |earlier: Option<&Earlier>| {
            earlier.map(|earlier| (earlier.title(), earlier.told())).into_iter().collect()
        };
        match self {
            Self::Select(selecting) => one(selecting.earlier.as_ref()),
            Self::Classify(classifying) => classifying.earlier.told(),
            Self::Crop(cropping) => one(cropping.opening.earlier.as_ref().map(|(_, e)| e)),
            Self::Case(naming) => one(naming.form.shown_earlier().as_ref()),
            Self::Sheet(_) | Self::Dispute(_) => Vec::new(),
        }
    }

    /// Takes a typed line.
    pub fn line(&mut self, typing: Typing, text: &str, item: &Item) -> Effect {
        match (self, typing) {
            (Self::Classify(classifying), Typing::Evidence) => classifying.line(text, item),
            (Self::Crop(cropping), Typing::Edit) => cropping.line(text),
            (Self::Case(naming), Typing::Patient) => naming.name(text),
            (Self::Case(naming), Typing::Detail(field)) => naming.detail(field, text),
            _ => Effect::Unknown,
        }
    }

    /// What speaks against an answer, told and not yet decided by a key.
    pub fn doubts(&self) -> &[String] {
        match self {
            Self::Crop(cropping) => &cropping.doubts,
            Self::Dispute(disputing) => &disputing.doubts,
            _ => &[],
        }
    }

    pub fn is_in_doubt(&self) -> bool {
        !self.doubts().is_empty()
    }

    pub fn question(&self) -> String {
        match self {
            Self::Select(selecting) => selecting.question(),
            Self::Sheet(sheet) => sheet.question(),
            Self::Classify(classifying) => classifying.question(),
            Self::Crop(cropping) => cropping.question(),
            Self::Case(naming) => naming.question(),
            Self::Dispute(disputing) => disputing.question(),
        }
    }

    pub fn keys(&self) -> Vec<Key> {
        let keys: &[Key] = match self {
            Self::Select(selecting) => return selecting.keys(),
            Self::Sheet(sheet) => return sheet.keys(),
            Self::Classify(classifying) => return classifying.keys(),
            Self::Crop(cropping) => cropping.keys(),
            Self::Case(naming) => return naming.keys(),
            Self::Dispute(disputing) => disputing.keys(),
        };
        keys.to_vec()
    }
}
