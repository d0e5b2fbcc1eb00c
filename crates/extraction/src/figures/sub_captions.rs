//! Sub-captions: which part of a caption speaks of panel A, which of B.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::label;

/// What a caption says of one panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubCaption {
    /// As printed: `A`, `a`, `AB`; where the caption names no letters, a place: `left`, `upper row`.
    pub letter: String,
    /// What the caption says of it.
    pub text: String,
}

impl SubCaption {
    /// Whether it is of a lettered panel, not of a place.
    pub fn is_lettered(&self) -> bool {
        self.letter.len() <= 2
    }
}

/// The sub-captions of a caption, in order of their letters, or of their places as named; empty where
/// it has none.
///
/// Reads the figure's own label with a letter (`Figure 1a: text`, `Figure 1-B. text`), `(A) text`, `A. text`, `A: text`, `A, text`, `a) text`, `Panel A: text`, lists and ranges of
/// those (`(a–c)`, `A and B`, `(A, D)`), the bare bold letter (`a Axial view`), and letters that
/// follow their text: `text (a) and text (b)`. Letters must run on from A, and there must be two of
/// them: a lone `A` is an article far more often than a panel. What stands in the same sentence before
/// the first letter is said of all: `CT at (A) day 1 and (B) day 5`.
pub fn sub_captions(caption: &str) -> Vec<SubCaption> {
    let parts = parts(caption);
    let said = |part: &Part| {
        let mut pieces: Vec<&str> = Vec::new();
        pieces.extend(part.prefix.clone().and_then(|at| caption.get(at)));
        pieces.extend(part.at.iter().filter_map(|at| caption.get(at.clone())));
        pieces.retain(|piece| !piece.is_empty());
        SubCaption { letter: part.letter.clone(), text: pieces.join(" ") }
    };
    parts.iter().map(said).collect()
}

/// What a caption says of all its panels: all of it but the sub-captions.
pub fn general_part(caption: &str) -> String {
    let mut taken: Vec<Range<usize>> =
        parts(caption).into_iter().flat_map(|part| part.at).collect();
    taken.sort_by_key(|at| at.start);
    let (mut general, mut from) = (String::new(), 0);
    for at in taken {
        general.push_str(caption.get(from..at.start).unwrap_or_default());
        from = from.max(at.end);
    }
    general.push_str(caption.get(from..).unwrap_or_default());
    general
}

/// One panel's share of a caption, as bytes of it.
#[derive(Debug, Clone)]
struct Part {
    letter: String,
    at: Vec<Range<usize>>,
    prefix: Option<Range<usize>>,
}

/// One marker in a caption: `(A-C)` stands for three letters.
#[derive(Debug, Clone)]
struct Marker {
    panels: Vec<String>,
    /// Of the marker itself, delimiters included.
    at: Range<usize>,
    starts_sentence: bool,
}

/// `A`, `A-C`, `a, b`, `A and B`; `AA` where an alphabet does not do.
const LETTERS: &str = r"(?:A[A-Z]|[A-Za-z])(?:\s*(?:,\s*(?:and\b)?|[-\u{2010}-\u{2015}\u{2212}]|&|/|and\b|to\b|through\b)\s*(?:A[A-Z]|[A-Za-z])\b)*";

fn pattern(text: &str) -> Regex {
    Regex::new(&text.replace("LETTERS", LETTERS)).expect("a valid pattern")
}

static IN_BRACKETS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[(\[]\s*(?:(?:[Pp]anels?|[Pp]arts?)\s+)?(LETTERS)\s*[)\]]\s?[:.]?"));
static HALF_BRACKET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|[\s;,.:|–—])(LETTERS)\)\s?[:.]?"));
static AT_SENTENCE_START: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:^|[.;:!?|]\s*)[(\[]?\b(LETTERS)\b(?:(\s?[.:),=|\]]|\s[-–—]|)\s+|(\s?[.:)])\b)")
});
/// `at A (day 1), B (day 5), C (day 9)`: three or more, or it is no list of panels.
static BEFORE_BRACKET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|[\s,;])([A-Z])(?:\s\()\s?"));
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[.;:!?|]\s*)(?:[Pp]anels?|PANELS?|[Pp]arts?|[Ss]ub-?figures?)\s+[(\[]?(LETTERS)\b[)\]]?\s?[:.,–—-]?\s*",
    )
});

