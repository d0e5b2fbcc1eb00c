//! How good predictions are, and the files a training run leaves behind; knows no tch.

pub mod agreement;
mod classification;
pub mod duplicates;
pub mod panels;
mod run_files;

pub use classification::{
    Confusion, DEFAULT_THRESHOLD, Metrics, RocPoint, Scored, auroc, log_loss, roc_curve,
};
pub use run_files::{
    ClassCounts, HistoryRow, Prediction, RunConfig, RunCounts, RunFileError, RunFiles, RunMetrics,
    check_run_name,
};
