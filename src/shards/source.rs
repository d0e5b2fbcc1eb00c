//! Shards that are merged, wherever they lie: found, and read block by block.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use covid_ct_shards::{
    Document, Entry, MANIFEST, Manifest, OBJECTS, SUCCESS, Shard, ShardError, files, is_name,
    schema,
};

use super::{Place, Result, ShardsError};
use crate::corpus::{CorpusError, Network, Reading, Storage};
use crate::extract::EXTRACTOR;

/// Blocks that are held at the same time. Shards of a sorted list have one at a time; those of lists that overlap, one each.
const HELD: usize = 16;

/// A shard that is there, whole.
#[derive(Debug)]
struct Source {
    place: Place,
    /// Where its tables are, or come to.
    folder: PathBuf,
    /// Which of the storages has it, under which name; none where it lies here.
    remote: Option<(usize, String)>,
    manifest: Manifest,
}

/// A block that was read.
#[derive(Debug)]
struct Held {
    shard: usize,
    block: usize,
    documents: Vec<Option<Document>>,
}

/// All shards that are merged.
pub struct Sources<'a> {
    network: (Option<&'a dyn Network>, &'a Reading),
    scratch: &'a Path,
    storages: Vec<Box<dyn Storage>>,
    shards: Vec<Source>,
    /// The one that was read last is the last.
    held: Vec<Held>,
    /// Shards in buckets whose tables are here.
    brought: Vec<usize>,
    stop: &'a AtomicBool,
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

