//! Training before training: on chest X-rays with their findings, on drawn slices with their signs, or on pictures
//! without any label.

mod files;
mod phantoms;
mod pool;
mod xrays;

pub use files::{FindingRow, PretrainConfig, PretrainFiles, PretrainRow, Task};
pub use phantoms::Phantom;
pub use pool::{Database, Pool, Sources, Unlabelled, gather, pictures_below};
pub use xrays::{Xray, XrayFolder, Xrays};

use std::path::PathBuf;

use rayon::prelude::*;

use crate::runs::Fit;

use super::{BadImage, Compute, FreshHead, ModelError, Network, Pictures, Result, Shown, Speed};
use covid_ct_core::{Split, sha256_hex, sha256_of_file};

/// What is known to show some of several things, or none.
pub trait Found: Shown {
    /// What may be found, in the order of the network's outputs.
    fn names() -> impl Iterator<Item = &'static str>;

    /// One flag a name.
    fn found(&self) -> &[bool];
}

/// Pictures of what is known to show findings.
#[derive(Debug)]
pub struct Parts<E> {
    pub train: Pictures<E>,
    pub val: Pictures<E>,
    /// Measured in the end, by the weights that are kept.
    pub test: Pictures<E>,
}

/// Pictures for one of the tasks.
#[derive(Debug, Clone, Copy)]
pub enum Lesson<'a> {
    Findings(&'a Parts<Xray>),
    Phantoms(&'a Parts<Phantom>),
    Contrast(&'a Pictures<Unlabelled>),
}

impl Lesson<'_> {
    pub fn task(self) -> Task {
        match self {
            Self::Findings(_) => Task::Findings,
            Self::Phantoms(_) => Task::Phantoms,
            Self::Contrast(_) => Task::Contrast,
        }
    }

    pub fn pictures(self) -> usize {
        match self {
            Self::Findings(parts) => parts.train.examples().len(),
            Self::Phantoms(parts) => parts.train.examples().len(),
            Self::Contrast(pictures) => pictures.examples().len(),
        }
    }

    /// SHA-256, in hexadecimal, over what is learned from: of X-rays the names and findings, for there are a
    /// hundred thousand of them; of drawn slices all signs and the pixels of the first; of other pictures the bytes,
    /// and which part of them is meant.
    ///
    /// # Errors
    /// [`ModelError::BadImages`] where a picture cannot be read.
    pub fn digest(self) -> Result<String> {
        let lines: Vec<String> = match self {
            Self::Findings(Parts { train, val, .. }) => {
                let line = |xray: &Xray| {
                    let name = xray.path.file_name().unwrap_or_default().display();
                    format!("{name} {:?}\n", xray.findings)
                };
                train.examples().iter().chain(val.examples()).map(line).collect()
            }
            Self::Phantoms(Parts { train, val, .. }) => {
                // Another version may draw otherwise.
                let first = train.examples().first().map(Shown::read).transpose();
                let first = first.map_err(|bad| ModelError::BadImages(vec![bad]))?;
                let drawn = first.map(|picture| sha256_hex(&picture.pixels) + "\n");
                let line = |phantom: &Phantom| format!("{:?}\n", phantom.found());
                let signs = train.examples().iter().chain(val.examples()).map(line);
                drawn.into_iter().chain(signs).collect()
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
    pub fit: Fit,
    /// As [`Hyperparameters::traces`](crate::runs::Hyperparameters::traces).
    pub traces: f32,
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
        /// Where it was measured.
        speed: Option<Speed>,
        resumed: &'a [PretrainRow],
        fresh_head: Option<FreshHead>,
    },
    Step,
    Epoch {
        row: &'a PretrainRow,
        best: bool,
    },
    /// The weights that are kept are measured on a part.
    Measuring {
        part: Split,
        pictures: usize,
    },
    /// So many more of the part's pictures were.
    Measured {
        pictures: u64,
    },
}
