//! The stages behind one face: each makes of a key what it means there. Pure but for reading what is proposed.

use ratatui::crossterm::event::KeyEvent;

use super::super::earlier::Earlier;
use super::super::item::Item;
use super::classifying::Classifying;
use super::cropping::Cropping;
use super::disputing::Disputing;
use super::effect::{Effect, Key, Typing};
use super::naming::Naming;
use super::selecting::Selecting;
use super::sheet::Sheet;

#[derive(Debug)]
pub(super) enum Ask {
    Select(Selecting),
    Sheet(Sheet),
    Classify(Box<Classifying>),
    Crop(Box<Cropping>),
    Case(Box<Naming>),
    Dispute(Disputing),
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
