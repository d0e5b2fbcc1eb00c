//! A dataset made again out of the reader's own PDFs, from a recipe or from annotations.
//!
//! All happens in a workspace of its own that goes when it is done, so that what somebody else decided
//! never mixes with the reader's own decisions. The rest is what `ingest`, `annotations import` and
//! `export` do.

mod error;
mod recipe;
mod source;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

pub use error::{RebuildError, Result};
pub use source::From;

use crate::Workspace;
use crate::atomic::folder::Scratch;
use crate::curation::annotations::{self, MatchedBy};
use crate::dataset::split::{SplitOptions, make};
use crate::dataset::{
    DatasetError, Exported, Format, GroupBy, Hosting, ManifestRow, Options, PAPERS_RATIO, Size,
    check_target, export,
};
use crate::extract::{self, Again, find_documents};
use crate::store::{Store, StoreError};
use covid_ct_core::sha256_of_file;

/// What is to be rebuilt.
#[derive(Debug)]
pub struct Request<'a> {
    pub from: &'a From,
    /// PDFs and folders of them.
    pub pdfs: &'a [PathBuf],
    /// Folder to write.
    pub target: &'a Path,
    /// Of annotations: the split to write.
    pub split: Option<&'a str>,
    pub options: Options<'a>,
    /// How PDFs are read; `objects` is set here.
    pub workers: extract::Options,
}

/// What a rebuild did.
#[derive(Debug, Default)]
pub struct Rebuilt {
    pub exported: Exported,
    /// Pictures on pages, by what they were known by.
    pub pictures: BTreeMap<MatchedBy, usize>,
    /// PDFs that could not be read or drawn, and why.
    pub failed: Vec<(PathBuf, String)>,
    /// What is asked for and is in none of the PDFs.
    pub missing: Vec<String>,
    /// Files that are not as the annotations' SHA256SUMS lists them; `None` where there is no list
    /// for what was written.
    pub not_as_listed: Option<Vec<String>>,
}

impl Rebuilt {
    /// Whether all that was asked for is there, with the bytes it must have.
    pub fn is_whole(&self) -> bool {
        self.exported.failures.is_empty()
            && self.failed.is_empty()
            && self.missing.is_empty()
            && self.not_as_listed.as_ref().is_none_or(Vec::is_empty)
    }
}

/// What happens while it runs.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// So many documents are to be read.
    Documents(usize),
    DocumentDone,
    /// So many pictures are to be cut.
    Pictures(usize),
    PictureDone,
}

/// Rebuilds, and checks what comes out.
///
/// # Errors
/// When nothing of it can be rebuilt, the disk refuses, or it is stopped; then the target is as it was.
pub fn rebuild(
    request: &Request<'_>,
    stop: &AtomicBool,
    mut watch: impl FnMut(Event),
) -> Result<Rebuilt> {
    if let From::Recipe(rows) = request.from
        && are_figures(rows)?
        && !request.options.format.holds_figures()
    {
        return Err(DatasetError::FiguresFormat(request.options.format).into());
    }
    // Before papers are read for minutes.
    check_target(request.target)?;
    let scratch = Scratch::beside(request.target).map_err(RebuildError::write(request.target))?;
    let workspace = Workspace::new(scratch.path());
    let mut store = Store::open(&workspace)?;
    let mut rebuilt = Rebuilt::default();
    read_pdfs(request, &workspace, &mut store, &mut rebuilt, stop, &mut watch)?;
    match request.from {
        From::Recipe(rows) => {
            let options = &Options { figures: are_figures(rows)?, ..request.options.clone() };
            let found = recipe::items(&store, rows, options)?;
            (rebuilt.pictures, rebuilt.missing) = (found.pictures, found.missing);
            if found.items.is_empty() {
                return Err(RebuildError::NothingFound(rebuilt.missing));
            }
            watch(Event::Pictures(found.items.len()));
            rebuilt.exported = crate::dataset::write(
                found.items,
                store.objects(),
                options,
                request.target,
                || watch(Event::PictureDone),
            )?;
        }
        From::Annotations { folder, .. } => {
            from_annotations(request, folder, &mut store, &mut rebuilt, &mut watch)?;
        }
    }
    rebuilt.missing.sort_unstable();
    Ok(rebuilt)
}

