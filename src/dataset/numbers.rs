//! The numbers that are told of a dataset, whoever counted them.

use std::collections::BTreeMap;

use serde::Serialize;

use covid_ct_core::{Label, Split};

/// Smallest, mean and greatest of some lengths, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub min: u32,
    pub mean: f64,
    pub max: u32,
}

impl Spread {
    /// `None` of nothing.
    pub fn of(lengths: &[u32]) -> Option<Self> {
        let (min, max) = (*lengths.iter().min()?, *lengths.iter().max()?);
        let sum: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
        Some(Self { min, mean: sum as f64 / lengths.len() as f64, max })
    }
}

/// One class of a dataset. `None` is what is not told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassStats {
    pub label: Label,
    pub images: usize,
    /// Patients of papers; pictures whose patient nobody told count for none.
    pub patients: Option<usize>,
    pub preprints: Option<usize>,
    pub height: Option<Spread>,
    pub width: Option<Spread>,
    /// Pictures by part of the split; empty where there is no split.
    pub parts: BTreeMap<Split, usize>,
}
