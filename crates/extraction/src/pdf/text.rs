//! Text as the page shows it: lines of words with their boxes, sizes and weight.

mod builder;
mod glyphs;
#[cfg(test)]
mod tests;
mod widths;

use mupdf::TextPage;

use super::{Rect, Turn};

/// A run of characters without a blank.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Its letters.
    pub text: String,
    /// Points of the page.
    pub bbox: Rect,
    /// Font size in points.
    pub size: f32,
    /// Set in a bold face.
    pub bold: bool,
    /// Set in an italic face.
    pub italic: bool,
}

/// Which way a line runs on the displayed page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From left to right, as most text.
    Right,
    /// From the bottom upwards.
    Up,
    /// From the top downwards.
    Down,
    /// Upside down.
    Left,
    /// Neither across nor down: a watermark, as a rule.
    Oblique,
}

impl Direction {
    /// Which way it runs once the page is turned.
    #[must_use]
    pub fn turned(self, turn: Turn) -> Self {
        /// Clockwise, a quarter turn apart.
        const ROUND: [Direction; 4] =
            [Direction::Right, Direction::Down, Direction::Left, Direction::Up];
        ROUND
            .iter()
            .position(|direction| *direction == self)
            .map_or(self, |at| ROUND[(at + usize::from(turn.quarters())) % ROUND.len()])
    }

    /// The turn of the page that sets such lines upright; none for oblique ones.
    pub fn upright(self) -> Turn {
        match self {
            Self::Right | Self::Oblique => Turn::NONE,
            Self::Up => Turn::CLOCKWISE,
            Self::Left => Turn::HALF,
            Self::Down => Turn::ANTICLOCKWISE,
        }
    }
}

/// Words on one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// In reading order.
    pub words: Vec<Word>,
    /// Points of the page.
    pub bbox: Rect,
    /// Which way it runs.
    pub direction: Direction,
    /// Number of its block, a paragraph as a rule; blocks follow the content's order.
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

    /// Its words, a blank between each two.
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

/// The lines of a page, in the content's order.
pub(super) fn lines(page: &TextPage) -> Vec<Line> {
    builder::lines(glyphs::runs(page))
}
