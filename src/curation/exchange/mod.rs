//! Boxes, classes and cases out to the tools that people have, and in from them: COCO, Label Studio, CVAT for
//! images 1.1 and YOLO. Whole pictures are exchanged, with the boxes of their panels.
//!
//! [`export`] writes what is in force and agreed, with the pictures beside it. [`import`] takes what a tool wrote
//! as decisions of a named curator, like any other: what is in force already is not said again, what this curator
//! said otherwise is kept, and nothing is overwritten. Boxes are whole pixels in all of them; what a format cannot
//! hold is told.

mod coco;
mod cvat;
mod import;
mod label_studio;
#[cfg(test)]
mod tests;
mod yolo;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::atomic::folder::NewFolder;
use crate::dataset::history::stem_of;
use crate::store::{ImageRow, LabelledPanel, Store, StoreError, Subject, Verdict};
use crate::task;
use covid_ct_core::{PanelBox, Stage, Symbol};

pub use import::{Counts, Imported, import};

covid_ct_core::string_enum! {
    /// What a tool reads and writes.
    pub enum Format {
        Coco = "coco",
        LabelStudio = "label-studio",
        Cvat = "cvat",
        Yolo = "yolo",
    }
}

/// Where the pictures go, in the folder of an export.
const PICTURES: &str = "images";

/// The class of a box on which nobody has decided.
const UNLABELLED: &str = "unlabelled";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is there and not empty: name a folder that is to be made", path = path.display())]
    Taken { path: PathBuf },
    #[error("{path}: {problem}", path = path.display())]
    Wrong { path: PathBuf, problem: String },
    #[error(transparent)]
    Object(#[from] covid_ct_core::ObjectError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, ExchangeError>;

/// A box with what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Boxed {
    pub bounds: PanelBox,
    pub letter: String,
    /// The word of the answer that gives the class.
    pub answer: Option<Symbol>,
    /// Empty where nobody is named.
    pub case: String,
    /// Empty where the paper does not say.
    pub time: String,
}

impl Boxed {
    fn new(bounds: PanelBox) -> Self {
        let (letter, case, time) = (String::new(), String::new(), String::new());
        Self { bounds, letter, answer: None, case, time }
    }

    /// `covid`, or `unlabelled`.
    fn class(&self) -> &'static str {
        self.answer.map_or(UNLABELLED, Symbol::as_str)
    }
}

/// A picture to write.
#[derive(Debug, Clone)]
struct Picture {
    image: ImageRow,
    /// `2020.01.01.1-p2-9.png`
    name: String,
    caption: String,
    boxes: Vec<Boxed>,
}

/// The classes, in the order of their numbers: the answers to the question that gives classes, in its order.
fn classes() -> Vec<&'static str> {
    words().map(Symbol::as_str).chain([UNLABELLED]).collect()
}

fn words() -> impl Iterator<Item = Symbol> {
    let task = task::in_force();
    let asked = task.question(task.classifying());
    asked.into_iter().flat_map(|asked| &asked.answers).map(|answer| answer.word)
}

/// What a class that a tool wrote means: `Ok(None)` for a box without one.
fn class(word: &str) -> std::result::Result<Option<Symbol>, String> {
    match word.trim() {
        UNLABELLED | "" => Ok(None),
        word => words()
            .find(|known| *known == *word)
            .map(Some)
            .ok_or_else(|| format!("the class '{word}' is none of: {}", classes().join(", "))),
    }
}

/// What was read of a file.
#[derive(Debug, Default)]
struct Read {
    pictures: Vec<ReadPicture>,
    /// What was not taken, and why, a sentence each.
    left_out: Vec<String>,
}

#[derive(Debug, PartialEq)]
struct ReadPicture {
    /// As the tool calls it, folders and all.
    name: String,
    sha256: Option<String>,
    size: Option<(u32, u32)>,
    boxes: Vec<Boxed>,
}

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub pictures: usize,
    pub boxes: usize,
    /// What the format cannot hold, a sentence each.
    pub left_out: Vec<String>,
}

/// Writes all pictures that curators agree are wanted, with their boxes, into a new `folder`.
///
/// # Errors
/// Where something is there already, a picture cannot be read, or the disk refuses.
pub fn export(store: &Store, folder: &Path, format: Format) -> Result<Written> {
    let write = |source| ExchangeError::Write { path: folder.into(), source };
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(ExchangeError::Taken { path: folder.into() });
    }
    let (pictures, mut left_out) = gather(store)?;
    let making = NewFolder::beside(folder).map_err(write)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let files = match format {
        Format::Coco => coco::write(&pictures),
        Format::LabelStudio => label_studio::write(&pictures, &name),
        Format::Cvat => cvat::write(&pictures),
        Format::Yolo => yolo::write(&pictures),
    };
    for (path, text) in files {
        put(&making.path().join(path), text.as_bytes()).map_err(write)?;
    }
    for picture in &pictures {
        let bytes = store.objects().read(&picture.image.object)?;
        put(&making.path().join(PICTURES).join(&picture.name), &bytes).map_err(write)?;
    }
    making.put().map_err(write)?;
    if format == Format::Yolo {
        left_out.extend(yolo::left_out(&pictures));
    }
    let boxes = pictures.iter().map(|picture| picture.boxes.len()).sum();
    Ok(Written { pictures: pictures.len(), boxes, left_out })
}

