//! The printed label of a figure or table, read off the start of a line.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::FigureKind;

/// A label as found, and what stood after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub kind: FigureKind,
    /// Normalised: `Figure 1`, `Figure S1`, `Extended Data Figure 2`, `Table 1`.
    pub name: String,
    /// Bytes of the (normalised) line that the label and its punctuation take.
    pub length: usize,
    /// What separates the label from the caption.
    pub ending: Ending,
}

/// What follows a label tells a caption from a sentence that begins with a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `Figure 1.`, `Fig. 1 |`, `Figure 1:`, `Figure 1 –`
    Punctuation,
    /// The label is all of the line.
    Alone,
    /// `Figure 1 Chest CT of`, `Fig. 1 a`, `Figure 1 (A)`: as a caption begins.
    Title,
    /// `Figure 1 shows`, `Figure 1, the`, `Figure 1A)`: as a sentence goes on.
    Sentence,
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^
        (?P<series>(?i:supplement(?:ary|al)?|suppl?\.?|extended\s+data|additional|appendix|online))?
        [\s_-]*
        (?P<word>Fig(?:ure|s?)?|FIG(?:URE|S)?|fig(?:ure)?|Figura|Table|TABLE|Tab|TAB|Scheme|SCHEME)
        (?P<dot>\.?)\s*
        (?P<number>
            (?P<prefix>[SABE])?[.\s-]?\s?(?P<digits>\d{1,3})
          | (?P<roman>[IVX]{1,5})
        )
        (?P<rest>.*)$",
    )
    .expect("a valid pattern")
});

/// Verbs and connectives that follow a citation at the start of a sentence.
static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:shows?|showed|showing|shown|illustrates?|illustrated|depicts?|presents?|displays?|
        demonstrates?|gives?|provides?|summari[sz]es?|describes?|reports?|compares?|contains?|lists?|
        plots?|reveals?|indicates?|suggests?|outlines?|highlights?|represents?|and|or|to|is|are|was|
        were|in|for|of|as|we|on|at|by|with|from|also|that|which|below|above|has|have|can|may|should|
        the|then|where|when|but|here)\b",
    )
    .expect("a valid pattern")
});

/// Compatibility forms folded (ligatures, thin and no-break spaces, full-width digits) and runs of
/// blanks made one, so that labels and captions read as they look.
pub fn normalise(text: &str) -> String {
    let folded: String =
        text.nfkc().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}')).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the label that `line`, already [`normalise`]d, begins with.
pub fn read(line: &str) -> Option<Label> {
    let Some(found) = LABEL.captures(line) else { return only_figure(line) };
    let word = found["word"].to_ascii_lowercase();
    let rest = found.name("rest")?;
    let number = match (found.name("digits"), found.name("roman")) {
        (Some(digits), _) => digits.as_str().trim_start_matches('0').to_owned(),
        (None, Some(roman)) => {
            // "Figure I show" and "Fig. Vascular" are words, not numbers.
            if rest.as_str().starts_with(|c: char| c.is_alphanumeric()) {
                return None;
            }
            roman_value(roman.as_str()).to_string()
        }
        (None, None) => return None,
    };
    if number.is_empty() {
        return None;
    }
    let series = found.name("series").map(|series| series.as_str().to_ascii_lowercase());
    let extended = series.as_deref().is_some_and(|series| series.starts_with("extended"));
    let prefix = match found.name("prefix").map(|prefix| prefix.as_str()) {
        Some(prefix) => prefix,
        None if series.is_some() && !extended => "S",
        None => "",
    };
    let table = word.starts_with("tab");
    let noun = match word.as_str() {
        _ if table => "Table",
        "scheme" => "Scheme",
        _ => "Figure",
    };
    let series = if extended { "Extended Data " } else { "" };
    let name = format!("{series}{noun} {prefix}{number}");
    let kind = match (table, extended || !prefix.is_empty()) {
        (true, _) => FigureKind::Table,
        (false, true) => FigureKind::Supplementary,
        (false, false) => FigureKind::Figure,
    };
    let (ending, after) = ending(rest.as_str());
    Some(Label { kind, name, length: rest.start() + after, ending })
}

/// `Figure: Trial profile`: the only figure of a paper may go without a number.
fn only_figure(line: &str) -> Option<Label> {
    let rest = line.strip_prefix("Figure").or_else(|| line.strip_prefix("FIGURE"))?;
    let title = rest.strip_prefix([':', '.'])?.trim_start();
    title.starts_with(char::is_uppercase).then(|| Label {
        kind: FigureKind::Figure,
        name: "Figure".into(),
        length: line.len() - title.len(),
        ending: Ending::Punctuation,
    })
}

