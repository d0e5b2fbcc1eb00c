//! The one place that knows MuPDF: opens a document and tells what its pages draw.

mod geometry;

pub use geometry::{Matrix, Rect};
