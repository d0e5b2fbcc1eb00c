//! Makes named splits of all labelled panels: one, or one a fold of a cross-validation.

use std::collections::BTreeMap;

use serde_json::json;

use super::balance::{Counts, balance, deal};
use super::features::{PanelFeatures, Watch, known_pairs, sources};
use super::groups::groups;
use super::{DatasetError, GroupBy, Ratio, Result, stems};
use crate::folds::fold_name;
use crate::store::{LabelledPanel, NamedSplit, Store};
use covid_ct_core::{Label, Split};

/// How a split is to be made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitOptions {
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

/// Panels of one class and source, by part in the order of [`Split::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    pub label: Label,
    pub source: String,
    pub panels: [u32; 3],
}

impl Stratum {
    pub fn total(&self) -> u32 {
        self.panels.iter().sum()
    }
}

/// A split as made, and what there is to tell about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub split: NamedSplit,
    pub cells: BTreeMap<(Split, Label), Cell>,
    /// By class, then source.
    pub strata: Vec<Stratum>,
    /// Panels left out because curators disagree.
    pub in_conflict: usize,
    /// Panels left out because nobody labelled them, or as uncertain or excluded.
    pub unlabelled: usize,
    /// What keeps the split from being what one would want.
    pub warnings: Vec<String>,
    /// Pictures that could not be read, so that no copy of them was looked for.
    pub failures: Vec<String>,
}

impl Made {
    /// Panels of a class in all parts.
    pub fn total(&self, label: Label) -> usize {
        self.cells.iter().filter(|((_, of), _)| *of == label).map(|(_, cell)| cell.panels).sum()
    }

    /// Where a class is furthest from the ratio, and by how many panels per hundred of it.
    pub fn furthest(&self, ratio: Ratio) -> Option<(Split, Label, f64)> {
        let gap = |(&(part, label), cell): (&(Split, Label), &Cell)| {
            let share = cell.panels as f64 / self.total(label).max(1) as f64;
            (part, label, 100.0 * (share - ratio.of(part)))
        };
        let present = self.cells.iter().filter(|((_, label), _)| self.total(*label) > 0);
        present.map(gap).max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))
    }
}

/// Divides the labelled panels of `store`. Saves nothing.
///
/// # Errors
/// [`DatasetError::NothingLabelled`]; [`DatasetError::IsPublished`] where the name is a release's own
/// split's; or the database's.
pub fn make(store: &Store, name: &str, options: SplitOptions, watch: &dyn Watch) -> Result<Made> {
    let SplitOptions { by, ratio, seed } = options;
    not_published(store, name)?;
    let dealt = Dealt::of(store, by, watch)?;
    let parts = balance(&dealt.counts, ratio, seed);
    let shares: Vec<f64> = Split::ALL.iter().map(|part| ratio.of(*part)).collect();
    let wanted = shares.iter().filter(|share| **share > 0.0).count();
    let how = json!({"ratio": shares, "seed": seed});
    Ok(dealt.made(name, &parts, how, warnings(&dealt.counts, wanted, "splits")))
}

