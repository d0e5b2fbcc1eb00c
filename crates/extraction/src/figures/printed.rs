//! Panel letters printed over or beside a figure's pictures as text of the page: exact places for
//! free, where the letters are not baked into the pixels.

use super::{Panel, SubCaption, sub_captions};
use crate::pdf::{Line, Rect};

/// A letter standing alone on a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    pub letter: char,
    /// Font size in points.
    pub size: f32,
    /// From 1.
    pub page: u32,
    pub bbox: Rect,
}

/// The letters of a line that may name panels: words of one letter, `A`, `(a)`, `B.`; of a line that
/// says more, only its first word, as in `A  Before treatment`.
pub fn candidates(line: &Line) -> impl Iterator<Item = (char, f32, Rect)> {
    let single = line.words.iter().all(|word| letter(&word.text).is_some());
    let shown = if single { line.words.len() } else { 1 };
    line.words
        .iter()
        .take(shown)
        .filter_map(|word| Some((letter(&word.text)?, word.size, word.bbox)))
}

/// The letter that a word is, brackets and stops aside: `A`, `(a)`, `B.`.
pub fn letter(word: &str) -> Option<char> {
    let bare = word.trim_start_matches(['(', '[']).trim_end_matches([')', ']', '.', ':', ',']);
    let mut chars = bare.chars();
    match (chars.next(), chars.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() && word.len() <= 3 => Some(letter),
        _ => None,
    }
}

/// The letters that name panels: a run from A (or a) without a gap, each once, of two or more. Axes
/// and keys print single letters too; of several the largest counts, as panels' letters are set, and a
/// run in the case of the letters that `caption` explains comes before one in the other.
pub fn letters(candidates: impl Iterator<Item = Spot>, caption: &str) -> Vec<Spot> {
    let all: Vec<Spot> = candidates.collect();
    let run = |first: char| -> Vec<Spot> {
        let names = (first..=char::from(first as u8 + 25)).map(|name| {
            let named = all.iter().filter(|letter| letter.letter == name);
            named
                .copied()
                .reduce(|best, other| if other.size > best.size + 0.1 { other } else { best })
        });
        names.map_while(|letter| letter).collect()
    };
    let (upper, lower) = (run('A'), run('a'));
    let explained = sub_captions(caption);
    let of_case =
        |is: fn(&char) -> bool| explained.iter().any(|sub| sub.letter.chars().all(|c| is(&c)));
    let small = match (of_case(char::is_ascii_lowercase), of_case(char::is_ascii_uppercase)) {
        (true, false) if lower.len() >= 2 => true,
        (false, true) if upper.len() >= 2 => false,
        _ => lower.len() > upper.len(),
    };
    let best = if small { lower } else { upper };
    if best.len() >= 2 { best } else { Vec::new() }
}

/// The panels of a figure: what its caption says of each letter, and where the letter is printed.
pub fn panels(caption: &str, printed: Vec<Spot>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = sub_captions(caption)
        .into_iter()
        .map(|SubCaption { letter, text }| Panel { letter, bbox_px: None, text, printed: None })
        .collect();
    for Spot { letter, page, bbox, .. } in printed {
        let place = Some((page, bbox));
        let own = panels
            .iter_mut()
            .find(|panel| panel.letter.eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4])));
        match own {
            Some(panel) => panel.printed = place,
            None => panels.push(Panel {
                letter: letter.to_string(),
                bbox_px: None,
                text: String::new(),
                printed: place,
            }),
        }
    }
    panels
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::line;
    use super::*;

    fn found(words: &[(&str, f32)]) -> String {
        let letters = words.iter().flat_map(|(text, size)| {
            let line = line(text, 100.0, 100.0).sized(*size).line;
            let found: Vec<_> = candidates(&line).collect();
            found.into_iter().map(|(letter, size, bbox)| Spot { letter, size, page: 1, bbox })
        });
        super::letters(letters, "").into_iter().map(|letter| letter.letter).collect()
    }

    #[test]
    fn letters_run_from_a_without_a_gap() {
        assert_eq!(found(&[("A", 10.0), ("B", 10.0), ("C", 10.0), ("N", 8.0)]), "ABC");
        assert_eq!(found(&[("(a)", 10.0), ("b)", 10.0)]), "ab");
        assert_eq!(found(&[("A B C", 10.0)]), "ABC");
        assert_eq!(found(&[("A Before treatment", 10.0), ("B After", 10.0)]), "AB");
        assert_eq!(found(&[("A", 10.0), ("C", 10.0)]), "", "a gap");
        assert_eq!(found(&[("B", 10.0), ("C", 10.0)]), "");
        assert_eq!(found(&[("Ab", 10.0), ("Ba", 10.0)]), "");
    }

    #[test]
    fn of_one_letter_printed_twice_the_larger_is_the_panels() {
        let at = |letter, size, x| Spot { letter, size, page: 1, bbox: Rect::new(x, 0.0, x, 0.0) };
        let letters = [at('A', 6.0, 1.0), at('A', 12.0, 2.0), at('B', 12.0, 3.0)];
        let places: Vec<f32> = letters_of(&letters).iter().map(|l| l.bbox.x0).collect();
        assert_eq!(places, [2.0, 3.0]);
    }

    #[test]
    fn letters_in_the_captions_case_come_before_others() {
        let rows = ["A", "B", "C", "D", "a", "b"].map(|letter| (letter, 8.0));
        assert_eq!(found(&rows), "ABCD");
        let spots = rows.map(|(letter, size)| Spot {
            letter: letter.chars().next().expect("one"),
            size,
            page: 1,
            bbox: Rect::new(0.0, 0.0, 0.0, 0.0),
        });
        let found = super::letters(spots.into_iter(), "Figure 1. (a) Plate. (b) Scan.");
        assert_eq!(found.iter().map(|spot| spot.letter).collect::<String>(), "ab");
    }

    fn letters_of(all: &[Spot]) -> Vec<Spot> {
        letters(all.iter().copied(), "")
    }
}
