//! Brings a place that a small copy showed to a fraction of a pixel: the correlation is climbed, on
//! copies of growing size.

use image::GrayImage;
use image::imageops::crop_imm;

use super::{Place, between_pixels, of_size};

/// Shorter side of the template's copy on which places are told from each other.
const NEAR: f64 = 64.0;

/// Longest side of the template's copy on which the place is measured: more tells no more.
const FULL: f64 = 480.0;

/// Share of its size by which a place may be off, and so may move.
const MARGIN: f64 = 0.12;

/// Most samples of a template that are compared.
const SAMPLES: usize = 10_000;

/// Share of the samples that must lie in the figure.
const INSIDE: f64 = 0.97;

/// A place as copies of moderate size show it.
pub(super) fn nearly(template: &GrayImage, figure: &GrayImage, place: Place) -> Place {
    let side = (place.x1 - place.x0).min(place.y1 - place.y0);
    let view = View::new(template, figure, &place, (NEAR / side).min(1.0));
    view.climb(place, &[2.0, 1.0, 0.5, 0.25], Freedom::Scaled)
}

/// A place as full copies show it, each edge on its own.
pub(super) fn fully(template: &GrayImage, figure: &GrayImage, place: Place) -> Place {
    let side = (place.x1 - place.x0).max(place.y1 - place.y0);
    let scale = place.scale(template.width());
    let view = View::new(template, figure, &place, (FULL / side).min(scale).min(1.0));
    let place = view.climb(place, &[1.0, 0.5, 0.25, 0.125], Freedom::Scaled);
    view.climb(place, &[0.5, 0.25, 0.125, 0.0625], Freedom::Edges)
}

#[derive(Clone, Copy)]
enum Freedom {
    /// Moved, and scaled about its middle.
    Scaled,
    /// Every edge on its own.
    Edges,
}

impl Freedom {
    /// The ways to change a place, by lengths of `step`.
    fn changes(self, place: &Place, step: f64) -> Vec<[f64; 4]> {
        let s = step;
        let mut changes = match self {
            Self::Scaled => {
                let high = s * (place.y1 - place.y0) / (place.x1 - place.x0);
                vec![[s, 0.0, s, 0.0], [0.0, s, 0.0, s], [s, high, -s, -high]]
            }
            Self::Edges => {
                vec![
                    [s, 0.0, 0.0, 0.0],
                    [0.0, s, 0.0, 0.0],
                    [0.0, 0.0, s, 0.0],
                    [0.0, 0.0, 0.0, s],
                    [s, 0.0, s, 0.0],
                    [0.0, s, 0.0, s],
                ]
            }
        };
        let back: Vec<[f64; 4]> = changes.iter().map(|change| change.map(|by| -by)).collect();
        changes.extend(back);
        changes
    }
}

/// Copies, equally scaled, of a template and of the part of a figure around its place.
struct View {
    figure: GrayImage,
    /// Corner of that part in the figure, and pixels of the copy a pixel of the figure.
    corner: (f64, f64),
    shrunk: (f64, f64),
    /// Places of the samples as shares of the template's sides, and their levels.
    samples: Vec<(f64, f64, f64)>,
}

impl View {
    fn new(template: &GrayImage, figure: &GrayImage, place: &Place, shrunk: f64) -> Self {
        let (wide, high) = (place.x1 - place.x0, place.y1 - place.y0);
        let (limit_x, limit_y) = (f64::from(figure.width()), f64::from(figure.height()));
        let left = (place.x0 - MARGIN * wide).floor().clamp(0.0, limit_x - 1.0);
        let top = (place.y0 - MARGIN * high).floor().clamp(0.0, limit_y - 1.0);
        let right = (place.x1 + MARGIN * wide).ceil().clamp(left + 1.0, limit_x);
        let bottom = (place.y1 + MARGIN * high).ceil().clamp(top + 1.0, limit_y);
        let (w, h) = (right - left, bottom - top);
        let part = crop_imm(figure, left as u32, top as u32, w as u32, h as u32).to_image();
        let side = |side: f64| ((side * shrunk).round() as u32).max(1);
        let figure = of_size(&part, side(w), side(h));
        let template = of_size(template, side(wide), side(high));
        let shrunk = (f64::from(figure.width()) / w, f64::from(figure.height()) / h);
        Self { figure, corner: (left, top), shrunk, samples: samples(&template) }
    }

