//! Names of exported files: `<preprint>-p<page>-<xref>[%<n>]`, as the published ones are.

use std::collections::{HashMap, HashSet};

use crate::dataset::release::split_extension;
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
            .or_insert_with(|| claim(&mut taken, picture_stem(panel)))
            .clone();
        let stem = match panel.index {
            Some(n) => format!("{picture}%{n}"),
            None => picture,
        };
        // A released piece may already be named like a panel of its whole.
        stems.push(claim(&mut used, stem));
    }
    stems
}

fn order(panel: &LabelledPanel) -> impl Ord + '_ {
    (
        (&panel.preprint_name, &panel.preprint_version, panel.page, panel.xref),
        (&panel.file_name, &panel.document_sha256, &panel.object.sha256),
        (panel.image, panel.index, panel.bounds),
    )
}

/// `wanted`, or with the first of `_2`, `_3`, … that nobody has.
fn claim(taken: &mut HashSet<String>, wanted: String) -> String {
    let mut name = wanted.clone();
    let mut n = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}_{n}");
        n += 1;
    }
    name
}

/// The published names come from PyMuPDF, which counts pages from 0.
fn picture_stem(panel: &LabelledPanel) -> String {
    if let Some(name) = &panel.file_name {
        return split_extension(name).0.to_owned();
    }
    let paper: String = panel
        .preprint_name
        .chars()
        .map(|c| if c == '/' || c == '\\' || c.is_control() { '_' } else { c })
        .collect();
    let page = panel.page.saturating_sub(1);
    match panel.xref {
        Some(xref) => format!("{paper}-p{page}-{xref}"),
        None => format!("{paper}-p{page}-inline"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::groups::tests::panel;
    use crate::store::Label;

    fn named(version: &str, image: i64, index: Option<u32>) -> LabelledPanel {
        let mut panel = panel("2020.02.10.20021584", &image.to_string(), None, Label::Covid);
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
        assert_eq!(stems(&mut [panel]), [".._x-p0-inline"]);
    }
}
