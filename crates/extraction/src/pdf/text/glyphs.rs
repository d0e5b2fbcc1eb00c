//! The glyphs of a page where MuPDF places them, in runs that it takes for lines. Sizes and boxes that a font
//! makes absurd are put right, from how far its letters advance.

use std::collections::HashMap;

use mupdf::{Quad, TextChar, TextCharFlags, TextPage};

use super::super::{Rect, font};
use super::{Direction, widths};

/// A character in its place, in points of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Glyph {
    pub(super) text: char,
    /// Where its baseline starts and ends.
    pub(super) origin: (f32, f32),
    pub(super) end: (f32, f32),
    pub(super) bbox: Rect,
    pub(super) direction: Direction,
    /// Of its font, in points.
    pub(super) size: f32,
    /// Asked for only where a word may begin.
    pub(super) style: Option<Style>,
    /// Whether it leaves no mark.
    pub(super) blank: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) italic: bool,
}

/// Glyphs one after another, as the content shows them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Number of the block MuPDF put them in.
    pub(super) block: usize,
    pub(super) glyphs: Vec<Glyph>,
    /// Whether MuPDF's reasons for taking it for one line, and for a blank in it, are to be trusted.
    pub(super) sound: bool,
}

/// Slope from which a line runs obliquely: 10 degrees. Scanned or slanted text runs straighter.
const OBLIQUE: f32 = 0.176;
/// Letters and digits of a text advance by this part of the font's size, on the whole; in Times it is 0.44, in
/// Helvetica 0.51.
const ADVANCE: f32 = 0.47;
/// No font's letters advance by more or less than these parts of its size on the whole: full-width ones by
/// all of it, condensed ones by a quarter.
const MOST_ADVANCE: f32 = 1.3;
const LEAST_ADVANCE: f32 = 0.12;
/// From so many letters on, a small advance says something: "i" and "l" are narrow.
const FEW: usize = 4;
/// Boxes of glyphs are so high, in font sizes, from the lowest descender to the highest ascender.
const HEIGHTS: std::ops::RangeInclusive<f32> = 0.3..=4.0;
/// What a box reaches above and below the baseline where the font does not say, in font sizes.
const ASCENT: f32 = 0.75;
const DESCENT: f32 = 0.25;

/// The runs of a page, in the content's order.
pub(super) fn runs(page: &TextPage) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut absurd: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut overlapping: Vec<(usize, Vec<usize>)> = Vec::new();
    for (block, lines) in page.blocks().enumerate() {
        for line in lines.lines() {
            let thin = has_thin_blanks(line.chars().filter_map(|character| character.char()));
            let mut glyphs: Vec<Glyph> = Vec::new();
            for character in line.chars() {
                let begins = |glyph: &Glyph| {
                    glyphs.last().is_none_or(|last| last.blank || last.direction != glyph.direction)
                };
                let Some(mut glyph) = glyph(&character) else { continue };
                if !glyph.blank && (thin || begins(&glyph)) {
                    glyph.style = Some(style(&character));
                }
                glyphs.push(glyph);
            }
            let sound = !is_absurd(&glyphs);
            if !sound {
                absurd.push((runs.len(), fonts(line.chars())));
            } else if widths::overlap(&glyphs) {
                overlapping.push((runs.len(), fonts(line.chars())));
            }
            runs.push(Run { block, glyphs, sound });
        }
    }
    put_sizes_right(&mut runs, &absurd);
    widths::put_right(&mut runs, &overlapping);
    for glyph in runs.iter_mut().flat_map(|run| &mut run.glyphs) {
        put_box_right(glyph);
    }
    runs
}

fn glyph(character: &TextChar<'_>) -> Option<Glyph> {
    let text = character.char()?;
    let Quad { ul, ur, ll, lr } = character.quad();
    let corners = [ul, ur, ll, lr];
    let (xs, ys) = (corners.map(|corner| corner.x), corners.map(|corner| corner.y));
    let least = |values: [f32; 4]| values.into_iter().fold(f32::INFINITY, f32::min);
    let most = |values: [f32; 4]| values.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let bbox = Rect::new(least(xs), least(ys), most(xs), most(ys));
    let (dx, dy) = (ur.x - ul.x, ur.y - ul.y);
    let direction = match () {
        () if dx.abs().min(dy.abs()) > OBLIQUE * dx.abs().max(dy.abs()) => Direction::Oblique,
        () if dx.abs() >= dy.abs() && dx >= 0.0 => Direction::Right,
        () if dx.abs() >= dy.abs() => Direction::Left,
        () if dy < 0.0 => Direction::Up,
        () => Direction::Down,
    };
    let origin = character.origin();
    Some(Glyph {
        text,
        origin: (origin.x, origin.y),
        end: (origin.x + dx, origin.y + dy),
        bbox,
        direction,
        size: character.size(),
        style: None,
        blank: text.is_whitespace() || text == '\u{200b}',
    })
}

