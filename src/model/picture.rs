//! A picture in memory: decoded by content, and brought to the size that views are cut from.

use std::path::Path;

use covid_ct_core::PanelBox;
use image::{DynamicImage, ImageReader};

use super::{BadImage, lungs};
use crate::dataset::export::picture::grey;
use crate::runs::Fit;
use crate::scaling::{self, Filter};

/// Shorter side of a picture kept for augmentation over the side of the square cut from it: 256 to
/// 224, as is usual for `ImageNet` networks and in the COVID-CT authors' code.
const AUGMENTED_MARGIN: f64 = 256.0 / 224.0;

/// A picture is cut to the middle of this many times its shorter side before it is brought to size:
/// no scan is longer, and one stray strip would otherwise fill the memory.
const MAX_ASPECT: u32 = 4;

/// Pixels, rows from the top, 8 bits a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// 1 (grey) or 3 (RGB), interleaved.
    pub channels: u32,
    /// `width * height * channels` values.
    pub pixels: Vec<u8>,
}

/// What a picture is kept for, and so how large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preparation {
    /// Random views: the shorter side is brought to 256/224 of the side of the square; both are where
    /// the picture is squashed.
    Augment(Fit),
    /// One view of the size of the square: the largest square in the middle, or the picture squashed.
    Whole(Fit),
}

impl Picture {
    /// Decodes by content, whatever the name says; the published dataset has JPEGs named `.png`.
    /// Alpha is dropped, not blended, as the reference code does (`convert("RGB")` in Pillow);
    /// 16 bits become 8; colour pictures without colour are kept as grey, in a third of the memory.
    ///
    /// # Errors
    /// Why it is no picture.
    pub fn decode(path: &Path) -> std::result::Result<Self, String> {
        Ok(Self::from_image(decode(path)?))
    }

    /// A part of it, as an export cuts it: grey, with transparency laid on white.
    ///
    /// # Errors
    /// Why it is no picture, or that the box reaches outside it.
    pub fn decode_panel(path: &Path, bounds: PanelBox) -> std::result::Result<Self, String> {
        let panel = grey(&decode(path)?, bounds)?;
        Ok(Self::from_image(panel.into()))
    }

    pub(super) fn from_image(image: DynamicImage) -> Self {
        let (width, height) = (image.width(), image.height());
        let rgb = image.into_rgb8().into_raw();
        let (pixels, _) = rgb.as_chunks::<3>();
        if pixels.iter().all(|[r, g, b]| r == g && g == b) {
            let grey = pixels.iter().map(|&[grey, ..]| grey).collect();
            return Self { width, height, channels: 1, pixels: grey };
        }
        Self { width, height, channels: 3, pixels: rgb }
    }

    /// Brought to size for `side` x `side` views.
    #[must_use]
    pub fn prepared(self, preparation: Preparation, side: u32) -> Self {
        let shorter = self.width.min(self.height);
        let with_margin = (f64::from(side) * AUGMENTED_MARGIN).round() as u32;
        let (limit, shorter_after) = match preparation {
            Preparation::Whole(Fit::Crop) => (shorter, side),
            Preparation::Augment(Fit::Crop) => (shorter.saturating_mul(MAX_ASPECT), with_margin),
            Preparation::Whole(Fit::Squash) => return self.squashed(side),
            Preparation::Augment(Fit::Squash) => return self.squashed(with_margin),
            Preparation::Whole(Fit::Lungs) => return self.lungs(side),
            Preparation::Augment(Fit::Lungs) => return self.lungs(with_margin),
        };
        let (width, height) = (self.width.min(limit), self.height.min(limit));
        let scale = f64::from(shorter_after) / f64::from(shorter);
        let scaled = |length: u32| (f64::from(length) * scale).round() as u32;
        self.resized_middle(width, height, scaled(width), scaled(height))
    }

    fn squashed(self, side: u32) -> Self {
        let (width, height) = (self.width, self.height);
        self.resized_middle(width, height, side, side)
    }

    fn lungs(self, side: u32) -> Self {
        let size = (self.width, self.height);
        let pixels = if self.channels == 1 { self.pixels } else { grey_of(&self.pixels) };
        Self { width: side, height: side, channels: 1, pixels: lungs::shown(&pixels, size, side) }
    }

