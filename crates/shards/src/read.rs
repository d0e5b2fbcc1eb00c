//! Reads a shard, block by block, as what workers answered.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use covid_ct_core::ObjectId;
use covid_ct_extraction::document::{
    Extraction, FoundFigure, FoundImage, FoundPage, FoundPlacement, FoundRegion, PaperMeta,
};
use covid_ct_extraction::figures::{Mention, Overlay, Panel, Suspect};
use covid_ct_extraction::pdf::{Matrix, Rect};

use crate::parquet_file::{Rows, TableReader};
use crate::rows::{DONE, FAILED};
use crate::schema::{
    DOCUMENTS, FAILURES, FIGURE_IMAGES, FIGURES, IMAGES, MENTIONS, OVERLAYS, PAGES, PLACEMENTS,
    REGIONS, SUB_CAPTIONS, SUSPECTS, TABLES, Table, WARNINGS,
};
use crate::{Document, Failure, MANIFEST, Manifest, Result, SUCCESS, ShardError};

/// A document of a shard, as its table of documents tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which block it is in, and which of that block's documents it is.
    pub block: usize,
    pub within: usize,
    pub path: String,
    pub sha256: String,
    pub failed: bool,
}

/// A shard on a disk.
#[derive(Debug)]
pub struct Shard {
    folder: PathBuf,
    manifest: Manifest,
    /// Opened when a block is first read, in the order of [`TABLES`].
    tables: Vec<TableReader>,
}

impl Shard {
    /// # Errors
    /// Where there is none, it is not whole, or a newer covid-ct wrote it.
    pub fn open(folder: &Path) -> Result<Self> {
        let incomplete =
            |what: &str| ShardError::Incomplete { path: folder.into(), what: what.into() };
        if !folder.join(SUCCESS).is_file() {
            let what = "it has no file _SUCCESS, which comes last: run `covid-ct extract` again";
            return Err(incomplete(what));
        }
        let path = folder.join(MANIFEST);
        let json = std::fs::read(&path).map_err(ShardError::read(&path))?;
        let manifest = Manifest::parse(&path, &json)?;
        Ok(Self { folder: folder.into(), manifest, tables: Vec::new() })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Passes every document that has bytes to `each`, in the shard's order.
    ///
    /// # Errors
    /// When the table cannot be read, and what `each` returns.
    pub fn entries<E: From<ShardError>>(
        &self,
        mut each: impl FnMut(Entry) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let table = TableReader::open(&self.folder, DOCUMENTS)?;
        let blocks: Vec<usize> = table.blocks().map(|(block, _)| block).collect();
        for block in blocks {
            let mut rows = table.block(block)?;
            let mut within = 0;
            while rows.next_row() {
                let row =
                    document_row(&mut rows).ok_or_else(|| table.amiss("a value is missing"))?;
                let failed = row.failed;
                each(Entry { block, within, path: row.path, sha256: row.sha256, failed })?;
                within += 1;
            }
        }
        Ok(())
    }

    /// The documents of a block, in its order.
    ///
    /// # Errors
    /// When a table cannot be read or makes no sense.
    pub fn block(&mut self, block: usize) -> Result<Vec<Document>> {
        if self.tables.is_empty() {
            let tables: Result<Vec<TableReader>> =
                TABLES.iter().map(|&table| TableReader::open(&self.folder, table)).collect();
            self.tables = tables?;
        }
        let rows: Result<Vec<Rows>> = self.tables.iter().map(|table| table.block(block)).collect();
        let mut tables = Tables { rows: rows?, tables: &self.tables };
        tables.documents()
    }
}

struct DocumentRow {
    document: i64,
    sha256: String,
    path: String,
    failed: bool,
    extractor: u32,
    paper: PaperMeta,
}

fn document_row(rows: &mut Rows) -> Option<DocumentRow> {
    let document = rows.int()?;
    let (sha256, path) = (rows.text()?, rows.text()?);
    let failed = match rows.text()?.as_str() {
        DONE => false,
        FAILED => true,
        _ => return None,
    };
    let extractor = u32::try_from(rows.int()?).ok()?;
    let _pages = rows.int()?;
    let paper = PaperMeta {
        name: rows.text()?,
        version: rows.text()?,
        server: rows.text()?,
        doi: rows.text()?,
        title: rows.text()?,
        posted: rows.text()?,
        licence: rows.text()?,
        category: rows.text()?,
        abstract_text: rows.text()?,
    };
    Some(DocumentRow { document, sha256, path, failed, extractor, paper })
}

/// A block of all tables, read document by document.
struct Tables<'a> {
    rows: Vec<Rows>,
    tables: &'a [TableReader],
}

fn place(table: Table) -> usize {
    TABLES.iter().position(|other| other.name == table.name).unwrap_or_default()
}

