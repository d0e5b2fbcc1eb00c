//! A picture of a picture with its panels drawn over it, boxes and numbers, for a curator to look
//! at beside the prompt.

use std::io::Write as _;
use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::atomic;
use covid_ct_core::PanelBox;

const INK: Rgb<u8> = Rgb([255, 40, 40]);
const PAPER: Rgb<u8> = Rgb([255, 255, 0]);

/// The digits 0 to 9, five rows of three pixels each, the leftmost pixel the highest bit.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// `picture` with `panels` and their numbers.
pub fn draw(picture: &DynamicImage, panels: &[(u32, PanelBox)]) -> RgbImage {
    let mut canvas = picture.to_rgb8();
    let thickness = (canvas.width().max(canvas.height()) / 500).max(1);
    for (number, panel) in panels {
        frame(&mut canvas, panel, thickness);
        label(&mut canvas, panel, *number, 2 * thickness);
    }
    canvas
}

fn frame(canvas: &mut RgbImage, panel: &PanelBox, thickness: u32) {
    let PanelBox { x, y, w, h } = *panel;
    let t = thickness.min(w).min(h);
    fill(canvas, x, y, w, t, INK);
    fill(canvas, x, y + h - t, w, t, INK);
    fill(canvas, x, y, t, h, INK);
    fill(canvas, x + w - t, y, t, h, INK);
}

/// The number in the box's top left corner, each digit pixel `scale` pixels wide.
pub(super) fn label(canvas: &mut RgbImage, panel: &PanelBox, number: u32, scale: u32) {
    let digits: Vec<usize> =
        number.to_string().bytes().map(|digit| usize::from(digit - b'0')).collect();
    fill(canvas, panel.x, panel.y, (digits.len() as u32 * 4 + 1) * scale, 7 * scale, PAPER);
    for (place, digit) in (0..).zip(digits) {
        for (row, bits) in (0..).zip(DIGITS[digit]) {
            for column in (0..3).filter(|column| bits & (0b100 >> column) != 0) {
                let x = panel.x + (1 + place * 4 + column) * scale;
                fill(canvas, x, panel.y + (1 + row) * scale, scale, scale, INK);
            }
        }
    }
}

/// Fills a rectangle, as much of it as lies on the canvas.
pub(super) fn fill(canvas: &mut RgbImage, x: u32, y: u32, w: u32, h: u32, colour: Rgb<u8>) {
    for y in y..(y.saturating_add(h)).min(canvas.height()) {
        for x in x..(x.saturating_add(w)).min(canvas.width()) {
            canvas.put_pixel(x, y, colour);
        }
    }
}

/// Writes the preview as PNG; a viewer that has the file open sees the old one or the new, whole.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(
    picture: &DynamicImage,
    panels: &[(u32, PanelBox)],
    path: &Path,
) -> std::io::Result<()> {
    let mut file = atomic::beside(path)?;
    let mut png = std::io::Cursor::new(Vec::new());
    draw(picture, panels).write_to(&mut png, ImageFormat::Png).map_err(std::io::Error::other)?;
    file.write_all(png.get_ref())?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_and_numbers_stay_on_the_canvas() {
        let picture = DynamicImage::new_luma8(30, 20);
        let panels: Vec<(u32, PanelBox)> =
            (0..12).map(|i| (i + 1, PanelBox { x: i * 2, y: 5, w: 8, h: 15 })).collect();
        let drawn = draw(&picture, &panels);
        assert_eq!(drawn.dimensions(), (30, 20));
        assert_eq!(*drawn.get_pixel(2, 4), Rgb([0, 0, 0]), "nothing outside the boxes");
        assert!(drawn.pixels().any(|pixel| *pixel == PAPER));
    }
}
