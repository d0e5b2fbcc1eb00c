//! The program `covid-ct-learning`, which has libtorch: what computes with a network is handed to it.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};

use super::environment::started_anew;
use crate::extract;

/// Its name, beside this program.
const PROGRAM: &str = "covid-ct-learning";

/// Puts `covid-ct-learning`, with the same arguments, in place of this program. Returns only why that failed.
pub fn hand_over() -> anyhow::Error {
    match find() {
        Ok(program) => anyhow::Error::from(started_anew(&program).exec())
            .context(format!("cannot start {}", program.display())),
        Err(error) => error,
    }
}

/// # Errors
/// Where it is not there.
fn find() -> anyhow::Result<PathBuf> {
    let own = extract::this_program().context("cannot find the covid-ct program")?;
    let program = own.with_file_name(PROGRAM);
    if program.is_file() {
        return Ok(program);
    }
    Err(anyhow!(
        "this covid-ct is without training: networks need the program {}, which is not there; `make build` in the \
         checkout builds both (it gets libtorch first), `make install` installs both",
        program.display()
    ))
}
