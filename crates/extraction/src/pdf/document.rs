//! A document opened by MuPDF, and its pages.

use std::cell::RefCell;
use std::collections::HashMap;

use mupdf::pdf::{PdfDocument, PdfObject, PdfPage};
use mupdf::{MetadataName, TextPageFlags};

use super::easel::Easel;
use super::image::{ImageInfo, Orientation};
use super::layers::Layers;
use super::limits::{Excess, Limits};
use super::mend::Mender;
use super::text::{self, Line, Word};
use super::walk::{self, Drawn, Manner, PaintedOver, Shown, Walk};
use super::{Matrix, PdfError, Rect, Turn};

/// An open PDF. Bound to its thread, as MuPDF is.
#[derive(Debug)]
pub struct Document {
    pub(super) inner: PdfDocument,
    pages: u32,
    layers: Layers,
    mender: Mender,
    pub(super) limits: Limits,
    /// Set up when the first image is decoded.
    pub(super) easel: RefCell<Option<Easel>>,
    /// Whether the colours of an ICC profile, by object number, look as those without one.
    pub(super) profiles: RefCell<HashMap<u32, bool>>,
}

/// One page: its size and everything on it, in points of the page as displayed, or of that
/// [turned](Self::turn).
#[derive(Debug, Clone)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// Points, as displayed.
    pub width: f32,
    /// Points, as displayed.
    pub height: f32,
    /// Degrees clockwise; already applied.
    pub rotation: i32,
    /// In the content's order.
    pub lines: Vec<Line>,
    /// What its content streams draw.
    pub drawn: Drawn,
    /// By how much it was turned from how it is displayed.
    pub turned: Turn,
    /// Of a scan: boxes around the ink that no text accounts for, where somebody looked ([`Document::scanned`]).
    pub scanned: Option<Vec<Rect>>,
    /// Drawn images that are upright once the page is turned further, by index.
    pub(super) leaning: HashMap<usize, Turn>,
    /// How each of the drawn images is drawn.
    pub(super) manners: Vec<Manner>,
    pub(super) over: Vec<PaintedOver>,
    pub(super) shown: Shown,
}

impl Document {
    /// Opens a document of which no more is read than [`Limits::DEFAULT`] allows.
    ///
    /// # Errors
    /// As [`open_within`](Self::open_within).
    pub fn open(bytes: &[u8]) -> Result<Self, PdfError> {
        Self::open_within(bytes, Limits::DEFAULT)
    }

    /// # Errors
    /// When the bytes are no PDF that MuPDF can read or repair, when it asks for a password, when no
    /// page of it can be found, or when it has more objects or pages than `limits` allow.
    pub fn open_within(bytes: &[u8], limits: Limits) -> Result<Self, PdfError> {
        if bytes.is_empty() {
            return Err(PdfError::Empty);
        }
        // MuPDF repairs much, down to making an empty document of any text: a file without the
        // header in its first kilobyte (what viewers allow) is no PDF.
        let head = &bytes[..bytes.len().min(1024)];
        if !head.windows(5).any(|window| window == b"%PDF-") {
            return Err(PdfError::NotAPdf);
        }
        let inner = PdfDocument::from_bytes(bytes).map_err(PdfError::broken("opening it"))?;
        if inner.needs_password().map_err(PdfError::broken("reading its encryption"))? {
            return Err(PdfError::Encrypted);
        }
        let within = |what, found: u32, most: u32, set_by| {
            let (found, most) = (u64::from(found), u64::from(most));
            let many = PdfError::TooMany { what, found, most, set_by };
            if found > most { Err(many) } else { Ok(()) }
        };
        let objects = inner.count_objects().map_err(PdfError::broken("counting its objects"))?;
        within("objects", objects, limits.objects, "--max-objects")?;
        let pages = inner.page_count().map_err(PdfError::broken("counting its pages"))?;
        let pages = u32::try_from(pages).unwrap_or(0);
        if pages == 0 {
            return Err(PdfError::NoPages);
        }
        within("pages", pages, limits.pages, "--max-pages")?;
        let catalog = inner.catalog();
        let layers = catalog.as_ref().map(Layers::read).unwrap_or_default();
        // Nothing here asks how a text is structured. Left in place, the structure's own texts take hyphens off
        // the ends of lines, and `mupdf`'s devices do not survive a tag whose name is not UTF-8.
        if let Ok(mut catalog) = catalog {
            catalog
                .dict_delete("StructTreeRoot")
                .map_err(PdfError::broken("reading its catalog"))?;
        }
        let (easel, profiles) = (RefCell::default(), RefCell::default());
        Ok(Self { inner, pages, layers, mender: Mender::default(), limits, easel, profiles })
    }

