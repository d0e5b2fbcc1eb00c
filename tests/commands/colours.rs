//! Pictures look as the page shows them: each is compared with MuPDF's own rendering of the region
//! that it is drawn in.

use std::path::{Path, PathBuf};

use covid_ct::pdf::{Document, Page, Rect};
use image::{DynamicImage, RgbImage, imageops};

/// Cells of the grid that both pictures are brought down to, a side: at most so many, and each at
/// least so many of the picture's pixels wide.
const GRID: u32 = 24;
const CELL: u32 = 6;
/// Per channel, of 255: what resampling to the page's grid and back may change. The mean over the
/// grid, and the level that 95% of its cells stay within.
const MEAN: f64 = 3.0;
const NINETY_FIFTH: u8 = 12;
/// What of a picture other things may hide and it is still compared: the rest of it, that is.
const MOST_HIDDEN: f32 = 0.5;
/// Pictures drawn smaller than this on a side, in points, show nothing to compare.
const SMALLEST_DRAWN: f32 = 12.0;

/// Cells a side for a picture of so many pixels there.
fn cells(pixels: u32) -> u32 {
    (pixels / CELL).clamp(3, GRID)
}

/// How far two pictures lie apart: mean of the differences between their cells, and the level that
/// 95% of them stay within.
#[derive(Debug, Clone, Copy)]
struct Distance {
    mean: f64,
    high: u8,
}

impl Distance {
    fn of(one: &RgbImage, other: &RgbImage, counts: &[bool]) -> Option<Self> {
        let pairs = one.pixels().zip(other.pixels()).zip(counts).filter(|(_, counts)| **counts);
        let mut differences: Vec<u8> = pairs
            .flat_map(|((one, other), _)| [0, 1, 2].map(|i| one.0[i].abs_diff(other.0[i])))
            .collect();
        differences.sort_unstable();
        let sum: f64 = differences.iter().map(|d| f64::from(*d)).sum();
        let high = *differences.get(differences.len() * 95 / 100)?;
        Some(Self { mean: sum / differences.len() as f64, high })
    }
}

/// Compares a picture with the rendering of `place` on a page, where nothing of `over` lies; `None`
/// where too much of it is hidden to tell.
fn compare(
    document: &Document,
    number: u32,
    picture: &DynamicImage,
    place: Rect,
    over: &[Rect],
) -> Option<Distance> {
    let (w, h) = (cells(picture.width()), cells(picture.height()));
    let (dx, dy) = (place.width() / w as f32, place.height() / h as f32);
    let free = |i: u32| {
        let (x, y) = (i % w, i / w);
        let (x0, y0) = (place.x0 + x as f32 * dx, place.y0 + y as f32 * dy);
        let cell = Rect::new(x0, y0, x0 + dx, y0 + dy);
        // The outermost cells take in what lies beside the picture.
        let inner = (w < 8 || (1..w - 1).contains(&x)) && (h < 8 || (1..h - 1).contains(&y));
        inner && over.iter().all(|over| over.intersect(&cell).is_empty())
    };
    let counts: Vec<bool> = (0..w * h).map(free).collect();
    let seen = counts.iter().filter(|counts| **counts).count();
    if (seen as f32) < (1.0 - MOST_HIDDEN) * (w * h) as f32 {
        return None;
    }
    // Some dots a cell: fine enough for the average, coarse enough to be quick.
    let dpi = (72.0 * 16.0 / dx.min(dy)).min(1200.0);
    let shown = document.render_pixels(number, place, dpi).expect("renders");
    let grid = |picture: &DynamicImage| {
        imageops::resize(&picture.to_rgb8(), w, h, imageops::FilterType::Triangle)
    };
    Distance::of(&grid(picture), &grid(&shown), &counts)
}

/// What the page draws over the area `bbox` after its image `index`: images, paths, and, wherever
/// they stand, texts; slightly grown.
fn hidden(page: &Page, bbox: &Rect, index: usize) -> Vec<Rect> {
    let later = page.drawn.images[index + 1..].iter().map(|image| image.bbox);
    let texts = page.lines.iter().map(|line| line.bbox);
    page.paths_over(index)
        .chain(later)
        .chain(texts)
        .filter(|over| !over.intersect(bbox).is_empty())
        .map(|over| over.grow(1.0))
        .collect()
}

#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    small: usize,
    turned_or_cut: usize,
    covered: usize,
    undecoded: usize,
    wrong: Vec<String>,
    worst: f64,
}

