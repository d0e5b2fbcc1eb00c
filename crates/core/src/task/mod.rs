//! The task: which question is put to the figures of papers, and what its answers mean.
//!
//! A task is a TOML file ([`read()`]). A process works on one ([`in_force`]): that of `--task`, of the workspace's `task.toml`,
//! else [`DEFAULT`], which is compiled in. [`template`] writes a new one.

mod faults;
mod pattern;
mod raw;
mod read;
mod template;

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use crate::{Label, Stage, Symbol, string_enum};

pub use faults::{Fault, TaskError};
pub use pattern::{Negation, Pattern, sentence_around};
pub use read::{parse, read};
pub use template::{Draft, DraftAnswer, template};

/// The task of covid-ct, as it stands in `tasks/covid-ct.toml`.
pub const DEFAULT: &str = include_str!("../../../../tasks/covid-ct.toml");

/// Its guideline.
const DEFAULT_GUIDELINE: &str = include_str!("../../../../annotations/GUIDELINE.md");

/// A task has at most as many classes.
pub const MAX_CLASSES: usize = 64;

/// What is asked of pictures and panels, and what becomes of the answers.
#[derive(Debug, Clone)]
pub struct Task {
    /// One word: `covid-ct`.
    pub name: String,
    pub title: String,
    /// What curators go by, in Markdown; empty where the task names no file.
    pub guideline: String,
    pub search: Search,
    pub queue: QueueRules,
    pub negation: Negation,
    /// In the order of their numbers; at least two.
    pub classes: Vec<Class>,
    positive: Label,
    /// In the order of the file.
    pub questions: Vec<Question>,
    /// Which rectangles are single scans; where it is not asked, a picture is its only panel.
    pub crop: Step,
    /// Whose scan a panel is.
    pub case: CaseRules,
    pub export: ExportWords,
    /// The published dataset that numbers are shown beside.
    pub compares_with: Option<Comparison>,
    stages: Vec<Stage>,
    selecting: Stage,
    classifying: Stage,
    /// The file as it was read.
    pub text: String,
    /// Of [`Task::text`] and the guideline, in hexadecimal.
    pub sha256: String,
}

/// What `fetch` looks for where the command line does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// `medrxiv`, `biorxiv`
    pub servers: Vec<String>,
    /// YYYY-MM-DD
    pub since: String,
    pub until: String,
    /// Words of title or abstract; of none any paper is wanted.
    pub keywords: Vec<String>,
    pub categories: Vec<String>,
}

/// Which pictures are asked about first, words aside.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRules {
    /// Points that words of a wanted answer in the caption give.
    pub words: u32,
    /// Points of a picture that has no colours.
    pub grey: u32,
    /// Points of a picture whose width by height is between these.
    pub aspect: u32,
    pub aspects: [f64; 2],
}

/// A class of the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// One word: `non-covid`.
    pub name: Symbol,
    /// As a heading has it: `Non-COVID`.
    pub title: String,
    /// As a sentence has it: `non-COVID`.
    pub noun: String,
    /// Folder of its pictures: `CT_NonCOVID`.
    pub folder: String,
    /// Folder of its lists: `NonCOVID`.
    pub list: String,
    /// In charts, as `#rrggbb`; empty where the page's own is taken.
    pub colour: String,
}

string_enum! {
    /// What a question is about.
    pub enum SubjectKind {
        /// A picture of a figure; what is said of a panel of it overrules what is said of the whole.
        Picture = "picture",
        /// Each panel by itself, once the picture is cropped.
        Panel = "panel",
    }
}

string_enum! {
    /// What words an answer rests on.
    pub enum EvidenceRule {
        /// The picture alone.
        None = "none",
        /// Words of the caption where they speak for it, else the picture; nobody is asked.
        Caption = "caption",
        /// The curator says which.
        Asked = "asked",
    }
}

string_enum! {
    /// A published dataset whose numbers are known.
    pub enum Comparison {
        /// Zhao et al., arXiv 2003.13865.
        CovidCt = "covid-ct",
    }
}

/// A question of the task.
#[derive(Debug, Clone)]
pub struct Question {
    pub stage: Stage,
    pub subject: SubjectKind,
    /// A sentence: `Is the picture a chest CT?`
    pub ask: String,
    /// The same as the full screen has it, where there is less room.
    pub short: String,
    /// What stands before the keys at a line prompt: `CT?`
    pub prompt: String,
    /// What `?` tells before the answers, and after them.
    pub about: String,
    pub note: String,
    pub evidence: EvidenceRule,
    pub answers: Vec<Answer>,
    pub sheet: Option<SheetWords>,
}

/// A contact sheet: many pictures at once, of which few are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetWords {
    /// The answer that a mark means.
    pub marked: Symbol,
    /// That of all others.
    pub others: Symbol,
    /// `a CT`
    pub one: String,
    /// `CTs`
    pub many: String,
}

/// An answer to a question.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
#[derive(Debug, Clone)]
pub struct Answer {
    pub key: char,
    /// As it is stored: `not-ct`.
    pub word: Symbol,
    /// As the screen has it: `not CT`.
    pub label: String,
    /// In the line that explains the keys.
    pub says: String,
    /// What it means, in a line or several.
    pub help: String,
    pub class: Option<Label>,
    /// Whether the picture is wanted.
    pub keeps: bool,
    /// Whether the picture or panel enters no dataset.
    pub drops: bool,
    /// Whether it is neither, so that somebody else should look.
    pub is_unsure: bool,
    /// The words that speak for it.
    pub words: Option<Pattern>,
    /// Whether the screen sets its words off.
    pub is_marked: bool,
}

