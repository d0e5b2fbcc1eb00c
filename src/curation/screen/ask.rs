//! What each stage makes of a key: pure but for reading what is proposed. The answers are those of the
//! line prompts; here keys stand for them.

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::super::case::{Details, Field};
use super::super::evidence::Quote;
use super::super::item::Item;
use super::cropping::Cropping;
use super::diagnosing::Diagnosing;
use super::disputing::Disputing;
use super::naming::Naming;
use super::sheet::Sheet;
use crate::store::{Diagnosis, Selection, Subject};

/// What comes of a key or of a typed line.
#[derive(Debug)]
pub(super) enum Effect {
    /// What is shown may have changed, nothing else.
    Shown,
    /// Something cannot be done, or is no answer.
    Refuse(String),
    /// A line is to be typed, this much of it already.
    Type(Typing, String),
    /// To the contact sheet and back.
    Batch(bool),
    /// Decisions.
    Select(Selection),
    SelectAll(Vec<Selection>),
    Diagnose(Subject, Diagnosis, Quote),
    Crop,
    Case(Box<Details>),
    /// A reading is taken, counted from 0, which settles the dispute.
    Settle(usize),
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
    Select,
    Sheet(Sheet),
    Diagnose(Diagnosing),
    Crop(Box<Cropping>),
    Case(Box<Naming>),
    Dispute(Disputing),
}

/// A key and what it does, for the foot of the screen.
pub(super) type Key = (&'static str, &'static str);

impl Ask {
    pub fn key(&mut self, key: KeyEvent, item: &Item) -> Effect {
        match self {
            Self::Select => select(key.code),
            Self::Sheet(sheet) => sheet.key(key.code),
            Self::Diagnose(diagnosing) => diagnosing.key(key.code, item),
            Self::Crop(cropping) => cropping.key(key),
            Self::Case(naming) => naming.key(key.code),
            Self::Dispute(disputing) => disputing.key(key.code),
        }
    }

    /// Takes a typed line.
    pub fn line(&mut self, typing: Typing, text: &str, item: &Item) -> Effect {
        match (self, typing) {
            (Self::Diagnose(diagnosing), Typing::Evidence) => diagnosing.line(text, item),
            (Self::Crop(cropping), Typing::Edit) => cropping.line(text),
            (Self::Case(naming), Typing::Patient) => naming.name(text),
            (Self::Case(naming), Typing::Detail(field)) => naming.detail(field, text),
            _ => Effect::Unknown,
        }
    }

    pub fn question(&self) -> String {
        match self {
            Self::Select => "Is it a chest CT?".into(),
            Self::Sheet(sheet) => sheet.question(),
            Self::Diagnose(diagnosing) => diagnosing.question(),
            Self::Crop(cropping) => cropping.question(),
            Self::Case(naming) => naming.question(),
            Self::Dispute(disputing) => disputing.question(),
        }
    }

    pub fn keys(&self) -> &'static [Key] {
        match self {
            Self::Select => &[("c", "CT"), ("n", "not CT"), ("m", "maybe"), ("b", "batch")],
            Self::Sheet(_) => Sheet::KEYS,
            Self::Diagnose(diagnosing) => diagnosing.keys(),
            Self::Crop(_) => Cropping::KEYS,
            Self::Case(naming) => naming.keys(),
            Self::Dispute(_) => Disputing::KEYS,
        }
    }
}

fn select(key: KeyCode) -> Effect {
    match key {
        KeyCode::Char('c') => Effect::Select(Selection::Ct),
        KeyCode::Char('n') => Effect::Select(Selection::NotCt),
        KeyCode::Char('m') => Effect::Select(Selection::Unsure),
        KeyCode::Char('b') => Effect::Batch(true),
        _ => Effect::Unknown,
    }
}
