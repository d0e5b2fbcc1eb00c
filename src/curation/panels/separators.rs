//! What separates panels, measured in pixels: uniform gutters, seams between tiles, borders.

use std::ops::Range;

use super::MIN_SIDE;
use super::pixels::{AXES, Axis, Pixels, extent};
use covid_ct_core::PanelBox;

/// Grey levels a gutter pixel may be off its line's own level: JPEG rings by about 8 at quality 75.
const TOLERANCE: u8 = 14;

/// Share of a line's pixels that may be off, for letters and dates set into a gutter.
const STRAY: f64 = 0.03;

/// Lines `from..to` along an axis, between two parts; empty for a seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub from: u32,
    pub to: u32,
}

/// Pixels of a line that are looked at first: most lines are told apart by them.
const SAMPLES: usize = 32;

/// The grey level of a line whose pixels are all alike, strays aside.
fn uniform_level(values: &[u8]) -> Option<u8> {
    if values.len() >= 4 * SAMPLES {
        let mut sample = [0; SAMPLES];
        for (i, level) in sample.iter_mut().enumerate() {
            *level = values[i * values.len() / SAMPLES];
        }
        sample.sort_unstable();
        // Both outer quarters must lie in reach of one level; far more than strays would be off.
        if sample[SAMPLES * 3 / 4] - sample[SAMPLES / 4] > 2 * TOLERANCE {
            return None;
        }
    }
    let mut counts = [0_u32; 256];
    for &value in values {
        counts[usize::from(value)] += 1;
    }
    let middle = values.len() as u32 / 2;
    let mut below = 0;
    let level = counts.iter().position(|count| {
        below += count;
        below > middle
    })?;
    let near = level.saturating_sub(TOLERANCE.into())..=(level + usize::from(TOLERANCE)).min(255);
    let off = values.len() as u32 - counts[near].iter().sum::<u32>();
    (f64::from(off) <= STRAY * values.len() as f64).then_some(level as u8)
}

/// Whether all pixels of a line are alike, strays aside.
pub(super) fn is_uniform(values: &[u8]) -> bool {
    uniform_level(values).is_some()
}

/// Bands of one grey level across a region, none at its border.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gutters {
    pub axis: Axis,
    pub level: u8,
    pub cuts: Vec<Cut>,
    /// Share of the bands' sides that are straight edges. Gutters between panels have nearly all
    /// of them straight; the air above a patient has one side round.
    pub sharpness: f64,
}

/// Sharpness from which gutters are relied on.
pub(super) const SHARP: f64 = 0.5;

/// Lines into a part at which it is compared with its edge.
const DEEP: u32 = 8;

/// Share of what differs from the gutter [`DEEP`] lines into a part that must do so at its edge: the
/// round outline of a lung grows from line to line.
const STEEP: f64 = 0.65;

/// Most gutters of one level on one axis; of more, as charts have them, the widest count.
const MAX_GUTTERS: usize = 16;

/// The uniform bands that run through a region, those of one level together.
pub(super) fn gutters(picture: &Pixels, region: PanelBox, axis: Axis) -> Vec<Gutters> {
    let (start, length) = extent(region, axis);
    let mut bands: Vec<(Cut, u8)> = Vec::new();
    for at in start..start + length {
        let Some(level) = uniform_level(picture.line(region, axis, at)) else { continue };
        match bands.last_mut() {
            Some((cut, of)) if cut.to == at && of.abs_diff(level) <= TOLERANCE => cut.to = at + 1,
            _ => bands.push((Cut { from: at, to: at + 1 }, level)),
        }
    }
    let mut levels: Vec<Gutters> = Vec::new();
    for (cut, level) in bands {
        if cut.from == start || cut.to == start + length {
            continue;
        }
        match levels.iter_mut().find(|found| found.level.abs_diff(level) <= TOLERANCE) {
            Some(found) => found.cuts.push(cut),
            None => levels.push(Gutters { axis, level, cuts: vec![cut], sharpness: 0.0 }),
        }
    }
    for found in &mut levels {
        found.cuts.sort_by_key(|cut| (std::cmp::Reverse(cut.to - cut.from), cut.from));
        found.cuts.truncate(MAX_GUTTERS);
        found.cuts.sort_by_key(|cut| cut.from);
        let off = |at: u32| share_off(picture.line(region, axis, at), found.level);
        let end = start + length;
        let sides = found.cuts.iter().flat_map(|cut| {
            // Interpolation blurs an edge over a line or two.
            let before = cut.from.saturating_sub(2).max(start)..cut.from;
            let after = cut.to..(cut.to + 2).min(end);
            let (deep_before, deep_after) =
                (cut.from.saturating_sub(DEEP).max(start), (cut.to + DEEP - 1).min(end - 1));
            [(before, deep_before), (after, deep_after)]
        });
        let sides = sides.map(|(near, deep)| {
            let near = near.map(off).fold(0.0, f64::max);
            near >= EDGE && near >= STEEP * off(deep)
        });
        let straight = sides.filter(|straight| *straight).count();
        found.sharpness = straight as f64 / (2 * found.cuts.len()) as f64;
    }
    levels
}

