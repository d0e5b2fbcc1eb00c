//! The panels of a picture while a curator corrects them: pure, so that a prompt and a full screen
//! can share it.

mod command;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use image::GrayImage;

use super::letters::{assign, reading_order};
use super::panels;
use crate::figures::SubCaption;
use covid_ct_core::PanelBox;

pub use command::{Cut, Edit};

/// A panel that is not yet decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// From 1; it stays the panel's own whatever becomes of the others.
    pub number: usize,
    pub bounds: PanelBox,
    pub letter: String,
    pub sub_caption: String,
    /// Whether it is as it was proposed.
    pub proposed: bool,
}

/// The panels of one picture. Drafts stand in the order of their numbers, boxes in reading order.
#[derive(Debug, Clone)]
pub struct Panels {
    width: u32,
    height: u32,
    subs: Vec<SubCaption>,
    drafts: Vec<Draft>,
    /// What was there before each edit, the oldest first.
    before: Vec<Vec<Draft>>,
    /// The panel whose edges were moved last: moving on is the same edit.
    moving: Option<usize>,
    /// The pixels, where the picture could be decoded.
    pixels: Option<Arc<GrayImage>>,
}

impl Panels {
    /// Proposed panels, in reading order, of a `width` x `height` picture, lettered from its caption's
    /// sub-captions where their numbers agree.
    pub fn proposed(width: u32, height: u32, boxes: &[PanelBox], subs: Vec<SubCaption>) -> Self {
        let mut panels = Self {
            width,
            height,
            drafts: Vec::new(),
            subs,
            before: Vec::new(),
            moving: None,
            pixels: None,
        };
        panels.drafts = panels.lettered(boxes, true);
        panels
    }

    /// The same picture with the panels that were decided on: box, letter, and whether it was proposed so.
    #[must_use]
    pub fn stored(&self, boxes: impl IntoIterator<Item = (PanelBox, String, bool)>) -> Self {
        let mut panels = Self { drafts: Vec::new(), before: Vec::new(), ..self.clone() };
        let draft = |(number, (bounds, letter, proposed)): (usize, (PanelBox, String, bool))| {
            Draft { proposed, ..self.drawn(number, bounds, &letter) }
        };
        panels.drafts = (1..).zip(boxes).map(draft).collect();
        panels
    }

    /// The same with the picture's pixels, in which a grid finds its gutters.
    #[must_use]
    pub fn of_pixels(self, pixels: Option<Arc<GrayImage>>) -> Self {
        Self { pixels, ..self }
    }

    pub fn pixels(&self) -> Option<&GrayImage> {
        self.pixels.as_deref()
    }

    /// The sub-captions of the lettered panels that the caption names.
    pub fn named(&self) -> &[SubCaption] {
        &self.subs
    }

    pub fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    /// In reading order.
    pub fn boxes(&self) -> Vec<PanelBox> {
        let mut boxes: Vec<PanelBox> = self.drafts.iter().map(|draft| draft.bounds).collect();
        reading_order(&mut boxes);
        boxes
    }

