//! The words a decision rests on: which words of a caption or a sentence speak for an answer of the task, and which sentence
//! to quote for it.

use std::fmt;
use std::ops::Range;

use covid_ct_core::task::{Answer, EvidenceRule, Question, sentence_around};

use crate::figures::Mention;
use crate::task;
use covid_ct_core::Evidence;

/// Longest quotation proposed, in characters; a longer sentence is cut around the words that count.
const LONGEST_QUOTE: usize = 200;

/// The words of `text` that the screen sets off, in order; with each the place of its answer among those that have such words.
pub fn marked_words(text: &str) -> Vec<(Range<usize>, usize)> {
    let mut words: Vec<(Range<usize>, usize)> = task::in_force()
        .marked_answers()
        .enumerate()
        .flat_map(|(place, answer)| words_of(answer, text).map(move |at| (at, place)))
        .collect();
    words.sort_by_key(|(at, _)| at.start);
    words
}

/// Whether words of `text` speak for a picture that is wanted.
pub fn speaks_of_the_wanted(text: &str) -> bool {
    let task = task::in_force();
    let answers = task.question(task.selecting()).into_iter().flat_map(|q| &q.answers);
    let mut wanted = answers.filter(|answer| answer.keeps).filter_map(|a| a.words.as_ref());
    wanted.any(|words| words.is_in(text))
}

fn words_of<'a>(answer: &'a Answer, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    answer.words.iter().flat_map(|words| words.find(text))
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

/// The sentence to quote for an answer: the first that speaks for it in the caption, then in the
/// citing sentences, then in the abstract; the picture where no words do.
pub fn propose(answer: &Answer, texts: &Texts<'_>) -> Quote {
    let quoted = |source, text| {
        let at = words_of(answer, text).next();
        at.map(|at| Quote { source: Some(source), span: quote(text, &at) })
    };
    quoted(Evidence::Caption, texts.caption)
        .or_else(|| texts.mentions.iter().find_map(|m| quoted(Evidence::Mention, &m.text)))
        .or_else(|| quoted(Evidence::Abstract, texts.abstract_text))
        .unwrap_or_else(Quote::image)
}

/// What an answer rests on where nobody is asked for it.
pub fn grounds(question: &Question, answer: &Answer, caption: &str) -> Quote {
    let at = words_of(answer, caption).next();
    match at.filter(|_| question.evidence != EvidenceRule::None) {
        Some(at) => Quote { source: Some(Evidence::Caption), span: quote(caption, &at) },
        None => Quote::image(),
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use covid_ct_core::Stage;

    fn answer(stage: Stage, word: &str) -> &'static Answer {
        covid_ct_core::Value::answer(stage, word).known().expect("an answer of the task")
    }

    fn covid() -> &'static Answer {
        answer(Stage::Diagnose, "covid")
    }

    fn ct_words(text: &str) -> Vec<Range<usize>> {
        words_of(answer(Stage::Select, "ct"), text).collect()
    }

    fn covid_words(text: &str) -> Vec<Range<usize>> {
        words_of(covid(), text).collect()
    }

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
        let quote = propose(covid(), &texts(caption));
        assert_eq!(quote.source, Some(Evidence::Caption));
        assert_eq!(quote.span, "Chest CT of a man with COVID-19.");

        let mentions = [Mention {
            page: 2,
            text: "The scan (Fig. 1) of the SARS-CoV-2 case.".into(),
            panels: Vec::new(),
        }];
        let by_mention =
            Texts { caption: "Figure 1. CT.", mentions: &mentions, abstract_text: "COVID-19" };
        let quote = propose(covid(), &by_mention);
        assert_eq!(
            (quote.source, quote.span.as_str()),
            (Some(Evidence::Mention), &*mentions[0].text)
        );

        let nothing = propose(covid(), &texts("Figure 1. CT of a non-COVID patient."));
        assert_eq!(nothing, Quote::image());
        let other =
            propose(answer(Stage::Diagnose, "non-covid"), &texts("CT of a non-COVID patient."));
        assert_eq!(other.source, Some(Evidence::Caption));
    }

    #[test]
    fn a_panel_letter_ends_the_sentence_before() {
        let caption = "Fig. 1 CT of a woman. Her RT-PCR was positive. a First view. b, c Later.";
        assert_eq!(propose(covid(), &texts(caption)).span, "Her RT-PCR was positive.");
    }

    #[test]
    fn a_long_sentence_is_cut_around_the_words() {
        let caption = format!("{} COVID-19 {}", "before ".repeat(60), "after ".repeat(60));
        let quote = propose(covid(), &texts(&caption)).span;
        assert!(quote.contains("COVID-19") && caption.contains(&quote), "{quote}");
        assert!(quote.chars().count() <= LONGEST_QUOTE + 1, "{}", quote.len());
    }

    proptest! {
        #[test]
        fn quotes_are_parts_of_the_text(text in "(COVID-19|non-|CT|negative|[. ]|\\PC){0,60}") {
            let quote = propose(covid(), &texts(&text));
            prop_assert!(text.contains(&quote.span));
            for at in covid_words(&text).into_iter().chain(ct_words(&text)) {
                prop_assert!(text.get(at).is_some());
            }
        }
    }
}
