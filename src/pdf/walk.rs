//! Walks what a page draws, nested forms included: which image object lands where, and what area the
//! painted paths cover. An image that is listed in the resources but never drawn is not on the page.

use mupdf::pdf::PdfObject;

use super::content::{Operand, Operation, Operations};
use super::{Matrix, Rect};

/// One drawing of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnImage {
    /// PDF object number; `None` for an inline image.
    pub xref: Option<u32>,
    /// Unit square to points of the page as displayed.
    pub transform: Matrix,
    /// What of it can be seen, clip and page edge considered.
    pub bbox: Rect,
}

/// What a page draws besides text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawn {
    /// In drawing order.
    pub images: Vec<DrawnImage>,
    /// Boxes of painted paths, subpath by subpath, and of shadings, without what is painted white.
    pub paths: Vec<Rect>,
}

/// Forms within forms. Viewers stop near 28; nothing sane goes past a handful, and a form that draws
/// itself must end.
const DEEPEST_FORM: u32 = 12;

/// Operations a page may take, all forms counted. The largest real page seen takes 2 million.
const MOST_OPERATIONS: usize = 20_000_000;

#[derive(Debug, Clone)]
struct State {
    ctm: Matrix,
    clip: Rect,
    fill: Paint,
    stroke: Paint,
}

/// Whether the current colour leaves a mark on white paper.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Paint {
    white: bool,
    /// In a `Separation` or `DeviceN` space 0 is no ink, elsewhere it is black.
    subtractive: bool,
}

impl Paint {
    const BLACK: Self = Self { white: false, subtractive: false };

    fn set(&mut self, operands: &[Operand]) {
        let tints: Vec<f32> = operands.iter().filter_map(Operand::number).collect();
        let named_pattern = matches!(operands.last(), Some(Operand::Name(_)));
        let no_ink = if self.subtractive { 0.0 } else { 1.0 };
        self.white = !named_pattern && is_white(&tints, no_ink);
    }
}

/// `no_ink` is the value of an unmarked component in a space of 1 to 3 components; four are CMYK.
fn is_white(tints: &[f32], no_ink: f32) -> bool {
    let blank = if tints.len() == 4 { 0.0 } else { no_ink };
    !tints.is_empty() && tints.iter().all(|tint| (tint - blank).abs() < 0.004)
}

/// A path under construction, in points of the displayed page.
#[derive(Debug, Default)]
struct PathBounds {
    /// One box a subpath: a chart's bars, or its grid, may be a single path.
    subpaths: Vec<Rect>,
    clips: bool,
}

impl PathBounds {
    fn begin(&mut self, (x, y): (f32, f32)) {
        self.subpaths.push(Rect::new(x, y, x, y));
    }

    fn add(&mut self, (x, y): (f32, f32)) {
        match self.subpaths.last_mut() {
            Some(last) => *last = last.union(&Rect::new(x, y, x, y)),
            None => self.begin((x, y)),
        }
    }

    fn bounds(&self) -> Option<Rect> {
        self.subpaths.iter().copied().reduce(|all, subpath| all.union(&subpath))
    }
}

struct Walker {
    page: Rect,
    drawn: Drawn,
    operations: usize,
}

/// Walks `content`, the page's joined content streams. `to_display` takes the page's user space to
/// points of the page as displayed, whose box is `page`.
pub(super) fn walk(content: &[u8], resources: &PdfObject, to_display: Matrix, page: Rect) -> Drawn {
    let mut walker = Walker { page, drawn: Drawn::default(), operations: 0 };
    let state = State { ctm: to_display, clip: page, fill: Paint::BLACK, stroke: Paint::BLACK };
    walker.run(content, resources, state, 0);
    walker.drawn
}

impl Walker {
    fn run(&mut self, content: &[u8], resources: &PdfObject, mut state: State, depth: u32) {
        let mut saved = Vec::new();
        let mut path = PathBounds::default();
        for operation in Operations::new(content) {
            self.operations += 1;
            if self.operations > MOST_OPERATIONS {
                return;
            }
            match &operation.operator[..] {
                b"q" => saved.push(state.clone()),
                b"Q" => state = saved.pop().unwrap_or(state),
                b"cm" => {
                    if let Some(matrix) = matrix_of(&operation.operands) {
                        state.ctm = matrix.then(&state.ctm);
                    }
                }
                b"Do" => {
                    if let Some(Operand::Name(name)) = operation.operands.last()
                        && let Some(object) = lookup(resources, "XObject", name)
                    {
                        self.draw(&object, resources, &state, depth);
                    }
                }
                b"BI" => self.image(None, &state),
                b"sh" => self.mark(state.clip, &state),
                b"m" | b"l" | b"c" | b"v" | b"y" | b"re" => extend(&mut path, &operation, &state),
                b"W" | b"W*" => path.clips = true,
                b"f" | b"F" | b"f*" => self.paint(&mut path, &mut state, true, false),
                b"S" | b"s" => self.paint(&mut path, &mut state, false, true),
                b"B" | b"B*" | b"b" | b"b*" => self.paint(&mut path, &mut state, true, true),
                b"n" => self.paint(&mut path, &mut state, false, false),
                operator => colour(operator, &operation.operands, resources, &mut state),
            }
        }
    }

