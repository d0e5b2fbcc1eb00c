//! The grammar of citing figures: `Fig. 2A`, `Figures 1–3`, `Figs 1 and S2`, `Fig. 1a, b`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::label::{self, SENTENCE, SUPPLEMENT_OF};

/// A figure that is cited, and which panels of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Normalised, as [`label::Label::name`].
    pub label: String,
    /// Letters in upper case, in the order cited, each once; empty where the whole figure is meant.
    pub panels: Vec<String>,
}

/// One expression that cites figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Bytes of the text, from the first word of the label to the last number or letter.
    pub at: Range<usize>,
    pub figures: Vec<Cited>,
}

/// Where a citation begins. What follows the word is read by [`List`].
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b(?:
        (?:(?P<series>(?:[Ss]upplement(?:ary|al)?|SUPPLEMENT(?:ARY|AL)|[Ss]uppl?\.?|Supporting|
              [Ss]upporting\s+(?i:information)|[Ee]xtended(?:\s+[Dd]ata)?|Additional|Appendix|Online|Web|SI|ED)
              (?:\s+(?i:materials?|information|info|data))?)[\s_-]+)?
        (?P<word>[EeSs]?[Ff]ig(?:ure)?s?|FIG(?:URE)?S?|F\s?IG(?:\s?URE)?S?|Figuras?|Abb(?:ildung(?:en)?)?|
            Schemes?|Charts?|Plates?|Images?|Photos?|Pictures?|Exhibits?|Graphs?|Maps?)
        (?P<gap>(?:\s?\.|,)?[\s-]*)
        # PLOS puts the number first.
        | (?P<before>S[0-9]{1,3}[A-Za-z]?(?:\s?(?:,\s?and|,|and|&|to|[-–—])\s?S?[0-9]{1,3}[A-Za-z]?){0,8})
          \s(?P<after>Fig(?:ure)?s?)\b
        )",
    )
    .expect("a valid pattern")
});

/// What every match of [`HEAD`] has in it. Running text seldom has any of it, and the search for it is
/// as quick as reading: `HEAD` alone, with its classes of Unicode, takes the slow engines of regex 1.13 as soon
/// as a text has one letter beyond ASCII.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[Ff]ig|IG|Abb|Scheme|Chart|Plate|Image|Photo|Picture|Exhibit|Graph|Map")
        .expect("a valid pattern")
});

/// A match of [`HEAD`] begins at most so many bytes before its [`WORD`]: "Supplementary materials", or a list
/// of nine numbers.
const BEFORE_WORD: usize = 200;

/// The first match of [`HEAD`] that begins at `from` or later.
fn head(text: &str, from: usize) -> Option<Captures<'_>> {
    let word = WORD.find_at(text, from)?;
    let mut start = from.max(word.start().saturating_sub(BEFORE_WORD));
    while !text.is_char_boundary(start) {
        start += 1;
    }
    HEAD.captures_at(text, start)
}

/// What stands between two items of a list.
static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:(?P<range>[-–—‒−]|(?i:\bto\b|\bthrough\b))|,?\s*(?:(?i:\band\b|\bor\b|\bas\s+well\s+as\b)|&)|[,;/])\s*",
    )
    .expect("a valid pattern")
});

/// What is printed behind the number of the figure that others supplement: elife's `Figure 1—figure
/// supplements 1-3`, and `Fig 2 - supplementary figure 1`.
static SUPPLEMENTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"^{SUPPLEMENT_OF}(?P<from>[0-9]{{1,3}})(?:\s?[-–—]\s?(?P<to>[0-9]{{1,3}}))?"
    ))
    .expect("a valid pattern")
});

/// Panel letters in brackets of their own: `Fig. 1 (A, B)`.
static GROUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s?\(\s?([A-Za-z](?:\s?(?:,\s?and|,|and|&|/|[-–—])\s?[A-Za-z])*)\s?\)")
        .expect("a valid pattern")
});

