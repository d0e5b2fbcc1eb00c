//! Draws what was found in a document over its pages: the tool to debug extraction with.
//!
//! `found` gathers it from the store, `plan` says which marks go where, `page` lays them out as one
//! HTML file and `png` draws them as pictures; `index` leads to all documents. The pages themselves are rendered by a worker; this
//! module sees their pictures only.

mod found;
mod index;
mod page;
mod plan;
mod png;
mod svg;

pub use found::Found;
pub use index::{Entry, index};
pub use plan::{Kind, PageMarks, plan};
pub use png::draw;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Dots per inch of the pages in HTML: text can be read at the width of a window.
pub const HTML_DPI: f32 = 120.0;
/// Of the pages in HTML on which nothing was found.
pub const SMALL_DPI: f32 = 40.0;
/// Of PNG pages.
pub const PNG_DPI: f32 = 150.0;

/// Quality of pages with colours as JPEG: text stays clean.
const JPEG_QUALITY: u8 = 82;

/// The picture of one page: PNG.
#[derive(Debug, Clone)]
pub struct PagePicture {
    /// From 1.
    pub page: u32,
    /// `Err` says why there is none.
    pub png: Result<Vec<u8>, String>,
}

/// The HTML page. `pictures` holds the pages to show, in order.
///
/// # Errors
/// When MuPDF has no font for the labels.
pub fn html(
    found: &Found,
    marks: &[PageMarks],
    pictures: &[PagePicture],
) -> Result<String, crate::pdf::PdfError> {
    let lettering = crate::pdf::Lettering::new()?;
    Ok(page::render(found, marks, pictures, &lettering).into_string())
}

/// A picture as a `data:` address: the PNG it is, or a JPEG where that is smaller.
fn data_address(png: &[u8]) -> String {
    let mut jpeg = Vec::new();
    let encoded = image::load_from_memory(png).and_then(|picture| {
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        picture.write_with_encoder(encoder)
    });
    let (kind, bytes) = match encoded {
        Ok(()) if jpeg.len() < png.len() => ("jpeg", jpeg.as_slice()),
        _ => ("png", png),
    };
    format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
}
