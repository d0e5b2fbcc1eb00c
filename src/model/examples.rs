//! A dataset in the published COVID-CT layout: which images each part lists.
//!
//! `Images-processed/` (or `Images/`, as in the release's archive) holds a folder a class, `CT_COVID/` and
//! `CT_NonCOVID/` of COVID-CT; `Data-split/` holds the lists, `COVID/trainCT_COVID.txt` and its like, a file name a line.

use crate::dataset::layout::{SPLITS, class_folder, list_file};
use std::path::{Path, PathBuf};

use covid_ct_core::FileName;
use rayon::prelude::*;

use super::{BadImage, Filed, ModelError, Result};
use covid_ct_core::{Label, Split, sha256_hex, sha256_of_file};

/// An image of the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Name as listed.
    pub file: String,
    pub path: PathBuf,
    /// The list that names it.
    pub list: PathBuf,
    pub label: Label,
}

impl Filed for Example {
    fn path(&self) -> &Path {
        &self.path
    }

    fn list(&self) -> &Path {
        &self.list
    }
}

#[derive(Debug, Clone)]
pub struct DatasetFolder {
    root: PathBuf,
    layout: Layout,
}

#[derive(Debug, Clone)]
enum Layout {
    /// Lists, and a folder of pictures with a folder a class.
    Published { images: PathBuf },
    /// Whatever it is: its pictures, by class.
    Given(Vec<(Split, Example)>),
}

impl DatasetFolder {
    /// # Errors
    /// [`ModelError::NoDataset`] where the folder is not laid out so.
    pub fn open(root: &Path) -> Result<Self> {
        let images = ["Images-processed", "Images"].map(|name| root.join(name));
        match images.into_iter().find(|folder| folder.is_dir()) {
            Some(images) => Ok(Self { root: root.into(), layout: Layout::Published { images } }),
            None => Err(ModelError::NoDataset { folder: root.into() }),
        }
    }

