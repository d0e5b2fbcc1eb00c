//! Reads documents in worker processes and supervises them.

mod document;
mod images;
mod ingest;
mod paper;
mod pool;
mod render;
pub mod worker;

pub use document::{Reading, read};
pub use ingest::{Event, IngestError, Summary, find_documents, ingest};
pub use pool::{Options, this_program};
pub use render::{Region, RenderError, RenderRequest, Rendered, Renderer, render};

/// Version of what extraction finds; raised whenever the same bytes give another result.
pub const EXTRACTOR: u32 = 2;
