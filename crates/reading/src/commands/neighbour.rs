//! The programs beside this one: `covid-ct-learning`, which has libtorch, `covid-ct-fetching`, which has HTTP and
//! TLS, and `covid-ct-web`, which serves a page. What needs one of them is handed to it.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow};

use crate::extract;

/// A program beside this one.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    name: &'static str,
    /// What is to be done, and what that needs: "networks need".
    needed: &'static str,
}

pub const LEARNING: Neighbour = Neighbour {
    name: "covid-ct-learning",
    needed: "this covid-ct is without training: networks need",
};
pub const FETCHING: Neighbour = Neighbour {
    name: "covid-ct-fetching",
    needed: "this covid-ct is without a network: servers and buckets need",
};

pub const WEB: Neighbour =
    Neighbour { name: "covid-ct-web", needed: "this covid-ct serves no page: the browser needs" };

/// Puts the neighbour in place of this program, as `command` starts it. Returns only why that failed.
pub fn hand_over(neighbour: Neighbour, command: impl FnOnce(&Path) -> Command) -> anyhow::Error {
    match find(neighbour) {
        Ok(program) => anyhow::Error::from(command(&program).exec())
            .context(format!("cannot start {}", program.display())),
        Err(error) => error,
    }
}

/// Starts `program` with the arguments of this one.
pub fn with_same_arguments(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(env::args_os().skip(1));
    command
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
