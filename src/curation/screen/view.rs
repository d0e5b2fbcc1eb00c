//! How a picture is looked at: enlarged, brighter, with more contrast. It decides nothing.

use ratatui::crossterm::event::KeyCode;

use super::cropping::with_margin;
use super::picture::Tone;
use covid_ct_core::PanelBox;

/// How many times each step enlarges.
const STEPS: [u32; 3] = [1, 2, 4];

/// How far an arrow key goes, as a share of what is shown.
const STRIDE: f64 = 0.25;

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct View {
    /// `image.id` of what is looked at.
    image: Option<i64>,
    pub tone: Tone,
    /// Of [`STEPS`].
    step: usize,
    /// The middle of what is shown, as shares of the picture, from its middle.
    off: (f64, f64),
}

impl View {
    /// Another picture is looked at as it is.
    pub fn turn_to(&mut self, image: Option<i64>) {
        if self.image != image {
            *self = Self { image, ..Self::default() };
        }
    }

    /// Takes a key; says what came of it, nothing where the key is of something else. Where a stage has a
    /// zoom of its own, only brightness and contrast are taken.
    pub fn key(&mut self, key: KeyCode, can_zoom: bool) -> Option<String> {
        let told = match key {
            KeyCode::Char(']') => self.tone.shift(1, 0),
            KeyCode::Char('[') => self.tone.shift(-1, 0),
            KeyCode::Char('}') => self.tone.shift(0, 1),
            KeyCode::Char('{') => self.tone.shift(0, -1),
            KeyCode::Char('\\') => {
                self.tone = Tone::default();
                "as it is stored".into()
            }
            KeyCode::Char('z') if can_zoom => {
                self.step = (self.step + 1) % STEPS.len();
                self.off = (0.0, 0.0);
                format!("enlarged {} times", STEPS[self.step])
            }
            KeyCode::Left | KeyCode::Right | KeyCode::Up | KeyCode::Down
                if can_zoom && self.step > 0 =>
            {
                let stride = STRIDE / f64::from(STEPS[self.step]);
                let (x, y) = match key {
                    KeyCode::Left => (-stride, 0.0),
                    KeyCode::Right => (stride, 0.0),
                    KeyCode::Up => (0.0, -stride),
                    _ => (0.0, stride),
                };
                let most = 0.5 - 0.5 / f64::from(STEPS[self.step]);
                self.off.0 = (self.off.0 + x).clamp(-most, most);
                self.off.1 = (self.off.1 + y).clamp(-most, most);
                String::new()
            }
            _ => return None,
        };
        Some(told)
    }

    /// The part of a picture of `width` x `height` pixels that is shown: around the chosen panel, where one
    /// is; `None` for all of it.
    pub fn part(&self, (width, height): (u32, u32), chosen: Option<PanelBox>) -> Option<PanelBox> {
        if self.step == 0 {
            return None;
        }
        let around = chosen
            .map_or(PanelBox::whole(width, height), |bounds| with_margin(bounds, width, height));
        // A panel is enlarged by being shown alone.
        let times = if chosen.is_some() { STEPS[self.step - 1] } else { STEPS[self.step] };
        let along = |from: u32, length: u32, off: f64| {
            let shown = (length / times).max(1);
            let middle = f64::from(from) + f64::from(length) * (0.5 + off);
            let start = (middle - f64::from(shown) / 2.0).round().max(f64::from(from)) as u32;
            (start.min(from + length - shown), shown)
        };
        let (x, w) = along(around.x, around.w, self.off.0);
        let (y, h) = along(around.y, around.h, self.off.1);
        Some(PanelBox { x, y, w, h })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_enlarged_and_moved_within_itself() {
        let mut view = View::default();
        assert_eq!(view.part((400, 200), None), None);
        assert_eq!(view.key(KeyCode::Left, true), None, "scrolls the text");
        view.key(KeyCode::Char('z'), true);
        assert_eq!(view.part((400, 200), None), Some(PanelBox { x: 100, y: 50, w: 200, h: 100 }));
        for _ in 0..9 {
            view.key(KeyCode::Right, true);
        }
        assert_eq!(view.part((400, 200), None), Some(PanelBox { x: 200, y: 50, w: 200, h: 100 }));
        let chosen = PanelBox { x: 0, y: 0, w: 120, h: 96 };
        view.off = (0.0, 0.0);
        assert_eq!(
            view.part((400, 200), Some(chosen)),
            Some(PanelBox { w: 130, h: 106, ..chosen })
        );
        view.turn_to(Some(2));
        assert_eq!(view.part((400, 200), None), None, "another picture is seen whole");
        assert_eq!(view.key(KeyCode::Char('z'), false), None);
    }

    #[test]
    fn brightness_and_contrast_are_of_one_picture() {
        let mut view = View::default();
        view.turn_to(Some(1));
        assert_eq!(
            view.key(KeyCode::Char(']'), false).as_deref(),
            Some("brightness +1, contrast 0")
        );
        view.key(KeyCode::Char('}'), false);
        view.turn_to(Some(1));
        assert_ne!(view.tone, Tone::default(), "another panel of the same picture");
        view.turn_to(Some(2));
        assert_eq!(view.tone, Tone::default());
    }
}
