//! Pictures in memory: decoded and brought to size once, then handed out in batches that a thread
//! prepares ahead of the network.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageReader};
use rayon::prelude::*;

use super::augment::{self, View};
use super::{BadImage, Example, ModelError, Result};
use crate::store::Label;

/// Batches prepared ahead of the one in use.
const PREFETCH: usize = 2;

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
    /// Random views: the shorter side is brought to 256/224 of the side of the square.
    Augment,
    /// One view: the largest square in the middle, brought to size.
    Centre,
}

impl Picture {
    /// Decodes by content, whatever the name says; the published dataset has JPEGs named `.png`.
    /// Alpha is dropped, not blended, as the reference code does (`convert("RGB")` in Pillow);
    /// 16 bits become 8; colour pictures without colour are kept as grey, in a third of the memory.
    ///
    /// # Errors
    /// Why it is no picture.
    pub fn decode(path: &Path) -> std::result::Result<Self, String> {
        let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
        let decoded = reader.map_err(|e| e.to_string())?.decode().map_err(|e| e.to_string())?;
        Ok(Self::from_image(decoded))
    }

    fn from_image(image: DynamicImage) -> Self {
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
        let (limit, shorter_after) = match preparation {
            Preparation::Centre => (shorter, side),
            Preparation::Augment => (
                shorter.saturating_mul(MAX_ASPECT),
                (f64::from(side) * AUGMENTED_MARGIN).round() as u32,
            ),
        };
        let (width, height) = (self.width.min(limit), self.height.min(limit));
        let scale = f64::from(shorter_after) / f64::from(shorter);
        let scaled = |length: u32| (f64::from(length) * scale).round() as u32;
        self.resized_middle(width, height, scaled(width), scaled(height))
    }

    /// The middle `width` x `height` of the picture as `to_width` x `to_height`, smoothed by the
    /// triangle filter that Pillow calls bilinear.
    fn resized_middle(self, width: u32, height: u32, to_width: u32, to_height: u32) -> Self {
        let kind = if self.channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
        let source = Image::from_vec_u8(self.width, self.height, self.pixels, kind)
            .expect("as many bytes as a decoded picture has");
        let mut target = Image::new(to_width, to_height, kind);
        let (left, top) = ((self.width - width) / 2, (self.height - height) / 2);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
            .crop(left.into(), top.into(), width.into(), height.into());
        Resizer::new()
            .resize(&source, &mut target, &options)
            .expect("both of one pixel type, the crop inside the picture");
        Self {
            width: to_width,
            height: to_height,
            channels: self.channels,
            pixels: target.into_vec(),
        }
    }
}

/// What the network is given at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Normalised values, `[image][row][column][channel]` with 3 channels: the order in memory that
    /// libtorch calls channels-last.
    pub values: Vec<f32>,
    pub labels: Vec<Label>,
    /// Side of the square images, in pixels.
    pub side: u32,
}

/// The images of a part, ready to be viewed.
#[derive(Debug)]
pub struct Pictures {
    examples: Vec<Example>,
    /// One an example.
    prepared: Vec<Picture>,
    side: u32,
}

impl Pictures {
    /// Decodes all examples, for square views of `side` pixels. `advance` is called once an image.
    ///
    /// # Errors
    /// [`ModelError::BadImages`] naming every image that is missing or cannot be read.
    pub fn load(
        examples: Vec<Example>,
        preparation: Preparation,
        side: u32,
        advance: impl Fn() + Sync,
    ) -> Result<Self> {
        let load =
            |example: &Example| {
                let picture = Picture::decode(&example.path);
                advance();
                picture.map(|picture| picture.prepared(preparation, side)).map_err(|reason| {
                    BadImage { path: example.path.clone(), list: example.list.clone(), reason }
                })
            };
        let loaded: Vec<_> = examples.par_iter().map(load).collect();
        let (mut prepared, mut bad) = (Vec::with_capacity(loaded.len()), Vec::new());
        for picture in loaded {
            match picture {
                Ok(picture) => prepared.push(picture),
                Err(image) => bad.push(image),
            }
        }
        if !bad.is_empty() {
            return Err(ModelError::BadImages(bad));
        }
        Ok(Self { examples, prepared, side })
    }

    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    pub fn side(&self) -> u32 {
        self.side
    }

