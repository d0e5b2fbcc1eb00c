//! Seeded chance: one independent stream of numbers a paper, so that paper k is the same whatever
//! else is made.

use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A source of seeded choices.
#[derive(Debug, Clone)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// Stream number `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// True with probability `p`.
    pub fn yes(&mut self, p: f64) -> bool {
        self.0.random_bool(p)
    }

    /// Uniform in `low..high`.
    pub fn real(&mut self, low: f32, high: f32) -> f32 {
        self.0.random_range(low..high)
    }

    /// Uniform in `low..=high`.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high)
    }

    /// Standard normal, roughly and fast, for the noise of a million pixels: four uniforms.
    pub fn coarse_normal(&mut self) -> f32 {
        let bytes = self.0.random::<u32>().to_le_bytes();
        let sum: f32 = bytes.iter().map(|&b| f32::from(b)).sum();
        // The sum of four uniform bytes has mean 510 and variance 4 * (256^2 - 1) / 12.
        (sum - 510.0) / 147.8
    }

    /// One of `items`, which must not be empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        items.choose(&mut self.0).expect("something to pick from")
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |stream| Chance::new(7, stream).whole(0, u32::MAX - 1);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_normal_is_centred_with_unit_spread() {
        let mut chance = Chance::new(1, 0);
        let draws: Vec<f32> = (0..4000).map(|_| chance.coarse_normal()).collect();
        let mean = draws.iter().sum::<f32>() / 4000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 4000.0;
        assert!(mean.abs() < 0.06 && (variance - 1.0).abs() < 0.1, "{mean} {variance}");
    }
}
