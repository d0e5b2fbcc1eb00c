//! A copy of the database that is whole, whatever others write meanwhile.

use std::fs::File;
use std::path::Path;

use super::{Result, Store, StoreError};

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
        let failed = |source| StoreError::Write { path: target.into(), source };
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder).map_err(failed)?;
        let name = file.path().to_str().ok_or_else(|| {
            StoreError::Invalid(format!("{}: its path is not UTF-8", target.display()))
        })?;
        // Reads in one transaction, so writers neither disturb it nor wait; SQLite's backup interface
        // would begin anew with each write of another process.
        self.db.execute("VACUUM INTO ?1", [name])?;
        // SQLite opened the file by its name; what it wrote is this file's.
        file.as_file().sync_all().map_err(failed)?;
        if force {
            file.persist(target).map_err(|error| failed(error.error))?;
        } else {
            file.persist_noclobber(target).map_err(|error| failed(error.error))?;
        }
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}
