//! What of a picture is compared: a small grey picture of it, and coarse views of its windows.

use std::array;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use image::GrayImage;

use crate::scaling::{self, Filter};

/// Pixels a side of the small picture, whatever the shape of the picture: that of a typical panel
/// (400 pixels) keeps the vessels by which neighbouring slices of a scan differ.
pub const SIDE: usize = 128;
/// Pixels a side of the squares whose means are kept beside them: what is unlike is told by these, without a look at the
/// pixels.
pub const COARSE: [usize; 2] = [8, 4];
/// Cells a side of a coarse view.
pub const CELLS: usize = 8;
/// How much of a side a window leaves out, where it leaves anything out. Windows that fit are within
/// half of this at every edge, which [`CELLS`] cells barely notice.
const INSET: f64 = 0.07;
/// Windows of a picture: each of its four edges moved inwards or not.
pub const WINDOWS: usize = 16;
/// Length of a coarse view as a vector of whole numbers: products of two fit 32 bits.
const LENGTH: f64 = 4096.0;
/// Standard deviation, in grey levels, below which a window shows nothing to compare.
const FLAT: f64 = 2.0;

/// Grey means of the cells of a window, row by row, of mean 0 and length [`LENGTH`].
pub type View = [i16; CELLS * CELLS];

/// A picture reduced to what is compared, in some 15 kB.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// Native pixels.
    pub width: u32,
    pub height: u32,
    /// `SIDE` x `SIDE` grey levels, row by row: differences to the left neighbour, deflated.
    packed: Box<[u8]>,
    /// Sums of squares of each of [`COARSE`] pixels a side, row by row.
    coarse: [Box<[u16]>; COARSE.len()],
    /// By window; all zero where it is flat.
    pub views: Box<[View]>,
    /// Logarithm of width over height of each window, in native pixels. The mirror's is the same.
    pub shapes: [f32; WINDOWS],
}

