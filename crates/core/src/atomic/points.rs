//! The moments between which a kill leaves something else on disk, and a way to be killed there.
//!
//! For tests: `COVID_CT_KILL_AT=7` ends the process as `kill -9` does, before the seventh of its steps on disk that
//! cannot be taken back; `COVID_CT_KILL_AT=list` names each on stderr. Unset, a step costs a comparison.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

const VARIABLE: &str = "COVID_CT_KILL_AT";

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Nowhere,
    List,
    Step(usize),
}

static AT: LazyLock<At> = LazyLock::new(|| match std::env::var(VARIABLE) {
    Ok(text) if text == "list" => At::List,
    Ok(text) => text.parse().map_or(At::Nowhere, At::Step),
    Err(_) => At::Nowhere,
});

static PASSED: AtomicUsize = AtomicUsize::new(0);

/// Before a step: `sync`, `rename`, `exchange`, `remove`, `commit`; of what.
pub fn step(what: &str, path: &Path) {
    match *AT {
        At::Nowhere => {}
        At::List => eprintln!("step: {what} {}", path.display()),
        At::Step(number) => {
            if PASSED.fetch_add(1, Ordering::Relaxed) + 1 == number {
                eprintln!("killed before: {what} {}", path.display());
                let own = rustix::process::getpid();
                let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
            }
        }
    }
}
