//! Pictures that a page draws in pieces: strips, grids and masked layers that a program cut one
//! picture into. Found by how the pieces lie, and put together again pixel by pixel.

use std::collections::HashMap;

use super::seams::Seams;
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
    /// Pixels.
    pub height: u32,
    /// Where each tile goes, in pixels.
    cells: Vec<Cell>,
}

/// Pixels of a mosaic, from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
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
const OVERLAP: f32 = 6.0;
/// A piece may be drawn this many pixels wider or narrower than its scale has it: writers round.
const ROUNDING: f32 = 1.25;
/// A layer lies on another with at least this part of it.
const LAYER: f32 = 0.9;
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
        let most = self.limits.pixels;
        groups(&tiles).iter().filter_map(|group| arrange(group, most)).collect()
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
        self.check_size(mosaic.width, mosaic.height).map_err(broken)?;
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
        if mosaic.might_be_panels() && !Seams::of(&mosaic.cells, &whole).continue_pictures() {
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

    pub(super) fn contains(&self, x: i32, y: i32) -> bool {
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
        let (px, py) = (ax.max(bx), ay.max(by));
        // Space between the two; negative where they overlap. In pixels.
        let dx = (self.seen.x0.max(other.seen.x0) - self.seen.x1.min(other.seen.x1)) / px;
        let dy = (self.seen.y0.max(other.seen.y0) - self.seen.y1.min(other.seen.y1)) / py;
        if dx > GAP || dy > GAP {
            return false;
        }
        let deep = dx < -OVERLAP && dy < -OVERLAP;
        // Corners that touch join nothing.
        let beside = !deep && (dx < -0.5 || dy < -0.5);
        if self.whole == other.whole {
            // One image drawn in parts, each clipped to its own; or one layer on another.
            return beside || (self.layered && other.layered);
        }
        let alike = same_scale(ax, bx, self.across.min(other.across))
            && same_scale(ay, by, self.down.min(other.down));
        if alike && deep {
            // Pictures of their own overlap by chance; a layer lies on what it belongs to. One that lets nothing
            // through, an icon on a picture with a mask of its own, is none.
            let common = self.seen.intersect(&other.seen).area();
            let smaller = self.seen.area().min(other.seen.area());
            let above = if self.index > other.index { self } else { other };
            return above.layered && common > LAYER * smaller;
        }
        (alike && beside)
            || (!deep && (self.is_strip() || other.is_strip()) && self.shares_side(other, dx, dy))
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
    difference <= SAME_SCALE || difference * pixels <= ROUNDING
}

/// The one that stands for a set of joined tiles.
fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

/// Tiles that continue one another, two or more together; in drawing order.
fn groups(tiles: &[Tile]) -> Vec<Vec<Tile>> {
    let mut order: Vec<usize> = (0..tiles.len()).collect();
    order.sort_by(|&a, &b| tiles[a].seen.y0.total_cmp(&tiles[b].seen.y0));
    let mut parent: Vec<usize> = (0..tiles.len()).collect();
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
    // One image drawn again and again in its place is no mosaic, unless as layers.
    let pieces = |group: &Vec<Tile>| {
        let other = |tile: &Tile| tile.whole != group[0].whole || tile.layered;
        group.len() > 1 && group[1..].iter().any(other)
    };
    let mut groups: Vec<Vec<Tile>> = groups.into_values().filter(pieces).collect();
    groups.sort_by_key(|group| group[0].index);
    groups
}

/// Places tiles on one grid of pixels.
fn arrange(tiles: &[Tile], most_pixels: u64) -> Option<Mosaic> {
    let seen = tiles.iter().map(|tile| tile.seen).reduce(|all, tile| all.union(&tile))?;
    let x = Axis::of(tiles.iter().map(|t| (t.whole.x0, t.whole.x1, t.across, t.down)))?;
    let y = Axis::of(tiles.iter().map(|t| (t.whole.y0, t.whole.y1, t.down, t.across)))?;
    let (left, right) = (x.pixel(seen.x0), x.pixel(seen.x1));
    let (top, bottom) = (y.pixel(seen.y0), y.pixel(seen.y1));
    let (width, height) = (right - left, bottom - top);
    if seen.width().min(seen.height()) < SMALLEST
        || width.min(height) < SMALLEST
        || f64::from(width) * f64::from(height) > most_pixels as f64
    {
        return None;
    }
    let cells = tiles.iter().map(|tile| {
        let (x, width) = x.cell(tile.whole.x0, tile.whole.x1, tile.across);
        let (y, height) = y.cell(tile.whole.y0, tile.whole.y1, tile.down);
        Cell { x: x.saturating_sub(left as i32), y: y.saturating_sub(top as i32), width, height }
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

    fn pixel(self, point: f32) -> f32 {
        ((point - self.phase) / self.scale).round()
    }

    fn point(self, pixel: f32) -> f32 {
        pixel * self.scale + self.phase
    }

    /// First pixel and number of pixels: the tile's own number, unless it is drawn at another scale.
    fn cell(self, start: f32, end: f32, pixels: f32) -> (i32, i32) {
        let length = (end - start) / self.scale;
        let own = (length - pixels).abs() <= (0.01 * pixels).clamp(0.6, 3.0);
        let length = if own { pixels } else { length.round() };
        (self.pixel(start) as i32, (length as i32).max(1))
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::super::fixture::Pdf;
    use super::*;

    /// A picture without two like rows or columns.
    fn picture(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            Luma([((x * 7 + y * 13 + (x * y) / 5 + (x ^ y)) % 251) as u8])
        })
    }

    /// A page that draws the parts of `whole` that these pixel boxes `(x, y, w, h)` cut out, each at
    /// `scale` points a pixel from the point (10, 90) down, on a page with these entries.
    fn cut(whole: &GrayImage, boxes: &[[u32; 4]], scale: f32, entries: &str) -> Document {
        use std::fmt::Write as _;
        let mut content = String::new();
        let mut resources = String::from("/XObject<<");
        for (index, [x, y, w, h]) in boxes.iter().enumerate() {
            let at = |pixels: u32| pixels as f32 * scale;
            let (left, bottom) = (10.0 + at(*x), 90.0 - at(y + h));
            let _ =
                write!(content, "q {} 0 0 {} {left} {bottom} cm /Im{index} Do Q ", at(*w), at(*h));
            let _ = write!(resources, "/Im{index} {} 0 R", 5 + index);
        }
        let mut pdf = Pdf::page(&content, &(resources + ">>"), entries);
        for [x, y, w, h] in boxes {
            let part = image::imageops::crop_imm(whole, *x, *y, *w, *h).to_image();
            let dict = format!("/Width {w}/Height {h}/BitsPerComponent 8/ColorSpace/DeviceGray");
            pdf = pdf.with_image(&dict, part.as_raw());
        }
        Document::open(&pdf.bytes()).expect("opens")
    }

    /// The stitched pictures of the page.
    fn stitched(document: &Document) -> Vec<GrayImage> {
        let page = document.page(1).expect("page");
        let infos = document.images([&page]);
        let mosaics = document.mosaics(&page, &infos);
        let pictures = mosaics.iter().filter_map(|m| document.stitch(&page, m).expect("stitches"));
        pictures
            .map(|picture| image::load_from_memory(&picture.bytes).expect("PNG").into_luma8())
            .collect()
    }

    #[test]
    fn strips_make_up_the_uncut_picture() {
        let whole = picture(120, 90);
        let rows: Vec<_> = (0..90).map(|y| [0, y, 120, 1]).collect();
        assert!(stitched(&cut(&whole, &rows, 0.54, "")) == [whole.clone()]);
        let strips: Vec<_> = (0..6).map(|i| [20 * i, 0, 20, 90]).collect();
        assert!(stitched(&cut(&whole, &strips, 0.3337, "")) == [whole]);
    }

    #[test]
    fn a_grid_that_overlaps_makes_up_the_uncut_picture() {
        let whole = picture(150, 120);
        let grid = [[0, 0, 80, 70], [78, 0, 72, 70], [0, 68, 80, 52], [78, 68, 72, 52]];
        assert!(stitched(&cut(&whole, &grid, 0.5, "")) == [whole]);
    }

    #[test]
    fn on_a_turned_page_the_picture_is_turned() {
        let whole = picture(120, 90);
        let rows: Vec<_> = (0..9).map(|y| [0, 10 * y, 120, 10]).collect();
        let turned = image::imageops::rotate90(&whole);
        assert!(stitched(&cut(&whole, &rows, 0.5, "/Rotate 90")) == [turned]);
        let turned = image::imageops::rotate270(&whole);
        assert!(stitched(&cut(&whole, &rows, 0.5, "/Rotate 270")) == [turned]);
    }

    #[test]
    fn pictures_with_a_gutter_between_them_stay_apart() {
        let whole = picture(150, 120);
        let panels = [[0, 0, 70, 120], [74, 0, 70, 120]];
        assert!(stitched(&cut(&whole, &panels, 0.5, "")).is_empty());
    }

    #[test]
    fn pictures_set_edge_to_edge_stay_apart_where_the_seam_shows() {
        let mut two = GrayImage::from_fn(240, 120, |x, y| {
            Luma([if x < 120 { (x + y) / 4 } else { 255 - (x - 120 + y) / 4 } as u8])
        });
        let panels = [[0, 0, 120, 120], [120, 0, 120, 120]];
        assert!(stitched(&cut(&two, &panels, 0.3, "")).is_empty());
        // Black all around, as scans are: nothing tells that they belong together.
        for (x, y, pixel) in two.enumerate_pixels_mut() {
            let (dx, dy) = ((x % 120) as i32 - 60, y as i32 - 60);
            *pixel = Luma([if dx * dx + dy * dy < 2500 { 180 } else { 0 }]);
        }
        assert!(stitched(&cut(&two, &panels, 0.3, "")).is_empty());
        // One picture cut in two goes on across the seam.
        let one = GrayImage::from_fn(240, 120, |x, y| Luma([((x + 2 * y) / 3) as u8]));
        assert!(stitched(&cut(&one, &panels, 0.3, "")) == [one]);
    }

    #[test]
    fn pictures_that_overlap_by_chance_stay_apart() {
        let whole = picture(150, 120);
        let boxes = [[0, 0, 90, 80], [60, 40, 90, 80]];
        assert!(stitched(&cut(&whole, &boxes, 0.5, "")).is_empty());
    }

    #[test]
    fn an_image_drawn_in_clipped_parts_is_no_mosaic_of_itself() {
        let whole = picture(120, 90);
        let content = "q 10 45 60 45 re W n 60 0 0 45 10 45 cm /Im Do Q
                       q 10 0 60 45 re W n 60 0 0 45 10 45 cm /Im Do Q";
        let dict = "/Width 120/Height 90/BitsPerComponent 8/ColorSpace/DeviceGray";
        let pdf = Pdf::page(content, "/XObject<</Im 5 0 R>>", "").with_image(dict, whole.as_raw());
        assert!(stitched(&Document::open(&pdf.bytes()).expect("opens")).is_empty());
    }

    #[test]
    fn masked_layers_are_put_one_on_another() {
        let dict = "/Width 60/Height 60/BitsPerComponent 8/ColorSpace/DeviceGray";
        let mask: Vec<u8> = (0..3600).map(|i| if i % 60 < 30 { 0 } else { 255 }).collect();
        let pdf = Pdf::page(
            "q 40 0 0 40 10 10 cm /Below Do /Above Do Q",
            "/XObject<</Below 5 0 R/Above 6 0 R>>",
            "",
        )
        .with_image(&format!("{dict}/SMask 7 0 R"), &[100; 3600])
        .with_image(&format!("{dict}/SMask 8 0 R"), &[200; 3600])
        .with_image(dict, &[255; 3600])
        .with_image(dict, &mask);
        let all = stitched(&Document::open(&pdf.bytes()).expect("opens"));
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].get_pixel(5, 5).0, all[0].get_pixel(50, 5).0), ([100], [200]));
    }

    #[test]
    fn an_icon_on_a_picture_with_a_mask_of_its_own_is_no_layer() {
        let dict = |side: u32| {
            format!("/Width {side}/Height {side}/BitsPerComponent 8/ColorSpace/DeviceGray")
        };
        let draw = |first: &str, second: &str| {
            let place = |name: &str| match name {
                "Icon" => "q 14 0 0 14 60 20 cm /Icon Do Q ",
                _ => "q 80 0 0 80 10 10 cm /Picture Do Q ",
            };
            let names = "/XObject<</Picture 5 0 R/Icon 6 0 R>>";
            Pdf::page(&format!("{}{}", place(first), place(second)), names, "")
                .with_image(&format!("{}/SMask 7 0 R", dict(160)), &vec![100; 160 * 160])
                .with_image(&dict(28), &[200; 28 * 28])
                .with_image(&dict(160), &vec![255; 160 * 160])
        };
        let count = |pdf: Pdf| stitched(&Document::open(&pdf.bytes()).expect("opens")).len();
        assert_eq!(count(draw("Picture", "Icon")), 0);
        assert_eq!(count(draw("Icon", "Picture")), 1, "what the mask lets through is part of it");
    }
}
