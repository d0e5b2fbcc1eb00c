//! A run in the making: everything goes to `runs/.RUN.part/`, which takes the name `runs/RUN/` only
//! when the run ends. Until then an earlier run of the same name stays as it is, and a killed run
//! leaves nothing that looks finished, but what it can go on from.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::{ModelError, Result};
use crate::atomic::folder::exchange;
use crate::atomic::{self};
use crate::runs::{RunFiles, check_run_name};

/// What there is of a training already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Nothing,
    /// [`NewRun::files`] hold where it was stopped.
    Stopped,
    /// The run stands under its name, trained with the very same config.
    Complete,
}

/// Dropped before it ended, it leaves nothing but what can be gone on from.
#[derive(Debug)]
pub struct NewRun {
    part: PathBuf,
    folder: PathBuf,
    /// Of the folder itself, so that it goes with the process, however that ends.
    _lock: File,
}

impl NewRun {
    /// Opens the run `runs/NAME/` for training.
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
        Ok(Self { folder: runs.join(name), part, _lock: lock })
    }

    /// Where to write meanwhile.
    pub fn files(&self) -> RunFiles {
        RunFiles::new(&self.part)
    }

    /// What the files of a run in the making tell, or else those of the one that has the name.
    pub fn found<T>(&self, read: impl Fn(&RunFiles) -> Option<T>) -> Option<T> {
        read(&self.files()).or_else(|| read(&RunFiles::new(&self.folder)))
    }

    /// What there is of the training in hand. `differences` tells in what a run there was trained otherwise, or
    /// `None` where that cannot be read, so that nothing can go on from it. With `fresh` nothing is gone on from,
    /// and what was left in the making is cleared.
    ///
    /// # Errors
    /// [`ModelError::OtherStopped`] rather than to lose what another training learned before it was stopped or
    /// killed; when the disk refuses.
    pub fn prepare(
        &self,
        differences: impl Fn(&RunFiles) -> Option<Vec<String>>,
        fresh: bool,
    ) -> Result<Standing> {
        let (part, named) = (self.files(), RunFiles::new(&self.folder));
        let (of_part, of_named) = (differences(&part), differences(&named));
        let is_same = |of: &Option<Vec<String>>| of.as_ref().is_some_and(Vec::is_empty);
        if !fresh {
            for (stopped, differences) in [(&part, &of_part), (&named, &of_named)] {
                let Some(differences) = differences else { continue };
                if stopped.state().exists() && !differences.is_empty() {
                    return Err(ModelError::OtherStopped {
                        folder: stopped.folder().into(),
                        differences: differences.join("; "),
                    });
                }
            }
            if part.state().exists() && is_same(&of_part) {
                return Ok(Standing::Stopped);
            }
        }
        self.clear()?;
        if fresh || !is_same(&of_named) {
            return Ok(Standing::Nothing);
        }
        if named.came_to_its_end() {
            return Ok(Standing::Complete);
        }
        if !named.state().exists() {
            return Ok(Standing::Nothing);
        }
        // The state last: only with it is there something to go on from.
        for (path, copy) in [
            (named.config(), part.config()),
            (named.history(), part.history()),
            (named.checkpoint(), part.checkpoint()),
            (named.state(), part.state()),
        ] {
            atomic::copy(&path, &copy)
                .map_err(|source| ModelError::Write { path: copy, source })?;
        }
        Ok(Standing::Stopped)
    }

    fn clear(&self) -> Result<()> {
        let failed = |source| ModelError::Write { path: self.part.clone(), source };
        // The state first: without it nothing goes on from the rest.
        atomic::gone(std::fs::remove_file(self.files().state())).map_err(failed)?;
        for entry in std::fs::read_dir(&self.part).map_err(failed)? {
            entry.and_then(|entry| std::fs::remove_file(entry.path())).map_err(failed)?;
        }
        Ok(())
    }

    /// Ends a run that came to its end: it gets its name, and nothing is left to go on from.
    ///
    /// # Errors
    /// As [`NewRun::finish`]; then what was learned can still be gone on from.
    pub fn complete(self) -> Result<RunFiles> {
        let files = self.finish()?;
        let state = files.state();
        // Only now: whatever keeps the run from its name must not cost it.
        atomic::gone(std::fs::remove_file(&state))
            .map_err(|source| ModelError::Write { path: state, source })?;
        Ok(files)
    }

    /// Ends a run that was stopped, which takes no complete run's place, but waits until it is gone on with.
    /// Its files, and whether it waits.
    ///
    /// # Errors
    /// As [`NewRun::finish`].
    pub fn stop(self) -> Result<(RunFiles, bool)> {
        if RunFiles::new(&self.folder).came_to_its_end() {
            return Ok((self.files(), true));
        }
        Ok((self.finish()?, false))
    }

    /// Gives the run its name, in place of an earlier one.
    ///
    /// # Errors
    /// When the folders cannot be renamed; then the earlier run is still there, under its name or
    /// as `.NAME.old`.
    fn finish(self) -> Result<RunFiles> {
        let failed = |source| ModelError::Write { path: self.folder.clone(), source };
        let old = self.part.with_extension("old");
        if self.folder.exists() {
            if old.exists() {
                std::fs::remove_dir_all(&old).map_err(failed)?;
            }
            // So that there is a run under the name at any time.
            if exchange(&self.part, &self.folder).map_err(failed)? {
                std::fs::rename(&self.part, &old).map_err(failed)?;
            } else {
                std::fs::rename(&self.folder, &old).map_err(failed)?;
                std::fs::rename(&self.part, &self.folder).map_err(failed)?;
            }
        } else {
            std::fs::rename(&self.part, &self.folder).map_err(failed)?;
        }
        atomic::sync(atomic::folder_of(&self.folder)).map_err(failed)?;
        if old.exists() {
            std::fs::remove_dir_all(&old).map_err(failed)?;
        }
        Ok(RunFiles::new(&self.folder))
    }
}

