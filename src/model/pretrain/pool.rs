//! Pictures without labels. What is measured on later is left out when they are gathered, so that no
//! option and no mistake of a caller lets it in.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::dataset::export::picture::grey_on_white;
use crate::duplicates::{Sketch, pairs};
use crate::model::pictures::decode;
use crate::model::{BadImage, DatasetFolder, Example, ModelError, Result, Shown, origins};
use crate::store::{ObjectStore, PanelBox, Part, Split, Store, StoreError};

/// Files that are looked at in a folder, by their names' ends.
const EXTENSIONS: [&str; 3] = ["jpg", "jpeg", "png"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlabelled {
    pub path: PathBuf,
    /// The folder, list or database that it is from.
    pub from: PathBuf,
    /// The panel that is meant.
    pub bounds: Option<PanelBox>,
}

impl Shown for Unlabelled {
    fn path(&self) -> &Path {
        &self.path
    }

    fn list(&self) -> &Path {
        &self.from
    }

    fn bounds(&self) -> Option<PanelBox> {
        self.bounds
    }
}

/// What was gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// In an order that is always the same.
    pub pictures: Vec<Unlabelled>,
    /// Left out, as they are of the parts that are measured on, or look like a picture of those.
    pub held_out: usize,
    /// What could not be read, each with the reason.
    pub failures: Vec<String>,
}

/// The training part of a dataset in the COVID-CT layout, but for what is of a paper that is in its other parts
/// too, or looks like a picture of these: the published lists have both.
///
/// # Errors
/// When its lists cannot be read, or a picture that is measured on.
pub fn from_dataset(dataset: &DatasetFolder) -> Result<Pool> {
    let (examples, measured) = (dataset.examples(Part::Train)?, measured_on(dataset)?);
    let of_measured = origins(dataset.root(), &measured)?.into_iter();
    let held_out: HashSet<String> = of_measured.map(|origin| origin.group).collect();
    let mut pool = Pool::default();
    let of_examples = origins(dataset.root(), &examples)?;
    for (Example { path, list, .. }, origin) in examples.into_iter().zip(of_examples) {
        if held_out.contains(&origin.group) {
            pool.held_out += 1;
        } else {
            pool.pictures.push(Unlabelled { path, from: list, bounds: None });
        }
    }
    without(pool, &measured)
}

/// The pictures of a dataset that are measured on.
fn measured_on(dataset: &DatasetFolder) -> Result<Vec<Example>> {
    let mut examples = dataset.examples(Part::Val)?;
    examples.extend(dataset.examples(Part::Test)?);
    Ok(examples)
}

/// Every panel that is marked as a CT in the database, of papers with no panel in the split's
/// validation or test part: a paper's panels are too alike to be torn apart.
///
/// # Errors
/// The database's.
pub fn from_database(
    store: &Store,
    objects: &ObjectStore,
    split: Option<&Split>,
) -> std::result::Result<Pool, StoreError> {
    let panels = store.labelled_panels()?;
    let measured: HashSet<i64> = split
        .into_iter()
        .flat_map(|split| &split.parts)
        .filter(|(_, part)| *part != Part::Train)
        .map(|(panel, _)| *panel)
        .collect();
    let held_out: HashSet<&str> = panels
        .iter()
        .filter(|panel| measured.contains(&panel.id))
        .map(|panel| panel.preprint_name.as_str())
        .collect();
    let mut pool = Pool::default();
    for panel in &panels {
        if held_out.contains(panel.preprint_name.as_str()) {
            pool.held_out += 1;
            continue;
        }
        pool.pictures.push(Unlabelled {
            path: objects.path(&panel.object),
            from: PathBuf::from(format!(
                "the database, {} page {}",
                panel.preprint_name, panel.page
            )),
            bounds: Some(panel.bounds),
        });
    }
    pool.pictures.sort_by(|a, b| (&a.path, a.bounds).cmp(&(&b.path, b.bounds)));
    pool.pictures.dedup();
    Ok(pool)
}

/// Every picture below the folders, but those that look like one of the validation or test part of
/// `measured`, whatever they are called: copies, other sizes, crops.
///
/// # Errors
/// When the lists or a picture of `measured` cannot be read. Another picture that cannot be is named in
/// `failures`.
pub fn from_folders(folders: &[PathBuf], measured: Option<&DatasetFolder>) -> Result<Pool> {
    let mut pool = Pool::default();
    for folder in folders {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_picture(entry.path()) => {
                    let path = entry.into_path();
                    pool.pictures.push(Unlabelled { path, from: folder.clone(), bounds: None });
                }
                Ok(_) => {}
                Err(error) => pool.failures.push(error.to_string()),
            }
        }
    }
    match measured {
        Some(dataset) => without(pool, &measured_on(dataset)?),
        None => Ok(pool),
    }
}

