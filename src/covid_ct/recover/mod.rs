//! Where the pictures of a release stand in the figures they were cut out of: the release tells paper, page
//! and object of most, but not the box.
//!
//! [`recover`] looks for each published picture in the pictures extracted from its paper, first in the one
//! its name speaks of; [`record`] writes what was found as decisions on the extracted pictures.

mod record;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use image::GrayImage;
use rayon::prelude::*;

use super::release::{Picture, Release, ReleasedName};
use crate::dataset::Result;
use crate::dataset::layout::class_name;
use crate::locate::{Place, locate};
use crate::store::{ImageRow, Store};
use covid_ct_core::{ObjectStore, PanelBox, grey_on_white};

pub use record::{Recorded, record};

/// Correlation from which a picture is taken to be where it was found.
pub const MIN_SCORE: f64 = 0.9;

/// Correlation from which no other picture of the paper is looked through.
const CERTAIN: f64 = 0.97;

/// How far from 1 a scale is still that of a picture cut out as it is.
const UNSCALED: f64 = 0.01;

/// A published picture, and where it was found.
#[derive(Debug, Clone)]
pub struct Sought {
    pub picture: Picture,
    pub paper: String,
    pub outcome: Outcome,
}

#[derive(Debug, Clone)]
pub enum Outcome {
    Found(Box<Found>),
    /// In no picture of the paper, the best correlation being this.
    NotFound(f64),
    /// No picture of the paper was extracted.
    NoPaper,
    /// The published file cannot be read, and why.
    Unreadable(String),
}

#[derive(Debug, Clone)]
pub struct Found {
    pub image: ImageRow,
    /// In whole pixels of it.
    pub bounds: PanelBox,
    /// Pixels of the published picture a pixel of the extracted one.
    pub scale: f64,
    /// Correlation of the grey levels, at most 1.
    pub score: f64,
}

/// Looks for every picture of a release, in the order of the release; `done` is told of each.
///
/// # Errors
/// The database's. A picture that cannot be read is an outcome.
pub fn recover(store: &Store, release: &Release, done: impl Fn() + Sync) -> Result<Vec<Sought>> {
    let mut by_paper: BTreeMap<String, Vec<ImageRow>> = BTreeMap::new();
    for image in store.images()? {
        let released = image.file_name.is_some();
        if !released && image.tile_of.is_none() && !image.furniture {
            by_paper.entry(image.preprint_name.clone()).or_default().push(image);
        }
    }
    let mut wanted: BTreeMap<String, Vec<(usize, &Picture, ReleasedName)>> = BTreeMap::new();
    for (index, picture) in release.pictures.iter().enumerate() {
        let numbered = class_name(picture.label).to_lowercase();
        let name = ReleasedName::parse(&picture.file_name, &numbered);
        wanted.entry(name.paper.clone()).or_default().push((index, picture, name));
    }
    let objects = store.objects();
    let mut sought: Vec<(usize, Sought)> = wanted
        .into_par_iter()
        .flat_map_iter(|(paper, pictures)| {
            let figures: Vec<Figure<'_>> = by_paper
                .get(&paper)
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .map(|image| Figure { image, objects, pixels: OnceCell::new() })
                .collect();
            let done = &done;
            let each = move |(index, picture, name): (usize, &Picture, ReleasedName)| {
                let outcome = search(picture, &name, &figures);
                done();
                (index, Sought { picture: picture.clone(), paper: name.paper, outcome })
            };
            pictures.into_iter().map(each)
        })
        .collect();
    sought.sort_by_key(|(index, _)| *index);
    Ok(sought.into_iter().map(|(_, sought)| sought).collect())
}

/// An extracted picture, decoded when it is first looked through.
struct Figure<'a> {
    image: &'a ImageRow,
    objects: &'a ObjectStore,
    pixels: OnceCell<Option<GrayImage>>,
}

impl Figure<'_> {
    /// `None` where it cannot be decoded: then nothing is found in it.
    fn pixels(&self) -> Option<&GrayImage> {
        let read = || {
            let bytes = self.objects.read(&self.image.object).ok()?;
            Some(grey_on_white(&image::load_from_memory(&bytes).ok()?))
        };
        self.pixels.get_or_init(read).as_ref()
    }
}

fn search(picture: &Picture, name: &ReleasedName, figures: &[Figure<'_>]) -> Outcome {
    if figures.is_empty() {
        return Outcome::NoPaper;
    }
    let template = match read(&picture.path) {
        Ok(template) => template,
        Err(why) => return Outcome::Unreadable(why),
    };
    let mut order: Vec<&Figure<'_>> = figures.iter().collect();
    // The one that the name speaks of first, then those of its page.
    order.sort_by_key(|figure| {
        let is_on_page = Some(figure.image.page) == name.page;
        let is_named = is_on_page && name.xref.is_some() && figure.image.xref == name.xref;
        (!is_named, !is_on_page)
    });
    let mut best: Option<(Place, &ImageRow)> = None;
    for figure in order {
        let place = figure.pixels().and_then(|pixels| locate(&template, pixels));
        if let Some(place) = place
            && best.as_ref().is_none_or(|(held, _)| held.score < place.score)
        {
            best = Some((place, figure.image));
        }
        if best.as_ref().is_some_and(|(held, _)| held.score >= CERTAIN) {
            break;
        }
    }
    match best {
        Some((place, image)) if place.score >= MIN_SCORE => Outcome::Found(Box::new(Found {
            image: image.clone(),
            bounds: bounds(&place, template.dimensions(), (image.width, image.height)),
            scale: place.scale(template.width()),
            score: place.score,
        })),
        Some((place, _)) => Outcome::NotFound(place.score),
        None => Outcome::NotFound(0.0),
    }
}

fn read(path: &Path) -> std::result::Result<GrayImage, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    // By content: published names lie about it.
    let picture = image::load_from_memory(&bytes).map_err(|error| error.to_string())?;
    Ok(grey_on_white(&picture))
}

/// The box of a place in whole pixels, inside a picture of this size. What was cut out as it is has the
/// size that it had there.
fn bounds(place: &Place, template: (u32, u32), picture: (u32, u32)) -> PanelBox {
    let side = |from: f64, to: f64, native: u32, limit: u32| {
        let scale = f64::from(native) / (to - from);
        let length =
            if (scale - 1.0).abs() < UNSCALED { f64::from(native) } else { (to - from).round() };
        let length = length.clamp(1.0, f64::from(limit));
        // By the middle, which is surer than either edge.
        let start = ((from + to - length) / 2.0).round().clamp(0.0, f64::from(limit) - length);
        (start as u32, length as u32)
    };
    let (x, w) = side(place.x0, place.x1, template.0, picture.0);
    let (y, h) = side(place.y0, place.y1, template.1, picture.1);
    PanelBox { x, y, w, h }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_box_of_whole_pixels_inside_the_picture() {
        let place = Place { x0: 9.8, y0: -0.3, x1: 110.1, y1: 80.2, score: 1.0 };
        let unscaled = bounds(&place, (100, 80), (200, 80));
        assert_eq!(unscaled, PanelBox { x: 10, y: 0, w: 100, h: 80 });
        let halved = bounds(&place, (50, 40), (200, 80));
        assert_eq!(halved, PanelBox { x: 10, y: 0, w: 100, h: 80 });
    }
}