    /// Changes a place for as long as that correlates better, by steps of so many pixels of the copy.
    fn climb(&self, mut place: Place, steps: &[f64], freedom: Freedom) -> Place {
        place.score = self.score(&place);
        for step in steps {
            let step = step / self.shrunk.0;
            // It cannot climb for ever, as every step is higher; this keeps it short.
            for _ in 0..64 {
                let changed = |change: [f64; 4]| {
                    let [x0, y0, x1, y1] = change;
                    let mut place = Place {
                        x0: place.x0 + x0,
                        y0: place.y0 + y0,
                        x1: place.x1 + x1,
                        y1: place.y1 + y1,
                        ..place
                    };
                    place.score = self.score(&place);
                    place
                };
                let best = freedom
                    .changes(&place, step)
                    .into_iter()
                    .map(changed)
                    .max_by(|a, b| a.score.total_cmp(&b.score));
                match best {
                    Some(best) if best.score > place.score => place = best,
                    _ => break,
                }
            }
        }
        place
    }

    /// Correlation of the template's samples with the figure under them; -1 where too few lie in it.
    fn score(&self, place: &Place) -> f64 {
        let (mut n, mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for &(u, v, level) in &self.samples {
            let x = (place.x0 + u * (place.x1 - place.x0) - self.corner.0) * self.shrunk.0 - 0.5;
            let y = (place.y0 + v * (place.y1 - place.y0) - self.corner.1) * self.shrunk.1 - 0.5;
            let Some(under) = level_at(&self.figure, x, y) else { continue };
            n += 1.0;
            a += level;
            b += under;
            aa += level * level;
            bb += under * under;
            ab += level * under;
        }
        if n < INSIDE * self.samples.len() as f64 {
            return -1.0;
        }
        let (of_a, of_b) = (aa - a * a / n, bb - b * b / n);
        if of_a <= 0.0 || of_b <= 0.0 {
            return -1.0;
        }
        (ab - a * b / n) / (of_a * of_b).sqrt()
    }
}

/// Pixels of a template, all or every so manieth, by their middles.
fn samples(template: &GrayImage) -> Vec<(f64, f64, f64)> {
    let (width, height) = template.dimensions();
    let pixels = width as usize * height as usize;
    let stride = ((pixels as f64 / SAMPLES as f64).sqrt().ceil() as usize).max(1);
    let share = |at: u32, side: u32| (f64::from(at) + 0.5) / f64::from(side);
    (0..height)
        .step_by(stride)
        .flat_map(|y| (0..width).step_by(stride).map(move |x| (x, y)))
        .map(|(x, y)| {
            let level = f64::from(template.get_pixel(x, y).0[0]);
            (share(x, width), share(y, height), level)
        })
        .collect()
}

/// The level at a point; at a border, that of the pixel there. `None` more than half a pixel outside.
fn level_at(picture: &GrayImage, x: f64, y: f64) -> Option<f64> {
    let (right, bottom) = (f64::from(picture.width() - 1), f64::from(picture.height() - 1));
    if x < -1.0 || y < -1.0 || x > right + 1.0 || y > bottom + 1.0 {
        return None;
    }
    Some(between_pixels(x.clamp(0.0, right), y.clamp(0.0, bottom), |x, y| {
        f64::from(picture.get_pixel(x.min(right) as u32, y.min(bottom) as u32).0[0])
    }))
}
