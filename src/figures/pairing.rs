//! Puts captions and graphics together, first on each page, then across pages.

use super::captions::Caption;
use super::regions::{Graphic, PageGraphics};
use super::{FigureKind, Pairing};
use crate::pdf::Rect;

/// A graphic with its caption, either of which may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// Index into the captions.
    pub caption: Option<usize>,
    /// Page of the graphic, from 1.
    pub page: Option<u32>,
    pub bbox: Option<Rect>,
    pub pairing: Pairing,
    /// 0 to 1.
    pub confidence: f32,
}

/// Where a graphic may stand, seen from its caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
    Left,
    Right,
}

impl Side {
    const ALL: [Self; 4] = [Self::Above, Self::Below, Self::Left, Self::Right];

    /// Where the caption stands, seen from the graphic.
    fn pairing(self) -> Pairing {
        match self {
            Self::Above => Pairing::Below,
            Self::Below => Pairing::Above,
            Self::Left => Pairing::Right,
            Self::Right => Pairing::Left,
        }
    }

    /// Blank between the caption and a graphic on this side, in points; `None` where it is not on
    /// this side.
    fn gap(self, caption: &Rect, graphic: &Rect) -> Option<f32> {
        let slack = 6.0;
        let (gap, shared) = match self {
            Self::Above => (caption.y0 - graphic.y1, share_x(caption, graphic)),
            Self::Below => (graphic.y0 - caption.y1, share_x(caption, graphic)),
            Self::Left => (caption.x0 - graphic.x1, share_y(caption, graphic)),
            Self::Right => (graphic.x0 - caption.x1, share_y(caption, graphic)),
        };
        (gap > -slack && shared > 0.2).then_some(gap.max(0.0))
    }

    /// The space between the two, over the width (or height) they share.
    fn between(self, caption: &Rect, graphic: &Rect) -> Rect {
        let (x0, x1) = (caption.x0.max(graphic.x0), caption.x1.min(graphic.x1));
        let (y0, y1) = (caption.y0.max(graphic.y0), caption.y1.min(graphic.y1));
        match self {
            Self::Above => Rect::new(x0, graphic.y1, x1, caption.y0),
            Self::Below => Rect::new(x0, caption.y1, x1, graphic.y0),
            Self::Left => Rect::new(graphic.x1, y0, caption.x0, y1),
            Self::Right => Rect::new(caption.x1, y0, graphic.x0, y1),
        }
    }
}

fn share_x(one: &Rect, other: &Rect) -> f32 {
    one.x_overlap(other) / one.width().min(other.width()).max(1.0)
}

fn share_y(one: &Rect, other: &Rect) -> f32 {
    one.y_overlap(other) / one.height().min(other.height()).max(1.0)
}

/// Beside a caption a graphic may stand this far off, in points; above and below, further.
const FARTHEST_BESIDE: f32 = 40.0;
/// A table stands right under its caption.
const FARTHEST_TABLE: f32 = 40.0;
/// A graphic that stands for a figure whose caption is on another page covers at least this part of
/// its page.
const LARGE: f32 = 0.05;

/// A way to pair one caption of a page: the side, the graphics there, and how near they are.
struct Candidate {
    caption: usize,
    side: Side,
    graphics: Vec<usize>,
    gap: f32,
}

/// Pairs the document's captions (legends and marks told apart beforehand) with its graphics.
/// `pages[i]` is page `i + 1`, of `sizes[i]` points.
pub fn pair(
    captions: &[Caption],
    marks: &[Caption],
    pages: &[PageGraphics],
    sizes: &[(f32, f32)],
) -> Vec<Paired> {
    let mut free: Vec<Vec<bool>> =
        pages.iter().map(|page| vec![true; page.graphics.len()]).collect();
    let mut found: Vec<Option<Paired>> = vec![None; captions.len()];
    let preferred = preferred_side(captions, marks, pages);
    for (index, page) in pages.iter().enumerate() {
        let number = index as u32 + 1;
        let here: Vec<(usize, &Caption)> =
            captions.iter().enumerate().filter(|(_, caption)| caption.page == number).collect();
        let mark_boxes: Vec<Rect> =
            marks.iter().filter(|mark| mark.page == number).map(|mark| mark.bbox).collect();
        pair_page(number, &here, &mark_boxes, page, preferred, &mut free[index], &mut found);
    }
    pair_marks(captions, marks, pages, &mut free, &mut found);
    pair_across(captions, pages, sizes, &mut free, &mut found);
    let mut paired: Vec<Paired> = found
        .into_iter()
        .enumerate()
        .map(|(caption, found)| {
            found.unwrap_or(Paired {
                caption: Some(caption),
                page: None,
                bbox: None,
                pairing: Pairing::Unpaired,
                confidence: 0.0,
            })
        })
        .collect();
    for (index, page) in pages.iter().enumerate() {
        let left = page.graphics.iter().zip(&free[index]).filter(|(_, free)| **free);
        paired.extend(left.filter(|(graphic, _)| graphic.has_image).map(|(graphic, _)| Paired {
            caption: None,
            page: Some(index as u32 + 1),
            bbox: Some(graphic.bbox),
            pairing: Pairing::Unpaired,
            confidence: 0.0,
        }));
    }
    paired
}

