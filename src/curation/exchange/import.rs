//! What a tool wrote, as decisions of a named curator. All of it is read and checked first; what is written lands
//! in one transaction.

use std::collections::HashMap;
use std::path::Path;

use super::super::Desk;
use super::super::error::SessionError;
use super::super::evidence::Quote;
use super::super::item::NotPrinted;
use super::super::letters::reading_order;
use super::super::options::QueueOptions;
use super::{
    Boxed, ExchangeError, Format, InForce, Read, ReadPicture, Result, coco, cvat, label_studio,
    named, yolo,
};
use crate::covid_ct::release::split_extension;
use crate::store::{Decision, ImageRow, NewPanel, Store, StoreError, Subject, Verdict};
use crate::task;
use covid_ct_core::{PanelBox, Stage, Value};

/// How many decisions were added, how many were in force already, and how many were not taken since this curator
/// said otherwise before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub added: usize,
    pub present: usize,
    pub kept: usize,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    pub pictures: usize,
    pub crops: Counts,
    pub classes: Counts,
    pub cases: Counts,
    /// Pictures that the file names and the database does not have as CTs.
    pub unknown: Vec<String>,
    /// What was not taken, and why, a sentence each.
    pub left_out: Vec<String>,
}

/// Reads a file, or the folder of an export, and writes what it says as decisions of `curator`.
///
/// # Errors
/// Where the file is not of this format; then nothing was written. Or the database's, which rolls all back.
pub fn import(store: &mut Store, path: &Path, format: Format, curator: &str) -> Result<Imported> {
    let known = Known::new(named(store)?);
    let read = match format {
        Format::Coco => coco::read(path)?,
        Format::LabelStudio => label_studio::read(path)?,
        Format::Cvat => cvat::read(path)?,
        Format::Yolo => yolo::read(path, |stem| {
            known.find(stem, None).map(|image| (image.width, image.height))
        })?,
    };
    let Read { pictures, left_out } = read;
    let mut imported = Imported { left_out, ..Imported::default() };
    let mut matched: Vec<(&ImageRow, Vec<Boxed>)> = Vec::new();
    for picture in pictures {
        match known.find(&picture.name, picture.sha256.as_deref()) {
            None => imported.unknown.push(picture.name),
            Some(image) => {
                imported.pictures += 1;
                match checked(picture, image) {
                    Ok(boxes) => matched.push((image, boxes)),
                    Err(why) => imported.left_out.push(why),
                }
            }
        }
    }
    let note = format!("imported: {format}");
    let done = store.transaction(|store| {
        let mut taking = Taking { imported, curator, note: &note };
        for (image, boxes) in &matched {
            taking.crop(store, image, boxes)?;
        }
        // Whose panels these are is known once all of them are there.
        for (image, boxes) in &matched {
            taking.classes_and_cases(store, image, boxes)?;
        }
        Ok(taking.imported)
    });
    Ok(done?)
}

/// The pictures here, by what a file may call them.
struct Known {
    images: Vec<(ImageRow, String)>,
    by_hash: HashMap<String, usize>,
    by_stem: HashMap<String, usize>,
}

impl Known {
    fn new(images: Vec<(ImageRow, String)>) -> Self {
        let mut known = Self { by_hash: HashMap::new(), by_stem: HashMap::new(), images };
        let mut twice: Vec<String> = Vec::new();
        for (at, (image, name)) in known.images.iter().enumerate() {
            known.by_stem.insert(split_extension(name).0.to_owned(), at);
            let hash = image.object.sha256.clone();
            if known.by_hash.insert(hash.clone(), at).is_some() {
                twice.push(hash);
            }
        }
        // Of two pictures of the same bytes only the name tells which is meant.
        for hash in &twice {
            known.by_hash.remove(hash);
        }
        known
    }

    /// By the name of the file, without folders and extension, and without what Label Studio puts before the names
    /// of what it is given; else by the hash of its bytes.
    fn find(&self, name: &str, sha256: Option<&str>) -> Option<&ImageRow> {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let whole = self.by_stem.get(file);
        let stem = split_extension(file).0;
        let uploaded = stem.split_once('-').filter(|(before, _)| {
            before.len() == 8 && before.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        let at = whole
            .or_else(|| self.by_stem.get(stem))
            .or_else(|| uploaded.and_then(|(_, stem)| self.by_stem.get(stem)))
            .or_else(|| sha256.and_then(|hash| self.by_hash.get(hash)))?;
        Some(&self.images[*at].0)
    }
}

/// The boxes of a picture, each once, all within it.
fn checked(picture: ReadPicture, image: &ImageRow) -> std::result::Result<Vec<Boxed>, String> {
    let (width, height) = (image.width, image.height);
    if picture.size.is_some_and(|size| size != (width, height)) {
        let (w, h) = picture.size.unwrap_or_default();
        return Err(format!(
            "{}: it is of {w} x {h} pixels there and of {width} x {height} here; not taken",
            picture.name
        ));
    }
    let mut boxes: Vec<Boxed> = Vec::new();
    for boxed in picture.boxes {
        if !boxed.bounds.fits(width, height) {
            return Err(format!(
                "{}: the box {} does not lie inside its {width} x {height} pixels; not taken",
                picture.name, boxed.bounds
            ));
        }
        if boxed.case.contains('@') {
            return Err(format!(
                "{}: a patient's name cannot hold an @, as '{}' does; not taken",
                picture.name, boxed.case
            ));
        }
        match boxes.iter().find(|other| other.bounds == boxed.bounds) {
            Some(other) if *other != boxed => {
                return Err(format!(
                    "{}: the file has two different answers for the box {}; not imported",
                    picture.name, boxed.bounds
                ));
            }
            Some(_) => {}
            None => boxes.push(boxed),
        }
    }
    Ok(boxes)
}

/// Takes what was read, one picture after the other.
struct Taking<'a> {
    imported: Imported,
    curator: &'a str,
    note: &'a str,
}

/// What is in force on a subject, and what this curator says of it.
fn said<'v>(
    verdicts: &'v HashMap<Subject, Verdict>,
    own: &[Decision],
    subject: Subject,
) -> (Option<&'v Value>, bool) {
    let verdict = verdicts.get(&subject).filter(|verdict| verdict.agreed);
    (verdict.map(|verdict| &verdict.value), own.iter().any(|decision| decision.subject == subject))
}

