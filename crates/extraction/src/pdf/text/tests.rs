//! Lines that MuPDF would take apart, or throw together, and what is made of any glyphs.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::Rect;
use super::super::fixture::Pdf;
use super::builder;
use super::glyphs::{Glyph, Run, Style};
use super::{Direction, Line};

const HELVETICA: &str = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>
    /B<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>>>";

fn lines(content: &str) -> Vec<Line> {
    Pdf::page(content, HELVETICA, "").read_page().lines
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

/// Words of 4 letters "nnnn", one after another, each with a blank of this matrix `before` its end.
fn words_with_blanks(words: usize, matrix: &str, before: f32) -> String {
    let (size, word, blank) = (2.0, 4.0 * 0.556 * 2.0, 0.3 * 2.0);
    let mut content = String::new();
    for row in 0..2 {
        let (mut x, y) = (5.0_f32, 80.0 - 2.4 * row as f32);
        for _ in 0..words {
            let end = x + word - before;
            let _ = write!(
                content,
                "BT /F {size} Tf 1 0 0 1 {x} {y} Tm (nnnn) Tj ET BT /F 1 Tf {matrix} {end} {y} Tm ( ) Tj ET "
            );
            x += word + blank;
        }
    }
    content
}

#[test]
fn blanks_of_no_size_end_words_and_not_lines() {
    for matrix in ["0.0002 0 0 -0.0002", "-0.0002 0 0 0.0002", "0.0002 0 0 0.0002"] {
        for before in [0.07, 0.3, 0.0] {
            let lines = lines(&words_with_blanks(8, matrix, before));
            let whole = ["nnnn"; 8].join(" ");
            assert_eq!(texts(&lines), [whole.clone(), whole], "{matrix}, {before}");
            assert_eq!(lines[0].block, lines[1].block, "one paragraph: {matrix}, {before}");
            assert!((lines[0].size() - 2.0).abs() < 0.01);
        }
    }
}

#[test]
fn a_line_set_wide_is_one_and_columns_are_two() {
    // Blanks of a whole font size, as in a justified line of few words; then a gap of three.
    let set = |gap: f32| {
        let mut x = 5.0;
        let mut content = String::new();
        for word in ["wide", "line"] {
            let _ = write!(content, "BT /F 4 Tf {x} 50 Td ({word} ) Tj ET ");
            x += 8.0 + gap;
        }
        texts(&lines(&content))
    };
    assert_eq!(set(4.0), ["wide line"]);
    assert_eq!(set(12.0), ["wide", "line"]);
}

#[test]
fn a_bold_heading_set_off_in_the_line_that_it_heads_stays_apart() {
    let content =
        "BT /B 4 Tf 5 50 Td (Heading. ) Tj ET BT /F 4 Tf 26.6 50 Td (The text of it) Tj ET";
    assert_eq!(texts(&lines(content)), ["Heading.", "The text of it"]);
    let near = "BT /B 4 Tf 5 50 Td (Figure 1.) Tj ET BT /F 4 Tf 24.6 50 Td (The text of it) Tj ET";
    assert_eq!(texts(&lines(near)), ["Figure 1. The text of it"]);
}

/// A page with this text in a Type 3 font whose letters are `unit` glyph units an em, all half as wide, in
/// words that are set one by one at 4 points an em.
fn type3(text: &[&str], unit: f32, matrix: f32, bbox: &str) -> Vec<Line> {
    let size = 4.0 / (unit * matrix);
    let mut content = String::new();
    for (row, text) in text.iter().enumerate() {
        let (mut x, y) = (5.0_f32, 60.0 - 5.0 * row as f32);
        for word in text.split(' ') {
            let _ = write!(content, "BT /T {size} Tf 1 0 0 1 {x} {y} Tm ({word}) Tj ET ");
            x += 2.0 * word.len() as f32 + 1.2;
        }
    }
    let (width, height) = (0.5 * unit, 0.7 * unit);
    let glyph = format!("{width} 0 0 0 {width} {height} d1 0 0 {width} {height} re f");
    let (mut procs, mut widths) = (String::new(), String::new());
    for code in 33..127 {
        let _ = write!(procs, "/a{code} 6 0 R");
        let _ = write!(widths, "{width} ");
    }
    let differences = (33..127).fold(String::from("33"), |mut all, code| {
        let _ = write!(all, "/a{code}");
        all
    });
    let map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def
        /CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange
        1 beginbfrange <21> <7E> <0021> endbfrange endcmap end end";
    let stream = |text: &str| format!("<</Length {}>>", text.len());
    Pdf::page(&content, "/Font<</T 5 0 R>>", "")
        .with(
            &format!(
                "<</Type/Font/Subtype/Type3/FontMatrix[{matrix} 0 0 {matrix} 0 0]/FontBBox[{bbox}]
                   /FirstChar 33/LastChar 126/Widths[{widths}]/CharProcs<<{procs}>>/Resources<<>>
                   /Encoding<</Type/Encoding/Differences[{differences}]>>/ToUnicode 7 0 R>>"
            ),
            None,
        )
        .with(&stream(&glyph), Some(glyph.as_bytes()))
        .with(&stream(map), Some(map.as_bytes()))
        .read_page()
        .lines
}

#[test]
fn text_in_a_type_3_font_is_read_whatever_its_units_and_its_box() {
    let text = ["Chart of the patients read", "on the day they came"];
    for (unit, matrix, bbox) in [
        (1000.0, 0.001, "0 -200 1000 800"),
        (42.0, 1.0, "0 0 1000 1000"),
        (42.0, 1.0, "0 0 0 0"),
        (830.0, 0.012, "0 -100 800 700"),
        (1000.0, 0.001, "-30000 -30000 30000 30000"),
        (1000.0, 0.001, "0 0 1 1"),
    ] {
        let lines = type3(&text, unit, matrix, bbox);
        assert_eq!(texts(&lines), text, "{unit} x {matrix}, {bbox}");
        for line in &lines {
            assert!((3.0..6.0).contains(&line.size()), "{}: {unit} x {matrix}", line.size());
            let height = line.bbox.height();
            assert!((2.0..9.0).contains(&height), "{height}: {unit} x {matrix}, {bbox}");
        }
        assert_eq!(lines[0].block, lines[1].block);
    }
}

/// Helvetica that tells a width of an em for each letter, which the page sets as far apart as they are.
#[test]
fn words_are_told_apart_where_the_font_tells_letters_too_wide() {
    let widths = "1000 ".repeat(95);
    let font = format!(
        "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FirstChar 32/LastChar 126/Widths[{widths}]>>>>"
    );
    let width = |letter: char| match letter {
        'i' | 'l' | 't' | 'f' => 0.25,
        'm' | 'w' => 0.8,
        _ => 0.55,
    };
    let rows = [
        "Table 1 baseline features of all",
        "identified patients with fever",
        "and of whom it is told so",
    ];
    let mut content = String::new();
    for (row, text) in rows.iter().enumerate() {
        let mut x = 5.0_f32;
        for word in text.split(' ') {
            for letter in word.chars() {
                let y = 80 - 6 * row;
                let _ = write!(content, "BT /F 4 Tf 1 0 0 1 {x} {y} Tm ({letter}) Tj ET ");
                x += 4.0 * width(letter);
            }
            x += 4.0 * 0.25;
        }
    }
    let lines = Pdf::page(&content, &font, "").read_page().lines;
    assert_eq!(texts(&lines), rows);
    assert!(lines[0].bbox.x1 < 80.0, "boxes end with their letters: {:?}", lines[0].bbox);
}

#[test]
fn letters_set_far_too_large_by_their_font_are_told_apart() {
    // MuPDF takes the size for 100 points, and all that is on the page for one line.
    let text = ["Chart of the patients", "on the day they came"];
    assert_eq!(texts(&type3(&text, 0.04, 1.0, "0 0 1 1")), text);
}

fn glyph() -> impl Strategy<Value = Glyph> {
    let directions =
        vec![Direction::Right, Direction::Up, Direction::Down, Direction::Left, Direction::Oblique];
    let place = || (-20.0_f32..120.0, -20.0_f32..120.0);
    let look = (prop::sample::select(directions), 0.0_f32..40.0, any::<Option<bool>>());
    (prop::char::range(' ', 'z'), place(), place(), look).prop_map(
        |(text, origin, end, (direction, size, bold))| Glyph {
            text,
            origin,
            end,
            bbox: Rect::new(
                origin.0.min(end.0),
                origin.1.min(end.1),
                origin.0.max(end.0),
                origin.1.max(end.1),
            ),
            direction,
            size,
            style: bold.map(|bold| Style { bold, italic: !bold }),
            blank: text == ' ',
        },
    )
}

proptest! {
    /// Whatever the glyphs, each that leaves a mark is in one word, in the order that it came in, and no line
    /// is empty or of two directions.
    #[test]
    fn every_glyph_comes_into_a_word(
        runs in prop::collection::vec((prop::collection::vec(glyph(), 0..12), any::<bool>()), 0..12)
    ) {
        let runs: Vec<Run> = runs
            .into_iter()
            .enumerate()
            .map(|(block, (glyphs, sound))| Run { block, glyphs, sound })
            .collect();
        let shown: String = runs
            .iter()
            .flat_map(|run| &run.glyphs)
            .filter(|glyph| !glyph.blank)
            .map(|glyph| glyph.text)
            .collect();
        let lines = builder::lines(runs);
        let read: String =
            lines.iter().flat_map(|line| &line.words).map(|word| word.text.as_str()).collect();
        prop_assert_eq!(read, shown);
        prop_assert!(lines.iter().all(|line| !line.words.is_empty()));
        let ordered = lines.windows(2).all(|pair| pair[0].block <= pair[1].block);
        prop_assert!(ordered, "blocks follow the content's order");
    }
}
