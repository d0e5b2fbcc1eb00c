//! What was decided since somebody looked, so that an answer that is given twice is written once.

use rusqlite::params;

use super::{Decision, Result, Store};
use crate::decisions::COLUMNS;

impl Store {
    /// `decision.id` of the newest decision of anybody; 0 where there is none.
    ///
    /// # Errors
    /// The database's.
    pub fn last_decision(&self) -> Result<i64> {
        let last = "SELECT coalesce(max(id), 0) FROM decision";
        Ok(self.db.query_row(last, [], |row| row.get(0))?)
    }

    /// Decisions of `curator` that were written after the one of the id `since`, in that order.
    ///
    /// # Errors
    /// The database's.
    pub fn decisions_since(&self, since: i64, curator: &str) -> Result<Vec<Decision>> {
        // The `+` has SQLite go by the ids, of which few are newer, not by the index of curators.
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM decision WHERE id > ?1 AND +curator = ?2 ORDER BY id"
        ))?;
        let rows = query.query_map(params![since, curator], Decision::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every decision on a picture and its panels, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn decisions_on(&self, image: i64) -> Result<Vec<Decision>> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM decision WHERE image = ?1 ORDER BY time, id"
        ))?;
        let rows = query.query_map([image], Decision::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
