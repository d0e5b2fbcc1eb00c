//! What a scan of a page shows besides its text: where ink is that no line of text accounts for.

use std::collections::HashMap;
use std::ops::Range;

use image::GrayImage;

use super::{Direction, Document, Line, Page, PdfError, Rect, Turn};

/// Side of a cell of the grid that ink is looked for on, in points.
const CELL: f32 = 3.0;
/// Dots per inch that a page is looked at with: two a point, so that hairlines are seen.
const DPI: f32 = 144.0;
/// Ink is darker than paper by so many grey levels of 255.
const DARKER: u8 = 48;
/// An unbroken stroke across is a rule from this length on, in points.
const RULE: f32 = 40.0;
/// Ink within so many points of a line of text is its own: letters reach beyond the boxes that a program read them in.
const BESIDE_TEXT: f32 = 2.5;
/// Ink that reaches so close to an edge of the page, in points, is a shadow of the scanner's lid where it is narrow.
const EDGE: f32 = 3.0;
const SHADOW: f32 = 18.0;
/// Head and foot of a page, as a part of its height: what stands there alone is the page's dress.
const MARGIN: f32 = 0.06;
/// What is smaller in both directions, in points, is a speck.
const SPECK: f32 = 9.0;

impl Document {
    /// Boxes around the ink on a scanned page that no text accounts for, top to bottom, in points of the page as it
    /// is here; `None` for a page that is no scan.
    ///
    /// # Errors
    /// When the page cannot be drawn.
    pub fn scanned(&self, page: &Page) -> Result<Option<Vec<Rect>>, PdfError> {
        if !(0..page.drawn.images.len()).any(|index| page.is_scan(index)) {
            return Ok(None);
        }
        let (width, height) = page.displayed_size();
        let whole = Rect::new(0.0, 0.0, width, height);
        let picture = self.render_pixels(page.number, whole, DPI)?;
        let picture = match page.turned {
            Turn::CLOCKWISE => picture.rotate90(),
            Turn::HALF => picture.rotate180(),
            Turn::ANTICLOCKWISE => picture.rotate270(),
            _ => picture,
        };
        let texts: Vec<Rect> =
            page.lines.iter().filter(|line| fills_its_box(line)).map(|line| line.bbox).collect();
        Ok(Some(marks(&picture.to_luma8(), (page.width, page.height), &texts)))
    }
}

/// Whether a line of text fills its box: the box of a slanted one, a watermark say, holds half of a page.
fn fills_its_box(line: &Line) -> bool {
    line.direction != Direction::Oblique
}

/// Boxes around connected ink of a picture of a page of this size in points.
fn marks(picture: &GrayImage, (width, height): (f32, f32), texts: &[Rect]) -> Vec<Rect> {
    let paper = paper(picture);
    let scale = (width / picture.width() as f32, height / picture.height() as f32);
    let texts: Vec<Rect> = texts.iter().map(|text| text.grow(BESIDE_TEXT)).collect();
    let mut cells: HashMap<(i32, i32), Rect> = HashMap::new();
    let is_ink = |level: u8| level.saturating_add(DARKER) <= paper;
    let rules = rules(picture, (RULE / scale.0) as u32, is_ink);
    for (x, y, level) in picture.enumerate_pixels() {
        if !is_ink(level.0[0]) {
            continue;
        }
        let of_rule = rules[y as usize].iter().any(|run| run.contains(&x));
        let (x, y) = (x as f32 * scale.0, y as f32 * scale.1);
        let ink = Rect::new(x, y, x + scale.0, y + scale.1);
        if !of_rule && texts.iter().any(|text| text.contains_point(ink.centre())) {
            continue;
        }
        let cell = ((x / CELL) as i32, (y / CELL) as i32);
        let all = cells.entry(cell).or_insert(ink);
        *all = all.union(&ink);
    }
    let mut boxes = connected(cells);
    boxes.retain(|ink| {
        let thin = ink.width().min(ink.height()) < SHADOW;
        let at_edge =
            ink.x0 < EDGE || ink.y0 < EDGE || ink.x1 > width - EDGE || ink.y1 > height - EDGE;
        let dress = ink.y1 < MARGIN * height || ink.y0 > (1.0 - MARGIN) * height;
        ink.width().max(ink.height()) >= SPECK && !(thin && at_edge) && !dress
    });
    boxes.sort_by(|a, b| a.y0.total_cmp(&b.y0).then(a.x0.total_cmp(&b.x0)));
    boxes
}

/// By row of pixels: the runs of ink that are at least so long, which no letter is.
fn rules(picture: &GrayImage, least: u32, is_ink: impl Fn(u8) -> bool) -> Vec<Vec<Range<u32>>> {
    let row = |y: u32| {
        let mut runs = Vec::new();
        let mut start = 0;
        for x in 0..=picture.width() {
            if x < picture.width() && is_ink(picture.get_pixel(x, y).0[0]) {
                continue;
            }
            if x - start >= least {
                runs.push(start..x);
            }
            start = x + 1;
        }
        runs
    };
    (0..picture.height()).map(row).collect()
}

