//! Counts the glyphs that a page's content shows, whatever text they stand for: what a reader makes of
//! them can be held against it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use mupdf::pdf::PdfObject;

use super::content::{Operand, Operation};
use super::{Matrix, Rect, object};

/// Glyphs that a page shows, blanks of simple fonts left out, and lines that begin outside the page or
/// what the clip leaves of it: some publishers keep a draft's text there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Glyphs {
    /// Drawn so that they are seen.
    pub shown: u32,
    /// Those of them that paint nothing: the text behind a scan.
    pub invisible: u32,
}

/// The text state as far as glyphs are counted in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextState {
    /// Strings shown since the place was last set.
    shown: u32,
    /// Where the line begins, in user space, and how far it is to the next one.
    line: Matrix,
    leading: f32,
    /// Whether the font takes two bytes a glyph, as composite fonts do, all but rare ones.
    two_bytes: bool,
    invisible: bool,
}

/// A line may begin so many points outside the clip and still be seen in part.
const BESIDE: f32 = 4.0;

/// What of the graphics state decides on what text is seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) ctm: &'a Matrix,
    pub(super) clip: &'a Rect,
    pub(super) hidden: bool,
}

/// Text rendering modes that paint nothing (ISO 32000-1, Table 106).
const INVISIBLE: [f32; 2] = [3.0, 7.0];

/// What a page has shown so far, to know what is shown again in the same place: some make letters bold by
/// drawing them twice, and readers take them once.
#[derive(Debug, Default)]
pub(super) struct Strings(HashSet<u64>);

impl Strings {
    /// Whether these strings were not there yet; `index` counts those that begin in one place.
    fn is_new(&mut self, place: (f32, f32), index: u32, text: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        let half_points = |at: f32| (2.0 * at).round() as i32;
        (half_points(place.0), half_points(place.1), index, text).hash(&mut hasher);
        self.0.insert(hasher.finish())
    }
}

/// What is known of the fonts that a stream names: a page sets them again with every change of weight.
#[derive(Debug)]
pub(super) struct Fonts {
    resources: Rc<PdfObject>,
    composite: HashMap<Vec<u8>, bool>,
}

impl Fonts {
    pub(super) fn of(resources: &Rc<PdfObject>) -> Self {
        Self { resources: Rc::clone(resources), composite: HashMap::new() }
    }

    fn is_composite(&mut self, name: &[u8]) -> bool {
        if let Some(known) = self.composite.get(name) {
            return *known;
        }
        let subtype = object::resource(&self.resources, "Font", name)
            .and_then(|font| object::name_at(&font, "Subtype"));
        let composite = subtype.as_deref() == Some(b"Type0");
        self.composite.insert(name.to_vec(), composite);
        composite
    }
}

impl Default for TextState {
    fn default() -> Self {
        let line = Matrix::IDENTITY;
        Self { shown: 0, line, leading: 0.0, two_bytes: false, invisible: false }
    }
}

impl TextState {
    /// Whether what is shown leaves no mark.
    pub(super) fn is_invisible(&self) -> bool {
        self.invisible
    }

    /// Follows an operation; `text` is the operation as the stream has it. What it shows is added to
    /// `glyphs`.
    pub(super) fn follow(
        &mut self,
        operation: &Operation<'_>,
        text: &[u8],
        fonts: &mut Fonts,
        view: View<'_>,
        before: &mut Strings,
        glyphs: &mut Glyphs,
    ) {
        match (operation.operator, &operation.operands[..]) {
            (b"Tf", [Operand::Name(name), ..]) => {
                self.two_bytes = fonts.is_composite(name);
            }
            (b"Tr", [Operand::Number(mode), ..]) => self.invisible = INVISIBLE.contains(mode),
            (b"BT", _) => (self.line, self.shown) = (Matrix::IDENTITY, 0),
            (b"Tm", _) => {
                if let Some(matrix) = operation.matrix() {
                    (self.line, self.shown) = (matrix, 0);
                }
            }
            (b"TL", [Operand::Number(leading), ..]) => self.leading = *leading,
            (b"Td", [Operand::Number(x), Operand::Number(y), ..]) => self.step(*x, *y),
            (b"TD", [Operand::Number(x), Operand::Number(y), ..]) => {
                self.leading = -y;
                self.step(*x, *y);
            }
            (b"T*", _) => self.step(0.0, -self.leading),
            (b"Tj" | b"TJ" | b"'" | b"\"", _) => {
                if matches!(operation.operator, b"'" | b"\"") {
                    self.step(0.0, -self.leading);
                }
                let begins = self.line.then(view.ctm);
                let place = view.clip.grow(BESIDE);
                let at = (begins.e, begins.f);
                self.shown += 1;
                if view.hidden
                    || view.clip.is_empty()
                    || !place.contains_point(at)
                    || !before.is_new(at, self.shown, text)
                {
                    return;
                }
                let shown = count(text, self.two_bytes);
                glyphs.shown = glyphs.shown.saturating_add(shown);
                if self.invisible {
                    glyphs.invisible = glyphs.invisible.saturating_add(shown);
                }
            }
            _ => {}
        }
    }

