//! What a page is made of: text runs, lines, boxes, pictures. Points, origin top left.

use super::fonts::Face;
use covid_ct_extraction::pdf::Rect;

/// Something drawn with PDF operators.
#[derive(Debug, Clone)]
pub enum Mark {
    Text(Text),
    Line {
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
        colour: [f32; 3],
    },
    Fill {
        area: Rect,
        colour: [f32; 3],
    },
    Frame {
        area: Rect,
        width: f32,
    },
    /// A filled triangle: the head of an arrow.
    Triangle {
        corners: [(f32, f32); 3],
        colour: [f32; 3],
    },
    /// An area of colour through which what lies below is seen.
    Veil {
        area: Rect,
        colour: [f32; 3],
    },
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
    /// Degrees anticlockwise about the start of the baseline.
    pub turned: f32,
}

impl Text {
    pub fn new(x: f32, baseline: f32, face: Face, size: f32, text: impl Into<String>) -> Self {
        let (string, colour) = (text.into(), [0.0; 3]);
        Self { x, baseline, face, size, string, word_spacing: 0.0, colour, turned: 0.0 }
    }

    /// So that the text's middle is at `x`.
    pub fn centred(x: f32, baseline: f32, face: Face, size: f32, text: &str) -> Self {
        Self::new(x - face.width(text, size) / 2.0, baseline, face, size, text)
    }

    /// So that the text ends at `x`.
    pub fn ending(x: f32, baseline: f32, face: Face, size: f32, text: &str) -> Self {
        Self::new(x - face.width(text, size), baseline, face, size, text)
    }

    /// Upwards along `x`, the text's middle at `y`.
    pub fn upwards(x: f32, y: f32, face: Face, size: f32, text: &str) -> Self {
        let start = y + face.width(text, size) / 2.0;
        Self { turned: 90.0, ..Self::new(x, start, face, size, text) }
    }

    pub fn width(&self) -> f32 {
        let blanks = self.string.bytes().filter(|&b| b == b' ').count();
        self.face.width(&self.string, self.size) + self.word_spacing * blanks as f32
    }

    /// From cap height to descender.
    fn bounds(&self) -> Rect {
        let (sin, cos) = self.turned.to_radians().sin_cos();
        let (up, down, width) = (0.72 * self.size, -0.21 * self.size, self.width());
        let corner = |along: f32, above: f32| {
            let x = self.x + along * cos - above * sin;
            let y = self.baseline - along * sin - above * cos;
            Rect::new(x, y, x, y)
        };
        [corner(width, up), corner(0.0, down), corner(width, down)]
            .iter()
            .fold(corner(0.0, up), |all, next| all.union(next))
    }
}

impl Mark {
    /// The mark moved up by so many points.
    pub fn up(self, by: f32) -> Self {
        let higher = |area: Rect| moved(&area, (0.0, -by));
        match self {
            Self::Text(text) => Self::Text(Text { baseline: text.baseline - by, ..text }),
            Self::Line { from, to, width, colour } => {
                Self::Line { from: (from.0, from.1 - by), to: (to.0, to.1 - by), width, colour }
            }
            Self::Fill { area, colour } => Self::Fill { area: higher(area), colour },
            Self::Veil { area, colour } => Self::Veil { area: higher(area), colour },
            Self::Frame { area, width } => Self::Frame { area: higher(area), width },
            Self::Triangle { corners, colour } => {
                Self::Triangle { corners: corners.map(|(x, y)| (x, y - by)), colour }
            }
        }
    }

    /// The box the mark inks, letters from cap height to descender.
    pub fn bounds(&self) -> Rect {
        match self {
            Self::Text(text) => text.bounds(),
            Self::Line { from, to, width, .. } => {
                Rect::new(from.0.min(to.0), from.1.min(to.1), from.0.max(to.0), from.1.max(to.1))
                    .grow(width / 2.0)
            }
            Self::Fill { area, .. } | Self::Veil { area, .. } => *area,
            Self::Frame { area, width } => area.grow(width / 2.0),
            Self::Triangle { corners, .. } => corners
                .iter()
                .map(|&(x, y)| Rect::new(x, y, x, y))
                .reduce(|a, b| a.union(&b))
                .unwrap_or_default(),
        }
    }
}

/// A picture where it is drawn.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Index into the paper's pictures.
    pub picture: usize,
    pub area: Rect,
    /// What is seen of it, where that is not all.
    pub clip: Option<Rect>,
    /// Whether what lies below is seen through it.
    pub faint: bool,
}

impl Placed {
    pub fn whole(picture: usize, area: Rect) -> Self {
        Self { picture, area, clip: None, faint: false }
    }

    /// What a reader sees of it.
    pub fn seen(&self) -> Rect {
        self.clip.map_or(self.area, |clip| clip.intersect(&self.area))
    }
}

