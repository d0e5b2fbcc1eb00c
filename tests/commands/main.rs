//! Whole commands, run as their users run them. One program, as each would carry MuPDF and the servers
//! linked in: forty of them fill a disk.

mod annotations;
mod audit;
mod circles;
mod colours;
mod common;
mod crops;
mod curators;
mod doctor;
mod documents;
mod duplicates;
mod exchange;
mod faults;
mod first_opening;
mod foreign_names;
mod formats;
mod full_disks;
mod handing_over;
mod hard_pages;
mod ingest;
#[cfg(target_os = "linux")]
mod isolation;
mod killed_writers;
mod label;
mod label_killed;
mod label_large;
mod label_screen;
mod limits;
mod mentions;
mod output_folders;
mod panels;
mod placing;
mod publish;
mod readers;
mod reading_only;
mod rebuild;
mod refresh;
mod release;
mod render;
mod renderings;
mod report;
mod report_runs;
mod setup;
mod shards;
mod show;
mod suspects;
mod synth;
mod tasks;
#[cfg(target_os = "linux")]
mod torture;
#[cfg(target_os = "linux")]
mod trouble;
mod varied;
mod wrong_labels;

/// What is run.
const PROGRAM: &str = env!("CARGO_BIN_EXE_covid-ct");
