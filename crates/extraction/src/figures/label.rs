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
    /// Whether it says that the figure began on an earlier page: `Figure 2 (continued)`.
    pub continued: bool,
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
    /// `Figure 1 chest CT of`: a caption only where the type sets it off.
    Word,
    /// `Figure 1 shows`, `Figure 1, the`, `Figure 1A)`: as a sentence goes on.
    Sentence,
}

impl Ending {
    /// Whether a caption may begin so without looking different from running text.
    pub fn is_clear(self) -> bool {
        !matches!(self, Self::Word | Self::Sentence)
    }
}

/// Whose figures they are: the words before `Figure`.
const SERIES: &str = r"(?i:supplement(?:ary|al)?|suppl?\.?|supporting|extended\s+data|additional|
    appendix|online|web)(?:\s+(?i:materials?|information|info|data))?|SI|ED";

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?x)^
        (?:\((?i:see\s+figure\s+on\s+(?:the\s+)?previous\s+page)\.?\)\s*)?
        (?:(?P<series>{SERIES})[\s_-]*)?
        (?P<word>Fig(?:ure|s?)?|FIG(?:URE|S)?|fig(?:ure)?|eFig(?:ure)?|Figura|Abb(?:ildung)?|
            Table|TABLE|Tab|TAB|eTable|Tabelle|Tableau|Tabla|Scheme|SCHEME|Chart|CHART|Plate|PLATE|
            Image|IMAGE|Photo|Picture|Exhibit|EXHIBIT|Graph|Map)
        (?P<dot>\.?)\s*
        (?:
            (?P<prefix>SI|[A-HS])?[.\s-]?\s?(?P<digits>[0-9]{{1,3}})
            (?P<part>\.[0-9]{{1,2}}(?:[.:|]|\s+\p{{Lu}}))?
          | (?P<roman>[IVX]{{1,5}})
          | (?P<letter>[A-H])(?:[.:|]\s)
        )
        (?P<rest>.*)$",
    ))
    .expect("a valid pattern")
});

/// PLOS puts the number first: `S1 Fig.`
static NUMBER_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^S(?P<digits>[0-9]{1,3})\s?(?P<word>Fig(?:ure)?|Table)\b(?P<rest>.*)$")
        .expect("a valid pattern")
});

/// What elife prints behind the number of the figure that another one supplements.
static SUPPLEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s?[-–—]\s?(?i:fig(?:ure|\.)?)\s+(?i:suppl(?:ement|\.)?)\s+(?P<digits>[0-9]{1,3})",
    )
    .expect("a valid pattern")
});

static CONTINUED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^\s?[.,:|–—-]?\s?
        (?:[(\[]\s?(?:continued|continuation|cont['’]?d|cont)\b\.?(?:\s+from[\w\s]{0,30})?\s?[.:]?\s?[)\]]
        |(?:continued|continuation|cont['’]?d|cont)\b\s?(?:$|[.:|–—-]))",
    )
    .expect("a valid pattern")
});

/// The picture of a paper's table of contents, and the one beside its abstract.
static UNNUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^(?:(?P<contents>(?:TOC|table\s+of\s+contents?)\s+(?:figure|graphics?|image|art))
        |(?P<abstract>(?:graphical|visual)\s+abstract|g\sr\sa\sp\sh\si\sc\sa\sl\s+a\sb\ss\st\sr\sa\sc\st))
        [.:]?$",
    )
    .expect("a valid pattern")
});

/// Verbs and connectives that follow a citation at the start of a sentence.
pub(super) static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:show(?:s|ed|n|ing)?|illustrat(?:es?|ed|ing)|depict(?:s|ed|ing)?|
        present(?:s|ed|ing)?|display(?:s|ed)?|demonstrat(?:es?|ed|ing)|gives?|given|
        provid(?:es?|ed)|summari[sz](?:es?|ed)|describ(?:es?|ed)|report(?:s|ed)?|compar(?:es?|ed)|
        contain(?:s|ed)?|lists?|listed|plots|plotted|reveal(?:s|ed)?|indicat(?:es?|ed)|
        suggest(?:s|ed)?|outlin(?:es?|ed)|highlight(?:s|ed)?|represent(?:s|ed)?|confirm(?:s|ed)?|
        visuali[sz]es?|reflects?|exhibits?|includes?|explains?|and|or|to|is|are|was|were|in|for|of|
        as|we|on|at|by|with|from|also|that|which|below|above|has|have|had|can|may|should|will|would|
        does|did|the|then|where|when|but|here|further|clearly|through|respectively)\b",
    )
    .expect("a valid pattern")
});

