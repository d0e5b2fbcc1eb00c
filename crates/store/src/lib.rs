//! What was found and what was decided: SQLite beside a content-addressed object store.
//!
//! An object is on disk before the row that names it, and a document's rows land in one
//! transaction, so a crash leaves at most an object nobody names. Knows no PDF.

mod backup;
mod cases;
pub mod check;
mod compared;
mod decisions;
mod documents;
mod elsewhere;
mod error;
mod figures;
mod labelled;
mod merging;
mod panels;
mod patients;
mod places;
mod queue;
mod reading;
mod record;
mod renderings;
mod reread;
mod runs;
mod since;
mod splits;
mod sql_enum;
mod suspects;
mod tasks;
mod turn;
mod upgrade;
mod verdicts;
mod whereabouts;

pub use cases::{Case, CaseDetails};
pub use compared::{Compared, Cut, RelatedCuts};
pub use decisions::{Decision, NewDecision, Subject, Within};
pub use documents::{DocumentRow, Failure, ImageRow, Source, Totals};
pub use elsewhere::{Fetched, ObjectPlace};
pub use error::{StoreError, told};
pub use merging::{Agenda, Due, Offered};
pub use panels::{LabelledPanel, NewPanel};
pub use patients::{Names, Patient, Statement};
pub use places::{Layout, PageRow, PlacementRow};
pub use queue::{FigureDrawings, ImageFacts, ImageFigure, Neighbour};
pub use renderings::{NewRendering, Renderable};
pub use reread::Reread;
pub use runs::Run;
pub use splits::NamedSplit;
pub use sql_enum::Word;
pub use tasks::UnknownAnswer;
pub use verdicts::{SAME_BOX, Verdict, same};

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use tempfile::TempDir;

use covid_ct_core::atomic::points::step;
use covid_ct_core::{ObjectStore, Workspace};

pub type Result<T> = std::result::Result<T, StoreError>;

/// In the order they apply. Forward only: a landed migration is never edited.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../../migrations/0001_initial.sql")),
    M::up(include_str!("../../../migrations/0002_figures.sql")),
    M::up(include_str!("../../../migrations/0003_queue_indexes.sql")),
    M::up(include_str!("../../../migrations/0004_adjudication.sql")),
    M::up(include_str!("../../../migrations/0005_provenance.sql")),
    M::up(include_str!("../../../migrations/0006_suspects.sql")),
    M::up(include_str!("../../../migrations/0007_upgrades.sql")),
    M::up(include_str!("../../../migrations/0008_tasks.sql")),
    M::up(include_str!("../../../migrations/0009_elsewhere.sql")),
    M::up(include_str!("../../../migrations/0010_compared.sql")),
    M::up(include_str!("../../../migrations/0011_append_only.sql")),
];

/// How long a writer waits for another process's transaction before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// One workspace's database and objects.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    objects: ObjectStore,
    /// The workspace's folder, absolute.
    root: PathBuf,
    read_only: bool,
    /// Where the database was copied to that is read.
    copy: Option<TempDir>,
}

impl Store {
    /// Opens the workspace's store, making it where there is none and migrating an older one.
    ///
    /// # Errors
    /// When the folder cannot be written, the file is no database, or a newer covid-ct made it.
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let path = workspace.database();
        std::fs::create_dir_all(workspace.data())
            .map_err(|source| StoreError::Write { path: workspace.data(), source })?;
        let (db, from) = open_database(&path)?;
        ObjectStore::open(&workspace.objects())?;
        let store = Self::of(workspace, db)?;
        store.tell_upgrade_from(from)?;
        store.take_task()?;
        store.look_elsewhere()
    }

    fn of(workspace: &Workspace, db: Connection) -> Result<Self> {
        let root = std::path::absolute(workspace.root())
            .map_err(|source| StoreError::Read { path: workspace.root().into(), source })?;
        let objects = ObjectStore::at(&workspace.objects());
        Ok(Self { db, objects, root, read_only: false, copy: None })
    }

    /// Opens a store that must already be there.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where nothing was ingested yet, and whatever [`Store::open`] reports.
    pub fn open_existing(workspace: &Workspace) -> Result<Self> {
        Self::require(workspace)?;
        Self::open(workspace)
    }

    /// Where the database lies that must already be there.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where nothing was ingested yet.
    pub fn require(workspace: &Workspace) -> Result<std::path::PathBuf> {
        let path = workspace.database();
        if path.exists() { Ok(path) } else { Err(StoreError::Missing { path }) }
    }

    pub fn objects(&self) -> &ObjectStore {
        &self.objects
    }

    /// Runs `work` in one transaction: all of it lands, or none. Inside another transaction it
    /// joins that one.
    ///
    /// # Errors
    /// What `work` returns, after rolling back; or the database's own refusal.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if !self.db.is_autocommit() {
            return work(self);
        }
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        let done = work(self).and_then(|done| {
            step("commit", &self.root);
            Ok(self.db.execute_batch("COMMIT").map(|()| done)?)
        });
        match done {
            Ok(done) => Ok(done),
            Err(error) => {
                // The rollback of a transaction SQLite already rolled back (disk full) fails; the
                // first error is the one to tell.
                let _ = self.db.execute_batch("ROLLBACK");
                Err(error)
            }
        }
    }
}

