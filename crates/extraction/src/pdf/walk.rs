//! Walks what a page draws, nested forms, patterns and annotations included: which image object lands
//! where, and what area the painted paths cover. An image that is listed in the resources but never
//! drawn, or drawn on a hidden layer, is not on the page.

use std::collections::HashMap;
use std::rc::Rc;

use mupdf::pdf::PdfObject;

use super::content::{Operand, Operation, Operations};
use super::glyphs::{Fonts, Glyphs, Strings, TextState, View};
use super::layers::Layers;
use super::limits::{Excess, Limits};
use super::object::{self, entry};
use super::paint::{Paint, Pattern};
use super::state::{PathBounds, SoftMask, State};
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

/// What a page draws besides text, and how many glyphs it shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawn {
    /// In drawing order.
    pub images: Vec<DrawnImage>,
    /// Boxes of painted paths, subpath by subpath, and of shadings, without what is painted white.
    pub paths: Vec<Rect>,
    /// How many glyphs it draws.
    pub glyphs: Glyphs,
}

/// How an image is drawn: what it takes to draw it again, alone.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// The stream's own text of an inline image, `BI` to `EI`.
    pub(super) inline: Option<Rc<[u8]>>,
    /// What names in the stream around it mean.
    pub(super) resources: Rc<PdfObject>,
    /// Operators that set the colour of a stencil; empty for one that has its own colours.
    pub(super) colour: Rc<[u8]>,
    /// 1 for opaque.
    pub(super) alpha: f32,
    /// The clip's box, where it cuts the image.
    pub(super) clip: Option<Rect>,
    /// Whether the clip is another shape than an upright box.
    pub(super) shaped: bool,
    /// Whether a blend mode of the graphics state changes how it looks on what is beneath.
    pub(super) blends: bool,
    /// The graphics state's soft mask.
    pub(super) mask: Option<Rc<SoftMask>>,
    /// Whether it has a soft mask of its own.
    pub(super) own_mask: bool,
}

impl Manner {
    /// Whether the graphics state lets what is beneath show through.
    pub(super) fn lets_through(&self) -> bool {
        self.alpha < 1.0 || self.blends || self.mask.is_some()
    }

    /// Whether drawing it takes a graphics state of its own.
    pub(super) fn has_state(&self) -> bool {
        self.alpha < 1.0 || self.mask.is_some()
    }

    /// Follows a turn of the page.
    pub(super) fn turn(&mut self, matrix: &Matrix) {
        self.clip = self.clip.map(|clip| matrix.bounds(&clip));
        if let Some(mask) = &self.mask {
            let (object, ctm) = (Rc::clone(&mask.object), mask.ctm.then(matrix));
            self.mask = Some(Rc::new(SoftMask { object, ctm }));
        }
    }
}

/// A path painted after images were, white ones included.
#[derive(Debug, Clone, Copy)]
pub(super) struct PaintedOver {
    pub(super) bbox: Rect,
    /// Whether what is beneath shows through it.
    pub(super) translucent: bool,
    /// How many of the page's images were drawn before it.
    pub(super) images: usize,
}

/// How much text a page shows, in bytes of its content.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    pub(super) all: usize,
    /// What leaves a mark, by how many of the page's images were drawn before it; growing.
    pub(super) seen: Vec<(usize, usize)>,
}

/// All that walking a page tells.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) drawn: Drawn,
    /// One for each of the drawn images.
    pub(super) manners: Vec<Manner>,
    pub(super) over: Vec<PaintedOver>,
    pub(super) shown: Shown,
}

/// Forms within forms. Viewers stop near 28; nothing sane goes past a handful, and a form that draws
/// itself must end.
const DEEPEST_FORM: u32 = 12;

/// A pattern repeated more often than this is a texture, whatever its cell draws.
const MOST_CELLS: f32 = 64.0;

/// Paths noted as painted over images; a page with more draws charts beside its pictures.
const MOST_OVER: usize = 200_000;

/// A content stream being walked.
struct Stream<'a> {
    content: &'a [u8],
    resources: Rc<PdfObject>,
    /// Its initial space, which the patterns it names start from.
    base: Matrix,
    depth: u32,
}

