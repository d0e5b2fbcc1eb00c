//! Generated grids, and pictures that must not be cut.

use image::Luma;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::*;

/// A grid of tiles, a dark disc on stripes each, with gutters of one grey, and noise of up to `noise` levels over all.
pub(in crate::curation) struct Grid<'a> {
    pub(in crate::curation) columns: &'a [u32],
    pub(in crate::curation) rows: &'a [u32],
    pub(in crate::curation) gutter: u32,
    pub(in crate::curation) level: u8,
    pub(in crate::curation) noise: u8,
}

impl Grid<'_> {
    pub(in crate::curation) fn boxes(&self) -> Vec<PanelBox> {
        let starts = |sizes: &[u32]| {
            sizes
                .iter()
                .scan(0, |next, &size| {
                    let start = *next;
                    *next += size + self.gutter;
                    Some((start, size))
                })
                .collect::<Vec<_>>()
        };
        let columns = starts(self.columns);
        starts(self.rows)
            .into_iter()
            .flat_map(|(y, h)| columns.iter().map(move |&(x, w)| PanelBox { x, y, w, h }))
            .collect()
    }

    pub(in crate::curation) fn draw(&self, seed: u64) -> GrayImage {
        let side =
            |sizes: &[u32]| sizes.iter().sum::<u32>() + self.gutter * (sizes.len() as u32 - 1);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut picture =
            GrayImage::from_pixel(side(self.columns), side(self.rows), Luma([self.level]));
        for panel in self.boxes() {
            let dark: u8 = rng.random_range(0..90);
            let (period, phase) = (rng.random_range(16..40), rng.random_range(0..40));
            for y in 0..panel.h {
                for x in 0..panel.w {
                    let stripe = if (x + y + phase) / period % 2 == 0 { 220 } else { 140 };
                    let level = if ellipse(x, y, panel) { dark } else { stripe };
                    let grain = rng.random_range(0..16);
                    let level = level.saturating_add(grain).saturating_sub(8);
                    picture.put_pixel(panel.x + x, panel.y + y, Luma([level]));
                }
            }
        }
        if self.noise > 0 {
            for Luma([level]) in picture.pixels_mut() {
                let off = rng.random_range(0..=self.noise);
                *level = if rng.random() {
                    level.saturating_add(off)
                } else {
                    level.saturating_sub(off)
                };
            }
        }
        picture
    }
}

fn ellipse(x: u32, y: u32, panel: PanelBox) -> bool {
    let off = |at: u32, side: u32| (f64::from(at) / f64::from(side) - 0.5) / 0.4;
    off(x, panel.w).hypot(off(y, panel.h)) < 1.0
}

fn assert_found(grid: &Grid<'_>, what: &str) {
    let (found, expected) = (propose(&grid.draw(1)), grid.boxes());
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!(found.iou(*expected) > 0.9, "{what}: {found} for {expected}");
    }
}

#[test]
fn grids_with_gutters_of_any_grey() {
    for level in [0, 128, 255] {
        let (columns, rows) = (&[150, 150, 150][..], &[120, 120][..]);
        assert_found(&Grid { columns, rows, gutter: 8, level, noise: 0 }, &format!("{level}"));
        assert_found(
            &Grid { columns, rows, gutter: 3, level, noise: 8 },
            &format!("{level}, noise"),
        );
    }
}

#[test]
fn unequal_sizes() {
    let grid =
        Grid { columns: &[200, 120, 160], rows: &[100, 140], gutter: 10, level: 255, noise: 4 };
    assert_found(&grid, "unequal");
}

#[test]
fn tiles_that_touch() {
    let grid = Grid { columns: &[160, 160], rows: &[130, 130], gutter: 0, level: 0, noise: 4 };
    assert_found(&grid, "no gutter");
}

#[test]
fn letters_and_tiles_tell_of_seams_that_pixels_hardly_show() {
    // Nothing jumps but the stripes in a sixth of the seam.
    let picture = GrayImage::from_fn(360, 150, |x, y| {
        let phase = if x < 180 && y < 26 { 24 } else { 0 };
        Luma([(((x + y + phase) / 24 % 2) * 60 + 100) as u8])
    });
    assert_eq!(propose(&picture), [PanelBox::whole(360, 150)]);
    let halves =
        [PanelBox { x: 0, y: 0, w: 180, h: 150 }, PanelBox { x: 180, y: 0, w: 180, h: 150 }];
    let letters = Hints { letters: vec![(8, 8), (190, 8)], ..Hints::default() };
    assert_eq!(propose_with(&picture, &letters), halves, "by letters");
    let tiles = Hints { columns: vec![180], ..Hints::default() };
    assert_eq!(propose_with(&picture, &tiles), halves, "by tiles");
}

#[test]
fn one_scan_is_one_panel() {
    let grid = Grid { columns: &[300], rows: &[240], gutter: 0, level: 0, noise: 6 };
    assert_found(&grid, "one");
}

