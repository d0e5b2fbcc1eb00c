//! The content-addressed object store: `objects/ab/cdef….jpg`, named by the SHA-256 of the bytes.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::sha256_hex;

/// Why an object could not be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the object {path} is damaged: its bytes no longer match its name; `covid-ct doctor --repair` makes it again from its PDF", path = path.display())]
    Damaged { path: PathBuf },
    #[error("the object {path} is not here, and cannot be had: {what}", path = path.display())]
    Elsewhere { path: PathBuf, what: String },
}

type Result<T> = std::result::Result<T, ObjectError>;

/// Name of an object: the SHA-256 of its bytes in lower-case hex, and what kind of picture it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ObjectId {
    pub sha256: String,
    /// `jpg` or `png`.
    pub extension: String,
}

impl ObjectId {
    /// Whether it is a name that the store gives: anything else could lead out of it.
    pub fn is_proper(&self) -> bool {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        self.sha256.len() == 64
            && self.sha256.bytes().all(hex)
            && matches!(self.extension.as_str(), "jpg" | "png")
    }

    /// Path below the store: `ab/cdef….jpg`.
    pub fn relative_path(&self) -> String {
        let (folder, rest) = self.sha256.split_at(2.min(self.sha256.len()));
        format!("{folder}/{rest}.{}", self.extension)
    }
}

/// Where objects are that are not below the store's folder.
pub trait Elsewhere: std::fmt::Debug + Send + Sync {
    /// The bytes of an object, whatever they are; `None` where it is kept nowhere else.
    fn bytes(&self, id: &ObjectId) -> Option<std::result::Result<Vec<u8>, String>>;
}

#[derive(Debug, Clone)]
pub struct ObjectStore {
    root: PathBuf,
    elsewhere: Option<Arc<dyn Elsewhere>>,
}

