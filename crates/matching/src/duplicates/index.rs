//! Which pairs of many pictures may be one picture, without a look at each: windows whose keys point the same way.
//!
//! Locality-sensitive hashing by random hyperplanes (Charikar, "Similarity estimation techniques from rounding algorithms",
//! STOC 2002): on which side of [`PLANES`] planes a key lies is drawn once, each of [`TABLES`] tables takes some of these
//! bits, and windows with all bits of a table in common meet. Those that meet are compared by their keys. What a table
//! takes and where the planes lie is drawn from fixed seeds.
//!
//! It is approximate. Of the related pairs that a look at each finds it found 2,724 of 2,726 among the pictures of COVID-CT and
//! two copies of each (2,238 pictures), and 258 of 259 among 250 drawn scans and a copy of each.

use std::borrow::Borrow;
use std::collections::HashSet;

use rayon::prelude::*;

use super::Progress;
use super::key::{DIMENSIONS, Key, cosine, key};
use super::screen::Couple;
use super::sketch::{Sketch, WINDOWS, flipped, mirrored_window};

/// Keys that are less alike are of different pictures. Of many pictures fewer are let in: where all are alike, as drawn
/// scans are, couples that are let in for nothing grow with the square of the pictures.
const LEAST_COSINE: f32 = 0.87;
const LEAST_COSINE_OF_MANY: f32 = 0.9;
/// More pictures are many.
const MANY: usize = 8192;
const PLANES: usize = 256;
const TABLES: usize = 96;
/// Windows of a picture, and of the picture mirrored.
const KEYS: usize = 2 * WINDOWS;
/// The fewest and the most bits of a table.
const BITS: (usize, usize) = (8, 22);

/// Couples of which a window of one looks like one of the other, sorted; but for those of which both are known.
pub fn couples<S: Borrow<Sketch> + Sync>(
    sketches: &[S],
    is_known: &[bool],
    progress: &dyn Progress,
) -> Vec<Couple> {
    progress.start(TABLES);
    let keys: Vec<Key> =
        sketches.par_iter().flat_map_iter(|sketch| keys(sketch.borrow())).collect();
    let planes = planes();
    let sides: Vec<Sides> = keys.par_iter().map(|key| sides(key, &planes)).collect();
    // Four windows a run, if they lay evenly.
    let bits = (keys.len().max(1).ilog2() as usize).saturating_sub(2).clamp(BITS.0, BITS.1);
    let least = if sketches.len() > MANY { LEAST_COSINE_OF_MANY } else { LEAST_COSINE };
    let mut chance = Chance(1);
    let mut found: Vec<Couple> = Vec::new();
    for _ in 0..TABLES {
        let taken: Vec<usize> = (0..bits).map(|_| chance.below(PLANES)).collect();
        let mut table: Vec<(u32, u32)> = sides
            .par_iter()
            .zip(&keys)
            .enumerate()
            .filter(|(_, (_, key))| key.iter().any(|number| *number != 0))
            .map(|(place, (sides, _))| (sides.some(&taken), place as u32))
            .collect();
        table.par_sort_unstable();
        let runs: Vec<&[(u32, u32)]> =
            table.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1).collect();
        let met: Vec<Couple> =
            runs.par_iter().flat_map_iter(|run| alike(run, &keys, is_known, least)).collect();
        found.extend(met);
        found.par_sort_unstable();
        found.dedup();
        progress.screened();
    }
    found
}

/// Of a picture's windows, then of those of the picture mirrored.
fn keys(sketch: &Sketch) -> Vec<Key> {
    let upright = sketch.views.iter().map(key);
    let mirrored = (0..WINDOWS).map(|window| key(&flipped(&sketch.views[mirrored_window(window)])));
    upright.chain(mirrored).collect()
}

/// The couples of windows of one side of all planes of a table.
fn alike(run: &[(u32, u32)], keys: &[Key], is_known: &[bool], least: f32) -> HashSet<Couple> {
    let mut found = HashSet::new();
    let place = |at: u32| (at as usize / KEYS, at as usize % KEYS);
    for (i, &(_, at)) in run.iter().enumerate() {
        let (one, window) = place(at);
        for &(_, at_other) in &run[i + 1..] {
            let (other, other_window) = place(at_other);
            let both = (window % WINDOWS) & (other_window % WINDOWS);
            let (mirrored, other_mirrored) = (window >= WINDOWS, other_window >= WINDOWS);
            if one == other
                || both != 0
                || mirrored && other_mirrored
                || is_known[one] && is_known[other]
                || cosine(&keys[at as usize], &keys[at_other as usize]) < least
            {
                continue;
            }
            let (one, other) = (one.min(other) as u32, one.max(other) as u32);
            found.insert(Couple { one, other, mirrored: mirrored || other_mirrored });
        }
    }
    found
}

/// On which side of each plane a key lies.
struct Sides([u64; PLANES / 64]);

impl Sides {
    /// The bits of some planes, as a number.
    fn some(&self, planes: &[usize]) -> u32 {
        planes
            .iter()
            .fold(0, |bits, plane| bits << 1 | (self.0[plane / 64] >> (plane % 64) & 1) as u32)
    }
}

/// A plane's normal, of which each number is 1 or -1.
type Plane = [i8; DIMENSIONS];

fn planes() -> Vec<Plane> {
    let mut chance = Chance(0);
    let plane = |_| {
        let bits = chance.next();
        std::array::from_fn(|axis| if bits >> (axis + 16) & 1 == 1 { 1 } else { -1 })
    };
    (0..PLANES).map(plane).collect()
}

fn sides(key: &Key, planes: &[Plane]) -> Sides {
    let mut sides = Sides([0; PLANES / 64]);
    for (place, plane) in planes.iter().enumerate() {
        let along = key.iter().zip(plane).fold(0_i16, |sum, (number, sign)| {
            // Of length 127, a key of 32 numbers has a sum of at most 719.
            sum.wrapping_add(i16::from(*number) * i16::from(*sign))
        });
        sides.0[place / 64] |= u64::from(along >= 0) << (place % 64);
    }
    sides
}

/// `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}