impl<'a> Sources<'a> {
    /// Nothing yet; tables of shards in buckets come to `scratch`.
    pub fn new(
        network: (Option<&'a dyn Network>, &'a Reading),
        scratch: &'a Path,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            network,
            scratch,
            storages: Vec::new(),
            shards: Vec::new(),
            held: Vec::new(),
            brought: Vec::new(),
            stop,
        }
    }

    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Adds the shard at `place`, or the shards in it. What is no whole shard is told, with what to do.
    ///
    /// # Errors
    /// When a folder or bucket cannot be listed.
    pub fn add(&mut self, place: &Place, lost: &mut dyn FnMut(&str, &str)) -> Result<()> {
        let before = self.shards.len();
        let any_lost = Cell::new(false);
        let mut lost = |what: &str, why: &str| {
            any_lost.set(true);
            lost(what, why);
        };
        match place {
            Place::Folder(folder) => self.add_folder(folder, &mut lost)?,
            Place::Address(address) => self.add_address(address, &mut lost)?,
        }
        if self.shards.len() == before && !any_lost.get() {
            lost(
                &place.to_string(),
                "no shard and no folder of shards: expected what `covid-ct extract --out` wrote",
            );
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path, lost: &mut dyn FnMut(&str, &str)) -> Result<()> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let is_shard =
            [MANIFEST, SUCCESS].iter().any(|file| folder.join(file).exists()) || is_name(&name);
        let mut folders = vec![folder.to_owned()];
        if !is_shard {
            let read = |source| ShardError::Read { path: folder.into(), source };
            folders.clear();
            for entry in std::fs::read_dir(folder).map_err(read)? {
                let path = entry.map_err(read)?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if is_name(&name) {
                    folders.push(path);
                }
            }
            folders.sort();
        }
        for folder in folders {
            let place = Place::Folder(std::path::absolute(&folder).unwrap_or(folder));
            self.take(place, None, lost);
        }
        Ok(())
    }

    fn add_address(&mut self, address: &str, lost: &mut dyn FnMut(&str, &str)) -> Result<()> {
        let storage = self.storage(address)?;
        let names = if storage.read(SUCCESS)?.is_some() {
            vec![String::new()]
        } else {
            let mut names = storage.folders()?;
            names.retain(|name| is_name(name));
            names
        };
        // What tells of the shards, of all at once: a bucket is slow to answer, and answers many at a time.
        let number = self.storages.len();
        let tables = [SUCCESS.to_owned(), MANIFEST.to_owned(), schema::DOCUMENTS.file()];
        let mut wanted = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let folder = self.scratch.join(format!("{number}-{index}"));
            std::fs::create_dir_all(&folder).map_err(ShardsError::write(&folder))?;
            wanted.extend(tables.iter().map(|file| (below(name, file), folder.join(file))));
        }
        for ((name, file), brought) in wanted.iter().zip(storage.bring(&wanted, self.stop)) {
            if let Err(error) = brought {
                // One that is not whole is told when it is opened.
                tracing::debug!("{address}/{name}: {error}");
                let _ = std::fs::remove_file(file);
            }
        }
        self.storages.push(storage);
        for (index, name) in names.into_iter().enumerate() {
            let place = address.parse::<Place>().unwrap_or_else(|never| match never {});
            let place = if name.is_empty() { place } else { place.join(&name) };
            let folder = self.scratch.join(format!("{number}-{index}"));
            self.take(place, Some((folder, number, name)), lost);
        }
        Ok(())
    }

    /// Takes a shard of which the tables lie in a folder, or come there, if it is whole.
    fn take(
        &mut self,
        place: Place,
        remote: Option<(PathBuf, usize, String)>,
        lost: &mut dyn FnMut(&str, &str),
    ) {
        let folder = match (&place, &remote) {
            (_, Some((folder, ..))) | (Place::Folder(folder), None) => folder.clone(),
            (Place::Address(_), None) => return,
        };
        let manifest = match Shard::open(&folder) {
            Ok(shard) => shard.manifest().clone(),
            Err(error) => return lost(&place.to_string(), &error.to_string()),
        };
        if manifest.extractor > EXTRACTOR {
            let why = format!(
                "its documents were read as version {}, and this program reads as {EXTRACTOR}: use a newer covid-ct",
                manifest.extractor
            );
            return lost(&place.to_string(), &why);
        }
        // A shard may come from a stranger, and this machine must not ask whatever host that names.
        if manifest.objects.starts_with("http") {
            let why = "its pictures are said to be on a web server: expected a folder or a bucket";
            return lost(&place.to_string(), why);
        }
        // The same one, named twice.
        if self.shards.iter().any(|other| other.place == place) {
            return;
        }
        let remote = remote.map(|(_, number, name)| (number, name));
        self.shards.push(Source { place, folder, remote, manifest });
    }

    pub fn storage(&self, address: &str) -> Result<Box<dyn Storage>> {
        let without = "this program has none; covid-ct-fetching has";
        let (network, reading) = self.network;
        let network = network.ok_or_else(|| CorpusError::Network(without.into()))?;
        Ok(network.storage(address, reading)?)
    }

    pub fn place(&self, shard: usize) -> &Place {
        &self.shards[shard].place
    }

    /// Where the pictures of a shard are.
    pub fn objects(&self, shard: usize) -> Place {
        let Source { place, manifest, .. } = &self.shards[shard];
        match manifest.objects.as_str() {
            OBJECTS => place.join(OBJECTS),
            other => other.parse().unwrap_or_else(|never| match never {}),
        }
    }

    /// Passes every document of a shard to `each`.
    ///
    /// # Errors
    /// When its table cannot be read, and what `each` returns.
    pub fn entries(&self, shard: usize, each: impl FnMut(Entry) -> Result<()>) -> Result<()> {
        Shard::open(&self.shards[shard].folder)?.entries(each)
    }

    /// A document, which no longer is with its block then; `None` where it was taken already or is not there.
    ///
    /// # Errors
    /// When its shard cannot be read.
    pub fn document(
        &mut self,
        shard: usize,
        block: usize,
        within: usize,
    ) -> Result<Option<Document>> {
        let found = self.held.iter().position(|held| (held.shard, held.block) == (shard, block));
        let held = if let Some(place) = found {
            self.held.remove(place)
        } else {
            let documents = self.read(shard, block)?;
            Held { shard, block, documents }
        };
        if self.held.len() >= HELD {
            self.held.remove(0);
        }
        self.held.push(held);
        let documents = self.held.last_mut().map(|held| &mut held.documents);
        Ok(documents.and_then(|documents| documents.get_mut(within)?.take()))
    }

    fn read(&mut self, shard: usize, block: usize) -> Result<Vec<Option<Document>>> {
        let source = &self.shards[shard];
        if let Some((storage, name)) = &source.remote {
            // Tables are large: those of shards that are done make room.
            let is_held = |other: usize| self.held.iter().any(|held| held.shard == other);
            let (kept, done): (Vec<usize>, Vec<usize>) =
                self.brought.iter().partition(|&&other| other == shard || is_held(other));
            for other in done {
                forget(&self.shards[other].folder);
            }
            self.brought = kept;
            if !self.brought.contains(&shard) {
                self.brought.push(shard);
            }
            let missing: Vec<(String, PathBuf)> = files()
                .into_iter()
                .map(|file| (below(name, &file), source.folder.join(file)))
                .filter(|(_, path)| !path.exists())
                .collect();
            for brought in self.storages[*storage].bring(&missing, self.stop) {
                brought.map_err(|what| {
                    let address = source.place.to_string();
                    ShardsError::Corpus(CorpusError::Bucket { address, what })
                })?;
            }
        }
        let documents = Shard::open(&source.folder)?.block(block)?;
        Ok(documents.into_iter().map(Some).collect())
    }
}

/// Removes the tables of a shard that can be brought again, but for those that tell of it.
fn forget(folder: &Path) {
    let kept = [SUCCESS.to_owned(), MANIFEST.to_owned(), schema::DOCUMENTS.file()];
    for file in files().iter().filter(|file| !kept.contains(file)) {
        let _ = std::fs::remove_file(folder.join(file));
    }
}

fn below(name: &str, file: &str) -> String {
    if name.is_empty() { file.to_owned() } else { format!("{name}/{file}") }
}
