//! Panels of a picture that stands askew: the gutters are looked for at an angle, the picture is turned
//! upright, and what is found there is turned back.

use std::f64::consts::PI;

use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};

use super::pixels::AXES;
use super::pixels::Pixels;
use super::separators::{SHARP, gutters};
use super::{Hints, MIN_SIDE, propose_upright};
use crate::locate::between_pixels;
use covid_ct_core::PanelBox;

/// Greatest angle in degrees that is looked for.
pub(super) const MOST: f64 = 10.0;

/// From one angle to the next, in degrees: over the side of the small copy that is half a pixel and more.
const STEP: f64 = 0.5;

/// Longer side, in pixels, of the copy in which the angle is looked for.
const SMALL: u32 = 240;

/// Share by which an upright scan's box may fall short of the whole: letters and air at its border.
const MOST_OF_IT: f64 = 0.9;

/// The panels between gutters at an angle; `None` where there are none.
pub(super) fn propose(picture: &GrayImage) -> Option<Vec<PanelBox>> {
    let (width, height) = picture.dimensions();
    if width.min(height) < 2 * MIN_SIDE {
        return None;
    }
    let shrunk = (f64::from(SMALL) / f64::from(width.max(height))).min(1.0);
    let side = |side: u32| ((f64::from(side) * shrunk).round() as u32).max(1);
    let small = resize(picture, side(width), side(height), FilterType::Triangle);
    let ground = ground(picture)?;
    let steps = (MOST / STEP).round() as i32;
    let angle = (-steps..=steps)
        .filter(|&step| step != 0)
        .map(|step| f64::from(step) * STEP)
        .map(|angle| (angle, sharpness(&turned(&small, angle, ground))))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .filter(|(_, sharpness)| *sharpness >= SHARP)
        .map(|(angle, _)| angle)?;
    let upright = turned(picture, angle, ground);
    let found = propose_upright(&upright, &Hints::default());
    let boxes: Vec<PanelBox> =
        found.iter().filter_map(|panel| turned_back(*panel, &upright, picture, angle)).collect();
    let apart =
        boxes.iter().enumerate().all(|(i, a)| boxes[..i].iter().all(|b| a.overlap(*b) == 0.0));
    (boxes.len() > 1 && boxes.len() == found.len() && apart).then_some(boxes)
}

/// The grey level of the corners, which is what a picture askew stands on; `None` where they differ.
fn ground(picture: &GrayImage) -> Option<u8> {
    let (right, bottom) = (picture.width() - 1, picture.height() - 1);
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
    let mut levels = corners.map(|(x, y)| picture.get_pixel(x, y).0[0]);
    levels.sort_unstable();
    // Three of four: a letter may stand in one.
    (levels[2] - levels[0] <= 16 || levels[3] - levels[1] <= 16).then_some(levels[1])
}

/// How sharp the sharpest gutters are that run through most of a picture.
fn sharpness(picture: &GrayImage) -> f64 {
    let whole = PanelBox::whole(picture.width(), picture.height());
    let pixels = Pixels::new(picture);
    AXES.into_iter()
        .flat_map(|axis| gutters(&pixels, whole, axis))
        .map(|gutters| gutters.sharpness)
        .fold(0.0, f64::max)
}

/// Where a point lies after a turn by `angle` degrees about the middle, of a picture of one size in a
/// canvas of another.
fn turn((x, y): (f64, f64), angle: f64, from: (u32, u32), to: (u32, u32)) -> (f64, f64) {
    let (sin, cos) = (angle * PI / 180.0).sin_cos();
    let (x, y) = (x - f64::from(from.0) / 2.0, y - f64::from(from.1) / 2.0);
    (x * cos - y * sin + f64::from(to.0) / 2.0, x * sin + y * cos + f64::from(to.1) / 2.0)
}

/// A picture turned by `angle` degrees about its middle, whole, on bare ground.
fn turned(picture: &GrayImage, angle: f64, ground: u8) -> GrayImage {
    let size = picture.dimensions();
    let (sin, cos) = (angle * PI / 180.0).sin_cos();
    let (w, h) = (f64::from(size.0), f64::from(size.1));
    let canvas = (
        (w * cos.abs() + h * sin.abs()).ceil() as u32,
        (w * sin.abs() + h * cos.abs()).ceil() as u32,
    );
    GrayImage::from_fn(canvas.0, canvas.1, |x, y| {
        let middle = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        let (x, y) = turn(middle, -angle, canvas, size);
        Luma([level_at(picture, x - 0.5, y - 0.5, ground)])
    })
}

/// The level at a point, outside the picture being ground.
fn level_at(picture: &GrayImage, x: f64, y: f64, ground: u8) -> u8 {
    let level = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0;
        let pixel = inside.then(|| picture.get_pixel_checked(x as u32, y as u32)).flatten();
        pixel.map_or(f64::from(ground), |pixel| f64::from(pixel.0[0]))
    };
    between_pixels(x, y, level).round() as u8
}

/// The upright box of the same size and middle as a panel of the turned picture; `None` where most of it
/// would lie outside.
fn turned_back(
    panel: PanelBox,
    turned: &GrayImage,
    picture: &GrayImage,
    angle: f64,
) -> Option<PanelBox> {
    let middle = |at: u32, side: u32| f64::from(at) + f64::from(side) / 2.0;
    let (width, height) = picture.dimensions();
    let middle = (middle(panel.x, panel.w), middle(panel.y, panel.h));
    let (x, y) = turn(middle, -angle, turned.dimensions(), (width, height));
    let span = |middle: f64, side: u32, limit: u32| {
        let half = f64::from(side) / 2.0;
        let from = (middle - half).round().clamp(0.0, f64::from(limit));
        let to = (middle + half).round().clamp(0.0, f64::from(limit));
        (from as u32, (to - from) as u32)
    };
    let ((x, w), (y, h)) = (span(x, panel.w, width), span(y, panel.h, height));
    let kept = f64::from(w) * f64::from(h) / (f64::from(panel.w) * f64::from(panel.h));
    (kept >= MOST_OF_IT && w >= MIN_SIDE && h >= MIN_SIDE).then_some(PanelBox { x, y, w, h })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Grid;
    use super::*;

    #[test]
    fn panels_askew_are_found_where_they_stand() {
        let (columns, rows) = (&[190, 190][..], &[150, 150][..]);
        let grid = Grid { columns, rows, gutter: 14, level: 255, noise: 3 };
        let straight = grid.draw(5);
        for angle in [-7.0, -3.0, 2.0, 6.0] {
            let askew = turned(&straight, angle, 255);
            let found = super::super::propose(&askew);
            assert_eq!(found.len(), 4, "{angle}: {found:?}");
            for (panel, found) in grid.boxes().into_iter().zip(&found) {
                let back = turned_back(panel, &straight, &askew, -angle).expect("inside");
                assert!(back.overlap(*found) > 0.85, "{angle}: {found} for {back}");
            }
        }
    }

    #[test]
    fn what_was_turned_comes_back() {
        let picture = GrayImage::new(300, 200);
        let panel = PanelBox { x: 120, y: 60, w: 60, h: 80 };
        let askew = turned(&picture, 5.0, 0);
        let there = turned_back(panel, &picture, &askew, -5.0).expect("inside");
        let back = turned_back(there, &askew, &picture, 5.0).expect("inside");
        assert!(panel.overlap(back) > 0.95, "{back}");
    }
}
