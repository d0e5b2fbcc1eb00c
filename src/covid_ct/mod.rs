//! What is COVID-CT's own: the published dataset as input ([`release`]), its pictures found again in the papers they were cut
//! out of ([`recover`]), and what its paper prints, to stand beside ours. It asks for the task covid-ct.

mod beside;
mod numbers;
pub mod recover;
pub mod release;

pub(crate) use beside::beside_the_paper;
pub use numbers::{PUBLISHED_HEIGHT, PUBLISHED_WIDTH, paper};

use crate::task;

/// # Errors
/// Where the task in force is another, in a sentence.
pub fn require_its_task(command: &str) -> Result<(), String> {
    let (task, own) = (task::in_force(), task::built_in());
    if task.name == own.name {
        return Ok(());
    }
    Err(format!(
        "{command} is about the published dataset of the task {}, and the task here is {}: leave --task and task.toml out, \
         or name another folder with --workspace",
        own.name, task.name
    ))
}
