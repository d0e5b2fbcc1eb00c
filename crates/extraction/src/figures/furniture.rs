//! What is drawn on a page but belongs to no figure: the paper's dress. Logos, banners and watermarks
//! repeat from page to page; frames stand around figure and caption together.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use crate::pdf::{DrawnImage, Page, Rect};

/// Pages that must draw the same thing, at least, before it is dress; a figure may be shown twice.
pub const FURNITURE_PAGES: usize = 3;
/// The part of a page's height, at either end, in which a picture in one place is a banner even if
/// every page has an object of its own for it.
const BAND: f32 = 0.12;

/// The dress of a document.
#[derive(Debug, Default)]
pub struct Furniture {
    /// By xref.
    images: HashSet<u32>,
    /// Boxes of pictures in the margins, in whole points.
    banners: HashSet<[i32; 4]>,
    /// Boxes of paths, in whole points.
    paths: HashSet<[i32; 4]>,
}

impl Furniture {
    /// What most of these pages draw or say in one place.
    pub fn of(pages: &[Page]) -> Self {
        let images = pages.iter().map(|page| page.drawn.images.iter().filter_map(|i| i.xref));
        let banners = pages.iter().map(|page| {
            let in_band = |image: &&DrawnImage| {
                image.bbox.y1 < BAND * page.height || image.bbox.y0 > (1.0 - BAND) * page.height
            };
            page.drawn.images.iter().filter(in_band).map(|image| place(&image.bbox))
        });
        // A series of plots has the same axes in the same place on several pages, but not on most.
        let most = FURNITURE_PAGES.max(pages.len().div_ceil(2));
        let mut paths = repeated(pages.iter().map(drawn), most);
        // Where most pages are plots, what only these have is theirs.
        let of_text: Vec<&Page> = pages.iter().filter(|page| is_of_text(page)).collect();
        if !of_text.is_empty() {
            let worn = of_text.iter().flat_map(|page| drawn(page));
            paths = worn.filter(|path| paths.contains(path)).collect();
        }
        Self {
            images: repeated(images, FURNITURE_PAGES),
            // A short paper has too few pages to repeat its banner on.
            banners: repeated(banners, FURNITURE_PAGES.min(pages.len()).max(2)),
            paths,
        }
    }

    /// Whether it draws an image that is dress.
    pub fn holds_image(&self, image: &DrawnImage) -> bool {
        image.xref.is_some_and(|xref| self.images.contains(&xref))
            || self.banners.contains(&place(&image.bbox))
    }

    /// Whether a painted path of this box, in points, is part of it.
    pub fn holds_path(&self, path: &Rect) -> bool {
        self.paths.contains(&place(path))
    }
}

/// Boxes of the paths that a page paints, in whole points.
fn drawn(page: &Page) -> impl Iterator<Item = [i32; 4]> {
    page.drawn.paths.iter().map(place)
}

/// A page of running text has at least so many lines of so many words.
const TEXT_LINES: usize = 8;
const TEXT_WORDS: usize = 6;

fn is_of_text(page: &Page) -> bool {
    page.lines.iter().filter(|line| line.words.len() >= TEXT_WORDS).count() >= TEXT_LINES
}

fn place(bbox: &Rect) -> [i32; 4] {
    [bbox.x0, bbox.y0, bbox.x1, bbox.y1].map(|v| v.round() as i32)
}

/// Counters that things share while candidates are looked for, as a power of two.
const SHARED: u32 = 16;

/// What occurs on at least `enough` of the pages. A document may draw millions of things, nearly all of them once, so only those are
/// counted by themselves that come often enough together with the others of their counter.
fn repeated<T: Eq + std::hash::Hash>(
    pages: impl Iterator<Item = impl Iterator<Item = T>> + Clone,
    enough: usize,
) -> HashSet<T> {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let counter = |thing: &T| (hasher.hash_one(thing) >> (64 - SHARED)) as usize;
    let mut shared = vec![0_usize; 1 << SHARED];
    pages.clone().flatten().for_each(|thing| shared[counter(&thing)] += 1);
    let mut counts: HashMap<T, usize> = HashMap::new();
    for page in pages {
        let candidates = page.filter(|thing| shared[counter(thing)] >= enough);
        for thing in candidates.collect::<HashSet<T>>() {
            *counts.entry(thing).or_default() += 1;
        }
    }
    counts.into_iter().filter(|(_, count)| *count >= enough).map(|(thing, _)| thing).collect()
}

