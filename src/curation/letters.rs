//! Sub-captions: which part of a caption speaks of panel A, which of B.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::store::PanelBox;

/// A panel's letter as printed, and what the caption says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubCaption {
    pub letter: char,
    pub text: String,
}

/// One marker in a caption: `(A-C)` stands for three letters.
struct Marker {
    letters: Vec<char>,
    /// Of the marker itself, delimiters included.
    at: Range<usize>,
    starts_sentence: bool,
}

/// `A`, `A-C`, `a, b`, `A and B`
const LETTERS: &str = r"[A-Za-z](?:\s*(?:,|-|\u{2010}|\u{2011}|\u{2012}|\u{2013}|\u{2014}|&|and\b|to\b)\s*[A-Za-z]\b)*";

static PARENTHESISED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"\(\s*({LETTERS})\s*\)")).expect("a regular expression"));

static AT_SENTENCE_START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?:^|[.;:!?]\s*)\(?\b({LETTERS})\b(\s?[.:),]|)\s+"))
        .expect("a regular expression")
});

/// The sub-captions of a caption in order of their letters; empty where it has none.
///
/// Reads `(A) text`, `A. text`, `A: text`, `A, text`, `a) text`, ranges and lists of those, the
/// bare bold letter (`a Axial view`), and letters that follow their text: `text (a). text (b).`
/// Letters must run on from A without a gap, and there must be two of them: a lone `A` is an
/// article far more often than a panel.
pub fn sub_captions(caption: &str) -> Vec<SubCaption> {
    [parenthesised(caption), at_sentence_starts(caption)]
        .into_iter()
        .flat_map(|markers| {
            [in_sequence(&markers, 'A'), in_sequence(&markers, 'a')]
                .map(|sequence| texts(caption, &sequence))
        })
        .rev()
        .max_by_key(Vec::len)
        .filter(|found| found.len() >= 2)
        .unwrap_or_default()
}

/// What a caption says of all its panels: all of it but the sub-captions.
pub fn general_part(caption: &str) -> String {
    sub_captions(caption)
        .iter()
        .fold(caption.to_owned(), |left, sub| left.replace(sub.text.as_str(), ""))
}

fn parenthesised(caption: &str) -> Vec<Marker> {
    PARENTHESISED
        .captures_iter(caption)
        .filter_map(|found| {
            let at = found.get(0)?.range();
            let before = caption[..at.start].trim_end();
            Some(Marker {
                letters: expand(&found[1]),
                starts_sentence: before.is_empty() || before.ends_with(['.', ';', ':', '?', '!']),
                at,
            })
        })
        .collect()
}

fn at_sentence_starts(caption: &str) -> Vec<Marker> {
    let mut markers = Vec::new();
    let mut from = 0;
    while let Some(found) = AT_SENTENCE_START.captures_at(caption, from) {
        let (Some(whole), Some(letters)) = (found.get(0), found.get(1)) else { break };
        // The delimiter that ends one marker may be the full stop that lets the next one start.
        from = letters.end();
        let bare = found.get(2).is_none_or(|delimiter| delimiter.is_empty());
        let next = caption[whole.end()..].chars().next();
        if bare && !next.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit()) {
            continue;
        }
        markers.push(Marker {
            letters: expand(letters.as_str()),
            at: letters.start()..whole.end(),
            starts_sentence: true,
        });
    }
    markers
}

/// `A-C` to A, B, C; `a, b` to a, b. Empty where a range runs backwards.
fn expand(list: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    let mut range = false;
    for token in list.replace(',', " ").split_inclusive(|c: char| !c.is_alphabetic()) {
        let word: String = token.chars().filter(|c| c.is_alphabetic()).collect();
        let mut chars = word.chars();
        match (chars.next(), chars.next()) {
            (Some(letter), None) => {
                if let (true, Some(&last)) = (range, letters.last()) {
                    letters.extend((last..=letter).skip(1));
                } else {
                    letters.push(letter);
                }
                range = false;
            }
            _ if word == "to" => range = true,
            _ => {}
        }
        if token.contains(|c: char| matches!(c, '-' | '\u{2010}'..='\u{2014}')) {
            range = true;
        }
    }
    letters
}

