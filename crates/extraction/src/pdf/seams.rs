//! Tells a picture cut in pieces from pictures set edge to edge, by what goes on across the seams.

use image::{DynamicImage, GrayImage};

use super::mosaic::Cell;

/// What the edges between tiles look like.
#[derive(Debug, Default)]
pub(super) struct Seams {
    /// Seams across which the picture goes on, and seams at which another one begins.
    through: usize,
    broken: usize,
}

/// A place on an edge, and the step that crosses it.
type Crossing = ((i32, i32), (i32, i32));

impl Seams {
    /// Of `cells`, in drawing order, that make up `whole`.
    pub(super) fn of(cells: &[Cell], whole: &DynamicImage) -> Self {
        let grey = whole.to_luma8();
        let mut seams = Self::default();
        for cell in cells {
            for edge in edges(cell) {
                let mut profile = Profile::default();
                for crossing in edge {
                    profile.cross(crossing, cells, &grey);
                }
                match profile.goes_on() {
                    Some(true) => seams.through += 1,
                    Some(false) => seams.broken += 1,
                    None => {}
                }
            }
        }
        seams
    }

    pub(super) fn continue_pictures(&self) -> bool {
        self.through > self.broken
    }
}

/// The four edges of a cell, pixel by pixel.
fn edges(cell: &Cell) -> [Vec<Crossing>; 4] {
    let (right, bottom) = (cell.x + cell.width, cell.y + cell.height);
    let upright = |x: i32| (cell.y..bottom).map(|y| ((x, y), (1, 0))).collect();
    let level = |y: i32| (cell.x..right).map(|x| ((x, y), (0, 1))).collect();
    [upright(cell.x), upright(right), level(cell.y), level(bottom)]
}

/// Grey levels along one seam.
#[derive(Debug, Default)]
struct Profile {
    count: i64,
    sum: i64,
    squares: i64,
    across: i64,
    beside: i64,
}

impl Profile {
    /// Adds a place where one tile meets another that can be seen beside it.
    fn cross(&mut self, ((x, y), (dx, dy)): Crossing, cells: &[Cell], grey: &GrayImage) {
        let places = [-2, -1, 0, 1].map(|step| (x + step * dx, y + step * dy));
        let levels = places.map(|(x, y)| {
            let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
            grey.get_pixel_checked(x, y).map(|pixel| i32::from(pixel.0[0]))
        });
        let [Some(far), Some(near), Some(beyond), Some(farther)] = levels else { return };
        let top = |(x, y)| cells.iter().rposition(|cell| cell.contains(x, y));
        let (before, after) = (top(places[1]), top(places[2]));
        if before.is_some() && after.is_some() && before != after {
            self.add([far, near, beyond, farther]);
        }
    }

    fn add(&mut self, [far, near, beyond, farther]: [i32; 4]) {
        self.count += 1;
        for level in [near, beyond] {
            self.sum += i64::from(level);
            self.squares += i64::from(level) * i64::from(level);
        }
        self.across += i64::from((near - beyond).abs());
        self.beside += i64::from((far - near).abs() + (beyond - farther).abs());
    }

    /// Whether the picture goes on across the seam; `None` where there is too little on it to tell,
    /// such as the black around a scan.
    fn goes_on(&self) -> Option<bool> {
        /// Pixels and standard deviation, in grey levels, that a seam needs to tell anything.
        const SHORTEST: i64 = 16;
        const FLATTEST: f64 = 6.0;
        if self.count < SHORTEST {
            return None;
        }
        let count = self.count as f64;
        let mean = self.sum as f64 / (2.0 * count);
        let deviation = (self.squares as f64 / (2.0 * count) - mean * mean).max(0.0).sqrt();
        let (across, beside) = (self.across as f64 / count, self.beside as f64 / (2.0 * count));
        (deviation > FLATTEST).then_some(across <= 2.0 * beside + 3.0)
    }
}
