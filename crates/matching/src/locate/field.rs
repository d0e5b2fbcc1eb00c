//! A picture prepared for normalised cross-correlation with templates at every place at once.
//!
//! J. P. Lewis, "Fast normalized cross-correlation" (Vision Interface 1995): the numerator by Fourier
//! transforms, the variance under the template by running sums.

use std::sync::Arc;

use image::GrayImage;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Variance of grey levels below which there is no texture to correlate.
const FLAT: f64 = 4.0;

/// Most places reported of one template.
const PEAKS: usize = 4;

/// Where the top left corner of a template lies, and how well it correlates there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    pub x: u32,
    pub y: u32,
    pub score: f64,
}

pub struct Field {
    width: usize,
    height: usize,
    transform: Transform,
    spectrum: Vec<Complex<f32>>,
    /// Of all pixels above and left, one longer than the picture each way.
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Field {
    pub fn new(picture: &GrayImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let levels = centred(picture);
        let transform = Transform::new(fast_length(width), fast_length(height));
        let spectrum = transform.forward(&levels, width);
        let (mut sums, mut squares) =
            (vec![0.0; (width + 1) * (height + 1)], vec![0.0; (width + 1) * (height + 1)]);
        for y in 0..height {
            let (mut sum, mut square) = (0.0, 0.0);
            for x in 0..width {
                let level = f64::from(levels[y * width + x]);
                sum += level;
                square += level * level;
                let (at, above) = ((y + 1) * (width + 1) + x + 1, y * (width + 1) + x + 1);
                sums[at] = sums[above] + sum;
                squares[at] = squares[above] + square;
            }
        }
        Self { width, height, transform, spectrum, sums, squares }
    }

    pub fn size(&self) -> (u32, u32) {
        (self.width as u32, self.height as u32)
    }

    /// The best places of a template no larger than the picture, the best first, each apart from the
    /// others.
    pub fn peaks(&self, template: &GrayImage) -> Vec<Peak> {
        let (w, h) = (template.width() as usize, template.height() as usize);
        let levels = centred(template);
        let energy: f64 = levels.iter().map(|&level| f64::from(level).powi(2)).sum();
        let count = (w * h) as f64;
        if energy < FLAT * count || w > self.width || h > self.height {
            return Vec::new();
        }
        let mut product = self.transform.forward(&levels, w);
        for (of_template, of_picture) in product.iter_mut().zip(&self.spectrum) {
            *of_template = of_template.conj() * of_picture;
        }
        let correlation = self.transform.backward(product);
        let (columns, rows) = (self.width - w + 1, self.height - h + 1);
        let mut scores = vec![0.0_f32; columns * rows];
        for y in 0..rows {
            for x in 0..columns {
                let sum = self.within(&self.sums, x, y, w, h);
                let variance = self.within(&self.squares, x, y, w, h) - sum * sum / count;
                if variance >= FLAT * count {
                    let common = f64::from(correlation[y * self.transform.width + x]);
                    scores[y * columns + x] = (common / (variance * energy).sqrt()) as f32;
                }
            }
        }
        apart(&scores, columns, (w.min(h) / 4).max(2))
    }

    /// Of a running sum, what lies within a rectangle.
    fn within(&self, sums: &[f64], x: usize, y: usize, w: usize, h: usize) -> f64 {
        let at = |x: usize, y: usize| sums[y * (self.width + 1) + x];
        at(x + w, y + h) - at(x, y + h) - at(x + w, y) + at(x, y)
    }
}

/// The highest scores, no two within `reach` of each other.
fn apart(scores: &[f32], columns: usize, reach: usize) -> Vec<Peak> {
    let mut peaks: Vec<Peak> = Vec::new();
    while peaks.len() < PEAKS {
        let free = |&(at, _): &(usize, &f32)| {
            let (x, y) = (at % columns, at / columns);
            peaks.iter().all(|peak| {
                x.abs_diff(peak.x as usize) > reach || y.abs_diff(peak.y as usize) > reach
            })
        };
        let best = scores.iter().enumerate().filter(free).max_by(|a, b| a.1.total_cmp(b.1));
        let Some((at, &score)) = best.filter(|(_, score)| **score > 0.0) else { break };
        let (x, y) = ((at % columns) as u32, (at / columns) as u32);
        peaks.push(Peak { x, y, score: score.into() });
    }
    peaks
}

/// Grey levels less their mean.
fn centred(picture: &GrayImage) -> Vec<f32> {
    let raw = picture.as_raw();
    let mean = raw.iter().map(|&level| f64::from(level)).sum::<f64>() / raw.len().max(1) as f64;
    raw.iter().map(|&level| (f64::from(level) - mean) as f32).collect()
}

/// The next length whose only prime factors are 2, 3 and 5, which transforms are fast at.
fn fast_length(length: usize) -> usize {
    // The next power of two is one such.
    (length.max(1)..=length.next_power_of_two())
        .find(|&candidate| {
            let mut rest = candidate;
            for prime in [2, 3, 5] {
                while rest.is_multiple_of(prime) {
                    rest /= prime;
                }
            }
            rest == 1
        })
        .unwrap_or(length)
}

/// Fourier transforms of one size in two dimensions. Spectra are turned over their diagonal.
struct Transform {
    width: usize,
    height: usize,
    forward: [Arc<dyn Fft<f32>>; 2],
    backward: [Arc<dyn Fft<f32>>; 2],
}

impl Transform {
    fn new(width: usize, height: usize) -> Self {
        let mut planner = FftPlanner::new();
        let forward = [width, height].map(|length| planner.plan_fft_forward(length));
        let backward = [width, height].map(|length| planner.plan_fft_inverse(length));
        Self { width, height, forward, backward }
    }

