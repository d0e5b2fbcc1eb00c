//! Reads figures as the exchange format has them.

use rusqlite::{Row, params};

use super::{DocumentRow, Result, Store};
use crate::sql_enum::Word;
use covid_ct_core::ObjectId;
use covid_ct_extraction::figures::{
    Composition, FigureRecord, ImageOrigin, ImageRecord, Mention, Overlay, Panel, Region,
    RegionRole,
};
use covid_ct_extraction::pdf::Rect;

/// The box in four columns; `None` where they are NULL.
pub(super) fn bbox(row: &Row<'_>, columns: [&str; 4]) -> rusqlite::Result<Option<Rect>> {
    let [x0, y0, x1, y1] = columns.map(|column| row.get::<_, Option<f32>>(column));
    Ok(match (x0?, y0?, x1?, y1?) {
        (Some(x0), Some(y0), Some(x1), Some(y1)) => Some(Rect { x0, y0, x1, y1 }),
        _ => None,
    })
}

pub(super) const BOX: [&str; 4] = ["x0", "y0", "x1", "y1"];

impl Store {
    /// Ids of the pictures that a `figure.id` shows, in drawing order: what a curator would look at,
    /// so neither the tiles of a stitched picture nor a copy of the figure.
    ///
    /// # Errors
    /// The database's.
    pub fn images_of_figure(&self, figure: i64) -> Result<Vec<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT DISTINCT placement.image FROM figure_image
             JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             LEFT JOIN figure_region ON figure_region.id = figure_image.region
             WHERE figure_image.figure = ?1 AND image.tile_of IS NULL
                 AND image.origin <> 'rendered' AND role IS NOT 'copy'
             ORDER BY placement.id",
        )?;
        let rows = query.query_map([figure], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The figures of a document with `figure.id`, in reading order.
    ///
    /// # Errors
    /// The database's.
    pub fn figures(&self, document: &DocumentRow) -> Result<Vec<(i64, FigureRecord)>> {
        let file = document.file();
        let mut query =
            self.db.prepare_cached("SELECT * FROM figure WHERE document = ?1 ORDER BY ordinal")?;
        let rows = query.query_map([document.id], |row| {
            let composition: String = row.get("composition")?;
            let record = FigureRecord {
                file: file.clone(),
                label: row.get("label")?,
                kind: row.get::<_, Word<_>>("kind")?.0,
                caption: row.get("caption")?,
                caption_page: row.get("caption_page")?,
                caption_bbox: bbox(row, ["cx0", "cy0", "cx1", "cy1"])?,
                page: row.get("page")?,
                bbox: bbox(row, BOX)?,
                pairing: row.get::<_, Word<_>>("pairing")?.0,
                confidence: row.get("confidence")?,
                composition: composition.parse::<Composition>().ok(),
                ..FigureRecord::default()
            };
            Ok((row.get::<_, i64>("id")?, record))
        })?;
        let mut figures = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for (id, figure) in &mut figures {
            let images = self.image_records(*id, None)?;
            (figure.icons, figure.images) = images.into_iter().partition(ImageRecord::is_icon);
            figure.regions = self.regions(*id)?;
            figure.panels = self.figure_panels(*id)?;
            figure.mentions = self.mentions(*id)?;
        }
        Ok(figures)
    }

    /// The pictures of a figure: its own and those of its continuations, or those of one copy.
    fn image_records(&self, figure: i64, copy: Option<i64>) -> Result<Vec<ImageRecord>> {
        let mut query = self.db.prepare_cached(
            "SELECT image.xref, placement.id, placement.page, placement.x0, placement.y0,
                 placement.x1, placement.y1, image.width, image.height, image.origin, image.sha256,
                 image.extension, whole.sha256 AS whole_sha256, whole.extension AS whole_extension
             FROM figure_image JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             LEFT JOIN image AS whole ON whole.id = image.tile_of
             LEFT JOIN figure_region ON figure_region.id = figure_image.region
             WHERE figure_image.figure = ?1
                 AND CASE WHEN ?2 IS NULL THEN role IS NOT 'copy' ELSE region = ?2 END
             ORDER BY placement.id",
        )?;
        let rows = query.query_map(params![figure, copy], |row| {
            let object = |sha256: &str, extension: &str| -> rusqlite::Result<Option<String>> {
                let (sha256, extension) = (row.get(sha256)?, row.get(extension)?);
                Ok(Option::zip(sha256, extension)
                    .map(|(sha256, extension)| ObjectId { sha256, extension }.relative_path()))
            };
            let Word(origin) = row.get::<_, Word<ImageOrigin>>("origin")?;
            let record = ImageRecord {
                // Its column holds the first tile's, to name the picture by.
                xref: if origin == ImageOrigin::Stitched { None } else { row.get("xref")? },
                page: row.get("page")?,
                bbox: bbox(row, BOX)?.unwrap_or_default(),
                width: row.get("width")?,
                height: row.get("height")?,
                origin,
                object: object("sha256", "extension")?.unwrap_or_default(),
                tile_of: object("whole_sha256", "whole_extension")?,
                overlays: Vec::new(),
            };
            Ok((row.get::<_, i64>("id")?, record))
        })?;
        let mut images = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for (placement, image) in &mut images {
            image.overlays = self.overlays(*placement)?;
        }
        Ok(images.into_iter().map(|(_, image)| image).collect())
    }

    /// What the page prints over a `placement.id`.
    pub(super) fn overlays(&self, placement: i64) -> Result<Vec<Overlay>> {
        let mut query =
            self.db.prepare_cached("SELECT * FROM overlay WHERE placement = ?1 ORDER BY id")?;
        let rows = query.query_map([placement], |row| {
            Ok(Overlay {
                kind: row.get::<_, Word<_>>("kind")?.0,
                text: row.get("text")?,
                bbox: bbox(row, BOX)?.unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn regions(&self, figure: i64) -> Result<Vec<Region<ImageRecord>>> {
        let mut query =
            self.db.prepare_cached("SELECT * FROM figure_region WHERE figure = ?1 ORDER BY id")?;
        let rows = query.query_map([figure], |row| {
            let region = Region {
                role: row.get::<_, Word<_>>("role")?.0,
                page: row.get("page")?,
                bbox: bbox(row, BOX)?.unwrap_or_default(),
                images: Vec::new(),
            };
            Ok((row.get::<_, i64>("id")?, region))
        })?;
        let mut regions = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for (id, region) in &mut regions {
            if region.role == RegionRole::Copy {
                region.images = self.image_records(figure, Some(*id))?;
            }
        }
        Ok(regions.into_iter().map(|(_, region)| region).collect())
    }

    fn figure_panels(&self, figure: i64) -> Result<Vec<Panel>> {
        let mut query = self
            .db
            .prepare_cached("SELECT * FROM figure_panel WHERE figure = ?1 ORDER BY ordinal")?;
        let rows = query.query_map([figure], |row| {
            Ok(Panel {
                letter: row.get("letter")?,
                bbox_px: None,
                text: row.get("text")?,
                printed: row.get::<_, Option<u32>>("page")?.zip(bbox(row, BOX)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The sentences that cite a `figure.id`, in reading order.
    pub(super) fn mentions(&self, figure: i64) -> Result<Vec<Mention>> {
        let mut query = self.db.prepare_cached(
            "SELECT page, sentence, panels FROM mention WHERE figure = ?1 ORDER BY id",
        )?;
        let rows = query.query_map([figure], |row| {
            let panels: String = row.get(2)?;
            Ok(Mention {
                page: row.get(0)?,
                text: row.get(1)?,
                panels: panels.split_whitespace().map(str::to_owned).collect(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
