//! A compound of which the rows are known: its gutters and seams are looked for near even ones.

use std::ops::RangeInclusive;

use image::GrayImage;

use super::parts;
use super::pixels::Pixels;
use super::pixels::{Axis, extent};
use super::separators::{Cut, TrimTo, gutters, trim};
use covid_ct_core::PanelBox;

/// Smallest side of a cell in pixels: a curator who asks for less has mistyped.
const LEAST: u32 = 8;

/// How far from its even place a cut may lie, as a share of an even cell.
const REACH: f64 = 0.45;

/// Share of a line's pixels that must jump for it to count as a seam here, where one is known to be.
const TRACE: f64 = 0.08;

/// What being a reach away from the even place takes off the strength of a cut.
const ASTRAY: f64 = 0.5;

#[derive(Debug, Clone, Copy)]
struct Found {
    cut: Cut,
    /// The grey level of the gutter; `None` for a seam.
    level: Option<u8>,
    strength: f64,
}

/// The panels of a picture whose rows have `rows` panels each, in reading order; `None` where they would
/// be smaller than [`LEAST`]. A cut of which nothing shows is made where the other rows have it, else
/// evenly.
pub fn grid(picture: &GrayImage, rows: &[usize]) -> Option<Vec<PanelBox>> {
    divide(picture, rows).map(|(cells, _)| cells)
}

/// The same where every cut shows, with the strength of the weakest: about 1 for a gutter, for a seam the
/// share of its pixels that jump, less for what lies off its even place.
pub(super) fn shown(picture: &GrayImage, rows: &[usize]) -> Option<(Vec<PanelBox>, f64)> {
    let (cells, strength) = divide(picture, rows)?;
    Some((cells, strength?))
}

/// The cells, and the strength of the weakest cut; `None` where one does not show.
fn divide(picture: &GrayImage, rows: &[usize]) -> Option<(Vec<PanelBox>, Option<f64>)> {
    let whole = PanelBox::whole(picture.width(), picture.height());
    if rows.is_empty() || !fits(whole, Axis::Rows, rows.len()) {
        return None;
    }
    let pixels = Pixels::new(picture);
    let region = trim(&pixels, whole, TrimTo::Paper);
    let found = cuts(&pixels, region, Axis::Rows, rows.len());
    let bands = divided(&pixels, region, Axis::Rows, &placed(region, Axis::Rows, &found));
    let mut of_rows: Vec<(PanelBox, Vec<Option<Found>>)> = Vec::new();
    for (band, &count) in bands.into_iter().zip(rows) {
        let band = if count > 1 { trim(&pixels, band, TrimTo::Paper) } else { band };
        if !fits(band, Axis::Columns, count) {
            return None;
        }
        of_rows.push((band, cuts(&pixels, band, Axis::Columns, count)));
    }
    agree(&pixels, &mut of_rows);
    let borrowed: Vec<Vec<Option<Found>>> =
        of_rows.iter().map(|(_, cuts)| complete(cuts, &of_rows)).collect();
    let cells = of_rows.iter().zip(borrowed).flat_map(|((band, _), cuts)| {
        divided(&pixels, *band, Axis::Columns, &placed(*band, Axis::Columns, &cuts))
    });
    let cells: Vec<PanelBox> = cells.collect();
    let right = cells.len() == rows.iter().sum::<usize>();
    let all = of_rows.iter().flat_map(|(_, cuts)| cuts).chain(&found);
    let weakest = all
        .map(|cut| cut.map(|found| found.strength))
        .try_fold(1.0, |least: f64, cut| cut.map(|strength| least.min(strength)));
    (right && cells.iter().all(|cell| cell.w.min(cell.h) >= LEAST)).then_some((cells, weakest))
}

/// The same of a picture that nobody can look into: even rows of even panels.
pub fn even_grid(region: PanelBox, rows: &[usize]) -> Option<Vec<PanelBox>> {
    let even = |region, axis, count: usize| {
        let cuts = placed(region, axis, &vec![None; count.saturating_sub(1)]);
        let cuts: Vec<Cut> = cuts.into_iter().map(|found| found.cut).collect();
        fits(region, axis, count).then(|| parts(region, axis, &cuts))
    };
    let bands = even(region, Axis::Rows, rows.len())?;
    let cells = bands.into_iter().zip(rows).map(|(band, &count)| even(band, Axis::Columns, count));
    cells.collect::<Option<Vec<_>>>().map(|cells| cells.concat())
}

