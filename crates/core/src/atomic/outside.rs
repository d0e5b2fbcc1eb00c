//! Where commands write outside of the workspace, noted for as long as they do, so that `doctor` knows where to look for
//! what a killed one has left: a file in `data/outside/` with the path.

use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use crate::{Workspace, atomic, sha256_hex};

/// A note that goes with the value.
#[derive(Debug)]
pub struct Noted(Option<PathBuf>);

impl Noted {
    /// Notes that `target` is written. None is made of what lies in `data/`, where `doctor` looks anyhow, and where the
    /// workspace cannot be written.
    pub fn new(workspace: &Workspace, target: &Path) -> Self {
        let (Ok(target), Ok(data)) =
            (std::path::absolute(target), std::path::absolute(workspace.data()))
        else {
            return Self(None);
        };
        if target.starts_with(&data) || !data.is_dir() {
            return Self(None);
        }
        let bytes = target.as_os_str().as_bytes();
        let note = folder(workspace).join(&sha256_hex(bytes)[..16]);
        Self(atomic::write(&note, bytes).is_ok().then_some(note))
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(note) = &self.0 {
            let _ = std::fs::remove_file(note);
            // It goes with the last note.
            let _ = std::fs::remove_dir(atomic::folder_of(note));
        }
    }
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.data().join("outside")
}

/// What is noted.
pub fn targets(workspace: &Workspace) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder(workspace)) else { return Vec::new() };
    let notes = entries.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
    notes.map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes))).collect()
}

/// Removes the notes: nothing is left where they lead.
pub fn forget(workspace: &Workspace) {
    let _ = std::fs::remove_dir_all(folder(workspace));
}
