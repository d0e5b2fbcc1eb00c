//! What readers told of patients. Append-only: of one reader's rows with one name, the newest counts. Which
//! of them count, and of whom they tell, is said by the case decisions in force (`patients.rs`).

use std::collections::HashSet;
use std::fmt;

use rusqlite::{Row, params};

use super::decisions::Within;
use super::patients::Patient;
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
        let known: Vec<&str> = self
            .fields()
            .into_iter()
            .map(|(_, text)| text)
            .filter(|text| !text.is_empty())
            .collect();
        f.write_str(if known.is_empty() { "nothing" } else { "" })?;
        f.write_str(&known.join(", "))
    }
}

impl CaseDetails {
    /// Each field with its name, in the order of the columns.
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        let Self { age, sex, location, medical_history, severity, other_diseases } = self;
        [
            ("age", age),
            ("sex", sex),
            ("location", location),
            ("medical history", medical_history),
            ("severity", severity),
            ("other diseases", other_diseases),
        ]
    }

    /// Each field, in the order of [`fields`](Self::fields).
    pub(super) fn fields_mut(&mut self) -> [&mut String; 6] {
        let Self { age, sex, location, medical_history, severity, other_diseases } = self;
        [age, sex, location, medical_history, severity, other_diseases]
    }

    /// The same, empty fields filled from `other`.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        for (own, (_, other)) in self.fields_mut().into_iter().zip(other.fields()) {
            if own.is_empty() {
                other.clone_into(own);
            }
        }
        self
    }
}

/// What one reader told of a patient, or, out of [`Store::cases`], what is in force of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    /// `preprint.id`
    pub preprint: i64,
    /// Local to the paper, and the curator's own: `Patient 1`.
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

    /// Appends what a curator now says of a patient, under the curator's own name for it, where that is new;
    /// as late as it must be to be the curator's newest although a clock was set back.
    ///
    /// # Errors
    /// The database's.
    pub fn say_of_patient(&self, said: Case) -> Result<()> {
        let rows = self.case_rows(Within::Preprint(said.preprint))?;
        let mut own =
            rows.iter().filter(|row| row.curator == said.curator && row.name == said.name);
        let held = own.next_back();
        let nothing = CaseDetails::default();
        if held.map_or(&nothing, |row| &row.details) == &said.details {
            return Ok(());
        }
        let before = held.map(|row| row.time.clone()).unwrap_or_default();
        self.add_case(&Case { time: said.time.clone().max(before), ..said })
    }

    /// The cases in force, by preprint then name: the patients that case decisions in force tell of, with
    /// what is told of them.
    ///
    /// # Errors
    /// The database's.
    pub fn cases(&self) -> Result<Vec<Case>> {
        let case = |patient: Patient| {
            let newest = patient.statements.iter().max_by_key(|statement| &statement.time);
            let (curator, time) = newest
                .map(|newest| (newest.curator.clone(), newest.time.clone()))
                .unwrap_or_default();
            let Patient { preprint, name, details, .. } = patient;
            Case { preprint, name, details, curator, time }
        };
        Ok(self.patients(Within::All)?.into_iter().map(case).collect())
    }

    /// Rows of some papers, oldest first.
    pub(super) fn case_rows(&self, within: Within) -> Result<Vec<Case>> {
        let preprint = match within {
            Within::All => None,
            Within::Image(image) => Some(self.paper_of_image(image)?),
            Within::Preprint(id) => Some(id),
        };
        let mut query = self.db.prepare_cached(
            "SELECT * FROM patient_case WHERE ?1 IS NULL OR preprint = ?1 ORDER BY time, id",
        )?;
        let rows = query.query_map([preprint], Case::from_row)?;
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
