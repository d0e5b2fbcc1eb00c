//! A dataset of the same pictures in other parts, in the published layout: to train a control on.
//!
//! The pictures are linked, so that they are there once. Where the dataset has a `MANIFEST.csv`, the new one
//! has it with the parts that are true there. `RESPLIT.json` says what was done.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use covid_ct_core::FileName;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::export::manifest::{self, MANIFEST, ManifestRow};
use super::layout::{IMAGES, IMAGES_UNPACKED, SPLITS, list_file, meta_info};
use super::{DatasetError, Result};
use crate::atomic::folder::NewFolder;
use covid_ct_core::{Label, Split, string_enum};

/// What says that a dataset was made here, and how: [`Resplit`].
pub const RESPLIT: &str = "RESPLIT.json";

string_enum! {
    /// How the parts are made.
    pub enum Deal {
        /// Each image by itself is dealt at random; the parts keep their sizes, class by class.
        Image = "image",
        /// Every image stays in its part.
        Keep = "keep",
    }
}

/// `RESPLIT.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resplit {
    /// The dataset whose pictures these are, as it was named.
    pub from: PathBuf,
    pub by: Deal,
    pub seed: u64,
    /// Names of pictures left out.
    pub excluded: BTreeSet<String>,
    /// Images by part and class.
    pub images: BTreeMap<Split, BTreeMap<Label, usize>>,
    /// Names that are none of a picture, which were left out: told, not written.
    #[serde(skip)]
    pub refused: Vec<String>,
}

impl Resplit {
    /// What is told of the dataset at `folder`; `None` of one that was not made here.
    ///
    /// # Errors
    /// When the file is there but damaged.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(RESPLIT);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = std::fs::read(&path).map_err(DatasetError::read(&path))?;
        let told = serde_json::from_slice(&bytes);
        told.map(Some).map_err(|e| DatasetError::read(&path)(std::io::Error::other(e)))
    }
}

/// Makes `to` of the dataset at `from`; the same seed deals the same.
///
/// # Errors
/// When `from` is no dataset, a name of `excluded` is in none of its lists, `to` is there already, or the
/// disk refuses; `to` is then not there.
pub fn resplit(
    from: &Path,
    to: &Path,
    by: Deal,
    seed: u64,
    excluded: &BTreeSet<String>,
) -> Result<Resplit> {
    let images = [IMAGES, IMAGES_UNPACKED]
        .into_iter()
        .find(|name| from.join(name).is_dir())
        .ok_or_else(|| no_dataset(from, IMAGES))?;
    let (lists, refused) = lists(from, excluded)?;
    let dealt: Lists = match by {
        Deal::Keep => lists,
        Deal::Image => deal(&lists, seed),
    };
    let mut told = Resplit {
        from: from.into(),
        by,
        seed,
        excluded: excluded.clone(),
        images: BTreeMap::new(),
        refused,
    };
    for ((label, part), names) in &dealt {
        told.images.entry(*part).or_default().insert(*label, names.len());
    }
    let there = || DatasetError::write(to)(std::io::ErrorKind::AlreadyExists.into());
    if to.exists() {
        return Err(there());
    }
    // What a kill has left may be that of a resplit that came to its end: it is put in its place.
    let making = NewFolder::beside(to).map_err(DatasetError::write(to))?;
    fill(making.path(), from, images, &dealt, &told)?;
    making.put_new().map_err(DatasetError::write(to))?;
    Ok(told)
}

fn no_dataset(from: &Path, missing: &str) -> DatasetError {
    DatasetError::NoRelease { folder: from.into(), missing: missing.into() }
}

/// The names of all parts.
type Lists = BTreeMap<(Label, Split), Vec<String>>;

/// The lists of all parts, without what is excluded; and what in them is refused.
fn lists(from: &Path, excluded: &BTreeSet<String>) -> Result<(Lists, Vec<String>)> {
    let (mut lists, mut refused) = (BTreeMap::new(), Vec::new());
    let mut unknown = excluded.clone();
    for &label in Label::all() {
        for &part in Split::ALL {
            let path = from.join(SPLITS).join(list_file(label, part));
            let text = std::fs::read_to_string(&path).map_err(DatasetError::read(&path))?;
            // The published lists end some names with a space.
            let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
            let mut kept = Vec::new();
            for name in names {
                unknown.remove(name);
                if excluded.contains(name) {
                    continue;
                }
                match FileName::of_picture(name) {
                    Ok(name) => kept.push(name.to_string()),
                    Err(problem) => refused.push(format!("{}: {problem}", path.display())),
                }
            }
            lists.insert((label, part), kept);
        }
    }
    match unknown.first() {
        Some(name) => Err(DatasetError::NotListed { folder: from.into(), name: name.clone() }),
        None => Ok((lists, refused)),
    }
}

fn deal(
    lists: &BTreeMap<(Label, Split), Vec<String>>,
    seed: u64,
) -> BTreeMap<(Label, Split), Vec<String>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut dealt = BTreeMap::new();
    for &label in Label::all() {
        let of_class = || lists.iter().filter(move |((of, _), _)| *of == label);
        let mut names: Vec<String> = of_class().flat_map(|(_, names)| names.clone()).collect();
        // Whatever the lists' order was, the same names are dealt alike.
        names.sort_unstable();
        names.shuffle(&mut random);
        for (&(_, part), held) in of_class() {
            let mut of_part = names.split_off(names.len() - held.len());
            of_part.sort_unstable();
            dealt.insert((label, part), of_part);
        }
    }
    dealt
}

