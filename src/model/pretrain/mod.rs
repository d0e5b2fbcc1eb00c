//! Training before training: on chest X-rays with their findings, or on pictures without any label.

mod files;
mod pool;
mod xrays;

pub use files::{FindingRow, PretrainConfig, PretrainFiles, PretrainRow, Task};
pub use pool::{Database, Pool, Sources, Unlabelled, gather, pictures_below};
pub use xrays::{FINDINGS, Xray, XrayFolder, Xrays};

use std::path::PathBuf;

use rayon::prelude::*;

use super::{BadImage, Compute, ModelError, Network, Pictures, Result};
use crate::store::{Part, sha256_hex, sha256_of_file};

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

    /// SHA-256, in hexadecimal, over what is learned from: of X-rays the names and findings, for there are a
    /// hundred thousand of them; of other pictures the bytes, and which part of them is meant.
    ///
    /// # Errors
    /// [`ModelError::BadImages`] where a picture cannot be read.
    pub fn digest(self) -> Result<String> {
        let lines: Vec<String> = match self {
            Self::Findings { train, val, .. } => {
                let line = |xray: &Xray| {
                    let name = xray.path.file_name().unwrap_or_default().display();
                    format!("{name} {:?}\n", xray.findings)
                };
                train.examples().iter().chain(val.examples()).map(line).collect()
            }
            Self::Contrast(pictures) => {
                let line = |shown: &Unlabelled| {
                    let bounds = shown.bounds.map(|bounds| bounds.to_string()).unwrap_or_default();
                    let hash = sha256_of_file(&shown.path).map_err(|e| {
                        let (path, list) = (shown.path.clone(), shown.from.clone());
                        ModelError::BadImages(vec![BadImage { path, list, reason: e.to_string() }])
                    })?;
                    Ok(format!("{hash} {bounds}\n"))
                };
                pictures.examples().par_iter().map(line).collect::<Result<_>>()?
            }
        };
        Ok(sha256_hex(lines.concat().as_bytes()))
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
        /// Outputs of the loaded network's last layer where it had to be replaced by a fresh one.
        replaced_head: Option<i64>,
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
