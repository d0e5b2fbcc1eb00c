//! A run in the making: everything goes to `runs/.RUN.part/`, which takes the name `runs/RUN/` only
//! when the run is done. Until then an earlier run of the same name stays as it is, and a killed
//! run leaves nothing that looks finished.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{ModelError, Result};
use crate::metrics::{RunFiles, check_run_name};

/// Dropped before [`NewRun::finish`], it leaves nothing.
#[derive(Debug)]
pub struct NewRun {
    part: PathBuf,
    folder: PathBuf,
    /// Of the folder itself, so that it goes with the process, however that ends.
    _lock: File,
}

impl NewRun {
    /// Starts the run `runs/NAME/`, clearing what a killed one left.
    ///
    /// # Errors
    /// [`ModelError::Busy`] while another process makes the same run; a name that is none, or a
    /// folder that cannot be written.
    pub fn begin(runs: &Path, name: &str) -> Result<Self> {
        check_run_name(name)?;
        let part = runs.join(format!(".{name}.part"));
        let failed = |source| ModelError::Write { path: part.clone(), source };
        std::fs::create_dir_all(&part).map_err(failed)?;
        let lock = File::open(&part).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ModelError::Busy(name.into())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        for entry in std::fs::read_dir(&part).map_err(failed)? {
            entry.and_then(|entry| std::fs::remove_file(entry.path())).map_err(failed)?;
        }
        Ok(Self { folder: runs.join(name), part, _lock: lock })
    }

    /// Where to write meanwhile.
    pub fn files(&self) -> RunFiles {
        RunFiles::new(&self.part)
    }

    /// Gives the run its name, in place of an earlier one.
    ///
    /// # Errors
    /// When the folders cannot be renamed; then the earlier run is still there, under its name or
    /// as `.NAME.old`.
    pub fn finish(self) -> Result<RunFiles> {
        let failed = |source| ModelError::Write { path: self.folder.clone(), source };
        let old = self.part.with_extension("old");
        if self.folder.exists() {
            if old.exists() {
                std::fs::remove_dir_all(&old).map_err(failed)?;
            }
            std::fs::rename(&self.folder, &old).map_err(failed)?;
        }
        std::fs::rename(&self.part, &self.folder).map_err(failed)?;
        if old.exists() {
            std::fs::remove_dir_all(&old).map_err(failed)?;
        }
        Ok(RunFiles::new(&self.folder))
    }
}

impl Drop for NewRun {
    fn drop(&mut self) {
        // After `finish` the folder has another name. Nobody is left to tell of a failure, and the
        // next run of this name clears what stayed.
        let _ = std::fs::remove_dir_all(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(runs: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(runs).expect("folder");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("entry").file_name().to_string_lossy().into()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_run_replaces_its_predecessor_only_when_done() {
        let runs = tempfile::tempdir().expect("temporary folder");
        let runs = runs.path();
        for text in ["first", "second"] {
            let run = NewRun::begin(runs, "r.v1").expect("begin");
            assert!(matches!(NewRun::begin(runs, "r.v1"), Err(ModelError::Busy(_))));
            std::fs::write(run.files().history(), text).expect("write");
            run.finish().expect("finish");
            assert_eq!(names(runs), ["r.v1"]);
            assert_eq!(std::fs::read_to_string(runs.join("r.v1/history.csv")).expect("file"), text);
        }
        let run = NewRun::begin(runs, "r.v1").expect("begin");
        std::fs::write(run.files().history(), "third").expect("write");
        drop(run);
        assert_eq!(names(runs), ["r.v1"]);
        assert_eq!(std::fs::read_to_string(runs.join("r.v1/history.csv")).expect("file"), "second");
    }

    #[test]
    fn what_a_killed_run_left_is_cleared() {
        let runs = tempfile::tempdir().expect("temporary folder");
        let left = runs.path().join(".r.part");
        std::fs::create_dir(&left).expect("folder");
        std::fs::write(left.join("history.csv"), "half").expect("write");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        assert!(!run.files().history().exists());
    }
}
