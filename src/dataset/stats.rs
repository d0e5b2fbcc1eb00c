//! The numbers that papers print of a dataset: pictures, patients, preprints, sizes, parts; and those
//! that the paper of COVID-CT printed of it.

use crate::covid_ct::paper;
use crate::task;
use covid_ct_core::task::Comparison;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{Result, split};
use crate::store::{LabelledPanel, Store};
use covid_ct_core::{Label, Split};

pub use super::numbers::{ClassStats, Spread};

/// A picture as the numbers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'a> {
    pub label: Label,
    pub part: Option<Split>,
    pub width: u32,
    pub height: u32,
    pub preprint: &'a str,
    /// Empty where nobody told whose scan it is.
    pub case: &'a str,
}

impl<'a> Counted<'a> {
    /// `None` of a panel without a class.
    fn of(panel: &'a LabelledPanel, parts: &HashMap<i64, Split>) -> Option<Self> {
        Some(Self {
            label: panel.label?,
            part: parts.get(&panel.id).copied(),
            width: panel.bounds.w,
            height: panel.bounds.h,
            preprint: &panel.preprint_name,
            case: panel.case.as_deref().unwrap_or_default(),
        })
    }
}

/// The numbers of all classes, in the order of the task; a class without pictures is there too.
pub fn count(pictures: &[Counted<'_>]) -> Vec<ClassStats> {
    let of = |label: Label| {
        let of_class: Vec<&Counted<'_>> = pictures.iter().filter(|p| p.label == label).collect();
        let lengths = |length: fn(&Counted<'_>) -> u32| -> Option<Spread> {
            Spread::of(&of_class.iter().map(|picture| length(picture)).collect::<Vec<_>>())
        };
        let mut parts = BTreeMap::new();
        if pictures.iter().any(|picture| picture.part.is_some()) {
            parts.extend(Split::ALL.iter().map(|part| (*part, 0)));
        }
        for part in of_class.iter().filter_map(|picture| picture.part) {
            *parts.entry(part).or_default() += 1;
        }
        let told = of_class.iter().filter(|picture| !picture.case.is_empty());
        let patients: BTreeSet<_> = told.map(|picture| (picture.preprint, picture.case)).collect();
        let preprints: BTreeSet<_> = of_class.iter().map(|picture| picture.preprint).collect();
        ClassStats {
            label,
            images: of_class.len(),
            patients: Some(patients.len()),
            preprints: Some(preprints.len()),
            height: lengths(|picture| picture.height),
            width: lengths(|picture| picture.width),
            parts,
        }
    };
    Label::all().iter().map(|label| of(*label)).collect()
}

fn published() -> Vec<ClassStats> {
    match task::in_force().compares_with {
        Some(Comparison::CovidCt) => paper(),
        None => Vec::new(),
    }
}

/// The numbers of a database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// The split that the parts are of.
    pub split: Option<String>,
    pub dataset: Vec<ClassStats>,
    /// What the paper of the dataset that the task compares with prints; nothing where it compares with none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paper: Vec<ClassStats>,
}

impl Stats {
    /// Of every panel that has a class. The parts are of the split named, else of `default`, else of
    /// the only one there is.
    ///
    /// # Errors
    /// [`DatasetError::NoSuchSplit`] where the one named is not there, or the database's.
    pub fn read(store: &Store, split: Option<&str>) -> Result<Self> {
        let names = store.split_names()?;
        let chosen = match split {
            Some(name) => Some(name.to_owned()),
            None if names.iter().any(|name| name == "default") => Some("default".to_owned()),
            None if names.len() == 1 => names.first().cloned(),
            None => None,
        };
        let parts: HashMap<i64, Split> = match &chosen {
            None => HashMap::new(),
            Some(name) => split::find(store, name)?.parts.into_iter().collect(),
        };
        let panels = store.labelled_panels()?;
        let pictures: Vec<Counted<'_>> =
            panels.iter().filter_map(|panel| Counted::of(panel, &parts)).collect();
        Ok(Self { split: chosen, dataset: count(&pictures), paper: published() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_counted_by_itself() {
        let picture = |label, part, width, preprint, case| Counted {
            label,
            part,
            width,
            height: 2 * width,
            preprint,
            case,
        };
        let stats = count(&[
            picture(Label::COVID, Some(Split::Train), 10, "a", "Patient 1"),
            picture(Label::COVID, Some(Split::Test), 20, "a", "Patient 2"),
            picture(Label::COVID, None, 40, "b", ""),
        ]);
        let covid = &stats[0];
        assert_eq!((covid.images, covid.patients, covid.preprints), (3, Some(2), Some(2)));
        let width = covid.width.expect("widths");
        assert_eq!((width.min, width.max), (10, 40));
        assert!((width.mean - 70.0 / 3.0).abs() < 1e-9);
        assert_eq!(covid.parts.values().copied().collect::<Vec<_>>(), [1, 0, 1]);
        assert_eq!((stats[1].images, stats[1].height), (0, None));
    }

    #[test]
    fn the_papers_parts_add_up() {
        for class in paper() {
            assert_eq!(class.parts.values().sum::<usize>(), class.images);
        }
    }
}
