//! What a source leaves on a picture whatever it shows: grey levels, sharpness, noise, JPEG, letters. Drawn anew in
//! training, so that a network cannot tell sources by them.

use image::codecs::jpeg::JpegEncoder;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Grey levels that gamma leaves as they are: those of air and of soft tissue where greys go by tissue.
const AIR: f32 = super::lungs::AIR;
const TISSUE: f32 = super::lungs::TISSUE;

/// Drawn for one view. What is not applied has the value that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traces {
    /// Of the grey levels between air and tissue.
    gamma: f32,
    /// Of the window, about air: `v' = gain (v - air) + air + offset`, no brighter than `ceiling`.
    gain: f32,
    offset: f32,
    ceiling: f32,
    /// Side of the picture that it was enlarged from, as a part of its own.
    shrunk: f32,
    /// Standard deviation of the blur, in pixels.
    blur: f32,
    /// Standard deviation of the noise, in grey levels, and what it is drawn from.
    noise: f32,
    seed: u64,
    /// Of a JPEG.
    quality: Option<u8>,
    /// Left, top, width and height as parts of the side, and the grey level, of something pasted over it.
    patch: Option<([f32; 4], f32)>,
}

impl Traces {
    /// Draws them; each is left with the probability that it has in `strength` 1, times `strength`.
    pub fn random(strength: f32, random: &mut impl Rng) -> Self {
        // All are drawn, whether they are applied or not: the strength does not change what else is drawn.
        let mut applied = |share: f32| random.random_range(0.0..1.0_f32) < share * strength;
        let [gamma, window, ceiling] = [applied(0.5), applied(1.0), applied(0.5)];
        let [shrunk, blur, noise] = [applied(0.4), applied(0.4), applied(0.5)];
        let [jpeg, patch] = [applied(0.4), applied(0.25)];
        let mut real = |low: f32, high: f32| random.random_range(low..high);
        let drawn = Self {
            gamma: real(-0.4, 0.4).exp(),
            gain: real(-0.22, 0.22).exp(),
            offset: real(-12.0, 12.0),
            ceiling: TISSUE + real(-16.0, 32.0),
            shrunk: real(0.4, 1.0),
            blur: real(0.3, 1.3),
            noise: real(0.0, 14.0),
            seed: 0,
            quality: Some(real(25.0, 95.0) as u8),
            patch: Some((
                [real(0.0, 0.8), real(0.0, 0.8), real(0.05, 0.2), real(0.05, 0.2)],
                real(0.0, 255.0),
            )),
        };
        let or = |is: bool, value: f32, else_: f32| if is { value } else { else_ };
        Self {
            gamma: or(gamma, drawn.gamma, 1.0),
            gain: or(window, drawn.gain, 1.0),
            offset: or(window, drawn.offset, 0.0),
            ceiling: or(ceiling, drawn.ceiling, f32::MAX),
            shrunk: or(shrunk, drawn.shrunk, 1.0),
            blur: or(blur, drawn.blur, 0.0),
            noise: or(noise, drawn.noise, 0.0),
            seed: random.random(),
            quality: drawn.quality.filter(|_| jpeg),
            patch: drawn.patch.filter(|_| patch),
        }
    }

    /// Leaves them on a `side` x `side` plane of grey levels, 0 to 255.
    pub fn leave(&self, plane: &mut [f32], side: usize) {
        self.show(plane);
        if self.shrunk < 1.0 {
            let small = ((side as f32 * self.shrunk) as usize).max(8);
            let shrunk = resized(plane, side, small);
            plane.copy_from_slice(&resized(&shrunk, small, side));
        }
        if self.blur > 0.0 {
            blurred(plane, side, self.blur);
        }
        if self.noise > 0.0 {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            // The sum of three even numbers is near enough to a normal one.
            let mut normal = || (0..3).map(|_| random.random_range(-1.0..1.0_f32)).sum::<f32>();
            for level in plane.iter_mut() {
                *level += self.noise * normal();
            }
        }
        if let Some(quality) = self.quality {
            compressed(plane, side, quality);
        }
        if let Some((place, level)) = self.patch {
            let [left, top, width, height] = place.map(|part| (part * side as f32) as usize);
            for row in plane.chunks_mut(side).skip(top).take(height) {
                row[left..(left + width).min(side)].fill(level);
            }
        }
    }

    fn show(&self, plane: &mut [f32]) {
        for level in plane {
            let part = (*level - AIR) / (TISSUE - AIR);
            let bent = part.signum() * part.abs().powf(self.gamma) * self.gain;
            *level = (bent * (TISSUE - AIR) + AIR + self.offset).min(self.ceiling);
        }
    }
}

