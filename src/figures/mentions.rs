//! The sentences of the running text that cite a figure.

use std::sync::LazyLock;

use regex::Regex;

use super::Mention;
use super::cleaning::PageText;
use super::join::{self, Vocabulary};

static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)\b
        (?P<series>(?i:supplement(?:ary|al)?|suppl?\.?|extended\s+data|additional)\s+)?
        (?:Fig(?:ure|s)?|FIG(?:URE|S)?|fig(?:ure|s)?|Figures|figures|FIGURES)\.?\s*
        (?P<list>
            [SABE]?[.-]?\d{1,3}(?:\([A-Za-z]\)|[A-Za-z]{1,3}\b|[a-z](?:[-–,][a-z])+\b)?
            (?:\s*(?:,\s*and|,|and|&|to|or|[-–—])\s*(?:(?:Fig(?:ure|s)?|fig(?:ure|s)?)\.?\s*)?
               (?:[SABE]?\d{1,3}(?:\([A-Za-z]\)|[A-Za-z]\b)?|[A-Za-z]\b))*
        )",
    )
    .expect("a valid pattern")
});

static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<join>[-–—]|to)?\s*\b(?P<prefix>[SABE])?[.-]?(?P<number>\d{1,3})")
        .expect("a valid pattern")
});

/// Normalised labels that a sentence cites, in the order it names them, each once.
pub fn cited(sentence: &str) -> Vec<String> {
    let mut labels = Vec::new();
    for citation in CITATION.captures_iter(sentence) {
        let series = citation.name("series").map(|series| series.as_str().to_ascii_lowercase());
        let extended = series.as_deref().is_some_and(|series| series.starts_with("extended"));
        let default_prefix = if series.is_some() && !extended { "S" } else { "" };
        let mut last: Option<(String, u32)> = None;
        for item in ITEM.captures_iter(&citation["list"]) {
            let Ok(number) = item["number"].parse::<u32>() else { continue };
            let written = item.name("prefix").map(|prefix| prefix.as_str());
            let inherited = last.as_ref().map(|(prefix, _)| prefix.as_str());
            let prefix = written.or(inherited).unwrap_or(default_prefix).to_owned();
            // "Figures 2-5" cites 3 and 4 as well; a range over many is a misreading.
            let from = match (&last, item.name("join")) {
                (Some((_, first)), Some(_)) if number > *first && number - first < 20 => first + 1,
                _ => number,
            };
            for number in from..=number {
                let noun = if extended { "Extended Data Figure" } else { "Figure" };
                let label = format!("{noun} {prefix}{number}");
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
            last = Some((prefix, number));
        }
    }
    labels
}

/// Cuts running text into sentences. A full stop after an abbreviation, an initial or inside a number
/// ends none.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in text.char_indices() {
        if !matches!(mark, '.' | '!' | '?') {
            continue;
        }
        // Closing brackets, quotes and reference numbers belong to the sentence they follow.
        let rest = &text[at + 1..];
        let tail = rest.len() - rest.trim_start_matches([')', ']', '"', '”', '’']).len();
        let after = &rest[tail..];
        let opens = after.trim_start().starts_with(|c: char| {
            c.is_uppercase() || c.is_ascii_digit() || matches!(c, '(' | '[' | '"' | '“' | '‘')
        });
        let ends = after.is_empty() || (after.starts_with(' ') && opens);
        if ends && !(mark == '.' && is_abbreviation(&text[start..at])) {
            let end = at + 1 + tail;
            found.push(text[start..end].trim());
            start = end;
        }
    }
    let rest = text[start..].trim();
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// Whether the last word before a full stop is one that is written with it.
fn is_abbreviation(before: &str) -> bool {
    const SHORT: &[&str] = &[
        "fig", "figs", "al", "e.g", "i.e", "vs", "dr", "prof", "no", "ref", "refs", "eq", "eqs",
        "approx", "suppl", "supp", "tab", "st", "cf", "ca", "etc", "inc", "ltd", "co", "mr", "mrs",
        "ms", "resp",
    ];
    let word = before.rsplit([' ', '(', '[', '"', '“']).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    initial || SHORT.contains(&word.to_lowercase().as_str())
}

/// Every citing sentence of the text outside captions, with the labels it cites.
pub fn find(
    pages: &[PageText],
    is_caption: &[Vec<bool>],
    vocabulary: &Vocabulary,
) -> Vec<(Vec<String>, Mention)> {
    let mut found = Vec::new();
    for (page, is_caption) in pages.iter().zip(is_caption) {
        let mut paragraphs: Vec<String> = vec![String::new()];
        let mut size = 0.0_f32;
        for (line, _) in page.lines.iter().zip(is_caption).filter(|(_, caption)| !**caption) {
            // Another size of type is another text: a heading, a table, a footnote.
            if (line.size - size).abs() > 0.1 * size {
                paragraphs.push(String::new());
                size = line.size;
            }
            if let Some(paragraph) = paragraphs.last_mut() {
                join::append(paragraph, &line.text, vocabulary);
            }
        }
        for sentence in paragraphs.iter().flat_map(|paragraph| sentences(paragraph)) {
            let labels = cited(sentence);
            if !labels.is_empty() {
                found.push((
                    labels,
                    Mention { page: page.number, text: sentence.to_owned(), panels: Vec::new() },
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_and_ranges_cite_each_of_their_figures() {
        assert_eq!(cited("as seen (Fig. 1A and 1B)"), ["Figure 1"]);
        assert_eq!(cited("Figures 1 and 2, and Fig. S3"), ["Figure 1", "Figure 2", "Figure S3"]);
        assert_eq!(cited("(Figs 2-4)"), ["Figure 2", "Figure 3", "Figure 4"]);
        assert_eq!(cited("(Figures S1, S3)"), ["Figure S1", "Figure S3"]);
        assert_eq!(cited("Supplementary Figure 2 shows"), ["Figure S2"]);
        assert_eq!(cited("Extended Data Fig. 4a"), ["Extended Data Figure 4"]);
        assert_eq!(cited("see Figure 3a-c and Table 2"), ["Figure 3"]);
        assert_eq!(cited("(Figure 6A-6C)"), ["Figure 6"]);
        assert!(cited("we figured 3 things").is_empty());
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        let text = "As shown (Fig. 1), it grew by 2.5 mm. Smith et al. saw the same [3]. No. 4 did not? Yes.";
        assert_eq!(
            sentences(text),
            [
                "As shown (Fig. 1), it grew by 2.5 mm.",
                "Smith et al. saw the same [3].",
                "No. 4 did not?",
                "Yes."
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in "([A-Za-z0-9 .!?()\"“”é]){0,200}") {
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
            let joined: usize = sentences(&text).iter().map(|sentence| letters(sentence)).sum();
            prop_assert_eq!(joined, letters(&text));
            let _ = cited(&text);
        }
    }
}
