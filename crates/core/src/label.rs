//! Classes of panels: numbers into the classes of the task in force.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::task::{self, Class, MAX_CLASSES};

/// A class of the task in force, by its place among them, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(u8);

static ALL: [Label; MAX_CLASSES] = {
    let mut all = [Label(0); MAX_CLASSES];
    let mut index = 0;
    while index < MAX_CLASSES {
        all[index] = Label(index as u8);
        index += 1;
    }
    all
};

impl Label {
    /// The class at a place, from 0.
    ///
    /// # Panics
    /// Where a task has no so many, which are [`MAX_CLASSES`] at most.
    pub const fn nth(index: usize) -> Self {
        assert!(index < MAX_CLASSES);
        Self(index as u8)
    }

    /// All of the task in force, in its order.
    pub fn all() -> &'static [Self] {
        &ALL[..task::in_force().classes.len()]
    }

    /// The class that networks tell from all others where there are two.
    pub fn positive() -> Self {
        task::in_force().positive()
    }

    pub fn is_positive(self) -> bool {
        self == Self::positive()
    }

    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// What the task in force says of it.
    pub fn class(self) -> &'static Class {
        &task::in_force().classes[self.index()]
    }

    pub fn as_str(self) -> &'static str {
        self.class().name.as_str()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Label {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::all().iter().copied().find(|label| label.as_str() == word);
        known.ok_or_else(|| {
            let names: Vec<&str> = Self::all().iter().map(|label| label.as_str()).collect();
            format!("'{word}' is none of: {}", names.join(", "))
        })
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How many of something each class has. In JSON an object with a key a class, hyphens as underscores: `non_covid`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClassCounts(Vec<u64>);

impl Default for ClassCounts {
    fn default() -> Self {
        Self(vec![0; Label::all().len()])
    }
}

impl ClassCounts {
    pub fn of(labels: impl IntoIterator<Item = Label>) -> Self {
        let mut counts = Self::default();
        labels.into_iter().for_each(|label| counts.add(label, 1));
        counts
    }

    pub fn add(&mut self, label: Label, count: u64) {
        self.0[label.index()] += count;
    }

    pub fn get(&self, label: Label) -> u64 {
        self.0[label.index()]
    }

    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// In the order of the classes.
    pub fn iter(&self) -> impl Iterator<Item = (Label, u64)> {
        Label::all().iter().copied().zip(self.0.iter().copied())
    }

    /// Whether some class has none.
    pub fn lacks_a_class(&self) -> bool {
        self.0.contains(&0)
    }
}

fn key(label: Label) -> String {
    label.as_str().replace('-', "_")
}

impl Serialize for ClassCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(label, count)| (key(label), count)))
    }
}

impl<'de> Deserialize<'de> for ClassCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut counts = Self::default();
        for (name, count) in BTreeMap::<String, u64>::deserialize(deserializer)? {
            let label = Label::all().iter().copied().find(|label| key(*label) == name);
            let label = label.ok_or_else(|| {
                let names: Vec<String> = Label::all().iter().map(|label| key(*label)).collect();
                de::Error::custom(format!("the class '{name}' is none of: {}", names.join(", ")))
            })?;
            counts.add(label, count);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_an_object_by_class() {
        let counts = ClassCounts::of([Label::nth(1), Label::nth(0), Label::nth(1)]);
        let json = serde_json::to_string(&counts).expect("JSON");
        assert_eq!(json, r#"{"covid":1,"non_covid":2}"#);
        assert_eq!(serde_json::from_str::<ClassCounts>(&json).expect("counts"), counts);
        let other = serde_json::from_str::<ClassCounts>(r#"{"flu": 1}"#);
        assert!(other.is_err_and(|error| error.to_string().contains("covid, non_covid")));
        assert_eq!((counts.total(), counts.lacks_a_class()), (3, false));
    }
}
