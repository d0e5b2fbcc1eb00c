//! Where a graphic may stand, seen from its caption.

use super::super::Pairing;
use super::options::RIGHT_AT;
use crate::pdf::Rect;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Above,
    Below,
    Left,
    Right,
}

impl Side {
    pub const ALL: [Self; 4] = [Self::Above, Self::Below, Self::Left, Self::Right];

    pub fn is_beside(self) -> bool {
        matches!(self, Self::Left | Self::Right)
    }

    /// Where the caption stands, seen from the graphic.
    pub fn pairing(self) -> Pairing {
        match self {
            Self::Above => Pairing::Below,
            Self::Below => Pairing::Above,
            Self::Left => Pairing::Right,
            Self::Right => Pairing::Left,
        }
    }

    /// Blank between the caption and a graphic on this side, in points; `None` where it is not on
    /// this side.
    pub fn gap(self, caption: &Rect, graphic: &Rect) -> Option<f32> {
        let slack = 6.0;
        let (gap, shared) = match self {
            Self::Above => (caption.y0 - graphic.y1, share_x(caption, graphic)),
            Self::Below => (graphic.y0 - caption.y1, share_x(caption, graphic)),
            Self::Left => (caption.x0 - graphic.x1, share_y(caption, graphic)),
            Self::Right => (graphic.x0 - caption.x1, share_y(caption, graphic)),
        };
        // A short caption at the left edge of the text, of which a graphic in the middle begins above the last word.
        let touches = !self.is_beside() && gap < RIGHT_AT && shared > 0.0;
        (gap > -slack && (shared > 0.2 || touches)).then_some(gap.max(0.0))
    }

    /// The space between the two, over the width (or height) they share.
    pub fn between(self, caption: &Rect, graphic: &Rect) -> Rect {
        let (x0, x1) = (caption.x0.max(graphic.x0), caption.x1.min(graphic.x1));
        let (y0, y1) = (caption.y0.max(graphic.y0), caption.y1.min(graphic.y1));
        match self {
            Self::Above => Rect::new(x0, graphic.y1, x1, caption.y0),
            Self::Below => Rect::new(x0, caption.y1, x1, graphic.y0),
            Self::Left => Rect::new(graphic.x1, y0, caption.x0, y1),
            Self::Right => Rect::new(caption.x1, y0, graphic.x0, y1),
        }
    }
}

fn share_x(one: &Rect, other: &Rect) -> f32 {
    one.x_overlap(other) / one.width().min(other.width()).max(1.0)
}

fn share_y(one: &Rect, other: &Rect) -> f32 {
    one.y_overlap(other) / one.height().min(other.height()).max(1.0)
}

/// Whether the middle line of `text` runs through `space`.
pub fn crosses(text: &Rect, space: &Rect) -> bool {
    let (_, y) = text.centre();
    !space.is_empty()
        && (space.y0..=space.y1).contains(&y)
        && space.x_overlap(text) > 0.1 * space.width().min(text.width())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_caption_right_under_a_graphic_is_its_own_though_they_hardly_overlap() {
        let graphic = Rect::new(148.0, 70.0, 484.0, 302.0);
        let caption = |x1: f32, y0: f32| Rect::new(48.0, y0, x1, y0 + 11.0);
        assert_eq!(Side::Above.gap(&caption(170.0, 312.0), &graphic), Some(10.0));
        assert_eq!(Side::Above.gap(&caption(170.0, 352.0), &graphic), None, "further off");
        assert_eq!(Side::Above.gap(&caption(300.0, 352.0), &graphic), Some(50.0));
        assert_eq!(Side::Above.gap(&caption(140.0, 312.0), &graphic), None, "beside it");
    }
}
