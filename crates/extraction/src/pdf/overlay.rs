//! What a page prints over its pictures: panel letters, arrows, boxes. The pictures themselves are
//! taken without them.

use std::cell::RefCell;
use std::rc::Rc;

use mupdf::{ColorParams, Colorspace, Device, Image, NativeDevice, StrokeState, Text};

use super::{Document, Matrix, Page, Rect};

/// Something printed over a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// Words of one line; `None` for a path.
    pub text: Option<String>,
    /// Points of the page as displayed.
    pub bbox: Rect,
}

/// A picture with more texts or more paths over it than this is ground for something else.
const MOST: usize = 200;

/// Where glyphs are drawn, in points of the page, and how many images came before.
#[derive(Debug, Default)]
pub(super) struct Glyphs(Vec<((f32, f32), usize)>);

impl Document {
    /// What is printed over each of the drawn images of `page` in these areas: `(bbox, index)`, the
    /// picture's box and the number of the last of the drawn images that make it up. Text before
    /// paths, each in the page's order; at most 200 of each, paths past that joined.
    pub fn printed_over(&self, page: &Page, areas: &[(Rect, usize)]) -> Vec<Vec<Printed>> {
        let words = |area: &Rect| {
            let lines = page.lines.iter().filter(|line| !line.bbox.intersect(area).is_empty());
            lines.flat_map(|line| &line.words).any(|word| area.contains_point(word.bbox.centre()))
        };
        let wanted: Vec<Rect> =
            areas.iter().map(|(area, _)| *area).filter(|area| words(area)).collect();
        let glyphs = if wanted.is_empty() { Glyphs::default() } else { self.glyphs(page, wanted) };
        areas
            .iter()
            .map(|(area, index)| {
                let mut printed = texts(page, area, *index, &glyphs);
                printed.extend(paths(page, area, *index));
                printed
            })
            .collect()
    }

    /// Where the page draws glyphs that can be seen, within `areas`.
    fn glyphs(&self, page: &Page, areas: Vec<Rect>) -> Glyphs {
        let found = Rc::new(RefCell::new(Glyphs::default()));
        let run = || -> Result<(), mupdf::Error> {
            let inner = self.inner.load_pdf_page(page.number as i32 - 1)?;
            let bounds = inner.bounds()?;
            let watcher = Watcher {
                found: Rc::clone(&found),
                areas,
                to_page: Matrix { e: -bounds.x0, f: -bounds.y0, ..Matrix::IDENTITY }
                    .then(&page.from_displayed()),
                drawn: page.drawn.images.iter().map(|image| image.transform).collect(),
                images: 0,
            };
            let device = Device::from_native(watcher)?;
            inner.run(&device, &mupdf::Matrix::IDENTITY)
        };
        // The page has been run before; should it fail now, nothing is known to lie over its images.
        let _ = run();
        found.take()
    }
}

/// Words of a line whose centres lie in the area, and that are drawn after the image.
fn texts(page: &Page, area: &Rect, index: usize, glyphs: &Glyphs) -> Vec<Printed> {
    let seen = |bbox: &Rect| {
        let reach = bbox.grow(1.0);
        glyphs.0.iter().any(|(point, images)| *images > index && reach.contains_point(*point))
    };
    let mut texts = Vec::new();
    for line in &page.lines {
        if line.bbox.intersect(area).is_empty() {
            continue;
        }
        let inside = line.words.iter().filter(|word| area.contains_point(word.bbox.centre()));
        let words: Vec<_> = inside.filter(|word| seen(&word.bbox)).collect();
        if let Some(bbox) = words.iter().map(|word| word.bbox).reduce(|all, word| all.union(&word))
        {
            let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            texts.push(Printed { text: Some(text.join(" ")), bbox });
        }
        if texts.len() == MOST {
            break;
        }
    }
    texts
}

fn paths(page: &Page, area: &Rect, index: usize) -> Vec<Printed> {
    let over = page.over.iter().filter(|path| path.images > index);
    let inside = over.filter(|path| area.contains_point(path.bbox.centre())).map(|path| path.bbox);
    let mut boxes: Vec<Rect> = Vec::new();
    for bbox in inside {
        let full = boxes.len() == MOST;
        match boxes.last_mut() {
            // A line set stroke by stroke, or an outline and its filling.
            Some(last) if full || boxes_meet(last, &bbox) => *last = last.union(&bbox),
            _ => boxes.push(bbox),
        }
    }
    boxes.into_iter().map(|bbox| Printed { text: None, bbox }).collect()
}

/// Whether one box holds the other.
fn boxes_meet(a: &Rect, b: &Rect) -> bool {
    a.grow(0.5).contains(b) || b.grow(0.5).contains(a)
}

struct Watcher {
    found: Rc<RefCell<Glyphs>>,
    areas: Vec<Rect>,
    /// From MuPDF's points to those of the page.
    to_page: Matrix,
    /// Transforms of the page's drawn images, and how many of them have gone by.
    drawn: Vec<Matrix>,
    images: usize,
}

/// Images that the interpreter draws past the page's edge are not among the page's; so an image that
/// goes by is looked for among this many next ones.
const LOOK_AHEAD: usize = 50;

