//! A task file as TOML has it: which keys there are, and where what stands.

use serde::Deserialize;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTask {
    pub name: Spanned<String>,
    pub title: String,
    pub guideline: Option<Spanned<String>>,
    pub positive: Option<Spanned<String>>,
    pub compares_with: Option<Spanned<String>>,
    #[serde(default)]
    pub search: RawSearch,
    #[serde(default)]
    pub queue: RawQueue,
    #[serde(default)]
    pub negation: RawNegation,
    #[serde(rename = "class")]
    pub classes: Vec<Spanned<RawClass>>,
    #[serde(rename = "question")]
    pub questions: Vec<Spanned<RawQuestion>>,
    #[serde(default)]
    pub crop: RawStep,
    #[serde(default)]
    pub case: RawCase,
    #[serde(default)]
    pub export: RawExport,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSearch {
    pub servers: Option<Vec<Spanned<String>>>,
    pub since: Option<Spanned<String>>,
    pub until: Option<Spanned<String>>,
    pub keywords: Vec<Spanned<String>>,
    pub categories: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawQueue {
    pub words: u32,
    pub grey: u32,
    pub aspect: u32,
    pub aspects: Spanned<[f64; 2]>,
}

impl Default for RawQueue {
    fn default() -> Self {
        Self { words: 4, grey: 0, aspect: 1, aspects: Spanned::new(0..0, [0.4, 2.6]) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawNegation {
    pub before: Option<Spanned<String>>,
    pub after: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClass {
    pub name: Spanned<String>,
    pub title: Option<String>,
    pub noun: Option<String>,
    pub folder: Option<Spanned<String>>,
    pub list: Option<Spanned<String>>,
    pub colour: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuestion {
    pub name: Spanned<String>,
    pub subject: Option<Spanned<String>>,
    pub ask: String,
    pub short: Option<String>,
    pub prompt: Option<String>,
    pub about: Option<String>,
    pub note: Option<String>,
    pub evidence: Option<Spanned<String>>,
    #[serde(rename = "answer")]
    pub answers: Vec<Spanned<RawAnswer>>,
    pub sheet: Option<RawSheet>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSheet {
    pub marked: Spanned<String>,
    pub others: Spanned<String>,
    pub one: String,
    pub many: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAnswer {
    pub key: Spanned<String>,
    pub word: Spanned<String>,
    pub label: Option<String>,
    pub says: Option<String>,
    pub help: Option<String>,
    pub class: Option<Spanned<String>>,
    pub keep: Option<Spanned<bool>>,
    #[serde(default)]
    pub unsure: bool,
    #[serde(default)]
    pub words: Vec<Spanned<String>>,
    #[serde(default)]
    pub even_negated: bool,
    #[serde(default)]
    pub mark: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStep {
    pub asked: Option<bool>,
    pub ask: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawCase {
    pub asked: Option<bool>,
    pub ask: Option<String>,
    pub fields: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawExport {
    pub title: Option<String>,
    pub name: Option<Spanned<String>>,
    pub meta_info: Option<Spanned<String>>,
    pub description: Option<String>,
    pub about: Option<String>,
    pub what: Option<String>,
    pub decisions: Option<String>,
    pub activity: Option<String>,
    pub keywords: Option<Vec<String>>,
    pub tags: Option<Vec<String>>,
    pub annotation: Option<Vec<String>>,
    pub stages: Option<String>,
    pub shown: Option<String>,
    pub limits: Option<Vec<String>>,
    pub limitations: Option<Vec<String>>,
    pub url: Option<String>,
    pub cite: Option<String>,
    pub bibtex: Option<String>,
}