    /// How many pages it has.
    pub fn page_count(&self) -> u32 {
        self.pages
    }

    /// The title of the document's information dictionary; empty where there is none.
    pub fn title(&self) -> String {
        self.inner.metadata(MetadataName::Title).unwrap_or_default().trim().to_owned()
    }

    /// Reads page `number`, counted from 1.
    ///
    /// # Errors
    /// When MuPDF cannot load or run it, its content is not in the file, or it has more of something
    /// than the document's [`Limits`] allow.
    pub fn page(&self, number: u32) -> Result<Page, PdfError> {
        let broken = |doing: &'static str| {
            move |source| PdfError::BrokenPage { page: number, doing, source }
        };
        let page = self.load(number)?;
        let bounds = page.bounds().map_err(broken("measuring it"))?;
        let ctm = page.ctm().map_err(broken("measuring it"))?;
        let rotation = page.rotation().unwrap_or(0);
        let too_much = |excess: Excess| excess.on_page(number);
        // Before MuPDF runs what it unfolds to.
        let content = contents(&page, &self.limits)
            .map_err(too_much)?
            .ok_or(PdfError::NoContent { page: number })?;
        let text = page.to_text_page(TextPageFlags::CLIP).map_err(|source| {
            let told = source.to_string();
            let deep = ["too many nested", "stack overflow"].iter().any(|part| told.contains(part));
            let broken = broken("reading its text");
            if deep { PdfError::TooDeep { page: number } } else { broken(source) }
        })?;
        // The page's box starts at the origin once displayed, but MuPDF keeps an offset on some.
        let to_display = Matrix::from([ctm.a, ctm.b, ctm.c, ctm.d, ctm.e, ctm.f]).then(&Matrix {
            e: -bounds.x0,
            f: -bounds.y0,
            ..Matrix::IDENTITY
        });
        let (width, height) = (bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
        let frame = Rect::new(0.0, 0.0, width, height);
        let Walk { drawn, manners, over, shown } =
            walk::walk(&content, &page.object(), &self.layers, self.limits, to_display, frame)
                .map_err(too_much)?;
        Ok(Page {
            number,
            width,
            height,
            rotation,
            lines: text::lines(&text),
            drawn,
            turned: Turn::NONE,
            scanned: None,
            leaning: HashMap::new(),
            manners,
            over,
            shown,
        })
    }

    /// Loads page `number`, counted from 1, as it is meant.
    pub(super) fn load(&self, number: u32) -> Result<PdfPage, PdfError> {
        let load = || {
            let page = self.inner.load_pdf_page(number as i32 - 1)?;
            self.mender.mend(&page, &self.layers)?;
            Ok(page)
        };
        load().map_err(|source| PdfError::BrokenPage { page: number, doing: "loading it", source })
    }

    /// What the document says of each image object drawn on `pages`, by xref.
    pub fn images<'a>(&self, pages: impl IntoIterator<Item = &'a Page>) -> HashMap<u32, ImageInfo> {
        let mut images = HashMap::new();
        for page in pages {
            for xref in page.drawn.images.iter().filter_map(|image| image.xref) {
                images.entry(xref).or_insert_with(|| ImageInfo::read(&self.object(xref)));
            }
        }
        images
    }

    pub(super) fn object(&self, xref: u32) -> PdfObject {
        self.inner.new_indirect(xref as i32, 0).unwrap_or_else(|_| PdfObject::new_null())
    }
}

/// A picture that covers this part of the page may be a scan of it.
const SCAN: f32 = 0.6;
/// Of the text on a scanned page no more than this part is seen: what a server prints in the margin.
const MOST_SEEN: f32 = 0.35;
/// A picture lies over another that it covers by this part of the smaller of the two.
const LIES_OVER: f32 = 0.05;

