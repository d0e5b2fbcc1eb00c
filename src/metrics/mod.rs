//! How good predictions are, and the files a training run leaves behind; knows no tch.

pub mod agreement;
mod calibration;
mod classification;
mod details;
pub mod duplicates;
mod events;
#[cfg(test)]
mod golden;
pub mod panels;
mod recipe;
pub(crate) mod run_files;

pub use calibration::{BINS, Calibration, ReliabilityBin};
pub use classification::{
    Confusion, DEFAULT_THRESHOLD, Metrics, RocPoint, Scored, auroc, average_precision, brier,
    log_loss, roc_curve,
};
pub use details::{Chosen, Details, Intervals, Operating, Origin, SizeBand, Slice, breakdown};
pub use recipe::{Fit, Profile, Recipe};
pub use run_files::{
    ClassCounts, HistoryRow, Prediction, RunConfig, RunCounts, RunFileError, RunFiles, RunMetrics,
    check_run_name,
};
