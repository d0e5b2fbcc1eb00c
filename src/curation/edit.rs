//! The panels of a picture while a curator corrects them: pure, so that a prompt and a full screen
//! can share it.

use super::letters::{assign, reading_order};
use crate::figures::SubCaption;
use crate::store::PanelBox;

/// A panel that is not yet decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub bounds: PanelBox,
    pub letter: String,
    pub sub_caption: String,
    /// Whether it is as it was proposed.
    pub proposed: bool,
}

/// What a curator may do to the panels; numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `w`: one panel, the whole picture.
    Whole,
    /// `c`: no panels.
    Clear,
    /// `d 3`, `d 3 5`
    Drop(Vec<usize>),
    /// `m 1 2`: one panel around all of them.
    Merge(Vec<usize>),
    /// `+ x,y,w,h`, or the four numbers alone.
    Add(PanelBox),
    /// `= 3 x,y,w,h`
    Replace(usize, PanelBox),
    /// `x 3 | 120`, `x 3 - 80`: two panels for one, cut at a column or a row of the picture.
    Split(usize, Cut),
    /// `l 2 B`; without a letter, none.
    Letter(usize, String),
    /// `l`: all as the caption letters them, where the numbers agree.
    Reletter,
}

/// Where a panel is split, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Left and right of a column.
    Column(u32),
    /// Above and below a row.
    Row(u32),
}

impl Edit {
    /// Reads one command.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (command, rest) = match text.find(|c: char| c.is_whitespace() || c.is_ascii_digit()) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        let rest = rest.trim();
        match (command.trim(), rest) {
            ("w", "") => Ok(Self::Whole),
            ("c", "") => Ok(Self::Clear),
            ("d", _) => numbers(rest, 1).map(Self::Drop),
            ("m", _) => numbers(rest, 2).map(Self::Merge),
            ("+" | "", rest) if !rest.is_empty() => bounds(rest).map(Self::Add),
            ("=", _) => {
                let (number, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Ok(Self::Replace(panel_number(number)?, bounds(rest)?))
            }
            ("x", _) => split(rest),
            ("l", "") => Ok(Self::Reletter),
            ("l", _) => {
                let (number, letter) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Ok(Self::Letter(panel_number(number)?, letter.trim().to_owned()))
            }
            _ => Err(format!("'{text}' is no command here")),
        }
    }
}

fn panel_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("'{text}' is no panel's number"))
}

fn numbers(text: &str, least: usize) -> Result<Vec<usize>, String> {
    let numbers: Vec<usize> = text
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(panel_number)
        .collect::<Result<_, _>>()?;
    if numbers.len() < least {
        return Err(format!("expected at least {least} panel number(s), such as 'd 3' or 'm 1 2'"));
    }
    Ok(numbers)
}

/// `3 | 120` or `3 - 80`, blanks or none between.
fn split(text: &str) -> Result<Edit, String> {
    let wrong = || format!("'x {text}' splits nothing: expected 'x 3 | 120' or 'x 3 - 80'");
    let at = text.find(['|', '-']).ok_or_else(wrong)?;
    let place = text[at + 1..].trim().parse().map_err(|_| wrong())?;
    let cut = if text[at..].starts_with('|') { Cut::Column(place) } else { Cut::Row(place) };
    Ok(Edit::Split(panel_number(text[..at].trim())?, cut))
}

/// `x,y,w,h`, or with blanks between.
fn bounds(text: &str) -> Result<PanelBox, String> {
    let numbers: Vec<&str> = text.split([' ', ',']).filter(|n| !n.is_empty()).collect();
    numbers.join(",").parse()
}

/// The panels of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panels {
    width: u32,
    height: u32,
    subs: Vec<SubCaption>,
    drafts: Vec<Draft>,
}

impl Panels {
    /// Proposed panels of a `width` x `height` picture, lettered from its caption's sub-captions
    /// where their numbers agree.
    pub fn proposed(width: u32, height: u32, boxes: &[PanelBox], subs: Vec<SubCaption>) -> Self {
        let drafts = boxes
            .iter()
            .zip(assign(boxes, &subs))
            .map(|(bounds, sub)| Draft {
                bounds: *bounds,
                letter: sub.map_or(String::new(), |sub| sub.letter.clone()),
                sub_caption: sub.map_or(String::new(), |sub| sub.text.clone()),
                proposed: true,
            })
            .collect();
        Self { width, height, subs, drafts }
    }

