//! Pictures that are one picture, and pictures of one scan: pure functions over grey pictures.
//!
//! [`Sketch`] reduces a picture to what is compared, once. [`pairs`] then looks at pairs in three
//! steps, each for what the one before left: coarse views of windows of both, mirrored too (`screen`), of all
//! pairs or, where there are many, of those that an index finds (`index`, by keys of the views, `key`);
//! the scale and offset that lay one on the other (`align`); the detail of what lies on each other,
//! block by block (`compare`). So a picture is found again however it was re-encoded, scaled between
//! 0.5 and 2, made brighter, cropped by up to a tenth at each edge, or mirrored left to right, and the
//! next slice of the same scan is not taken for it.
//!
//! Not found: pictures turned by any angle, inverted, or cropped by much more; nor pictures without
//! texture.

mod align;
mod compare;
mod index;
mod key;
mod screen;
mod sketch;

use std::borrow::Borrow;

use rayon::prelude::*;

pub use align::Map;
pub use sketch::Sketch;

use self::compare::{Likeness, compare};
use self::screen::{Couple, candidate, candidates};
use covid_ct_core::string_enum;

/// Raised with every change of what is compared or how, so that pairs that another version found are not taken for this
/// one's.
pub const METHOD: u32 = 1;

/// Detail that agrees this well is that of one picture: half-way between the worst copy (0.96) and
/// the best neighbouring slice (0.92) of COVID-CT.
const SAME: f64 = 0.94;
/// Grey levels that agree this well, though their detail does not, are of one scan: in COVID-CT all
/// such pairs are neighbouring slices, or one slice in two windows.
const ALIKE: f64 = 0.95;

string_enum! {
    /// What two pictures are to each other.
    pub enum Kinship {
        /// One picture, or two copies of one.
        Same = "same",
        /// Very alike: neighbouring slices of one scan, or a slice in two windows.
        Alike = "alike",
    }
}

/// Two related pictures, by their place in the list given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub one: usize,
    /// Greater than `one`.
    pub other: usize,
    pub kinship: Kinship,
    /// Whether the one lies on the other mirrored left to right.
    pub mirrored: bool,
    /// Correlation of the grey levels where they lie on each other.
    pub correlation: f64,
    /// Correlation of the detail there, which four fifths of its blocks reach.
    pub detail: f64,
    /// Where a point of the one lies on the other, mirrored if so; in fractions of the sides.
    pub map: Map,
}

/// Told how far a search is.
pub trait Progress: Sync {
    /// Pairs are to be screened in so many steps.
    fn start(&self, _steps: usize) {}
    /// One more step is done.
    fn screened(&self) {}
    /// Screening is over: this many candidates are left to compare.
    fn left(&self, _candidates: usize) {}
    /// One more candidate is compared.
    fn compared(&self) {}
}

/// Nobody watches.
impl Progress for () {}

/// All related pairs, by `(one, other)`; the same at any number of threads.
pub fn pairs<S: Borrow<Sketch> + Sync>(sketches: &[S], progress: &dyn Progress) -> Vec<Pair> {
    pairs_with_new(sketches, &vec![false; sketches.len()], progress)
}

/// The same, but for pairs of which both pictures are known: as many as there are pictures.
///
/// # Panics
/// Where it does not tell of each picture whether it is known.
pub fn pairs_with_new<S: Borrow<Sketch> + Sync>(
    sketches: &[S],
    is_known: &[bool],
    progress: &dyn Progress,
) -> Vec<Pair> {
    assert_eq!(sketches.len(), is_known.len(), "one of each");
    related(sketches, &candidates(sketches, is_known, progress), progress)
}

/// Those of some candidates that are related.
fn related<S: Borrow<Sketch> + Sync>(
    sketches: &[S],
    candidates: &[Couple],
    progress: &dyn Progress,
) -> Vec<Pair> {
    progress.left(candidates.len());
    let related = |couple: &Couple| {
        let [one, other] =
            [couple.one, couple.other].map(|place| sketches[place as usize].borrow());
        let seen = candidate(one, other, couple.mirrored);
        let likeness = seen.and_then(|seen| compare(one, other, &seen));
        progress.compared();
        Some(pair(couple, &likeness?)).filter(Pair::is_related)
    };
    let found: Vec<Pair> = candidates.par_iter().filter_map(related).collect();
    // A picture may be alike both as it is and mirrored.
    let mut best: Vec<Pair> = Vec::new();
    for pair in found {
        match best.last_mut() {
            Some(last) if (last.one, last.other) == (pair.one, pair.other) => {
                if pair.detail > last.detail {
                    *last = pair;
                }
            }
            _ => best.push(pair),
        }
    }
    best
}

impl Pair {
    /// The same pair with the other picture laid on the one.
    #[must_use]
    pub fn turned(self) -> Self {
        Self { one: self.other, other: self.one, map: self.map.inverse(self.mirrored), ..self }
    }

    fn is_related(&self) -> bool {
        self.kinship == Kinship::Same || self.correlation >= ALIKE
    }
}

fn pair(couple: &Couple, likeness: &Likeness) -> Pair {
    let Likeness { map, correlation, detail } = *likeness;
    Pair {
        one: couple.one as usize,
        other: couple.other as usize,
        kinship: if detail >= SAME { Kinship::Same } else { Kinship::Alike },
        mirrored: couple.mirrored,
        correlation,
        detail,
        map,
    }
}

#[cfg(test)]
mod tests;
