//! Rebuilds the COVID-CT dataset, and datasets like it, from the PDFs of preprints.
//!
//! Modules and crates, read in order, are the pipeline: [`corpus`] gets the papers, [`pdf`] opens a document, [`figures`]
//! finds its figures and captions, [`extract`] does both in supervised worker processes, [`store`] keeps what was found, [`curation`] records what people decide about it, [`dataset`] splits and exports the
//! result, [`model`] learns from it, [`runs`] keeps what a training leaves behind, [`metrics`] and [`report`] say how well.
//! [`show`] draws what was found over the pages; [`doctor`] tells whether a workspace is whole.
//! [`program`] is the command line over it all. ARCHITECTURE.md tells where to add to it.

#[macro_use]
extern crate covid_ct_reading;

mod cli;
mod commands;

pub mod covid_ct;
pub mod curation;
pub mod dataset;
pub mod doctor;
pub mod folds;
pub mod metrics;
pub mod model;
pub mod program;
pub mod rebuild;
pub mod report;
pub mod runs;
pub mod shards;

pub use covid_ct_core::{Workspace, atomic, task};
pub use covid_ct_extraction::{document, figures, pdf};
pub use covid_ct_matching::{duplicates, locate, perceptual_hash, scaling};
pub use covid_ct_reading::{corpus, extract, show, suspects};
pub use covid_ct_store as store;
pub use covid_ct_synth as synth;

use covid_ct_reading::html;