    pub fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    pub fn boxes(&self) -> Vec<PanelBox> {
        self.drafts.iter().map(|draft| draft.bounds).collect()
    }

    /// Makes one change; the panels stay in reading order.
    ///
    /// # Errors
    /// Says what is wrong; then nothing has changed.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), String> {
        match edit {
            Edit::Whole => {
                self.drafts = vec![self.drawn(PanelBox::whole(self.width, self.height), "")];
            }
            Edit::Clear => self.drafts.clear(),
            Edit::Drop(numbers) => {
                let dropped = self.indices(numbers)?;
                self.remove(&dropped);
            }
            Edit::Merge(numbers) => {
                let merged = self.indices(numbers)?;
                let around = merged
                    .iter()
                    .map(|&index| self.drafts[index].bounds)
                    .reduce(around)
                    .ok_or("nothing to merge")?;
                let letter = self.drafts[merged[0]].letter.clone();
                self.check(around, &merged)?;
                self.remove(&merged);
                self.drafts.push(self.drawn(around, &letter));
            }
            Edit::Add(bounds) => {
                self.check(*bounds, &[])?;
                self.drafts.push(self.drawn(*bounds, ""));
            }
            Edit::Replace(number, bounds) => {
                let index = self.indices(&[*number])?[0];
                self.check(*bounds, &[index])?;
                let letter = self.drafts[index].letter.clone();
                self.drafts[index] = self.drawn(*bounds, &letter);
            }
            Edit::Split(number, cut) => self.split(*number, *cut)?,
            Edit::Letter(number, letter) => {
                let index = self.indices(&[*number])?[0];
                if letter.chars().count() > 3 {
                    return Err(format!("'{letter}' is no panel's letter"));
                }
                self.drafts[index] = self.drawn(self.drafts[index].bounds, letter);
            }
            Edit::Reletter => self.reletter()?,
        }
        self.sort();
        Ok(())
    }

    /// The first half keeps the letter: which is the other's, only the caption or a curator can say.
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
        self.remove(&[index]);
        self.drafts.push(self.drawn(first, &letter));
        self.drafts.push(self.drawn(second, ""));
        Ok(())
    }

    /// Letters the panels as a proposal of these boxes would.
    fn reletter(&mut self) -> Result<(), String> {
        let lettered = assign(&self.boxes(), &self.subs);
        if self.subs.is_empty() {
            return Err(
                "no panels' letters were found in the caption: give each, such as 'l 2 B'".into()
            );
        }
        if lettered.iter().all(Option::is_none) {
            return Err(format!(
                "the caption letters {} panels, which fits neither these {} nor their rows or columns",
                self.subs.len(),
                self.drafts.len()
            ));
        }
        for (draft, sub) in self.drafts.iter_mut().zip(lettered) {
            draft.letter = sub.map_or(String::new(), |sub| sub.letter.clone());
            draft.sub_caption = sub.map_or(String::new(), |sub| sub.text.clone());
        }
        Ok(())
    }

    /// A draft by hand, with the sub-caption of its letter.
    fn drawn(&self, bounds: PanelBox, letter: &str) -> Draft {
        let sub = self.subs.iter().find(|sub| sub.letter == letter);
        Draft {
            bounds,
            letter: letter.to_owned(),
            sub_caption: sub.map_or(String::new(), |sub| sub.text.clone()),
            proposed: false,
        }
    }

    fn indices(&self, numbers: &[usize]) -> Result<Vec<usize>, String> {
        numbers
            .iter()
            .map(|&number| {
                number.checked_sub(1).filter(|&index| index < self.drafts.len()).ok_or_else(|| {
                    match self.drafts.len() {
                        0 => "there are no panels".to_owned(),
                        count => format!("there is no panel {number}: expected 1 to {count}"),
                    }
                })
            })
            .collect()
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

    fn sort(&mut self) {
        let mut order = self.boxes();
        reading_order(&mut order);
        self.drafts.sort_by_key(|draft| order.iter().position(|bounds| *bounds == draft.bounds));
    }
}

