//! Looks a workspace over: the database's own checks, and rows against objects. Changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use rusqlite::{Connection, OpenFlags};
use walkdir::WalkDir;

use super::reading::{may_write, open_read_only};
use super::{BUSY_TIMEOUT, MIGRATIONS, Result, Source, Store, StoreError};
use covid_ct_core::{ObjectId, Workspace, sha256_of_file};

/// A file no row names yet may belong to a command at work; one this old does not.
const SETTLED: Duration = Duration::from_mins(10);

/// What the database says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Migrations that the database has had.
    pub applied: usize,
    /// What `PRAGMA integrity_check` complains of, and rows that name rows that are not there.
    pub faults: Vec<String>,
    /// Every object that a row names, by its path below the store.
    pub named: BTreeMap<String, Named>,
}

/// An object that rows name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: ObjectId,
    /// The documents whose rows name it, by their SHA-256.
    pub documents: BTreeMap<String, NamedBy>,
    /// Whether it may be where one of these left theirs, from where it is had when it is needed.
    pub elsewhere: bool,
}

/// A document whose rows name an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedBy {
    pub path: String,
    pub source: Source,
}

/// How an object is amiss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amiss {
    Missing,
    /// Its bytes are not those that its name says.
    Damaged,
}

/// Files that no row names, as paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unnamed {
    /// Objects.
    pub orphans: Vec<PathBuf>,
    /// Files that a command that was killed had begun to write.
    pub leftovers: Vec<PathBuf>,
    /// Files among the objects that covid-ct did not put there.
    pub strangers: Vec<PathBuf>,
    /// Files that are too young to tell, because a command may be at work.
    pub young: usize,
}

/// How many migrations this program knows.
pub fn known_migrations() -> usize {
    MIGRATIONS.len()
}

/// Asks the database, which is opened as it is: an older one is not migrated.
///
/// # Errors
/// [`StoreError::Missing`] where there is none. What is wrong with it is no error but a fault.
pub fn inspect(workspace: &Workspace) -> Result<Inspection> {
    let path = Store::require(workspace)?;
    let mut found = Inspection::default();
    let asked = if may_write(workspace) {
        open(&path, &mut found).and_then(|db| ask(&db, &mut found))
    } else {
        // The copy, where there is one, goes when all is asked.
        let (db, _copy, applied) = open_read_only(&path, false)?;
        found.applied = applied;
        ask(&db, &mut found)
    };
    if let Err(error) = asked {
        found.faults.push(super::told(&error));
    }
    Ok(found)
}

/// Writable, so that what a killed writer left in the log is seen; nothing is written.
fn open(path: &Path, found: &mut Inspection) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    found.applied = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(db)
}

fn ask(db: &Connection, found: &mut Inspection) -> rusqlite::Result<()> {
    // A newer schema may hold anything, but SQLite's own checks hold for it too.
    db.pragma_query(None, "integrity_check", |row| {
        let told: String = row.get(0)?;
        if told != "ok" {
            found.faults.push(told);
        }
        Ok(())
    })?;
    db.pragma_query(None, "foreign_key_check", |row| {
        let (table, id): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        let parent: String = row.get(2)?;
        let id = id.map_or_else(|| "?".into(), |id| id.to_string());
        found.faults.push(format!("row {id} of {table} names a row of {parent} that is not there"));
        Ok(())
    })?;
    let mut query = db.prepare(
        "SELECT image.sha256, image.extension, document.sha256, document.path, document.source
         FROM image JOIN document ON document.id = image.document",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let id = ObjectId { sha256: row.get(0)?, extension: row.get(1)? };
        let named = found.named.entry(id.relative_path()).or_insert_with(|| Named {
            id,
            documents: BTreeMap::new(),
            elsewhere: false,
        });
        let by = NamedBy { path: row.get(3)?, source: row.get(4)? };
        named.documents.insert(row.get(2)?, by);
    }
    // An older one has left nothing anywhere.
    let has_table = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'document_objects')";
    if db.query_row(has_table, [], |row| row.get(0))? {
        let mut query = db.prepare(
            "SELECT image.sha256, image.extension
             FROM image JOIN document_objects ON document_objects.document = image.document",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let id = ObjectId { sha256: row.get(0)?, extension: row.get(1)? };
            if let Some(named) = found.named.get_mut(&id.relative_path()) {
                named.elsewhere = true;
            }
        }
    }
    Ok(())
}