impl Page {
    /// Turns the page, and all that is on it.
    pub fn turn(&mut self, turn: Turn) {
        if turn == Turn::NONE {
            return;
        }
        let matrix = turn.matrix(self.width, self.height);
        for line in &mut self.lines {
            line.bbox = matrix.bounds(&line.bbox);
            line.direction = line.direction.turned(turn);
            for word in &mut line.words {
                word.bbox = matrix.bounds(&word.bbox);
            }
        }
        for image in &mut self.drawn.images {
            image.transform = image.transform.then(&matrix);
            image.bbox = matrix.bounds(&image.bbox);
        }
        for path in &mut self.drawn.paths {
            *path = matrix.bounds(path);
        }
        for mark in self.scanned.iter_mut().flatten() {
            *mark = matrix.bounds(mark);
        }
        for path in &mut self.over {
            path.bbox = matrix.bounds(&path.bbox);
        }
        self.manners.iter_mut().for_each(|manner| manner.turn(&matrix));
        (self.width, self.height) = turn.size((self.width, self.height));
        self.turned = self.turned.and(turn);
    }

    /// Notes that a drawn image is upright once the page is turned, as the text beside it is.
    pub fn turn_image(&mut self, index: usize, turn: Turn) {
        self.leaning.insert(index, turn);
    }

    /// How a drawn image is to be turned to be upright.
    pub(super) fn orientation(&self, index: usize) -> Orientation {
        let turn = self.leaning.get(&index).copied().unwrap_or_default();
        let matrix = turn.matrix(self.width, self.height);
        Orientation::of(&self.drawn.images[index].transform.then(&matrix))
    }

    /// Takes points of the page as it is here to points of the page as displayed.
    pub fn to_displayed(&self) -> Matrix {
        self.turned.back().matrix(self.width, self.height)
    }

    /// Takes points of the page as displayed to points of the page as it is here.
    pub fn from_displayed(&self) -> Matrix {
        let (width, height) = self.displayed_size();
        self.turned.matrix(width, height)
    }

    /// Width and height of the page as displayed, in points.
    pub fn displayed_size(&self) -> (f32, f32) {
        self.turned.size((self.width, self.height))
    }

    /// Whether a drawn image is a scan of the page: it covers most of it and most of its text, next to none of
    /// which is seen, since it is set without ink, or lies beneath.
    pub fn is_scan(&self, index: usize) -> bool {
        let page = self.width * self.height;
        let manner = &self.manners[index];
        if self.drawn.images[index].bbox.area() < SCAN * page || manner.lets_through() {
            return false;
        }
        let picture = self.drawn.images[index].bbox;
        let words = || self.lines.iter().flat_map(|line| &line.words);
        let length = |word: &Word| word.text.chars().count();
        let all: usize = words().map(length).sum();
        let on_it = words().filter(|word| picture.contains_point(word.bbox.centre()));
        if 2 * on_it.map(length).sum::<usize>() < all {
            return false;
        }
        let above = self.shown.seen.iter().filter(|(images, _)| *images > index);
        let seen: usize = above.map(|(_, length)| length).sum();
        self.shown.all > 0 && (seen as f32) < MOST_SEEN * self.shown.all as f32
    }

    /// The drawn images that lie over this one and let it show through.
    pub fn layers_over(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let below = self.drawn.images[index].bbox;
        (index + 1..self.drawn.images.len()).filter(move |&over| {
            let bbox = self.drawn.images[over].bbox;
            let manner = &self.manners[over];
            (manner.lets_through() || manner.own_mask)
                && bbox.intersect(&below).area() > LIES_OVER * bbox.area().min(below.area())
        })
    }

    /// Whether a painted path lies over a drawn image and lets it show through.
    pub fn is_veiled(&self, index: usize) -> bool {
        let below = self.drawn.images[index].bbox;
        let over = self.over.iter().filter(|path| path.images > index && path.translucent);
        over.into_iter().any(|path| {
            path.bbox.intersect(&below).area() > LIES_OVER * path.bbox.area().min(below.area())
        })
    }

    /// What cuts a drawn image besides the page's edge: the box of the clip in force.
    pub fn clip(&self, index: usize) -> Option<Rect> {
        let frame = Rect::new(0.0, 0.0, self.width, self.height);
        self.manners[index].clip.map(|clip| clip.intersect(&frame))
    }

