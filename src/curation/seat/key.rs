//! What a question is called between a page and a seat.

use std::fmt;
use std::str::FromStr;

use crate::store::Subject;
use covid_ct_core::Stage;

/// Written `stage/kind/image/panel`, with 0 for no panel; `nothing` where nothing is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub stage: Option<Stage>,
    pub kind: &'static str,
    pub image: i64,
    pub panel: Option<i64>,
}

const KINDS: [&str; 6] = ["select", "sheet", "classify", "crop", "case", "dispute"];

impl Key {
    pub const NOTHING: Self = Self { stage: None, kind: "", image: 0, panel: None };

    pub fn subject(&self) -> Subject {
        Subject { image: self.image, panel: self.panel }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stage {
            None => f.write_str("nothing"),
            Some(stage) => {
                write!(f, "{stage}/{}/{}/{}", self.kind, self.image, self.panel.unwrap_or(0))
            }
        }
    }
}

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split('/').collect();
        let [stage, kind, image, panel] = parts[..] else {
            return if text == "nothing" { Ok(Self::NOTHING) } else { Err(()) };
        };
        let kind = KINDS.into_iter().find(|known| *known == kind).ok_or(())?;
        let number = |text: &str| text.parse::<i64>().map_err(drop);
        let panel = Some(number(panel)?).filter(|panel| *panel != 0);
        Ok(Self { stage: Some(stage.parse().map_err(drop)?), kind, image: number(image)?, panel })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back() {
        for text in [
            "select/select/3/0",
            "diagnose/crop/3/0",
            "diagnose/classify/3/9",
            "case/case/3/9",
            "nothing",
        ] {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()), Ok(text.to_owned()));
        }
        for wrong in ["", "select", "select/x/3/0", "select/select/../0", "select/select/3/0/1"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong}");
        }
    }
}
