//! Puts captions and graphics together, for the whole document at once.
//!
//! [`options`] lists the ways each caption could be paired, [`search`] picks those that are best
//! together, [`repeats`] and [`overleaf`] find figures that go on elsewhere or are drawn again, and
//! [`tables`] sees to the tables.

mod options;
mod overleaf;
mod repeats;
mod search;
mod sides;
mod tables;
mod trust;

use super::captions::Caption;
use super::regions::PageGraphics;
use super::{FigureKind, Pairing, RegionRole};
use crate::pdf::Rect;
use options::{Choice, GraphicId, Scene, Way};
use overleaf::Continuation;
use search::Chosen;

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
    /// Whether it is a table without caption.
    pub table: bool,
    /// Where else it stands.
    pub regions: Vec<Place>,
}

/// A further place of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub role: RegionRole,
    /// From 1.
    pub page: u32,
    pub bbox: Rect,
}

/// Graphics that no caption has claimed yet, page by page.
type Free = Vec<Vec<bool>>;

/// Pairs the document's captions (legends and marks told apart beforehand) with its graphics.
/// `pages[i]` is page `i + 1`, of `sizes[i]` points. Captioned figures come first, in the captions'
/// order, then the pictures and the tables left over, in page order.
pub fn pair(
    captions: &[Caption],
    marks: &[Caption],
    pages: &[PageGraphics],
    sizes: &[(f32, f32)],
) -> Vec<Paired> {
    let tables = tables::owned(captions, pages);
    let scene = Scene::new(captions, marks, pages, sizes, &tables);
    let mut free: Free = pages.iter().map(|page| vec![true; page.graphics.len()]).collect();
    let chosen = search::assign(&scene);
    for chosen in chosen.iter().flatten() {
        for &(page, number) in &chosen.choice.graphics {
            free[page][number] = false;
        }
    }
    let mut paired: Vec<Paired> = chosen
        .iter()
        .enumerate()
        .map(|(index, chosen)| match chosen {
            Some(chosen) => place(&scene, index, chosen, &mut free),
            None => unpaired(Some(index)),
        })
        .collect();
    trust::weigh(&scene, &chosen, &free, &mut paired);
    repeats::continue_at_marks(&scene, &mut free, &mut paired);
    // Panels that go on have the shape of those before as often as copies have.
    overleaf::go_on(&scene, Continuation::Letters, &mut free, &mut paired);
    repeats::find_copies(&scene, &mut free, &mut paired);
    overleaf::go_on(&scene, Continuation::Place, &mut free, &mut paired);
    tables::place(captions, marks, pages, &tables, &mut paired);
    tables::take_rest(captions, pages, &mut free, &mut paired);
    for (index, page) in pages.iter().enumerate() {
        let left = page.graphics.iter().zip(&free[index]).filter(|(_, free)| **free);
        paired.extend(left.filter(|(graphic, _)| graphic.has_image).map(|(graphic, _)| Paired {
            page: Some(index as u32 + 1),
            bbox: Some(graphic.bbox),
            ..unpaired(None)
        }));
    }
    paired
}

fn unpaired(caption: Option<usize>) -> Paired {
    Paired {
        caption,
        page: None,
        bbox: None,
        pairing: Pairing::Unpaired,
        confidence: 0.0,
        table: false,
        regions: Vec::new(),
    }
}

fn place(scene: &Scene<'_>, index: usize, chosen: &Chosen, free: &mut Free) -> Paired {
    let Chosen { choice, confidence } = chosen;
    let caption = &scene.captions[index];
    let own_page = choice.graphics[0].0;
    let mut bbox = bounds(scene, choice.graphics.iter().filter(|(page, _)| *page == own_page));
    if let Way::Side(_) = choice.way {
        bbox = take_neighbours(scene, caption.page, &mut free[own_page], bbox);
        bbox = take_level_texts(scene, caption, bbox);
    }
    if choice.way == Way::List {
        bbox = take_surroundings(&scene.pages[own_page], scene.height(own_page), bbox);
    }
    let mut pages: Vec<usize> = choice.graphics.iter().map(|(page, _)| *page).collect();
    pages.dedup();
    let regions = pages.iter().skip(1).map(|&page| Place {
        role: RegionRole::Continued,
        page: page as u32 + 1,
        bbox: bounds(scene, choice.graphics.iter().filter(|(other, _)| *other == page)),
    });
    Paired {
        caption: Some(index),
        page: Some(own_page as u32 + 1),
        bbox: Some(bbox),
        pairing: pairing(choice, caption, own_page as u32 + 1, &bbox),
        confidence: *confidence,
        table: false,
        regions: regions.collect(),
    }
}

fn bounds<'a>(scene: &Scene<'_>, graphics: impl Iterator<Item = &'a GraphicId>) -> Rect {
    let boxes = graphics.map(|id| scene.graphic(*id).bbox);
    boxes.reduce(|all, bbox| all.union(&bbox)).unwrap_or_default()
}

/// Where the caption is, seen from its graphic.
fn pairing(choice: &Choice, caption: &Caption, page: u32, graphic: &Rect) -> Pairing {
    if let Way::Side(side) | Way::Apart(side) = choice.way {
        return side.pairing();
    }
    match caption.page.cmp(&page) {
        std::cmp::Ordering::Greater if caption.page == page + 1 => Pairing::NextPage,
        std::cmp::Ordering::Less if caption.page + 1 == page => Pairing::PreviousPage,
        std::cmp::Ordering::Equal if caption.bbox.centre().1 > graphic.centre().1 => Pairing::Below,
        std::cmp::Ordering::Equal => Pairing::Above,
        _ => Pairing::LegendList,
    }
}

