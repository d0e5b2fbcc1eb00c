//! Threads, and what libtorch and the allocator read from the environment, and only when a program starts.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::model::{Backend, Compute};

use super::neighbour::with_same_arguments;
use super::processors;
use crate::cli::ComputeArgs;

/// Set where it was done, so that it is done once.
const DONE: &str = "COVID_CT_ENVIRONMENT";

/// What is set where the user has not.
const SETTINGS: [(&str, &str); 2] = [
    // How long libtorch's threads spin, some microseconds, before they sleep while they wait for each
    // other. Not at all costs a quarter of the speed, for there is much to wait for; the usual hundred
    // times as long has them keep each other from working where the machine is busy otherwise.
    ("GOMP_SPINCOUNT", "10000"),
    // Tensors come and go with every layer. Memory that went back to the system each time would have to
    // be zeroed page by page on its return: a fifth of the time of a training step.
    (
        "GLIBC_TUNABLES",
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.top_pad=67108864:\
         glibc.malloc.trim_threshold=17179869184",
    ),
];

/// What each of so many that compute at once computes with, where the command line left it open too. They share the
/// processors.
pub fn compute_beside(args: &ComputeArgs, at_once: u32) -> Compute {
    Compute {
        device: args.device,
        precision: args.precision,
        threads: args
            .threads
            .map_or_else(|| (processors() / at_once).max(1), std::num::NonZero::get),
    }
}

/// A backend, and what it computes with.
#[derive(Clone, Copy)]
pub struct Computing<'a> {
    pub backend: &'a dyn Backend,
    pub compute: Compute,
}

/// Readies the process for computing. `--threads` bounds what decodes and prepares pictures too.
///
/// # Errors
/// When no threads can be started.
pub fn prepare_for_tensors<'a>(
    backend: &'a dyn Backend,
    args: &ComputeArgs,
) -> anyhow::Result<Computing<'a>> {
    let compute = compute_beside(args, 1);
    prepare_for_threads(compute.threads)?;
    Ok(Computing { backend, compute })
}

/// The same where it is known how many threads compute in all.
///
/// # Errors
/// When no threads can be started.
pub fn prepare_for_threads(threads: u32) -> anyhow::Result<()> {
    set_environment();
    // This thread is one of them, for it decodes what is cached before it computes. Another there must be, for
    // what is prepared while this one waits.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(2) as usize);
    Ok(pool.use_current_thread().build_global()?)
}

/// Puts this program, started anew with these settings, in place of itself. Numbers do not depend on
/// them. Where that cannot be done, things go on without.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set_environment() {
    use std::os::unix::process::CommandExt as _;

    if env::var_os(DONE).is_some() {
        return;
    }
    let Ok(program) = crate::extract::this_program() else { return };
    let error = started_anew(&program).exec();
    tracing::debug!("training goes on with the environment as it is: {error}");
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_environment() {}

/// `program` with the arguments of this one, and with the settings.
pub fn started_anew(program: &Path) -> Command {
    // Whoever has said how to wait has said it.
    let waits = env::var_os("OMP_WAIT_POLICY").is_some();
    let missing = SETTINGS
        .into_iter()
        .filter(|(name, _)| env::var_os(name).is_none() && !(waits && *name == "GOMP_SPINCOUNT"));
    let mut command = with_same_arguments(program);
    command.envs(missing).env(DONE, "1");
    command
}
