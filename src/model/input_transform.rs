//! Pictures shown to a network in other ways than it was trained with: mirrored too, or with a part
//! blanked. Both are done to batches, so any [`Scorer`] can be wrapped.

use super::{Batch, Odds, Result, Scorer};

/// Part of each side that the blanked rectangle in the middle takes: about what the lungs fill of an axial
/// chest CT that was cut to the body.
pub const CENTRE: f64 = 0.7;

/// Channels of a pixel.
const CHANNELS: usize = 3;

/// What is blanked: every pixel there gets the mean of the whole picture, channel by channel, so that
/// neither brightness nor contrast of the rest changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Blank {
    #[default]
    Nothing,
    /// The middle [`CENTRE`] of each side: what is left are the borders.
    Centre,
    /// All but that.
    Surroundings,
}

/// How pictures are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InputTransform {
    /// Log-odds are the mean of those of the picture and of its mirror image, left and right exchanged.
    pub flip: bool,
    pub blank: Blank,
}

/// A scorer that sees pictures so.
pub struct Transformed<'a, S: Scorer + ?Sized> {
    pub scorer: &'a mut S,
    pub transform: InputTransform,
}

impl<S: Scorer + ?Sized> std::fmt::Debug for Transformed<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transformed").field("transform", &self.transform).finish_non_exhaustive()
    }
}

impl<S: Scorer + ?Sized> Scorer for Transformed<'_, S> {
    fn odds(&mut self, batch: &Batch) -> Result<Vec<Odds>> {
        if self.transform == InputTransform::default() {
            return self.scorer.odds(batch);
        }
        let mut shown = batch.clone();
        blank(&mut shown, self.transform.blank);
        let plain = self.scorer.odds(&shown)?;
        if !self.transform.flip {
            return Ok(plain);
        }
        mirror(&mut shown);
        let mirrored = self.scorer.odds(&shown)?;
        Ok(plain.iter().zip(&mirrored).map(|(one, other)| one.midpoint(other)).collect())
    }
}

/// Exchanges left and right of every image.
fn mirror(batch: &mut Batch) {
    let row = batch.side as usize * CHANNELS;
    for row in batch.values.chunks_exact_mut(row) {
        let (pixels, _) = row.as_chunks_mut::<CHANNELS>();
        pixels.reverse();
    }
}

fn blank(batch: &mut Batch, blank: Blank) {
    if blank == Blank::Nothing {
        return;
    }
    let side = batch.side as usize;
    let margin = ((1.0 - CENTRE) / 2.0 * side as f64).round() as usize;
    let middle = margin..side - margin;
    for image in batch.values.chunks_exact_mut(side * side * CHANNELS) {
        let (pixels, _) = image.as_chunks_mut::<CHANNELS>();
        // Normalising is linear, so the mean of normalised values is the normalised mean.
        let mean: [f32; CHANNELS] = std::array::from_fn(|channel| {
            let sum: f64 = pixels.iter().map(|pixel| f64::from(pixel[channel])).sum();
            (sum / pixels.len() as f64) as f32
        });
        for (index, pixel) in pixels.iter_mut().enumerate() {
            let centre = middle.contains(&(index % side)) && middle.contains(&(index / side));
            if centre == (blank == Blank::Centre) {
                *pixel = mean;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Log-odds are the first channel's mean over the left half.
    struct LeftHalf;

    impl Scorer for LeftHalf {
        fn odds(&mut self, batch: &Batch) -> Result<Vec<Odds>> {
            let side = batch.side as usize;
            let of_image = |image: &[f32]| {
                let left = image.chunks(3).enumerate().filter(|(i, _)| i % side < side / 2);
                let sum: f64 = left.map(|(_, pixel)| f64::from(pixel[0])).sum();
                Odds::from(sum / (side * side / 2) as f64)
            };
            Ok(batch.values.chunks(side * side * 3).map(of_image).collect())
        }
    }

    /// One image of 20 x 20, its first channel from `value(column, row)`.
    fn batch(value: impl Fn(usize, usize) -> f32) -> Batch {
        let values = (0..400).flat_map(|i| [value(i % 20, i / 20), 0.0, 1.0]).collect();
        Batch { values, indices: vec![0], side: 20 }
    }

    fn seen(transform: InputTransform, batch: &Batch) -> f64 {
        Transformed { scorer: &mut LeftHalf, transform }.odds(batch).expect("scored")[0].log_odds()
    }

    #[test]
    fn the_mirror_image_counts_as_much() {
        let bright_left = batch(|column, _| if column < 10 { 2.0 } else { 0.0 });
        assert_eq!(seen(InputTransform::default(), &bright_left), 2.0);
        assert_eq!(
            seen(InputTransform { flip: true, ..InputTransform::default() }, &bright_left),
            1.0
        );
        let mut mirrored = bright_left.clone();
        mirror(&mut mirrored);
        assert_eq!(mirrored, batch(|column, _| if column < 10 { 0.0 } else { 2.0 }));
    }

    #[test]
    fn what_is_blanked_has_the_mean_and_the_rest_stays() {
        let picture = batch(|column, row| (column * 20 + row) as f32);
        let mean = 199.5;
        let shown = |what| {
            let mut shown = picture.clone();
            blank(&mut shown, what);
            let at = |column: usize, row: usize| shown.values[(row * 20 + column) * 3];
            [at(0, 0), at(2, 10), at(3, 3), at(10, 10), at(16, 16), at(17, 16)]
        };
        assert_eq!(shown(Blank::Nothing), [0.0, 50.0, 63.0, 210.0, 336.0, 356.0]);
        assert_eq!(shown(Blank::Centre), [0.0, 50.0, mean, mean, mean, 356.0]);
        assert_eq!(shown(Blank::Surroundings), [mean, mean, 63.0, 210.0, 336.0, mean]);
    }
}
