//! What is told of each picture, in every format: one list of fields with one name and one type each.
//!
//! A field of text is empty where nothing is known, never missing; a number that may be unknown is missing then,
//! where the format has a word for that (Parquet), and an empty text where it has none (JSON).

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use super::items::Written;
use super::options::Classes;
use crate::figures::sub_captions;
use crate::task;

/// One field of what is told of a picture.
pub struct Field {
    pub name: &'static str,
    /// What it is, for the Croissant metadata.
    pub what: &'static str,
    pub value: Value,
}

/// How a field's value is had, and so its type.
pub enum Value {
    Text(fn(&Written) -> String),
    /// The answer to a further question of the task, by its name; empty where there is none.
    Answer(&'static str),
    Number(fn(&Written) -> i64),
    /// A number that may be unknown.
    MaybeNumber(fn(&Written) -> Option<i64>),
    /// Between 0 and 1.
    Share(fn(&Written) -> f64),
    Truth(fn(&Written) -> bool),
}

/// The field that tells the part of the split.
pub const PART: &str = "part";

/// Fields of a panel beside its picture and its class: those of any task, then a field a further question.
pub fn of_panels() -> &'static [Field] {
    static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
        let further = task::in_force().further_questions().map(|question| Field {
            name: question.stage.as_str(),
            what: &question.ask,
            value: Value::Answer(question.stage.as_str()),
        });
        OF_PANELS.into_iter().chain(further).collect()
    });
    &FIELDS
}

/// What was answered to a further question.
pub fn answer(told: &Written, question: &str) -> String {
    told.row.answers.get(question).cloned().unwrap_or_default()
}

const OF_PANELS: [Field; 32] = [
    text("name", "Name of the picture, the same in every format", |w| w.row.name.clone()),
    text(PART, "Split: train, val or test", |w| w.row.part.clone()),
    text("patient", "The paper and the patient in it; empty where no patient is told", |w| {
        w.row.patient.clone()
    }),
    maybe("age", "Age of the patient in whole years, where the paper tells it so", |w| {
        years(&w.row.age)
    }),
    text("age_told", "Age of the patient in the words of the paper", |w| w.row.age.clone()),
    text("sex", "Sex of the patient, as the paper tells it", |w| w.row.sex.clone()),
    text("location", "Where the patient is from or was treated", |w| w.row.location.clone()),
    text("medical_history", "The patient's earlier diseases", |w| w.row.medical_history.clone()),
    text("time", "When the scan was taken, as the paper tells it", |w| w.row.time.clone()),
    text("severity", "How ill the patient was", |w| w.row.severity.clone()),
    text("other_diseases", "The patient's other diseases", |w| w.row.other_diseases.clone()),
    text("caption", "Caption of the figure, as printed", |w| w.texts.caption.clone()),
    text("sub_caption", "What the caption says of this panel's letter", sub_caption),
    text("citing_sentences", "Sentences of the paper that cite the figure, one a line", citing),
    text("preprint", "The paper, by the name that its files have", |w| w.row.preprint.clone()),
    text("version", "Version of the paper", |w| w.row.version.clone()),
    text("doi", "DOI of the paper", |w| w.row.doi.clone()),
    number("page", "Page of the PDF, from 1", page),
    maybe("xref", "Number of the picture's object in the PDF", xref),
    text("origin", "How the picture came out of the PDF", |w| w.row.origin.clone()),
    text("crop", "What was cut out of the picture on the page: x,y,w,h in pixels", |w| {
        w.row.crop.clone()
    }),
    text("letter", "Letter of the panel in its figure", |w| w.row.letter.clone()),
    text("figure", "Label of the figure", |w| w.row.figure.clone()),
    text("licence", "Licence of the paper, and so of the picture", |w| w.row.licence.clone()),
    number("width", "Width of the picture in pixels", width),
    number("height", "Height of the picture in pixels", height),
    text("sha256", "SHA-256 of the picture's bytes", |w| w.row.sha256.clone()),
    text("image_sha256", "SHA-256 of the picture on the page", |w| w.row.image_sha256.clone()),
    text("document_sha256", "SHA-256 of the PDF", |w| w.row.document_sha256.clone()),
    text("decisions", "The decisions that it rests on: stage:curator@time", |w| {
        w.row.decisions.clone()
    }),
    text("decision_ids", "These decisions by what they say", |w| w.row.decision_ids.clone()),
    text("split_how", "How the split was made: JSON", |w| w.row.split_how.clone()),
];