/// Opens a database for writing, makes or migrates it; gives the version it had, 0 where it is new. Of several
/// processes that open one that is new or of an earlier version, one makes or migrates it and the others wait.
fn open_database(path: &Path) -> Result<(Connection, usize)> {
    let failed = |source| StoreError::Open { path: path.into(), source };
    // Where there is none it is made here: SQLite would leave out rights that the umask gives. What
    // keeps it from being made, SQLite says.
    drop(File::options().create(true).append(true).open(path));
    let opened = Connection::open(path).and_then(|db| {
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        Ok(db)
    });
    let mut db = opened.map_err(failed)?;
    if is_up_to_date(&db) {
        return Ok((db, MIGRATIONS.len()));
    }
    let _turn = turn::wait(path)?;
    // Another process may have had its turn meanwhile.
    let version = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    db.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    Migrations::from_slice(MIGRATIONS)
        .to_latest(&mut db)
        .map_err(|error| StoreError::migrate(path, &error))?;
    Ok((db, version))
}

fn is_up_to_date(db: &Connection) -> bool {
    let version = db.pragma_query_value(None, "user_version", |row| row.get::<_, usize>(0));
    let journal = db.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    version.is_ok_and(|version| version == MIGRATIONS.len())
        && journal.is_ok_and(|journal| journal == "wal")
}

/// Now, as the database writes times: RFC 3339, UTC, whole seconds.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A store in a folder that goes with the returned guard.
    pub(crate) fn scratch() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::open(&Workspace::new(folder.path())).expect("store");
        (folder, store)
    }

    #[test]
    fn migrations_are_sound() {
        Migrations::from_slice(MIGRATIONS).validate().expect("valid migrations");
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let workspace = Workspace::new(folder.path());
        std::fs::create_dir_all(workspace.data()).expect("data folder");
        std::fs::write(workspace.database(), "not a database, but long enough to be looked at")
            .expect("file");
        let error = Store::open(&workspace).expect_err("refused").to_string();
        assert!(error.contains("covid-ct.sqlite"), "{error}");
    }

    #[test]
    fn a_failed_transaction_leaves_nothing() {
        let (_folder, mut store) = scratch();
        let result: Result<()> = store.transaction(|store| {
            store.record_failure(&Failure {
                sha256: "00".into(),
                path: "x.pdf".into(),
                error: "broken".into(),
                extractor: 1,
            })?;
            Err(StoreError::Invalid("stop".into()))
        });
        assert!(result.is_err());
        assert!(store.documents().expect("documents").is_empty());
    }

    #[test]
    fn a_transaction_inside_another_goes_with_it() {
        let (_folder, mut store) = scratch();
        let split =
            NamedSplit { name: "s".into(), how: serde_json::Value::Null, parts: Vec::new() };
        let result: Result<()> = store.transaction(|store| {
            store.save_split(&split)?;
            Err(StoreError::Invalid("stop".into()))
        });
        assert!(result.is_err());
        assert!(store.split_names().expect("names").is_empty());
        store.save_split(&split).expect("the store is usable again");
    }
}
