//! What the cross-check found to look at, by document.

use std::collections::BTreeMap;

use rusqlite::params;

use super::{Result, Store};
use crate::sql_enum::Word;
use covid_ct_extraction::figures::{Suspect, SuspectKind};

impl Store {
    pub(super) fn record_suspects(&self, document: i64, suspects: &[Suspect]) -> Result<()> {
        let mut insert = self.db.prepare_cached(
            "INSERT INTO suspect (document, ordinal, kind, page, label, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (ordinal, Suspect { kind, page, label, reason }) in suspects.iter().enumerate() {
            insert.execute(params![document, ordinal, kind.as_str(), page, label, reason])?;
        }
        Ok(())
    }

    /// The suspects of a `document.id`, by page; none of one that an extractor without a cross-check
    /// read.
    ///
    /// # Errors
    /// The database's.
    pub fn suspects(&self, document: i64) -> Result<Vec<Suspect>> {
        let mut query = self.db.prepare_cached(
            "SELECT kind, page, label, reason FROM suspect WHERE document = ?1 ORDER BY ordinal",
        )?;
        let rows = query.query_map([document], |row| {
            Ok(Suspect {
                kind: row.get::<_, Word<_>>(0)?.0,
                page: row.get(1)?,
                label: row.get(2)?,
                reason: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many suspects of each kind there are in all documents.
    ///
    /// # Errors
    /// The database's.
    pub fn suspects_by_kind(&self) -> Result<BTreeMap<SuspectKind, u64>> {
        let mut query = self.db.prepare("SELECT kind, count(*) FROM suspect GROUP BY kind")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, Word<_>>(0)?.0, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
