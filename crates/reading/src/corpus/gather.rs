//! What `ingest` is given, made into PDFs on disk: buckets are downloaded, archives unpacked.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::Meca;
use super::network::{Access, Network, is_address};
use super::{CorpusError, Result};
use crate::Workspace;
use crate::atomic;
use crate::extract::{self, Articles, find_files, is_pdf};
use covid_ct_core::{sha256_hex, sha256_of_file};

/// How buckets are read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    pub access: Access,
    /// Host of an S3 service other than Amazon's.
    pub endpoint: Option<String>,
    /// A mail address or a web page, told to web servers.
    pub contact: Option<String>,
    /// The largest object that is read; `None` for the usual.
    pub max_bytes: Option<u64>,
}

/// Paths to ingest, and what could not be brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Local files and folders, as given where nothing had to be done.
    pub paths: Vec<PathBuf>,
    /// PDFs that came out of archives.
    pub unpacked: usize,
    /// `(what, reason)`
    pub failed: Vec<(String, String)>,
    pub interrupted: bool,
}

const WITHOUT: &str = "this program has none; covid-ct-fetching has";

/// Makes what `paths` name into local PDFs, below `data/unpacked`; JATS is put beside its PDF. `watch` hears
/// how many objects a bucket has, or how many archives there are, and of each.
///
/// # Errors
/// When a bucket cannot be listed, there is no network to read one by, or the disk refuses.
pub fn gather(
    workspace: &Workspace,
    paths: &[PathBuf],
    (network, reading): (Option<&dyn Network>, &Reading),
    workers: &extract::Options,
    stop: &AtomicBool,
    mut watch: impl FnMut(Option<usize>),
) -> Result<Gathered> {
    let mut gathered = bring(workspace, paths, (network, reading), stop, &mut watch)?;
    unpack(workspace, &mut gathered, workers, stop, watch);
    Ok(gathered)
}

/// As [`gather`], archives being left as they are.
///
/// # Errors
/// As there.
pub fn bring(
    workspace: &Workspace,
    paths: &[PathBuf],
    (network, reading): (Option<&dyn Network>, &Reading),
    stop: &AtomicBool,
    mut watch: impl FnMut(Option<usize>),
) -> Result<Gathered> {
    let mut gathered = Gathered::default();
    for path in paths {
        if is_address(path) {
            let address = path.to_string_lossy();
            let folder = workspace.unpacked().join(folder_of(&address));
            let network = network.ok_or_else(|| CorpusError::Network(WITHOUT.into()))?;
            let bucket = network.bucket(&address, reading)?;
            let brought = bucket.bring(&folder, stop, &mut watch)?;
            if brought.files.is_empty() && brought.failed.is_empty() && !brought.interrupted {
                let what = "no *.pdf or *.meca below it";
                gathered.failed.push((address.into_owned(), what.into()));
            }
            gathered.failed.extend(brought.failed);
            gathered.interrupted |= brought.interrupted;
            gathered.paths.extend(brought.files);
        } else {
            gathered.paths.push(path.clone());
        }
    }
    Ok(gathered)
}

/// What a bucket's files are put under: readable, and another for each address.
fn folder_of(address: &str) -> String {
    let plain: String = address
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
        .take(60)
        .collect();
    format!("{plain}-{}", &sha256_hex(address.as_bytes())[..8])
}

/// Unpacks every archive that the paths name or hold. One that stands beside another of the same preprint
/// and version must have the same PDF.
fn unpack(
    workspace: &Workspace,
    gathered: &mut Gathered,
    workers: &extract::Options,
    stop: &AtomicBool,
    mut watch: impl FnMut(Option<usize>),
) {
    let folder = workspace.unpacked().join("meca");
    let holds = |path: &PathBuf| is_meca(path) || path.is_dir();
    let sources: Vec<PathBuf> = gathered.paths.iter().filter(|path| holds(path)).cloned().collect();
    let (archives, lost) = find_files(&sources, "*.meca", is_meca);
    // A folder without archives is no loss, and what else is wrong with one is said when its PDFs are read.
    let lost = lost.into_iter().filter(|(path, _)| is_meca(path));
    gathered.failed.extend(lost.map(|(path, what)| (path.display().to_string(), what)));
    gathered.paths.retain(|path| !is_meca(path));
    if archives.is_empty() {
        return;
    }
    watch(Some(archives.len()));
    let mut articles = Articles::new(workers.clone());
    // A folder of archives alone has no PDF to find.
    gathered.paths.retain(|path| {
        let only_archives = || {
            let (pdfs, _) = find_files(std::slice::from_ref(path), "*.pdf", is_pdf);
            let (archives, _) = find_files(std::slice::from_ref(path), "*.meca", is_meca);
            pdfs.is_empty() && !archives.is_empty()
        };
        !(path.is_dir() && only_archives())
    });
    for archive in archives {
        if stop.load(Ordering::Relaxed) {
            gathered.interrupted = true;
            return;
        }
        watch(None);
        match put(&archive, &mut articles, &folder) {
            Ok(pdf) => {
                gathered.unpacked += 1;
                gathered.paths.push(pdf);
            }
            Err(what) => gathered.failed.push((archive.display().to_string(), what)),
        }
    }
}

/// Whether a file is called an archive.
pub fn is_meca(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("meca"))
}

/// Has an archive opened by a worker, and judges the PDF in it.
pub(super) fn open(archive: &Path, articles: &mut Articles) -> std::result::Result<Meca, String> {
    let meca = articles.archive(archive)?;
    match super::body::judge_start(&meca.pdf, true) {
        Some(trouble) => Err(format!("its PDF: {}", trouble.what)),
        None => Ok(meca),
    }
}

fn put(
    archive: &Path,
    articles: &mut Articles,
    folder: &Path,
) -> std::result::Result<PathBuf, String> {
    let meca = open(archive, articles)?;
    let name = if meca.article.doi.is_empty() {
        let stem = archive.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        format!("{stem}.pdf")
    } else {
        super::file_name(&meca.article.doi, meca.article.version)
    };
    let target = folder.join(&name);
    if target.is_file() {
        let there = sha256_of_file(&target).map_err(|error| error.to_string())?;
        if there != sha256_hex(&meca.pdf) {
            return Err(format!(
                "another archive of {name} had another PDF: remove {} to take this one",
                target.display()
            ));
        }
    } else {
        atomic::write(&target, &meca.pdf)
            .map_err(|error| format!("cannot write {}: {error}", target.display()))?;
    }
    if let Some(jats) = &meca.jats {
        let beside = target.with_extension("xml");
        atomic::write(&beside, jats)
            .map_err(|error| format!("cannot write {}: {error}", beside.display()))?;
    }
    Ok(target)
}