    /// Calls `take` with one batch after another, each image as `view` has it, while a thread
    /// prepares the next ones. Stops early when `take` breaks. Batches are lists of indices into
    /// [`Pictures::examples`].
    pub fn for_each_batch(
        &self,
        batches: &[Vec<usize>],
        view: impl Fn(usize, &Picture) -> View + Sync,
        mut take: impl FnMut(Batch) -> ControlFlow<()>,
    ) {
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(PREFETCH);
            scope.spawn(|| {
                // Owned here, so that the channel closes when the last batch is sent.
                let sender = sender;
                for batch in batches {
                    if sender.send(self.batch(batch, &view)).is_err() {
                        break;
                    }
                }
            });
            for batch in receiver {
                if take(batch).is_break() {
                    break;
                }
            }
        });
    }

    fn batch(&self, indices: &[usize], view: &(impl Fn(usize, &Picture) -> View + Sync)) -> Batch {
        let image = (self.side * self.side * 3) as usize;
        let mut values = vec![0.0; indices.len() * image];
        values.par_chunks_mut(image).zip(indices).for_each(|(values, &index)| {
            let picture = &self.prepared[index];
            augment::sample(picture, &view(index, picture), self.side, values);
        });
        let labels = indices.iter().map(|&index| self.examples[index].label).collect();
        Batch { values, labels, side: self.side }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageFormat, RgbImage, Rgba, RgbaImage};

    fn example(path: &Path) -> Example {
        Example {
            file: "x.png".into(),
            path: path.into(),
            list: "testCT_COVID.txt".into(),
            label: Label::Covid,
        }
    }

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
    fn bad_images_are_all_named_with_their_list() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let text = folder.path().join("text.png");
        std::fs::write(&text, "not a picture").expect("write");
        let missing = folder.path().join("missing.png");
        let examples = vec![example(&text), example(&missing)];
        let error = Pictures::load(examples, Preparation::Centre, 64, || ()).expect_err("refused");
        let error = error.to_string();
        for part in ["2 images", "text.png", "missing.png", "testCT_COVID.txt"] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn sizes_fit_their_purpose() {
        for (width, height) in [(300, 200), (20, 31), (1, 9), (3000, 2)] {
            let picture = Picture::from_image(GrayImage::new(width, height).into());
            let centre = picture.clone().prepared(Preparation::Centre, 64);
            assert_eq!((centre.width, centre.height), (64, 64));
            let margin = picture.prepared(Preparation::Augment, 224);
            assert_eq!(margin.width.min(margin.height), 256);
            assert!(margin.width.max(margin.height) <= 256 * MAX_ASPECT);
        }
    }

    #[test]
    fn the_centre_is_kept() {
        let striped = GrayImage::from_fn(300, 100, |x, _| {
            image::Luma([if (100..200).contains(&x) { 200 } else { 0 }])
        });
        let centre = Picture::from_image(striped.into()).prepared(Preparation::Centre, 50);
        // The outermost columns take in a little of what lies beside them.
        let inner = centre.pixels.chunks(50).flat_map(|row| &row[1..49]);
        assert!(inner.copied().all(|grey| grey == 200));
    }

    #[test]
    fn batches_come_in_order_until_told_to_stop() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let examples = (0..7_u8).map(|n| {
            let path = folder.path().join(format!("{n}.png"));
            GrayImage::from_pixel(64, 64, image::Luma([n * 30])).save(&path).expect("save");
            example(&path)
        });
        let pictures =
            Pictures::load(examples.collect(), Preparation::Centre, 64, || ()).expect("load");
        let batches = [vec![6, 0], vec![1], vec![2, 3], vec![4], vec![5], vec![0], vec![1]];
        let mut seen = Vec::new();
        pictures.for_each_batch(
            &batches,
            |_, _| View::IDENTITY,
            |batch| {
                assert_eq!(batch.values.len(), batch.labels.len() * 64 * 64 * 3);
                seen.push(batch.values[0]);
                if seen.len() == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        let first = |n: u8| augment::normalise(f32::from(n * 30), 0);
        assert_eq!(seen, [first(6), first(1), first(2), first(4)]);
    }
}
