//! One fetch at a time in a workspace.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::{CorpusError, Result};
use crate::Workspace;

/// How long a fetch that has ended, or was ended, is thought to be in a server's memory.
const RECENT: Duration = Duration::from_mins(2);

/// Held while a fetch runs; the system releases it with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    recently: bool,
}

impl Lock {
    /// # Errors
    /// [`CorpusError::Busy`] while another process holds it.
    pub fn take(workspace: &Workspace) -> Result<Self> {
        let path: PathBuf = workspace.data().join("fetch.lock");
        std::fs::create_dir_all(workspace.data()).map_err(CorpusError::write(&path))?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(CorpusError::write(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CorpusError::Busy { path: workspace.corpus() });
            }
            Err(TryLockError::Error(error)) => return Err(CorpusError::write(&path)(error)),
        }
        // A request marks the file; the length tells a file that was marked from a new one.
        let marked = file.metadata().ok().filter(|found| found.len() > 0);
        let age = marked.and_then(|found| found.modified().ok()).map(|time| time.elapsed());
        // A clock that was set back since leaves the age unknown: better wait once too often.
        let recently = age.is_some_and(|age| age.unwrap_or_default() < RECENT);
        Ok(Self { file, recently })
    }

    /// Whether servers were asked by another process a moment ago, which it may have died of: this one
    /// then waits before its first request as it does between two.
    pub fn asked_recently(&self) -> bool {
        self.recently
    }

    /// Notes that a server is asked now.
    pub(super) fn mark(&self) {
        // Without it, only a process that follows within seconds would be less polite.
        let _ = self.file.set_len(1);
        let _ = self.file.set_modified(SystemTime::now());
    }
}
