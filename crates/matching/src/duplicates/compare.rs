//! Whether two pictures that lie on each other are one picture.
//!
//! Neighbouring slices of a scan agree in the large and differ in the small: vessels and bronchi are
//! elsewhere. So what is compared, once the pictures are aligned, is detail, block by block, each
//! with a brightness and contrast of its own. Measured on the pictures of COVID-CT and their copies
//! (`covid-ct score-duplicates`): copies agree in four fifths of their blocks to 0.96 and better,
//! neighbouring slices to 0.92 and worse.

use super::align::{Level, Map, Pyramid, align, align_coarsely};
use super::screen::Candidate;
use super::sketch::{SIDE, Sketch};

/// Blocks a side of the overlap.
const BLOCKS: usize = 8;
const BLOCK: usize = SIDE / BLOCKS;
/// Share of the blocks that need not agree: arrows, letters, a frame.
const FORGIVEN: f64 = 0.2;
/// A block counts where its detail has this standard deviation in both pictures, or twice that in
/// one, in grey levels. Less is noise and the marks of compression.
const TEXTURE: f64 = 3.0;
/// Blocks that must count for a verdict.
const LEAST_BLOCKS: usize = 8;
/// Pixels on each side of a pixel over which the large is averaged, twice; detail is the rest.
const LARGE: usize = 4;

/// How much two aligned pictures have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Where a point of the one lies on the other.
    pub map: Map,
    /// Of the grey levels.
    pub correlation: f64,
    /// Correlation of the detail that four fifths of the blocks reach; 0 where there is too little.
    pub detail: f64,
}

/// Aligns two pictures and compares them; `None` where they do not lie on each other.
pub fn compare(one: &Sketch, other: &Sketch, candidate: &Candidate) -> Option<Likeness> {
    let start = Map::of_windows(&candidate.window, &candidate.other_window);
    let map = align_coarsely(one, other, candidate.mirrored, start)?;
    let first = Pyramid::of(&one.pixels(false));
    let second = Pyramid::of(&other.pixels(candidate.mirrored));
    let map = align(&first, &second, map)?;
    let (a, b) = overlaid(first.finest(), second.finest(), &map)?;
    let correlation = Moments::of(a.iter().zip(&b)).correlation();
    let fineness = fineness(one, other, &map)?;
    let detail = agreement(&detail(&a, fineness), &detail(&b, fineness));
    Some(Likeness { map, correlation, detail })
}

/// What of two pictures lies on each other, at `SIDE` x `SIDE` points of the overlap.
fn overlaid(one: &Level, other: &Level, map: &Map) -> Option<(Vec<f32>, Vec<f32>)> {
    let overlap = map.overlap()?;
    let fraction = |i: usize| (i as f64 + 0.5) / SIDE as f64;
    let xs: Vec<f64> = (0..SIDE).map(|i| overlap.left + overlap.width() * fraction(i)).collect();
    let ys: Vec<f64> = (0..SIDE).map(|i| overlap.top + overlap.height() * fraction(i)).collect();
    let on_other = |points: &[f64], axis: usize| -> Vec<f64> {
        points.iter().map(|at| map.scale[axis] * at + map.offset[axis]).collect()
    };
    Some((one.greys(&xs, &ys), other.greys(&on_other(&xs, 0), &on_other(&ys, 1))))
}

/// Over how many pixels on each side to average what is compared: as much as the coarser of the two
/// pictures does, whose detail is all there is to compare.
fn fineness(one: &Sketch, other: &Sketch, map: &Map) -> Option<usize> {
    let overlap = map.overlap()?;
    let across = f64::from(one.width).min(f64::from(other.width) * map.scale[0]) * overlap.width();
    let down = f64::from(one.height).min(f64::from(other.height) * map.scale[1]) * overlap.height();
    let pixel = SIDE as f64 / across.min(down);
    Some(match pixel {
        _ if pixel > 2.0 => 3,
        _ if pixel > 1.3 => 2,
        _ => 1,
    })
}

fn detail(pixels: &[f32], fineness: usize) -> Vec<f32> {
    let fine = averaged(pixels, fineness);
    let large = averaged(&averaged(pixels, LARGE), LARGE);
    fine.iter().zip(&large).map(|(fine, large)| fine - large).collect()
}

/// The mean of the pixels up to `reach` away along both axes; beyond the edge it repeats.
fn averaged(pixels: &[f32], reach: usize) -> Vec<f32> {
    let along = |pixels: &[f32]| {
        // Turned on the way, so that two passes are both axes.
        let mut means = vec![0.0; SIDE * SIDE];
        for (y, row) in pixels.chunks_exact(SIDE).enumerate() {
            let at = |i: usize| row[i.saturating_sub(reach).min(SIDE - 1)];
            let mut sum: f32 = (0..=2 * reach).map(at).sum();
            for x in 0..SIDE {
                means[x * SIDE + y] = sum / (2 * reach + 1) as f32;
                sum += at(x + 2 * reach + 1) - at(x);
            }
        }
        means
    };
    along(&along(pixels))
}

/// The correlation that all but the forgiven blocks reach.
fn agreement(one: &[f32], other: &[f32]) -> f64 {
    let mut reached = Vec::new();
    for block in 0..BLOCKS * BLOCKS {
        let corner = (block / BLOCKS * SIDE + block % BLOCKS) * BLOCK;
        let indices = (0..BLOCK * BLOCK).map(|i| corner + i / BLOCK * SIDE + i % BLOCK);
        let moments = Moments::of(indices.map(|i| (&one[i], &other[i])));
        let (less, more) = moments.deviations();
        if less >= TEXTURE || more >= 2.0 * TEXTURE {
            reached.push(moments.correlation());
        }
    }
    if reached.len() < LEAST_BLOCKS {
        return 0.0;
    }
    reached.sort_by(f64::total_cmp);
    reached[((reached.len() - 1) as f64 * FORGIVEN) as usize]
}

/// Sums over pairs of values.
#[derive(Debug, Default)]
struct Moments {
    count: f64,
    sums: [f64; 2],
    squares: [f64; 2],
    product: f64,
}

impl Moments {
    fn of<'a>(pairs: impl Iterator<Item = (&'a f32, &'a f32)>) -> Self {
        let mut moments = Self::default();
        for (a, b) in pairs {
            let (a, b) = (f64::from(*a), f64::from(*b));
            moments.count += 1.0;
            moments.sums = [moments.sums[0] + a, moments.sums[1] + b];
            moments.squares = [moments.squares[0] + a * a, moments.squares[1] + b * b];
            moments.product += a * b;
        }
        moments
    }

    fn variances(&self) -> [f64; 2] {
        [0, 1]
            .map(|i| (self.squares[i] / self.count - (self.sums[i] / self.count).powi(2)).max(0.0))
    }

    /// Standard deviations, the lesser first.
    fn deviations(&self) -> (f64, f64) {
        let [a, b] = self.variances().map(f64::sqrt);
        (a.min(b), a.max(b))
    }

    /// 0 where one of them is flat.
    fn correlation(&self) -> f64 {
        let [a, b] = self.variances();
        let both = (a * b).sqrt();
        let covariance =
            self.product / self.count - self.sums[0] * self.sums[1] / self.count.powi(2);
        if both > 1e-9 { covariance / both } else { 0.0 }
    }
}