impl Taking<'_> {
    fn own(&self, store: &Store, stage: Stage) -> crate::store::Result<Vec<Decision>> {
        let mut own = store.decisions_in_force(stage)?;
        own.retain(|decision| decision.curator == self.curator);
        Ok(own)
    }

    fn with_desk<T>(
        &self,
        store: &mut Store,
        work: impl FnOnce(&mut Desk<'_>) -> std::result::Result<T, SessionError>,
    ) -> crate::store::Result<T> {
        let mut printer = NotPrinted;
        let options = QueueOptions::default();
        let mut desk = Desk::new(store, self.curator, &options, &mut printer);
        self.note.clone_into(&mut desk.note);
        work(&mut desk).map_err(|error| match error {
            SessionError::Store(error) => error,
            SessionError::Terminal(error) => StoreError::Invalid(error.to_string()),
        })
    }

    fn crop(
        &mut self,
        store: &mut Store,
        image: &ImageRow,
        boxes: &[Boxed],
    ) -> crate::store::Result<()> {
        if !task::in_force().crop.is_asked {
            return Ok(());
        }
        let subject = Subject::image(image.id);
        let verdicts = store.verdicts(Stage::Crop)?;
        let own = self.own(store, Stage::Crop)?;
        let (in_force, is_said) = said(&verdicts, &own, subject);
        let mut bounds: Vec<PanelBox> = boxes.iter().map(|boxed| boxed.bounds).collect();
        reading_order(&mut bounds);
        let same = |value: &Value| matches!(value, Value::Crop(here) if is_same(here, &bounds));
        if in_force.is_some_and(same) {
            self.imported.crops.present += 1;
            return Ok(());
        }
        if bounds.is_empty() {
            // A picture that nobody looked at there has no boxes either.
            if matches!(in_force, Some(Value::Crop(here)) if !here.is_empty()) {
                let name = &image.preprint_name;
                self.imported.left_out.push(format!(
                    "{name}, page {}: no boxes in the file; those here are kept",
                    image.page
                ));
            }
            return Ok(());
        }
        if is_said {
            self.imported.crops.kept += 1;
            return Ok(());
        }
        let panels: Vec<NewPanel> = boxes
            .iter()
            .map(|boxed| NewPanel {
                image: image.id,
                bounds: boxed.bounds,
                letter: boxed.letter.clone(),
                sub_caption: String::new(),
                proposed_by: self.curator.to_owned(),
            })
            .collect();
        self.imported.crops.added += 1;
        self.with_desk(store, |desk| desk.decide_crop(image.id, &panels, bounds, &[]))
    }

    fn classes_and_cases(
        &mut self,
        store: &mut Store,
        image: &ImageRow,
        boxes: &[Boxed],
    ) -> crate::store::Result<()> {
        let here = InForce::read(store).map_err(|error| match error {
            ExchangeError::Store(error) => error,
            other => StoreError::Invalid(other.to_string()),
        })?;
        let ids: HashMap<PanelBox, i64> =
            store.panels_of(image.id)?.into_iter().map(|(id, panel)| (panel.bounds, id)).collect();
        let task = task::in_force();
        let classifying = task.classifying();
        let (own_classes, own_cases) =
            (self.own(store, classifying)?, self.own(store, Stage::Case)?);
        for boxed in boxes {
            let Some(&panel) = ids.get(&boxed.bounds) else { continue };
            let subject = Subject::panel(image.id, panel);
            let is_own = |own: &[Decision]| {
                own.iter().any(|d| d.subject == subject || d.subject == Subject::image(image.id))
            };
            if let Some(answer) = boxed.answer {
                if here.answer(image.id, Some(panel)) == Some(answer) {
                    self.imported.classes.present += 1;
                } else if is_own(&own_classes) {
                    self.imported.classes.kept += 1;
                } else {
                    self.imported.classes.added += 1;
                    let value = Value::Answer(classifying, answer);
                    // What selects is said of pictures alone.
                    let of_picture = classifying == task.selecting();
                    let subject = if of_picture { Subject::image(image.id) } else { subject };
                    self.with_desk(store, |desk| desk.decide(subject, value, &Quote::image()))?;
                }
            }
            if !boxed.case.is_empty() {
                let known = here.panels(image.id).iter().find(|known| known.id == panel);
                let time = Some(boxed.time.clone()).filter(|time| !time.is_empty());
                let is_known = known.is_some_and(|known| {
                    known.case.as_ref() == Some(&boxed.case) && known.scan_time == time
                });
                if is_known {
                    self.imported.cases.present += 1;
                } else if is_own(&own_cases) {
                    self.imported.cases.kept += 1;
                } else {
                    self.imported.cases.added += 1;
                    let value = Value::Case { name: boxed.case.clone(), time };
                    self.with_desk(store, |desk| desk.decide(subject, value, &Quote::image()))?;
                }
            }
        }
        Ok(())
    }
}

fn is_same(one: &[PanelBox], other: &[PanelBox]) -> bool {
    let sorted = |boxes: &[PanelBox]| {
        let mut sorted = boxes.to_vec();
        sorted.sort_unstable();
        sorted
    };
    sorted(one) == sorted(other)
}
