//! What commands that were killed have left of the files and folders they wrote, inside the workspace and outside.
//!
//! A folder that is whole is put in its place, never removed; what is half-made is removed. What another process works on
//! is left, and so is whatever holds something of the user's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use walkdir::{DirEntry, WalkDir};

use super::Kind;
use crate::Workspace;
use crate::atomic::leftover::{self, Fate, Leftover};
use crate::atomic::outside;
use crate::atomic::{self, WRITING};
use crate::dataset::{MANIFEST, check_target, verify};
use crate::store::StoreError;

/// Beginnings of what earlier versions wrote to, whose names do not tell whether somebody is at it.
const EARLIER: [&str; 4] = [".part-", ".old-", ".rebuild-", ".resplit"];
/// The same of files; those called `.part-` in `data/` are told with the objects.
const EARLIER_FILES: [&str; 2] = [".bringing-", ".part-"];
/// What is so old is nobody's.
const SETTLED: Duration = Duration::from_mins(10);

/// What is to become of something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Plan {
    /// By its name.
    Settle(Leftover),
    /// In the making, but nothing is missing: it only has to get its place.
    Finish(Leftover),
    Remove,
    /// The only run of a name, moved away.
    Rename(PathBuf),
    /// The user decides.
    Keep(&'static str),
}

/// Something that a killed command has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub path: PathBuf,
    plan: Plan,
}

impl Found {
    pub fn kind(&self) -> Kind {
        let fate = |leftover: &Leftover| leftover.fate(&may_replace);
        match &self.plan {
            Plan::Remove => Kind::Leftover,
            Plan::Settle(leftover) if fate(leftover) == Fate::Removed => Kind::Leftover,
            _ => Kind::Unfinished,
        }
    }

    pub fn advice(&self) -> String {
        let put = |target: &Path| {
            format!(
                "it is whole: `covid-ct doctor --repair` puts it in its place, {}",
                target.display()
            )
        };
        match &self.plan {
            Plan::Remove => {
                "a command that was killed left it: `covid-ct doctor --repair` removes it".into()
            }
            Plan::Finish(leftover) => put(&leftover.target),
            Plan::Rename(target) => put(target),
            Plan::Keep(advice) => (*advice).into(),
            Plan::Settle(leftover) => match leftover.fate(&may_replace) {
                Fate::Removed => {
                    "a command that was killed left it: `covid-ct doctor --repair` removes it"
                        .into()
                }
                Fate::PutBack => put(&leftover.target),
                Fate::Left => format!(
                    "it is whole, but {} holds something else: move away the one you do not want, and give \
                     the other this name",
                    leftover.target.display()
                ),
            },
        }
    }

    /// Whether it has been put right.
    fn mend(&self) -> std::io::Result<bool> {
        match &self.plan {
            Plan::Settle(leftover) => Ok(leftover.settle(&may_replace)? != Fate::Left),
            Plan::Finish(leftover) => Ok(leftover.finish(&may_replace)? != Fate::Left),
            Plan::Remove if self.path.is_dir() => {
                atomic::gone(std::fs::remove_dir_all(&self.path)).map(|()| true)
            }
            Plan::Remove => atomic::gone(std::fs::remove_file(&self.path)).map(|()| true),
            Plan::Rename(target) => std::fs::rename(&self.path, target).map(|()| true),
            Plan::Keep(_) => Ok(false),
        }
    }
}

/// Whether a folder holds nothing but what an export wrote.
fn may_replace(target: &Path) -> bool {
    check_target(target).is_ok()
}

/// Finds what lies in the workspace and where its commands wrote outside, in the order in which to mend it.
///
/// # Errors
/// When a folder of the workspace cannot be read.
pub(super) fn find(workspace: &Workspace) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    for folder in [workspace.data(), workspace.corpus(), workspace.root().join("annotations")] {
        if folder.is_dir() {
            look_in(&folder, usize::MAX, &workspace.objects(), &mut found)?;
        }
    }
    for target in outside::targets(workspace) {
        for folder in [atomic::folder_of(&target), &target] {
            if folder.is_dir() {
                look_in(folder, 1, &workspace.objects(), &mut found)?;
            }
        }
    }
    found.sort_by_key(order);
    found.dedup();
    Ok(found)
}