/// Brought to another size: the mean of the pixels that one stands for, in between where it is enlarged.
fn resized(plane: &[f32], side: usize, to: usize) -> Vec<f32> {
    let scale = side as f32 / to as f32;
    // A triangle as wide as a new pixel, or as an old one where those are larger.
    let reach = scale.max(1.0);
    let weights: Vec<Vec<(usize, f32)>> = (0..to)
        .map(|at| {
            let middle = (at as f32 + 0.5) * scale - 0.5;
            let (first, last) = ((middle - reach).ceil(), (middle + reach).floor());
            let mut near: Vec<(usize, f32)> = (first as i64..=last as i64)
                .filter(|&from| (0..side as i64).contains(&from))
                .map(|from| (from as usize, 1.0 - (from as f32 - middle).abs() / reach))
                .collect();
            let sum: f32 = near.iter().map(|(_, weight)| weight).sum();
            for (_, weight) in &mut near {
                *weight /= sum;
            }
            near
        })
        .collect();
    let mut across = vec![0.0; to * side];
    for (row, from) in across.chunks_mut(to).zip(plane.chunks(side)) {
        for (level, near) in row.iter_mut().zip(&weights) {
            *level = near.iter().map(|&(at, weight)| from[at] * weight).sum();
        }
    }
    let mut both = vec![0.0; to * to];
    for (row, near) in both.chunks_mut(to).zip(&weights) {
        for &(at, weight) in near {
            for (level, from) in row.iter_mut().zip(&across[at * to..]) {
                *level += from * weight;
            }
        }
    }
    both
}

/// By a Gaussian, the edges held on.
fn blurred(plane: &mut [f32], side: usize, deviation: f32) {
    let reach = (3.0 * deviation).ceil() as i64;
    let bell = |at: i64| (-(at * at) as f32 / (2.0 * deviation * deviation)).exp();
    let sum: f32 = (-reach..=reach).map(bell).sum();
    let weights: Vec<f32> = (-reach..=reach).map(|at| bell(at) / sum).collect();
    let inside = |at: i64| at.clamp(0, side as i64 - 1) as usize;
    let along = |from: &[f32], start: usize, step: usize, at: usize| -> f32 {
        let place = |offset: i64| start + inside(at as i64 + offset) * step;
        weights.iter().zip(-reach..).map(|(weight, offset)| weight * from[place(offset)]).sum()
    };
    let across: Vec<f32> =
        (0..side * side).map(|index| along(plane, index - index % side, 1, index % side)).collect();
    for (index, level) in plane.iter_mut().enumerate() {
        *level = along(&across, index % side, side, index / side);
    }
}

/// As a JPEG gives it back.
fn compressed(plane: &mut [f32], side: usize, quality: u8) {
    let grey: Vec<u8> = plane.iter().map(|level| level.clamp(0.0, 255.0).round() as u8).collect();
    let mut jpeg = Vec::new();
    let side = side as u32;
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .encode(&grey, side, side, image::ExtendedColorType::L8)
        .expect("a JPEG fits in memory");
    let read = image::load_from_memory(&jpeg).expect("what was encoded is decoded").into_luma8();
    for (level, read) in plane.iter_mut().zip(read.into_raw()) {
        *level = f32::from(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Traces = Traces {
        gamma: 1.0,
        gain: 1.0,
        offset: 0.0,
        ceiling: f32::MAX,
        shrunk: 1.0,
        blur: 0.0,
        noise: 0.0,
        seed: 0,
        quality: None,
        patch: None,
    };

    /// A dark and a bright half.
    fn halves() -> Vec<f32> {
        (0..32 * 32).map(|index| if index % 32 < 16 { 60.0 } else { 180.0 }).collect()
    }

    fn left(traces: Traces) -> Vec<f32> {
        let mut plane = halves();
        traces.leave(&mut plane, 32);
        plane
    }

    fn mean(levels: &[f32]) -> f32 {
        levels.iter().sum::<f32>() / levels.len() as f32
    }

    #[test]
    fn what_is_not_drawn_changes_nothing() {
        assert_eq!(
            NONE,
            Traces { seed: 0, ..Traces::random(0.0, &mut ChaCha8Rng::seed_from_u64(1)) }
        );
        let plane = left(NONE);
        assert!(plane.iter().zip(halves()).all(|(one, other)| (one - other).abs() < 1e-3));
    }

    #[test]
    fn the_same_draw_leaves_the_same() {
        for seed in 0..40 {
            let traces = Traces::random(1.0, &mut ChaCha8Rng::seed_from_u64(seed));
            let plane = left(traces);
            assert_eq!(plane, left(traces));
            assert!(plane.iter().all(|level| level.is_finite()), "{traces:?}");
        }
    }

    #[test]
    fn each_trace_does_what_it_is_called() {
        let step = |plane: &[f32]| plane[16 * 32 + 16] - plane[16 * 32 + 15];
        for soft in [Traces { blur: 1.2, ..NONE }, Traces { shrunk: 0.4, ..NONE }] {
            let plane = left(soft);
            assert!(step(&plane) < 80.0, "{}", step(&plane));
            assert!((mean(&plane) - 120.0).abs() < 1.0);
        }
        let noisy = left(Traces { noise: 8.0, ..NONE });
        let deviation = noisy.iter().zip(halves()).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        assert!(((deviation / 1024.0).sqrt() - 8.0).abs() < 0.8);
        assert!((mean(&noisy) - 120.0).abs() < 1.0);
        let compressed = left(Traces { quality: Some(25), ..NONE });
        assert!(compressed.iter().all(|level| level.fract() == 0.0));
        let bent = left(Traces { gamma: 1.5, ..NONE });
        assert!(bent[0] < 60.0 && bent[31] < 180.0 && bent[31] > 160.0);
        assert_eq!(left(Traces { ceiling: 150.0, ..NONE })[31], 150.0);
        let pasted = left(Traces { patch: Some(([0.5, 0.5, 0.25, 0.25], 7.0)), ..NONE });
        assert_eq!(pasted.iter().filter(|level| **level == 7.0).count(), 64);
    }
}
