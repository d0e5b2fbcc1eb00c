//! Which sub-caption of a figure goes with which panel of its picture.

use crate::figures::SubCaption;
use covid_ct_core::PanelBox;

/// The sub-captions of lettered panels: a panel's place is no letter to record.
pub fn sub_captions(caption: &str) -> Vec<SubCaption> {
    let mut subs = crate::figures::sub_captions(caption);
    subs.retain(SubCaption::is_lettered);
    subs
}

/// Which sub-caption goes with which panel (by index), for panels in reading order: one each where
/// the counts agree, else one a row or one a column where those agree, else none.
pub fn assign<'a>(panels: &[PanelBox], subs: &'a [SubCaption]) -> Vec<Option<&'a SubCaption>> {
    let (rows, columns) = (rows(panels), columns(panels));
    if panels.len() == subs.len() {
        subs.iter().map(Some).collect()
    } else if subs.len() >= 2 && count(&rows) == subs.len() {
        rows.iter().map(|&row| subs.get(row)).collect()
    } else if subs.len() >= 2 && count(&columns) == subs.len() {
        columns.iter().map(|&column| subs.get(column)).collect()
    } else {
        vec![None; panels.len()]
    }
}

/// How many rows and columns panels stand in.
pub(super) fn rows_and_columns(panels: &[PanelBox]) -> (usize, usize) {
    (count(&rows(panels)), count(&columns(panels)))
}

fn rows(panels: &[PanelBox]) -> Vec<usize> {
    bands(panels, |p| (p.y, p.y + p.h))
}

fn columns(panels: &[PanelBox]) -> Vec<usize> {
    bands(panels, |p| (p.x, p.x + p.w))
}

/// How many there are of what [`bands`] numbered.
fn count(bands: &[usize]) -> usize {
    bands.iter().max().map_or(0, |last| last + 1)
}

/// The number, from 0, of the row or column that each panel lies in: panels share one where the
/// middle of either lies within the other.
fn bands(panels: &[PanelBox], extent: impl Fn(&PanelBox) -> (u32, u32)) -> Vec<usize> {
    let middle = |panel: &PanelBox| {
        let (from, to) = extent(panel);
        u32::midpoint(from, to)
    };
    let mut order: Vec<usize> = (0..panels.len()).collect();
    order.sort_by_key(|&index| middle(&panels[index]));
    let mut band_of = vec![0; panels.len()];
    let mut band = 0;
    for pair in order.windows(2) {
        let (_, end) = extent(&panels[pair[0]]);
        if middle(&panels[pair[1]]) >= end {
            band += 1;
        }
        band_of[pair[1]] = band;
    }
    band_of
}

/// Sorts boxes as a reader goes through them: row by row, left to right.
pub fn reading_order(panels: &mut Vec<PanelBox>) {
    let rows = rows(panels);
    let mut keyed: Vec<(usize, PanelBox)> = rows.into_iter().zip(panels.drain(..)).collect();
    keyed.sort_by_key(|(row, panel)| (*row, panel.x, panel.y));
    panels.extend(keyed.into_iter().map(|(_, panel)| panel));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(columns: u32, rows: u32) -> Vec<PanelBox> {
        (0..rows)
            .flat_map(|row| {
                (0..columns).map(move |column| PanelBox {
                    x: column * 110,
                    y: row * 90,
                    w: 100,
                    h: 80,
                })
            })
            .collect()
    }

    fn assigned(panels: &[PanelBox], count: usize) -> String {
        let sub = |letter: char| SubCaption { letter: letter.into(), text: String::new() };
        let subs: Vec<SubCaption> = ('A'..).take(count).map(sub).collect();
        assign(panels, &subs).iter().map(|sub| sub.map_or("-", |sub| &sub.letter)).collect()
    }

    #[test]
    fn letters_go_to_panels_rows_or_columns() {
        assert_eq!(assigned(&grid(2, 2), 4), "ABCD");
        assert_eq!(assigned(&grid(4, 2), 2), "AAAABBBB");
        assert_eq!(assigned(&grid(3, 2), 3), "ABCABC");
        assert_eq!(assigned(&grid(3, 2), 5), "------");
        assert_eq!(assigned(&[], 2), "");
    }

    #[test]
    fn reading_order_forgives_ragged_rows() {
        let mut panels = vec![
            PanelBox { x: 110, y: 0, w: 100, h: 80 },
            PanelBox { x: 0, y: 95, w: 100, h: 80 },
            PanelBox { x: 0, y: 6, w: 100, h: 80 },
            PanelBox { x: 110, y: 90, w: 100, h: 80 },
        ];
        reading_order(&mut panels);
        let corners: Vec<(u32, u32)> = panels.iter().map(|p| (p.x, p.y)).collect();
        assert_eq!(corners, [(0, 6), (110, 0), (0, 95), (110, 90)]);
    }
}
