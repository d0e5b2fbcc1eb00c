//! Whole commands that compute with networks, run as `covid-ct` hands them over.

mod common;
mod evaluate;
mod folds;
mod killed;
mod pretrain;
mod tasks;
mod train;
