//! Training before training: on chest X-rays with their findings, or on pictures without any label.

mod files;
mod pool;
mod xrays;

pub use files::{FindingRow, PretrainConfig, PretrainFiles, PretrainRow, Task};
pub use pool::{Pool, Unlabelled, from_database, from_dataset, from_folders};
pub use xrays::{FINDINGS, Xray, XrayFolder, Xrays};

use std::path::PathBuf;

use super::{Compute, Network, Pictures, Shown};
use crate::store::{Part, sha256_hex};

/// Pictures for one of the tasks.
#[derive(Debug, Clone, Copy)]
pub enum Lesson<'a> {
    Findings {
        train: &'a Pictures<Xray>,
        val: &'a Pictures<Xray>,
        /// Measured in the end, by the weights that are kept.
        test: &'a Pictures<Xray>,
    },
    Contrast(&'a Pictures<Unlabelled>),
}

impl Lesson<'_> {
    pub fn task(self) -> Task {
        match self {
            Self::Findings { .. } => Task::Findings,
            Self::Contrast(_) => Task::Contrast,
        }
    }

    pub fn pictures(self) -> usize {
        match self {
            Self::Findings { train, .. } => train.examples().len(),
            Self::Contrast(pictures) => pictures.examples().len(),
        }
    }

    /// SHA-256, in hexadecimal, over the names of the pictures and what of them is meant.
    pub fn digest(self) -> String {
        fn hashed<E: Shown>(pictures: &Pictures<E>) -> String {
            let line = |example: &E| {
                let bounds = example.bounds().map(|bounds| bounds.to_string()).unwrap_or_default();
                format!("{}\n{bounds}\n", example.path().display())
            };
            let lines: Vec<String> = pictures.examples().iter().map(line).collect();
            sha256_hex(lines.concat().as_bytes())
        }
        match self {
            Self::Findings { train, .. } => hashed(train),
            Self::Contrast(pictures) => hashed(pictures),
        }
    }
}

/// What a pretraining is told.
#[derive(Debug, Clone, PartialEq)]
pub struct PretrainOptions {
    /// Its name.
    pub name: String,
    pub network: Network,
    /// Weights to start from; random without.
    pub init: Option<PathBuf>,
    pub epochs: u32,
    /// Pictures in a step; twice as many views where it learns from pairs.
    pub batch: u32,
    /// Adam's at the start; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Of the contrast between pairs; smaller makes the nearest wrong ones count more.
    pub temperature: f64,
    /// Side of the square the network sees, in pixels.
    pub size: u32,
    pub seed: u64,
    pub compute: Compute,
    pub fresh: bool,
}

/// What it tells while it goes.
#[derive(Debug)]
pub enum PretrainNews<'a> {
    Started {
        pictures: usize,
        steps_per_epoch: u64,
        resumed: &'a [PretrainRow],
    },
    Step,
    Epoch {
        row: &'a PretrainRow,
        best: bool,
    },
    /// The weights that are kept are measured on a part.
    Measuring {
        part: Part,
        pictures: usize,
    },
    /// So many more of the part's pictures were.
    Measured {
        pictures: u64,
    },
}
