//! Whole commands that compute with networks, run as `covid-ct` hands them over.

mod common;
mod evaluate;
mod folds;
mod pretrain;
mod tasks;
mod train;
