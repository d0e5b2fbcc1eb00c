//! Objects of a bucket by their names, read and written: the documents that a list names, and shards.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path as Key;
use object_store::{ObjectStoreExt as _, PutPayload};

use covid_ct::corpus::{self, CorpusError, Reading, Result};

use crate::bucket::{Connection, cause};

/// Objects that are on their way at the same time.
const AT_ONCE: usize = 16;

/// A prefix of a bucket.
#[derive(Debug)]
pub struct Storage {
    connection: Connection,
    address: String,
}

impl Storage {
    /// # Errors
    /// As [`Connection::open`].
    pub fn open(address: &str, reading: &Reading) -> Result<Self> {
        let connection = Connection::open(address, reading)?;
        Ok(Self { connection, address: address.trim_end_matches('/').to_owned() })
    }

    fn key(&self, name: &str) -> std::result::Result<Key, String> {
        let base = self.connection.prefix.as_ref();
        let whole = if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") };
        Key::parse(whole).map_err(|error| error.to_string())
    }

    fn failed(&self, name: &str, what: impl std::fmt::Display) -> CorpusError {
        CorpusError::Bucket { address: format!("{}/{name}", self.address), what: what.to_string() }
    }

    fn told(&self, error: &object_store::Error) -> String {
        format!("{}{}", cause(error), self.connection.advice())
    }

    async fn bring_one(
        &self,
        name: &str,
        target: &Path,
        stop: &AtomicBool,
    ) -> std::result::Result<(), String> {
        let disk = |error: std::io::Error| format!("cannot write {}: {error}", target.display());
        if stop.load(Ordering::Relaxed) {
            return Err("interrupted".into());
        }
        tokio::time::sleep(self.connection.spacing).await;
        let found =
            self.connection.store.get(&self.key(name)?).await.map_err(|error| self.told(&error))?;
        let too_large = |bytes: u64| {
            format!(
                "{} MiB, more than the {} that are taken",
                bytes >> 20,
                self.connection.max_bytes >> 20
            )
        };
        if found.meta.size > self.connection.max_bytes {
            return Err(too_large(found.meta.size));
        }
        let (mut stream, mut length) = (found.into_stream(), 0);
        let mut file = std::fs::File::create(target).map_err(disk)?;
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(|error| self.told(&error))?;
            length += bytes.len() as u64;
            if length > self.connection.max_bytes {
                return Err(too_large(length));
            }
            file.write_all(&bytes).map_err(disk)?;
            if stop.load(Ordering::Relaxed) {
                return Err("interrupted".into());
            }
        }
        Ok(())
    }

    async fn put_one(&self, file: &Path, name: &str, stop: &AtomicBool) -> Result<()> {
        if stop.load(Ordering::Relaxed) {
            return Err(CorpusError::Interrupted);
        }
        let bytes = std::fs::read(file)
            .map_err(|source| CorpusError::Read { path: file.into(), source })?;
        let key = self.key(name).map_err(|error| self.failed(name, error))?;
        let put = self.connection.store.put(&key, PutPayload::from(bytes)).await;
        put.map(drop)
            .map_err(|error| self.failed(name, format!("cannot be written: {}", self.told(&error))))
    }
}

impl corpus::Storage for Storage {
    fn bring(
        &self,
        wanted: &[(String, PathBuf)],
        stop: &AtomicBool,
    ) -> Vec<std::result::Result<(), String>> {
        let at_once = if self.connection.is_web { 1 } else { AT_ONCE };
        self.connection.runtime.block_on(
            stream::iter(wanted)
                .map(|(name, target)| self.bring_one(name, target, stop))
                .buffered(at_once)
                .collect(),
        )
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let key = self.key(name).map_err(|error| self.failed(name, error))?;
        let read = self
            .connection
            .runtime
            .block_on(async { self.connection.store.get(&key).await?.bytes().await });
        match read {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(name, format!("cannot be read: {}", self.told(&error)))),
        }
    }

    fn put(&self, files: &[(PathBuf, String)], stop: &AtomicBool) -> Result<()> {
        self.connection.runtime.block_on(
            stream::iter(files)
                .map(Ok)
                .try_for_each_concurrent(AT_ONCE, |(file, name)| self.put_one(file, name, stop)),
        )
    }

    fn folders(&self) -> Result<Vec<String>> {
        let prefix = Some(&self.connection.prefix).filter(|prefix| !prefix.as_ref().is_empty());
        let listed =
            self.connection.runtime.block_on(self.connection.store.list_with_delimiter(prefix));
        let listed = listed
            .map_err(|error| self.failed("", format!("cannot be listed: {}", self.told(&error))))?;
        let mut folders: Vec<String> = listed
            .common_prefixes
            .iter()
            .filter_map(|folder| folder.filename().map(str::to_owned))
            .collect();
        folders.sort();
        Ok(folders)
    }
}
