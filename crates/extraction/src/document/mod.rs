//! One document, from bytes to everything that is kept of it: [`read`] finds figures, captions and pictures, and what the
//! paper says of itself, as an [`Extraction`]. Its pictures go to an object store.

mod found;
mod front;
mod images;
mod paper;
mod read;

pub use found::{
    Extraction, FoundFigure, FoundImage, FoundPage, FoundPlacement, FoundRegion, PaperMeta,
};
pub use read::{ReadError, Reading, read};

/// Version of what extraction finds; raised whenever the same bytes give another result.
pub const EXTRACTOR: u32 = 7;
