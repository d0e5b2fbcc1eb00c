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
pub mod recover;
pub mod release;
pub mod split;

pub use balance::Ratio;
pub use error::{DatasetError, Result};
pub use export::{Exported, export, stems};
pub use groups::GroupBy;
