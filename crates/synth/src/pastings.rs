//! Figures pasted together from given scans at scales of their own: what the search for published crops is
//! measured on.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, replace, resize};
use image::{DynamicImage, GrayImage, Luma};

use super::chance::Chance;
use covid_ct_core::PanelBox;

/// A figure and where given scans stand in it.
#[derive(Debug, Clone)]
pub struct Pasting {
    /// As decoded: grey, or RGB that was CMYK.
    pub picture: DynamicImage,
    pub pasted: Vec<Pasted>,
}

/// One scan of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pasted {
    /// Its place in the list of scans.
    pub scan: usize,
    /// In pixels of the figure.
    pub bounds: PanelBox,
    /// Pixels of the scan a pixel of the figure.
    pub scale: f64,
}

/// How far an edge may be off, in pixels of the figure.
pub const WITHIN: f64 = 2.0;

impl Pasted {
    /// Whether these edges, left, top, right, bottom, are those of where this stands.
    pub fn is_at(&self, edges: [f64; 4]) -> bool {
        let PanelBox { x, y, w, h } = self.bounds;
        let mut edges = edges.into_iter().zip([x, y, x + w, y + h]);
        edges.all(|(found, edge)| (found - f64::from(edge)).abs() <= WITHIN)
    }
}

/// Names the stream of chance of these.
const PASTINGS: u64 = 0x63_72_6f_70_73;

/// Figure number `index`: one to three rows of one to three scans, none twice, each at a scale between 0.5
/// and 2, on white or black; stored as JPEG of quality 75 to 95, every other one in CMYK.
///
/// # Panics
/// Where there are fewer than nine scans.
pub fn pasting(scans: &[GrayImage], index: u32) -> Pasting {
    assert!(scans.len() >= 9, "nine scans or more make a figure");
    let mut chance = Chance::new(PASTINGS, u64::from(index));
    let mut order: Vec<usize> = (0..scans.len()).collect();
    chance.shuffle(&mut order);
    let gutter = chance.whole(4, 24);
    let ground = if chance.yes(0.7) { 255 } else { 0 };
    let mut pasted = Vec::new();
    let (mut right, mut y) = (0, gutter);
    for _ in 0..chance.whole(1, 3) {
        let (mut x, mut bottom) = (gutter, y);
        for _ in 0..chance.whole(1, 3) {
            let Some(scan) = order.pop() else { break };
            let scale = f64::from(chance.real(-1.0, 1.0)).exp2();
            let side = |side: u32| ((f64::from(side) / scale).round() as u32).max(1);
            let bounds =
                PanelBox { x, y, w: side(scans[scan].width()), h: side(scans[scan].height()) };
            pasted.push(Pasted { scan, bounds, scale });
            x += bounds.w + gutter;
            bottom = bottom.max(y + bounds.h + gutter);
        }
        right = right.max(x);
        y = bottom;
    }
    let mut picture = GrayImage::from_pixel(right, y, Luma([ground]));
    for Pasted { scan, bounds, .. } in &pasted {
        let copy = resize(&scans[*scan], bounds.w, bounds.h, FilterType::CatmullRom);
        replace(&mut picture, &copy, bounds.x.into(), bounds.y.into());
    }
    let quality = chance.whole(75, 95) as u8;
    let bytes = if index.is_multiple_of(2) {
        let mut bytes = Cursor::new(Vec::new());
        picture
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
            .expect("a picture of this size encodes");
        bytes.into_inner()
    } else {
        cmyk_jpeg(&picture, quality)
    };
    let picture = image::load_from_memory(&bytes).expect("what was just encoded decodes");
    Pasting { picture, pasted }
}

/// A CMYK JPEG, each grey half of black ink and half of the three others.
fn cmyk_jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let ink = |level: u8| {
        let colour = (255 - level) / 2;
        let black = 255 - (u32::from(level) * 255 / u32::from(255 - colour)).min(255) as u8;
        [colour, colour, colour, black]
    };
    let samples: Vec<u8> = picture.as_raw().iter().flat_map(|&level| ink(level)).collect();
    let mut bytes = Vec::new();
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
    // As printers' CMYK is stored: inks of half the resolution would bleed into each other.
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    encoder
        .encode(&samples, width, height, jpeg_encoder::ColorType::Cmyk)
        .expect("memory takes every byte, and the sizes agree");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_give_the_grey_back() {
        let picture = GrayImage::from_fn(256, 64, |x, _| Luma([x as u8]));
        let bytes = cmyk_jpeg(&picture, 95);
        let decoded = image::load_from_memory(&bytes).expect("decoded").into_luma8();
        let tones: Vec<u8> = (0..256).step_by(15).map(|x| decoded.get_pixel(x, 30).0[0]).collect();
        let off = (0..256).map(|x| decoded.get_pixel(x, 30).0[0].abs_diff(x as u8)).max();
        assert!(off <= Some(8), "{tones:?}");
    }
}
