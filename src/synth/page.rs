//! What a page is made of: text runs, lines, boxes, pictures. Points, origin top left.

use super::fonts::Face;
use crate::pdf::Rect;

/// Something drawn with PDF operators.
#[derive(Debug, Clone)]
pub enum Mark {
    Text(Text),
    Line { from: (f32, f32), to: (f32, f32), width: f32, colour: [f32; 3] },
    Fill { area: Rect, colour: [f32; 3] },
    Frame { area: Rect, width: f32 },
}

/// A run of text in one face.
#[derive(Debug, Clone)]
pub struct Text {
    pub x: f32,
    pub baseline: f32,
    pub face: Face,
    pub size: f32,
    pub string: String,
    /// Added to every blank, for justified lines.
    pub word_spacing: f32,
    pub colour: [f32; 3],
}

impl Text {
    pub fn new(x: f32, baseline: f32, face: Face, size: f32, text: impl Into<String>) -> Self {
        let string = text.into();
        Self { x, baseline, face, size, string, word_spacing: 0.0, colour: [0.0; 3] }
    }

    /// So that the text's middle is at `x`.
    pub fn centred(x: f32, baseline: f32, face: Face, size: f32, text: &str) -> Self {
        Self::new(x - face.width(text, size) / 2.0, baseline, face, size, text)
    }

    /// So that the text ends at `x`.
    pub fn ending(x: f32, baseline: f32, face: Face, size: f32, text: &str) -> Self {
        Self::new(x - face.width(text, size), baseline, face, size, text)
    }

    pub fn width(&self) -> f32 {
        let blanks = self.string.bytes().filter(|&b| b == b' ').count();
        self.face.width(&self.string, self.size) + self.word_spacing * blanks as f32
    }
}

impl Mark {
    /// The box the mark inks, letters from cap height to descender.
    pub fn bounds(&self) -> Rect {
        match self {
            Self::Text(t) => Rect::new(
                t.x,
                t.baseline - 0.72 * t.size,
                t.x + t.width(),
                t.baseline + 0.21 * t.size,
            ),
            Self::Line { from, to, width, .. } => {
                Rect::new(from.0.min(to.0), from.1.min(to.1), from.0.max(to.0), from.1.max(to.1))
                    .grow(width / 2.0)
            }
            Self::Fill { area, .. } => *area,
            Self::Frame { area, width } => area.grow(width / 2.0),
        }
    }
}

/// A drawing of its own: its origin is its top left corner.
#[derive(Debug, Clone, Default)]
pub struct Graphic {
    pub width: f32,
    pub height: f32,
    /// Index into the paper's pictures, and where it goes.
    pub pictures: Vec<(usize, Rect)>,
    /// Drawn over the pictures.
    pub marks: Vec<Mark>,
    /// Whether it is a form `XObject` of its own.
    pub form: bool,
}

impl Graphic {
    /// The box around everything it draws.
    pub fn ink(&self) -> Rect {
        let marks = self.marks.iter().map(Mark::bounds);
        self.pictures
            .iter()
            .map(|(_, area)| *area)
            .chain(marks)
            .reduce(|a, b| a.union(&b))
            .unwrap_or_default()
    }
}

/// `area` moved by (`x`, `y`).
pub fn moved(area: &Rect, (x, y): (f32, f32)) -> Rect {
    Rect::new(area.x0 + x, area.y0 + y, area.x1 + x, area.y1 + y)
}

/// A page as laid out.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub marks: Vec<Mark>,
    /// Index into the paper's graphics, and where its top left corner goes.
    pub graphics: Vec<(usize, (f32, f32))>,
    /// A picture drawn straight onto the page: a journal's logo.
    pub pictures: Vec<(usize, Rect)>,
}
