//! A folder that is written beside the one whose place it takes, at once.

use std::fs::{DirBuilder, File};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use walkdir::WalkDir;

use super::leftover::{Kind, settle};
use super::points::step;
use super::{folder_of, gone, sync};

/// How often another name is tried.
const TRIES: u64 = 1000;

/// A folder for what is needed on the way, beside `target`; it goes with the value. Its lock tells others, for as
/// long as this process lives, that it is no leftover.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: Option<File>,
}

impl Scratch {
    /// # Errors
    /// When the disk refuses.
    pub fn beside(target: &Path) -> std::io::Result<Self> {
        Self::make(&resolve(target)?, Kind::Work)
    }

    /// As [`beside`](Self::beside); what kills have left of earlier ones is removed first.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn anew(target: &Path) -> std::io::Result<Self> {
        let target = resolve(target)?;
        settle(&target, &|_| false)?;
        Self::make(&target, Kind::Work)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn make(target: &Path, kind: Kind) -> std::io::Result<Self> {
        let own = u64::from(rustix::process::getpid().as_raw_nonzero().get().unsigned_abs());
        for number in 0..TRIES {
            let path = kind.path(target, own * TRIES + number);
            match DirBuilder::new().create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            // Some network disks know no locks.
            let lock = File::open(&path).ok().filter(|folder| folder.try_lock().is_ok());
            // Before it was locked somebody may have taken it for a leftover.
            if path.is_dir() {
                return Ok(Self { path, _lock: lock });
            }
        }
        Err(Error::new(ErrorKind::AlreadyExists, "every other name is taken"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure; `doctor` finds what stays.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A folder in the making. Dropped before it is [`put`](NewFolder::put), it leaves nothing.
#[derive(Debug)]
pub struct NewFolder {
    target: PathBuf,
    making: Scratch,
}

impl NewFolder {
    /// Makes it beside `target`, which the caller may replace; what kills have left of that is settled first.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn beside(target: &Path) -> std::io::Result<Self> {
        let target = resolve(target)?;
        settle(&target, &|_| true)?;
        Ok(Self { making: Scratch::make(&target, Kind::Split)?, target })
    }

    pub fn path(&self) -> &Path {
        &self.making.path
    }

    /// Brings it to disk and to its name, in the place of what is there.
    ///
    /// # Errors
    /// When the disk refuses; what was there then stays.
    pub fn put(self) -> std::io::Result<()> {
        self.take_place(true)
    }

    /// As [`put`](NewFolder::put), where nothing is yet.
    ///
    /// # Errors
    /// As there, and [`ErrorKind::AlreadyExists`].
    pub fn put_new(self) -> std::io::Result<()> {
        self.take_place(false)
    }

    fn take_place(mut self, replace: bool) -> std::io::Result<()> {
        sync_all(&self.making.path)?;
        self.making.path = declare_whole(&self.making.path, &self.target)?;
        if !replace && self.target.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        put_in_place(&self.making.path, &self.target)?;
        // What has its name now, and what it took the place of, is no longer where the guard would remove it.
        Ok(())
    }
}

/// The path with links followed, so that a new folder comes to where the link leads; its folder is made.
fn resolve(target: &Path) -> std::io::Result<PathBuf> {
    if target.symlink_metadata().is_ok() {
        return target.canonicalize();
    }
    std::fs::create_dir_all(folder_of(target))?;
    let name = target.file_name().ok_or(ErrorKind::InvalidFilename)?;
    Ok(folder_of(target).canonicalize()?.join(name))
}

/// Brings all that is below a folder to disk, and the folder.
///
/// # Errors
/// When the disk refuses.
pub(super) fn sync_all(folder: &Path) -> std::io::Result<()> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(folder).contents_first(true).sort_by_file_name() {
        let entry = entry?;
        match entry.file_type() {
            kind if kind.is_file() => files.push(entry.into_path()),
            kind if kind.is_dir() => folders.push(entry.into_path()),
            _ => {}
        }
    }
    // At once, as the disk then takes many in one go.
    files.par_iter().try_for_each(|path| sync(path))?;
    folders.iter().try_for_each(|path| sync(path))
}

/// Renames a folder of which all is on disk to the name that says so. The name holds the folder's inode: after an
/// exchange another folder has it, and that one is the old.
///
/// # Errors
/// When the disk refuses.
pub(super) fn declare_whole(making: &Path, target: &Path) -> std::io::Result<PathBuf> {
    let whole = Kind::New.path(target, making.metadata()?.ino());
    step("rename", &whole);
    std::fs::rename(making, &whole)?;
    sync(folder_of(&whole))?;
    Ok(whole)
}

/// Puts a whole folder in the place of `target`, and removes what was there.
///
/// # Errors
/// When the disk refuses; what was there then stays. What cannot be removed afterwards is told, and stays.
pub(super) fn put_in_place(whole: &Path, target: &Path) -> std::io::Result<()> {
    let parent = folder_of(target);
    if target.symlink_metadata().is_err() {
        step("rename", target);
        std::fs::rename(whole, target)?;
        return sync(parent);
    }
    let old = if exchange(whole, target)? { whole.to_owned() } else { take_turns(whole, target)? };
    sync(parent)?;
    step("remove", &old);
    if let Err(error) = gone(remove(&old)) {
        tracing::warn!("{}: what was replaced cannot be removed: {error}", old.display());
    }
    Ok(())
}

/// Exchanges two names at once; false where this disk cannot.
///
/// # Errors
/// When the disk refuses.
pub fn exchange(one: &Path, other: &Path) -> std::io::Result<bool> {
    step("exchange", other);
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Two renames, between which the name leads nowhere; gives where the old is.
fn take_turns(whole: &Path, target: &Path) -> std::io::Result<PathBuf> {
    let old = Kind::Old.path(target, target.metadata()?.ino());
    step("rename", &old);
    std::fs::rename(target, &old)?;
    step("rename", target);
    if let Err(error) = std::fs::rename(whole, target) {
        std::fs::rename(&old, target)?;
        return Err(error);
    }
    Ok(old)
}

/// Removes a folder, or whatever else is there.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    if path.symlink_metadata()?.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &Path, text: &str) {
        std::fs::create_dir(path).expect("folder");
        std::fs::write(path.join("text"), text).expect("file");
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(root).expect("folder");
        entries.map(|e| e.expect("entry").file_name().to_string_lossy().into()).collect()
    }

    fn text(target: &Path) -> String {
        std::fs::read_to_string(target.join("text")).expect("file")
    }

    #[test]
    fn a_new_folder_takes_the_place_of_the_old() {
        let root = tempfile::tempdir().expect("temporary folder");
        let target = root.path().join("export");
        for told in ["one", "two"] {
            let new = NewFolder::beside(&target).expect("made");
            std::fs::write(new.path().join("text"), told).expect("file");
            new.put().expect("put");
            assert_eq!((text(&target), names(root.path()).len()), (told.into(), 1));
        }
        let dropped = NewFolder::beside(&target).expect("made");
        drop(dropped);
        assert_eq!((text(&target), names(root.path()).len()), ("two".into(), 1));
        let new = NewFolder::beside(&target).expect("made");
        assert_eq!(new.put_new().expect_err("there").kind(), ErrorKind::AlreadyExists);
        assert_eq!((text(&target), names(root.path()).len()), ("two".into(), 1));
    }

    #[test]
    fn it_does_where_names_cannot_be_exchanged() {
        let root = tempfile::tempdir().expect("temporary folder");
        let (target, making) = (root.path().join("export"), root.path().join("making"));
        folder(&target, "old");
        folder(&making, "new");
        let whole = declare_whole(&making, &target).expect("renamed");
        let old = take_turns(&whole, &target).expect("taken turns");
        assert_eq!((text(&target), text(&old)), ("new".into(), "old".into()));
        settle(&target, &|_| true).expect("settled");
        assert_eq!(names(root.path()), ["export"]);
    }

    #[test]
    fn what_a_kill_leaves_at_any_step_is_settled() {
        // What is there after a kill: of the target the old, the new or none, and what lies beside it.
        type State = fn(&Path, &Path);
        let states: [(&str, State, &str); 6] = [
            (
                "in the making",
                |t, _| {
                    folder(t, "old");
                    folder(&Kind::Split.path(t, 1), "half");
                },
                "old",
            ),
            (
                "whole",
                |t, m| {
                    folder(t, "old");
                    folder(m, "new");
                    declare_whole(m, t).expect("named");
                },
                "new",
            ),
            (
                "whole, first",
                |t, m| {
                    folder(m, "new");
                    declare_whole(m, t).expect("named");
                },
                "new",
            ),
            (
                "exchanged",
                |t, m| {
                    folder(t, "old");
                    folder(m, "new");
                    let whole = declare_whole(m, t).expect("named");
                    assert!(exchange(&whole, t).expect("exchanged"));
                },
                "new",
            ),
            (
                "between two renames",
                |t, m| {
                    folder(t, "old");
                    folder(m, "new");
                    declare_whole(m, t).expect("named");
                    std::fs::rename(t, Kind::Old.path(t, 5)).expect("renamed");
                },
                "new",
            ),
            ("the old alone", |t, _| folder(&Kind::Old.path(t, 5), "old"), "old"),
        ];
        for (when, make, left) in states {
            let root = tempfile::tempdir().expect("temporary folder");
            let target = root.path().join("export");
            make(&target, &root.path().join("making"));
            settle(&target, &|_| true).expect(when);
            assert_eq!((text(&target), names(root.path()).len()), (left.into(), 1), "{when}");
        }
    }
}
