//! Has workers read what a list names, and writes what they find as a shard: the same pool, limits and isolation as
//! `ingest`, and no database.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use covid_ct_shards::list::is_address;
use covid_ct_shards::{
    Document, Failure, MANIFEST, Manifest, OBJECTS, SUCCESS, Settings, ShardError, Writer, files,
    name_of,
};
use walkdir::WalkDir;

use super::{Place, Result, ShardsError};
use crate::atomic;
use crate::atomic::folder::{NewFolder, Scratch};
use crate::corpus::{CorpusError, Network, Reading, Storage};
use crate::extract::worker::{Request, Response};
use crate::extract::{EXTRACTOR, Options, read_documents};
use covid_ct_core::sha256_of_file;

/// Documents that are brought from elsewhere while others are read, for each job.
const AHEAD: usize = 16;

/// What a shard is made of, and how.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Sorted; absolute paths and addresses.
    pub entries: &'a [String],
    /// Where the shard goes, under its own name.
    pub out: &'a Place,
    /// Where its pictures go, if not into the shard.
    pub objects: Option<&'a Place>,
    /// How workers are run; their object store is said here.
    pub workers: &'a Options,
    pub network: Option<&'a dyn Network>,
    pub reading: &'a Reading,
}

/// A shard that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    pub place: Place,
    pub manifest: Manifest,
    /// Whether it was there before, so that nothing was read.
    pub had: bool,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many documents are to be read.
    Start(usize),
    Read {
        path: &'a str,
        warnings: &'a [String],
    },
    Failed {
        path: &'a str,
        error: &'a str,
    },
    /// One with the bytes of another.
    Copy,
}

/// Reads the documents and puts the shard in its place, or finds that it is there.
///
/// # Errors
/// When no worker can be started, what is written to refuses, or `stop` is set. Documents that fail are no error: they are
/// in the shard.
pub fn extract(
    wanted: Wanted<'_>,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Extracted> {
    let settings = settings_of(wanted.workers);
    let name = name_of(wanted.entries, &settings);
    let place = wanted.out.join(&name);
    if let Some(manifest) = find(&place, wanted)? {
        return Ok(Extracted { place, manifest, had: true });
    }
    match &place {
        Place::Folder(target) => {
            let making = NewFolder::beside(target).map_err(ShardsError::write(target))?;
            let manifest = fill(making.path(), wanted, settings, stop, watch)?;
            write_success(making.path())?;
            match making.put_new() {
                Ok(()) => {}
                // Another process has read the same meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ShardsError::write(target)(error)),
            }
            Ok(Extracted { place, manifest, had: false })
        }
        Place::Address(address) => {
            let local = std::env::temp_dir().join(format!("covid-ct-{name}"));
            let scratch = Scratch::anew(&local).map_err(ShardsError::write(&local))?;
            let manifest = fill(scratch.path(), wanted, settings, stop, watch)?;
            write_success(scratch.path())?;
            let storage = storage(wanted, address)?;
            let objects = scratch.path().join(OBJECTS);
            if manifest.objects == OBJECTS {
                storage.put(&below(&objects, OBJECTS)?, stop)?;
            }
            for file in files() {
                // One after the other, as the last says that all are there.
                storage.put(&[(scratch.path().join(&file), file)], stop)?;
            }
            Ok(Extracted { place, manifest, had: false })
        }
    }
}

fn settings_of(workers: &Options) -> Settings {
    Settings { limits: workers.limits, timeout: workers.timeout.as_secs(), memory: workers.memory }
}

fn write_success(folder: &Path) -> Result<()> {
    let path = folder.join(SUCCESS);
    std::fs::write(&path, "").map_err(ShardsError::write(&path))
}

fn storage(wanted: Wanted<'_>, address: &str) -> Result<Box<dyn Storage>> {
    let without = "this program has none; covid-ct-fetching has";
    let network = wanted.network.ok_or_else(|| CorpusError::Network(without.into()))?;
    Ok(network.storage(address, wanted.reading)?)
}

/// What the shard tells of itself, if it is there.
fn find(place: &Place, wanted: Wanted<'_>) -> Result<Option<Manifest>> {
    match place {
        Place::Folder(folder) => {
            let path = folder.join(MANIFEST);
            if !folder.join(SUCCESS).is_file() {
                return Ok(None);
            }
            let json = std::fs::read(&path)
                .map_err(|source| ShardError::Read { path: path.clone(), source })?;
            Ok(Some(Manifest::parse(&path, &json)?))
        }
        Place::Address(address) => {
            let storage = storage(wanted, address)?;
            if storage.read(SUCCESS)?.is_none() {
                return Ok(None);
            }
            let json = storage.read(MANIFEST)?.unwrap_or_default();
            Ok(Some(Manifest::parse(Path::new(&format!("{address}/{MANIFEST}")), &json)?))
        }
    }
}

