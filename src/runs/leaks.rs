//! What of the pictures that a run was measured on was in what it learned from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::controls::Placed;

/// Leaks from the part that was measured into the parts that were trained on and chosen by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Leaks {
    /// Measured pictures that are concerned by any of them.
    pub images: u64,
    /// Pictures that are there twice.
    pub pictures: Vec<Leaked>,
    /// Patients with pictures on both sides, as `PAPER, NAME`; none where the dataset does not tell patients.
    pub patients: Vec<String>,
    /// Papers with pictures on both sides; none where the split is by patient, which allows them.
    pub papers: Vec<String>,
}

/// A measured picture that was learned from too: by its looks, whatever size and name the other has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaked {
    pub measured: Placed,
    pub learned: Placed,
}

impl Leaks {
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.patients.is_empty() && self.papers.is_empty()
    }

    /// Of the folds of a cross-validation, whose measured pictures are other ones each.
    pub fn of_all(all: &[&Self]) -> Self {
        let names = |of: fn(&Self) -> &Vec<String>| -> Vec<String> {
            let names: BTreeSet<&String> = all.iter().flat_map(|leaks| of(leaks)).collect();
            names.into_iter().cloned().collect()
        };
        Self {
            images: all.iter().map(|leaks| leaks.images).sum(),
            pictures: all.iter().flat_map(|leaks| leaks.pictures.clone()).collect(),
            patients: names(|leaks| &leaks.patients),
            papers: names(|leaks| &leaks.papers),
        }
    }

    /// `3 pictures, 2 patients and 5 papers`, of what there is.
    pub fn counted(&self) -> String {
        let count = |number: usize, noun: &str| {
            let plural = if number == 1 { "" } else { "s" };
            (number > 0).then(|| format!("{number} {noun}{plural}"))
        };
        let counts: Vec<String> = [
            count(self.pictures.len(), "picture"),
            count(self.patients.len(), "patient"),
            count(self.papers.len(), "paper"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match counts.split_last() {
            None => "nothing".into(),
            Some((last, [])) => last.clone(),
            Some((last, first)) => format!("{} and {last}", first.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_are_counted_in_words() {
        let papers = |n: usize| (0..n).map(|n| n.to_string()).collect();
        let mut leaks = Leaks { images: 4, papers: papers(2), ..Leaks::default() };
        assert_eq!(leaks.counted(), "2 papers");
        leaks.patients = papers(1);
        assert_eq!(leaks.counted(), "1 patient and 2 papers");
        assert_eq!(Leaks::default().counted(), "nothing");
        let both = Leaks::of_all(&[&leaks, &leaks]);
        assert_eq!((both.images, both.papers.len()), (8, 2), "a paper counts once");
    }
}
