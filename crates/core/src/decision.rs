//! What curators decide, and the parts of a split.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{PanelBox, Symbol, string_enum, task};

/// A step of curation: a question of the task, or one of the two steps that every task may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The question `select`: is the picture wanted?
    Select,
    /// The question `diagnose`: what do the authors say that it shows?
    Diagnose,
    /// Which rectangles of it are single scans?
    Crop,
    /// Whose scan is it?
    Case,
    /// Any other question of a task, by its name.
    Question(Symbol),
}

impl Stage {
    /// Those of the task in force, in the order of the work.
    pub fn all() -> &'static [Self] {
        task::in_force().stages()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Diagnose => "diagnose",
            Self::Crop => "crop",
            Self::Case => "case",
            Self::Question(name) => name.as_str(),
        }
    }

    /// The stage of this name, whether the task in force has it or not.
    pub fn named(name: &str) -> Self {
        match name {
            "select" => Self::Select,
            "diagnose" => Self::Diagnose,
            "crop" => Self::Crop,
            "case" => Self::Case,
            _ => Self::Question(Symbol::new(name)),
        }
    }

    /// Whether answers of the task decide it: all but panels and cases.
    pub fn is_question(self) -> bool {
        !matches!(self, Self::Crop | Self::Case)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = String;

    /// A stage of the task in force.
    fn from_str(name: &str) -> Result<Self, String> {
        let stages = Self::all();
        let known = stages.iter().copied().find(|stage| stage.as_str() == name);
        known.ok_or_else(|| {
            let names: Vec<&str> = stages.iter().map(|stage| stage.as_str()).collect();
            format!("'{name}' is none of: {}", names.join(", "))
        })
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::named(&name))
    }
}

string_enum! {
    /// What a decision was read from.
    pub enum Evidence {
        Caption = "caption",
        Mention = "mention",
        Abstract = "abstract",
        Image = "image",
    }
}

string_enum! {
    pub enum Split {
        Train = "train",
        Val = "val",
        Test = "test",
    }
}

impl Split {
    /// As sentences have it: the training, validation or test split.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Val => "validation",
            Self::Test => "test",
        }
    }
}

/// What was decided. Its text form, used in the database and in `decisions.csv`, is plain words:
/// the answer's, `ct` or `covid`, boxes as `x,y,w,h` joined by `;` (empty for "no panels"), and for a case its
/// name, with ` @ ` and the scan's time where known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// The word of an answer to a question.
    Answer(Stage, Symbol),
    Crop(Vec<PanelBox>),
    Case {
        name: String,
        time: Option<String>,
    },
}

impl Value {
    /// The answer `word` to the question of `stage`.
    pub fn answer(stage: Stage, word: &str) -> Self {
        Self::Answer(stage, Symbol::new(word))
    }

    pub fn stage(&self) -> Stage {
        match self {
            Self::Answer(stage, _) => *stage,
            Self::Crop(_) => Stage::Crop,
            Self::Case { .. } => Stage::Case,
        }
    }

    /// The word of an answer.
    pub fn word(&self) -> Option<Symbol> {
        match self {
            Self::Answer(_, word) => Some(*word),
            Self::Crop(_) | Self::Case { .. } => None,
        }
    }

    /// What the task in force says of this answer; `None` of a word that it does not know, and of panels and cases.
    pub fn known(&self) -> Option<&'static task::Answer> {
        let Self::Answer(stage, word) = self else { return None };
        task::in_force().question(*stage)?.answer(*word)
    }

    /// Reads the text form as it was stored: an answer may be a word that the task in force does not know.
    ///
    /// # Errors
    /// Says what was expected of the stage.
    pub fn stored(stage: Stage, text: &str) -> Result<Self, String> {
        match stage {
            Stage::Crop if text.is_empty() => Ok(Self::Crop(Vec::new())),
            Stage::Crop => {
                text.split(';').map(PanelBox::from_str).collect::<Result<_, _>>().map(Self::Crop)
            }
            Stage::Case => {
                let (name, time) = match text.split_once(" @ ") {
                    Some((name, time)) => (name, Some(time.to_owned())),
                    None => (text, None),
                };
                if name.trim().is_empty() {
                    return Err("a case needs a name, such as 'Patient 1'".into());
                }
                Ok(Self::Case { name: name.into(), time })
            }
            _ if text.is_empty() => Err(format!("an answer to {stage} needs a word")),
            _ => Ok(Self::answer(stage, text)),
        }
    }

    /// Reads the text form of what the task in force can answer.
    ///
    /// # Errors
    /// Says what was expected of the stage.
    pub fn parse(stage: Stage, text: &str) -> Result<Self, String> {
        let value = Self::stored(stage, text)?;
        match &value {
            Self::Answer(stage, word) => match task::in_force().question(*stage) {
                None => Err(format!("the task {} asks no {stage}", task::in_force().name)),
                Some(question) if question.answer(*word).is_none() => {
                    Err(format!("'{word}' is none of: {}", question.words().join(", ")))
                }
                Some(_) => Ok(value),
            },
            _ => Ok(value),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(_, word) => word.fmt(f),
            Self::Crop(boxes) => {
                let boxes: Vec<String> = boxes.iter().map(ToString::to_string).collect();
                f.write_str(&boxes.join(";"))
            }
            Self::Case { name, time: None } => f.write_str(name),
            Self::Case { name, time: Some(time) } => write!(f, "{name} @ {time}"),
        }
    }
}
