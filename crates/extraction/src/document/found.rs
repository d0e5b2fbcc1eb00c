//! What reading one document finds, as a worker hands it to the writer. Objects are already stored.

use covid_ct_core::{ObjectId, drop_controls};
use serde::{Deserialize, Serialize};

use crate::figures::{Figure, ImageOrigin, Overlay, Region, Suspect};
use crate::pdf::{Matrix, Rect};

/// What is known of a paper; empty strings where it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaperMeta {
    /// As panel files name the paper: the DOI's suffix for a preprint, else the file's stem.
    pub name: String,
    /// `2` for v2.
    pub version: String,
    /// `medrxiv`, `biorxiv` or empty.
    pub server: String,
    /// DOI, in small letters.
    pub doi: String,
    /// As set on the first page, else as the PDF states it.
    pub title: String,
    /// YYYY-MM-DD
    pub posted: String,
    /// The licence that the paper states, in its words.
    pub licence: String,
    /// The subject that the server files it under.
    pub category: String,
    /// The text of its abstract.
    pub abstract_text: String,
}

/// Everything one document holds, as a worker hands it to the writer. Objects are already stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extraction {
    /// Of the document's bytes, in lower-case hex.
    pub sha256: String,
    /// Where the document was read.
    pub path: String,
    /// Version of the extractor.
    pub extractor: u32,
    /// What the paper says of itself.
    pub paper: PaperMeta,
    /// In order.
    pub pages: Vec<FoundPage>,
    /// Every picture that was kept.
    pub images: Vec<FoundImage>,
    /// In page order of their captions, then those without.
    pub figures: Vec<FoundFigure>,
    /// What the cross-check found, by page.
    pub suspects: Vec<Suspect>,
}

impl Extraction {
    /// What makes no sense in an answer about the document whose bytes have this SHA-256; `None` where
    /// it can be recorded. A worker that a document has taken over answers as it likes. `is_kept` tells
    /// whether the store holds an object.
    pub fn fault(&self, sha256: &str, is_kept: impl Fn(&ObjectId) -> bool) -> Option<String> {
        if self.sha256 != sha256 {
            return Some("it is about other bytes".into());
        }
        let drawn = |&(image, placement): &(usize, usize)| {
            self.images.get(image).is_some_and(|image| placement < image.placements.len())
        };
        for (index, image) in self.images.iter().enumerate() {
            if !image.object.is_proper() || !is_kept(&image.object) {
                return Some(format!("image {index} has no object"));
            }
            if image.tile_of.is_some_and(|whole| whole >= self.images.len()) {
                return Some(format!("image {index} is a tile of none"));
            }
        }
        let lost = self.figures.iter().position(|figure| {
            let of_regions = figure.regions.iter().flat_map(|region| &region.images);
            !figure.images.iter().chain(of_regions).all(drawn)
        });
        lost.map(|index| format!("figure {index} shows an image that is not there"))
    }
}

impl Extraction {
    /// Drops control characters, but line ends and tabs, from all that the document says: it goes to terminals, tables
    /// and pages. Paths stay what they are.
    pub fn drop_controls(&mut self) {
        let PaperMeta {
            name,
            version,
            server,
            doi,
            title,
            posted,
            licence,
            category,
            abstract_text,
        } = &mut self.paper;
        let of_paper =
            [name, version, server, doi, title, posted, licence, category, abstract_text];
        of_paper.into_iter().for_each(drop_controls);
        self.pages.iter_mut().for_each(|page| drop_controls(&mut page.text));
        for image in &mut self.images {
            drop_controls(&mut image.colour_space);
            drop_controls(&mut image.filter);
            image.file_name.iter_mut().for_each(drop_controls);
            let overlays =
                image.placements.iter_mut().flat_map(|placement| &mut placement.overlays);
            overlays.for_each(|overlay| drop_controls(&mut overlay.text));
        }
        for figure in &mut self.figures {
            figure.label.iter_mut().for_each(drop_controls);
            drop_controls(&mut figure.caption);
            for mention in &mut figure.mentions {
                drop_controls(&mut mention.text);
                mention.panels.iter_mut().for_each(drop_controls);
            }
            for panel in &mut figure.panels {
                drop_controls(&mut panel.letter);
                drop_controls(&mut panel.text);
            }
        }
        for suspect in &mut self.suspects {
            suspect.label.iter_mut().for_each(drop_controls);
            drop_controls(&mut suspect.reason);
        }
    }
}

/// A page, and what is written on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundPage {
    /// From 1.
    pub number: u32,
    /// Points, as displayed.
    pub width: f32,
    /// Points, as displayed.
    pub height: f32,
    /// Degrees; already applied.
    pub rotation: i32,
    /// Its text in reading order, lines apart.
    pub text: String,
}

/// A picture of the document, kept in the object store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundImage {
    /// Its number in the PDF; `None` of inline and stitched pictures.
    pub xref: Option<u32>,
    /// The bytes that were kept.
    pub object: ObjectId,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// As the PDF names it, such as `DeviceRGB` or `ICCBased(3)`.
    pub colour_space: String,
    /// How the PDF has it compressed, such as `DCTDecode`.
    pub filter: String,
    /// How the kept bytes came to be.
    pub origin: ImageOrigin,
    /// Of a released picture: the name it was published under.
    pub file_name: Option<String>,
    /// Part of the paper's dress, not of a figure.
    pub furniture: bool,
    /// Index into [`Extraction::images`] of the stitched picture that this one is a tile of.
    pub tile_of: Option<usize>,
    /// In drawing order; at least one.
    pub placements: Vec<FoundPlacement>,
}

/// One drawing of a picture on a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundPlacement {
    /// From 1.
    pub page: u32,
    /// Unit square to points of the page as displayed.
    pub transform: Matrix,
    /// What of it can be seen.
    pub bbox: Rect,
    /// What cuts it besides the page's edge.
    pub clip: Option<Rect>,
    /// What is printed over it.
    pub overlays: Vec<Overlay>,
}

/// A figure whose pictures are `(index into Extraction::images, index into its placements)`.
pub type FoundFigure = Figure<(usize, usize)>;

/// Another place of a [`FoundFigure`].
pub type FoundRegion = Region<(usize, usize)>;
