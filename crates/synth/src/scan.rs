//! Pages that are pictures of paper, with the text on them as a program would have read it.

use super::chance::Chance;
use super::encoding::{Encoding, Picture};
use super::layout::Laid;
use super::page::{Graphic, Mark, Page, Placed, Text, moved};
use super::raster::Canvas;
use super::script::Script;
use covid_ct_extraction::pdf::Rect;

/// Pixels a point.
const SCALE: f32 = 1.6;
const PAPER: u8 = 246;
const INK: [u8; 3] = [48; 3];

/// Scans all pages of a paper, or those with figures.
pub fn scan(script: &mut Script, laid: &mut Laid, all: bool, chance: &mut Chance) {
    for page in &mut laid.pages {
        if !all && page.graphics.is_empty() {
            continue;
        }
        let canvas = taken(page, script);
        let quality = chance.whole(60, 85) as u8;
        script.pictures.push(Picture::encode(&canvas, Encoding::JpegGrey, quality));
        let picture = script.pictures.len() - 1;
        let count = script.figures.len();
        for (i, _) in page.graphics.drain(..) {
            let figure = &mut script.figures[i % count];
            figure.panels.iter_mut().for_each(|panel| panel.picture = None);
        }
        let (w, h) = page.sheet.size;
        page.pictures = vec![Placed::whole(picture, Rect::new(0.0, 0.0, w, h))];
        page.marks.retain(|mark| matches!(mark, Mark::Text(_)));
        page.unseen = true;
        script.logo = None;
    }
}

/// What a scanner sees of a page.
fn taken(page: &Page, script: &Script) -> Canvas {
    let side = |points: f32| (points * SCALE) as u32;
    let (w, h) = page.sheet.size;
    let mut canvas = Canvas::new(side(w), side(h), [PAPER; 3]);
    page.marks.iter().for_each(|mark| draw(&mut canvas, mark, (0.0, 0.0)));
    let count = script.figures.len();
    for &(i, at) in &page.graphics {
        let figure = &script.figures[i % count];
        let graphic: &Graphic = if i < count {
            &figure.graphic
        } else {
            figure.more.as_ref().unwrap_or(&figure.graphic)
        };
        for placed in &graphic.pictures {
            picture(&mut canvas, &moved(&placed.seen(), at));
        }
        graphic.marks.iter().for_each(|mark| draw(&mut canvas, mark, at));
    }
    canvas
}

fn pixels(area: &Rect) -> (i32, i32, i32, i32) {
    let at = |v: f32| (v * SCALE) as i32;
    (at(area.x0), at(area.y0), at(area.width()).max(1), at(area.height()).max(1))
}

/// A chest of two dark lungs, which is all that a scan at this size keeps.
fn picture(canvas: &mut Canvas, area: &Rect) {
    let (x, y, w, h) = pixels(area);
    for (column, row) in (0..h).flat_map(|row| (0..w).map(move |column| (column, row))) {
        let (u, v) = (column as f32 / w as f32 - 0.5, row as f32 / h as f32 - 0.5);
        let body = (u / 0.46).powi(2) + (v / 0.44).powi(2);
        let lung = ((u.abs() - 0.21) / 0.15).powi(2) + (v / 0.3).powi(2);
        let grain = (column * 7 + row * 13) % 17;
        let level = if body > 1.0 {
            20
        } else if lung < 1.0 {
            60
        } else {
            165
        };
        canvas.set(x + column, y + row, [(level + grain) as u8; 3]);
    }
}

fn draw(canvas: &mut Canvas, mark: &Mark, at: (f32, f32)) {
    let point = |(x, y): (f32, f32)| (((x + at.0) * SCALE) as i32, ((y + at.1) * SCALE) as i32);
    match mark {
        Mark::Text(text) => letters(canvas, text, at),
        Mark::Line { from, to, .. } => canvas.line(point(*from), point(*to), 2, INK),
        Mark::Fill { area, colour } | Mark::Veil { area, colour } => {
            let (x, y, w, h) = pixels(&moved(area, at));
            let grey = (colour.iter().sum::<f32>() * 85.0) as u8;
            canvas.fill(x, y, w, h, [grey; 3]);
        }
        Mark::Frame { area, .. } => {
            let corners =
                [(area.x0, area.y0), (area.x1, area.y0), (area.x1, area.y1), (area.x0, area.y1)];
            for i in 0..4 {
                canvas.line(point(corners[i]), point(corners[(i + 1) % 4]), 2, INK);
            }
        }
        Mark::Triangle { corners, .. } => canvas.line(point(corners[0]), point(corners[1]), 4, INK),
    }
}

/// Strokes where letters are; what stands at an angle is left out.
fn letters(canvas: &mut Canvas, text: &Text, at: (f32, f32)) {
    if text.turned != 0.0 {
        return;
    }
    let mut x = text.x + at.0;
    for c in text.string.chars() {
        let width = text.face.width(c.encode_utf8(&mut [0; 4]), text.size);
        if c != ' ' {
            let tall = text.size * if c.is_ascii_lowercase() { 0.46 } else { 0.68 };
            let top = text.baseline + at.1 - tall;
            let (left, top, wide, high) =
                pixels(&Rect::new(x + 0.15 * width, top, x + 0.8 * width, top + tall));
            canvas.fill(left, top, 1, high, INK);
            canvas.fill(left, top + high / 2, wide, 1, INK);
        }
        x += width + if c == ' ' { text.word_spacing } else { 0.0 };
    }
}
