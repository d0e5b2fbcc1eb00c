//! The rows of `annotations/NAME/{decisions,panels,cases,splits}.csv`: what a curator decided, as
//! plain text that git merges, naming pictures in a way that outlives any one database.

use serde::{Deserialize, Serialize};

/// Names a picture across databases. Import matches by the hashes first, then by
/// (preprint, page, xref).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImageKey {
    pub preprint: String,
    /// `2` for v2; empty where unknown.
    pub version: String,
    /// 1-based page of the image's first placement.
    pub page: u32,
    /// Empty for an inline image and for a rendering.
    pub xref: Option<u32>,
    pub image_sha256: String,
    pub document_sha256: String,
}

/// A line of `decisions.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DecisionRow {
    pub preprint: String,
    pub version: String,
    pub page: u32,
    pub xref: Option<u32>,
    /// `x,y,w,h` in pixels; empty where the decision is on the whole picture.
    pub panel: String,
    pub stage: String,
    /// [`crate::Value`] as text; `-` for a decision taken back.
    pub value: String,
    /// [`crate::Evidence`] as text, or empty.
    pub evidence: String,
    pub span: String,
    pub curator: String,
    pub time: String,
    pub note: String,
    pub image_sha256: String,
    pub document_sha256: String,
    /// `yes` where it settles what curators disagreed on, or empty; the column may be missing.
    #[serde(default)]
    pub adjudicates: String,
}

/// A line of `panels.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PanelRow {
    pub preprint: String,
    pub version: String,
    pub page: u32,
    pub xref: Option<u32>,
    /// `x,y,w,h` in pixels.
    pub panel: String,
    pub letter: String,
    pub sub_caption: String,
    pub proposed_by: String,
    pub image_sha256: String,
    pub document_sha256: String,
}

/// A line of `cases.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaseRow {
    pub preprint: String,
    pub version: String,
    pub case: String,
    pub age: String,
    pub sex: String,
    pub location: String,
    pub medical_history: String,
    pub severity: String,
    pub other_diseases: String,
    pub curator: String,
    pub time: String,
}

/// A line of `splits.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SplitRow {
    pub split: String,
    pub preprint: String,
    pub version: String,
    pub page: u32,
    pub xref: Option<u32>,
    /// `x,y,w,h` in pixels.
    pub panel: String,
    /// [`crate::Split`] as text.
    pub part: String,
    /// How the split was made: JSON.
    pub how: String,
    pub image_sha256: String,
    pub document_sha256: String,
}
