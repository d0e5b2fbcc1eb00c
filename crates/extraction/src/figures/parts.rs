//! Looks into a figure once its place is known: which pictures it shows, what it is drawn with, which
//! letters are printed on it.

use super::captions::Caption;
use super::cleaning::PageText;
use super::furniture::Furniture;
use super::pairing::Paired;
use super::regions::PageGraphics;
use super::{Composition, Figure, FigureKind, Region, printed};
use crate::pdf::{Page, Rect};

/// A document, page by page, as far as figures are made of it.
#[derive(Debug)]
pub struct Parts<'a> {
    pub pages: &'a [Page],
    pub texts: &'a [PageText],
    /// By page and line of `texts`.
    pub is_caption: &'a [Vec<bool>],
    pub furniture: &'a Furniture,
    pub graphics: &'a [PageGraphics],
}

impl Parts<'_> {
    /// The figure that `paired` is, all but its mentions.
    pub fn figure(&self, caption: Option<&Caption>, paired: &Paired) -> Figure {
        let place = paired.page.zip(paired.bbox);
        let regions: Vec<Region> = paired
            .regions
            .iter()
            .map(|place| Region {
                role: place.role,
                page: place.page,
                bbox: place.bbox,
                images: self.images(place.page, &place.bbox),
            })
            .collect();
        let places = place.into_iter().chain(regions.iter().map(|part| (part.page, part.bbox)));
        let text = caption.map_or("", |caption| &caption.text);
        let spots = places.flat_map(|(page, bbox)| self.letters(page, &bbox));
        let letters = printed::letters(spots, text);
        Figure {
            label: caption.map(|caption| caption.label.clone()),
            kind: match caption {
                Some(caption) => caption.kind,
                None if paired.table => FigureKind::Table,
                None => FigureKind::Figure,
            },
            caption: text.to_owned(),
            caption_page: caption.map(|caption| caption.page),
            caption_bbox: caption.map(|caption| caption.bbox),
            page: paired.page,
            bbox: paired.bbox,
            images: place.map_or_else(Vec::new, |(page, bbox)| self.images(page, &bbox)),
            composition: place.and_then(|(page, bbox)| self.composition(page, &bbox)),
            pairing: paired.pairing,
            confidence: paired.confidence,
            panels: printed::panels(text, letters),
            regions,
            ..Figure::default()
        }
    }

    /// The drawn images whose middle lies in the box, and a scan of the page that the box is part of, in drawing
    /// order: indices into the page's.
    fn images(&self, page: u32, bbox: &Rect) -> Vec<usize> {
        let Some(page) = self.pages.get(page as usize - 1) else { return Vec::new() };
        let images = page.drawn.images.iter().enumerate();
        images
            .filter(|(_, image)| !self.furniture.holds_image(image))
            .filter(|(index, image)| {
                let part_of_scan =
                    || page.is_scan(*index) && image.bbox.contains_point(bbox.centre());
                bbox.contains_point(image.bbox.centre()) || part_of_scan()
            })
            .map(|(index, _)| index)
            .collect()
    }

    fn composition(&self, number: u32, bbox: &Rect) -> Option<Composition> {
        let index = number as usize - 1;
        let page = self.pages.get(index)?;
        let inside = |part: &Rect| bbox.contains_point(part.centre());
        let images = self.images(number, bbox);
        let pictures: Vec<Rect> = images.iter().map(|&i| page.drawn.images[i].bbox).collect();
        if pictures.is_empty() {
            return Some(Composition::Vector);
        }
        // More than the figure is on a scan of its page.
        if images.iter().any(|&index| page.is_scan(index)) {
            return Some(Composition::Mixed);
        }
        // A line drawn round a picture is no drawing of its own.
        let outlines = |path: &&Rect| {
            !pictures
                .iter()
                .any(|picture| picture.grow(3.0).contains(path) && path.grow(3.0).contains(picture))
        };
        let graphics = &self.graphics[index];
        let drawn = graphics.paths.iter().filter(|path| inside(path)).any(|path| outlines(&path));
        let written = graphics.labels.iter().any(inside);
        Some(if drawn || written { Composition::Mixed } else { Composition::Raster })
    }

    /// What may be a panel's letter in the box: letter, page, box, size of type.
    fn letters(&self, number: u32, bbox: &Rect) -> Vec<printed::Spot> {
        let index = number as usize - 1;
        let (Some(text), Some(is_caption)) = (self.texts.get(index), self.is_caption.get(index))
        else {
            return Vec::new();
        };
        let lines = text.lines.iter().zip(is_caption).filter(|(_, caption)| !**caption);
        let around = bbox.grow(8.0);
        lines
            .flat_map(|(line, _)| printed::candidates(&line.line))
            .filter(|(_, _, letter)| around.contains_point(letter.centre()))
            .map(|(letter, size, bbox)| printed::Spot { letter, size, page: number, bbox })
            .collect()
    }
}
