//! Pictures in memory: decoded and brought to size once, then handed out in batches that a thread
//! prepares ahead of the network.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};

use image::{DynamicImage, ImageReader};
use rayon::prelude::*;

use super::augment::{self, View};
use super::lungs;
use super::{BadImage, Example, ModelError, Result};
use crate::dataset::export::picture::grey;
use crate::metrics::Fit;
use crate::scaling::{self, Filter};
use crate::store::PanelBox;

/// Bytes of decoded pictures that are kept in memory: some 30,000 grey pictures for views of 224.
const ROOM: u64 = 2 << 30;

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

/// What the network is given at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Normalised values, `[image][row][column][channel]` with 3 channels: the order in memory that
    /// libtorch calls channels-last.
    pub values: Vec<f32>,
    /// Of the examples shown, image by image.
    pub indices: Vec<usize>,
    /// Side of the square images, in pixels.
    pub side: u32,
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

/// Pictures, ready to be viewed.
#[derive(Debug)]
pub struct Pictures<E = Example> {
    examples: Vec<E>,
    preparation: Preparation,
    side: u32,
    /// One an example: kept once decoded, while there is room.
    kept: Vec<OnceLock<Arc<Picture>>>,
    /// Bytes of pictures that may still be kept.
    room: AtomicU64,
}

impl<E: Shown> Pictures<E> {
    /// For square views of `side` pixels. A picture is decoded when it is first seen, and again each
    /// time once `room` bytes of them are kept.
    pub fn new(examples: Vec<E>, preparation: Preparation, side: u32, room: u64) -> Self {
        let kept = examples.iter().map(|_| OnceLock::new()).collect();
        Self { examples, preparation, side, kept, room: AtomicU64::new(room) }
    }

    /// Decodes all examples now, so that a bad one is found before hours of training. `advance` is
    /// called once an image.
    ///
    /// # Errors
    /// [`ModelError::BadImages`] naming every image that is missing or cannot be read.
    pub fn load(
        examples: Vec<E>,
        preparation: Preparation,
        side: u32,
        advance: impl Fn() + Sync,
    ) -> Result<Self> {
        let (pictures, bad) = Self::load_readable(examples, preparation, side, advance);
        if bad.is_empty() { Ok(pictures) } else { Err(ModelError::BadImages(bad)) }
    }

    /// Like [`Pictures::load`], but leaves out what cannot be read and tells it.
    pub fn load_readable(
        examples: Vec<E>,
        preparation: Preparation,
        side: u32,
        advance: impl Fn() + Sync,
    ) -> (Self, Vec<BadImage>) {
        let mut pictures = Self::new(examples, preparation, side, ROOM);
        let read: Vec<Option<BadImage>> = (0..pictures.examples.len())
            .into_par_iter()
            .map(|index| {
                let bad = pictures.picture(index).err();
                advance();
                bad
            })
            .collect();
        let mut readable = read.iter().map(Option::is_none);
        pictures.examples.retain(|_| readable.next().unwrap_or(false));
        let mut readable = read.iter().map(Option::is_none);
        pictures.kept.retain(|_| readable.next().unwrap_or(false));
        (pictures, read.into_iter().flatten().collect())
    }

    pub fn examples(&self) -> &[E] {
        &self.examples
    }

    pub fn side(&self) -> u32 {
        self.side
    }