impl Drop for NewRun {
    fn drop(&mut self) {
        // After that the folder has another name. Nobody is left to tell of a failure, and the
        // next run of this name clears what stayed.
        if !self.files().state().exists() {
            let _ = std::fs::remove_dir_all(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Hyperparameters, RunConfig, RunCounts};

    fn config(seed: u64) -> RunConfig {
        RunConfig {
            covid_ct: "0.1.0".into(),
            run: "r".into(),
            series: None,
            created: format!("2020-03-30T00:00:0{seed}Z"),
            data: "data/export/default".into(),
            data_sha256: "ab".into(),
            network: "densenet121".into(),
            parameters: 1,
            init: "random".into(),
            init_sha256: None,
            recipe: Hyperparameters::default(),
            seed,
            device: "cpu".into(),
            threads: 2,
            precision: "fp32".into(),
            counts: RunCounts::default(),
            task: None,
        }
    }

    fn from(config: &RunConfig) -> impl Fn(&RunFiles) -> Option<Vec<String>> {
        |files| Some(files.read_config().ok()?.differences(config))
    }

    fn names(runs: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(runs).expect("folder");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("entry").file_name().to_string_lossy().into()).collect();
        names.sort_unstable();
        names
    }

    /// Writes what an epoch leaves.
    fn train(run: &NewRun, config: &RunConfig, text: &str) {
        let files = run.files();
        files.write_config(config).expect("config");
        for path in [files.history(), files.checkpoint(), files.state()] {
            std::fs::write(path, text).expect("write");
        }
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
    fn a_killed_run_is_gone_on_with_by_the_same_options_and_lost_to_no_others() {
        let runs = tempfile::tempdir().expect("temporary folder");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        assert_eq!(run.prepare(from(&config(0)), false).expect("prepare"), Standing::Nothing);
        train(&run, &config(0), "killed");
        drop(run);
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        let later = RunConfig { created: "2021-01-01T00:00:00Z".into(), ..config(0) };
        assert_eq!(run.prepare(from(&later), false).expect("prepare"), Standing::Stopped);
        assert!(run.files().state().exists());
        assert_eq!(run.prepare(from(&later), true).expect("prepare"), Standing::Nothing);
        assert!(!run.files().config().exists(), "asked to start afresh");
        train(&run, &config(0), "killed");
        let refused = run.prepare(from(&config(1)), false).expect_err("another seed").to_string();
        assert!(refused.contains("seed 0, now 1") && refused.contains("--fresh"), "{refused}");
        assert!(run.files().state().exists(), "nothing is lost");
        std::fs::write(run.files().config(), "{").expect("damaged");
        assert_eq!(run.prepare(from(&config(1)), false).expect("prepare"), Standing::Nothing);
        assert!(!run.files().state().exists(), "nobody knows what it goes on with");
    }

    #[test]
    fn a_stopped_run_is_gone_on_with_and_a_complete_one_is_known() {
        let runs = tempfile::tempdir().expect("temporary folder");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        train(&run, &config(0), "stopped");
        let files = run.finish().expect("finish");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        assert_eq!(run.prepare(from(&config(0)), false).expect("prepare"), Standing::Stopped);
        assert_eq!(std::fs::read_to_string(run.files().state()).expect("copied"), "stopped");
        assert!(files.state().exists(), "the run with a name is as it was");
        drop(run);
        std::fs::remove_dir_all(runs.path().join(".r.part")).expect("killed before it was copied");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        run.prepare(from(&config(1)), false).expect_err("another seed");
        assert_eq!(run.prepare(from(&config(0)), false).expect("prepare"), Standing::Stopped);
        // Whatever keeps it from its name leaves what can be gone on from.
        let old = runs.path().join(".r.old");
        std::fs::write(&old, "in the way").expect("file");
        run.complete().expect_err("no folder to make way for");
        std::fs::remove_file(old).expect("file");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        assert_eq!(run.prepare(from(&config(0)), false).expect("prepare"), Standing::Stopped);
        let files = run.complete().expect("complete");
        let run = NewRun::begin(runs.path(), "r").expect("begin");
        assert_eq!(run.prepare(from(&config(0)), false).expect("prepare"), Standing::Complete);
        assert_eq!(run.prepare(from(&config(1)), false).expect("prepare"), Standing::Nothing);
        assert_eq!(run.prepare(from(&config(0)), true).expect("prepare"), Standing::Nothing);
        assert!(files.checkpoint().exists());
        train(&run, &config(1), "stopped");
        let (waiting, waits) = run.stop().expect("stopped");
        assert!(waits && waiting.state().exists() && files.came_to_its_end());
    }
}
