//! One document, from bytes to everything that is kept of it.

use std::path::Path;

use super::images::{self, Places, Taken};
use super::{EXTRACTOR, paper};
use crate::figures::{self, Composition, Figure, Furniture, PageText, Suspect, SuspectKind};
use crate::pdf::{Document, Limits, Matrix, Page, PdfError, Rect, Turn};
use covid_ct_core::{ObjectError, ObjectStore, sha256_hex};

use super::{Extraction, FoundFigure, FoundPage};

/// What was found, and which pictures of it could not be read.
#[derive(Debug)]
pub struct Reading {
    /// What was found.
    pub extraction: Extraction,
    /// One line each: images that are missing from the extraction.
    pub warnings: Vec<String>,
}

/// Why a document is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What is wrong with it.
    #[error("{0}")]
    Document(String),
    /// The object store refuses: the disk is full, say.
    #[error(transparent)]
    Store(#[from] ObjectError),
}

/// Reads no more of a document than `limits` allow.
///
/// # Errors
/// When the bytes are no readable PDF, a page of it cannot be read, it is past a limit, or an object
/// cannot be written.
pub fn read(
    path: &Path,
    bytes: &[u8],
    limits: Limits,
    objects: &ObjectStore,
) -> Result<Reading, ReadError> {
    let wrong = |error: PdfError| ReadError::Document(error.to_string());
    let document = Document::open_within(bytes, limits).map_err(wrong)?;
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
        return Err(ReadError::Document(format!("{first} ({count} of {all} pages unreadable)")));
    }
    figures::set_upright(&mut pages);
    for page in &mut pages {
        page.scanned = document.scanned(page).map_err(wrong)?;
    }
    let mut warnings = Vec::new();
    let texts = figures::clean(&pages);
    let furniture = Furniture::of(&pages);
    let found = figures::find(&pages, &texts, &furniture);
    for figure in found.iter().filter(|figure| figure.turn != Turn::NONE) {
        let Some(page) = figure.page.and_then(|page| pages.get_mut(page as usize - 1)) else {
            continue;
        };
        figure.images.iter().for_each(|&index| page.turn_image(index, figure.turn));
    }
    let taken = images::take(&document, &pages, &furniture, objects, &mut warnings)?;
    let mut suspects = figures::cross_check(&pages, &texts, &furniture, &found);
    suspects.extend(of_pictures(&found, &taken));
    let places = &taken.places;
    let mut read = found_pages(&pages, &texts);
    let garbage = read.iter().any(|page| is_garbage(&page.text));
    if garbage || (needs_second_reading(&suspects, &found) && is_short(bytes, &pages)) {
        let second = second_reading(bytes);
        let first: Vec<String> = read.iter().map(|page| page.text.clone()).collect();
        suspects.extend(figures::other_readings(&first, &second, &found));
        mend(&mut read, second);
    }
    let mut extraction = Extraction {
        sha256: sha256_hex(bytes),
        path: path.to_string_lossy().into_owned(),
        extractor: EXTRACTOR,
        paper: paper::read(path, &document.title(), &pages, &texts),
        pages: read,
        figures: found.into_iter().map(|figure| found_figure(figure, &pages, places)).collect(),
        suspects: figures::in_order(suspects),
        images: taken.images,
    };
    turn_back(&mut extraction, &pages);
    Ok(Reading { extraction, warnings })
}

/// What the pictures themselves look wrong for.
fn of_pictures(found: &[Figure], taken: &Taken) -> Vec<Suspect> {
    let placed = found.iter().filter_map(|figure| Some((figure, figure.page?, figure.bbox?)));
    let plain = placed.flat_map(|(figure, page, bbox)| {
        figures::plain_pictures(page, &bbox, figure.label.as_deref(), &taken.looks)
    });
    taken.lost.iter().cloned().chain(plain).collect()
}

fn found_figure(figure: Figure, pages: &[Page], places: &Places) -> FoundFigure {
    let composition = composition(&figure, pages, places);
    let found = figure.with_images(|page, images| places.of(page, &images));
    // Its pictures are upright by now.
    FoundFigure { composition, turn: Turn::NONE, ..found }
}

/// What a figure is drawn with. Pictures of which one lies over another and lets it show through are, each by
/// itself, not the figure as printed, unless they were put together; nor is one that a tint lies over.
fn composition(figure: &Figure, pages: &[Page], places: &Places) -> Option<Composition> {
    let page = figure.page.and_then(|page| pages.get(page as usize - 1));
    let (Some(Composition::Raster), Some(page)) = (figure.composition, page) else {
        return figure.composition;
    };
    let apart = |below: usize, over: usize| !places.stitched_together(page.number, below, over);
    let layered = figure.images.iter().any(|&below| {
        page.is_veiled(below) || page.layers_over(below).any(|over| apart(below, over))
    });
    Some(if layered { Composition::Mixed } else { Composition::Raster })
}

