//! What makes a dataset look easier than it is: pictures that are there twice, labels that contradict
//! each other, what is in two parts of a split, and shortcuts to the class; and boxes that should be looked at.

mod boxes;
mod shortcuts;
mod stumps;
mod wrong_labels;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

pub use self::boxes::BoxDoubt;
pub use self::shortcuts::{Example, HeldOut, Shortcut, held_out};
pub use self::wrong_labels::{Predictions, PredictionsError, WrongLabel, WrongLabels};

use self::shortcuts::shortcuts;
use super::features::{PanelFeatures, Watch, sources};
use super::groups::groups;
use super::split;
use super::{DatasetError, GroupBy, Result, stems};
use crate::duplicates::Kinship;
use crate::store::{LabelledPanel, Store};
use covid_ct_core::{Label, Split, string_enum};

/// A panel of the dataset, as the findings name it.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// Of a released picture the name it was published under, else the one an export gives it.
    pub name: String,
    pub label: Label,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Split>,
    pub paper: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// Two panels that show one picture, or one scan.
#[derive(Debug, Clone, Serialize)]
pub struct Related {
    pub kinship: Kinship,
    pub mirrored: bool,
    /// Of the grey levels where one lies on the other.
    pub correlation: f64,
    /// Of the detail there; from 0.94 it is one picture.
    pub detail: f64,
    pub one: Item,
    pub other: Item,
    /// Whether their labels contradict each other.
    pub label_conflict: bool,
    /// Whether they are in two parts of the split.
    pub crosses: bool,
    /// Places in [`Audit::panels`].
    #[serde(skip)]
    pub places: (usize, usize),
}

string_enum! {
    /// What may be in two parts of a split.
    pub enum Owner {
        Patient = "patient",
        Paper = "paper",
    }
}

/// A patient or paper in two parts or more.
#[derive(Debug, Clone, Serialize)]
pub struct Crossing {
    pub what: Owner,
    pub paper: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Names of its panels by part.
    pub panels: BTreeMap<Split, Vec<String>>,
    /// False of a paper where the split is by patient.
    pub is_leak: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    pub split: Option<String>,
    pub panel_count: usize,
    /// Panels of a label, and groups that hold some.
    pub groups: usize,
    /// Pictures that are there twice, those that cross the split first, then contradictions.
    pub same: Vec<Related>,
    /// Of one scan, so alike are they; in that order too.
    pub alike: Vec<Related>,
    pub crossings: Vec<Crossing>,
    pub shortcuts: Vec<Shortcut>,
    /// Pictures of these panels whose boxes should be looked at.
    pub box_doubts: Vec<BoxDoubt>,
    /// Pictures that could not be read.
    pub unreadable: Vec<String>,
    pub leaks: bool,
    /// What was looked at.
    #[serde(skip)]
    pub panels: Vec<LabelledPanel>,
}

/// Audits the labelled panels of `store`, of the split `split` where one is named.
///
/// # Errors
/// Where there is no such split, or nothing is labelled; the database's.
pub fn audit(store: &Store, split: Option<&str>, watch: &dyn Watch) -> Result<Audit> {
    let split = split.map(|name| split::find(store, name)).transpose()?;
    let parts: Option<HashMap<i64, Split>> =
        split.as_ref().map(|split| split.parts.iter().copied().collect());
    let is_in = |panel: &LabelledPanel| parts.as_ref().is_none_or(|p| p.contains_key(&panel.id));
    let mut panels = store.labelled_panels()?;
    let all = panels.clone();
    panels.retain(|panel| panel.label.is_some() && is_in(panel));
    if panels.is_empty() {
        return Err(DatasetError::NothingLabelled);
    }
    let items = items(&mut panels, parts.as_ref());
    let looks = PanelFeatures::at(store.objects(), &panels, watch);
    let pairs = looks.pairs(store, &panels, watch)?;
    let ties: Vec<(usize, usize)> = pairs.iter().map(|pair| (pair.one, pair.other)).collect();
    let groups = groups(&panels, GroupBy::Group, &ties);
    let related = pairs.iter().map(|pair| {
        let (one, other) = (items[pair.one].clone(), items[pair.other].clone());
        Related {
            kinship: pair.kinship,
            mirrored: pair.mirrored,
            correlation: pair.correlation,
            detail: pair.detail,
            label_conflict: one.label != other.label,
            crosses: one.part != other.part,
            one,
            other,
            places: (pair.one, pair.other),
        }
    });
    let (mut same, mut alike): (Vec<_>, Vec<_>) =
        related.partition(|related| related.kinship == Kinship::Same);
    for related in [&mut same, &mut alike] {
        related.sort_by_key(|related| (!related.crosses, !related.label_conflict));
    }
    let by_patient = split.as_ref().is_some_and(|split| split.how["by"] == "patient");
    let crossings = crossings(&items, by_patient);
    let leaks = same.iter().any(|related| related.crosses)
        || crossings.iter().any(|crossing| crossing.is_leak);
    Ok(Audit {
        split: split.map(|split| split.name),
        panel_count: panels.len(),
        groups: groups.len(),
        same,
        alike,
        crossings,
        shortcuts: of_panels(store, &panels, &looks, &groups)?,
        box_doubts: boxes::doubtful(store, &beside(all, &panels))?,
        unreadable: looks.failures,
        leaks,
        panels,
    })
}

