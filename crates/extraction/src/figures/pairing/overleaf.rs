//! Figures of which some panels stand on the next page, or the page before, without a caption of their
//! own: by the letters printed on them, by the number of pictures, or because nothing else is left.

use std::collections::BTreeSet;

use super::options::{GraphicId, Scene};
use super::sides::Side;
use super::{Free, Paired, Place, bounds, is_figure};
use crate::figures::{RegionRole, sub_captions};
use crate::pdf::Rect;

/// Panels that a caption names, at least, for a figure to go on by place alone.
const MANY_PANELS: usize = 3;
/// How sure a figure is, at most, that goes on by place alone.
const BY_PLACE: f32 = 0.7;
/// Letters printed so near to a graphic, in points, are its own.
const LETTER_REACH: f32 = 8.0;

/// What tells that graphics are further panels of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Continuation {
    /// Only that they stand where the figure would go on.
    Place,
    /// The pictures are as many as the caption names.
    Number,
    /// The letters printed on them go on.
    Letters,
}

/// Gives figures what they go on with on the pages around, as far as there is this evidence or a better one.
pub fn go_on(scene: &Scene<'_>, least: Continuation, free: &mut Free, paired: &mut [Paired]) {
    for index in 0..scene.captions.len() {
        let caption = &scene.captions[index];
        if !is_figure(caption) || paired[index].page != Some(caption.page) {
            continue;
        }
        let named = named(&caption.text);
        for ahead in [true, false] {
            let mut page = caption.page as usize - 1;
            while let Some(next) = step(page, ahead).filter(|next| *next < scene.pages.len()) {
                let ids = beyond(scene, free, next, ahead);
                let evidence = evidence(scene, paired, index, named, (page, next), &ids, ahead);
                let Some(evidence) = evidence.filter(|found| *found >= least) else { break };
                for &(page, number) in &ids {
                    free[page][number] = false;
                }
                let figure = &mut paired[index];
                if evidence == Continuation::Place {
                    figure.confidence = figure.confidence.min(BY_PLACE);
                }
                let bbox = bounds(scene, ids.iter());
                let place = Place { role: RegionRole::Continued, page: next as u32 + 1, bbox };
                figure.regions.push(place);
                page = next;
            }
        }
    }
}

fn step(page: usize, ahead: bool) -> Option<usize> {
    if ahead { Some(page + 1) } else { page.checked_sub(1) }
}

/// How many lettered panels the caption names.
fn named(caption: &str) -> usize {
    let parts = sub_captions(caption);
    let letters: BTreeSet<char> = parts
        .iter()
        .filter(|part| part.is_lettered())
        .flat_map(|part| part.letter.chars())
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    letters.len()
}

/// The free graphics of a page before any text or caption of it, or behind all; none where they are
/// small.
fn beyond(scene: &Scene<'_>, free: &Free, page: usize, ahead: bool) -> Vec<GraphicId> {
    let here = &scene.pages[page];
    let number = page as u32 + 1;
    let captions = scene.captions.iter().chain(scene.marks).filter(|c| c.page == number);
    let texts = captions.map(|caption| caption.bbox).chain(here.prose.iter().copied());
    let texts: Vec<Rect> = texts.chain(here.tables.iter().copied()).collect();
    let clear =
        |bbox: &Rect| {
            texts.iter().all(|text| {
                if ahead { text.centre().1 > bbox.y1 } else { text.centre().1 < bbox.y0 }
            })
        };
    let ids: Vec<GraphicId> = (0..here.graphics.len())
        .filter(|&number| free[page][number] && clear(&here.graphics[number].bbox))
        .map(|number| (page, number))
        .collect();
    let captioned = ids.iter().any(|id| scene.has_own_caption(*id, &[Side::Above, Side::Below]));
    if captioned || !ids.iter().any(|id| scene.is_large(*id)) { Vec::new() } else { ids }
}