/// Takes all boxes to points of the pages as displayed, from those of the pages as turned to be read.
fn turn_back(extraction: &mut Extraction, pages: &[Page]) {
    if pages.iter().all(|page| page.turned == Turn::NONE) {
        return;
    }
    let matrices: Vec<Matrix> = pages.iter().map(Page::to_displayed).collect();
    let matrix = |page: u32| &matrices[page as usize - 1];
    let turn = |page: u32, bbox: &mut Rect| *bbox = matrix(page).bounds(bbox);
    for figure in &mut extraction.figures {
        if let (Some(page), Some(bbox)) = (figure.page, &mut figure.bbox) {
            turn(page, bbox);
        }
        if let (Some(page), Some(bbox)) = (figure.caption_page, &mut figure.caption_bbox) {
            turn(page, bbox);
        }
        figure.regions.iter_mut().for_each(|region| turn(region.page, &mut region.bbox));
        for (page, bbox) in figure.panels.iter_mut().filter_map(|panel| panel.printed.as_mut()) {
            turn(*page, bbox);
        }
    }
    for placement in extraction.images.iter_mut().flat_map(|image| &mut image.placements) {
        let page = placement.page;
        placement.transform = placement.transform.then(matrix(page));
        turn(page, &mut placement.bbox);
        placement.clip.iter_mut().for_each(|clip| turn(page, clip));
        placement.overlays.iter_mut().for_each(|overlay| turn(page, &mut overlay.bbox));
    }
}

fn found_pages(pages: &[Page], texts: &[PageText]) -> Vec<FoundPage> {
    let pages = pages.iter().zip(texts);
    let found = pages.map(|(page, text)| {
        let (width, height) = page.displayed_size();
        let lines: Vec<&str> = text.lines.iter().map(|line| line.text.as_str()).collect();
        let (number, rotation) = (page.number, page.rotation);
        FoundPage { number, width, height, rotation, text: lines.join("\n") }
    });
    found.collect()
}

/// Puts another reader's text in the place of garbage.
fn mend(pages: &mut [FoundPage], second: Vec<String>) {
    for (page, text) in pages.iter_mut().zip(second) {
        if is_garbage(&page.text) && !is_garbage(&text) && !text.trim().is_empty() {
            page.text = text;
        }
    }
}

/// Whether the text may have been read wrongly: pdf-extract 0.12.1 takes five times as long as all else
/// that is done with a document, so it is asked only then.
fn needs_second_reading(suspects: &[Suspect], found: &[Figure]) -> bool {
    let any = |kind| suspects.iter().any(|suspect| suspect.kind == kind);
    let no_captions = found.iter().all(|figure| figure.caption.is_empty());
    any(SuspectKind::TextUnread)
        || any(SuspectKind::ScannedPage)
        || (no_captions && any(SuspectKind::NoCaption))
}

/// Whether a second reading takes seconds at most.
fn is_short(bytes: &[u8], pages: &[Page]) -> bool {
    const MOST_PAGES: usize = 60;
    const MOST_BYTES: usize = 32 << 20;
    pages.len() <= MOST_PAGES && bytes.len() <= MOST_BYTES
}

/// Whether more than a third of the text is what a font without a usable encoding leaves behind.
fn is_garbage(text: &str) -> bool {
    let (all, odd) =
        (text.chars().count(), text.chars().filter(|c| figures::is_strange(*c)).count());
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
    use proptest::prelude::*;

    use super::*;
    use crate::pdf::fixture::Pdf;

    #[test]
    fn text_of_a_font_without_encoding_is_garbage() {
        assert!(is_garbage("\u{fffd}\u{fffd}\u{fffd} a"));
        assert!(!is_garbage("Figure 1. Chest CT\nof a patient"));
        assert!(!is_garbage(""));
    }

    /// A number as damaged files have them in place of any other.
    fn anywhere() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => 0.0..700.0,
            1 => proptest::sample::select(vec![-1.0, 0.0, 1e-9, 1e5, -3e9, 3e9, 9e15, -1e30, 3.4e38]),
        ]
    }

    /// An operation that shows text, a picture or a path somewhere.
    fn shown() -> impl Strategy<Value = String> {
        let words = proptest::sample::select(vec![
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "A study of lungs",
            "Abstract",
            "Ann Author",
            "Figure 1. Chest CT of a man.",
            "As Figure 1 shows, and Figure 2.",
            "A",
            "B",
        ]);
        let or = |usual: f64| prop_oneof![3 => Just(usual), 1 => anywhere()];
        let text = ([or(1.0), or(0.0), or(0.0), or(1.0)], [anywhere(), anywhere()], words);
        let text = text.prop_map(|([a, b, c, d], [x, y], words)| {
            format!("BT /F 9 Tf {a} {b} {c} {d} {x} {y} Tm ({words}) Tj ET")
        });
        let picture = [(); 6].map(|()| anywhere());
        let picture =
            picture.prop_map(|[a, b, c, d, e, f]| format!("q {a} {b} {c} {d} {e} {f} cm /Im Do Q"));
        let tile = (0_u8..4, 0_u8..4, anywhere()).prop_map(|(column, row, size)| {
            let (x, y) = (f64::from(column) * size, f64::from(row) * size);
            format!("q {size} 0 0 {size} {x} {y} cm /Im Do Q")
        });
        let path = [(); 4].map(|()| anywhere());
        let path = path.prop_map(|[x, y, width, height]| format!("{x} {y} {width} {height} re f"));
        prop_oneof![4 => text, 1 => picture, 1 => tile, 2 => path]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn whatever_stands_wherever_is_read(content in proptest::collection::vec(shown(), 0..40)) {
            let folder = tempfile::tempdir().expect("temporary folder");
            let objects = ObjectStore::open(folder.path()).expect("objects");
            let image = "/Width 120/Height 110/BitsPerComponent 8/ColorSpace/DeviceGray";
            let resources = "/XObject<</Im 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
            let page = format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<<{resources}>>>>"
            );
            let pdf = Pdf::page(&content.join("\n"), "", "")
                .replacing(3, &page)
                .with_image(image, &[90; 120 * 110]);
            // What it finds there is nothing that anybody knows; that it ends well is all that counts.
            let _ = read(Path::new("x.pdf"), &pdf.bytes(), Limits::DEFAULT, &objects);
        }
    }
}
