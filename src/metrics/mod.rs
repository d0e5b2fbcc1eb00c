//! How good predictions are, and the files a training run leaves behind; knows no tch.

pub mod agreement;
mod calibration;
pub mod classes;
mod classification;
pub mod confident;
pub mod controls;
mod curves;
mod details;
pub mod duplicates;
mod events;
mod external;
#[cfg(test)]
mod golden;
mod hyperparameters;
pub mod leaks;
pub mod panels;
pub(crate) mod run_config;
pub(crate) mod run_files;
mod series;

pub use crate::store::ClassCounts;
pub use calibration::{BINS, Calibration, ReliabilityBin};
pub use classes::ClassMetrics;
pub use classification::{
    Confusion, DEFAULT_THRESHOLD, Metrics, PrPoint, RocPoint, Scored, auroc, average_precision,
    brier, log_loss, pr_curve, roc_curve,
};
pub use curves::{Band, Curves};
pub use details::{Chosen, Details, Intervals, Operating, Origin, SizeBand, Slice, breakdown};
pub use external::{External, Shift};
pub use hyperparameters::{Fit, Hyperparameters, Keep, Profile};
pub use run_config::{RunConfig, RunCounts, TaskOfRun};
pub use run_files::{
    Explained, HistoryRow, Prediction, RunFileError, RunFiles, RunMetrics, check_run_name,
};
pub use series::{
    Folds, Meaning, Member, Members, NAMED, Named, Over, SeriesMetrics, Spread, Spreads,
};

/// As people read a metric, and a dash for what is undefined, as the AUROC of one class is.
pub fn three_decimals(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.3}"))
}
