//! Finds the documents to read and brings what workers read into the store: one writer, one
//! transaction a document, only what is missing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rustix::fs::{FlockOperation, flock};
use walkdir::WalkDir;

use super::EXTRACTOR;
use super::worker::{Request, Response};
use super::{Options, read_documents};
use crate::Workspace;
use crate::figures::{Suspect, SuspectKind};
use crate::store::{DocumentRow, Failure, Source, Store, StoreError};
use covid_ct_core::sha256_of_file;

/// What an ingest did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Documents read now.
    pub read: usize,
    /// Documents the store already held, and second copies of the same bytes.
    pub skipped: usize,
    /// `(path, reason)`, sorted by path.
    pub failed: Vec<(PathBuf, String)>,
    /// Figures, tables, and pictures that nobody captioned.
    pub figures: usize,
    /// Captions found, tables' left out.
    pub captions: usize,
    /// Those of them whose graphic was found.
    pub paired: usize,
    pub images: usize,
    /// Of the documents read, those that an older extractor had read before.
    pub reread: usize,
    /// Pictures with decisions on them that reading again no longer found; they are kept.
    pub lost: usize,
    /// What the cross-check found in the documents read, by kind.
    pub suspects: BTreeMap<SuspectKind, usize>,
    /// Documents of those with a suspect that counts.
    pub suspected: usize,
    /// SHA-256 of the documents named that the store now holds, each once.
    pub documents: BTreeSet<String>,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
}

/// Which documents are read that the store holds already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Again {
    /// Those that failed before.
    pub failed: bool,
    /// Those that an older extractor read.
    pub outdated: bool,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many documents are to be read.
    Start(usize),
    Read {
        path: &'a Path,
        warnings: &'a [String],
        suspects: &'a [Suspect],
    },
    Failed {
        path: &'a Path,
        error: &'a str,
    },
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    #[error("another `covid-ct ingest` works on {path}: wait until it is done", path = path.display())]
    Busy { path: PathBuf },
    #[error("nothing to read: none of the paths leads to a PDF")]
    NothingToRead,
    #[error("cannot lock {path}: {source}", path = path.display())]
    Lock { path: PathBuf, source: std::io::Error },
    #[error("cannot start a worker ({program}): {source}", program = program.display())]
    Worker { program: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Held while an ingest runs; the system releases it with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// Where another ingest holds it, or the disk refuses.
    pub fn take(workspace: &Workspace) -> Result<Self, IngestError> {
        let path = workspace.data().join("ingest.lock");
        let file = std::fs::create_dir_all(workspace.data())
            .and_then(|()| File::create(&path))
            .map_err(|source| IngestError::Lock { path: path.clone(), source })?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                Err(IngestError::Busy { path: workspace.database() })
            }
            Err(source) => Err(IngestError::Lock { path, source: source.into() }),
        }
    }
}

/// Every PDF that `paths` name or hold, as absolute paths, sorted, each once; and the paths that lead nowhere, with the
/// reason. A file named outright is taken whatever it is called; a folder is searched for `*.pdf`.
pub fn find_documents(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<(PathBuf, String)>) {
    find_files(paths, "*.pdf", is_pdf)
}

/// As [`find_documents`], of files that `fits`; `kind` says in errors which those are.
pub fn find_files(
    paths: &[PathBuf],
    kind: &str,
    fits: impl Fn(&Path) -> bool,
) -> (Vec<PathBuf>, Vec<(PathBuf, String)>) {
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_file() {
            found.push(path.clone());
        } else if path.is_dir() {
            let before = found.len() + lost.len();
            for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
                match entry {
                    Ok(entry) if entry.file_type().is_file() && fits(entry.path()) => {
                        found.push(entry.into_path());
                    }
                    Ok(_) => {}
                    Err(error) => lost.push((
                        error.path().unwrap_or(path).to_owned(),
                        error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
                    )),
                }
            }
            if found.len() + lost.len() == before {
                lost.push((path.clone(), format!("no {kind} in this folder or below")));
            }
        } else {
            lost.push((path.clone(), "no such file or folder".into()));
        }
    }
    // Renderings are made later, from wherever the program then runs.
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let mut found: Vec<PathBuf> = found.into_iter().map(absolute).collect();
    found.sort();
    found.dedup();
    (found, lost)
}

/// Whether a file is called a PDF.
pub fn is_pdf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"))
}

