//! Names of exported files: `<preprint>-p<page>-<xref>[%<n>]`, as the published ones are.
//!
//! A rendering is no object of the PDF and has no xref: in its place stands `r` and the number of the
//! figure, as in `2020.02.10.20021584-p6-r2` for Figure 2, `rS1` for Figure S1, `rED2` for Extended
//! Data Figure 2. An inline image has `inline` there.

use std::collections::{HashMap, HashSet};

use crate::covid_ct::release::split_extension;
use crate::figures::ImageOrigin;
use crate::store::LabelledPanel;

/// Sorts the panels and gives each the stem of its file, in that order.
///
/// The order knows papers, places and bytes, no database id, so that where two pictures would have
/// one name (two versions of a preprint, two inline images of a page) the second gets `_2` in every
/// database.
pub fn stems(panels: &mut [LabelledPanel]) -> Vec<String> {
    panels.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut taken: HashSet<String> = HashSet::new();
    let mut of_image: HashMap<i64, String> = HashMap::new();
    let mut used: HashSet<String> = HashSet::new();
    let mut stems = Vec::with_capacity(panels.len());
    for panel in panels {
        let picture = of_image
            .entry(panel.image)
            .or_insert_with(|| claim(&mut taken, &stem_of_picture(panel)))
            .clone();
        let stem = match panel.index {
            Some(n) => format!("{picture}%{n}"),
            None => picture,
        };
        // A released piece may already be named like a panel of its whole.
        stems.push(claim(&mut used, &stem));
    }
    stems
}

fn order(panel: &LabelledPanel) -> impl Ord + '_ {
    (
        (
            &panel.preprint_name,
            &panel.preprint_version,
            panel.page,
            panel.xref,
            &panel.rendering_of,
        ),
        (&panel.file_name, &panel.document_sha256, &panel.object.sha256),
        (panel.image, panel.index, panel.bounds),
    )
}

/// `wanted`, or with the first of `_2`, `_3`, … that nobody has.
pub(super) fn claim(taken: &mut HashSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut n = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}_{n}");
        n += 1;
    }
    name
}

fn stem_of_picture(panel: &LabelledPanel) -> String {
    picture_stem(
        panel.file_name.as_deref(),
        &panel.preprint_name,
        panel.page,
        (panel.xref, panel.origin, panel.rendering_of.as_deref()),
    )
}

/// Name of a picture without its extension: of a released one its own; else by paper, page (from 1) and
/// what it is there: xref, origin, and of a rendering the label of its figure.
///
/// The published names come from `PyMuPDF`, which counts pages from 0.
pub fn picture_stem(
    file_name: Option<&str>,
    paper: &str,
    page: u32,
    (xref, origin, rendering_of): (Option<u32>, ImageOrigin, Option<&str>),
) -> String {
    if let Some(name) = file_name {
        return plain(split_extension(name).0);
    }
    let paper = plain(paper);
    let page = page.saturating_sub(1);
    match xref {
        Some(xref) => format!("{paper}-p{page}-{xref}"),
        None if origin == ImageOrigin::Rendered => {
            format!("{paper}-p{page}-r{}", short_label(rendering_of.unwrap_or_default()))
        }
        None => format!("{paper}-p{page}-inline"),
    }
}

/// As part of a file's name: no other folder's, and not a hidden one's.
fn plain(text: &str) -> String {
    let is_odd = |c: char| c == '/' || c == '\\' || c.is_control();
    let mut plain: String = text.chars().map(|c| if is_odd(c) { '_' } else { c }).collect();
    if plain.starts_with('.') {
        plain.replace_range(..1, "_");
    }
    plain
}

/// A figure's label in a file name: `2`, `S1`, `ED2`.
fn short_label(label: &str) -> String {
    label
        .replace("Extended Data", "ED")
        .split(' ')
        .filter(|word| *word != "Figure")
        .flat_map(str::chars)
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::covid_ct::release::ReleasedName;
    use crate::dataset::groups::tests::panel;
    use covid_ct_core::Label;

    fn named(version: &str, image: i64, index: Option<u32>) -> LabelledPanel {
        let mut panel = panel("2020.02.10.20021584", &image.to_string(), None, Label::COVID);
        panel.preprint_version = version.into();
        (panel.page, panel.xref) = (7, Some(52));
        (panel.image, panel.index) = (image, index);
        panel
    }

    #[test]
    fn names_are_the_published_ones() {
        let mut panels = [named("", 1, Some(1)), named("", 1, Some(0))];
        assert_eq!(
            stems(&mut panels),
            ["2020.02.10.20021584-p6-52%0", "2020.02.10.20021584-p6-52%1"]
        );
        let mut whole = [named("", 1, None)];
        assert_eq!(stems(&mut whole), ["2020.02.10.20021584-p6-52"]);
    }

    #[test]
    fn versions_that_collide_are_numbered_whatever_their_ids() {
        for ids in [(1, 2), (2, 1)] {
            let mut panels = [named("2", ids.0, Some(0)), named("1", ids.1, Some(0))];
            assert_eq!(
                stems(&mut panels),
                ["2020.02.10.20021584-p6-52%0", "2020.02.10.20021584-p6-52_2%0"]
            );
            assert_eq!(panels[0].preprint_version, "1");
        }
    }

    #[test]
    fn a_rendering_is_named_after_its_figure() {
        let rendered = |label: Option<&str>, image: i64| {
            let mut panel = named("", image, None);
            panel.origin = ImageOrigin::Rendered;
            (panel.xref, panel.rendering_of) = (None, label.map(Into::into));
            panel
        };
        let labels = [
            None,
            Some("Extended Data Figure 2"),
            Some("Figure 2"),
            Some("Figure 2"),
            Some("Figure S1"),
        ];
        let mut panels: Vec<_> = (1..).zip(labels).map(|(n, label)| rendered(label, n)).collect();
        panels.reverse();
        let stems = stems(&mut panels);
        let ends: Vec<&str> = stems
            .iter()
            .map(|stem| stem.strip_prefix("2020.02.10.20021584-p6-").unwrap_or(stem))
            .collect();
        assert_eq!(ends, ["r", "rED2", "r2", "r2_2", "rS1"]);
        for stem in &stems {
            let read = ReleasedName::parse(&format!("{stem}.png"), "x");
            assert_eq!((read.paper.as_str(), read.page), ("2020.02.10.20021584", Some(7)));
        }
    }

    #[test]
    fn released_pictures_keep_their_names() {
        let mut released = named("", 1, None);
        released.file_name = Some("18%0.jpg".into());
        assert_eq!(stems(&mut [released]), ["18%0"]);
    }

    #[test]
    fn a_paper_cannot_name_another_folder() {
        let mut panel = named("", 1, None);
        panel.preprint_name = "../x".into();
        (panel.xref, panel.page) = (None, 1);
        assert_eq!(stems(&mut [panel]), ["_._x-p0-inline"]);
    }
}
