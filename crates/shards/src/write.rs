//! Writes the tables of a shard.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use covid_ct_extraction::document::EXTRACTOR;

use crate::manifest::hash_of;
use crate::parquet_file::TableWriter;
use crate::rows::Tables;
use crate::schema::TABLES;
use crate::{
    Cause, Document, FORMAT, MANIFEST, Manifest, Result, SUCCESS, Settings, ShardError, name_of,
};

/// A block has at most so many documents, and about so many bytes: what a reader holds of a shard.
const DOCUMENTS: usize = 64;
const BYTES: usize = 8 << 20;

/// A shard being written. Documents come in the order of their paths.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    tables: Vec<TableWriter>,
    /// Documents written.
    documents: usize,
    block: usize,
    in_block: usize,
    bytes: usize,
    told: Manifest,
}

impl Writer {
    /// Begins a shard of these `entries`, which are sorted, in an empty `folder`. `objects` is where its pictures are, as
    /// [`Manifest::objects`] tells.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(
        folder: &Path,
        entries: &[String],
        settings: Settings,
        objects: &str,
    ) -> Result<Self> {
        let tables: Result<Vec<TableWriter>> =
            TABLES.iter().map(|&table| TableWriter::create(folder, table)).collect();
        let told = Manifest {
            format: FORMAT,
            name: name_of(entries, &settings),
            extractor: EXTRACTOR,
            settings,
            list: hash_of(entries),
            listed: entries.len(),
            read: 0,
            failed: BTreeMap::new(),
            copies: 0,
            figures: 0,
            images: 0,
            objects: objects.into(),
            tables: BTreeMap::new(),
        };
        Ok(Self {
            folder: folder.into(),
            tables: tables?,
            documents: 0,
            block: 0,
            in_block: 0,
            bytes: 0,
            told,
        })
    }

    /// # Errors
    /// When the disk refuses.
    pub fn add(&mut self, document: &Document) -> Result<()> {
        let mut tables = Tables(&mut self.tables);
        match document {
            Document::Read { extraction, warnings } => {
                self.bytes += tables.push_read(self.documents, extraction, warnings);
                self.documents += 1;
                self.told.read += 1;
                self.told.figures += extraction.figures.len();
                self.told.images += extraction.images.len();
            }
            Document::Failed(failure) => {
                let known = failure.sha256.is_some();
                let cause = if known { Cause::of(&failure.error) } else { Cause::Unreachable };
                tables.push_failed(known.then_some(self.documents), failure, cause);
                self.documents += usize::from(known);
                *self.told.failed.entry(cause).or_default() += 1;
            }
        }
        self.in_block += 1;
        if self.in_block == DOCUMENTS || self.bytes >= BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Notes an entry with the bytes of one before it.
    pub fn note_copy(&mut self) {
        self.told.copies += 1;
    }

    fn flush(&mut self) -> Result<()> {
        for table in &mut self.tables {
            table.flush(self.block)?;
        }
        self.block += 1;
        (self.in_block, self.bytes) = (0, 0);
        Ok(())
    }

    /// Ends the tables and writes `shard.json` beside them; [`SUCCESS`] is for whoever knows that all else is in its place.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn close(mut self) -> Result<Manifest> {
        if self.in_block > 0 {
            self.flush()?;
        }
        let mut told = self.told;
        for (table, writer) in TABLES.iter().zip(self.tables) {
            told.tables.insert(table.name.into(), writer.close()?);
        }
        let path = self.folder.join(MANIFEST);
        std::fs::write(&path, told.to_json()).map_err(ShardError::write(&path))?;
        Ok(told)
    }
}

/// The files of a shard beside its pictures, in the order in which they are to come to a bucket: [`SUCCESS`] last.
pub fn files() -> Vec<String> {
    let tables = TABLES.iter().map(crate::schema::Table::file);
    tables.chain([MANIFEST.to_owned(), SUCCESS.to_owned()]).collect()
}