const PLACE: &str = r"(?:(?:far|upper|lower|top|bottom|middle|cent(?:er|re|ral))[\s-]+)?(?:left|right|cent(?:er|re|ral)|middle|top|bottom|upper|lower)(?:\s+(?:rows?|columns?|lines?))?(?:\s+(?:panels?|images?|half|sides?|parts?|pictures?|graphs?|plots?))?";

static PLACE_IN_BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)[(\[]\s*(?:on\s+)?(?:the\s+)?({PLACE})\s*[)\]]\s?[:]?"))
        .expect("a valid pattern")
});
static PLACE_AT_START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"(?i)(?:^|[.;:!?|]\s+)(?:the\s+)?({PLACE})\s?[:,–—]\s*"))
        .expect("a valid pattern")
});

/// Words after which a letter in brackets opens what it names: `levels of (A) ozone and (B) dust`.
static OPENER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|[.;:!?,|–—(]|\b(?:and|or|of|to|with|for|the|in|by|from|at|versus|vs\.?|as|on|than|between|both|either|show|shows|showing|using))\s*$",
    )
    .expect("a valid pattern")
});
/// What follows a letter in brackets that closes what it names: `prevalence (A) and incidence (B) of`.
static CLOSER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\s*(?:$|[.,;:)]|\b(?:and|or|in|of|for|with|at|on|from|to|was|were|is|are|show|shows|showed|over|before|after|between|according|respectively)\b)",
    )
    .expect("a valid pattern")
});
/// Where one sentence ends and the next begins.
static SENTENCE_END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{L}\d)\]%”][.!?]\s+[\p{Lu}(\[]").expect("a valid pattern"));

/// The label of a figure with the letter of a part: `Figure 1a: `, `Fig. 1-B. `, `Figure 1 (C) `.
static OWN_LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:[Ff]ig(?:ure)?|FIG(?:URE)?)\.?\s?(?P<number>[A-Z]{0,2}\d{1,3})\s?[-‐–—.]?\s?(?:(LETTERS)\s?(?:[.:|)]|\s[–—-])|[(\[]\s?(LETTERS)\s?[)\]]\s?[.:|–—-]?)\s+",
    )
});

fn parts(caption: &str) -> Vec<Part> {
    let label = label::read(caption);
    let start = label.as_ref().map_or(0, |label| match &label.part {
        // The letter of a label is a panel's.
        Some(part) => part.at,
        None => label.length,
    });
    let start = if caption.is_char_boundary(start) { start } else { 0 };
    let own = label.map(|label| own_labels(caption, &label.name)).unwrap_or_default();
    let styles = [
        own,
        markers(&IN_BRACKETS, caption, start),
        markers(&HALF_BRACKET, caption, start),
        sentence_starts(caption, start),
        markers(&NAMED, caption, start),
    ];
    let found = styles
        .into_iter()
        .flat_map(|markers| {
            [('A', false), ('a', false), ('A', true), ('a', true)]
                .map(|(first, ahead)| share(caption, start, &in_sequence(&markers, first, ahead)))
        })
        .chain(std::iter::once(before_brackets(caption, start)));
    // Of equals, the first style.
    let best = found.fold(
        Vec::new(),
        |best: Vec<Part>, next| {
            if next.len() > best.len() { next } else { best }
        },
    );
    if best.len() >= 2 { best } else { places(caption, start) }
}

/// The places where a caption names its own figure, called `name`, with the letter of a part.
fn own_labels(caption: &str, name: &str) -> Vec<Marker> {
    let found = OWN_LABEL.captures_iter(caption).filter_map(|groups| {
        let (whole, letters) = (groups.get(0)?, groups.get(2).or_else(|| groups.get(3))?);
        let number = name.rsplit(' ').next()?;
        let begins = |c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '(' | '[');
        // "As in Figure 1a. and later": cited.
        let titled = whole.as_str().trim_end().ends_with([':', '|'])
            || caption[whole.end()..].starts_with(begins);
        let cited = whole.as_str().starts_with('f') || !titled;
        (&groups["number"] == number && !cited).then(|| Marker {
            panels: expand(letters.as_str()),
            at: whole.range(),
            starts_sentence: true,
        })
    });
    found.collect()
}

