//! The files of a pretraining, `data/pretrained/NAME/`:
//!
//! - `config.json`: [`PretrainConfig`].
//! - `history.csv`: one [`PretrainRow`] an epoch.
//! - `weights.safetensors`: the weights under torchvision's names, for `train --init`.
//! - `state.safetensors`: what one that was stopped goes on from.
//! - `findings.csv`: of findings and of phantoms, one [`FindingRow`] a part and finding; written when it is complete.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::runs::config::differences;
use crate::runs::{Fit, RunFileError, RunFiles, read_csv, read_json, write_csv, write_json};
use covid_ct_core::{Split, string_enum};

string_enum! {
    /// What a pretraining learns from.
    pub enum Task {
        /// The 14 findings of ChestX-ray14 (Wang et al., arXiv 1705.02315).
        Findings = "findings",
        /// The signs in drawn slices of chests ([`Sign`](crate::synth::Sign)).
        Phantoms = "phantoms",
        /// Which two views are of one picture: `SimCLR` (Chen et al., arXiv 2002.05709).
        Contrast = "contrast",
    }
}

/// `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PretrainConfig {
    /// Version of the program.
    pub covid_ct: String,
    pub name: String,
    /// RFC 3339, UTC.
    pub created: String,
    pub task: Task,
    /// Pictures it learns from.
    pub pictures: u64,
    /// [`Lesson::digest`](super::Lesson::digest).
    pub pictures_sha256: String,
    pub network: String,
    /// `random`, or the file the weights started from.
    pub init: String,
    /// Of that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    pub epochs: u32,
    pub batch: u32,
    pub learning_rate: f64,
    pub temperature: f64,
    pub size: u32,
    /// Of before there was a choice: the middle.
    #[serde(default = "middle")]
    pub fit: Fit,
    #[serde(default)]
    pub traces: f32,
    pub seed: u64,
    pub device: String,
    pub precision: String,
    pub threads: u32,
}

fn middle() -> Fit {
    Fit::Crop
}

impl PretrainConfig {
    /// In what this was learned otherwise than is wanted, a setting each.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        differences(self, wanted)
    }
}

/// A line of `history.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PretrainRow {
    /// From 1.
    pub epoch: u32,
    /// Of the epoch's first step.
    pub learning_rate: f64,
    /// Mean over the epoch's steps, in nats.
    pub loss: f64,
    /// Mean AUROC over the findings on the validation split. Of contrast: part of the views
    /// whose nearest view was the other of their picture, as the weights changed.
    pub score: f64,
    pub seconds: f64,
}

impl PretrainRow {
    /// Whether the weights after this epoch are to be kept instead of the `best` before: by the score; contrast has no measure that tells how useful its features are, so the last stay.
    pub fn beats(&self, best: Option<&Self>, task: Task) -> bool {
        task == Task::Contrast || best.is_none_or(|best| self.score > best.score)
    }
}

/// A line of `findings.csv`: how well the weights that are kept tell a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingRow {
    /// The validation split, which the epoch was chosen by, or the test split.
    pub part: Split,
    pub finding: String,
    /// Pictures with it.
    pub positives: u64,
    /// Pictures without it.
    pub negatives: u64,
    /// Empty where there are none of either.
    pub auroc: Option<f64>,
}

/// A pretraining's files.
#[derive(Debug)]
pub struct PretrainFiles(RunFiles);

impl PretrainFiles {
    pub fn new(files: RunFiles) -> Self {
        Self(files)
    }

    pub fn checkpoint(&self) -> PathBuf {
        self.0.checkpoint()
    }

    pub fn state(&self) -> PathBuf {
        self.0.state()
    }

    pub fn findings(&self) -> PathBuf {
        self.0.folder().join("findings.csv")
    }

    /// # Errors
    /// When the file is missing or not as it was written. All readers alike.
    pub fn read_config(&self) -> Result<PretrainConfig, RunFileError> {
        read_json(&self.0.config(), "pretrain")
    }

    /// # Errors
    /// When the disk refuses; an earlier file then stays as it was. All writers alike.
    pub fn write_config(&self, config: &PretrainConfig) -> Result<(), RunFileError> {
        write_json(&self.0.config(), config)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_history(&self) -> Result<Vec<PretrainRow>, RunFileError> {
        read_csv(&self.0.history(), "pretrain")
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_findings(&self) -> Result<Vec<FindingRow>, RunFileError> {
        read_csv(&self.findings(), "pretrain")
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_findings(&self, rows: &[FindingRow]) -> Result<(), RunFileError> {
        write_csv(&self.findings(), rows)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_history(&self, rows: &[PretrainRow]) -> Result<(), RunFileError> {
        write_csv(&self.0.history(), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pretraining_of_old_saw_the_middle_as_it_was() {
        let old = r#"{"covid_ct": "0.1.0", "name": "n", "created": "", "task": "phantoms", "pictures": 1,
            "pictures_sha256": "", "network": "densenet121", "init": "random", "epochs": 4, "batch": 32,
            "learning_rate": 1e-3, "temperature": 1.0, "size": 128, "seed": 0, "device": "cpu",
            "precision": "fp32", "threads": 1}"#;
        let config: PretrainConfig = serde_json::from_str(old).expect("read");
        assert_eq!((config.fit, config.traces), (Fit::Crop, 0.0));
    }

    #[test]
    fn findings_keep_the_best_and_contrast_the_last() {
        let row = |epoch, score| PretrainRow {
            epoch,
            learning_rate: 1e-3,
            loss: 1.0,
            score,
            seconds: 1.0,
        };
        let best = row(1, 0.8);
        assert!(row(2, 0.9).beats(Some(&best), Task::Findings));
        assert!(!row(2, 0.8).beats(Some(&best), Task::Findings));
        assert!(row(2, 0.7).beats(Some(&best), Task::Contrast));
        assert!(row(1, 0.0).beats(None, Task::Findings));
    }
}
