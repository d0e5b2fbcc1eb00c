//! Splits, exports, and the published dataset as input.
//!
//! [`split`] divides labelled panels into train, val and test without taking a patient apart,
//! [`export()`] writes them in the layout COVID-CT was published in, and [`release`] reads that
//! layout back, the published dataset itself above all.

mod balance;
mod error;
mod export;
mod groups;
pub mod history;
pub mod layout;
pub mod licence;
pub mod recover;
pub mod release;
pub mod split;
pub mod stats;

pub use balance::Ratio;
pub use error::{DatasetError, Result};
pub use export::{
    Classes, Exported, Format, Hosting, MANIFEST, ManifestRow, Options, RECIPE, SIDE, Size,
    Verified, decision_id, export, read_manifest, stems, verify,
};
pub(crate) use export::{Item, captions, write};
pub use groups::GroupBy;
