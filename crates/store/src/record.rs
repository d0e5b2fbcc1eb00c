//! Writes what was found in a document: all of it in one transaction, or nothing.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, params};

use super::{Failure, Result, Source, Store};
use covid_ct_extraction::document::{
    Extraction, FoundFigure, FoundImage, FoundPage, FoundPlacement, FoundRegion, PaperMeta,
};
use covid_ct_extraction::figures::{Composition, Mention, Overlay, Panel};

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
                    store.noted_path(&found.path),
                    source,
                    found.pages.len(),
                    found.extractor,
                    preprint
                ],
            )?;
            let document = store.db.last_insert_rowid();
            store.record_pages(document, &found.pages)?;
            let placements = store.record_images(document, &found.images, &HashMap::new())?;
            store.record_figures(document, &found.figures, &placements)?;
            store.record_suspects(document, &found.suspects)?;
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
            params![
                failure.sha256,
                self.noted_path(&failure.path),
                failure.error,
                failure.extractor
            ],
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
        let PaperMeta {
            name,
            version,
            server,
            doi,
            title,
            posted,
            licence,
            category,
            abstract_text,
        } = paper;
        self.db.execute(
            "INSERT INTO preprint (name, version, server, doi, title, posted, licence, category,
                 abstract)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (name, version) DO UPDATE SET
                 server = coalesce(nullif(server, ''), excluded.server),
                 doi = coalesce(nullif(doi, ''), excluded.doi),
                 title = coalesce(nullif(title, ''), excluded.title),
                 posted = coalesce(nullif(posted, ''), excluded.posted),
                 licence = coalesce(nullif(licence, ''), excluded.licence),
                 category = coalesce(nullif(category, ''), excluded.category),
                 abstract = coalesce(nullif(abstract, ''), excluded.abstract)",
            params![name, version, server, doi, title, posted, licence, category, abstract_text],
        )?;
        Ok(self.db.query_row(
            "SELECT id FROM preprint WHERE name = ?1 AND version = ?2",
            [name, version],
            |row| row.get(0),
        )?)
    }

    pub(super) fn record_pages(&self, document: i64, pages: &[FoundPage]) -> Result<()> {
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

    /// The placement ids, by image and placement. `known` holds the ids of images, by their index,
    /// that the store has already: those rows are written over.
    pub(super) fn record_images(
        &self,
        document: i64,
        images: &[FoundImage],
        known: &HashMap<usize, i64>,
    ) -> Result<Vec<Vec<i64>>> {
        let mut placement_row = self.db.prepare_cached(
            "INSERT INTO placement (image, page, a, b, c, d, e, f, x0, y0, x1, y1,
                 kx0, ky0, kx1, ky1)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        let mut overlay_row = self.db.prepare_cached(
            "INSERT INTO overlay (placement, kind, text, x0, y0, x1, y1)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let mut image_ids = Vec::with_capacity(images.len());
        let mut ids = Vec::with_capacity(images.len());
        for (index, image) in images.iter().enumerate() {
            let id = self.record_image(document, image, known.get(&index).copied())?;
            image_ids.push(id);
            let mut of_image = Vec::with_capacity(image.placements.len());
            for FoundPlacement { page, transform: m, bbox, clip, overlays } in &image.placements {
                placement_row.execute(params![
                    id,
                    page,
                    m.a,
                    m.b,
                    m.c,
                    m.d,
                    m.e,
                    m.f,
                    bbox.x0,
                    bbox.y0,
                    bbox.x1,
                    bbox.y1,
                    clip.map(|b| b.x0),
                    clip.map(|b| b.y0),
                    clip.map(|b| b.x1),
                    clip.map(|b| b.y1),
                ])?;
                let placement = self.db.last_insert_rowid();
                for Overlay { kind, text, bbox: b } in overlays {
                    overlay_row.execute(params![
                        placement,
                        kind.as_str(),
                        text,
                        b.x0,
                        b.y0,
                        b.x1,
                        b.y1
                    ])?;
                }
                of_image.push(placement);
            }
            ids.push(of_image);
        }
        let mut tile_row = self.db.prepare_cached("UPDATE image SET tile_of = ?2 WHERE id = ?1")?;
        for (image, id) in images.iter().zip(&image_ids) {
            if let Some(whole) = image.tile_of {
                tile_row.execute([*id, image_ids[whole]])?;
            }
        }
        Ok(ids)
    }

    /// The id of the image: `known`, whose row is written over, or a new one.
    fn record_image(&self, document: i64, image: &FoundImage, known: Option<i64>) -> Result<i64> {
        let mut image_row = self.db.prepare_cached(
            "INSERT INTO image (id, document, xref, page, sha256, extension, width, height,
                 colour_space, filter, origin, file_name, furniture)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (id) DO UPDATE SET xref = excluded.xref, page = excluded.page,
                 sha256 = excluded.sha256, extension = excluded.extension, width = excluded.width,
                 height = excluded.height, colour_space = excluded.colour_space,
                 filter = excluded.filter, origin = excluded.origin,
                 file_name = excluded.file_name, furniture = excluded.furniture",
        )?;
        image_row.execute(params![
            known,
            document,
            image.xref,
            image.placements.first().map_or(1, |first| first.page),
            image.object.sha256,
            image.object.extension,
            image.width,
            image.height,
            image.colour_space,
            image.filter,
            image.origin.as_str(),
            image.file_name,
            image.furniture,
        ])?;
        Ok(known.unwrap_or_else(|| self.db.last_insert_rowid()))
    }

    pub(super) fn record_figures(
        &self,
        document: i64,
        figures: &[FoundFigure],
        placements: &[Vec<i64>],
    ) -> Result<()> {
        let mut figure_row = self.db.prepare_cached(
            "INSERT INTO figure (document, ordinal, label, kind, caption, caption_page,
                 cx0, cy0, cx1, cy1, page, x0, y0, x1, y1, pairing, confidence, composition)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18)",
        )?;
        for (ordinal, figure) in figures.iter().enumerate() {
            let (caption_box, graphic_box) = (figure.caption_bbox, figure.bbox);
            figure_row.execute(params![
                document,
                ordinal,
                figure.label,
                figure.kind.as_str(),
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
                figure.pairing.as_str(),
                figure.confidence,
                figure.composition.map_or("", Composition::as_str),
            ])?;
            self.record_parts(self.db.last_insert_rowid(), figure, placements)?;
        }
        Ok(())
    }

    /// What belongs to a `figure.id`: pictures, regions, panels, citing sentences.
    fn record_parts(&self, id: i64, figure: &FoundFigure, placements: &[Vec<i64>]) -> Result<()> {
        let mut image_row = self.db.prepare_cached(
            "INSERT INTO figure_image (figure, placement, region) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?;
        for &(image, placement) in &figure.images {
            image_row.execute(params![id, placements[image][placement], None::<i64>])?;
        }
        let mut region_row = self.db.prepare_cached(
            "INSERT INTO figure_region (figure, role, page, x0, y0, x1, y1)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for FoundRegion { role, page, bbox: b, images } in &figure.regions {
            region_row.execute(params![id, role.as_str(), page, b.x0, b.y0, b.x1, b.y1])?;
            let region = self.db.last_insert_rowid();
            for &(image, placement) in images {
                image_row.execute(params![id, placements[image][placement], region])?;
            }
        }
        let mut panel_row = self.db.prepare_cached(
            "INSERT INTO figure_panel (figure, ordinal, letter, text, page, x0, y0, x1, y1)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for (ordinal, Panel { letter, text, printed, .. }) in figure.panels.iter().enumerate() {
            let bbox = printed.map(|(_, bbox)| bbox);
            panel_row.execute(params![
                id,
                ordinal,
                letter,
                text,
                printed.map(|(page, _)| page),
                bbox.map(|b| b.x0),
                bbox.map(|b| b.y0),
                bbox.map(|b| b.x1),
                bbox.map(|b| b.y1),
            ])?;
        }
        let mut mention_row = self.db.prepare_cached(
            "INSERT INTO mention (figure, page, sentence, panels) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for Mention { page, text, panels } in &figure.mentions {
            mention_row.execute(params![id, page, text, panels.join(" ")])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::scratch;

    fn record(store: &mut Store, sha256: &str, paper: PaperMeta) -> PaperMeta {
        let found = Extraction {
            sha256: sha256.into(),
            path: "x.pdf".into(),
            extractor: 1,
            paper,
            pages: Vec::new(),
            images: Vec::new(),
            figures: Vec::new(),
            suspects: Vec::new(),
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
