//! Files that are whole or not there.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// As [`replace`], in a folder that is made where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder(path))?;
    replace(path, bytes)
}

/// Writes `bytes` beside `path`, brings them to disk and puts them in the place of what was there.
///
/// # Errors
/// When the disk refuses; what was there then stays.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = folder(path);
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    // Temporary files are for their owner alone; these are as any other file of the user's.
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(readable)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Gives a file that is whole its name, for good.
///
/// # Errors
/// When the disk refuses.
pub fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::open(from)?.sync_all()?;
    std::fs::rename(from, to)?;
    sync_folder(folder(to))
}

/// Copies a file so that it is whole or not there.
///
/// # Errors
/// When the disk refuses.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let folder = folder(to);
    std::fs::create_dir_all(folder)?;
    let file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    std::fs::copy(from, file.path())?;
    file.as_file().sync_all()?;
    file.persist(to).map_err(|error| error.error)?;
    sync_folder(folder)
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

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}