struct Walker<'a> {
    page: Rect,
    layers: &'a Layers,
    walk: Walk,
    limits: Limits,
    operations: u64,
    /// Bytes of content read, forms counted each time they are drawn.
    content: u64,
    /// What there was too much of: the walk ends with it.
    excess: Option<Excess>,
    /// Object numbers of the forms that are being drawn: one that draws itself does so once.
    open: Vec<u32>,
    /// Cells of patterns by object number; `None` for one that draws no image.
    cells: HashMap<u32, Option<Rc<[u8]>>>,
    strings: Strings,
}

/// Walks `content`, the page's joined content streams, and then the appearance of its annotations.
/// `to_display` takes the page's user space to points of the page as displayed, whose box is `frame`.
///
/// # Errors
/// What the page has more of than `limits` allow.
pub(super) fn walk(
    content: &[u8],
    page: &PdfObject,
    layers: &Layers,
    limits: Limits,
    to_display: Matrix,
    frame: Rect,
) -> Result<Walk, Excess> {
    let mut walker = Walker {
        page: frame,
        layers,
        walk: Walk::default(),
        limits,
        operations: 0,
        content: content.len() as u64,
        excess: None,
        open: Vec::new(),
        cells: HashMap::new(),
        strings: Strings::default(),
    };
    let state = State {
        ctm: to_display,
        clip: frame,
        shaped: false,
        fill: Paint::black(),
        stroke: Paint::black(),
        alpha: 1.0,
        stroke_alpha: 1.0,
        group_alpha: 1.0,
        mask: None,
        blends: false,
        hidden: false,
        text: TextState::default(),
    };
    if let Some(resources) = page.get_dict_inheritable("Resources").ok().flatten() {
        let resources = Rc::new(resources);
        let stream = Stream { content, resources, base: to_display, depth: 0 };
        walker.run(&stream, state.clone());
    }
    if let Some(annotations) = entry(page, "Annots") {
        for annotation in object::elements(&annotations) {
            walker.annotation(&annotation, &state);
        }
    }
    walker.excess.map_or(Ok(walker.walk), Err)
}