impl ObjectStore {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root)
            .map_err(|source| ObjectError::Write { path: root.into(), source })?;
        Ok(Self::at(root))
    }

    /// The store that lies at `root`, to read it.
    pub fn at(root: &Path) -> Self {
        Self { root: root.into(), elsewhere: None }
    }

    /// The same store; an object that is not below its folder is had from there when it is first read, and kept.
    #[must_use]
    pub fn with_elsewhere(self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        Self { elsewhere: Some(elsewhere), ..self }
    }

    pub fn path(&self, id: &ObjectId) -> PathBuf {
        self.root.join(id.relative_path())
    }

    /// Keeps `bytes`; they are on disk, whole, under their name when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn put(&self, bytes: &[u8], extension: &str) -> Result<ObjectId> {
        let id = self.put_unsynced(bytes, extension)?;
        self.sync([&id])?;
        Ok(id)
    }

    /// Keeps `bytes` under their name; a power cut may still take them. [`sync`](Self::sync) must have
    /// them on disk before a row names them.
    ///
    /// # Errors
    /// When the disk refuses; nothing half-written is under the object's name.
    pub fn put_unsynced(&self, bytes: &[u8], extension: &str) -> Result<ObjectId> {
        let id = ObjectId { sha256: sha256_hex(bytes), extension: extension.into() };
        let path = self.path(&id);
        let length = |found: std::fs::Metadata| found.len();
        // A power cut may have left other bytes, though as many.
        if std::fs::metadata(&path).is_ok_and(|found| length(found) == bytes.len() as u64)
            && std::fs::read(&path).is_ok_and(|found| found == bytes)
        {
            return Ok(id);
        }
        let failed = |source| ObjectError::Write { path: path.clone(), source };
        let folder = path.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::Builder::new()
            .prefix(".part-")
            // The umask applies; the builder's own default keeps others out.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        Ok(id)
    }

    /// Has objects on disk, bytes and names, so that they survive a power cut.
    ///
    /// # Errors
    /// When one is not there, or the disk refuses.
    pub fn sync<'a>(&self, ids: impl IntoIterator<Item = &'a ObjectId>) -> Result<()> {
        let files: BTreeSet<PathBuf> = ids.into_iter().map(|id| self.path(id)).collect();
        let folders: BTreeSet<&Path> = files.iter().filter_map(|path| path.parent()).collect();
        let sync = |path: &Path| {
            let synced = File::open(path).and_then(|file| file.sync_all());
            synced.map_err(|source| ObjectError::Write { path: path.into(), source })
        };
        match files.len() {
            0 => return Ok(()),
            1 => files.iter().map(PathBuf::as_path).chain(folders).try_for_each(sync)?,
            _ => {
                // At once, as the disk then takes many in one go.
                files.par_iter().try_for_each(|path| sync(path))?;
                folders.par_iter().try_for_each(|path| sync(path))?;
            }
        }
        sync(&self.root)
    }

    /// # Errors
    /// When the object is missing, or its bytes no longer match its name.
    pub fn read(&self, id: &ObjectId) -> Result<Vec<u8>> {
        let path = self.path(id);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => match self.fetch(id)? {
                Some(bytes) => return Ok(bytes),
                None => return Err(ObjectError::Read { path, source: error }),
            },
            Err(source) => return Err(ObjectError::Read { path, source }),
        };
        if sha256_hex(&bytes) != id.sha256 {
            return Err(ObjectError::Damaged { path });
        }
        Ok(bytes)
    }

    /// Has an object below the store's folder that may be elsewhere, for whoever opens its file.
    ///
    /// # Errors
    /// When it is elsewhere and cannot be had. That it is nowhere is no error.
    pub fn bring(&self, id: &ObjectId) -> Result<()> {
        if self.path(id).is_file() { Ok(()) } else { self.fetch(id).map(drop) }
    }

    /// The bytes of an object that is elsewhere, which is kept from now on. Where the folder may not be written it is
    /// fetched each time.
    fn fetch(&self, id: &ObjectId) -> Result<Option<Vec<u8>>> {
        let Some(found) = self.elsewhere.as_ref().and_then(|elsewhere| elsewhere.bytes(id)) else {
            return Ok(None);
        };
        let failed = |what: String| ObjectError::Elsewhere { path: self.path(id), what };
        let bytes = found.map_err(failed)?;
        if sha256_hex(&bytes) != id.sha256 {
            return Err(failed("what is there has other bytes than its name says".into()));
        }
        if let Err(error) = self.put(&bytes, &id.extension) {
            tracing::debug!("not kept: {error}");
        }
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256_of_file;

    #[test]
    fn keeps_and_gives_back() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = ObjectStore::open(folder.path()).expect("store");
        let id = store.put(b"picture", "png").expect("put");
        assert_eq!(store.put(b"picture", "png").expect("put again"), id);
        assert_eq!(store.read(&id).expect("read"), b"picture");
        assert_eq!(id.relative_path().len(), 2 + 1 + 62 + 4);
        assert_eq!(sha256_of_file(&store.path(&id)).expect("read"), id.sha256);
    }

    #[test]
    fn a_changed_object_is_noticed() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = ObjectStore::open(folder.path()).expect("store");
        let id = store.put(b"picture", "png").expect("put");
        std::fs::write(store.path(&id), b"pictura").expect("damage");
        assert!(matches!(store.read(&id), Err(ObjectError::Damaged { .. })));
        // Other bytes, though as many, do not stand in for it.
        store.put(b"picture", "png").expect("put again");
        assert_eq!(store.read(&id).expect("read"), b"picture");
    }

    #[derive(Debug)]
    struct There(Vec<u8>);

    impl Elsewhere for There {
        fn bytes(&self, _: &ObjectId) -> Option<std::result::Result<Vec<u8>, String>> {
            Some(Ok(self.0.clone()))
        }
    }

    #[test]
    fn what_is_elsewhere_is_had_once_and_verified() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let id = ObjectId { sha256: sha256_hex(b"picture"), extension: "png".into() };
        let store = ObjectStore::open(folder.path()).expect("store");
        assert!(matches!(store.read(&id), Err(ObjectError::Read { .. })), "nowhere");
        let other = store.clone().with_elsewhere(Arc::new(There(b"pictura".to_vec())));
        assert!(matches!(other.read(&id), Err(ObjectError::Elsewhere { .. })), "other bytes");
        assert!(!store.path(&id).exists());
        let there = store.clone().with_elsewhere(Arc::new(There(b"picture".to_vec())));
        assert_eq!(there.read(&id).expect("read"), b"picture");
        assert_eq!(store.read(&id).expect("kept"), b"picture");
    }
}