/// Takes in the free panels level with a figure that stand beside, not over, its caption.
fn take_neighbours(scene: &Scene<'_>, number: u32, free: &mut [bool], mut bbox: Rect) -> Rect {
    let page = &scene.pages[number as usize - 1];
    for (index, graphic) in page.graphics.iter().enumerate() {
        let gap = (graphic.bbox.x0 - bbox.x1).max(bbox.x0 - graphic.bbox.x1);
        let level = bbox.y_overlap(&graphic.bbox) > 0.6 * graphic.bbox.height();
        let joint = bbox.union(&graphic.bbox);
        if free[index] && level && gap < 40.0 && !runs_into_text(scene, number, &bbox, &joint) {
            free[index] = false;
            bbox = joint;
        }
    }
    bbox
}

/// Whether growing `bbox` to `joint` takes in running text or a caption.
fn runs_into_text(scene: &Scene<'_>, number: u32, bbox: &Rect, joint: &Rect) -> bool {
    let enters =
        |text: &Rect| joint.contains_point(text.centre()) && !bbox.contains_point(text.centre());
    let captions = scene.captions.iter().chain(scene.marks).filter(|c| c.page == number);
    scene.pages[number as usize - 1].prose.iter().any(enters)
        || captions.map(|caption| caption.bbox).any(|caption| enters(&caption))
}

/// Blank between a graphic and the columns of text that belong to it: a tree and the table at its
/// leaves, a plot and its key. In points.
const FARTHEST_TEXT: f32 = 30.0;
/// Blank between a flow chart and a box beside it, on a page that shows nothing else. In points.
const FARTHEST_BOX: f32 = 60.0;
/// Rows of a plot on such a page are no further apart, as a part of its height and in points; so are its heads.
const ROW: f32 = 0.2;
const FARTHEST_HEAD: f32 = 64.0;
/// Blank between the heads of columns, and to the plot under them, in heights of the text, at most.
const HEAD_GAP: f32 = 3.0;
/// What is drawn beside a graphic is wider and higher than this, in points; lines are not taken in.
const THINNEST: f32 = 3.0;

/// Takes in the short texts level with a graphic that stand over, or under, its own caption: nothing
/// else of the page belongs there.
fn take_level_texts(scene: &Scene<'_>, caption: &Caption, mut bbox: Rect) -> Rect {
    let page = &scene.pages[caption.page as usize - 1];
    let mut texts: Vec<Rect> = page
        .labels
        .iter()
        .filter(|text| {
            let level = (bbox.y0 - 8.0..=bbox.y1 + 8.0).contains(&text.centre().1);
            level && text.x0 >= caption.bbox.x0 - 3.0 && text.x1 <= caption.bbox.x1 + 3.0
        })
        .copied()
        .collect();
    texts.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    for text in texts.iter().chain(texts.iter().rev()) {
        let gap = (text.x0 - bbox.x1).max(bbox.x0 - text.x1);
        let joint = bbox.union(text);
        if gap < FARTHEST_TEXT && !runs_into_text(scene, caption.page, &bbox, &joint) {
            bbox = joint;
        }
    }
    bbox
}

/// Takes in what stands around the graphic of a page that shows nothing but one figure: boxes beside a flow
/// chart, each by itself too little for a graphic, and the heads of a plot's columns.
fn take_surroundings(page: &PageGraphics, height: f32, mut bbox: Rect) -> Rect {
    let mut paths = page.paths.clone();
    paths.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    for path in paths.iter().chain(paths.iter().rev()) {
        let gap = (path.x0 - bbox.x1).max(bbox.x0 - path.x1);
        let level = bbox.y_overlap(path) > 0.5 * path.height();
        if level && gap < FARTHEST_BOX && path.width().min(path.height()) > THINNEST {
            bbox = bbox.union(path);
        }
    }
    // Not the page's head and foot.
    let inner = (0.06 * height)..(0.94 * height);
    let mut texts: Vec<&Rect> =
        page.labels.iter().filter(|text| inner.contains(&text.centre().1)).collect();
    texts.sort_by(|a, b| a.y0.total_cmp(&b.y0));
    for text in texts.iter().chain(texts.iter().rev()) {
        let gap = (text.y0 - bbox.y1).max(bbox.y0 - text.y1);
        let over = bbox.x0 <= text.centre().0 && text.centre().0 <= bbox.x1;
        let most =
            (HEAD_GAP * text.height().min(20.0)).max((ROW * bbox.height()).min(FARTHEST_HEAD));
        if over && text.width() < bbox.width() && gap < most {
            bbox = bbox.union(text);
        }
    }
    bbox
}

/// Whether two boxes have the same shape, to 12%: what a figure drawn again keeps.
fn same_shape(one: &Rect, other: &Rect) -> bool {
    let aspect = |bbox: &Rect| bbox.width() / bbox.height().max(1.0);
    let ratio = aspect(one) / aspect(other).max(1e-3);
    (0.88..=1.136).contains(&ratio)
}

/// All of a page's free graphics, taken; `None` where none of them is large.
fn take_page(scene: &Scene<'_>, page: usize, free: &mut Free) -> Option<Rect> {
    let ids: Vec<GraphicId> =
        (0..free[page].len()).filter(|n| free[page][*n]).map(|n| (page, n)).collect();
    if !ids.iter().any(|id| scene.is_large(*id)) {
        return None;
    }
    free[page].fill(false);
    Some(bounds(scene, ids.iter()))
}

fn is_figure(caption: &Caption) -> bool {
    caption.kind != FigureKind::Table
}
#[cfg(test)]
mod tests;
