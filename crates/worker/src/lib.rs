//! PDFs come from strangers and are read by C, so they are opened in processes of their own: the program
//! `covid-ct-worker`, which gives up all that a document does not need ([`isolation`]) before its first byte is parsed.
//!
//! Both ends of the pipe are here: [`worker`] reads and draws what it is asked for, [`run`] hands documents out to
//! several, watches the clock and replaces the dead, [`Renderer`] has pages drawn. Nothing here knows a database.

mod articles;
pub mod isolation;
pub mod jats;
pub mod meca;
pub mod misdeed;
mod pool;
mod render;
pub mod worker;

pub use articles::Articles;
pub use pool::{Options, run, senseless, this_program, worker_program};
pub use render::{Region, RenderError, RenderRequest, Rendered, Renderer, render};

/// Seconds a worker may take for a document.
pub const TIMEOUT: u64 = 120;
/// MiB a worker may use.
pub const MEMORY: u64 = 4096;
