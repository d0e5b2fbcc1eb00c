//! Which preprints of a window are wanted.

use regex::Regex;

use super::api::Record;
use super::{CorpusError, Result};

/// What must hold of a record.
#[derive(Debug, Clone)]
pub struct Filter {
    since: String,
    until: String,
    keywords: Vec<Regex>,
    categories: Vec<String>,
}

impl Filter {
    /// Records posted from `since` to `until`, both counted, YYYY-MM-DD, whose title or abstract has one
    /// of `keywords` (no keywords: any), in one of `categories` (none: any). Keywords are whole words, in
    /// any case; `*` at the end of a word stands for the rest of it, a blank or hyphen for either.
    ///
    /// # Errors
    /// [`CorpusError::Date`], [`CorpusError::Window`] or [`CorpusError::Keyword`] where one is none: it would
    /// admit all, or nothing.
    pub fn new(
        since: &str,
        until: &str,
        keywords: &[String],
        categories: &[String],
    ) -> Result<Self> {
        let (since, until) = (date(since)?, date(until)?);
        if until < since {
            return Err(CorpusError::Window { since, until });
        }
        let keyword = |text: &String| {
            pattern(text).ok_or_else(|| CorpusError::Keyword { text: text.clone() })
        };
        Ok(Self {
            since,
            until,
            keywords: keywords.iter().map(keyword).collect::<Result<_>>()?,
            categories: categories.iter().map(|category| plain(category)).collect(),
        })
    }

    pub fn since(&self) -> &str {
        &self.since
    }

    pub fn until(&self) -> &str {
        &self.until
    }

    pub fn admits(&self, record: &Record) -> bool {
        let says =
            |word: &Regex| word.is_match(&record.title) || word.is_match(&record.abstract_text);
        let category = plain(&record.category);
        (self.since.as_str()..=self.until.as_str()).contains(&record.posted.as_str())
            && (self.keywords.is_empty() || self.keywords.iter().any(says))
            && (self.categories.is_empty() || self.categories.contains(&category))
    }
}

/// A day as YYYY-MM-DD.
///
/// # Errors
/// [`CorpusError::Date`] where it is none.
pub fn date(text: &str) -> Result<String> {
    let date: jiff::civil::Date =
        text.trim().parse().map_err(|_| CorpusError::Date { text: text.into() })?;
    Ok(date.to_string())
}

fn pattern(keyword: &str) -> Option<Regex> {
    let words: Vec<String> = keyword
        .split(|c: char| c.is_whitespace() || c == '-' || c == '\u{2010}' || c == '\u{2011}')
        .filter(|word| !word.is_empty())
        .map(|word| regex::escape(word).replace(r"\*", r"\w*"))
        .collect();
    let whole = format!(r"(?i)(?:^|\W){}(?:\W|$)", words.join(r"[\s\p{Pd}]?"));
    // An escaped text makes a valid pattern, unless it is too long for one.
    (!words.is_empty()).then(|| Regex::new(&whole).ok()).flatten()
}

/// Categories are written with blanks, hyphens or underscores, in any case.
fn plain(category: &str) -> String {
    let lower = category.to_lowercase().replace(['_', '-'], " ");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(title: &str) -> Record {
        Record {
            server: "medrxiv".into(),
            doi: "10.1101/x".into(),
            version: Some(1),
            title: title.into(),
            abstract_text: "We report 12 scans".into(),
            posted: "2020-02-10".into(),
            category: "radiology and imaging".into(),
            licence: String::new(),
        }
    }

    /// What the task covid-ct looks for.
    fn covid() -> Vec<&'static str> {
        let task = covid_ct_core::task::built_in();
        task.search.keywords.iter().map(String::as_str).collect()
    }

    fn admits(keywords: &[&str], categories: &[&str], title: &str) -> bool {
        let owned =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let filter = Filter::new("2020-01-19", "2020-03-25", &owned(keywords), &owned(categories));
        filter.expect("dates").admits(&record(title))
    }

    #[test]
    fn keywords_are_words_in_the_title_or_the_abstract() {
        assert!(admits(&["CT"], &[], "Chest CT of COVID-19"));
        assert!(!admits(&["CT"], &[], "The effect of COVID-19"));
        assert!(admits(&["scans"], &[], "Untitled"));
        assert!(!admits(&["scan"], &[], "Untitled"));
        assert!(admits(&["sars-cov-2"], &[], "On SARS\u{2011}CoV-2."));
        assert!(admits(&[], &[], "Anything"));
    }

    #[test]
    fn the_disease_is_known_by_each_of_its_names() {
        for title in [
            "COVID-19: a report",
            "covid19",
            "The 2019-nCoV outbreak",
            "a novel coronavirus (SARS-CoV-2)",
            "Novel Coronaviruses",
            "Coronavirus Disease 2019",
            "nCoV-2019",
        ] {
            assert!(admits(&covid(), &[], title), "{title}");
        }
        assert!(!admits(&covid(), &[], "Influenza in 2019"));
    }

    #[test]
    fn categories_are_read_in_any_spelling() {
        assert!(admits(&[], &["Radiology_and_Imaging"], "x"));
        assert!(!admits(&[], &["epidemiology"], "x"));
    }

    #[test]
    fn days_at_the_ends_count() {
        let filter = |since, until| Filter::new(since, until, &[], &[]).expect("dates");
        assert!(filter("2020-02-10", "2020-02-10").admits(&record("x")));
        assert!(!filter("2020-02-11", "2020-03-01").admits(&record("x")));
        assert!(!filter("2020-01-01", "2020-02-09").admits(&record("x")));
        assert!(Filter::new("10.2.2020", "2020-03-01", &[], &[]).is_err());
    }
}
