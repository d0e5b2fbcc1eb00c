//! What a kill leaves of a folder that was to take another's place, told by its name alone.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder::{declare_whole, put_in_place, remove, sync_all};
use super::points::step;
use super::{folder_of, gone, sync};

/// A file that nobody has touched for so long is nobody's.
const SETTLED: Duration = Duration::from_mins(10);

/// What stands between the name of the target and what a folder beside it is.
const MARK: &str = ".covid-ct-";

crate::string_enum! {
    pub enum Kind {
        /// What is needed on the way.
        Work = "work",
        /// A folder in the making.
        Split = "part",
        /// A folder of which all is on disk, with its inode; or, where another has that inode, what it took the place of.
        New = "new",
        /// What was there, moved away where names cannot be exchanged.
        Old = "old",
    }
}

impl Kind {
    /// `.NAME.covid-ct-KIND-NUMBER` beside `target`.
    pub(super) fn path(self, target: &Path, number: u64) -> PathBuf {
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!("{MARK}{self}-{number}"));
        target.with_file_name(name)
    }
}

/// A folder beside the one that it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub path: PathBuf,
    pub target: PathBuf,
    pub kind: Kind,
    number: u64,
}

/// What became of a leftover, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Put in its place: it is whole and new, or the only one there is.
    PutBack,
    /// Removed: it is half-made, or what was replaced.
    Removed,
    /// Left: somebody works on it, or nobody can tell what it is, or what is in its place holds something of the user's.
    Left,
}

impl Leftover {
    /// Reads a path; `None` where it is none of ours.
    pub fn read(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix('.')?;
        let (target, rest) = name.rsplit_once(MARK)?;
        let (kind, number) = rest.split_once('-')?;
        let target = path.with_file_name(target);
        Some(Self {
            path: path.into(),
            target,
            kind: kind.parse().ok()?,
            number: number.parse().ok()?,
        })
    }

    /// Whether a process works on it.
    pub fn is_busy(&self) -> bool {
        is_busy(&self.path)
    }

    /// Whether it is the whole new folder that its name speaks of.
    fn is_new(&self) -> bool {
        self.kind == Kind::New && inode(&self.path) == Some(self.number)
    }

    /// What is to become of it. `may_replace` tells whether the target holds nothing but what covid-ct wrote.
    pub fn fate(&self, may_replace: &dyn Fn(&Path) -> bool) -> Fate {
        let there = self.target.symlink_metadata().is_ok();
        match self.kind {
            _ if self.is_busy() => Fate::Left,
            Kind::Work | Kind::Split => Fate::Removed,
            Kind::New if self.is_new() && (!there || may_replace(&self.target)) => Fate::PutBack,
            Kind::New if !self.is_new() && inode(&self.target) == Some(self.number) => {
                Fate::Removed
            }
            Kind::New => Fate::Left,
            Kind::Old if there => Fate::Removed,
            Kind::Old => Fate::PutBack,
        }
    }

    /// Puts a folder in its place that is still called half-made, but of which the caller knows that nothing is missing.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(&self, may_replace: &dyn Fn(&Path) -> bool) -> std::io::Result<Fate> {
        sync_all(&self.path)?;
        let whole = declare_whole(&self.path, &self.target)?;
        let named = Self::read(&whole).ok_or(std::io::ErrorKind::InvalidFilename)?;
        named.settle(may_replace)
    }

    /// Does what [`fate`](Self::fate) says.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn settle(&self, may_replace: &dyn Fn(&Path) -> bool) -> std::io::Result<Fate> {
        let fate = self.fate(may_replace);
        match fate {
            Fate::PutBack => put_in_place(&self.path, &self.target)?,
            Fate::Removed => {
                step("remove", &self.path);
                gone(remove(&self.path))?;
                sync(folder_of(&self.path))?;
            }
            Fate::Left => {}
        }
        Ok(fate)
    }
}

fn inode(path: &Path) -> Option<u64> {
    Some(path.symlink_metadata().ok()?.ino())
}

/// Whether a process holds the lock of a file or folder; where the disk knows no locks, whether it is so young that one
/// may be at it.
pub fn is_busy(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => {
            let age = file.metadata().and_then(|found| found.modified()).map(|time| time.elapsed());
            age.is_ok_and(|age| age.is_ok_and(|age| age < SETTLED))
        }
    }
}

/// What lies in `folder` of such, in the order in which to settle them: what is new goes before what is old.
///
/// # Errors
/// When the folder cannot be read.
pub fn in_folder(folder: &Path) -> std::io::Result<Vec<Leftover>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        found.extend(Leftover::read(&entry?.path()));
    }
    found.sort_by(|one, other| (one.kind, &one.path).cmp(&(other.kind, &other.path)));
    Ok(found)
}

/// Settles what kills have left beside `target`.
///
/// # Errors
/// When the disk refuses.
pub(super) fn settle(target: &Path, may_replace: &dyn Fn(&Path) -> bool) -> std::io::Result<()> {
    for leftover in in_folder(folder_of(target))? {
        if leftover.target == target {
            leftover.settle(may_replace)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let target = Path::new("/a/my.export-1");
        for &kind in Kind::ALL {
            let path = kind.path(target, 12);
            let read = Leftover::read(&path).expect("ours");
            assert_eq!((read.target.as_path(), read.kind, read.number), (target, kind, 12));
        }
        for other in [".part-abc", "x.covid-ct-new-1", ".x.covid-ct-new-", ".x.covid-ct-odd-1", "x"]
        {
            assert_eq!(Leftover::read(&Path::new("/a").join(other)), None, "{other}");
        }
    }
}
