//! `covid-ct recover-crops`: pictures of a release are found in the figures they were cut out of.

use std::fs;

use crate::common::{Project, files, published_release, shared_data, skipped, text};
use covid_ct::covid_ct::recover::MIN_SCORE;
use covid_ct::locate::locate;
use covid_ct::synth::compounds::{phantoms, read_scans};
use covid_ct::synth::pastings::{Pasted, pasting};
use image::GrayImage;
use rayon::prelude::*;

/// The share of the scans of some figures that is found, every edge within two pixels.
fn share_found(scans: &[GrayImage], figures: u32) -> f64 {
    let found: Vec<bool> = (0..figures)
        .into_par_iter()
        .flat_map_iter(|index| {
            let made = pasting(scans, index);
            let figure = made.picture.into_luma8();
            let is_right = move |pasted: Pasted| {
                locate(&scans[pasted.scan], &figure)
                    .is_some_and(|place| place.score >= MIN_SCORE && pasted.is_at(place.edges()))
            };
            made.pasted.into_iter().map(is_right)
        })
        .collect();
    found.iter().filter(|found| **found).count() as f64 / found.len() as f64
}

#[test]
fn crops_of_drawn_slices_are_located() {
    let share = share_found(&phantoms(12), 6);
    eprintln!("drawn slices: {share:.3} located");
    assert!(share >= 0.98, "{share}");
}

#[test]
fn crops_of_published_scans_are_located() {
    let Some(published) = published_release() else { return };
    let folder = published.join("Images");
    let share = share_found(&read_scans(&folder).expect("scans"), 12);
    eprintln!("published scans: {share:.3} located");
    assert!(share >= 0.98, "{share}");
}

/// A synthetic corpus, labelled and exported: the export is a release whose crops are known.
fn released() -> Project {
    let project = Project::new();
    let corpus = project.path("corpus");
    let at = |what: &str| corpus.join(what).to_str().expect("a path of text").to_owned();
    project.command(["synth", &at(""), "--papers", "6", "--seed", "3"]).assert().success();
    project.command(["ingest", &at("pdf")]).assert().success();
    project.command(["annotations", "import", &at("annotations")]).assert().success();
    project.command(["split", "release"]).assert().success();
    project.command(["export", "release"]).assert().success();
    project
}

#[test]
fn an_export_is_made_again_from_its_pictures_and_the_pdfs() {
    let released = released();
    let folder = released.path("data/export/release");
    let again = Project::new();
    let pdfs = released.path("corpus/pdf");
    let recover = |project: &Project| {
        let mut command = project.command(["recover-crops", "--release"]);
        command.arg(&folder).arg("--pdfs").arg(&pdfs).args(["--split", "release"]);
        command.assert().success()
    };
    let out = recover(&again);
    let (csv, told) = (text(&out.get_output().stdout), text(&out.get_output().stderr));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert!(rows.len() > 10, "{csv}");
    for row in &rows {
        let (scale, score): (f64, f64) =
            (row[7].parse().expect("a scale"), row[8].parse().expect("a score"));
        assert!((scale - 1.0).abs() < 0.01 && score > 0.97, "{row:?}");
        // The name tells page and object, pages counted from 0.
        if let (Some((_, place)), false) = (row[0].rsplit_once("-p"), row[5].is_empty()) {
            let page: u32 = row[4].parse().expect("a page");
            assert!(place.starts_with(&format!("{}-{}", page - 1, &row[5])), "{row:?}");
        }
    }
    assert!(told.contains(&format!("{0} of {0} pictures found", rows.len())), "{told}");

    again.command(["export", "release"]).assert().success();
    let pictures = |project: &Project| {
        let mut bytes: Vec<Vec<u8>> = files(&project.path("data/export/release/Images-processed"))
            .into_iter()
            .map(|(_, bytes)| bytes)
            .collect();
        bytes.sort();
        bytes
    };
    assert_eq!(pictures(&again), pictures(&released), "the same pixels");

    let told = text(&recover(&again).get_output().stderr);
    assert!(told.contains("and 0 decisions recorded"), "nothing is written twice: {told}");
}

#[test]
fn what_is_not_found_is_listed_and_the_rest_goes_on() {
    let released = released();
    let folder = released.path("data/export/release");
    let class = folder.join("Images-processed/CT_COVID");
    let [(first, _), (second, _), ..] = &files(&class)[..] else { panic!("no pictures") };
    let noise = GrayImage::from_fn(120, 90, |x, y| image::Luma([(x * x * 7 + y * y * 3) as u8]));
    noise.save(class.join(first)).expect("written");
    fs::write(class.join(second), "no picture").expect("written");
    let out = released.command(["recover-crops", "--release"]).arg(&folder).assert().code(1);
    let told = text(&out.get_output().stderr);
    assert!(told.contains(&format!("{} is in no picture of", first.display())), "{told}");
    assert!(told.contains(&second.display().to_string()), "{told}");

    let empty = Project::new();
    drop(empty.store());
    let out = empty.command(["recover-crops", "--release"]).arg(&folder).assert().code(1);
    assert!(text(&out.get_output().stderr).contains("--pdfs"), "it says what to do");
}

/// The one paper of the published dataset that the shared data has.
#[test]
fn the_source_of_two_published_scans_is_found() {
    let (Some(data), Some(published)) = (shared_data(), published_release()) else { return };
    let paper = data.join("preprints/medRxiv_2020.02.24.20027201.pdf");
    if !paper.is_file() {
        return skipped(&format!("{} is not here", paper.display()));
    }
    let project = Project::new();
    project.command(["ingest"]).arg(&paper).assert().code(0);
    let mut command = project.command(["recover-crops", "--release"]);
    // All other papers are missing.
    let out = command.arg(&published).assert().code(1);
    let csv = text(&out.get_output().stdout);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row")).filter(|row| !row[4].is_empty());
    let found: Vec<_> =
        rows.map(|row| [row[4].to_owned(), row[5].to_owned(), row[6].to_owned()]).collect();
    assert_eq!(found, [["20", "669", "35,142,603,363"], ["20", "670", "60,135,608,381"]]);
}
