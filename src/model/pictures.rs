//! The pictures of a dataset in memory: each decoded and brought to size once, then handed out in batches that a thread
//! prepares ahead of the network.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::augment::{self, View};
use super::picture::{Filed, Picture, Preparation, Shown, bad_image, dimensions};
use super::{BadImage, Example, ModelError, Result};

/// Bytes of decoded pictures that are kept in memory: some 30,000 grey pictures for views of 224.
const ROOM: u64 = 2 << 30;

/// Batches prepared ahead of the one in use.
const PREFETCH: usize = 2;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::Fit;
    use covid_ct_core::Label;
    use image::GrayImage;
    use std::path::Path;

    fn example(path: &Path) -> Example {
        Example {
            file: "x.png".into(),
            path: path.into(),
            list: "testCT_COVID.txt".into(),
            label: Label::COVID,
        }
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
