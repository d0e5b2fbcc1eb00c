//! Boxes and transforms in PDF points, origin top left, of the page as displayed.

use serde::{Deserialize, Serialize};

/// A box; written as `[x0, y0, x1, y1]`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct Rect {
    /// Left.
    pub x0: f32,
    /// Top.
    pub y0: f32,
    /// Right.
    pub x1: f32,
    /// Bottom.
    pub y1: f32,
}

impl From<[f32; 4]> for Rect {
    fn from([x0, y0, x1, y1]: [f32; 4]) -> Self {
        Self { x0, y0, x1, y1 }
    }
}

impl From<Rect> for [f32; 4] {
    /// Rounded to a hundredth of a point: as fine as anything printed, and stable in text.
    fn from(r: Rect) -> Self {
        [r.x0, r.y0, r.x1, r.y1].map(|v| (v * 100.0).round() / 100.0)
    }
}

impl Rect {
    /// From left, top, right and bottom.
    pub fn new(x0: f32, y0: f32, x1: f32, y1: f32) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// Points.
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Points.
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// Area in square points; 0 for an empty or inverted box.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Whether it has no area.
    pub fn is_empty(&self) -> bool {
        self.x1 <= self.x0 || self.y1 <= self.y0
    }

    /// The point in its middle.
    pub fn centre(&self) -> (f32, f32) {
        (f32::midpoint(self.x0, self.x1), f32::midpoint(self.y0, self.y1))
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// The common part; empty where the boxes do not meet.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    /// Moved out by so many points on each side.
    #[must_use]
    pub fn grow(&self, by: f32) -> Self {
        Self { x0: self.x0 - by, y0: self.y0 - by, x1: self.x1 + by, y1: self.y1 + by }
    }

    /// Whether the other lies within it, edges included.
    pub fn contains(&self, other: &Self) -> bool {
        self.x0 <= other.x0 && self.y0 <= other.y0 && self.x1 >= other.x1 && self.y1 >= other.y1
    }

    /// Whether the point lies within it, edges included.
    pub fn contains_point(&self, (x, y): (f32, f32)) -> bool {
        (self.x0..=self.x1).contains(&x) && (self.y0..=self.y1).contains(&y)
    }

    /// Length of the common part of the two boxes' shadows on the x axis, at least 0.
    pub fn x_overlap(&self, other: &Self) -> f32 {
        (self.x1.min(other.x1) - self.x0.max(other.x0)).max(0.0)
    }

    /// Length of the common part of the two boxes' shadows on the y axis, at least 0.
    pub fn y_overlap(&self, other: &Self) -> f32 {
        (self.y1.min(other.y1) - self.y0.max(other.y0)).max(0.0)
    }
}

/// An affine transform `[a b c d e f]` as PDF writes it: `x' = a·x + c·y + e`, `y' = b·x + d·y + f`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 6]", into = "[f32; 6]")]
pub struct Matrix {
    /// Across, of the unit to the right.
    pub a: f32,
    /// Down, of the unit to the right.
    pub b: f32,
    /// Across, of the unit downwards.
    pub c: f32,
    /// Down, of the unit downwards.
    pub d: f32,
    /// Moved across.
    pub e: f32,
    /// Moved down.
    pub f: f32,
}

impl From<[f32; 6]> for Matrix {
    fn from([a, b, c, d, e, f]: [f32; 6]) -> Self {
        Self { a, b, c, d, e, f }
    }
}

impl From<Matrix> for [f32; 6] {
    fn from(m: Matrix) -> Self {
        [m.a, m.b, m.c, m.d, m.e, m.f]
    }
}

impl Matrix {
    /// Leaves points where they are.
    pub const IDENTITY: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

    /// This transform first, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self {
            a: self.a * next.a + self.b * next.c,
            b: self.a * next.b + self.b * next.d,
            c: self.c * next.a + self.d * next.c,
            d: self.c * next.b + self.d * next.d,
            e: self.e * next.a + self.f * next.c + next.e,
            f: self.e * next.b + self.f * next.d + next.f,
        }
    }

    /// Where a point comes to.
    pub fn apply(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f)
    }

    /// The transform that undoes this one; `None` where it flattens the plane.
    pub fn inverse(&self) -> Option<Self> {
        let determinant = self.a * self.d - self.b * self.c;
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let (a, b) = (self.d / determinant, -self.b / determinant);
        let (c, d) = (-self.c / determinant, self.a / determinant);
        Some(Self { a, b, c, d, e: -(self.e * a + self.f * c), f: -(self.e * b + self.f * d) })
    }

    /// Whether upright boxes stay so: no skew, and no turn but by quarters.
    pub fn keeps_upright(&self) -> bool {
        let size = self.a.hypot(self.b).max(self.c.hypot(self.d));
        let none = |v: f32| v.abs() <= 1e-3 * size;
        (none(self.b) && none(self.c)) || (none(self.a) && none(self.d))
    }

    /// The upright box around the transformed `rect`.
    pub fn bounds(&self, rect: &Rect) -> Rect {
        let corners = [
            self.apply((rect.x0, rect.y0)),
            self.apply((rect.x1, rect.y0)),
            self.apply((rect.x0, rect.y1)),
            self.apply((rect.x1, rect.y1)),
        ];
        let (first, rest) = (corners[0], &corners[1..]);
        rest.iter().fold(Rect::new(first.0, first.1, first.0, first.1), |r, &(x, y)| {
            r.union(&Rect::new(x, y, x, y))
        })
    }

    /// Where the unit square, which is what an image fills, lands.
    pub fn unit_square(&self) -> Rect {
        self.bounds(&Rect::new(0.0, 0.0, 1.0, 1.0))
    }
}

