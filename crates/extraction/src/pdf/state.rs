//! The graphics state in which a page's content draws, and the path it is about to paint.

use std::rc::Rc;

use mupdf::pdf::PdfObject;

use super::content::Operation;
use super::glyphs::TextState;
use super::object::{self, entry};
use super::paint::Paint;
use super::{Matrix, Rect};

/// A soft mask and the space it was set in.
#[derive(Debug)]
pub(super) struct SoftMask {
    pub(super) object: Rc<PdfObject>,
    pub(super) ctm: Matrix,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) ctm: Matrix,
    pub(super) clip: Rect,
    /// Whether some clip in force is not an upright box.
    pub(super) shaped: bool,
    pub(super) fill: Paint,
    pub(super) stroke: Paint,
    /// Opacity of what is filled, of what is stroked, and of the groups around it.
    pub(super) alpha: f32,
    pub(super) stroke_alpha: f32,
    pub(super) group_alpha: f32,
    pub(super) mask: Option<Rc<SoftMask>>,
    pub(super) blends: bool,
    pub(super) hidden: bool,
    pub(super) text: TextState,
}

impl State {
    /// Whether what is beneath shows through what is painted now.
    pub(super) fn lets_through(&self, fills: bool, strokes: bool) -> bool {
        let alpha = |paints: bool, alpha: f32| paints && alpha * self.group_alpha < 1.0;
        self.blends
            || self.mask.is_some()
            || alpha(fills, self.alpha)
            || alpha(strokes, self.stroke_alpha)
    }

    pub(super) fn clip_to(&mut self, bounds: &Rect, upright: bool) {
        // A shape around all that was left cuts nothing off.
        self.shaped |= !upright;
        self.clip = self.clip.intersect(bounds);
    }

    /// Follows a graphics state parameter dictionary.
    pub(super) fn set(&mut self, parameters: &PdfObject) {
        if let Some(alpha) = object::number_at(parameters, "ca") {
            self.alpha = alpha.clamp(0.0, 1.0);
        }
        if let Some(alpha) = object::number_at(parameters, "CA") {
            self.stroke_alpha = alpha.clamp(0.0, 1.0);
        }
        if let Some(mask) = entry(parameters, "SMask") {
            let is_mask = mask.is_dict().unwrap_or(false);
            self.mask = is_mask.then(|| Rc::new(SoftMask { object: Rc::new(mask), ctm: self.ctm }));
        }
        if let Some(mode) = entry(parameters, "BM") {
            let first = object::name(&mode)
                .or_else(|| object::elements(&mode).next().and_then(|mode| object::name(&mode)));
            self.blends = !matches!(first.as_deref(), None | Some(b"Normal" | b"Compatible"));
        }
    }
}

/// A path under construction, in points of the displayed page.
#[derive(Debug, Default)]
pub(super) struct PathBounds {
    /// One box a subpath: a chart's bars, or its grid, may be a single path.
    pub(super) subpaths: Vec<Rect>,
    points: Vec<(f32, f32)>,
    curved: bool,
    pub(super) clips: bool,
}

/// Points kept of a path: enough to tell a box.
const MOST_POINTS: usize = 12;

impl PathBounds {
    fn begin(&mut self, (x, y): (f32, f32)) {
        self.subpaths.push(Rect::new(x, y, x, y));
        self.keep((x, y));
    }

    fn add(&mut self, (x, y): (f32, f32)) {
        match self.subpaths.last_mut() {
            Some(last) => *last = last.union(&Rect::new(x, y, x, y)),
            None => return self.begin((x, y)),
        }
        self.keep((x, y));
    }

    fn keep(&mut self, point: (f32, f32)) {
        if self.points.len() < MOST_POINTS {
            self.points.push(point);
        }
    }

    pub(super) fn bounds(&self) -> Option<Rect> {
        self.subpaths.iter().copied().reduce(|all, subpath| all.union(&subpath))
    }

    /// Whether it is one upright box.
    pub(super) fn is_box(&self) -> bool {
        let Some(bounds) = self.bounds() else { return false };
        let near = |a: f32, b: f32| (a - b).abs() < 0.05;
        let corner = |&(x, y): &(f32, f32)| {
            (near(x, bounds.x0) || near(x, bounds.x1)) && (near(y, bounds.y0) || near(y, bounds.y1))
        };
        !self.curved && (4..=5).contains(&self.points.len()) && self.points.iter().all(corner)
    }

    /// Follows an operator that builds the path, in the space `ctm`.
    pub(super) fn extend(&mut self, operation: &Operation<'_>, ctm: &Matrix) {
        let numbers = operation.numbers();
        if let (b"re", [x, y, w, h]) = (operation.operator, &numbers[..]) {
            self.begin(ctm.apply((*x, *y)));
            self.add(ctm.apply((x + w, *y)));
            self.add(ctm.apply((*x, y + h)));
            self.add(ctm.apply((x + w, y + h)));
        } else {
            // Control points bound a Bézier curve from outside: close enough for a box.
            self.curved |= numbers.len() > 2;
            for point in numbers.chunks_exact(2) {
                let point = ctm.apply((point[0], point[1]));
                if operation.operator == b"m" {
                    self.begin(point);
                } else {
                    self.add(point);
                }
            }
        }
    }
}
