//! Pages set at random: lists of legends of which none is lost, and running text of which none is one.

use proptest::prelude::*;

use super::super::super::by_hand::{line, page};
use super::captions;

/// Characters of 5 points that a line takes.
const EDGE: usize = 56;

/// A legend of a list as set.
fn legend(number: usize, mark: &str, words: &[String], stop: bool, small: bool) -> String {
    let title = words.join(" ");
    let first = if small { title[..1].to_owned() } else { title[..1].to_uppercase() };
    let title = format!("{first}{}", &title[1..]);
    format!("Figure {number}{mark} {title}{}", if stop { "." } else { "" })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the spacing, the punctuation and the lengths of a list of legends, all are found as
    /// they are printed.
    #[test]
    fn every_legend_of_a_list_is_found(
        titles in proptest::collection::vec(proptest::collection::vec("[a-z]{4,9}", 2..14), 2..10),
        mark in prop_oneof![Just("."), Just(":"), Just(" |"), Just(" -"), Just(""), Just(",")],
        stop in any::<bool>(),
        leading in 11.0_f32..26.0,
        blank in 0.0_f32..16.0,
        heading in any::<bool>(),
        small in any::<bool>(),
        bold in prop_oneof![Just(0_usize), Just(2), Just(99)],
        alone in any::<bool>(),
    ) {
        // Without a heading, nothing tells a title in small letters from a sentence.
        let small = small && (heading && mark.is_empty() || !matches!(mark, "" | ","));
        // Text is set as far as the edge allows.
        let mut at = 60.0;
        let mut lines = vec![line("The patients of all hospitals who were examined in time.", 72.0, at)];
        at += 40.0;
        if heading {
            lines.push(line("Figure legends", 72.0, at).bold(2));
            at += leading + 6.0;
        }
        let mut expected = Vec::new();
        for (number, words) in (1..).zip(&titles) {
            let text = legend(number, mark, words, stop, small);
            let (mut row, mut weight) = (String::new(), bold);
            let label_words = 2 + usize::from(mark.starts_with(' '));
            for (place, word) in text.split(' ').enumerate() {
                let label_ends = alone && heading && mark != "," && place == label_words;
                if !row.is_empty() && (label_ends || row.len() + 1 + word.len() > EDGE) {
                    lines.push(line(&row, 72.0, at).bold(std::mem::take(&mut weight)));
                    at += leading;
                    row.clear();
                }
                if !row.is_empty() {
                    row.push(' ');
                }
                row.push_str(word);
            }
            lines.push(line(&row, 72.0, at).bold(weight));
            at += leading + blank;
            expected.push(text);
        }
        prop_assert_eq!(captions(&[page(1, lines)]), expected);
    }
}

/// A word of running text, or a citation as one may stand there.
fn word() -> impl Strategy<Value = String> {
    let number = 1_u32..6;
    prop_oneof![
        12 => "[a-z]{2,9}",
        2 => "[a-z]{3,9}\\.",
        1 => number.clone().prop_map(|n| format!("(Figure {n})")),
        1 => number.clone().prop_map(|n| format!("(Fig. {n}A, B)")),
        1 => number.clone().prop_map(|n| format!("in Figure {n}.")),
        1 => number.clone().prop_map(|n| format!("as Figure {n} shows")),
        1 => number.clone().prop_map(|n| format!("and Figure {n}, which")),
        1 => number.prop_map(|n| format!("of Figure {n}a.")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Wherever the lines of running text are broken, a citation at the start of one is no caption.
    #[test]
    fn no_citation_is_a_caption(
        paragraphs in proptest::collection::vec(proptest::collection::vec(word(), 30..90), 1..4),
        leading in prop_oneof![Just(12.0_f32), Just(15.0), Just(24.0)],
        indent in prop_oneof![Just(0.0_f32), Just(15.0)],
    ) {
        let (mut lines, mut at) = (Vec::new(), 60.0);
        for (number, words) in paragraphs.iter().enumerate() {
            let text = format!("The {}", words.join(" "));
            let mut rows = vec![String::new()];
            let mut begins = true;
            for word in text.split(' ') {
                // As sentences do, each begins with a capital.
                let word = if std::mem::take(&mut begins) {
                    word[..1].to_uppercase() + &word[1..]
                } else {
                    word.to_owned()
                };
                begins = word.ends_with('.') && !word.ends_with("Fig.");
                let edge = if rows.len() == 1 { EDGE - (indent / 5.0) as usize } else { EDGE };
                let last = rows.last_mut().expect("a row");
                if last.is_empty() {
                    *last = word;
                } else if last.len() + 1 + word.len() > edge {
                    rows.push(word);
                } else {
                    last.push(' ');
                    last.push_str(&word);
                }
            }
            for (row, text) in rows.iter().enumerate() {
                let x = 72.0 + if row == 0 { indent } else { 0.0 };
                let mut line = line(text, x, at);
                line.line.block = number;
                lines.push(line);
                at += leading;
            }
            at += if indent > 0.0 { 0.0 } else { 0.7 * leading };
        }
        prop_assert_eq!(captions(&[page(1, lines)]), Vec::<String>::new());
    }
}
