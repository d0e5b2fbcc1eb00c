//! Takes the pictures out of a document: each once, however often it is drawn, and those drawn in
//! pieces put together.

use std::collections::{HashMap, HashSet};

use super::ReadError;
use super::{FoundImage, FoundPlacement};
use crate::figures::{
    DecodedPicture, FURNITURE_PAGES, Furniture, ImageOrigin, Overlay, OverlayKind, Suspect,
    lost_picture,
};
use crate::pdf::{Document, ImageInfo, Levels, Page, PdfError, Picture, Printed, Rect, Variant};
use covid_ct_core::ObjectStore;

/// Images smaller than this on a side, in pixels, are slivers, rules and icons: they count as ink of
/// a figure, but nobody labels them.
const SMALLEST_SIDE: u32 = 32;

/// Where the drawn images of the pages went: `(image, placement)` by (page, index among the page's
/// drawn images). A tile has gone into its stitched picture, and may be an image of its own too.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<(u32, usize), Vec<(usize, usize)>>);

impl Places {
    /// The placements that the drawn images with these indices on `page` are part of, each once.
    pub(super) fn of(&self, page: u32, indices: &[usize]) -> Vec<(usize, usize)> {
        let mut seen = HashSet::new();
        let all = indices.iter().filter_map(|&index| self.0.get(&(page, index))).flatten();
        all.filter(|place| seen.insert(**place)).copied().collect()
    }

    /// Whether two drawn images of `page` went into one stitched picture.
    pub(super) fn stitched_together(&self, page: u32, a: usize, b: usize) -> bool {
        let of = |index: usize| self.0.get(&(page, index));
        let (Some(a), Some(b)) = (of(a), of(b)) else { return false };
        a.iter().any(|place| b.contains(place))
    }
}

/// The pictures of a document.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) images: Vec<FoundImage>,
    pub(super) places: Places,
    /// Of those that were decoded, how dark and light each is, wherever it is drawn.
    pub(super) looks: Vec<DecodedPicture>,
    /// Those that could not be decoded.
    pub(super) lost: Vec<Suspect>,
}

/// # Errors
/// When an object cannot be written. Pictures that cannot be decoded are missing, and `warnings` say
/// which.
pub(super) fn take(
    document: &Document,
    pages: &[Page],
    furniture: &Furniture,
    objects: &ObjectStore,
    warnings: &mut Vec<String>,
) -> Result<Taken, ReadError> {
    let infos = document.images(pages);
    let mut taker = Taker {
        document,
        objects,
        infos,
        warnings,
        images: Vec::new(),
        levels: Vec::new(),
        lost: Vec::new(),
        places: Places::default(),
        known: HashMap::new(),
        spots: Vec::new(),
    };
    for page in pages {
        taker.take_page(page)?;
    }
    taker.mark_furniture(pages, furniture);
    taker.find_overlays(pages);
    let looks = taker.looks();
    Ok(Taken { images: taker.images, places: taker.places, looks, lost: taker.lost })
}

/// A placement, and the last of the page's drawn images that make it up.
struct Spot {
    image: usize,
    placement: usize,
    page: u32,
    last: usize,
}

struct Taker<'a> {
    document: &'a Document,
    objects: &'a ObjectStore,
    infos: HashMap<u32, ImageInfo>,
    warnings: &'a mut Vec<String>,
    images: Vec<FoundImage>,
    /// Of each of them.
    levels: Vec<Option<Levels>>,
    lost: Vec<Suspect>,
    places: Places,
    /// Pictures that were taken or given up, by object and what makes a picture of it.
    known: HashMap<(u32, Variant), Option<usize>>,
    spots: Vec<Spot>,
}

