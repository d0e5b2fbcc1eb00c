//! Reads documents in worker processes and supervises them.

mod document;
mod front;
mod images;
mod ingest;
pub mod isolation;
mod paper;
mod pool;
mod render;
mod renderings;
pub mod worker;

pub use document::{ReadError, Reading, read};
pub(crate) use ingest::Lock;
pub use ingest::{
    Again, Event, IngestError, Summary, find_documents, find_files, ingest, is_outdated, is_pdf,
};
pub use pool::{Options, run as read_documents, this_program};
pub use render::{Region, RenderError, RenderRequest, Rendered, Renderer, render};
pub use renderings::{Drawn, RenderedAll, Renderings, render_all};

/// Version of what extraction finds; raised whenever the same bytes give another result.
pub const EXTRACTOR: u32 = 6;
