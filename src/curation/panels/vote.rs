//! The number of lettered panels votes: where the pixels say another, the grids of that number are tried,
//! and the one that the pixels speak for most is taken, if they speak for it at all.

use image::GrayImage;

use super::grid::shown;
use super::{Hints, SHARP_SHAPES, aspect};
use crate::curation::letters::rows_and_columns;
use covid_ct_core::PanelBox;

/// Panels of which grids are tried at most.
const MOST: usize = 40;

/// Strength of the weakest cut, see [`shown`], from which a grid is taken.
const LEAST: f64 = 0.1;

/// By how much the sides of the panels of a grid may differ.
const UNEVEN: f64 = 1.8;

/// Whether panels are as many as the letters, or stand in as many rows or columns: a letter for each.
pub(super) fn fits_letters(panels: &[PanelBox], count: usize) -> bool {
    let (rows, columns) = rows_and_columns(panels);
    panels.len() == count || panels.len() > 1 && (rows == count || columns == count)
}

/// The panels of the grid of `count` panels that shows most; `None` where none shows.
pub(super) fn vote(picture: &GrayImage, _hints: &Hints, count: usize) -> Option<Vec<PanelBox>> {
    let grids = grids(count).into_iter().filter_map(|rows| shown(picture, &rows));
    let shaped = grids.filter(|(panels, _)| {
        let shapes = panels.iter().all(|panel| SHARP_SHAPES.contains(&aspect(*panel)));
        let ratio = |side: fn(&PanelBox) -> u32| {
            let (least, most) = (panels.iter().map(side).min(), panels.iter().map(side).max());
            f64::from(most.unwrap_or(1)) / f64::from(least.unwrap_or(1).max(1))
        };
        shapes && ratio(|panel| panel.w) <= UNEVEN && ratio(|panel| panel.h) <= UNEVEN
    });
    let best = shaped.max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.filter(|(_, strength)| *strength >= LEAST).map(|(panels, _)| panels)
}

/// The rows that `count` panels may stand in: as many in each, else one row shorter than the others.
fn grids(count: usize) -> Vec<Vec<usize>> {
    if !(2..=MOST).contains(&count) {
        return Vec::new();
    }
    let grid = |rows: usize| {
        let each = count.div_ceil(rows);
        let short = each * rows - count;
        let even = vec![each; rows];
        let with = |at: usize| {
            let mut rows = even.clone();
            rows[at] -= short;
            rows
        };
        match short {
            0 => vec![even],
            short if short < each => vec![with(rows - 1), with(0)],
            _ => Vec::new(),
        }
    };
    (1..=count).flat_map(grid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_of_a_number_have_even_rows_or_one_that_is_short() {
        assert_eq!(grids(4), [vec![4], vec![2, 2], vec![1, 1, 1, 1]]);
        assert!(grids(5).contains(&vec![3, 2]) && grids(5).contains(&vec![2, 3]));
        assert!(grids(12).contains(&vec![4, 4, 4]) && grids(1).is_empty());
        for count in 2..MOST {
            assert!(grids(count).iter().all(|rows| rows.iter().sum::<usize>() == count), "{count}");
        }
    }
}
