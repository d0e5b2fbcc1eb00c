//! Reads documents and what was found in them.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Row, named_params, params};
use serde::Serialize;

use covid_ct_extraction::document::PaperMeta;
use covid_ct_extraction::figures::ImageOrigin;

use super::sql_enum::{Word, sql_enum};
use super::{Result, Store, Within};
use covid_ct_core::ObjectId;

sql_enum! {
    /// Where a document came from.
    pub enum Source {
        Pdf = "pdf",
        /// A published dataset: pictures without their PDF.
        Release = "release",
    }
}

/// A document that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub sha256: String,
    pub path: String,
    pub error: String,
    pub extractor: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    pub id: i64,
    pub sha256: String,
    pub path: String,
    pub source: Source,
    pub pages: u32,
    /// Why it failed; `None` when it is done.
    pub error: Option<String>,
    pub extractor: u32,
    /// `preprint.id`; `None` for a failed one.
    pub preprint: Option<i64>,
}

impl DocumentRow {
    /// Base name of the file it was read from.
    pub fn file(&self) -> String {
        let path = std::path::Path::new(&self.path);
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }
}

/// An image as stored, with the paper it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    pub id: i64,
    pub document: i64,
    pub document_sha256: String,
    pub preprint: i64,
    pub preprint_name: String,
    pub preprint_version: String,
    pub xref: Option<u32>,
    pub page: u32,
    pub object: ObjectId,
    pub width: u32,
    pub height: u32,
    pub colour_space: String,
    pub filter: String,
    pub origin: ImageOrigin,
    pub file_name: Option<String>,
    /// Part of the paper's dress, not of a figure.
    pub furniture: bool,
    /// `image.id` of the stitched picture that this one is a tile of.
    pub tile_of: Option<i64>,
}

/// The columns of an [`ImageRow`], in the order in which they are read: a look for each by its name takes longer than all
/// else.
const IMAGE_COLUMNS: &str = "image.id, image.document, document.sha256, preprint.id, preprint.name, preprint.version,
     image.xref, image.page, image.sha256, image.extension, image.width, image.height, image.colour_space,
     image.filter, image.origin, image.file_name, image.furniture, image.tile_of";

impl ImageRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            document: row.get(1)?,
            document_sha256: row.get(2)?,
            preprint: row.get(3)?,
            preprint_name: row.get(4)?,
            preprint_version: row.get(5)?,
            xref: row.get(6)?,
            page: row.get(7)?,
            object: ObjectId { sha256: row.get(8)?, extension: row.get(9)? },
            width: row.get(10)?,
            height: row.get(11)?,
            colour_space: row.get(12)?,
            filter: row.get(13)?,
            origin: row.get::<_, Word<_>>(14)?.0,
            file_name: row.get(15)?,
            furniture: row.get(16)?,
            tile_of: row.get(17)?,
        })
    }

    /// What pictures are sorted by.
    fn order(&self) -> (&str, &str, u32, Option<u32>, &str, i64) {
        let Self { preprint_name, preprint_version, page, xref, document_sha256, id, .. } = self;
        (preprint_name, preprint_version, *page, *xref, document_sha256, *id)
    }
}

/// How much the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub documents: u64,
    pub failed: u64,
    pub pages: u64,
    /// Pictures, tiles of stitched ones and renderings left out.
    pub images: u64,
    /// Renderings of figures.
    pub rendered: u64,
    /// Pictures put together from tiles.
    pub stitched: u64,
    /// Pictures with decisions that the newest reading of their document no longer finds.
    pub lost: u64,
    /// Figures that carry a caption (tables left out).
    pub captions: u64,
    /// Those of them whose graphic was found.
    pub paired: u64,
    /// Pictures nobody captioned.
    pub uncaptioned: u64,
    pub mentions: u64,
    pub panels: u64,
    pub decisions: u64,
}

impl Store {
    /// Every document, by path.
    ///
    /// # Errors
    /// The database's.
    pub fn documents(&self) -> Result<Vec<DocumentRow>> {
        let mut query = self.db.prepare(
            "SELECT id, sha256, path, source, pages, error, extractor, preprint
             FROM document ORDER BY path, sha256",
        )?;
        let rows = query.query_map([], |row| {
            let source = row.get(3)?;
            let noted: String = row.get(2)?;
            let path = if source == Source::Pdf { self.located_path(noted) } else { noted };
            Ok(DocumentRow {
                id: row.get(0)?,
                sha256: row.get(1)?,
                path,
                source,
                pages: row.get(4)?,
                error: row.get(5)?,
                extractor: row.get(6)?,
                preprint: row.get(7)?,
            })
        })?;
        let mut documents: Vec<DocumentRow> = rows.collect::<rusqlite::Result<_>>()?;
        documents.sort_by(|a, b| (&a.path, &a.sha256).cmp(&(&b.path, &b.sha256)));
        Ok(documents)
    }

    /// Notes that a document lies at `path` now.
    ///
    /// # Errors
    /// The database's.
    pub fn set_path(&self, document: i64, path: &str) -> Result<()> {
        let path = self.noted_path(path);
        self.db.execute("UPDATE document SET path = ?2 WHERE id = ?1", params![document, path])?;
        Ok(())
    }

    /// Notes the licence of a paper that does not name one itself; false where it does.
    ///
    /// # Errors
    /// The database's.
    pub fn note_licence(&self, preprint: i64, licence: &str) -> Result<bool> {
        let noted = self.db.execute(
            "UPDATE preprint SET licence = ?2 WHERE id = ?1 AND licence = ''",
            params![preprint, licence],
        )?;
        Ok(noted > 0)
    }

