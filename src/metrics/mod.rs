//! How good predictions are, and how far raters agree: numbers from numbers; knows no tch, no SQL and no files.

pub mod agreement;
mod calibration;
pub mod classes;
mod classification;
pub mod confident;
mod curves;
mod details;
pub mod duplicates;
#[cfg(test)]
mod golden;
pub mod panels;

pub use calibration::{BINS, Calibration, ReliabilityBin};
pub use classes::{ClassMetrics, Classified};
pub use classification::{
    Confusion, DEFAULT_THRESHOLD, Metrics, PrPoint, RocPoint, Scored, auroc, average_precision,
    brier, log_loss, pr_curve, roc_curve,
};
pub use curves::{Band, Curves};
pub use details::{Chosen, Details, Intervals, Operating, Origin, SizeBand, Slice, breakdown};

/// As people read a metric, and a dash for what is undefined, as the AUROC of one class is.
pub fn three_decimals(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.3}"))
}
