//! Marks drawn over the picture of a page, with a legend below it.

use std::io::Cursor;

use image::{DynamicImage, GenericImage as _, ImageFormat, Rgb, RgbImage};

use super::plan::{Kind, PageMarks};
use crate::pdf::{Ink, Lettering, Mark, PdfError, draw_marks};

/// Height of the legend's letters, and the room around its entries, in points.
const SIZE: f32 = 7.5;
const GAP: f32 = 5.0;

/// The page's picture `png` with its marks and a legend, as PNG.
///
/// # Errors
/// When the picture cannot be read, or MuPDF cannot draw for lack of memory.
pub fn draw(png: &[u8], page: &PageMarks) -> Result<Vec<u8>, PdfError> {
    let number = page.page.number;
    let problem =
        |error: image::ImageError| PdfError::NotDrawn { page: number, problem: error.to_string() };
    let picture = image::load_from_memory(png).map_err(problem)?.into_rgb8();
    let lettering = Lettering::new()?;
    let scale = picture.width() as f32 / page.page.width;
    let (legend, height) = legend(page, &lettering);
    let below = (height * scale).ceil() as u32;
    let mut sheet =
        RgbImage::from_pixel(picture.width(), picture.height() + below, Rgb([0xf2, 0xf3, 0xf5]));
    sheet.copy_from(&picture, 0, 0).map_err(problem)?;
    let marks = page.marks.iter().map(|marked| (marked.kind.ink(), &marked.mark));
    let entries = legend.iter().map(|(ink, mark)| (*ink, mark));
    let sheet = DynamicImage::from(sheet);
    let drawn = draw_marks(&sheet, number, scale, marks.chain(entries), &lettering)?;
    let mut bytes = Cursor::new(Vec::new());
    drawn.write_to(&mut bytes, ImageFormat::Png).map_err(problem)?;
    Ok(bytes.into_inner())
}

/// The legend's entries below the page, and how high it is in points.
fn legend(page: &PageMarks, lettering: &Lettering) -> (Vec<(Ink, Mark)>, f32) {
    let (left, right) = (GAP * 2.0, page.page.width - GAP);
    let (mut x, mut y) = (left, page.page.height + GAP);
    let row = lettering.label_box((0.0, 0.0), "", SIZE).height() + GAP;
    let mut entries = Vec::new();
    for kind in page.kinds() {
        let width = lettering.label_box((0.0, 0.0), kind.words(), SIZE).width();
        if x + width > right && x > left {
            (x, y) = (left, y + row);
        }
        entries.push((Kind::ink(kind), label((x, y), kind.words())));
        x += width + GAP;
    }
    (entries, y + row - page.page.height)
}

fn label(at: (f32, f32), text: &str) -> Mark {
    Mark::Label { at, text: text.to_owned(), size: SIZE }
}
