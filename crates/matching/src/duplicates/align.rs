//! Lays one small picture on another: scale and offset along each axis, with any change of
//! brightness and contrast.
//!
//! Gauss-Newton on the squared differences of grey levels, from coarse to fine, as Lucas and Kanade,
//! "An iterative image registration technique with an application to stereo vision" (IJCAI 1981),
//! with gain and offset of the grey levels as two more unknowns.

use super::sketch::{COARSE, SIDE, Sketch, Window};

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

    /// The map that lays the other on the one; of pictures of which one is mirrored, that which lies on the other
    /// one mirrored.
    #[must_use]
    pub fn inverse(&self, mirrored: bool) -> Self {
        let scale = self.scale.map(|scale| 1.0 / scale);
        let mut offset = [0, 1].map(|axis| -self.offset[axis] * scale[axis]);
        if mirrored {
            // 1 - x lies on scale x + offset: as if both were mirrored.
            offset[0] = 1.0 - scale[0] - offset[0];
        }
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
    // The coarsest were the first look.
    for ((one, other), level) in one.0.iter().zip(&other.0).zip(LEVELS).skip(COARSE.len()) {
        map = aligned(one, other, map, level)?;
    }
    Some(map)
}

/// The same at the coarsest levels, which is to go before: most unlike pictures are told apart there, and these are at
/// hand.
pub fn align_coarsely(one: &Sketch, other: &Sketch, mirrored: bool, mut map: Map) -> Option<Map> {
    for (number, level) in LEVELS.iter().enumerate().take(COARSE.len()) {
        let side = SIDE / COARSE[number];
        let one = Level { side, grey: one.coarse(number, false) };
        let other = Level { side, grey: other.coarse(number, mirrored) };
        map = aligned(&one, &other, map, *level)?;
    }
    Some(map)
}

fn aligned(
    one: &Level,
    other: &Level,
    mut map: Map,
    (side, steps, least): (usize, usize, f64),
) -> Option<Map> {
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
    (correlation >= least).then_some(map)
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
        let (left, right) = (first(overlap.left), last(overlap.right));
        let columns: Vec<(f32, usize, f32)> = (left..=right)
            .map(|column| {
                let x = (column as f64 + 0.5) / side;
                let (cell, u) = other.place(map.scale[0] * x + map.offset[0]);
                (x as f32, cell, u)
            })
            .collect();
        let mut rows = Rows::new(&columns);
        let mut fit =
            Self { products: [[0.0; UNKNOWNS]; UNKNOWNS], right: [0.0; UNKNOWNS], squares: 0.0 };
        for row in first(overlap.top)..=last(overlap.bottom) {
            let y = (row as f64 + 0.5) / side;
            let wanted = &one.grey[row * one.side + left..=row * one.side + right];
            let sums = rows.sums(other, other.place(map.scale[1] * y + map.offset[1]), wanted);
            fit.add(&sums, side, y, columns.len() as f64);
        }
        for i in 0..UNKNOWNS {
            for j in 0..i {
                fit.products[i][j] = fit.products[j][i];
            }
        }
        Some(fit)
    }

    /// The sums of a row of `count` pixels at `y`. Slopes are a pixel, of which there are `side`.
    fn add(&mut self, sums: &[f64; SUMS], side: f64, y: f64, count: f64) {
        let [xaa, xxaa, aa, xad, ad, dd, xag, ag, dg, gg, xa, a, d, g, xaw, aw, dw, gw, w, ww] =
            *sums;
        let (one, two) = (side, side * side);
        let upper = [
            [two * xxaa, two * y * xad, two * xaa, two * xad, one * xag, one * xa],
            [0.0, two * y * y * dd, two * y * ad, two * y * dd, one * y * dg, one * y * d],
            [0.0, 0.0, two * aa, two * ad, one * ag, one * a],
            [0.0, 0.0, 0.0, two * dd, one * dg, one * d],
            [0.0, 0.0, 0.0, 0.0, gg, g],
            [0.0, 0.0, 0.0, 0.0, 0.0, count],
        ];
        let right = [one * xaw, one * y * dw, one * aw, one * dw, gw, w];
        for (products, upper) in self.products.iter_mut().flatten().zip(upper.iter().flatten()) {
            *products += upper;
        }
        for (sum, right) in self.right.iter_mut().zip(right) {
            *sum += right;
        }
        self.squares += ww;
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

/// Sums over a row of pixels: of products of x, the slopes along x (a) and y (d), the grey level (g), and that of the
/// other picture (w).
const SUMS: usize = 20;
/// Sums that are made side by side, as vector units do.
const LANES: usize = 8;
/// Grey levels are counted from here, so that sums of squares are small. What is fitted has an offset of its own.
const MIDDLE: f32 = 128.0;

/// Room for a row, in multiples of [`LANES`]: what is beyond the row counts as zero.
struct Rows<'a> {
    columns: &'a [(f32, usize, f32)],
    x: Vec<f32>,
    across: Vec<f32>,
    down: Vec<f32>,
    grey: Vec<f32>,
    wanted: Vec<f32>,
    /// The row between two rows, and how fast it changes downwards.
    between: [Vec<f32>; 2],
}

