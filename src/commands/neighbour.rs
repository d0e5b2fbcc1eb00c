//! The programs beside this one: `covid-ct-learning`, which has libtorch, and `covid-ct-fetching`, which has HTTP and
//! TLS. What needs one of them is handed to it.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, anyhow};

use super::environment::started_anew;
use crate::extract;

/// A program beside this one.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    name: &'static str,
    /// What is to be done, and what that needs: "networks need".
    needed: &'static str,
    /// Whether it is started with the settings for computing.
    computes: bool,
}

pub const LEARNING: Neighbour = Neighbour {
    name: "covid-ct-learning",
    needed: "this covid-ct is without training: networks need",
    computes: true,
};
pub const FETCHING: Neighbour = Neighbour {
    name: "covid-ct-fetching",
    needed: "this covid-ct is without a network: servers and buckets need",
    computes: false,
};

/// Puts the neighbour, with the same arguments, in place of this program. Returns only why that failed.
pub fn hand_over(neighbour: Neighbour) -> anyhow::Error {
    match find(neighbour) {
        Ok(program) => {
            let mut command = if neighbour.computes {
                started_anew(&program)
            } else {
                let mut command = Command::new(&program);
                command.args(env::args_os().skip(1));
                command
            };
            anyhow::Error::from(command.exec())
                .context(format!("cannot start {}", program.display()))
        }
        Err(error) => error,
    }
}

/// # Errors
/// Where it is not there.
fn find(neighbour: Neighbour) -> anyhow::Result<PathBuf> {
    let own = extract::this_program().context("cannot find the covid-ct program")?;
    let program = own.with_file_name(neighbour.name);
    if program.is_file() {
        return Ok(program);
    }
    Err(anyhow!(
        "{} the program {}, which is not there; `make build` in the checkout builds all of them, `make install` \
         installs them",
        neighbour.needed,
        program.display()
    ))
}
