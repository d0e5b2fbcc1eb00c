//! What the panels of a figure have in common: columns that are divided alike, panels of one size.

use super::pixels::Pixels;
use super::pixels::{AXES, Axis, extent};
use super::separators::is_uniform;
use super::{SHAPES, aspect};
use covid_ct_core::PanelBox;

/// Share of a line's pixels that must jump for a cut that the neighbours show as well.
const TRACE: f64 = 0.05;

/// Lines on both sides of where the neighbours are cut in which a trace of it is looked for.
const NEAR: u32 = 3;

/// Share by which sizes may differ and still be one.
const ALIKE: f64 = 0.06;

/// Panels that one scan may have been cut into.
const MOST_PIECES: usize = 4;

/// Divides the columns (or rows) in which fewer panels were found like the others: where white
/// bodies meet in one column of a grid, the seam shows in the next.
pub(super) fn complete_grid(picture: &Pixels, parts: &mut [(PanelBox, Vec<PanelBox>)], axis: Axis) {
    let across = axis.across();
    let is_stack = |(part, panels): &(PanelBox, Vec<PanelBox>)| {
        panels.len() > 1 && panels.iter().all(|&p| extent(p, axis) == extent(*part, axis))
    };
    let Some(model) = parts.iter().filter(|part| is_stack(part)).max_by_key(|(_, p)| p.len())
    else {
        return;
    };
    let spans: Vec<(u32, u32)> = model.1.iter().map(|&panel| extent(panel, across)).collect();
    let like_model = parts.iter().filter(|(_, panels)| panels.len() == spans.len()).count();
    let most = 2 * like_model >= parts.len();
    for (part, panels) in parts {
        let (start, length) = extent(*part, across);
        let unshaped = matches!(panels[..], [only] if !SHAPES.contains(&aspect(only)));
        let fits = spans.iter().all(|&(from, size)| from >= start && from + size <= start + length);
        let cells: Vec<PanelBox> = spans
            .iter()
            .map(|&(from, size)| match across {
                Axis::Columns => PanelBox { x: from, w: size, ..*part },
                Axis::Rows => PanelBox { y: from, h: size, ..*part },
            })
            .collect();
        let traced = || {
            let starts = spans.iter().skip(1).map(|&(from, _)| from);
            starts.clone().all(|at| has_trace(picture, *part, across, at))
        };
        if panels.len() < spans.len() && fits && (unshaped || most && traced()) {
            *panels = cells;
        }
    }
}

/// Whether a cut may run through `region` near line `at`: something jumps there, or nothing is there.
fn has_trace(picture: &Pixels, region: PanelBox, axis: Axis, at: u32) -> bool {
    let (start, length) = extent(region, axis);
    let lines = at.saturating_sub(NEAR).max(start)..(at + NEAR + 1).min(start + length);
    lines.into_iter().any(|at| {
        picture.jumps(region, axis, at, 0.0, 1.0) >= TRACE
            || is_uniform(picture.line(region, axis, at))
    })
}

/// Divides panels that span two or more of the panels beside them, as two columns (or rows) show at least,
/// where a trace of the cut is seen, or where the letters say that the rows (or columns) are alike.
pub(super) fn split_doubles(picture: &Pixels, panels: &mut Vec<PanelBox>, by_letters: bool) {
    for axis in AXES {
        let pieces: Vec<Vec<PanelBox>> = panels
            .iter()
            .map(|&panel| pieces_beside(picture, panels, panel, axis, by_letters))
            .collect();
        *panels = pieces.concat();
    }
}

