//! Which pairs are worth a closer look, by coarse views of their windows: of all pairs where there are few, else of those
//! that [`index`](super::index) finds.

use std::borrow::{Borrow, Cow};

use rayon::prelude::*;

use super::Progress;
use super::index;
use super::sketch::{Sketch, View, WINDOWS, Window, correlation, flipped, mirrored_window};

/// Coarse views that correlate less are not of one picture: those of a picture and of its copies,
/// cropped by up to a tenth at each edge, reach 0.90 and more.
const LEAST: f32 = 0.89;
/// By how much the shapes of two windows of one picture may differ (logarithm of width over height):
/// half an inset at each edge, and a little stretching.
const SHAPE: f32 = 0.19;
/// Up to so many pairs, those of 1,024 pictures, each that may be one picture is compared.
const EACH: usize = 1024 * 1023 / 2;
/// Up to so many, those of 4,096, too, if there are no more candidates than this: few pictures are alike.
const EACH_OF_UNLIKE: usize = 4096 * 4095 / 2;
const CANDIDATES: usize = 50_000;

/// Two pictures, by their places, of which the other may be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Couple {
    pub one: u32,
    /// Greater than `one`.
    pub other: u32,
    /// Whether it is `other` mirrored left to right that is alike.
    pub mirrored: bool,
}

/// How two pictures seem to lie on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub mirrored: bool,
    pub window: Window,
    /// Of the other, mirrored if so, which looks like `window` of the one.
    pub other_window: Window,
}

/// All couples that may be one picture, sorted, but for those of which both are known.
pub fn candidates<S: Borrow<Sketch> + Sync>(
    sketches: &[S],
    is_known: &[bool],
    progress: &dyn Progress,
) -> Vec<Couple> {
    let known = is_known.iter().filter(|known| **known).count();
    let all = |count: usize| count * count.saturating_sub(1) / 2;
    let pairs = all(sketches.len()) - all(known);
    if pairs <= EACH_OF_UNLIKE {
        progress.start(sketches.len());
        let found = each(sketches, is_known, progress);
        if pairs <= EACH || found.len() <= CANDIDATES {
            return found;
        }
    }
    index::couples(sketches, is_known, progress)
}

/// The same, by a look at each.
pub fn each<S: Borrow<Sketch> + Sync>(
    sketches: &[S],
    is_known: &[bool],
    progress: &dyn Progress,
) -> Vec<Couple> {
    let of_one = |one: usize| {
        let a = sketches[one].borrow();
        let upright = Turned { shapes: &a.shapes, views: &a.views, mirrored: false };
        let views: Vec<View> = a.views.iter().map(flipped).collect();
        let mirrored = Turned { views: &views, mirrored: true, ..upright };
        let mut found = Vec::new();
        for other in one + 1..sketches.len() {
            if is_known[one] && is_known[other] {
                continue;
            }
            for turned in [&upright, &mirrored] {
                if turned.best_windows(sketches[other].borrow()).is_some() {
                    let (one, other) = (one as u32, other as u32);
                    found.push(Couple { one, other, mirrored: turned.mirrored });
                }
            }
        }
        progress.screened();
        found
    };
    (0..sketches.len()).into_par_iter().flat_map_iter(of_one).collect()
}

/// How the pictures of a couple lie on each other by their coarse views; `None` where they do not.
pub fn candidate(one: &Sketch, other: &Sketch, mirrored: bool) -> Option<Candidate> {
    let views: Cow<'_, [View]> =
        if mirrored { one.views.iter().map(flipped).collect() } else { Cow::Borrowed(&one.views) };
    let turned = Turned { shapes: &one.shapes, views: &views, mirrored };
    let (window, other_window) = turned.best_windows(other)?;
    let (window, other_window) = (Window::of(window), Window::of(other_window));
    Some(Candidate { mirrored, window, other_window })
}

/// A picture as it is, or the views of its windows mirrored: the one mirrored looks like the other as the other
/// mirrored looks like the one.
struct Turned<'a> {
    shapes: &'a [f32; WINDOWS],
    views: &'a [View],
    mirrored: bool,
}

impl Turned<'_> {
    /// The windows that look most alike, of which at no edge both are moved: they would show a part of what lies on
    /// each other anyway. That of the other is its window when mirrored, where that is what is asked.
    fn best_windows(&self, other: &Sketch) -> Option<(usize, usize)> {
        let mut best = None;
        let mut most = LEAST;
        for window in 0..WINDOWS {
            for other_window in (0..WINDOWS).filter(|other| other & window == 0) {
                let there =
                    if self.mirrored { mirrored_window(other_window) } else { other_window };
                if (self.shapes[window] - other.shapes[there]).abs() > SHAPE {
                    continue;
                }
                let reached = correlation(&self.views[window], &other.views[there]);
                if reached > most {
                    (most, best) = (reached, Some((window, other_window)));
                }
            }
        }
        best
    }
}
