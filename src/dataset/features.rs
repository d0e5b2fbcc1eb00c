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
use crate::duplicates::{Kinship, METHOD, Map, Pair, Progress, Sketch, pairs_with_new};
use crate::store::{Compared, Cut, LabelledPanel, RelatedCuts, Store, StoreError};
use covid_ct_core::{ObjectId, ObjectStore};

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
pub struct PictureFeatures {
    pub sketch: Sketch,
    pub traits: Traits,
}

impl PictureFeatures {
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
pub struct PanelFeatures {
    /// By panel; `None` where its picture could not be read.
    pub of_panels: Vec<Option<PictureFeatures>>,
    /// Each names the picture.
    pub failures: Vec<String>,
}

impl PanelFeatures {
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
        let seen: Vec<Vec<std::result::Result<PictureFeatures, String>>> = pictures
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

    /// All related pairs of `panels`, by place in the list. Panels of the
    /// same pixels of one file are the same even where they show nothing to compare. What was compared before is taken
    /// from `store`, and what is new is kept there.
    ///
    /// # Errors
    /// The database's.
    pub fn pairs(
        &self,
        store: &Store,
        panels: &[LabelledPanel],
        watch: &dyn Watch,
    ) -> Result<Vec<Pair>> {
        let mut of_cuts: BTreeMap<Cut, Vec<usize>> = BTreeMap::new();
        for (place, panel) in panels.iter().enumerate() {
            if self.of_panels[place].is_some() {
                of_cuts.entry(cut(panel)).or_default().push(place);
            }
        }
        let sketch = |cut: &Cut| self.of_panels[of_cuts.get(cut)?[0]].as_ref().map(|l| &l.sketch);
        let all: Vec<&Cut> = of_cuts.keys().collect();
        Ok(of_panels(&compared(store, &all, sketch, watch)?, &of_cuts))
    }
}

/// The pairs of panels whose cuts were compared before, without a look at a picture; `None` where one was not.
///
/// # Errors
/// The database's.
pub fn known_pairs(store: &Store, panels: &[LabelledPanel]) -> Result<Option<Vec<Pair>>> {
    let mut of_cuts: BTreeMap<Cut, Vec<usize>> = BTreeMap::new();
    for (place, panel) in panels.iter().enumerate() {
        of_cuts.entry(cut(panel)).or_default().push(place);
    }
    let known = store.compared(METHOD, kept)?;
    let is_known = of_cuts.keys().all(|cut| known.cuts.binary_search(cut).is_ok());
    Ok(is_known.then(|| of_panels(&known, &of_cuts)))
}

fn cut(panel: &LabelledPanel) -> Cut {
    let ObjectId { sha256, extension } = panel.object.clone();
    Cut { sha256, bounds: panel.bounds, extension }
}

/// A pair as it is kept.
fn kept(pair: RelatedCuts<'_>) -> crate::store::Result<Pair> {
    Ok(Pair {
        one: pair.one,
        other: pair.other,
        kinship: pair.kinship.parse().map_err(StoreError::Invalid)?,
        mirrored: pair.mirrored,
        correlation: pair.correlation,
        detail: pair.detail,
        map: Map { scale: pair.scale, offset: pair.offset },
    })
}

fn to_keep(pair: &Pair) -> RelatedCuts<'static> {
    RelatedCuts {
        one: pair.one,
        other: pair.other,
        kinship: pair.kinship.as_str(),
        mirrored: pair.mirrored,
        correlation: pair.correlation,
        detail: pair.detail,
        scale: pair.map.scale,
        offset: pair.map.offset,
    }
}

