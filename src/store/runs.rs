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
            let (config, metrics): (String, String) = (row.get(2)?, row.get(3)?);
            Ok(Run {
                name: row.get(0)?,
                created: row.get(1)?,
                config: serde_json::from_str(&config).unwrap_or_default(),
                metrics: serde_json::from_str(&metrics).unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