impl Watcher {
    fn pass(&mut self, ctm: &mupdf::Matrix) {
        // MuPDF turns the unit square upside down before it places a picture.
        let flip = Matrix { d: -1.0, f: 1.0, ..Matrix::IDENTITY };
        let ctm = Matrix::from([ctm.a, ctm.b, ctm.c, ctm.d, ctm.e, ctm.f]);
        let found: [f32; 6] = ctm.then(&self.to_page).into();
        let next = self.drawn.iter().enumerate().skip(self.images).take(LOOK_AHEAD);
        let same = |transform: &Matrix| {
            let wanted: [f32; 6] = flip.then(transform).into();
            found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 0.5)
        };
        if let Some((index, _)) = next.into_iter().find(|(_, transform)| same(transform)) {
            self.images = index + 1;
        }
    }

    fn see(&self, text: &Text, ctm: &mupdf::Matrix) {
        let ctm = Matrix::from([ctm.a, ctm.b, ctm.c, ctm.d, ctm.e, ctm.f]).then(&self.to_page);
        let glyphs = &mut self.found.borrow_mut().0;
        for item in text.spans().flat_map(|span| {
            let items: Vec<_> = span.items().map(|item| (item.x(), item.y())).collect();
            items
        }) {
            let point = ctm.apply(item);
            if self.areas.iter().any(|area| area.grow(2.0).contains_point(point)) {
                glyphs.push((point, self.images));
            }
        }
    }
}

impl NativeDevice for Watcher {
    fn fill_text(
        &mut self,
        text: &Text,
        ctm: mupdf::Matrix,
        _: &Colorspace,
        _: &[f32],
        alpha: f32,
        _: ColorParams,
    ) {
        if alpha > 0.0 {
            self.see(text, &ctm);
        }
    }

    fn stroke_text(
        &mut self,
        text: &Text,
        _: &StrokeState,
        ctm: mupdf::Matrix,
        _: &Colorspace,
        _: &[f32],
        alpha: f32,
        _: ColorParams,
    ) {
        if alpha > 0.0 {
            self.see(text, &ctm);
        }
    }

    fn fill_image(&mut self, _: &Image, ctm: mupdf::Matrix, _: f32, _: ColorParams) {
        self.pass(&ctm);
    }

    fn fill_image_mask(
        &mut self,
        _: &Image,
        ctm: mupdf::Matrix,
        _: &Colorspace,
        _: &[f32],
        _: f32,
        _: ColorParams,
    ) {
        self.pass(&ctm);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Pdf;
    use super::*;

    /// What is printed over the one image, 80 points large, of a page with this content.
    fn printed(content: &str) -> Vec<Printed> {
        printed_on(&page(content, ""))
    }

    fn page(content: &str, entries: &str) -> Pdf {
        let resources = "/XObject<</Im 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1
             /BaseFont/Helvetica>>>>";
        let image = "/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray";
        Pdf::page(content, resources, entries).with_image(image, b"x")
    }

    fn printed_on(pdf: &Pdf) -> Vec<Printed> {
        let document = Document::open(&pdf.bytes()).expect("opens");
        let page = document.page(1).expect("page");
        let area = page.drawn.images[0].bbox;
        document.printed_over(&page, &[(area, 0)]).remove(0)
    }

    const IMAGE: &str = "q 80 0 0 80 10 10 cm /Im Do Q ";

    #[test]
    fn letters_over_a_picture_are_told_and_those_beneath_or_beside_are_not() {
        let letter = |text: &str, x: i32| format!("BT /F 10 Tf {x} 80 Td ({text}) Tj ET ");
        let over = printed(&format!("{IMAGE}{}{}", letter("A", 12), letter("beside", 92)));
        let texts: Vec<_> = over.iter().map(|printed| printed.text.as_deref()).collect();
        assert_eq!(texts, [Some("A")]);
        assert!((over[0].bbox.x0 - 12.0).abs() < 1.0);
        assert!(printed(&format!("{}{IMAGE}", letter("A", 12))).is_empty());
        assert!(printed(&format!("{IMAGE}3 Tr {}", letter("hidden", 12))).is_empty());
    }

    #[test]
    fn a_tag_whose_name_is_not_utf_8_keeps_nothing_from_being_read() {
        let content = format!("{IMAGE}/#CB#CE <</MCID 0>> BDC BT /F 10 Tf 12 80 Td (A) Tj ET EMC");
        let pdf = page(&content, "/StructParents 0")
            .replacing(1, "<</Type/Catalog/Pages 2 0 R/StructTreeRoot 6 0 R>>")
            .with(
                "<</Type/StructTreeRoot/K 7 0 R/RoleMap<</#CB#CE/P>>/ParentTree<</Nums[0[7 0 R]]>>>>",
                None,
            )
            .with("<</Type/StructElem/S/#CB#CE/P 6 0 R/Pg 3 0 R/K 0>>", None);
        assert_eq!(printed_on(&pdf)[0].text.as_deref(), Some("A"));
    }

    #[test]
    fn a_turned_letter_counts_too() {
        let over = printed(&format!("{IMAGE}BT /F 10 Tf 0 1 -1 0 50 50 Tm (B) Tj ET"));
        assert_eq!(over[0].text.as_deref(), Some("B"));
    }

    #[test]
    fn an_arrow_is_one_box_whatever_its_colour() {
        let over = printed(&format!("0 g 20 20 9 9 re f {IMAGE}1 g 30 30 10 10 re B"));
        assert_eq!(over.len(), 1);
        assert_eq!((over[0].text.as_deref(), over[0].bbox.width().round()), (None, 11.0));
    }

    #[test]
    fn thousands_of_paths_are_joined_past_the_limit() {
        use std::fmt::Write as _;
        let mut content = IMAGE.to_owned();
        for i in 0..3000 {
            let _ = write!(content, "{} {} 1 1 re f ", 10 + i % 75, 10 + i / 75);
        }
        assert_eq!(printed(&content).len(), MOST);
    }
}
