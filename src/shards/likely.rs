//! Which pictures of a document curators would be asked about first: told from what was found in it, before anything of it
//! is in a database.

use std::collections::BTreeSet;

use crate::curation::evidence::speaks_of_the_wanted;
use crate::curation::queue::{MAX_PAGES, MIN_SIDE};
use crate::document::Extraction;

/// Of each picture, whether `label` would ask about it, and the caption of a figure that shows it speaks of what the task wants: no tile, no
/// furniture, drawn on few pages, no sliver. Of drawings of one figure all are taken.
pub fn likely_images(found: &Extraction) -> Vec<bool> {
    let mut wanted = BTreeSet::new();
    for figure in &found.figures {
        if !speaks_of_the_wanted(&figure.caption) {
            continue;
        }
        let of_regions = figure.regions.iter().flat_map(|region| &region.images);
        wanted.extend(figure.images.iter().chain(of_regions).map(|&(image, _)| image));
    }
    // Those whose tiles are in such a figure are, too.
    for (index, image) in found.images.iter().enumerate() {
        if let Some(whole) = image.tile_of
            && wanted.contains(&index)
        {
            wanted.insert(whole);
        }
    }
    let asked = |(index, image): (usize, &crate::document::FoundImage)| {
        let pages: BTreeSet<u32> = image.placements.iter().map(|placed| placed.page).collect();
        wanted.contains(&index)
            && image.tile_of.is_none()
            && !image.furniture
            && (1..=MAX_PAGES as usize).contains(&pages.len())
            && image.width.min(image.height) >= MIN_SIDE
    };
    found.images.iter().enumerate().map(asked).collect()
}
