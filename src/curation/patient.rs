//! Reads from a caption or a sentence what it tells of a patient: name, age, sex, time of the scan.
//!
//! A text that tells of two different patients proposes neither of them: a wrong proposal that is
//! accepted with one key costs more than an empty one.

use std::sync::LazyLock;

use regex::Regex;

/// Oldest age believed, in years; anything above is a misprint or not an age.
pub const MAX_AGE: u32 = 120;

/// What a text tells of its one patient; `None` where it does not say, or says it of several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatientWords {
    /// `Patient 2`, `Case 3`
    pub name: Option<String>,
    /// Whole years, at most [`MAX_AGE`].
    pub age: Option<u32>,
    /// `F` or `M`, as in the published dataset.
    pub sex: Option<&'static str>,
    /// When the scan was taken, in the text's own words: `day 9 after onset`.
    pub time: Option<String>,
    /// The words all this was read from, as printed; empty where there are none.
    pub span: String,
}

impl PatientWords {
    /// Fills what this text does not tell from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            age: self.age.or(other.age),
            sex: self.sex.or(other.sex),
            time: self.time.or(other.time),
            span: if self.span.is_empty() { other.span } else { self.span },
        }
    }
}

/// Every hyphen and dash that typesetting puts into `39-year-old`, or a blank.
const GAP: &str = r"[\s\u{ad}\u{2010}-\u{2015}-]*";

static AGE: LazyLock<Regex> = LazyLock::new(|| {
    let old = format!(r"\b(\d{{1,3}}){GAP}(?:years?|yrs?){GAP}(?:old|of{GAP}age)\b");
    let short = format!(r"\b(\d{{1,3}}){GAP}(?:y/o|yo|y\.o\.)");
    let aged = r"\baged?\s*[:=]?\s*(\d{1,3})\b";
    let sex_first =
        format!(r"\(\s*(?:F|M|female|male)\s*[,;/]?\s*(\d{{1,3}}){GAP}(?:y|yrs?|years?)?\s*[),;]");
    let age_first = format!(
        r"\(\s*(\d{{1,3}}){GAP}(?:y|yrs?|years?)?\s*[,;/]\s*(?:F|M|female|male|man|woman)\b"
    );
    compile(&format!("(?i)(?:{old}|{short}|{aged}|{sex_first}|{age_first})"))
});

static FEMALE: LazyLock<Regex> = LazyLock::new(|| {
    compile(r"(?i)\b(?:wom[ae]n|females?|girls?|lady)\b|\(\s*F\s*[,;)/]|[,;/]\s*F\s*\)")
});

static MALE: LazyLock<Regex> = LazyLock::new(|| {
    compile(r"(?i)\b(?:m[ae]n|males?|boys?|gentlem[ae]n)\b|\(\s*M\s*[,;)/]|[,;/]\s*M\s*\)")
});

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    compile(r"\b([Pp]atient|PATIENT|[Cc]ase|CASE)\s*(?:[Nn]o\.?\s*|#\s*)?(\d{1,3}|[A-Z])\b")
});

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let anchor = r"(?:(?:the|his|her|symptoms?|illness|disease|fever|hospital)\s+)*(?:onset|admission|hospitali[sz]ation|exposure|discharge|treatment|quarantine|presentation|diagnosis)(?:\s+of\s+(?:the\s+)?(?:symptoms?|illness|disease|fever))?";
    let relation = r"(?:after|since|post|from|of|before|following|prior\s+to)";
    let day = format!(r"\bdays?\s+\d{{1,3}}\b(?:\s+{relation}\s+{anchor})?");
    let span =
        r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:days?|weeks?|months?)";
    let after = format!(r"\b{span}\s+{relation}\s+{anchor}\b");
    let later = format!(r"\b{span}\s+later\b");
    let month = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?";
    let date =
        format!(r"\b{month}\s+\d{{1,2}}(?:,\s*\d{{4}})?\b|\b\d{{1,2}}\s+{month}\s+\d{{4}}\b");
    let iso = r"\b20\d\d[-./]\d{1,2}[-./]\d{1,2}\b";
    let admission = r"\bon\s+(?:hospital\s+)?admission\b|\bat\s+(?:presentation|discharge)\b";
    compile(&format!("(?i)(?:{day}|{after}|{later}|{date}|{iso}|{admission})"))
});

/// Compiles a pattern of this file; each is covered by a test.
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file is a regular expression")
}

/// Reads `text`; see [`PatientWords`].
pub fn read(text: &str) -> PatientWords {
    let ages = AGE.captures_iter(text).filter_map(|found| {
        let digits = found.iter().skip(1).flatten().next()?;
        let years: u32 = digits.as_str().parse().ok()?;
        (years <= MAX_AGE).then_some((years, found.get(0)?.range()))
    });
    let names = NAME.captures_iter(text).filter_map(|found| {
        let kind = if found[1].to_lowercase() == "case" { "Case" } else { "Patient" };
        Some((format!("{kind} {}", &found[2]), found.get(0)?.range()))
    });
    let times = TIME.find_iter(text).map(|found| (collapse(found.as_str()), found.range()));
    let sexes = FEMALE
        .find_iter(text)
        .map(|found| ("F", found.range()))
        .chain(MALE.find_iter(text).map(|found| ("M", found.range())));

    let (name, age, sex, time) = (only(names), only(ages), only(sexes), only(times));
    let ranges = [
        name.as_ref().map(|(_, range)| range.clone()),
        age.as_ref().map(|(_, range)| range.clone()),
        sex.as_ref().map(|(_, range)| range.clone()),
    ];
    let (start, end) = ranges
        .into_iter()
        .flatten()
        .fold((usize::MAX, 0), |(start, end), range| (start.min(range.start), end.max(range.end)));
    PatientWords {
        name: name.map(|(name, _)| name),
        age: age.map(|(age, _)| age),
        sex: sex.map(|(sex, _)| sex),
        time: time.map(|(time, _)| time),
        span: text.get(start..end).unwrap_or_default().to_owned(),
    }
}

