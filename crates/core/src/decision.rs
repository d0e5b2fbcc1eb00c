//! What curators decide, and the parts of a split.

use std::fmt;
use std::str::FromStr;

use crate::{PanelBox, string_enum};

string_enum! {
    /// A step of curation.
    pub enum Stage {
        /// Is the picture a CT?
        Select = "select",
        /// Does it show COVID-19?
        Diagnose = "diagnose",
        /// Which rectangles of it are single scans?
        Crop = "crop",
        /// Whose scan is it?
        Case = "case",
    }
}

string_enum! {
    pub enum Selection {
        Ct = "ct",
        NotCt = "not-ct",
        Unsure = "unsure",
    }
}

string_enum! {
    pub enum Diagnosis {
        Covid = "covid",
        NonCovid = "non-covid",
        Uncertain = "uncertain",
        /// A CT that must not enter a dataset: a drawing over it, a phantom, a CT of something else.
        Exclude = "exclude",
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
    pub enum Part {
        Train = "train",
        Val = "val",
        Test = "test",
    }
}

/// What was decided. Its text form, used in the database and in `decisions.csv`, is plain words:
/// `ct`, `covid`, boxes as `x,y,w,h` joined by `;` (empty for "no panels"), and for a case its
/// name, with ` @ ` and the scan's time where known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    Select(Selection),
    Diagnose(Diagnosis),
    Crop(Vec<PanelBox>),
    Case { name: String, time: Option<String> },
}

impl Value {
    pub fn stage(&self) -> Stage {
        match self {
            Self::Select(_) => Stage::Select,
            Self::Diagnose(_) => Stage::Diagnose,
            Self::Crop(_) => Stage::Crop,
            Self::Case { .. } => Stage::Case,
        }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// Says what was expected of the stage.
    pub fn parse(stage: Stage, text: &str) -> std::result::Result<Self, String> {
        match stage {
            Stage::Select => text.parse().map(Self::Select),
            Stage::Diagnose => text.parse().map(Self::Diagnose),
            Stage::Crop if text.is_empty() => Ok(Self::Crop(Vec::new())),
            Stage::Crop => text
                .split(';')
                .map(PanelBox::from_str)
                .collect::<std::result::Result<_, _>>()
                .map(Self::Crop),
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
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(selection) => selection.fmt(f),
            Self::Diagnose(diagnosis) => diagnosis.fmt(f),
            Self::Crop(boxes) => {
                let boxes: Vec<String> = boxes.iter().map(ToString::to_string).collect();
                f.write_str(&boxes.join(";"))
            }
            Self::Case { name, time: None } => f.write_str(name),
            Self::Case { name, time: Some(time) } => write!(f, "{name} @ {time}"),
        }
    }
}