    /// Of these pictures, by class; `root` is what it is called by.
    pub(super) fn given(root: &Path, examples: Vec<(Split, Example)>) -> Self {
        Self { root: root.into(), layout: Layout::Given(examples) }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The images of a part by class, in the order of the task, each class in the order of its list. Whether they can be
    /// read is not looked at.
    ///
    /// # Errors
    /// [`ModelError::List`] where a list is missing, [`ModelError::Empty`] where both are empty,
    /// [`ModelError::BadImages`] where a name is none of a picture.
    pub fn examples(&self, part: Split) -> Result<Vec<Example>> {
        let images = match &self.layout {
            Layout::Published { images } => images,
            Layout::Given(all) => {
                let of_part = all.iter().filter(|(of, _)| *of == part);
                let examples: Vec<Example> = of_part.map(|(_, example)| example.clone()).collect();
                return if examples.is_empty() {
                    Err(ModelError::Empty { folder: self.root.clone(), part })
                } else {
                    Ok(examples)
                };
            }
        };
        let (mut examples, mut bad) = (Vec::new(), Vec::new());
        for &label in Label::all() {
            let list = self.root.join(SPLITS).join(list_file(label, part));
            let names = std::fs::read_to_string(&list)
                .map_err(|source| ModelError::List { path: list.clone(), source })?;
            let folder = images.join(class_folder(label));
            // The published lists end some names with a space.
            let names = names.lines().map(str::trim).filter(|name| !name.is_empty());
            for name in names {
                let (path, list) = (folder.join(name), list.clone());
                match FileName::of_picture(name) {
                    Ok(name) => {
                        examples.push(Example { file: name.to_string(), path, list, label });
                    }
                    Err(reason) => bad.push(BadImage { path, list, reason }),
                }
            }
        }
        if !bad.is_empty() {
            return Err(ModelError::BadImages(bad));
        }
        if examples.is_empty() {
            return Err(ModelError::Empty { folder: self.root.clone(), part });
        }
        Ok(examples)
    }

    /// Like [`DatasetFolder::examples`], for what needs both classes, or of more two at least.
    ///
    /// # Errors
    /// As there, and [`ModelError::MissingClass`].
    pub fn examples_of_both(&self, part: Split) -> Result<Vec<Example>> {
        let examples = self.examples(part)?;
        let is_there = |label: &&Label| examples.iter().any(|example| example.label == **label);
        // Of many classes a rare one may well be missing from a part.
        let enough = Label::all().len() > 2 && Label::all().iter().filter(is_there).count() > 1;
        match missing_class(&examples).filter(|_| !enough) {
            Some(label) => Err(ModelError::MissingClass { folder: self.root.clone(), part, label }),
            None => Ok(examples),
        }
    }

    /// SHA-256 in hexadecimal over what a run learns from and is chosen by, as [`RunConfig`] keeps it: the names,
    /// labels and bytes of the images of train and val. Equal where a network would see the same.
    ///
    /// # Errors
    /// As [`DatasetFolder::examples`], and [`ModelError::BadImages`] naming every image that cannot be read.
    ///
    /// [`RunConfig`]: crate::runs::RunConfig
    pub fn digest(&self) -> Result<String> {
        digest(self.examples(Split::Train)?.iter().chain(&self.examples(Split::Val)?))
    }
}

/// The first class that no example is of.
pub fn missing_class(examples: &[Example]) -> Option<Label> {
    let is_missing = |label: &Label| !examples.iter().any(|example| example.label == *label);
    Label::all().iter().copied().find(is_missing)
}

/// Of examples in their order.
fn digest<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Result<String> {
    let examples: Vec<&Example> = examples.into_iter().collect();
    let hash = |example: &&Example| {
        sha256_of_file(&example.path).map_err(|e| BadImage {
            path: example.path.clone(),
            list: example.list.clone(),
            reason: e.to_string(),
        })
    };
    let hashed: Vec<std::result::Result<String, BadImage>> =
        examples.par_iter().map(hash).collect();
    let (mut lines, mut bad) = (Vec::new(), Vec::new());
    for (example, hashed) in examples.iter().zip(hashed) {
        match hashed {
            // No name holds a line end.
            Ok(hash) => lines.push(format!("{hash} {} {}\n", example.label, example.file)),
            Err(image) => bad.push(image),
        }
    }
    if bad.is_empty() {
        Ok(sha256_hex(lines.concat().as_bytes()))
    } else {
        Err(ModelError::BadImages(bad))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(images: &str, covid: &str, non_covid: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("temporary folder");
        std::fs::create_dir(folder.path().join(images)).expect("folder");
        for (class, lines) in [("COVID", covid), ("NonCOVID", non_covid)] {
            let lists = folder.path().join("Data-split").join(class);
            std::fs::create_dir_all(&lists).expect("folder");
            std::fs::write(lists.join(format!("valCT_{class}.txt")), lines).expect("list");
        }
        folder
    }

    #[test]
    fn reads_both_spellings_and_trims_names() {
        for images in ["Images", "Images-processed"] {
            let folder = layout(images, "a.png \r\n\nb%1.png\n", "c.jpg");
            let dataset = DatasetFolder::open(folder.path()).expect("dataset");
            let examples = dataset.examples_of_both(Split::Val).expect("examples");
            let files: Vec<_> = examples.iter().map(|e| (e.file.as_str(), e.label)).collect();
            let expected =
                [("a.png", Label::COVID), ("b%1.png", Label::COVID), ("c.jpg", Label::NON_COVID)];
            assert_eq!(files, expected);
            assert_eq!(examples[2].path, folder.path().join(images).join("CT_NonCOVID/c.jpg"));
        }
    }

    #[test]
    fn a_digest_tells_names_labels_and_bytes_apart() {
        let folder = layout("Images", "a.png\nb.png\n", "c.png");
        for (name, text) in
            [("CT_COVID/a.png", "1"), ("CT_COVID/b.png", "2"), ("CT_NonCOVID/c.png", "3")]
        {
            let path = folder.path().join("Images").join(name);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            std::fs::write(path, text).expect("file");
        }
        let dataset = DatasetFolder::open(folder.path()).expect("dataset");
        let examples = dataset.examples(Split::Val).expect("examples");
        let first = digest(&examples).expect("digest");
        assert_eq!(first, digest(&examples).expect("digest"));
        assert_eq!(first.len(), 64);
        let mut other = examples.clone();
        other[0].label = Label::NON_COVID;
        assert_ne!(first, digest(&other).expect("digest"));
        std::fs::write(&examples[1].path, "4").expect("file");
        assert_ne!(first, digest(&examples).expect("digest"));
        std::fs::remove_file(&examples[1].path).expect("remove");
        let error = digest(&examples).expect_err("one is gone").to_string();
        assert!(error.contains("b.png"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = layout("Images", "a.png\n", "");
        let dataset = DatasetFolder::open(folder.path()).expect("dataset");
        let error = dataset.examples_of_both(Split::Val).expect_err("one class").to_string();
        assert!(error.contains("val") && error.contains("non-covid"), "{error}");
        let error = dataset.examples(Split::Test).expect_err("no list").to_string();
        assert!(error.contains("testCT_COVID.txt"), "{error}");
        let empty = tempfile::tempdir().expect("temporary folder");
        assert!(matches!(DatasetFolder::open(empty.path()), Err(ModelError::NoDataset { .. })));
        let folder = layout("Images", "", "\n");
        let dataset = DatasetFolder::open(folder.path()).expect("dataset");
        assert!(matches!(dataset.examples(Split::Val), Err(ModelError::Empty { .. })));
    }
}
