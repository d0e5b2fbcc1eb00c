//! `covid-ct score-crops`: how many crops are found again in figures, for `make score`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use covid_ct::dataset::recover::MIN_SCORE;
use covid_ct::locate::{Place, locate};
use covid_ct::synth::compounds::read_scans;
use covid_ct::synth::pastings::{Pasted, Pasting, pasting};
use image::GrayImage;
use rayon::prelude::*;

use super::Outcome;
use crate::cli::ScoreCropsArgs;

/// Share of the crops that is to be found, each edge within so many pixels of the figure.
const WANTED: f64 = 0.98;
const WITHIN: f64 = 2.0;

/// What came of one search.
struct Searched {
    pasted: Pasted,
    colour: bool,
    place: Option<Place>,
    /// Of a scan that is not in the figure.
    stranger: Option<Place>,
    took: Duration,
}

/// Prints a table beside what is wanted; exit code 1 where that is missed.
pub fn run(args: &ScoreCropsArgs) -> Result<Outcome> {
    let scans = read_scans(&args.scans)
        .with_context(|| format!("cannot read the scans in {}", args.scans.display()))?;
    ensure!(scans.len() >= 9, "{}: expected nine scans or more", args.scans.display());
    let figures = args.series * args.figures..(args.series + 1) * args.figures;
    let searched: Vec<Searched> =
        figures.into_par_iter().flat_map_iter(|index| search(&scans, index)).collect();
    let mut rows: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut strangers = 0;
    for found in &searched {
        let right = found.place.is_some_and(|place| is_right(&place, found.pasted));
        let size = if found.pasted.scale > 1.0 { "reduced in the figure" } else { "enlarged" };
        let colour = if found.colour { "cmyk" } else { "grey" };
        for name in [colour, size, "all"] {
            let row = rows.entry(name).or_default();
            row.0 += usize::from(right);
            row.1 += 1;
        }
        strangers += usize::from(found.stranger.is_some_and(|place| place.score >= MIN_SCORE));
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
    println!("{:<24}{:>6}{strangers:>10}{:>9}", "found where they are not", searched.len(), "-");
    let took: Duration = searched.iter().map(|found| found.took).sum();
    let each = took.as_millis() / searched.len().max(1) as u128;
    eprintln!("{each} ms a search");
    Ok(if reached >= WANTED { Outcome::Done } else { Outcome::DoneWithFailures })
}

fn search(scans: &[GrayImage], index: u32) -> Vec<Searched> {
    let Pasting { picture, pasted } = pasting(scans, index);
    let colour = picture.color().has_color();
    let figure = picture.into_luma8();
    let is_in = |scan: usize| pasted.iter().any(|pasted| pasted.scan == scan);
    let all = 0..scans.len();
    let stranger = all.map(|at| (index as usize + at) % scans.len()).find(|&scan| !is_in(scan));
    let one = |pasted: &Pasted| {
        let start = Instant::now();
        let place = locate(&scans[pasted.scan], &figure);
        Searched { pasted: *pasted, colour, place, stranger: None, took: start.elapsed() }
    };
    let mut searched: Vec<Searched> = pasted.iter().map(one).collect();
    if let (Some(first), Some(stranger)) = (searched.first_mut(), stranger) {
        first.stranger = locate(&scans[stranger], &figure);
    }
    searched
}

/// Whether a place is accepted, and every edge of it is where it should be.
fn is_right(place: &Place, pasted: Pasted) -> bool {
    let bounds = pasted.bounds;
    let (x1, y1) = (bounds.x + bounds.w, bounds.y + bounds.h);
    let edges = [(place.x0, bounds.x), (place.y0, bounds.y), (place.x1, x1), (place.y1, y1)];
    place.score >= MIN_SCORE
        && edges.iter().all(|(found, edge)| (found - f64::from(*edge)).abs() <= WITHIN)
}
