//! The append-only record of what curators decided, and which decision is in force.

use rusqlite::{Row, params};

use super::{Result, Store, StoreError};
use crate::sql_enum::Word;
use covid_ct_core::{Evidence, Stage, Value};

/// What a decision speaks of: a picture, or one panel of it (which then overrules the picture).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// `image.id`
    pub image: i64,
    /// `panel.id`
    pub panel: Option<i64>,
}

impl Subject {
    pub fn image(image: i64) -> Self {
        Self { image, panel: None }
    }

    pub fn panel(image: i64, panel: i64) -> Self {
        Self { image, panel: Some(panel) }
    }
}

/// A decision about to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewDecision {
    pub stage: Stage,
    pub subject: Subject,
    /// `None` takes the curator's earlier decision back.
    pub value: Option<Value>,
    pub evidence: Option<Evidence>,
    /// The words it rests on, quoted.
    pub span: String,
    pub curator: String,
    /// RFC 3339, UTC; [`super::now`] for one made now.
    pub time: String,
    pub note: String,
    /// Whether it settles what curators disagreed on: it overrules the readings made before it.
    pub adjudicates: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub id: i64,
    pub stage: Stage,
    pub subject: Subject,
    pub value: Option<Value>,
    pub evidence: Option<Evidence>,
    pub span: String,
    pub curator: String,
    pub time: String,
    pub note: String,
    /// Whether it settles what curators disagreed on: it overrules the readings made before it.
    pub adjudicates: bool,
}

impl From<Decision> for NewDecision {
    fn from(said: Decision) -> Self {
        Self {
            stage: said.stage,
            subject: said.subject,
            value: said.value,
            evidence: said.evidence,
            span: said.span,
            curator: said.curator,
            time: said.time,
            note: said.note,
            adjudicates: said.adjudicates,
        }
    }
}

pub(super) const COLUMNS: &str =
    "id, stage, image, panel, value, evidence, span, curator, time, note,
     adjudicates";

/// Of which pictures decisions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    All,
    /// `image.id`
    Image(i64),
    /// All pictures of a `preprint.id`.
    Preprint(i64),
}

impl Within {
    /// A condition on an `image.id` named `column`; `:within` is [`Within::id`].
    pub(super) fn condition(self, column: &str) -> String {
        match self {
            Self::All => ":within IS NULL".into(),
            Self::Image(_) => format!("{column} = :within"),
            Self::Preprint(_) => format!(
                "{column} IN (SELECT image.id FROM document
                     JOIN image ON image.document = document.id WHERE document.preprint = :within)"
            ),
        }
    }

    pub(super) fn id(self) -> Option<i64> {
        match self {
            Self::All => None,
            Self::Image(id) | Self::Preprint(id) => Some(id),
        }
    }
}

/// The decisions in force at stage `:stage`.
pub(super) fn in_force_sql(within: Within) -> String {
    let condition = within.condition("image");
    format!(
        "SELECT {COLUMNS}, first FROM (
             SELECT *, row_number() OVER (
                 PARTITION BY image, panel, curator ORDER BY time DESC, id DESC) AS newest,
                 min(time) OVER (PARTITION BY image, panel, curator) AS first
             FROM decision WHERE stage = :stage AND {condition})
         WHERE newest = 1 AND value IS NOT NULL
         ORDER BY image, panel, time, adjudicates, id"
    )
}

/// A decision in force.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub decision: Decision,
    /// When its curator first decided on the subject.
    pub first: String,
}

impl Standing {
    pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { decision: Decision::from_row(row)?, first: row.get("first")? })
    }

    /// Within one second an adjudication comes last.
    pub fn order(&self) -> (&str, bool, i64) {
        let Decision { time, adjudicates, id, .. } = &self.decision;
        (time, *adjudicates, *id)
    }
}

impl Decision {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let stage = Stage::named(&row.get::<_, String>("stage")?);
        let text: Option<String> = row.get("value")?;
        let value = text.map(|text| Value::stored(stage, &text)).transpose().map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, e.into())
        })?;
        Ok(Self {
            id: row.get("id")?,
            stage,
            subject: Subject { image: row.get("image")?, panel: row.get("panel")? },
            value,
            evidence: row.get::<_, Option<Word<_>>>("evidence")?.map(|word| word.0),
            span: row.get("span")?,
            curator: row.get("curator")?,
            time: row.get("time")?,
            note: row.get("note")?,
            adjudicates: row.get("adjudicates")?,
        })
    }
}

