//! Joins printed lines into running text: words cut at line ends made whole, compounds left alone.

use std::collections::HashSet;

use super::cleaning::PageText;

/// The words of a document, to tell a word cut by the typesetter from a compound.
#[derive(Debug, Default)]
pub struct Vocabulary {
    words: HashSet<String>,
}

impl Vocabulary {
    pub fn of(pages: &[PageText]) -> Self {
        let mut words = HashSet::new();
        for line in pages.iter().flat_map(|page| &page.lines) {
            // The last word of a line may be cut itself and proves nothing.
            let mut parts: Vec<&str> = line.text.split(' ').collect();
            if parts.last().is_some_and(|word| word.ends_with('-')) {
                parts.pop();
            }
            words.extend(
                parts.into_iter().map(trim).filter(|word| word.len() > 2).map(str::to_lowercase),
            );
        }
        Self { words }
    }

    fn knows(&self, word: &str) -> bool {
        self.words.contains(&trim(word).to_lowercase())
    }
}

/// The lines as running text: words cut at line ends made whole, by the words of `texts`.
pub fn joined<'a>(lines: impl Iterator<Item = &'a str>, texts: &[PageText]) -> String {
    let vocabulary = Vocabulary::of(texts);
    let mut text = String::new();
    for line in lines {
        append(&mut text, line, &vocabulary);
    }
    text
}

fn trim(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Appends `line` to `text`, minding a hyphen at the seam.
pub fn append(text: &mut String, line: &str, vocabulary: &Vocabulary) {
    if text.is_empty() {
        text.push_str(line);
        return;
    }
    let cut = text.ends_with(['-', '\u{2010}'])
        && text.chars().rev().nth(1).is_some_and(char::is_alphabetic)
        && line.starts_with(char::is_alphanumeric);
    if !cut {
        if !text.ends_with(['/', '—', '\u{2011}']) || line.starts_with(char::is_whitespace) {
            text.push(' ');
        }
        text.push_str(line);
        return;
    }
    let head = text.rsplit(' ').next().unwrap_or_default().trim_end_matches(['-', '\u{2010}']);
    let tail = line.split(' ').next().unwrap_or_default();
    let (whole, compound) = (format!("{head}{tail}"), format!("{head}-{tail}"));
    if matches!(tail, "and" | "or" | "to") {
        text.push(' ');
        text.push_str(line);
        return;
    }
    let one_word = match (vocabulary.knows(&whole), vocabulary.knows(&compound)) {
        (true, _) => true,
        (false, true) => false,
        // Nothing in the document decides: "pneumo-" + "nia" is cut, "SARS-" + "CoV" is not, nor
        // is a compound of two words the document has.
        (false, false) => {
            head.ends_with(|c: char| c.is_lowercase())
                && tail.starts_with(|c: char| c.is_lowercase())
                && !head.contains('-')
                && !(head.len() > 3 && vocabulary.knows(head) && vocabulary.knows(tail))
        }
    };
    if one_word {
        text.truncate(text.trim_end_matches(['-', '\u{2010}']).len());
    }
    text.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(lines: &[&str], known: &[&str]) -> String {
        let vocabulary = Vocabulary { words: known.iter().map(|w| (*w).to_owned()).collect() };
        let mut text = String::new();
        for line in lines {
            append(&mut text, line, &vocabulary);
        }
        text
    }

    #[test]
    fn cut_words_are_made_whole_and_compounds_kept() {
        assert_eq!(join(&["viral pneumo-", "nia in"], &[]), "viral pneumonia in");
        assert_eq!(join(&["SARS-", "CoV-2"], &[]), "SARS-CoV-2");
        assert_eq!(join(&["age-", "and sex-matched"], &[]), "age- and sex-matched");
        assert_eq!(
            join(&["ground-", "glass opacity"], &["ground", "glass"]),
            "ground-glass opacity"
        );
        assert_eq!(join(&["re-", "examined"], &["re-examined"]), "re-examined");
        assert_eq!(join(&["the", "lungs"], &[]), "the lungs");
    }
}