/// What is known of all `cuts`, sorted, and of those compared before, once those that are new are compared with all.
/// `sketch` gives those of `cuts`.
fn compared<'a>(
    store: &Store,
    cuts: &[&Cut],
    sketch: impl Fn(&Cut) -> Option<&'a Sketch>,
    watch: &dyn Watch,
) -> Result<Compared<Pair>> {
    let mut known = store.compared(METHOD, kept)?;
    let was = known.cuts.len();
    let new: Vec<Cut> = cuts
        .iter()
        .filter(|cut| known.cuts.binary_search(cut).is_err())
        .map(|c| (*c).clone())
        .collect();
    if new.is_empty() {
        return Ok(known);
    }
    // Those that nobody asks for now are compared too, so that all are compared with each other; those that cannot be read
    // any more are forgotten.
    let absent = |cut: &&Cut| sketch(cut).is_none();
    let others: Vec<&Cut> = known.cuts.iter().filter(absent).collect();
    watch.pictures(others.len());
    let objects = store.objects();
    let others: BTreeMap<Cut, Sketch> = others
        .into_par_iter()
        .filter_map(|cut| {
            watch.read();
            let (_, picture) = read(objects, &cut.object()).ok()?;
            Some((cut.clone(), Sketch::of(&grey(&picture, cut.bounds).ok()?)))
        })
        .collect();
    let sketch = |cut: &Cut| sketch(cut).or_else(|| others.get(cut));
    let is_left: Vec<bool> = known.cuts.iter().map(|cut| sketch(cut).is_some()).collect();
    let mut place = 0;
    let places: Vec<usize> = is_left
        .iter()
        .map(|left| {
            place += usize::from(*left);
            place.wrapping_sub(1)
        })
        .collect();
    known.related.retain(|pair| is_left[pair.one] && is_left[pair.other]);
    let mut left = is_left.iter();
    known.cuts.retain(|_| left.next() == Some(&true));
    // By what they are, so that it is the same whichever came first: which picture is laid on which can tip a verdict.
    let mut all: Vec<(&Cut, bool)> = known.cuts.iter().map(|cut| (cut, true)).collect();
    all.extend(new.iter().map(|cut| (cut, false)));
    all.sort_unstable();
    let sketches: Vec<&Sketch> = all.iter().filter_map(|(cut, _)| sketch(cut)).collect();
    let is_known: Vec<bool> = all.iter().map(|(_, known)| *known).collect();
    let found = pairs_with_new(&sketches, &is_known, watch);
    let before = |place: usize| {
        let cut = all[place].0;
        let among = |cuts: &[Cut]| cuts.binary_search(cut);
        among(&known.cuts).unwrap_or_else(|_| known.cuts.len() + among(&new).unwrap_or_default())
    };
    let keep: Vec<RelatedCuts<'_>> = found
        .iter()
        .map(|pair| RelatedCuts {
            one: before(pair.one),
            other: before(pair.other),
            ..to_keep(pair)
        })
        .collect();
    if let Err(error) = store.keep_compared(METHOD, was, [&known.cuts, &new], &keep) {
        tracing::warn!("{error}; which pictures were compared is not kept");
    }
    let now = |place: usize| {
        let cut = &known.cuts[places[place]];
        all.binary_search_by(|(other, _)| other.cmp(&cut)).unwrap_or_default()
    };
    let mut related: Vec<Pair> = known
        .related
        .iter()
        .map(|pair| Pair { one: now(pair.one), other: now(pair.other), ..*pair })
        .collect();
    related.extend(found);
    let cuts = all.into_iter().map(|(cut, _)| cut.clone()).collect();
    Ok(Compared { cuts, related })
}

/// The pairs of panels, sorted, by those of their cuts; and those of panels of one cut.
fn of_panels(compared: &Compared<Pair>, of_cuts: &BTreeMap<Cut, Vec<usize>>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for pair in &compared.related {
        let [ones, others] = [pair.one, pair.other].map(|place| of_cuts.get(&compared.cuts[place]));
        let (Some(ones), Some(others)) = (ones, others) else { continue };
        for &one in ones {
            for &other in others {
                let pair = Pair { one, other, ..*pair };
                pairs.push(if one < other { pair } else { pair.turned() });
            }
        }
    }
    for places in of_cuts.values() {
        for (i, &one) in places.iter().enumerate() {
            pairs.extend(places[i + 1..].iter().map(|&other| identical(one, other)));
        }
    }
    pairs.sort_by_key(|pair| (pair.one, pair.other));
    pairs
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
) -> Vec<std::result::Result<PictureFeatures, String>> {
    let Some(&first) = members.first() else { return Vec::new() };
    let object = &panels[first].object;
    let file = read(objects, object);
    let look = |&member: &usize| {
        let (bytes, picture) = file.as_ref().map_err(Clone::clone)?;
        let panel = grey(picture, panels[member].bounds)
            .map_err(|problem| format!("{}: {problem}", objects.path(object).display()))?;
        let traits = Traits::of(bytes, picture, &panel);
        Ok(PictureFeatures { sketch: Sketch::of(&panel), traits })
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
pub fn sources(store: &Store, panels: &[LabelledPanel]) -> Result<Vec<String>> {
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
