//! `covid-ct label --web` as `covid-ct` hands it over: over HTTP, and in a real browser where one is there.

mod browser;
#[path = "../../../../tests/commands/common/mod.rs"]
#[expect(dead_code, reason = "all whole commands share it, and these do not need all of it")]
mod common;
mod crowd;
mod pages;
mod security;
mod server;
mod stages;
mod webdriver;

/// What is run.
const PROGRAM: &str = env!("CARGO_BIN_EXE_covid-ct-web");
