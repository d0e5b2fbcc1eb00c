//! Rebuilds the COVID-CT dataset, and datasets like it, from the PDFs of preprints.
//!
//! The folders, read in order, are the pipeline: [`corpus`] gets the papers, [`pdf`] opens a document, [`figures`] finds its
//! figures and captions, [`extract`] does both in supervised worker processes, [`store`] keeps what
//! was found, [`curation`] records what people decide about it, [`dataset`] splits and exports the
//! result, [`model`] learns from it (feature `train`), [`metrics`] and [`report`] say how well.
//! [`show`] draws what was found over the pages; [`doctor`] tells whether a workspace is whole.
//! ARCHITECTURE.md tells where to add to it.

pub mod corpus;
pub mod curation;
pub mod dataset;
pub mod doctor;
pub mod duplicates;
pub mod extract;
pub mod figures;
pub mod folds;
mod html;
pub mod locate;
pub mod look;
pub mod metrics;
pub mod model;
pub mod pdf;
pub mod rebuild;
pub mod report;
pub mod show;
pub mod store;
pub mod synth;
pub mod whole;
mod worded;
mod workspace;

pub use workspace::Workspace;
