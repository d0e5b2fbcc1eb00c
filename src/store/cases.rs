//! Patients of papers. Append-only: of several rows with one name, the newest counts.

use std::collections::HashSet;
use std::fmt;

use rusqlite::{Row, params};

use super::{Result, Store};

/// What the paper tells of a patient; empty where it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CaseDetails {
    pub age: String,
    pub sex: String,
    pub location: String,
    pub medical_history: String,
    pub severity: String,
    pub other_diseases: String,
}

impl fmt::Display for CaseDetails {
    /// What is known, joined by commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { age, sex, location, medical_history, severity, other_diseases } = self;
        let known: Vec<&str> = [age, sex, location, medical_history, severity, other_diseases]
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        f.write_str(if known.is_empty() { "nothing" } else { "" })?;
        f.write_str(&known.join(", "))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    /// `preprint.id`
    pub preprint: i64,
    /// Local to the paper: `Patient 1`.
    pub name: String,
    pub details: CaseDetails,
    pub curator: String,
    /// RFC 3339, UTC.
    pub time: String,
}

impl Case {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            preprint: row.get("preprint")?,
            name: row.get("name")?,
            details: CaseDetails {
                age: row.get("age")?,
                sex: row.get("sex")?,
                location: row.get("location")?,
                medical_history: row.get("medical_history")?,
                severity: row.get("severity")?,
                other_diseases: row.get("other_diseases")?,
            },
            curator: row.get("curator")?,
            time: row.get("time")?,
        })
    }
}

impl Store {
    /// Appends what is known of a case.
    ///
    /// # Errors
    /// The database's.
    pub fn add_case(&self, case: &Case) -> Result<()> {
        let CaseDetails { age, sex, location, medical_history, severity, other_diseases } =
            &case.details;
        self.db.execute(
            "INSERT INTO patient_case (preprint, name, age, sex, location, medical_history,
                 severity, other_diseases, curator, time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                case.preprint,
                case.name,
                age,
                sex,
                location,
                medical_history,
                severity,
                other_diseases,
                case.curator,
                case.time,
            ],
        )?;
        Ok(())
    }

    /// Appends those that were never recorded.
    ///
    /// # Errors
    /// The database's.
    pub fn add_new_cases(&self, cases: impl IntoIterator<Item = Case>) -> Result<()> {
        let known: HashSet<Case> = self.case_history()?.into_iter().collect();
        cases
            .into_iter()
            .filter(|case| !known.contains(case))
            .try_for_each(|case| self.add_case(&case))
    }

    /// The cases in force, by preprint then name.
    ///
    /// # Errors
    /// The database's.
    pub fn cases(&self) -> Result<Vec<Case>> {
        let mut query = self.db.prepare(
            "SELECT * FROM (
                 SELECT *, row_number() OVER (
                     PARTITION BY preprint, name ORDER BY time DESC, id DESC) AS newest
                 FROM patient_case)
             WHERE newest = 1 ORDER BY preprint, name",
        )?;
        let rows = query.query_map([], Case::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every row ever recorded of every case: by preprint, name, then oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn case_history(&self) -> Result<Vec<Case>> {
        let mut query =
            self.db.prepare("SELECT * FROM patient_case ORDER BY preprint, name, time, id")?;
        let rows = query.query_map([], Case::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
