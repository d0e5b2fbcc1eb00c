//! What is seen of each panel's picture: what to compare it by, and what its file gives away.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use image::{DynamicImage, GrayImage};
use rayon::prelude::*;

use super::Result;
use covid_ct_core::grey_on_white;

use super::export::picture::grey;
use super::jpeg_quality::jpeg_quality;
use crate::covid_ct::release::numbered_kind;
use crate::duplicates::{Kinship, Map, Pair, Progress, Sketch, pairs};
use crate::store::{LabelledPanel, ObjectId, ObjectStore};

/// Told how far a look at the pictures is.
pub trait Watch: Progress {
    /// So many pictures are to be read.
    fn pictures(&self, _count: usize) {}
    /// One more is read.
    fn read(&self) {}
}

impl Watch for () {}

/// What a panel looks like from outside: nothing of the scan it shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traits {
    /// Of the panel, in native pixels.
    pub width: u32,
    pub height: u32,
    /// Of the file it is cut from: colour or grey, with transparency or without.
    pub is_colour: bool,
    pub has_alpha: bool,
    pub is_jpeg: bool,
    /// 1 to 100, as the IJG's encoder counts it; `None` of a PNG.
    pub jpeg_quality: Option<f64>,
    /// Mean and standard deviation of the outermost pixels, in grey levels.
    pub border_mean: f64,
    pub border_spread: f64,
    /// Share of the shorter side that a frame of one grey takes.
    pub frame: f64,
}

#[derive(Debug, Clone)]
pub struct Look {
    pub sketch: Sketch,
    pub traits: Traits,
}

impl Look {
    /// Of a picture that is one panel as a whole.
    ///
    /// # Errors
    /// Why the file is no picture.
    pub fn of_file(path: &Path) -> std::result::Result<Self, String> {
        let told = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
        let bytes = std::fs::read(path).map_err(|error| told(&error))?;
        let picture = image::load_from_memory(&bytes).map_err(|error| told(&error))?;
        let panel = grey_on_white(&picture);
        Ok(Self { sketch: Sketch::of(&panel), traits: Traits::of(&bytes, &picture, &panel) })
    }
}

/// What was seen of a list of panels.
#[derive(Debug, Default)]
pub struct Looks {
    /// By panel; `None` where its picture could not be read.
    pub of_panels: Vec<Option<Look>>,
    /// Each names the picture.
    pub failures: Vec<String>,
}

impl Looks {
    /// Reads every picture once, in parallel.
    ///
    /// # Errors
    /// None for a picture: those that cannot be read are named in `failures`.
    pub fn at(objects: &ObjectStore, panels: &[LabelledPanel], watch: &dyn Watch) -> Self {
        let mut of_picture: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, panel) in panels.iter().enumerate() {
            of_picture.entry(panel.object.relative_path()).or_default().push(index);
        }
        watch.pictures(of_picture.len());
        let pictures: Vec<Vec<usize>> = of_picture.into_values().collect();
        let seen: Vec<Vec<std::result::Result<Look, String>>> = pictures
            .par_iter()
            .map(|members| {
                let looks = look_at(objects, panels, members);
                watch.read();
                looks
            })
            .collect();
        let mut looks =
            Self { of_panels: panels.iter().map(|_| None).collect(), failures: Vec::new() };
        for (members, seen) in pictures.iter().zip(seen) {
            for (&member, look) in members.iter().zip(seen) {
                match look {
                    Ok(look) => looks.of_panels[member] = Some(look),
                    Err(failure) => looks.failures.push(failure),
                }
            }
        }
        looks.failures.sort_unstable();
        looks.failures.dedup();
        looks
    }

    /// All related pairs of `panels`, by place in the list. Panels of the same pixels of one file are
    /// the same even where they show nothing to compare.
    pub fn pairs(&self, panels: &[LabelledPanel], watch: &dyn Watch) -> Vec<Pair> {
        let (places, sketches): (Vec<usize>, Vec<Sketch>) = self
            .of_panels
            .iter()
            .enumerate()
            .filter_map(|(place, look)| Some((place, look.as_ref()?.sketch.clone())))
            .unzip();
        let mut found = pairs(&sketches, watch);
        for pair in &mut found {
            (pair.one, pair.other) = (places[pair.one], places[pair.other]);
        }
        let is_found = |one, other| {
            found.binary_search_by_key(&(one, other), |pair| (pair.one, pair.other)).is_ok()
        };
        let mut cut: HashMap<_, usize> = HashMap::new();
        let mut same = Vec::new();
        for (other, panel) in panels.iter().enumerate() {
            let one = *cut.entry((&panel.object.sha256, panel.bounds)).or_insert(other);
            if one != other && !is_found(one, other) {
                same.push(identical(one, other));
            }
        }
        found.extend(same);
        found.sort_by_key(|pair| (pair.one, pair.other));
        found
    }
}