/// The one value found, with where it was found first; `None` where there is none or several
/// differ.
fn only<T: PartialEq, R>(found: impl Iterator<Item = (T, R)>) -> Option<(T, R)> {
    let mut found = found;
    let first = found.next()?;
    found.all(|(value, _)| value == first.0).then_some(first)
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An age as a curator types it: whole years up to [`MAX_AGE`], or months (`7 months`).
///
/// # Errors
/// Says what was expected.
pub fn parse_age(text: &str) -> Result<String, String> {
    let text = collapse(text);
    if let Ok(years) = text.parse::<u32>()
        && years <= MAX_AGE
    {
        return Ok(years.to_string());
    }
    if let Some((count, unit)) = text.split_once(' ')
        && count.parse::<u32>().is_ok_and(|months| months <= 36)
        && matches!(unit, "month" | "months")
    {
        return Ok(text);
    }
    Err(format!("'{text}' is no age: expected whole years from 0 to {MAX_AGE}, or '7 months'"))
}

/// A sex as a curator types it, as `F` or `M`.
///
/// # Errors
/// Says what was expected.
pub fn parse_sex(text: &str) -> Result<String, String> {
    match text.trim().to_lowercase().as_str() {
        "f" | "female" | "woman" | "girl" => Ok("F".into()),
        "m" | "male" | "man" | "boy" => Ok("M".into()),
        other => Err(format!("'{other}' is no sex: expected F or M")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ages_and_sexes_as_papers_print_them() {
        for (text, age, sex) in [
            ("Chest CT of a 39-year-old man", Some(39), Some("M")),
            ("a 50 year-old female", Some(50), Some("F")),
            ("An 82‐year‑old woman.", Some(82), Some("F")),
            ("girl of 6 years of age", Some(6), Some("F")),
            ("scan (F, 45y)", Some(45), Some("F")),
            ("scan (45 y, M)", Some(45), Some("M")),
            ("a patient aged 61", Some(61), None),
            ("a 999-year-old man", None, Some("M")),
            ("a 30-year-old man and a 31-year-old woman", None, None),
            ("one year old study of 20 days", None, None),
        ] {
            let words = read(text);
            assert_eq!((words.age, words.sex), (age, sex), "{text}");
        }
    }

    #[test]
    fn names_are_kept_apart() {
        assert_eq!(read("CT of patient 2 on day 3").name.as_deref(), Some("Patient 2"));
        assert_eq!(read("(A) Case 3.").name.as_deref(), Some("Case 3"));
        assert_eq!(read("Case No. 4").name.as_deref(), Some("Case 4"));
        assert_eq!(read("case 1 and case 2").name, None);
        assert_eq!(read("a case of pneumonia in patients 30 years").name, None);
    }

    #[test]
    fn times_keep_the_words_of_the_text() {
        for (text, time) in [
            ("obtained on day 9 after onset of symptoms.", "day 9 after onset of symptoms"),
            ("scanned 11 days after the symptom onset.", "11 days after the symptom onset"),
            ("f Scan 6 days later", "6 days later"),
            ("scan of Mar 9, 2021.", "Mar 9, 2021"),
            ("first scan, on admission", "on admission"),
            ("scan of 2021.3.9", "2021.3.9"),
        ] {
            assert_eq!(read(text).time.as_deref(), Some(time), "{text}");
        }
        assert_eq!(read("on day 2 and on day 5").time, None);
    }

    #[test]
    fn typed_ages_and_sexes() {
        assert_eq!(parse_age(" 39 "), Ok("39".into()));
        assert_eq!(parse_age("7  months"), Ok("7 months".into()));
        assert!(parse_age("121").is_err());
        assert!(parse_age("old").is_err());
        assert_eq!(parse_sex("female"), Ok("F".into()));
        assert!(parse_sex("x").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let words = read(&text);
            prop_assert!(words.age.is_none_or(|age| age <= MAX_AGE));
            prop_assert!(text.contains(&words.span));
        }

        #[test]
        fn any_age_is_found(age in 0_u32..=MAX_AGE, female: bool) {
            let sex = if female { "woman" } else { "man" };
            let words = read(&format!("CT scan of a {age}-year-old {sex}, day 3"));
            prop_assert_eq!(words.age, Some(age));
            prop_assert_eq!(words.sex, Some(if female { "F" } else { "M" }));
        }

        #[test]
        fn typed_age_never_panics(text in "\\PC{0,12}") {
            if let Ok(age) = parse_age(&text) {
                prop_assert!(parse_age(&age) == Ok(age));
            }
        }
    }
}