/// The markers whose letters run on from `first` without a gap; a letter seen before counts again
/// where it starts a sentence (`e, f A woman. e Day 1. f Day 5.`).
fn in_sequence(markers: &[Marker], first: char) -> Vec<&Marker> {
    let mut expected = first;
    let mut sequence = Vec::new();
    for marker in markers {
        let (Some(&start), Some(&end)) = (marker.letters.first(), marker.letters.last()) else {
            continue;
        };
        let runs_on = start == expected
            && end.is_ascii_alphabetic()
            && marker.letters.windows(2).all(|pair| pair[1] as u32 == pair[0] as u32 + 1);
        let again = marker.starts_sentence
            && marker.letters.iter().all(|letter| (first..expected).contains(letter));
        if runs_on {
            expected = char::from_u32(end as u32 + 1).unwrap_or(end);
        }
        if runs_on || again {
            sequence.push(marker);
        }
    }
    sequence
}

fn texts(caption: &str, sequence: &[&Marker]) -> Vec<SubCaption> {
    let Some(first) = sequence.first() else { return Vec::new() };
    let trailing = !first.starts_sentence
        && caption[first.at.end..].trim_start().chars().next().is_none_or(|c| ".,;".contains(c));
    let mut found: Vec<SubCaption> = Vec::new();
    for (index, marker) in sequence.iter().enumerate() {
        let text = if trailing {
            let previous = index.checked_sub(1).map_or(0, |before| sequence[before].at.end);
            &caption[previous..marker.at.start]
        } else {
            let next = sequence.get(index + 1).map_or(caption.len(), |next| next.at.start);
            caption.get(marker.at.end..next).unwrap_or_default()
        };
        let text = text.trim().trim_start_matches(['.', ',', ';', ':', ')']).trim();
        let text = text.trim_end_matches([',', ';', '(']).trim();
        for &letter in &marker.letters {
            match found.iter_mut().find(|sub| sub.letter == letter) {
                Some(sub) => {
                    sub.text.push(' ');
                    sub.text.push_str(text);
                }
                None => found.push(SubCaption { letter, text: text.into() }),
            }
        }
    }
    found
}

/// Which sub-caption goes with which panel (by index), for panels in reading order: one each where
/// the counts agree, else one a row or one a column where those agree, else none.
pub fn assign<'a>(panels: &[PanelBox], subs: &'a [SubCaption]) -> Vec<Option<&'a SubCaption>> {
    let (rows, columns) =
        (bands(panels, |p| (p.y, p.y + p.h)), bands(panels, |p| (p.x, p.x + p.w)));
    let count = |bands: &[usize]| bands.iter().max().map_or(0, |last| last + 1);
    if panels.len() == subs.len() {
        subs.iter().map(Some).collect()
    } else if subs.len() >= 2 && count(&rows) == subs.len() {
        rows.iter().map(|&row| subs.get(row)).collect()
    } else if subs.len() >= 2 && count(&columns) == subs.len() {
        columns.iter().map(|&column| subs.get(column)).collect()
    } else {
        vec![None; panels.len()]
    }
}

/// The number, from 0, of the row or column that each panel lies in: panels share one where the
/// middle of either lies within the other.
fn bands(panels: &[PanelBox], extent: impl Fn(&PanelBox) -> (u32, u32)) -> Vec<usize> {
    let middle = |panel: &PanelBox| {
        let (from, to) = extent(panel);
        u32::midpoint(from, to)
    };
    let mut order: Vec<usize> = (0..panels.len()).collect();
    order.sort_by_key(|&index| middle(&panels[index]));
    let mut band_of = vec![0; panels.len()];
    let mut band = 0;
    for pair in order.windows(2) {
        let (_, end) = extent(&panels[pair[0]]);
        if middle(&panels[pair[1]]) >= end {
            band += 1;
        }
        band_of[pair[1]] = band;
    }
    band_of
}