/// Of all panels in force those of the pictures that `panels` are of, whatever their label: boxes are right
/// or wrong together.
fn beside(mut all: Vec<LabelledPanel>, panels: &[LabelledPanel]) -> Vec<LabelledPanel> {
    let pictures: HashSet<i64> = panels.iter().map(|panel| panel.image).collect();
    all.retain(|panel| pictures.contains(&panel.image));
    all
}

/// Sorts the panels and names them.
fn items(panels: &mut [LabelledPanel], parts: Option<&HashMap<i64, Split>>) -> Vec<Item> {
    let stems = stems(panels);
    let item = |(panel, stem): (&LabelledPanel, String)| {
        let whole = panel.file_name.clone().filter(|_| panel.index.is_none());
        Item {
            name: whole.unwrap_or_else(|| format!("{stem}.png")),
            label: panel.label.unwrap_or(Label::nth(0)),
            part: parts.and_then(|parts| parts.get(&panel.id).copied()),
            paper: panel.preprint_name.clone(),
            case: panel.case.clone(),
        }
    };
    panels.iter().zip(stems).map(item).collect()
}

/// A patient, or a paper, of no case.
type Owned<'a> = (Owner, &'a str, Option<&'a str>);

/// Patients, then papers, that are in two parts or more.
fn crossings(items: &[Item], by_patient: bool) -> Vec<Crossing> {
    let mut owned: BTreeMap<Owned, BTreeMap<Split, Vec<String>>> = BTreeMap::new();
    for item in items {
        let Some(part) = item.part else { continue };
        let mut add = |owner, case| {
            let parts = owned.entry((owner, item.paper.as_str(), case)).or_default();
            parts.entry(part).or_default().push(item.name.clone());
        };
        add(Owner::Paper, None);
        if let Some(case) = &item.case {
            add(Owner::Patient, Some(case.as_str()));
        }
    }
    let crossing = |((what, paper, case), panels): (Owned, _)| Crossing {
        what,
        paper: paper.to_owned(),
        case: case.map(str::to_owned),
        panels,
        is_leak: what == Owner::Patient || !by_patient,
    };
    let crossing_ones = owned.into_iter().filter(|(_, parts)| parts.len() > 1);
    crossing_ones.map(crossing).collect()
}

fn of_panels(
    store: &Store,
    panels: &[LabelledPanel],
    looks: &PanelFeatures,
    groups: &[Vec<usize>],
) -> Result<Vec<Shortcut>> {
    let sources = sources(store, panels)?;
    let mut group_of = vec![0; panels.len()];
    for (group, members) in groups.iter().enumerate() {
        for &member in members {
            group_of[member] = group;
        }
    }
    let examples: Vec<Example> = looks
        .of_panels
        .iter()
        .enumerate()
        .filter_map(|(place, look)| {
            Some(Example {
                traits: &look.as_ref()?.traits,
                source: &sources[place],
                is_positive: panels[place].label.is_some_and(Label::is_positive),
                group: group_of[place],
            })
        })
        .collect();
    Ok(shortcuts(&examples))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(paper: &str, case: Option<&str>, part: Split) -> Item {
        Item {
            name: format!("{paper}.png"),
            label: Label::COVID,
            part: Some(part),
            paper: paper.into(),
            case: case.map(Into::into),
        }
    }

    #[test]
    fn what_is_in_two_parts_crosses() {
        let items = [
            item("a", Some("Patient 1"), Split::Train),
            item("a", Some("Patient 1"), Split::Test),
            item("b", Some("Patient 1"), Split::Train),
            item("c", None, Split::Val),
            item("c", None, Split::Train),
        ];
        let told = |by_patient| -> Vec<(Owner, String, bool)> {
            let found = crossings(&items, by_patient).into_iter();
            found.map(|c| (c.what, c.paper, c.is_leak)).collect()
        };
        let wanted = |papers| {
            [(Owner::Patient, "a", true), (Owner::Paper, "a", papers), (Owner::Paper, "c", papers)]
                .map(|(what, paper, is_leak)| (what, paper.to_owned(), is_leak))
        };
        assert_eq!(told(false), wanted(true));
        assert_eq!(told(true), wanted(false));
    }
}
