//! Tables and their captions: each caption's table on its page or overleaf, what goes on from a page
//! before, and those that nobody captions.

use super::super::captions::Caption;
use super::super::regions::PageGraphics;
use super::sides::{Side, crosses};
use super::{FigureKind, Free, Paired, Pairing, Place, RegionRole, unpaired};
use crate::pdf::Rect;

/// A table stands so near to its caption, in points: under it as a rule, else over it.
const FARTHEST: f32 = 60.0;
/// Tables are set under their captions: over it, one is as good as one under it so much farther off.
const OVER: f32 = 25.0;
/// A caption beside its table begins level with it, to so many points.
const LEVEL: f32 = 25.0;
const SIDES: [(Side, f32); 4] =
    [(Side::Below, 0.0), (Side::Above, OVER), (Side::Left, 2.0 * OVER), (Side::Right, 2.0 * OVER)];
/// What goes on overleaf is as wide to this part.
const SAME_WIDTH: f32 = 0.7;
/// Pieces of one table on a page begin and end together, to so many points, and stand so near, if text
/// seems to stand between.
const SAME_EDGE: f32 = 6.0;
const FARTHEST_PIECE: f32 = 250.0;
/// How sure a table's place is.
const SURE: f32 = 0.95;
const OVERLEAF: f32 = 0.85;

/// Which table is whose: by caption, its page from 1, its number on the page, and where the caption
/// stands, seen from it.
pub type Owned = Vec<Option<(u32, usize, Pairing)>>;

