//! What a curator's page says and is told. All of it is data: nothing in it is a path, and texts are texts.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::task;
use covid_ct_core::{Evidence, Stage, Symbol};

/// `x, y, w, h` in pixels of the picture, from its top left corner.
pub type Bounds = [u32; 4];

/// What is said of a question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// [`View::basis`] of what the curator saw.
    pub basis: i64,
    /// [`View::key`] of what the curator saw.
    pub key: String,
    /// Kept with the decision.
    #[serde(default)]
    pub note: String,
    pub action: Action,
}

/// What a curator does. Boxes are in pixels of the picture, from its top left corner; ids are those of the
/// database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Answers with a key alone.
    Select {
        #[serde(deserialize_with = "word")]
        value: Symbol,
    },
    /// Says which pictures of a sheet are marked; `turned` are those whose marks the curator changed.
    Sheet {
        images: Vec<i64>,
        marked: Vec<i64>,
        turned: Vec<i64>,
    },
    /// Asks about sheets of pictures, or one by one.
    Batch {
        on: bool,
    },
    /// Leaves what is in force as it is; what was taken back is said again.
    Keep,
    /// Answers of the picture, or of one panel of it, and by which words, as they are typed at the prompt: `caption WORDS`,
    /// `mention 2 WORDS`, `abstract WORDS`, `image`. Where the question asks for none, they are not looked at.
    Classify {
        panel: Option<i64>,
        #[serde(deserialize_with = "word")]
        value: Symbol,
        words: String,
    },
    /// Crops the picture before the question is answered.
    CropFirst,
    /// Shows the panels after these edits, from what was first shown. Stores nothing.
    Edit {
        edits: Vec<String>,
    },
    /// Stores the panels after these edits, with what speaks against them told first, unless `certain`.
    Crop {
        edits: Vec<String>,
        certain: bool,
    },
    /// Shows what is known of the patient of this name. Stores nothing.
    Patient {
        name: String,
    },
    /// Says whose scan it is; with `all`, of all panels of the picture that are left.
    Case {
        name: String,
        age: String,
        sex: String,
        time: String,
        all: bool,
    },
    /// Says of panels of the paper whose scans they are, each at the time proposed for it.
    Group {
        panels: Vec<i64>,
        name: String,
    },
    /// Takes a reading of what is disputed, counted from 0, with what speaks against it told first, unless
    /// `certain`.
    Settle {
        reading: usize,
        certain: bool,
    },
    /// Takes no reading: asks the stage's own question.
    Anew,
    Skip,
    Undo,
    /// Shows everything that was decided about the picture. Stores nothing.
    History,
}

/// What came of a [`Request`].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reply {
    /// What was done, in words.
    pub told: String,
    /// Why nothing was done, in words; empty where something was.
    pub refused: String,
    /// What speaks against an answer, a sentence each: nothing was stored.
    pub doubts: Vec<String>,
    /// What is asked now; `None` where the question stays.
    pub view: Option<View>,
    /// The panels after edits.
    pub panels: Option<Vec<Panel>>,
    /// What is known of a patient.
    pub patient: Option<Patient>,
    /// A line each, oldest first.
    pub history: Option<Vec<String>>,
}

/// What is asked, with all that is shown of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    pub curator: String,
    /// Names the question: an answer says it again.
    pub key: String,
    /// The newest decision there was: an answer says it again, so that it is stored once however often it
    /// arrives.
    pub basis: i64,
    /// `None` where nothing is left.
    pub stage: Option<Stage>,
    pub question: String,
    /// How many are decided, and how many there are in all.
    pub done: usize,
    pub total: usize,
    /// Decisions of this session that stand.
    pub decided: usize,
    pub batch: bool,
    /// What of the stage nobody is asked about; why nothing is left. A sentence each.
    pub told: Vec<String>,
    pub shown: Option<Shown>,
    /// `image.id` of the pictures that come next.
    pub ahead: Vec<i64>,
}

