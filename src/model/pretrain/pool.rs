//! Pictures without labels. What is measured on later is left out where they are gathered, from all sources
//! alike, so that no option and no mistake of a caller lets it in.

use crate::task;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use covid_ct_core::grey_on_white;

use crate::dataset::export::picture::grey;
use crate::duplicates::{Sketch, pairs};
use crate::model::picture::decode;
use crate::model::{BadImage, DatasetFolder, Example, Filed, ModelError, Result, origins};
use crate::store::{LabelledPanel, NamedSplit, Store, Subject};
use covid_ct_core::{ObjectId, ObjectStore, PanelBox, Split, Stage, sha256_hex};

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

impl Filed for Unlabelled {
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

/// Where to gather.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// A dataset in the COVID-CT layout: its training split.
    pub dataset: Option<&'a DatasetFolder>,
    /// Whatever is marked as a CT in it.
    pub database: Option<Database<'a>>,
    /// Every picture below them.
    pub folders: &'a [PathBuf],
    /// A dataset, besides `dataset`, that is measured on.
    pub held_out: Option<&'a DatasetFolder>,
}

#[derive(Debug, Clone, Copy)]
pub struct Database<'a> {
    pub store: &'a Store,
    pub objects: &'a ObjectStore,
    /// Its validation and test split are measured on.
    pub split: &'a NamedSplit,
}

/// What was gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pool {
    /// In an order that is always the same.
    pub pictures: Vec<Unlabelled>,
    /// Left out, as they are of the papers that are measured on, or look like a picture that is.
    pub held_out: usize,
    /// What could not be read, each with the reason.
    pub failures: Vec<String>,
}

/// What is measured on: the validation and test parts that are known.
#[derive(Debug, Default)]
struct Measured {
    pictures: Vec<Unlabelled>,
    papers: HashSet<String>,
}

/// Gathers pictures from all sources. What is of a paper of which a picture is measured on is left out where
/// papers are known, for a paper's pictures are too alike to be torn apart, and the published lists do so; from
/// every source what looks like a picture that is measured on, whatever it is called: copies, other sizes, crops.
///
/// # Errors
/// The database's; when lists cannot be read, or a picture that is measured on: nothing would tell its copies.
/// Another picture that cannot be read is named in `failures`.
pub fn gather(sources: Sources<'_>) -> Result<Pool> {
    let Sources { dataset, database, folders, held_out } = sources;
    let mut measured = Measured::default();
    for dataset in dataset.into_iter().chain(held_out) {
        measured.add_dataset(dataset)?;
    }
    let panels = database.map(|database| database.store.labelled_panels()).transpose()?;
    let panels = panels.unwrap_or_default();
    if let Some(database) = database {
        measured.add_split(&database, &panels);
    }
    let mut pool = Pool::default();
    if let Some(dataset) = dataset {
        let examples = dataset.examples(Split::Train)?;
        let papers = origins(dataset.root(), &examples)?.into_iter().map(|origin| origin.group);
        pool.add(papers.zip(examples.into_iter().map(Unlabelled::from)), &measured);
    }
    if let Some(database) = database {
        pool.add(database.marked(&panels)?.into_iter(), &measured);
    }
    let below = pictures_below(folders);
    pool.pictures.extend(below.pictures);
    pool.failures.extend(below.failures);
    pool.without(&measured.pictures)
}

/// Every picture below the folders, whatever is measured on.
pub fn pictures_below(folders: &[PathBuf]) -> Pool {
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
    pool
}

impl From<Example> for Unlabelled {
    fn from(Example { path, list, .. }: Example) -> Self {
        Self { path, from: list, bounds: None }
    }
}

impl Measured {
    fn add_dataset(&mut self, dataset: &DatasetFolder) -> Result<()> {
        for part in [Split::Val, Split::Test] {
            let examples = match dataset.examples(part) {
                // Nothing is measured on it then.
                Err(ModelError::Empty { .. }) => continue,
                examples => examples?,
            };
            let origins = origins(dataset.root(), &examples)?.into_iter();
            self.papers.extend(origins.map(|origin| origin.group));
            self.pictures.extend(examples.into_iter().map(Unlabelled::from));
        }
        Ok(())
    }

    fn add_split(&mut self, database: &Database<'_>, panels: &[LabelledPanel]) {
        let parts = database.split.parts.iter().filter(|(_, part)| *part != Split::Train);
        let ids: HashSet<i64> = parts.map(|(panel, _)| *panel).collect();
        for panel in panels.iter().filter(|panel| ids.contains(&panel.id)) {
            self.papers.insert(panel.preprint_name.clone());
            self.pictures.push(database.panel(panel));
        }
    }
}

