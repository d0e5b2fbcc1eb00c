//! What follows the number of a label: its punctuation, the letter of a part, the title.

use std::sync::LazyLock;

use regex::Regex;

use super::{Ending, read};

/// Verbs and connectives that follow a citation at the start of a sentence.
pub(crate) static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:show(?:s|ed|n|ing)?|illustrat(?:es?|ed|ing)|depict(?:s|ed|ing)?|
        present(?:s|ed|ing)?|display(?:s|ed)?|demonstrat(?:es?|ed|ing)|gives?|given|
        provid(?:es?|ed)|summari[sz](?:es?|ed)|describ(?:es?|ed)|report(?:s|ed)?|compar(?:es?|ed)|
        contain(?:s|ed)?|lists?|listed|plots|plotted|reveal(?:s|ed)?|indicat(?:es?|ed)|
        suggest(?:s|ed)?|outlin(?:es?|ed)|highlight(?:s|ed)?|represent(?:s|ed)?|confirm(?:s|ed)?|
        visuali[sz]es?|reflects?|exhibits?|includes?|explains?|and|or|to|is|are|was|were|in|for|of|
        as|we|on|at|by|with|from|also|that|which|below|above|has|have|had|can|may|should|will|would|
        does|did|the|then|where|when|but|here|further|through|respectively|
        captures?|captured|details?|traces?|estimates|documents|examines|explores|tabulates|compiles|
        (?:about|near|goes)\s+here|\p{Ll}{3,}ly\s+(?:show|illustrat|depict|present|display|demonstrat|
        summari|describ|compar|plot|reveal|indicat|suggest|outlin|highlight|represent)\p{Ll}*|clearly)\b",
    )
    .expect("a valid pattern")
});

/// A letter behind a number, or several: `A`, `A-C`, `a, b`, `A and B`.
static LETTERED: LazyLock<Regex> = LazyLock::new(|| {
    const LETTERS: &str = r"[A-Za-z](?:\s?(?:[-‐–—,&/]|and\b|to\b)\s?[A-Za-z]\b)*";
    Regex::new(&format!(
        r"^(?P<lead>\s?[-‐–—_]\s?|\s|\.)?(?:(?P<open>[(\[])\s?(?P<inner>{LETTERS})\s?[)\]]|(?P<bare>{LETTERS}))(?P<after>.*)$",
    ))
    .expect("a valid pattern")
});

/// What a letter behind a number is followed by where it names a part: punctuation and a title, or
/// nothing.
static AFTER_PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s?(?:[.:|│∣)]|[-–—]\s)(?:\s|[\p{Lu}\d(]|$)").expect("a valid pattern")
});

/// `legend:` between a label and its text.
static LEGEND_WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?i:legends?|captions?|title)\s?(?:[.:|–—-]\s*|$)").expect("a valid pattern")
});

/// What follows a label and a comma in a list of citations, and begins no title.
static LISTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:(?i:(?:panels?|parts?|left|right|top|bottom|upper|lower|middle|refs?|section|movie|video|box)\b|suppl|append)|\p{Lu}\b)",
    )
    .expect("a valid pattern")
});

/// A part that a label names, as [`super::Part`], and what follows it.
struct Lettered<'a> {
    letters: &'a str,
    /// Byte at which it begins.
    at: usize,
    in_brackets: bool,
    /// A blank is all that stands before it.
    apart: bool,
    after: &'a str,
}

/// The part that the text behind a label's number names, if it does: `a: CT`, `-A. CT`, ` (B) CT`.
fn lettered(rest: &str) -> Option<Lettered<'_>> {
    let found = LETTERED.captures(rest)?;
    let lead = found.name("lead").map_or("", |lead| lead.as_str());
    let after = found.name("after")?.as_str();
    let in_brackets = found.name("open").is_some();
    let letters = found.name("inner").or_else(|| found.name("bare"))?;
    let blank = after.starts_with(char::is_whitespace);
    let text = after.trim_start();
    let begins_title = text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    let names_part = if in_brackets {
        lead != "." && !after.starts_with(char::is_alphanumeric) && !SENTENCE.is_match(text)
    } else if lead.is_empty() {
        let comma =
            after.starts_with(',') && text[1..].trim_start().starts_with(char::is_uppercase);
        after.is_empty() || AFTER_PART.is_match(after) || comma || (blank && begins_title)
    } else {
        // "Figure 1 E. coli" names no part, nor does "Figure 1 - A man of 40".
        let species = lead == " "
            && text.starts_with('.')
            && !text[1..].trim_start().starts_with(|c: char| !c.is_lowercase());
        text.is_empty() || (AFTER_PART.is_match(after) && !(species && text.len() > 1))
    };
    names_part.then(|| Lettered {
        letters: letters.as_str(),
        at: found.name("open").map_or(letters.start(), |open| open.start()),
        in_brackets,
        apart: lead == " ",
        after,
    })
}

