//! Patterns of words, and what negates them.

use std::ops::Range;

use regex::Regex;

/// What `~` in a pattern stands for: a hyphen of any kind, blanks, or nothing.
const HYPHEN: &str = r"[\s\u{ad}\u{2010}-\u{2015}-]*";

/// How far before a word its negation may stand, in bytes.
const REACH: usize = 48;

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &["fig", "figs", "al", "vs", "no", "e.g", "i.e", "dr", "approx"];

/// The words that speak for an answer.
#[derive(Debug, Clone)]
pub struct Pattern {
    words: Regex,
    /// What leaves a word out that it negates, where there is such.
    negation: Option<Negation>,
}

/// What negates a word, before it or after it in its sentence.
#[derive(Debug, Clone)]
pub struct Negation {
    before: Regex,
    after: Regex,
}

/// Compiles a pattern, in which `~` stands for any hyphen, blanks or nothing.
///
/// # Errors
/// Says what is wrong with it, in a line.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let compiled = Regex::new(&pattern.replace('~', HYPHEN));
    let compiled = compiled.map_err(|error| {
        let told = error.to_string();
        let last = told.lines().last().unwrap_or_default().trim();
        format!("'{pattern}' is no regular expression: {}", last.trim_start_matches("error: "))
    })?;
    if compiled.is_match("") {
        return Err(format!(
            "'{pattern}' matches where there are no words: expected a word or more"
        ));
    }
    Ok(compiled)
}

impl Pattern {
    pub(super) fn new(words: Regex, negation: Option<Negation>) -> Self {
        Self { words, negation }
    }

    /// Where `text` has the words, in order; those that are negated left out where the answer says so.
    pub fn find(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        let is_meant = |at: &Range<usize>| match &self.negation {
            Some(negation) => !negation.negates(text, at),
            None => true,
        };
        self.words.find_iter(text).map(|found| found.range()).filter(is_meant)
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.find(text).next().is_some()
    }
}

impl Negation {
    /// `before` is looked for at the end of what stands before a word, `after` at the beginning of what follows.
    pub(super) fn new(before: &str, after: &str) -> Result<Self, String> {
        let compile = |pattern: String, told: &str| {
            Regex::new(&pattern.replace('~', HYPHEN))
                .map_err(|error| format!("'{told}' is no regular expression: {error}"))
        };
        Ok(Self {
            before: compile(format!("(?:{before})$"), before)?,
            after: compile(format!("^(?:{after})"), after)?,
        })
    }

    fn negates(&self, text: &str, at: &Range<usize>) -> bool {
        let sentence = sentence_around(text, at);
        let reach = text.floor_char_boundary(at.start.saturating_sub(REACH));
        let before = &text[reach.max(sentence.start)..at.start];
        let after = &text[at.end..sentence.end];
        self.before.is_match(before) || self.after.is_match(after)
    }
}

/// The bounds of the sentence that holds `at`.
pub fn sentence_around(text: &str, at: &Range<usize>) -> Range<usize> {
    let ends_sentence = |&(stop, _): &(usize, &str)| {
        let after = &text[stop + 1..];
        let word = text[..stop].rsplit([' ', '(', '\n']).next().unwrap_or_default();
        let next = after.split_whitespace().next().unwrap_or_default();
        // A lone small letter is a panel's: `was positive. a First view`.
        let starts_sentence = next.trim_end_matches([',', '.', ')']).chars().count() == 1
            || next.starts_with(|c: char| !c.is_lowercase());
        after.starts_with(char::is_whitespace)
            && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
            && starts_sentence
    };
    let start = text[..at.start]
        .rmatch_indices(['.', '!', '?'])
        .find(ends_sentence)
        .map_or(0, |(stop, _)| stop + 1);
    let end = text[at.end..]
        .match_indices(['.', '!', '?'])
        .map(|(stop, mark)| (at.end + stop, mark))
        .find(ends_sentence)
        .map_or(text.len(), |(stop, _)| stop + 1);
    start..end
}
