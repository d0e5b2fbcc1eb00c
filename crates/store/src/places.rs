//! Where things stand in a document: its pages, and every picture drawn on them.

use rusqlite::{OptionalExtension as _, params};

use super::figures::{BOX, bbox};
use super::{Result, Store};
use crate::sql_enum::Word;
use covid_ct_extraction::figures::{ImageOrigin, Overlay, OverlayKind};
use covid_ct_extraction::pdf::Rect;

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

/// What is known of where things stand in a picture, as shares of its width and height.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// Middles of what is printed over it as text of the page, and the text.
    pub texts: Vec<(f32, f32, String)>,
    /// Top left corners of the tiles it was stitched from.
    pub tiles: Vec<(f32, f32)>,
}

impl Store {
    /// What is printed over a picture where it is first drawn, and the tiles it was stitched from. Nothing
    /// of one that is drawn turned or mirrored.
    ///
    /// # Errors
    /// The database's.
    pub fn layout(&self, image: i64) -> Result<Layout> {
        let mut layout = Layout::default();
        let first = "SELECT id, page, a, b, c, d, x0, y0, x1, y1 FROM placement WHERE image = ?1
             ORDER BY id LIMIT 1";
        let mut first = self.db.prepare_cached(first)?;
        let drawn = first
            .query_row([image], |row| {
                let upright = row.get::<_, f32>("b")?.abs() + row.get::<_, f32>("c")?.abs() < 1e-3
                    && row.get::<_, f32>("a")? > 0.0
                    // The unit square of a picture has its origin at the bottom.
                    && row.get::<_, f32>("d")? < 0.0;
                let place = bbox(row, BOX)?.filter(|_| upright);
                Ok((row.get::<_, i64>("id")?, row.get::<_, u32>("page")?, place))
            })
            .optional()?;
        let Some((placement, page, Some(place))) = drawn else { return Ok(layout) };
        let (width, height) = (place.x1 - place.x0, place.y1 - place.y0);
        if width <= 0.0 || height <= 0.0 {
            return Ok(layout);
        }
        let share = |x: f32, y: f32| ((x - place.x0) / width, (y - place.y0) / height);
        for Overlay { kind, text, bbox } in self.overlays(placement)? {
            if kind == OverlayKind::Text {
                let (x, y) =
                    share(f32::midpoint(bbox.x0, bbox.x1), f32::midpoint(bbox.y0, bbox.y1));
                layout.texts.push((x, y, text));
            }
        }
        let mut tiles = self.db.prepare_cached(
            "SELECT x0, y0 FROM image JOIN placement ON placement.image = image.id
             WHERE tile_of = ?1 AND placement.page = ?2 ORDER BY placement.id",
        )?;
        let rows =
            tiles.query_map(params![image, page], |row| Ok(share(row.get(0)?, row.get(1)?)))?;
        layout.tiles = rows.collect::<rusqlite::Result<_>>()?;
        Ok(layout)
    }

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
                origin: row.get::<_, Word<_>>("origin")?.0,
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
