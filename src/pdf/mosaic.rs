//! Pictures that a page draws in pieces: strips, grids and masked layers that a program cut one
//! picture into. Found by how the pieces lie, and put together again pixel by pixel.

use std::collections::HashMap;

use image::{DynamicImage, GenericImageView as _};

use super::image::{MOST_PIXELS, check_size};
use super::{Document, ImageInfo, Matrix, Page, PdfError, Picture, Rect};

/// A picture and the pieces it is drawn in.
#[derive(Debug, Clone, PartialEq)]
pub struct Mosaic {
    /// Indices into the page's drawn images, in drawing order.
    pub tiles: Vec<usize>,
    /// The first tile in reading order.
    pub first: usize,
    /// Unit square to points of the page as displayed; upright.
    pub transform: Matrix,
    /// What of it can be seen.
    pub bbox: Rect,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// Where each tile goes, in pixels.
    cells: Vec<Cell>,
}

/// Pixels of a mosaic, from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

/// A drawn image as a candidate.
#[derive(Debug, Clone, Copy)]
struct Tile {
    index: usize,
    /// Where all of it lies, in points; past the clip too.
    whole: Rect,
    seen: Rect,
    /// Pixels across and down as displayed.
    across: f32,
    down: f32,
    layered: bool,
}

/// More pieces than this are no picture that anyone cut.
const MOST_TILES: usize = 20_000;
/// Scales of pieces of one picture differ by less than this part.
const SAME_SCALE: f32 = 0.02;
/// Pieces of one picture may lie apart, or overlap, by this many pixels: writers round.
const GAP: f32 = 0.75;
const OVERLAP: f32 = 4.0;
/// A mosaic is at least this wide and high, in points and in pixels.
const SMALLEST: f32 = 24.0;
/// A piece less than this on its shorter side, in pixels, or longer than this many times that, is a
/// strip or a crumb: nobody draws one beside another but to make up a picture.
const STRIP: f32 = 100.0;
const SLENDER: f32 = 3.0;

impl Document {
    /// The pictures that `page` draws in pieces. `infos` is what [`images`](Self::images) says of it.
    pub fn mosaics(&self, page: &Page, infos: &HashMap<u32, ImageInfo>) -> Vec<Mosaic> {
        let tiles: Vec<Tile> =
            (0..page.drawn.images.len()).filter_map(|index| tile(page, index, infos)).collect();
        if tiles.len() < 2 || tiles.len() > MOST_TILES {
            return Vec::new();
        }
        groups(&tiles).iter().filter_map(|group| arrange(group)).collect()
    }

    /// Puts a mosaic together at its tiles' resolution, on white: each tile's pixels as they are where
    /// its scale is the mosaic's, else resampled. `None` where the seams show that these are
    /// pictures of their own, set edge to edge.
    ///
    /// # Errors
    /// When MuPDF cannot draw a tile, or the whole would be too large.
    pub fn stitch(&self, page: &Page, mosaic: &Mosaic) -> Result<Option<Picture>, PdfError> {
        let xref = page.drawn.images[mosaic.first].xref.unwrap_or(0);
        let broken = |problem: String| PdfError::BrokenImage { xref, problem };
        check_size(mosaic.width, mosaic.height).map_err(broken)?;
        let (sx, sy) = mosaic.scale();
        let images: Vec<_> = mosaic
            .tiles
            .iter()
            .zip(&mosaic.cells)
            .map(|(&index, cell)| {
                let (drawn, manner) = (&page.drawn.images[index], &page.manners[index]);
                let clip = manner.clip.map(|clip| {
                    let x = |v: f32| ((v - mosaic.bbox.x0) / sx).round();
                    let y = |v: f32| ((v - mosaic.bbox.y0) / sy).round();
                    Rect::new(x(clip.x0), y(clip.y0), x(clip.x1), y(clip.y1))
                });
                (drawn, manner, cell.matrix(&drawn.transform), clip)
            })
            .collect();
        let whole = self
            .at_easel(|easel| easel.compose(&images, mosaic.width, mosaic.height))
            .map_err(broken)?
            .ok_or_else(|| broken("MuPDF returned too few pixels".into()))?;
        if mosaic.might_be_panels() && !Seams::of(mosaic, &whole).continue_pictures() {
            return Ok(None);
        }
        Picture::png(&whole, "", "").map(Some).map_err(|source| broken(source.to_string()))
    }
}

