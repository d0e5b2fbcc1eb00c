//! The cross-check: what was found in a document against what its own text says must be there, and
//! against what its pages draw. It knows no fault by name; it tells where two accounts of one document
//! do not agree, so that a person looks.
//!
//! `numbers` compares labels with citations, `pairs` captions with graphics, `text` what was read with
//! what is drawn, `pictures` what came out with what one would expect.

mod kinds;
mod numbers;
mod pairs;
mod pictures;
mod text;

pub use kinds::{Gravity, Suspect, SuspectKind};
pub use pictures::{DecodedPicture, lost_picture, plain_pictures};
pub use text::{is_strange, other_readings};

use super::cleaning::PageText;
use super::furniture::Furniture;
use super::{Figure, FigureKind};
use crate::pdf::{Direction, Glyphs, Line, Page, Rect};

/// A page, as far as the cross-check looks at it.
#[derive(Debug)]
struct Sheet<'a> {
    text: &'a PageText,
    /// Lines that do not run left to right.
    turned: Vec<&'a Line>,
    /// Glyphs that its content shows.
    glyphs: Glyphs,
    /// Characters that were read, blanks left out.
    characters: usize,
    /// All drawn images, as [`Page::drawn`] counts them, and whether each is dress.
    pictures: Vec<(Rect, bool)>,
    /// Painted paths that are no dress.
    shapes: Shapes,
}

/// Shapes that a page draws: how many, and the box around all of them. There may be millions in a document.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Shapes {
    count: usize,
    all: Option<Rect>,
}

impl<'a> Sheet<'a> {
    fn of(page: &'a Page, text: &'a PageText, furniture: &Furniture) -> Self {
        let words = page.lines.iter().flat_map(|line| &line.words);
        let images = page.drawn.images.iter();
        let paths = page.drawn.paths.iter().filter(|path| !furniture.holds_path(path));
        Self {
            text,
            turned: page.lines.iter().filter(|line| line.direction != Direction::Right).collect(),
            glyphs: page.drawn.glyphs,
            characters: words.map(|word| word.text.chars().count()).sum(),
            pictures: images.map(|image| (image.bbox, furniture.holds_image(image))).collect(),
            shapes: Shapes::of(paths.copied(), text.width * text.height),
        }
    }

    fn area(&self) -> f32 {
        self.text.width * self.text.height
    }
}

/// What of a document does not agree, by page. `texts` is what [`clean`](super::clean) makes of
/// `pages`, `furniture` their dress, and `figures` what [`find`](super::find) found in them.
pub fn cross_check(
    pages: &[Page],
    texts: &[PageText],
    furniture: &Furniture,
    figures: &[Figure],
) -> Vec<Suspect> {
    let sheets: Vec<Sheet<'_>> =
        pages.iter().zip(texts).map(|(page, text)| Sheet::of(page, text, furniture)).collect();
    in_order(check(&sheets, figures))
}

fn check(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let mut found = text::check(sheets, figures);
    found.extend(numbers::check(sheets, figures));
    found.extend(pairs::check(sheets, figures));
    found
}

/// By page, those of the whole document first, then by kind; each once.
pub fn in_order(mut suspects: Vec<Suspect>) -> Vec<Suspect> {
    suspects.sort_by(|a, b| {
        (a.page, a.kind, &a.label, &a.reason).cmp(&(b.page, b.kind, &b.label, &b.reason))
    });
    suspects.dedup();
    suspects
}

/// Figures that bear a caption; tables are none.
fn captioned(figures: &[Figure]) -> impl Iterator<Item = &Figure> {
    figures.iter().filter(|figure| figure.kind != FigureKind::Table && !figure.caption.is_empty())
}

/// `page 3`, `pages 3 and 5`, `pages 3, 5 and 8`; no more than some are named.
fn named_pages(pages: &[u32]) -> String {
    const MOST: usize = 6;
    let mut names: Vec<String> = pages.iter().take(MOST).map(ToString::to_string).collect();
    if pages.len() > MOST {
        return format!("pages {} and others", names.join(", "));
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() {
        return format!("page {last}");
    }
    format!("pages {} and {last}", names.join(", "))
}

#[cfg(test)]
mod tests;
