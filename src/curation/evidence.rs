//! The words a decision rests on: which words of a caption or a sentence speak of CT and of
//! COVID-19, and which sentence to quote for a diagnosis.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::figures::Mention;
use crate::store::{Diagnosis, Evidence};

/// Longest quotation proposed, in characters; a longer sentence is cut around the words that count.
const LONGEST_QUOTE: usize = 200;

/// How far before a word its negation may stand, in bytes.
const NEGATION_REACH: usize = 48;

/// Words that speak of a CT. `Ct` (the threshold cycle of a PCR) is none of them.
static CT: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"\b(?:HR|LD|MD)?CTs?\b|\bCTP?A\b|(?i:\btomogra(?:m|ph)\w*|\bground[\s-]*glass\b|\bGGOs?\b)",
    )
});

/// Words by which a paper names the disease or its proof. `~` stands for any hyphen or none.
static COVID: LazyLock<Regex> = LazyLock::new(|| {
    let words = [
        r"covid~(?:19|2019)?",
        r"sars~cov~2",
        r"(?:2019~n?cov|n?cov~2019)",
        r"(?:novel|new|2019)\s+corona~virus(?:es)?(?:\s+(?:disease|pneumonia|infection))?(?:\s+\(?2?0?19\)?)?",
        r"coronavirus\s+disease(?:\s+\(?2019\)?)?",
        r"positive\s+(?:rt~)?pcr",
        r"(?:rt~)?pcr(?:\s+[\w-]+){0,4}?\s+positive",
        r"tested\s+positive",
    ];
    let hyphen = r"[\s\u{ad}\u{2010}-\u{2015}-]*";
    compile(&format!(r"(?i)\b(?:{})", words.join("|").replace('~', hyphen)))
});

/// Words that speak for a scan without COVID-19.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?i)\b(?:non[\s\u{2010}-\u{2015}-]*covid\S*|healthy|normal|influenza|bacterial|mycoplasma|tuberculosis|(?:lung\s+)?(?:cancer|carcinoma|tumou?r|nodules?)|adenovirus|h\d+n\d+|(?:rt[\s-]*)?pcr(?:\s+[\w-]+){0,4}?\s+negative|negative\s+(?:rt[\s-]*)?pcr|tested\s+negative)\b",
    )
});

static NEGATED_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?i)(?:\bnon[\s\u{2010}-\u{2015}-]*|\b(?:no|not|nor|without|never|negative\s+for|exclud\w+|rul\w+\s+out|other\s+than|unrelated\s+to|before\s+the|prior\s+to|pre[\s-]*)\s*(?:[\w-]+\s+){0,3})$",
    )
});

static NEGATED_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?i)^[\s\u{2010}-\u{2015}-]*(?:[\w-]+\s+){0,3}?(?:negative\b|(?:was|were|is|has\s+been|had\s+been)\s+(?:not\b|excluded|ruled\s+out))",
    )
});

/// Compiles a pattern of this file; each is covered by a test.
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file is a regular expression")
}

/// Where `text` speaks of CT.
pub fn ct_words(text: &str) -> Vec<Range<usize>> {
    CT.find_iter(text).map(|found| found.range()).collect()
}

/// Whether it does anywhere.
pub fn has_ct_word(text: &str) -> bool {
    CT.is_match(text)
}

/// Where `text` affirms COVID-19 or its proof; `non-COVID`, `negative for SARS-CoV-2` and their
/// like are left out.
pub fn covid_words(text: &str) -> Vec<Range<usize>> {
    COVID.find_iter(text).map(|found| found.range()).filter(|at| !negated(text, at)).collect()
}

fn negated(text: &str, at: &Range<usize>) -> bool {
    let sentence = sentence_around(text, at);
    let reach = text.floor_char_boundary(at.start.saturating_sub(NEGATION_REACH));
    let before = &text[reach.max(sentence.start)..at.start];
    let after = &text[at.end..sentence.end];
    NEGATED_BEFORE.is_match(before) || NEGATED_AFTER.is_match(after)
}

/// What may be quoted for a picture.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    pub caption: &'a str,
    pub mentions: &'a [Mention],
    /// Empty where none was found.
    pub abstract_text: &'a str,
}

/// Where a decision comes from and the words quoted for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quote {
    /// `None` where a decision needs no evidence.
    pub source: Option<Evidence>,
    /// Empty where the picture itself is the evidence.
    pub span: String,
}

impl Quote {
    /// The picture itself, no words.
    pub fn image() -> Self {
        Self { source: Some(Evidence::Image), span: String::new() }
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            None => Ok(()),
            Some(source) if self.span.is_empty() => source.fmt(f),
            Some(source) => write!(f, "{source}: \"{}\"", self.span),
        }
    }
}

/// The sentence to quote for `diagnosis`: the first that speaks for it in the caption, then in the
/// citing sentences, then in the abstract; the picture where no words do.
pub fn propose(diagnosis: Diagnosis, texts: &Texts<'_>) -> Quote {
    let words: fn(&str) -> Option<Range<usize>> = match diagnosis {
        Diagnosis::Covid => |text| covid_words(text).into_iter().next(),
        Diagnosis::NonCovid => |text| OTHER.find(text).map(|found| found.range()),
        Diagnosis::Uncertain | Diagnosis::Exclude => |_| None,
    };
    let quoted =
        |source, text| words(text).map(|at| Quote { source: Some(source), span: quote(text, &at) });
    quoted(Evidence::Caption, texts.caption)
        .or_else(|| texts.mentions.iter().find_map(|m| quoted(Evidence::Mention, &m.text)))
        .or_else(|| quoted(Evidence::Abstract, texts.abstract_text))
        .unwrap_or_else(Quote::image)
}