/// Whether so many cells have room along an axis.
fn fits(region: PanelBox, axis: Axis, count: usize) -> bool {
    let (_, length) = extent(region, axis);
    count > 0 && u32::try_from(count).is_ok_and(|count| length / count >= LEAST)
}

/// Where the `index`th of `parts` even parts ends.
fn even(region: PanelBox, axis: Axis, index: usize, parts: usize) -> u32 {
    let (start, length) = extent(region, axis);
    start + (u64::from(length) * index as u64 / parts.max(1) as u64) as u32
}

/// The cut nearest to each even place that shows, the strongest first; `None` where none does.
fn cuts(picture: &Pixels, region: PanelBox, axis: Axis, count: usize) -> Vec<Option<Found>> {
    let (start, length) = extent(region, axis);
    let reach = ((f64::from(length) / count as f64 * REACH) as u32).max(1);
    let bands: Vec<(Cut, u8, f64)> = gutters(picture, region, axis)
        .into_iter()
        .flat_map(|of| of.cuts.clone().into_iter().map(move |cut| (cut, of.level, of.sharpness)))
        .collect();
    let best = |index: usize| {
        let even = even(region, axis, index, count);
        let astray = |at: u32| ASTRAY * f64::from(at.abs_diff(even)) / f64::from(reach);
        let near = |at: u32| at.abs_diff(even) <= reach;
        let gutters = bands.iter().filter_map(|&(cut, level, sharpness)| {
            let middle = u32::midpoint(cut.from, cut.to);
            let strength = 0.5 + sharpness - astray(middle);
            near(middle).then_some(Found { cut, level: Some(level), strength })
        });
        let window: RangeInclusive<u32> =
            even.saturating_sub(reach).max(start + 1)..=(even + reach).min(start + length - 1);
        // The edge of a gutter jumps, too.
        let beside = |at: u32| bands.iter().any(|(cut, ..)| at + 3 >= cut.from && at <= cut.to + 3);
        let seams = window.filter(|&at| !beside(at)).filter_map(|at| {
            let jumps = picture.jumps(region, axis, at, 0.0, 1.0);
            let strength = 2.0 * jumps - astray(at);
            let cut = Cut { from: at, to: at };
            (jumps >= TRACE).then_some(Found { cut, level: None, strength })
        });
        gutters.chain(seams).max_by(|a, b| a.strength.total_cmp(&b.strength))
    };
    let mut found: Vec<Option<Found>> = (1..count).map(best).collect();
    // Two places that take one cut, or cuts out of order, are none.
    for at in 1..found.len() {
        if let (Some(before), Some(after)) = (found[at - 1], found[at])
            && after.cut.from < before.cut.to + LEAST
        {
            (found[at - 1], found[at]) = (None, None);
        }
    }
    found
}

/// Share of a cell by which the cuts of rows that stand over each other may differ.
const AGREE: f64 = 0.04;

/// Of rows of as many panels, a cut that lies off those of the others is moved to where they have it, if
/// something shows there.
fn agree(picture: &Pixels, rows: &mut [(PanelBox, Vec<Option<Found>>)]) {
    let middles: Vec<Vec<Option<u32>>> = rows
        .iter()
        .map(|(_, cuts)| (0..cuts.len()).map(|at| middle_of(rows, cuts.len(), at)).collect())
        .collect();
    for ((band, cuts), middles) in rows.iter_mut().zip(middles) {
        let near = (f64::from(band.w) / (cuts.len() + 1) as f64 * AGREE) as u32;
        for (cut, middle) in cuts.iter_mut().zip(middles) {
            let (Some(found), Some(middle)) = (*cut, middle) else { continue };
            if found.cut.from.abs_diff(middle) <= near || found.cut.to.abs_diff(middle) <= near {
                continue;
            }
            let jumps = |at: u32| picture.jumps(*band, Axis::Columns, at, 0.0, 1.0);
            let window = middle.saturating_sub(near).max(band.x + 1)
                ..=(middle + near).min(band.x + band.w - 1);
            let best = window.max_by(|&a, &b| jumps(a).total_cmp(&jumps(b)));
            let best = best.filter(|&at| jumps(at) >= TRACE / 2.0);
            *cut = best.map_or(*cut, |at| {
                let strength = found.strength;
                Some(Found { cut: Cut { from: at, to: at }, level: None, strength })
            });
        }
    }
}

/// Where the middle one of the rows with as many cuts has a cut; `None` of fewer than three rows.
fn middle_of(rows: &[(PanelBox, Vec<Option<Found>>)], count: usize, at: usize) -> Option<u32> {
    let others = rows.iter().filter(|(_, cuts)| cuts.len() == count);
    let mut seen: Vec<u32> = others.filter_map(|(_, cuts)| Some(cuts[at]?.cut.from)).collect();
    seen.sort_unstable();
    (seen.len() > 2).then(|| seen[seen.len() / 2])
}

