//! Draws marks and pictures given from the top left into a content stream counted from the bottom
//! left.

use std::fmt::Write as _;

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};

use super::encoding::Picture;
use super::fonts::win_ansi;
use super::page::{Graphic, Mark, Page, Placed, Sheet, Text, moved};
use super::writer::UNITS;

pub fn picture_name(index: usize) -> String {
    format!("Im{index}")
}

pub fn form_name(index: usize) -> String {
    format!("Fm{index}")
}

/// Name of the graphics state for what is seen through.
pub const FAINT: &[u8] = b"G0";

/// How a file sets its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setting {
    /// Its fonts' letters are drawings.
    pub drawn_letters: bool,
    /// Blanks have hardly any size, are mirrored, and stand a little before the word ends.
    pub tiny_blanks: bool,
}

/// A content stream in the making.
pub struct Painter<'a> {
    pictures: &'a [Picture],
    content: Content,
    /// What came before `content`: inline images are bytes of their own.
    before: Vec<u8>,
    height: f32,
    setting: Setting,
}

impl<'a> Painter<'a> {
    pub fn new(height: f32, pictures: &'a [Picture], setting: Setting) -> Self {
        Self { pictures, content: Content::new(), before: Vec::new(), height, setting }
    }

    /// For a page that is described the way its sheet says: turned, trimmed, in units of its own.
    pub fn of_page(page: &Page, pictures: &'a [Picture], setting: Setting) -> Self {
        let mut painter = Self::new(page.sheet.size.1, pictures, setting);
        let sheet = page.displayed();
        let (matrix, unit) = (times(page.matrix(), sheet.matrix()), sheet.unit());
        if matrix != [1.0, 0.0, 0.0, 1.0, 0.0, 0.0] || unit != 1.0 {
            painter.content.transform(matrix.map(|v| v / unit));
        }
        if page.unseen {
            painter.content.set_text_rendering_mode(TextRenderingMode::Invisible);
        }
        painter
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.before.extend_from_slice(&self.content.finish());
        self.before
    }

    pub fn graphic(&mut self, graphic: &Graphic, at: (f32, f32)) {
        graphic.pictures.iter().for_each(|placed| self.picture(placed, at));
        graphic.marks.iter().for_each(|mark| self.mark(mark, at));
    }

    pub fn picture(&mut self, placed: &Placed, at: (f32, f32)) {
        let pictures = self.pictures;
        let picture = &pictures[placed.picture];
        let area = moved(&placed.area, at);
        let corner = (area.x0, self.height - area.y1);
        let matrix = picture.turn.matrix(corner, (area.width(), area.height()));
        if picture.inline {
            self.inline(picture, matrix);
            return;
        }
        self.content.save_state();
        if let Some(clip) = placed.clip.map(|clip| moved(&clip, at)) {
            let bottom = self.height - clip.y1;
            self.content.rect(clip.x0, bottom, clip.width(), clip.height());
            self.content.clip_nonzero().end_path();
        }
        if placed.faint {
            self.content.set_parameters(Name(FAINT));
        }
        self.content.transform(matrix);
        self.content.x_object(Name(picture_name(placed.picture).as_bytes()));
        self.content.restore_state();
    }

    /// Of RGB samples, deflated, as hexadecimal digits: the stream's builder knows no inline images.
    fn inline(&mut self, picture: &Picture, matrix: [f32; 6]) {
        let before = std::mem::replace(&mut self.content, Content::new());
        self.before.extend_from_slice(&before.finish());
        let [a, b, c, d, e, f] = matrix;
        let (w, h) = picture.stored_size();
        let hex = picture.bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let raw = format!(
            "\nq {a} {b} {c} {d} {e} {f} cm\nBI /W {w} /H {h} /BPC 8 /CS /RGB /F [/AHx /Fl] ID\n\
             {hex}>\nEI Q\n"
        );
        self.before.extend_from_slice(raw.as_bytes());
    }

    /// A form whose bottom left corner is at (`x`, `bottom`), drawn `scale` times its size.
    pub fn form(&mut self, index: usize, (x, bottom): (f32, f32), scale: f32) {
        let matrix = [scale, 0.0, 0.0, scale, x, self.height - bottom];
        self.content.save_state().transform(matrix);
        self.content.x_object(Name(form_name(index).as_bytes()));
        self.content.restore_state();
    }

    pub fn mark(&mut self, mark: &Mark, at: (f32, f32)) {
        let point = |(x, y): (f32, f32)| (x + at.0, self.height - y - at.1);
        match mark {
            Mark::Text(text) => self.text(text, at),
            Mark::Line { from, to, width, colour: [r, g, b] } => {
                let (from, to) = (point(*from), point(*to));
                self.content.set_line_width(*width).set_stroke_rgb(*r, *g, *b);
                self.content.move_to(from.0, from.1).line_to(to.0, to.1).stroke();
            }
            Mark::Fill { area, colour: [r, g, b] } => {
                let (x, y) = point((area.x0, area.y1));
                self.content.set_fill_rgb(*r, *g, *b);
                self.content.rect(x, y, area.width(), area.height()).fill_nonzero();
            }
            Mark::Veil { area, colour: [r, g, b] } => {
                let (x, y) = point((area.x0, area.y1));
                self.content.save_state().set_parameters(Name(FAINT)).set_fill_rgb(*r, *g, *b);
                self.content.rect(x, y, area.width(), area.height()).fill_nonzero();
                self.content.restore_state();
            }
            Mark::Frame { area, width } => {
                let (x, y) = point((area.x0, area.y1));
                self.content.set_line_width(*width).set_stroke_gray(0.0);
                self.content.rect(x, y, area.width(), area.height()).stroke();
            }
            Mark::Triangle { corners, colour: [r, g, b] } => {
                let [a, b_, c] = corners.map(point);
                self.content.set_fill_rgb(*r, *g, *b);
                self.content.move_to(a.0, a.1).line_to(b_.0, b_.1).line_to(c.0, c.1);
                self.content.close_path().fill_nonzero();
            }
        }
    }

