//! The pixels of a picture, laid out so that rows and columns are read alike and lines that jump
//! against the line before are counted once for every region that is looked at.

use std::cell::OnceCell;

use image::GrayImage;

use covid_ct_core::PanelBox;

pub(super) const AXES: [Axis; 2] = [Axis::Rows, Axis::Columns];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Cuts run from top to bottom.
    Columns,
    /// Cuts run from left to right.
    Rows,
}

impl Axis {
    pub fn across(self) -> Self {
        match self {
            Self::Columns => Self::Rows,
            Self::Rows => Self::Columns,
        }
    }
}

/// First line and number of lines of a region along an axis.
pub(super) fn extent(region: PanelBox, axis: Axis) -> (u32, u32) {
    match axis {
        Axis::Columns => (region.x, region.w),
        Axis::Rows => (region.y, region.h),
    }
}

/// Grey levels the picture must change by, beyond the change on either side, to count as a jump.
const JUMP: i32 = 16;

/// Pixels on both sides along a line that are averaged with each before lines are compared, against
/// the grain of a scan.
const REACH: usize = 4;

/// A picture by rows and by columns.
pub(super) struct Pixels {
    width: usize,
    height: usize,
    rows: Vec<u8>,
    /// The picture turned over its diagonal.
    columns: Vec<u8>,
    row_jumps: OnceCell<Jumps>,
    column_jumps: OnceCell<Jumps>,
}

impl Pixels {
    pub fn new(picture: &GrayImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let rows = picture.as_raw().clone();
        let mut columns = vec![0; width * height];
        for (y, row) in rows.chunks_exact(width.max(1)).enumerate() {
            for (x, &level) in row.iter().enumerate() {
                columns[x * height + y] = level;
            }
        }
        let (row_jumps, column_jumps) = (OnceCell::new(), OnceCell::new());
        Self { width, height, rows, columns, row_jumps, column_jumps }
    }

    /// The pixels of one line across a region.
    pub fn line(&self, region: PanelBox, axis: Axis, at: u32) -> &[u8] {
        let (levels, long) = self.lying(axis);
        let (from, length) = extent(region, axis.across());
        let first = at as usize * long + from as usize;
        &levels[first..first + length as usize]
    }

    /// The pixels line by line, and the length of a line.
    fn lying(&self, axis: Axis) -> (&[u8], usize) {
        match axis {
            Axis::Rows => (&self.rows, self.width),
            Axis::Columns => (&self.columns, self.height),
        }
    }

    /// How many pixels of a line across a region, from share `from` to share `to` of its length,
    /// jump against the line before while neither side changes as much within itself.
    pub fn jumps(&self, region: PanelBox, axis: Axis, at: u32, from: f64, to: f64) -> f64 {
        let (levels, long) = self.lying(axis);
        let cell = match axis {
            Axis::Rows => &self.row_jumps,
            Axis::Columns => &self.column_jumps,
        };
        let jumps = cell.get_or_init(|| Jumps::of(levels, long));
        let (start, length) = extent(region, axis.across());
        let place = |share: f64| start as usize + (f64::from(length) * share) as usize;
        jumps.share(at as usize, place(from), place(to))
    }
}

/// Running counts, along each line, of the pixels that jump.
struct Jumps {
    /// One longer than the line.
    stride: usize,
    counts: Vec<u32>,
}

impl Jumps {
    fn of(levels: &[u8], long: usize) -> Self {
        let lines = levels.len() / long.max(1);
        let stride = long + 1;
        let mut counts = vec![0; stride * lines];
        let mut before = smooth(&levels[..long]);
        // The changes up to the line before the last one read, and up to that one.
        let (mut first, mut second) = (vec![0; long], vec![0; long]);
        for at in 1..lines {
            let line = smooth(&levels[at * long..(at + 1) * long]);
            let third: Vec<i32> = line.iter().zip(&before).map(|(a, b)| (a - b).abs()).collect();
            // `second` is the change onto line `at - 1`.
            let mut count = 0;
            let target = &mut counts[(at - 1) * stride..at * stride];
            for i in 0..long {
                count += u32::from(second[i] > JUMP * SCALE + first[i] + third[i]);
                target[i + 1] = count;
            }
            before = line;
            first = second;
            second = third;
        }
        Self { stride, counts }
    }

    fn share(&self, line: usize, from: usize, to: usize) -> f64 {
        let counts = &self.counts[line * self.stride..];
        f64::from(counts[to] - counts[from]) / to.saturating_sub(from).max(1) as f64
    }
}

/// Fixed point of what [`smooth`] returns.
const SCALE: i32 = 16;

/// Running mean over `2 * REACH + 1` pixels, fewer at the ends, times [`SCALE`].
fn smooth(values: &[u8]) -> Vec<i32> {
    let mut sum: i32 = values.iter().take(REACH).map(|&v| i32::from(v)).sum();
    let mut count = values.len().min(REACH) as i32;
    (0..values.len())
        .map(|at| {
            if let Some(&entering) = values.get(at + REACH) {
                (sum, count) = (sum + i32::from(entering), count + 1);
            }
            if let Some(leaving) = at.checked_sub(REACH + 1) {
                (sum, count) = (sum - i32::from(values[leaving]), count - 1);
            }
            sum * SCALE / count
        })
        .collect()
}
