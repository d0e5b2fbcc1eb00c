//! One fetch at a time in a workspace.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{CorpusError, Result};
use crate::Workspace;

/// How long a fetch that has ended, or was ended, is thought to be in a server's memory.
const RECENT: Duration = Duration::from_mins(2);

/// Hosts that asked to be left alone, and until when, in seconds of Unix time.
type Away = BTreeMap<String, u64>;

/// Held while a fetch runs; the system releases it with the process, however that ends. The file remembers
/// for the next one what servers may: when they were asked last, and what they asked for.
#[derive(Debug)]
pub struct Lock {
    file: File,
    recently: bool,
    away: Mutex<Away>,
}

impl Lock {
    /// # Errors
    /// [`CorpusError::Busy`] while another process holds it.
    pub fn take(workspace: &Workspace) -> Result<Self> {
        let path: PathBuf = workspace.data().join("fetch.lock");
        std::fs::create_dir_all(workspace.data()).map_err(CorpusError::write(&path))?;
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
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
        let mut told = Vec::new();
        file.read_to_end(&mut told).map_err(CorpusError::read(&path))?;
        // What a crash has left unreadable is forgotten.
        let away = serde_json::from_slice(&told).unwrap_or_default();
        // A request marks the file; the length tells a file that was marked from a new one.
        let marked = file.metadata().ok().filter(|found| found.len() > 0);
        let age = marked.and_then(|found| found.modified().ok()).map(|time| time.elapsed());
        // A clock that was set back since leaves the age unknown: better wait once too often.
        let recently = age.is_some_and(|age| age.unwrap_or_default() < RECENT);
        Ok(Self { file, recently, away: Mutex::new(away) })
    }

    /// Whether servers were asked by another process a moment ago, which it may have died of: this one
    /// then waits before its first request as it does between two.
    pub fn asked_recently(&self) -> bool {
        self.recently
    }

    /// Notes that a server is asked now.
    pub fn mark(&self) {
        // Without it, only a process that follows within seconds would be less polite.
        if self.file.metadata().is_ok_and(|found| found.len() == 0) {
            let _ = self.file.set_len(1);
        }
        let _ = self.file.set_modified(SystemTime::now());
    }

    /// How long `host` still wants to be left alone.
    pub fn away(&self, host: &str) -> Duration {
        let until = self.away.lock().unwrap_or_else(PoisonError::into_inner).get(host).copied();
        Duration::from_secs(until.unwrap_or_default().saturating_sub(now()))
    }

    /// Notes that `host` wants to be left alone for so long, for whoever asks it next.
    pub fn keep_away(&self, host: &str, wait: Duration) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        away.retain(|_, until| *until > now);
        // A second that has begun counts as one.
        let until = now.saturating_add(wait.as_secs()).saturating_add(1);
        away.insert(host.to_owned(), until);
        let bytes = serde_json::to_vec(&*away).unwrap_or_default();
        // As with the mark: it only makes the next process more polite.
        let mut file = &self.file;
        let _ = file.rewind().and_then(|()| file.write_all(&bytes));
        let _ = file.set_len(bytes.len() as u64);
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_asked_for_outlives_the_process() {
        let folder = tempfile::tempdir().expect("folder");
        let workspace = Workspace::new(folder.path());
        let lock = Lock::take(&workspace).expect("lock");
        assert!(!lock.asked_recently() && lock.away("a:443").is_zero());
        lock.keep_away("a:443", Duration::from_hours(2));
        lock.mark();
        assert!(matches!(Lock::take(&workspace), Err(CorpusError::Busy { .. })));
        drop(lock);
        let next = Lock::take(&workspace).expect("lock");
        assert!(next.asked_recently());
        assert!(next.away("a:443") > Duration::from_mins(119) && next.away("b:443").is_zero());
    }
}
