#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod document;
pub mod figures;
pub mod pdf;