impl Walker<'_> {
    fn run(&mut self, stream: &Stream<'_>, mut state: State) {
        let mut saved = Vec::new();
        let mut path = PathBounds::default();
        let mut fonts = Fonts::of(&stream.resources);
        // Whether each open marked content hides what is in it.
        let mut marked = Vec::new();
        for operation in Operations::new(stream.content) {
            self.operations += 1;
            if self.operations > self.limits.operations {
                self.exceeds("operations", self.limits.operations, "--max-operations");
            }
            if self.excess.is_some() {
                return;
            }
            let named = match operation.operands.last() {
                Some(Operand::Name(name)) => &name[..],
                _ => b"",
            };
            match operation.operator {
                b"q" => saved.push(state.clone()),
                b"Q" => {
                    // Marked content is no part of the graphics state.
                    let hidden = state.hidden;
                    state = saved.pop().unwrap_or(state);
                    state.hidden = hidden;
                }
                b"cm" => {
                    if let Some(matrix) = operation.matrix() {
                        state.ctm = matrix.then(&state.ctm);
                    }
                }
                b"gs" => {
                    if let Some(set) = object::resource(&stream.resources, "ExtGState", named) {
                        state.set(&set);
                    }
                }
                b"Do" => {
                    if let Some(object) = object::resource(&stream.resources, "XObject", named) {
                        self.draw(&object, stream, &state);
                    }
                }
                b"BI" => {
                    let text = &stream.content[operation.span.clone()];
                    self.image(None, Some(text.into()), stream, &state);
                }
                b"sh" => {
                    let translucent = state.lets_through(true, false);
                    self.mark(state.clip, &state, true, translucent);
                }
                b"m" | b"l" | b"c" | b"v" | b"y" | b"re" => path.extend(&operation, &state.ctm),
                b"W" | b"W*" => path.clips = true,
                b"f" | b"F" | b"f*" => self.paint(&mut path, &mut state, stream, true, false),
                b"S" | b"s" => self.paint(&mut path, &mut state, stream, false, true),
                b"B" | b"B*" | b"b" | b"b*" => {
                    self.paint(&mut path, &mut state, stream, true, true);
                }
                b"n" => self.paint(&mut path, &mut state, stream, false, false),
                b"BMC" | b"BDC" => {
                    marked.push(state.hidden);
                    state.hidden |= self.hides(&operation, &stream.resources);
                }
                b"BT" | b"Tf" | b"Tr" | b"Tm" | b"Td" | b"TD" | b"TL" | b"T*" | b"Tj" | b"TJ"
                | b"'" | b"\"" => {
                    let written = &stream.content[operation.span.clone()];
                    let State { ctm, clip, hidden, text, .. } = &mut state;
                    let view = View { ctm, clip, hidden: *hidden };
                    let glyphs = &mut self.walk.drawn.glyphs;
                    let before = &mut self.strings;
                    text.follow(&operation, written, &mut fonts, view, before, glyphs);
                    if matches!(operation.operator, b"Tj" | b"TJ" | b"'" | b"\"") {
                        self.show(&operation, &state);
                    }
                }
                b"EMC" => state.hidden = marked.pop().unwrap_or(state.hidden),
                _ => colour(&operation, stream, &mut state),
            }
        }
    }

    fn exceeds(&mut self, what: &'static str, most: u64, set_by: &'static str) {
        self.excess.get_or_insert(Excess::More { what, most, set_by });
    }

    /// A stream's content; `None` where it cannot be read, or is more than the page may have.
    fn read(&mut self, stream: &PdfObject) -> Option<Vec<u8>> {
        let content = stream.read_stream();
        self.content += content.as_ref().map_or(0, |content| content.len() as u64);
        if let Err(excess) = self.limits.check_content(&content, self.content) {
            self.excess.get_or_insert(excess);
            return None;
        }
        content.ok()
    }

    /// Whether `BDC` begins content of a layer that is not shown.
    fn hides(&self, operation: &Operation<'_>, resources: &PdfObject) -> bool {
        match &operation.operands[..] {
            [Operand::Name(tag), Operand::Name(layer)] if tag[..] == *b"OC" => {
                object::resource(resources, "Properties", layer)
                    .is_some_and(|layer| self.layers.hide(&layer))
            }
            _ => false,
        }
    }

    fn draw(&mut self, object: &PdfObject, stream: &Stream<'_>, state: &State) {
        if state.hidden || entry(object, "OC").is_some_and(|layer| self.layers.hide(&layer)) {
            return;
        }
        match object::name_at(object, "Subtype").as_deref() {
            Some(b"Image") => self.image(Some(object), None, stream, state),
            Some(b"Form") if stream.depth < DEEPEST_FORM => self.form(object, stream, state),
            _ => {}
        }
    }

    fn form(&mut self, form: &PdfObject, outer: &Stream<'_>, state: &State) {
        let xref = object::xref(form);
        if xref.is_some_and(|xref| self.open.contains(&xref)) {
            return;
        }
        let Some(content) = self.read(form) else { return };
        let mut inner = state.clone();
        if let Some(matrix) = object::matrix_at(form, "Matrix") {
            inner.ctm = matrix.then(&inner.ctm);
        }
        if let Some(bbox) = object::rect_at(form, "BBox") {
            inner.clip_to(&inner.ctm.bounds(&bbox), inner.ctm.keeps_upright());
        }
        if entry(form, "Group").is_some() {
            inner.group_alpha *= inner.alpha;
            inner.alpha = 1.0;
            inner.stroke_alpha = 1.0;
        }
        let resources =
            entry(form, "Resources").map_or_else(|| Rc::clone(&outer.resources), Rc::new);
        let base = inner.ctm;
        let depth = outer.depth + 1;
        self.open.extend(xref);
        self.run(&Stream { content: &content, resources, base, depth }, inner);
        self.open.truncate(self.open.len() - usize::from(xref.is_some()));
    }

    fn image(
        &mut self,
        object: Option<&PdfObject>,
        inline: Option<Rc<[u8]>>,
        stream: &Stream<'_>,
        state: &State,
    ) {
        // Numbers that overflow draw nothing, and could be written neither as JSON nor to a database.
        if state.hidden || !<[f32; 6]>::from(state.ctm).into_iter().all(f32::is_finite) {
            return;
        }
        let whole = state.ctm.unit_square().intersect(&self.page);
        let bbox = whole.intersect(&state.clip);
        let alpha = state.alpha * state.group_alpha;
        if bbox.is_empty() || alpha <= 0.0 {
            return;
        }
        let stencil = object.is_none_or(|object| object::flag_at(object, "ImageMask"));
        let own_mask = object.is_some_and(|object| entry(object, "SMask").is_some());
        let from = if stencil { state.fill.resources.as_ref() } else { None };
        let from = if inline.is_some() { None } else { from };
        self.walk.drawn.images.push(DrawnImage {
            xref: object.and_then(object::xref),
            transform: state.ctm,
            bbox,
        });
        self.walk.manners.push(Manner {
            inline,
            resources: Rc::clone(from.unwrap_or(&stream.resources)),
            colour: if stencil { Rc::clone(&state.fill.operators) } else { Rc::from(*b"") },
            alpha,
            clip: (!state.clip.grow(0.5).contains(&whole)).then_some(state.clip),
            shaped: state.shaped,
            blends: state.blends,
            // An image's own mask stands in for the state's (ISO 32000-1, 11.6.5.3).
            mask: if own_mask { None } else { state.mask.clone() },
            own_mask,
        });
    }

    fn paint(
        &mut self,
        path: &mut PathBounds,
        state: &mut State,
        stream: &Stream<'_>,
        fills: bool,
        strokes: bool,
    ) {
        let path = std::mem::take(path);
        let Some(bounds) = path.bounds() else { return };
        if fills || strokes {
            let seen = (fills && !state.fill.white) || (strokes && !state.stroke.white);
            let translucent = state.lets_through(fills, strokes);
            path.subpaths.iter().for_each(|subpath| self.mark(*subpath, state, seen, translucent));
        }
        if fills && let Some(pattern) = state.fill.pattern.clone() {
            self.tile(&pattern, &path, stream, state);
        }
        if path.clips {
            state.clip_to(&bounds, path.is_box());
        }
    }

    /// Notes that text is shown.
    fn show(&mut self, operation: &Operation<'_>, state: &State) {
        let (length, images) = (operation.span.len(), self.walk.drawn.images.len());
        let shown = &mut self.walk.shown;
        shown.all += length;
        if state.text.is_invisible() || state.hidden || state.alpha * state.group_alpha <= 0.0 {
            return;
        }
        match shown.seen.last_mut() {
            Some((before, seen)) if *before == images => *seen += length,
            _ => shown.seen.push((images, length)),
        }
    }

    /// Notes a painted area; `seen` tells whether white paper shows it, `translucent` whether what is beneath
    /// shows through.
    fn mark(&mut self, bounds: Rect, state: &State, seen: bool, translucent: bool) {
        if state.hidden {
            return;
        }
        // A hairline has no area, yet it is seen.
        let bbox = bounds.grow(0.25).intersect(&state.clip.grow(0.25)).intersect(&self.page);
        if bbox.is_empty() {
            return;
        }
        if seen {
            self.walk.drawn.paths.push(bbox);
        }
        let images = self.walk.drawn.images.len();
        if images > 0 && self.walk.over.len() < MOST_OVER {
            self.walk.over.push(PaintedOver { bbox, translucent, images });
        }
    }

    /// Draws the cells of a tiling pattern that a filled path shows, where they hold images.
    fn tile(&mut self, pattern: &Pattern, path: &PathBounds, outer: &Stream<'_>, state: &State) {
        let Some(bounds) = path.bounds() else { return };
        let area = bounds.intersect(&state.clip).intersect(&self.page);
        let Some(content) = self.cell(&pattern.object) else { return };
        if outer.depth >= DEEPEST_FORM || area.is_empty() || state.hidden {
            return;
        }
        let own = object::matrix_at(&pattern.object, "Matrix").unwrap_or(Matrix::IDENTITY);
        let space = own.then(&pattern.base);
        let step = |key| object::number_at(&pattern.object, key).map(f32::abs);
        let (Some(bbox), Some(dx), Some(dy), Some(inverse)) = (
            object::rect_at(&pattern.object, "BBox"),
            step("XStep").filter(|step| *step > 0.0),
            step("YStep").filter(|step| *step > 0.0),
            space.inverse(),
        ) else {
            return;
        };
        let local = inverse.bounds(&area);
        let first = |low: f32, cell: f32, step: f32| ((low - cell) / step + 0.001).floor();
        let last = |high: f32, cell: f32, step: f32| ((high - cell) / step - 0.001).ceil();
        let (x0, x1) = (first(local.x0, bbox.x1 - dx, dx), last(local.x1, bbox.x0, dx));
        let (y0, y1) = (first(local.y0, bbox.y1 - dy, dy), last(local.y1, bbox.y0, dy));
        let (columns, rows) = ((x1 - x0).max(1.0), (y1 - y0).max(1.0));
        if columns * rows > MOST_CELLS || !(columns * rows).is_finite() {
            return;
        }
        let resources = entry(&pattern.object, "Resources")
            .map_or_else(|| Rc::clone(&outer.resources), Rc::new);
        for row in 0..rows as u32 {
            for column in 0..columns as u32 {
                let (x, y) = (x0 + column as f32, y0 + row as f32);
                let shift = Matrix { e: x * dx, f: y * dy, ..Matrix::IDENTITY };
                let mut inner = state.clone();
                inner.ctm = shift.then(&space);
                inner.clip_to(&area, path.is_box());
                inner.clip_to(&inner.ctm.bounds(&bbox), inner.ctm.keeps_upright());
                (inner.fill, inner.stroke) = (Paint::black(), Paint::black());
                inner.mask = None;
                let resources = Rc::clone(&resources);
                let (base, depth) = (space, outer.depth + 1);
                self.run(&Stream { content: &content, resources, base, depth }, inner);
            }
        }
    }

    /// The content of a pattern's cell; `None` where it can draw no image.
    fn cell(&mut self, pattern: &PdfObject) -> Option<Rc<[u8]>> {
        let xref = object::xref(pattern);
        if let Some(known) = xref.and_then(|xref| self.cells.get(&xref)) {
            return known.clone();
        }
        let drawing = self
            .read(pattern)
            .filter(|content| content.windows(2).any(|pair| pair == b"Do" || pair == b"BI"));
        let cell: Option<Rc<[u8]>> = drawing.map(Into::into);
        if let Some(xref) = xref {
            self.cells.insert(xref, cell.clone());
        }
        cell
    }

    /// Draws an annotation's normal appearance, as on screen (ISO 32000-1, 12.5.5).
    fn annotation(&mut self, annotation: &PdfObject, state: &State) {
        /// Invisible, hidden, or not for the screen (Table 165).
        const NOT_SHOWN: i32 = 1 | 2 | 32;
        let flags = object::integer_at(annotation, "F").unwrap_or(0);
        if flags & NOT_SHOWN != 0
            || object::name_at(annotation, "Subtype").as_deref() == Some(b"Popup")
            || entry(annotation, "OC").is_some_and(|layer| self.layers.hide(&layer))
        {
            return;
        }
        let Some(normal) = entry(annotation, "AP").and_then(|ap| entry(&ap, "N")) else { return };
        let form = if normal.is_stream().unwrap_or(false) {
            normal
        } else {
            let state = object::name_at(annotation, "AS").unwrap_or_default();
            match entry(&normal, &String::from_utf8_lossy(&state)) {
                Some(form) => form,
                None => return,
            }
        };
        let (Some(rect), Some(bbox)) =
            (object::rect_at(annotation, "Rect"), object::rect_at(&form, "BBox"))
        else {
            return;
        };
        let own = object::matrix_at(&form, "Matrix").unwrap_or(Matrix::IDENTITY);
        let shown = own.bounds(&bbox);
        if shown.is_empty() {
            return;
        }
        let (a, d) = (rect.width() / shown.width(), rect.height() / shown.height());
        let (e, f) = (rect.x0 - shown.x0 * a, rect.y0 - shown.y0 * d);
        let fit = Matrix { a, b: 0.0, c: 0.0, d, e, f };
        let mut state = state.clone();
        state.ctm = fit.then(&state.ctm);
        let resources = Rc::new(PdfObject::new_null());
        self.form(&form, &Stream { content: b"", resources, base: state.ctm, depth: 0 }, &state);
    }
}

fn colour(operation: &Operation<'_>, stream: &Stream<'_>, state: &mut State) {
    let paint = match operation.operator {
        b"g" | b"rg" | b"k" | b"cs" | b"sc" | b"scn" => &mut state.fill,
        b"G" | b"RG" | b"K" | b"CS" | b"SC" | b"SCN" => &mut state.stroke,
        _ => return,
    };
    let text = &stream.content[operation.span.clone()];
    paint.follow(operation, text, &stream.resources, stream.base);
}

#[cfg(test)]
mod tests;
