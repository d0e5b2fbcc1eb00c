//! JSON and CSV of runs on disk, with errors that name the file and the command that writes it.

use std::path::{Path, PathBuf};

use covid_ct_core::{atomic, cells};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunFileError {
    #[error("'{0}' cannot name a run: use letters, digits, '.', '-' and '_', and no '.' in front")]
    Name(String),
    #[error("{0}")]
    OtherTask(String),
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not what `covid-ct {command}` writes: {reason}; run it again", path = path.display())]
    Malformed { path: PathBuf, command: &'static str, reason: String },
}

pub(super) type Result<T> = std::result::Result<T, RunFileError>;

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, command: &'static str) -> Result<T> {
    let bytes = read(path)?;
    serde_json::from_slice(&bytes).map_err(|e| malformed(path, command, &e))
}

pub(crate) fn read_csv<T: DeserializeOwned>(path: &Path, command: &'static str) -> Result<Vec<T>> {
    let bytes = cells::unguard(read(path)?);
    let rows = csv::Reader::from_reader(&bytes[..]).into_deserialize().collect();
    let rows: std::result::Result<Vec<T>, csv::Error> = rows;
    rows.map_err(|e| malformed(path, command, &e))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| RunFileError::Read { path: path.into(), source })
}

pub(super) fn malformed(
    path: &Path,
    command: &'static str,
    reason: &dyn std::fmt::Display,
) -> RunFileError {
    RunFileError::Malformed { path: path.into(), command, reason: reason.to_string() }
}

pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| refused(path, e))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

pub(crate) fn write_csv<T: Serialize>(path: &Path, rows: &[T]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| refused(path, e))?;
    }
    let bytes = writer.into_inner().map_err(|e| refused(path, e))?;
    write(path, &cells::guard(bytes))
}

pub(super) fn refused<E>(path: &Path, error: E) -> RunFileError
where
    E: std::error::Error + Send + Sync + 'static,
{
    RunFileError::Write { path: path.into(), source: std::io::Error::other(error) }
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    atomic::write(path, bytes).map_err(|source| RunFileError::Write { path: path.into(), source })
}
