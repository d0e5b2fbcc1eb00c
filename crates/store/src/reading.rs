//! A store that is only read: of a workspace that this user, or anybody, may not write.
//!
//! `SQLite` in WAL mode writes files beside the database even to read it. Where it cannot, a database that
//! nobody has open is read as one that does not change; one with a log that was never merged, or of an earlier
//! version, is copied to a temporary folder, brought up to date there and read.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};
use tempfile::TempDir;

use super::{BUSY_TIMEOUT, MIGRATIONS, Result, Store, StoreError, open_database};
use covid_ct_core::Workspace;

/// What is escaped in a `file:` address.
const IN_ADDRESS: AsciiSet =
    NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Store {
    /// Opens a store that must already be there, to read it: also where it may not be written, which is left
    /// as it is.
    ///
    /// # Errors
    /// As [`Store::open_existing`].
    pub fn open_to_read(workspace: &Workspace) -> Result<Self> {
        let path = Self::require(workspace)?;
        let may_write = may_write(workspace);
        if may_write {
            match Self::open(workspace) {
                // A full disk still lets one read.
                Err(error) if error.is_of_the_disk() => tracing::warn!("{error}; only read here"),
                opened => return opened,
            }
        }
        let (db, copy, from) = open_read_only(&path, may_write)?;
        let store = Self { copy, ..Self::of(workspace, db)? };
        store.take_task()?;
        if store.copy.is_some() {
            store.tell_upgrade_from(from)?;
            // What is written to the copy would be lost.
            store.db.pragma_update(None, "query_only", true)?;
        }
        Self { read_only: true, ..store }.look_elsewhere()
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }
}

/// Whether the database and its folder may be written.
pub(super) fn may_write(workspace: &Workspace) -> bool {
    [workspace.database(), workspace.data()]
        .iter()
        .all(|path| access(path, Access::WRITE_OK).is_ok())
}

/// The database, where it was copied to, and the version it had. Others may write it where this user may.
pub(super) fn open_read_only(
    path: &Path,
    may_change: bool,
) -> Result<(Connection, Option<TempDir>, usize)> {
    let log = beside(path, "-wal");
    let is_logged = log.metadata().is_ok_and(|log| log.len() > 0);
    let how = if is_logged || may_change { "mode=ro" } else { "immutable=1" };
    if let Ok(db) = open_address(path, how)
        && is_current(&db)
    {
        return Ok((db, None, MIGRATIONS.len()));
    }
    let failed = |source: std::io::Error| {
        StoreError::Invalid(format!(
            "cannot copy the database {} to {}, to read it there: {source}; TMPDIR names another folder for that",
            path.display(),
            std::env::temp_dir().display()
        ))
    };
    let folder = tempfile::tempdir().map_err(failed)?;
    let copy = folder.path().join("copy.sqlite");
    std::fs::copy(path, &copy).map_err(failed)?;
    if is_logged {
        std::fs::copy(&log, beside(&copy, "-wal")).map_err(failed)?;
    }
    for copy in [&copy, &beside(&copy, "-wal")] {
        // It may be one that may only be read.
        if copy.exists() {
            std::fs::set_permissions(copy, Permissions::from_mode(0o600)).map_err(failed)?;
        }
    }
    let (db, version) = open_database(&copy)?;
    Ok((db, Some(folder), version))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn open_address(path: &Path, how: &str) -> rusqlite::Result<Connection> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = utf8_percent_encode(&path.to_string_lossy(), &IN_ADDRESS).to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(format!("file:{path}?{how}"), flags)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    Ok(db)
}

/// Whether it can be read and needs no migration.
fn is_current(db: &Connection) -> bool {
    let version: rusqlite::Result<usize> =
        db.pragma_query_value(None, "user_version", |row| row.get(0));
    version.is_ok_and(|version| version == MIGRATIONS.len())
        && db.query_row("SELECT count(*) FROM document", [], |_| Ok(())).is_ok()
}