impl Database<'_> {
    /// The panels of pictures that are marked as CTs, and those that nobody has cropped yet as they are, each with
    /// its paper. Not where curators disagree whether it is one.
    fn marked(&self, panels: &[LabelledPanel]) -> Result<Vec<(String, Unlabelled)>> {
        let selected = self.store.verdicts(task::in_force().selecting())?;
        let cropped = self.store.verdicts(Stage::Crop)?;
        let is_ct = |image| {
            let verdict = selected.get(&Subject::image(image));
            verdict
                .is_some_and(|it| it.agreed && it.value.known().is_some_and(|answer| answer.keeps))
        };
        let mut marked: Vec<(String, Unlabelled)> = panels
            .iter()
            .filter(|panel| is_ct(panel.image))
            .map(|panel| (panel.preprint_name.clone(), self.panel(panel)))
            .collect();
        for image in self.store.images()? {
            if is_ct(image.id) && !cropped.contains_key(&Subject::image(image.id)) {
                let picture = self.picture(&image.object, &image.preprint_name, image.page, None);
                marked.push((image.preprint_name, picture));
            }
        }
        marked.sort_by(|(_, a), (_, b)| (&a.path, a.bounds).cmp(&(&b.path, b.bounds)));
        // Two documents may hold the same picture.
        marked.dedup_by(|(_, a), (_, b)| (&a.path, a.bounds) == (&b.path, b.bounds));
        Ok(marked)
    }

    fn panel(&self, panel: &LabelledPanel) -> Unlabelled {
        self.picture(&panel.object, &panel.preprint_name, panel.page, Some(panel.bounds))
    }

    fn picture(
        &self,
        object: &ObjectId,
        paper: &str,
        page: u32,
        bounds: Option<PanelBox>,
    ) -> Unlabelled {
        let from = PathBuf::from(format!("the database, {paper} page {page}"));
        Unlabelled { path: self.objects.path(object), from, bounds }
    }
}

impl Pool {
    /// Adds pictures, each with its paper.
    fn add(&mut self, more: impl Iterator<Item = (String, Unlabelled)>, measured: &Measured) {
        for (paper, picture) in more {
            if measured.papers.contains(&paper) {
                self.held_out += 1;
            } else {
                self.pictures.push(picture);
            }
        }
    }

    /// Takes out what looks like one of the others, and what cannot be read.
    fn without(mut self, others: &[Unlabelled]) -> Result<Self> {
        let own = self.pictures.len();
        let all: Vec<&Unlabelled> = self.pictures.iter().chain(others).collect();
        let looks: Vec<std::result::Result<Fingerprint, String>> =
            all.par_iter().map(|picture| fingerprint(picture)).collect();
        let mut seen = Vec::new();
        let mut places = Vec::new();
        // Of pictures without texture the sketch tells nothing, but these do.
        let mut pixels: HashMap<String, Vec<usize>> = HashMap::new();
        let mut dropped = vec![false; own];
        let mut unknown = Vec::new();
        for (place, look) in looks.into_iter().enumerate() {
            match look {
                Ok(look) => {
                    seen.push(look.sketch);
                    places.push(place);
                    pixels.entry(look.pixels).or_default().push(place);
                }
                Err(reason) if place < own => {
                    self.failures.push(format!("{}: {reason}", all[place].path.display()));
                    dropped[place] = true;
                }
                Err(reason) => {
                    let Unlabelled { path, from, .. } = all[place].clone();
                    unknown.push(BadImage { path, list: from, reason });
                }
            }
        }
        if !unknown.is_empty() {
            return Err(ModelError::BadImages(unknown));
        }
        let alike = pairs(&seen, &()).into_iter();
        let alike = alike.map(|pair| vec![places[pair.one], places[pair.other]]);
        for places in alike.chain(pixels.into_values()) {
            let (ours, theirs): (Vec<usize>, Vec<usize>) =
                places.into_iter().partition(|&place| place < own);
            for place in ours.into_iter().filter(|_| !theirs.is_empty()) {
                self.held_out += usize::from(!std::mem::replace(&mut dropped[place], true));
            }
        }
        let mut dropped = dropped.into_iter();
        self.pictures.retain(|_| !dropped.next().unwrap_or(false));
        Ok(self)
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|own| EXTENSIONS.iter().any(|known| own.eq_ignore_ascii_case(known)))
}

/// What a picture is known again by.
struct Fingerprint {
    sketch: Sketch,
    /// SHA-256 of its size and grey levels, in hexadecimal.
    pixels: String,
}

fn fingerprint(shown: &Unlabelled) -> std::result::Result<Fingerprint, String> {
    let picture = decode(&shown.path)?;
    let grey = match shown.bounds {
        Some(bounds) => grey(&picture, bounds)?,
        None => grey_on_white(&picture),
    };
    let size = format!("{} x {}\n", grey.width(), grey.height());
    let pixels = sha256_hex(&[size.as_bytes(), grey.as_raw()].concat());
    Ok(Fingerprint { sketch: Sketch::of(&grey), pixels })
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
        let folders = [pictures];
        let below = Sources { folders: &folders, ..Sources::default() };
        let pool = gather(Sources { held_out: Some(&measured), ..below }).expect("pool");
        let names: Vec<_> =
            pool.pictures.iter().map(|p| p.path.file_name().expect("name")).collect();
        assert_eq!(names, ["another.png"]);
        assert_eq!(pool.held_out, 1);
        assert!(pool.failures.len() == 1 && pool.failures[0].contains("broken.png"));
        let all = gather(below).expect("pool");
        assert_eq!((all.pictures.len(), all.failures.len()), (2, 1));

        // A copy in the training split is none either, nor is another picture of a paper that is tested on.
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
        let training = Sources { dataset: Some(&measured), ..Sources::default() };
        let pool = gather(training).expect("pool");
        let names: Vec<_> =
            pool.pictures.iter().map(|p| p.path.file_name().expect("name")).collect();
        assert_eq!(names, ["own.png"]);
        assert_eq!(pool.held_out, 2);
        std::fs::write(dataset.join("Images/CT_COVID/t.png"), "no picture").expect("file");
        let refused = gather(training).expect_err("its copies cannot be told").to_string();
        assert!(refused.contains("t.png"), "{refused}");
    }
}