/// The markers that `style` finds, its first group being the letters.
fn markers(style: &Regex, caption: &str, start: usize) -> Vec<Marker> {
    let body = &caption[start..];
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(groups) = style.captures_at(body, from) {
        let (Some(whole), Some(letters)) = (groups.get(0), groups.get(1)) else { break };
        // The delimiter that ends one marker may be the one that lets the next one start.
        from = letters.end();
        // Its bracket or its "Panel", without what ends the sentence before.
        let lead = whole.as_str().find(|c: char| c.is_alphabetic() || matches!(c, '(' | '['));
        let at = whole.start() + lead.unwrap_or_default();
        let marker = Marker {
            panels: expand(letters.as_str()),
            starts_sentence: starts_sentence(&body[..at]),
            at: start + at..start + whole.end(),
        };
        // "(B) and (D) show": one list, each of its letters in brackets of its own.
        let between = |last: &Marker| caption.get(last.at.end..marker.at.start).map(str::trim);
        match found.last_mut() {
            Some(last) if matches!(between(last), Some("and" | "," | "&" | ", and")) => {
                last.panels.extend(marker.panels);
                last.at.end = marker.at.end;
            }
            _ => found.push(marker),
        }
    }
    found
}

/// Panels named before what stands in brackets.
fn before_brackets(caption: &str, start: usize) -> Vec<Part> {
    let markers = markers(&BEFORE_BRACKET, caption, start);
    let sequence = in_sequence(&markers, 'A', false);
    if sequence.len() < 3 { Vec::new() } else { share(caption, start, &sequence) }
}

fn starts_sentence(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with(['.', ';', ':', '?', '!', '|'])
}

fn sentence_starts(caption: &str, start: usize) -> Vec<Marker> {
    let body = &caption[start..];
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(groups) = AT_SENTENCE_START.captures_at(body, from) {
        let (Some(whole), Some(letters)) = (groups.get(0), groups.get(1)) else { break };
        from = letters.end();
        let tight = groups.get(3).is_some();
        let bare = tight || groups.get(2).is_none_or(|delimiter| delimiter.is_empty());
        let next = body[whole.end()..].chars().next();
        // A bare letter before a small one is an article, a tight one an abbreviation's.
        if bare && !next.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit()) {
            continue;
        }
        found.push(Marker {
            panels: expand(letters.as_str()),
            at: start + letters.start()..start + whole.end(),
            starts_sentence: true,
        });
    }
    found
}

/// Place of a letter in the row A, B, … Z, AA, AB ….
fn ordinal(letter: &str) -> Option<u32> {
    let mut bytes = letter.bytes();
    match (bytes.next()?, bytes.next(), bytes.next()) {
        (one, None, None) if one.is_ascii_alphabetic() => {
            Some(u32::from(one.to_ascii_uppercase() - b'A'))
        }
        (b'A', Some(two), None) if two.is_ascii_uppercase() => Some(26 + u32::from(two - b'A')),
        _ => None,
    }
}

/// The letter at a place in that row, in the case of `like`.
fn letter_at(ordinal: u32, like: &str) -> String {
    let letter = |index: u32| char::from(b'A' + (index % 26) as u8);
    let name: String =
        if ordinal < 26 { letter(ordinal).into() } else { ['A', letter(ordinal)].iter().collect() };
    if like.starts_with(|c: char| c.is_ascii_lowercase()) { name.to_lowercase() } else { name }
}

