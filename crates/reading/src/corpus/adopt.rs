//! Takes PDFs that somebody has already into the corpus: each is matched to a row of the manifest by its
//! hash, by what its banner says, or by its name, and copied to where a fetch would have put it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::gather::{is_meca, open};
use super::names::{self, Named};
use super::{Manifest, Result, Row, State, body};
use crate::atomic;
use crate::extract::worker::{Request, Response};
use crate::extract::{self, Articles};
use covid_ct_core::{preprint_doi, sha256_hex, sha256_of_file};
use covid_ct_extraction::document::PaperMeta;

/// Where adopted files go, and what may be.
#[derive(Debug, Clone)]
pub struct Options {
    pub manifest: PathBuf,
    pub pdfs: PathBuf,
    /// Put preprints into the manifest that it does not have.
    pub add: bool,
    /// Take files whose bytes are not what the manifest says.
    pub accept_changed: bool,
    /// How PDFs are read whose name and hash tell nothing.
    pub workers: extract::Options,
}

/// What an adoption did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopted {
    pub adopted: usize,
    /// In the corpus before.
    pub had: usize,
    /// PDFs of preprints that the manifest does not ask for, or of no preprint.
    pub strangers: Vec<PathBuf>,
    /// `(file, reason)`, sorted.
    pub failed: Vec<(PathBuf, String)>,
    pub interrupted: bool,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many files are looked at.
    Start(usize),
    Looked,
    Failed {
        path: &'a Path,
        what: &'a str,
    },
}

/// What a file says of itself.
#[derive(Debug, Clone, Default)]
struct Told {
    server: String,
    doi: String,
    version: Option<u32>,
    row: Option<Row>,
}

struct Adoption<'a, W> {
    manifest: Manifest,
    options: &'a Options,
    adopted: Adopted,
    articles: Articles,
    watch: W,
}

