//! From lines of text and placed images to figures: pure functions over `pdf` types.

mod record;

pub use record::{FigureKind, FigureRecord, ImageOrigin, ImageRecord, Mention, Pairing, Panel};