/// Lines at which tiles meet without a gutter, dividing a region about evenly.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seams {
    pub axis: Axis,
    pub cuts: Vec<Cut>,
    /// Strength of the weakest: see [`Pixels::jumps`].
    pub weakest: f64,
    pub rank: Rank,
}

/// What speaks for a division at seams, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Each cut is certainly a seam.
    Strong,
    /// The parts are even.
    Even,
    /// One seam wherever it is.
    Single,
}

/// Greatest number of parts that seams may divide a region into on one axis.
const MAX_SEAM_PARTS: u32 = 8;

/// Smallest side of a panel cut out at seams, which the outlines inside a scan can look like.
const MIN_SEAM_SIDE: u32 = 90;

/// Share of a line's pixels that must jump for a seam.
const SEAM: f64 = 0.2;

/// The same in a region that must be several panels.
const SEAM_IF_NEEDED: f64 = 0.1;

/// The same for a line that counts wherever it is. Of the published scans one in a hundred has a line
/// within that jumps in a fifth of its pixels; of the lines between two of them three quarters do.
const STRONG: f64 = 0.25;

/// What a line's being the edge of a tile that a picture was stitched from adds to that share.
const TILE_EDGE: f64 = 0.15;

/// Of [`STRETCHES`] of a strong seam, how many must have jumps in this share of their pixels: what
/// looks like a seam within a scan is the wall of the chest or the table, and short.
const STRETCHES: u32 = 8;
const STRETCHES_THAT_JUMP: usize = 5;
const STRETCH: f64 = 0.08;