impl Mosaic {
    /// Points a pixel, across and down.
    fn scale(&self) -> (f32, f32) {
        (self.transform.a / self.width as f32, -self.transform.d / self.height as f32)
    }

    /// Whether the tiles are few and of a size and shape that pictures have: then they may be panels
    /// without a gutter.
    fn might_be_panels(&self) -> bool {
        let like_a_panel = |cell: &Cell| {
            let (short, long) = (cell.width.min(cell.height), cell.width.max(cell.height));
            short as f32 >= STRIP && long as f32 <= SLENDER * short as f32
        };
        self.cells.iter().filter(|cell| like_a_panel(cell)).count() * 2 > self.cells.len()
    }
}

impl Cell {
    /// The matrix that puts an image into the cell, turned as `transform` turns it.
    fn matrix(&self, transform: &Matrix) -> Matrix {
        let (x, y) = (self.x as f32, self.y as f32);
        let (w, h) = (self.width as f32, self.height as f32);
        // From the end where the image's own axis starts.
        let along = |start: f32, length: f32, forward: bool| {
            if forward { (length, start) } else { (-length, start + length) }
        };
        if transform.a.abs() >= transform.b.abs() {
            let (a, e) = along(x, w, transform.a >= 0.0);
            let (d, f) = along(y, h, transform.d >= 0.0);
            Matrix { a, b: 0.0, c: 0.0, d, e, f }
        } else {
            let (c, e) = along(x, w, transform.c >= 0.0);
            let (b, f) = along(y, h, transform.b >= 0.0);
            Matrix { a: 0.0, b, c, d: 0.0, e, f }
        }
    }

    fn contains(&self, x: i32, y: i32) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }
}

fn tile(page: &Page, index: usize, infos: &HashMap<u32, ImageInfo>) -> Option<Tile> {
    let (drawn, manner) = (&page.drawn.images[index], &page.manners[index]);
    let (width, height) = Document::size(page, index, infos)?;
    let m = &drawn.transform;
    if width == 0 || height == 0 || !m.keeps_upright() || manner.shaped || manner.blends {
        return None;
    }
    let turned = m.a.abs() < m.b.abs();
    let (across, down) = if turned { (height, width) } else { (width, height) };
    let own_mask = drawn.xref.and_then(|xref| infos.get(&xref)).is_some_and(ImageInfo::masked);
    Some(Tile {
        index,
        whole: m.unit_square(),
        seen: drawn.bbox,
        across: across as f32,
        down: down as f32,
        layered: manner.mask.is_some() || own_mask,
    })
}

impl Tile {
    /// Points a pixel, across and down.
    fn scale(&self) -> (f32, f32) {
        (self.whole.width() / self.across, self.whole.height() / self.down)
    }

    fn is_strip(&self) -> bool {
        let (short, long) = (self.across.min(self.down), self.across.max(self.down));
        short < STRIP || long > SLENDER * short
    }

    /// Whether the two belong to one picture.
    fn continues(&self, other: &Self) -> bool {
        let ((ax, ay), (bx, by)) = (self.scale(), other.scale());
        let px = ax.min(bx);
        let py = ay.min(by);
        // Space between the two; negative where they overlap. In pixels.
        let dx = (self.seen.x0.max(other.seen.x0) - self.seen.x1.min(other.seen.x1)) / px;
        let dy = (self.seen.y0.max(other.seen.y0) - self.seen.y1.min(other.seen.y1)) / py;
        if dx > GAP || dy > GAP {
            return false;
        }
        if self.whole == other.whole {
            // One drawn again, clipped otherwise, or under a mask.
            return self.layered && other.layered;
        }
        let alike = same_scale(ax, bx, self.across.min(other.across))
            && same_scale(ay, by, self.down.min(other.down));
        let deep = dx < -OVERLAP && dy < -OVERLAP;
        if alike && deep {
            return self.layered || other.layered || (self.is_strip() && other.is_strip());
        }
        // Corners that touch join nothing.
        if alike && (dx < -1.0 || dy < -1.0) {
            return true;
        }
        !deep && (self.is_strip() || other.is_strip()) && self.shares_side(other, dx, dy)
    }