    fn draw(&mut self, object: &PdfObject, outer: &PdfObject, state: &State, depth: u32) {
        match name_of(object, "Subtype").as_deref() {
            Some(b"Image") => {
                let xref = object.as_indirect().ok().and_then(|xref| u32::try_from(xref).ok());
                self.image(xref.filter(|xref| *xref > 0), state);
            }
            Some(b"Form") if depth < DEEPEST_FORM => {
                let Ok(content) = object.read_stream() else { return };
                let mut inner = state.clone();
                if let Some(matrix) = array_of::<6>(object, "Matrix") {
                    inner.ctm = Matrix::from(matrix).then(&inner.ctm);
                }
                if let Some([x0, y0, x1, y1]) = array_of::<4>(object, "BBox") {
                    let bounds = inner.ctm.bounds(&Rect::new(x0, y0, x1, y1));
                    inner.clip = inner.clip.intersect(&bounds);
                }
                let own = object.get_dict("Resources").ok().flatten();
                self.run(&content, own.as_ref().unwrap_or(outer), inner, depth + 1);
            }
            _ => {}
        }
    }

    fn image(&mut self, xref: Option<u32>, state: &State) {
        // Numbers that overflow draw nothing, and could be written neither as JSON nor to a database.
        if !<[f32; 6]>::from(state.ctm).into_iter().all(f32::is_finite) {
            return;
        }
        let bbox = state.ctm.unit_square().intersect(&state.clip).intersect(&self.page);
        if !bbox.is_empty() {
            self.drawn.images.push(DrawnImage { xref, transform: state.ctm, bbox });
        }
    }

    fn paint(&mut self, path: &mut PathBounds, state: &mut State, fills: bool, strokes: bool) {
        let path = std::mem::take(path);
        let Some(bounds) = path.bounds() else { return };
        if (fills && !state.fill.white) || (strokes && !state.stroke.white) {
            path.subpaths.iter().for_each(|subpath| self.mark(*subpath, state));
        }
        if path.clips {
            state.clip = state.clip.intersect(&bounds);
        }
    }

    fn mark(&mut self, bounds: Rect, state: &State) {
        // A hairline has no area, yet it is seen.
        let seen = bounds.grow(0.25).intersect(&state.clip.grow(0.25)).intersect(&self.page);
        if !seen.is_empty() {
            self.drawn.paths.push(seen);
        }
    }
}

fn extend(path: &mut PathBounds, operation: &Operation, state: &State) {
    let numbers: Vec<f32> = operation.operands.iter().filter_map(Operand::number).collect();
    if let (b"re", [x, y, w, h]) = (&operation.operator[..], &numbers[..]) {
        path.begin(state.ctm.apply((*x, *y)));
        path.add(state.ctm.apply((x + w, *y)));
        path.add(state.ctm.apply((*x, y + h)));
        path.add(state.ctm.apply((x + w, y + h)));
    } else {
        // Control points bound a Bézier curve from outside: close enough for a box.
        for point in numbers.chunks_exact(2) {
            let point = state.ctm.apply((point[0], point[1]));
            if &operation.operator[..] == b"m" {
                path.begin(point);
            } else {
                path.add(point);
            }
        }
    }
}

fn colour(operator: &[u8], operands: &[Operand], resources: &PdfObject, state: &mut State) {
    let paint = match operator {
        b"g" | b"rg" | b"k" | b"cs" | b"sc" | b"scn" => &mut state.fill,
        b"G" | b"RG" | b"K" | b"CS" | b"SC" | b"SCN" => &mut state.stroke,
        _ => return,
    };
    match operator {
        b"cs" | b"CS" => {
            let subtractive = match operands.last() {
                Some(Operand::Name(name)) => is_subtractive(resources, name),
                _ => false,
            };
            // The initial colour of every space is black, or full ink.
            *paint = Paint { white: false, subtractive };
        }
        b"sc" | b"scn" | b"SC" | b"SCN" => paint.set(operands),
        _ => {
            paint.subtractive = false;
            paint.set(operands);
        }
    }
}

fn is_subtractive(resources: &PdfObject, name: &[u8]) -> bool {
    let Some(space) = lookup(resources, "ColorSpace", name) else { return false };
    let family = space.get_array(0).ok().flatten().and_then(|family| family.as_name().ok());
    matches!(family.as_deref(), Some(b"Separation" | b"DeviceN"))
}

fn lookup(resources: &PdfObject, kind: &str, name: &[u8]) -> Option<PdfObject> {
    let entries = resources.get_dict(kind).ok().flatten()?;
    entries.get_dict(&*String::from_utf8_lossy(name)).ok().flatten()
}

