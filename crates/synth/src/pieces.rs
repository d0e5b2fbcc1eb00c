//! Puts a canvas on a page: as one image object, or cut into strips or tiles that abut, as some word
//! processors and converters cut what they embed.

use super::chance::Chance;
use super::encoding::{Encoding, Picture, Turn};
use super::page::Placed;
use super::raster::Canvas;
use covid_ct_extraction::pdf::Rect;

/// How a canvas gets into the file.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub encoding: Encoding,
    /// Of the JPEG encodings, 1 to 100.
    pub quality: u8,
    pub turn: Turn,
    /// Columns and rows of pieces; one of each leaves it whole.
    pub grid: (u32, u32),
    /// Whether the placement shows all but a border of it.
    pub clipped: bool,
}

/// Share of each side that a clipped placement hides.
const HIDDEN: f32 = 0.04;

impl Manner {
    pub fn plain(encoding: Encoding, quality: u8) -> Self {
        Self { encoding, quality, turn: Turn::Upright, grid: (1, 1), clipped: false }
    }

    /// Strips or tiles: mostly a few, now and then hundreds.
    pub fn cut(mut self, chance: &mut Chance) -> Self {
        self.grid = match chance.whole(0, 9) {
            0..4 => (1, chance.whole(2, 12)),
            4..8 => (chance.whole(2, 4), chance.whole(2, 4)),
            8 => (chance.whole(2, 6), 1),
            _ => (chance.whole(14, 20), chance.whole(14, 20)),
        };
        // A mask that fades each edge would show the cuts.
        if self.encoding == Encoding::SoftMask {
            self.encoding = Encoding::FlateRgb;
        }
        self
    }

    pub fn is_cut(&self) -> bool {
        self.grid != (1, 1)
    }

    /// `canvas` drawn to fill `area`, its image objects appended to `pictures`.
    pub fn place(&self, canvas: &Canvas, area: Rect, pictures: &mut Vec<Picture>) -> Vec<Placed> {
        let (columns, rows) = self.grid;
        if self.clipped {
            return vec![self.place_clipped(canvas, area, pictures)];
        }
        let (w, h) = (canvas.width, canvas.height);
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        cells
            .map(|(column, row)| {
                let (x0, x1) = (w * column / columns, w * (column + 1) / columns);
                let (y0, y1) = (h * row / rows, h * (row + 1) / rows);
                let across = |x: u32| area.x0 + area.width() * x as f32 / w as f32;
                let down = |y: u32| area.y0 + area.height() * y as f32 / h as f32;
                let piece = canvas.cut(x0, y0, x1 - x0, y1 - y0);
                pictures.push(Picture::turned(&piece, self.encoding, self.quality, self.turn));
                let place = Rect::new(across(x0), down(y0), across(x1), down(y1));
                Placed::whole(pictures.len() - 1, place)
            })
            .collect()
    }

    /// `canvas` with a border of noise around it that the clip hides.
    fn place_clipped(&self, canvas: &Canvas, area: Rect, pictures: &mut Vec<Picture>) -> Placed {
        let (dx, dy) = self.border(canvas);
        let mut whole = Canvas::new(canvas.width + 2 * dx, canvas.height + 2 * dy, [90, 120, 90]);
        whole.paste(dx, dy, canvas);
        let (x, y) = (
            area.width() * dx as f32 / canvas.width as f32,
            area.height() * dy as f32 / canvas.height as f32,
        );
        pictures.push(Picture::turned(&whole, self.encoding, self.quality, self.turn));
        let outer = Rect::new(area.x0 - x, area.y0 - y, area.x1 + x, area.y1 + y);
        Placed { clip: Some(area), ..Placed::whole(pictures.len() - 1, outer) }
    }

    /// Pixels the clip hides at the left and at the top.
    pub fn border(&self, canvas: &Canvas) -> (u32, u32) {
        if !self.clipped {
            return (0, 0);
        }
        let share = |side: u32| (side as f32 * HIDDEN) as u32 + 1;
        (share(canvas.width), share(canvas.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_abut_and_hold_every_pixel() {
        let manner = Manner { grid: (3, 5), ..Manner::plain(Encoding::FlateGrey, 90) };
        let area = Rect::new(10.0, 20.0, 110.0, 90.0);
        let mut pictures = Vec::new();
        let placed = manner.place(&Canvas::new(100, 71, [5; 3]), area, &mut pictures);
        assert_eq!(placed.len(), 15);
        let pixels: u32 = pictures.iter().map(|picture| picture.width * picture.height).sum();
        assert_eq!(pixels, 100 * 71);
        assert_eq!(placed[0].area.x1, placed[1].area.x0);
        assert_eq!(placed[0].area.y1, placed[3].area.y0);
        assert_eq!(placed[14].area, Rect::new(placed[14].area.x0, placed[14].area.y0, 110.0, 90.0));
    }

    #[test]
    fn a_clip_shows_the_canvas_alone() {
        let manner = Manner { clipped: true, ..Manner::plain(Encoding::FlateGrey, 90) };
        let area = Rect::new(10.0, 20.0, 110.0, 90.0);
        let mut pictures = Vec::new();
        let placed = manner.place(&Canvas::new(200, 140, [5; 3]), area, &mut pictures);
        assert_eq!(placed[0].seen(), area);
        assert!(pictures[0].width > 200 && placed[0].area.x0 < 10.0);
    }
}