    /// Boxes of the paths that are painted after a drawn image, white ones included, wherever they
    /// lie.
    pub fn paths_over(&self, index: usize) -> impl Iterator<Item = Rect> + '_ {
        self.over.iter().filter(move |path| path.images > index).map(|path| path.bbox)
    }

    /// Whether a drawn image is seen just as it is: not cut, turned, blended or masked by what is
    /// around it. What is drawn over it later may hide it all the same.
    pub fn shows_plainly(&self, index: usize) -> bool {
        let (drawn, manner) = (&self.drawn.images[index], &self.manners[index]);
        let m = &drawn.transform;
        let upright = m.keeps_upright() && m.a > 0.0 && m.d < 0.0;
        let whole = drawn.bbox.grow(0.5).contains(&m.unit_square());
        upright && whole && !manner.shaped && !manner.blends
    }
}

/// The page's content streams, joined as the format wants it: by white space. A blank page has none.
/// `None` where the page or a stream it names is not in the file: MuPDF takes such a page for blank.
///
/// # Errors
/// When they unfold to more than `limits` allow.
fn contents(page: &PdfPage, limits: &Limits) -> Result<Option<Vec<u8>>, Excess> {
    if !page.object().is_dict().unwrap_or(false) {
        return Ok(None);
    }
    let Ok(Some(contents)) = page.contents() else { return Ok(Some(Vec::new())) };
    let parts = if contents.is_array().unwrap_or(false) {
        let count = contents.len().unwrap_or(0);
        (0..count).filter_map(|index| contents.get_array(index as i32).ok().flatten()).collect()
    } else {
        vec![contents]
    };
    let mut joined = Vec::new();
    for part in parts {
        if part.is_null().unwrap_or(true) {
            return Ok(None);
        }
        let content = part.read_stream();
        let length = content.as_ref().map_or(0, Vec::len);
        limits.check_content(&content, (joined.len() + length) as u64)?;
        joined.extend(content.unwrap_or_default());
        joined.push(b'\n');
    }
    Ok(Some(joined))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Pdf;
    use super::*;

    #[test]
    fn a_hyphen_that_a_tag_calls_soft_stays_at_the_end_of_its_line() {
        let content = "BT /F 10 Tf 10 50 Td /P <</MCID 0>> BDC (in) Tj EMC
            /Span <</MCID 1>> BDC (-) Tj EMC ET";
        let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
        let pdf = Pdf::page(content, font, "/StructParents 0")
            .replacing(1, "<</Type/Catalog/Pages 2 0 R/StructTreeRoot 5 0 R>>")
            .with("<</Type/StructTreeRoot/K 6 0 R/ParentTree<</Nums[0[6 0 R 7 0 R]]>>>>", None)
            .with("<</Type/StructElem/S/P/P 5 0 R/Pg 3 0 R/K[0 7 0 R]>>", None)
            .with("<</Type/StructElem/S/Span/P 6 0 R/Pg 3 0 R/K 1/ActualText<FEFF00AD>>>", None);
        assert_eq!(pdf.read_page().lines[0].text(), "in-");
    }

    /// A picture of 40 x 20 points with a line of text that runs up beside it.
    fn page_with_picture(content: &str, entries: &str) -> Page {
        let resources = "/XObject<</Im 5 0 R/Over 6 0 R>>/Font<</F<</Type/Font/Subtype/Type1
            /BaseFont/Helvetica>>>>/ExtGState<</Half<</ca 0.5>>/Times<</BM/Multiply>>/Line<</CA 0.5>>
            /Masked<</SMask<</S/Luminosity/G 7 0 R>>>>/Plain<</ca 1/BM/Normal/SMask/None>>>>";
        let image = "/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray";
        Pdf::page(content, resources, entries)
            .with_image(image, b"x")
            .with_image(&format!("{image}/SMask 5 0 R"), b"x")
            .with(
                "<</Subtype/Form/BBox[0 0 100 100]/Group<</S/Transparency>>/Length 0>>",
                Some(b""),
            )
            .read_page()
    }

    #[test]
    fn a_page_that_is_turned_reads_as_one_that_was_drawn_so() {
        let upright = "q 40 0 0 20 10 60 cm /Im Do Q BT /F 8 Tf 10 50 Td (four words of text) Tj ET
            0 g 10 10 30 5 re f";
        for (matrix, turn) in [
            ("0 1 -1 0 100 0", Turn::CLOCKWISE),
            ("-1 0 0 -1 100 100", Turn::HALF),
            ("0 -1 1 0 0 100", Turn::ANTICLOCKWISE),
        ] {
            let mut page = page_with_picture(&format!("{matrix} cm {upright}"), "");
            let before = page.clone();
            assert_eq!(page.lines[0].direction.upright(), turn);
            page.turn(turn);
            let wanted = page_with_picture(upright, "");
            let near = |a: &Rect, b: &Rect| a.grow(0.1).contains(b) && b.grow(0.1).contains(a);
            assert_eq!(page.lines[0].direction, wanted.lines[0].direction);
            assert_eq!(page.lines[0].text(), wanted.lines[0].text());
            assert!(near(&page.lines[0].bbox, &wanted.lines[0].bbox));
            assert!(near(&page.drawn.images[0].bbox, &wanted.drawn.images[0].bbox));
            assert!(near(&page.drawn.paths[0], &wanted.drawn.paths[0]));
            assert_eq!(page.orientation(0), wanted.orientation(0));
            let back = page.to_displayed().bounds(&page.lines[0].bbox);
            assert!(near(&back, &before.lines[0].bbox));
            assert!(near(&page.from_displayed().bounds(&back), &page.lines[0].bbox));
            // The picture by itself, on a page that is not turned.
            let mut leaning = before;
            leaning.turn_image(0, turn);
            assert_eq!(leaning.orientation(0), wanted.orientation(0));
        }
    }

    #[test]
    fn what_lets_a_picture_show_through_lies_over_it() {
        let under = "q 80 0 0 80 10 10 cm /Im Do Q ";
        let layers = |over: &str| {
            let page = page_with_picture(&format!("{under}{over}"), "");
            (page.layers_over(0).count(), page.is_veiled(0))
        };
        let image = |state: &str| layers(&format!("q {state} 80 0 0 80 10 10 cm /Im Do Q"));
        assert_eq!(image("/Half gs"), (1, false));
        assert_eq!(image("/Times gs"), (1, false));
        assert_eq!(image("/Masked gs"), (1, false));
        assert_eq!(image("/Plain gs"), (0, false));
        assert_eq!(layers("q 80 0 0 80 10 10 cm /Over Do Q"), (1, false));
        assert_eq!(layers("q /Half gs 8 0 0 80 91 10 cm /Im Do Q"), (0, false), "beside it");
        let path = |state: &str| layers(&format!("q {state} 1 g 20 20 30 30 re f Q"));
        assert_eq!((path("/Half gs"), path("/Plain gs")), ((0, true), (0, false)));
        assert_eq!((path("/Times gs"), path("/Line gs")), ((0, true), (0, false)));
        assert_eq!(layers("/Line gs 5 w 20 20 30 30 re S"), (0, true));
        assert_eq!(layers("/Half gs 92 92 5 5 re f"), (0, false));
    }

    #[test]
    fn a_scan_is_a_picture_of_the_page_over_text_or_under_text_without_ink() {
        let picture = "q 100 0 0 100 0 0 cm /Im Do Q ";
        let text = "BT /F 8 Tf 10 50 Td (text of the page that was read off it) Tj ET ";
        let banner = "0 Tr BT /F 4 Tf 2 95 Td (a banner) Tj ET ";
        let is_scan = |content: &str| page_with_picture(content, "").is_scan(0);
        assert!(is_scan(&format!("{picture}3 Tr {text}{text}{banner}")));
        assert!(is_scan(&format!("{text}{text}{picture}{banner}")));
        assert!(!is_scan(&format!("{picture}{text}{text}")), "a ground for the text");
        assert!(!is_scan(&format!("{text}/Half gs {picture}")), "a tint over the text");
        assert!(!is_scan(picture), "there is no text");
        let beside = "q 100 0 0 80 0 0 cm /Im Do Q ";
        assert!(
            !is_scan(&format!("BT /F 8 Tf 10 90 Td (Figure 3) Tj ET {beside}")),
            "a label over it"
        );
        assert!(!is_scan(&format!("3 Tr {text} q 40 0 0 40 0 0 cm /Im Do Q")), "a small one");
    }
}