impl Taker<'_> {
    fn take_page(&mut self, page: &Page) -> Result<(), ReadError> {
        let tiles = self.stitch(page)?;
        for index in 0..page.drawn.images.len() {
            if let Some(image) = self.image(page, index, tiles.get(&index).copied())? {
                let drawn = &page.drawn.images[index];
                let placement = FoundPlacement {
                    page: page.number,
                    transform: drawn.transform,
                    bbox: drawn.bbox,
                    clip: page.clip(index),
                    overlays: Vec::new(),
                };
                self.place(image, placement, &[index]);
            }
        }
        Ok(())
    }

    /// Puts the page's mosaics together; tells which drawn image went into which picture.
    fn stitch(&mut self, page: &Page) -> Result<HashMap<usize, usize>, ReadError> {
        let mut tiles = HashMap::new();
        for mosaic in self.document.mosaics(page, &self.infos) {
            let picture = match self.document.stitch(page, &mosaic) {
                Ok(Some(picture)) => picture,
                Ok(None) => continue,
                Err(error) => {
                    self.warnings.push(format!("page {}: {error} (in pieces)", page.number));
                    continue;
                }
            };
            let xref = page.drawn.images[mosaic.first].xref;
            let image = self.keep(picture, xref, ImageOrigin::Stitched, None)?;
            let placement = FoundPlacement {
                page: page.number,
                transform: mosaic.transform,
                bbox: mosaic.bbox,
                clip: None,
                overlays: Vec::new(),
            };
            self.place(image, placement, &mosaic.tiles);
            tiles.extend(mosaic.tiles.iter().map(|&tile| (tile, image)));
        }
        Ok(tiles)
    }

    /// The picture that a drawn image shows, taken now if it is new; `None` where it is too small to
    /// matter or cannot be decoded.
    fn image(
        &mut self,
        page: &Page,
        index: usize,
        tile_of: Option<usize>,
    ) -> Result<Option<usize>, ReadError> {
        let xref = page.drawn.images[index].xref;
        let key = xref.map(|xref| (xref, Document::variant(page, index)));
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            return Ok(*known);
        }
        let size = Document::size(page, index, &self.infos);
        if size.is_some_and(|(width, height)| width.min(height) < SMALLEST_SIDE) {
            return Ok(None);
        }
        let info = xref.and_then(|xref| self.infos.get(&xref));
        let image = match self.document.picture(page, index, info) {
            Ok(picture) if picture.width.min(picture.height) < SMALLEST_SIDE => None,
            Ok(picture) => {
                let origin =
                    if picture.original { ImageOrigin::Original } else { ImageOrigin::Decoded };
                Some(self.keep(picture, xref, origin, tile_of)?)
            }
            Err(error @ PdfError::BrokenImage { .. }) => {
                self.warnings.push(format!("page {}: {error}", page.number));
                self.lost.push(lost_picture(page.number, &error.to_string()));
                None
            }
            Err(error) => return Err(ReadError::Document(error.to_string())),
        };
        self.known.extend(key.map(|key| (key, image)));
        Ok(image)
    }

    fn keep(
        &mut self,
        picture: Picture,
        xref: Option<u32>,
        origin: ImageOrigin,
        tile_of: Option<usize>,
    ) -> Result<usize, ReadError> {
        let object = self.objects.put_unsynced(&picture.bytes, picture.extension)?;
        self.levels.push(picture.levels);
        self.images.push(FoundImage {
            xref,
            object,
            width: picture.width,
            height: picture.height,
            colour_space: picture.colour_space,
            filter: picture.filter,
            origin,
            file_name: None,
            furniture: false,
            tile_of,
            placements: Vec::new(),
        });
        Ok(self.images.len() - 1)
    }

    fn looks(&self) -> Vec<DecodedPicture> {
        let decoded = self.images.iter().zip(&self.levels).filter(|(image, _)| !image.furniture);
        decoded
            .filter_map(|(image, levels)| Some((image, (*levels)?)))
            .flat_map(|(image, levels)| {
                image.placements.iter().map(move |place| DecodedPicture {
                    page: place.page,
                    bbox: place.bbox,
                    xref: image.xref,
                    levels,
                })
            })
            .collect()
    }

    /// Notes that the drawn images with these indices, in drawing order, make up a placement.
    fn place(&mut self, image: usize, placement: FoundPlacement, drawn: &[usize]) {
        let (page, number) = (placement.page, self.images[image].placements.len());
        for &index in drawn {
            self.places.0.entry((page, index)).or_default().push((image, number));
        }
        if let Some(&last) = drawn.last() {
            self.spots.push(Spot { image, placement: number, page, last });
        }
        self.images[image].placements.push(placement);
    }

    /// Notes which pictures are dress: those that figures take for it wherever they are drawn, and
    /// those of the same bytes, be it in several objects, on many pages.
    fn mark_furniture(&mut self, pages: &[Page], furniture: &Furniture) {
        let mut dress = vec![true; self.images.len()];
        for spot in &self.spots {
            let page = &pages[spot.page as usize - 1];
            dress[spot.image] &= furniture.holds_image(&page.drawn.images[spot.last]);
        }
        let mut drawn_on: HashMap<String, HashSet<u32>> = HashMap::new();
        for image in &self.images {
            let here = image.placements.iter().map(|placement| placement.page);
            drawn_on.entry(image.object.sha256.clone()).or_default().extend(here);
        }
        for (image, dress) in self.images.iter_mut().zip(dress) {
            image.furniture = dress || drawn_on[&image.object.sha256].len() >= FURNITURE_PAGES;
        }
    }

    fn find_overlays(&mut self, pages: &[Page]) {
        for page in pages {
            let of_figures =
                |spot: &&Spot| spot.page == page.number && !self.images[spot.image].furniture;
            let spots: Vec<&Spot> = self.spots.iter().filter(of_figures).collect();
            let areas: Vec<(Rect, usize)> = spots
                .iter()
                .map(|spot| (self.images[spot.image].placements[spot.placement].bbox, spot.last))
                .collect();
            let printed = self.document.printed_over(page, &areas);
            for (spot, printed) in spots.into_iter().zip(printed) {
                self.images[spot.image].placements[spot.placement].overlays =
                    printed.into_iter().map(overlay).collect();
            }
        }
    }
}

fn overlay(printed: Printed) -> Overlay {
    let kind = if printed.text.is_some() { OverlayKind::Text } else { OverlayKind::Path };
    Overlay { kind, text: printed.text.unwrap_or_default(), bbox: printed.bbox }
}