/// How the text behind the number goes on, and how many bytes of it are punctuation of the label.
fn ending(rest: &str) -> (Ending, usize) {
    let blank = rest.len() - rest.trim_start().len();
    let text = rest.trim_start();
    let Some(first) = text.chars().next() else { return (Ending::Alone, rest.len()) };
    let tail = text[first.len_utf8()..].trim_start();
    match first {
        '.' | ':' | '|' | '│' | '–' | '—' | '-' | '•' => {
            let punctuation = rest.len() - tail.len();
            let goes_on =
                tail.starts_with(|c: char| c.is_ascii_digit()) && blank == 0 && first != ':';
            match tail {
                // "Figure 1.2" is a section's number, "Figure 1-3" a range.
                _ if goes_on && !text[first.len_utf8()..].starts_with(' ') => (Ending::Sentence, 0),
                "" => (Ending::Alone, rest.len()),
                _ if SENTENCE.is_match(tail) && first == '.' => (Ending::Sentence, 0),
                _ => (Ending::Punctuation, punctuation),
            }
        }
        '(' | '[' | '"' | '“' if blank > 0 => (Ending::Title, blank),
        first if first.is_alphanumeric() && blank == 0 => {
            // "Figure 1A. Title" and "Figure 2a|" are captions of a part; "Figure 1A shows" is not.
            let part = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            match part.chars().next() {
                Some('.' | ':' | '|') if text.len() - part.len() == 1 && part.len() > 2 => {
                    (Ending::Punctuation, rest.len() - part[1..].trim_start().len())
                }
                _ => (Ending::Sentence, 0),
            }
        }
        first if first.is_uppercase() || first.is_ascii_digit() => (Ending::Title, blank),
        first if first.is_lowercase() => {
            let word_end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
            // A panel's letter, or a word that begins small by nature ("mRNA").
            let panel = word_end == 1 && !text.starts_with("a ");
            let coined = text[..word_end].chars().any(char::is_uppercase);
            let title = (panel || coined || text.starts_with("a ")) && !SENTENCE.is_match(text);
            (if title { Ending::Title } else { Ending::Sentence }, blank)
        }
        _ => (Ending::Sentence, 0),
    }
}

/// The value of a Roman numeral, subtractive notation included.
fn roman_value(numeral: &str) -> u32 {
    let values: Vec<u32> = numeral
        .chars()
        .map(|c| match c {
            'I' => 1,
            'V' => 5,
            _ => 10,
        })
        .collect();
    let mut total = 0;
    for (index, value) in values.iter().enumerate() {
        let subtracts = values.get(index + 1).is_some_and(|next| next > value);
        total = if subtracts { total - i64::from(*value) } else { total + i64::from(*value) };
    }
    total.unsigned_abs() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn label(line: &str) -> (String, Ending) {
        let label = read(&normalise(line)).unwrap_or_else(|| panic!("no label in {line:?}"));
        (label.name, label.ending)
    }

    #[test]
    fn styles_seen_in_the_wild() {
        for (line, name) in [
            ("Figure 1. Chest CT", "Figure 1"),
            ("Fig. 1 | Chest CT", "Figure 1"),
            ("FIGURE 3 | Scans of", "Figure 3"),
            ("Figure1: Scans", "Figure 1"),
            ("Fig.S1. Scans", "Figure S1"),
            ("Fig S2: Scans", "Figure S2"),
            ("Supplementary Figure 1. Scans", "Figure S1"),
            ("Supplementary Fig 4 Scans", "Figure S4"),
            ("Supplemental Fig. S4. Scans", "Figure S4"),
            ("Extended Data Fig. 2 | Scans", "Extended Data Figure 2"),
            ("Figure IV. Scans", "Figure 4"),
            ("Fig.\u{2002}1\u{2003}Chest", "Figure 1"),
            ("Fig.\u{202f}1\u{2002}\u{2002}CT of", "Figure 1"),
            ("Figure 2 – Scans", "Figure 2"),
            ("Figure 1A. Scans", "Figure 1"),
            ("Table 1. Patients", "Table 1"),
            ("Table S2 Patients", "Table S2"),
            ("Figure A1. Scans", "Figure A1"),
            ("Figure: Trial profile", "Figure"),
            ("Scheme 1. Synthesis of", "Scheme 1"),
        ] {
            let (found, ending) = label(line);
            assert_eq!(found, name, "{line}");
            assert_ne!(ending, Ending::Sentence, "{line}");
        }
    }

    #[test]
    fn sentences_that_begin_with_a_citation() {
        for line in [
            "Figure 2 shows the scans",
            "Figure 2, in which",
            "Figure 1A shows",
            "Figure 1) and the",
            "Fig. 3 and Fig. 4",
            "Figure 3. shows",
            "Figure 1-3 show",
            "Fig. 1–3 show",
            "Figures 1 and 2",
            "Table 2 lists",
        ] {
            let ending = read(line).map(|label| label.ending);
            assert!(matches!(ending, None | Some(Ending::Sentence)), "{line}: {ending:?}");
        }
    }

    #[test]
    fn words_are_no_numerals() {
        assert_eq!(read("Figure In the"), None);
        assert_eq!(read("Figure Viral"), None);
        assert_eq!(roman_value("XIV"), 14);
    }

    #[test]
    fn a_label_on_its_own_line() {
        assert_eq!(label("Figure 3"), ("Figure 3".into(), Ending::Alone));
        assert_eq!(label("Figure 3."), ("Figure 3".into(), Ending::Alone));
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "(Fig|Table|Figure|FIGURE|Supp)?[ .]?[0-9IVXS]{0,4}\\PC{0,40}") {
            let line = normalise(&line);
            if let Some(label) = read(&line) {
                prop_assert!(line.is_char_boundary(label.length));
            }
        }
    }
}
