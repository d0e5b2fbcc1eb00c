//! How well copies of pictures are found, of drawn slices and of the published scans.

use covid_ct::duplicates::{Kinship, Sketch, pairs};
use covid_ct::metrics::duplicates::PairCounts;
use covid_ct::synth::compounds::{phantoms, read_named_scans};
use covid_ct::synth::copies::{copies, originals};
use image::GrayImage;
use rayon::prelude::*;

/// Pairs found among `scans` and copies of every `step`th of them in `rounds`.
fn counts(scans: &[(String, GrayImage)], rounds: std::ops::Range<u32>, step: usize) -> PairCounts {
    let names: Vec<&str> = scans.iter().map(|(name, _)| name.as_str()).collect();
    let originals = originals(&names);
    let of_scans: Vec<usize> = (0..scans.len()).step_by(step).collect();
    let chosen: Vec<GrayImage> = of_scans.iter().map(|&scan| scans[scan].1.clone()).collect();
    let mut of = originals.clone();
    let mut sketches: Vec<Sketch> = scans.par_iter().map(|(_, scan)| Sketch::of(scan)).collect();
    for copy in rounds.flat_map(|round| copies(&chosen, 17, round)) {
        of.push(originals[of_scans[copy.of]]);
        sketches.push(Sketch::of(&copy.picture));
    }
    let same = pairs(&sketches, &()).into_iter().filter(|pair| pair.kinship == Kinship::Same);
    PairCounts::of(&of, same.map(|pair| (pair.one, pair.other)))
}

fn hold(truth: &str, counts: PairCounts) {
    let (recall, precision) = (counts.recall(), counts.precision());
    eprintln!("{truth}: recall {recall:.4}, precision {precision:.4} of {} pairs", counts.pairs);
    assert!(recall >= 0.98, "{counts:?}");
    assert!(precision >= 0.98, "{counts:?}");
}

#[test]
fn copies_of_drawn_slices_are_found() {
    let scans: Vec<(String, GrayImage)> =
        phantoms(40).into_iter().map(|scan| (String::new(), scan)).collect();
    hold("drawn slices", counts(&scans, 0..2, 1));
}

#[test]
fn copies_of_published_scans_are_found_and_neighbouring_slices_are_not() {
    let Some(published) = crate::common::published_release() else { return };
    let folder = published.join("Images");
    let scans = read_named_scans(&folder).expect("scans");
    let alone = counts(&scans, 0..0, 1);
    assert_eq!((alone.found, alone.wrong), (alone.pairs, 0), "{alone:?}");
    hold("published scans", counts(&scans, 0..2, 3));
}
