//! The printed label of a figure or table, read off the start of a line.

mod ending;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::FigureKind;
pub(super) use ending::SENTENCE;
use ending::{ending, part};

/// A label as found, and what stood after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is the label of.
    pub kind: FigureKind,
    /// Normalised: `Figure 1`, `Figure S1`, `Extended Data Figure 2`, `Table 1`.
    pub name: String,
    /// Bytes of the (normalised) line that the label and its punctuation take.
    pub length: usize,
    /// What separates the label from the caption.
    pub ending: Ending,
    /// Whether it says that the figure began on an earlier page: `Figure 2 (continued)`.
    pub continued: bool,
    /// Which part of its figure it names, if one: that of `Figure 2a:`.
    pub part: Option<Part>,
}

/// The part of a figure that a label names: `a` of `Figure 1a:`, `B` of `Figure 1-B.`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As printed: `B`, `A-C`, `a, b`.
    pub letters: String,
    /// Byte of the line where it begins, its bracket included.
    pub at: usize,
}

/// What follows a label tells a caption from a sentence that begins with a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `Figure 1.`, `Fig. 1 |`, `Figure 1:`, `Figure 1 –`
    Punctuation,
    /// The label is all of the line.
    Alone,
    /// `Figure 1 Chest CT of`, `Fig. 1 a`, `Figure 1 (A)`, `Figure 1, Chest CT of`: as a caption begins.
    Title,
    /// `Figure 1 chest CT of`: a caption only where the type sets it off.
    Word,
    /// `Figure 1 shows`, `Figure 1A)`: as a sentence goes on.
    Sentence,
}

impl Ending {
    /// Whether a caption may begin so without looking different from running text.
    pub fn is_clear(self) -> bool {
        !matches!(self, Self::Word | Self::Sentence)
    }
}

impl Label {
    /// Whether it begins what is said of a further part of the figure `of`: `Figure 1b:` behind
    /// `Figure 1:` or `Figure 1a:`.
    pub fn is_further_part_of(&self, of: &Self) -> bool {
        let letter = |part: &Part| part.letters.chars().next().map(|c| c.to_ascii_lowercase());
        let Some(part) = &self.part else { return false };
        let later = of.part.as_ref().is_none_or(|before| letter(before) < letter(part));
        let titled = self.ending.is_clear() && self.ending != Ending::Alone && !self.continued;
        self.name == of.name && titled && later
    }
}

/// Whose figures they are: the words before `Figure`.
const SERIES: &str = r"(?i:supplement(?:ary|al)?|supp?l?\.?|supporting|extended(?:\s+data)?|additional|
    appendix|online|web)(?:\s+(?i:materials?|information|info|data))?|SI|ED";

/// Letters that stand before a number: of appendices and supplements. Not those of Roman numerals, nor
/// an O, which chemistry has before a number.
const PREFIX: &str = "[A-HJKMNP-UWYZ]";

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?x)^
        (?:[•●▪■◆►▶]\s*)?
        (?:\((?i:see\s+figure\s+on\s+(?:the\s+)?previous\s+page)\.?\)\s*)?
        (?:(?i:legends?|captions?)\s+(?i:to|of|for)\s+)?
        (?:(?P<series>{SERIES})[\s_-]*)?
        (?P<word>[Ss]?Fig(?:ure|s?)?|S?FIG(?:URE|S)?|fig(?:ure)?|eFig(?:ure)?|Figura|Abb(?:ildung)?|
            Table|TABLE|Tab|TAB|eTable|Tabelle|Tableau|Tabla|Scheme|SCHEME|Chart|CHART|Plate|PLATE|
            Image|IMAGE|Photo|Picture|Exhibit|EXHIBIT|Graph|Map)
        (?P<dot>\.?)(?:\s+(?i:legends?|captions?))?\s*
        (?:(?i:no|nr)(?:\.\s?|\s)|\#\s?|n°\s?)?
        (?:
            [(\[]\s?(?P<bracketed>S?[0-9]{{1,3}})\s?[)\]]
          | (?P<prefix>SI|ED|{PREFIX}|s)?[.\s\u{{2010}}-]?\s?(?P<digits>[0-9]{{1,3}})
            (?P<part>\.[0-9]{{1,2}}(?:[.:|]|\s+\p{{Lu}}))?
          | (?P<roman>[IVX]{{1,5}})
          | (?P<letter>[A-H])(?:[.:|)](?:\s|$)|\s|$)
        )
        (?P<rest>.*)$",
    ))
    .expect("a valid pattern")
});

/// Two numbers of which the second counts within the first: `Figure S1-2. Chest CT`, where `Figures 1-2`
/// and `Figure 1-2 show` are ranges.
static SUBNUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[-\u{2010}\u{2011}–](?P<digits>[0-9]{1,2})\s?[.:|]\s+\p{Lu}")
        .expect("a valid pattern")
});

/// A label in brackets, and the text that it heads: `[Figure 1] Chest CT`. Round ones are a citation's
/// unless a title follows at once.
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[\[<【《〈「](?P<inner>[^\[\]<>【】《》〈〉「」]{4,40})[\]>】》〉」]\s?[.:|–—-]?|\((?P<round>[^()]{4,40})\))\s*(?P<title>\p{Lu}.*)$",
    )
    .expect("a valid pattern")
});

/// PLOS puts the number first: `S1 Fig.`
static NUMBER_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^S(?P<digits>[0-9]{1,3})\s?(?P<word>Fig(?:ure)?|Table)\b(?P<rest>.*)$")
        .expect("a valid pattern")
});

