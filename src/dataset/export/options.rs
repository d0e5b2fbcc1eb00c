//! How a dataset is to be written.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use covid_ct_core::string_enum;

use covid_ct_core::Label;

/// Side of the scaled pictures, in pixels: what the paper's networks take.
pub const SIDE: u32 = 224;

string_enum! {
    pub enum Format {
        /// The layout COVID-CT was published in.
        CovidCt = "covid-ct",
        /// Hugging Face `imagefolder`: a folder a part and class, `metadata.parquet` in each part.
        ImageFolder = "imagefolder",
        /// Tar shards as the `webdataset` library reads them.
        WebDataset = "webdataset",
        /// Parquet files with the pictures in them, as Hugging Face `datasets` reads them.
        Parquet = "parquet",
    }
}

impl Format {
    /// Whether classes have names of their own in it.
    pub fn names_classes(self) -> bool {
        self != Self::CovidCt
    }

    /// Whether figures as a whole can be written in it, which have no class and no part.
    pub fn holds_figures(self) -> bool {
        matches!(self, Self::WebDataset | Self::Parquet)
    }
}

/// Which licences a picture may be under to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hosting {
    #[default]
    Any,
    /// Those that let anybody re-host it; the others go into the recipe.
    Open,
}

/// The size of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// As in the PDF.
    #[default]
    Native,
    /// [`SIDE`] x [`SIDE`] pixels, whatever the shape, as the paper's networks are fed.
    Square,
}

/// Options of an export.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    pub format: Format,
    /// Whether figures as a whole are written, not the panels of a split.
    pub figures: bool,
    pub classes: Classes,
    pub hosting: Hosting,
    pub size: Size,
    /// Whether to go on where a class has become empty in a part.
    pub allow_empty: bool,
    /// Threads; `None` is as many as there are processors.
    pub jobs: Option<usize>,
    /// Set, it ends the export, which leaves nothing behind.
    pub stop: Option<&'a AtomicBool>,
}

impl Options<'_> {
    pub fn new(format: Format) -> Self {
        Self {
            format,
            figures: false,
            classes: Classes::default(),
            hosting: Hosting::default(),
            size: Size::default(),
            allow_empty: false,
            jobs: None,
            stop: None,
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// The classes to write, in the order of their numbers, and their names. The default is all of the task
/// in its order; of covid-ct COVID (0) and non-COVID (1), as the published loader numbers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes(Vec<(Label, String)>);

impl Classes {
    /// `None` where the class is not written.
    pub fn index(&self, label: Label) -> Option<usize> {
        self.0.iter().position(|(of, _)| *of == label)
    }

    /// Name of a class that is written.
    pub fn name(&self, label: Label) -> &str {
        self.0.iter().find(|(of, _)| *of == label).map_or_else(|| label.as_str(), |(_, name)| name)
    }

    /// In the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, name)| name.as_str())
    }

    /// Whether a class goes by another name than its own.
    pub fn are_renamed(&self) -> bool {
        self.0.iter().any(|(label, name)| name != label.as_str())
    }
}

impl Default for Classes {
    fn default() -> Self {
        Self(Label::all().iter().map(|label| (*label, label.to_string())).collect())
    }
}

/// As on the command line: `covid,non-covid=Other`.
impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |(label, name): &(Label, String)| {
            if name == label.as_str() { name.clone() } else { format!("{label}={name}") }
        };
        f.write_str(&self.0.iter().map(word).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Classes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut classes: Vec<(Label, String)> = Vec::new();
        for word in text.split(',').map(str::trim) {
            let (label, name) = word.split_once('=').unwrap_or((word, word));
            let label: Label = label.parse()?;
            let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
            if name.is_empty() || name.trim() != name || !name.chars().all(is_plain) {
                return Err(format!(
                    "'{name}' cannot name a class: expected letters, digits, '-' and '_'"
                ));
            }
            if classes.iter().any(|(of, given)| *of == label || given == name) {
                return Err(format!("'{word}': a class, or a name, is there twice"));
            }
            classes.push((label, name.to_owned()));
        }
        Ok(Self(classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_chosen_and_named() {
        let classes: Classes = "non-covid=Other, covid".parse().expect("classes");
        assert_eq!(classes.names().collect::<Vec<_>>(), ["Other", "covid"]);
        assert_eq!(classes.index(Label::COVID), Some(1));
        assert_eq!(classes.to_string(), "non-covid=Other,covid");
        let one: Classes = "covid".parse().expect("classes");
        assert_eq!((one.index(Label::NON_COVID), one.are_renamed()), (None, false));
        for wrong in ["", "healthy", "covid,covid", "covid=x,non-covid=x", "covid=../x", "covid="] {
            assert!(wrong.parse::<Classes>().is_err(), "{wrong}");
        }
    }
}
