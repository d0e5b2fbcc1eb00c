//! Panels by keys: the edits of the line prompt, and edges that the arrow keys move.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::crop::Opening;
use super::super::edit::{Draft, Edit, Panels};
use super::effect::{Effect, Key, Typing};
use super::number::Number;
use super::picture::{Corner, Mark};
use covid_ct_core::PanelBox;

/// Pixels that an edge moves with Shift held.
const STRIDE: i64 = 10;

#[derive(Debug)]
pub(super) struct Cropping {
    width: u32,
    height: u32,
    pub opening: Opening,
    pub panels: Panels,
    /// Its number, which stays the panel's own.
    chosen: usize,
    /// A number that is being typed.
    typed: Number,
    /// What speaks against the boxes, told and not yet answered.
    pub doubts: Vec<String>,
    /// Whose two edges the arrow keys move.
    corner: Corner,
    /// Whether the chosen panel is shown enlarged.
    zoomed: bool,
}

impl Cropping {
    pub const KEYS: &'static [Key] = &[
        ("Enter", "accept"),
        ("w", "whole"),
        ("Tab", "next"),
        ("←↓↑→", "move edges"),
        ("e", "other edges"),
        ("d", "drop"),
        (":grid 3x4", "grid"),
        ("m", "merge"),
        ("x", "split"),
        ("+", "add"),
        ("=", "box"),
        ("g G", "letters"),
        ("c", "clear"),
        ("r R", "restart"),
        ("z", "zoom"),
    ];

    pub const IN_DOUBT: &'static [Key] = &[("y", "store it anyway"), ("any other key", "back")];

    pub fn new(width: u32, height: u32, opening: Opening) -> Self {
        Self {
            width,
            height,
            panels: opening.first().clone(),
            opening,
            chosen: 1,
            typed: Number::default(),
            doubts: Vec::new(),
            corner: Corner::TopLeft,
            zoomed: false,
        }
    }

    /// The place of the chosen panel among the drafts.
    pub fn chosen(&self) -> Option<usize> {
        self.panels.drafts().iter().position(|draft| draft.number == self.chosen)
    }

    fn draft(&self) -> Option<&Draft> {
        self.panels.drafts().get(self.chosen()?)
    }

    pub fn marks(&self) -> Vec<Mark> {
        let mark = |draft: &Draft| Mark {
            bounds: draft.bounds,
            number: Some(draft.number as u32),
            chosen: draft.number == self.chosen,
            moved: (draft.number == self.chosen).then_some(self.corner),
        };
        self.panels.drafts().iter().map(mark).collect()
    }

    /// Zoomed, the chosen panel and a little around it, so that its edges can be seen.
    pub fn part(&self) -> Option<PanelBox> {
        let bounds = self.bounds().filter(|_| self.zoomed)?;
        Some(with_margin(bounds, self.width, self.height))
    }

    fn bounds(&self) -> Option<PanelBox> {
        self.draft().map(|draft| draft.bounds)
    }

    /// Goes on to the panel so many places further on, round and round.
    fn choose_next(&mut self, step: usize) {
        let drafts = self.panels.drafts();
        if drafts.is_empty() {
            return;
        }
        let at = self.chosen().map_or(0, |at| (at + step) % drafts.len());
        self.chosen = drafts[at].number;
    }

    fn choose(&mut self, digit: u32) -> Effect {
        let numbers: Vec<usize> = self.panels.drafts().iter().map(|draft| draft.number).collect();
        match self.typed.add(digit, |number| numbers.contains(&number)) {
            Some(number) => {
                self.chosen = number;
                Effect::Shown
            }
            None => Effect::Refuse(format!("there is no panel {digit}")),
        }
    }

    /// What Enter does: what is in force and unchanged is kept.
    fn accept(&self) -> Effect {
        if self.opening.kept(&self.panels).is_some() { Effect::Keep } else { Effect::Crop }
    }

    pub fn key(&mut self, key: KeyEvent) -> Effect {
        let stride = if key.modifiers.contains(KeyModifiers::SHIFT) { STRIDE } else { 1 };
        if !self.doubts.is_empty() {
            self.doubts.clear();
            return if key.code == KeyCode::Char('y') { Effect::CropAnyway } else { Effect::Shown };
        }
        if let KeyCode::Char(c) = key.code
            && let Some(digit) = c.to_digit(10)
        {
            return self.choose(digit);
        }
        self.typed.end();
        let number = self.chosen;
        let count = self.panels.drafts().len();
        match key.code {
            KeyCode::Enter | KeyCode::Char('a') => return self.accept(),
            KeyCode::Tab => self.choose_next(1),
            KeyCode::BackTab => self.choose_next(count.saturating_sub(1)),
            KeyCode::Char('u') => {
                if !self.panels.take_back() {
                    return Effect::Unknown;
                }
                self.choose_near(None);
                return Effect::Tell("the last edit is taken back".into());
            }
            KeyCode::Left | KeyCode::Char('h' | 'H') => return self.nudge(-stride, 0),
            KeyCode::Right | KeyCode::Char('l' | 'L') => return self.nudge(stride, 0),
            KeyCode::Up | KeyCode::Char('k' | 'K') => return self.nudge(0, -stride),
            KeyCode::Down | KeyCode::Char('j' | 'J') => return self.nudge(0, stride),
            KeyCode::Char('e') => self.corner = other(self.corner),
            KeyCode::Char('z') => self.zoomed = !self.zoomed,
            KeyCode::Char('w') => return self.apply(&Edit::Whole),
            KeyCode::Char('c') => return self.apply(&Edit::Clear),
            KeyCode::Char('G') => return self.apply(&Edit::Reletter),
            KeyCode::Char('d') => return self.apply(&Edit::Drop(vec![number])),
            KeyCode::Char('r') => {
                self.panels.restart(self.opening.first());
                self.choose_near(None);
            }
            KeyCode::Char('R') => {
                self.panels.restart(&self.opening.proposal);
                self.choose_near(None);
            }
            KeyCode::Char('m') => return Effect::Type(Typing::Edit, format!("m {number} ")),
            KeyCode::Char('g') => return Effect::Type(Typing::Edit, format!("l {number} ")),
            KeyCode::Char('+') => return Effect::Type(Typing::Edit, "+ ".into()),
            KeyCode::Char(':') => return Effect::Type(Typing::Edit, String::new()),
            KeyCode::Char('x') => return Effect::Type(Typing::Edit, self.split()),
            KeyCode::Char('=') => {
                let bounds = self.bounds().map_or(String::new(), |bounds| bounds.to_string());
                return Effect::Type(Typing::Edit, format!("= {number} {bounds}"));
            }
            _ => return Effect::Unknown,
        }
        Effect::Shown
    }

    /// The chosen panel cut in the middle of its longer side.
    fn split(&self) -> String {
        let number = self.chosen;
        match self.bounds() {
            Some(b) if b.w >= b.h => format!("x {number} | {}", b.x + b.w / 2),
            Some(b) => format!("x {number} - {}", b.y + b.h / 2),
            None => "x ".into(),
        }
    }

    pub fn line(&mut self, text: &str) -> Effect {
        match Edit::parse(text) {
            Ok(edit) => self.apply(&edit),
            Err(why) => Effect::Refuse(why),
        }
    }

    fn apply(&mut self, edit: &Edit) -> Effect {
        let before = self.bounds();
        if let Err(why) = self.panels.apply(edit) {
            return Effect::Refuse(why);
        }
        self.choose_near(before);
        Effect::Shown
    }

    /// The chosen panel stays chosen, else one that begins where it did, else the next.
    fn choose_near(&mut self, before: Option<PanelBox>) {
        if self.chosen().is_some() {
            return;
        }
        let drafts = self.panels.drafts();
        let corner = |bounds: &PanelBox| (bounds.x, bounds.y);
        let near = drafts
            .iter()
            .find(|draft| Some(corner(&draft.bounds)) == before.as_ref().map(corner))
            .or_else(|| drafts.iter().find(|draft| draft.number > self.chosen))
            .or(drafts.last());
        self.chosen = near.map_or(1, |draft| draft.number);
    }

    /// Moves the two edges of the corner, as far as the picture and the opposite edges let them.
    fn nudge(&mut self, right: i64, down: i64) -> Effect {
        let Some(bounds) = self.bounds() else {
            return Effect::Refuse("there are no panels: + adds one".into());
        };
        let (x, w) = moved(bounds.x, bounds.w, self.width, right, self.corner);
        let (y, h) = moved(bounds.y, bounds.h, self.height, down, self.corner);
        let moved = PanelBox { x, y, w, h };
        if moved == bounds {
            return Effect::Shown;
        }
        match self.panels.nudge(self.chosen, moved) {
            Ok(()) => Effect::Shown,
            Err(why) => Effect::Refuse(why),
        }
    }

    pub fn keys(&self) -> &'static [Key] {
        if self.doubts.is_empty() { Self::KEYS } else { Self::IN_DOUBT }
    }

    pub fn question(&self) -> String {
        if !self.doubts.is_empty() {
            return "Store it anyway?".into();
        }
        if let Some((_, earlier)) = &self.opening.earlier
            && self.opening.first().is_same(&self.panels)
        {
            let number = self.chosen;
            return format!("Are these still the scans? {}. Panel {number}", earlier.enter());
        }
        let edges = match self.corner {
            Corner::TopLeft => "left and top edges",
            Corner::BottomRight => "right and bottom edges",
        };
        match (self.panels.drafts().len(), self.bounds()) {
            (0, _) | (_, None) => "No panels: Enter says that it shows no scan".into(),
            (1, Some(bounds)) if bounds == PanelBox::whole(self.width, self.height) => {
                "Is the whole picture one scan?".into()
            }
            (count, _) => {
                let number = self.chosen;
                format!("Are these {count} the scans? Panel {number}, {edges}")
            }
        }
    }
}