/// The smallest box around two.
fn around(a: PanelBox, b: PanelBox) -> PanelBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let (right, bottom) = ((a.x + a.w).max(b.x + b.w), (a.y + a.h).max(b.y + b.h));
    PanelBox { x, y, w: right - x, h: bottom - y }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::letters::sub_captions;
    use super::*;

    fn two() -> Panels {
        let boxes = [PanelBox { x: 0, y: 0, w: 50, h: 80 }, PanelBox { x: 50, y: 0, w: 50, h: 80 }];
        Panels::proposed(100, 80, &boxes, sub_captions("CT. (A) First. (B) Second."))
    }

    fn after(commands: &[&str]) -> Vec<String> {
        let mut panels = two();
        for command in commands {
            let edit = Edit::parse(command).expect("a command");
            panels.apply(&edit).expect("applied");
        }
        panels
            .drafts()
            .iter()
            .map(|d| {
                format!(
                    "{}{} {}{}",
                    d.letter,
                    d.bounds,
                    d.sub_caption,
                    if d.proposed { " auto" } else { "" }
                )
            })
            .collect()
    }

    #[test]
    fn commands_do_what_they_say() {
        assert_eq!(after(&[]), ["A0,0,50,80 First. auto", "B50,0,50,80 Second. auto"]);
        assert_eq!(after(&["d 1"]), ["B50,0,50,80 Second. auto"]);
        assert_eq!(after(&["d1"]), ["B50,0,50,80 Second. auto"]);
        assert_eq!(after(&["m 1 2"]), ["A0,0,100,80 First."]);
        assert_eq!(after(&["w"]), ["0,0,100,80 "]);
        assert_eq!(after(&["c"]), Vec::<String>::new());
        assert_eq!(after(&["d 2", "+ 60,0,40,80"]), ["A0,0,50,80 First. auto", "60,0,40,80 "]);
        assert_eq!(after(&["c", "10 10 20 20"]), ["10,10,20,20 "]);
        assert_eq!(after(&["= 2 60,0,40,80"])[1], "B60,0,40,80 Second.");
        assert_eq!(after(&["l 1 B", "l 2"]), ["B0,0,50,80 Second.", "50,0,50,80 "]);
        assert_eq!(after(&["w", "x 1 | 40"]), ["0,0,40,80 ", "40,0,60,80 "]);
        assert_eq!(after(&["d 1", "x1-30"]), ["B50,0,50,30 Second.", "50,30,50,50 "]);
        let redrawn = after(&["c", "+ 50,0,50,80", "+ 0,0,49,80", "l"]);
        assert_eq!(redrawn, ["A0,0,49,80 First.", "B50,0,50,80 Second."]);
    }

    #[test]
    fn what_cannot_be_done_is_said_and_changes_nothing() {
        for (command, why) in [
            ("d 3", "1 to 2"),
            ("+ 60,0,41,80", "100 x 80"),
            ("+ 0,0,50,80", "already"),
            ("= 1 50,0,50,80", "already"),
            ("l 1 WXYZ", "letter"),
            ("x 1 | 50", "0 to 50"),
            ("x 3 | 10", "1 to 2"),
        ] {
            let mut panels = two();
            let edit = Edit::parse(command).expect(command);
            let error = panels.apply(&edit).expect_err(command);
            assert!(error.contains(why), "{command}: {error}");
            assert_eq!(panels, two());
        }
        for command in
            ["", "z", "d", "d x", "m 1", "+ 1,2,3", "= 1", "w 1", "l x", "x", "x 1", "x 1 |"]
        {
            assert!(Edit::parse(command).is_err(), "{command}");
        }
    }

    #[test]
    fn letters_that_do_not_fit_are_not_given() {
        let mut panels = two();
        for command in ["c", "+ 0,0,20,30", "+ 30,0,20,30", "+ 60,0,20,30"] {
            panels.apply(&Edit::parse(command).expect(command)).expect(command);
        }
        let error = panels.apply(&Edit::Reletter).expect_err("two letters, three panels");
        assert!(error.contains("letters 2 panels") && error.contains("these 3"), "{error}");
        let mut panels = Panels::proposed(100, 80, &[], sub_captions("CT."));
        let error = panels.apply(&Edit::Reletter).expect_err("no letters");
        assert!(error.contains("in the caption"), "{error}");
    }

    proptest! {
        #[test]
        fn any_commands_leave_panels_inside(commands in prop::collection::vec("[wcdmlx=+] ?[0-9]{0,2}([ ,|-][0-9]{1,2}){0,4}", 0..8)) {
            let mut panels = two();
            for command in &commands {
                if let Ok(edit) = Edit::parse(command) {
                    let _ = panels.apply(&edit);
                }
            }
            prop_assert!(panels.boxes().iter().all(|bounds| bounds.fits(100, 80)));
        }
    }
}
