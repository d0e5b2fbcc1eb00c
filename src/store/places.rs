//! Where things stand in a document: its pages, and every picture drawn on them.

use super::figures::{BOX, bbox};
use super::{Result, Store};
use crate::figures::{ImageOrigin, Overlay};
use crate::pdf::Rect;

/// A page as displayed, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageRow {
    /// From 1.
    pub number: u32,
    pub width: f32,
    pub height: f32,
    /// Degrees; already applied.
    pub rotation: i32,
}

/// One drawing of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacementRow {
    /// `image.id`
    pub image: i64,
    /// PDF object number; `None` for an inline image or a rendering.
    pub xref: Option<u32>,
    pub origin: ImageOrigin,
    /// Native pixels.
    pub width: u32,
    pub height: u32,
    /// Part of the paper's dress.
    pub furniture: bool,
    /// A tile of a stitched picture.
    pub tile: bool,
    /// Whether a figure holds it.
    pub in_figure: bool,
    pub page: u32,
    /// Points.
    pub bbox: Rect,
    /// What the page prints over it.
    pub overlays: Vec<Overlay>,
}

impl Store {
    /// The pages of a `document.id`, in order.
    ///
    /// # Errors
    /// The database's.
    pub fn pages(&self, document: i64) -> Result<Vec<PageRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT number, width, height, rotation FROM page WHERE document = ?1 ORDER BY number",
        )?;
        let rows = query.query_map([document], |row| {
            Ok(PageRow {
                number: row.get(0)?,
                width: row.get(1)?,
                height: row.get(2)?,
                rotation: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Every drawing of every picture of a `document.id`, in drawing order.
    ///
    /// # Errors
    /// The database's.
    pub fn placements(&self, document: i64) -> Result<Vec<PlacementRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT image.id AS image, xref, origin, width, height, furniture,
                 tile_of IS NOT NULL AS tile, placement.id, placement.page, x0, y0, x1, y1,
                 EXISTS (SELECT 1 FROM figure_image WHERE placement = placement.id) AS in_figure
             FROM placement JOIN image ON image.id = placement.image
             WHERE image.document = ?1 ORDER BY placement.id",
        )?;
        let rows = query.query_map([document], |row| {
            let placement = PlacementRow {
                image: row.get("image")?,
                xref: row.get("xref")?,
                origin: row.get("origin")?,
                width: row.get("width")?,
                height: row.get("height")?,
                furniture: row.get("furniture")?,
                tile: row.get("tile")?,
                in_figure: row.get("in_figure")?,
                page: row.get("page")?,
                bbox: bbox(row, BOX)?.unwrap_or_default(),
                overlays: Vec::new(),
            };
            Ok((row.get::<_, i64>("id")?, placement))
        })?;
        let mut placements = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for (id, placement) in &mut placements {
            placement.overlays = self.overlays(*id)?;
        }
        Ok(placements.into_iter().map(|(_, placement)| placement).collect())
    }
}
