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
        let Some(index) = scene.captions.iter().position(|caption| {
            caption.label == mark.label && is_figure(caption)
        }) else {
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
            let large = (0..graphics.len()).any(|n| free[page][n] && scene.is_large((page, n)));
            large && scene.pages[page].prose.is_empty() && scene.bare_page(page).is_some()
        })
        .collect();
    let mut figures: Vec<usize> = (0..paired.len())
        .filter(|&index| {
            let own = paired[index].page.is_some_and(|page| page <= last);
            own && is_figure(&scene.captions[index])
        })
        .collect();
    figures.sort_by_key(|&index| (paired[index].page, index));
    if bare.is_empty() || bare.len() > figures.len() {
        return;
    }
    // Each bare page goes to the next figure of its shape; all must find one, or they are no copies.
    let mut next = figures.into_iter();
    let mut matches = Vec::new();
    for &page in &bare {
        let shape = scene.pages[page].graphics.iter().map(|graphic| graphic.bbox);
        let Some(shape) = shape.reduce(|all, bbox| all.union(&bbox)) else { return };
        let figure = next.find(|&index| {
            paired[index].bbox.is_some_and(|bbox| same_shape(&bbox, &shape))
        });
        let Some(figure) = figure else { return };
        matches.push((page, figure));
    }
    for (page, figure) in matches {
        if let Some(bbox) = take_page(scene, page, free) {
            let place = Place { role: RegionRole::Copy, page: page as u32 + 1, bbox };
            paired[figure].regions.push(place);
        }
    }
}
