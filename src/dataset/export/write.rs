//! The engine of every export: cuts pictures in ordered chunks on several threads, hands them to the
//! format one after the other, writes what every format has beside them, and puts the whole in place
//! at once.
//!
//! No more than a chunk of encoded pictures is in memory, and one decoded picture a thread.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use covid_ct_core::{FileName, stays_inside};
use image::DynamicImage;
use rayon::prelude::*;
use walkdir::WalkDir;

use super::items::{Item, Written};
use super::manifest::{self, MANIFEST, ManifestRow, RECIPE, patient_name};
use super::options::{Format, Hosting, Options};
use super::table::{Class, Lead, Table};
use super::{card, croissant, fields, loading, metainfo, picture, target};
use crate::atomic::folder::NewFolder;
use crate::dataset::layout::meta_info;
use crate::dataset::{DatasetError, Result};
use crate::perceptual_hash::PerceptualHash;
use covid_ct_core::{Label, ObjectStore, Split, Symbol, sha256_hex, sha256_of_file};

/// Pictures cut before they are handed to the format.
const CHUNK: usize = 64;

/// The table of what is told of panels, with the types that the MetaInfo as CSV cannot have.
fn table_name() -> &'static str {
    Symbol::new(&format!("{}.parquet", meta_info())).as_str()
}
/// The same of figures as a whole.
const FIGURES_TABLE: &str = "figures.parquet";

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    pub counts: BTreeMap<(Label, Split), usize>,
    /// Pictures of figures as a whole.
    pub figures: usize,
    /// Figures of which there is no picture, only a caption.
    pub without_picture: usize,
    /// Pictures that a paper neither captions nor labels, which are no figures.
    pub without_text: usize,
    /// Pictures that may not be re-hosted: in the recipe only.
    pub left_out: usize,
    /// Panels of the split that have lost their label since it was made.
    pub without_label: usize,
    /// Labelled panels that the split does not hold.
    pub not_in_split: usize,
    /// Pictures that could not be written or are not what they must be, and why.
    pub failures: Vec<String>,
}

/// A picture cut and encoded.
struct Cut {
    png: Vec<u8>,
    sha256: String,
    size: (u32, u32),
    look: PerceptualHash,
}

/// Writes `items` to `target`, replacing what was there as a whole; `advance` is called after each
/// picture.
///
/// # Errors
/// When no item can be written, the disk refuses, it is stopped, or `target` holds what no export put there; then
/// what was at `target` is still there, and nothing else stays.
pub fn write(
    items: Vec<Item>,
    objects: &ObjectStore,
    options: &Options<'_>,
    target: &Path,
    mut advance: impl FnMut(),
) -> Result<Exported> {
    if items.is_empty() {
        return Err(DatasetError::NothingToExport);
    }
    target::check(target)?;
    let folder = NewFolder::beside(target).map_err(DatasetError::write(target))?;
    let mut exported = Exported::default();
    let pictures =
        write_pictures(items, objects, options, folder.path(), &mut exported, &mut advance)?;
    if pictures.hosted.is_empty() && pictures.left_out.is_empty() {
        return Err(DatasetError::NothingReadable(exported.failures));
    }
    for written in &pictures.hosted {
        match written.label.zip(written.part) {
            Some(place) => *exported.counts.entry(place).or_default() += 1,
            None => exported.figures += 1,
        }
    }
    exported.left_out = pictures.left_out.len();
    write_beside(folder.path(), &pictures, options)?;
    // Somebody may have put something there meanwhile.
    target::check(target)?;
    folder.put().map_err(DatasetError::write(target))?;
    Ok(exported)
}

/// The pictures, by part, then name.
#[derive(Default)]
struct Pictures {
    hosted: Vec<Written>,
    left_out: Vec<Written>,
}

