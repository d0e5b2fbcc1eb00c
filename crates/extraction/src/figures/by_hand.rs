//! Pages set by hand, for tests.

use super::cleaning::{PageText, TextLine};
use crate::pdf::{Direction, Line, Rect, Word};

/// Plain text of 10 points, each character 5 points wide, with its top left corner at `x`, `y`.
pub fn line(text: &str, x: f32, y: f32) -> TextLine {
    let mut at = x;
    let words = text.split(' ').map(|text| {
        let width = 5.0 * text.chars().count() as f32;
        let bbox = Rect::new(at, y, at + width, y + 10.0);
        at += width + 5.0;
        Word { text: text.into(), bbox, size: 10.0, bold: false, italic: false }
    });
    TextLine::new(Line::of_words(words.collect(), Direction::Right, 0))
}

impl TextLine {
    /// The same words in another size, equally wide.
    #[must_use]
    pub fn sized(mut self, size: f32) -> Self {
        for word in &mut self.line.words {
            word.size = size;
            word.bbox.y1 = word.bbox.y0 + size;
        }
        self.rebuilt()
    }

    /// With its first words bold.
    #[must_use]
    pub fn bold(mut self, words: usize) -> Self {
        self.line.words.iter_mut().take(words).for_each(|word| word.bold = true);
        self.rebuilt()
    }

    fn rebuilt(self) -> Self {
        let Line { words, direction, block, .. } = self.line;
        Self::new(Line::of_words(words, direction, block))
    }
}

/// The lines as one block.
pub fn block(number: usize, lines: &[TextLine]) -> Vec<TextLine> {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        line.line.block = number;
    }
    lines
}

/// A page of 600 x 800 points.
pub fn page(number: u32, lines: Vec<TextLine>) -> PageText {
    PageText { number, width: 600.0, height: 800.0, lines }
}