/// Labels whose letters stand apart: `F IGURE 1`, set in small capitals, and `F I G U R E 1`.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:F\s?(?:I\s?G|i\s?g)(?:\s?(?:U\s?R\s?E|u\s?r\s?e))?
        |T\s?(?:A\s?B|a\s?b)\s?(?:L\s?E|l\s?e)|S\s?C\s?H\s?E\s?M\s?E)(?:\s?[.[0-9]]|\s[SIVX])",
    )
    .expect("a valid pattern")
});

/// Compatibility forms folded (ligatures, thin and no-break spaces, full-width digits), runs of blanks
/// made one, and a label's letters brought together, so that labels and captions read as they look.
pub fn normalise(text: &str) -> String {
    let folded: String =
        text.nfkc().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}')).collect();
    let joined = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    match SPACED.find(&joined) {
        Some(spaced) if spaced.as_str().contains(' ') => {
            // The last character belongs to the number, or is the full stop.
            let (word, last) = spaced.as_str().split_at(spaced.len() - 1);
            let blank = if word.ends_with(' ') && last != "." { " " } else { "" };
            format!("{}{blank}{last}{}", word.replace(' ', ""), &joined[spaced.end()..])
        }
        _ => joined,
    }
}

/// Reads the label that `line`, already [`normalise`]d, begins with.
pub fn read(line: &str) -> Option<Label> {
    let Some(found) = LABEL.captures(line) else {
        return number_first(line).or_else(|| only_figure(line)).or_else(|| unnumbered(line));
    };
    let mut rest = found.name("rest")?.as_str();
    let number = match (found.name("digits"), found.name("roman"), found.name("letter")) {
        (Some(digits), ..) => digits.as_str().trim_start_matches('0').to_owned(),
        (None, Some(roman), _) => {
            // "Figure I show" and "Fig. Vascular" are words, not numbers.
            if rest.starts_with(|c: char| c.is_alphanumeric()) {
                return None;
            }
            roman_value(roman.as_str()).to_string()
        }
        (None, None, Some(letter)) => letter.as_str().to_owned(),
        (None, None, None) => return None,
    };
    if number.is_empty() {
        return None;
    }
    let number = match found.name("part") {
        // "Figure 2.1: Model", as chapters number theirs.
        Some(part) => {
            let digits = part.as_str()[1..].bytes().take_while(u8::is_ascii_digit).count();
            rest = &line[part.start() + 1 + digits..];
            format!("{number}.{}", &part.as_str()[1..=digits])
        }
        None if found.name("letter").is_some() => {
            rest = &line[found.name("letter")?.end()..];
            number
        }
        None => number,
    };
    let prefix = found.name("prefix").map_or("", |prefix| prefix.as_str());
    let (name, kind) =
        named(found.name("series").map(|series| series.as_str()), &found["word"], prefix, &number);
    Some(finish(line, rest, name, kind))
}

/// The normalised name and kind of a figure, from what is printed of its label.
pub(super) fn named(
    series: Option<&str>,
    word: &str,
    prefix: &str,
    number: &str,
) -> (String, FigureKind) {
    let word = word.to_ascii_lowercase();
    let series = series.map(str::to_ascii_lowercase).unwrap_or_default();
    let (extended, appendix) =
        (series.starts_with("extended") || series == "ed", series.starts_with("appendix"));
    let prefix = match prefix {
        "SI" => "S",
        "" if !series.is_empty() && !extended && !appendix => "S",
        prefix => prefix,
    };
    let table = word.starts_with("tab") || word.starts_with("etab");
    let electronic = if word.starts_with('e') && word != "exhibit" { "e" } else { "" };
    let noun = match word.as_str() {
        _ if table => "Table",
        "scheme" => "Scheme",
        "chart" => "Chart",
        "plate" => "Plate",
        "image" => "Image",
        "photo" => "Photo",
        "picture" => "Picture",
        "exhibit" => "Exhibit",
        "graph" => "Graph",
        "map" => "Map",
        _ => "Figure",
    };
    let series = match (extended, appendix && prefix.is_empty()) {
        (true, _) => "Extended Data ",
        (_, true) => "Appendix ",
        _ => "",
    };
    let main = series.is_empty() && prefix.is_empty() && electronic.is_empty();
    let kind = match (table, main) {
        (true, _) => FigureKind::Table,
        (false, true) => FigureKind::Figure,
        (false, false) => FigureKind::Supplementary,
    };
    (format!("{series}{electronic}{noun} {prefix}{number}"), kind)
}