/// Whether this document sets captions under its graphics, as most do, or over them.
fn preferred_side(captions: &[Caption], marks: &[Caption], pages: &[PageGraphics]) -> Side {
    let mut votes = 0_i32;
    for caption in captions.iter().filter(|caption| caption.kind != FigureKind::Table) {
        let Some(page) = pages.get(caption.page as usize - 1) else { continue };
        let others: Vec<Rect> = captions
            .iter()
            .chain(marks)
            .filter(|other| other.page == caption.page && other.bbox != caption.bbox)
            .map(|other| other.bbox)
            .collect();
        let gap = |side| candidate_on(side, 0, caption, page, &others).map(|option| option.gap);
        votes += match (gap(Side::Above), gap(Side::Below)) {
            (Some(above), Some(below)) if above > below + 3.0 => -1,
            (Some(_), _) => 1,
            (None, Some(_)) => -1,
            (None, None) => 0,
        };
    }
    if votes < 0 { Side::Below } else { Side::Above }
}

/// The graphics on one side of a caption that nothing else separates from it.
fn candidate_on(
    side: Side,
    index: usize,
    caption: &Caption,
    page: &PageGraphics,
    others: &[Rect],
) -> Option<Candidate> {
    let mut graphics = Vec::new();
    let mut nearest = f32::INFINITY;
    for (number, graphic) in page.graphics.iter().enumerate() {
        let Some(gap) = side.gap(&caption.bbox, &graphic.bbox) else { continue };
        let beside = matches!(side, Side::Left | Side::Right);
        if beside && gap > FARTHEST_BESIDE
            || caption.kind == FigureKind::Table && gap > FARTHEST_TABLE
        {
            continue;
        }
        let between = side.between(&caption.bbox, &graphic.bbox);
        let blocked = page
            .prose
            .iter()
            .chain(others)
            .any(|text| !between.is_empty() && between.is_crossed_by(text));
        if !blocked {
            graphics.push(number);
            nearest = nearest.min(gap);
        }
    }
    (!graphics.is_empty()).then_some(Candidate { caption: index, side, graphics, gap: nearest })
}

impl Rect {
    /// Whether the middle line of `text` runs through this box.
    fn is_crossed_by(&self, text: &Rect) -> bool {
        let (_, y) = text.centre();
        (self.y0..=self.y1).contains(&y)
            && self.x_overlap(text) > 0.1 * self.width().min(text.width())
    }
}

fn pair_page(
    number: u32,
    captions: &[(usize, &Caption)],
    marks: &[Rect],
    page: &PageGraphics,
    preferred: Side,
    free: &mut [bool],
    found: &mut [Option<Paired>],
) {
    let mut options: Vec<(u8, Candidate)> = Vec::new();
    for &(index, caption) in captions {
        let others: Vec<Rect> = captions
            .iter()
            .filter(|(other, _)| *other != index)
            .map(|(_, other)| other.bbox)
            .chain(marks.iter().copied())
            .collect();
        for side in Side::ALL {
            let table = caption.kind == FigureKind::Table;
            let wanted = if table { Side::Below } else { preferred };
            let rank = match side {
                side if side == wanted => 0,
                _ if table => continue,
                Side::Left | Side::Right => 1,
                Side::Above | Side::Below => 2,
            };
            let option = candidate_on(side, index, caption, page, &others);
            options.extend(option.map(|option| (rank, option)));
        }
    }
    // The document's habit first; of equals the nearest.
    options.sort_by(|(a, one), (b, other)| a.cmp(b).then(one.gap.total_cmp(&other.gap)));
    for (rank, option) in options {
        if found[option.caption].is_some() {
            continue;
        }
        let graphics: Vec<usize> =
            option.graphics.iter().copied().filter(|graphic| free[*graphic]).collect();
        let Some(&first) = graphics.first() else { continue };
        let mut bbox = page.graphics[first].bbox;
        for &graphic in &graphics {
            free[graphic] = false;
            bbox = bbox.union(&page.graphics[graphic].bbox);
        }
        bbox = take_neighbours(page, free, bbox, captions);
        let confidence = match rank {
            0 if option.gap < 40.0 => 0.97,
            0 => 0.9,
            _ => 0.8,
        };
        found[option.caption] = Some(Paired {
            caption: Some(option.caption),
            page: Some(number),
            bbox: Some(bbox),
            pairing: option.side.pairing(),
            confidence,
        });
    }
}

