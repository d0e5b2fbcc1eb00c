//! `covid-ct split` by group and `covid-ct audit`, on a small release with every kind of leak in it,
//! and on the published one.

use std::fs;
use std::path::Path;

use crate::common::{Project, files, published_release, text};
use covid_ct::synth::compounds::phantoms;
use image::{GrayImage, imageops};
use serde_json::Value;

/// Picture 0 is published twice: in COVID test, and mirrored, smaller and as a JPEG in non-COVID train.
/// Paper `2020.03.25.20043166` is in two parts, its Patient 3 too.
fn write_release(folder: &Path) {
    let scans = phantoms(12);
    for class in ["CT_COVID", "CT_NonCOVID"] {
        fs::create_dir_all(folder.join("Images").join(class)).expect("folder");
    }
    let covid = [
        "2020.02.10.20021584-p6-52%0.png",
        "2020.03.25.20043166-p17-78.png",
        "2020.03.25.20043166-p18-80.png",
        "ehaa254-p0-63%3.png",
        "kjr-21-e25-p1-8.png",
    ];
    let other = ["11.png", "12.png", "13.png", "14.png", "15.png", "16.jpg"];
    for (scan, name) in scans.iter().zip(covid) {
        scan.save(folder.join("Images/CT_COVID").join(name)).expect("saved");
    }
    for (scan, name) in scans[6..].iter().zip(other) {
        scan.save(folder.join("Images/CT_NonCOVID").join(name)).expect("saved");
    }
    let copy = folder.join("Images/CT_NonCOVID/16.jpg");
    changed(&scans[0]).save(copy).expect("saved");
    let list = |file: &str, names: &[&str]| {
        let path = folder.join("Data-split").join(file);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, names.join("\n")).expect("list");
    };
    list("COVID/trainCT_COVID.txt", &[covid[1], covid[3]]);
    list("COVID/valCT_COVID.txt", &[covid[2]]);
    list("COVID/testCT_COVID.txt", &[covid[0], covid[4]]);
    list("NonCOVID/trainCT_NonCOVID.txt", &[other[0], other[1], other[5]]);
    list("NonCOVID/valCT_NonCOVID.txt", &other[2..3]);
    list("NonCOVID/testCT_NonCOVID.txt", &other[3..5]);
    fs::write(
        folder.join("COVID-CT-MetaInfo.csv"),
        "File name,Patient ID,Age,Gender,Location,Medical history,Time,Severity,Other diseases,\
         DOI,Captions\n\
         2020.03.25.20043166-p17-78.png,Patient 3,,,,,,,,,\n\
         2020.03.25.20043166-p18-80.png,Patient 3,,,,,,,,,\n",
    )
    .expect("MetaInfo");
}

fn changed(scan: &GrayImage) -> GrayImage {
    let (width, height) = scan.dimensions();
    let crop = imageops::crop_imm(scan, width / 20, 0, width - width / 20, height).to_image();
    let filter = imageops::FilterType::Triangle;
    let small = imageops::resize(&crop, crop.width() * 2 / 3, crop.height() * 2 / 3, filter);
    imageops::flip_horizontal(&small)
}

fn released() -> Project {
    let project = Project::new();
    write_release(&project.path("release"));
    let release = project.path("release");
    project.command(["import-release", release.to_str().expect("UTF-8")]).assert().success();
    project
}

fn audit(project: &Project, split: &str, threads: &str) -> (i32, Value) {
    let args = ["audit", "--split", split, "--json"];
    let ran = project.command(args).env("RAYON_NUM_THREADS", threads).output().expect("ran");
    let code = ran.status.code().expect("a code");
    (code, serde_json::from_slice(&ran.stdout).expect("JSON"))
}

fn names(pair: &Value) -> [&str; 2] {
    ["one", "other"].map(|side| pair[side]["name"].as_str().expect("a name"))
}

