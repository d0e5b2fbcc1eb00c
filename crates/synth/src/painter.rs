//! Draws marks and pictures given from the top left into a content stream counted from the bottom
//! left.

use std::fmt::Write as _;

use pdf_writer::{Content, Name, Str};

use super::encoding::Picture;
use super::fonts::win_ansi;
use super::page::{Graphic, Mark, Placed, Sheet, Text, moved};

pub fn picture_name(index: usize) -> String {
    format!("Im{index}")
}

pub fn form_name(index: usize) -> String {
    format!("Fm{index}")
}

/// A content stream in the making.
pub struct Painter<'a> {
    pictures: &'a [Picture],
    content: Content,
    /// What came before `content`: inline images are bytes of their own.
    before: Vec<u8>,
    height: f32,
}

impl<'a> Painter<'a> {
    pub fn new(height: f32, pictures: &'a [Picture]) -> Self {
        Self { pictures, content: Content::new(), before: Vec::new(), height }
    }

    /// For a page that is described the way `sheet` says: turned, trimmed, in units of its own.
    pub fn of_sheet(sheet: &Sheet, pictures: &'a [Picture]) -> Self {
        let mut painter = Self::new(sheet.size.1, pictures);
        let (matrix, unit) = (sheet.matrix(), sheet.unit());
        if matrix != [1.0, 0.0, 0.0, 1.0, 0.0, 0.0] || unit != 1.0 {
            painter.content.transform(matrix.map(|v| v / unit));
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
        self.content.set_fill_rgb(r, g, b).begin_text();
        self.content.set_font(Name(text.face.resource().as_bytes()), text.size);
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
