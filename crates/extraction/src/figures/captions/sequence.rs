//! Legends come in sequence: which numbers of a series of figures were not found, and between which
//! lines they must stand.

use std::collections::{BTreeMap, BTreeSet};

use super::Caption;
use crate::figures::FigureKind;
use crate::figures::citations::citations;
use crate::figures::cleaning::PageText;

/// Page and line, as indices.
type Place = (usize, usize);

/// No series is longer; a larger number is a misreading.
const LONGEST: u32 = 60;

/// The labels that a document lacks, each with the lines it may stand between.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted(BTreeMap<String, (Option<Place>, Option<Place>)>);

impl Wanted {
    /// What is missing among `captions`, which are all that were found on `pages`: numbers between
    /// those of a series, before its first one, and behind its last one if the text cites them.
    pub fn of(pages: &[PageText], captions: &[Caption]) -> Self {
        let mut found: BTreeMap<&str, BTreeMap<u32, Place>> = BTreeMap::new();
        for caption in captions.iter().filter(|caption| caption.kind != FigureKind::Table) {
            let Some((series, number)) = split(&caption.label) else { continue };
            let place = caption.lines.first().copied().unwrap_or_default();
            found.entry(series).or_default().entry(number).or_insert(place);
        }
        let taken: BTreeSet<Place> =
            captions.iter().flat_map(|caption| caption.lines.iter().copied()).collect();
        let lines = pages.iter().enumerate().flat_map(|(page, text)| {
            text.lines.iter().enumerate().map(move |(line, text)| ((page, line), text))
        });
        let citing: Vec<String> = lines
            .filter(|(place, _)| !taken.contains(place))
            // A line's own label proves nothing of it.
            .flat_map(|(_, line)| {
                citations(&line.text).into_iter().filter(|found| found.at.start > 0)
            })
            .flat_map(|found| found.figures)
            .map(|figure| figure.label)
            .collect();
        let mut wanted: BTreeSet<(&str, u32)> =
            citing.iter().filter_map(|label| split(label)).collect();
        for (series, numbers) in &found {
            let last = numbers.last_key_value().map_or(0, |(number, _)| *number);
            wanted.extend((1..last).map(|number| (*series, number)));
        }
        let none = BTreeMap::new();
        let missing = wanted.into_iter().filter_map(|(series, number)| {
            let numbers = found.get(series).unwrap_or(&none);
            if number > LONGEST || numbers.contains_key(&number) {
                return None;
            }
            let before = numbers.range(..number).next_back().map(|(_, place)| *place);
            let after = numbers.range(number..).next().map(|(_, place)| *place);
            // Where the neighbours stand in another order, they tell nothing.
            let ordered = before.zip(after).is_none_or(|(before, after)| before < after);
            let between = if ordered { (before, after) } else { (None, None) };
            Some((format!("{series}{number}"), between))
        });
        Self(missing.collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the label is missing, and may stand at `place`.
    pub fn has(&self, label: &str, place: Place) -> bool {
        self.0.get(label).is_some_and(|(after, before)| {
            after.is_none_or(|after| after < place) && before.is_none_or(|before| place < before)
        })
    }
}

/// The series of a label, and the number within: `Figure S` and 2.
fn split(label: &str) -> Option<(&str, u32)> {
    let series = label.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((series, label[series.len()..].parse().ok()?))
}

/// Whether `next` is the label that comes after `label` in its series.
pub fn follows(label: &str, next: &str) -> bool {
    let (Some((series, number)), Some((other, next))) = (split(label), split(next)) else {
        return false;
    };
    series == other && number.checked_add(1) == Some(next)
}

/// Whether `next` is the first label of another series than that of `label`.
pub fn begins_series(next: &str, label: &str) -> bool {
    split(next).is_some_and(|(series, number)| {
        number == 1 && split(label).is_none_or(|(other, _)| other != series)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_label_is_of_the_same_series() {
        assert!(follows("Figure 9", "Figure 10"));
        assert!(follows("Figure S1", "Figure S2"));
        assert!(!follows("Figure 1", "Figure S2"));
        assert!(!follows("Figure 2", "Figure 2"));
        assert!(!follows("Graphical abstract", "Figure 1"));
        assert!(begins_series("Figure S1", "Figure 8") && !begins_series("Figure S2", "Figure 8"));
        assert!(!begins_series("Figure 1", "Figure 1"));
    }
}