/// A picture and the words around it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    pub picture: Picture,
    pub paper: Vec<(String, String)>,
    pub figure: String,
    pub caption: Vec<Words>,
    pub mentions: Vec<Mention>,
    pub abstract_text: Vec<Words>,
    /// The other pictures of the figure, with what the curator said of them.
    pub neighbours: Vec<Neighbour>,
    /// Whether more of the figure is printed than the picture shows.
    pub more_printed: bool,
    /// What was said of it before, and what Enter does with it.
    pub earlier: Vec<(String, String)>,
    pub enter: Option<String>,
    pub asked: Asked,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// `image.id`
    pub id: i64,
    pub width: u32,
    pub height: u32,
    /// `page 3, xref 8, name.png`
    pub told: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    pub picture: Picture,
    pub decided: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mention {
    pub page: u32,
    pub text: Vec<Words>,
}

/// A part of a text; all parts together are the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    pub text: String,
    /// `words1` to `words4` where it speaks for the first, second, .. answer whose words are set off, after the fourth from
    /// the first again; else empty.
    pub kind: &'static str,
}

/// What is asked of a picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Asked {
    Select {
        answers: Vec<Answer>,
        /// What a sheet of such pictures is about, where there are sheets.
        sheet: Option<Marking>,
    },
    Sheet {
        marking: Marking,
        tiles: Vec<Tile>,
    },
    Classify {
        answers: Vec<Answer>,
        /// Whether an answer is sent with words that it rests on.
        by_words: bool,
        /// The panel that the question is about; `None` where it is about the picture.
        about: Option<Panel>,
        /// Those of the picture that may be asked about one by one.
        panels: Vec<Panel>,
        /// What may be quoted for each answer, the proposed first; by panel where something was said of it.
        quotes: Vec<Quotes>,
        can_crop: bool,
        /// The panel to begin with, from 0.
        first: Option<usize>,
    },
    Crop {
        panels: Vec<Panel>,
        /// Letters and sub-captions that the caption names.
        named: Vec<(String, String)>,
        /// Why the pixels cannot be looked at.
        problem: String,
    },
    Case {
        patient: Patient,
        /// The patient of the panel before.
        previous: Option<String>,
        /// `panel.id` of the one asked about.
        panel: i64,
        /// Panels of its picture that are asked about, this one included.
        of_picture: usize,
        /// All of the paper.
        panels: Vec<PaperPanel>,
    },
    Dispute {
        readings: Vec<Reading>,
        /// The panel it is about.
        panel: Option<Panel>,
    },
}

/// An answer to a question of the task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub key: char,
    /// As it is to be sent.
    pub word: Symbol,
    pub label: &'static str,
    /// What it means, in a line or several.
    pub help: &'static str,
}

/// What a mark on a sheet means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marking {
    /// Labels of the answers of marked pictures, and of all others.
    pub marked: &'static str,
    pub others: &'static str,
    /// `a CT`, `CTs`
    pub one: &'static str,
    pub many: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    pub picture: Picture,
    pub caption: String,
    /// Whether it was marked before.
    pub marked: bool,
    /// The label of what else was said before; empty where it was what a sheet says, or nothing.
    pub said: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quotes {
    /// `panel.id`; `None` of the picture.
    pub panel: Option<i64>,
    /// The word of the answer.
    pub answer: Symbol,
    pub quotes: Vec<Quoted>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quoted {
    /// As it is typed, and as it is to be sent.
    pub typed: String,
    pub source: Option<Evidence>,
    pub span: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    /// `panel.id`; 0 of one that is not stored.
    pub id: i64,
    /// From 1.
    pub number: usize,
    pub bounds: Bounds,
    pub letter: String,
    pub sub_caption: String,
    pub proposed: bool,
}

/// A panel of the paper whose cases are asked about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PaperPanel {
    pub panel: Panel,
    pub picture: Picture,
    /// Empty where nobody was named.
    pub patient: String,
    pub time: String,
    /// Whether it is still asked about.
    pub open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Patient {
    pub name: String,
    pub age: String,
    pub sex: String,
    pub time: String,
    /// Which of these may be changed: of the patient of the panel before, the time alone.
    pub fields: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    pub told: String,
    pub span: String,
    pub boxes: Vec<Bounds>,
}

/// A word of an answer that the task in force knows.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Symbol, D::Error> {
    let word = String::deserialize(deserializer)?;
    let answers = task::in_force().questions.iter().flat_map(|question| &question.answers);
    let mut words = answers.map(|answer| answer.word);
    // What a stranger sends is not kept for good, as a `Symbol` is.
    words.find(|known| *known == *word).ok_or_else(|| D::Error::custom("no answer of the task"))
}