fn style(character: &TextChar<'_>) -> Style {
    let font = character.font();
    let name = font.as_ref().map(font::name).unwrap_or_default();
    Style {
        bold: character.flags().contains(TextCharFlags::BOLD) || is_bold_name(&name),
        italic: name.contains("Italic") || name.contains("Oblique"),
    }
}

fn is_bold_name(name: &str) -> bool {
    ["Bold", "bold", "Black", "Heavy", "Semibold", "Demi"].iter().any(|part| name.contains(part))
}

/// Whether a line of Latin text has next to no blanks: a justified line that had to be set tight.
pub(super) fn has_thin_blanks(characters: impl Iterator<Item = char>) -> bool {
    let (mut letters, mut blanks) = (0, 0);
    for character in characters {
        letters += usize::from(character.is_ascii_alphabetic());
        blanks += usize::from(character.is_whitespace());
    }
    letters > 40 && blanks * 20 < letters
}

/// Which font each character that becomes a glyph is set in.
fn fonts<'a>(characters: impl Iterator<Item = TextChar<'a>>) -> Vec<usize> {
    let readable = characters.filter(|character| character.char().is_some());
    readable.map(|character| character.font().as_ref().map_or(0, font::identity)).collect()
}

impl Glyph {
    /// How far it advances, in points.
    pub(super) fn advance(&self) -> f32 {
        (self.end.0 - self.origin.0).hypot(self.end.1 - self.origin.1)
    }

    /// How far it advances, in font sizes, where that says something of the size.
    fn telling_advance(&self) -> Option<f32> {
        let advance = self.advance() / self.size;
        let tells = self.text.is_alphanumeric() && advance.is_finite() && advance > 0.0;
        tells.then_some(advance)
    }
}

/// Whether the size of these glyphs cannot be what their font is set at. The glyph space of a Type 3 font is
/// the writer's choice: MuPDF 1.27.2 takes the text's scale for the size, be a letter 20 units wide or 0.02.
/// It divides distances by it, and so sees lines and blanks where there are none, or none where there are.
fn is_absurd(glyphs: &[Glyph]) -> bool {
    let (sum, count) = glyphs
        .iter()
        .filter_map(Glyph::telling_advance)
        .fold((0.0, 0_usize), |(sum, count), advance| (sum + advance, count + 1));
    let mean = sum / count as f32;
    mean > MOST_ADVANCE || (mean < LEAST_ADVANCE && count >= FEW)
}

/// Gives the glyphs of these runs, each with the fonts of its glyphs, the size that their font's letters
/// advance like.
fn put_sizes_right(runs: &mut [Run], absurd: &[(usize, Vec<usize>)]) {
    let mut advances: HashMap<usize, (f32, u32)> = HashMap::new();
    for (index, fonts) in absurd {
        for (glyph, font) in runs[*index].glyphs.iter().zip(fonts) {
            if let Some(advance) = glyph.telling_advance() {
                let (sum, count) = advances.entry(*font).or_default();
                *sum += advance;
                *count += 1;
            }
        }
    }
    for (index, fonts) in absurd {
        // What has no letters of its own, as a font of signs, is set like what stands before it.
        let mut scale = 1.0;
        for (glyph, font) in runs[*index].glyphs.iter_mut().zip(fonts) {
            if let Some((sum, count)) = advances.get(font) {
                scale = sum / *count as f32 / ADVANCE;
            }
            glyph.size *= scale;
        }
    }
}

/// Gives a glyph whose box is no box of such a size another, around its baseline. A Type 3 font's box may be
/// anything, 0 or 1000 times a letter included, and some fonts' ascenders are.
fn put_box_right(glyph: &mut Glyph) {
    let (across, down) = (glyph.bbox.width(), glyph.bbox.height());
    let height = match glyph.direction {
        Direction::Right | Direction::Left => down,
        Direction::Up | Direction::Down => across,
        // Both sides have a share of the advance.
        Direction::Oblique => across.max(down) - glyph.advance(),
    };
    let oblique = glyph.direction == Direction::Oblique;
    let low = if oblique { f32::MIN } else { *HEIGHTS.start() };
    if (low..=*HEIGHTS.end()).contains(&(height / glyph.size)) || glyph.size <= 0.0 {
        return;
    }
    let ((x0, y0), (x1, y1)) = (glyph.origin, glyph.end);
    let advance = glyph.advance();
    // A glyph that does not advance stands upright, for all that is known.
    let (dx, dy) =
        if advance > 0.0 { ((x1 - x0) / advance, (y1 - y0) / advance) } else { (1.0, 0.0) };
    let off = |(x, y): (f32, f32), by: f32| (x + dy * by * glyph.size, y - dx * by * glyph.size);
    let corners = [
        off((x0, y0), ASCENT),
        off((x1, y1), ASCENT),
        off((x0, y0), -DESCENT),
        off((x1, y1), -DESCENT),
    ];
    let (x, y) = corners[0];
    glyph.bbox = corners
        .iter()
        .fold(Rect::new(x, y, x, y), |all, &(x, y)| all.union(&Rect::new(x, y, x, y)));
}
