//! Which folder an export may take the place of: none, an empty one, or one that holds an export and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use super::manifest::{self, MANIFEST, ManifestRow};
use crate::dataset::layout::{IMAGES, class_folder};
use crate::dataset::{DatasetError, Result};
use covid_ct_core::{Label, sha256_of_file};

/// Files named before the rest is only counted.
const NAMED: usize = 5;

/// What an export must not take the place of, whatever it holds, and what to call it.
#[derive(Debug, Clone)]
pub struct Precious {
    pub what: &'static str,
    pub path: PathBuf,
    /// Whether nothing may be put below it either.
    pub whole: bool,
}

/// Refuses a folder that is, or holds, what is precious.
///
/// # Errors
/// [`DatasetError::Occupied`].
pub fn spare(target: &Path, precious: &[Precious]) -> Result<()> {
    let wanted = real(target);
    for Precious { what, path, whole } in precious {
        let path = real(path);
        if path.starts_with(&wanted) || *whole && wanted.starts_with(&path) {
            let holds = if path == wanted { "it is" } else { "it holds, or lies in," };
            return Err(occupied(target, format!("{holds} {what}: {}", path.display())));
        }
    }
    Ok(())
}

/// Refuses a folder that holds anything that no export put there, or that was changed since.
///
/// # Errors
/// [`DatasetError::Occupied`] with what it holds, or when the folder cannot be read.
pub fn check(target: &Path) -> Result<()> {
    let Ok(found) = target.metadata() else { return Ok(()) };
    if !found.is_dir() {
        return Err(occupied(target, "it is a file".into()));
    }
    let here = std::env::current_dir().map(|here| real(&here));
    if here.is_ok_and(|here| here.starts_with(real(target))) {
        return Err(occupied(target, "this command runs in it: run it elsewhere".into()));
    }
    let others = others(target)?;
    if others.is_empty() {
        return Ok(());
    }
    let mut named: Vec<&str> = others.iter().take(NAMED).map(String::as_str).collect();
    let more = format!("{} more", others.len().saturating_sub(NAMED));
    if others.len() > NAMED {
        named.push(&more);
    }
    Err(occupied(target, format!("it holds what no export put there: {}", named.join(", "))))
}

fn occupied(target: &Path, why: String) -> DatasetError {
    DatasetError::Occupied { folder: target.into(), why }
}

/// The path with links followed as far as it is there.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut there = path.as_path();
    loop {
        if let Ok(mut real) = there.canonicalize() {
            for part in path.strip_prefix(there).iter().flat_map(|rest| rest.components()) {
                match part {
                    // There is no link that this could leave.
                    Component::ParentDir => drop(real.pop()),
                    part => real.push(part),
                }
            }
            return real;
        }
        match there.parent() {
            Some(parent) => there = parent,
            None => return path,
        }
    }
}

/// What a folder holds that is not as an export left it, sorted; of a folder without a manifest, everything.
fn others(folder: &Path) -> Result<BTreeSet<String>> {
    let rows = manifest::read(&folder.join(MANIFEST)).unwrap_or_default();
    let listed = Listed::of(&rows);
    let mut others = BTreeSet::new();
    let mut walk = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            DatasetError::read(&path)(error.into())
        })?;
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let name = path.to_string_lossy().into_owned();
        if entry.file_type().is_dir() {
            if !listed.folders.contains(path) {
                walk.skip_current_dir();
                others.insert(format!("{name}/"));
            }
        } else if !entry.file_type().is_file() || !listed.files.contains_key(name.as_str()) {
            others.insert(name);
        } else if let Some(Some(sha256)) = listed.files.get(name.as_str()) {
            let found = sha256_of_file(entry.path()).map_err(DatasetError::read(entry.path()))?;
            if found != *sha256 {
                others.insert(format!("{name} (changed since)"));
            }
        }
    }
    Ok(others)
}