/// Sides of a frame may differ by this much in height, in points.
const SLACK: f32 = 6.0;
/// A frame is at least this wide and high, in points.
const SMALLEST_FRAME: f32 = 60.0;

/// Frames drawn as lines around a caption, and so around its figure too: pairs of uprights of one
/// height with a caption between them. A frame drawn as one box needs no such search.
pub fn frames(paths: &[Rect], captions: &[Rect]) -> Vec<Rect> {
    let uprights = uprights(paths);
    let mut frames = Vec::new();
    for (index, left) in uprights.iter().enumerate() {
        for right in &uprights[index + 1..] {
            let frame = left.union(right);
            let pair = (left.y0 - right.y0).abs() < SLACK
                && (left.y1 - right.y1).abs() < SLACK
                && frame.width() > SMALLEST_FRAME;
            if pair && captions.iter().any(|caption| frame.contains_point(caption.centre())) {
                frames.push(frame);
            }
        }
    }
    frames
}

/// The thin uprights among the paths, those that continue each other joined; left to right.
fn uprights(paths: &[Rect]) -> Vec<Rect> {
    let mut pieces: Vec<Rect> =
        paths.iter().filter(|path| path.width() < 3.0 && path.height() > 8.0).copied().collect();
    pieces.sort_by(|a, b| a.x0.total_cmp(&b.x0).then(a.y0.total_cmp(&b.y0)));
    let mut joined: Vec<Rect> = Vec::new();
    for piece in pieces {
        let before = joined.iter_mut().rev().take_while(|upright| piece.x0 - upright.x0 < 1.5);
        match before.into_iter().find(|upright| (piece.y0 - upright.y1).abs() < 2.0) {
            Some(upright) => *upright = upright.union(&piece),
            None => joined.push(piece),
        }
    }
    joined.retain(|upright| upright.height() > SMALLEST_FRAME);
    joined.truncate(MOST_UPRIGHTS);
    joined
}

/// More long uprights than this on a page are a chart's, and pairs of them are many.
const MOST_UPRIGHTS: usize = 200;

/// Whether a path is part of the frame's line: a side, a corner, a tick on it.
pub fn is_border(path: &Rect, frame: &Rect) -> bool {
    let beyond = |inner: f32| {
        path.x1 <= frame.x0 + inner
            || path.x0 >= frame.x1 - inner
            || path.y1 <= frame.y0 + inner
            || path.y0 >= frame.y1 - inner
    };
    frame.grow(SLACK).contains(path) && beyond(SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<Rect> {
        vec![
            Rect::new(x0, y0, x0 + 0.5, y1),
            Rect::new(x1 - 0.5, y0, x1, y1),
            Rect::new(x0, y0, x1, y0 + 0.5),
            Rect::new(x0, y1 - 0.5, x1, y1),
        ]
    }

    #[test]
    fn lines_around_a_caption_are_a_frame_and_axes_are_none() {
        let caption = Rect::new(62.0, 719.0, 230.0, 727.0);
        let paths = sides(56.0, 264.0, 539.0, 731.0);
        let frames = frames(&paths, &[caption]);
        assert_eq!(frames, [Rect::new(56.0, 264.0, 539.0, 731.0)]);
        assert!(paths.iter().all(|path| is_border(path, &frames[0])));
        assert!(!is_border(&Rect::new(186.0, 311.0, 410.0, 348.0), &frames[0]));
        let axes = sides(56.0, 264.0, 539.0, 700.0);
        assert!(super::frames(&axes, &[caption]).is_empty());
    }

    #[test]
    fn sides_drawn_in_pieces_are_whole() {
        let mut paths = sides(115.0, 73.0, 497.0, 394.0);
        paths.extend(sides(115.0, 394.0, 497.0, 440.0));
        let caption = Rect::new(121.0, 400.0, 480.0, 434.0);
        let frames = frames(&paths, &[caption]);
        assert_eq!(frames, [Rect::new(115.0, 73.0, 497.0, 440.0)]);
    }

    #[test]
    fn what_most_pages_draw_in_one_place_is_dress() {
        let watermark = Rect::new(100.2, 300.0, 400.0, 310.0);
        let axes = Rect::new(100.0, 500.0, 101.0, 600.0);
        let pages: Vec<Vec<Rect>> =
            (0..8).map(|n| if n < 3 { vec![watermark, axes] } else { vec![watermark] }).collect();
        let found = repeated(pages.iter().map(|paths| paths.iter().map(place)), 4);
        assert!(found.contains(&place(&watermark)) && !found.contains(&place(&axes)));
    }
}
