//! Letters that stand on each other, since their font tells them wider than they are. Some fonts for Chinese tell the full
//! width of Latin letters, which the page then sets as far apart as they are wide: then MuPDF (1.27.2) sees no blank between
//! two words. How wide each letter is shows in how near others follow it.

use std::collections::{HashMap, HashSet};

use super::Direction;
use super::builder::offset;
use super::glyphs::{Glyph, Run};

/// A letter that others follow at less than this part of its advance stands below them.
const TIGHT: f32 = 0.8;
/// Fewer pairs of letters in a run say nothing, nor do fewer different letters of a font on a page.
const FEW_PAIRS: usize = 5;
const FEW_LETTERS: usize = 8;
/// Fewer followers of a letter leave its width open.
const FEW: usize = 5;
/// Letters that a blank follows, or whose follower is drawn nearer, are no more than one in so many.
const ONE_IN: usize = 8;

/// Whether most letters of a run stand on the next.
pub(super) fn overlap(glyphs: &[Glyph]) -> bool {
    let (tight, all) = pairs(glyphs).fold((0, 0), |(tight, all), (index, step)| {
        (tight + usize::from(step < TIGHT * glyphs[index].advance()), all + 1)
    });
    all >= FEW_PAIRS && tight * 2 > all
}

/// Letters and digits that another follows: the index of each, and how far on the other stands, in points.
fn pairs(glyphs: &[Glyph]) -> impl Iterator<Item = (usize, f32)> {
    let is_latin = |glyph: &Glyph| glyph.text.is_ascii_alphanumeric() && glyph.size > 0.0;
    glyphs.windows(2).enumerate().filter_map(move |(index, pair)| {
        let [one, next] = pair else { return None };
        let (step, _) = offset(one.direction, one.origin, next.origin);
        let across = one.direction != Direction::Oblique && one.direction == next.direction;
        let follows = across && (0.0..one.advance() * 1.5).contains(&step);
        (is_latin(one) && is_latin(next) && follows).then_some((index, step))
    })
}

/// The most that a letter of a font for text takes, in font sizes.
fn most(letter: char) -> f32 {
    match letter {
        'A'..='Z' | 'm' | 'w' | '%' | '&' | '@' => 0.8,
        'a'..='z' | '0'..='9' => 0.56,
        _ => 0.4,
    }
}

/// Letters by their font.
type Letter = (usize, char);

/// Gives the Latin letters of these runs, each with the fonts of its glyphs, the width that most followers leave them. What
/// MuPDF took for lines and blanks of them is not to be trusted.
pub(super) fn put_right(runs: &mut [Run], overlapping: &[(usize, Vec<usize>)]) {
    let widths = widths(runs, overlapping);
    let letters = |font: usize| widths.keys().filter(|(of, _)| *of == font).count();
    let told: HashSet<usize> =
        widths.keys().map(|(font, _)| *font).filter(|font| letters(*font) >= FEW_LETTERS).collect();
    for (run, fonts) in overlapping {
        for (glyph, font) in runs[*run].glyphs.iter_mut().zip(fonts) {
            if told.contains(font) && glyph.text.is_ascii_graphic() {
                let known = widths.get(&(*font, glyph.text)).copied();
                narrow(glyph, known.unwrap_or_else(|| most(glyph.text)) * glyph.size);
            }
        }
        runs[*run].sound = !fonts.iter().any(|font| told.contains(font));
    }
}

/// How wide each letter is, in font sizes, by what follows it.
fn widths(runs: &[Run], overlapping: &[(usize, Vec<usize>)]) -> HashMap<Letter, f32> {
    let mut steps: HashMap<Letter, Vec<f32>> = HashMap::new();
    for (run, fonts) in overlapping {
        let glyphs = &runs[*run].glyphs;
        for (index, step) in pairs(glyphs) {
            let glyph = &glyphs[index];
            steps.entry((fonts[index], glyph.text)).or_default().push(step / glyph.size);
        }
    }
    let width = |((font, letter), mut steps): (Letter, Vec<f32>)| {
        steps.sort_by(f32::total_cmp);
        let near = steps[steps.len() / ONE_IN];
        ((font, letter), if steps.len() < FEW { near.min(most(letter)) } else { near })
    };
    steps.into_iter().map(width).collect()
}

/// Takes a glyph to be `width` points wide, where it is wider.
fn narrow(glyph: &mut Glyph, width: f32) {
    let part = width / glyph.advance();
    if !(0.0..1.0).contains(&part) {
        return;
    }
    let ((x0, y0), (x1, y1)) = (glyph.origin, glyph.end);
    glyph.end = (x0 + (x1 - x0) * part, y0 + (y1 - y0) * part);
    let bbox = &mut glyph.bbox;
    match glyph.direction {
        Direction::Right => bbox.x1 = bbox.x0 + bbox.width() * part,
        Direction::Left => bbox.x0 = bbox.x1 - bbox.width() * part,
        Direction::Up => bbox.y0 = bbox.y1 - bbox.height() * part,
        Direction::Down => bbox.y1 = bbox.y0 + bbox.height() * part,
        Direction::Oblique => {}
    }
}