/// Whether a recipe is of figures as a whole; no export holds both.
fn are_figures(rows: &[ManifestRow]) -> Result<bool> {
    let figures = rows.iter().filter(|row| row.is_figure()).count();
    if figures > 0 && figures < rows.len() {
        return Err(RebuildError::BothKinds);
    }
    Ok(figures > 0)
}

/// Reads the PDFs that are asked for by their SHA-256. Only where one of those is not there, the others
/// are read as well: a server may have stamped it anew.
fn read_pdfs(
    request: &Request<'_>,
    workspace: &Workspace,
    store: &mut Store,
    rebuilt: &mut Rebuilt,
    stop: &AtomicBool,
    watch: &mut impl FnMut(Event),
) -> Result<()> {
    let wanted = request.from.documents();
    let (paths, lost) = find_documents(request.pdfs);
    rebuilt.failed.extend(lost);
    let mut found: HashSet<String> = HashSet::new();
    let (mut asked_for, mut others) = (Vec::new(), Vec::new());
    for path in paths {
        let sha256 = match sha256_of_file(&path) {
            Ok(sha256) => sha256,
            Err(error) => {
                rebuilt.failed.push((path, error.to_string()));
                continue;
            }
        };
        if wanted.contains(&sha256) {
            found.insert(sha256);
            asked_for.push(path);
        } else {
            others.push(path);
        }
    }
    if found.len() < wanted.len() {
        asked_for.append(&mut others);
        asked_for.sort();
    }
    if asked_for.is_empty() {
        return Err(RebuildError::NoPdf);
    }
    let workers = extract::Options { objects: workspace.objects(), ..request.workers.clone() };
    let again = Again::default();
    let summary =
        extract::ingest(
            workspace,
            store,
            &asked_for,
            &workers,
            again,
            stop,
            |event| match event {
                extract::Event::Start(count) => watch(Event::Documents(count)),
                extract::Event::Read { .. } | extract::Event::Failed { .. } => {
                    watch(Event::DocumentDone);
                }
            },
        )?;
    rebuilt.failed.extend(summary.failed);
    if request.from.has_renderings() {
        let mut documents = store.documents()?;
        documents.retain(|document| document.error.is_none());
        let drawn = extract::render_all(store, &workers, &documents, stop, || {})?;
        rebuilt.failed.extend(drawn.failed);
    }
    if stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(DatasetError::Interrupted.into());
    }
    Ok(())
}

fn from_annotations(
    request: &Request<'_>,
    folder: &Path,
    store: &mut Store,
    rebuilt: &mut Rebuilt,
    watch: &mut impl FnMut(Event),
) -> Result<()> {
    let imported = annotations::import(store, folder)?;
    rebuilt.pictures = imported.pictures;
    rebuilt.missing = imported.unknown.into_keys().collect();
    let split = choose_split(store, request.split)?;
    // Both are told of one after the other, never at once.
    let watch = std::cell::RefCell::new(watch);
    rebuilt.exported = export(
        store,
        &split,
        request.target,
        &request.options,
        |count| (watch.borrow_mut())(Event::Pictures(count)),
        || (watch.borrow_mut())(Event::PictureDone),
    )?;
    let options = &request.options;
    let is_listed = options.format == Format::CovidCt
        && options.hosting == Hosting::Any
        && options.size == Size::Native
        && options.classes == crate::dataset::Classes::default();
    if is_listed {
        rebuilt.not_as_listed = source::not_as_listed(folder, request.target)?;
    }
    Ok(())
}

/// The split asked for, the only one, or one by group where the annotations hold none.
fn choose_split(store: &mut Store, wanted: Option<&str>) -> Result<String> {
    if let Some(name) = wanted {
        return Ok(name.into());
    }
    let mut names = store.split_names()?;
    match names.len() {
        0 => {
            let ratio = PAPERS_RATIO.parse().map_err(StoreError::Invalid)?;
            let made =
                make(store, "default", SplitOptions { by: GroupBy::Group, ratio, seed: 0 }, &())?;
            store.save_split(&made.split)?;
            Ok(made.split.name)
        }
        1 => Ok(names.remove(0)),
        _ => Err(RebuildError::WhichSplit(names.join(", "))),
    }
}
