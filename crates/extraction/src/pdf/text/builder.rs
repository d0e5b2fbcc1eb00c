//! Makes lines of glyphs by where they stand: what MuPDF took apart is joined, what it threw together is
//! parted, and lines come into words.

use super::super::Rect;
use super::glyphs::{Glyph, Run, Style, has_thin_blanks};
use super::{Direction, Line, Word};

/// A gap wider than this many font sizes separates two lines that merely share a baseline: two
/// columns, or a margin number and its line.
const COLUMN_GAP: f32 = 1.6;
/// A gap of this many font sizes is a blank, in a line whose blanks are too thin for MuPDF.
const THIN_BLANK: f32 = 0.1;
/// A gap of this many font sizes is a blank where MuPDF's own are not to be trusted.
const BLANK: f32 = 0.13;
/// Glyphs of a line follow each other within so many font sizes; with a blank between, within more. MuPDF
/// too begins another line past 0.8, and a blank takes up a quarter.
const REACH: f32 = 0.8;
const REACH_WITH_BLANK: f32 = 1.2;
/// What MuPDF parted and is set in another weight or size is part of the line if it is as near as this: past
/// it, a heading stands in the line that it heads.
const REACH_OF_ANOTHER: f32 = 0.5;
/// Glyphs of a line overlap by no more font sizes than this.
const OVERLAP: f32 = 0.3;
/// Glyphs of one size stand on one baseline within so many font sizes, those of two sizes, as indices, within
/// more.
const BASELINE: f32 = 0.15;
const RAISED: f32 = 0.5;
/// A line follows another in its block if it stands this many font sizes below.
const PITCH: std::ops::RangeInclusive<f32> = 0.6..=1.6;
/// A line that starts further to the right than the one above it, in font sizes, begins a paragraph.
const INDENT: f32 = 1.0;

/// A line in the making.
#[derive(Debug)]
struct Strand {
    glyphs: Vec<Glyph>,
    /// Number of MuPDF's block that it begins in, and of the one that it ends in.
    blocks: (usize, usize),
    /// Whether it is what MuPDF took for a line.
    whole: bool,
}

/// The lines that these runs make up, in their order.
pub(super) fn lines(runs: Vec<Run>) -> Vec<Line> {
    let mut strands: Vec<Strand> = Vec::new();
    let mut blank = false;
    for run in runs {
        let (sound, block) = (run.sound, run.block);
        for piece in pieces(run) {
            if piece.iter().all(|glyph| glyph.blank) {
                // Set apart or in the line: it tells that a word ends.
                blank = true;
                continue;
            }
            blank |= piece[0].blank;
            match strands.last_mut() {
                Some(last) if last.goes_on(&piece, blank) => {
                    last.take(piece, block, blank);
                    last.whole &= sound;
                    last.whole &= last.blocks.0 == last.blocks.1;
                }
                _ => strands.push(Strand { glyphs: piece, blocks: (block, block), whole: sound }),
            }
            blank = false;
        }
    }
    let blocks = blocks(&strands);
    let made = strands.into_iter().zip(blocks);
    made.flat_map(|(strand, block)| read(&strand.glyphs, block)).collect()
}

/// What of a run surely is one line: all of it, or glyph by glyph where its size misled MuPDF.
fn pieces(run: Run) -> Vec<Vec<Glyph>> {
    if run.sound {
        return vec![run.glyphs];
    }
    // Its blanks are MuPDF's guess, or show as a gap.
    run.glyphs.into_iter().filter(|glyph| !glyph.blank).map(|glyph| vec![glyph]).collect()
}

impl Strand {
    /// The last glyph that leaves a mark.
    fn last(&self) -> Option<&Glyph> {
        self.glyphs.iter().rev().find(|glyph| !glyph.blank)
    }

    /// Whether `piece` continues the line, with a `blank` between or not.
    fn goes_on(&self, piece: &[Glyph], blank: bool) -> bool {
        let (Some(last), Some(next)) = (self.last(), piece.iter().find(|glyph| !glyph.blank))
        else {
            return false;
        };
        if last.direction != next.direction || last.direction == Direction::Oblique {
            return false;
        }
        let size = last.size.max(next.size);
        let (along, off) = offset(last.direction, last.end, next.origin);
        let blank = blank || self.glyphs.last().is_some_and(|glyph| glyph.blank);
        let one_size = last.size.min(next.size) > 0.9 * size;
        let weight = |style: Option<Style>| style.map(|style| style.bold);
        let one_weight = next.style.is_none() || weight(next.style) == weight(self.style());
        let reach = match (one_size && one_weight, blank) {
            (false, _) => REACH_OF_ANOTHER,
            (true, true) => REACH_WITH_BLANK,
            (true, false) => REACH,
        };
        let level = if one_size { BASELINE } else { RAISED };
        (-OVERLAP * size..=reach * size).contains(&along) && off.abs() <= level * size
    }

    fn take(&mut self, mut piece: Vec<Glyph>, block: usize, blank: bool) {
        if let (Some(last), Some(next)) = (self.last(), piece.first()) {
            let (gap, _) = offset(last.direction, last.end, next.origin);
            if blank || gap > BLANK * last.size.max(next.size) {
                let mark = Glyph { text: ' ', blank: true, style: None, ..*next };
                self.glyphs.push(mark);
            }
            if piece[0].style.is_none() {
                piece[0].style = self.style();
            }
        }
        self.glyphs.append(&mut piece);
        self.blocks.1 = block;
    }

