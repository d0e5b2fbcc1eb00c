//! `covid-ct score-crops`: how many crops are found again in figures, for `make score`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::covid_ct::recover::MIN_SCORE;
use crate::locate::{Place, locate};
use crate::synth::compounds::read_scans;
use crate::synth::pastings::{Pasted, Pasting, pasting};
use anyhow::{Context as _, Result, ensure};
use image::GrayImage;
use rayon::prelude::*;

use super::Outcome;
use crate::cli::ScoreCropsArgs;

/// Share of the crops that is to be found.
const WANTED: f64 = 0.98;

/// What came of one search.
struct Searched {
    pasted: Pasted,
    colour: bool,
    place: Option<Place>,
    took: Duration,
}

/// Prints a table beside what is wanted; exit code 1 where that is missed.
pub fn run(args: &ScoreCropsArgs) -> Result<Outcome> {
    let scans = read_scans(&args.scans)
        .with_context(|| format!("cannot read the scans in {}", args.scans.display()))?;
    ensure!(scans.len() >= 9, "{}: expected nine scans or more", args.scans.display());
    let figures = args.series * args.figures..(args.series + 1) * args.figures;
    let searched: Vec<(Vec<Searched>, Option<Place>)> =
        figures.into_par_iter().map(|index| search(&scans, index)).collect();
    let (searched, strangers): (Vec<_>, Vec<_>) = searched.into_iter().unzip();
    let searched: Vec<Searched> = searched.into_iter().flatten().collect();
    let mut rows: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for found in &searched {
        let right = found
            .place
            .is_some_and(|place| is_accepted(&place) && found.pasted.is_at(place.edges()));
        let size = if found.pasted.scale > 1.0 { "reduced in the figure" } else { "enlarged" };
        let colour = if found.colour { "cmyk" } else { "grey" };
        for name in [colour, size, "all"] {
            let row = rows.entry(name).or_default();
            row.0 += usize::from(right);
            row.1 += 1;
        }
        if args.misses && !right {
            eprintln!("missed: {:?} found at {:?}", found.pasted, found.place);
        }
    }
    println!("{:<24}{:>6}{:>10}{:>9}", "crops", "of", "reached", "wanted");
    let mut reached = 0.0;
    for (name, (right, of)) in &rows {
        let share = *right as f64 / *of as f64;
        let wanted = if *name == "all" { format!("{WANTED:.2}") } else { "-".into() };
        println!("{name:<24}{of:>6}{share:>10.3}{wanted:>9}");
        if *name == "all" {
            reached = share;
        }
    }
    let of = strangers.len();
    let taken = strangers.iter().flatten().filter(|place| is_accepted(place)).count();
    println!("{:<24}{of:>6}{taken:>10}{:>9}", "found where they are not", "-");
    let took: Duration = searched.iter().map(|found| found.took).sum();
    let each = took.as_millis() / searched.len().max(1) as u128;
    eprintln!("{each} ms a search");
    Ok(if reached >= WANTED { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// What came of the scans in a figure, and where one was found that is not in it.
fn search(scans: &[GrayImage], index: u32) -> (Vec<Searched>, Option<Place>) {
    let Pasting { picture, pasted } = pasting(scans, index);
    let colour = picture.color().has_color();
    let figure = picture.into_luma8();
    let is_in = |scan: usize| pasted.iter().any(|pasted| pasted.scan == scan);
    let all = 0..scans.len();
    let stranger = all.map(|at| (index as usize + at) % scans.len()).find(|&scan| !is_in(scan));
    let one = |pasted: &Pasted| {
        let start = Instant::now();
        let place = locate(&scans[pasted.scan], &figure);
        Searched { pasted: *pasted, colour, place, took: start.elapsed() }
    };
    let stranger = stranger.and_then(|scan| locate(&scans[scan], &figure));
    (pasted.iter().map(one).collect(), stranger)
}

fn is_accepted(place: &Place) -> bool {
    place.score >= MIN_SCORE
}
