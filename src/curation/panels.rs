//! Proposes the panels of a compound picture from its pixels alone: recursive XY-cut along uniform
//! gutters, and, where there are none, along seams where two tiles meet without one.
//!
//! After Nagy & Seth, "Hierarchical representation of optically scanned documents" (1984): a region
//! is cut by the lines that cross it from side to side, and each part again. What is added is
//! judgement of the parts, because a lung window has white bodies and black air that cross a scan
//! as uniformly as any gutter: a cut counts only where it leaves parts shaped like a scan.

use image::GrayImage;

use super::letters::reading_order;
use crate::store::PanelBox;

/// Smallest side of a panel in pixels; anything less is a letter, a scale bar, a colour bar.
pub const MIN_SIDE: u32 = 40;

/// A part narrower than this share of what it was cut from is furniture beside the panels.
const MIN_SHARE: f64 = 0.08;

/// Grey levels a gutter pixel may be off its line's own level: JPEG rings by about 8 at quality 75.
const TOLERANCE: u8 = 14;

/// Share of a line's pixels that may be off, for letters and dates set into a gutter.
const STRAY: f64 = 0.03;

/// Width over height of what may be a scan. Half a scan, one lung, is narrower than that.
const SHAPES: std::ops::RangeInclusive<f64> = 0.7..=2.6;

/// Greatest number of parts a seam may cut a region into on one axis.
const MAX_SEAM_PARTS: usize = 8;

/// Depth of cuts within cuts: rows, columns, and rows of one column again.
const MAX_DEPTH: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// Cuts run from top to bottom.
    Columns,
    /// Cuts run from left to right.
    Rows,
}

/// Lines `from..to` along an axis, between two parts; empty for a seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    from: u32,
    to: u32,
}

/// The panels of a picture in reading order, at least one: the whole picture less its uniform
/// border where nothing divides it. They lie inside the picture and do not overlap.
pub fn propose(picture: &GrayImage) -> Vec<PanelBox> {
    let (width, height) = picture.dimensions();
    let whole = PanelBox::whole(width, height);
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let region = trim(picture, whole, TrimTo::Paper);
    let mut panels = divide(picture, region, MAX_DEPTH);
    if panels.is_empty() {
        panels.push(whole);
    }
    reading_order(&mut panels);
    panels
}

/// The panels of a region; the region itself where nothing divides it.
fn divide(picture: &GrayImage, region: PanelBox, depth: u32) -> Vec<PanelBox> {
    if depth == 0 || region.w < 2 * MIN_SIDE && region.h < 2 * MIN_SIDE {
        return vec![region];
    }
    let by_gutters = [Axis::Rows, Axis::Columns].into_iter().find_map(|axis| {
        let gutters = gutters(picture, region, axis);
        choices(&gutters, region, axis)
            .into_iter()
            .find_map(|cuts| cut_apart(picture, region, axis, &cuts, depth))
    });
    let by_seams = || {
        [Axis::Rows, Axis::Columns].into_iter().find_map(|axis| {
            let cuts = seams(picture, region, axis)?;
            cut_apart(picture, region, axis, &cuts, depth)
        })
    };
    by_gutters.or_else(by_seams).unwrap_or_else(|| vec![region])
}

