//! Fonts whose letters are drawings, with a box that is far larger than any letter, as some converters write them.

use pdf_writer::types::FontFlags;
use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, Str};

use super::super::fonts::{Face, TO_UNICODE};

/// Font sizes are divided by so much, since a letter's space is not the usual thousandths.
pub const UNITS: f32 = 40.0;

/// Codes that the corpus prints, and some between.
const CODES: std::ops::RangeInclusive<u8> = 0x1c..=0xd7;

/// Writes `face` as such a font, its letters as streams with the numbers that `fresh` gives.
pub fn write(pdf: &mut Pdf, id: Ref, face: Face, mut fresh: impl FnMut() -> Ref) {
    let (descriptor, to_unicode) = (fresh(), fresh());
    pdf.stream(to_unicode, meanings().as_bytes());
    let width = |code: u8| face.advance_of(code).map(|w| f32::from(w) * UNITS / 1000.0);
    let drawn: Vec<(u8, f32, Ref)> =
        CODES.filter_map(|code| Some((code, width(code)?, fresh()))).collect();
    let mut font = pdf.type3_font(id);
    font.name(Name(face.base_font().as_bytes()));
    font.bbox(Rect::new(0.0, 0.0, 1000.0, 1000.0)).matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    font.first_char(*CODES.start())
        .last_char(*CODES.end())
        .widths(CODES.map(|code| width(code).unwrap_or(0.0)));
    font.to_unicode(to_unicode).resources().finish();
    font.font_descriptor(descriptor);
    let named: Vec<(String, Ref)> =
        drawn.iter().map(|(code, _, id)| (format!("a{code}"), *id)).collect();
    let mut procs = font.char_procs();
    for (name, id) in &named {
        procs.pair(Name(name.as_bytes()), *id);
    }
    procs.finish();
    let mut encoding = font.encoding_custom();
    let mut differences = encoding.differences();
    for ((name, _), (code, ..)) in named.iter().zip(&drawn) {
        differences.consecutive(*code, [Name(name.as_bytes())]);
    }
    differences.finish();
    encoding.finish();
    font.finish();
    pdf.font_descriptor(descriptor)
        .name(Name(face.base_font().as_bytes()))
        .family(Str(face.base_font().as_bytes()))
        .flags(if face.is_bold() { FontFlags::FORCE_BOLD } else { FontFlags::NON_SYMBOLIC })
        .bbox(Rect::new(0.0, 0.0, 1000.0, 1000.0));
    for (code, width, id) in drawn {
        pdf.stream(id, letter(code, width).as_bytes());
    }
}

/// What all codes mean, since the letters' names say nothing.
fn meanings() -> String {
    let more = "9 beginbfchar\n<92> <2019>\n<96> <2013>\n<97> <2014>\n<A0> <00A0>\n<B1> <00B1>\n<D7> <00D7>\n";
    String::from_utf8_lossy(TO_UNICODE).replacen("3 beginbfchar\n", more, 1)
}

/// A bar in the place of a letter; the blank has none.
fn letter(code: u8, width: f32) -> String {
    let low = code.is_ascii_lowercase() || code.is_ascii_punctuation();
    let high = UNITS * if low { 0.46 } else { 0.66 };
    let wide = 0.82 * width;
    let ink = if code == b' ' {
        String::new()
    } else {
        let thick = 0.12 * UNITS;
        format!("0 0 {wide} {thick} re 0 0 {thick} {high} re f")
    };
    format!("{width} 0 0 0 {wide} {high} d1 {ink}")
}
