//! The one place that knows MuPDF: opens a document and tells what its pages draw and say.
//!
//! Boxes are points of the page as displayed (`CropBox` and `/Rotate` applied), origin top left;
//! pages count from 1.

mod content;
mod document;
mod easel;
mod error;
#[cfg(test)]
mod every_colour;
#[cfg(test)]
pub(crate) mod fixture;
mod font;
mod geometry;
mod glyphs;
mod image;
mod jpeg;
mod layers;
mod levels;
mod limits;
mod marks;
mod mend;
mod mosaic;
mod object;
mod overlay;
mod paint;
mod render;
mod scan;
mod seams;
mod state;
mod text;
mod walk;

pub use document::{Document, Page};
pub use error::PdfError;
pub use geometry::{Matrix, Rect, Turn};
pub use glyphs::Glyphs;
pub use image::{ImageInfo, Picture, Variant};
pub use levels::Levels;
pub use limits::Limits;
pub use marks::{Ink, Lettering, Mark, arrow_head, draw_marks};
pub use mosaic::Mosaic;
pub use overlay::Printed;
pub use render::{FINEST_DPI, PRINT_DPI};
pub use text::{Direction, Line, Word};
pub use walk::{Drawn, DrawnImage};
