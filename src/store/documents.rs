//! Documents and what was found in them.

use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::{ObjectId, Result, Store};
use crate::figures::{FigureKind, FigureRecord, ImageOrigin, ImageRecord, Mention, Pairing};
use crate::pdf::{Matrix, Rect};
use crate::worded::worded_enum;

worded_enum! {
    /// Where a document came from.
    pub enum Source {
        Pdf = "pdf",
        /// A published dataset: pictures without their PDF.
        Release = "release",
    }
}

/// What is known of a paper; empty strings where it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaperMeta {
    /// As panel files name the paper: the DOI's suffix for a preprint, else the file's stem.
    pub name: String,
    /// `2` for v2.
    pub version: String,
    /// `medrxiv`, `biorxiv` or empty.
    pub server: String,
    pub doi: String,
    pub title: String,
    /// YYYY-MM-DD
    pub posted: String,
    pub licence: String,
    pub category: String,
}

/// Everything one document holds, as a worker hands it to the writer. Objects are already stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extraction {
    pub sha256: String,
    pub path: String,
    /// Version of the extractor.
    pub extractor: u32,
    pub paper: PaperMeta,
    pub pages: Vec<FoundPage>,
    pub images: Vec<FoundImage>,
    pub figures: Vec<FoundFigure>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundPage {
    /// From 1.
    pub number: u32,
    /// Points, as displayed.
    pub width: f32,
    pub height: f32,
    /// Degrees; already applied.
    pub rotation: i32,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundImage {
    pub xref: Option<u32>,
    pub object: ObjectId,
    pub width: u32,
    pub height: u32,
    pub colour_space: String,
    pub filter: String,
    pub origin: ImageOrigin,
    /// Of a released picture: the name it was published under.
    pub file_name: Option<String>,
    /// In drawing order; at least one.
    pub placements: Vec<FoundPlacement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FoundPlacement {
    /// From 1.
    pub page: u32,
    /// Unit square to points of the page as displayed.
    pub transform: Matrix,
    pub bbox: Rect,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundFigure {
    pub label: Option<String>,
    pub kind: FigureKind,
    pub caption: String,
    pub caption_page: Option<u32>,
    pub caption_bbox: Option<Rect>,
    pub page: Option<u32>,
    pub bbox: Option<Rect>,
    /// `(index into Extraction::images, index into its placements)`
    pub images: Vec<(usize, usize)>,
    pub pairing: Pairing,
    pub confidence: f32,
    pub mentions: Vec<Mention>,
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
}

impl ImageRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            document: row.get("document")?,
            document_sha256: row.get("document_sha256")?,
            preprint: row.get("preprint")?,
            preprint_name: row.get("preprint_name")?,
            preprint_version: row.get("preprint_version")?,
            xref: row.get("xref")?,
            page: row.get("page")?,
            object: ObjectId { sha256: row.get("sha256")?, extension: row.get("extension")? },
            width: row.get("width")?,
            height: row.get("height")?,
            colour_space: row.get("colour_space")?,
            filter: row.get("filter")?,
            origin: row.get("origin")?,
            file_name: row.get("file_name")?,
        })
    }
}