impl<'a> Rows<'a> {
    fn new(columns: &'a [(f32, usize, f32)]) -> Self {
        let room = || vec![0.0; columns.len().next_multiple_of(LANES)];
        let mut x = room();
        for (room, (x, ..)) in x.iter_mut().zip(columns) {
            *room = *x;
        }
        let [across, down, grey, wanted] = [room(), room(), room(), room()];
        Self { columns, x, across, down, grey, wanted, between: [Vec::new(), Vec::new()] }
    }

    /// Of a row of the other picture at a place of this.
    fn sums(&mut self, of: &Level, (cell, v): (usize, f32), wanted: &[f32]) -> [f64; SUMS] {
        let (above, below) =
            (&of.grey[cell * of.side..][..of.side], &of.grey[(cell + 1) * of.side..][..of.side]);
        let [between, change] = &mut self.between;
        change.clear();
        change.extend(above.iter().zip(below).map(|(above, below)| below - above));
        between.clear();
        between
            .extend(above.iter().zip(&*change).map(|(above, change)| above + v * change - MIDDLE));
        for (place, &(_, cell, u)) in self.columns.iter().enumerate() {
            let slope = between[cell + 1] - between[cell];
            self.across[place] = slope;
            self.grey[place] = between[cell] + u * slope;
            self.down[place] = change[cell] + u * (change[cell + 1] - change[cell]);
        }
        for (room, wanted) in self.wanted.iter_mut().zip(wanted) {
            *room = wanted - MIDDLE;
        }
        let mut lanes = [[0.0_f32; LANES]; SUMS];
        let rows = [&self.x, &self.across, &self.down, &self.grey, &self.wanted];
        for start in (0..self.x.len()).step_by(LANES) {
            let [x, a, d, g, w] = rows.map(|row| &row[start..start + LANES]);
            for lane in 0..LANES {
                let (x, a, d, g, w) = (x[lane], a[lane], d[lane], g[lane], w[lane]);
                let xa = x * a;
                let terms = [
                    xa * a,
                    xa * xa,
                    a * a,
                    xa * d,
                    a * d,
                    d * d,
                    xa * g,
                    a * g,
                    d * g,
                    g * g,
                    xa,
                    a,
                    d,
                    g,
                    xa * w,
                    a * w,
                    d * w,
                    g * w,
                    w,
                    w * w,
                ];
                for (sum, term) in lanes.iter_mut().zip(terms) {
                    sum[lane] += term;
                }
            }
        }
        lanes.map(|lanes| lanes.iter().map(|lane| f64::from(*lane)).sum())
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
