//! Whole commands that ask servers or read buckets, run as `covid-ct` hands them over.

mod buckets;
#[path = "../../../../tests/commands/common/mod.rs"]
#[expect(dead_code, reason = "all whole commands share it, and these do not need all of it")]
mod common;
mod corpus;
mod fetch;
mod s3;
mod server;

/// What is run.
const PROGRAM: &str = env!("CARGO_BIN_EXE_covid-ct-fetching");
