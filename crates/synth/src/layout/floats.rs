//! Where figures and their captions go.

use super::{Paragraph, Setter, Word, break_lines};
use crate::fonts::Face;
use crate::page::{Mark, Page, Sheet, Text};
use covid_ct_extraction::figures::Pairing;
use covid_ct_extraction::pdf::Rect;

/// A figure as the layout sees it.
#[derive(Debug, Clone)]
pub struct Float {
    pub width: f32,
    pub height: f32,
    pub caption: Paragraph,
    /// Where the caption goes, seen from the graphic.
    pub pairing: Pairing,
    /// Across both columns.
    pub wide: bool,
    /// Printed above the graphic where the caption is elsewhere.
    pub tag: Option<String>,
    /// Whether a line runs around graphic and caption.
    pub framed: bool,
    /// Whether a caption below is set in two columns, where it is long enough.
    pub in_two: bool,
    /// Size of what stands on the page after.
    pub more: Option<(f32, f32)>,
    /// Quarter turns anticlockwise that it is set turned by, on a page of its own; 0 for none.
    pub quarters: u32,
    /// What of the caption follows on the page after.
    pub rest: Option<Vec<Word>>,
    /// On a page of its own, which is as large as the graphic with this margin; `None` for a page like the others.
    pub fitted: Option<f32>,
}

/// Space around a figure and between it and its caption, in points.
const AROUND: f32 = 14.0;
const TO_CAPTION: f32 = 8.0;
/// Between a frame and what it holds, in points.
const IN_FRAME: f32 = 6.0;
/// A tag above a graphic, in points.
const TAG: f32 = 20.0;
/// Between the halves of a caption, and between a figure and a caption beside it, in points.
const BETWEEN: f32 = 16.0;
/// A caption of fewer lines is not set in two columns.
const LINES_TO_DIVIDE: usize = 3;
/// Share of the width that a caption beside its graphic takes.
pub const SIDE_CAPTION: f32 = 0.34;

/// Between two figures beside each other, in points.
pub const BESIDE: f32 = 9.0;

impl Float {
    fn is_beside(&self) -> bool {
        matches!(self.pairing, Pairing::Left | Pairing::Right)
    }
}