fn identical(one: usize, other: usize) -> Pair {
    Pair {
        one,
        other,
        kinship: Kinship::Same,
        mirrored: false,
        correlation: 1.0,
        detail: 1.0,
        map: Map { scale: [1.0; 2], offset: [0.0; 2] },
    }
}

/// The panels `members` of one picture.
fn look_at(
    objects: &ObjectStore,
    panels: &[LabelledPanel],
    members: &[usize],
) -> Vec<std::result::Result<Look, String>> {
    let Some(&first) = members.first() else { return Vec::new() };
    let object = &panels[first].object;
    let file = read(objects, object);
    let look = |&member: &usize| {
        let (bytes, picture) = file.as_ref().map_err(Clone::clone)?;
        let panel = grey(picture, panels[member].bounds)
            .map_err(|problem| format!("{}: {problem}", objects.path(object).display()))?;
        let traits = Traits::of(bytes, picture, &panel);
        Ok(Look { sketch: Sketch::of(&panel), traits })
    };
    members.iter().map(look).collect()
}

fn read(
    objects: &ObjectStore,
    object: &ObjectId,
) -> std::result::Result<(Vec<u8>, DynamicImage), String> {
    let bytes = objects.read(object).map_err(|error| error.to_string())?;
    let picture = image::load_from_memory(&bytes)
        .map_err(|error| format!("{}: {error}", objects.path(object).display()))?;
    Ok((bytes, picture))
}

impl Traits {
    fn of(bytes: &[u8], picture: &DynamicImage, panel: &GrayImage) -> Self {
        let is_jpeg = bytes.starts_with(&[0xff, 0xd8]);
        let (border_mean, border_spread) = border(panel);
        Self {
            width: panel.width(),
            height: panel.height(),
            is_colour: picture.color().has_color(),
            has_alpha: picture.color().has_alpha(),
            is_jpeg,
            jpeg_quality: jpeg_quality(bytes),
            border_mean,
            border_spread,
            frame: frame(panel),
        }
    }
}

fn border(panel: &GrayImage) -> (f64, f64) {
    let (right, bottom) = (panel.width() - 1, panel.height() - 1);
    let mut levels: Vec<f64> = Vec::new();
    let mut add = |x, y| levels.push(f64::from(panel.get_pixel(x, y).0[0]));
    for x in 0..=right {
        add(x, 0);
        add(x, bottom);
    }
    for y in 0..=bottom {
        add(0, y);
        add(right, y);
    }
    let mean = levels.iter().sum::<f64>() / levels.len() as f64;
    let variance = levels.iter().map(|level| (level - mean).powi(2)).sum::<f64>();
    (mean, (variance / levels.len() as f64).sqrt())
}

/// Levels that pixels of a frame may be apart: JPEG blurs them.
const FRAME: u8 = 6;

/// How far in, over the shorter side, all pixels are of the corner's grey.
fn frame(panel: &GrayImage) -> f64 {
    let (width, height) = panel.dimensions();
    let ground = panel.get_pixel(0, 0).0[0];
    let plain = |x: u32, y: u32| panel.get_pixel(x, y).0[0].abs_diff(ground) <= FRAME;
    let is_frame = |ring: u32| {
        (ring..width - ring).all(|x| plain(x, ring) && plain(x, height - 1 - ring))
            && (ring..height - ring).all(|y| plain(ring, y) && plain(width - 1 - ring, y))
    };
    let shorter = width.min(height);
    let rings = (0..shorter.div_ceil(2)).take_while(|ring| is_frame(*ring)).count();
    rings as f64 / f64::from(shorter)
}

/// Where a panel's picture comes from: the preprint server of its paper; of a released picture without
/// a paper the kind of its file; else `other papers`.
///
/// # Errors
/// The database's.
pub fn sources(store: &crate::store::Store, panels: &[LabelledPanel]) -> Result<Vec<String>> {
    let mut servers: HashMap<i64, String> = HashMap::new();
    let mut sources = Vec::with_capacity(panels.len());
    for panel in panels {
        let server = match servers.get(&panel.preprint) {
            Some(server) => server.clone(),
            None => store.paper(panel.preprint)?.server,
        };
        servers.insert(panel.preprint, server.clone());
        let released = panel.file_name.is_some();
        let numbered = numbered_kind(&panel.preprint_name).filter(|_| released);
        sources.push(match (server.as_str(), numbered) {
            ("", Some(kind)) => format!("numbered {kind}"),
            ("", None) => "other papers".into(),
            _ => server,
        });
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn frames_and_borders_are_measured() {
        let framed = GrayImage::from_fn(20, 10, |x, y| {
            let inside = (2..18).contains(&x) && (2..8).contains(&y);
            Luma([if inside { 90 } else { 255 }])
        });
        assert_eq!(frame(&framed), 0.2);
        assert_eq!(border(&framed), (255.0, 0.0));
        assert_eq!(frame(&GrayImage::new(5, 5)), 0.6, "all of it");
    }
}