impl Tables<'_> {
    fn documents(&mut self) -> Result<Vec<Document>> {
        let mut documents = Vec::new();
        let own = place(DOCUMENTS);
        while self.rows[own].next_row() {
            let row = document_row(&mut self.rows[own]);
            let row = row.ok_or_else(|| self.tables[own].amiss("a value is missing"))?;
            documents.push(self.document(row)?);
        }
        // Failures of which there are no bytes are no documents.
        let failures = place(FAILURES);
        while self.rows[failures].peek().is_none() && self.rows[failures].next_row() {}
        for (rows, table) in self.rows.iter_mut().zip(self.tables) {
            if rows.next_row() {
                return Err(
                    table.amiss("it has rows of a document that is not in documents.parquet")
                );
            }
        }
        Ok(documents)
    }

    /// Reads the next rows of a table as long as they are of `document`.
    fn each<T>(
        &mut self,
        table: Table,
        document: i64,
        mut read: impl FnMut(&mut Rows) -> Option<T>,
    ) -> Result<Vec<T>> {
        let index = place(table);
        let mut all = Vec::new();
        while self.rows[index].peek() == Some(document) && self.rows[index].next_row() {
            let rows = &mut self.rows[index];
            rows.int();
            let read = read(rows);
            all.push(read.ok_or_else(|| self.tables[index].amiss("a value makes no sense"))?);
        }
        Ok(all)
    }

    fn document(&mut self, row: DocumentRow) -> Result<Document> {
        let DocumentRow { document, sha256, path, failed, extractor, paper } = row;
        if failed {
            let index = place(FAILURES);
            // Those before it that have no bytes.
            while self.rows[index].peek().is_none() && self.rows[index].next_row() {}
            let errors = self.each(FAILURES, document, |rows| {
                let (_path, _sha256, _cause) = (rows.text(), rows.text(), rows.text());
                rows.text()
            })?;
            let error = errors.into_iter().next();
            let error = error.ok_or_else(|| self.tables[index].amiss("a failure is missing"))?;
            let sha256 = Some(sha256);
            return Ok(Document::Failed(Failure { path, sha256, error, extractor }));
        }
        let pages = self.each(PAGES, document, |rows| {
            Some(FoundPage {
                number: small(rows.int())?,
                width: rows.real()?,
                height: rows.real()?,
                rotation: i32::try_from(rows.int()?).ok()?,
                text: rows.text()?,
            })
        })?;
        let images = self.images(document)?;
        let figures = self.figures(document)?;
        let suspects = self.each(SUSPECTS, document, |rows| {
            Some(Suspect {
                kind: word(rows.text())?,
                page: maybe_small(rows.int())?,
                label: rows.text(),
                reason: rows.text()?,
            })
        })?;
        let warnings = self.each(WARNINGS, document, Rows::text)?;
        let extraction =
            Extraction { sha256, path, extractor, paper, pages, images, figures, suspects };
        Ok(Document::Read { extraction: Box::new(extraction), warnings })
    }

    fn images(&mut self, document: i64) -> Result<Vec<FoundImage>> {
        let mut images = self.each(IMAGES, document, |rows| {
            let (_image, xref) = (rows.int()?, maybe_small(rows.int())?);
            let _page = rows.int()?;
            let object = ObjectId { sha256: rows.text()?, extension: rows.text()? };
            let _path = rows.text()?;
            Some(FoundImage {
                xref,
                object,
                width: small(rows.int())?,
                height: small(rows.int())?,
                colour_space: rows.text()?,
                filter: rows.text()?,
                origin: word(rows.text())?,
                furniture: rows.truth()?,
                tile_of: maybe_index(rows.int())?,
                file_name: rows.text(),
                placements: Vec::new(),
            })
        })?;
        let placements = self.each(PLACEMENTS, document, |rows| {
            let image = index(rows.int())?;
            let _placement = rows.int()?;
            let page = small(rows.int())?;
            let transform = Matrix {
                a: rows.real()?,
                b: rows.real()?,
                c: rows.real()?,
                d: rows.real()?,
                e: rows.real()?,
                f: rows.real()?,
            };
            let (bbox, clip) = (rect(rows)?, rect(rows));
            Some((image, FoundPlacement { page, transform, bbox, clip, overlays: Vec::new() }))
        })?;
        let astray = |table: Table| self.tables[place(table)].amiss("a row is of no image");
        for (image, placement) in placements {
            let image = images.get_mut(image).ok_or_else(|| astray(PLACEMENTS))?;
            image.placements.push(placement);
        }
        let overlays = self.each(OVERLAYS, document, |rows| {
            let (image, placement) = (index(rows.int())?, index(rows.int())?);
            let (kind, text) = (word(rows.text())?, rows.text()?);
            Some((image, placement, Overlay { kind, text, bbox: rect(rows)? }))
        })?;
        let astray = || self.tables[place(OVERLAYS)].amiss("a row is of no placement");
        for (image, placement, overlay) in overlays {
            let image = images.get_mut(image).ok_or_else(astray)?;
            image.placements.get_mut(placement).ok_or_else(astray)?.overlays.push(overlay);
        }
        Ok(images)
    }

    fn figures(&mut self, document: i64) -> Result<Vec<FoundFigure>> {
        let mut figures = self.each(FIGURES, document, |rows| {
            let _figure = rows.int()?;
            Some(FoundFigure {
                label: rows.text(),
                kind: word(rows.text())?,
                caption: rows.text()?,
                caption_page: maybe_small(rows.int())?,
                caption_bbox: rect(rows),
                page: maybe_small(rows.int())?,
                bbox: rect(rows),
                pairing: word(rows.text())?,
                confidence: rows.real()?,
                composition: match rows.text() {
                    Some(text) => Some(text.parse().ok()?),
                    None => None,
                },
                ..FoundFigure::default()
            })
        })?;
        let regions = self.each(REGIONS, document, |rows| {
            let figure = index(rows.int())?;
            let (_region, role) = (rows.int()?, word(rows.text())?);
            let page = small(rows.int())?;
            Some((figure, FoundRegion { role, page, bbox: rect(rows)?, images: Vec::new() }))
        })?;
        let drawn = self.each(FIGURE_IMAGES, document, |rows| {
            let (figure, region) = (index(rows.int())?, maybe_index(rows.int())?);
            Some((figure, region, (index(rows.int())?, index(rows.int())?)))
        })?;
        let panels = self.each(SUB_CAPTIONS, document, |rows| {
            let figure = index(rows.int())?;
            let (letter, text) = (rows.text()?, rows.text()?);
            let (page, bbox) = (maybe_small(rows.int())?, rect(rows));
            let mut pixels = [None; 4];
            for pixel in &mut pixels {
                *pixel = maybe_small(rows.int())?;
            }
            let bbox_px = match pixels {
                [Some(x0), Some(y0), Some(x1), Some(y1)] => Some([x0, y0, x1, y1]),
                _ => None,
            };
            Some((figure, Panel { letter, text, printed: page.zip(bbox), bbox_px }))
        })?;
        let mentions = self.each(MENTIONS, document, |rows| {
            let (figure, page) = (index(rows.int())?, small(rows.int())?);
            let (text, panels) = (rows.text()?, rows.text()?);
            let panels = panels.split(' ').filter(|panel| !panel.is_empty());
            Some((figure, Mention { page, text, panels: panels.map(str::to_owned).collect() }))
        })?;
        let astray = |table: Table| self.tables[place(table)].amiss("a row is of no figure");
        for (figure, region) in regions {
            figures.get_mut(figure).ok_or_else(|| astray(REGIONS))?.regions.push(region);
        }
        for (figure, region, drawn) in drawn {
            let figure = figures.get_mut(figure).ok_or_else(|| astray(FIGURE_IMAGES))?;
            let images = match region {
                Some(region) => figure.regions.get_mut(region).map(|region| &mut region.images),
                None => Some(&mut figure.images),
            };
            images.ok_or_else(|| astray(FIGURE_IMAGES))?.push(drawn);
        }
        for (figure, panel) in panels {
            figures.get_mut(figure).ok_or_else(|| astray(SUB_CAPTIONS))?.panels.push(panel);
        }
        for (figure, mention) in mentions {
            figures.get_mut(figure).ok_or_else(|| astray(MENTIONS))?.mentions.push(mention);
        }
        Ok(figures)
    }
}

fn small(value: Option<i64>) -> Option<u32> {
    u32::try_from(value?).ok()
}

/// The outer one is missing where the value makes no sense.
#[allow(clippy::option_option)]
fn maybe_small(value: Option<i64>) -> Option<Option<u32>> {
    value.map_or(Some(None), |value| u32::try_from(value).ok().map(Some))
}

fn index(value: Option<i64>) -> Option<usize> {
    usize::try_from(value?).ok()
}

#[allow(clippy::option_option)]
fn maybe_index(value: Option<i64>) -> Option<Option<usize>> {
    value.map_or(Some(None), |value| usize::try_from(value).ok().map(Some))
}

fn word<T: FromStr>(text: Option<String>) -> Option<T> {
    text?.parse().ok()
}

/// Reads four columns; missing where one of them is.
fn rect(rows: &mut Rows) -> Option<Rect> {
    let [x0, y0, x1, y1] = [rows.real(), rows.real(), rows.real(), rows.real()];
    Some(Rect { x0: x0?, y0: y0?, x1: x1?, y1: y1? })
}