/// Reads what the store does not hold yet of `paths`, and what `again` names. Documents that failed
/// before and are not tried again are reported as failed. No paths at all, with `again.outdated`,
/// stand for every document that an older extractor read.
///
/// # Errors
/// When none of `paths` leads to a PDF, another ingest works on the same workspace, no worker can be
/// started, or the store refuses. Documents that fail are no error: they are in the [`Summary`], and
/// so are paths that lead nowhere beside others that do not.
pub fn ingest(
    workspace: &Workspace,
    store: &mut Store,
    paths: &[PathBuf],
    options: &Options,
    again: Again,
    stop: &AtomicBool,
    mut watch: impl FnMut(Event<'_>),
) -> Result<Summary, IngestError> {
    let _lock = Lock::take(workspace)?;
    let mut summary = Summary::default();
    let every_outdated = paths.is_empty() && again.outdated;
    let (documents, lost) =
        if every_outdated { (outdated(store)?, Vec::new()) } else { find_documents(paths) };
    for (path, error) in lost {
        watch(Event::Failed { path: &path, error: &error });
        summary.failed.push((path, error));
    }
    if documents.is_empty() && !every_outdated {
        return Err(IngestError::NothingToRead);
    }
    let requests = missing(store, documents, again, &mut summary, &mut watch)?;
    watch(Event::Start(requests.len()));
    let mut refused = None;
    read_documents(&requests, options, stop, |request, response| {
        match record(store, request, response, &mut summary, &mut watch) {
            Ok(()) => true,
            Err(error) => {
                refused.get_or_insert(error);
                false
            }
        }
    })
    .map_err(|source| IngestError::Worker { program: options.program.clone(), source })?;
    if let Some(error) = refused {
        return Err(error.into());
    }
    summary.interrupted = stop.load(std::sync::atomic::Ordering::Relaxed);
    summary.failed.sort();
    Ok(summary)
}

/// Where the documents lie that an older extractor read.
fn outdated(store: &Store) -> Result<Vec<PathBuf>, StoreError> {
    let documents = store.documents()?;
    Ok(documents
        .iter()
        .filter(|row| is_outdated(row))
        .map(|row| PathBuf::from(&row.path))
        .collect())
}

/// Whether an older extractor read the document, and today's would find more in it.
pub fn is_outdated(row: &DocumentRow) -> bool {
    row.source == Source::Pdf && row.error.is_none() && row.extractor < EXTRACTOR
}

/// Hashes the files and leaves out what the store holds and need not be read again. A document that
/// is found elsewhere than the store has it, and no longer there, is noted at its new place.
fn missing(
    store: &Store,
    documents: Vec<PathBuf>,
    again: Again,
    summary: &mut Summary,
    watch: &mut impl FnMut(Event<'_>),
) -> Result<Vec<Request>, IngestError> {
    let known: HashMap<String, DocumentRow> = store
        .documents()?
        .into_iter()
        .filter(|document| document.error.is_none() || document.extractor == EXTRACTOR)
        .map(|document| (document.sha256.clone(), document))
        .collect();
    let mut seen = HashSet::new();
    let mut requests = Vec::new();
    for path in documents {
        let sha256 = match hash_named(&path) {
            Ok(sha256) => sha256,
            Err(error) => {
                watch(Event::Failed { path: &path, error: &error });
                summary.failed.push((path, error));
                continue;
            }
        };
        let first = seen.insert(sha256.clone());
        match known.get(&sha256) {
            Some(DocumentRow { error: Some(error), .. }) if !again.failed => {
                let error = format!("{error} (failed before; --retry-failed tries again)");
                watch(Event::Failed { path: &path, error: &error });
                summary.failed.push((path, error));
            }
            _ if !first => summary.skipped += 1,
            Some(row) if row.error.is_none() => {
                let noted = Path::new(&row.path);
                if noted.is_relative() || !noted.is_file() {
                    store.set_path(row.id, &path.to_string_lossy())?;
                }
                summary.documents.insert(sha256.clone());
                if again.outdated && is_outdated(row) {
                    requests.push(Request { path, sha256 });
                } else {
                    summary.skipped += 1;
                }
            }
            _ => requests.push(Request { path, sha256 }),
        }
    }
    Ok(requests)
}

fn hash_named(path: &Path) -> Result<String, String> {
    // The database and the workers' JSON hold paths as text.
    if path.to_str().is_none() {
        return Err("its path is not UTF-8: rename it".into());
    }
    sha256_of_file(path).map_err(|error| format!("cannot be read: {error}"))
}

fn record(
    store: &mut Store,
    request: &Request,
    response: Response,
    summary: &mut Summary,
    watch: &mut impl FnMut(Event<'_>),
) -> Result<(), StoreError> {
    match response {
        Response::Read { extraction, warnings } => {
            let again = summary.documents.contains(&extraction.sha256);
            let recorded = if again {
                store.record_again(&extraction).map(|reread| reread.lost)
            } else {
                store.record(&extraction, Source::Pdf).map(|_| 0)
            };
            match recorded {
                Ok(lost) => summary.lost += lost,
                Err(error) if error.is_constraint() => {
                    let error = covid_ct_worker::senseless(error);
                    return fail(store, request, error, summary, watch);
                }
                Err(error) => return Err(error),
            }
            summary.reread += usize::from(again);
            summary.documents.insert(extraction.sha256.clone());
            summary.read += 1;
            summary.images += extraction.images.len();
            summary.figures += extraction.figures.len();
            let captioned = extraction.figures.iter().filter(|figure| {
                !figure.caption.is_empty() && figure.kind != crate::figures::FigureKind::Table
            });
            summary.captions += captioned.clone().count();
            summary.paired += captioned.filter(|figure| figure.page.is_some()).count();
            let suspects = &extraction.suspects;
            summary.suspected += usize::from(suspects.iter().any(|suspect| suspect.kind.counts()));
            for suspect in suspects {
                *summary.suspects.entry(suspect.kind).or_default() += 1;
            }
            watch(Event::Read { path: &request.path, warnings: &warnings, suspects });
        }
        Response::Refused { error } => return Err(StoreError::Invalid(error)),
        Response::Failed { error } => fail(store, request, error, summary, watch)?,
    }
    Ok(())
}

fn fail(
    store: &Store,
    request: &Request,
    error: String,
    summary: &mut Summary,
    watch: &mut impl FnMut(Event<'_>),
) -> Result<(), StoreError> {
    store.record_failure(&Failure {
        sha256: request.sha256.clone(),
        path: request.path.to_string_lossy().into_owned(),
        error: error.clone(),
        extractor: EXTRACTOR,
    })?;
    watch(Event::Failed { path: &request.path, error: &error });
    summary.failed.push((request.path.clone(), error));
    Ok(())
}
