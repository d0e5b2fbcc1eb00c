//! Brings shards into a workspace: the rows and the pictures that an ingest of the same documents would bring, in the same
//! order, whatever order the shards are named in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use covid_ct_shards::{Document, Failure};
use rayon::prelude::*;

use super::source::Sources;
use super::{Place, Result, ShardsError, likely_images};
use crate::Workspace;
use crate::atomic::folder::Scratch;
use crate::corpus::{Access, Network, Reading};
use crate::document::Extraction;
use crate::extract::{Lock, senseless};
use crate::store::{self, Agenda, ObjectPlace, Offered, Source, Store, StoreError};
use covid_ct_core::{ObjectId, ObjectStore, sha256_hex};

/// Documents whose pictures are copied, and brought to disk, in one go.
const BATCH: usize = 128;

/// Which pictures come into the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    #[default]
    All,
    /// Those that curators would be asked about first ([`likely_images`]); the others are left where they are.
    Likely,
}

/// What a merge did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Merged {
    pub shards: usize,
    /// Documents recorded now.
    pub recorded: usize,
    /// Documents that the workspace had.
    pub known: usize,
    /// Documents that failed where they were read, and those that could not be recorded.
    pub failed: usize,
    pub figures: usize,
    pub images: usize,
    /// Pictures that came into the workspace.
    pub objects: usize,
    /// Documents of which pictures were left where they are.
    pub left: usize,
    pub interrupted: bool,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many documents are in the shards, each once.
    Start(usize),
    /// One of them is done.
    Done,
    Failed {
        what: &'a str,
        error: &'a str,
    },
}

