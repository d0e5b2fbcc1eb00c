//! Proposes the panels of a compound picture from its pixels alone: recursive XY-cut along uniform
//! gutters, and, where there are none, along seams where two tiles meet without one.
//!
//! After Nagy & Seth, "Hierarchical representation of optically scanned documents" (1984): a region
//! is cut by the lines that cross it from side to side, and each part again. What is added is
//! judgement of the parts, because a lung window has white bodies and black air that cross a scan
//! as uniformly as any gutter: a cut counts only where it leaves parts shaped like a scan.

mod grid;
mod pixels;
mod regular;
mod separators;
mod tilt;
mod vote;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use image::GrayImage;

use super::letters::reading_order;
use covid_ct_core::PanelBox;

pub use grid::{even_grid, grid};

use pixels::{AXES, Axis, Pixels, extent};
use regular::{complete_grid, join_halves, split_doubles};
use vote::{fits_letters, vote};

use separators::{Cut, Gutters, SHARP, Seams, TrimTo, gutters, seams, trim};

/// Smallest side of a panel in pixels; anything less is a letter, a scale bar, a colour bar.
pub const MIN_SIDE: u32 = 40;

/// A part narrower than this share of what it was cut from is furniture beside the panels.
const MIN_SHARE: f64 = 0.08;

/// Width over height that a scan usually has. Half a scan, one lung, is narrower than that.
const SHAPES: RangeInclusive<f64> = 0.7..=2.6;

/// The same where straight edges say that it is one: sagittal views are narrow.
const SHARP_SHAPES: RangeInclusive<f64> = 0.6..=2.6;

/// The same where only bands with round sides say so: narrower is one lung, flatter half a body.
const SOFT_SHAPES: RangeInclusive<f64> = 1.0..=2.2;

/// By how much parts between round-sided bands may differ in size: they count only in even grids.
const UNEVEN: f64 = 1.6;

/// Depth of cuts within cuts: rows, columns, and rows of one column again.
const MAX_DEPTH: u32 = 5;

/// What is known of a picture beside its pixels, in pixels of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hints {
    /// Where letters that name panels are printed over it.
    pub letters: Vec<(u32, u32)>,
    /// How many panels the caption, or the letters over the picture, speak of.
    pub count: Option<usize>,
    /// First columns and first rows of the tiles it was stitched from, those at its border left out.
    pub columns: Vec<u32>,
    pub rows: Vec<u32>,
}

impl Hints {
    fn edges(&self, axis: Axis) -> &[u32] {
        match axis {
            Axis::Columns => &self.columns,
            Axis::Rows => &self.rows,
        }
    }

    fn letters_in(&self, region: PanelBox) -> usize {
        let inside = |&&(x, y): &&(u32, u32)| {
            (region.x..region.x + region.w).contains(&x)
                && (region.y..region.y + region.h).contains(&y)
        };
        self.letters.iter().filter(inside).count()
    }
}

/// The panels of a picture in reading order, at least one: the whole picture less its uniform
/// border where nothing divides it. They lie inside the picture and do not overlap.
///
/// Where nothing divides it upright, it may have been pasted or scanned askew: then the panels are as
/// large as those that gutters at an angle of up to [`tilt::MOST`] degrees cut out, and as upright boxes
/// can be.
pub fn propose(picture: &GrayImage) -> Vec<PanelBox> {
    propose_with(picture, &Hints::default())
}

/// The same, for a picture of which something is known.
pub fn propose_with(picture: &GrayImage, hints: &Hints) -> Vec<PanelBox> {
    let found = propose_by_pixels(picture, hints);
    match hints.count {
        Some(count) if !fits_letters(&found, count) => vote(picture, hints, count).unwrap_or(found),
        _ => found,
    }
}

fn propose_by_pixels(picture: &GrayImage, hints: &Hints) -> Vec<PanelBox> {
    let upright = propose_upright(picture, hints);
    if upright.len() > 1 {
        return upright;
    }
    tilt::propose(picture).unwrap_or(upright)
}

fn propose_upright(picture: &GrayImage, hints: &Hints) -> Vec<PanelBox> {
    let (width, height) = picture.dimensions();
    let whole = PanelBox::whole(width, height);
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let pixels = Pixels::new(picture);
    let region = trim(&pixels, whole, TrimTo::Paper);
    let mut divider = Divider { picture: &pixels, hints, known: HashMap::new() };
    let mut panels = divider.divide(region, Trust::Sharp, MAX_DEPTH);
    if panels.is_empty() {
        panels.push(whole);
    }
    join_halves(&mut panels);
    if hints.count != Some(panels.len()) {
        // A letter for each row or column, of which some seem to hold fewer scans than others.
        let by_letters = hints.count.is_some_and(|count| fits_letters(&panels, count));
        split_doubles(&pixels, &mut panels, by_letters);
    }
    reading_order(&mut panels);
    panels
}

