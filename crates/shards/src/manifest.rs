//! What a shard tells of itself: `shard.json`, and its name.

use std::collections::BTreeMap;
use std::path::Path;

use covid_ct_core::sha256_hex;
use covid_ct_extraction::document::EXTRACTOR;
use covid_ct_extraction::pdf::Limits;
use serde::{Deserialize, Serialize};

use crate::{Cause, Result, ShardError};

/// Version of the tables; raised when what one reads of them has to change.
pub const FORMAT: u32 = 1;
/// The file with the [`Manifest`].
pub const MANIFEST: &str = "shard.json";
/// The file that comes last: a folder or prefix without it is no shard.
pub const SUCCESS: &str = "_SUCCESS";
/// The folder of pictures, within a shard.
pub const OBJECTS: &str = "objects";

/// What the names of all shards begin with.
const PREFIX: &str = "shard-";
/// Hexadecimal digits of the hash that a name has: 80 bits, so that no two lists of any corpus meet.
const DIGITS: usize = 20;

/// What a document may take; another setting may give another result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub limits: Limits,
    /// Seconds.
    pub timeout: u64,
    /// MiB
    pub memory: u64,
}

/// What a shard tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub name: String,
    /// Version of the extractor that read the documents.
    pub extractor: u32,
    pub settings: Settings,
    /// SHA-256 of the list: its entries, sorted, each with a line's end.
    pub list: String,
    /// Entries of the list.
    pub listed: usize,
    /// Documents read.
    pub read: usize,
    /// Entries that could not be read, by cause.
    pub failed: BTreeMap<Cause, usize>,
    /// Entries with the bytes of one before them, which alone is in the tables.
    pub copies: usize,
    pub figures: usize,
    pub images: usize,
    /// Where the pictures are: `objects`, within the shard; or an absolute folder or an address.
    pub objects: String,
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
}

impl Manifest {
    pub fn failures(&self) -> usize {
        self.failed.values().sum()
    }

    /// # Errors
    /// Where it is none, or of a newer covid-ct.
    pub fn parse(path: &Path, json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let failed = |error: serde_json::Error| ShardError::Incomplete {
            path: path.into(),
            what: format!("what it tells of itself cannot be read: {error}"),
        };
        let Versioned { format } = serde_json::from_slice(json).map_err(failed)?;
        if format > FORMAT {
            return Err(ShardError::Newer { path: path.into(), found: format, known: FORMAT });
        }
        serde_json::from_slice(json).map_err(failed)
    }

    pub fn to_json(&self) -> String {
        // A map with keys that are strings, as its kind is, is always JSON.
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        json + "\n"
    }
}

/// SHA-256 of a list that is sorted.
pub(crate) fn hash_of(entries: &[String]) -> String {
    let mut text = String::new();
    for entry in entries {
        text += entry;
        text.push('\n');
    }
    sha256_hex(text.as_bytes())
}

/// The name of the shard that holds these documents, as this extractor reads them: the same documents, read alike, have the
/// same name. `entries` are sorted.
pub fn name_of(entries: &[String], settings: &Settings) -> String {
    let told = format!(
        "{FORMAT} {EXTRACTOR} {} {} {} {}",
        settings.timeout,
        settings.memory,
        settings.limits,
        hash_of(entries)
    );
    format!("{PREFIX}{}", &sha256_hex(told.as_bytes())[..DIGITS])
}

/// Whether a file may be a shard by its name.
pub fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { limits: Limits::DEFAULT, timeout: 120, memory: 4096 };

    #[test]
    fn a_name_tells_the_documents_and_how_they_are_read() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let name = name_of(&list(&["/a.pdf", "/b.pdf"]), &SETTINGS);
        assert!(is_name(&name), "{name}");
        assert_eq!(name, name_of(&list(&["/a.pdf", "/b.pdf"]), &SETTINGS));
        assert_ne!(name, name_of(&list(&["/a.pdf"]), &SETTINGS));
        assert_ne!(
            name,
            name_of(&list(&["/a.pdf", "/b.pdf"]), &Settings { memory: 1, ..SETTINGS })
        );
        for no in ["shard-", "shard-00", "objects", "shard-zzzzzzzzzzzzzzzzzzzz", ".shard-x"] {
            assert!(!is_name(no), "{no}");
        }
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        let told = Manifest::parse(Path::new("x"), br#"{"format": 99}"#).expect_err("refused");
        assert!(told.to_string().contains("format 99"), "{told}");
        let told = Manifest::parse(Path::new("x"), b"{").expect_err("refused");
        assert!(told.to_string().contains("no whole shard"), "{told}");
    }
}