/// The ways to divide a region at seams: at all lines that are certainly one; at the surest of them;
/// evenly, where every cut is a seam. In a region that must be several panels (`needed`) weaker seams
/// count, and so does a single one wherever it is; and so do weaker ones at the `edges` of tiles.
pub(super) fn seams(
    picture: &Pixels,
    region: PanelBox,
    axis: Axis,
    needed: bool,
    edges: &[u32],
) -> Vec<Seams> {
    let (start, length) = extent(region, axis);
    let strength = |at: u32| {
        let jumps = picture.jumps(region, axis, at, 0.0, 1.0);
        if edges.contains(&at) { jumps + TILE_EDGE } else { jumps }
    };
    let strengths: Vec<f64> = (start..start + length).map(strength).collect();
    let least = if needed { SEAM_IF_NEEDED } else { SEAM };
    let found = |cuts: &[u32], rank| Seams {
        axis,
        rank,
        cuts: cuts.iter().map(|at| Cut { from: start + at, to: start + at }).collect(),
        weakest: cuts.iter().map(|at| strengths[*at as usize]).fold(1.0, f64::min),
    };
    let by_strength = |a: &u32, b: &u32| strengths[*a as usize].total_cmp(&strengths[*b as usize]);
    let strongest = |window: Range<u32>| {
        window.max_by(by_strength).filter(|at| strengths[*at as usize] >= least)
    };
    let is_strong = |at: &u32| {
        let stretch = |i: u32| f64::from(i) / f64::from(STRETCHES);
        strengths[*at as usize] >= STRONG
            && (0..STRETCHES)
                .filter(|&i| {
                    picture.jumps(region, axis, start + at, stretch(i), stretch(i + 1)) >= STRETCH
                })
                .count()
                >= STRETCHES_THAT_JUMP
    };
    let mut strong: Vec<u32> = Vec::new();
    let mut sure: Vec<u32> =
        (MIN_SIDE..length.saturating_sub(MIN_SIDE)).filter(is_strong).collect();
    sure.sort_by(|a, b| by_strength(b, a));
    for at in sure {
        if strong.iter().all(|other| other.abs_diff(at) >= MIN_SIDE) {
            strong.push(at);
        }
    }
    let surest = strong.first().filter(|_| strong.len() > 1).map(|at| found(&[*at], Rank::Strong));
    strong.sort_unstable();
    let strong = (!strong.is_empty()).then(|| found(&strong, Rank::Strong));
    // Rows of unequal height show one seam at a time.
    let single = strongest(MIN_SEAM_SIDE..length.saturating_sub(MIN_SEAM_SIDE));
    let single = single.filter(|_| needed).map(|at| found(&[at], Rank::Single));
    let even = (2..=MAX_SEAM_PARTS.min(length / MIN_SEAM_SIDE)).filter_map(|parts| {
        let reach = length / parts / 8 + 1;
        let cuts = (1..parts)
            .map(|index| {
                let even = length * index / parts;
                strongest(even.saturating_sub(reach)..(even + reach).min(length))
            })
            .collect::<Option<Vec<u32>>>()?;
        Some(found(&cuts, Rank::Even))
    });
    strong.into_iter().chain(surest).chain(even).chain(single).collect()
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TrimTo {
    /// Only light borders, which are paper; black ones are air around a patient.
    Paper,
    /// Borders of the level of the gutters beside.
    Level(u8),
}

impl TrimTo {
    fn is_border(self, level: u8) -> bool {
        match self {
            Self::Paper => level >= PAPER,
            Self::Level(gutter) => level.abs_diff(gutter) <= TOLERANCE,
        }
    }
}

/// From this grey level on a border is paper.
const PAPER: u8 = 200;

/// Share of the first line inside a border that must differ from it for the border to end at a
/// panel's straight edge, and not at the round outline of a white body on white paper.
const EDGE: f64 = 0.3;

/// Whether a line beside a border belongs to a straight edge.
fn is_edge(values: &[u8], is_border: impl Fn(u8) -> bool) -> bool {
    let off = values.iter().filter(|&&value| !is_border(value)).count();
    off as f64 >= EDGE * values.len() as f64
}

/// Share of a line's pixels that are not of a gutter's level.
fn share_off(values: &[u8], level: u8) -> f64 {
    let off = values.iter().filter(|value| value.abs_diff(level) > TOLERANCE).count();
    off as f64 / values.len().max(1) as f64
}

/// A region less the uniform borders that end at a straight edge.
pub(super) fn trim(picture: &Pixels, region: PanelBox, to: TrimTo) -> PanelBox {
    let mut left = region;
    for axis in AXES {
        let (start, length) = extent(left, axis);
        let values = |at: u32| picture.line(left, axis, at);
        let inner = |at: &u32| !uniform_level(values(*at)).is_some_and(|level| to.is_border(level));
        let straight = |at: u32| is_edge(values(at), |level| to.is_border(level));
        let Some(first) = (start..start + length).find(inner) else { return region };
        let last = (first..start + length).rev().find(inner).unwrap_or(first);
        // Interpolation blurs an edge over a line or two.
        let first = if (first..=last).take(3).any(straight) { first } else { start };
        let end =
            if (first..=last).rev().take(3).any(straight) { last + 1 } else { start + length };
        left = match axis {
            Axis::Columns => PanelBox { x: first, w: end - first, ..left },
            Axis::Rows => PanelBox { y: first, h: end - first, ..left },
        };
    }
    left
}
