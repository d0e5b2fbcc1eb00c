//! Where a picture that was cut out of another, scaled and stored anew stands in it: template matching
//! over scales, pure functions over grey pictures.
//!
//! [`locate`] correlates small copies at every place and scale at once (`field`), then brings the best
//! places to a fraction of a pixel on copies of growing size (`refine`). Grey levels may differ by a
//! factor and an offset, as those of a picture turned to grey from RGB or CMYK do.

mod field;
mod refine;
#[cfg(test)]
mod tests;

use image::GrayImage;
use image::imageops::{FilterType, resize};

use self::field::{Field, Peak};

/// Least and greatest scale that is looked for: pixels of the template a pixel of the figure.
pub const SCALES: (f64, f64) = (0.45, 2.2);

/// From one scale to the next: half a step puts the edges of the smallest copy a pixel off.
const STEP: f64 = 1.06;

/// Shorter side, in pixels, of the smallest copy of a template in which it is still told from others.
const COARSE: f64 = 28.0;

/// Longest side of the copy of a figure that is looked through.
const MOST: f64 = 1400.0;

/// Shortest side of a template, in pixels of the figure.
const LEAST: f64 = 16.0;

/// How many places are looked at closely, and how many of those in full.
const PLACES: usize = 8;
const FINALISTS: usize = 2;

/// A template's place in a figure, in pixels of the figure; borders lie between pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub x0: f64,
    pub y0: f64,
    pub x1: f64,
    pub y1: f64,
    /// Correlation of the grey levels, at most 1.
    pub score: f64,
}

impl Place {
    /// Left, top, right, bottom.
    pub fn edges(&self) -> [f64; 4] {
        [self.x0, self.y0, self.x1, self.y1]
    }

    /// Pixels of a template of this width a pixel of the figure.
    pub fn scale(&self, template_width: u32) -> f64 {
        f64::from(template_width) / (self.x1 - self.x0)
    }
}

/// Where `template` correlates best with `figure`; `None` where it is too small or too large to be looked
/// for, or has no texture. The score says whether it is there.
pub fn locate(template: &GrayImage, figure: &GrayImage) -> Option<Place> {
    let mut places = coarse(template, figure);
    places.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut near: Vec<Place> = Vec::new();
    for place in places {
        if near.len() == PLACES {
            break;
        }
        if near.iter().all(|other| !is_same(other, &place)) {
            near.push(place);
        }
    }
    let mut near: Vec<Place> =
        near.into_iter().map(|place| refine::nearly(template, figure, place)).collect();
    near.sort_by(|a, b| b.score.total_cmp(&a.score));
    near.truncate(FINALISTS);
    near.into_iter()
        .map(|place| refine::fully(template, figure, place))
        .max_by(|a, b| a.score.total_cmp(&b.score))
}

/// Whether two places are one, found at two scales.
fn is_same(a: &Place, b: &Place) -> bool {
    let side = (a.x1 - a.x0).min(a.y1 - a.y0);
    let middle =
        |place: &Place| (f64::midpoint(place.x0, place.x1), f64::midpoint(place.y0, place.y1));
    let ((ax, ay), (bx, by)) = (middle(a), middle(b));
    let size = (a.x1 - a.x0) / (b.x1 - b.x0);
    (ax - bx).hypot(ay - by) < side / 8.0 && (0.8..1.25).contains(&size)
}

/// The best places at every scale, as small copies show them.
fn coarse(template: &GrayImage, figure: &GrayImage) -> Vec<Place> {
    let (width, height) = size(template);
    let (figure_width, figure_height) = size(figure);
    let mut places = Vec::new();
    let mut group: Option<(f64, Field)> = None;
    let mut scale = SCALES.0;
    while scale <= SCALES.1 {
        let (wide, high) = (width / scale, height / scale);
        scale *= STEP;
        // Half a step more, as scales lie between those tried.
        let fits = wide <= figure_width * 1.04 && high <= figure_height * 1.04;
        if !fits || wide.min(high) < LEAST {
            continue;
        }
        let shrunk = shrunk(wide.min(high)).min(MOST / figure_width.max(figure_height));
        if group.as_ref().is_none_or(|(of, _)| *of != shrunk) {
            group = Some((shrunk, Field::new(&resized(figure, shrunk, shrunk))));
        }
        let Some((_, field)) = &group else { continue };
        let (field_width, field_height) = field.size();
        let side = |side: f64, most: u32| ((side * shrunk).round() as u32).clamp(1, most);
        let (w, h) = (side(wide, field_width), side(high, field_height));
        places.extend(field.peaks(&of_size(template, w, h)).into_iter().map(
            |Peak { x, y, score }| {
                let (x0, y0) = (f64::from(x) / shrunk, f64::from(y) / shrunk);
                Place { x0, y0, x1: x0 + wide, y1: y0 + high, score }
            },
        ));
    }
    places
}

/// The level at a point between four pixels' middles.
pub fn between_pixels(x: f64, y: f64, level: impl Fn(f64, f64) -> f64) -> f64 {
    let (left, top) = (x.floor(), y.floor());
    let (dx, dy) = (x - left, y - top);
    let row = |y: f64| level(left, y) * (1.0 - dx) + level(left + 1.0, y) * dx;
    row(top) * (1.0 - dy) + row(top + 1.0) * dy
}

/// By how much a figure is shrunk for a template whose shorter side is so long in it: by one factor for an
/// octave of lengths, so that one copy of the figure serves them all.
fn shrunk(side: f64) -> f64 {
    let octave = (side / COARSE).log2().floor().max(0.0);
    0.5_f64.powf(octave)
}

fn size(picture: &GrayImage) -> (f64, f64) {
    (f64::from(picture.width()), f64::from(picture.height()))
}

/// A picture scaled by these factors, at least a pixel wide and high.
fn resized(picture: &GrayImage, by_x: f64, by_y: f64) -> GrayImage {
    let (width, height) = size(picture);
    let side = |side: f64| (side.round() as u32).max(1);
    of_size(picture, side(width * by_x), side(height * by_y))
}

fn of_size(picture: &GrayImage, width: u32, height: u32) -> GrayImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    resize(picture, width, height, FilterType::Triangle)
}