fn compare_document(path: &Path, tally: &mut Tally) {
    let bytes = std::fs::read(path).expect("PDF");
    let document = Document::open(&bytes).expect("opens");
    for number in 1..=document.page_count() {
        let page = document.page(number).expect("page");
        let infos = document.images([&page]);
        for (index, drawn) in page.drawn.images.iter().enumerate() {
            if drawn.bbox.width().min(drawn.bbox.height()) < SMALLEST_DRAWN {
                tally.small += 1;
                continue;
            }
            if !page.shows_plainly(index) {
                tally.turned_or_cut += 1;
                continue;
            }
            let info = drawn.xref.and_then(|xref| infos.get(&xref));
            let Ok(picture) = document.picture(&page, index, info) else {
                tally.undecoded += 1;
                continue;
            };
            let picture = image::load_from_memory(&picture.bytes).expect("picture");
            let over = hidden(&page, &drawn.bbox, index);
            let place = drawn.transform.unit_square();
            let Some(distance) = compare(&document, number, &picture, place, &over) else {
                tally.covered += 1;
                continue;
            };
            tally.compared += 1;
            tally.worst = tally.worst.max(distance.mean);
            if distance.mean > MEAN || distance.high > NINETY_FIFTH {
                let (space, filter) =
                    info.map_or(("inline", ""), |info| (&*info.colour_space, &*info.filter));
                tally.wrong.push(format!(
                    "{} page {number} image {:?} ({space} {filter}): {distance:?}",
                    path.file_name().unwrap_or_default().display(),
                    drawn.xref
                ));
            }
        }
    }
}

/// The documents beside the repository, where a machine has them.
fn shared_documents() -> Vec<PathBuf> {
    let data = std::env::var_os("COVID_CT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let folders = ["preprints", "pmc"].map(|folder| data.join(folder));
    covid_ct::extract::find_documents(&folders).0
}

#[test]
fn every_picture_of_the_shared_data_looks_as_its_page_shows_it() {
    let documents = shared_documents();
    if documents.is_empty() {
        eprintln!("no shared data here: nothing compared");
        return;
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut tally = Tally::default();
        while let Some(path) =
            documents.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            compare_document(path, &mut tally);
        }
        tally
    };
    let tallies = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.map(|thread| thread.join().expect("compares"))
    });
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (compared, covered) = (sum(|t| t.compared), sum(|t| t.covered));
    let undecoded = sum(|t| t.undecoded);
    eprintln!(
        "{compared} compared, worst mean {:.2}; left out: {} turned, cut or blended, {covered} more \
         than half covered, {undecoded} not decodable, {} drawn too small",
        tallies.iter().map(|t| t.worst).fold(0.0, f64::max),
        sum(|t| t.turned_or_cut),
        sum(|t| t.small),
    );
    let wrong: Vec<&String> = tallies.iter().flat_map(|tally| &tally.wrong).collect();
    assert!(wrong.is_empty(), "{} of {compared} differ: {wrong:#?}", wrong.len());
    let eligible = compared + covered + undecoded;
    assert!(5 * compared >= 4 * eligible, "only {compared} of {eligible} could be compared");
}

#[test]
fn every_stitched_picture_of_the_shared_data_looks_as_its_page_shows_it() {
    let mut found = 0;
    for path in shared_documents() {
        let bytes = std::fs::read(&path).expect("PDF");
        let document = Document::open(&bytes).expect("opens");
        for number in 1..=document.page_count() {
            let page = document.page(number).expect("page");
            let infos = document.images([&page]);
            for mosaic in document.mosaics(&page, &infos) {
                let Some(picture) = document.stitch(&page, &mosaic).expect("stitches") else {
                    continue;
                };
                let picture = image::load_from_memory(&picture.bytes).expect("PNG");
                let last = *mosaic.tiles.last().expect("tiles");
                let over = hidden(&page, &mosaic.bbox, last);
                let distance = compare(&document, number, &picture, mosaic.bbox, &over);
                let name = path.file_name().unwrap_or_default().display();
                eprintln!(
                    "{name} page {number}: {} tiles, {} x {}, {distance:?}",
                    mosaic.tiles.len(),
                    mosaic.width,
                    mosaic.height
                );
                let far = distance.is_some_and(|far| far.mean > MEAN || far.high > NINETY_FIFTH);
                assert!(!far, "{name} page {number}: {distance:?}");
                found += 1;
            }
        }
    }
    eprintln!("{found} pictures in pieces");
}
