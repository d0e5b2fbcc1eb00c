//! Has documents read by workers, and keeps what they find.

mod ingest;
mod renderings;

pub use covid_ct_extraction::document::{EXTRACTOR, ReadError, Reading, read};
pub use covid_ct_worker::{
    Articles, MEMORY, Options, Region, RenderError, RenderRequest, Rendered, Renderer, TIMEOUT,
    isolation, misdeed, render, run as read_documents, senseless, this_program, worker,
    worker_program,
};
pub use ingest::{
    Again, Event, IngestError, Lock, Summary, find_documents, find_files, ingest, is_outdated,
    is_pdf,
};
pub use renderings::{Drawn, RenderedAll, Renderings, render_all};
