//! Lays one small picture on another: scale and offset along each axis, with any change of
//! brightness and contrast.
//!
//! Gauss-Newton on the squared differences of grey levels, from coarse to fine, as Lucas and Kanade,
//! "An iterative image registration technique with an application to stereo vision" (IJCAI 1981),
//! with gain and offset of the grey levels as two more unknowns.

use super::sketch::{SIDE, Window};

/// Sides of the pictures aligned, coarse to fine, the most steps taken on each, and the correlation
/// to reach there: on the first, copies may still be on their way, on the last they reach 0.98.
const LEVELS: [(usize, usize, f64); 3] = [(16, 12, 0.85), (32, 12, 0.9), (64, 6, 0.95)];
/// A step that moves no edge by more than this many pixels is the last of its level.
const STILL: f64 = 0.03;
/// Scales and overlaps beyond these are no crop by a tenth at each edge.
const SCALES: std::ops::RangeInclusive<f64> = 0.7..=1.43;
const LEAST_OVERLAP: f64 = 0.5;

/// Where a point of one picture lies on the other: `scale * point + offset`, both in fractions of
/// the sides of their picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map {
    pub scale: [f64; 2],
    pub offset: [f64; 2],
}

impl Map {
    /// The map that lays `window` of one on `other` of the other.
    pub fn of_windows(window: &Window, other: &Window) -> Self {
        let scale = [other.width() / window.width(), other.height() / window.height()];
        let offset = [other.left - scale[0] * window.left, other.top - scale[1] * window.top];
        Self { scale, offset }
    }

    /// The part of the one picture that lies on the other; `None` where it is too small a part of
    /// either, or the scales are out of all reason.
    pub fn overlap(&self) -> Option<Window> {
        let ends = |axis: usize| {
            let (scale, offset) = (self.scale[axis], self.offset[axis]);
            ((-offset / scale).max(0.0), ((1.0 - offset) / scale).min(1.0))
        };
        if !self.scale.iter().all(|scale| SCALES.contains(scale)) {
            return None;
        }
        let ((left, right), (top, bottom)) = (ends(0), ends(1));
        let window = Window { left, top, right, bottom };
        let (across, down) = (right - left, bottom - top);
        let is_enough = across.min(across * self.scale[0]) > LEAST_OVERLAP
            && down.min(down * self.scale[1]) > LEAST_OVERLAP;
        is_enough.then_some(window)
    }
}

/// A small picture at the sides of [`LEVELS`], and at its own.
#[derive(Debug)]
pub struct Pyramid(Vec<Level>);

/// A square grey picture.
#[derive(Debug)]
pub struct Level {
    side: usize,
    grey: Vec<f32>,
}

impl Pyramid {
    /// Of `SIDE` x `SIDE` grey levels.
    pub fn of(pixels: &[u8]) -> Self {
        let mut level = Level { side: SIDE, grey: pixels.iter().map(|p| f32::from(*p)).collect() };
        let mut levels = Vec::new();
        loop {
            let half = (level.side > LEVELS[0].0).then(|| level.half());
            levels.push(level);
            match half {
                Some(half) => level = half,
                None => break,
            }
        }
        levels.reverse();
        Self(levels)
    }

    pub fn finest(&self) -> &Level {
        &self.0[self.0.len() - 1]
    }
}

impl Level {
    fn half(&self) -> Self {
        let side = self.side / 2;
        let mut grey = Vec::with_capacity(side * side);
        for y in 0..side {
            let (above, below) =
                (&self.grey[2 * y * self.side..], &self.grey[(2 * y + 1) * self.side..]);
            for x in (0..2 * side).step_by(2) {
                grey.push((above[x] + above[x + 1] + below[x] + below[x + 1]) / 4.0);
            }
        }
        Self { side, grey }
    }

    /// The pixel at or before a point in fractions of a side, and how far past its middle the point is.
    fn place(&self, at: f64) -> (usize, f32) {
        let at = (at * self.side as f64 - 0.5).clamp(0.0, (self.side - 1) as f64);
        let cell = (at as usize).min(self.side - 2);
        (cell, (at - cell as f64) as f32)
    }

    /// Grey level and its slope, a pixel, along x and y at a place along each.
    #[inline]
    fn sample(&self, (x, u): (usize, f32), (y, v): (usize, f32)) -> [f32; 3] {
        let at = y * self.side + x;
        let (above, below) = (&self.grey[at..at + 2], &self.grey[at + self.side..][..2]);
        let (across, across_below) = (above[1] - above[0], below[1] - below[0]);
        let (first, second) = (above[0] + u * across, below[0] + u * across_below);
        let down = second - first;
        [first + v * down, across + v * (across_below - across), down]
    }

    /// Grey levels at the points of a grid, in fractions of the sides, row by row.
    pub fn greys(&self, xs: &[f64], ys: &[f64]) -> Vec<f32> {
        let xs: Vec<_> = xs.iter().map(|x| self.place(*x)).collect();
        let row = |y: &f64| {
            let y = self.place(*y);
            xs.iter().map(move |x| self.sample(*x, y)[0])
        };
        ys.iter().flat_map(row).collect()
    }
}

