//! Proposes the panels of a compound picture from its pixels alone: recursive XY-cut along uniform
//! gutters, and, where there are none, along seams where two tiles meet without one.
//!
//! After Nagy & Seth, "Hierarchical representation of optically scanned documents" (1984): a region
//! is cut by the lines that cross it from side to side, and each part again. What is added is
//! judgement of the parts, because a lung window has white bodies and black air that cross a scan
//! as uniformly as any gutter: a cut counts only where it leaves parts shaped like a scan.

mod separators;

use std::ops::RangeInclusive;

use image::GrayImage;

use super::letters::reading_order;
use crate::store::PanelBox;
use separators::{AXES, Axis, Cut, Gutters, SHARP, Seams, TrimTo, extent, gutters, seams, trim};

/// Smallest side of a panel in pixels; anything less is a letter, a scale bar, a colour bar.
pub const MIN_SIDE: u32 = 40;

/// A part narrower than this share of what it was cut from is furniture beside the panels.
const MIN_SHARE: f64 = 0.08;

/// Width over height that a scan usually has. Half a scan, one lung, is narrower than that.
const SHAPES: RangeInclusive<f64> = 0.7..=2.6;

/// The same where straight edges say that it is one: sagittal views are narrow.
const SHARP_SHAPES: RangeInclusive<f64> = 0.6..=2.6;

/// By how much parts between round-sided bands may differ in size: they count only in even grids.
const UNEVEN: f64 = 1.6;

/// Depth of cuts within cuts: rows, columns, and rows of one column again.
const MAX_DEPTH: u32 = 5;

/// The panels of a picture in reading order, at least one: the whole picture less its uniform
/// border where nothing divides it. They lie inside the picture and do not overlap.
pub fn propose(picture: &GrayImage) -> Vec<PanelBox> {
    let (width, height) = picture.dimensions();
    let whole = PanelBox::whole(width, height);
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let region = trim(picture, whole, TrimTo::Paper);
    let mut panels = divide(picture, region, Trust::Sharp, MAX_DEPTH);
    if panels.is_empty() {
        panels.push(whole);
    }
    reading_order(&mut panels);
    panels
}

/// Whether what a region was cut out by can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Straight-edged gutters or seams: a part that is not shaped like a scan is several.
    Sharp,
    /// Bands with round sides: a part that is not shaped like a scan is half of one.
    Soft,
}

/// The panels of a region; the region itself where nothing divides it.
fn divide(picture: &GrayImage, region: PanelBox, trust: Trust, depth: u32) -> Vec<PanelBox> {
    if depth == 0 || region.w < 2 * MIN_SIDE && region.h < 2 * MIN_SIDE {
        return vec![region];
    }
    let mut gutters: Vec<Gutters> =
        AXES.into_iter().flat_map(|axis| gutters(picture, region, axis)).collect();
    gutters.sort_by(|a, b| b.sharpness.total_cmp(&a.sharpness));
    let by_gutters = gutters.iter().find_map(|gutters| {
        let trust = if gutters.sharpness >= SHARP { Trust::Sharp } else { Trust::Soft };
        let (axis, level) = (gutters.axis, Some(gutters.level));
        choices(&gutters.cuts, region, axis)
            .into_iter()
            .filter(|cuts| trust == Trust::Sharp || is_even(region, axis, cuts))
            .find_map(|cuts| {
                cut_apart(picture, region, &Division { axis, cuts, level, trust }, depth)
            })
    });
    if by_gutters.is_none() && trust == Trust::Soft {
        return vec![region];
    }
    let by_seams = || {
        let needed = !SHAPES.contains(&aspect(region));
        let mut seams: Vec<Seams> =
            AXES.into_iter().flat_map(|axis| seams(picture, region, axis, needed)).collect();
        // A single seam last: where an even division shows as well, it tells more.
        seams.sort_by(|a, b| a.single.cmp(&b.single).then_with(|| b.weakest.total_cmp(&a.weakest)));
        seams.into_iter().find_map(|Seams { axis, cuts, .. }| {
            let division = Division { axis, cuts, level: None, trust: Trust::Sharp };
            cut_apart(picture, region, &division, depth)
        })
    };
    by_gutters.or_else(by_seams).unwrap_or_else(|| vec![region])
}

/// A way to divide a region.
struct Division {
    axis: Axis,
    cuts: Vec<Cut>,
    /// Grey level of the gutters; `None` for seams.
    level: Option<u8>,
    trust: Trust,
}

/// The panels on both sides of every cut, or `None` where that leaves fewer than two or one that is
/// not shaped like a scan.
fn cut_apart(
    picture: &GrayImage,
    region: PanelBox,
    division: &Division,
    depth: u32,
) -> Option<Vec<PanelBox>> {
    let &Division { axis, ref cuts, level, trust } = division;
    let mut divided: Vec<(PanelBox, Vec<PanelBox>)> = Vec::new();
    for part in parts(region, axis, cuts) {
        let part = match level {
            Some(level) => trim(picture, part, TrimTo::Level(level)),
            None => part,
        };
        if !is_furniture(part, region) {
            divided.push((part, divide(picture, part, trust, depth - 1)));
        }
    }
    if trust == Trust::Sharp {
        complete_grid(&mut divided, axis);
    }
    let panels: Vec<PanelBox> = divided.into_iter().flat_map(|(_, panels)| panels).collect();
    let shapes = if trust == Trust::Sharp { SHARP_SHAPES } else { SHAPES };
    (panels.len() >= 2 && panels.iter().all(|&panel| shapes.contains(&aspect(panel))))
        .then_some(panels)
}

/// Width over height.
fn aspect(panel: PanelBox) -> f64 {
    f64::from(panel.w) / f64::from(panel.h)
}