/// The label named `name`, `rest` being what follows its number in `line`.
fn finish(line: &str, rest: &str, mut name: String, mut kind: FigureKind) -> Label {
    let mut at = line.len() - rest.len();
    if let Some(supplement) = SUPPLEMENT.captures(rest) {
        name = format!("{name}-figure supplement {}", &supplement["digits"]);
        kind = FigureKind::Supplementary;
        at += supplement[0].len();
    }
    let mark = CONTINUED.find(&line[at..]);
    at += mark.map_or(0, |mark| mark.len());
    let (ending, after) = match ending(&line[at..]) {
        // "(continued)" separates a label from its text as well as a full stop does.
        (Ending::Title | Ending::Word | Ending::Sentence, _) if mark.is_some() => {
            (Ending::Punctuation, line[at..].len() - line[at..].trim_start().len())
        }
        (Ending::Title | Ending::Word, _) if !is_common(&name) => (Ending::Sentence, 0),
        other => other,
    };
    Label { kind, name, length: at + after, ending, continued: mark.is_some() }
}

/// Whether a label of this noun opens a caption even without punctuation behind the number: others,
/// like "Map 1" or "Image 2", are words of the text first.
fn is_common(name: &str) -> bool {
    ["Figure", "Table", "Scheme"].iter().any(|noun| name.contains(noun))
}

fn number_first(line: &str) -> Option<Label> {
    let found = NUMBER_FIRST.captures(line)?;
    let (name, kind) = named(None, &found["word"], "S", found["digits"].trim_start_matches('0'));
    Some(finish(line, found.name("rest")?.as_str(), name, kind))
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
        continued: false,
    })
}

fn unnumbered(line: &str) -> Option<Label> {
    let found = UNNUMBERED.captures(line)?;
    let name = if found.name("contents").is_some() { "TOC Figure" } else { GRAPHICAL_ABSTRACT };
    Some(Label {
        kind: FigureKind::Figure,
        name: name.into(),
        length: line.len(),
        ending: Ending::Alone,
        continued: false,
    })
}

/// The name of the picture beside an abstract.
pub(super) const GRAPHICAL_ABSTRACT: &str = "Graphical abstract";

/// How the text behind the number goes on, and how many bytes of it are punctuation of the label.
fn ending(rest: &str) -> (Ending, usize) {
    let blank = rest.len() - rest.trim_start().len();
    let text = rest.trim_start();
    let Some(first) = text.chars().next() else { return (Ending::Alone, rest.len()) };
    let tail = text[first.len_utf8()..].trim_start();
    match first {
        '.' | ':' | '|' | '│' | '∣' | '¦' | '–' | '—' | '-' | '−' | '•' | '·' | '■' | '▪' | '□'
        | '►' => {
            let punctuation = rest.len() - tail.len();
            let goes_on =
                tail.starts_with(|c: char| c.is_ascii_digit()) && blank == 0 && first != ':';
            match tail {
                // "Figure 1.2" is a section's number, "Figure 1-3" a range.
                _ if goes_on && !text[first.len_utf8()..].starts_with(' ') => (Ending::Sentence, 0),
                "" => (Ending::Alone, rest.len()),
                _ if first != ':' && first != '|' && is_other_list(tail) => (Ending::Sentence, 0),
                _ if SENTENCE.is_match(tail) && first == '.' => (Ending::Sentence, 0),
                _ => (Ending::Punctuation, punctuation),
            }
        }
        '(' | '[' | '"' | '“' | '‘' if blank > 0 => (Ending::Title, blank),
        // "1) Chest CT of"; "1) and the" and "1). The" are citations.
        ')' if tail.starts_with(char::is_uppercase) => (Ending::Title, rest.len() - tail.len()),
        first if first.is_alphanumeric() && blank == 0 => {
            // "Figure 1A. Title" and "Figure 2a|" are captions of a part; "Figure 1A shows" is not.
            let part = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            match part.chars().next() {
                Some('.' | ':' | '|') if text.len() - part.len() == 1 && part.len() > 2 => {
                    (Ending::Punctuation, rest.len() - part[1..].trim_start().len())
                }
                // "Figure 1A" alone stands over a page that shows this part.
                None if text.len() == 1 => (Ending::Alone, rest.len()),
                _ => (Ending::Sentence, 0),
            }
        }
        first if first.is_uppercase() || first.is_ascii_digit() => (Ending::Title, blank),
        first if first.is_lowercase() => {
            let word_end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
            // A panel's letter, or a word that begins small by nature ("mRNA").
            let panel = word_end == 1 && !text.starts_with("a ");
            let coined = text[..word_end].chars().any(char::is_uppercase);
            match panel || coined || text.starts_with("a ") {
                _ if SENTENCE.is_match(text) => (Ending::Sentence, blank),
                true => (Ending::Title, blank),
                false => (Ending::Word, blank),
            }
        }
        _ => (Ending::Sentence, 0),
    }
}

/// Whether what follows a label speaks of files about the figure, or of more figures, and not of what
/// it shows: `Figure 1—source data 1`, `Figure 1-S2`.
fn is_other_list(tail: &str) -> bool {
    tail.starts_with("source data") || tail.starts_with("source code") || tail.starts_with("video ")
}