    /// Whether a whole side of both is the same line.
    fn shares_side(&self, other: &Self, dx: f32, dy: f32) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() < 0.3;
        let (a, b) = (&self.seen, &other.seen);
        (dy.abs() < GAP && near(a.x0, b.x0) && near(a.x1, b.x1))
            || (dx.abs() < GAP && near(a.y0, b.y0) && near(a.y1, b.y1))
    }
}

/// Whether two scales are one, or so near that `pixels` of them end within a pixel of each other.
fn same_scale(a: f32, b: f32, pixels: f32) -> bool {
    let difference = (a - b).abs() / a.min(b);
    difference <= SAME_SCALE || difference * pixels <= GAP
}

/// Tiles that continue one another, two or more together; in drawing order.
fn groups(tiles: &[Tile]) -> Vec<Vec<Tile>> {
    let mut order: Vec<usize> = (0..tiles.len()).collect();
    order.sort_by(|&a, &b| tiles[a].seen.y0.total_cmp(&tiles[b].seen.y0));
    let mut parent: Vec<usize> = (0..tiles.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (position, &a) in order.iter().enumerate() {
        let reach = tiles[a].seen.y1 + GAP * tiles[a].scale().1.max(1.0);
        for &b in &order[position + 1..] {
            if tiles[b].seen.y0 > reach {
                break;
            }
            let (ra, rb) = (root(&mut parent, a), root(&mut parent, b));
            if ra != rb && tiles[a].continues(&tiles[b]) {
                parent[ra.max(rb)] = ra.min(rb);
            }
        }
    }
    let mut groups: HashMap<usize, Vec<Tile>> = HashMap::new();
    for (at, tile) in tiles.iter().enumerate() {
        groups.entry(root(&mut parent, at)).or_default().push(*tile);
    }
    let mut groups: Vec<Vec<Tile>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_by_key(|group| group[0].index);
    groups
}

/// Places tiles on one grid of pixels.
fn arrange(tiles: &[Tile]) -> Option<Mosaic> {
    let seen = tiles.iter().map(|tile| tile.seen).reduce(|all, tile| all.union(&tile))?;
    let x = Axis::of(tiles.iter().map(|t| (t.whole.x0, t.whole.x1, t.across, t.down)))?;
    let y = Axis::of(tiles.iter().map(|t| (t.whole.y0, t.whole.y1, t.down, t.across)))?;
    let (left, right) = (x.pixel(seen.x0), x.pixel(seen.x1));
    let (top, bottom) = (y.pixel(seen.y0), y.pixel(seen.y1));
    let (width, height) = (right - left, bottom - top);
    if seen.width().min(seen.height()) < SMALLEST
        || width.min(height) < SMALLEST
        || f64::from(width) * f64::from(height) > MOST_PIXELS as f64
    {
        return None;
    }
    let cells = tiles.iter().map(|tile| {
        let (x, width) = x.cell(tile.whole.x0, tile.whole.x1, tile.across);
        let (y, height) = y.cell(tile.whole.y0, tile.whole.y1, tile.down);
        Cell { x: x - left as i32, y: y - top as i32, width, height }
    });
    let bbox = Rect::new(x.point(left), y.point(top), x.point(right), y.point(bottom));
    let first = tiles.iter().min_by(|a, b| {
        let row = |tile: &Tile| y.pixel(tile.seen.y0);
        row(a).total_cmp(&row(b)).then(a.seen.x0.total_cmp(&b.seen.x0))
    })?;
    Some(Mosaic {
        tiles: tiles.iter().map(|tile| tile.index).collect(),
        first: first.index,
        transform: Matrix {
            a: bbox.width(),
            b: 0.0,
            c: 0.0,
            d: -bbox.height(),
            e: bbox.x0,
            f: bbox.y1,
        },
        bbox,
        width: width as u32,
        height: height as u32,
        cells: cells.collect(),
    })
}

/// One direction of the grid.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Points a pixel.
    scale: f32,
    /// Points from 0 to where a pixel begins.
    phase: f32,
}