/// The panels on both sides of every cut, or `None` where that leaves fewer than two or one that is
/// not shaped like a scan.
fn cut_apart(
    picture: &GrayImage,
    region: PanelBox,
    axis: Axis,
    cuts: &[Cut],
    depth: u32,
) -> Option<Vec<PanelBox>> {
    let level = cuts.first().filter(|cut| cut.to > cut.from).map(|cut| {
        median(&line(picture, region, axis, u32::midpoint(cut.from, cut.to)))
    });
    let mut panels = Vec::new();
    for part in parts(region, axis, cuts) {
        let part = match level {
            Some(level) => trim(picture, part, TrimTo::Level(level)),
            None => part,
        };
        if !is_furniture(part, region) {
            panels.extend(divide(picture, part, depth - 1));
        }
    }
    let shaped = |panel: &PanelBox| SHAPES.contains(&(f64::from(panel.w) / f64::from(panel.h)));
    (panels.len() >= 2 && panels.iter().all(shaped)).then_some(panels)
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
                    off as usize * parts * 8 <= length as usize || cut.from <= even(index) && even(index) < cut.to
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

/// First line and number of lines of a region along an axis.
fn extent(region: PanelBox, axis: Axis) -> (u32, u32) {
    match axis {
        Axis::Columns => (region.x, region.w),
        Axis::Rows => (region.y, region.h),
    }
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

/// The pixels of one line across a region.
fn line(picture: &GrayImage, region: PanelBox, axis: Axis, at: u32) -> Vec<u8> {
    match axis {
        Axis::Columns => {
            (region.y..region.y + region.h).map(|y| picture.get_pixel(at, y).0[0]).collect()
        }
        Axis::Rows => {
            (region.x..region.x + region.w).map(|x| picture.get_pixel(x, at).0[0]).collect()
        }
    }
}

fn median(values: &[u8]) -> u8 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

/// The grey level of a line whose pixels are all alike, strays aside.
fn uniform_level(values: &[u8]) -> Option<u8> {
    let level = median(values);
    let off = values.iter().filter(|value| value.abs_diff(level) > TOLERANCE).count();
    (off as f64 <= STRAY * values.len() as f64).then_some(level)
}

/// The uniform bands inside a region, from one side to the other.
fn gutters(picture: &GrayImage, region: PanelBox, axis: Axis) -> Vec<Cut> {
    let (start, length) = extent(region, axis);
    let mut bands: Vec<(Cut, u8)> = Vec::new();
    for at in start..start + length {
        let Some(level) = uniform_level(&line(picture, region, axis, at)) else { continue };
        match bands.last_mut() {
            Some((cut, of)) if cut.to == at && of.abs_diff(level) <= TOLERANCE => cut.to = at + 1,
            _ => bands.push((Cut { from: at, to: at + 1 }, level)),
        }
    }
    let inside = |cut: &Cut| cut.from > start && cut.to < start + length;
    bands.into_iter().map(|(cut, _)| cut).filter(inside).collect()
}

/// Where tiles meet without a gutter: lines at which the picture jumps along much of the line while
/// it is smooth on either side, that divide the region evenly.
fn seams(picture: &GrayImage, region: PanelBox, axis: Axis) -> Option<Vec<Cut>> {
    let (start, length) = extent(region, axis);
    if length < 2 * MIN_SIDE {
        return None;
    }
    let strength = seam_strengths(picture, region, axis);
    (2..=MAX_SEAM_PARTS.min((length / MIN_SIDE) as usize)).rev().find_map(|parts| {
        let reach = length / parts as u32 / 12 + 1;
        let cuts = (1..parts).map(|index| {
            let even = length * index as u32 / parts as u32;
            let window = even.saturating_sub(reach)..(even + reach).min(length);
            let at = window.max_by(|a, b| {
                strength[*a as usize].total_cmp(&strength[*b as usize])
            })?;
            (strength[at as usize] >= SEAM).then_some(Cut { from: start + at, to: start + at })
        });
        cuts.collect::<Option<Vec<Cut>>>()
    })
}

/// Share of a line's pixels that must jump for a seam.
const SEAM: f64 = 0.22;

/// Grey levels a pixel must change by, beyond the change on either side, to count as a jump.
const JUMP: i32 = 24;

/// For each line of a region, the share of its pixels that jump against the line before while
/// neither side changes as much within itself.
fn seam_strengths(picture: &GrayImage, region: PanelBox, axis: Axis) -> Vec<f64> {
    let (start, length) = extent(region, axis);
    let lines: Vec<Vec<u8>> =
        (start..start + length).map(|at| line(picture, region, axis, at)).collect();
    let mut strengths = vec![0.0; length as usize];
    for at in 2..lines.len().saturating_sub(1) {
        let jumps = (0..lines[at].len())
            .filter(|&i| {
                let level = |line: usize| i32::from(lines[line][i]);
                let across = (level(at) - level(at - 1)).abs();
                let along = (level(at - 1) - level(at - 2)).abs() + (level(at + 1) - level(at)).abs();
                across > JUMP + along
            })
            .count();
        strengths[at] = jumps as f64 / lines[at].len() as f64;
    }
    strengths
}

#[derive(Debug, Clone, Copy)]
enum TrimTo {
    /// Only light borders, which are paper; black ones are air around a patient.
    Paper,
    /// Borders of the level of the gutters beside.
    Level(u8),
}

/// From this grey level on a border is paper.
const PAPER: u8 = 200;

/// A region less its uniform borders; the region itself where nothing else is in it.
fn trim(picture: &GrayImage, region: PanelBox, to: TrimTo) -> PanelBox {
    let is_border = |region: PanelBox, axis, at| {
        let level = uniform_level(&line(picture, region, axis, at));
        level.is_some_and(|level| match to {
            TrimTo::Paper => level >= PAPER,
            TrimTo::Level(gutter) => level.abs_diff(gutter) <= TOLERANCE,
        })
    };
    let mut left = region;
    for axis in [Axis::Rows, Axis::Columns] {
        let (start, length) = extent(left, axis);
        let inner = |at: &u32| !is_border(left, axis, *at);
        let Some(first) = (start..start + length).find(inner) else { return region };
        let last = (first..start + length).rev().find(inner).unwrap_or(first);
        left = match axis {
            Axis::Columns => PanelBox { x: first, w: last + 1 - first, ..left },
            Axis::Rows => PanelBox { y: first, h: last + 1 - first, ..left },
        };
    }
    left
}
