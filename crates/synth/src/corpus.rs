//! Writes a corpus to disk, as many papers at a time as there are threads; or slices alone.

use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Write as _};
use std::path::{Path, PathBuf};

use image::ImageFormat;
use rayon::prelude::*;
use serde::Serialize;

use super::server::Identity;
use super::{Oddity, Paper, Sign, SliceId, Truth, paper, varied_paper};

/// Papers made before their truth is written down: bounds the memory.
const BATCH: u32 = 64;

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub papers: u32,
    pub seed: u64,
    /// Layouts are drawn from more habits (see [`varied_paper`]).
    pub varied: bool,
}

/// What a corpus holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub papers: u32,
    pub pages: u32,
    /// Tables not counted.
    pub figures: u32,
    pub tables: u32,
    /// Single CT scans.
    pub panels: u32,
    pub covid: u32,
    pub patients: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    #[error("cannot write {}: {source}; is there room, and may you write there?", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error(
        "{} is not a paper of this corpus; give an empty folder, or the one of an earlier run with \
         no more papers",
        path.display()
    )]
    Stranger { path: PathBuf },
    #[error(
        "{} was not written with an earlier corpus, and stays; give an empty folder, or one of an earlier run",
        path.display()
    )]
    Other { path: PathBuf },
}

type Result<T> = std::result::Result<T, SynthError>;

/// Writes the corpus below `folder`, calling `done` after each paper. The truth appears under its
/// names when all of it is written.
///
/// # Errors
/// When `folder/pdf` holds PDFs this corpus would not overwrite, or the disk refuses.
pub fn write_corpus(folder: &Path, options: Options, done: impl Fn() + Sync) -> Result<Summary> {
    let pdfs = folder.join("pdf");
    let annotations = folder.join("annotations");
    refuse_others(folder, &annotations)?;
    for folder in [&pdfs, &annotations] {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    refuse_strangers(&pdfs, options.papers)?;
    let mut figures = Lines::create(folder.join("figures.jsonl"))?;
    let mut scored = Lines::create(folder.join("truth.jsonl"))?;
    let mut decisions = Table::create(annotations.join("decisions.csv"))?;
    let mut panels = Table::create(annotations.join("panels.csv"))?;
    let mut cases = Table::create(annotations.join("cases.csv"))?;
    let mut odd = options.varied.then(|| Table::create(folder.join("oddities.csv"))).transpose()?;
    let mut summary = Summary::default();
    for first in (0..options.papers).step_by(BATCH as usize) {
        let batch = first..options.papers.min(first + BATCH);
        let truths: Vec<(u32, Truth, OddityRow)> = batch
            .into_par_iter()
            .map(|index| {
                let make = if options.varied { varied_paper } else { paper };
                let Paper { file, pdf, pages, truth, oddities } = make(options.seed, index);
                write_whole(&pdfs.join(&file), &pdf)?;
                done();
                Ok((pages, truth, OddityRow::new(file, &oddities)))
            })
            .collect::<Result<_>>()?;
        for (pages, truth, row) in &truths {
            if let Some(odd) = &mut odd {
                odd.extend(std::slice::from_ref(row))?;
            }
            figures.extend(&truth.figures)?;
            scored.extend(&truth.scored)?;
            decisions.extend(&truth.decisions)?;
            panels.extend(&truth.panels)?;
            cases.extend(&truth.cases)?;
            summary.add(*pages, truth);
        }
    }
    odd.map(Table::finish).transpose()?;
    figures.finish()?;
    scored.finish()?;
    decisions.finish()?;
    panels.finish()?;
    cases.finish()?;
    Ok(summary)
}

/// A line of `oddities.csv`.
#[derive(Debug, Serialize)]
struct OddityRow {
    file: String,
    /// With `|` between them; empty where there is none.
    oddities: String,
}

impl OddityRow {
    fn new(file: String, oddities: &[Oddity]) -> Self {
        let names: Vec<&str> = oddities.iter().map(|oddity| oddity.as_str()).collect();
        Self { file, oddities: names.join("|") }
    }
}

/// A line of `slices.csv`.
#[derive(Debug, Serialize)]
struct SliceRow {
    file: String,
    /// In the order of [`Sign::ALL`], with `|` between them; empty where there is none.
    signs: String,
}

/// Writes the first `count` slices of a seed as `slices/000000.png` and so on, and `slices.csv`, which tells what
/// each shows, calling `done` after each.
///
/// # Errors
/// When the disk refuses.
pub fn write_slices(folder: &Path, count: u32, seed: u64, done: impl Fn() + Sync) -> Result<()> {
    let slices = folder.join("slices");
    fs::create_dir_all(&slices).map_err(failed(&slices))?;
    let mut table = Table::create(folder.join("slices.csv"))?;
    let write = |index: u32| {
        let slice = SliceId { seed, index: index.into() };
        let file = format!("{index:06}.png");
        let path = slices.join(&file);
        let mut png = Cursor::new(Vec::new());
        slice
            .draw()
            .write_to(&mut png, ImageFormat::Png)
            .map_err(|e| failed(&path)(std::io::Error::other(e)))?;
        write_whole(&path, png.get_ref())?;
        done();
        let seen = Sign::ALL.iter().zip(slice.signs()).filter(|(_, seen)| *seen);
        let signs: Vec<&str> = seen.map(|(sign, _)| sign.as_str()).collect();
        Ok(SliceRow { file, signs: signs.join("|") })
    };
    let rows: Vec<SliceRow> = (0..count).into_par_iter().map(write).collect::<Result<_>>()?;
    table.extend(&rows)?;
    table.finish()
}

impl Summary {
    fn add(&mut self, pages: u32, truth: &Truth) {
        self.papers += 1;
        self.pages += pages;
        self.figures += truth.scored.len() as u32;
        self.tables += (truth.figures.len() - truth.scored.len()) as u32;
        self.panels += truth.panels.len() as u32;
        self.covid += truth.covid_panels() as u32;
        self.patients += truth.cases.len() as u32;
    }
}

/// What lies where the truth goes is replaced only where it is that of an earlier run: curators' annotations are not.
fn refuse_others(folder: &Path, annotations: &Path) -> Result<()> {
    if folder.join("truth.jsonl").is_file() {
        return Ok(());
    }
    let tables = ["decisions.csv", "panels.csv", "cases.csv"].map(|name| annotations.join(name));
    let other = tables.into_iter().find(|path| path.exists());
    other.map_or(Ok(()), |path| Err(SynthError::Other { path }))
}

/// PDFs of another corpus among this one's would have no truth.
fn refuse_strangers(pdfs: &Path, papers: u32) -> Result<()> {
    let ours: std::collections::HashSet<String> =
        (0..papers).map(|i| Identity::of(i).file_name()).collect();
    let mut found: Vec<PathBuf> = fs::read_dir(pdfs)
        .and_then(|entries| entries.map(|entry| entry.map(|e| e.path())).collect())
        .map_err(failed(pdfs))?;
    found.sort();
    let stranger = found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "pdf"))
        .find(|path| {
            !path.file_name().is_some_and(|name| ours.contains(name.to_string_lossy().as_ref()))
        });
    stranger.map_or(Ok(()), |path| Err(SynthError::Stranger { path }))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> SynthError + use<> {
    let path = path.to_owned();
    move |source| SynthError::Write { path: path.clone(), source }
}

