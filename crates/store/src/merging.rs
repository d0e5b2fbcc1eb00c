//! What `merge` asks of the store: which documents come when, and that they land fast.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Result, Store};

/// Documents that are to be recorded, in the order in which an ingest of all would record them: by path, of those with the
/// same bytes the first. Kept on disk, since a corpus may have millions.
#[derive(Debug)]
pub struct Agenda {
    db: Connection,
    /// Behind which the next ones come.
    at: (Vec<u8>, String),
}

/// Where a document is to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub shard: usize,
    pub block: usize,
    pub within: usize,
}

/// A document that is due, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered<'a> {
    pub sha256: &'a str,
    pub path: &'a str,
    /// One that was read elsewhere is taken rather than one that failed.
    pub failed: bool,
    pub due: Due,
}

impl Agenda {
    /// # Errors
    /// The database's, which lies where temporary files do.
    pub fn new() -> Result<Self> {
        let db = Connection::open("")?;
        db.execute_batch(
            "PRAGMA journal_mode = OFF;
             PRAGMA synchronous = OFF;
             PRAGMA cache_size = -16000;
             CREATE TABLE offered (
                 sha256 TEXT PRIMARY KEY,
                 failed INTEGER NOT NULL,
                 key    BLOB NOT NULL,
                 shard  INTEGER NOT NULL,
                 block  INTEGER NOT NULL,
                 within INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             BEGIN",
        )?;
        Ok(Self { db, at: Default::default() })
    }

    /// # Errors
    /// The database's.
    pub fn offer(&mut self, offered: &Offered<'_>) -> Result<()> {
        let Offered { sha256, path, failed, due } = offered;
        let mut insert = self.db.prepare_cached(
            "INSERT INTO offered (sha256, failed, key, shard, block, within)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (sha256) DO UPDATE SET failed = excluded.failed, key = excluded.key,
                 shard = excluded.shard, block = excluded.block, within = excluded.within
             WHERE (excluded.failed, excluded.key, excluded.shard) < (failed, key, shard)",
        )?;
        insert.execute(params![sha256, failed, key(path), due.shard, due.block, due.within])?;
        Ok(())
    }

    /// How many documents there are, once all were offered.
    ///
    /// # Errors
    /// The database's.
    pub fn count(&self) -> Result<usize> {
        self.db.execute_batch("CREATE INDEX IF NOT EXISTS by_path ON offered (key, sha256)")?;
        Ok(self.db.query_row("SELECT count(*) FROM offered", [], |row| row.get(0))?)
    }

    /// The next `count` documents; none at the end.
    ///
    /// # Errors
    /// The database's.
    pub fn next(&mut self, count: usize) -> Result<Vec<(String, Due)>> {
        let mut query = self.db.prepare_cached(
            "SELECT sha256, shard, block, within, key FROM offered
             WHERE (key, sha256) > (?1, ?2) ORDER BY key, sha256 LIMIT ?3",
        )?;
        let rows = query.query_map(params![self.at.0, self.at.1, count], |row| {
            let due = Due { shard: row.get(1)?, block: row.get(2)?, within: row.get(3)? };
            Ok((row.get::<_, String>(0)?, due, row.get::<_, Vec<u8>>(4)?))
        })?;
        let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
        if let Some((sha256, _, key)) = rows.last() {
            self.at = (key.clone(), sha256.clone());
        }
        Ok(rows.into_iter().map(|(sha256, due, _)| (sha256, due)).collect())
    }
}

/// Paths are sorted by their components, as `ingest` sorts them: no byte of a name is less than what parts two.
fn key(path: &str) -> Vec<u8> {
    path.bytes().map(|byte| if byte == b'/' { 0 } else { byte }).collect()
}

impl Store {
    /// How a document stands: whether it was read; `None` where it is not known.
    ///
    /// # Errors
    /// The database's.
    pub fn is_read(&self, sha256: &str) -> Result<Option<bool>> {
        let mut query =
            self.db.prepare_cached("SELECT status = 'done' FROM document WHERE sha256 = ?1")?;
        Ok(query.query_row([sha256], |row| row.get(0)).optional()?)
    }

    /// Runs `work` inside a transaction so that all of it lands with that, or none of it, whatever else does. The index of pages'
    /// text is written at its end, as it is at the end of a transaction: the database is the same as with one for each.
    ///
    /// # Errors
    /// What `work` returns, and the database's.
    pub fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.db.execute_batch("SAVEPOINT apart")?;
        match work(self) {
            Ok(done) => {
                self.db.execute_batch(
                    "INSERT INTO page_text (page_text) VALUES ('flush'); RELEASE apart",
                )?;
                Ok(done)
            }
            Err(error) => {
                self.db.execute_batch("ROLLBACK TO apart; RELEASE apart")?;
                Err(error)
            }
        }
    }

    /// Runs `work` without waiting for the disk at each transaction: a power cut may take the last ones, whole, and all that
    /// was written is on disk when this returns. For what can be done again.
    ///
    /// # Errors
    /// What `work` returns, and the database's.
    pub fn in_haste<T, E: From<super::StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let set = |store: &Self, value: &str| -> Result<()> {
            Ok(store.db.pragma_update(None, "synchronous", value)?)
        };
        set(self, "NORMAL")?;
        // KiB; what is written again and again stays in memory.
        self.db.pragma_update(None, "cache_size", -64_000).map_err(super::StoreError::from)?;
        let done = work(self);
        self.db.pragma_update(None, "cache_size", -2_000).map_err(super::StoreError::from)?;
        set(self, "FULL")?;
        // Also brings the log to disk; that others read keeps it from being emptied, which is as well.
        let checkpoint = self.db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        checkpoint.map_err(super::StoreError::from)?;
        done
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn due(shard: usize) -> Due {
        Due { shard, block: 0, within: 0 }
    }

    #[test]
    fn documents_come_as_an_ingest_reads_them() {
        let mut agenda = Agenda::new().expect("agenda");
        let mut paths =
            ["/a/y.pdf", "/a-b/x.pdf", "/a.pdf", "/a/b/x.pdf", "s3://b/x.pdf", "/B.pdf"];
        for (shard, path) in paths.iter().enumerate() {
            agenda
                .offer(&Offered { sha256: path, path, failed: false, due: due(shard) })
                .expect("offered");
        }
        assert_eq!(agenda.count().expect("count"), paths.len());
        let mut came = Vec::new();
        loop {
            let next = agenda.next(4).expect("next");
            if next.is_empty() {
                break;
            }
            came.extend(next.into_iter().map(|(sha256, _)| sha256));
        }
        paths.sort_by_key(|path| PathBuf::from(path));
        assert_eq!(came, paths);
    }

    #[test]
    fn of_the_same_bytes_the_first_path_that_was_read_comes() {
        let mut agenda = Agenda::new().expect("agenda");
        for (shard, (path, failed)) in
            [("/c", false), ("/a", true), ("/b", false), ("/d", false)].into_iter().enumerate()
        {
            agenda
                .offer(&Offered { sha256: "one", path, failed, due: due(shard) })
                .expect("offered");
        }
        assert_eq!(agenda.count().expect("count"), 1);
        assert_eq!(agenda.next(9).expect("next"), [("one".to_owned(), due(2))]);
        assert!(agenda.next(9).expect("next").is_empty());
    }
}