/// Deals the labelled panels of `store` into `folds`, three or more, and makes a split of each, [`fold_name`]: there it
/// is the test split, the next one the validation split, and the others the training split. So each panel is in one test
/// part. Saves nothing.
///
/// # Errors
/// As [`make`].
pub fn make_folds(
    store: &Store,
    name: &str,
    by: GroupBy,
    folds: u32,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Vec<Made>> {
    let names: Vec<String> = (1..=folds).map(|fold| fold_name(name, fold)).collect();
    names.iter().try_for_each(|name| not_published(store, name))?;
    let dealt = Dealt::of(store, by, watch)?;
    let shares = vec![1.0 / f64::from(folds); names.len()];
    let fold_of = deal(&dealt.counts, &shares, seed);
    let warnings = warnings(&dealt.counts, names.len(), "folds");
    let made = names.iter().enumerate().map(|(test, name)| {
        let val = (test + 1) % names.len();
        let part = |&fold: &usize| match fold {
            _ if fold == test => Split::Test,
            _ if fold == val => Split::Val,
            _ => Split::Train,
        };
        let parts: Vec<Split> = fold_of.iter().map(part).collect();
        let how = json!({"fold": test + 1, "folds": names.len(), "seed": seed});
        dealt.made(name, &parts, how, warnings.clone())
    });
    Ok(made.collect())
}

fn not_published(store: &Store, name: &str) -> Result<()> {
    match store.split(name)? {
        Some(split) if is_published(&split) => Err(DatasetError::IsPublished(name.into())),
        _ => Ok(()),
    }
}

/// The labelled panels in the groups that stay together.
struct Dealt {
    by: GroupBy,
    labelled: Vec<LabelledPanel>,
    groups: Vec<Vec<usize>>,
    /// Of each group.
    counts: Vec<Counts>,
    strata: Strata,
    in_conflict: usize,
    unlabelled: usize,
    failures: Vec<String>,
}

impl Dealt {
    fn of(store: &Store, by: GroupBy, watch: &dyn Watch) -> Result<Self> {
        let (mut labelled, rest): (Vec<_>, Vec<_>) =
            store.labelled_panels()?.into_iter().partition(|panel| panel.label.is_some());
        if labelled.is_empty() {
            return Err(DatasetError::NothingLabelled);
        }
        // In an order that no database id enters: which picture is laid on which can tip a verdict.
        stems(&mut labelled);
        let in_conflict = rest.iter().filter(|panel| panel.conflict).count();
        let (ties, failures) = match by {
            GroupBy::Group => {
                let (pairs, failures) = if let Some(pairs) = known_pairs(store, &labelled)? {
                    (pairs, Vec::new())
                } else {
                    let looks = PanelFeatures::at(store.objects(), &labelled, watch);
                    (looks.pairs(store, &labelled, watch)?, looks.failures)
                };
                (pairs.iter().map(|pair| (pair.one, pair.other)).collect(), failures)
            }
            GroupBy::Patient | GroupBy::Paper => (Vec::new(), Vec::new()),
        };
        let groups = groups(&labelled, by, &ties);
        let strata = Strata::of(store, &labelled)?;
        let counts = groups.iter().map(|members| strata.count(&labelled, members)).collect();
        let unlabelled = rest.len() - in_conflict;
        Ok(Self { by, labelled, groups, counts, strata, in_conflict, unlabelled, failures })
    }

    /// The split in which each group is in its part; `how` beside what all splits tell of how they were made.
    fn made(
        &self,
        name: &str,
        parts: &[Split],
        mut how: serde_json::Value,
        warnings: Vec<String>,
    ) -> Made {
        let mut of_panels: Vec<(i64, Split)> = self
            .groups
            .iter()
            .zip(parts)
            .flat_map(|(members, part)| {
                members.iter().map(|&member| (self.labelled[member].id, *part))
            })
            .collect();
        of_panels.sort_unstable();
        how["by"] = json!(self.by);
        how["panels"] = json!(self.labelled.len());
        how["in_conflict"] = json!(self.in_conflict);
        how["unlabelled"] = json!(self.unlabelled);
        Made {
            split: NamedSplit { name: name.into(), how, parts: of_panels },
            warnings,
            cells: cells(&self.counts, parts),
            strata: self.strata.held(&self.counts, parts),
            in_conflict: self.in_conflict,
            unlabelled: self.unlabelled,
            failures: self.failures.clone(),
        }
    }
}

/// The split of this name.
///
/// # Errors
/// [`DatasetError::NoSuchSplit`], which names those there are, or the database's.
pub(super) fn find(store: &Store, name: &str) -> Result<NamedSplit> {
    if let Some(split) = store.split(name)? {
        return Ok(split);
    }
    let names = store.split_names()?;
    let known = if names.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    Err(DatasetError::NoSuchSplit { name: name.into(), known })
}

/// The parts that an imported release was published with, under the name `name`. Saves nothing.
///
/// # Errors
/// [`DatasetError::NothingPublished`], or the database's.
pub fn published(store: &Store, name: &str) -> Result<NamedSplit> {
    // The one that has the name, of several releases.
    let mut names = store.split_names()?;
    names.sort_by_key(|other| other != name);
    for known in names {
        if let Some(split) = store.split(&known)?.filter(is_published) {
            return Ok(NamedSplit { name: name.into(), ..split });
        }
    }
    Err(DatasetError::NothingPublished)
}

fn is_published(split: &NamedSplit) -> bool {
    split.how.get("published").is_some()
}

fn cells(counts: &[Counts], parts: &[Split]) -> BTreeMap<(Split, Label), Cell> {
    let mut cells: BTreeMap<(Split, Label), Cell> = BTreeMap::new();
    for (counts, part) in counts.iter().zip(parts) {
        for (label, panels) in Label::all().iter().zip(counts) {
            let cell = cells.entry((*part, *label)).or_default();
            cell.panels += *panels as usize;
            cell.groups += usize::from(*panels > 0);
        }
    }
    cells
}

/// What is to keep the ratio: each class, and each source within it.
struct Strata {
    /// By panel.
    sources: Vec<String>,
    known: Vec<(Label, String)>,
}

impl Strata {
    fn of(store: &Store, panels: &[LabelledPanel]) -> Result<Self> {
        let sources = sources(store, panels)?;
        let labels = panels.iter().filter_map(|panel| panel.label);
        let mut known: Vec<(Label, String)> = labels.zip(sources.iter().cloned()).collect();
        known.sort_unstable();
        known.dedup();
        Ok(Self { sources, known })
    }

    fn count(&self, panels: &[LabelledPanel], members: &[usize]) -> Counts {
        let mut counts = vec![0; Label::all().len() + self.known.len()];
        for &member in members {
            let Some(label) = panels[member].label else { continue };
            counts[label.index()] += 1;
            let stratum = (label, self.sources[member].clone());
            if let Ok(place) = self.known.binary_search(&stratum) {
                counts[Label::all().len() + place] += 1;
            }
        }
        counts
    }

    fn held(&self, counts: &[Counts], parts: &[Split]) -> Vec<Stratum> {
        let stratum = |(place, (label, source)): (usize, &(Label, String))| {
            let mut panels = [0; 3];
            for (counts, part) in counts.iter().zip(parts) {
                panels[*part as usize] += counts[Label::all().len() + place];
            }
            Stratum { label: *label, source: source.clone(), panels }
        };
        self.known.iter().enumerate().map(stratum).collect()
    }
}

/// Where a class has too few groups for the `wanted` parts, or whatever they are called, to hold it.
fn warnings(groups: &[Counts], wanted: usize, parts: &str) -> Vec<String> {
    let warning = |label: &Label| {
        let of_class = groups.iter().filter(|group| group[label.index()] > 0).count();
        match of_class {
            0 => Some(format!("no panel is {label}: this split has one class only")),
            n if n < wanted => Some(format!(
                "{n} groups of {label} panels cannot fill {wanted} {parts}: at least one holds none"
            )),
            _ => None,
        }
    };
    Label::all().iter().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_cannot_fill_the_parts_are_named() {
        let told = warnings(&[vec![1, 0], vec![2, 0]], 3, "parts");
        assert!(told[0].contains("2 groups of covid"), "{told:?}");
        assert!(told[1].contains("no panel is non-covid"), "{told:?}");
        assert!(warnings(&vec![vec![1, 1]; 3], 3, "parts").is_empty());
    }
}