/// Records what is in the `shards` and not in the store.
///
/// # Errors
/// When no shard is there, an ingest is at work, or the store refuses. What is no shard, and documents that cannot be
/// recorded, are no error: they are told.
pub fn merge(
    workspace: &Workspace,
    shards: &[Place],
    pictures: Pictures,
    network: (Option<&dyn Network>, &Reading),
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Merged> {
    let mut store = Store::open(workspace)?;
    let _lock = Lock::take(workspace)?;
    let beside = workspace.data().join("merge");
    let scratch = Scratch::anew(&beside).map_err(ShardsError::write(&beside))?;
    let mut merged = Merged::default();
    let mut sources = Sources::new(network, scratch.path(), stop);
    for place in shards {
        sources.add(place, &mut |what, error| {
            merged.failed += 1;
            watch(Event::Failed { what, error });
        })?;
    }
    merged.shards = sources.len();
    if merged.shards == 0 {
        return Err(ShardsError::NothingToMerge);
    }
    let mut agenda = offer(&sources, &mut merged, watch)?;
    watch(Event::Start(agenda.count()?));
    let reading = network.1;
    let mut work =
        Work { sources, pictures, reading, merged, watch, scratch: scratch.path(), stop };
    store.in_haste(|store| work.run(store, &mut agenda))?;
    Ok(work.merged)
}

/// All documents of all shards, on disk, sorted.
fn offer(
    sources: &Sources<'_>,
    merged: &mut Merged,
    watch: &mut dyn FnMut(Event<'_>),
) -> Result<Agenda> {
    let mut agenda = Agenda::new()?;
    for shard in 0..sources.len() {
        let offered = sources.entries(shard, |entry| {
            let due = store::Due { shard, block: entry.block, within: entry.within };
            let (sha256, path, failed) = (&entry.sha256, &entry.path, entry.failed);
            Ok(agenda.offer(&Offered { sha256, path, failed, due })?)
        });
        match offered {
            Ok(()) => {}
            // A table that is damaged is that shard's alone.
            Err(ShardsError::Shard(error)) => {
                merged.failed += 1;
                let what = sources.place(shard).to_string();
                watch(Event::Failed { what: &what, error: &error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(agenda)
}

struct Work<'a, 'b> {
    sources: Sources<'a>,
    pictures: Pictures,
    reading: &'a Reading,
    merged: Merged,
    watch: &'b mut dyn FnMut(Event<'_>),
    scratch: &'a Path,
    stop: &'a AtomicBool,
}

/// A document that is to be recorded, with the shard it came from.
struct Taken {
    shard: usize,
    document: Document,
    /// Objects that the workspace is to have.
    wanted: Vec<ObjectId>,
    /// Whether others are left where they are.
    leaves: bool,
}

impl Work<'_, '_> {
    fn run(&mut self, store: &mut Store, agenda: &mut Agenda) -> Result<()> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                self.merged.interrupted = true;
                return Ok(());
            }
            let due = agenda.next(BATCH)?;
            if due.is_empty() {
                return Ok(());
            }
            let mut taken = Vec::with_capacity(due.len());
            for (sha256, due) in due {
                if store.is_read(&sha256)? == Some(true) {
                    self.merged.known += 1;
                    (self.watch)(Event::Done);
                    continue;
                }
                match self.sources.document(due.shard, due.block, due.within) {
                    Ok(Some(document)) => taken.extend(self.judge(due.shard, document, &sha256)),
                    Ok(None) => {}
                    Err(ShardsError::Shard(error)) => self.fail(&sha256, &error.to_string()),
                    Err(error) => return Err(error),
                }
            }
            let missing = self.copy(store.objects(), &taken)?;
            // One transaction, since each writes the pages of the database that it changes, most of them the same.
            store.transaction(|store| {
                taken.into_iter().try_for_each(|taken| self.record(store, taken, &missing))
            })?;
        }
    }

    fn fail(&mut self, what: &str, error: &str) {
        self.merged.failed += 1;
        (self.watch)(Event::Failed { what, error });
        (self.watch)(Event::Done);
    }

    /// What is to be done with a document; `None` where it makes no sense, which is told.
    fn judge(&mut self, shard: usize, mut document: Document, sha256: &str) -> Option<Taken> {
        let (mut wanted, mut leaves) = (Vec::new(), false);
        if let Document::Read { extraction, .. } = &mut document {
            // Whether the objects are there is seen when they are copied.
            if let Some(what) = extraction.fault(sha256, |_| true) {
                let path = extraction.path.clone();
                self.fail(&path, &senseless(what));
                return None;
            }
            // A shard may come from anywhere.
            extraction.drop_controls();
            let likely = match self.pictures {
                Pictures::All => vec![true; extraction.images.len()],
                Pictures::Likely => likely_images(extraction),
            };
            leaves = likely.contains(&false);
            let chosen = extraction.images.iter().zip(likely).filter(|(_, likely)| *likely);
            wanted = chosen.map(|(image, _)| image.object.clone()).collect();
        }
        Some(Taken { shard, document, wanted, leaves })
    }

    /// Has the objects in the store, on disk; gives those that could not be had, with why.
    fn copy(
        &mut self,
        objects: &ObjectStore,
        taken: &[Taken],
    ) -> Result<HashMap<ObjectId, String>> {
        let mut by_place: BTreeMap<String, (Place, BTreeSet<(String, String)>)> = BTreeMap::new();
        let mut all = BTreeSet::new();
        for taken in taken {
            for object in &taken.wanted {
                let name = (object.sha256.clone(), object.extension.clone());
                if all.insert(name.clone()) && !objects.path(object).is_file() {
                    let place = self.sources.objects(taken.shard);
                    let of = by_place.entry(place.noted()).or_insert((place, BTreeSet::new()));
                    of.1.insert(name);
                }
            }
        }
        let mut missing = HashMap::new();
        for (place, names) in by_place.into_values() {
            let ids = names.into_iter().map(|(sha256, extension)| ObjectId { sha256, extension });
            let ids: Vec<ObjectId> = ids.collect();
            let brought = match &place {
                Place::Folder(folder) => copy_from(objects, folder, &ids)?,
                Place::Address(address) => self.bring(objects, address, &ids)?,
            };
            for (id, brought) in ids.into_iter().zip(brought) {
                match brought {
                    Ok(()) => self.merged.objects += 1,
                    Err(error) => drop(missing.insert(id, format!("{place}: {error}"))),
                }
            }
        }
        let there: Vec<ObjectId> = all
            .into_iter()
            .map(|(sha256, extension)| ObjectId { sha256, extension })
            .filter(|id| !missing.contains_key(id))
            .collect();
        objects.sync(&there)?;
        Ok(missing)
    }

    /// Brings objects out of a bucket.
    fn bring(
        &self,
        objects: &ObjectStore,
        address: &str,
        ids: &[ObjectId],
    ) -> Result<Vec<std::result::Result<(), String>>> {
        let folder = self.scratch.join("objects");
        std::fs::create_dir_all(&folder).map_err(ShardsError::write(&folder))?;
        let file = |id: &ObjectId| folder.join(format!("{}.{}", id.sha256, id.extension));
        let wanted: Vec<(String, PathBuf)> =
            ids.iter().map(|id| (id.relative_path(), file(id))).collect();
        let brought = self.sources.storage(address)?.bring(&wanted, self.stop);
        let mut put = Vec::with_capacity(ids.len());
        for (id, brought) in ids.iter().zip(brought) {
            put.push(match brought {
                Ok(()) => keep(objects, &file(id), id)?,
                Err(error) => Err(error),
            });
            let _ = std::fs::remove_file(file(id));
        }
        Ok(put)
    }

    fn record(
        &mut self,
        store: &mut Store,
        taken: Taken,
        missing: &HashMap<ObjectId, String>,
    ) -> std::result::Result<(), StoreError> {
        let Taken { shard, document, wanted, leaves } = taken;
        let extraction = match document {
            Document::Failed(failure) => {
                record_failure(store, &failure)?;
                self.fail(&failure.path, &failure.error);
                return Ok(());
            }
            Document::Read { extraction, .. } => extraction,
        };
        if let Some(why) = wanted.iter().find_map(|id| missing.get(id)) {
            // Interrupted, all are missing.
            if !self.stop.load(Ordering::Relaxed) {
                self.fail(&extraction.path, &format!("a picture of it cannot be had: {why}"));
            }
            return Ok(());
        }
        let place = leaves.then(|| self.object_place(shard));
        match write(store, &extraction, place.as_ref()) {
            Ok(()) => {
                self.merged.recorded += 1;
                self.merged.figures += extraction.figures.len();
                self.merged.images += extraction.images.len();
                self.merged.left += usize::from(leaves);
                (self.watch)(Event::Done);
            }
            Err(error) if error.is_constraint() => {
                let failure = Failure {
                    path: extraction.path.clone(),
                    sha256: Some(extraction.sha256.clone()),
                    error: senseless(error),
                    extractor: extraction.extractor,
                };
                record_failure(store, &failure)?;
                self.fail(&failure.path, &failure.error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn object_place(&self, shard: usize) -> ObjectPlace {
        let place = self.sources.objects(shard);
        let access = match self.reading.access {
            _ if !place.is_address() => "anonymous",
            Access::Anonymous => "anonymous",
            Access::Account => "account",
            Access::RequesterPays => "requester-pays",
        };
        let endpoint = self.reading.endpoint.clone().filter(|_| place.is_address());
        ObjectPlace {
            place: place.noted(),
            access: access.into(),
            endpoint: endpoint.unwrap_or_default(),
        }
    }
}

fn write(
    store: &mut Store,
    extraction: &Extraction,
    place: Option<&ObjectPlace>,
) -> std::result::Result<(), StoreError> {
    store.apart(|store| {
        let document = store.record(extraction, Source::Pdf)?;
        place.map_or(Ok(()), |place| store.note_objects(document, place))
    })
}

fn record_failure(store: &Store, failure: &Failure) -> std::result::Result<(), StoreError> {
    store.record_failure(&store::Failure {
        sha256: failure.sha256.clone().unwrap_or_default(),
        path: failure.path.clone(),
        error: failure.error.clone(),
        extractor: failure.extractor,
    })
}

/// Copies objects of another store, on all threads; the inner errors are that store's.
fn copy_from(
    objects: &ObjectStore,
    folder: &Path,
    ids: &[ObjectId],
) -> Result<Vec<std::result::Result<(), String>>> {
    let from = ObjectStore::at(folder);
    ids.par_iter().map(|id| keep(objects, &from.path(id), id)).collect()
}

/// Keeps a file as an object, if it has the bytes that its name says.
fn keep(
    objects: &ObjectStore,
    file: &Path,
    id: &ObjectId,
) -> Result<std::result::Result<(), String>> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(format!("{}: {error}", id.relative_path()))),
    };
    if sha256_hex(&bytes) != id.sha256 {
        return Ok(Err(format!("{}: its bytes no longer match its name", id.relative_path())));
    }
    objects.put_unsynced(&bytes, &id.extension)?;
    Ok(Ok(()))
}
