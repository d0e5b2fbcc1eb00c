//! Mends a workspace: has objects made again out of their documents, and removes what no row names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::{DoctorError, Findings};
use crate::Workspace;
use crate::extract::worker::{Request, Response};
use crate::extract::{IngestError, Options, Renderings, is_outdated, read_documents};
use crate::store::check::{self, Amiss, Named};
use crate::store::{DocumentRow, Source, Store, StoreError};
use covid_ct_core::sha256_of_file;

/// The paths of what was amiss and is no more.
pub(super) fn mend(
    workspace: &Workspace,
    store: &mut Store,
    options: &Options,
    findings: &Findings,
) -> Result<BTreeSet<PathBuf>, DoctorError> {
    let path = |relative: &str| workspace.objects().join(relative);
    let documents = readable_documents(store, findings)?;
    let aside = set_aside(workspace, findings, &documents)?;
    let read = read_again(store, options, &documents);
    let drawn = read.and_then(|()| Ok(draw_again(store, options, &documents)?));
    // Whatever happened, damaged bytes are better than none.
    let named = put_back(aside).and_then(|()| check::inspect(workspace).map(|found| found.named));
    drawn?;
    let named = named?;
    let mut mended = BTreeSet::new();
    for (object, _) in &findings.amiss {
        let relative = object.id.relative_path();
        if !named.contains_key(&relative) || check::look_at(&path(&relative), &object.id)?.is_none()
        {
            mended.insert(path(&relative));
        }
    }
    mended.extend(remove_unnamed(workspace, &named)?);
    Ok(mended)
}

/// The documents with objects amiss whose PDF lies where it is noted, unchanged.
fn readable_documents(store: &Store, findings: &Findings) -> Result<Vec<DocumentRow>, StoreError> {
    let wanted: BTreeSet<&String> =
        findings.amiss.iter().flat_map(|(object, _)| object.documents.keys()).collect();
    let mut documents = store.documents()?;
    documents.retain(|row| {
        row.source == Source::Pdf
            && row.error.is_none()
            && wanted.contains(&row.sha256)
            && sha256_of_file(Path::new(&row.path)).is_ok_and(|sha256| sha256 == row.sha256)
    });
    Ok(documents)
}

/// Moves damaged objects out of the way that are going to be made again: where they lay, by where they
/// lie now. A worker would take one of the right size for the object.
fn set_aside(
    workspace: &Workspace,
    findings: &Findings,
    documents: &[DocumentRow],
) -> Result<BTreeMap<PathBuf, PathBuf>, StoreError> {
    let mut aside = BTreeMap::new();
    for (object, how) in &findings.amiss {
        let again = documents.iter().any(|row| object.documents.contains_key(&row.sha256));
        if *how == Amiss::Damaged && again {
            let path = workspace.objects().join(object.id.relative_path());
            // The name says what becomes of it if this process is killed: a leftover.
            let name = format!(".part-damaged-{}", object.id.sha256);
            let away = path.with_file_name(name);
            rename(&path, &away)?;
            aside.insert(away, path);
        }
    }
    Ok(aside)
}

/// Puts damaged objects back in whose place nothing has come, and drops the others.
fn put_back(aside: BTreeMap<PathBuf, PathBuf>) -> Result<(), StoreError> {
    for (away, path) in aside {
        if path.exists() {
            std::fs::remove_file(&away)
                .map_err(|source| StoreError::Write { path: away.clone(), source })?;
        } else {
            rename(&away, &path)?;
        }
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    std::fs::rename(from, to).map_err(|source| StoreError::Write { path: to.into(), source })
}

/// Reads documents again, which brings their objects back. Rows are written only where an older
/// extractor read the document, which found other pictures: as `ingest --refresh` does.
fn read_again(
    store: &mut Store,
    options: &Options,
    documents: &[DocumentRow],
) -> Result<(), DoctorError> {
    let requests: Vec<Request> = documents
        .iter()
        .map(|row| Request { path: row.path.clone().into(), sha256: row.sha256.clone() })
        .collect();
    let outdated: BTreeSet<&String> =
        documents.iter().filter(|row| is_outdated(row)).map(|row| &row.sha256).collect();
    let (go_on, mut refused) = (AtomicBool::new(false), None);
    read_documents(&requests, options, &go_on, |request, response| {
        let recorded = match response {
            Response::Read { extraction, .. } if outdated.contains(&extraction.sha256) => {
                store.record_again(&extraction).map(drop)
            }
            Response::Read { .. } => Ok(()),
            Response::Refused { error } => Err(StoreError::Invalid(error)),
            Response::Failed { error } => {
                tracing::warn!("{}: {error}", request.path.display());
                Ok(())
            }
        };
        recorded.map_err(|error| refused = Some(error)).is_ok()
    })
    .map_err(|source| IngestError::Worker { program: options.program.clone(), source })?;
    refused.map_or(Ok(()), |error| Err(error.into()))
}

/// Draws renderings again whose object is not there; no reading brings those.
fn draw_again(
    store: &Store,
    options: &Options,
    documents: &[DocumentRow],
) -> Result<(), StoreError> {
    let mut renderings = Renderings::new(options.clone());
    for document in documents {
        let mut places = Vec::new();
        for (figure, object) in store.rendered(document.id)? {
            if !store.objects().path(&object).is_file()
                && let Some((_, place)) = store.renderable(figure)?
            {
                places.push(place);
            }
        }
        if let Err(error) = renderings.draw(document, None, &places) {
            tracing::warn!("{error}");
        }
    }
    Ok(())
}

/// Removes orphans and leftovers: looked for anew, by what rows name now, as reading again may have let go
/// of pictures.
fn remove_unnamed(
    workspace: &Workspace,
    named: &BTreeMap<String, Named>,
) -> Result<Vec<PathBuf>, StoreError> {
    let unnamed = check::unnamed_files(workspace, named)?;
    let mut removed = Vec::new();
    for path in unnamed.orphans.into_iter().chain(unnamed.leftovers) {
        let done = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        done.map_err(|source| StoreError::Write { path: path.clone(), source })?;
        removed.push(path);
    }
    Ok(removed)
}