/// Whether what `ids` are of page `to` goes on with the figure as it stands on page `from`.
fn evidence(
    scene: &Scene<'_>,
    paired: &[Paired],
    index: usize,
    named: usize,
    (from, to): (usize, usize),
    ids: &[GraphicId],
    ahead: bool,
) -> Option<Continuation> {
    if ids.is_empty() {
        return None;
    }
    let more = bounds(scene, ids.iter());
    let figure = &paired[index];
    let own = figure.page.zip(figure.bbox).into_iter();
    let places: Vec<(usize, Rect)> = own
        .chain(figure.regions.iter().map(|place| (place.page, place.bbox)))
        .map(|(page, bbox)| (page as usize - 1, bbox))
        .collect();
    let mut before: BTreeSet<char> = BTreeSet::new();
    let mut pictures = 0;
    for (page, bbox) in &places {
        before.extend(letters(scene, *page, bbox));
        pictures += count(scene, *page, bbox);
    }
    let behind = letters(scene, to, &more);
    let (first, second) = if ahead { (&before, &behind) } else { (&behind, &before) };
    let run = ('A'..='Z').take_while(|letter| first.contains(letter)).count();
    let next = (b'A' + run.min(25) as u8) as char;
    // A title names no panels: at least two letters must run on, and no more of another's begin.
    let fits = if named < 2 { run > 1 } else { run > 0 && run < named };
    if fits && second.contains(&next) && !second.contains(&'A') {
        return Some(Continuation::Letters);
    }
    if named < 2 {
        return None;
    }
    // A page that begins anew with A is another figure's.
    if behind.contains(&'A') && behind.contains(&'B') && ahead {
        return None;
    }
    if pictures > 0 && pictures + count(scene, to, &more) == named && pictures < named {
        return Some(Continuation::Number);
    }
    let by_place = named >= MANY_PANELS
        && pictures > 0
        && pictures < named
        && pictures + count(scene, to, &more) <= named
        && at_edge(scene, from, index, &places, ahead)
        && nothing_lost(scene, paired, index);
    by_place.then_some(Continuation::Place)
}

/// The letters printed on a graphic, as capitals.
fn letters(scene: &Scene<'_>, page: usize, bbox: &Rect) -> BTreeSet<char> {
    let around = bbox.grow(LETTER_REACH);
    let all = scene.pages[page].letters.iter();
    all.filter(|(_, letter)| around.contains_point(letter.centre()))
        .map(|(letter, _)| letter.to_ascii_uppercase())
        .collect()
}

fn count(scene: &Scene<'_>, page: usize, bbox: &Rect) -> usize {
    let pictures = scene.pages[page].pictures.iter();
    pictures.filter(|picture| bbox.contains_point(picture.centre())).count()
}

/// Whether the figure, its caption included, ends (or heads) its page.
fn at_edge(
    scene: &Scene<'_>,
    page: usize,
    index: usize,
    places: &[(usize, Rect)],
    ahead: bool,
) -> bool {
    let caption = &scene.captions[index];
    let own = places.iter().filter(|(other, _)| *other == page).map(|(_, bbox)| *bbox);
    let own = own.chain((caption.page as usize == page + 1).then_some(caption.bbox));
    let Some(own) = own.reduce(|all, bbox| all.union(&bbox)) else { return false };
    let number = page as u32 + 1;
    let captions = scene.captions.iter().filter(|c| c.page == number).map(|c| c.bbox);
    let here = &scene.pages[page];
    let mut others = captions.chain(here.prose.iter().copied()).chain(here.tables.iter().copied());
    others.all(|text| {
        let (_, y) = text.centre();
        if ahead { y <= own.y1 } else { y >= own.y0 }
    })
}

/// Whether every figure's caption has its graphic, and no number is missing from their sequence up to the one
/// behind this: what is left over is then nobody else's.
fn nothing_lost(scene: &Scene<'_>, paired: &[Paired], index: usize) -> bool {
    let all = scene.captions.iter().zip(paired);
    let mut figures = all.filter(|(caption, _)| is_figure(caption));
    figures.all(|(_, figure)| figure.page.is_some())
        && scene.lacking.iter().take(index + 2).all(|lacking| *lacking == 0)
}