/// What the rows of a manifest say that an export wrote.
#[derive(Debug, Default)]
struct Listed<'a> {
    /// With the SHA-256 of those that people may have written in. Pictures, and containers of them, are large and are
    /// made by programs.
    files: BTreeMap<&'a str, Option<&'a str>>,
    folders: BTreeSet<PathBuf>,
}

impl<'a> Listed<'a> {
    fn of(rows: &'a [ManifestRow]) -> Self {
        let mut listed = Self::default();
        if rows.is_empty() {
            return listed;
        }
        listed.files.insert(MANIFEST, None);
        let containers: BTreeSet<&str> = rows.iter().map(|row| row.container.as_str()).collect();
        for row in rows.iter().filter(|row| row.container.is_empty()) {
            let is_text = !row.is_picture() && !containers.contains(row.file.as_str());
            listed.files.insert(&row.file, is_text.then_some(row.sha256.as_str()));
        }
        for file in listed.files.keys() {
            listed.folders.extend(Path::new(file).ancestors().skip(1).map(PathBuf::from));
        }
        // Those of classes are there even if they are empty.
        let classes = Label::all().iter().map(|label| Path::new(IMAGES).join(class_folder(*label)));
        listed.folders.extend(classes.chain([IMAGES.into()]));
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct_core::sha256_hex;

    /// An export of one picture and a text.
    fn export(folder: &Path) {
        for class in ["CT_COVID", "CT_NonCOVID"] {
            std::fs::create_dir_all(folder.join(IMAGES).join(class)).expect("folder");
        }
        let file = format!("{IMAGES}/CT_COVID/a.png");
        std::fs::write(folder.join(&file), "picture").expect("file");
        std::fs::write(folder.join("README.md"), "ours").expect("file");
        let picture = ManifestRow { file, name: "a.png".into(), ..ManifestRow::default() };
        let rows = [picture, ManifestRow::other("README.md".into(), sha256_hex(b"ours"))];
        manifest::write(&folder.join(MANIFEST), &rows).expect("manifest");
    }

    #[test]
    fn an_export_and_nothing_else_is_replaced() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let target = folder.path().join("export");
        check(&target).expect("not there");
        std::fs::create_dir(&target).expect("folder");
        check(&target).expect("empty");
        export(&target);
        check(&target).expect("an export");
        let refused = |what: &str| {
            let error = check(&target).expect_err(what).to_string();
            assert!(error.contains(what), "{error}");
        };
        for mine in ["notes.txt", "Images-processed/CT_COVID/mine.png", ".hidden"] {
            std::fs::write(target.join(mine), "mine").expect("file");
            refused(mine);
            std::fs::remove_file(target.join(mine)).expect("removed");
        }
        std::fs::create_dir(target.join("papers")).expect("folder");
        refused("papers/");
        std::fs::remove_dir(target.join("papers")).expect("removed");
        std::os::unix::fs::symlink("/", target.join("link")).expect("link");
        refused("link");
        std::fs::remove_file(target.join("link")).expect("removed");
        std::fs::write(target.join("README.md"), "mine").expect("file");
        refused("README.md (changed since)");
        std::fs::remove_file(target.join(MANIFEST)).expect("removed");
        refused("README.md");
    }

    #[test]
    fn what_is_precious_is_spared_by_whatever_path() {
        let root = tempfile::tempdir().expect("temporary folder");
        let root = root.path();
        std::fs::create_dir_all(root.join("w/data/objects")).expect("folder");
        std::os::unix::fs::symlink(root.join("w"), root.join("link")).expect("link");
        let of = |path: &str, whole| Precious { what: "the store", path: root.join(path), whole };
        let precious = [of("w/data/objects", true), of("w/corpus", false)];
        for refused in
            ["w", "w/data", "w/data/objects/x/y", "link/data", "w/x/../data", "", "w/corpus"]
        {
            assert!(spare(&root.join(refused), &precious).is_err(), "{refused}");
        }
        for taken in ["w/data/export/x", "x", "link/x", "w/corpus/x"] {
            spare(&root.join(taken), &precious).expect(taken);
        }
    }
}