/// What is new goes before what is old.
fn order(found: &Found) -> (Option<leftover::Kind>, PathBuf) {
    let kind = match &found.plan {
        Plan::Settle(leftover) | Plan::Finish(leftover) => Some(leftover.kind),
        _ => None,
    };
    (kind, found.path.clone())
}

fn look_in(
    folder: &Path,
    depth: usize,
    objects: &Path,
    found: &mut Vec<Found>,
) -> Result<(), StoreError> {
    let mut walk = WalkDir::new(folder).min_depth(1).max_depth(depth).into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| StoreError::Read {
            path: error.path().unwrap_or(folder).into(),
            source: error.into(),
        })?;
        let plan = plan(&entry).filter(|_| !is_of_objects(&entry, objects));
        if entry.file_type().is_dir() && (plan.is_some() || entry.path() == objects) {
            walk.skip_current_dir();
        }
        found.extend(plan.map(|plan| Found { path: entry.into_path(), plan }));
    }
    Ok(())
}

/// Whether it is looked for with the objects that no row names: `store/check.rs` does.
fn is_of_objects(entry: &DirEntry, objects: &Path) -> bool {
    let is_part = entry.file_name().to_string_lossy().starts_with(".part-");
    let in_data = objects.parent().is_some_and(|data| entry.path().starts_with(data));
    is_part && entry.file_type().is_file() && in_data
}

fn plan(entry: &DirEntry) -> Option<Plan> {
    let (path, name) = (entry.path(), entry.file_name().to_str()?);
    if !entry.file_type().is_dir() {
        if !entry.file_type().is_file() {
            return None;
        }
        let is_left = name.starts_with(WRITING) && !leftover::is_busy(path);
        let is_of_earlier = EARLIER_FILES.iter().any(|start| name.starts_with(start));
        return (is_left || is_of_earlier && is_settled(path)).then_some(Plan::Remove);
    }
    if let Some(leftover) = Leftover::read(path) {
        return match leftover.kind {
            _ if leftover.is_busy() => None,
            leftover::Kind::Split if is_whole_export(path) => Some(Plan::Finish(leftover)),
            _ => Some(Plan::Settle(leftover)),
        };
    }
    if let Some(run) = run_moved_away(path, name) {
        return Some(if run.exists() { Plan::Remove } else { Plan::Rename(run) });
    }
    if !EARLIER.iter().any(|start| name.starts_with(start)) || !is_settled(path) {
        return None;
    }
    let holds_export = [path.join(MANIFEST), path.join("export").join(MANIFEST)];
    Some(if holds_export.iter().any(|manifest| manifest.is_file()) {
        Plan::Keep(
            "an export of an earlier covid-ct that was killed: `covid-ct export --verify` tells whether it is \
             whole; give it its name, or remove it",
        )
    } else {
        Plan::Remove
    })
}

/// The run that lay under its name until another was to take its place: `runs/.NAME.old` is `runs/NAME`.
fn run_moved_away(path: &Path, name: &str) -> Option<PathBuf> {
    let run = name.strip_prefix('.')?.strip_suffix(".old")?;
    let is_run = path.parent()?.file_name()? == "runs" && path.join("config.json").is_file();
    is_run.then(|| path.with_file_name(run))
}

/// The manifest comes last: with it, and all that it lists, nothing is missing.
fn is_whole_export(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
        && verify(folder).is_ok_and(|verified| verified.differences.is_empty())
}

/// Whether a folder, with all in it, has been left alone for so long that nobody is at it.
fn is_settled(path: &Path) -> bool {
    WalkDir::new(path).into_iter().all(|entry| {
        let modified =
            entry.and_then(|entry| entry.metadata()).ok().and_then(|m| m.modified().ok());
        modified.is_some_and(|time| {
            SystemTime::now().duration_since(time).map_or(true, |age| age >= SETTLED)
        })
    })
}

/// Puts right what can be; gives the paths of that.
///
/// # Errors
/// When the disk refuses.
pub(super) fn mend(
    workspace: &Workspace,
    found: &[Found],
) -> Result<BTreeSet<PathBuf>, StoreError> {
    let mut mended = BTreeSet::new();
    for found in found {
        let done = found.mend();
        if done.map_err(|source| StoreError::Write { path: found.path.clone(), source })? {
            mended.insert(found.path.clone());
        }
    }
    if mended.len() == found.len() {
        outside::forget(workspace);
    }
    Ok(mended)
}