/// What a panel is divided into after its neighbours; itself where they do not say so.
fn pieces_beside(
    picture: &Pixels,
    panels: &[PanelBox],
    panel: PanelBox,
    axis: Axis,
    by_letters: bool,
) -> Vec<PanelBox> {
    let (across, whole) = (axis.across(), extent(panel, axis));
    let off = ALIKE * f64::from(whole.1);
    let within = |other: PanelBox| {
        let (from, length) = extent(other, axis);
        f64::from(from) + off >= f64::from(whole.0)
            && f64::from(from + length) <= f64::from(whole.0 + whole.1) + off
    };
    // Stacks of panels side by side with this one that together reach as far as it does.
    let mut stacks: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut seen: Vec<(u32, u32)> = vec![extent(panel, across)];
    for &other in panels {
        let place = extent(other, across);
        if seen.iter().any(|known| is_near(*known, place)) {
            continue;
        }
        seen.push(place);
        let mut stack: Vec<(u32, u32)> = panels
            .iter()
            .filter(|p| is_near(extent(**p, across), place) && within(**p))
            .map(|p| extent(*p, axis))
            .collect();
        stack.sort_unstable();
        let reach = stack.first().zip(stack.last());
        let reach = reach.map(|(first, last)| (first.0, last.0 + last.1 - first.0));
        if stack.len() > 1 && reach.is_some_and(|reach| is_near(reach, whole)) {
            stacks.push(stack);
        }
    }
    let Some(count) = stacks.first().map(Vec::len) else { return vec![panel] };
    stacks.retain(|stack| stack.len() == count);
    if stacks.len() < if by_letters { 1 } else { 2 } {
        return vec![panel];
    }
    let model = &stacks[0];
    let cuts: Vec<(u32, u32)> =
        model.windows(2).map(|pair| (pair[0].0 + pair[0].1, pair[1].0)).collect();
    let is_cut = |&(from, to): &(u32, u32)| {
        by_letters || (from..=to.max(from)).any(|at| has_trace(picture, panel, axis, at))
    };
    if !cuts.iter().all(is_cut) {
        return vec![panel];
    }
    let starts = std::iter::once(whole.0).chain(cuts.iter().map(|(_, to)| *to));
    let ends = cuts.iter().map(|(from, _)| *from).chain([whole.0 + whole.1]);
    let pieces = starts.zip(ends).map(|(from, to)| match axis {
        Axis::Columns => PanelBox { x: from, w: to - from, ..panel },
        Axis::Rows => PanelBox { y: from, h: to - from, ..panel },
    });
    pieces.collect()
}

/// Joins neighbours that together are of the size of other panels, where no other panel is of the
/// size of the pieces: the lungs of one scan of a grid, not two scans.
pub(super) fn join_halves(panels: &mut Vec<PanelBox>) {
    while let Some(joined) = whole_of_pieces(panels) {
        panels.retain(|panel| !contains(joined, *panel));
        panels.push(joined);
    }
}

fn whole_of_pieces(panels: &[PanelBox]) -> Option<PanelBox> {
    for axis in AXES {
        for &first in panels {
            // Neighbours after `first` in its row or column.
            let mut line: Vec<PanelBox> = panels
                .iter()
                .copied()
                .filter(|&panel| {
                    extent(panel, axis) > extent(first, axis)
                        && is_near(extent(panel, axis.across()), extent(first, axis.across()))
                })
                .collect();
            line.sort_unstable_by_key(|&panel| extent(panel, axis));
            let mut whole = first;
            for (index, &next) in line.iter().take(MOST_PIECES - 1).enumerate() {
                whole = union(whole, next);
                let outside = || panels.iter().filter(|panel| !contains(whole, **panel));
                let pieces = panels.iter().filter(|panel| contains(whole, **panel));
                let like_whole = outside().filter(|panel| is_alike(**panel, whole)).count();
                let apart = panels.iter().all(|p| contains(whole, *p) || !touches(whole, *p));
                if like_whole >= 2
                    && apart
                    && pieces.clone().count() == index + 2
                    && !pieces.clone().any(|piece| outside().any(|p| is_alike(*p, *piece)))
                {
                    return Some(whole);
                }
            }
        }
    }
    None
}

/// Whether two spans along an axis are about the same.
fn is_near((a, long): (u32, u32), (b, other): (u32, u32)) -> bool {
    let off = ALIKE * f64::from(long.max(other));
    f64::from(a.abs_diff(b)) <= off && f64::from((a + long).abs_diff(b + other)) <= off
}

fn is_alike(a: PanelBox, b: PanelBox) -> bool {
    is_near((0, a.w), (0, b.w)) && is_near((0, a.h), (0, b.h))
}

/// The smallest box around both.
fn union(a: PanelBox, b: PanelBox) -> PanelBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let (right, bottom) = ((a.x + a.w).max(b.x + b.w), (a.y + a.h).max(b.y + b.h));
    PanelBox { x, y, w: right - x, h: bottom - y }
}

fn contains(outer: PanelBox, inner: PanelBox) -> bool {
    union(outer, inner) == outer
}

/// Whether two boxes have a pixel in common.
fn touches(a: PanelBox, b: PanelBox) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
