//! Panels: the rectangles of pictures that show one scan, and what is in force about them.

use rusqlite::params;

use super::{Result, Store};
use covid_ct_core::{Label, ObjectId, PanelBox, Stage, Symbol};
use covid_ct_extraction::figures::ImageOrigin;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPanel {
    /// `image.id`
    pub image: i64,
    pub bounds: PanelBox,
    pub letter: String,
    pub sub_caption: String,
    /// A curator's name, or `auto`.
    pub proposed_by: String,
}

/// A panel in force with all that the dataset needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledPanel {
    /// `panel.id`
    pub id: i64,
    /// `image.id`
    pub image: i64,
    /// From 0, in reading order of the crop decision; `None` where the panel is the whole picture.
    pub index: Option<u32>,
    pub bounds: PanelBox,
    pub letter: String,
    pub sub_caption: String,
    pub object: ObjectId,
    pub origin: ImageOrigin,
    /// Native size of the whole picture.
    pub width: u32,
    pub height: u32,
    pub xref: Option<u32>,
    /// 1-based page of the image's first placement.
    pub page: u32,
    /// Of a rendering: the label of its figure.
    pub rendering_of: Option<String>,
    /// Of a released picture: the name it was published under.
    pub file_name: Option<String>,
    /// `preprint.id`
    pub preprint: i64,
    pub preprint_name: String,
    pub preprint_version: String,
    pub document_sha256: String,
    /// `None` while undecided, uncertain, excluded, or while curators disagree.
    pub label: Option<Label>,
    /// What was said of it at the questions that neither select nor classify; nothing of what curators disagree on.
    pub answers: Vec<(Stage, Symbol)>,
    /// True where curators' decisions in force differ on whether it is wanted, its boxes, its class or its case.
    pub conflict: bool,
    pub case: Option<String>,
    /// When the scan was taken, as the paper tells it: `day 6 after onset`.
    pub scan_time: Option<String>,
    /// Ids of the decisions this row rests on, ascending.
    pub decisions: Vec<i64>,
}

impl Store {
    /// The id of the panel of this image with these bounds, making it where there is none.
    ///
    /// # Errors
    /// The database's.
    pub fn panel(&self, new: &NewPanel) -> Result<i64> {
        let PanelBox { x, y, w, h } = new.bounds;
        self.db.execute(
            "INSERT INTO panel (image, x, y, w, h, letter, sub_caption, proposed_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            params![new.image, x, y, w, h, new.letter, new.sub_caption, new.proposed_by],
        )?;
        Ok(self.db.query_row(
            "SELECT id FROM panel WHERE image = ?1 AND x = ?2 AND y = ?3 AND w = ?4 AND h = ?5",
            params![new.image, x, y, w, h],
            |row| row.get(0),
        )?)
    }

    /// Gives a panel another letter and the sub-caption of that; returns the panel as it was, where that
    /// changed anything.
    ///
    /// # Errors
    /// The database's.
    pub fn letter_panel(
        &self,
        panel: i64,
        letter: &str,
        sub_caption: &str,
    ) -> Result<Option<(i64, String, String)>> {
        let (was, text): (String, String) = self.db.query_row(
            "SELECT letter, sub_caption FROM panel WHERE id = ?1",
            [panel],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if was == letter {
            return Ok(None);
        }
        self.db.execute(
            "UPDATE panel SET letter = ?2, sub_caption = ?3 WHERE id = ?1",
            params![panel, letter, sub_caption],
        )?;
        Ok(Some((panel, was, text)))
    }

    /// Every panel of an `image.id` that anybody proposed, in force or not, with its `panel.id`.
    ///
    /// # Errors
    /// The database's.
    pub fn panels_of(&self, image: i64) -> Result<Vec<(i64, NewPanel)>> {
        self.panels_where("WHERE image = ?1", params![image])
    }

    /// Every panel anybody proposed, in force or not, with its `panel.id`; oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn panels(&self) -> Result<Vec<(i64, NewPanel)>> {
        self.panels_where("", params![])
    }

    fn panels_where(
        &self,
        condition: &str,
        parameters: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<(i64, NewPanel)>> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT id, image, x, y, w, h, letter, sub_caption, proposed_by FROM panel {condition}
             ORDER BY id"
        ))?;
        let rows = query.query_map(parameters, |row| {
            let bounds =
                PanelBox { x: row.get(2)?, y: row.get(3)?, w: row.get(4)?, h: row.get(5)? };
            let panel = NewPanel {
                image: row.get(1)?,
                bounds,
                letter: row.get(6)?,
                sub_caption: row.get(7)?,
                proposed_by: row.get(8)?,
            };
            Ok((row.get(0)?, panel))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