    /// The paper of a `preprint.id`.
    ///
    /// # Errors
    /// The database's; one of them is that there is no such paper.
    pub fn paper(&self, preprint: i64) -> Result<PaperMeta> {
        Ok(self.db.query_row(
            "SELECT name, version, server, doi, title, posted, licence, category, abstract
             FROM preprint WHERE id = ?1",
            [preprint],
            |row| {
                Ok(PaperMeta {
                    name: row.get(0)?,
                    version: row.get(1)?,
                    server: row.get(2)?,
                    doi: row.get(3)?,
                    title: row.get(4)?,
                    posted: row.get(5)?,
                    licence: row.get(6)?,
                    category: row.get(7)?,
                    abstract_text: row.get(8)?,
                })
            },
        )?)
    }

    /// Every image of every document, by paper, page, xref, then in drawing order.
    ///
    /// # Errors
    /// The database's.
    pub fn images(&self) -> Result<Vec<ImageRow>> {
        self.images_within(Within::All)
    }

    /// The pictures of some papers, in the order of [`Store::images`].
    ///
    /// # Errors
    /// The database's.
    pub fn images_within(&self, within: Within) -> Result<Vec<ImageRow>> {
        // Sorted here: most are in order as they come, which SQLite does not make use of.
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {IMAGE_COLUMNS}
             FROM image JOIN document ON document.id = image.document
             JOIN preprint ON preprint.id = document.preprint
             WHERE {}",
            within.condition("image.id")
        ))?;
        let rows = query.query_map(named_params! {":within": within.id()}, ImageRow::from_row)?;
        let mut images: Vec<ImageRow> = rows.collect::<rusqlite::Result<_>>()?;
        images.sort_by(|one, other| one.order().cmp(&other.order()));
        Ok(images)
    }

    /// `preprint.id` by `image.id`.
    pub(super) fn papers_of_images(&self, within: Within) -> Result<HashMap<i64, i64>> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT image.id, document.preprint FROM image
             JOIN document ON document.id = image.document
             WHERE document.preprint IS NOT NULL AND {}",
            within.condition("image.id")
        ))?;
        let rows = query.query_map(named_params! {":within": within.id()}, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The `preprint.id` of an `image.id`.
    ///
    /// # Errors
    /// The database's; one of them is that there is no such picture.
    pub fn paper_of_image(&self, image: i64) -> Result<i64> {
        Ok(self.db.query_row(
            "SELECT document.preprint FROM image JOIN document ON document.id = image.document
             WHERE image.id = ?1",
            [image],
            |row| row.get(0),
        )?)
    }

    /// What imported exports told of their pictures: JSON, by `image.id`.
    ///
    /// # Errors
    /// The database's.
    pub fn provenance(&self) -> Result<Vec<(i64, String)>> {
        let mut query = self
            .db
            .prepare("SELECT id, provenance FROM image WHERE provenance <> '' ORDER BY id")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes what an export told of the picture `image.id`.
    ///
    /// # Errors
    /// The database's.
    pub fn set_provenance(&self, image: i64, json: &str) -> Result<()> {
        self.db.execute("UPDATE image SET provenance = ?2 WHERE id = ?1", params![image, json])?;
        Ok(())
    }

    /// What is known of the looks of objects, as text, by SHA-256.
    ///
    /// # Errors
    /// The database's.
    pub fn perceptual_hashes(&self) -> Result<HashMap<String, String>> {
        let mut query = self.db.prepare("SELECT sha256, look FROM look")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps the looks of objects for later; all of them, or none. Where nothing can be written they are found
    /// anew each time.
    ///
    /// # Errors
    /// The database's.
    pub fn keep_perceptual_hashes(&self, looks: &HashMap<String, String>) -> Result<()> {
        if looks.is_empty() || self.is_read_only() {
            return Ok(());
        }
        let transaction = self.db.unchecked_transaction()?;
        for (sha256, look) in looks {
            let insert = "INSERT INTO look (sha256, look) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            transaction.prepare_cached(insert)?.execute(params![sha256, look])?;
        }
        Ok(transaction.commit()?)
    }

    /// The text of a page; `None` where the document has no such page.
    ///
    /// # Errors
    /// The database's.
    pub fn page_text(&self, document: i64, number: u32) -> Result<Option<String>> {
        Ok(self
            .db
            .query_row(
                "SELECT text FROM page JOIN page_text ON page_text.rowid = page.id
                 WHERE document = ?1 AND number = ?2",
                params![document, number],
                |row| row.get(0),
            )
            .optional()?)
    }

    /// # Errors
    /// The database's.
    pub fn totals(&self) -> Result<Totals> {
        let count = |sql: &str| -> Result<u64> {
            Ok(self.db.query_row(&format!("SELECT count(*) FROM {sql}"), [], |row| row.get(0))?)
        };
        Ok(Totals {
            documents: count("document WHERE status = 'done'")?,
            failed: count("document WHERE status = 'failed'")?,
            pages: count("page")?,
            images: count("image WHERE origin <> 'rendered' AND tile_of IS NULL")?,
            rendered: count("image WHERE origin = 'rendered'")?,
            stitched: count("image WHERE origin = 'stitched'")?,
            lost: count(
                "image WHERE NOT EXISTS (SELECT 1 FROM placement WHERE placement.image = image.id)",
            )?,
            captions: count("figure WHERE caption <> '' AND kind <> 'table'")?,
            paired: count("figure WHERE caption <> '' AND kind <> 'table' AND page IS NOT NULL")?,
            uncaptioned: count("figure WHERE caption = '' AND kind <> 'table'")?,
            mentions: count("mention")?,
            panels: count("panel")?,
            decisions: count("decision")?,
        })
    }
}
