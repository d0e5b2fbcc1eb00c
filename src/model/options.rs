//! What a training run is told, and what it tells while it goes.

use std::path::PathBuf;

use crate::metrics::{HistoryRow, RunCounts};
use crate::worded::worded_enum;

worded_enum! {
    /// The networks there are, under torchvision's names.
    pub enum Network {
        DenseNet121 = "densenet121",
        DenseNet169 = "densenet169",
        DenseNet201 = "densenet201",
    }
}

worded_enum! {
    /// Where to compute.
    pub enum Device {
        /// The GPU where there is one.
        Auto = "auto",
        Cpu = "cpu",
        Cuda = "cuda",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// The run's name.
    pub run: String,
    /// The dataset as `config.json` names it.
    pub data: String,
    pub network: Network,
    /// Weights to start from, `.safetensors` or of Python's `torch.save`; random without.
    pub init: Option<PathBuf>,
    pub epochs: u32,
    /// Images in a step.
    pub batch: u32,
    /// Adam's at the start; it falls to 0 along a cosine, step by step.
    pub learning_rate: f64,
    pub seed: u64,
    pub device: Device,
    /// Threads libtorch computes with. The result depends on it in the last digits.
    pub threads: u32,
}

/// What a training run tells while it goes.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The network stands, the first epoch begins.
    Started {
        device: Device,
        counts: RunCounts,
        steps_per_epoch: u64,
        /// Outputs of the loaded network's last layer where it had to be replaced by a fresh one.
        replaced_head: Option<i64>,
    },
    Step {
        loss: f64,
    },
    Epoch {
        row: &'a HistoryRow,
        /// Whether it is the best so far, and kept.
        best: bool,
    },
}

/// How a training run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Completed,
    /// Asked to, during this epoch.
    Stopped {
        epoch: u32,
    },
    /// The loss was no longer a number in this epoch.
    Diverged {
        epoch: u32,
    },
}
