//! `covid-ct score-duplicates`: how many copies of pictures are found, for `make score`.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::duplicates::{Kinship, Pair, Sketch, pairs};
use crate::metrics::duplicates::PairCounts;
use crate::synth::compounds::{phantoms, read_named_scans};
use crate::synth::copies::{copies, originals};
use anyhow::{Context as _, Result};
use image::GrayImage;
use rayon::prelude::*;

use super::Outcome;
use crate::cli::ScoreDuplicatesArgs;

/// Least recall and precision wanted.
const WANTED: f64 = 0.98;
/// Drawn scans, where there is no folder of scans.
const DRAWN: u32 = 200;

/// Prints recall and precision beside what is wanted; exit code 1 where something is missed.
pub fn run(args: &ScoreDuplicatesArgs) -> Result<Outcome> {
    let scans = match &args.scans {
        Some(folder) => read_named_scans(folder)
            .with_context(|| format!("cannot read the scans in {}", folder.display()))?,
        None => (0..).map(|i: u32| format!("drawn {i}")).zip(phantoms(DRAWN)).collect(),
    };
    anyhow::ensure!(!scans.is_empty(), "no scan to make copies of");
    let (names, scans): (Vec<String>, Vec<GrayImage>) = scans.into_iter().unzip();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let originals = originals(&names);
    if let Some(pictures) = args.pictures {
        time(&scans, &originals, args.seed, pictures as usize);
        return Ok(Outcome::Done);
    }
    Ok(if score(&scans, &originals, args.seed) { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Whether all that is wanted was reached, with two copies of each scan.
fn score(scans: &[GrayImage], originals: &[usize], seed: u64) -> bool {
    let mut sketches: Vec<Sketch> = scans.par_iter().map(Sketch::of).collect();
    let mut of = originals.to_vec();
    let mut change_of = BTreeMap::new();
    for copy in (0..2).flat_map(|round| copies(scans, seed, round)) {
        change_of.insert(sketches.len(), copy.change);
        of.push(originals[copy.of]);
        sketches.push(Sketch::of(&copy.picture));
    }
    let found = same(&pairs(&sketches, &()));
    println!("{:<14}{:<20}{:>6}{:>10}{:>9}", "duplicates", "measure", "of", "reached", "wanted");
    let mut rows: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (&copy, change) in &change_of {
        let (right, all) = rows.entry(change.to_string()).or_default();
        *all += 1;
        let scan = (copy - scans.len()) % scans.len();
        *right += u64::from(found.binary_search(&(scan, copy)).is_ok());
    }
    for (change, (right, all)) in rows {
        line("copies", &change, all, right as f64 / all as f64, None);
    }
    let alone = found.iter().copied().filter(|&(_, other)| other < scans.len());
    let alone = PairCounts::of(originals, alone);
    line("scans alone", "recall", alone.pairs, alone.recall(), None);
    line("scans alone", "precision", alone.found + alone.wrong, alone.precision(), None);
    let counts = PairCounts::of(&of, found);
    line("all", "recall", counts.pairs, counts.recall(), Some(WANTED));
    line("all", "precision", counts.found + counts.wrong, counts.precision(), Some(WANTED));
    counts.recall() >= WANTED && counts.precision() >= WANTED
}

fn line(truth: &str, measure: &str, of: u64, reached: f64, wanted: Option<f64>) {
    print!("{truth:<14}{measure:<20}{of:>6}{reached:>10.3}");
    match wanted {
        Some(least) if reached < least => println!("{least:>9.2}  missed"),
        Some(least) => println!("{least:>9.2}"),
        None => println!("{:>9}", "-"),
    }
}

fn same(pairs: &[Pair]) -> Vec<(usize, usize)> {
    let same = pairs.iter().filter(|pair| pair.kinship == Kinship::Same);
    same.map(|pair| (pair.one, pair.other)).collect()
}

/// Times all pairs of a quarter, half and all of `pictures` scans and copies of them.
fn time(scans: &[GrayImage], originals: &[usize], seed: u64, pictures: usize) {
    let mut made = scans.to_vec();
    let mut of = originals.to_vec();
    let mut round = 0;
    while made.len() < pictures {
        for copy in copies(scans, seed, round) {
            of.push(originals[copy.of]);
            made.push(copy.picture);
        }
        round += 2;
    }
    println!(
        "{:>9}{:>12}{:>12}{:>12}{:>10}{:>11}",
        "pictures", "sketches s", "all pairs s", "found", "recall", "precision"
    );
    for count in [pictures / 4, pictures / 2, pictures] {
        let start = Instant::now();
        let sketches: Vec<Sketch> = made[..count].par_iter().map(Sketch::of).collect();
        let sketched = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let found = same(&pairs(&sketches, &()));
        let paired = start.elapsed().as_secs_f64();
        let counts = PairCounts::of(&of[..count], found.iter().copied());
        println!(
            "{count:>9}{sketched:>12.1}{paired:>12.1}{:>12}{:>10.4}{:>11.4}",
            found.len(),
            counts.recall(),
            counts.precision()
        );
    }
}