/// Takes in the panels level with a figure that stand beside, not over, its caption.
fn take_neighbours(
    page: &PageGraphics,
    free: &mut [bool],
    mut bbox: Rect,
    captions: &[(usize, &Caption)],
) -> Rect {
    for (index, graphic) in page.graphics.iter().enumerate() {
        let gap = (graphic.bbox.x0 - bbox.x1).max(bbox.x0 - graphic.bbox.x1);
        let level = bbox.y_overlap(&graphic.bbox) > 0.6 * graphic.bbox.height();
        let joint = bbox.union(&graphic.bbox);
        let crosses = |text: &Rect| {
            joint.contains_point(text.centre()) && !bbox.contains_point(text.centre())
        };
        let text_between = page.prose.iter().any(crosses)
            || captions.iter().any(|(_, caption)| crosses(&caption.bbox));
        if free[index] && level && gap < 40.0 && !text_between {
            free[index] = false;
            bbox = joint;
        }
    }
    bbox
}

/// A legend away from its graphic is led there by a mark: the bare label on the figure's page.
fn pair_marks(
    captions: &[Caption],
    marks: &[Caption],
    pages: &[PageGraphics],
    free: &mut [Vec<bool>],
    found: &mut [Option<Paired>],
) {
    for mark in marks {
        let Some(caption) = captions.iter().position(|caption| caption.label == mark.label) else {
            continue;
        };
        if found[caption].is_some() || captions[caption].kind == FigureKind::Table {
            continue;
        }
        let index = mark.page as usize - 1;
        let Some(page) = pages.get(index) else { continue };
        let Some(bbox) = take_all(page, &mut free[index]) else { continue };
        let pairing = across(&captions[caption], mark.page, &bbox);
        found[caption] = Some(Paired {
            caption: Some(caption),
            page: Some(mark.page),
            bbox: Some(bbox),
            pairing,
            confidence: 0.95,
        });
    }
}

/// Where the caption is, seen from a graphic that is on another page, or on its own but apart from it.
fn across(caption: &Caption, graphic_page: u32, graphic: &Rect) -> Pairing {
    match caption.page.cmp(&graphic_page) {
        std::cmp::Ordering::Greater if caption.page == graphic_page + 1 => Pairing::NextPage,
        std::cmp::Ordering::Less if caption.page + 1 == graphic_page => Pairing::PreviousPage,
        std::cmp::Ordering::Equal if caption.bbox.centre().1 > graphic.centre().1 => Pairing::Below,
        std::cmp::Ordering::Equal => Pairing::Above,
        _ => Pairing::LegendList,
    }
}

fn take_all(page: &PageGraphics, free: &mut [bool]) -> Option<Rect> {
    let mut bbox: Option<Rect> = None;
    for (graphic, free) in page.graphics.iter().zip(free) {
        if std::mem::take(free) {
            bbox = Some(bbox.map_or(graphic.bbox, |all: Rect| all.union(&graphic.bbox)));
        }
    }
    bbox
}