/// `A-C` to A, B, C; `a, b` to a, b. Empty where a range runs backwards.
fn expand(list: &str) -> Vec<String> {
    let mut panels: Vec<String> = Vec::new();
    let mut range = false;
    let mut word = String::new();
    for mark in list.chars().chain(std::iter::once(' ')) {
        if mark.is_ascii_alphabetic() {
            word.push(mark);
            continue;
        }
        match (word.as_str(), ordinal(&word)) {
            ("to" | "through", _) => range = true,
            (_, Some(last)) => {
                let first = panels.last().and_then(|panel| ordinal(panel)).filter(|_| range);
                match first {
                    Some(first) if last <= first => return Vec::new(),
                    Some(first) => {
                        panels.extend((first + 1..=last).map(|index| letter_at(index, &word)));
                    }
                    None => panels.push(word.clone()),
                }
                range = false;
            }
            _ => {}
        }
        word.clear();
        range |= matches!(mark, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    }
    panels
}

/// The markers whose letters run on from `first`; a letter seen before counts again where it starts a
/// sentence (`e, f A woman. e Day 1. f Day 5.`). Lists may run ahead: `(A, D) … (B, E) …`; with `ahead`
/// single letters too, where they start a sentence: `(A) … (C) … (B) and (D) …`.
fn in_sequence(markers: &[Marker], first: char, ahead: bool) -> Vec<&Marker> {
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let mut sequence = Vec::new();
    for marker in markers {
        let one_case = |panel: &String| {
            panel.starts_with(|c: char| c.is_ascii_uppercase() == first.is_ascii_uppercase())
        };
        let ordinals: Option<Vec<u32>> = marker.panels.iter().map(|panel| ordinal(panel)).collect();
        let Some(ordinals) = ordinals.filter(|all| !all.is_empty()) else { continue };
        if !marker.panels.iter().all(one_case) {
            continue;
        }
        let next = seen.len() as u32;
        let expected = (0..next).find(|index| !seen.contains(index)).unwrap_or(next);
        let rising = ordinals.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 14);
        let early = ahead && marker.starts_sentence && !seen.contains(&ordinals[0]);
        let runs_on = rising && (ordinals[0] == expected || early);
        let again = marker.starts_sentence && ordinals.iter().all(|index| seen.contains(index));
        if runs_on {
            seen.extend(ordinals);
        }
        if runs_on || again {
            sequence.push(marker);
        }
    }
    // A list that ran ahead and was never caught up with was no list of panels.
    let whole = seen.iter().copied().eq(0..seen.len() as u32);
    if whole { sequence } else { Vec::new() }
}

/// Gives each marker its share of the caption.
fn share(caption: &str, start: usize, sequence: &[&Marker]) -> Vec<Part> {
    let Some(first) = sequence.first() else { return Vec::new() };
    let votes: i32 = sequence.iter().map(|marker| vote(caption, start, marker)).sum();
    let trailing = votes < 0;
    // What is said of all, in the sentence of the first letter.
    let sentence = sentence_start(caption, start, first.at.start);
    let before = caption.get(sentence..first.at.start).unwrap_or_default();
    let clause = sentence + before.rfind(": ").map_or(0, |colon| colon + 1);
    let prefix = trim(caption, clause..first.at.start);
    let sentence_end = SENTENCE_END
        .find(&caption[first.at.end..])
        .map_or(caption.len(), |end| first.at.end + end.end());
    // "Loads by status: fever (A, B), none (C)": what stands before the colon is said of all.
    let (prefix, own) = match before.rfind(": ").filter(|_| trailing) {
        Some(colon) => (trim(caption, sentence..sentence + colon), Some(clause)),
        None => (prefix, None),
    };
    let shares = |marker: &Marker| {
        let same_sentence = marker.at.start < sentence_end;
        (!trailing || own.is_some())
            && !marker.starts_sentence
            && same_sentence
            && !prefix.is_empty()
    };

    let mut parts: Vec<Part> = Vec::new();
    for (index, marker) in sequence.iter().enumerate() {
        let at = if trailing {
            let previous = index.checked_sub(1).map_or(start, |before| sequence[before].at.end);
            let from = sentence_start(caption, previous, marker.at.start);
            own.filter(|_| index == 0).unwrap_or(from)..marker.at.start
        } else {
            let next = sequence.get(index + 1).map(|next| next.at.start);
            let end = next.unwrap_or_else(|| last_end(caption, sequence));
            marker.at.end..end.max(marker.at.end)
        };
        let at = trim(caption, at);
        for panel in &marker.panels {
            match parts.iter_mut().find(|part| part.letter == *panel) {
                Some(part) => part.at.push(at.clone()),
                None => parts.push(Part {
                    letter: panel.clone(),
                    at: vec![at.clone()],
                    prefix: (!first.starts_sentence && shares(marker)).then(|| prefix.clone()),
                }),
            }
        }
    }
    parts.sort_by_key(|part| ordinal(&part.letter));
    parts
}

