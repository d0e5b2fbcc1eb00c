//! What a training run is told, and what it tells while it goes.

use std::path::PathBuf;

use crate::runs::{HistoryRow, Hyperparameters, RunCounts};
use covid_ct_core::string_enum;

string_enum! {
    /// The networks there are, under torchvision's names but for the smallest, which torchvision has not.
    pub enum Network {
        /// Layers and channels counted as those of the others, at a tenth of the computing of 121: for demonstrations.
        DenseNet35 = "densenet35",
        DenseNet121 = "densenet121",
        DenseNet169 = "densenet169",
        DenseNet201 = "densenet201",
    }
}

string_enum! {
    /// Where to compute.
    pub enum Device {
        /// The GPU where there is one.
        Auto = "auto",
        Cpu = "cpu",
        Cuda = "cuda",
    }
}

string_enum! {
    /// In what convolutions are computed.
    pub enum Precision {
        /// In training the faster one, by a step of each, on a GPU bf16; a run's `config.json` records it. In scoring bf16
        /// on a GPU, fp32 on a CPU.
        Auto = "auto",
        Fp32 = "fp32",
        /// bfloat16, with normalisation, loss and weights in fp32: faster where the processor has it.
        Bf16 = "bf16",
    }
}

/// How the precision that is computed in and the other one do here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed {
    /// fp32 or bf16.
    pub taken: Precision,
    /// Time of a step in the other one over that in this.
    pub others_time: f64,
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { taken, others_time: times } = *self;
        let other = if taken == Precision::Bf16 { Precision::Fp32 } else { Precision::Bf16 };
        if times < 0.95 {
            let slower = 1.0 / times;
            return write!(
                f,
                "computing in {taken}, in which a step takes {slower:.1} times as long as in {other} here: --precision {other} is faster"
            );
        }
        write!(f, "computing in {taken}: a step in {other} takes {times:.1} times as long here")
    }
}

/// Where and in what to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compute {
    pub device: Device,
    pub precision: Precision,
    /// Threads libtorch computes with. The result depends on it in the last digits.
    pub threads: u32,
}

string_enum! {
    /// What is timed.
    pub enum Bench {
        /// Learning from one batch.
        Train = "train",
        /// Scoring one batch.
        Infer = "infer",
        /// Learning from the batches of a dataset, augmented.
        Epoch = "epoch",
        /// The same where each picture is decoded when it is first seen.
        FirstEpoch = "first-epoch",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BenchOptions {
    pub what: Bench,
    pub network: Network,
    /// Images in a step.
    pub batch: u32,
    /// Side of the images, in pixels.
    pub size: u32,
    pub steps: u32,
    pub compute: Compute,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// The run's name.
    pub run: String,
    /// The name that the runs of several seeds share.
    pub series: Option<String>,
    /// The dataset as `config.json` names it.
    pub data: String,
    /// [`DatasetFolder::digest`](super::DatasetFolder::digest) of what is trained on and chosen by.
    pub data_sha256: String,
    pub network: Network,
    /// Weights to start from, `.safetensors` or of Python's `torch.save`; random without.
    pub init: Option<PathBuf>,
    pub recipe: Hyperparameters,
    pub seed: u64,
    pub compute: Compute,
    /// Whether to start afresh where a run of the same options was stopped or is complete.
    pub fresh: bool,
}

/// What a file of initial weights has for a last layer, where the network's own starts afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreshHead {
    /// One of so many outputs.
    Outputs(i64),
    /// None at all, as where it was learned without labels.
    Missing,
}

impl std::fmt::Display for FreshHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outputs(outputs) => write!(f, "the weights' last layer has {outputs} outputs"),
            Self::Missing => write!(f, "the weights have no last layer"),
        }
    }
}

/// What a training run tells while it goes.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The network stands, the first epoch begins.
    Started {
        device: Device,
        counts: RunCounts,
        steps_per_epoch: u64,
        /// Where it was measured.
        speed: Option<Speed>,
        /// What was made of this run before it was stopped.
        resumed: &'a [HistoryRow],
        fresh_head: Option<FreshHead>,
    },
    Step {
        loss: f64,
    },
    Epoch {
        row: &'a HistoryRow,
        /// Whether it is the best on the validation split so far.
        best: bool,
    },
}

/// How a training run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Completed,
    /// The very same training was complete before.
    Repeated,
    /// Nothing better came for as many epochs as the recipe waits.
    OutOfPatience {
        epoch: u32,
    },
    /// Asked to, during this epoch.
    Stopped {
        epoch: u32,
    },
    /// The loss was no longer a number in this epoch.
    Diverged {
        epoch: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_precision_is_told() {
        let told = |taken, others_time| Speed { taken, others_time }.to_string();
        assert_eq!(
            told(Precision::Bf16, 1.8),
            "computing in bf16: a step in fp32 takes 1.8 times as long here"
        );
        assert_eq!(
            told(Precision::Bf16, 0.8),
            "computing in bf16, in which a step takes 1.2 times as long as in fp32 here: --precision fp32 is faster"
        );
    }
}