/// Takes out what looks like one of the others.
///
/// # Errors
/// When one of these cannot be read: nothing would tell its copies.
fn without(mut pool: Pool, others: &[Example]) -> Result<Pool> {
    let own = pool.pictures.len();
    let paths: Vec<&Path> = pool
        .pictures
        .iter()
        .map(Shown::path)
        .chain(others.iter().map(|example| example.path.as_path()))
        .collect();
    let sketches: Vec<std::result::Result<Sketch, String>> =
        paths.par_iter().map(|path| sketch(path)).collect();
    let mut seen = Vec::new();
    let mut places = Vec::new();
    let mut dropped = vec![false; own];
    let mut unknown = Vec::new();
    for (place, sketch) in sketches.into_iter().enumerate() {
        match sketch {
            Ok(sketch) => {
                seen.push(sketch);
                places.push(place);
            }
            Err(reason) if place < own => {
                pool.failures.push(format!("{}: {reason}", paths[place].display()));
                dropped[place] = true;
            }
            Err(reason) => {
                let Example { path, list, .. } = others[place - own].clone();
                unknown.push(BadImage { path, list, reason });
            }
        }
    }
    if !unknown.is_empty() {
        return Err(ModelError::BadImages(unknown));
    }
    for pair in pairs(&seen, &()) {
        let (one, other) = (places[pair.one], places[pair.other]);
        if (one < own) != (other < own) && !std::mem::replace(&mut dropped[one.min(other)], true) {
            pool.held_out += 1;
        }
    }
    let mut dropped = dropped.into_iter();
    pool.pictures.retain(|_| !dropped.next().unwrap_or(false));
    Ok(pool)
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|own| EXTENSIONS.iter().any(|known| own.eq_ignore_ascii_case(known)))
}

fn sketch(path: &Path) -> std::result::Result<Sketch, String> {
    decode(path).map(|picture| Sketch::of(&grey_on_white(&picture)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    /// A picture that looks like no other of another seed.
    fn texture(seed: u32, side: u32) -> GrayImage {
        GrayImage::from_fn(side, side, |x, y| {
            let (x, y) = (x as f32 / side as f32, y as f32 / side as f32);
            let s = seed as f32;
            let wave =
                (x * (5.0 + s * 3.0)).sin() + (y * (7.0 + s * 2.0)).cos() + (x * y * 9.0 * s).sin();
            Luma([(128.0 + 40.0 * wave) as u8])
        })
    }

    #[test]
    fn what_is_measured_on_is_left_out_under_any_name() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let dataset = folder.path().join("dataset");
        let pictures = folder.path().join("pictures");
        std::fs::create_dir_all(dataset.join("Images/CT_COVID")).expect("folder");
        std::fs::create_dir_all(&pictures).expect("folder");
        for (class, names) in [("COVID", "t.png\n"), ("NonCOVID", "")] {
            let lists = dataset.join("Data-split").join(class);
            std::fs::create_dir_all(&lists).expect("folder");
            for part in ["train", "val", "test"] {
                let text = if part == "test" { names } else { "" };
                // A part of nothing is refused, so each lists something that is there.
                let text = if part == "val" && class == "COVID" { "v.png\n" } else { text };
                std::fs::write(lists.join(format!("{part}CT_{class}.txt")), text).expect("list");
            }
        }
        texture(1, 200).save(dataset.join("Images/CT_COVID/t.png")).expect("save");
        texture(2, 200).save(dataset.join("Images/CT_COVID/v.png")).expect("save");
        texture(1, 260).save(pictures.join("renamed and larger.png")).expect("save");
        texture(3, 200).save(pictures.join("another.png")).expect("save");
        std::fs::write(pictures.join("broken.png"), "no picture").expect("file");
        std::fs::write(pictures.join("notes.txt"), "not looked at").expect("file");
        let measured = DatasetFolder::open(&dataset).expect("dataset");
        let pool = from_folders(std::slice::from_ref(&pictures), Some(&measured)).expect("pool");
        let names: Vec<_> =
            pool.pictures.iter().map(|p| p.path.file_name().expect("name")).collect();
        assert_eq!(names, ["another.png"]);
        assert_eq!(pool.held_out, 1);
        assert!(pool.failures.len() == 1 && pool.failures[0].contains("broken.png"));
        let all = from_folders(&[pictures], None).expect("pool");
        assert_eq!(all.pictures.len(), 3);

        // A copy in the training part is none either, nor is another picture of a paper that is tested on.
        for (name, seed) in [("copy.png", 1), ("2020.03.01.20029769-p1-2.png", 4), ("own.png", 5)] {
            texture(seed, 180).save(dataset.join("Images/CT_COVID").join(name)).expect("save");
        }
        let paper = "2020.03.01.20029769-p2-7.png";
        texture(6, 200).save(dataset.join("Images/CT_COVID").join(paper)).expect("save");
        let list = |part: &str, names: &str| {
            let list = dataset.join(format!("Data-split/COVID/{part}CT_COVID.txt"));
            std::fs::write(list, names).expect("list");
        };
        list("train", "copy.png\n2020.03.01.20029769-p1-2.png\nown.png\n");
        list("test", &format!("t.png\n{paper}\n"));
        let pool = from_dataset(&measured).expect("pool");
        let names: Vec<_> =
            pool.pictures.iter().map(|p| p.path.file_name().expect("name")).collect();
        assert_eq!(names, ["own.png"]);
        assert_eq!(pool.held_out, 2);
        std::fs::write(dataset.join("Images/CT_COVID/t.png"), "no picture").expect("file");
        let refused = from_dataset(&measured).expect_err("its copies cannot be told").to_string();
        assert!(refused.contains("t.png"), "{refused}");
    }
}
