//! Makes a named split of all labelled panels.

use std::collections::BTreeMap;

use serde_json::json;

use super::balance::{Counts, balance};
use super::groups::groups;
use super::{DatasetError, GroupBy, Ratio, Result};
use crate::store::{Label, LabelledPanel, Part, Split, Store};

/// How a split is to be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    pub by: GroupBy,
    pub ratio: Ratio,
    pub seed: u64,
}

/// Panels and groups of one class in one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    pub panels: usize,
    pub groups: usize,
}

/// A split as made, and what there is to tell about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub split: Split,
    pub cells: BTreeMap<(Part, Label), Cell>,
    /// Panels left out because curators disagree.
    pub in_conflict: usize,
    /// Panels left out because nobody labelled them, or as uncertain or excluded.
    pub unlabelled: usize,
    /// What keeps the split from being what one would want.
    pub warnings: Vec<String>,
}

impl Made {
    /// Panels of a class in all parts.
    pub fn total(&self, label: Label) -> usize {
        self.cells.iter().filter(|((_, of), _)| *of == label).map(|(_, cell)| cell.panels).sum()
    }
}

/// Divides the labelled panels of `store`. Saves nothing.
///
/// # Errors
/// [`DatasetError::NothingLabelled`], or the database's.
pub fn make(store: &Store, name: &str, recipe: Recipe) -> Result<Made> {
    let (labelled, rest): (Vec<_>, Vec<_>) =
        store.labelled_panels()?.into_iter().partition(|panel| panel.label.is_some());
    if labelled.is_empty() {
        return Err(DatasetError::NothingLabelled);
    }
    let in_conflict = rest.iter().filter(|panel| panel.conflict).count();
    let groups = groups(&labelled, recipe.by);
    let counts: Vec<Counts> = groups.iter().map(|members| count(&labelled, members)).collect();
    let parts = balance(&counts, recipe.ratio, recipe.seed);
    let mut cells: BTreeMap<(Part, Label), Cell> = BTreeMap::new();
    for (counts, part) in counts.iter().zip(&parts) {
        for (label, panels) in Label::ALL.iter().zip(counts) {
            let cell = cells.entry((*part, *label)).or_default();
            cell.panels += *panels as usize;
            cell.groups += usize::from(*panels > 0);
        }
    }
    let mut of_panels: Vec<(i64, Part)> = groups
        .iter()
        .zip(&parts)
        .flat_map(|(members, part)| members.iter().map(|&member| (labelled[member].id, *part)))
        .collect();
    of_panels.sort_unstable();
    let how = json!({
        "by": recipe.by,
        "ratio": Part::ALL.iter().map(|part| recipe.ratio.of(*part)).collect::<Vec<_>>(),
        "seed": recipe.seed,
        "panels": labelled.len(),
        "in_conflict": in_conflict,
        "unlabelled": rest.len() - in_conflict,
    });
    Ok(Made {
        split: Split { name: name.into(), how, parts: of_panels },
        warnings: warnings(&counts, recipe.ratio),
        cells,
        in_conflict,
        unlabelled: rest.len() - in_conflict,
    })
}

fn count(panels: &[LabelledPanel], members: &[usize]) -> Counts {
    let mut counts = Counts::default();
    for label in members.iter().filter_map(|&member| panels[member].label) {
        counts[label as usize] += 1;
    }
    counts
}

fn warnings(groups: &[Counts], ratio: Ratio) -> Vec<String> {
    let wanted = Part::ALL.iter().filter(|part| ratio.of(**part) > 0.0).count();
    let warning = |label: &Label| {
        let of_class = groups.iter().filter(|group| group[*label as usize] > 0).count();
        match of_class {
            0 => Some(format!("no panel is {label}: this split has one class only")),
            n if n < wanted => Some(format!(
                "{n} groups of {label} panels cannot fill {wanted} parts: at least one holds none"
            )),
            _ => None,
        }
    };
    Label::ALL.iter().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_cannot_fill_the_parts_are_named() {
        let ratio = "70,12,18".parse().expect("ratio");
        let told = warnings(&[[1, 0], [2, 0]], ratio);
        assert!(told[0].contains("2 groups of covid"), "{told:?}");
        assert!(told[1].contains("no panel is non-covid"), "{told:?}");
        assert!(warnings(&[[1, 1], [1, 1], [1, 1]], ratio).is_empty());
    }
}
