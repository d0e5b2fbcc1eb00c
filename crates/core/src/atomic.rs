//! Files and folders that are whole under their name, or not there: whatever is killed or cut off on the way.
//!
//! What is new is written under another name beside the old, brought to disk, and takes the old one's place in one
//! step; then the folder of both is brought to disk. [`leftover`] knows what a kill leaves of that.

pub mod folder;
pub mod leftover;
pub mod outside;
pub mod points;

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub use outside::Noted;
use points::step;

/// How files are called until they are whole.
pub const WRITING: &str = ".writing-";

/// As [`replace`], in a folder that is made where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder_of(path))?;
    replace(path, bytes)
}

/// Writes `bytes` beside `path`, brings them to disk and puts them in the place of what was there. A device or a pipe
/// is written to.
///
/// # Errors
/// When the disk refuses; what was there then stays.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let is_stream = |found: std::fs::Metadata| !found.is_file() && !found.is_dir();
    if std::fs::metadata(path).is_ok_and(is_stream) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let path = followed(path);
    let mut file = beside(&path)?;
    file.write_all(bytes)?;
    put(file, &path)
}

/// Where a link leads, so that what it leads to is replaced and not the link; any other path as it is.
pub fn followed(path: &Path) -> PathBuf {
    if path.is_symlink() {
        path.canonicalize().unwrap_or_else(|_| path.into())
    } else {
        path.into()
    }
}

/// What a file that is to be replaced must be, so that none is lost that covid-ct did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Html,
    Png,
    Sqlite,
    /// A CSV whose header begins so.
    Csv(&'static str),
    /// A document in Markdown whose heading begins so.
    Markdown(&'static str),
}

impl Kind {
    fn start(self) -> &'static [u8] {
        match self {
            Self::Html => b"<!DOCTYPE html>",
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::Sqlite => b"SQLite format 3\0",
            Self::Csv(start) | Self::Markdown(start) => start.as_bytes(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Html => "HTML page",
            Self::Png => "PNG picture",
            Self::Sqlite => "database",
            Self::Markdown(_) => "document of this kind",
            Self::Csv(_) => "table with these columns",
        }
    }
}

/// Refuses to replace a file of another kind, such as a PDF; an empty one, and none, may be.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`], or when the file cannot be read.
pub fn replaceable(path: &Path, kind: Kind) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() && !found.is_dir() => return Ok(()),
        Ok(_) => {}
    }
    let mut start = Vec::new();
    File::open(path)?.take(kind.start().len() as u64).read_to_end(&mut start)?;
    if start.is_empty() || start == kind.start() {
        return Ok(());
    }
    let what = kind.name();
    let told = format!("what is there is no {what}, and stays: move it away, or name another file");
    Err(Error::new(ErrorKind::AlreadyExists, told))
}

/// Gives a file that is whole its name, for good.
///
/// # Errors
/// When the disk refuses.
pub fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    sync(from)?;
    step("rename", to);
    std::fs::rename(from, to)?;
    sync(folder_of(to))
}

/// Copies a file so that it is whole or not there.
///
/// # Errors
/// When the disk refuses.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder_of(to))?;
    let mut file = beside(to)?;
    std::io::copy(&mut File::open(from)?, file.as_file_mut())?;
    put(file, to)
}

/// A new file in the folder of `path`, that goes with the value unless it is [`put`]. It has the rights of any new
/// file of the user's, not those of a temporary one.
///
/// # Errors
/// When the disk refuses.
pub fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix(WRITING)
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder_of(path))?;
    // Held as long as somebody writes, so that `doctor` can tell; some network disks know no locks.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Brings a file to disk and to its name, in the place of what was there.
///
/// # Errors
/// When the disk refuses; what was there then stays.
pub fn put(file: NamedTempFile, path: &Path) -> std::io::Result<()> {
    step("sync", file.path());
    file.as_file().sync_all()?;
    step("rename", path);
    file.persist(path).map_err(|error| error.error)?;
    sync(folder_of(path))
}

/// As [`put`], where nothing is yet.
///
/// # Errors
/// As there, and [`ErrorKind::AlreadyExists`].
pub fn put_new(file: NamedTempFile, path: &Path) -> std::io::Result<()> {
    step("sync", file.path());
    file.as_file().sync_all()?;
    step("rename", path);
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync(folder_of(path))
}

/// How removing something went that need not have been there.
///
/// # Errors
/// When it is still there.
pub fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The folder that a path's last name is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings a file, or the names in a folder, to disk.
///
/// # Errors
/// When the disk refuses.
pub fn sync(path: &Path) -> std::io::Result<()> {
    step("sync", path);
    File::open(path)?.sync_all()
}