/// Sorts boxes as a reader goes through them: row by row, left to right.
pub fn reading_order(panels: &mut Vec<PanelBox>) {
    let rows = bands(panels, |p| (p.y, p.y + p.h));
    let mut keyed: Vec<(usize, PanelBox)> = rows.into_iter().zip(panels.drain(..)).collect();
    keyed.sort_by_key(|(row, panel)| (*row, panel.x, panel.y));
    panels.extend(keyed.into_iter().map(|(_, panel)| panel));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(caption: &str) -> Vec<(char, String)> {
        sub_captions(caption).into_iter().map(|sub| (sub.letter, sub.text)).collect()
    }

    fn pairs(expected: &[(char, &str)]) -> Vec<(char, String)> {
        expected.iter().map(|(letter, text)| (*letter, (*text).to_owned())).collect()
    }

    #[test]
    fn every_style_of_marker() {
        let two = pairs(&[('A', "First scan."), ('B', "Second scan.")]);
        for caption in [
            "Figure 1. CT scans. (A) First scan. (B) Second scan.",
            "Figure 1. CT scans.(A) First scan. (B) Second scan.",
            "Figure 1. CT scans. A, First scan. B, Second scan.",
            "Figure 1. CT scans. A: First scan. B: Second scan.",
            "Figure 1. CT scans. A. First scan. B. Second scan.",
            "Figure 1. CT scans. A) First scan. B) Second scan.",
            "Figure 1. CT scans. A First scan. B Second scan.",
        ] {
            assert_eq!(read(caption), two, "{caption}");
        }
    }

    #[test]
    fn ranges_and_lists_share_their_text() {
        let shared = pairs(&[('A', "Early."), ('B', "Early."), ('C', "Early."), ('D', "Late.")]);
        assert_eq!(read("CT. (A-C) Early. (D) Late."), shared);
        assert_eq!(read("CT. A–C. Early. D. Late."), shared);
        assert_eq!(read("CT. (A, B and C) Early. (D) Late."), shared);
    }

    #[test]
    fn a_letter_that_comes_again_adds_to_its_text() {
        let caption = "CT. a, b A man of 40. a Day 1. b Day 5. c Another patient.";
        let expected = pairs(&[
            ('a', "A man of 40. Day 1."),
            ('b', "A man of 40. Day 5."),
            ('c', "Another patient."),
        ]);
        assert_eq!(read(caption), expected);
    }

    #[test]
    fn the_general_part_leaves_sub_captions_out() {
        let caption = "CT of a man. (A) On admission. (B) Day 5.";
        assert_eq!(general_part(caption), "CT of a man. (A)  (B) ");
        assert_eq!(general_part("CT of a man."), "CT of a man.");
    }

    #[test]
    fn letters_may_follow_their_text() {
        let expected = pairs(&[('a', "X-ray of the chest"), ('b', "CT of the chest")]);
        assert_eq!(read("X-ray of the chest (a). CT of the chest (b)."), expected);
    }

    #[test]
    fn prose_has_no_letters() {
        assert_eq!(read("A 39-year-old man. A scan was made on day 3."), []);
        assert_eq!(read("CT (A) alone."), []);
        assert_eq!(read("(B) second and (C) third without a first."), []);
        assert_eq!(read("(C-A) backwards, (B) too."), []);
    }

    fn grid(columns: u32, rows: u32) -> Vec<PanelBox> {
        (0..rows)
            .flat_map(|row| {
                (0..columns).map(move |column| PanelBox {
                    x: column * 110,
                    y: row * 90,
                    w: 100,
                    h: 80,
                })
            })
            .collect()
    }

    fn assigned(panels: &[PanelBox], count: usize) -> String {
        let subs: Vec<SubCaption> =
            ('A'..).take(count).map(|letter| SubCaption { letter, text: String::new() }).collect();
        assign(panels, &subs).iter().map(|sub| sub.map_or('-', |sub| sub.letter)).collect()
    }

    #[test]
    fn letters_go_to_panels_rows_or_columns() {
        assert_eq!(assigned(&grid(2, 2), 4), "ABCD");
        assert_eq!(assigned(&grid(4, 2), 2), "AAAABBBB");
        assert_eq!(assigned(&grid(3, 2), 3), "ABCABC");
        assert_eq!(assigned(&grid(3, 2), 5), "------");
        assert_eq!(assigned(&[], 2), "");
    }

    #[test]
    fn reading_order_forgives_ragged_rows() {
        let mut panels = vec![
            PanelBox { x: 110, y: 0, w: 100, h: 80 },
            PanelBox { x: 0, y: 95, w: 100, h: 80 },
            PanelBox { x: 0, y: 6, w: 100, h: 80 },
            PanelBox { x: 110, y: 90, w: 100, h: 80 },
        ];
        reading_order(&mut panels);
        let corners: Vec<(u32, u32)> = panels.iter().map(|p| (p.x, p.y)).collect();
        assert_eq!(corners, [(0, 6), (110, 0), (0, 95), (110, 90)]);
    }

    proptest! {
        #[test]
        fn any_caption_is_read(caption in "([A-Da-d(). ,:–-]|\\PC){0,60}") {
            let subs = sub_captions(&caption);
            prop_assert!(subs.len() != 1);
            for pair in subs.windows(2) {
                prop_assert_eq!(pair[1].letter as u32, pair[0].letter as u32 + 1);
            }
        }
    }
}