/// Where a file is written before it takes its name.
fn partial(path: &Path) -> PathBuf {
    path.with_extension("part")
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = partial(path);
    fs::write(&part, bytes).and_then(|()| fs::rename(&part, path)).map_err(failed(path))
}

/// A file of one JSON object a line.
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create(partial(&path)).map_err(failed(&path))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    fn extend<T: Serialize>(&mut self, records: &[T]) -> Result<()> {
        for record in records {
            serde_json::to_writer(&mut self.file, record)
                .map_err(std::io::Error::from)
                .and_then(|()| self.file.write_all(b"\n"))
                .map_err(failed(&self.path))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.file
            .flush()
            .and_then(|()| fs::rename(partial(&self.path), &self.path))
            .map_err(failed(&self.path))
    }
}

/// A CSV file with a header.
struct Table {
    path: PathBuf,
    rows: csv::Writer<File>,
}

impl Table {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create(partial(&path)).map_err(failed(&path))?;
        Ok(Self { path, rows: csv::Writer::from_writer(file) })
    }

    fn extend<T: Serialize>(&mut self, records: &[T]) -> Result<()> {
        let written = records.iter().try_for_each(|record| self.rows.serialize(record));
        written.map_err(std::io::Error::from).map_err(failed(&self.path))
    }

    fn finish(mut self) -> Result<()> {
        self.rows
            .flush()
            .and_then(|()| fs::rename(partial(&self.path), &self.path))
            .map_err(failed(&self.path))
    }
}