    fn text(&mut self, text: &Text, (dx, dy): (f32, f32)) {
        let [r, g, b] = text.colour;
        let (x, y) = (text.x + dx, self.height - text.baseline - dy);
        if self.setting.tiny_blanks && text.turned == 0.0 && text.string.contains(' ') {
            self.words(text, (x, y));
            return;
        }
        self.content.set_fill_rgb(r, g, b).begin_text();
        self.content.set_font(Name(text.face.resource().as_bytes()), self.font_size(text.size));
        self.content.set_word_spacing(text.word_spacing);
        if text.turned == 0.0 {
            self.content.next_line(x, y);
        } else {
            let (sin, cos) = text.turned.to_radians().sin_cos();
            self.content.set_text_matrix([cos, sin, -sin, cos, x, y]);
        }
        self.content.show(Str(&win_ansi(&text.string))).end_text();
    }
}

impl Painter<'_> {
    fn font_size(&self, size: f32) -> f32 {
        if self.setting.drawn_letters { size / UNITS } else { size }
    }

    /// Word by word, a blank that has hardly any size a little before the end of each.
    fn words(&mut self, text: &Text, (mut x, y): (f32, f32)) {
        let [r, g, b] = text.colour;
        let font = text.face.resource();
        let blank = text.face.width(" ", text.size) + text.word_spacing;
        let size = self.font_size(text.size);
        self.content.set_fill_rgb(r, g, b).set_word_spacing(0.0);
        for word in text.string.split(' ') {
            if !word.is_empty() {
                self.content.begin_text().set_font(Name(font.as_bytes()), size);
                self.content.next_line(x, y).show(Str(&win_ansi(word))).end_text();
                x += text.face.width(word, text.size);
            }
            let tiny = [0.0002, 0.0, 0.0, -0.0002, x - 0.3, y];
            self.content.begin_text().set_font(Name(font.as_bytes()), 1.0);
            self.content.set_text_matrix(tiny).show(Str(b" ")).end_text();
            x += blank;
        }
    }
}

/// First `a`, then `b`.
fn times(a: [f32; 6], b: [f32; 6]) -> [f32; 6] {
    let row = |x: f32, y: f32| (x * b[0] + y * b[2], x * b[1] + y * b[3]);
    let ((p, q), (r, s), (t, u)) = (row(a[0], a[1]), row(a[2], a[3]), row(a[4], a[5]));
    [p, q, r, s, t + b[4], u + b[5]]
}

impl Page {
    /// From the page as read to the page as displayed, both counted from the bottom left corner.
    fn matrix(&self) -> [f32; 6] {
        let (w, h) = self.sheet.size;
        match self.quarters {
            1 => [0.0, 1.0, -1.0, 0.0, h, 0.0],
            2 => [-1.0, 0.0, 0.0, -1.0, w, h],
            3 => [0.0, -1.0, 1.0, 0.0, 0.0, w],
            _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        }
    }
}

impl Sheet {
    /// Points a unit.
    fn unit(&self) -> f32 {
        if self.user_unit == 0.0 { 1.0 } else { self.user_unit }
    }

    /// Size of the crop box before it is turned, in points.
    fn unturned(&self) -> (f32, f32) {
        let (w, h) = self.size;
        if self.rotate % 180 == 90 { (h, w) } else { (w, h) }
    }

    /// From the page as displayed, counted from its bottom left corner, to the page as stored.
    fn matrix(&self) -> [f32; 6] {
        let ((w, h), (x, y)) = (self.size, self.trim);
        match self.rotate {
            90 => [0.0, 1.0, -1.0, 0.0, h + x, y],
            180 => [-1.0, 0.0, 0.0, -1.0, w + x, h + y],
            270 => [0.0, -1.0, 1.0, 0.0, x, w + y],
            _ => [1.0, 0.0, 0.0, 1.0, x, y],
        }
    }

    /// Media box and crop box, in units of the file.
    pub fn boxes(&self) -> (pdf_writer::Rect, pdf_writer::Rect) {
        let ((w, h), (x, y), unit) = (self.unturned(), self.trim, self.unit());
        let scaled = |x0: f32, y0: f32, x1: f32, y1: f32| {
            pdf_writer::Rect::new(x0 / unit, y0 / unit, x1 / unit, y1 / unit)
        };
        (scaled(0.0, 0.0, w + 2.0 * x, h + 2.0 * y), scaled(x, y, x + w, y + h))
    }
}