/// A drawing of its own: its origin is its top left corner.
#[derive(Debug, Clone, Default)]
pub struct Graphic {
    pub width: f32,
    pub height: f32,
    pub pictures: Vec<Placed>,
    /// Drawn over the pictures.
    pub marks: Vec<Mark>,
    /// How many form `XObject`s it is wrapped in: 0 where the page draws it itself.
    pub forms: u32,
}

impl Graphic {
    /// Whether something lies over its pictures that one sees through.
    pub fn is_layered(&self) -> bool {
        self.pictures.iter().any(|placed| placed.faint)
            || self.marks.iter().any(|mark| matches!(mark, Mark::Veil { .. }))
    }

    /// The box around everything it draws.
    pub fn ink(&self) -> Rect {
        let marks = self.marks.iter().map(Mark::bounds);
        self.pictures
            .iter()
            .map(Placed::seen)
            .chain(marks)
            .reduce(|a, b| a.union(&b))
            .unwrap_or_default()
    }
}

/// `area` moved by (`x`, `y`).
pub fn moved(area: &Rect, (x, y): (f32, f32)) -> Rect {
    Rect::new(area.x0 + x, area.y0 + y, area.x1 + x, area.y1 + y)
}

/// The paper a page is on, and how the file describes it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sheet {
    /// Width and height as displayed, in points.
    pub size: (f32, f32),
    /// Degrees clockwise that the viewer turns it: 0, 90, 180 or 270.
    pub rotate: u32,
    /// What the media box has beyond the crop box, on the left and at the bottom, and as much again
    /// on the right and at the top.
    pub trim: (f32, f32),
    /// Points a unit of the file; 0 stands for 1.
    pub user_unit: f32,
}

/// A page as laid out. Places are points of the page as it is read.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// As it is read.
    pub sheet: Sheet,
    /// Quarter turns anticlockwise from the page as read to the page as displayed.
    pub quarters: u32,
    /// Whether its text is there to be found, but not to be seen: the page is a scan.
    pub unseen: bool,
    pub marks: Vec<Mark>,
    /// Index into the paper's graphics, and where its top left corner goes.
    pub graphics: Vec<(usize, (f32, f32))>,
    /// Pictures drawn straight onto the page: a journal's logo.
    pub pictures: Vec<Placed>,
    /// Pictures among the page's resources that nothing draws.
    pub listed: Vec<usize>,
}

impl Page {
    /// The sheet as displayed.
    pub fn displayed(&self) -> Sheet {
        let (w, h) = self.sheet.size;
        let size = if self.quarters % 2 == 1 { (h, w) } else { (w, h) };
        Sheet { size, ..self.sheet }
    }

    /// Where `area` is on the page as displayed.
    pub fn place(&self, area: &Rect) -> Rect {
        let (w, h) = self.sheet.size;
        match self.quarters {
            1 => Rect::new(area.y0, w - area.x1, area.y1, w - area.x0),
            2 => Rect::new(w - area.x1, h - area.y1, w - area.x0, h - area.y0),
            3 => Rect::new(h - area.y1, area.x0, h - area.y0, area.x1),
            _ => *area,
        }
    }

    /// `text`, which is given as the page is displayed, as the page is read.
    pub fn upright(&self, text: Text) -> Text {
        let (w, h) = self.sheet.size;
        let (x, y) = (text.x, text.baseline);
        let (x, baseline) = match self.quarters {
            1 => (w - y, x),
            2 => (w - x, h - y),
            3 => (y, h - x),
            _ => (x, y),
        };
        let turned = text.turned - 90.0 * self.quarters as f32;
        Text { x, baseline, turned: if self.quarters == 0 { text.turned } else { turned }, ..text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_set_upwards_has_a_tall_box() {
        let flat = Text::new(100.0, 200.0, Face::Sans, 10.0, "Extent score");
        let up = Text { turned: 90.0, ..flat.clone() };
        let (flat, up) = (Mark::Text(flat).bounds(), Mark::Text(up).bounds());
        assert!((flat.width() - up.height()).abs() < 1e-3);
        assert!(up.x1 > 100.0 && up.x0 < 100.0 && up.y1 < 200.1, "{up:?}");
    }

    #[test]
    fn what_is_turned_and_turned_back_is_where_it_was() {
        let sheet = Sheet { size: (600.0, 400.0), ..Sheet::default() };
        let text = Text::new(50.0, 30.0, Face::Sans, 10.0, "Extent score");
        for quarters in 0..4 {
            let page = Page { sheet, quarters, ..Page::default() };
            let read = Mark::Text(page.upright(text.clone())).bounds();
            let (back, wanted) = (page.place(&read), Mark::Text(text.clone()).bounds());
            assert!(back.grow(0.01).contains(&wanted) && wanted.grow(0.01).contains(&back));
        }
    }

    #[test]
    fn a_clipped_picture_is_seen_in_part() {
        let clip = Some(Rect::new(10.0, 0.0, 50.0, 90.0));
        let placed = Placed { clip, ..Placed::whole(0, Rect::new(0.0, 5.0, 100.0, 60.0)) };
        assert_eq!(placed.seen(), Rect::new(10.0, 5.0, 50.0, 60.0));
    }
}
