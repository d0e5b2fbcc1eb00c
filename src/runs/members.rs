//! Which runs belong together: those that differ in the seed alone, and the folds of a cross-validation.

use std::collections::BTreeSet;
use std::path::Path;

use covid_ct_core::string_enum;

use super::{RunConfig, RunFileError, RunFiles};
use crate::folds::{fold_name, fold_of};

/// A run of a series.
#[derive(Debug, Clone)]
pub struct Member {
    pub files: RunFiles,
    pub config: RunConfig,
}

/// The runs of a series, by seed.
#[derive(Debug, Clone, Default)]
pub struct Members {
    pub present: Vec<Member>,
    /// Names of those that should be there: between two that are, without weights, stopped, or still
    /// trained.
    pub missing: Vec<String>,
}

impl Members {
    /// Finds the runs in `runs` that `train SERIES --seeds N` made.
    ///
    /// # Errors
    /// When a run's `config.json` is damaged or the folder cannot be read.
    pub fn find(runs: &Path, series: &str) -> Result<Self, RunFileError> {
        let mut members = Self::default();
        let mut seeds = BTreeSet::new();
        let mut started = BTreeSet::new();
        for name in names_in(runs)? {
            // A run in the making is `.NAME.part`.
            let finished = name.strip_prefix('.').and_then(|name| name.strip_suffix(".part"));
            let Some(seed) = seed_of(series, finished.unwrap_or(&name)) else { continue };
            let files = RunFiles::new(runs.join(&name));
            let is_whole = finished.is_none() && files.came_to_its_end();
            let config = match files.read_config() {
                // A run of its own may be called so too.
                Ok(config) if config.series.as_deref() != Some(series) => continue,
                Ok(config) => Some(config),
                Err(error) if is_whole => return Err(error),
                Err(_) => None,
            };
            started.insert(seed);
            if let Some(config) = config.filter(|_| is_whole) {
                seeds.insert(seed);
                members.present.push(Member { files, config });
            }
        }
        members.present.sort_by_key(|member| (member.config.seed, member.config.run.clone()));
        if let (Some(&least), Some(&greatest)) = (started.first(), started.last()) {
            let is_missing = |seed: &u64| !seeds.contains(seed);
            let missing: Vec<u64> = if greatest - least <= WIDEST_GAP {
                (least..=greatest).filter(is_missing).collect()
            } else {
                started.into_iter().filter(is_missing).collect()
            };
            members.missing = missing.into_iter().map(|seed| member_name(series, seed)).collect();
        }
        Ok(members)
    }

    pub fn names(&self) -> Vec<String> {
        self.present.iter().map(|member| member.config.run.clone()).collect()
    }
}

/// The folds of a cross-validation, each a run or a series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folds {
    /// Names of those that were begun, by number.
    pub present: Vec<String>,
    /// Names of those that should be there before the last.
    pub missing: Vec<String>,
}

impl Folds {
    /// Finds those in `runs` that `train NAME --folds K` made.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn find(runs: &Path, name: &str) -> Result<Self, RunFileError> {
        let mut begun = BTreeSet::new();
        for run in names_in(runs)? {
            let fold = run.rsplit_once("-seed").map_or(run.as_str(), |(series, _)| series);
            if let Some((_, fold)) = fold_of(fold).filter(|(of, _)| *of == name) {
                begun.insert(fold);
            }
        }
        let last = begun.last().copied().unwrap_or(0);
        let (present, missing) = (1..=last).partition::<Vec<u32>, _>(|fold| begun.contains(fold));
        let named = |folds: Vec<u32>| folds.into_iter().map(|fold| fold_name(name, fold)).collect();
        Ok(Self { present: named(present), missing: named(missing) })
    }
}

/// What lies in the folder; nothing where it is not there.
fn names_in(runs: &Path) -> Result<Vec<String>, RunFileError> {
    if !runs.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(runs);
    let names = entries.and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    });
    names.map_err(|source| RunFileError::Read { path: runs.into(), source })
}

string_enum! {
    /// What a name below `data/runs/` can mean.
    pub enum Meaning {
        Run = "run",
        Series = "series",
        Folds = "cross-validation",
    }
}

impl Meaning {
    /// Whether the name means that in `runs`.
    ///
    /// # Errors
    /// As [`Members::find`] and [`Folds::find`].
    pub fn is_there(self, runs: &Path, name: &str) -> Result<bool, RunFileError> {
        Ok(match self {
            Self::Run => RunFiles::new(runs.join(name)).config().is_file(),
            Self::Series => {
                let Members { present, missing } = Members::find(runs, name)?;
                !(present.is_empty() && missing.is_empty())
            }
            Self::Folds => !Folds::find(runs, name)?.present.is_empty(),
        })
    }
}

fn member_name(series: &str, seed: u64) -> String {
    format!("{series}-seed{seed}")
}

/// Seeds further apart than that have no gap of as many runs between them.
const WIDEST_GAP: u64 = 10_000;

fn seed_of(series: &str, name: &str) -> Option<u64> {
    let seed = name.strip_prefix(series)?.strip_prefix("-seed")?.parse().ok()?;
    (member_name(series, seed) == name).then_some(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_by_their_seed() {
        assert_eq!(seed_of("a", "a-seed12"), Some(12));
        assert_eq!(seed_of("a", "a-seed20200330"), Some(20_200_330));
        for other in ["a", "a-seed", "a-seed01", "ab-seed1", "a-seed1-seed2"] {
            assert_eq!(seed_of("a", other), None, "{other}");
        }
    }

    #[test]
    fn no_folder_has_no_members() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let runs = folder.path().join("runs");
        let members = Members::find(&runs, "a").expect("found");
        assert!(members.present.is_empty() && members.missing.is_empty());
        assert_eq!(Folds::find(&runs, "a").expect("found"), Folds::default());
    }

    #[test]
    fn folds_are_runs_or_series() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for run in ["a-fold1", "a-fold4-seed0", "a-fold4-seed1", "ab-fold5", "a-seed0", "a"] {
            std::fs::create_dir(folder.path().join(run)).expect("folder");
        }
        let folds = Folds::find(folder.path(), "a").expect("found");
        assert_eq!(folds.present, ["a-fold1", "a-fold4"]);
        assert_eq!(folds.missing, ["a-fold2", "a-fold3"]);
    }
}