/// A turn of a page by quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn(u8);

impl Turn {
    /// Upright as it is.
    pub const NONE: Self = Self(0);
    /// By a quarter.
    pub const CLOCKWISE: Self = Self(1);
    /// Upside down.
    pub const HALF: Self = Self(2);
    /// By a quarter.
    pub const ANTICLOCKWISE: Self = Self(3);

    /// How many quarters it is, clockwise: 0 to 3.
    pub fn quarters(self) -> u8 {
        self.0
    }

    /// This turn, and then `next`.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        Self((self.0 + next.0) % 4)
    }

    /// The turn that undoes it.
    #[must_use]
    pub fn back(self) -> Self {
        Self((4 - self.0) % 4)
    }

    /// Takes points of a page of this width and height to points of the turned page, whose origin is its own
    /// top left corner.
    pub fn matrix(self, width: f32, height: f32) -> Matrix {
        let (a, b, c, d, e, f) = match self.0 {
            1 => (0.0, 1.0, -1.0, 0.0, height, 0.0),
            2 => (-1.0, 0.0, 0.0, -1.0, width, height),
            3 => (0.0, -1.0, 1.0, 0.0, 0.0, width),
            _ => return Matrix::IDENTITY,
        };
        Matrix { a, b, c, d, e, f }
    }

    /// Width and height of a page of this width and height once it is turned.
    pub fn size(self, (width, height): (f32, f32)) -> (f32, f32) {
        if self.0 % 2 == 1 { (height, width) } else { (width, height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_moves_the_corners_of_a_page() {
        let (width, height) = (400.0, 300.0);
        let top_left = |turn: Turn| turn.matrix(width, height).apply((0.0, 0.0));
        assert_eq!(top_left(Turn::NONE), (0.0, 0.0));
        assert_eq!(top_left(Turn::CLOCKWISE), (300.0, 0.0));
        assert_eq!(top_left(Turn::HALF), (400.0, 300.0));
        assert_eq!(top_left(Turn::ANTICLOCKWISE), (0.0, 400.0));
        let page = Rect::new(0.0, 0.0, width, height);
        for turn in [Turn::CLOCKWISE, Turn::HALF, Turn::ANTICLOCKWISE] {
            let (w, h) = turn.size((width, height));
            assert_eq!(turn.matrix(width, height).bounds(&page), Rect::new(0.0, 0.0, w, h));
            let there_and_back = turn.matrix(width, height).then(&turn.back().matrix(w, h));
            assert_eq!(there_and_back.apply((30.0, 7.0)), (30.0, 7.0));
            assert_eq!(turn.and(turn.back()), Turn::NONE);
        }
    }

    #[test]
    fn transforms_apply_in_order() {
        let scale = Matrix { a: 2.0, d: 3.0, ..Matrix::IDENTITY };
        let shift = Matrix { e: 10.0, f: 20.0, ..Matrix::IDENTITY };
        assert_eq!(scale.then(&shift).apply((1.0, 1.0)), (12.0, 23.0));
        assert_eq!(shift.then(&scale).apply((1.0, 1.0)), (22.0, 63.0));
    }

    #[test]
    fn an_inverse_undoes_its_transform() {
        let matrix = Matrix { a: 2.0, b: 1.0, c: -1.0, d: 3.0, e: 10.0, f: -4.0 };
        let (x, y) = matrix.then(&matrix.inverse().expect("inverse")).apply((5.0, 7.0));
        assert!((x - 5.0).abs() < 1e-4 && (y - 7.0).abs() < 1e-4);
        assert!(Matrix { a: 1.0, b: 2.0, c: 2.0, d: 4.0, e: 0.0, f: 0.0 }.inverse().is_none());
    }

    #[test]
    fn quarter_turns_keep_boxes_upright_and_others_do_not() {
        assert!(Matrix { a: 0.0, b: 2.0, c: -2.0, d: 0.0, e: 0.0, f: 0.0 }.keeps_upright());
        assert!(!Matrix { a: 1.0, b: 0.1, c: -0.1, d: 1.0, e: 0.0, f: 0.0 }.keeps_upright());
    }

    #[test]
    fn a_flipped_image_still_has_an_upright_box() {
        let flipped = Matrix { a: 100.0, b: 0.0, c: 0.0, d: -50.0, e: 10.0, f: 60.0 };
        assert_eq!(flipped.unit_square(), Rect::new(10.0, 10.0, 110.0, 60.0));
    }

    #[test]
    fn overlap_of_boxes_apart_is_empty() {
        let (left, right) = (Rect::new(0.0, 0.0, 1.0, 1.0), Rect::new(2.0, 0.0, 3.0, 1.0));
        assert!(left.intersect(&right).is_empty());
        assert!(left.x_overlap(&right).abs() < f32::EPSILON);
        assert_eq!(left.intersect(&right).area(), 0.0);
    }
}