/// How much the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub documents: u64,
    pub failed: u64,
    pub pages: u64,
    pub images: u64,
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
    /// Writes one document and all it holds, in one transaction. A failure recorded earlier for the
    /// same bytes is replaced.
    ///
    /// # Errors
    /// The database's; then nothing of the document is kept.
    pub fn record(&mut self, found: &Extraction, source: Source) -> Result<i64> {
        self.transaction(|store| {
            store.db.execute(
                "DELETE FROM document WHERE sha256 = ?1 AND status = 'failed'",
                [&found.sha256],
            )?;
            let preprint = store.preprint(&store.own_name(found, source)?)?;
            store.db.execute(
                "INSERT INTO document (sha256, path, source, pages, status, extractor, preprint)
                 VALUES (?1, ?2, ?3, ?4, 'done', ?5, ?6)",
                params![
                    found.sha256,
                    found.path,
                    source,
                    found.pages.len(),
                    found.extractor,
                    preprint
                ],
            )?;
            let document = store.db.last_insert_rowid();
            store.record_pages(document, &found.pages)?;
            let placements = store.record_images(document, &found.images)?;
            store.record_figures(document, &found.figures, &placements)?;
            Ok(document)
        })
    }

    /// Records that a document could not be read. One that was read before stays as it is.
    ///
    /// # Errors
    /// The database's.
    pub fn record_failure(&self, failure: &Failure) -> Result<()> {
        self.db.execute(
            "INSERT INTO document (sha256, path, source, pages, status, error, extractor)
             VALUES (?1, ?2, 'pdf', 0, 'failed', ?3, ?4)
             ON CONFLICT (sha256) DO UPDATE
             SET path = excluded.path, error = excluded.error, extractor = excluded.extractor
             WHERE status = 'failed'",
            params![failure.sha256, failure.path, failure.error, failure.extractor],
        )?;
        Ok(())
    }

    /// The paper under a name that no other paper has: two files called `main.pdf` that do not state
    /// the same DOI are two papers, and their patients must not become one group.
    fn own_name(&self, found: &Extraction, source: Source) -> Result<PaperMeta> {
        let mut paper = found.paper.clone();
        let namesake: Option<(String, bool)> = self
            .db
            .query_row(
                "SELECT doi, EXISTS (SELECT 1 FROM document
                     WHERE document.preprint = preprint.id AND document.source = 'pdf')
                 FROM preprint WHERE name = ?1 AND version = ?2",
                [&paper.name, &paper.version],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((doi, has_pdf)) = namesake else { return Ok(paper) };
        let stated = !doi.is_empty() && !paper.doi.is_empty();
        let (same, differs) = (stated && doi == paper.doi, stated && doi != paper.doi);
        // A release may leave the DOI out, and its PDF bring it.
        if differs || (has_pdf && source == Source::Pdf && !same) {
            let mark: String = found.sha256.chars().take(8).collect();
            paper.name = format!("{}-{mark}", paper.name);
        }
        Ok(paper)
    }

    /// The id of a paper, making it where there is none. What an earlier document left open, a
    /// release above all, is filled in; what it said stands.
    fn preprint(&self, paper: &PaperMeta) -> Result<i64> {
        let PaperMeta { name, version, server, doi, title, posted, licence, category } = paper;
        self.db.execute(
            "INSERT INTO preprint (name, version, server, doi, title, posted, licence, category)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (name, version) DO UPDATE SET
                 server = coalesce(nullif(server, ''), excluded.server),
                 doi = coalesce(nullif(doi, ''), excluded.doi),
                 title = coalesce(nullif(title, ''), excluded.title),
                 posted = coalesce(nullif(posted, ''), excluded.posted),
                 licence = coalesce(nullif(licence, ''), excluded.licence),
                 category = coalesce(nullif(category, ''), excluded.category)",
            params![name, version, server, doi, title, posted, licence, category],
        )?;
        Ok(self.db.query_row(
            "SELECT id FROM preprint WHERE name = ?1 AND version = ?2",
            [name, version],
            |row| row.get(0),
        )?)
    }

    fn record_pages(&self, document: i64, pages: &[FoundPage]) -> Result<()> {
        let mut page_row = self.db.prepare_cached(
            "INSERT INTO page (document, number, width, height, rotation)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let mut text_row =
            self.db.prepare_cached("INSERT INTO page_text (rowid, text) VALUES (?1, ?2)")?;
        for page in pages {
            page_row.execute(params![
                document,
                page.number,
                page.width,
                page.height,
                page.rotation
            ])?;
            text_row.execute(params![self.db.last_insert_rowid(), page.text])?;
        }
        Ok(())
    }

    /// The placement ids, by image and placement.
    fn record_images(&self, document: i64, images: &[FoundImage]) -> Result<Vec<Vec<i64>>> {
        let mut image_row = self.db.prepare_cached(
            "INSERT INTO image (document, xref, page, sha256, extension, width, height,
                 colour_space, filter, origin, file_name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let mut placement_row = self.db.prepare_cached(
            "INSERT INTO placement (image, page, a, b, c, d, e, f, x0, y0, x1, y1)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let mut ids = Vec::with_capacity(images.len());
        for image in images {
            image_row.execute(params![
                document,
                image.xref,
                image.placements.first().map_or(1, |first| first.page),
                image.object.sha256,
                image.object.extension,
                image.width,
                image.height,
                image.colour_space,
                image.filter,
                image.origin,
                image.file_name,
            ])?;
            let id = self.db.last_insert_rowid();
            let mut of_image = Vec::with_capacity(image.placements.len());
            for FoundPlacement { page, transform: m, bbox } in &image.placements {
                placement_row.execute(params![
                    id, page, m.a, m.b, m.c, m.d, m.e, m.f, bbox.x0, bbox.y0, bbox.x1, bbox.y1
                ])?;
                of_image.push(self.db.last_insert_rowid());
            }
            ids.push(of_image);
        }
        Ok(ids)
    }

    fn record_figures(
        &self,
        document: i64,
        figures: &[FoundFigure],
        placements: &[Vec<i64>],
    ) -> Result<()> {
        let mut figure_row = self.db.prepare_cached(
            "INSERT INTO figure (document, ordinal, label, kind, caption, caption_page,
                 cx0, cy0, cx1, cy1, page, x0, y0, x1, y1, pairing, confidence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?;
        let mut image_row = self.db.prepare_cached(
            "INSERT INTO figure_image (figure, placement) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?;
        let mut mention_row = self
            .db
            .prepare_cached("INSERT INTO mention (figure, page, sentence) VALUES (?1, ?2, ?3)")?;
        for (ordinal, figure) in figures.iter().enumerate() {
            let (caption_box, graphic_box) = (figure.caption_bbox, figure.bbox);
            figure_row.execute(params![
                document,
                ordinal,
                figure.label,
                figure.kind,
                figure.caption,
                figure.caption_page,
                caption_box.map(|b| b.x0),
                caption_box.map(|b| b.y0),
                caption_box.map(|b| b.x1),
                caption_box.map(|b| b.y1),
                figure.page,
                graphic_box.map(|b| b.x0),
                graphic_box.map(|b| b.y0),
                graphic_box.map(|b| b.x1),
                graphic_box.map(|b| b.y1),
                figure.pairing,
                figure.confidence,
            ])?;
            let id = self.db.last_insert_rowid();
            for &(image, placement) in &figure.images {
                image_row.execute([id, placements[image][placement]])?;
            }
            for mention in &figure.mentions {
                mention_row.execute(params![id, mention.page, mention.text])?;
            }
        }
        Ok(())
    }

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
            Ok(DocumentRow {
                id: row.get(0)?,
                sha256: row.get(1)?,
                path: row.get(2)?,
                source: row.get(3)?,
                pages: row.get(4)?,
                error: row.get(5)?,
                extractor: row.get(6)?,
                preprint: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The paper of a `preprint.id`.
    ///
    /// # Errors
    /// The database's; one of them is that there is no such paper.
    pub fn paper(&self, preprint: i64) -> Result<PaperMeta> {
        Ok(self.db.query_row(
            "SELECT name, version, server, doi, title, posted, licence, category
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
                })
            },
        )?)
    }

    /// Every image of every document, by paper, page, xref, then in drawing order.
    ///
    /// # Errors
    /// The database's.
    pub fn images(&self) -> Result<Vec<ImageRow>> {
        let mut query = self.db.prepare(
            "SELECT image.*, document.sha256 AS document_sha256, preprint.id AS preprint,
                 preprint.name AS preprint_name, preprint.version AS preprint_version
             FROM image JOIN document ON document.id = image.document
             JOIN preprint ON preprint.id = document.preprint
             ORDER BY preprint.name, preprint.version, image.page, image.xref, document.sha256,
                 image.id",
        )?;
        let rows = query.query_map([], ImageRow::from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Ids of the images that figure number `figure` (`figure.id`) shows, in drawing order.
    ///
    /// # Errors
    /// The database's.
    pub fn images_of_figure(&self, figure: i64) -> Result<Vec<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT DISTINCT placement.image FROM figure_image
             JOIN placement ON placement.id = figure_image.placement
             WHERE figure_image.figure = ?1 ORDER BY placement.id",
        )?;
        let rows = query.query_map([figure], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The figures of a document as the exchange format has them, with `figure.id`, in reading
    /// order. `panels` is left to the caller.
    ///
    /// # Errors
    /// The database's.
    pub fn figures(&self, document: &DocumentRow) -> Result<Vec<(i64, FigureRecord)>> {
        let file = std::path::Path::new(&document.path)
            .file_name()
            .map_or_else(|| document.path.clone(), |name| name.to_string_lossy().into_owned());
        let mut query = self.db.prepare_cached(
            "SELECT id, label, kind, caption, caption_page, page, x0, y0, x1, y1, pairing,
                 confidence
             FROM figure WHERE document = ?1 ORDER BY ordinal",
        )?;
        let rows = query.query_map([document.id], |row| {
            let bbox = match (row.get("x0")?, row.get("y0")?, row.get("x1")?, row.get("y1")?) {
                (Some(x0), Some(y0), Some(x1), Some(y1)) => Some(Rect { x0, y0, x1, y1 }),
                _ => None,
            };
            let record = FigureRecord {
                file: file.clone(),
                label: row.get("label")?,
                kind: row.get::<_, FigureKind>("kind")?,
                caption: row.get("caption")?,
                caption_page: row.get("caption_page")?,
                page: row.get("page")?,
                bbox,
                images: Vec::new(),
                pairing: row.get::<_, Pairing>("pairing")?,
                confidence: row.get("confidence")?,
                panels: Vec::new(),
                mentions: Vec::new(),
            };
            Ok((row.get::<_, i64>("id")?, record))
        })?;
        let mut figures = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        for (id, figure) in &mut figures {
            figure.images = self.image_records(*id)?;
            figure.mentions = self.mentions(*id)?;
        }
        Ok(figures)
    }

    fn image_records(&self, figure: i64) -> Result<Vec<ImageRecord>> {
        let mut query = self.db.prepare_cached(
            "SELECT xref, placement.page, x0, y0, x1, y1, width, height, origin, sha256, extension
             FROM figure_image JOIN placement ON placement.id = figure_image.placement
             JOIN image ON image.id = placement.image
             WHERE figure_image.figure = ?1 ORDER BY placement.id",
        )?;
        let rows = query.query_map([figure], |row| {
            let object = ObjectId { sha256: row.get("sha256")?, extension: row.get("extension")? };
            Ok(ImageRecord {
                xref: row.get("xref")?,
                page: row.get("page")?,
                bbox: Rect {
                    x0: row.get("x0")?,
                    y0: row.get("y0")?,
                    x1: row.get("x1")?,
                    y1: row.get("y1")?,
                },
                width: row.get("width")?,
                height: row.get("height")?,
                origin: row.get("origin")?,
                object: object.relative_path(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The sentences that cite a `figure.id`, in reading order.
    pub(super) fn mentions(&self, figure: i64) -> Result<Vec<Mention>> {
        let mut query = self
            .db
            .prepare_cached("SELECT page, sentence FROM mention WHERE figure = ?1 ORDER BY id")?;
        let rows = query
            .query_map([figure], |row| Ok(Mention { page: row.get(0)?, text: row.get(1)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
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
            images: count("image")?,
            captions: count("figure WHERE caption <> '' AND kind <> 'table'")?,
            paired: count("figure WHERE caption <> '' AND kind <> 'table' AND page IS NOT NULL")?,
            uncaptioned: count("figure WHERE caption = ''")?,
            mentions: count("mention")?,
            panels: count("panel")?,
            decisions: count("decision")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::scratch;
    use super::*;

    fn record(store: &mut Store, sha256: &str, paper: PaperMeta) -> PaperMeta {
        let found = Extraction {
            sha256: sha256.into(),
            path: "x.pdf".into(),
            extractor: 1,
            paper,
            pages: Vec::new(),
            images: Vec::new(),
            figures: Vec::new(),
        };
        let id = store.record(&found, Source::Pdf).expect("recorded");
        let documents = store.documents().expect("documents");
        let document = documents.iter().find(|document| document.id == id).expect("document");
        store.paper(document.preprint.expect("paper")).expect("paper")
    }

    #[test]
    fn a_later_document_fills_in_what_an_earlier_one_left_open() {
        let (_folder, mut store) = scratch();
        let named = PaperMeta {
            name: "x".into(),
            doi: "10.1101/x".into(),
            title: "Scans".into(),
            ..PaperMeta::default()
        };
        let full =
            PaperMeta { title: "Other scans".into(), licence: "CC-BY-4.0".into(), ..named.clone() };
        record(&mut store, "ab", named);
        let paper = record(&mut store, "cd", full);
        assert_eq!((paper.title.as_str(), paper.licence.as_str()), ("Scans", "CC-BY-4.0"));
    }

    #[test]
    fn files_of_one_name_are_not_one_paper() {
        let (_folder, mut store) = scratch();
        let main = PaperMeta { name: "main".into(), ..PaperMeta::default() };
        let doi = |doi: &str| PaperMeta { doi: doi.into(), ..main.clone() };
        assert_eq!(record(&mut store, "0123456789", main.clone()).name, "main");
        assert_eq!(record(&mut store, "abcdef0123", main.clone()).name, "main-abcdef01");
        assert_eq!(record(&mut store, "5555555555", doi("10.1101/1")).name, "main-55555555");
    }
}
