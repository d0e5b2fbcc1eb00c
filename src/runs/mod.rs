//! The files that a training run leaves behind, and what is in them; knows no tch and no SQL.
//!
//! [`RunFiles`] has the names of a run's files, reads them and writes them. What is in each has a type here: [`RunConfig`],
//! [`HistoryRow`], [`RunMetrics`], [`Prediction`], [`Explained`], [`Controls`](controls::Controls),
//! [`SeriesMetrics`]. How the numbers in them are computed is in [`crate::metrics`].

pub mod config;
pub mod controls;
mod disk;
mod events;
mod files;
mod history;
mod hyperparameters;
pub mod leaks;
mod measured;
mod members;
mod predictions;
mod series;

pub use config::{RunConfig, RunCounts, TaskOfRun};
pub use disk::RunFileError;
pub(crate) use disk::{read_csv, read_json, write_csv, write_json};
pub use files::{RunFiles, check_run_name};
pub use history::HistoryRow;
pub use hyperparameters::{Fit, Hyperparameters, Keep, Profile};
pub use measured::{External, RunMetrics, Shift};
pub use members::{Folds, Meaning, Member, Members};
pub use predictions::{Explained, Prediction};
pub use series::{NAMED, Named, Over, SeriesMetrics, Spread, Spreads};
