//! Splits and exports.
//!
//! [`split`] divides labelled panels into train, val and test without taking a patient apart, or a
//! picture from its copies, [`audit`] looks for what makes a dataset look easier than it is, [`export()`] writes them in
//! the layout COVID-CT was published in and in others.

pub mod audit;
mod balance;
mod error;
pub(crate) mod export;
pub mod features;
mod groups;
pub mod history;
mod jpeg_quality;
pub mod layout;
pub mod numbers;
pub mod resplit;
pub mod split;
pub mod stats;

pub use balance::{PAPERS_RATIO, Ratio};
pub use error::{DatasetError, Result};
pub use export::{
    Classes, Exported, Format, Hosting, MANIFEST, ManifestRow, Options, Precious, RECIPE, SIDE,
    Size, Verified, check_target, decision_id, export, export_figures, patient_name, read_manifest,
    spare, stems, verify,
};
pub(crate) use export::{Figures, Item, Texts, Written, shown_figures, write};
pub use groups::GroupBy;
