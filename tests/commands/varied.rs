//! What few papers have, each by itself: papers made so, and what is found in them held against their truth.

use std::collections::BTreeSet;
use std::fs;

use crate::common::{Project, figure_records};
use covid_ct::figures::{FigureKind, FigureRecord, RegionRole};
use covid_ct::pdf::Rect;
use covid_ct::synth::{Oddity, Paper, odd_paper};

/// Papers made for each oddity.
const EACH: usize = 2;
/// Papers of the seed among which they are looked for.
const TRIED: u32 = 40;
const SEED: u64 = 404;

/// Numbers of the seed's first papers in which an oddity makes a difference: not every paper has what it takes.
fn with(oddity: Oddity, count: usize) -> Vec<u32> {
    let differs =
        |&index: &u32| odd_paper(SEED, index, &[oddity]).pdf != odd_paper(SEED, index, &[]).pdf;
    let found: Vec<u32> = (0..TRIED).filter(differs).take(count).collect();
    assert_eq!(found.len(), count, "{oddity}: in so few of {TRIED} papers of seed {SEED}");
    found
}

/// Pictures of a size that curators are asked about.
fn pictures(record: &FigureRecord) -> BTreeSet<u32> {
    let large = record.images.iter().filter(|image| image.width.min(image.height) >= 100);
    large.filter_map(|image| image.xref).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn agree(one: &Rect, other: &Rect) -> bool {
    let shared = one.intersect(other).area();
    shared > 0.8 * (one.area() + other.area() - shared)
}

/// What is wrong of a figure as found.
fn faults(truth: &FigureRecord, found: &FigureRecord) -> Vec<String> {
    let mut faults = Vec::new();
    if letters(&truth.caption) != letters(&found.caption) {
        faults.push(format!("caption '{}' for '{}'", found.caption, truth.caption));
    }
    if truth.page != found.page {
        faults.push(format!("page {:?} for {:?}", found.page, truth.page));
    }
    let on = truth.images.iter().filter(|image| Some(image.page) == truth.page);
    let placed = on.map(|image| image.bbox).reduce(|a, b| a.union(&b));
    let at = |bbox: Option<Rect>| bbox.zip(found.bbox).is_some_and(|(a, b)| agree(&a, &b));
    if truth.bbox.is_some() && !at(truth.bbox) && !at(placed) {
        faults.push(format!("box {:?} for {:?}", found.bbox, truth.bbox));
    }
    if truth.kind != FigureKind::Table && pictures(truth) != pictures(found) {
        faults.push(format!("pictures {:?} for {:?}", pictures(found), pictures(truth)));
    }
    let continued = |record: &FigureRecord| {
        let regions = record.regions.iter().filter(|place| place.role == RegionRole::Continued);
        regions.map(|place| place.page).collect::<Vec<_>>()
    };
    if continued(truth) != continued(found) {
        faults.push(format!("goes on on {:?} for {:?}", continued(found), continued(truth)));
    }
    faults
}

fn ingested(papers: &[Paper]) -> (Project, Vec<FigureRecord>) {
    let project = Project::new();
    let folder = project.path("pdf");
    fs::create_dir_all(&folder).expect("folder");
    for paper in papers {
        fs::write(folder.join(&paper.file), &paper.pdf).expect("written");
    }
    project.command(["ingest"]).arg(&folder).assert().success();
    let found = figure_records(&project);
    (project, found)
}

#[test]
fn what_few_papers_have_is_read_as_it_is() {
    for oddity in Oddity::ALL {
        let papers: Vec<Paper> = with(*oddity, EACH)
            .into_iter()
            .map(|index| odd_paper(SEED, index, &[*oddity]))
            .collect();
        let (_project, records) = ingested(&papers);
        for paper in &papers {
            let of_paper = |record: &&FigureRecord| record.file == paper.file;
            for truth in &paper.truth.figures {
                let mut found =
                    records.iter().filter(of_paper).filter(|record| record.label == truth.label);
                let (one, other) = (found.next(), found.next());
                let told = format!("{oddity} {} {:?}", paper.file, truth.label);
                let one = one.unwrap_or_else(|| panic!("{told}: not found"));
                assert!(other.is_none(), "{told}: twice");
                assert_eq!(faults(truth, one), [""; 0], "{told}");
            }
            let count = records.iter().filter(of_paper).filter(|r| r.label.is_some()).count();
            assert_eq!(count, paper.truth.figures.len(), "{oddity} {}", paper.file);
        }
    }
}

#[test]
fn pictures_that_share_a_colour_space_have_their_own_levels() {
    let indices = with(Oddity::SharedSpace, 4);
    let levels = |oddities: &[Oddity]| -> Vec<(String, f64)> {
        let papers: Vec<Paper> =
            indices.iter().map(|&index| odd_paper(SEED, index, oddities)).collect();
        let (project, records) = ingested(&papers);
        let images = records.iter().flat_map(|record| {
            record.images.iter().map(|image| (format!("{} {:?}", record.file, image.xref), image))
        });
        images
            .map(|(name, image)| {
                let path = project.path("data/objects").join(&image.object);
                let grey = image::open(path).expect("a picture").to_luma8();
                let sum: f64 = grey.iter().map(|&level| f64::from(level)).sum();
                (name, sum / f64::from(grey.width() * grey.height()))
            })
            .collect()
    };
    // Object numbers move with what a file holds; the order of its pictures does not.
    let (shared, own) = (levels(&[Oddity::SharedSpace]), levels(&[]));
    assert_eq!(shared.len(), own.len());
    for ((name, shared), (_, own)) in shared.iter().zip(&own) {
        assert!((shared - own).abs() < 6.0, "{name}: mean level {shared} for {own}");
    }
}