/// The value of a Roman numeral, subtractive notation included.
pub(super) fn roman_value(numeral: &str) -> u32 {
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
            ("F IGURE 1 Scans", "Figure 1"),
            ("F I G U R E 12 Scans", "Figure 12"),
            ("F igure 2. Scans", "Figure 2"),
            ("T ABLE 3 Patients", "Table 3"),
            ("Fig . 4 . Scans", "Figure 4"),
            ("Figure 1—figure supplement 2. Scans", "Figure 1-figure supplement 2"),
            ("S1 Fig. Scans of", "Figure S1"),
            ("S2 Table. Patients", "Table S2"),
            ("Appendix Figure 1. Scans", "Appendix Figure 1"),
            ("Appendix Fig. A3: Scans", "Figure A3"),
            ("Supplementary Material Figure 2. Scans", "Figure S2"),
            ("SI Fig. 4. Scans", "Figure S4"),
            ("Fig. SI-5. Scans", "Figure S5"),
            ("eFigure 2. Scans", "eFigure 2"),
            ("Chart 1. Course", "Chart 1"),
            ("Plate 3: Histology", "Plate 3"),
            ("Image 2. Scans", "Image 2"),
            ("Figure 2.1: Model", "Figure 2.1"),
            ("Figure B. Scans", "Figure B"),
            ("Fig. 1) Scans", "Figure 1"),
            ("Fig. 2 · Scans", "Figure 2"),
            ("(See figure on previous page.) Fig. 3 Scans", "Figure 3"),
            ("Abbildung 2. Thorax", "Figure 2"),
            ("Figura 1 - Tomografia", "Figure 1"),
        ] {
            let (found, ending) = label(line);
            assert_eq!(found, name, "{line}");
            assert!(ending.is_clear(), "{line}: {ending:?}");
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
            "Figure 2 further shows",
            "Map 1 was drawn",
            "Image 2 Scans",
            "Figure 1—source data 1",
            "Supplementary Figures 1 and 2",
        ] {
            let ending = read(line).map(|label| label.ending);
            assert!(ending.is_none_or(|ending| !ending.is_clear()), "{line}: {ending:?}");
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
        assert_eq!(
            label("Figure-1A"),
            ("Figure 1".into(), Ending::Alone),
            "over a page of its part"
        );
    }

    #[test]
    fn a_figure_may_go_on_from_an_earlier_page() {
        for (line, legend) in [
            ("Figure 2 (continued)", ""),
            ("Figure 2. (Continued).", ""),
            ("Figure 2. Continued", ""),
            ("Fig. 2 (cont.)", ""),
            ("FIGURE 2 | Continued", ""),
            ("Figure 2 (cont'd): Scans", "Scans"),
            ("Figure 2 (continued from previous page). Scans", "Scans"),
        ] {
            let found = read(&normalise(line)).expect("a label");
            assert!(found.continued && found.ending.is_clear(), "{line}: {found:?}");
            assert_eq!(
                (found.name.as_str(), &normalise(line)[found.length..]),
                ("Figure 2", legend)
            );
        }
        for line in [
            "Figure 2. Continued fever",
            "Figure 2. Continuous",
            "Figure 2 (continued on next page). A",
        ] {
            assert!(!read(line).expect("a label").continued, "{line}");
        }
    }

    #[test]
    fn pictures_without_number() {
        assert_eq!(label("TOC Figure"), ("TOC Figure".into(), Ending::Alone));
        assert_eq!(label("Table of Contents Graphic"), ("TOC Figure".into(), Ending::Alone));
        assert_eq!(label("Graphical Abstract"), ("Graphical abstract".into(), Ending::Alone));
        assert_eq!(label("g r a p h i c a l a b s t r a c t").0, "Graphical abstract");
        assert_eq!(read("Graphical abstracts are common"), None);
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "(Fig|Table|Figure|FIGURE|Supp)?[ .]?[0-9IVXS]{0,4}\\PC{0,40}") {
            let line = normalise(&line);
            if let Some(label) = read(&line) {
                prop_assert!(line.is_char_boundary(label.length));
            }
        }

        #[test]
        fn a_normalised_label_reads_as_itself(
            series in "(Extended Data |Appendix |e)?",
            noun in "(Figure|Table|Scheme)",
            prefix in "[A-HS]?",
            number in 1_u32..999,
            more in "(-figure supplement [1-9])?",
        ) {
            let prefix = if series.starts_with('A') { "" } else { &prefix };
            let name = format!("{series}{noun} {prefix}{number}{more}");
            if let Some(label) = read(&name) {
                prop_assert_eq!((label.name, label.ending), (name, Ending::Alone));
            }
        }

        #[test]
        fn normalising_twice_changes_nothing(text in "(F ?I ?G ?U ?R ?E|\\PC){0,3}[ .]{0,2}[0-9]?\\PC{0,20}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }
    }
}