    fn picture(&self, index: usize) -> std::result::Result<Arc<Picture>, BadImage> {
        if let Some(picture) = self.kept[index].get() {
            return Ok(Arc::clone(picture));
        }
        let read = self.examples[index].read()?;
        let picture = Arc::new(read.prepared(self.preparation, self.side));
        let size = picture.pixels.len() as u64;
        let fits = self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(size)).is_ok();
        if fits {
            // Two threads may have decoded it at once: the first one's is kept.
            return Ok(Arc::clone(self.kept[index].get_or_init(|| picture)));
        }
        Ok(picture)
    }

    /// Calls `take` with one batch after another, each image as `view` has it, while a thread
    /// prepares the next ones. Ends early when `take` breaks or fails. Batches are lists of indices into
    /// [`Pictures::examples`]; `view` is told the batch, the place in it and the picture there.
    ///
    /// # Errors
    /// [`ModelError::BadImages`] where a picture was not decoded before and cannot be; those of `take`.
    pub fn for_each_batch<B, F: From<ModelError>>(
        &self,
        batches: &[Vec<usize>],
        view: impl Fn(&[usize], usize, &Picture) -> View + Sync,
        mut take: impl FnMut(Batch) -> std::result::Result<ControlFlow<B>, F>,
    ) -> std::result::Result<ControlFlow<B>, F> {
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(PREFETCH);
            scope.spawn(|| {
                // Owned here, so that the channel closes when the last batch is sent.
                let sender = sender;
                for batch in batches {
                    let batch = self.batch(batch, &view);
                    if sender.send(batch).is_err() {
                        break;
                    }
                }
            });
            for batch in receiver {
                if let ended @ ControlFlow::Break(_) = take(batch?)? {
                    return Ok(ended);
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Like [`Pictures::for_each_batch`] with every picture in order, so many at once, as it was
    /// prepared: they must be [`Preparation::Whole`].
    ///
    /// # Errors
    /// As there.
    pub fn for_each_whole<B, F: From<ModelError>>(
        &self,
        at_once: usize,
        take: impl FnMut(Batch) -> std::result::Result<ControlFlow<B>, F>,
    ) -> std::result::Result<ControlFlow<B>, F> {
        let in_order: Vec<usize> = (0..self.examples.len()).collect();
        let batches: Vec<Vec<usize>> = in_order.chunks(at_once).map(<[usize]>::to_vec).collect();
        self.for_each_batch(&batches, |_, _, _| View::IDENTITY, take)
    }

    fn batch(
        &self,
        indices: &[usize],
        view: &(impl Fn(&[usize], usize, &Picture) -> View + Sync),
    ) -> Result<Batch> {
        let image = (self.side * self.side * 3) as usize;
        let mut values = vec![0.0; indices.len() * image];
        let bad: Vec<BadImage> = values
            .par_chunks_mut(image)
            .zip(indices)
            .enumerate()
            .filter_map(|(place, (values, &index))| match self.picture(index) {
                Ok(picture) => {
                    let view = view(indices, place, &picture);
                    augment::sample(&picture, &view, self.side, values);
                    None
                }
                Err(bad) => Some(bad),
            })
            .collect();
        if !bad.is_empty() {
            return Err(ModelError::BadImages(bad));
        }
        Ok(Batch { values, indices: indices.to_vec(), side: self.side })
    }
}

impl<E: Filed> Pictures<E> {
    /// Those whose files do not begin as a picture does. One that breaks off later shows when it is decoded.
    pub fn without_header(&self, advance: impl Fn() + Sync) -> Vec<BadImage> {
        let bad = |example: &E| {
            let header = dimensions(example.path());
            advance();
            Some(bad_image(example, header.err()?.to_string()))
        };
        self.examples.par_iter().filter_map(bad).collect()
    }
}

fn bad_image(example: &impl Filed, reason: String) -> BadImage {
    BadImage { path: example.path().into(), list: example.list().into(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Label;
    use image::{GrayImage, ImageFormat, RgbImage, Rgba, RgbaImage};

    fn example(path: &Path) -> Example {
        Example {
            file: "x.png".into(),
            path: path.into(),
            list: "testCT_COVID.txt".into(),
            label: Label::COVID,
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
        let error = Pictures::load(examples, Preparation::Whole(Fit::Crop), 64, || ())
            .expect_err("refused");
        let error = error.to_string();
        for part in ["2 images", "text.png", "missing.png", "testCT_COVID.txt"] {
            assert!(error.contains(part), "{part} in {error}");
        }
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

    #[test]
    fn what_does_not_fit_in_memory_is_decoded_again() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let examples: Vec<Example> = (0..4_u8)
            .map(|n| {
                let path = folder.path().join(format!("{n}.png"));
                GrayImage::from_pixel(64, 64, image::Luma([n])).save(&path).expect("save");
                example(&path)
            })
            .collect();
        let room = 2 * 64 * 64 + 100;
        let pictures = Pictures::new(examples, Preparation::Whole(Fit::Crop), 64, room);
        let first_pixels = || {
            let mut seen = Vec::new();
            let look = |batch: Batch| {
                seen.extend(batch.values.chunks(64 * 64 * 3).map(|image| image[0]));
                Ok::<_, ModelError>(ControlFlow::<()>::Continue(()))
            };
            pictures.for_each_whole(2, look).map(|_| seen)
        };
        let seen = first_pixels().expect("read");
        assert_eq!(seen, [0, 1, 2, 3].map(|n| augment::normalise(n as f32, 0)));
        assert_eq!(pictures.kept.iter().filter(|kept| kept.get().is_some()).count(), 2);
        assert_eq!(first_pixels().expect("read"), seen);
        for n in 0..4 {
            std::fs::remove_file(folder.path().join(format!("{n}.png"))).expect("remove");
        }
        let error = first_pixels().expect_err("two are gone").to_string();
        assert!(error.contains("2.png") || error.contains("3.png"), "{error}");
    }

    #[test]
    fn batches_come_in_order_until_told_to_stop() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let examples = (0..7_u8).map(|n| {
            let path = folder.path().join(format!("{n}.png"));
            GrayImage::from_pixel(64, 64, image::Luma([n * 30])).save(&path).expect("save");
            example(&path)
        });
        let pictures = Pictures::load(examples.collect(), Preparation::Whole(Fit::Crop), 64, || ())
            .expect("load");
        let batches = [vec![6, 0], vec![1], vec![2, 3], vec![4], vec![5], vec![0], vec![1]];
        let mut seen = Vec::new();
        let batched: Result<_> = pictures.for_each_batch(
            &batches,
            |_, _, _| View::IDENTITY,
            |batch| {
                assert_eq!(batch.values.len(), batch.indices.len() * 64 * 64 * 3);
                seen.push(batch.values[0]);
                Ok(if seen.len() == 4 {
                    ControlFlow::Break("four")
                } else {
                    ControlFlow::Continue(())
                })
            },
        );
        assert_eq!(batched.expect("decoded before"), ControlFlow::Break("four"));
        let first = |n: u8| augment::normalise(f32::from(n * 30), 0);
        assert_eq!(seen, [first(6), first(1), first(2), first(4)]);
    }
}