/// The sentence around `at`, cut to [`LONGEST_QUOTE`] characters around it.
pub fn quote(text: &str, at: &Range<usize>) -> String {
    let sentence = sentence_around(text, at);
    if text[sentence.clone()].chars().count() <= LONGEST_QUOTE {
        return text[sentence].trim().to_owned();
    }
    let before = text[sentence.start..at.start].char_indices().rev().nth(LONGEST_QUOTE / 4);
    let start = before.map_or(sentence.start, |(offset, _)| sentence.start + offset);
    let end = text[start..sentence.end].char_indices().nth(LONGEST_QUOTE);
    let end = end.map_or(sentence.end, |(offset, _)| start + offset).max(at.end);
    // Whole words: cut back to the nearest blanks.
    let from = if start == sentence.start {
        start
    } else {
        text[start..at.start].find(' ').map_or(at.start, |blank| start + blank + 1)
    };
    let to = if end == sentence.end {
        end
    } else {
        text[at.end..end].rfind(' ').map_or(at.end, |blank| at.end + blank)
    };
    text[from..to].trim().to_owned()
}

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &["fig", "figs", "al", "vs", "no", "e.g", "i.e", "dr", "approx"];

/// The bounds of the sentence that holds `at`.
fn sentence_around(text: &str, at: &Range<usize>) -> Range<usize> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(caption: &str) -> Texts<'_> {
        Texts { caption, mentions: &[], abstract_text: "" }
    }

    #[test]
    fn ct_words_are_not_threshold_cycles() {
        for text in
            ["chest CT", "HRCT of", "computed tomography", "tomographic images", "CTs", "GGO"]
        {
            assert_eq!(ct_words(text).len(), 1, "{text}");
        }
        for text in ["Ct value", "ACTION", "compact", "electron microscopy"] {
            assert!(ct_words(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn covid_as_papers_write_it() {
        for text in [
            "COVID-19 pneumonia",
            "COVID‐19",
            "SARS-CoV-2",
            "SARS-Cov-2",
            "2019-nCoV",
            "2019 novel coronavirus",
            "new coronavirus pneumonia",
            "His RT-PCR for it was positive",
            "with positive RT-PCR",
        ] {
            assert_eq!(covid_words(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn negated_forms_are_not_proposed() {
        for text in [
            "non-COVID-19 pneumonia",
            "a patient negative for SARS-CoV-2",
            "patients without COVID-19",
            "COVID-19 was excluded",
            "COVID-negative control",
            "The RT-PCR test for SARS-CoV-2 was negative",
            "pneumonia other than COVID-19",
            "not infected with SARS-CoV-2",
        ] {
            assert!(covid_words(text).is_empty(), "{text}");
        }
        assert_eq!(covid_words("CT was not normal. COVID-19 was confirmed.").len(), 1);
    }

    #[test]
    fn the_first_source_with_words_is_quoted() {
        let caption = "Figure 1. Chest CT of a man with COVID-19. Arrows show opacities.";
        let quote = propose(Diagnosis::Covid, &texts(caption));
        assert_eq!(quote.source, Some(Evidence::Caption));
        assert_eq!(quote.span, "Chest CT of a man with COVID-19.");

        let mentions = [Mention {
            page: 2,
            text: "The scan (Fig. 1) of the SARS-CoV-2 case.".into(),
            panels: Vec::new(),
        }];
        let by_mention =
            Texts { caption: "Figure 1. CT.", mentions: &mentions, abstract_text: "COVID-19" };
        let quote = propose(Diagnosis::Covid, &by_mention);
        assert_eq!(
            (quote.source, quote.span.as_str()),
            (Some(Evidence::Mention), &*mentions[0].text)
        );

        let nothing = propose(Diagnosis::Covid, &texts("Figure 1. CT of a non-COVID patient."));
        assert_eq!(nothing, Quote::image());
        let other = propose(Diagnosis::NonCovid, &texts("CT of a non-COVID patient."));
        assert_eq!(other.source, Some(Evidence::Caption));
    }

    #[test]
    fn a_panel_letter_ends_the_sentence_before() {
        let caption = "Fig. 1 CT of a woman. Her RT-PCR was positive. a First view. b, c Later.";
        assert_eq!(propose(Diagnosis::Covid, &texts(caption)).span, "Her RT-PCR was positive.");
    }

    #[test]
    fn a_long_sentence_is_cut_around_the_words() {
        let caption = format!("{} COVID-19 {}", "before ".repeat(60), "after ".repeat(60));
        let quote = propose(Diagnosis::Covid, &texts(&caption)).span;
        assert!(quote.contains("COVID-19") && caption.contains(&quote), "{quote}");
        assert!(quote.chars().count() <= LONGEST_QUOTE + 1, "{}", quote.len());
    }

    proptest! {
        #[test]
        fn quotes_are_parts_of_the_text(text in "(COVID-19|non-|CT|negative|[. ]|\\PC){0,60}") {
            let quote = propose(Diagnosis::Covid, &texts(&text));
            prop_assert!(text.contains(&quote.span));
            for at in covid_words(&text).into_iter().chain(ct_words(&text)) {
                prop_assert!(text.get(at).is_some());
            }
        }
    }
}
