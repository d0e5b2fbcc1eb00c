//! `covid-ct show` of all documents: the page that leads to them and, with --all, each one's own.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::{check_replaceable, draw_pages, make_folder_of, names, pages_to_show, write};
use crate::Workspace;
use crate::atomic;
use crate::cli::ShowArgs;
use crate::commands::{Outcome, in_full, jobs, progress_bar, worker_options};
use crate::extract::Renderings;
use crate::show::{self, Entry, Found};
use crate::store::{DocumentRow, Source, Store};

/// What is escaped in an address: all but what RFC 3986 calls unreserved.
const NOT_UNRESERVED: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub fn run(workspace: &Workspace, store: &Store, args: &ShowArgs) -> anyhow::Result<Outcome> {
    let mut documents = store.documents()?;
    let names = names(&documents);
    documents.retain(|document| document.source == Source::Pdf);
    if documents.is_empty() {
        anyhow::bail!("the database holds no document: `covid-ct ingest PATH` reads some");
    }
    let failed = if args.all { draw_all(workspace, &documents, &names, args)? } else { 0 };
    let out = args.out.clone().unwrap_or_else(|| workspace.show().join("index.html"));
    make_folder_of(&out)?;
    check_replaceable(&out, false)?;
    let folder = absolute(out.parent().unwrap_or(Path::new("")))?;
    let mut entries = Vec::with_capacity(documents.len());
    for document in &documents {
        let page = page_of(workspace, &names[&document.id]);
        let page = page.is_file().then(|| address(&folder, &page)).transpose()?;
        entries.push(Entry { page, ..Entry::read(store, document)? });
    }
    let objects = address(&folder, &workspace.objects())?;
    write(&out, show::index(entries, &objects).as_bytes())?;
    if failed > 0 {
        eprintln!("covid-ct: {failed} of {} documents could not be drawn whole", documents.len());
        return Ok(Outcome::DoneWithFailures);
    }
    Ok(Outcome::Done)
}

fn page_of(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.show().join(format!("{name}.html"))
}

/// Draws each document that was read into its page; gives how many failed.
fn draw_all(
    workspace: &Workspace,
    documents: &[DocumentRow],
    names: &HashMap<i64, String>,
    args: &ShowArgs,
) -> anyhow::Result<usize> {
    let readable: Vec<&DocumentRow> =
        documents.iter().filter(|document| document.error.is_none()).collect();
    let bar = progress_bar(readable.len(), "documents");
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let broken = Mutex::new(None);
    let draw_what_is_left = || -> anyhow::Result<()> {
        let store = Store::open_to_read(workspace)?;
        let mut renderings = Renderings::new(worker_options(workspace)?);
        while let Some(document) = readable.get(next.fetch_add(1, Ordering::Relaxed)) {
            let page = page_of(workspace, &names[&document.id]);
            let drawn = draw_one(&store, &mut renderings, document, &page, args);
            if !drawn.as_ref().is_ok_and(|whole| *whole) {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            if let Err(error) = drawn {
                bar.suspend(|| eprintln!("covid-ct: {}: {}", document.path, in_full(&error)));
            }
            bar.inc(1);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs(args.jobs).min(readable.len()) {
            scope.spawn(|| {
                if let Err(error) = draw_what_is_left() {
                    *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            });
        }
    });
    bar.finish_and_clear();
    match broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(failed.into_inner()),
    }
}

/// Draws a document; false where some of its pages could not be.
fn draw_one(
    store: &Store,
    renderings: &mut Renderings,
    document: &DocumentRow,
    page: &Path,
    args: &ShowArgs,
) -> anyhow::Result<bool> {
    let found = Found::read(store, document)?;
    let marks = pages_to_show(&found, args)?;
    let mut failed = false;
    let pictures = draw_pages(renderings, document, &marks, args, false, &mut failed)?;
    atomic::write(page, show::html(&found, &marks, &pictures)?.as_bytes())
        .with_context(|| format!("cannot write {}", page.display()))?;
    Ok(!failed)
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    let path = if path == Path::new("") { Path::new(".") } else { path };
    path.canonicalize().with_context(|| format!("cannot find {}", path.display()))
}

/// The address of `path`, which is there, relative to the absolute `folder`: the page goes where its folder goes.
fn address(folder: &Path, path: &Path) -> anyhow::Result<String> {
    let path = absolute(path)?;
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), path.components().collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[common..].iter().map(|_| "..".to_owned());
    let down = to[common..].iter().map(|part| {
        let part = part.as_os_str().as_bytes();
        percent_encode(part, &NOT_UNRESERVED).to_string()
    });
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_relative_and_escaped() {
        let root = tempfile::tempdir().expect("folder");
        let root = root.path().canonicalize().expect("path");
        std::fs::create_dir_all(root.join("data/show")).expect("folder");
        std::fs::create_dir_all(root.join("data/objects")).expect("folder");
        std::fs::write(root.join("data/show/a b#1.html"), "").expect("file");
        let show = root.join("data/show");
        let objects = address(&show, &root.join("data/objects")).expect("address");
        assert_eq!(objects, "../objects");
        let page = address(&show, &show.join("a b#1.html")).expect("address");
        assert_eq!(page, "a%20b%231.html");
        let elsewhere = address(&root, &show.join("a b#1.html")).expect("address");
        assert_eq!(elsewhere, "data/show/a%20b%231.html");
    }
}
