//! One short file a verb: turns arguments into library calls and prints what came of them.
//! Data goes to stdout, progress and complaints to stderr.

pub mod annotations;
pub mod audit;
pub mod backup;
mod bars;
pub mod bench_network;
pub mod controls;
pub mod curators;
pub mod doctor;
pub mod environment;
pub mod evaluate;
pub mod export;
pub mod fetch;
pub mod history;
pub mod import_release;
pub mod label;
pub mod manual;
pub mod predict;
pub mod pretrain;
pub mod rebuild;
pub mod recover_crops;
pub mod report;
pub mod resplit;
pub mod score_crops;
pub mod score_duplicates;
pub mod score_panels;
pub mod split;
pub mod stats;
pub mod status;
pub mod train;

pub use covid_ct_reading::commands::{
    Outcome, exit, figures, in_full, ingest, jobs, neighbour, processors, progress_bar, show,
    start_logging, stop_on_interrupt, synth, worker_options,
};