impl Setter<'_> {
    pub(super) fn unit_height(&self, i: usize) -> f32 {
        let float = &self.floats[i];
        let width = if self.is_wide(i) { self.style.full_width() } else { self.width() };
        let lines = |width: f32| break_lines(&float.caption, width).len() as f32;
        let step = float.caption.step();
        let padding = if float.framed { 2.0 * IN_FRAME } else { 0.0 };
        let height = if float.is_beside() {
            float.height.max(lines(width * SIDE_CAPTION - BETWEEN) * step)
        } else if self.in_two(i) {
            float.height + TO_CAPTION + (lines((width - BETWEEN) / 2.0) / 2.0).ceil() * step
        } else {
            float.height + TO_CAPTION + lines(width) * step
        };
        height + 2.0 * AROUND + padding
    }

    /// A caption of a line or two is not divided.
    fn in_two(&self, i: usize) -> bool {
        let float = &self.floats[i];
        float.in_two && break_lines(&float.caption, self.width()).len() >= LINES_TO_DIVIDE
    }

    /// Here where there is room, else at the top of the next column or page.
    pub(super) fn float(&mut self, i: usize) {
        let float = &self.floats[i];
        if float.quarters != 0 && self.turned(i, true) {
            return;
        }
        match float.pairing {
            _ if float.more.is_some() => {
                self.new_page();
                self.float_here(i);
                self.new_page();
                self.more(i);
            }
            _ if float.rest.is_some() => {
                self.new_page();
                self.float_here(i);
                self.new_page();
                self.rest(i);
            }
            Pairing::NextPage => {
                self.new_page();
                self.graphic(i);
                self.new_page();
                self.caption(i);
                self.y += AROUND;
            }
            Pairing::PreviousPage => {
                self.y += AROUND;
                self.caption(i);
                self.new_page();
                self.graphic(i);
                self.new_page();
            }
            _ if self.is_wide(i)
                || !self.waiting.is_empty()
                || self.unit_height(i) > self.room() =>
            {
                self.waiting.push_back(i);
            }
            _ => self.float_here(i),
        }
    }

    pub(super) fn float_here(&mut self, i: usize) {
        let columns = self.columns;
        if self.is_wide(i) {
            self.columns = 1;
        }
        if self.y > self.column_top {
            self.y += AROUND;
        }
        let float = &self.floats[i];
        let (page, top) = (self.page_number(), self.y);
        let padding = if float.framed { IN_FRAME } else { 0.0 };
        self.y += padding;
        if float.is_beside() {
            self.beside(i);
        } else if float.pairing == Pairing::Above {
            self.caption(i);
            self.y += TO_CAPTION;
            self.graphic(i);
        } else {
            self.graphic(i);
            self.y += TO_CAPTION;
            if self.in_two(i) { self.caption_in_two(i) } else { self.caption(i) }
        }
        self.y += padding;
        // A caption that had to go on overleaf has no frame around it.
        if float.framed && page == self.page_number() {
            let (left, right) = (self.left(), self.left() + self.width());
            let area = Rect::new(left - IN_FRAME, top, right + IN_FRAME, self.y);
            self.page().marks.push(Mark::Frame { area, width: 0.7 });
        }
        self.y += AROUND;
        self.columns = columns;
    }

    /// A graphic on a page of its own.
    pub(super) fn plate(&mut self, i: usize) {
        let float = &self.floats[i];
        if float.quarters != 0 && self.turned(i, false) {
            return;
        }
        let Some(margin) = float.fitted else {
            self.new_page();
            self.graphic(i);
            return;
        };
        let tag = if float.tag.is_some() { TAG } else { 0.0 };
        let size = (float.width + 2.0 * margin, float.height + tag + 2.0 * margin);
        // Such pages come from another program: nothing of the others' is on them.
        let sheet = Sheet { size, ..Sheet::default() };
        self.laid.pages.push(Page { sheet, ..Page::default() });
        (self.column, self.y) = (0, margin);
        self.inset = Some((margin, float.width));
        self.graphic(i);
        self.inset = None;
        // What comes next comes on a page like the others.
        self.y = f32::INFINITY;
    }

    /// On a page of its own, sideways, what stands on every page as ever; false where it does not fit.
    fn turned(&mut self, i: usize, captioned: bool) -> bool {
        let (floats, style) = (self.floats, self.style);
        let float = &floats[i];
        let (width, height) = (style.sheet.size.1, style.sheet.size.0);
        let wide = width - 2.0 * style.margin;
        let lines = if captioned { break_lines(&float.caption, wide).len() } else { 0 };
        let text = lines as f32 * float.caption.step() + TO_CAPTION;
        let tag = if float.tag.is_some() { TAG } else { 0.0 };
        let edge = style.top.max(style.bottom);
        if float.height + text + tag + 2.0 * edge > height || float.width > wide {
            return false;
        }
        self.new_page();
        let sheet = Sheet { size: (width, height), ..style.sheet };
        let page = self.page();
        (page.quarters, page.sheet) = (float.quarters, sheet);
        page.pictures.clear();
        let shown = Page { quarters: page.quarters, sheet, ..Page::default() };
        for mark in &mut page.marks {
            if let Mark::Text(text) = mark {
                *text = shown.upright(text.clone());
            }
        }
        self.y = edge;
        self.inset = Some((style.margin, wide));
        if captioned && float.pairing == Pairing::Above {
            self.caption(i);
            self.y += TO_CAPTION;
        }
        self.graphic(i);
        if captioned && float.pairing != Pairing::Above {
            self.y += TO_CAPTION;
            self.caption(i);
        }
        self.inset = None;
        // What comes next comes on a page like the others.
        self.y = f32::INFINITY;
        true
    }

    /// What of a figure stands on the page after.
    fn more(&mut self, i: usize) {
        let floats = self.floats;
        let Some((width, height)) = floats[i].more else { return };
        let at = (self.left() + (self.width() - width) / 2.0, self.y);
        self.laid.more[i] = Some((self.page_number(), at));
        self.page().graphics.push((i + floats.len(), at));
        self.y += height + AROUND;
    }

    /// What of a caption follows on the page after.
    fn rest(&mut self, i: usize) {
        let caption = &self.floats[i].caption;
        let words = self.floats[i].rest.clone().unwrap_or_default();
        self.paragraph(&Paragraph { words, ..caption.clone() });
        self.y += AROUND;
    }

    pub(super) fn row(&mut self, pair: [usize; 2]) {
        let (left, width) = (self.left(), self.width());
        let cell = (width - BESIDE) / 2.0;
        let floats = self.floats;
        let caption = |i: usize| {
            let caption = &floats[i].caption;
            break_lines(caption, cell).len() as f32 * caption.step()
        };
        let graphics = pair.map(|i| floats[i].height).into_iter().fold(0.0, f32::max);
        let captions = pair.map(caption).into_iter().fold(0.0, f32::max);
        if graphics + TO_CAPTION + captions + 2.0 * AROUND > self.room() {
            self.new_page();
        }
        self.y += AROUND;
        let top = self.y;
        for (i, at) in pair.into_iter().zip([left, left + cell + BESIDE]) {
            let float = &floats[i];
            // Against each other, whatever room they leave at the edges.
            let x = if at > left { at } else { at + cell - float.width };
            self.graphic_at(i, (x, top + graphics - float.height));
            self.inset = Some((at, cell));
            self.y = top + graphics + TO_CAPTION;
            self.caption(i);
        }
        self.inset = None;
        self.y = top + graphics + TO_CAPTION + captions + AROUND;
    }

    fn beside(&mut self, i: usize) {
        let float = &self.floats[i];
        let (left, width, top) = (self.left(), self.width(), self.y);
        let share = width * SIDE_CAPTION;
        let right = float.pairing == Pairing::Right;
        let graphic_left = if right { left } else { left + width - float.width };
        let caption_left = if right { left + width - share + BETWEEN } else { left };
        self.graphic_at(i, (graphic_left, top));
        self.inset = Some((caption_left, share - BETWEEN));
        self.caption(i);
        self.inset = None;
        self.y = self.y.max(top + float.height);
    }

    fn caption_in_two(&mut self, i: usize) {
        let caption = &self.floats[i].caption;
        let (left, width, top) = (self.left(), self.width(), self.y);
        let half = (width - BETWEEN) / 2.0;
        let lines = break_lines(caption, half);
        let first = lines.len().div_ceil(2);
        self.laid.captions[i] = Some(self.page_number());
        for (k, line) in lines.iter().enumerate() {
            let (column, row) = if k < first { (0.0, k) } else { (1.0, k - first) };
            self.inset = Some((left + column * (half + BETWEEN), half));
            self.y = top + row as f32 * caption.step();
            self.line(caption, line, k == 0, k + 1 == lines.len());
        }
        self.inset = None;
        self.y = top + first as f32 * caption.step();
    }

    /// The graphic in the middle of the column.
    pub(super) fn graphic(&mut self, i: usize) {
        let float = &self.floats[i];
        if let Some(tag) = &float.tag {
            let set = Text::new(self.left(), self.y + 11.0, Face::Bold, 11.0, tag.as_str());
            self.page().marks.push(Mark::Text(set));
            self.y += TAG;
        }
        let at = (self.left() + (self.width() - float.width) / 2.0, self.y);
        self.graphic_at(i, at);
        self.y += float.height;
    }

    fn graphic_at(&mut self, i: usize, at: (f32, f32)) {
        self.laid.graphics[i] = Some((self.page_number(), at));
        self.page().graphics.push((i, at));
    }

    pub(super) fn caption(&mut self, i: usize) {
        let floats = self.floats;
        let caption = &floats[i].caption;
        if self.room() < caption.step() {
            self.advance();
        }
        self.laid.captions[i] = Some(self.page_number());
        self.paragraph(caption);
    }
}
