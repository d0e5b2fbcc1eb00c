//! `covid-ct score-panels`: how many panels are proposed right, for `make score`.

use crate::task;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Workspace;
use crate::curation::panels::propose;
use crate::curation::{preview, proposed_panels};
use crate::dataset::history::stem_of;
use crate::metrics::panels::separation_accuracy;
use crate::store::{ImageRow, Store, Subject};
use crate::synth::compounds::{self, Layout};
use anyhow::{Context as _, Result};
use covid_ct_core::PanelBox;
use image::GrayImage;
use rayon::prelude::*;

use super::Outcome;
use crate::cli::ScorePanelsArgs;

/// Least accuracy wanted on the synthetic corpus, on pasted scans with gutters, and without, where
/// the best published on `ImageCLEF` is 0.86.
const SYNTHETIC: f64 = 0.95;
const PASTED: f64 = 0.90;
const ABUTTING: f64 = 0.86;

/// Prints a table of accuracies beside what is wanted; exit code 1 where something is missed.
pub fn run(workspace: &Path, args: &ScorePanelsArgs) -> Result<Outcome> {
    let workspace = &Workspace::new(workspace);
    let mut table = Table::default();
    if workspace.database().is_file() {
        let store = Store::open_to_read(workspace)?;
        for (image, picture, truth) in decided(&store)? {
            let start = Instant::now();
            let found = proposed_panels(&store, &image, &picture)?;
            let score = separation_accuracy(&found, &truth);
            table.timed(&picture, start.elapsed());
            let kind = if truth.len() > 1 { "compounds" } else { "single" };
            table.add("decided", kind, score);
            table.add("decided", &format!("{kind}, all right"), f64::from(u8::from(score == 1.0)));
            table.add("decided", "all", score);
        }
        if let Some(folder) = &args.draw {
            draw(&store, folder)?;
        }
        table.want("decided", "all", SYNTHETIC);
    }
    if let Some(folder) = &args.scans {
        pasted(folder, args.series, &mut table)?;
    }
    Ok(if table.print() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Scores a series of compounds of the scans in `folder`, and each of these alone.
fn pasted(folder: &Path, series: u32, table: &mut Table) -> Result<()> {
    let scans = compounds::read_scans(folder)
        .with_context(|| format!("cannot read the scans in {}", folder.display()))?;
    anyhow::ensure!(!scans.is_empty(), "no scan in {}", folder.display());
    let scored: Vec<_> = (0..compounds::SERIES)
        .into_par_iter()
        .map(|index| {
            let made = compounds::series(&scans, series * compounds::SERIES + index);
            let start = Instant::now();
            let score = separation_accuracy(&propose(&made.picture), &made.panels);
            (made, score, start.elapsed())
        })
        .collect();
    for (made, score, took) in scored {
        table.timed(&made.picture, took);
        if made.gutter == 0 {
            table.add("pasted", "gutter  0 px", score);
            continue;
        }
        let name = match made.ground {
            0 => "black",
            255 => "white",
            _ => "grey",
        };
        table.add("pasted", "gutters of 2 px up", score);
        table.add("pasted", &format!("gutter {:>2} px", made.gutter), score);
        table.add("pasted", &format!("gutters {name}"), score);
        if made.layout == Layout::Single {
            table.add("pasted", "single", score);
        }
    }
    for scan in &scans {
        let whole = [PanelBox::whole(scan.width(), scan.height())];
        table.add("published", "alone", separation_accuracy(&propose(scan), &whole));
    }
    table.want("pasted", "gutters of 2 px up", PASTED);
    table.want("pasted", "gutter  0 px", ABUTTING);
    Ok(())
}

/// Draws what is proposed for each picture that curators call a CT, to be looked at.
fn draw(store: &Store, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let selected = store.verdicts(task::in_force().selecting())?;
    for image in store.images()? {
        let verdict = selected.get(&Subject::image(image.id));
        if !verdict.is_some_and(|v| v.agreed && v.value.known().is_some_and(|answer| answer.keeps))
        {
            continue;
        }
        let picture = image::load_from_memory(&store.objects().read(&image.object)?)?;
        let boxes = proposed_panels(store, &image, &picture.to_luma8())?;
        let numbered: Vec<(u32, PanelBox)> = (1..).zip(boxes).collect();
        let path = folder.join(format!("{}.png", stem_of(store, &image)?));
        preview::write(&picture, &numbered, &path)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The pictures that curators cropped, with the panels they agree on.
fn decided(store: &Store) -> Result<Vec<(ImageRow, GrayImage, Vec<PanelBox>)>> {
    let mut by_picture: BTreeMap<i64, Vec<PanelBox>> = BTreeMap::new();
    for panel in store.labelled_panels()?.into_iter().filter(|panel| !panel.conflict) {
        by_picture.entry(panel.image).or_default().push(panel.bounds);
    }
    let images = store.images()?.into_iter();
    let pictures = images.filter_map(|image| Some((by_picture.remove(&image.id)?, image)));
    let pictures = pictures.map(|(panels, image)| {
        let bytes = store.objects().read(&image.object)?;
        let picture = image::load_from_memory(&bytes)?.to_luma8();
        Ok((image, picture, panels))
    });
    pictures.collect()
}

/// Sums of scores by truth and measure.
#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<(String, String), (f64, usize)>,
    wanted: BTreeMap<(String, String), f64>,
    pixels: f64,
    time: Duration,
}

impl Table {
    fn add(&mut self, truth: &str, measure: &str, score: f64) {
        let (sum, of) = self.rows.entry((truth.into(), measure.into())).or_default();
        *sum += score;
        *of += 1;
    }

    fn want(&mut self, truth: &str, measure: &str, least: f64) {
        self.wanted.insert((truth.into(), measure.into()), least);
    }

    fn timed(&mut self, picture: &GrayImage, took: Duration) {
        self.pixels += f64::from(picture.width()) * f64::from(picture.height());
        self.time += took;
    }

    /// Whether all that is wanted was reached.
    fn print(&self) -> bool {
        let mut all = true;
        println!("{:<14}{:<20}{:>6}{:>10}{:>9}", "panels", "measure", "of", "reached", "wanted");
        for (key @ (truth, measure), &(sum, of)) in &self.rows {
            let reached = sum / of as f64;
            print!("{truth:<14}{measure:<20}{of:>6}{reached:>10.3}");
            match self.wanted.get(key) {
                Some(&least) if reached < least => {
                    all = false;
                    println!("{least:>9.2}  missed");
                }
                Some(least) => println!("{least:>9.2}"),
                None => println!("{:>9}", "-"),
            }
        }
        let per_megapixel = self.time.as_secs_f64() * 1e9 / self.pixels.max(1.0);
        eprintln!("{per_megapixel:.0} ms a megapixel");
        all
    }
}
