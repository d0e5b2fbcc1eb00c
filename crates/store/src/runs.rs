//! Training runs and what they measured.

use rusqlite::params;

use super::{Result, Store};

#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub name: String,
    /// RFC 3339, UTC.
    pub created: String,
    pub config: serde_json::Value,
    pub metrics: serde_json::Value,
}

impl Store {
    /// # Errors
    /// The database's.
    pub fn add_run(&self, run: &Run) -> Result<()> {
        self.db.execute(
            "INSERT INTO run (name, created, config, metrics) VALUES (?1, ?2, ?3, ?4)",
            params![run.name, run.created, run.config.to_string(), run.metrics.to_string()],
        )?;
        Ok(())
    }

    /// Oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn runs(&self) -> Result<Vec<Run>> {
        let mut query =
            self.db.prepare("SELECT name, created, config, metrics FROM run ORDER BY id")?;
        let rows = query.query_map([], |row| {
            Ok(Run {
                name: row.get(0)?,
                created: row.get(1)?,
                config: row.get(2)?,
                metrics: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