fn fill(
    folder: &Path,
    from: &Path,
    images: &str,
    dealt: &BTreeMap<(Label, Split), Vec<String>>,
    told: &Resplit,
) -> Result<()> {
    let whole = from.canonicalize().map_err(DatasetError::read(from))?;
    let meta_info = ["xlsx", "csv"].map(|extension| format!("{}.{extension}", meta_info()));
    for name in meta_info.iter().map(String::as_str).chain([images]) {
        if whole.join(name).exists() {
            let link = folder.join(name);
            std::os::unix::fs::symlink(whole.join(name), &link)
                .map_err(DatasetError::write(&link))?;
        }
    }
    for (&(label, part), names) in dealt {
        let path = folder.join(SPLITS).join(list_file(label, part));
        let lines: Vec<u8> =
            names.iter().flat_map(|name| [name.as_bytes(), b"\n"].concat()).collect();
        write(&path, &lines)?;
    }
    if from.join(MANIFEST).is_file() {
        manifest::write(&folder.join(MANIFEST), &rows(&from.join(MANIFEST), images, dealt, told)?)?;
    }
    let path = folder.join(RESPLIT);
    let json = serde_json::to_vec_pretty(told)
        .map_err(|e| DatasetError::write(&path)(std::io::Error::other(e)))?;
    write(&path, &json)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(DatasetError::write(folder))?;
    std::fs::write(path, bytes).map_err(DatasetError::write(path))
}

/// The pictures' rows, each with the part that it is in now.
fn rows(
    path: &Path,
    images: &str,
    dealt: &BTreeMap<(Label, Split), Vec<String>>,
    told: &Resplit,
) -> Result<Vec<ManifestRow>> {
    let mut part_of: HashMap<String, Split> = HashMap::new();
    for (&(label, part), names) in dealt {
        let class = super::layout::class_folder(label);
        part_of.extend(names.iter().map(|name| (format!("{images}/{class}/{name}"), part)));
    }
    let how = serde_json::json!({"by": told.by, "seed": told.seed}).to_string();
    let rows = manifest::read(path)?.into_iter().filter(ManifestRow::is_picture);
    let with_part = rows.filter_map(|row| {
        let part = part_of.get(&row.file)?.to_string();
        Some(ManifestRow { part, split_how: how.clone(), ..row })
    });
    Ok(with_part.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(root: &Path) {
        std::fs::create_dir(root.join(IMAGES)).expect("folder");
        for &label in Label::all() {
            for (part, count) in [(Split::Train, 20), (Split::Val, 5), (Split::Test, 8)] {
                let names: Vec<String> =
                    (0..count).map(|n| format!("{label}-{part}-{n}.png \n")).collect();
                write(&root.join(SPLITS).join(list_file(label, part)), names.concat().as_bytes())
                    .expect("list");
            }
        }
        let rows = "name,sha256,crop,file,preprint,part\n\
            a.png,00,,Images-processed/CT_COVID/covid-test-0.png,p,test\n,00,,README.md,,\n";
        std::fs::write(root.join(MANIFEST), rows).expect("manifest");
    }

    fn all(root: &Path) -> BTreeMap<(Label, Split), Vec<String>> {
        lists(root, &BTreeSet::new()).expect("lists").0
    }

    #[test]
    fn images_change_parts_and_sizes_stay() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let from = folder.path().join("from");
        std::fs::create_dir(&from).expect("folder");
        dataset(&from);
        let none = BTreeSet::new();
        let made = |name: &str, seed| {
            let to = folder.path().join(name);
            let told = resplit(&from, &to, Deal::Image, seed, &none).expect("made");
            assert_eq!(Resplit::read(&to).expect("read"), Some(told));
            all(&to)
        };
        let (one, again, other) = (made("one", 1), made("again", 1), made("other", 2));
        assert_eq!(one, again);
        assert_ne!(one, other);
        let before = all(&from);
        for (key, names) in &before {
            assert_eq!(one[key].len(), names.len(), "{key:?}");
        }
        let sorted = |lists: &BTreeMap<(Label, Split), Vec<String>>, label| {
            let mut names: Vec<String> = lists
                .iter()
                .filter(|(key, _)| key.0 == label)
                .flat_map(|(_, n)| n.clone())
                .collect();
            names.sort_unstable();
            names
        };
        for &label in Label::all() {
            assert_eq!(sorted(&before, label), sorted(&one, label));
        }
        let moved =
            one[&(Label::COVID, Split::Test)].iter().filter(|n| !n.contains("test")).count();
        assert!(moved > 2, "{one:?}");
        assert!(folder.path().join("one").join(IMAGES).is_dir());
        let rows = manifest::read(&folder.path().join("one").join(MANIFEST)).expect("manifest");
        let part = one.iter().find(|(_, names)| names.contains(&"covid-test-0.png".into()));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].part, part.expect("somewhere").0.1.to_string());
        assert_eq!(Resplit::read(&from).expect("read"), None);
        let error = resplit(&from, &folder.path().join("one"), Deal::Image, 1, &none);
        assert!(error.expect_err("refused").to_string().contains("one"));
    }

    #[test]
    fn what_is_excluded_is_left_out_and_must_be_there() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let from = folder.path().join("from");
        std::fs::create_dir(&from).expect("folder");
        dataset(&from);
        let to = folder.path().join("to");
        let named = |name: &str| BTreeSet::from([name.to_owned()]);
        let error = resplit(&from, &to, Deal::Keep, 0, &named("x.png")).expect_err("refused");
        assert!(error.to_string().contains("x.png") && !to.exists(), "{error}");
        resplit(&from, &to, Deal::Keep, 0, &named("covid-val-3.png")).expect("made");
        let mut expected = all(&from);
        let val = expected.get_mut(&(Label::COVID, Split::Val)).expect("list");
        val.retain(|name| name != "covid-val-3.png");
        assert_eq!(all(&to), expected);
    }
}
