//! The network, as the corpus knows it. The one there is, is the crate `covid-ct-fetching`, in a program of its own:
//! all other commands do without HTTP and TLS.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::trouble::Trouble;
use super::{Lock, Reading, Result};

/// How servers are asked.
#[derive(Debug, Clone)]
pub struct Politeness {
    /// A mail address or a web page, told to servers.
    pub contact: Option<String>,
    /// From the end of one request of a host for PDFs to the next; up to a quarter is added by chance.
    pub spacing: Duration,
    /// The same of the API.
    pub api_spacing: Duration,
    /// How often a file or page is asked for that brings nothing.
    pub tries: u32,
    /// The pause after the first try that brings nothing; it doubles.
    pub backoff: Duration,
    /// The longest `Retry-After` that is waited for.
    pub patience: Duration,
    /// How long a server may be silent.
    pub timeout: Duration,
    /// The largest file taken.
    pub max_bytes: u64,
    /// Whether addresses of this machine and of private networks are asked, whoever named them.
    pub private: bool,
    /// Addresses that the user named; their hosts are asked wherever they lie.
    pub named: Vec<String>,
}

impl Default for Politeness {
    fn default() -> Self {
        Self {
            contact: None,
            spacing: Duration::from_secs(7),
            api_spacing: Duration::from_secs(1),
            tries: 5,
            backoff: Duration::from_secs(10),
            patience: Duration::from_mins(15),
            timeout: Duration::from_mins(1),
            max_bytes: 512 << 20,
            private: false,
            named: Vec::new(),
        }
    }
}

/// What opens connections.
pub trait Network: Debug + Sync {
    /// One who asks servers until `stop` is set.
    ///
    /// # Errors
    /// When the system gives no threads or certificates.
    fn client<'a>(
        &self,
        politeness: Politeness,
        lock: &'a Lock,
        stop: Arc<AtomicBool>,
    ) -> Result<Box<dyn Client + 'a>>;

    /// What lies below an address (see [`is_address`]).
    ///
    /// # Errors
    /// When the address is none, or the environment's settings make no sense.
    fn bucket(&self, address: &str, reading: &Reading) -> Result<Box<dyn Bucket>>;

    /// The same place, for objects by their names.
    ///
    /// # Errors
    /// As [`bucket`](Self::bucket).
    fn storage(&self, address: &str, reading: &Reading) -> Result<Box<dyn Storage>>;
}

/// Objects below a prefix of a bucket, or files below a folder of a web server, by their names. What is written is there
/// as a whole, or not at all.
pub trait Storage: Debug + Send + Sync {
    /// Brings objects into files, several at a time (of a web server one, with pauses): `(name, file)`. One result each.
    fn bring(
        &self,
        wanted: &[(String, PathBuf)],
        stop: &AtomicBool,
    ) -> Vec<std::result::Result<(), String>>;

    /// The bytes of an object; `None` where there is none.
    ///
    /// # Errors
    /// Where that cannot be told.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Writes files as objects, several at a time: `(file, name)`.
    ///
    /// # Errors
    /// When one cannot be read or written; of the others some may be there.
    fn put(&self, files: &[(PathBuf, String)], stop: &AtomicBool) -> Result<()>;

    /// The folders directly below it, by name, sorted.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn folders(&self) -> Result<Vec<String>>;
}

/// Asks servers: who asks is said, one connection a host, each host in its turns.
pub trait Client: Sync {
    /// An answer of the API, asked for again where that may help.
    ///
    /// # Errors
    /// Why there is none.
    fn page(&self, address: &str) -> std::result::Result<Vec<u8>, Trouble>;

    /// Downloads one PDF. `told` hears of each pause.
    ///
    /// # Errors
    /// Why it could not be had; what came of it stays, to go on from, unless it is of no use.
    fn download(
        &self,
        wanted: &Wanted<'_>,
        told: &mut (dyn FnMut(&Trouble) + Send),
    ) -> std::result::Result<Got, Trouble>;

    /// The host that an address names, if it is an address.
    fn host(&self, address: &str) -> Option<String>;

    fn politeness(&self) -> &Politeness;

    /// Whether no more is to be asked.
    fn is_stopped(&self) -> bool;
}

/// A prefix of a bucket, or a folder of a web server.
pub trait Bucket {
    /// Brings every PDF and MECA archive below the prefix into `folder`, one at a time. What is there with
    /// the length and the date of the object is not asked for again. `watch` hears how many there are, and
    /// of each.
    ///
    /// # Errors
    /// When the bucket cannot be listed. An object that cannot be read is no error.
    fn bring(
        &self,
        folder: &Path,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(Option<usize>),
    ) -> Result<Brought>;
}

/// What is to be had, and where it goes.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub address: &'a str,
    pub target: &'a Path,
    /// SHA-256 of the bytes that it had; empty where it is not known.
    pub known: &'a str,
    /// Take other bytes than those.
    pub accept_changed: bool,
    /// Folder for files that are not as known.
    pub apart: &'a Path,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    Whole {
        sha256: String,
        bytes: u64,
    },
    /// A whole PDF with other bytes than are known, put there.
    Changed {
        kept: PathBuf,
    },
}

/// As whom a bucket is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Nobody: what is open to all.
    #[default]
    Anonymous,
    /// The account of the environment's credentials.
    Account,
    /// That account, which pays for what it reads (`s3://` alone).
    RequesterPays,
}

/// What was brought here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Sorted.
    pub files: Vec<PathBuf>,
    /// Those of them that were here before.
    pub had: usize,
    /// `(address, reason)`, sorted.
    pub failed: Vec<(String, String)>,
    pub interrupted: bool,
}

/// Whether a path as typed is the address of a bucket or a web server.
pub fn is_address(path: &Path) -> bool {
    let path = path.to_str().unwrap_or_default();
    ["s3://", "gs://", "https://", "http://"].iter().any(|scheme| path.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        for (path, is) in [
            ("s3://bucket/a", true),
            ("gs://b", true),
            ("https://a.org/x.pdf", true),
            ("corpus/pdf", false),
            ("s3/bucket", false),
            ("file:///etc", false),
        ] {
            assert_eq!(is_address(Path::new(path)), is, "{path}");
        }
    }
}