fn put(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}

/// Pictures that curators agree are wanted, in the order of their names, with what is in force of them.
fn gather(store: &Store) -> Result<(Vec<Picture>, Vec<String>)> {
    let crops = store.verdicts(Stage::Crop)?;
    let panels = InForce::read(store)?;
    let mut pictures = Vec::new();
    let mut disputed = 0;
    for (image, name) in named(store)? {
        let caption = store.figure_of_image(image.id)?.map_or(String::new(), |f| f.caption);
        let crop = crops.get(&Subject::image(image.id));
        disputed += usize::from(crop.is_some_and(|verdict| !verdict.agreed));
        let boxes = match crop {
            Some(verdict) if verdict.agreed => panels.of(image.id).collect(),
            // Where no boxes are asked for, a picture is its only panel.
            None if !task::in_force().crop.is_asked => panels.of(image.id).collect(),
            _ => Vec::new(),
        };
        pictures.push(Picture { image, name, caption, boxes });
    }
    pictures.sort_by(|one, other| one.name.cmp(&other.name));
    let told = format!("{disputed} pictures go without boxes: curators disagree on these");
    Ok((pictures, if disputed > 0 { vec![told] } else { Vec::new() }))
}

/// The pictures that curators agree are wanted, each with the name of its file in an export.
fn named(store: &Store) -> Result<Vec<(ImageRow, String)>> {
    let selected = store.verdicts(task::in_force().selecting())?;
    let is_wanted = |verdict: &Verdict| {
        verdict.agreed && verdict.value.known().is_some_and(|answer| answer.keeps)
    };
    let mut taken: HashSet<String> = HashSet::new();
    let mut named = Vec::new();
    for image in store.images()? {
        if !selected.get(&Subject::image(image.id)).is_some_and(is_wanted) {
            continue;
        }
        let stem = stem_of(store, &image)?;
        let extension = &image.object.extension;
        let mut name = format!("{stem}.{extension}");
        if !taken.insert(name.to_lowercase()) {
            // Two versions of a paper may have pictures of one name.
            name = format!("{stem}-{}.{extension}", &image.object.sha256[..12]);
            taken.insert(name.to_lowercase());
        }
        named.push((image, name));
    }
    Ok(named)
}

/// Panels in force, with what is agreed of them.
struct InForce {
    panels: HashMap<i64, Vec<LabelledPanel>>,
    classified: HashMap<Subject, Verdict>,
}

impl InForce {
    fn read(store: &Store) -> Result<Self> {
        let mut panels: HashMap<i64, Vec<LabelledPanel>> = HashMap::new();
        for panel in store.labelled_panels()? {
            panels.entry(panel.image).or_default().push(panel);
        }
        Ok(Self { panels, classified: store.verdicts(task::in_force().classifying())? })
    }

    /// What is agreed of a panel, or of its picture where nothing is said of the panel alone.
    fn answer(&self, image: i64, panel: Option<i64>) -> Option<Symbol> {
        let own = panel.and_then(|panel| self.classified.get(&Subject::panel(image, panel)));
        let verdict = own.or_else(|| self.classified.get(&Subject::image(image)))?;
        let answer = verdict.value.known().filter(|_| verdict.agreed)?;
        Some(answer.word)
    }

    fn panels(&self, image: i64) -> &[LabelledPanel] {
        self.panels.get(&image).map_or(&[], Vec::as_slice)
    }

    fn of(&self, image: i64) -> impl Iterator<Item = Boxed> {
        self.panels(image).iter().map(move |panel| Boxed {
            bounds: panel.bounds,
            letter: panel.letter.clone(),
            answer: self.answer(image, Some(panel.id)),
            case: panel.case.clone().unwrap_or_default(),
            time: panel.scan_time.clone().unwrap_or_default(),
        })
    }
}

/// A box in whole pixels, of numbers that tools write; `None` where it holds no pixel.
fn rounded(x: f64, y: f64, w: f64, h: f64) -> Option<PanelBox> {
    let pixel = |value: f64| {
        let rounded = value.round();
        (rounded.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&rounded))
            .then_some(rounded as u32)
    };
    // Both edges are rounded, so that boxes that touch go on touching.
    let (left, top, right, bottom) = (pixel(x)?, pixel(y)?, pixel(x + w)?, pixel(y + h)?);
    let (w, h) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
    (w > 0 && h > 0).then_some(PanelBox { x: left, y: top, w, h })
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|source| ExchangeError::Read { path: path.into(), source })
}

/// The file that is meant: this one, or in this folder the one that an export writes.
fn file_in(path: &Path, name: &str) -> PathBuf {
    if path.is_dir() { path.join(name) } else { path.to_owned() }
}