/// A number in brackets of its own, with panels or without.
static IN_BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\(\s?(?P<number>S?[0-9]{1,3}[A-Za-z]?)\s?\)").expect("a valid pattern")
});

/// A range over more figures than this is a misreading.
const LONGEST_RANGE: u32 = 30;

/// Every citation of figures in `text`, in order.
pub fn citations(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(head) = head(text, from) {
        let whole = head.get(0).map_or(from..from + 1, |whole| whole.range());
        from = whole.end.max(from + 1);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        if let Some(before) = head.name("before") {
            let list = List::new(before.as_str(), None, "Figs");
            found.push(Citation { at: whole, figures: list.read().0 });
            continue;
        }
        let (Some(word), Some(gap)) = (head.name("word"), head.name("gap")) else { continue };
        let series = head.name("series").map(|series| series.as_str());
        let rest = &text[gap.end()..];
        let (figures, length) = match IN_BRACKETS.captures(rest) {
            // "Fig. (1)": as some journals number theirs.
            Some(found) => {
                (List::new(&found["number"], series, word.as_str()).read().0, found[0].len())
            }
            None => List::new(rest, series, word.as_str()).read(),
        };
        // "(Figure, 1d)" is a slip; "in the figure, 3 patients" is none.
        let slip = gap.as_str().starts_with(',')
            && figures.first().is_none_or(|figure| figure.panels.is_empty());
        if figures.is_empty() || slip {
            if series.is_none() && matches!(word.as_str(), "Figure" | "FIGURE" | "Fig") {
                let only = Cited { label: "Figure".into(), panels: Vec::new() };
                found.push(Citation { at: word.range(), figures: vec![only] });
            }
            continue;
        }
        let end = gap.end() + length;
        found.push(Citation { at: whole.start..end, figures });
        from = from.max(end);
    }
    found
}

/// The figures that `text` cites, in the order it names them, each once.
pub fn cited(text: &str) -> Vec<Cited> {
    let mut all = Vec::new();
    for figure in citations(text).into_iter().flat_map(|citation| citation.figures) {
        add(&mut all, figure);
    }
    all
}

fn add(all: &mut Vec<Cited>, figure: Cited) {
    match all.iter_mut().find(|known| known.label == figure.label) {
        Some(known) => {
            for panel in figure.panels {
                if !known.panels.contains(&panel) {
                    known.panels.push(panel);
                }
            }
        }
        None => all.push(figure),
    }
}

/// Reads the numbers and letters behind a citation's first word.
struct List<'a> {
    text: &'a str,
    at: usize,
    series: Option<&'a str>,
    word: &'a str,
    plural: bool,
    found: Vec<Cited>,
    /// Whether its figures go by letters: `Charts A and B`.
    by_letter: bool,
    /// Prefix and number read last; the next ones inherit the prefix, and ranges start here.
    last: Option<(&'a str, u32)>,
}

impl<'a> List<'a> {
    fn new(text: &'a str, series: Option<&'a str>, word: &'a str) -> Self {
        let plural = word.ends_with(['s', 'S']);
        Self { text, at: 0, series, word, plural, found: Vec::new(), by_letter: false, last: None }
    }