/// Where the part that the text behind a number names begins in it, and its letters.
pub(super) fn part(rest: &str) -> Option<(usize, String)> {
    lettered(rest).map(|part| (part.at, part.letters.to_owned()))
}

/// How the text behind the number goes on, and how many bytes of it are punctuation of the label.
pub(super) fn ending(rest: &str) -> (Ending, usize) {
    if let Some(part) = lettered(rest) {
        return behind_part(rest, &part);
    }
    let blank = rest.len() - rest.trim_start().len();
    let text = rest.trim_start();
    let Some(first) = text.chars().next() else { return (Ending::Alone, rest.len()) };
    if let Some(word) = LEGEND_WORD.find(text).filter(|_| blank > 0) {
        let ending = if word.end() == text.len() { Ending::Alone } else { Ending::Punctuation };
        return (ending, blank + word.end());
    }
    let tail = text[first.len_utf8()..].trim_start();
    let punctuation = rest.len() - tail.len();
    match first {
        '.' | ':' | '|' | '│' | '∣' | '¦' | '–' | '—' | '-' | '‐' | '‒' | '―' | '−' | '•' | '·'
        | '・' | '‧' | '●' | '■' | '▪' | '□' | '◆' | '▶' | '►' | '»' | '。' | '‖' | '∥' =>
        {
            // "Figure 1.2" is a section's number, "Figure 1-3" a range; "Figure 1.2019-nCoV" is neither.
            let digits = text[first.len_utf8()..].bytes().take_while(u8::is_ascii_digit).count();
            let goes_on = (1..4).contains(&digits) && blank == 0 && first != ':';
            match tail {
                _ if goes_on => (Ending::Sentence, 0),
                "" => (Ending::Alone, rest.len()),
                _ if first != ':' && first != '|' && is_other_list(tail) => (Ending::Sentence, 0),
                _ if SENTENCE.is_match(tail) && first == '.' => (Ending::Sentence, 0),
                _ => (Ending::Punctuation, punctuation),
            }
        }
        // "Figure 1, Chest CT of"; "Figure 1, Table 2" and "Figure 1, A and B" are lists.
        ',' | ';' | '、' if tail.starts_with(char::is_uppercase) => {
            let listed = LISTED.is_match(tail) || read(tail).is_some();
            if listed { (Ending::Sentence, 0) } else { (Ending::Title, punctuation) }
        }
        ',' if tail.starts_with(char::is_lowercase) && !SENTENCE.is_match(tail) => {
            (Ending::Word, punctuation)
        }
        // A mark of a note.
        '*' | '†' | '‡' | '¶' if blank == 0 => {
            let (ending, length) = ending(&rest[first.len_utf8()..]);
            (ending, length + first.len_utf8())
        }
        '(' | '[' | '"' | '“' | '‘' if blank > 0 => (Ending::Title, blank),
        // "1) Chest CT of"; "1) and the" and "1). The" are citations.
        ')' if tail.starts_with(char::is_uppercase) => (Ending::Title, punctuation),
        // "Figure 1Flow of patients" lacks a blank; "Figure 1Aand B" lacks another.
        first
            if first.is_uppercase()
                && text.chars().skip(1).take_while(|c| c.is_lowercase()).count() > 1
                && !SENTENCE.is_match(&text[first.len_utf8()..]) =>
        {
            (Ending::Title, blank)
        }
        first if first.is_alphanumeric() && blank == 0 => (Ending::Sentence, 0),
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
        // Letters that know no case.
        first if first.is_alphabetic() => (Ending::Title, blank),
        _ => (Ending::Sentence, 0),
    }
}

/// As [`ending`], behind the letter of a part. Letters in brackets or apart stay in the text, as panels'.
fn behind_part(rest: &str, part: &Lettered<'_>) -> (Ending, usize) {
    let blank = rest.len() - rest.trim_start().len();
    let after = part.after.trim_start();
    let Some(mark) = after.chars().next() else { return (Ending::Alone, rest.len()) };
    let in_text = part.in_brackets || part.apart;
    if mark.is_alphanumeric() {
        return (Ending::Title, if in_text { blank } else { rest.len() - after.len() });
    }
    let tail = after[mark.len_utf8()..].trim_start();
    let punctuation = if in_text { blank } else { rest.len() - tail.len() };
    match mark {
        _ if tail.is_empty() => (Ending::Alone, rest.len()),
        '.' | ')' if SENTENCE.is_match(tail) => (Ending::Sentence, 0),
        ',' | ';' if part.in_brackets => (Ending::Sentence, 0),
        ',' => (Ending::Title, punctuation),
        _ if part.apart || !AFTER_PART.is_match(part.after) => (Ending::Title, punctuation),
        _ => (Ending::Punctuation, punctuation),
    }
}

/// Whether what follows a label speaks of files about the figure, or of more figures, and not of what
/// it shows: `Figure 1—source data 1`, `Figure 1-S2`.
fn is_other_list(tail: &str) -> bool {
    tail.starts_with("source data") || tail.starts_with("source code") || tail.starts_with("video ")
}