impl Store {
    /// Appends one decision; returns its id.
    ///
    /// # Errors
    /// When the value is not one of the stage's, the subject is unknown, or the disk refuses.
    pub fn decide(&self, new: &NewDecision) -> Result<i64> {
        if let Some(value) = &new.value
            && value.stage() != new.stage
        {
            return Err(StoreError::Invalid(format!(
                "'{value}' is a {} decision, not a {} one",
                value.stage(),
                new.stage
            )));
        }
        self.make_only_panel(new)?;
        self.db.execute(
            "INSERT INTO decision (stage, image, panel, value, evidence, span, curator, time, note,
                                   adjudicates)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                new.stage.as_str(),
                new.subject.image,
                new.subject.panel,
                new.value.as_ref().map(ToString::to_string),
                new.evidence.map(Evidence::as_str),
                new.span,
                new.curator,
                new.time,
                new.note,
                new.adjudicates,
            ],
        )?;
        Ok(self.db.last_insert_rowid())
    }

    /// Where pictures are not cropped, a picture that is wanted is its only panel, which is there from then on.
    fn make_only_panel(&self, new: &NewDecision) -> Result<()> {
        let task = covid_ct_core::task::in_force();
        let is_wanted =
            new.value.as_ref().and_then(Value::known).is_some_and(|answer| answer.keeps);
        if task.crop.is_asked || new.stage != task.selecting() || !is_wanted {
            return Ok(());
        }
        self.db.execute(
            "INSERT INTO panel (image, x, y, w, h, proposed_by)
             SELECT id, 0, 0, width, height, 'auto' FROM image WHERE id = ?1 ON CONFLICT DO NOTHING",
            [new.subject.image],
        )?;
        Ok(())
    }

    /// Every decision ever made, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn decisions(&self) -> Result<Vec<Decision>> {
        let mut query =
            self.db.prepare(&format!("SELECT {COLUMNS} FROM decision ORDER BY time, id"))?;
        let rows = query.query_map([], Decision::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest decision of each curator on each subject at `stage`, withdrawn ones left out; what was
    /// said of a panel whose box was moved since is of the panel in its place (see
    /// [`Store::moved_panels`]);
    /// ordered by image, panel, then oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn decisions_in_force(&self, stage: Stage) -> Result<Vec<Decision>> {
        self.decisions_in_force_within(stage, Within::All)
    }

    /// Those on some pictures alone.
    ///
    /// # Errors
    /// The database's.
    pub fn decisions_in_force_within(&self, stage: Stage, within: Within) -> Result<Vec<Decision>> {
        Ok(self.standing(stage, within)?.into_iter().map(|standing| standing.decision).collect())
    }

    /// Every decision of a curator on a subject, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn decisions_of(
        &self,
        stage: Stage,
        subject: Subject,
        curator: &str,
    ) -> Result<Vec<Decision>> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM decision
             WHERE curator = ?1 AND stage = ?2 AND image = ?3 AND panel IS ?4 ORDER BY time, id"
        ))?;
        let rows = query.query_map(
            params![curator, stage.as_str(), subject.image, subject.panel],
            Decision::from_row,
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Everybody who ever decided anything, by name.
    ///
    /// # Errors
    /// The database's.
    pub fn curators(&self) -> Result<Vec<String>> {
        let mut query =
            self.db.prepare("SELECT DISTINCT curator FROM decision ORDER BY curator")?;
        let rows = query.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When somebody last decided on a subject, and when it was last adjudicated.
    ///
    /// # Errors
    /// The database's.
    pub fn last_reading_and_adjudication(
        &self,
        stage: Stage,
        subject: Subject,
    ) -> Result<(Option<String>, Option<String>)> {
        Ok(self.db.query_row(
            "SELECT max(time), max(CASE WHEN adjudicates THEN time END) FROM decision
             WHERE image = ?1 AND panel IS ?2 AND stage = ?3",
            params![subject.image, subject.panel, stage.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    }

    /// The decision of this id.
    ///
    /// # Errors
    /// The database's; one of them is that there is no such decision.
    pub fn decision(&self, id: i64) -> Result<Decision> {
        Ok(self.db.query_row(
            &format!("SELECT {COLUMNS} FROM decision WHERE id = ?1"),
            [id],
            Decision::from_row,
        )?)
    }
}
