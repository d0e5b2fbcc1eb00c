//! Which pairs are worth a closer look: all pairs, by coarse views of their windows.

use rayon::prelude::*;

use super::Progress;
use super::sketch::{Sketch, View, WINDOWS, Window, correlation};

/// Coarse views that correlate less are not of one picture: those of a picture and of its copies,
/// cropped by up to a tenth at each edge, reach 0.90 and more.
const LEAST: f32 = 0.89;
/// By how much the shapes of two windows of one picture may differ (logarithm of width over height):
/// half an inset at each edge, and a little stretching.
const SHAPE: f32 = 0.19;

/// A pair that may be one picture, and how they seem to lie on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub one: usize,
    pub other: usize,
    /// Whether it is `other` mirrored left to right that is alike.
    pub mirrored: bool,
    pub window: Window,
    /// Of `other`, mirrored if so, which looks like `window` of `one`.
    pub other_window: Window,
    pub correlation: f32,
}

/// All candidates by `(one, other, mirrored)`, `one < other`.
pub fn candidates(sketches: &[Sketch], progress: &dyn Progress) -> Vec<Candidate> {
    let pairs = window_pairs();
    let of_one = |one: usize| {
        let mut found = Vec::new();
        for other in one + 1..sketches.len() {
            let (a, b) = (&sketches[one], &sketches[other]);
            for (mirrored, views) in [(false, &b.views), (true, &b.mirrored_views)] {
                let best = best_windows(&pairs, a, b, views);
                if let Some((window, other_window, correlation)) = best {
                    let (window, other_window) = (Window::of(window), Window::of(other_window));
                    found.push(Candidate {
                        one,
                        other,
                        mirrored,
                        window,
                        other_window,
                        correlation,
                    });
                }
            }
        }
        progress.screened();
        found
    };
    (0..sketches.len()).into_par_iter().flat_map_iter(of_one).collect()
}

/// Pairs of windows of two pictures of which at no edge both are moved: they would show a part of
/// what lies on each other anyway.
fn window_pairs() -> Vec<(usize, usize)> {
    let all = (0..WINDOWS).flat_map(|one| (0..WINDOWS).map(move |other| (one, other)));
    all.filter(|(one, other)| one & other == 0).collect()
}

fn best_windows(
    pairs: &[(usize, usize)],
    one: &Sketch,
    other: &Sketch,
    views: &[View],
) -> Option<(usize, usize, f32)> {
    let mut best = None;
    let mut most = LEAST;
    for &(window, other_window) in pairs {
        if (one.shapes[window] - other.shapes[other_window]).abs() > SHAPE {
            continue;
        }
        let reached = correlation(&one.views[window], &views[other_window]);
        if reached > most {
            (most, best) = (reached, Some((window, other_window, reached)));
        }
    }
    best
}
