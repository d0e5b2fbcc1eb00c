//! Classes that a split had in a part and has there no more.

use crate::task;
use std::collections::{HashMap, HashSet};

use super::items::Item;
use super::options::Classes;
use crate::dataset::Result;
use crate::store::{Decision, Store, Subject};
use covid_ct_core::{Label, Split, Value};

/// What has become empty, in words: each class that is written, and part in which it has no picture although
/// curators had put panels of the split there into it when the split was made.
///
/// # Errors
/// The database's.
pub fn emptied(
    store: &Store,
    name: &str,
    items: &[Item],
    classes: &Classes,
) -> Result<Vec<String>> {
    let filled: HashSet<(Label, Split)> =
        items.iter().filter_map(|item| item.told.label.zip(item.told.part)).collect();
    let empty =
        |label: Label, part| classes.index(label).is_some() && !filled.contains(&(label, part));
    if !Split::ALL.iter().any(|&part| Label::all().iter().any(|&label| empty(label, part))) {
        return Ok(Vec::new());
    }
    let (Some(split), Some(created)) = (store.split(name)?, store.split_created(name)?) else {
        return Ok(Vec::new());
    };
    let image_of: HashMap<i64, i64> =
        store.panels()?.into_iter().map(|(id, panel)| (id, panel.image)).collect();
    let said = Said::read(store, &created)?;
    let mut lost: HashMap<(Label, Split), usize> = HashMap::new();
    for (panel, part) in &split.parts {
        let Some(&image) = image_of.get(panel) else { continue };
        for label in said.of(Subject::panel(image, *panel)) {
            *lost.entry((label, *part)).or_default() += 1;
        }
    }
    let mut told = Vec::new();
    for &label in Label::all() {
        for &part in Split::ALL {
            if let Some(count) = lost.get(&(label, part)).filter(|_| empty(label, part)) {
                told.push(format!(
                    "the class {label} has become empty in {part}: {count} panels that were of it have \
                     another class now, or none"
                ));
            }
        }
    }
    Ok(told)
}

/// What each curator said of the class at a time, by subject, what an adjudication overruled left out.
struct Said(HashMap<Subject, Vec<Decision>>);

impl Said {
    fn read(store: &Store, at: &str) -> Result<Self> {
        let mut said: HashMap<Subject, Vec<Decision>> = HashMap::new();
        for decision in store.decisions()? {
            if decision.stage != task::in_force().classifying() || decision.time.as_str() > at {
                continue;
            }
            let of = said.entry(decision.subject).or_default();
            of.retain(|before| before.curator != decision.curator && !decision.adjudicates);
            of.push(decision);
        }
        Ok(Self(said))
    }

    /// The classes that curators put a panel into; what was said of its picture where nothing was said of it.
    fn of(&self, panel: Subject) -> HashSet<Label> {
        let standing = |subject: Subject| {
            let all = self.0.get(&subject).into_iter().flatten();
            all.filter_map(|decision| decision.value.as_ref()).collect::<Vec<_>>()
        };
        let mut values = standing(panel);
        if values.is_empty() {
            values = standing(Subject::image(panel.image));
        }
        let label = |value: &Value| task::in_force().class_of(value.word()?);
        values.into_iter().filter_map(label).collect()
    }
}