/// The cuts of a row; one that does not show is made where most of the other rows of as many panels, and
/// of about the same place, have it.
fn complete(cuts: &[Option<Found>], rows: &[(PanelBox, Vec<Option<Found>>)]) -> Vec<Option<Found>> {
    let of = |index: usize| {
        let others = rows.iter().filter(|(_, other)| other.len() == cuts.len());
        let mut seen: Vec<Found> = others.filter_map(|(_, other)| other[index]).collect();
        seen.sort_by_key(|found| found.cut.from);
        seen.get(seen.len() / 2).copied()
    };
    cuts.iter().enumerate().map(|(index, cut)| cut.or_else(|| of(index))).collect()
}

/// The cuts, even where none was found.
fn placed(region: PanelBox, axis: Axis, found: &[Option<Found>]) -> Vec<Found> {
    let even = |index| {
        let at = even(region, axis, index, found.len() + 1);
        Found { cut: Cut { from: at, to: at }, level: None, strength: 0.0 }
    };
    (1..).zip(found).map(|(index, cut)| cut.unwrap_or_else(|| even(index))).collect()
}

/// The parts between cuts, less what is of the level of the gutters beside them.
fn divided(picture: &Pixels, region: PanelBox, axis: Axis, found: &[Found]) -> Vec<PanelBox> {
    let cuts: Vec<Cut> = found.iter().map(|found| found.cut).collect();
    let levels: Vec<Option<u8>> = found.iter().map(|found| found.level).collect();
    let parts = parts(region, axis, &cuts).into_iter().enumerate();
    parts
        .map(|(index, part)| {
            let mut beside = [index.checked_sub(1), Some(index)].into_iter().flatten();
            let level = beside.find_map(|at| levels.get(at).copied().flatten());
            level.map_or(part, |level| trim(picture, part, TrimTo::Level(level)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Grid;
    use super::*;

    fn assert_found(picture: &GrayImage, rows: &[usize], expected: &[PanelBox]) {
        let found = grid(picture, rows).expect("a grid");
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.iou(*expected) > 0.9, "{found} for {expected}");
        }
    }

    #[test]
    fn gutters_and_seams_are_found_near_even_places() {
        let (columns, rows) = (&[150, 130, 150, 140][..], &[120, 100, 120][..]);
        for (gutter, level) in [(8, 255), (3, 0), (0, 0)] {
            let drawn = Grid { columns, rows, gutter, level, noise: 3 };
            assert_found(&drawn.draw(4), &[4, 4, 4], &drawn.boxes());
        }
    }

    #[test]
    fn rows_may_have_different_counts() {
        let mut picture = GrayImage::from_pixel(480, 260, image::Luma([255]));
        let (upper, lower) = (
            Grid { columns: &[150, 150, 150], rows: &[120], gutter: 8, level: 255, noise: 2 },
            Grid { columns: &[200, 250], rows: &[120], gutter: 8, level: 255, noise: 2 },
        );
        image::imageops::replace(&mut picture, &upper.draw(1), 7, 5);
        image::imageops::replace(&mut picture, &lower.draw(2), 7, 133);
        let moved = |boxes: Vec<PanelBox>, down| {
            boxes.into_iter().map(move |b| PanelBox { x: b.x + 7, y: b.y + down, ..b })
        };
        let expected: Vec<PanelBox> =
            moved(upper.boxes(), 5).chain(moved(lower.boxes(), 133)).collect();
        assert_found(&picture, &[3, 2], &expected);
    }

    #[test]
    fn where_nothing_shows_the_cuts_are_even_and_what_is_too_small_is_none() {
        let blank = GrayImage::from_pixel(90, 60, image::Luma([9]));
        let found = grid(&blank, &[3, 1]).expect("a grid");
        assert_eq!(found, even_grid(PanelBox::whole(90, 60), &[3, 1]).expect("a grid"));
        assert_eq!(
            (found[1], found[3]),
            (PanelBox { x: 30, y: 0, w: 30, h: 30 }, PanelBox { x: 0, y: 30, w: 90, h: 30 })
        );
        for rows in [&[12, 12][..], &[1; 9][..], &[][..], &[0][..]] {
            assert_eq!(grid(&blank, rows), None);
        }
        assert_eq!(even_grid(PanelBox::whole(90, 60), &[12]), None);
    }
}
