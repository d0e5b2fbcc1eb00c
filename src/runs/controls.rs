//! What could make a classifier look better than it is, measured beside it: `controls.json`.

use covid_ct_core::{Label, Split};
use serde::{Deserialize, Serialize};

use crate::metrics::agreement::Interval;
use crate::metrics::{DEFAULT_THRESHOLD, Intervals, Metrics, Scored};

/// Something measured on pictures of the part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Control {
    pub name: String,
    pub images: u64,
    /// `None` where a class is missing.
    pub auroc: Option<f64>,
    /// 95 %, by paper, as with [`Intervals`].
    pub auroc_interval: Option<Interval>,
    /// At a score of 0.5, as F1.
    pub accuracy: Option<f64>,
    pub f1: Option<f64>,
}

impl Control {
    /// # Panics
    /// When there are not as many groups as examples.
    pub fn of(name: impl Into<String>, examples: &[Scored], groups: &[String]) -> Self {
        let threshold = DEFAULT_THRESHOLD;
        let metrics = Metrics::at(threshold, examples);
        Self {
            name: name.into(),
            images: examples.len() as u64,
            auroc: metrics.auroc,
            auroc_interval: Intervals::of(examples, groups, threshold).auroc,
            accuracy: metrics.accuracy,
            f1: metrics.f1,
        }
    }
}

/// Two pictures that are one, of contradicting labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contradiction {
    pub one: Placed,
    pub other: Placed,
}

/// A picture of the dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Name in the dataset's lists.
    pub file: String,
    pub label: Label,
    pub part: Split,
}

/// The part without some of its pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Without {
    /// Names of those left out.
    pub files: Vec<String>,
    /// The same network on the others.
    pub measured: Control,
}

/// A run of its own, on images dealt at random.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageSplit {
    pub run: String,
    /// As in [`super::RunConfig::data`].
    pub data: String,
    pub measured: Control,
}

/// `controls.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Controls {
    /// Version of the program that measured.
    pub covid_ct: String,
    pub run: String,
    /// As in [`super::RunConfig::data`].
    pub data: String,
    pub part: Split,
    pub flip: bool,
    /// The network on the pictures as they are: what the others are to be held against.
    pub whole: Control,
    /// Part of each side that the rectangle in the middle takes.
    pub centre: f64,
    /// The same network with the middle blanked, and with all but the middle blanked.
    pub blanked: Vec<Control>,
    /// Boosted stumps that see only this of each file, trained on the train part.
    pub giveaways: Vec<Control>,
    /// In all parts: one of the train part misleads the training.
    pub contradictions: Vec<Contradiction>,
    /// Without the pictures of the part that contradict another; `None` where none does.
    pub without_contradictions: Option<Without>,
    /// Without those named in a list; `None` where no list was given.
    pub without_listed: Option<Without>,
    pub image_split: Option<ImageSplit>,
}