/// What is printed behind the number of the figure that another one supplements: elife's
/// `Figure 1—figure supplement 2`, and `Fig 2 - supplementary figure 1`.
static SUPPLEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!("^{SUPPLEMENT_OF}(?P<digits>[0-9]{{1,3}})")).expect("a valid pattern")
});

/// The words between both numbers.
pub(super) const SUPPLEMENT_OF: &str = r"\s?[-\u{2010}\u{2011}–—]\s?(?i:fig(?:ure|\.)?\s+suppl(?:ements?|\.)?|(?:supplement(?:ary|al)?|suppl?\.?)\s+fig(?:ures?|s?\.)?)\s*";

static CONTINUED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^\s?[.,:|–—-]?\s?
        (?:[(\[]\s?(?:\.{2,3}\s?|[-–—]\s?)?(?:continued|continuation|continues|cont['’]?d|cont)\b[.…]*
            (?:\s+from[\w\s]{0,30})?\s?[.:]*\s?[)\]]
        |(?:\.{3}\s?)?(?:continued|continuation|cont['’]?d|cont)\b(?:\s+from\s+(?:the\s+)?(?:previous|last|preceding)\s+page)?
            \s?(?:$|[.:|–—-]))",
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
    // All of ASCII is its own compatibility form.
    let folded = if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        let kept = |c: &char| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}');
        Cow::Owned(text.nfkc().filter(kept).collect())
    };
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
        return number_first(line)
            .or_else(|| only_figure(line))
            .or_else(|| unnumbered(line))
            .or_else(|| bracketed(line));
    };
    let mut rest = found.name("rest")?.as_str();
    // "Fig. (1)": the bracket, too, is no more than punctuation.
    let (mut prefix, mut digits) =
        (found.name("prefix").map(|found| found.as_str()), found.name("digits"));
    if let Some(bracketed) = found.name("bracketed") {
        digits = Some(bracketed);
        prefix = bracketed.as_str().starts_with('S').then_some("S");
    }
    let number = match (digits, found.name("roman"), found.name("letter")) {
        (Some(digits), ..) => digits.as_str().trim_start_matches(['S', '0']).to_owned(),
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
    let word = &found["word"];
    let plural = word.ends_with(['s', 'S']);
    let number = match (found.name("part"), found.name("letter")) {
        // "Figure 2.1: Model", as chapters number theirs.
        (Some(part), _) => {
            let digits = part.as_str()[1..].bytes().take_while(u8::is_ascii_digit).count();
            rest = &line[part.start() + 1 + digits..];
            format!("{number}.{}", &part.as_str()[1..=digits])
        }
        (None, Some(letter)) => {
            rest = &line[letter.end()..];
            number
        }
        (None, None) => match SUBNUMBER.captures(rest).filter(|_| !plural) {
            Some(second) => {
                rest = &rest[second.name("digits")?.end()..];
                format!("{number}-{}", &second["digits"])
            }
            None => number,
        },
    };
    let series = found.name("series").map(|series| series.as_str());
    let (name, kind) = named(series, word, prefix.unwrap_or_default(), &number);
    Some(finish(line, rest, name, kind))
}

/// `[Figure 1] Chest CT of`: a label in brackets heads a title.
fn bracketed(line: &str) -> Option<Label> {
    let found = BRACKETED.captures(line)?;
    let inner = found.name("inner").or_else(|| found.name("round"))?;
    let label = LABEL.is_match(inner.as_str()).then(|| read(inner.as_str()))??;
    let length = found.name("title")?.start();
    (label.ending == Ending::Alone).then_some(Label {
        ending: Ending::Title,
        length,
        part: None,
        ..label
    })
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
    let extended = series.starts_with("extended") || series == "ed" || prefix == "ED";
    let appendix = series.starts_with("appendix");
    let prefix = match prefix {
        "SI" | "s" => "S",
        "ED" => "",
        "" if word.starts_with("sf") => "S",
        "" if !series.is_empty() && !extended && !appendix => "S",
        prefix => prefix,
    };
    let table = word.starts_with("tab") || word.starts_with("etab");
    let electronic = if word.starts_with('e') && word != "exhibit" { "e" } else { "" };
    let noun = match word.strip_suffix('s').unwrap_or(&word) {
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
    let part = part(&line[at..]).map(|(at_rest, letters)| Part { letters, at: at + at_rest });
    let mark = CONTINUED.find(&line[at..]);
    at += mark.map_or(0, |mark| mark.len());
    let (ending, after) = match ending(&line[at..]) {
        // "(continued)" separates a label from its text as well as a full stop does.
        (Ending::Title | Ending::Word | Ending::Sentence, _) if mark.is_some() => {
            (Ending::Punctuation, line[at..].len() - line[at..].trim_start().len())
        }
        // "Map 1 Of the" is a title where the type says so.
        (Ending::Title, after) if !is_common(&name) => (Ending::Word, after),
        (Ending::Word, _) if !is_common(&name) => (Ending::Sentence, 0),
        // "Image B" stands over a panel.
        (Ending::Alone, _) if !is_common(&name) && name.ends_with(char::is_alphabetic) => {
            (Ending::Sentence, 0)
        }
        other => other,
    };
    Label { kind, name, length: at + after, ending, continued: mark.is_some(), part }
}

/// Whether a label of this noun opens a caption even without punctuation behind the number: others,
/// like "Map 1" or "Image 2", are words of the text first.
fn is_common(name: &str) -> bool {
    ["Figure", "Table", "Scheme", "Chart", "Exhibit"].iter().any(|noun| name.contains(noun))
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
        part: None,
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
        part: None,
    })
}

/// The name of the picture beside an abstract.
pub(super) const GRAPHICAL_ABSTRACT: &str = "Graphical abstract";

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
mod tests;