/// Adopts the PDFs and MECA archives that `sources` name or hold. The manifest is saved after each.
///
/// # Errors
/// When the manifest cannot be written, or no worker can be started. Files that cannot be adopted are no
/// error: they are in [`Adopted`].
pub fn adopt(
    sources: &[PathBuf],
    manifest: Manifest,
    options: &Options,
    stop: &AtomicBool,
    watch: impl FnMut(Event<'_>),
) -> Result<Adopted> {
    let fits = |path: &Path| extract::is_pdf(path) || is_meca(path);
    let (files, lost) = extract::find_files(sources, "*.pdf or *.meca", fits);
    let articles = Articles::new(options.workers.clone());
    let mut adoption = Adoption { manifest, options, adopted: Adopted::default(), articles, watch };
    (adoption.watch)(Event::Start(files.len()));
    for (path, what) in lost {
        adoption.failed(path, what);
    }
    let mut unknown = Vec::new();
    for path in files {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if is_meca(&path) {
            adoption.archive(path)?;
        } else if let Some(request) = adoption.by_hash(path)? {
            unknown.push(request);
        }
    }
    adoption.by_banner(&unknown, stop)?;
    let mut adopted = adoption.adopted;
    adopted.failed.sort();
    adopted.strangers.sort();
    adopted.interrupted = stop.load(Ordering::Relaxed);
    Ok(adopted)
}

impl<W: FnMut(Event<'_>)> Adoption<'_, W> {
    fn failed(&mut self, path: PathBuf, what: String) {
        (self.watch)(Event::Failed { path: &path, what: &what });
        self.adopted.failed.push((path, what));
    }

    fn archive(&mut self, path: PathBuf) -> Result<()> {
        (self.watch)(Event::Looked);
        let meca = match open(&path, &mut self.articles) {
            Ok(meca) => meca,
            Err(what) => {
                self.failed(path, what);
                return Ok(());
            }
        };
        let article = &meca.article;
        if article.doi.is_empty() {
            let what = "its JATS names no DOI: unpack its PDF and adopt that";
            self.failed(path, what.into());
            return Ok(());
        }
        let server = preprint_doi(names::number(&article.doi)).map(|(_, server)| server);
        let row = Row {
            title: article.title.clone(),
            posted: article.posted.clone(),
            category: article.category.clone(),
            licence: article.licence.clone(),
            ..Row::new(server.unwrap_or_default(), &article.doi, article.version)
        };
        let told = Told {
            server: row.server.clone(),
            doi: row.doi.clone(),
            version: row.version,
            row: Some(row),
        };
        let sha256 = sha256_hex(&meca.pdf);
        let taken =
            self.take(path.clone(), &told, &sha256, |target| atomic::write(target, &meca.pdf))?;
        if let (Some(target), Some(jats)) = (taken, &meca.jats) {
            let beside = target.with_extension("xml");
            if let Err(error) = atomic::write(&beside, jats) {
                self.failed(path, format!("cannot write {}: {error}", beside.display()));
            }
        }
        Ok(())
    }

    /// Adopts a file whose bytes the manifest knows; of another, what to ask a worker.
    fn by_hash(&mut self, path: PathBuf) -> Result<Option<Request>> {
        let sha256 = match sha256_of_file(&path) {
            Ok(_) if path.to_str().is_none() => {
                self.failed(path, "its path is not UTF-8: rename it".into());
                return Ok(None);
            }
            Ok(sha256) => sha256,
            Err(error) => {
                self.failed(path, format!("cannot be read: {error}"));
                return Ok(None);
            }
        };
        let Some(row) = self.manifest.rows().find(|row| row.sha256 == sha256) else {
            if let Err(trouble) = body::judge(&path, None) {
                self.failed(path, trouble.what);
                return Ok(None);
            }
            return Ok(Some(Request { path, sha256 }));
        };
        (self.watch)(Event::Looked);
        let told = Told {
            server: row.server.clone(),
            doi: row.doi.clone(),
            version: row.version,
            row: None,
        };
        let source = path.clone();
        self.take(path, &told, &sha256, |target| atomic::copy(&source, target))?;
        Ok(None)
    }

    /// Adopts files by what they say: no PDF is parsed in this process.
    fn by_banner(&mut self, unknown: &[Request], stop: &AtomicBool) -> Result<()> {
        if unknown.is_empty() {
            return Ok(());
        }
        // What reading also finds, pictures above all, is not wanted here.
        let scratch = tempfile::tempdir()?;
        let workers = extract::Options {
            objects: scratch.path().join("objects"),
            ..self.options.workers.clone()
        };
        let mut refused = None;
        extract::read_documents(unknown, &workers, stop, |request, response| {
            (self.watch)(Event::Looked);
            let path = request.path.clone();
            match response {
                Response::Failed { error } | Response::Refused { error } => {
                    self.failed(path, error);
                    true
                }
                Response::Read { extraction, .. } => {
                    match self.read(path, &request.sha256, &extraction.paper) {
                        Ok(()) => true,
                        Err(error) => {
                            refused.get_or_insert(error);
                            false
                        }
                    }
                }
            }
        })?;
        refused.map_or(Ok(()), Err)
    }

    fn read(&mut self, path: PathBuf, sha256: &str, paper: &PaperMeta) -> Result<()> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let named = names::read(&name);
        let Some(doi) = names::doi(&paper.doi) else {
            self.adopted.strangers.push(path);
            return Ok(());
        };
        if let Some(Named { number, .. }) = &named
            && number != names::number(&doi)
        {
            let what = format!("its name says {number}, and its banner {doi}: which is it?");
            self.failed(path, what);
            return Ok(());
        }
        let version = paper.version.parse().ok().or(named.and_then(|named| named.version));
        let row = Row {
            title: paper.title.clone(),
            posted: paper.posted.clone(),
            licence: paper.licence.clone(),
            ..Row::new(&paper.server, &doi, version)
        };
        let told = Told { server: paper.server.clone(), doi, version, row: Some(row) };
        let source = path.clone();
        self.take(path, &told, sha256, |target| atomic::copy(&source, target)).map(drop)
    }

    /// Puts a file in the place of the row that it is of, and notes it; tells where it is now, if it may be.
    fn take(
        &mut self,
        path: PathBuf,
        told: &Told,
        sha256: &str,
        put: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<Option<PathBuf>> {
        let mut row = match self.row(told) {
            Ok(Some(row)) => row,
            Ok(None) => {
                self.adopted.strangers.push(path);
                return Ok(None);
            }
            Err(what) => {
                self.failed(path, what);
                return Ok(None);
            }
        };
        let is_known = row.sha256.is_empty() || row.sha256 == sha256;
        if !is_known && !self.options.accept_changed {
            let what = format!(
                "{} is in the manifest with other bytes: servers stamp PDFs anew, and \
                 --accept-changed takes this one",
                row.name()
            );
            self.failed(path, what);
            return Ok(None);
        }
        let target = self.options.pdfs.join(row.file_name());
        let there = target.is_file().then(|| sha256_of_file(&target).ok()).flatten();
        let is_there = there.as_deref() == Some(sha256);
        if !is_there {
            if there.is_some() && !self.options.accept_changed {
                let what = format!("another file stands at {}: move it away", target.display());
                self.failed(path, what);
                return Ok(None);
            }
            if let Err(error) = put(&target) {
                self.failed(path, format!("cannot write {}: {error}", target.display()));
                return Ok(None);
            }
        }
        let was_noted = row.state == State::Done && row.sha256 == sha256;
        row.bytes = std::fs::metadata(&target).ok().map(|found| found.len());
        (row.sha256, row.state) = (sha256.to_owned(), State::Done);
        if is_there && was_noted {
            self.adopted.had += 1;
        } else {
            self.adopted.adopted += 1;
        }
        self.manifest.put(row);
        self.manifest.write(&self.options.manifest)?;
        Ok(Some(target))
    }

    /// The row that a file is of, or a new one where that may be.
    fn row(&self, told: &Told) -> std::result::Result<Option<Row>, String> {
        let of_paper = || self.manifest.rows().filter(|row| row.doi == told.doi);
        let exact = of_paper().find(|row| row.version == told.version);
        let open = || of_paper().find(|row| row.version.is_none());
        let found = match (exact.or_else(open), told.version) {
            (Some(row), _) => Some(row),
            (None, None) => match of_paper().collect::<Vec<_>>()[..] {
                [] => None,
                [row] => Some(row),
                _ => {
                    return Err(format!(
                        "the manifest has several versions of {}, and the file does not say which it \
                         is: put v1 or the like into its name",
                        told.doi
                    ));
                }
            },
            (None, Some(_)) => None,
        };
        let Some(found) = found else {
            let may_be = self.options.add && !told.server.is_empty();
            return Ok(told.row.clone().filter(|_| may_be));
        };
        let mut row = found.clone();
        if let Some(told) = &told.row {
            row.complete(told);
        }
        Ok(Some(row))
    }
}