#[test]
fn the_published_parts_leak_and_every_leak_is_named() {
    let project = released();
    let (code, found) = audit(&project, "published", "2");
    assert_eq!((code, &found["leaks"]), (1, &Value::Bool(true)));
    let same = found["same"].as_array().expect("a list");
    assert_eq!(same.len(), 1, "{same:?}");
    assert_eq!(names(&same[0]), ["2020.02.10.20021584-p6-52%0.png", "16.jpg"]);
    for told in ["mirrored", "label_conflict", "crosses"] {
        assert_eq!(same[0][told], true, "{told}");
    }
    let crossings: Vec<[&str; 2]> = found["crossings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| ["what", "paper"].map(|key| c[key].as_str().expect("a word")))
        .collect();
    let paper = "2020.03.25.20043166";
    assert_eq!(crossings, [["patient", paper], ["paper", paper]]);
    let all = found["shortcuts"].as_array().expect("a list").last().expect("some");
    assert_eq!(all["by"], "all");
    assert!(all["auroc"].is_f64(), "{all}");
}

#[test]
fn a_split_by_group_leaks_nothing() {
    let project = released();
    for seed in ["0", "1", "2"] {
        let out = project.command(["split", "ours", "--seed", seed]).assert().success();
        let out = text(&out.get_output().stdout);
        assert!(out.contains("by group") && out.contains("furthest from the ratio"), "{out}");
        let (code, found) = audit(&project, "ours", "2");
        assert_eq!((code, &found["leaks"]), (0, &Value::Bool(false)), "seed {seed}: {found}");
        assert_eq!(found["same"].as_array().map(Vec::len), Some(1), "it is still there twice");
    }
    let splits = project.store().split_names().expect("names");
    assert_eq!(splits, ["ours", "published"], "side by side");
}

#[test]
fn the_published_parts_can_be_kept_and_are_never_overwritten() {
    let project = released();
    project.command(["split", "official", "--published"]).assert().success();
    let store = project.store();
    let parts = |name| store.split(name).expect("read").expect("a split").parts;
    assert_eq!(parts("official"), parts("published"));
    let refused = project.command(["split", "published"]).assert().code(2);
    let error = text(&refused.get_output().stderr);
    assert!(error.contains("give the new split another name"), "{error}");
    let other = Project::new();
    other.store();
    let error = text(&other.command(["split", "--published"]).assert().code(2).get_output().stderr);
    assert!(error.contains("covid-ct import-release"), "{error}");
}

#[test]
fn the_page_needs_nothing_else_and_is_the_same_at_any_number_of_threads() {
    let project = released();
    let page = |folder: &str, threads: &str| {
        let out = project.path(folder);
        let args = ["audit", "--split", "published", "--out", out.to_str().expect("UTF-8")];
        project.command(args).env("RAYON_NUM_THREADS", threads).assert().code(1);
        files(&out)
    };
    let written = page("one", "1");
    assert_eq!(written, page("two", "3"));
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].0, Path::new("published.html"));
    let html = text(&written[0].1);
    for told in ["16.jpg", "labels contradict", "across splits", "Leakage found", "data:image/jpeg"]
    {
        assert!(html.contains(told), "{told}");
    }
    assert!(html.contains("prefers-color-scheme: dark"));
    assert!(!html.contains("<script") && !html.contains("http"), "it loads nothing");
}

#[test]
fn boxes_that_contradict_the_caption_or_their_pixels_are_listed() {
    use crate::common::{extraction, figure_on, image_on};
    use covid_ct::store::Source;
    let project = Project::new();
    let mut store = project.store();
    let scans = phantoms(2);
    let (width, height) = (260, 200);
    let mut pair = GrayImage::from_pixel(2 * width + 10, height, image::Luma([255]));
    for (at, scan) in (0_i64..).zip(&scans) {
        let filter = imageops::FilterType::Triangle;
        let scan = imageops::resize(scan, width, height, filter);
        imageops::replace(&mut pair, &scan, at * i64::from(width + 10), 0);
    }
    let mut png = std::io::Cursor::new(Vec::new());
    pair.write_to(&mut png, image::ImageFormat::Png).expect("png");
    let object = store.objects().put(png.get_ref(), "png").expect("object");
    let picture = image_on(2, 9, object, pair.dimensions());
    let caption = "Figure 1. Chest CT of a man with COVID-19. (A) Day 2. (B) Day 5. (C) Day 9.";
    let found = extraction("2020.01.01.1", vec![picture], vec![figure_on(2, caption)]);
    store.record(&found, Source::Pdf).expect("recorded");
    drop(store);
    project
        .command(["label", "--plain", "--curator", "ann"])
        .write_stdin("c\nc\n\nw\n\ny\n*\n")
        .assert()
        .success();
    let told = text(&project.command(["audit"]).assert().success().get_output().stdout);
    assert!(told.contains("2 boxes in doubt"), "{told}");
    assert!(
        told.contains("  2020.01.01.1-p1-9: 1 box, the caption names 3 panels (A-C)\n"),
        "{told}"
    );
    assert!(told.contains("  2020.01.01.1-p1-9: it looks like 2 scans\n"), "{told}");
    let json = project.command(["audit", "--json"]).output().expect("ran").stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["box_doubts"].as_array().map(Vec::len), Some(2));
    let out = project.path("page");
    project.command(["audit", "--out", out.to_str().expect("UTF-8")]).assert().success();
    assert!(text(&files(&out)[0].1).contains("Boxes in doubt (2)"));
}

