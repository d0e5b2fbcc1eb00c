//! One short file a verb: turns arguments into library calls and prints what came of them.
//! Data goes to stdout, progress and complaints to stderr.

pub mod annotations;
pub mod audit;
pub mod backup;
mod bars;
pub mod bench_network;
pub mod bring_objects;
pub mod controls;
pub mod curators;
pub mod doctor;
pub mod environment;
pub mod evaluate;
pub mod export;
pub mod extract;
pub mod fetch;
pub mod history;
pub mod import_release;
pub mod label;
pub mod manual;
pub mod merge;
pub mod model;
mod pace;
pub mod predict;
pub mod pretrain;
pub mod publish;
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
pub mod task;
pub mod train;

use crate::Workspace;
use crate::dataset::Precious;

pub use covid_ct_reading::commands::{
    Outcome, exit, figures, in_full, ingest, jobs, neighbour, processors, progress_bar, show,
    start, stop_on_interrupt, synth, take_task, worker_options,
};

/// What of a workspace no folder that is written may take the place of.
fn precious(workspace: &Workspace) -> Vec<Precious> {
    let of = |what, path, whole| Precious { what, path, whole };
    vec![
        of("the workspace", workspace.root().to_owned(), false),
        of("the folder of the database", workspace.data(), false),
        of("the store of pictures", workspace.objects(), true),
        of("the folder of papers", workspace.corpus(), false),
        of("the folder of annotations", workspace.root().join("annotations"), false),
        of("the folder of runs", workspace.runs(), false),
    ]
}