/// The grey level of the paper: the most frequent one of the lighter half.
fn paper(picture: &GrayImage) -> u8 {
    let mut counts = [0_u32; 256];
    picture.pixels().for_each(|pixel| counts[usize::from(pixel.0[0])] += 1);
    (128..=255_u8).max_by_key(|&level| counts[usize::from(level)]).unwrap_or(255)
}

/// Joins cells that touch, or have one between them.
fn connected(mut cells: HashMap<(i32, i32), Rect>) -> Vec<Rect> {
    let mut starts: Vec<(i32, i32)> = cells.keys().copied().collect();
    starts.sort_unstable();
    let mut boxes = Vec::new();
    for start in starts {
        let Some(first) = cells.remove(&start) else { continue };
        let (mut all, mut open) = (first, vec![start]);
        while let Some((x, y)) = open.pop() {
            for near in (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (x + dx, y + dy))) {
                if let Some(ink) = cells.remove(&near) {
                    all = all.union(&ink);
                    open.push(near);
                }
            }
        }
        boxes.push(all);
    }
    boxes
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::super::fixture::Pdf;
    use super::*;

    /// A page of 300 x 200 points at two pixels a point, with these boxes of ink on grey paper.
    fn page(ink: &[Rect]) -> GrayImage {
        GrayImage::from_fn(600, 400, |x, y| {
            let (x, y) = (x as f32 / 2.0, y as f32 / 2.0);
            let dark = ink.iter().any(|ink| ink.contains_point((x, y)));
            Luma([if dark { 90 } else { 231 + ((x + y) as u32 % 5) as u8 }])
        })
    }

    #[test]
    fn ink_that_is_no_text_is_told_apart() {
        let picture = Rect::new(60.0, 40.0, 140.0, 110.0);
        let neighbour = Rect::new(150.0, 60.0, 220.0, 110.0);
        let text = Rect::new(60.0, 130.0, 240.0, 138.0);
        let logo = Rect::new(30.0, 2.0, 60.0, 11.0);
        let (shadow, speck) =
            (Rect::new(0.0, 0.0, 4.0, 200.0), Rect::new(260.0, 20.0, 263.0, 23.0));
        let word = Rect::new(60.0, 130.0, 84.0, 138.0);
        let ink = page(&[picture, neighbour, word, shadow, speck, logo]);
        let found = marks(&ink, (300.0, 200.0), &[text]);
        assert_eq!(found.len(), 2, "{found:?}");
        for (found, wanted) in found.iter().zip([picture, neighbour]) {
            assert!(found.grow(1.0).contains(&wanted) && wanted.grow(1.0).contains(found));
        }
        // A letter is shorter than a line of them that runs together.
        let letters: Vec<Rect> = (0..20)
            .map(|i| 60.0 + 9.0 * i as f32)
            .map(|x| Rect::new(x, 130.0, x + 6.0, 138.0))
            .collect();
        assert!(marks(&page(&letters), (300.0, 200.0), &[text]).is_empty());
        let rule = Rect::new(60.0, 138.0, 240.0, 139.0);
        assert_eq!(
            marks(&page(&[rule]), (300.0, 200.0), &[text]).len(),
            1,
            "a rule under the text"
        );
    }

    #[test]
    fn a_watermark_across_a_scan_hides_none_of_its_ink() {
        let white = |x: u32, y: u32| !((20..40).contains(&x) && (30..60).contains(&y));
        let scan: Vec<u8> =
            (0..100 * 100).map(|i| if white(i % 100, i / 100) { 250 } else { 60 }).collect();
        let text = "BT /F 8 Tf 10 92 Td (text of the page that was read off it) Tj ET ";
        let watermark = "BT /F 20 Tf 0.7 0.7 -0.7 0.7 20 10 Tm (PREPRINT) Tj ET ";
        let found = |over: &str| {
            let content = format!("q 100 0 0 100 0 0 cm /Im Do Q 3 Tr {text}{text}{over}");
            let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
            let pdf = Pdf::page(&content, &format!("/XObject<</Im 5 0 R>>{font}"), "").with_image(
                "/Width 100/Height 100/BitsPerComponent 8/ColorSpace/DeviceGray",
                &scan,
            );
            let document = Document::open(&pdf.bytes()).expect("opens");
            let page = document.page(1).expect("page");
            document.scanned(&page).expect("drawn").expect("a scan")
        };
        let (plain, crossed) = (found(""), found(watermark));
        assert_eq!(plain.len(), 1, "{plain:?}");
        assert!(plain[0].grow(1.0).contains(&Rect::new(20.0, 30.0, 40.0, 60.0)), "{plain:?}");
        assert_eq!(plain, crossed);
    }
}
