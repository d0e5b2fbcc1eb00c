//! The corpus: which preprints there are, where their PDFs come from, and those at hand.
//!
//! [`search()`] asks the servers what was posted and notes it in a [`Manifest`]; [`fetch()`] downloads what
//! the manifest wants, politely; [`adopt()`] takes what somebody has already. All three write the manifest
//! as they go and never change a PDF that is there. What asks servers is a [`Network`], which only the program
//! `covid-ct-fetching` has.

mod adopt;
pub mod api;
mod beside;
pub mod body;
mod error;
mod fetch;
mod filter;
mod gather;
mod jats_comparison;
mod lock;
mod manifest;
mod names;
mod network;
mod search;
mod servers;
mod trouble;

pub use adopt::{Adopted, Event as AdoptEvent, Options as AdoptOptions, adopt};
pub use beside::{Heard, Testimony, hear};
pub use covid_ct_worker::jats::{Article, JatsFigure};
pub use covid_ct_worker::meca::Meca;
pub use error::{CorpusError, Result};
pub use fetch::{Event, Options, Summary, fetch};
pub use filter::{Filter, date};
pub use gather::{Gathered, Reading, bring, gather, is_meca};
pub use jats_comparison::{About, Disagreement, compare};
pub use lock::Lock;
pub use manifest::{Key, Manifest, Row, State};
pub use names::file_name;
pub use network::{
    Access, Brought, Bucket, Client, Got, Network, Politeness, Storage, Wanted, is_address,
};
pub use search::{Collection, Query, Searched, Versions, search};
pub use servers::{BUCKETS, Server, Templates};
pub use trouble::{Kind, Trouble};