    fn style(&self) -> Option<Style> {
        self.glyphs.iter().rev().find_map(|glyph| glyph.style)
    }

    /// The glyph that leaves the first mark.
    fn first(&self) -> Option<&Glyph> {
        self.glyphs.iter().find(|glyph| !glyph.blank)
    }

    /// Whether this line follows `above` in a paragraph, by where the two stand.
    fn follows(&self, above: &Self) -> bool {
        let (Some(first), Some(before), Some(end)) = (self.first(), above.first(), above.last())
        else {
            return false;
        };
        let size = first.size.max(before.size);
        let (along, down) = offset(before.direction, before.origin, first.origin);
        let (length, _) = offset(before.direction, before.origin, end.end);
        first.direction == before.direction
            && first.size.min(before.size) > 0.75 * size
            && PITCH.contains(&(down / size))
            && along <= INDENT * size
            && along > -length
    }
}

/// How far `to` lies from `from`: along a line of this direction, and below it.
pub(super) fn offset(direction: Direction, from: (f32, f32), to: (f32, f32)) -> (f32, f32) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    match direction {
        Direction::Right | Direction::Oblique => (dx, dy),
        Direction::Down => (dy, -dx),
        Direction::Left => (-dx, -dy),
        Direction::Up => (-dy, dx),
    }
}

/// The block of each line: MuPDF's, but by where lines stand on a page of which it took lines apart, since it
/// begins a block where it loses its way.
fn blocks(strands: &[Strand]) -> Vec<usize> {
    if strands.iter().all(|strand| strand.whole) {
        return strands.iter().map(|strand| strand.blocks.0).collect();
    }
    let mut number = 0;
    let mut numbers = Vec::with_capacity(strands.len());
    for (index, strand) in strands.iter().enumerate() {
        if let Some(above) = index.checked_sub(1).map(|above| &strands[above]) {
            let same = if above.whole && strand.whole {
                above.blocks.1 == strand.blocks.0
            } else {
                strand.follows(above)
            };
            number += usize::from(!same);
        }
        numbers.push(number);
    }
    numbers
}

/// The words of a line, cut where a column gap runs through.
fn read(glyphs: &[Glyph], block: usize) -> impl Iterator<Item = Line> + use<> {
    let thin = has_thin_blanks(glyphs.iter().map(|glyph| glyph.text));
    let mut reader = LineReader::default();
    let mut style = Style { bold: false, italic: false };
    for glyph in glyphs {
        style = glyph.style.unwrap_or(style);
        if glyph.blank {
            reader.end_word();
            continue;
        }
        let tight = thin && glyph.direction != Direction::Oblique;
        if tight && reader.gap_to(&glyph.bbox, glyph.direction) > THIN_BLANK {
            reader.end_word();
        }
        if reader.word.is_none() {
            reader.begin_word(glyph, style);
        }
        reader.push(glyph);
    }
    reader.end_word();
    reader.finish(block)
}

/// Collects glyphs into words.
#[derive(Debug, Default)]
struct LineReader {
    word: Option<Word>,
    words: Vec<Word>,
    direction: Option<Direction>,
    done: Vec<(Vec<Word>, Direction)>,
}

/// From one box to the next in a line of this direction.
fn gap(direction: Direction, from: &Rect, to: &Rect) -> f32 {
    match direction {
        Direction::Right => to.x0 - from.x1,
        Direction::Left => from.x0 - to.x1,
        Direction::Up => from.y0 - to.y1,
        Direction::Down => to.y0 - from.y1,
        Direction::Oblique => 0.0,
    }
}

impl LineReader {
    fn begin_word(&mut self, glyph: &Glyph, style: Style) {
        let Glyph { bbox, direction, size, .. } = *glyph;
        if let Some(last) = self.words.last() {
            let gap = gap(direction, &last.bbox, &bbox);
            if gap > COLUMN_GAP * size.max(last.size) || self.direction != Some(direction) {
                self.end_line();
            }
        }
        self.direction = Some(direction);
        let Style { bold, italic } = style;
        self.word = Some(Word { text: String::new(), bbox, size, bold, italic });
    }

    /// From the word at hand to `bbox`, in font sizes.
    fn gap_to(&self, bbox: &Rect, direction: Direction) -> f32 {
        self.word.as_ref().map_or(0.0, |word| gap(direction, &word.bbox, bbox) / word.size.max(1.0))
    }

    fn push(&mut self, glyph: &Glyph) {
        if let Some(word) = &mut self.word {
            word.text.push(glyph.text);
            word.bbox = word.bbox.union(&glyph.bbox);
        }
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take().filter(|word| !word.text.is_empty()));
    }

    fn end_line(&mut self) {
        let words = std::mem::take(&mut self.words);
        if let (false, Some(direction)) = (words.is_empty(), self.direction) {
            self.done.push((words, direction));
        }
    }

    fn finish(mut self, block: usize) -> impl Iterator<Item = Line> {
        self.end_line();
        self.done.into_iter().map(move |(words, direction)| Line::of_words(words, direction, block))
    }
}
