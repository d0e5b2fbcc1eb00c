//! Panels by keys: the edits of the line prompt, and edges that the arrow keys move.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::edit::{Edit, Panels};
use super::ask::{Effect, Key, Typing};
use super::picture::{Corner, Mark};
use crate::store::PanelBox;

/// Pixels that an edge moves with Shift held.
const STRIDE: i64 = 10;

#[derive(Debug)]
pub(super) struct Cropping {
    width: u32,
    height: u32,
    proposal: Panels,
    pub panels: Panels,
    /// From 0.
    chosen: usize,
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
        ("m", "merge"),
        ("x", "split"),
        ("+", "add"),
        ("=", "box"),
        ("g G", "letters"),
        ("c", "clear"),
        ("r", "restart"),
        ("z", "zoom"),
    ];

    pub fn new(width: u32, height: u32, proposal: Panels) -> Self {
        Self {
            width,
            height,
            panels: proposal.clone(),
            proposal,
            chosen: 0,
            corner: Corner::TopLeft,
            zoomed: false,
        }
    }

    pub fn chosen(&self) -> Option<usize> {
        (!self.panels.drafts().is_empty()).then_some(self.chosen)
    }

    pub fn marks(&self) -> Vec<Mark> {
        (0..)
            .zip(self.panels.drafts())
            .map(|(index, draft)| Mark {
                bounds: draft.bounds,
                number: Some(index as u32 + 1),
                chosen: index == self.chosen,
                moved: (index == self.chosen).then_some(self.corner),
            })
            .collect()
    }

    /// Zoomed, the chosen panel and a little around it, so that its edges can be seen.
    pub fn part(&self) -> Option<PanelBox> {
        let bounds = self.bounds().filter(|_| self.zoomed)?;
        Some(with_margin(bounds, self.width, self.height))
    }

    fn bounds(&self) -> Option<PanelBox> {
        self.panels.drafts().get(self.chosen).map(|draft| draft.bounds)
    }

    pub fn key(&mut self, key: KeyEvent) -> Effect {
        let stride = if key.modifiers.contains(KeyModifiers::SHIFT) { STRIDE } else { 1 };
        let count = self.panels.drafts().len();
        let number = self.chosen + 1;
        match key.code {
            KeyCode::Enter | KeyCode::Char('a') => return Effect::Crop,
            KeyCode::Tab => self.chosen = (self.chosen + 1) % count.max(1),
            KeyCode::BackTab => self.chosen = (self.chosen + count.max(1) - 1) % count.max(1),
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
                self.panels = self.proposal.clone();
                self.chosen = 0;
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
            KeyCode::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                if index >= count {
                    return Effect::Refuse(format!("there is no panel {digit}"));
                }
                self.chosen = index;
            }
            _ => return Effect::Unknown,
        }
        Effect::Shown
    }

    /// The chosen panel cut in the middle of its longer side.
    fn split(&self) -> String {
        let number = self.chosen + 1;
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
        // An edit sorts the panels anew; the chosen one stays chosen, or what begins where it did.
        let drafts = self.panels.drafts();
        let corner = |bounds: &PanelBox| (bounds.x, bounds.y);
        let same = drafts.iter().position(|draft| Some(draft.bounds) == before);
        let near = drafts
            .iter()
            .position(|draft| Some(corner(&draft.bounds)) == before.as_ref().map(corner));
        let least = self.chosen.min(drafts.len().saturating_sub(1));
        self.chosen = same.or(near).unwrap_or(least);
        Effect::Shown
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
        let effect = self.apply(&Edit::Replace(self.chosen + 1, moved));
        // It begins elsewhere now.
        let at = self.panels.drafts().iter().position(|draft| draft.bounds == moved);
        self.chosen = at.unwrap_or(self.chosen);
        effect
    }

    pub fn question(&self) -> String {
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
                let number = self.chosen + 1;
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
    use super::super::super::letters::sub_captions;
    use super::*;

    fn two() -> Cropping {
        let boxes = [PanelBox { x: 0, y: 0, w: 50, h: 80 }, PanelBox { x: 50, y: 0, w: 50, h: 80 }];
        let panels = Panels::proposed(100, 80, &boxes, sub_captions("CT. (A) First. (B) Second."));
        Cropping::new(100, 80, panels)
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
        assert_eq!(cropping.chosen(), Some(2), "the same panel, under another number");
        assert!(matches!(cropping.line("d 1"), Effect::Shown));
        press(&mut cropping, "d");
        assert_eq!(cropping.panels.boxes().len(), 1);
        assert_eq!(cropping.chosen(), Some(0));
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
        assert_eq!(cropping.panels, cropping.proposal);
    }
}