/// Where the text of the last letter ends. Where all others are phrases of one sentence, so is it, and
/// what comes behind is said of all: sources, abbreviations, scale bars.
fn last_end(caption: &str, sequence: &[&Marker]) -> usize {
    let Some(last) = sequence.last() else { return caption.len() };
    let one_sentence = |pair: &[&Marker]| {
        let text = caption.get(pair[0].at.end..pair[1].at.start).unwrap_or_default();
        !SENTENCE_END.is_match(text.trim_end_matches([' ', '(', '[']))
    };
    let phrases = sequence.len() > 1
        && sequence.windows(2).all(one_sentence)
        && sequence.windows(2).any(|pair| {
            let text = caption.get(pair[0].at.end..pair[1].at.start).unwrap_or_default();
            !text.trim_end_matches([' ', '(', '[']).ends_with('.')
        });
    let rest = &caption[last.at.end..];
    match SENTENCE_END.find(rest).filter(|_| phrases) {
        // Up to the full stop, which is the match's second character.
        Some(end) => last.at.end + end.start() + first_chars(end.as_str(), 2),
        None => caption.len(),
    }
}

/// Bytes of the first `count` characters.
fn first_chars(text: &str, count: usize) -> usize {
    text.chars().take(count).map(char::len_utf8).sum()
}

/// Above zero where the marker opens what it names, below where it closes it.
fn vote(caption: &str, start: usize, marker: &Marker) -> i32 {
    let in_brackets = caption[marker.at.clone()].starts_with(['(', '[']);
    if !in_brackets {
        return 1;
    }
    let before = caption.get(start..marker.at.start).unwrap_or_default();
    let opens = OPENER.is_match(before);
    let closes = CLOSER.is_match(&caption[marker.at.end..])
        || caption[marker.at.clone()].ends_with(['.', ':']) && !opens;
    i32::from(opens) - i32::from(closes)
}

/// Start of the sentence that `to` stands in, not before `from`.
fn sentence_start(caption: &str, from: usize, to: usize) -> usize {
    let text = caption.get(from..to).unwrap_or_default();
    let ends = SENTENCE_END.find_iter(text).last();
    ends.map_or(from, |end| from + end.start() + first_chars(end.as_str(), 2))
}

/// Without the punctuation and connectives at either end.
fn trim(caption: &str, at: Range<usize>) -> Range<usize> {
    let Some(mut text) = caption.get(at.clone()) else { return at.start..at.start };
    let mut start = at.start;
    loop {
        let before = text.len();
        let cut = text
            .trim_start()
            .trim_start_matches(['.', ',', ';', ':', ')', ']', '=', '|', '–', '—']);
        start += text.len() - cut.len();
        text = cut;
        for word in ["and ", "or ", "- "] {
            if let Some(cut) = text.strip_prefix(word) {
                start += word.len();
                text = cut;
            }
        }
        text = text.trim_end().trim_end_matches([',', ';', '(', '[', '|', '–', '—']);
        for word in [" and to", " and", " or", " &"] {
            text = text.strip_suffix(word).unwrap_or(text);
        }
        // A bracket that opened before the marker.
        let count = |mark: char| text.chars().filter(|c| *c == mark).count();
        if count(')') > count('(') && text.ends_with([')', '.']) {
            let cut = text.strip_suffix(')').or_else(|| text.strip_suffix(")."));
            text = cut.unwrap_or(text);
        }
        if text.len() == before {
            return start..start + text.len();
        }
    }
}

/// Sub-captions of a figure whose panels go by their place.
fn places(caption: &str, start: usize) -> Vec<Part> {
    let of = |style: &Regex| -> Vec<Marker> {
        let found = style.captures_iter(&caption[start..]).filter_map(|groups| {
            let (whole, place) = (groups.get(0)?, groups.get(1)?);
            let lead =
                whole.as_str().find(['(', '[']).unwrap_or_else(|| place.start() - whole.start());
            let at = start + whole.start() + lead..start + whole.end();
            Some(Marker {
                panels: vec![place_name(place.as_str())],
                starts_sentence: starts_sentence(&caption[start..at.start]),
                at,
            })
        });
        found.collect()
    };
    [of(&PLACE_AT_START), of(&PLACE_IN_BRACKETS)]
        .into_iter()
        .map(|markers| {
            let markers: Vec<&Marker> = markers.iter().collect();
            share(caption, start, &markers)
        })
        .find(|parts| parts.len() >= 2)
        .unwrap_or_default()
}

/// `Upper panels` to `upper`, `left column` as it is.
fn place_name(printed: &str) -> String {
    let lower = printed.to_lowercase().replace('-', " ");
    let kept: Vec<&str> = lower
        .split_whitespace()
        .filter(|word| {
            !["panel", "image", "half", "side", "part", "picture", "graph", "plot"]
                .contains(&word.trim_end_matches('s'))
        })
        .collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests;