/// Hashes every object that rows name, on all threads; those that are amiss, by path below the store.
/// `done` is called after each.
///
/// # Errors
/// When an object that is there cannot be read.
pub fn amiss_objects(
    workspace: &Workspace,
    named: &BTreeMap<String, Named>,
    done: impl Fn() + Sync,
) -> Result<BTreeMap<String, Amiss>> {
    let root = workspace.objects();
    let looked = named.par_iter().map(|(relative, object)| {
        let found = look_at(&root.join(relative), &object.id);
        done();
        let here = |amiss: &Amiss| !(object.elsewhere && *amiss == Amiss::Missing);
        found.map(|found| found.filter(here).map(|amiss| (relative.clone(), amiss)))
    });
    let looked: Result<Vec<Option<(String, Amiss)>>> = looked.collect();
    Ok(looked?.into_iter().flatten().collect())
}

/// What is amiss with the object that should lie at `path`; `None` where nothing is.
///
/// # Errors
/// When it is there and cannot be read.
pub fn look_at(path: &Path, id: &ObjectId) -> Result<Option<Amiss>> {
    match sha256_of_file(path) {
        Ok(sha256) if sha256 == id.sha256 => Ok(None),
        Ok(_) => Ok(Some(Amiss::Damaged)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Some(Amiss::Missing)),
        Err(source) => Err(StoreError::Read { path: path.into(), source }),
    }
}

/// Finds what lies in `data/` and no row names, sorted by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn unnamed_files(workspace: &Workspace, named: &BTreeMap<String, Named>) -> Result<Unnamed> {
    let (data, objects) = (workspace.data(), workspace.objects());
    let mut found = Unnamed::default();
    let mut walk = WalkDir::new(&data).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| StoreError::Read {
            path: error.path().unwrap_or(&data).into(),
            source: error.into(),
        })?;
        let leftover = entry.file_name().to_string_lossy().starts_with(".part-");
        if leftover && entry.file_type().is_dir() {
            // What an export was written to: `doctor` knows those.
            walk.skip_current_dir();
            continue;
        }
        let below = entry.path().strip_prefix(&objects).ok();
        let list = match below {
            _ if leftover => &mut found.leftovers,
            Some(below) if entry.file_type().is_file() => {
                let below = below.to_string_lossy();
                if named.contains_key(below.as_ref()) {
                    continue;
                }
                if is_object_name(&below) { &mut found.orphans } else { &mut found.strangers }
            }
            _ => continue,
        };
        if is_settled(entry.path()) {
            list.push(entry.into_path());
        } else {
            found.young += 1;
        }
    }
    Ok(found)
}

/// Whether a file, or everything in a folder, has been left alone for so long that nobody is at it.
fn is_settled(path: &Path) -> bool {
    WalkDir::new(path).into_iter().all(|entry| {
        let modified =
            entry.and_then(|entry| entry.metadata()).ok().and_then(|m| m.modified().ok());
        // One from the future is the work of a clock that was wrong.
        modified.is_some_and(|time| {
            SystemTime::now().duration_since(time).map_or(true, |age| age >= SETTLED)
        })
    })
}

/// `ab/cdef….jpg`, as [`ObjectId::relative_path`] writes it.
fn is_object_name(below: &str) -> bool {
    let Some((name, extension)) = below.rsplit_once('.') else { return false };
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    matches!(extension, "jpg" | "png")
        && name.split_once('/').is_some_and(|(folder, rest)| {
            folder.len() == 2 && rest.len() == 62 && hex(folder) && hex(rest)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_names_are_told_from_others() {
        let id = ObjectId { sha256: "0a".repeat(32), extension: "png".into() };
        assert!(is_object_name(&id.relative_path()));
        for name in ["notes.txt", "0a/b.png", "0A/0a.png", ".DS_Store"] {
            assert!(!is_object_name(name), "{name}");
        }
    }
}