fn write_pictures(
    mut items: Vec<Item>,
    objects: &ObjectStore,
    options: &Options<'_>,
    folder: &Path,
    exported: &mut Exported,
    advance: &mut impl FnMut(),
) -> Result<Pictures> {
    items.sort_by(|Item { told: a, .. }, Item { told: b, .. }| {
        (a.part, a.row.stem()).cmp(&(b.part, b.row.stem()))
    });
    let threads = options.jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| DatasetError::Threads(error.to_string()))?;
    let mut layout = Format::start(folder, options);
    let (mut pictures, mut names) = (Pictures::default(), HashSet::new());
    for chunk in items.chunks_mut(CHUNK) {
        if options.is_stopped() {
            return Err(DatasetError::Interrupted);
        }
        let cuts = pool.install(|| cut_all(objects, chunk));
        for (item, cut) in chunk.iter_mut().zip(cuts) {
            advance();
            let told = &mut item.told;
            let (name, cut) = match (file_name(&told.row.name, &mut names), cut) {
                (Ok(name), Ok(cut)) => (name, cut),
                (Err(problem), _) => {
                    exported.failures.push(problem);
                    continue;
                }
                (_, Err(problem)) => {
                    exported.failures.push(format!("{}: {problem}", told.row.name));
                    continue;
                }
            };
            if !told.row.sha256.is_empty() && told.row.sha256 != cut.sha256 {
                exported.failures.push(format!(
                    "{}: rebuilt, but not to the same bytes: expected the SHA-256 {}, got {}",
                    told.row.name, told.row.sha256, cut.sha256
                ));
            }
            tell(&mut told.row, &cut);
            if item.hosted {
                let place = layout.add(&name, told, &cut.png)?;
                (told.row.file, told.row.container) = (place.file, place.container);
            }
            let told = std::mem::take(told);
            if item.hosted { &mut pictures.hosted } else { &mut pictures.left_out }.push(told);
        }
    }
    layout.finish(&pictures.hosted)?;
    exported.failures.sort_unstable();
    Ok(pictures)
}

/// What a picture is called in every format: whatever list the name came from, it is a name alone, and its own.
fn file_name(name: &str, taken: &mut HashSet<FileName>) -> std::result::Result<FileName, String> {
    let name = FileName::new(name, &["png"])?;
    if taken.insert(name.clone()) {
        Ok(name)
    } else {
        Err(format!("the name {name} is there twice: the second picture is left out"))
    }
}

/// Notes what is known of a picture once it is cut.
fn tell(row: &mut ManifestRow, cut: &Cut) {
    row.sha256.clone_from(&cut.sha256);
    (row.width, row.height) = (Some(cut.size.0), Some(cut.size.1));
    if row.image_look.is_empty() {
        row.image_look = cut.look.to_string();
    }
    row.patient = patient_name(&row.preprint, &row.case);
}

/// Cuts the pictures of a chunk, in their order; panels of one picture that follow each other share
/// its decoding.
fn cut_all(objects: &ObjectStore, chunk: &[Item]) -> Vec<std::result::Result<Cut, String>> {
    let of_pictures: Vec<&[Item]> = chunk.chunk_by(|one, next| one.object == next.object).collect();
    let cut: Vec<Vec<_>> = of_pictures
        .into_par_iter()
        .map(|panels| {
            let picture = decode(objects, panels);
            let look = picture.as_ref().map(PerceptualHash::of);
            let cut = |item: &Item| {
                let (picture, look) = (picture.as_ref()?, look.as_ref().map_err(Clone::clone)?);
                let png = if item.told.row.is_figure() {
                    picture::whole(picture, item.bounds)?
                } else {
                    picture::cut(picture, item.bounds, item.size)?
                };
                let sha256 = sha256_hex(&png);
                let size = item.size.unwrap_or((item.bounds.w, item.bounds.h));
                Ok(Cut { png, sha256, size, look: *look })
            };
            panels.iter().map(cut).collect()
        })
        .collect();
    cut.into_iter().flatten().collect()
}

/// The picture that all of `panels` are of.
fn decode(objects: &ObjectStore, panels: &[Item]) -> std::result::Result<DynamicImage, String> {
    let first = panels.first().ok_or("no panel")?;
    let bytes = objects.read(&first.object).map_err(|error| error.to_string())?;
    image::load_from_memory(&bytes).map_err(|error| error.to_string())
}