    /// Whether the boxes and their letters are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let told = |panels: &Self| {
            let told = panels.drafts.iter().map(|draft| (draft.bounds, draft.letter.clone()));
            let mut told: Vec<(PanelBox, String)> = told.collect();
            told.sort_unstable();
            told
        };
        told(self) == told(other)
    }

    /// Takes the last edit back; false where there is none.
    pub fn take_back(&mut self) -> bool {
        self.moving = None;
        let Some(before) = self.before.pop() else { return false };
        self.drafts = before;
        true
    }

    /// Starts again from other panels of the picture; an edit like others.
    pub fn restart(&mut self, from: &Self) {
        let before = std::mem::replace(&mut self.drafts, from.drafts.clone());
        self.note(before, None);
    }

    /// Makes one change.
    ///
    /// # Errors
    /// Says what is wrong; then nothing has changed.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), String> {
        let before = self.drafts.clone();
        self.change(edit)?;
        self.note(before, None);
        Ok(())
    }

    /// Moves the edges of a panel; moved on, it is one edit.
    ///
    /// # Errors
    /// As for [`Self::apply`].
    pub fn nudge(&mut self, number: usize, bounds: PanelBox) -> Result<(), String> {
        let before = self.drafts.clone();
        self.change(&Edit::Replace(number, bounds))?;
        self.note(before, Some(number));
        Ok(())
    }

    /// Keeps what was there before an edit, unless it goes on with the one before.
    fn note(&mut self, before: Vec<Draft>, moving: Option<usize>) {
        let goes_on = moving.is_some() && self.moving == moving;
        if !goes_on && before != self.drafts {
            self.before.push(before);
        }
        self.moving = moving;
    }

    fn change(&mut self, edit: &Edit) -> Result<(), String> {
        match edit {
            Edit::Whole => {
                self.drafts = vec![self.drawn(1, PanelBox::whole(self.width, self.height), "")];
            }
            Edit::Clear => self.drafts.clear(),
            Edit::Drop(numbers) => {
                let dropped = self.indices(numbers)?;
                self.remove(&dropped);
            }
            Edit::Merge(numbers) => self.merge(numbers)?,
            Edit::Add(bounds) => {
                self.check(*bounds, &[])?;
                self.drafts.push(self.drawn(self.next_number(), *bounds, ""));
            }
            Edit::Replace(number, bounds) => {
                let index = self.indices(&[*number])?[0];
                self.check(*bounds, &[index])?;
                let letter = self.drafts[index].letter.clone();
                self.drafts[index] = self.drawn(*number, *bounds, &letter);
            }
            Edit::Split(number, cut) => self.split(*number, *cut)?,
            Edit::Letter(number, letter) => {
                let index = self.indices(&[*number])?[0];
                if letter.chars().count() > 3 {
                    return Err(format!("'{letter}' is no panel's letter"));
                }
                self.drafts[index] = self.drawn(*number, self.drafts[index].bounds, letter);
            }
            Edit::Reletter => self.reletter()?,
            Edit::LetterFrom(first) => self.letter_from(*first)?,
            Edit::Grid(rows) => self.grid(rows)?,
        }
        Ok(())
    }

    /// One panel around all of them, with the number and the letter of the first that is named.
    fn merge(&mut self, numbers: &[usize]) -> Result<(), String> {
        let merged = self.indices(numbers)?;
        let around = merged
            .iter()
            .map(|&index| self.drafts[index].bounds)
            .reduce(around)
            .ok_or("nothing to merge")?;
        let Draft { number, ref letter, .. } = self.drafts[merged[0]];
        self.check(around, &merged)?;
        let whole = self.drawn(number, around, letter);
        self.remove(&merged);
        self.insert(whole);
        Ok(())
    }

    /// The first half keeps number and letter: which letter is the other's, only the caption or a curator
    /// can say.
    fn split(&mut self, number: usize, cut: Cut) -> Result<(), String> {
        let index = self.indices(&[number])?[0];
        let PanelBox { x, y, w, h } = self.drafts[index].bounds;
        let (at, from, length) = match cut {
            Cut::Column(at) => (at, x, w),
            Cut::Row(at) => (at, y, h),
        };
        if at <= from || at >= from + length {
            return Err(format!(
                "panel {number} goes from {from} to {}: {at} cuts nothing off",
                from + length
            ));
        }
        let (first, second) = match cut {
            Cut::Column(at) => {
                (PanelBox { x, y, w: at - x, h }, PanelBox { x: at, y, w: x + w - at, h })
            }
            Cut::Row(at) => {
                (PanelBox { x, y, w, h: at - y }, PanelBox { x, y: at, w, h: y + h - at })
            }
        };
        self.check(first, &[index])?;
        self.check(second, &[index])?;
        let letter = self.drafts[index].letter.clone();
        let second = self.drawn(self.next_number(), second, "");
        self.drafts[index] = self.drawn(number, first, &letter);
        self.drafts.push(second);
        Ok(())
    }

    /// Rows of as many panels each, at the gutters and seams nearest to even ones, lettered as the caption
    /// letters them.
    fn grid(&mut self, rows: &[usize]) -> Result<(), String> {
        let boxes = match &self.pixels {
            Some(pixels) => panels::grid(pixels, rows),
            None => panels::even_grid(PanelBox::whole(self.width, self.height), rows),
        };
        let boxes = boxes.ok_or_else(|| {
            let most = rows.iter().max().unwrap_or(&0);
            format!(
                "{} rows of up to {most} panels do not fit into {} x {} pixels",
                rows.len(),
                self.width,
                self.height
            )
        })?;
        self.drafts = self.lettered(&boxes, false);
        Ok(())
    }

    /// Drafts of boxes in reading order, lettered from the caption where the numbers agree.
    fn lettered(&self, boxes: &[PanelBox], proposed: bool) -> Vec<Draft> {
        let drafts = (1..).zip(boxes).zip(assign(boxes, &self.subs));
        drafts
            .map(|((number, bounds), sub)| Draft {
                number,
                bounds: *bounds,
                letter: sub.map_or(String::new(), |sub| sub.letter.clone()),
                sub_caption: sub.map_or(String::new(), |sub| sub.text.clone()),
                proposed,
            })
            .collect()
    }

    /// Letters the panels as a proposal of these boxes would.
    fn reletter(&mut self) -> Result<(), String> {
        let boxes = self.boxes();
        let lettered = assign(&boxes, &self.subs);
        if self.subs.is_empty() {
            return Err(
                "no panels' letters were found in the caption: 'l A' letters all in reading \
                        order, 'l 2 B' one"
                    .into(),
            );
        }
        if lettered.iter().all(Option::is_none) {
            return Err(format!(
                "the caption letters {} panels, which fits neither these {} nor their rows or columns",
                self.subs.len(),
                self.drafts.len()
            ));
        }
        let lettered: Vec<_> = lettered
            .into_iter()
            .map(|sub| sub.map(|s| (s.letter.clone(), s.text.clone())))
            .collect();
        for (bounds, sub) in boxes.iter().zip(lettered) {
            if let Some(draft) = self.drafts.iter_mut().find(|draft| draft.bounds == *bounds) {
                (draft.letter, draft.sub_caption) = sub.unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Letters all panels in reading order, with the sub-captions of their letters.
    fn letter_from(&mut self, first: char) -> Result<(), String> {
        let last = if first.is_ascii_uppercase() { 'Z' } else { 'z' };
        let (boxes, letters) = (self.boxes(), first..=last);
        if boxes.len() > letters.clone().count() {
            return Err(format!(
                "there are {} panels, and no letters for all of them from {first}",
                boxes.len()
            ));
        }
        for (bounds, letter) in boxes.iter().zip(letters) {
            if let Some(at) = self.drafts.iter().position(|draft| draft.bounds == *bounds) {
                let drawn = self.drawn(self.drafts[at].number, *bounds, &letter.to_string());
                self.drafts[at] = Draft { proposed: self.drafts[at].proposed, ..drawn };
            }
        }
        Ok(())
    }

    /// A draft by hand, with the sub-caption of its letter.
    fn drawn(&self, number: usize, bounds: PanelBox, letter: &str) -> Draft {
        let sub = self.subs.iter().find(|sub| sub.letter.eq_ignore_ascii_case(letter));
        Draft {
            number,
            bounds,
            letter: letter.to_owned(),
            sub_caption: sub.map_or(String::new(), |sub| sub.text.clone()),
            proposed: false,
        }
    }

    /// Places of the drafts of these numbers.
    fn indices(&self, numbers: &[usize]) -> Result<Vec<usize>, String> {
        numbers
            .iter()
            .map(|&number| {
                let at = self.drafts.iter().position(|draft| draft.number == number);
                at.ok_or_else(|| match self.numbers() {
                    numbers if numbers.is_empty() => "there are no panels".to_owned(),
                    numbers => format!("there is no panel {number}: expected {numbers}"),
                })
            })
            .collect()
    }

    /// `1 to 4`, or `1, 2, 4` where some were dropped.
    fn numbers(&self) -> String {
        let numbers: Vec<usize> = self.drafts.iter().map(|draft| draft.number).collect();
        match numbers[..] {
            [first, .., last] if last - first + 1 == numbers.len() => format!("{first} to {last}"),
            _ => numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        }
    }

    fn next_number(&self) -> usize {
        self.drafts.iter().map(|draft| draft.number).max().unwrap_or(0) + 1
    }

    fn insert(&mut self, draft: Draft) {
        let at = self.drafts.partition_point(|other| other.number < draft.number);
        self.drafts.insert(at, draft);
    }

    fn remove(&mut self, indices: &[usize]) {
        let mut index = 0;
        self.drafts.retain(|_| {
            index += 1;
            !indices.contains(&(index - 1))
        });
    }

    /// Inside the picture, and not there already, those at `replaced` aside.
    fn check(&self, bounds: PanelBox, replaced: &[usize]) -> Result<(), String> {
        if !bounds.fits(self.width, self.height) {
            return Err(format!(
                "{bounds} does not lie inside the picture of {} x {} pixels",
                self.width, self.height
            ));
        }
        let twice = self
            .drafts
            .iter()
            .enumerate()
            .any(|(index, draft)| draft.bounds == bounds && !replaced.contains(&index));
        if twice { Err(format!("{bounds} is there already")) } else { Ok(()) }
    }
}

/// The smallest box around two.
fn around(a: PanelBox, b: PanelBox) -> PanelBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let (right, bottom) = ((a.x + a.w).max(b.x + b.w), (a.y + a.h).max(b.y + b.h));
    PanelBox { x, y, w: right - x, h: bottom - y }
}