/// Fields of a figure beside its picture.
pub const OF_FIGURES: [Field; 21] = [
    text("name", "Name of the picture, the same in every format", |w| w.row.name.clone()),
    text("figure", "Label of the figure; empty where the paper gives it none", |w| {
        w.row.figure.clone()
    }),
    text("kind", "figure or supplementary", |w| w.row.kind.clone()),
    text("caption", "Caption of the figure, as printed", |w| w.texts.caption.clone()),
    text(
        "sub_captions",
        "What the caption says of each panel: a JSON list of letter and text",
        |w| sub_captions_json(&w.texts.caption),
    ),
    text("citing_sentences", "Sentences of the paper that cite the figure, one a line", citing),
    text("title", "Title of the paper", |w| w.texts.title.clone()),
    text("preprint", "The paper, by the name that its files have", |w| w.row.preprint.clone()),
    text("version", "Version of the paper", |w| w.row.version.clone()),
    text("doi", "DOI of the paper", |w| w.row.doi.clone()),
    number("page", "Page of the PDF, from 1", page),
    maybe("xref", "Number of the picture's object in the PDF; none of a rendering", xref),
    text("origin", "How the picture came out of the PDF; rendered: the figure as printed", |w| {
        w.row.origin.clone()
    }),
    Field {
        name: "pairing_confidence",
        what: "How sure it is that caption and picture belong together, 0 to 1",
        value: Value::Share(|w| w.texts.confidence),
    },
    text("licence", "Licence of the paper, and so of the figure", |w| w.row.licence.clone()),
    Field {
        name: "may_be_rehosted",
        what: "Whether the licence lets anybody re-host the picture, at least without commerce",
        value: Value::Truth(|w| w.row.is_open()),
    },
    number("width", "Width of the picture in pixels", width),
    number("height", "Height of the picture in pixels", height),
    text("sha256", "SHA-256 of the picture's bytes", |w| w.row.sha256.clone()),
    text("image_sha256", "SHA-256 of the picture on the page", |w| w.row.image_sha256.clone()),
    text("document_sha256", "SHA-256 of the PDF", |w| w.row.document_sha256.clone()),
];

const fn text(name: &'static str, what: &'static str, value: fn(&Written) -> String) -> Field {
    Field { name, what, value: Value::Text(value) }
}

const fn number(name: &'static str, what: &'static str, value: fn(&Written) -> i64) -> Field {
    Field { name, what, value: Value::Number(value) }
}

const fn maybe(
    name: &'static str,
    what: &'static str,
    value: fn(&Written) -> Option<i64>,
) -> Field {
    Field { name, what, value: Value::MaybeNumber(value) }
}

/// The class of a picture under the name that the dataset gives it.
pub fn class<'a>(written: &Written, classes: &'a Classes) -> &'a str {
    written.label.map_or("", |label| classes.name(label))
}

/// A field as JSON has it: never `null`. Hugging Face `datasets` 5.2 takes the types of a `WebDataset` from the first
/// five samples, and "couldn't cast" a number to the `null` that it found there.
pub fn as_json(fields: &[Field], told: &Written) -> Map<String, Json> {
    let value = |field: &Field| match field.value {
        Value::Text(text) => json!(text(told)),
        Value::Answer(question) => json!(answer(told, question)),
        Value::Number(number) => json!(number(told)),
        Value::MaybeNumber(number) => {
            json!(number(told).map(|number| number.to_string()).unwrap_or_default())
        }
        Value::Share(share) => json!(share(told)),
        Value::Truth(truth) => json!(truth(told)),
    };
    fields.iter().map(|field| (field.name.to_owned(), value(field))).collect()
}

