//! Named splits of panels into train, val and test. Several live side by side.

use rusqlite::{OptionalExtension as _, params};

use crate::sql_enum::Word;

use super::{Result, Store, now};
use covid_ct_core::Split;

#[derive(Debug, Clone, PartialEq)]
pub struct NamedSplit {
    pub name: String,
    /// JSON: by what, ratio or fold, seed.
    pub how: serde_json::Value,
    /// `(panel.id, part)`, by panel.
    pub parts: Vec<(i64, Split)>,
}

impl Store {
    /// Keeps a split, replacing one of the same name.
    ///
    /// # Errors
    /// The database's; then the earlier split stays as it was.
    pub fn save_split(&mut self, split: &NamedSplit) -> Result<()> {
        self.save_splits([split])
    }

    /// Keeps splits that belong together, as [`Store::save_split`] does: all or none.
    ///
    /// # Errors
    /// The database's; then the earlier splits stay as they were.
    pub fn save_splits<'a>(
        &mut self,
        splits: impl IntoIterator<Item = &'a NamedSplit>,
    ) -> Result<()> {
        self.transaction(|store| splits.into_iter().try_for_each(|split| store.insert(split)))
    }

    fn insert(&self, split: &NamedSplit) -> Result<()> {
        self.db.execute("DELETE FROM split WHERE name = ?1", [&split.name])?;
        self.db.execute(
            "INSERT INTO split (name, how, created) VALUES (?1, ?2, ?3)",
            params![split.name, split.how.to_string(), now()],
        )?;
        let id = self.db.last_insert_rowid();
        let mut insert =
            self.db.prepare("INSERT INTO split_panel (split, panel, part) VALUES (?1, ?2, ?3)")?;
        for (panel, part) in &split.parts {
            insert.execute(params![id, panel, part.as_str()])?;
        }
        Ok(())
    }

    /// # Errors
    /// The database's.
    pub fn split(&self, name: &str) -> Result<Option<NamedSplit>> {
        let found: Option<(i64, serde_json::Value)> = self
            .db
            .query_row("SELECT id, how FROM split WHERE name = ?1", [name], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((id, how)) = found else { return Ok(None) };
        let mut query = self
            .db
            .prepare("SELECT panel, part FROM split_panel WHERE split = ?1 ORDER BY panel")?;
        let parts = query.query_map([id], |row| Ok((row.get(0)?, row.get::<_, Word<_>>(1)?.0)))?;
        Ok(Some(NamedSplit {
            name: name.into(),
            how,
            parts: parts.collect::<rusqlite::Result<_>>()?,
        }))
    }

    /// When a split was made, RFC 3339, UTC; `None` where there is none of that name.
    ///
    /// # Errors
    /// The database's.
    pub fn split_created(&self, name: &str) -> Result<Option<String>> {
        let query = "SELECT created FROM split WHERE name = ?1";
        Ok(self.db.query_row(query, [name], |row| row.get(0)).optional()?)
    }

    /// Names of the splits, sorted.
    ///
    /// # Errors
    /// The database's.
    pub fn split_names(&self) -> Result<Vec<String>> {
        let mut query = self.db.prepare("SELECT name FROM split ORDER BY name")?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