/// A step that is no question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub is_asked: bool,
    pub ask: String,
}

/// Whose scan a panel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRules {
    pub is_asked: bool,
    pub ask: String,
    pub fields: Vec<CaseField>,
}

string_enum! {
    /// What is asked of a case beside its name.
    pub enum CaseField {
        Age = "age",
        Sex = "sex",
        Time = "time",
    }
}

/// What an export calls things.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportWords {
    /// Of the dataset: `Chest CTs from preprints, COVID-19 and other`.
    pub title: String,
    /// One word, of Croissant.
    pub name: String,
    /// The table of what is told of panels, without its extension.
    pub meta_info: String,
    /// One sentence, of Croissant.
    pub description: String,
    /// Paragraphs at the beginning of the card.
    pub about: String,
    /// What is taken out of figures: `CT scans of the chest`.
    pub what: String,
    /// What curators decide: `which are CTs of the chest, ...`
    pub decisions: String,
    pub activity: String,
    pub keywords: Vec<String>,
    /// Tags of the Hugging Face Hub.
    pub tags: Vec<String>,
    /// How curators decide, a sentence or two each.
    pub annotation: Vec<String>,
    /// The stages, in words.
    pub stages: String,
    /// What a network should learn from: `the lungs`.
    pub shown: String,
    /// What the pictures do not tell, a sentence each: of the card, and of Croissant.
    pub limits: Vec<String>,
    pub limitations: Vec<String>,
    pub url: String,
    /// Whom to cite beside the papers: one line, and BibTeX.
    pub cite: String,
    pub bibtex: String,
}

impl Task {
    /// The stages in the order of the work: questions about pictures, panels, questions about panels, cases.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    pub fn question(&self, stage: Stage) -> Option<&Question> {
        self.questions.iter().find(|question| question.stage == stage)
    }

    /// The question that says which pictures are wanted.
    pub fn selecting(&self) -> Stage {
        self.selecting
    }

    /// The question that puts panels into classes.
    pub fn classifying(&self) -> Stage {
        self.classifying
    }

    /// The questions that neither select nor classify: columns of an export.
    pub fn further_questions(&self) -> impl Iterator<Item = &Question> {
        let is_further = |q: &&Question| q.stage != self.selecting && q.stage != self.classifying;
        self.questions.iter().filter(is_further)
    }

    pub fn positive(&self) -> Label {
        self.positive
    }

    /// Of two classes the one that is not the positive one.
    pub fn negative(&self) -> Option<Label> {
        (self.classes.len() == 2).then(|| Label::nth(1 - self.positive.index()))
    }

    /// Whether it is what is compiled in, unchanged.
    pub fn is_default(&self) -> bool {
        self.sha256 == built_in().sha256
    }

    /// The class that an answer puts a panel in.
    pub fn class_of(&self, word: Symbol) -> Option<Label> {
        self.question(self.classifying)?.answer(word)?.class
    }

    /// Answers whose words are set off on the screen, in the order of the file.
    pub fn marked_answers(&self) -> impl Iterator<Item = &Answer> {
        self.questions.iter().flat_map(|q| &q.answers).filter(|answer| answer.is_marked)
    }
}

impl Question {
    pub fn answer(&self, word: Symbol) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.word == word)
    }

    /// The answer of a key, or of a word as it is stored.
    pub fn typed(&self, text: &str) -> Option<&Answer> {
        let is_key = |answer: &&Answer| text.chars().eq([answer.key]) || answer.word == *text;
        self.answers.iter().find(is_key)
    }

    pub fn of_key(&self, key: char) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.key == key)
    }

    pub fn words(&self) -> Vec<&'static str> {
        self.answers.iter().map(|answer| answer.word.as_str()).collect()
    }

    /// `c/n/m`
    pub fn keys(&self) -> String {
        let keys: Vec<String> = self.answers.iter().map(|answer| answer.key.to_string()).collect();
        keys.join("/")
    }

    /// `c (CT), n (not CT) or m (maybe)`
    pub fn keys_in_words(&self) -> String {
        let told = |answer: &Answer| format!("{} ({})", answer.key, answer.label);
        let told: Vec<String> = self.answers.iter().map(told).collect();
        match told.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// What `?` tells of it: a line an answer, further lines of it set in.
    pub fn help(&self) -> String {
        let of_answer = |answer: &Answer| {
            let line = |(at, line): (usize, &str)| {
                let key = if at == 0 { answer.key } else { ' ' };
                format!("  {key}  {line}\n")
            };
            answer.help.lines().enumerate().map(line).collect::<String>()
        };
        let answers: String = self.answers.iter().map(of_answer).collect();
        format!("{}\n{answers}", self.about)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, &self.sha256[..12])
    }
}

static BUILT_IN: LazyLock<Task> = LazyLock::new(|| {
    // Its test reads it.
    parse(DEFAULT, DEFAULT_GUIDELINE).unwrap_or_else(|faults| panic!("{faults:?}"))
});

static IN_FORCE: OnceLock<Task> = OnceLock::new();

/// The task that is compiled in: covid-ct.
pub fn built_in() -> &'static Task {
    &BUILT_IN
}

/// The task that this process works on. A program says which before anything asks ([`take`]); else it is what is compiled in.
pub fn in_force() -> &'static Task {
    IN_FORCE.get().unwrap_or(&BUILT_IN)
}

/// Has this process work on `task`.
///
/// # Errors
/// The task itself, where another was taken before.
pub fn take(task: Task) -> Result<(), Box<Task>> {
    IN_FORCE.set(task).map_err(Box::new)
}

#[cfg(test)]
mod tests;