    /// The spectrum of a picture with lines of `line` levels, in the top left corner of nothing.
    fn forward(&self, levels: &[f32], line: usize) -> Vec<Complex<f32>> {
        let mut buffer = vec![Complex::default(); self.width * self.height];
        for (row, target) in levels.chunks_exact(line).zip(buffer.chunks_exact_mut(self.width)) {
            for (level, target) in row.iter().zip(target) {
                target.re = *level;
            }
        }
        self.forward[0].process(&mut buffer);
        let mut turned = turned(&buffer, self.width);
        self.forward[1].process(&mut turned);
        turned
    }

    fn backward(&self, mut spectrum: Vec<Complex<f32>>) -> Vec<f32> {
        self.backward[1].process(&mut spectrum);
        let mut buffer = turned(&spectrum, self.height);
        self.backward[0].process(&mut buffer);
        let scale = 1.0 / (self.width * self.height) as f32;
        buffer.into_iter().map(|value| value.re * scale).collect()
    }
}

/// Turned over the diagonal.
fn turned(values: &[Complex<f32>], width: usize) -> Vec<Complex<f32>> {
    let height = values.len() / width;
    let mut turned = vec![Complex::default(); values.len()];
    for (y, row) in values.chunks_exact(width).enumerate() {
        for (x, value) in row.iter().enumerate() {
            turned[x * height + y] = *value;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use image::imageops::crop_imm;

    use super::*;

    #[test]
    fn a_piece_is_found_where_it_was_cut() {
        let picture = GrayImage::from_fn(61, 47, |x, y| {
            Luma([((x * x * 7 + y * y * 13 + x * y * 3) % 251) as u8])
        });
        let piece = crop_imm(&picture, 33, 9, 20, 17).to_image();
        let best = Field::new(&picture).peaks(&piece)[0];
        assert_eq!((best.x, best.y), (33, 9));
        assert!((best.score - 1.0).abs() < 1e-3, "{best:?}");
    }

    #[test]
    fn what_has_no_texture_is_nowhere() {
        let picture = GrayImage::from_fn(40, 40, |x, y| Luma([((x ^ y) * 6) as u8]));
        let field = Field::new(&picture);
        assert_eq!(field.peaks(&GrayImage::from_pixel(9, 9, Luma([7]))), []);
        assert_eq!(field.peaks(&GrayImage::new(41, 9)), []);
    }

    #[test]
    fn lengths_have_small_factors() {
        assert_eq!([1, 7, 11, 301, 1024].map(fast_length), [1, 8, 12, 320, 1024]);
    }
}
