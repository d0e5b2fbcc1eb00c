//! What a pairing is worth in view of the whole document: more where a list of legends comes out even with the
//! pages behind it, less where a caption beside the same graphic was left without one.

use super::options::{RIGHT_AT, Scene, Way};
use super::search::Chosen;
use super::sides::Side;
use super::{FigureKind, Free, Paired, is_figure};

/// How sure a list is that comes out even, with a page for each legend; one of which numbers are missing
/// for which pages are left; and one that does not come out, at most.
const EVEN: f32 = 0.9;
const GAPS: f32 = 0.7;
const UNEVEN: f32 = 0.55;
/// How sure a figure is, at most, whose graphic another caption without graphic stands right at.
const CONTESTED: f32 = 0.55;

/// Sets the confidence of the captions' pairings, which `paired` has an entry each of.
pub fn weigh(scene: &Scene<'_>, chosen: &[Option<Chosen>], free: &Free, paired: &mut [Paired]) {
    let lost: Vec<usize> = (0..scene.captions.len())
        .filter(|&index| {
            let caption = &scene.captions[index];
            paired[index].page.is_none() && is_figure(caption) && !caption.bare
        })
        .collect();
    let is_listed = |chosen: &Chosen| {
        let on_bare = scene.is_bare(chosen.choice.graphics[0].0);
        on_bare && matches!(chosen.choice.way, Way::List | Way::PageAfter)
    };
    let listed: Vec<usize> =
        (0..chosen.len()).filter(|&index| chosen[index].as_ref().is_some_and(is_listed)).collect();
    if let [first, .., last] = &listed[..] {
        let left = scene.bare.iter().filter(|(page, _)| free[*page].iter().any(|free| *free));
        let left = left.count();
        let missing: usize = (*first..=*last).map(|index| scene.lacking[index]).sum();
        let pages: Vec<u32> = listed.iter().map(|&index| scene.captions[index].page).collect();
        let behind = lost
            .iter()
            .map(|&index| &scene.captions[index])
            .filter(|caption| caption.kind == FigureKind::Figure && pages.contains(&caption.page));
        let behind = behind.count();
        let (sure, most) = match (left, missing, behind) {
            (0, 0, 0) => (EVEN, EVEN),
            (left, missing, 0) if left == missing => (GAPS, GAPS),
            _ => (0.0, UNEVEN),
        };
        for &index in &listed {
            paired[index].confidence = paired[index].confidence.clamp(sure, most);
        }
    }
    for index in lost {
        let caption = &scene.captions[index];
        for other in paired.iter_mut() {
            let Some(bbox) = other.bbox.filter(|_| other.page == Some(caption.page)) else {
                continue;
            };
            let near =
                |side: Side| side.gap(&caption.bbox, &bbox).is_some_and(|gap| gap < RIGHT_AT);
            if Side::ALL.into_iter().any(near) {
                other.confidence = other.confidence.min(CONTESTED);
            }
        }
    }
}