/// The part of a picture that a window shows, in fractions of its sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Window {
    /// Window number `index`, whose bits say which edges are moved: left, top, right, bottom.
    pub fn of(index: usize) -> Self {
        let inset = |bit: usize| if index >> bit & 1 == 1 { INSET } else { 0.0 };
        Self { left: inset(0), top: inset(1), right: 1.0 - inset(2), bottom: 1.0 - inset(3) }
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

impl Sketch {
    /// # Panics
    /// Of a picture without pixels.
    pub fn of(picture: &GrayImage) -> Self {
        let (width, height) = picture.dimensions();
        let pixels = shrink(picture);
        let sums = Sums::of(&pixels);
        let windows: [Window; WINDOWS] = array::from_fn(Window::of);
        let shape = f64::from(width) / f64::from(height);
        Self {
            width,
            height,
            views: windows.iter().map(|window| sums.view(window)).collect(),
            shapes: windows.map(|window| (shape * window.width() / window.height()).ln() as f32),
            coarse: COARSE.map(|square| coarse(&pixels, square)),
            packed: pack(&pixels),
        }
    }

    /// The small picture: `SIDE` x `SIDE` grey levels, row by row; mirrored left to right if so.
    pub fn pixels(&self, mirrored: bool) -> Vec<u8> {
        let pixels = unpack(&self.packed);
        if mirrored { mirror(&pixels) } else { pixels }
    }

    /// The same of fewer pixels, each the mean of the square numbered `level` of [`COARSE`] that it stands for.
    pub fn coarse(&self, level: usize, mirrored: bool) -> Vec<f32> {
        let square = COARSE[level];
        let mean = |sum: &u16| f32::from(*sum) / (square * square) as f32;
        let rows = self.coarse[level].chunks_exact(SIDE / square);
        if mirrored {
            rows.flat_map(|row| row.iter().rev().map(mean)).collect()
        } else {
            rows.flatten().map(mean).collect()
        }
    }
}

/// A coarse view mirrored left to right.
pub fn flipped(view: &View) -> View {
    array::from_fn(|cell| view[cell - cell % CELLS + CELLS - 1 - cell % CELLS])
}

/// The window that shows, mirrored, what window `index` of the mirrored picture shows.
pub fn mirrored_window(index: usize) -> usize {
    index & 0b1010 | (index & 0b0001) << 2 | (index & 0b0100) >> 2
}

fn coarse(pixels: &[u8], square: usize) -> Box<[u16]> {
    let side = SIDE / square;
    let mut sums = vec![0; side * side];
    for (at, pixel) in pixels.iter().enumerate() {
        sums[at / SIDE / square * side + at % SIDE / square] += u16::from(*pixel);
    }
    sums.into()
}

fn pack(pixels: &[u8]) -> Box<[u8]> {
    let mut differences = pixels.to_vec();
    for row in differences.chunks_exact_mut(SIDE) {
        for x in (1..SIDE).rev() {
            row[x] = row[x].wrapping_sub(row[x - 1]);
        }
    }
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    // Into memory: nothing of it can fail.
    match packed.write_all(&differences).and_then(|()| packed.finish()) {
        Ok(packed) => packed.into(),
        Err(_) => Box::default(),
    }
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(SIDE * SIDE);
    let _ = DeflateDecoder::new(packed).read_to_end(&mut pixels);
    pixels.resize(SIDE * SIDE, 0);
    for row in pixels.chunks_exact_mut(SIDE) {
        for x in 1..SIDE {
            row[x] = row[x].wrapping_add(row[x - 1]);
        }
    }
    pixels
}

fn mirror(pixels: &[u8]) -> Vec<u8> {
    pixels.chunks_exact(SIDE).flat_map(|row| row.iter().rev().copied()).collect()
}

/// To `SIDE` x `SIDE` pixels, each a weighted mean of all it stands for.
fn shrink(picture: &GrayImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let all = [0.0, 0.0, width.into(), height.into()];
    let small = (SIDE as u32, SIDE as u32);
    scaling::grey(picture.as_raw(), (width, height), all, small, Filter::Bilinear)
}

/// Sums of all pixels above and left of each corner of the grid.
struct Sums(Vec<u32>);

const CORNERS: usize = SIDE + 1;

impl Sums {
    fn of(pixels: &[u8]) -> Self {
        let mut sums = vec![0; CORNERS * CORNERS];
        for y in 0..SIDE {
            let mut row = 0;
            for x in 0..SIDE {
                row += u32::from(pixels[y * SIDE + x]);
                sums[(y + 1) * CORNERS + x + 1] = sums[y * CORNERS + x + 1] + row;
            }
        }
        Self(sums)
    }

    /// The sum above and left of a point in pixels, pixels that it cuts counting in part.
    fn at(&self, x: f64, y: f64) -> f64 {
        let (left, top) = ((x as usize).min(SIDE - 1), (y as usize).min(SIDE - 1));
        let (u, v) = (x - left as f64, y - top as f64);
        let corner = |dx, dy| f64::from(self.0[(top + dy) * CORNERS + left + dx]);
        (1.0 - v) * ((1.0 - u) * corner(0, 0) + u * corner(1, 0))
            + v * ((1.0 - u) * corner(0, 1) + u * corner(1, 1))
    }

    fn view(&self, window: &Window) -> View {
        let side = SIDE as f64;
        let step = |from: f64, length: f64, cell: usize| {
            (from + length * cell as f64 / CELLS as f64) * side
        };
        let xs: [f64; CELLS + 1] = array::from_fn(|i| step(window.left, window.width(), i));
        let ys: [f64; CELLS + 1] = array::from_fn(|i| step(window.top, window.height(), i));
        let area = (xs[1] - xs[0]) * (ys[1] - ys[0]);
        let mut means = [0.0; CELLS * CELLS];
        for (cell, mean) in means.iter_mut().enumerate() {
            let (x, y) = (cell % CELLS, cell / CELLS);
            let sum = self.at(xs[x + 1], ys[y + 1])
                - self.at(xs[x], ys[y + 1])
                - self.at(xs[x + 1], ys[y])
                + self.at(xs[x], ys[y]);
            *mean = sum / area;
        }
        normalised(&means)
    }
}

fn normalised(means: &[f64; CELLS * CELLS]) -> View {
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let length = means.iter().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt();
    if length < FLAT * (means.len() as f64).sqrt() {
        return [0; CELLS * CELLS];
    }
    array::from_fn(|cell| ((means[cell] - mean) / length * LENGTH).round() as i16)
}

/// Correlation of two views, -1 to 1; 0 with a flat one.
pub fn correlation(one: &View, other: &View) -> f32 {
    // Wrapping, for the vector unit's sake: vectors of this length do not overflow.
    let product = one
        .iter()
        .zip(other)
        .fold(0_i32, |sum, (a, b)| sum.wrapping_add(i32::from(*a).wrapping_mul(i32::from(*b))));
    product as f32 / (LENGTH * LENGTH) as f32
}
