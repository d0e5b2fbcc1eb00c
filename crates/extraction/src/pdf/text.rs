//! Text as the page shows it: lines of words with their boxes, sizes and weight.

use mupdf::{TextCharFlags, TextPage};

use super::{Rect, font};

/// A run of characters without a blank.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    pub bbox: Rect,
    /// Font size in points.
    pub size: f32,
    pub bold: bool,
    pub italic: bool,
}

/// Which way a line runs on the displayed page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Right,
    Up,
    Down,
    Left,
    /// Neither across nor down: a watermark, as a rule.
    Oblique,
}

/// Words on one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub words: Vec<Word>,
    pub bbox: Rect,
    pub direction: Direction,
    /// Number of the block MuPDF put it in; blocks follow the content's order.
    pub block: usize,
}

impl Line {
    /// # Panics
    /// Never on lines of [`Page`](super::Page), which hold at least one word.
    pub fn of_words(words: Vec<Word>, direction: Direction, block: usize) -> Self {
        let bbox = words.iter().skip(1).fold(words[0].bbox, |all, word| all.union(&word.bbox));
        Self { words, bbox, direction, block }
    }

    /// A line of text set left to right from its top left corner: each character half as wide as
    /// `size`, in points. For pages set by hand, in tests and by the fuzzer.
    ///
    /// # Panics
    /// Where `text` holds nothing but blanks.
    pub fn set(text: &str, (x, y): (f32, f32), size: f32, bold: bool) -> Self {
        let mut at = x;
        let words = text.split_whitespace().map(|text| {
            let width = 0.5 * size * text.chars().count() as f32;
            let bbox = Rect::new(at, y, at + width, y + size);
            at += width + 0.5 * size;
            Word { text: text.into(), bbox, size, bold, italic: false }
        });
        Self::of_words(words.collect(), Direction::Right, 0)
    }

    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// The size most of its characters are set in, in points.
    pub fn size(&self) -> f32 {
        let mut sizes: Vec<(f32, usize)> = Vec::new();
        for word in &self.words {
            match sizes.iter_mut().find(|(size, _)| (*size - word.size).abs() < 0.1) {
                Some((_, count)) => *count += word.text.len(),
                None => sizes.push((word.size, word.text.len())),
            }
        }
        sizes.into_iter().max_by_key(|(_, count)| *count).map_or(0.0, |(size, _)| size)
    }
}

/// A gap wider than this many font sizes separates two lines that merely share a baseline: two
/// columns, or a margin number and its line.
const COLUMN_GAP: f32 = 1.6;

/// Slope from which a line runs obliquely: 10 degrees. Scanned or slanted text runs straighter.
const OBLIQUE: f32 = 0.176;

pub(super) fn lines(page: &TextPage) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, block) in page.blocks().enumerate() {
        for line in block.lines() {
            let mut reader = LineReader::default();
            let thin = has_thin_blanks(line.chars().filter_map(|character| character.char()));
            for character in line.chars() {
                let Some(text) = character.char() else { continue };
                let quad = character.quad();
                let corners = [quad.ul, quad.ur, quad.ll, quad.lr];
                let xs = corners.map(|corner| corner.x);
                let ys = corners.map(|corner| corner.y);
                let bbox = Rect::new(
                    xs.into_iter().fold(f32::INFINITY, f32::min),
                    ys.into_iter().fold(f32::INFINITY, f32::min),
                    xs.into_iter().fold(f32::NEG_INFINITY, f32::max),
                    ys.into_iter().fold(f32::NEG_INFINITY, f32::max),
                );
                let (dx, dy) = (quad.ur.x - quad.ul.x, quad.ur.y - quad.ul.y);
                let direction = match () {
                    () if dx.abs().min(dy.abs()) > OBLIQUE * dx.abs().max(dy.abs()) => {
                        Direction::Oblique
                    }
                    () if dx.abs() >= dy.abs() && dx >= 0.0 => Direction::Right,
                    () if dx.abs() >= dy.abs() => Direction::Left,
                    () if dy < 0.0 => Direction::Up,
                    () => Direction::Down,
                };
                if text.is_whitespace() || text == '\u{200b}' {
                    reader.end_word();
                    continue;
                }
                if thin && direction == Direction::Right && reader.gap_to(&bbox) > THIN_BLANK {
                    reader.end_word();
                }
                if reader.starts_word() {
                    let font = character.font();
                    let name = font.as_ref().map(font::name).unwrap_or_default();
                    let style = Style {
                        size: character.size(),
                        bold: character.flags().contains(TextCharFlags::BOLD)
                            || is_bold_name(&name),
                        italic: name.contains("Italic") || name.contains("Oblique"),
                    };
                    reader.begin_word(style, bbox, direction);
                }
                reader.push(text, bbox);
            }
            reader.end_word();
            lines.extend(reader.finish(number));
        }
    }
    lines
}

/// A gap of this many font sizes is a blank, in a line whose blanks are too thin for MuPDF.
const THIN_BLANK: f32 = 0.1;

/// Whether a line of Latin text has next to no blanks: a justified line that had to be set tight.
fn has_thin_blanks(characters: impl Iterator<Item = char>) -> bool {
    let (mut letters, mut blanks) = (0, 0);
    for character in characters {
        letters += usize::from(character.is_ascii_alphabetic());
        blanks += usize::from(character.is_whitespace());
    }
    letters > 40 && blanks * 20 < letters
}

fn is_bold_name(name: &str) -> bool {
    ["Bold", "bold", "Black", "Heavy", "Semibold", "Demi"].iter().any(|part| name.contains(part))
}

#[derive(Debug, Clone, Copy)]
struct Style {
    size: f32,
    bold: bool,
    italic: bool,
}

/// Collects the characters of one MuPDF line into words, and cuts it where a column gap runs through.
#[derive(Debug, Default)]
struct LineReader {
    word: Option<Word>,
    words: Vec<Word>,
    direction: Option<Direction>,
    done: Vec<(Vec<Word>, Direction)>,
}

impl LineReader {
    fn starts_word(&self) -> bool {
        self.word.is_none()
    }

    fn begin_word(&mut self, style: Style, bbox: Rect, direction: Direction) {
        if let Some(last) = self.words.last() {
            let gap = match direction {
                Direction::Right => bbox.x0 - last.bbox.x1,
                Direction::Left => last.bbox.x0 - bbox.x1,
                Direction::Up => last.bbox.y0 - bbox.y1,
                Direction::Down => bbox.y0 - last.bbox.y1,
                Direction::Oblique => 0.0,
            };
            if gap > COLUMN_GAP * style.size.max(last.size) || self.direction != Some(direction) {
                self.end_line();
            }
        }
        self.direction = Some(direction);
        self.word = Some(Word {
            text: String::new(),
            bbox,
            size: style.size,
            bold: style.bold,
            italic: style.italic,
        });
    }

    /// From the last character of a line set left to right to `bbox`, in font sizes.
    fn gap_to(&self, bbox: &Rect) -> f32 {
        self.word.as_ref().map_or(0.0, |word| (bbox.x0 - word.bbox.x1) / word.size.max(1.0))
    }

    fn push(&mut self, text: char, bbox: Rect) {
        if let Some(word) = &mut self.word {
            word.text.push(text);
            word.bbox = word.bbox.union(&bbox);
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
