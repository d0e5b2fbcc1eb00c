//! Small PDFs of shapes that were once read wrong, and what is right of each. Papers made here have the same shapes; these
//! are the files they were found in.

use crate::common::{Project, shared_data, text};
use serde_json::Value;

/// The figures of one file, tables and uncaptioned pictures included, and the workspace they are in.
fn figures(file: &str) -> Option<(Project, Vec<Value>)> {
    let path = shared_data()?.join("faults").join(file);
    if !path.is_file() {
        crate::common::skipped(&format!("{} is not here", path.display()));
        return None;
    }
    let project = Project::new();
    project.command(["ingest"]).arg(&path).assert().code(0);
    let out = project.command(["figures", "--json"]).assert().code(0);
    let lines = text(&out.get_output().stdout);
    let records = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    Some((project, records))
}

/// Those with a label, each as (label, caption, pictures, sentences that cite it).
fn labelled(records: &[Value]) -> Vec<(&str, &str, usize, usize)> {
    let count = |record: &Value, name: &str| record[name].as_array().map_or(0, Vec::len);
    records
        .iter()
        .filter_map(|record| {
            let (label, caption) = (record["label"].as_str()?, record["caption"].as_str()?);
            Some((label, caption, count(record, "images"), count(record, "mentions")))
        })
        .collect()
}

fn xrefs(record: &Value) -> Vec<u64> {
    let images = record["images"].as_array().expect("images");
    images.iter().filter_map(|image| image["xref"].as_u64()).collect()
}

/// Left edge of a figure's first picture, in points.
fn left(record: &Value) -> f64 {
    record["images"][0]["bbox"][0].as_f64().expect("a box")
}

fn grey(project: &Project, record: &Value) -> image::GrayImage {
    let object = record["images"][0]["object"].as_str().expect("an object");
    let path = project.path("data/objects").join(object);
    image::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).to_luma8()
}

/// Mean difference of the grey levels of two pictures of one size.
fn difference(a: &image::GrayImage, b: &image::GrayImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

fn mean(a: &image::GrayImage) -> f64 {
    a.iter().map(|&v| f64::from(v)).sum::<f64>() / a.len() as f64
}

#[test]
fn text_set_sideways_is_read() {
    let Some((_project, records)) = figures("S1_sideways_up.pdf") else { return };
    let found = labelled(&records);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "Figure 1");
    assert!(found[0].1.ends_with("on the day of admission."), "{found:?}");
    assert_eq!(xrefs(&records[0]), [5]);
}

#[test]
fn a_layer_that_is_shown_when_another_is_off_is_shown() {
    let Some((_project, records)) = figures("S2_ocmd_anyoff.pdf") else { return };
    assert_eq!(records.len(), 1);
    let image = &records[0]["images"][0];
    assert_eq!((&image["width"], &image["height"]), (&320.into(), &260.into()));
}

#[test]
fn letters_with_absurd_boxes_are_read() {
    let Some((_project, records)) = figures("S4_type3_large_bbox.pdf") else { return };
    let found = labelled(&records);
    assert!(
        matches!(found[..], [("Figure 1", caption, 1, _)] if caption.ends_with("patient.")),
        "{found:?}"
    );
}

#[test]
fn a_caption_that_is_continued_is_one() {
    let Some((_project, records)) = figures("S5_continued_caption.pdf") else { return };
    let found = labelled(&records);
    assert!(
        matches!(found[..], [("Figure 1", caption, 1, _)] if caption.ends_with("no new ones were seen.")),
        "{found:?}"
    );
    assert_eq!(records.len(), 1, "nothing is left over");
}

#[test]
fn neighbours_keep_their_own_captions() {
    let Some((_project, records)) = figures("S6_neighbours_own_captions.pdf") else { return };
    let found = labelled(&records);
    assert!(matches!(found[..], [("Figure 1", _, 1, _), ("Figure 2", _, 1, _)]), "{found:?}");
    assert!(left(&records[0]) < left(&records[1]));
    assert_eq!(records.len(), 2, "nothing is left over");
}

#[test]
fn a_title_does_not_take_the_paragraph_below() {
    let Some((_project, records)) = figures("S7_paragraph_taken_for_legend.pdf") else { return };
    let found = labelled(&records);
    assert!(
        matches!(found[..], [("Figure 1", caption, 1, 1)] if caption.ends_with("day of admission")),
        "{found:?}"
    );
}