    /// The figures, and how many bytes of the text name them.
    fn read(mut self) -> (Vec<Cited>, usize) {
        if !self.item(None) {
            return (Vec::new(), 0);
        }
        while let Some(separator) = SEPARATOR.captures(self.rest()) {
            let before = self.at;
            self.at += separator[0].len();
            let range = separator.name("range").is_some();
            if !self.item(Some((&separator[0], range))) && !self.letters(range, true) {
                self.at = before;
                break;
            }
        }
        (self.found, self.at)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// A number with its panels: `S2B`, `1e`, `3(A)`. `separator` is what led to it, and whether it
    /// makes a range; the first item has none.
    fn item(&mut self, separator: Option<(&str, bool)>) -> bool {
        let rest = self.rest();
        let (prefix, digits) = match number(rest) {
            Some(read) => read,
            None if separator.is_none() => return self.roman() || self.capital(),
            None => return self.by_letter && self.capital(),
        };
        let at = self.at;
        self.at += digits.end;
        let Ok(value) = rest[digits].parse::<u32>() else { return false };
        let lettered = !prefix.is_empty() || letter(self.rest()).is_some();
        let loose = separator.is_some() && !lettered;
        if loose && !self.ends_item(separator.is_some_and(|(mark, _)| mark.contains(';'))) {
            self.at = at;
            return false;
        }
        let inherited = self.last.map_or("", |(prefix, _)| prefix);
        let prefix = if prefix.is_empty() { inherited } else { prefix };
        let from = match (self.last, separator) {
            (Some((_, last)), Some((_, true))) if value > last && value - last < LONGEST_RANGE => {
                last + 1
            }
            _ => value,
        };
        let ranged_panels = separator.is_some_and(|(_, range)| range)
            && self.last.is_some_and(|(_, last)| last == value);
        for number in from..value {
            self.push(prefix, number);
        }
        self.last = Some((prefix, value));
        if let Some(supplements) = SUPPLEMENTS.captures(self.rest()) {
            self.at += supplements[0].len();
            let first = supplements["from"].parse().unwrap_or(0);
            let last = supplements.name("to").and_then(|to| to.as_str().parse().ok());
            for supplement in first..=last.unwrap_or(first).min(first + LONGEST_RANGE) {
                let name = self.name(prefix, value);
                let label = format!("{name}-figure supplement {supplement}");
                add(&mut self.found, Cited { label, panels: Vec::new() });
            }
            return true;
        }
        self.push(prefix, value);
        self.letters(ranged_panels, false);
        true
    }

    /// Whether a plain number that follows a separator ends there as a figure's number does, and is no
    /// count: "Fig. 1, 3 patients", "Fig. 2, 95%".
    fn ends_item(&self, loosely_joined: bool) -> bool {
        let rest = self.rest();
        let next = rest.chars().next();
        let after = rest.trim_start();
        let closed = next.is_none_or(|c| ")],;:–—-/".contains(c))
            || (next == Some('.') && !rest[1..].starts_with(|c: char| c.is_ascii_digit()));
        let goes_on = next.is_some_and(char::is_whitespace)
            && (self.plural && !loosely_joined
                || SENTENCE.is_match(after)
                || after.starts_with(['(', '[', '&', '–', '-']));
        closed || goes_on
    }

    fn roman(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.bytes().take_while(|b| b"IVX".contains(b)).count();
        let ends = !rest[length..].starts_with(|c: char| c.is_alphanumeric());
        let named = self.word.starts_with('F');
        if !(1..=5).contains(&length) || !ends || !named {
            return false;
        }
        self.at += length;
        let value = label::roman_value(&rest[..length]);
        self.last = Some(("", value));
        self.push("", value);
        true
    }

    /// A capital that numbers a figure: `Chart A`.
    fn capital(&mut self) -> bool {
        let mut rest = self.rest().chars();
        let Some(letter) = rest.next().filter(|letter| ('A'..='H').contains(letter)) else {
            return false;
        };
        if rest.next().is_some_and(|next| next.is_alphanumeric() || next == '\'') {
            return false;
        }
        self.at += 1;
        self.by_letter = true;
        let label = label::named(self.series, self.word, "", letter.encode_utf8(&mut [0; 4])).0;
        add(&mut self.found, Cited { label, panels: Vec::new() });
        true
    }

    /// Panel letters in brackets of their own: `(A, B)`.
    fn letter_group(&mut self) -> bool {
        let Some(group) = GROUP.captures(self.rest()) else { return false };
        self.at += group[0].len();
        let letters = group[1].replace("and", "&");
        let mut range = false;
        for mark in letters.chars().filter(|mark| !mark.is_whitespace()) {
            if mark.is_ascii_alphabetic() {
                self.push_panel(mark.to_ascii_uppercase(), range);
            }
            range = matches!(mark, '-' | '–' | '—');
        }
        true
    }

    /// Panel letters: `A`, `A-C`, `(a, b)`, `AB`. `range`: the first of them ends a range that the
    /// letter before began; `again`: they follow a separator, without a number of their own.
    fn letters(&mut self, mut range: bool, again: bool) -> bool {
        if !again && self.letter_group() {
            return true;
        }
        let mut any = false;
        while let Some((run, length)) = letter(self.rest()) {
            let after = &self.rest()[length..];
            if (again || any || self.rest().starts_with(' ')) && !self.is_panel(run, after) {
                break;
            }
            self.at += length;
            any = true;
            for panel in run.chars().map(|c| c.to_ascii_uppercase()) {
                self.push_panel(panel, range);
                range = false;
            }
            let Some(separator) = SEPARATOR.captures(self.rest()).filter(|_| !again) else { break };
            let next = &self.rest()[separator[0].len()..];
            let Some((run, length)) = letter(next) else { break };
            if next.starts_with([' ', '(']) || !self.is_panel(run, &next[length..]) {
                break;
            }
            self.at += separator[0].len();
            range = separator.name("range").is_some();
        }
        any
    }

    /// Whether a letter that stands apart is a panel's, and no article or initial.
    fn is_panel(&self, run: &str, after: &str) -> bool {
        let lower = run.starts_with(|c: char| c.is_ascii_lowercase());
        let known = self.found.last().is_some_and(|figure| !figure.panels.is_empty());
        let closed = after.chars().next().is_none_or(|c| ")].,;:–—-/".contains(c))
            || SEPARATOR.is_match(after);
        let article = matches!(run, "a" | "A" | "I");
        closed || (known && !article && (!lower || after.starts_with(' ')))
    }

    fn name(&self, prefix: &str, number: u32) -> String {
        let number = number.to_string();
        label::named(self.series, self.word, prefix, &number).0
    }

    fn push(&mut self, prefix: &str, number: u32) {
        let label = self.name(prefix, number);
        // The one named last comes last: panels that follow are its own.
        let known = self.found.iter().position(|figure| figure.label == label);
        let figure = match known {
            Some(index) => self.found.remove(index),
            None => Cited { label, panels: Vec::new() },
        };
        self.found.push(figure);
    }

    fn push_panel(&mut self, panel: char, range: bool) {
        let Some(figure) = self.found.last_mut() else { return };
        let last = figure.panels.last().and_then(|panel| panel.chars().next());
        let from = match last {
            Some(last) if range && last < panel => (last as u8 + 1) as char,
            _ => panel,
        };
        for panel in from..=panel {
            let panel = panel.to_string();
            if !figure.panels.contains(&panel) {
                figure.panels.push(panel);
            }
        }
    }
}

/// The prefix and the digits (as bytes of `text`) of a figure's number at the start of `text`.
fn number(text: &str) -> Option<(&str, Range<usize>)> {
    let prefix = match text.as_bytes() {
        [b'S', b'I', ..] | [b'E', b'D', ..] => 2,
        [b's', digit, ..] if digit.is_ascii_digit() => 1,
        [b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'U' | b'W' | b'Y' | b'Z', ..] => 1,
        _ => 0,
    };
    let gap = text[prefix..].starts_with(['-', '.', ' ']) && prefix > 0;
    let start = prefix + usize::from(gap);
    let length = text[start..].bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[start + length..];
    let decimal = rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    let fits = (1..=3).contains(&length) && !rest.starts_with('%') && !(decimal && prefix == 0);
    (fits && &text[start..start + length] != "0").then(|| (&text[..prefix], start..start + length))
}

/// The panel letters at the start of `text`, a blank or a bracket before them, and the bytes they take
/// with it: `A`, `AB`, ` a`, `(B)`, `(iii)` counting as none.
fn letter(text: &str) -> Option<(&str, usize)> {
    let blank = usize::from(text.starts_with(' '));
    let bracket = usize::from(text[blank..].starts_with('('));
    let start = blank + bracket;
    let length = text[start..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let run = &text[start..start + length];
    let rest = &text[start + length..];
    let one_case = run.bytes().all(|b| b.is_ascii_uppercase()) || length == 1;
    let close = usize::from(bracket == 1 && rest.starts_with(')'));
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric());
    let fits = match length {
        1 => ends,
        // "1AB", "2Aii": several panels, or parts of one.
        2 | 3 if blank == 0 && bracket == 0 => one_case && ends,
        _ => false,
    };
    (fits && bracket == close).then(|| (run, start + length + close))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(text: &str) -> Vec<String> {
        cited(text).into_iter().map(|figure| figure.label).collect()
    }

    /// `1 AB, S2` for panels A and B of Figure 1 and Figure S2.
    fn brief(text: &str) -> String {
        let figures: Vec<String> = cited(text)
            .iter()
            .map(|figure| {
                let name = figure.label.replace("Figure ", "");
                format!("{name} {}", figure.panels.concat()).trim_end().to_owned()
            })
            .collect();
        figures.join(", ")
    }

    #[test]
    fn lists_and_ranges_cite_each_of_their_figures() {
        for (text, expected) in [
            ("Figures 1 and 2, and Fig. S3", "1, 2, S3"),
            ("(Figs 2-4)", "2, 3, 4"),
            ("Figures 1–3 show", "1, 2, 3"),
            ("(Figs. 1, 2, and S1)", "1, 2, S1"),
            ("Figures 1 to 3 and 5", "1, 2, 3, 5"),
            ("(Figures S1, S3)", "S1, S3"),
            ("Supplementary Figure 2 shows", "S2"),
            ("Supplementary Figs. 1-3", "S1, S2, S3"),
            ("Supplemental Fig. S4 and Fig. 4", "S4, 4"),
            ("Extended Data Figs 1–3", "Extended Data 1, Extended Data 2, Extended Data 3"),
            ("(S1 Fig)", "S1"),
            ("(S1 and S2 Figs)", "S1, S2"),
            ("(S1–S3 Figs; S4A Fig)", "S1, S2, S3, S4 A"),
            ("Figure 1—figure supplement 2", "1-figure supplement 2"),
            ("Figure IV", "4"),
            ("see Figure 3 and Table 2", "3"),
            ("Fig. 10 is not", "10"),
            ("FIGURES 1 AND 2", "1, 2"),
            ("in Fig . 7", "7"),
            ("figure 5", "5"),
        ] {
            assert_eq!(brief(text), expected, "{text}");
        }
    }

    #[test]
    fn panels_go_with_their_figure() {
        for (text, expected) in [
            ("as seen (Fig. 1A and 1B)", "1 AB"),
            ("Fig. 2A", "2 A"),
            ("Fig. 1a, b", "1 AB"),
            ("Figs. 1a–c and 2", "1 ABC, 2"),
            ("(S2B,C)", ""),
            ("(Fig. S2B,C)", "S2 BC"),
            ("Fig. 3C,D shows", "3 CD"),
            ("Figure 1e, 1f", "1 EF"),
            ("Figures 6A-6H and 7A-7E", "6 ABCDEFGH, 7 ABCDE"),
            ("(Figure, 1d-1f)", "1 DEF"),
            ("(Figure 3a-b)29,30", "3 AB"),
            ("Fig. 1 (A, B)", "1 AB"),
            ("Fig. 1(A)", "1 A"),
            ("Fig. 1 A, B", "1 AB"),
            ("Fig. 4g, I, k", "4 GIK"),
            ("Fig. 1AB", "1 AB"),
            ("Fig. 2B and C show", "2 BC"),
            ("Figure 2a and b were", "2 AB"),
            ("Extended Data Fig. 4a", "Extended Data 4 A"),
        ] {
            assert_eq!(brief(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_may_stand_in_brackets() {
        assert_eq!(brief("as shown in Fig. (1), it grew; see Figs. (2) and"), "1, 2");
        assert_eq!(brief("(Fig. (3A))"), "3 A");
        assert_eq!(labels("(Extended Figure 2)"), ["Extended Data Figure 2"]);
    }

    #[test]
    fn charts_may_go_by_letters() {
        assert_eq!(labels("as Chart A shows"), ["Chart A"]);
        assert_eq!(labels("(Charts A and B)"), ["Chart A", "Chart B"]);
        assert_eq!(labels("(Figure B)"), ["Figure B"]);
        assert_eq!(labels("a chart was drawn of 3 men"), Vec::<String>::new());
    }

    #[test]
    fn supplements_of_figures_are_cited_in_both_ways() {
        assert_eq!(
            labels("(Fig. 2 - supplementary figure 1 and Fig. 2-Supplementary figure 2)"),
            ["Figure 2-figure supplement 1", "Figure 2-figure supplement 2"]
        );
        assert_eq!(labels("(Figure 2, Supplementary Figure 1)"), ["Figure 2", "Figure S1"]);
        assert_eq!(
            labels("(Figure 1—figure supplements 1–2)"),
            ["Figure 1-figure supplement 1", "Figure 1-figure supplement 2"]
        );
    }

    #[test]
    fn supplements_have_many_prefixes() {
        assert_eq!(
            labels("(Fig. ED2, SFig. 3 and Figure s4)"),
            ["Extended Data Figure 2", "Figure S3", "Figure S4"]
        );
    }

    #[test]
    fn counts_and_articles_are_no_figures() {
        for (text, expected) in [
            ("in Fig. 1, 3 patients", "1"),
            ("(Fig. 2, 95% CI)", "2"),
            ("in Figure 1 and 12 controls", "1"),
            ("In Fig. 1 a patient", "1"),
            ("Fig. 2A, a small", "2 A"),
            ("In Figure 1, 2020 is", "1"),
            ("we figured 3 things", ""),
            ("configuration 1", ""),
            ("data supporting Fig. 2", "2"),
            ("a figure of 30%", ""),
        ] {
            assert_eq!(brief(text), expected, "{text}");
        }
    }

    #[test]
    fn a_figure_without_number_is_cited_by_its_word() {
        assert_eq!(labels("as the scans show (Figure)."), ["Figure"]);
        assert_eq!(labels("as the scans show (Figure 1)."), ["Figure 1"]);
    }

    proptest! {
        #[test]
        fn citations_lie_within_their_text_in_order(
            text in "((Supplementary |Extended Data )?(Fig|Figs|Figure|S1 Fig|FIGURE)[., ]{0,2}|[SABa-d0-9]{1,3}|[-–,; ()&]| and | to |\\PC){0,30}",
        ) {
            let found = citations(&text);
            let mut from = 0;
            for citation in &found {
                prop_assert!(from <= citation.at.start && citation.at.end <= text.len());
                prop_assert!(!text[citation.at.clone()].is_empty());
                from = citation.at.end;
                for figure in &citation.figures {
                    prop_assert!(figure.panels.iter().all(|p| p.len() == 1));
                }
            }
        }

        #[test]
        fn looking_for_words_first_misses_no_citation(
            text in "((Supplementary |Web_)?(Figs?|Abb|Maps|F IG|S1–S3 Fig|FIGS)[., ]{0,2}|[SABa-d0-9]{1,3}|[-–,; ()&]|\\PC){0,30}",
            from in 0_usize..20,
        ) {
            let from = text.floor_char_boundary(from);
            let at = |found: Option<Captures<'_>>| found.and_then(|found| found.get(0)).map(|whole| whole.range());
            prop_assert_eq!(at(head(&text, from)), at(HEAD.captures_at(&text, from)));
        }

        #[test]
        fn what_is_cited_is_what_is_printed(prefix in "S?", first in 1_u32..90, count in 0_u32..9, panel in "[A-H]?") {
            let last = first + count;
            let text = format!("as shown (Figs. {prefix}{first}–{prefix}{last}{panel}).");
            let expected: Vec<String> =
                (first..=last).map(|number| format!("Figure {prefix}{number}")).collect();
            prop_assert_eq!(labels(&text), expected);
        }
    }
}