/// Large graphics nobody claimed, in page order, go to the captions still without one: the caption at
/// the head of the next page, then legends in a list followed by their figures in the same order.
fn pair_across(
    captions: &[Caption],
    pages: &[PageGraphics],
    sizes: &[(f32, f32)],
    free: &mut [Vec<bool>],
    found: &mut [Option<Paired>],
) {
    let large = |page: usize, graphic: &Graphic| {
        let (width, height) = sizes[page];
        graphic.bbox.area() > LARGE * width * height
    };
    let unclaimed = |free: &[Vec<bool>], page: usize| -> bool {
        pages.get(page).is_some_and(|graphics| {
            graphics.graphics.iter().zip(&free[page]).any(|(g, free)| *free && large(page, g))
        })
    };
    let waiting: Vec<usize> = (0..captions.len())
        .filter(|&c| {
            found[c].is_none() && captions[c].kind != FigureKind::Table && !captions[c].bare
        })
        .collect();
    let alone = |caption: usize| {
        waiting.iter().filter(|&&other| captions[other].page == captions[caption].page).count() == 1
    };
    let give = |caption: usize,
                page: usize,
                confidence,
                free: &mut [Vec<bool>],
                found: &mut [Option<Paired>]| {
        let Some(bbox) = take_all(&pages[page], &mut free[page]) else { return };
        found[caption] = Some(Paired {
            caption: Some(caption),
            page: Some(page as u32 + 1),
            bbox: Some(bbox),
            pairing: across(&captions[caption], page as u32 + 1, &bbox),
            confidence,
        });
    };
    for &caption in &waiting {
        let page = captions[caption].page as usize - 1;
        let is_first = (0..captions.len())
            .filter(|&other| captions[other].page == captions[caption].page)
            .all(|other| captions[other].bbox.y0 >= captions[caption].bbox.y0);
        if is_first && alone(caption) && page > 0 && unclaimed(free, page - 1) {
            give(caption, page - 1, 0.85, free, found);
        }
    }
    let mut rest =
        waiting.into_iter().filter(|&caption| found[caption].is_none()).collect::<Vec<_>>();
    rest.sort_by_key(|&caption| (captions[caption].page, caption));
    let first_page = rest.first().map_or(0, |&caption| captions[caption].page as usize - 1);
    let mut next = rest.into_iter();
    for page in first_page..pages.len() {
        if unclaimed(free, page) {
            let Some(caption) = next.next() else { break };
            give(caption, page, 0.75, free, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption(label: &str, page: u32, bbox: [f32; 4]) -> Caption {
        Caption {
            label: label.into(),
            kind: if label.starts_with("Table") { FigureKind::Table } else { FigureKind::Figure },
            text: format!("{label}. Chest CT"),
            page,
            bbox: bbox.into(),
            bare: false,
            continued: false,
            lines: Vec::new(),
        }
    }

    /// Pictures of a page, and its running text.
    fn drawn(pictures: &[[f32; 4]], prose: &[[f32; 4]]) -> PageGraphics {
        let graphic = |bbox: &[f32; 4]| Graphic { bbox: (*bbox).into(), has_image: true };
        PageGraphics {
            graphics: pictures.iter().map(graphic).collect(),
            prose: prose.iter().map(|bbox| (*bbox).into()).collect(),
        }
    }

    /// Where each caption, then each picture left over, came to lie: page, top and side.
    fn placed(
        captions: &[Caption],
        marks: &[Caption],
        pages: &[PageGraphics],
    ) -> Vec<(Option<u32>, Option<f32>, Pairing)> {
        let paired = pair(captions, marks, pages, &vec![(600.0, 800.0); pages.len()]);
        paired.iter().map(|p| (p.page, p.bbox.map(|bbox| bbox.y0), p.pairing)).collect()
    }

    const UPPER: [f32; 4] = [100.0, 100.0, 500.0, 300.0];
    const MIDDLE: [f32; 4] = [100.0, 310.0, 500.0, 340.0];
    const LOWER: [f32; 4] = [100.0, 350.0, 500.0, 550.0];
    const FOOT: [f32; 4] = [100.0, 560.0, 500.0, 590.0];

    #[test]
    fn a_caption_takes_the_picture_above_or_below_or_beside_it() {
        let caption = [caption("Figure 1", 1, MIDDLE)];
        let at = |picture: [f32; 4]| placed(&caption, &[], &[drawn(&[picture], &[])]);
        assert_eq!(at(UPPER), [(Some(1), Some(100.0), Pairing::Below)]);
        assert_eq!(at(LOWER), [(Some(1), Some(350.0), Pairing::Above)]);
        let right = [510.0, 300.0, 590.0, 350.0];
        assert_eq!(at(right), [(Some(1), Some(300.0), Pairing::Left)]);
        let left = [10.0, 300.0, 90.0, 350.0];
        assert_eq!(at(left), [(Some(1), Some(300.0), Pairing::Right)]);
    }

    #[test]
    fn the_documents_habit_decides_between_two_pictures() {
        let under = [caption("Figure 1", 1, MIDDLE), caption("Figure 2", 1, FOOT)];
        let pictures = drawn(&[UPPER, LOWER], &[]);
        assert_eq!(
            placed(&under, &[], std::slice::from_ref(&pictures)),
            [(Some(1), Some(100.0), Pairing::Below), (Some(1), Some(350.0), Pairing::Below)]
        );
        let head = [100.0, 60.0, 500.0, 90.0];
        let nearer_below = [100.0, 316.0, 500.0, 346.0];
        let over = [caption("Figure 1", 1, head), caption("Figure 2", 1, nearer_below)];
        assert_eq!(
            placed(&over, &[], &[pictures]),
            [(Some(1), Some(100.0), Pairing::Above), (Some(1), Some(350.0), Pairing::Above)]
        );
    }

    #[test]
    fn running_text_between_casts_doubt() {
        let captions = [caption("Figure 1", 1, FOOT)];
        let of = |page: PageGraphics| pair(&captions, &[], &[page], &[(600.0, 800.0)])[0].clone();
        let (near, apart) = (of(drawn(&[UPPER], &[])), of(drawn(&[UPPER], &[MIDDLE])));
        assert_eq!((near.pairing, apart.pairing), (Pairing::Below, Pairing::Below));
        // A page with one of each still leaves little choice, but some doubt.
        assert!(near.confidence >= 0.9 && apart.confidence < 0.8, "{near:?} {apart:?}");
        let small = [100.0, 100.0, 200.0, 200.0];
        assert_eq!(of(drawn(&[small], &[MIDDLE])).page, None);
    }

    #[test]
    fn panels_side_by_side_are_one_figure() {
        let captions = [caption("Figure 1", 1, MIDDLE)];
        let halves = [[100.0, 100.0, 290.0, 300.0], [310.0, 100.0, 500.0, 300.0]];
        let paired = pair(&captions, &[], &[drawn(&halves, &[])], &[(600.0, 800.0)]);
        assert_eq!(paired.len(), 1);
        assert_eq!(paired[0].bbox, Some(UPPER.into()));
    }

    #[test]
    fn a_legend_at_the_head_of_the_next_page_is_the_pictures() {
        let captions = [caption("Figure 1", 2, [100.0, 60.0, 500.0, 90.0])];
        let pages = [drawn(&[LOWER], &[]), drawn(&[], &[])];
        assert_eq!(placed(&captions, &[], &pages), [(Some(1), Some(350.0), Pairing::NextPage)]);
    }

    #[test]
    fn a_list_of_legends_goes_with_the_pictures_after_it_in_order() {
        let captions = [caption("Figure 1", 1, UPPER), caption("Figure 2", 1, MIDDLE)];
        let pages = [drawn(&[], &[]), drawn(&[], &[]), drawn(&[UPPER], &[]), drawn(&[LOWER], &[])];
        assert_eq!(
            placed(&captions, &[], &pages),
            [
                (Some(3), Some(100.0), Pairing::LegendList),
                (Some(4), Some(350.0), Pairing::LegendList)
            ]
        );
    }

    #[test]
    fn marks_lead_legends_to_pictures_in_any_order() {
        let legends = [caption("Figure 1", 1, UPPER), caption("Figure 2", 1, MIDDLE)];
        let marks = [caption("Figure 2", 3, FOOT), caption("Figure 1", 4, FOOT)];
        let pages = [drawn(&[], &[]), drawn(&[], &[]), drawn(&[LOWER], &[]), drawn(&[UPPER], &[])];
        assert_eq!(
            placed(&legends, &marks, &pages),
            [
                (Some(4), Some(100.0), Pairing::LegendList),
                (Some(3), Some(350.0), Pairing::LegendList)
            ]
        );
    }

    #[test]
    fn a_table_takes_no_picture_from_a_figure() {
        let captions = [caption("Table 1", 1, MIDDLE)];
        let paired = placed(&captions, &[], &[drawn(&[UPPER], &[])]);
        assert_eq!(paired[0], (None, None, Pairing::Unpaired));
    }
}
