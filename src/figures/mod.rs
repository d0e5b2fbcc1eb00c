//! From lines of text and placed images to figures: pure functions over `pdf` types.

mod captions;
mod cleaning;
mod join;
mod label;
mod record;

pub use captions::{Caption, body_size, find as find_captions, split_marks};
pub use cleaning::{PageText, TextLine, clean, is_banner};
pub use join::Vocabulary;
pub use record::{FigureKind, FigureRecord, ImageOrigin, ImageRecord, Mention, Pairing, Panel};