/// Regions looked into at most, in all the ways to divide them; a chart has thousands.
const MOST_REGIONS: usize = 2000;

/// Divides regions, each of them once.
struct Divider<'a> {
    picture: &'a Pixels,
    hints: &'a Hints,
    /// What came of the regions that were looked into.
    known: HashMap<(PanelBox, Trust, u32), Vec<PanelBox>>,
}

/// Whether what a region was cut out by can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Trust {
    /// Straight-edged gutters or seams: a part that is not shaped like a scan is several.
    Sharp,
    /// Bands with round sides: a part that is not shaped like a scan is half of one.
    Soft,
}

/// A way to divide a region.
struct Division {
    axis: Axis,
    cuts: Vec<Cut>,
    /// Grey level of the gutters; `None` for seams.
    level: Option<u8>,
    trust: Trust,
}

impl Divider<'_> {
    /// The panels of a region; the region itself where nothing divides it.
    fn divide(&mut self, region: PanelBox, trust: Trust, depth: u32) -> Vec<PanelBox> {
        let key = (region, trust, depth);
        if let Some(panels) = self.known.get(&key) {
            return panels.clone();
        }
        let panels = if self.known.len() < MOST_REGIONS {
            self.look(region, trust, depth)
        } else {
            vec![region]
        };
        self.known.insert(key, panels.clone());
        panels
    }

    fn look(&mut self, region: PanelBox, trust: Trust, depth: u32) -> Vec<PanelBox> {
        if depth == 0 || region.w < 2 * MIN_SIDE && region.h < 2 * MIN_SIDE {
            return vec![region];
        }
        let mut gutters: Vec<Gutters> =
            AXES.into_iter().flat_map(|axis| gutters(self.picture, region, axis)).collect();
        gutters.sort_by(|a, b| b.sharpness.total_cmp(&a.sharpness));
        let by_gutters = gutters.iter().find_map(|gutters| {
            let trust = if gutters.sharpness >= SHARP { Trust::Sharp } else { Trust::Soft };
            let (axis, level) = (gutters.axis, Some(gutters.level));
            choices(&gutters.cuts, region, axis)
                .into_iter()
                .filter(|cuts| trust == Trust::Sharp || is_even(region, axis, cuts))
                .find_map(|cuts| {
                    self.cut_apart(region, &Division { axis, cuts, level, trust }, depth)
                })
        });
        if by_gutters.is_none() && trust == Trust::Soft {
            return vec![region];
        }
        let by_seams = || {
            let needed = !SHAPES.contains(&aspect(region)) || self.hints.letters_in(region) > 1;
            let mut seams: Vec<Seams> = AXES
                .into_iter()
                .flat_map(|axis| seams(self.picture, region, axis, needed, self.hints.edges(axis)))
                .collect();
            // A single seam last: where an even division shows as well, it tells more.
            seams.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| b.weakest.total_cmp(&a.weakest)));
            seams.into_iter().find_map(|Seams { axis, cuts, .. }| {
                let division = Division { axis, cuts, level: None, trust: Trust::Sharp };
                self.cut_apart(region, &division, depth)
            })
        };
        by_gutters.or_else(by_seams).unwrap_or_else(|| vec![region])
    }

    /// The panels on both sides of every cut, or `None` where that leaves fewer than two or one that is
    /// not shaped like a scan.
    fn cut_apart(
        &mut self,
        region: PanelBox,
        division: &Division,
        depth: u32,
    ) -> Option<Vec<PanelBox>> {
        let &Division { axis, ref cuts, level, trust } = division;
        let mut divided: Vec<(PanelBox, Vec<PanelBox>)> = Vec::new();
        for part in parts(region, axis, cuts) {
            let part = match level {
                Some(level) => trim(self.picture, part, TrimTo::Level(level)),
                None => part,
            };
            if !is_furniture(part, region) {
                divided.push((part, self.divide(part, trust, depth - 1)));
            }
        }
        if trust == Trust::Sharp {
            complete_grid(self.picture, &mut divided, axis);
        }
        let panels: Vec<PanelBox> = divided.into_iter().flat_map(|(_, panels)| panels).collect();
        let shapes = if trust == Trust::Sharp { SHARP_SHAPES } else { SOFT_SHAPES };
        (panels.len() >= 2 && panels.iter().all(|&panel| shapes.contains(&aspect(panel))))
            .then_some(panels)
    }
}

/// Width over height.
fn aspect(panel: PanelBox) -> f64 {
    f64::from(panel.w) / f64::from(panel.h)
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
pub(super) mod tests;