#[test]
fn a_layer_over_a_picture_is_told() {
    let Some((_project, records)) = figures("S8_overlay_alpha.pdf") else { return };
    assert_ne!(records[0]["composition"], "raster");
}

#[test]
fn a_scan_with_its_text_is_a_picture_or_a_suspect() {
    let Some((_project, records)) = figures("S9_scan_with_text_layer.pdf") else { return };
    let found = labelled(&records);
    assert!(matches!(found[..], [("Figure 1", _, 1, _)]), "{found:?}");
}

#[test]
fn a_palette_has_its_colours_whatever_was_used_before() {
    let Some((project, records)) = figures("S10_indexed_shared_base.pdf") else { return };
    assert_eq!(labelled(&records).len(), 2);
    let [a, b] = [0, 1].map(|i| grey(&project, &records[i]));
    assert!(mean(&a) > 60.0 && mean(&b) > 60.0, "{} {}", mean(&a), mean(&b));
    assert!(difference(&a, &b) < 4.0, "{}", difference(&a, &b));
}

#[test]
fn blanks_of_no_size_divide_words() {
    let Some((_project, records)) = figures("S11_blanks_of_no_size.pdf") else { return };
    let found = labelled(&records);
    assert!(
        matches!(found[..], [("Figure 1", caption, 1, 1)] if caption.split(' ').count() > 8),
        "{found:?}"
    );
    assert_eq!(xrefs(&records[0]), [7]);
}

#[test]
fn parts_of_a_legend_on_lines_of_their_own_are_one_legend() {
    let Some((_project, records)) = figures("S13_legend_with_parts.pdf") else { return };
    let found = labelled(&records);
    assert_eq!(found.len(), 2, "{found:?}");
    let ends =
        [("Figure 1. Recruitment", "fourth of February."), ("Figure 2. Risk", "severe disease")];
    for ((_, caption, ..), (start, end)) in found.iter().zip(ends) {
        assert!(
            caption.starts_with(start)
                && caption.trim_end_matches('.').ends_with(end.trim_end_matches('.')),
            "{caption}"
        );
    }
    for record in &records[..2] {
        let letters: Vec<_> = record["panels"]
            .as_array()
            .expect("panels")
            .iter()
            .map(|panel| &panel["letter"])
            .collect();
        assert_eq!(letters, ["A", "B"]);
    }
}

#[test]
fn legends_of_one_line_belong_to_the_pages_in_order() {
    let Some((_project, records)) = figures("S14_legends_of_one_line.pdf") else { return };
    let found = labelled(&records);
    assert_eq!(found.len(), 8, "{found:?}");
    for (number, record) in (1..).zip(&records) {
        assert_eq!(record["label"], format!("Figure {number}"));
        assert_eq!(record["page"], number + 1, "{number}");
        assert_eq!(record["images"].as_array().map(Vec::len), Some(1), "{number}");
    }
}

#[test]
fn a_comma_may_stand_behind_the_number() {
    let Some((_project, records)) = figures("S15_comma_behind_number.pdf") else { return };
    let found = labelled(&records);
    assert!(matches!(found[..], [("Figure 1", _, 1, 1), ("Figure 2", _, 1, 1)]), "{found:?}");
}

#[test]
fn lettered_paragraphs_are_parts_of_one_legend() {
    let Some((_project, records)) = figures("S16_lettered_parts.pdf") else { return };
    let found = labelled(&records);
    assert!(matches!(found[..], [("Figure 1", _, 1, _)]), "{found:?}");
    let caption = found[0].1.trim_end_matches('.');
    assert!(caption.starts_with("Figure 1: Scans") && caption.ends_with("day 30"), "{caption}");
    let panels = records[0]["panels"].as_array().expect("panels");
    let letters: Vec<_> = panels.iter().map(|panel| &panel["letter"]).collect();
    assert_eq!(letters, ["a", "b", "c", "d"]);
    assert!(panels.iter().all(|panel| panel["text"].as_str().is_some_and(|text| !text.is_empty())));
    assert_eq!(records[0]["images"][0]["page"], 2);
}