/// The map that lays `one` on `other` best, from a first guess; `None` where it runs out of all
/// reason, or they are not alike.
pub fn align(one: &Pyramid, other: &Pyramid, mut map: Map) -> Option<Map> {
    for ((one, other), (side, steps, least)) in one.0.iter().zip(&other.0).zip(LEVELS) {
        let mut correlation = 0.0;
        for _ in 0..steps {
            let fit = Fit::gather(one, other, &map)?;
            correlation = fit.correlation();
            let moved = fit.step(&mut map, side)?;
            map.overlap()?;
            if moved < STILL {
                break;
            }
        }
        if std::env::var_os("LV").is_some() {
            eprintln!("level {side} {correlation:.4}");
        }
        if correlation < least {
            return None;
        }
    }
    Some(map)
}

/// Unknowns of a step: two scales, two offsets, gain and offset of the grey levels.
const UNKNOWNS: usize = 6;

/// The normal equations of a step, and the sums of which the correlation is made.
struct Fit {
    products: [[f64; UNKNOWNS]; UNKNOWNS],
    right: [f64; UNKNOWNS],
    /// Of the one picture's grey levels, squared.
    squares: f64,
}

impl Fit {
    /// `None` where too little lies on each other.
    fn gather(one: &Level, other: &Level, map: &Map) -> Option<Self> {
        let overlap = map.overlap()?;
        let side = one.side as f64;
        let first = |edge: f64| (edge * side - 0.5).ceil().max(0.0) as usize;
        let last = |edge: f64| ((edge * side - 0.5).floor() as usize).min(one.side - 1);
        let mut fit =
            Self { products: [[0.0; UNKNOWNS]; UNKNOWNS], right: [0.0; UNKNOWNS], squares: 0.0 };
        let columns: Vec<(usize, f64, (usize, f32))> = (first(overlap.left)..=last(overlap.right))
            .map(|column| {
                let x = (column as f64 + 0.5) / side;
                (column, x, other.place(map.scale[0] * x + map.offset[0]))
            })
            .collect();
        for row in first(overlap.top)..=last(overlap.bottom) {
            let y = (row as f64 + 0.5) / side;
            let at_y = other.place(map.scale[1] * y + map.offset[1]);
            let greys = &one.grey[row * one.side..][..one.side];
            for &(column, x, at_x) in &columns {
                let [grey, across, down] = other.sample(at_x, at_y).map(f64::from);
                let (across, down) = (across * side, down * side);
                let terms = [across * x, down * y, across, down, grey, 1.0];
                fit.add(&terms, f64::from(greys[column]));
            }
        }
        for i in 0..UNKNOWNS {
            for j in 0..i {
                fit.products[i][j] = fit.products[j][i];
            }
        }
        Some(fit)
    }

    #[inline]
    fn add(&mut self, terms: &[f64; UNKNOWNS], wanted: f64) {
        for i in 0..UNKNOWNS {
            for j in i..UNKNOWNS {
                self.products[i][j] += terms[i] * terms[j];
            }
            self.right[i] += terms[i] * wanted;
        }
        self.squares += wanted * wanted;
    }

    /// Of the grey levels as they lie now.
    fn correlation(&self) -> f64 {
        let (count, of_other) = (self.products[5][5], self.products[4][5]);
        let of_one = self.right[5];
        let covariance = self.right[4] - of_one * of_other / count;
        let variances = (self.squares - of_one * of_one / count)
            * (self.products[4][4] - of_other * of_other / count);
        if variances > 0.0 { covariance / variances.sqrt() } else { 0.0 }
    }

    /// Moves the map; tells by how many pixels at most. `None` where the equations have no answer or the contrast turns round.
    fn step(&self, map: &mut Map, side: usize) -> Option<f64> {
        let [across, down, right, below, gain, _] = solve(self.products, self.right)?;
        if gain <= 0.0 {
            return None;
        }
        let (scale, offset) = ([across / gain, down / gain], [right / gain, below / gain]);
        let mut moved: f64 = 0.0;
        for axis in 0..2 {
            map.scale[axis] += scale[axis];
            map.offset[axis] += offset[axis];
            moved = moved.max(offset[axis].abs()).max((scale[axis] + offset[axis]).abs());
        }
        Some(moved * side as f64)
    }
}

/// Gauss's elimination with the largest pivot; `None` where there is no one answer.
fn solve(
    mut rows: [[f64; UNKNOWNS]; UNKNOWNS],
    mut right: [f64; UNKNOWNS],
) -> Option<[f64; UNKNOWNS]> {
    // Columns are of very different size.
    let sizes: [f64; UNKNOWNS] = std::array::from_fn(|i| rows[i][i].sqrt());
    if sizes.iter().any(|size| *size <= 0.0 || !size.is_finite()) {
        return None;
    }
    for i in 0..UNKNOWNS {
        for j in 0..UNKNOWNS {
            rows[i][j] /= sizes[i] * sizes[j];
        }
        right[i] /= sizes[i];
    }
    for column in 0..UNKNOWNS {
        let pivot = (column..UNKNOWNS)
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        if rows[pivot][column].abs() < 1e-9 {
            return None;
        }
        rows.swap(column, pivot);
        right.swap(column, pivot);
        let (from, value) = (rows[column], right[column]);
        for row in column + 1..UNKNOWNS {
            let factor = rows[row][column] / from[column];
            for j in column..UNKNOWNS {
                rows[row][j] -= factor * from[j];
            }
            right[row] -= factor * value;
        }
    }
    for column in (0..UNKNOWNS).rev() {
        let known: f64 = (column + 1..UNKNOWNS).map(|j| rows[column][j] * right[j]).sum();
        right[column] = (right[column] - known) / rows[column][column];
    }
    Some(std::array::from_fn(|i| right[i] / sizes[i]))
}
