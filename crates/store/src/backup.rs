//! A copy of the database that is whole, whatever others write meanwhile.

use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::ErrorCode;

use super::{Result, Store, StoreError};
use covid_ct_core::atomic;

/// `SQLite` does not say which disk.
const FULL: &str = "its disk is full: make room there, or name a file on another disk";

impl Store {
    /// Writes a copy of the database, as one moment has it, to `target`. It is written beside the
    /// target, is on disk, and then takes its name: there is never half a copy.
    ///
    /// # Errors
    /// When `target` exists and `force` is not set, or the disk refuses; then what was there stays.
    pub fn backup(&self, target: &Path, force: bool) -> Result<()> {
        if target.exists() && !force {
            return Err(StoreError::Invalid(format!(
                "{} exists: name another file, or replace it with --force",
                target.display()
            )));
        }
        let target = &atomic::followed(target);
        let failed = |source| StoreError::Write { path: target.into(), source };
        let own = self.db.path().map(Path::new);
        if own.is_some_and(|own| is_same_file(own, target)) {
            return Err(StoreError::Invalid(format!(
                "{}: it is the database itself: name another file",
                target.display()
            )));
        }
        atomic::replaceable(target, atomic::Kind::Sqlite).map_err(failed)?;
        let file = atomic::beside(target).map_err(failed)?;
        let name = file.path().to_str().ok_or_else(|| {
            StoreError::Invalid(format!("{}: its path is not UTF-8", target.display()))
        })?;
        // Reads in one transaction, so writers neither disturb it nor wait; SQLite's backup interface
        // would begin anew with each write of another process.
        // A store that is only read refuses this too, which writes to another file.
        self.db.pragma_update(None, "query_only", false)?;
        let copied = self.db.execute("VACUUM INTO ?1", [name]);
        self.db.pragma_update(None, "query_only", self.copy.is_some())?;
        copied.map_err(|error| {
            let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
            if full { failed(Error::new(ErrorKind::StorageFull, FULL)) } else { error.into() }
        })?;
        // SQLite opened the file by its name; what it wrote is this file's.
        let put = if force { atomic::put } else { atomic::put_new };
        put(file, target).map_err(failed)
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let of = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino()));
    of(one).ok().is_some_and(|one| of(other).ok() == Some(one))
}