#[test]
fn without_a_split_all_panels_are_looked_at() {
    let project = released();
    let out = text(&project.command(["audit"]).assert().success().get_output().stdout);
    assert!(out.contains("all labelled panels: 11 panels in 9 groups"), "{out}");
    assert!(out.contains("--split NAME"), "{out}");
    let error = project.command(["audit", "--split", "x"]).assert().code(2);
    assert!(text(&error.get_output().stderr).contains("there are: published"));
}

#[test]
fn a_picture_that_is_gone_is_named_and_the_rest_goes_on() {
    let project = released();
    let panels = project.store().labelled_panels().expect("panels");
    fs::remove_file(project.store().objects().path(&panels[0].object)).expect("removed");
    let told = project.command(["audit"]).assert().code(1);
    let (out, err) = (text(&told.get_output().stdout), text(&told.get_output().stderr));
    assert!(err.contains(&panels[0].object.sha256[2..]), "{err}");
    assert!(out.contains("11 panels"), "{out}");
    project.command(["split"]).assert().code(1);
    assert!(project.store().split("default").expect("read").is_some(), "made all the same");
}

#[test]
fn the_published_dataset_leaks_and_our_split_of_it_does_not() {
    let Some(published) = published_release() else { return };
    let project = Project::new();
    let args = ["import-release", published.to_str().expect("UTF-8")];
    project.command(args).assert().success();
    let (code, found) = audit(&project, "published", "2");
    assert_eq!(code, 1);
    let same = found["same"].as_array().expect("a list");
    let contradicting: Vec<[&str; 2]> =
        same.iter().filter(|pair| pair["label_conflict"] == true).map(names).collect();
    assert_eq!(
        contradicting,
        [["kjr-21-e24-p5-29.png", "71%0.jpg"], ["kjr-21-e24-p5-31.png", "71%1.jpg"]]
    );
    for pair in &same[..2] {
        assert_eq!(
            (&pair["one"]["part"], &pair["other"]["part"]),
            (&"test".into(), &"train".into())
        );
    }
    let papers: Vec<&str> = found["crossings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|crossing| crossing["what"] == "paper")
        .map(|crossing| crossing["paper"].as_str().expect("a name"))
        .collect();
    assert_eq!(papers, ["2020.03.12.20034686", "2020.03.13.20035212", "2020.03.22.20040782"]);
    for shortcut in found["shortcuts"].as_array().expect("a list") {
        let auroc = shortcut["auroc"].as_f64().expect("defined");
        assert!((0.5..=1.0).contains(&auroc), "{shortcut}");
        if shortcut["by"] == "all but the source" {
            assert!(auroc > 0.9, "{shortcut}");
        }
    }
    project.command(["split", "ours"]).assert().success();
    let (code, found) = audit(&project, "ours", "2");
    assert_eq!((code, &found["leaks"]), (0, &Value::Bool(false)));
    for related in ["same", "alike"] {
        let pairs = found[related].as_array().expect("a list");
        assert!(pairs.iter().all(|pair| pair["crosses"] == false), "{related}");
    }
}
