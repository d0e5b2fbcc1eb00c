//! One process at a time makes or migrates a database.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Result, StoreError};

/// How long to wait for another process; a large database is migrated in seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often to look.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until no other process makes or migrates the database at `path`; it is this one's turn for as long as the
/// value lives. The system ends it with the process.
///
/// # Errors
/// When the lock cannot be made, or another process does not end.
pub fn wait(path: &Path) -> Result<File> {
    let lock = path.with_extension("opening.lock");
    let failed = |source| StoreError::Write { path: lock.clone(), source };
    let file = File::options().create(true).append(true).open(&lock).map_err(failed)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            // Some network disks know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => std::thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Invalid(format!(
                    "another covid-ct has been bringing {} up to date for longer than {} s: end that one, then \
                     run the same command again",
                    path.display(),
                    PATIENCE.as_secs()
                )));
            }
        }
    }
}
