//! Figures that go on elsewhere, or are drawn again: a second page under "Figure 2 (continued)", and
//! the bare figures that manuscripts carry at their end besides those in the text.

use super::options::Scene;
use super::{Free, Paired, Place, is_figure, same_shape, take_page};
use crate::figures::RegionRole;

/// A mark whose figure has its graphic elsewhere leads to more of it: a copy where the shape is the
/// same, else a continuation.
pub fn continue_at_marks(scene: &Scene<'_>, free: &mut Free, paired: &mut [Paired]) {
    for mark in scene.marks {
        let page = mark.page as usize - 1;
        let Some(index) = scene
            .captions
            .iter()
            .position(|caption| caption.label == mark.label && is_figure(caption))
        else {
            continue;
        };
        let figure = &mut paired[index];
        let (Some(own_page), Some(own)) = (figure.page, figure.bbox) else { continue };
        if page >= scene.pages.len() || own_page == mark.page {
            continue;
        }
        let Some(bbox) = take_page(scene, page, free) else { continue };
        let copy = same_shape(&own, &bbox) && !mark.continued;
        let role = if copy { RegionRole::Copy } else { RegionRole::Continued };
        figure.regions.push(Place { role, page: mark.page, bbox });
    }
}

/// Bare pages after the last caption that show the document's figures once more: as many as figures,
/// or fewer, in the same order and of the same shapes.
pub fn find_copies(scene: &Scene<'_>, free: &mut Free, paired: &mut [Paired]) {
    let last = scene.captions.iter().filter(|c| is_figure(c)).map(|c| c.page).max().unwrap_or(0);
    let bare: Vec<usize> = (last as usize..scene.pages.len())
        .filter(|&page| {
            let graphics = &scene.pages[page].graphics;
            let left = (0..graphics.len()).any(|n| free[page][n] && scene.is_large((page, n)));
            left && scene.is_bare(page)
        })
        .collect();
    let mut figures: Vec<usize> = (0..paired.len())
        .filter(|&index| {
            let own = paired[index].page.is_some_and(|page| page <= last);
            own && is_figure(&scene.captions[index])
        })
        .collect();
    figures.sort_by_key(|&index| (paired[index].page, index));
    let Some(matches) = match_copies(scene, paired, &bare, &figures) else { return };
    for (page, figure) in matches {
        if let Some(bbox) = take_page(scene, page, free) {
            let place = Place { role: RegionRole::Copy, page: page as u32 + 1, bbox };
            paired[figure].regions.push(place);
        }
    }
}

/// `(page, figure)` for each bare page; `None` where they are no copies. As many pages as figures go
/// in order, if half of them have the same shape, since some are trimmed; fewer pages must each find
/// the next figure of their shape.
fn match_copies(
    scene: &Scene<'_>,
    paired: &[Paired],
    bare: &[usize],
    figures: &[usize],
) -> Option<Vec<(usize, usize)>> {
    let alike = |page: usize, figure: usize| {
        let graphics = scene.pages[page].graphics.iter().map(|graphic| graphic.bbox);
        let shape = graphics.reduce(|all, bbox| all.union(&bbox));
        shape.zip(paired[figure].bbox).is_some_and(|(shape, bbox)| same_shape(&bbox, &shape))
    };
    if bare.is_empty() || bare.len() > figures.len() {
        return None;
    }
    if bare.len() == figures.len() {
        let pairs: Vec<_> = bare.iter().copied().zip(figures.iter().copied()).collect();
        let same = pairs.iter().filter(|(page, figure)| alike(*page, *figure)).count();
        return (2 * same >= pairs.len()).then_some(pairs);
    }
    let mut next = figures.iter().copied();
    bare.iter().map(|&page| Some((page, next.find(|&figure| alike(page, figure))?))).collect()
}
