//! One document, from bytes to everything the store keeps of it. Runs in a worker process.

use std::collections::HashMap;
use std::path::Path;

use super::{EXTRACTOR, paper};
use crate::figures::{self, Figure, ImageOrigin, PageText};
use crate::pdf::{Document, ImageInfo, Page, PdfError};
use crate::store::{
    Extraction, FoundFigure, FoundImage, FoundPage, FoundPlacement, FoundRegion, ObjectStore,
    sha256_hex,
};

/// What was found, and which pictures of it could not be read.
#[derive(Debug)]
pub struct Reading {
    pub extraction: Extraction,
    /// One line each: images that are missing from the extraction.
    pub warnings: Vec<String>,
}

/// Images smaller than this on a side, in pixels, are slivers, rules and icons: they count as ink of
/// a figure, but nobody labels them.
const SMALLEST_SIDE: u32 = 32;

/// # Errors
/// When the bytes are no readable PDF, a page of it cannot be read, or an object cannot be written.
pub fn read(path: &Path, bytes: &[u8], objects: &ObjectStore) -> Result<Reading, String> {
    let document = Document::open(bytes).map_err(|error| error.to_string())?;
    let (mut pages, mut unreadable) = (Vec::new(), Vec::new());
    for number in 1..=document.page_count() {
        match document.page(number) {
            Ok(page) => pages.push(page),
            Err(error) => unreadable.push(error),
        }
    }
    // Pages are looked up by their number; a document with a hole in it cannot be.
    if let Some(first) = unreadable.first() {
        let (count, all) = (unreadable.len(), document.page_count());
        return Err(format!("{first} ({count} of {all} pages unreadable)"));
    }
    let mut warnings = Vec::new();
    let texts = figures::clean(&pages);
    let found = figures::find(&pages, &texts);
    let (images, places) = take_images(&document, &pages, objects, &mut warnings)?;
    let extraction = Extraction {
        sha256: sha256_hex(bytes),
        path: path.to_string_lossy().into_owned(),
        extractor: EXTRACTOR,
        paper: paper::read(path, &document.title(), &pages),
        pages: found_pages(bytes, &pages, &texts),
        images,
        figures: found.into_iter().map(|figure| found_figure(figure, &places)).collect(),
    };
    Ok(Reading { extraction, warnings })
}

/// `(image, placement)` by (page, index among the page's drawn images).
type Places = HashMap<(u32, usize), (usize, usize)>;

/// Takes every image out once, however often it is drawn.
fn take_images(
    document: &Document,
    pages: &[Page],
    objects: &ObjectStore,
    warnings: &mut Vec<String>,
) -> Result<(Vec<FoundImage>, Places), String> {
    let infos = document.images(pages);
    let mut images: Vec<FoundImage> = Vec::new();
    let mut places = Places::new();
    let mut by_xref: HashMap<u32, usize> = HashMap::new();
    for page in pages {
        for (index, drawn) in page.drawn.images.iter().enumerate() {
            let placement = FoundPlacement {
                page: page.number,
                transform: drawn.transform,
                bbox: drawn.bbox,
                clip: None,
                overlays: Vec::new(),
            };
            let info = drawn.xref.and_then(|xref| infos.get(&xref));
            let known = drawn.xref.and_then(|xref| by_xref.get(&xref));
            let image = if let Some(image) = known {
                Some(*image)
            } else {
                // One that cannot be had here, hidden say, may be drawn again elsewhere.
                let image = take(document, page, index, info, objects, warnings)?;
                let number = image.map(|image| {
                    images.push(image);
                    images.len() - 1
                });
                by_xref.extend(drawn.xref.zip(number));
                number
            };
            if let Some(image) = image {
                places.insert((page.number, index), (image, images[image].placements.len()));
                images[image].placements.push(placement);
            }
        }
    }
    Ok((images, places))
}

/// One image out of the document into the object store; `None` where it is too small to matter or
/// cannot be decoded, which is said in `warnings`.
fn take(
    document: &Document,
    page: &Page,
    index: usize,
    info: Option<&ImageInfo>,
    objects: &ObjectStore,
    warnings: &mut Vec<String>,
) -> Result<Option<FoundImage>, String> {
    let drawn = &page.drawn.images[index];
    if info.is_some_and(|info| info.width.min(info.height) < SMALLEST_SIDE) {
        return Ok(None);
    }
    let picture = match document.picture(page, drawn, info) {
        Ok(picture) => picture,
        Err(error @ PdfError::BrokenImage { .. }) => {
            warnings.push(format!("page {}: {error}", page.number));
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    if picture.width.min(picture.height) < SMALLEST_SIDE {
        return Ok(None);
    }
    let object =
        objects.put(&picture.bytes, picture.extension).map_err(|error| error.to_string())?;
    Ok(Some(FoundImage {
        xref: drawn.xref,
        object,
        width: picture.width,
        height: picture.height,
        colour_space: picture.colour_space,
        filter: picture.filter,
        origin: if picture.original { ImageOrigin::Original } else { ImageOrigin::Decoded },
        file_name: None,
        furniture: false,
        tile_of: None,
        placements: Vec::new(),
    }))
}

fn found_figure(figure: Figure, places: &Places) -> FoundFigure {
    let of = |page: u32, images: &[usize]| -> Vec<(usize, usize)> {
        images.iter().filter_map(|&index| places.get(&(page, index)).copied()).collect()
    };
    let images = figure.page.map_or_else(Vec::new, |page| of(page, &figure.images));
    let regions = figure.regions.iter().map(|region| FoundRegion {
        role: region.role,
        page: region.page,
        bbox: region.bbox,
        images: of(region.page, &region.images),
    });
    let regions = regions.collect();
    FoundFigure {
        label: figure.label,
        kind: figure.kind,
        caption: figure.caption,
        caption_page: figure.caption_page,
        caption_bbox: figure.caption_bbox,
        page: figure.page,
        bbox: figure.bbox,
        images,
        pairing: figure.pairing,
        confidence: figure.confidence,
        mentions: figure.mentions,
        composition: figure.composition,
        panels: figure.panels,
        regions,
    }
}

fn found_pages(bytes: &[u8], pages: &[Page], texts: &[PageText]) -> Vec<FoundPage> {
    let mut found: Vec<FoundPage> = pages
        .iter()
        .zip(texts)
        .map(|(page, text)| FoundPage {
            number: page.number,
            width: page.width,
            height: page.height,
            rotation: page.rotation,
            text: text.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n"),
        })
        .collect();
    if found.iter().any(|page| is_garbage(&page.text)) {
        let second = second_reading(bytes);
        for (page, text) in found.iter_mut().zip(second) {
            if is_garbage(&page.text) && !is_garbage(&text) && !text.trim().is_empty() {
                page.text = text;
            }
        }
    }
    found
}

/// Whether the text is mostly characters that a font without a usable encoding leaves behind.
fn is_garbage(text: &str) -> bool {
    let strange = |c: &char| matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}');
    let (all, odd) = (text.chars().count(), text.chars().filter(strange).count());
    all > 0 && 3 * odd > all
}

/// The text of each page as an independent reader sees it; empty where it fails, panics included.
fn second_reading(bytes: &[u8]) -> Vec<String> {
    std::panic::catch_unwind(|| pdf_extract::extract_text_from_mem_by_pages(bytes))
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_font_without_encoding_is_garbage() {
        assert!(is_garbage("\u{fffd}\u{fffd}\u{fffd} a"));
        assert!(!is_garbage("Figure 1. Chest CT\nof a patient"));
        assert!(!is_garbage(""));
    }
}