    /// The middle `width` x `height` of the picture as `to_width` x `to_height`, smoothed by the
    /// triangle filter that Pillow calls bilinear.
    fn resized_middle(self, width: u32, height: u32, to_width: u32, to_height: u32) -> Self {
        let (left, top) = ((self.width - width) / 2, (self.height - height) / 2);
        let middle = [left, top, width, height].map(f64::from);
        let scale = if self.channels == 1 { scaling::grey } else { scaling::rgb };
        let size = (self.width, self.height);
        let pixels = scale(&self.pixels, size, middle, (to_width, to_height), Filter::Bilinear);
        Self { width: to_width, height: to_height, channels: self.channels, pixels }
    }
}

/// Luma of red, green and blue (ITU-R BT.601), in whole numbers.
fn grey_of(rgb: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgb.as_chunks::<3>();
    let luma = |&[red, green, blue]: &[u8; 3]| {
        let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
        ((sum + 500) / 1000) as u8
    };
    pixels.iter().map(luma).collect()
}

/// Decodes by content, whatever the name says.
pub(super) fn decode(path: &Path) -> std::result::Result<DynamicImage, String> {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    reader.map_err(|e| e.to_string())?.decode().map_err(|e| e.to_string())
}

/// Width and height by what the file holds, whatever the name says: its header is read alone.
pub(super) fn dimensions(path: &Path) -> image::ImageResult<(u32, u32)> {
    ImageReader::open(path)?.with_guessed_format()?.into_dimensions()
}

/// A picture to learn from, whatever else is known of it.
pub trait Shown: Sync {
    /// Decodes or draws it, the same each time.
    ///
    /// # Errors
    /// Which picture cannot be read, and why.
    fn read(&self) -> std::result::Result<Picture, BadImage>;
}

/// What is in a file.
pub trait Filed: Sync {
    fn path(&self) -> &Path;

    /// What names it, for errors.
    fn list(&self) -> &Path;

    /// The part of the picture that is meant, in its pixels; all of it without.
    fn bounds(&self) -> Option<PanelBox> {
        None
    }
}

impl<F: Filed> Shown for F {
    fn read(&self) -> std::result::Result<Picture, BadImage> {
        let decoded = match self.bounds() {
            None => Picture::decode(self.path()),
            Some(bounds) => Picture::decode_panel(self.path(), bounds),
        };
        decoded.map_err(|reason| bad_image(self, reason))
    }
}

pub(super) fn bad_image(example: &impl Filed, reason: String) -> BadImage {
    BadImage { path: example.path().into(), list: example.list().into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageFormat, RgbImage, Rgba, RgbaImage};

    #[test]
    fn a_jpeg_named_png_is_read() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.png");
        let image = RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * 6) as u8, 0, (y * 8) as u8]));
        image.save_with_format(&path, ImageFormat::Jpeg).expect("save");
        let picture = Picture::decode(&path).expect("decode");
        assert_eq!((picture.width, picture.height, picture.channels), (40, 30, 3));
    }

    #[test]
    fn alpha_is_dropped_and_grey_is_found() {
        let transparent = RgbaImage::from_pixel(5, 4, Rgba([90, 90, 90, 0]));
        let picture = Picture::from_image(transparent.into());
        assert_eq!(picture, Picture { width: 5, height: 4, channels: 1, pixels: vec![90; 20] });
    }

    #[test]
    fn sizes_fit_their_purpose() {
        for (width, height) in [(300, 200), (20, 31), (1, 9), (3000, 2)] {
            let picture = Picture::from_image(GrayImage::new(width, height).into());
            for fit in [Fit::Crop, Fit::Squash, Fit::Lungs] {
                let whole = picture.clone().prepared(Preparation::Whole(fit), 64);
                assert_eq!((whole.width, whole.height), (64, 64));
            }
            let squashed = picture.clone().prepared(Preparation::Augment(Fit::Squash), 224);
            assert_eq!((squashed.width, squashed.height), (256, 256));
            let margin = picture.prepared(Preparation::Augment(Fit::Crop), 224);
            assert_eq!(margin.width.min(margin.height), 256);
            assert!(margin.width.max(margin.height) <= 256 * MAX_ASPECT);
        }
    }

    #[test]
    fn the_centre_is_kept() {
        let striped = GrayImage::from_fn(300, 100, |x, _| {
            image::Luma([if (100..200).contains(&x) { 200 } else { 0 }])
        });
        let centre =
            Picture::from_image(striped.into()).prepared(Preparation::Whole(Fit::Crop), 50);
        // The outermost columns take in a little of what lies beside them.
        let inner = centre.pixels.chunks(50).flat_map(|row| &row[1..49]);
        assert!(inner.copied().all(|grey| grey == 200));
    }
}