/// A box and a little around it, inside a picture of `width` x `height` pixels.
pub(super) fn with_margin(bounds: PanelBox, width: u32, height: u32) -> PanelBox {
    let margin = (bounds.w.max(bounds.h) / 12).max(4);
    let (x, y) = (bounds.x.saturating_sub(margin), bounds.y.saturating_sub(margin));
    let right = (bounds.x + bounds.w + margin).min(width);
    let bottom = (bounds.y + bounds.h + margin).min(height);
    PanelBox { x, y, w: right - x, h: bottom - y }
}

fn other(corner: Corner) -> Corner {
    match corner {
        Corner::TopLeft => Corner::BottomRight,
        Corner::BottomRight => Corner::TopLeft,
    }
}

/// A side of a box, `from` and `length`, with its near or far end moved by `step`.
fn moved(from: u32, length: u32, most: u32, step: i64, corner: Corner) -> (u32, u32) {
    let end = from + length;
    match corner {
        Corner::TopLeft => {
            let from = (i64::from(from) + step).clamp(0, i64::from(end) - 1) as u32;
            (from, end - from)
        }
        Corner::BottomRight => {
            let end = (i64::from(end) + step).clamp(i64::from(from) + 1, i64::from(most)) as u32;
            (from, end - from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::doubts::Letters;
    use super::super::super::letters::sub_captions;
    use super::*;

    fn two() -> Cropping {
        let boxes = [PanelBox { x: 0, y: 0, w: 50, h: 80 }, PanelBox { x: 50, y: 0, w: 50, h: 80 }];
        let panels = Panels::proposed(100, 80, &boxes, sub_captions("CT. (A) First. (B) Second."));
        let opening = Opening { proposal: panels, earlier: None, letters: Letters::default() };
        Cropping::new(100, 80, opening)
    }

    fn press(cropping: &mut Cropping, keys: &str) -> Effect {
        let mut effect = Effect::Shown;
        for key in keys.chars() {
            let code = match key {
                '\t' => KeyCode::Tab,
                '\n' => KeyCode::Enter,
                key => KeyCode::Char(key),
            };
            let shift = if key.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            effect = cropping.key(KeyEvent::new(code, shift));
        }
        effect
    }

    #[test]
    fn edges_move_by_pixels_and_stop_at_the_border() {
        let mut cropping = two();
        press(&mut cropping, "\tlljj");
        assert_eq!(cropping.panels.boxes()[1], PanelBox { x: 52, y: 2, w: 48, h: 78 });
        press(&mut cropping, "eHKl");
        assert_eq!(cropping.panels.boxes()[1], PanelBox { x: 52, y: 2, w: 39, h: 68 });
        press(&mut cropping, "LLLJJJ");
        assert_eq!(cropping.panels.boxes()[1], PanelBox { x: 52, y: 2, w: 48, h: 78 });
        assert_eq!(cropping.panels.drafts()[1].letter, "B");
        assert!(!cropping.panels.drafts()[1].proposed && cropping.panels.drafts()[0].proposed);
    }

    #[test]
    fn keys_edit_as_the_commands_do() {
        let mut cropping = two();
        press(&mut cropping, "\t");
        assert!(matches!(cropping.line("+ 0,0,10,10"), Effect::Shown));
        assert_eq!(cropping.chosen(), Some(1), "the same panel, under its number");
        assert!(matches!(cropping.line("d 1"), Effect::Shown));
        press(&mut cropping, "d");
        assert_eq!(cropping.panels.boxes().len(), 1);
        assert_eq!(cropping.chosen(), Some(0));
        assert!(
            matches!(press(&mut cropping, "u"), Effect::Tell(_)),
            "back comes what was dropped"
        );
        assert_eq!(cropping.panels.boxes().len(), 2);
        press(&mut cropping, "w");
        let Effect::Type(Typing::Edit, line) = press(&mut cropping, "x") else { panic!("a line") };
        assert_eq!(line, "x 1 | 50");
        assert!(matches!(cropping.line(&line), Effect::Shown));
        assert_eq!(cropping.panels.boxes().len(), 2);
        assert!(matches!(press(&mut cropping, "7"), Effect::Refuse(_)));
        press(&mut cropping, "c");
        assert!(matches!(press(&mut cropping, "h"), Effect::Refuse(_)));
        assert!(matches!(press(&mut cropping, "\t\n"), Effect::Crop));
        press(&mut cropping, "r");
        assert!(cropping.panels.is_same(&cropping.opening.proposal));
        let edits = (0..20).take_while(|_| matches!(press(&mut cropping, "u"), Effect::Tell(_)));
        assert_eq!(edits.count(), 6, "each edit is taken back, then what was decided before");
        assert!(cropping.panels.is_same(&cropping.opening.proposal));
    }

    #[test]
    fn panels_from_ten_on_are_chosen_by_their_digits() {
        let mut cropping = two();
        assert!(matches!(cropping.line("grid 3x4"), Effect::Shown));
        press(&mut cropping, "12d");
        assert_eq!(cropping.panels.drafts().len(), 11);
        assert!(cropping.panels.drafts().iter().all(|draft| draft.number != 12));
        press(&mut cropping, "10");
        assert_eq!(cropping.chosen(), Some(9));
        press(&mut cropping, "\t3");
        assert_eq!(cropping.chosen(), Some(2));
    }

    #[test]
    fn doubts_are_answered_by_y_alone() {
        let mut cropping = two();
        cropping.doubts = vec!["1 box, the caption names 2 panels (A, B).".into()];
        assert!(matches!(press(&mut cropping, "\n"), Effect::Shown));
        assert!(cropping.doubts.is_empty());
        cropping.doubts = vec!["again".into()];
        assert!(matches!(press(&mut cropping, "y"), Effect::CropAnyway));
    }
}
