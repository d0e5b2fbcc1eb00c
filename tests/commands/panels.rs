//! How well panels are proposed, on compounds pasted from drawn slices and from the published scans.

use covid_ct::curation::panels::propose;
use covid_ct::metrics::panels::separation_accuracy;
use covid_ct::synth::compounds::{SERIES, WITH_GUTTERS, phantoms, read_scans, series};
use image::GrayImage;
use rayon::prelude::*;

use crate::common::{CT_ARTICLES, Project, shared_data, text};

/// Mean accuracy of every `step`th compound of a series, with gutters and without.
fn accuracies(scans: &[GrayImage], step: usize) -> (f64, f64) {
    let mean = |range: std::ops::Range<u32>| {
        let scores: Vec<f64> = range
            .step_by(step)
            .collect::<Vec<u32>>()
            .into_par_iter()
            .map(|index| {
                let made = series(scans, index);
                separation_accuracy(&propose(&made.picture), &made.panels)
            })
            .collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    (mean(0..WITH_GUTTERS), mean(WITH_GUTTERS..SERIES))
}

#[test]
fn panels_of_drawn_slices_are_found() {
    let (gutters, abutting) = accuracies(&phantoms(24), 3);
    eprintln!("drawn slices: {gutters:.3} with gutters, {abutting:.3} without");
    assert!(gutters >= 0.95, "{gutters} with gutters");
    assert!(abutting >= 0.90, "{abutting} without gutters");
}

#[test]
fn panels_of_published_scans_are_found() {
    let Some(published) = crate::common::published_release() else { return };
    let folder = published.join("Images");
    let (gutters, abutting) = accuracies(&read_scans(&folder).expect("scans"), 4);
    eprintln!("published scans: {gutters:.3} with gutters, {abutting:.3} without");
    assert!(gutters >= 0.95, "{gutters} with gutters of 2 px up; 0.90 is wanted");
    assert!(abutting >= 0.86, "{abutting} without gutters");
}

#[test]
fn most_compounds_of_the_ct_articles_are_proposed_as_curators_cut_them() {
    let Some(data) = shared_data() else { return };
    let project = Project::new();
    let pdfs = CT_ARTICLES.map(|name| data.join(format!("pmc/{name}.pdf")));
    project.command(["ingest"]).args(pdfs).assert().success();
    let annotations = concat!(env!("CARGO_MANIFEST_DIR"), "/annotations/pmc-sample");
    project.command(["annotations", "import", annotations]).assert().success();
    let told = text(&project.command(["score-panels"]).output().expect("ran").stdout);
    let row = told.lines().find(|line| line.contains("compounds, all right")).expect("a row");
    let numbers: Vec<f64> = row.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    eprintln!("{row}");
    // Of eleven, five before the number of lettered panels voted; a curator left one scan out.
    assert!(numbers[0] >= 11.0 && numbers[1] >= 0.9, "{told}");
}