/// Every file below `folder`, with its path there behind `prefix`.
fn below(folder: &Path, prefix: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            ShardError::Read { path, source: error.into() }
        })?;
        if entry.file_type().is_file() {
            let inside = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let inside = inside.to_string_lossy();
            let name = if prefix.is_empty() { inside.into() } else { format!("{prefix}/{inside}") };
            found.push((entry.into_path(), name));
        }
    }
    Ok(found)
}

/// Writes everything but [`SUCCESS`] into an empty folder.
fn fill(
    folder: &Path,
    wanted: Wanted<'_>,
    settings: Settings,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Manifest> {
    let own = folder.join(OBJECTS);
    let objects = match wanted.objects {
        Some(Place::Folder(shared)) => shared.clone(),
        _ => own.clone(),
    };
    std::fs::create_dir_all(&objects).map_err(ShardsError::write(&objects))?;
    let told = wanted.objects.map_or_else(|| OBJECTS.to_owned(), Place::noted);
    let mut writer = Writer::create(folder, wanted.entries, settings, &told)?;
    watch(Event::Start(wanted.entries.len()));
    // Absolute, as workers are told which folder they may write to.
    let objects = std::path::absolute(&objects).map_err(ShardsError::write(&objects))?;
    let workers = Options { objects, ..wanted.workers.clone() };
    let downloads = folder.join("documents");
    read(wanted, &workers, &downloads, stop, &mut |document| {
        match &document {
            Found::Copy => {
                writer.note_copy();
                watch(Event::Copy);
            }
            Found::Document(document) => {
                writer.add(document)?;
                match document {
                    Document::Read { extraction, warnings } => {
                        watch(Event::Read { path: &extraction.path, warnings });
                    }
                    Document::Failed(Failure { path, error, .. }) => {
                        watch(Event::Failed { path, error });
                    }
                }
            }
        }
        Ok(())
    })?;
    atomic::gone(std::fs::remove_dir_all(&downloads)).map_err(ShardsError::write(&downloads))?;
    let manifest = writer.close()?;
    if let Some(Place::Address(address)) = wanted.objects {
        storage(wanted, address)?.put(&below(&own, "")?, stop)?;
        std::fs::remove_dir_all(&own).map_err(ShardsError::write(&own))?;
    }
    Ok(manifest)
}

/// What came of an entry.
enum Found {
    Document(Document),
    Copy,
}

/// An entry before it is read.
enum Prepared {
    /// It lies here.
    Ready(Request, String),
    Failed(Failure),
    /// Its bytes were those of an entry before.
    Copy,
}

/// Has the documents read in the order of the entries, and passes on what came of each. Those that are elsewhere are brought
/// while others are read.
fn read(
    wanted: Wanted<'_>,
    workers: &Options,
    downloads: &Path,
    stop: &AtomicBool,
    found: &mut dyn FnMut(Found) -> Result<()>,
) -> Result<()> {
    let remote = wanted.entries.iter().any(|entry| is_address(entry));
    // What lies here is handed out at once: at the end of a batch, jobs would wait for the last.
    let batch = if remote { AHEAD * workers.jobs } else { wanted.entries.len() };
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(1);
        scope.spawn(move || {
            let mut bringing = Bringing { wanted, downloads, seen: HashSet::new(), brought: 0 };
            for entries in wanted.entries.chunks(batch.max(1)) {
                let prepared = bringing.prepare(entries, stop);
                let failed = prepared.is_err();
                if send.send(prepared).is_err() || failed {
                    break;
                }
            }
        });
        // Taken, so that it goes with the loop, whatever ends that: the sender would wait for it.
        for prepared in receive {
            read_batch(&prepared?, workers, downloads, stop, found)?;
            if stop.load(Ordering::Relaxed) {
                return Err(ShardsError::Interrupted);
            }
        }
        Ok(())
    })
}

fn read_batch(
    prepared: &[Prepared],
    workers: &Options,
    downloads: &Path,
    stop: &AtomicBool,
    found: &mut dyn FnMut(Found) -> Result<()>,
) -> Result<()> {
    let requests: Vec<Request> = prepared
        .iter()
        .filter_map(|prepared| match prepared {
            Prepared::Ready(request, _) => Some(request.clone()),
            _ => None,
        })
        .collect();
    let mut waiting = prepared.iter();
    let mut ended = Ok(());
    if !requests.is_empty() {
        let read = read_documents(&requests, workers, stop, |request, response| {
            let taken = take(&mut waiting, request, response, found);
            let goes_on = taken.is_ok();
            if ended.is_ok() {
                ended = taken;
            }
            goes_on
        });
        read.map_err(|source| ShardsError::Worker { program: workers.program.clone(), source })?;
    }
    ended?;
    if stop.load(Ordering::Relaxed) {
        return Err(ShardsError::Interrupted);
    }
    for rest in waiting {
        pass_on(rest, found)?;
    }
    for request in requests.iter().filter(|request| request.path.starts_with(downloads)) {
        // All of them go with the folder at last; till then they would fill the disk.
        let _ = std::fs::remove_file(&request.path);
    }
    Ok(())
}