impl Value {
    /// The type, as Hugging Face `datasets` names it.
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Answer(_) => "string",
            Self::Number(_) | Self::MaybeNumber(_) => "int64",
            Self::Share(_) => "float64",
            Self::Truth(_) => "bool",
        }
    }

    /// The type that it has in the JSON of [`as_json`].
    pub fn json_dtype(&self) -> &'static str {
        if matches!(self, Self::MaybeNumber(_)) { "string" } else { self.dtype() }
    }
}

/// The whole years that an age tells, as `45`, `45 years` and `45-year-old` do; `None` of spans, months and the like.
fn years(told: &str) -> Option<i64> {
    let told = told.trim().to_lowercase();
    let digits = told.find(|c: char| !c.is_ascii_digit()).unwrap_or(told.len());
    let (number, unit) = told.split_at(digits);
    let unit = unit.replace(['-', '.'], " ");
    let unit = unit.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_years = ["", "y", "yo", "y o", "yr", "yrs", "year", "years", "year old", "years old"]
        .contains(&&*unit);
    number.parse().ok().filter(|_| is_years)
}

pub fn sub_caption(written: &Written) -> String {
    let letter = &written.row.letter;
    let of_letter = |sub: &crate::figures::SubCaption| sub.letter.eq_ignore_ascii_case(letter);
    let subs = if letter.is_empty() { Vec::new() } else { sub_captions(&written.texts.caption) };
    subs.into_iter().find(of_letter).map(|sub| sub.text).unwrap_or_default()
}

fn sub_captions_json(caption: &str) -> String {
    let subs = sub_captions(caption);
    let subs: Vec<Json> =
        subs.iter().map(|sub| json!({ "letter": sub.letter, "text": sub.text })).collect();
    json!(subs).to_string()
}

pub fn citing(written: &Written) -> String {
    written.texts.citing_sentences.join("\n")
}

fn page(written: &Written) -> i64 {
    written.row.page.unwrap_or(1).into()
}

fn xref(written: &Written) -> Option<i64> {
    written.row.xref.map(Into::into)
}

fn width(written: &Written) -> i64 {
    written.row.width.unwrap_or_default().into()
}

fn height(written: &Written) -> i64 {
    written.row.height.unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::export::items::Texts;

    #[test]
    fn only_whole_years_are_an_age() {
        for (told, expected) in [
            ("45", Some(45)),
            (" 45 years ", Some(45)),
            ("45-year-old", Some(45)),
            ("45 y.o.", Some(45)),
            ("", None),
            ("40-50", None),
            ("6 months", None),
            ("45; 46", None),
            ("45.5", None),
            ("forties", None),
        ] {
            assert_eq!(years(told), expected, "{told:?}");
        }
    }

    #[test]
    fn json_has_a_value_of_one_type_for_every_field_whatever_is_known() {
        let kind = |value: &Json| (value.is_string(), value.is_number(), value.is_boolean());
        let mut full = Written::default();
        full.row.xref = Some(7);
        full.row.age = "45".into();
        for fields in [of_panels(), &OF_FIGURES[..]] {
            let (empty, full) = (as_json(fields, &Written::default()), as_json(fields, &full));
            for (name, value) in &full {
                assert_eq!(kind(value), kind(&empty[name]), "{name}");
                assert!(!empty[name].is_null(), "{name}");
            }
        }
    }

    #[test]
    fn a_panel_has_the_words_on_its_letter() {
        let texts = Texts { caption: "CT. (A) First. (B) Second.".into(), ..Texts::default() };
        let mut panel = Written { texts, ..Written::default() };
        assert_eq!(sub_caption(&panel), "");
        panel.row.letter = "B".into();
        assert!(sub_caption(&panel).contains("Second"), "{}", sub_caption(&panel));
        let subs: Json =
            serde_json::from_str(&sub_captions_json(&panel.texts.caption)).expect("JSON");
        assert_eq!(subs[0]["letter"], "A");
    }
}