/// Finds the table of each caption that announces one; the nearest first.
pub fn owned(captions: &[Caption], pages: &[PageGraphics]) -> Owned {
    let mut near: Vec<(f32, usize, (u32, usize, Pairing))> = Vec::new();
    for (index, caption) in captions.iter().enumerate().filter(|(_, caption)| is_table(caption)) {
        let Some(page) = pages.get(caption.page as usize - 1) else { continue };
        for (number, table) in page.tables.iter().enumerate() {
            let bbox = title(caption, table);
            for (side, more) in SIDES {
                let level = !side.is_beside() || (bbox.y0 - table.y0).abs() < LEVEL;
                let gap = side.gap(&bbox, table).filter(|gap| level && *gap < FARTHEST);
                let space = side.between(&bbox, table);
                let others = captions.iter().filter(|c| c.page == caption.page);
                let apart = |text: &Rect| text != &caption.bbox && crosses(text, &space);
                if let Some(gap) = gap
                    && !others.map(|other| &other.bbox).chain(&page.prose).any(apart)
                {
                    near.push((gap + more, index, (caption.page, number, side.pairing())));
                }
            }
        }
        // A caption at the foot of its page, and its table at the head of the next.
        let ends = page.prose.iter().chain(&page.tables).all(|text| text.y0 < caption.bbox.y1)
            && page.graphics.iter().all(|graphic| graphic.bbox.y0 < caption.bbox.y1);
        let next = pages.get(caption.page as usize);
        let next = next.filter(|next| ends && next.tables.first().is_some_and(|t| heads(next, t)));
        if next.is_some() {
            near.push((2.0 * FARTHEST, index, (caption.page + 1, 0, Pairing::PreviousPage)));
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut owned: Owned = vec![None; captions.len()];
    for (_, index, table) in near {
        let taken = owned.iter().flatten().any(|other| (other.0, other.1) == (table.0, table.1));
        if owned[index].is_none() && !taken {
            owned[index] = Some(table);
        }
    }
    owned
}

/// The caption's box, without the cells of the table that it seems to run on into.
fn title(caption: &Caption, table: &Rect) -> Rect {
    let bbox = caption.bbox;
    let over = bbox.y0 < table.y0 && bbox.x_overlap(table) > 0.0;
    if over { Rect { y1: bbox.y1.min(table.y0), ..bbox } } else { bbox }
}

/// Whether nothing of the page's text stands over the table.
fn heads(page: &PageGraphics, table: &Rect) -> bool {
    page.prose.iter().all(|text| text.centre().1 > table.y0)
        && page.graphics.iter().all(|graphic| graphic.bbox.centre().1 > table.y0)
}

/// Whether nothing of the page's text stands under it.
fn ends(page: &PageGraphics, table: &Rect) -> bool {
    page.prose.iter().all(|text| text.centre().1 < table.y1)
        && page.graphics.iter().all(|graphic| graphic.bbox.centre().1 < table.y1)
}

/// Sets the tables into `paired`, which has an entry for each caption, and adds those that are nobody's.
pub fn place(
    captions: &[Caption],
    marks: &[Caption],
    pages: &[PageGraphics],
    owned: &Owned,
    paired: &mut Vec<Paired>,
) {
    for (index, table) in owned.iter().enumerate() {
        let Some((page, number, pairing)) = *table else { continue };
        let figure = &mut paired[index];
        figure.page = Some(page);
        figure.bbox = Some(pages[page as usize - 1].tables[number]);
        figure.pairing = pairing;
        figure.confidence = if page == captions[index].page { SURE } else { OVERLEAF };
    }
    for (index, page) in pages.iter().enumerate() {
        let number = index as u32 + 1;
        for (place, table) in page.tables.iter().enumerate() {
            if owned.iter().flatten().any(|other| (other.0, other.1) == (number, place)) {
                continue;
            }
            let mark = marks.iter().find(|mark| {
                mark.page == number
                    && is_table(mark)
                    && Side::Below.gap(&mark.bbox, table).is_some_and(|gap| gap < FARTHEST)
            });
            let home = match mark {
                Some(mark) => captions
                    .iter()
                    .position(|caption| is_table(caption) && caption.label == mark.label),
                None => {
                    paired.iter().position(|other| goes_on(other, captions, pages, number, table))
                }
            };
            match home {
                Some(home) => add(&mut paired[home], number, *table),
                None => paired.push(Paired {
                    page: Some(number),
                    bbox: Some(*table),
                    table: true,
                    ..unpaired(None)
                }),
            }
        }
    }
}

/// Whether the table is the rest of one at the foot of the page before, or of one right over it.
fn goes_on(
    other: &Paired,
    captions: &[Caption],
    pages: &[PageGraphics],
    number: u32,
    table: &Rect,
) -> bool {
    let is_one = other.table || other.caption.is_some_and(|index| is_table(&captions[index]));
    let own = other.page.zip(other.bbox);
    let Some((page, bbox)) =
        other.regions.last().map(|place| (place.page, place.bbox)).or(own).filter(|_| is_one)
    else {
        return false;
    };
    let wide = bbox.x_overlap(table) > SAME_WIDTH * bbox.width().max(table.width());
    let here = &pages[number as usize - 1];
    let captioned = |from: f32, to: f32| {
        captions.iter().any(|c| c.page == number && (from..=to).contains(&c.bbox.centre().1))
    };
    match number.checked_sub(page) {
        Some(0) => {
            let space = Rect { y0: bbox.y1, y1: table.y0, ..bbox };
            let across = |text: &Rect| crosses(text, &space);
            let near = space.height() < FARTHEST && !here.prose.iter().any(across);
            // Rows with sentences in their cells are not always told from text.
            let same = (bbox.x0 - table.x0).abs() < SAME_EDGE
                && (bbox.x1 - table.x1).abs() < SAME_EDGE
                && space.height() < FARTHEST_PIECE
                && !here
                    .prose
                    .iter()
                    .any(|text| across(text) && text.width() > 0.6 * table.width());
            (wide && near || same) && !captioned(space.y0, space.y1)
        }
        Some(1) => {
            let before = &pages[page as usize - 1];
            wide && ends(before, &bbox) && heads(here, table) && !captioned(0.0, table.y0)
        }
        _ => false,
    }
}

/// A graphic with as many texts on it may be a piece of a table.
const FEWEST_CELLS: usize = 6;

/// Takes for tables what is left at the head of a page, though too little to be known by itself, where a table goes
/// on that begins and ends at the same edges.
pub fn take_rest(
    captions: &[Caption],
    pages: &[PageGraphics],
    free: &mut Free,
    paired: &mut [Paired],
) {
    for (index, page) in pages.iter().enumerate() {
        let number = index as u32 + 1;
        for (graphic, free) in page.graphics.iter().zip(&mut free[index]).filter(|(_, f)| **f) {
            let bbox = graphic.bbox;
            let cells = page.labels.iter().filter(|text| bbox.contains_point(text.centre()));
            if cells.count() < FEWEST_CELLS {
                continue;
            }
            let home = paired.iter().position(|other| {
                let own = other.page.zip(other.bbox);
                let last = other.regions.last().map(|place| (place.page, place.bbox)).or(own);
                last.is_some_and(|(page, before)| {
                    page + 1 == number
                        && (before.x0 - bbox.x0).abs() < SAME_EDGE
                        && (before.x1 - bbox.x1).abs() < SAME_EDGE
                }) && goes_on(other, captions, pages, number, &bbox)
            });
            if let Some(home) = home {
                *free = false;
                add(&mut paired[home], number, bbox);
            }
        }
    }
}

/// Adds a further piece: to the box of the same page, else as a place it goes on to.
fn add(figure: &mut Paired, page: u32, table: Rect) {
    if let Some(last) = figure.regions.last_mut().filter(|place| place.page == page) {
        last.bbox = last.bbox.union(&table);
    } else if figure.page == Some(page) {
        figure.bbox = Some(figure.bbox.map_or(table, |bbox| bbox.union(&table)));
    } else if figure.page.is_none() {
        (figure.page, figure.bbox) = (Some(page), Some(table));
    } else {
        figure.regions.push(Place { role: RegionRole::Continued, page, bbox: table });
    }
}

fn is_table(caption: &Caption) -> bool {
    caption.kind == FigureKind::Table
}
