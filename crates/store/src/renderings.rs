//! Renderings of figures: a picture of the region as printed, made once, when it is first needed.

use rusqlite::{OptionalExtension as _, params};

use super::figures::{BOX, bbox};
use super::{DocumentRow, Result, Store};
use covid_ct_core::ObjectId;
use covid_ct_extraction::pdf::Rect;

/// A rendering to record. Its object is already stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRendering {
    /// From 1.
    pub page: u32,
    /// Points of the page as displayed.
    pub bbox: Rect,
    pub object: ObjectId,
    /// Pixels.
    pub width: u32,
    pub height: u32,
    pub colour_space: String,
}

/// A figure that a rendering can be made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Renderable {
    /// `figure.id`
    pub figure: i64,
    /// From 1.
    pub page: u32,
    /// Points of the page as displayed.
    pub bbox: Rect,
}

/// Figures that pictures alone do not show: vector and mixed ones. Where an older extractor did not
/// tell the composition, a figure without pictures is taken for vector, one with pictures for raster.
const NEEDS_RENDERING: &str = "figure.kind <> 'table' AND figure.page IS NOT NULL
     AND figure.x1 > figure.x0 AND figure.y1 > figure.y0
     AND (figure.composition IN ('vector', 'mixed')
         OR figure.composition = '' AND NOT EXISTS (
             SELECT 1 FROM figure_image JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             WHERE figure_image.figure = figure.id AND image.origin <> 'rendered'))";

const HAS_RENDERING: &str = "EXISTS (
     SELECT 1 FROM figure_image JOIN placement ON placement.id = figure_image.placement
     JOIN image ON image.id = placement.image
     WHERE figure_image.figure = figure.id AND image.origin = 'rendered')";

impl Store {
    /// The rendering of a `figure.id`: its `image.id` and object.
    ///
    /// # Errors
    /// The database's.
    pub fn rendering(&self, figure: i64) -> Result<Option<(i64, ObjectId)>> {
        let mut query = self.db.prepare_cached(
            "SELECT image.id, image.sha256, image.extension FROM figure_image
             JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             WHERE figure_image.figure = ?1 AND image.origin = 'rendered'",
        )?;
        let found = query.query_row([figure], |row| {
            Ok((row.get(0)?, ObjectId { sha256: row.get(1)?, extension: row.get(2)? }))
        });
        Ok(found.optional()?)
    }

    /// The renderings of a document's figures: `figure.id` and object, in reading order.
    ///
    /// # Errors
    /// The database's.
    pub fn rendered(&self, document: i64) -> Result<Vec<(i64, ObjectId)>> {
        let mut query = self.db.prepare_cached(
            "SELECT figure.id, image.sha256, image.extension FROM figure
             JOIN figure_image ON figure_image.figure = figure.id
             JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             WHERE figure.document = ?1 AND image.origin = 'rendered' ORDER BY ordinal",
        )?;
        let rows = query.query_map([document], |row| {
            Ok((row.get(0)?, ObjectId { sha256: row.get(1)?, extension: row.get(2)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The figures of a document that need a rendering and have none yet, in reading order.
    ///
    /// # Errors
    /// The database's.
    pub fn unrendered(&self, document: i64) -> Result<Vec<Renderable>> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT * FROM figure
             WHERE document = ?1 AND {NEEDS_RENDERING} AND NOT {HAS_RENDERING} ORDER BY ordinal"
        ))?;
        let rows = query.query_map([document], |row| {
            Ok(Renderable {
                figure: row.get("id")?,
                page: row.get("page")?,
                bbox: bbox(row, BOX)?.unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The document and the place of a `figure.id` to render; `None` where it needs no rendering.
    ///
    /// # Errors
    /// The database's.
    pub fn renderable(&self, figure: i64) -> Result<Option<(DocumentRow, Renderable)>> {
        let sql = format!("SELECT * FROM figure WHERE id = ?1 AND {NEEDS_RENDERING}");
        let mut query = self.db.prepare_cached(&sql)?;
        let found = query.query_row([figure], |row| {
            let page = row.get("page")?;
            let place = Renderable { figure, page, bbox: bbox(row, BOX)?.unwrap_or_default() };
            Ok((row.get::<_, i64>("document")?, place))
        });
        let Some((document, place)) = found.optional()? else { return Ok(None) };
        let documents = self.documents()?;
        Ok(documents.into_iter().find(|row| row.id == document).map(|row| (row, place)))
    }

    /// Records the rendering of a figure, and gives its `image.id`: that of an earlier one where there
    /// is one, so that a figure never has two.
    ///
    /// # Errors
    /// The database's; then nothing is kept.
    pub fn record_rendering(&mut self, figure: i64, new: &NewRendering) -> Result<i64> {
        self.transaction(|store| {
            if let Some((image, _)) = store.rendering(figure)? {
                return Ok(image);
            }
            store.db.execute(
                "INSERT INTO image (document, xref, page, sha256, extension, width, height,
                     colour_space, filter, origin)
                 SELECT document, NULL, ?2, ?3, ?4, ?5, ?6, ?7, '', 'rendered'
                 FROM figure WHERE id = ?1",
                params![
                    figure,
                    new.page,
                    new.object.sha256,
                    new.object.extension,
                    new.width,
                    new.height,
                    new.colour_space
                ],
            )?;
            let image = store.db.last_insert_rowid();
            let b = new.bbox;
            // The unit square of a picture stands on its lower edge.
            store.db.execute(
                "INSERT INTO placement (image, page, a, b, c, d, e, f, x0, y0, x1, y1)
                 VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?5, ?7, ?8, ?6)",
                params![image, new.page, b.width(), -b.height(), b.x0, b.y1, b.y0, b.x1],
            )?;
            store.db.execute(
                "INSERT INTO figure_image (figure, placement) VALUES (?1, ?2)",
                params![figure, store.db.last_insert_rowid()],
            )?;
            Ok(image)
        })
    }

    /// How many figures no picture shows and nothing was rendered of: what `label` cannot ask about.
    ///
    /// # Errors
    /// The database's.
    pub fn figures_without_picture(&self) -> Result<u64> {
        Ok(self.db.query_row(
            &format!(
                "SELECT count(*) FROM figure WHERE {NEEDS_RENDERING} AND NOT EXISTS (
                     SELECT 1 FROM figure_image WHERE figure_image.figure = figure.id)"
            ),
            [],
            |row| row.get(0),
        )?)
    }
}