/// What every format has beside its pictures.
fn write_beside(folder: &Path, pictures: &Pictures, options: &Options<'_>) -> Result<()> {
    let table = write_tables(folder, pictures, options)?;
    if options.hosting == Hosting::Open {
        let rows: Vec<ManifestRow> =
            pictures.left_out.iter().map(|written| written.row.clone()).collect();
        manifest::write(&folder.join(RECIPE), &rows)?;
    }
    let in_folder: HashSet<&str> = pictures
        .hosted
        .iter()
        .filter(|written| written.row.container.is_empty())
        .map(|written| written.row.file.as_str())
        .collect();
    let mut others = hashes(folder, |path| !in_folder.contains(path))?;
    let facts = card::Facts::of(&pictures.hosted, &pictures.left_out, options);
    let digest = digest(&pictures.hosted, &others);
    let mut told = vec![("README.md", card::write(&facts, &digest))];
    if options.format == Format::CovidCt {
        told.push((loading::YAML, loading::listed(&pictures.hosted, &digest)));
    }
    told.push(("croissant.json", croissant::write(&facts, folder, table, &others)?));
    for (path, text) in told {
        file(folder, path, text.as_bytes())?;
        others.insert(path.into(), sha256_hex(text.as_bytes()));
    }
    let mut rows: Vec<ManifestRow> =
        pictures.hosted.iter().map(|written| written.row.clone()).collect();
    rows.extend(others.into_iter().map(|(path, sha256)| ManifestRow::other(path, sha256)));
    manifest::write(&folder.join(MANIFEST), &rows)
}

/// Writes the tables without pictures: one row a picture. Gives the file that has types.
fn write_tables(folder: &Path, pictures: &Pictures, options: &Options<'_>) -> Result<&'static str> {
    let mut by_class: Vec<&Written> = pictures.hosted.iter().collect();
    by_class.sort_by(|a, b| (a.label, a.row.stem()).cmp(&(b.label, b.row.stem())));
    let (class, fields, name) = if options.figures {
        (Class::Untold, &fields::OF_FIGURES[..], FIGURES_TABLE)
    } else {
        metainfo::write(&folder.join(format!("{}.csv", meta_info())), &by_class)?;
        (Class::Name(options.classes.clone()), fields::of_panels(), table_name())
    };
    let table = Table { lead: Lead::Nothing, class, fields };
    table.write(&folder.join(name), by_class.into_iter().map(|told| (String::new(), told)))?;
    Ok(name)
}

/// Of all data: which pictures there are, of which class and part, with which bytes, and every other file.
fn digest(hosted: &[Written], others: &BTreeMap<String, String>) -> String {
    let mut lines = String::new();
    for Written { row, .. } in hosted {
        for text in [&row.sha256, &row.label, &row.part, &row.container, &row.file] {
            lines.push_str(text);
            lines.push('\n');
        }
    }
    for (path, sha256) in others {
        lines.extend([sha256, " ", path, "\n"]);
    }
    sha256_hex(lines.as_bytes())
}

/// Path and SHA-256 of the files below a folder that `counts`, by path.
pub fn hashes(folder: &Path, counts: impl Fn(&str) -> bool) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            DatasetError::read(&path)(error.into())
        })?;
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy();
        if entry.file_type().is_file() && counts(&path) {
            let sha256 = sha256_of_file(entry.path()).map_err(DatasetError::read(entry.path()))?;
            found.insert(path.into_owned(), sha256);
        }
    }
    Ok(found)
}

/// Where `relative` lies below `folder`, with the folders in between made.
pub fn place(folder: &Path, relative: &str) -> Result<PathBuf> {
    let path = folder.join(relative);
    if !stays_inside(relative) {
        let outside = std::io::Error::other("it lies outside of the folder of the export: refused");
        return Err(DatasetError::write(&path)(outside));
    }
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(DatasetError::write(parent))?;
    Ok(path)
}

/// Writes `bytes` to `relative` below `folder`, with the folders in between.
pub fn file(folder: &Path, relative: &str, bytes: &[u8]) -> Result<()> {
    let path = place(folder, relative)?;
    std::fs::write(&path, bytes).map_err(DatasetError::write(&path))
}