/// Passes on what became of the entries up to the one that was read, and of that one.
fn take<'a>(
    waiting: &mut impl Iterator<Item = &'a Prepared>,
    request: &Request,
    response: Response,
    found: &mut dyn FnMut(Found) -> Result<()>,
) -> Result<()> {
    for prepared in waiting {
        let Prepared::Ready(ready, entry) = prepared else {
            pass_on(prepared, found)?;
            continue;
        };
        debug_assert_eq!(ready, request);
        let document = match response {
            Response::Read { mut extraction, warnings } => {
                extraction.path.clone_from(entry);
                Document::Read { extraction, warnings }
            }
            Response::Failed { error } => Document::Failed(Failure {
                path: entry.clone(),
                sha256: Some(request.sha256.clone()),
                error,
                extractor: EXTRACTOR,
            }),
            Response::Refused { error } => return Err(ShardsError::Refused(error)),
        };
        return found(Found::Document(document));
    }
    Ok(())
}

fn pass_on(prepared: &Prepared, found: &mut dyn FnMut(Found) -> Result<()>) -> Result<()> {
    match prepared {
        Prepared::Failed(failure) => found(Found::Document(Document::Failed(failure.clone()))),
        Prepared::Copy => found(Found::Copy),
        // Its answer was passed on when it came.
        Prepared::Ready(..) => Ok(()),
    }
}

/// Which entry is brought, the object's name and the file that it goes to.
type Asked = (usize, (String, PathBuf));

/// Brings documents and hashes them.
struct Bringing<'a> {
    wanted: Wanted<'a>,
    downloads: &'a Path,
    seen: HashSet<String>,
    /// Each gets a folder of its own, as the name of a file tells the name of a paper.
    brought: usize,
}

impl Bringing<'_> {
    fn prepare(&mut self, entries: &[String], stop: &AtomicBool) -> Result<Vec<Prepared>> {
        let files = self.bring(entries, stop)?;
        let prepared = entries.iter().zip(files).map(|(entry, file)| {
            let failed = |error: String| {
                let path = entry.clone();
                Prepared::Failed(Failure { path, sha256: None, error, extractor: EXTRACTOR })
            };
            let path = match file {
                Ok(path) => path,
                Err(error) => return failed(error),
            };
            if path.is_dir() {
                return failed("a folder: expected a file; list the PDFs in it, one a line".into());
            }
            match sha256_of_file(&path) {
                Ok(sha256) if self.seen.insert(sha256.clone()) => {
                    Prepared::Ready(Request { path, sha256 }, entry.clone())
                }
                Ok(_) => Prepared::Copy,
                Err(error) => failed(format!("cannot be read: {error}")),
            }
        });
        Ok(prepared.collect())
    }

    /// Where each entry lies now, or why it could not be had.
    fn bring(
        &mut self,
        entries: &[String],
        stop: &AtomicBool,
    ) -> Result<Vec<std::result::Result<PathBuf, String>>> {
        let mut files: Vec<std::result::Result<PathBuf, String>> = Vec::new();
        // By bucket or host.
        let mut asked: BTreeMap<&str, Vec<Asked>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            if !is_address(entry) {
                files.push(Ok(entry.into()));
                continue;
            }
            let Some((root, name)) = split(entry) else {
                files.push(Err(
                    "expected an address of a file, such as s3://BUCKET/NAME.pdf".into()
                ));
                continue;
            };
            let folder = self.downloads.join(self.brought.to_string());
            self.brought += 1;
            std::fs::create_dir_all(&folder).map_err(ShardsError::write(&folder))?;
            let file = folder.join(name.rsplit('/').next().unwrap_or(name));
            files.push(Ok(file.clone()));
            asked.entry(root).or_default().push((index, (name.to_owned(), file)));
        }
        for (root, asked) in asked {
            let (indexes, wanted): (Vec<usize>, Vec<_>) = asked.into_iter().unzip();
            let brought = match storage(self.wanted, root) {
                Ok(storage) => storage.bring(&wanted, stop),
                Err(error @ ShardsError::Corpus(CorpusError::Network(_))) => return Err(error),
                Err(error) => vec![Err(error.to_string()); wanted.len()],
            };
            for (index, brought) in indexes.into_iter().zip(brought) {
                if let Err(error) = brought {
                    files[index] = Err(error);
                }
            }
        }
        Ok(files)
    }
}

/// The bucket or host of an address, and the name of the object there.
pub fn split(address: &str) -> Option<(&str, &str)> {
    let start = address.find("://")? + 3;
    let slash = start + address[start..].find('/')?;
    let name = &address[slash + 1..];
    let file = name.rsplit('/').next()?;
    (slash > start && covid_ct_core::is_one_component(file)).then_some((&address[..slash], name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_at_the_bucket() {
        assert_eq!(split("s3://b/x/y.pdf"), Some(("s3://b", "x/y.pdf")));
        assert_eq!(split("https://a.org/y.pdf"), Some(("https://a.org", "y.pdf")));
        for none in ["s3://b", "s3://b/", "s3:///x.pdf", "s3://b/x/..", "s3://b/x/"] {
            assert_eq!(split(none), None, "{none}");
        }
    }
}