#[test]
fn the_number_of_letters_votes_for_a_grid_that_hardly_shows() {
    // Twelve scans that abut and are alike at their edges: only where a ridge of every other one ends, along
    // a sixth of each seam, anything jumps.
    let ridge = |at: u32, middle: u32| 60_u32.saturating_sub(5 * at.abs_diff(middle));
    let picture = GrayImage::from_fn(480, 300, |x, y| {
        let (inside, below) = (x % 120, y % 100);
        let is_even = (x / 120 + y / 100) % 2 == 0;
        let more = if is_even { ridge(inside, 60).max(ridge(below, 50)) } else { 0 };
        Luma([(20 + inside.min(119 - inside) + below.min(99 - below) + more) as u8])
    });
    assert!(propose(&picture).len() < 12, "{:?}", propose(&picture));
    let found = propose_with(&picture, &Hints { count: Some(12), ..Hints::default() });
    assert_eq!(found.len(), 12, "{found:?}");
    for (at, panel) in found.iter().enumerate() {
        let (x, y) = (at as u32 % 4 * 120, at as u32 / 4 * 100);
        assert!(panel.iou(PanelBox { x, y, w: 120, h: 100 }) > 0.9, "{panel}");
    }
}

#[test]
fn letters_divide_no_scan_that_shows_no_seam() {
    let grid = Grid { columns: &[300], rows: &[240], gutter: 0, level: 0, noise: 6 };
    let picture = GrayImage::from_pixel(300, 240, Luma([120]));
    for picture in [picture, grid.draw(1)] {
        let found = propose_with(&picture, &Hints { count: Some(6), ..Hints::default() });
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn a_panel_as_high_as_two_beside_it_is_two_where_two_columns_say_so() {
    // In the first column white bodies meet, so nothing shows there but at the border.
    let grid = Grid { columns: &[150; 4], rows: &[120, 120, 120], gutter: 4, level: 255, noise: 2 };
    let mut picture = grid.draw(8);
    for y in 100..150 {
        for x in 4..150 {
            picture.put_pixel(x, y, Luma([235]));
        }
    }
    let found = propose(&picture);
    assert_eq!(found.len(), 12, "{found:?}");
}

#[test]
fn letters_in_the_margin_are_no_panels() {
    let mut picture = GrayImage::from_pixel(340, 170, Luma([255]));
    for (x, seed) in [(10, 1), (180, 2)] {
        let tile = Grid { columns: &[150], rows: &[120], gutter: 0, level: 0, noise: 0 };
        image::imageops::replace(&mut picture, &tile.draw(seed), x, 40);
        let letter = GrayImage::from_pixel(8, 14, Luma([0]));
        image::imageops::replace(&mut picture, &letter, x - 8, 10);
    }
    let expected =
        [PanelBox { x: 10, y: 40, w: 150, h: 120 }, PanelBox { x: 180, y: 40, w: 150, h: 120 }];
    assert_eq!(propose(&picture), expected);
}

#[test]
fn the_two_lungs_of_a_scan_are_not_cut_apart() {
    // White bodies on white paper, as lung windows print: the gap between two lungs is as
    // uniform as the gap between two scans.
    let mut picture = GrayImage::from_pixel(640, 220, Luma([255]));
    for scan in 0..2_u32 {
        for lung in 0..2_u32 {
            let x = scan * 330 + lung * 160 + 10;
            for (dx, dy) in (0..120).flat_map(|dx| (0..200).map(move |dy| (dx, dy))) {
                if ellipse(dx, dy, PanelBox { x: 0, y: 0, w: 120, h: 200 }) {
                    picture.put_pixel(x + dx, dy + 10, Luma([40 + (dx * dy % 50) as u8]));
                }
            }
        }
    }
    assert_eq!(propose(&picture).len(), 2, "{:?}", propose(&picture));
}

#[test]
fn pictures_with_nothing_in_them() {
    assert_eq!(propose(&GrayImage::new(0, 0)), []);
    let blank = GrayImage::from_pixel(300, 200, Luma([255]));
    assert_eq!(propose(&blank), [PanelBox::whole(300, 200)]);
    let pixel = GrayImage::new(1, 1);
    assert_eq!(propose(&pixel), [PanelBox::whole(1, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn panels_lie_inside_and_apart(
        columns in prop::collection::vec(20_u32..120, 1..4),
        rows in prop::collection::vec(20_u32..120, 1..4),
        gutter in 0_u32..12,
        level: u8,
        noise in 0_u8..30,
        seed: u64,
    ) {
        let grid = Grid { columns: &columns, rows: &rows, gutter, level, noise };
        let picture = grid.draw(seed);
        let panels = propose(&picture);
        prop_assert!(!panels.is_empty());
        for (index, panel) in panels.iter().enumerate() {
            prop_assert!(panel.fits(picture.width(), picture.height()));
            for other in &panels[..index] {
                prop_assert_eq!(panel.iou(*other), 0.0);
            }
        }
    }
}