/// Divides the columns (or rows) in which fewer panels were found like the others: where white
/// bodies meet in one column of a grid, the seam shows in the next.
fn complete_grid(parts: &mut [(PanelBox, Vec<PanelBox>)], axis: Axis) {
    let across = match axis {
        Axis::Columns => Axis::Rows,
        Axis::Rows => Axis::Columns,
    };
    let is_stack = |(part, panels): &(PanelBox, Vec<PanelBox>)| {
        panels.len() > 1 && panels.iter().all(|&p| extent(p, axis) == extent(*part, axis))
    };
    let Some(model) = parts.iter().filter(|part| is_stack(part)).max_by_key(|(_, p)| p.len())
    else {
        return;
    };
    let spans: Vec<(u32, u32)> = model.1.iter().map(|&panel| extent(panel, across)).collect();
    let like_model = parts.iter().filter(|(_, panels)| panels.len() == spans.len()).count();
    let most = 2 * like_model > parts.len();
    for (part, panels) in parts {
        let (start, length) = extent(*part, across);
        let unshaped = matches!(panels[..], [only] if !SHAPES.contains(&aspect(only)));
        let fits = spans.iter().all(|&(from, size)| from >= start && from + size <= start + length);
        if panels.len() < spans.len() && (most || unshaped) && fits {
            *panels = spans
                .iter()
                .map(|&(from, size)| match across {
                    Axis::Columns => PanelBox { x: from, w: size, ..*part },
                    Axis::Rows => PanelBox { y: from, h: size, ..*part },
                })
                .collect();
        }
    }
}

/// Whether the parts between the cuts are about equally large.
fn is_even(region: PanelBox, axis: Axis, cuts: &[Cut]) -> bool {
    let sizes: Vec<u32> =
        parts(region, axis, cuts).into_iter().map(|part| extent(part, axis).1).collect();
    let (least, most) = (sizes.iter().min(), sizes.iter().max());
    least.zip(most).is_some_and(|(least, most)| f64::from(*most) <= UNEVEN * f64::from(*least))
}

/// Which of the gutters to cut at, the likeliest choice first: all of them; then, for each number
/// of parts, those nearest to even parts (a grid has even columns; the gaps between the two lungs
/// of each scan in it do not fall there).
fn choices(gutters: &[Cut], region: PanelBox, axis: Axis) -> Vec<Vec<Cut>> {
    if gutters.is_empty() {
        return Vec::new();
    }
    let (start, length) = extent(region, axis);
    let mut choices = vec![gutters.to_vec()];
    for parts in (2..=gutters.len()).rev() {
        let even = |index: usize| start + (length as usize * index / parts) as u32;
        let nearest = |index: usize| {
            gutters
                .iter()
                .min_by_key(|cut| u32::midpoint(cut.from, cut.to).abs_diff(even(index)))
                .filter(|cut| {
                    let off = u32::midpoint(cut.from, cut.to).abs_diff(even(index));
                    off as usize * parts * 8 <= length as usize
                        || cut.from <= even(index) && even(index) < cut.to
                })
                .copied()
        };
        if let Some(cuts) = (1..parts).map(nearest).collect::<Option<Vec<Cut>>>()
            && !choices.contains(&cuts)
        {
            choices.push(cuts);
        }
    }
    choices
}

/// The regions left and right of the cuts.
fn parts(region: PanelBox, axis: Axis, cuts: &[Cut]) -> Vec<PanelBox> {
    let (start, length) = extent(region, axis);
    let starts = std::iter::once(start).chain(cuts.iter().map(|cut| cut.to));
    let ends = cuts.iter().map(|cut| cut.from).chain(std::iter::once(start + length));
    starts
        .zip(ends)
        .filter(|(from, to)| to > from)
        .map(|(from, to)| match axis {
            Axis::Columns => PanelBox { x: from, w: to - from, ..region },
            Axis::Rows => PanelBox { y: from, h: to - from, ..region },
        })
        .collect()
}

/// Whether a part is too small to be a panel of `region`.
fn is_furniture(part: PanelBox, region: PanelBox) -> bool {
    let small = |side: u32, of: u32| side < MIN_SIDE || f64::from(side) < MIN_SHARE * f64::from(of);
    small(part.w, region.w) || small(part.h, region.h)
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// A grid of tiles, a dark disc on stripes each, with gutters of one grey, and noise of up to `noise` levels over all.
    struct Grid<'a> {
        columns: &'a [u32],
        rows: &'a [u32],
        gutter: u32,
        level: u8,
        noise: u8,
    }

    impl Grid<'_> {
        fn boxes(&self) -> Vec<PanelBox> {
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

        fn draw(&self, seed: u64) -> GrayImage {
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

    fn overlap(a: PanelBox, b: PanelBox) -> f64 {
        let common =
            |a0: u32, a1: u32, b0: u32, b1: u32| f64::from(a1.min(b1).saturating_sub(a0.max(b0)));
        let both = common(a.x, a.x + a.w, b.x, b.x + b.w) * common(a.y, a.y + a.h, b.y, b.y + b.h);
        let area = |b: PanelBox| f64::from(b.w) * f64::from(b.h);
        both / (area(a) + area(b) - both)
    }

    fn assert_found(grid: &Grid<'_>, what: &str) {
        let (found, expected) = (propose(&grid.draw(1)), grid.boxes());
        assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(overlap(*found, *expected) > 0.9, "{what}: {found} for {expected}");
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
    fn one_scan_is_one_panel() {
        let grid = Grid { columns: &[300], rows: &[240], gutter: 0, level: 0, noise: 6 };
        assert_found(&grid, "one");
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
                    prop_assert_eq!(overlap(*panel, *other), 0.0);
                }
            }
        }
    }
}