    /// To the beginning of another line.
    fn step(&mut self, x: f32, y: f32) {
        self.shown = 0;
        self.line = Matrix { e: x, f: y, ..Matrix::IDENTITY }.then(&self.line);
    }
}

/// A blank in fonts of two bytes a glyph: the number that it has in nearly all TrueType fonts, as word
/// processors embed them. They fill lines of formulas with it.
const BLANK: [u8; 2] = [0, 3];

/// Glyphs in the strings of an operation, without blanks.
fn count(text: &[u8], two_bytes: bool) -> u32 {
    let mut glyphs = 0_u32;
    let mut first = None;
    strings(text, |byte| {
        let shown = match (two_bytes, first.take()) {
            (false, _) => byte != b' ',
            (true, Some(first)) => [first, byte] != BLANK,
            (true, None) => {
                first = Some(byte);
                false
            }
        };
        glyphs = glyphs.saturating_add(u32::from(shown));
    });
    glyphs
}

/// Gives `take` the bytes of an operation's strings, one behind the other.
fn strings(text: &[u8], mut take: impl FnMut(u8)) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'(' => at += literal(&text[at..], &mut take),
            b'<' if text.get(at) != Some(&b'<') => {
                let inside = text[at..].split(|b| *b == b'>').next().unwrap_or_default();
                let mut high = None;
                for digit in inside.iter().filter_map(|digit| char::from(*digit).to_digit(16)) {
                    let digit = digit as u8;
                    match high.take() {
                        Some(high) => take(high << 4 | digit),
                        None => high = Some(digit),
                    }
                }
                // A digit that is missing at the end is a 0.
                if let Some(high) = high {
                    take(high << 4);
                }
                at += inside.len();
            }
            _ => {}
        }
    }
}

/// Gives `take` the bytes of a literal string, which `text` begins behind the `(` of; gives back how many of
/// `text` it takes.
fn literal(text: &[u8], take: &mut impl FnMut(u8)) -> usize {
    let (mut at, mut depth) = (0, 1);
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let octal = text[at..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(*b));
                let (length, value) =
                    octal.fold((0, 0_u8), |(n, value), d| (n + 1, value << 3 | (d - b'0')));
                if let Some(byte) = if length > 0 { Some(value) } else { text.get(at).copied() } {
                    take(byte);
                }
                at += length.max(1);
                continue;
            }
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        take(byte);
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::Pdf;
    use super::*;

    #[test]
    fn strings_are_counted_byte_by_byte() {
        assert_eq!(count(b"(a b) Tj", false), 2);
        assert_eq!(count(b"[(a\\(b\\051)-250(c(d)e)] TJ", false), 9);
        assert_eq!(count(b"<61 20 6> Tj", false), 2);
        assert_eq!(count(b"<00610062> Tj", true), 2);
        assert_eq!(count(b"[<0003>4 <0061> 3(\\000\\003\\000a)] TJ", true), 2, "blanks");
        assert_eq!(count(b"(\\", false), 0, "a string that breaks off");
    }

    #[test]
    fn what_a_page_shows_is_counted_and_what_is_invisible_told_apart() {
        let content = "BT /F 10 Tf 10 50 Td (seen) Tj q 3 Tr (unseen) Tj Q (too) Tj ET";
        let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
        let page = Pdf::page(content, font, "").read_page();
        assert_eq!(page.drawn.glyphs, Glyphs { shown: 13, invisible: 6 });
    }

    #[test]
    fn lines_outside_the_page_or_the_clip_are_not_shown() {
        let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
        let shown = |content: &str| Pdf::page(content, font, "").read_page().drawn.glyphs.shown;
        assert_eq!(shown("BT /F 10 Tf 10 50 Td (in) Tj 0 -90 Td (out) Tj ET"), 2);
        assert_eq!(shown("BT /F 10 Tf 1 0 0 1 10 50 Tm 90 TL (in) ' (out) ' ET"), 0);
        assert_eq!(shown("q 0 0 10 10 re W n BT /F 10 Tf 10 50 Td (out) Tj ET Q"), 0);
    }

    #[test]
    fn what_is_drawn_again_in_its_place_counts_once() {
        let content = "BT /F 10 Tf 10 50 Td (l) Tj (l) Tj ET
            q 0 0 100 60 re W n BT /F 10 Tf 10 50 Td (l) Tj ET Q
            q 0 40 100 60 re W n BT /F 10 Tf 10 50 Td (l) Tj ET Q";
        let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
        assert_eq!(Pdf::page(content, font, "").read_page().drawn.glyphs.shown, 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_counted(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            for two_bytes in [false, true] {
                prop_assert!(count(&text, two_bytes) as usize <= text.len());
            }
        }
    }
}