fn name_of(object: &PdfObject, key: &str) -> Option<Vec<u8>> {
    let value = object.get_dict(key).ok().flatten()?;
    value.is_name().ok()?.then(|| value.as_name().ok()).flatten()
}

fn array_of<const N: usize>(object: &PdfObject, key: &str) -> Option<[f32; N]> {
    let array = object.get_dict(key).ok().flatten()?;
    let mut numbers = [0.0; N];
    for (index, number) in (0..).zip(&mut numbers) {
        *number = array.get_array(index).ok().flatten()?.as_float().ok()?;
    }
    Some(numbers)
}

fn matrix_of(operands: &[Operand]) -> Option<Matrix> {
    let numbers: Vec<f32> = operands.iter().filter_map(Operand::number).collect();
    <[f32; 6]>::try_from(numbers).ok().map(Matrix::from)
}

#[cfg(test)]
mod tests {
    use mupdf::pdf::PdfDocument;

    use super::*;

    const PAGE: Rect = Rect { x0: 0.0, y0: 0.0, x1: 600.0, y1: 800.0 };
    /// User space has its origin at the bottom.
    const FLIP: Matrix = Matrix { a: 1.0, b: 0.0, c: 0.0, d: -1.0, e: 0.0, f: 800.0 };

    /// An image object and a form that draws it at twice the size, shifted, clipped to 100 points.
    fn resources(document: &mut PdfDocument) -> PdfObject {
        let buffer = |bytes: &[u8]| mupdf::Buffer::from_bytes(bytes).expect("buffer");
        let parse = |d: &PdfDocument, text: &str| d.new_object_from_str(text).expect("object");
        let dict = parse(document, "<</Type/XObject/Subtype/Image/Width 1/Height 1>>");
        let image = document.add_stream(&buffer(b"x"), Some(&dict), false).expect("image");
        let xref = image.as_indirect().expect("xref");
        let dict = parse(
            document,
            &format!(
                "<</Subtype/Form/Matrix[2 0 0 2 10 0]/BBox[0 0 50 50]
                   /Resources<</XObject<</Inner {xref} 0 R>>>>>>"
            ),
        );
        let content = b"q 100 0 0 100 0 0 cm /Inner Do Q";
        let form = document.add_stream(&buffer(content), Some(&dict), false).expect("form");
        let form = form.as_indirect().expect("xref");
        parse(document, &format!("<</XObject<</Im {xref} 0 R/Fm {form} 0 R>>>>"))
    }

    fn walk_text(content: &str) -> Drawn {
        let mut document = PdfDocument::new();
        let resources = resources(&mut document);
        walk(content.as_bytes(), &resources, FLIP, PAGE)
    }

    #[test]
    fn an_image_lands_where_its_matrix_says() {
        let drawn = walk_text("q 200 0 0 100 50 600 cm /Im Do Q");
        assert_eq!(drawn.images.len(), 1);
        assert_eq!(drawn.images[0].bbox, Rect::new(50.0, 100.0, 250.0, 200.0));
        assert!(drawn.images[0].xref.is_some());
    }

    #[test]
    fn an_image_in_a_form_is_moved_and_clipped_by_it() {
        let drawn = walk_text("1 0 0 1 0 700 cm /Fm Do");
        assert_eq!(drawn.images[0].transform.unit_square(), Rect::new(10.0, -100.0, 210.0, 100.0));
        assert_eq!(drawn.images[0].bbox, Rect::new(10.0, 0.0, 110.0, 100.0));
    }

    #[test]
    fn a_listed_image_that_is_not_drawn_is_not_there() {
        assert!(walk_text("q Q").images.is_empty());
    }

    #[test]
    fn a_matrix_that_overflows_draws_nothing() {
        let huge = format!("1{}", "0".repeat(30));
        let scale = format!("{huge} 0 0 {huge} 0 0 cm ");
        assert!(walk_text(&format!("{scale}{scale}/Im Do")).images.is_empty());
    }

    #[test]
    fn white_paint_leaves_no_mark() {
        assert!(walk_text("1 g 0 0 600 800 re f 1 1 1 rg 0 0 9 9 re f").paths.is_empty());
        assert_eq!(walk_text("0 0 0 1 k 10 10 20 20 re f").paths.len(), 1);
        assert!(walk_text("0 0 0 0 k 10 10 20 20 re f").paths.is_empty());
    }

    #[test]
    fn a_clip_cuts_what_follows_until_restored() {
        let drawn =
            walk_text("q 0 0 100 100 re W n 0 0 300 300 re f Q 0 0 300 300 re f BI /W 1 ID x\nEI");
        assert_eq!(drawn.paths[0].width().round() as i32, 100);
        assert_eq!(drawn.paths[1].width().round() as i32, 300);
        assert_eq!(drawn.images.len(), 1);
        assert_eq!(drawn.images[0].xref, None);
    }
}
