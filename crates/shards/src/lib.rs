//! A shard: what was found in some documents, as a folder of Parquet tables that stands for itself. `covid-ct extract`
//! writes one, without a database; `covid-ct merge` brings many into one. docs/shards.md describes every table and column.
//!
//! [`list`] reads which documents there are, [`schema`] says which tables, [`Writer`] and [`Shard`] write and read them as the
//! [`Extraction`](covid_ct_extraction::document::Extraction)s that workers answer with. Knows no database and no network.

mod cause;
mod error;
pub mod list;
mod manifest;
mod parquet_file;
mod read;
mod rows;
pub mod schema;
mod write;

pub use cause::Cause;
pub use error::{Result, ShardError};
pub use manifest::{FORMAT, MANIFEST, Manifest, OBJECTS, SUCCESS, Settings, is_name, name_of};
pub use read::{Entry, Shard};
pub use write::{Writer, files};

use covid_ct_extraction::document::Extraction;

/// What became of a document of a shard.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    Read {
        extraction: Box<Extraction>,
        /// What the reader complained of, in no words of the document's.
        warnings: Vec<String>,
    },
    Failed(Failure),
}

/// A document that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Absolute, or the address.
    pub path: String,
    /// `None` where its bytes could not be had.
    pub sha256: Option<String>,
    pub error: String,
    /// Version of the extractor.
    pub extractor: u32,
}

impl Document {
    pub fn path(&self) -> &str {
        match self {
            Self::Read { extraction, .. } => &extraction.path,
            Self::Failed(failure) => &failure.path,
        }
    }
}