impl Axis {
    /// From where tiles begin and end, in points, their pixels in this direction and the other.
    fn of(tiles: impl Iterator<Item = (f32, f32, f32, f32)> + Clone) -> Option<Self> {
        // Where each tile's ends are rounded, long ones tell the scale best.
        let (points, pixels) = tiles
            .clone()
            .map(|(start, end, pixels, _)| (f64::from(end - start), f64::from(pixels)))
            .fold((0.0, 0.0), |(points, pixels), tile| {
                (points + tile.0 * tile.1, pixels + tile.1 * tile.1)
            });
        let mean = (points / pixels) as f32;
        let finest = tiles
            .clone()
            .filter(|(_, _, pixels, _)| *pixels >= 16.0)
            .map(|(start, end, pixels, _)| (end - start) / pixels)
            .fold(mean, f32::min);
        let scale = if finest < mean * (1.0 - SAME_SCALE) { finest } else { mean };
        if !scale.is_finite() || scale <= 0.0 {
            return None;
        }
        // The phase most pixels agree on: the mean direction of the starts on a circle.
        let (sine, cosine) = tiles.fold((0.0_f64, 0.0_f64), |(sine, cosine), tile| {
            let turn = f64::from(tile.0 / scale).fract() * std::f64::consts::TAU;
            let weight = f64::from(tile.2) * f64::from(tile.3);
            (sine + weight * turn.sin(), cosine + weight * turn.cos())
        });
        let phase = (sine.atan2(cosine) / std::f64::consts::TAU) as f32 * scale;
        Some(Self { scale, phase })
    }

    fn pixel(&self, point: f32) -> f32 {
        ((point - self.phase) / self.scale).round()
    }

    fn point(&self, pixel: f32) -> f32 {
        pixel * self.scale + self.phase
    }

    /// First pixel and number of pixels: the tile's own number, unless it is drawn at another scale.
    fn cell(&self, start: f32, end: f32, pixels: f32) -> (i32, i32) {
        let length = (end - start) / self.scale;
        let own = (length - pixels).abs() < 1.0 || same_scale(length, pixels, 1.0);
        let length = if own && (length - pixels).abs() < 1.5 { pixels } else { length.round() };
        (self.pixel(start) as i32, (length as i32).max(1))
    }
}

/// What the edges between tiles look like.
#[derive(Debug, Default)]
struct Seams {
    /// Seams across which the picture goes on, and seams at which another one begins.
    through: usize,
    broken: usize,
}

impl Seams {
    fn of(mosaic: &Mosaic, whole: &DynamicImage) -> Self {
        let grey = whole.to_luma8();
        let top = |x: i32, y: i32| mosaic.cells.iter().rposition(|cell| cell.contains(x, y));
        let level = |x: i32, y: i32| i32::from(grey.get_pixel(x as u32, y as u32).0[0]);
        let inside =
            |x: i32, y: i32| whole.in_bounds(x.max(0) as u32, y.max(0) as u32) && x >= 0 && y >= 0;
        let mut seams = Self::default();
        for cell in &mosaic.cells {
            // Both far ends of each tile: the near ends are those of others.
            let right = (0..cell.height).map(|i| ((cell.x + cell.width, cell.y + i), (1, 0)));
            let below = (0..cell.width).map(|i| ((cell.x + i, cell.y + cell.height), (0, 1)));
            let left = (0..cell.height).map(|i| ((cell.x, cell.y + i), (1, 0)));
            let above = (0..cell.width).map(|i| ((cell.x + i, cell.y), (0, 1)));
            let edges: [Vec<_>; 4] =
                [right.collect(), below.collect(), left.collect(), above.collect()];
            for edge in edges {
                let mut profile = Profile::default();
                for ((x, y), (dx, dy)) in edge {
                    // Two pixels on either side of the edge.
                    let places = [-2, -1, 0, 1].map(|step| (x + step * dx, y + step * dy));
                    if !places.iter().all(|&(x, y)| inside(x, y)) {
                        continue;
                    }
                    let (before, after) =
                        (top(places[1].0, places[1].1), top(places[2].0, places[2].1));
                    if before.is_some() && after.is_some() && before != after {
                        profile.add(places.map(|(x, y)| level(x, y)));
                    }
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

    fn continue_pictures(&self) -> bool {
        self.through > self.broken
    }
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
