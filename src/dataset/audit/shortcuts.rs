//! How well the class can be told without looking at the lungs.

use serde::Serialize;

use super::stumps::Stumps;
use crate::dataset::features::Traits;
use crate::metrics::{Scored, auroc};

/// Parts that the panels are divided into: each is scored by what was learned from the others.
const FOLDS: usize = 5;

/// Something that may give the class away, and what is known of it of a panel.
type Feature = (&'static str, fn(&Traits) -> Vec<f64>);

/// What is looked at, the source aside.
const FEATURES: [Feature; 6] = [
    ("size", |t| vec![f64::from(t.width), f64::from(t.height)]),
    ("aspect", |t| vec![f64::from(t.width) / f64::from(t.height)]),
    ("colour mode", |t| vec![f64::from(u8::from(t.is_colour)), f64::from(u8::from(t.has_alpha))]),
    ("file type", |t| vec![f64::from(u8::from(t.is_jpeg))]),
    ("JPEG quality", |t| vec![t.jpeg_quality.unwrap_or(-1.0)]),
    ("border", |t| vec![t.border_mean, t.border_spread, t.frame]),
];

/// Those that an export keeps: it writes all pictures as grey PNG.
const EXPORTED: [&str; 3] = ["size", "aspect", "border"];

/// What is seen of a file without decoding it.
const OF_FILE: [&str; 4] = ["size", "aspect", "colour mode", "file type"];

/// How well panels are told apart by something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shortcut {
    pub by: String,
    /// Cross-validated, whole groups at a time: 0.5 is chance. `None` where a class is missing.
    pub auroc: Option<f64>,
}

/// A panel as it is told apart.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    pub traits: &'a Traits,
    pub source: &'a str,
    pub is_positive: bool,
    /// Of panels that belong together, the same number.
    pub group: usize,
}

/// Each feature alone, then all that an export keeps, all that a file shows, and all.
pub fn shortcuts(examples: &[Example]) -> Vec<Shortcut> {
    let folds = folds(examples);
    let told = |by: &str, keep: &dyn Fn(&str) -> bool| {
        let rows: Vec<Vec<f64>> = columns(examples, keep);
        Shortcut { by: by.to_owned(), auroc: cross_validated(&rows, examples, &folds) }
    };
    let mut shortcuts: Vec<Shortcut> =
        FEATURES.iter().map(|(name, _)| told(name, &|other| other == *name)).collect();
    shortcuts.push(told("source", &|name| name == "source"));
    shortcuts.push(told("all an export keeps", &|name| EXPORTED.contains(&name)));
    shortcuts.push(told("all but the source", &|name| name != "source"));
    shortcuts.push(told("all", &|_| true));
    shortcuts
}

/// What some panels score by something that was learned from others.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    pub by: String,
    /// Log-odds of the positive class, in the order of the panels.
    pub log_odds: Vec<f64>,
}

/// As [`shortcuts`] but the source, learned from `train` and told of `test`; and what a file shows without
/// being decoded.
pub fn held_out(train: &[Example], test: &[Example]) -> Vec<HeldOut> {
    let all: Vec<Example> = train.iter().chain(test).copied().collect();
    let positive: Vec<bool> = train.iter().map(|example| example.is_positive).collect();
    let told = |by: &str, keep: &dyn Fn(&str) -> bool| {
        let rows = columns(&all, keep);
        let (train, test) = rows.split_at(train.len());
        let train: Vec<&[f64]> = train.iter().map(Vec::as_slice).collect();
        let model = Stumps::fit(&train, &positive);
        HeldOut { by: by.to_owned(), log_odds: test.iter().map(|row| model.score(row)).collect() }
    };
    let mut told_by: Vec<HeldOut> =
        FEATURES.iter().map(|(name, _)| told(name, &|other| other == *name)).collect();
    told_by.push(told("size, aspect, colour mode and file type", &|name| OF_FILE.contains(&name)));
    told_by.push(told("all an export keeps", &|name| EXPORTED.contains(&name)));
    told_by.push(told("all but the source", &|name| name != "source"));
    told_by
}

fn columns(examples: &[Example], keep: &dyn Fn(&str) -> bool) -> Vec<Vec<f64>> {
    let mut sources: Vec<&str> = examples.iter().map(|example| example.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let row = |example: &Example| {
        let features = FEATURES.iter().filter(|(name, _)| keep(name));
        let mut row: Vec<f64> = features.flat_map(|(_, read)| read(example.traits)).collect();
        if keep("source") {
            let is_it = |source: &&str| f64::from(u8::from(*source == example.source));
            row.extend(sources.iter().map(is_it));
        }
        row
    };
    examples.iter().map(row).collect()
}

fn cross_validated(rows: &[Vec<f64>], examples: &[Example], folds: &[usize]) -> Option<f64> {
    let mut scored = Vec::with_capacity(rows.len());
    for fold in 0..FOLDS {
        let learned: Vec<usize> = (0..rows.len()).filter(|&i| folds[i] != fold).collect();
        let of_rows: Vec<&[f64]> = learned.iter().map(|&i| &rows[i][..]).collect();
        let positive: Vec<bool> = learned.iter().map(|&i| examples[i].is_positive).collect();
        let model = Stumps::fit(&of_rows, &positive);
        for i in (0..rows.len()).filter(|&i| folds[i] == fold) {
            scored.push(Scored { positive: examples[i].is_positive, score: model.score(&rows[i]) });
        }
    }
    auroc(&scored)
}

/// A fold for each example, whole groups at a time: the largest group first, each into the fold that
/// holds least of the class it has most of, of equals the one that holds least.
fn folds(examples: &[Example]) -> Vec<usize> {
    let groups = examples.iter().map(|example| example.group + 1).max().unwrap_or(0);
    let mut sizes = vec![[0_usize; 2]; groups];
    for example in examples {
        sizes[example.group][usize::from(example.is_positive)] += 1;
    }
    let mut order: Vec<usize> = (0..groups).collect();
    order.sort_by_key(|&group| std::cmp::Reverse(sizes[group].iter().sum::<usize>()));
    let mut held = [[0_usize; 2]; FOLDS];
    let mut fold_of = vec![0; groups];
    for group in order {
        let class = usize::from(sizes[group][1] > sizes[group][0]);
        let fold = (0..FOLDS).min_by_key(|&f| (held[f][class], held[f][0] + held[f][1]));
        fold_of[group] = fold.unwrap_or(0);
        for class in 0..2 {
            held[fold_of[group]][class] += sizes[group][class];
        }
    }
    examples.iter().map(|example| fold_of[example.group]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits(width: u32) -> Traits {
        Traits {
            width,
            height: 100,
            is_colour: false,
            has_alpha: false,
            is_jpeg: false,
            jpeg_quality: None,
            border_mean: 0.0,
            border_spread: 0.0,
            frame: 0.0,
        }
    }

    fn told(shortcuts: &[Shortcut], by: &str) -> f64 {
        shortcuts.iter().find(|s| s.by == by).and_then(|s| s.auroc).expect("told")
    }

    #[test]
    fn what_was_learned_is_told_of_others() {
        let traits: Vec<Traits> =
            (0..80).map(|i| traits(if i % 2 == 0 { 100 + i } else { 300 + i })).collect();
        let example =
            |(i, traits)| Example { traits, source: "x", is_positive: i % 2 == 0, group: i };
        let examples: Vec<Example> = traits.iter().enumerate().map(example).collect();
        let told_by = held_out(&examples[..60], &examples[60..]);
        let of = |by: &str| {
            let told = told_by.iter().find(|told| told.by == by).expect("told");
            let scored = told.log_odds.iter().zip(&examples[60..]);
            let scored: Vec<Scored> = scored
                .map(|(&score, example)| Scored { positive: example.is_positive, score })
                .collect();
            auroc(&scored)
        };
        assert_eq!(of("size"), Some(1.0));
        assert_eq!(of("size, aspect, colour mode and file type"), Some(1.0));
        // Nothing differs there: all score the same.
        assert_eq!(of("file type"), Some(0.5));
    }

    #[test]
    fn a_giveaway_is_told_and_what_is_alike_is_chance() {
        let traits: Vec<Traits> =
            (0..80).map(|i| traits(if i % 2 == 0 { 100 + i } else { 300 + i })).collect();
        let example =
            |(i, traits)| Example { traits, source: "x", is_positive: i % 2 == 0, group: i };
        let examples: Vec<Example> = traits.iter().enumerate().map(example).collect();
        let shortcuts = shortcuts(&examples);
        // Not quite 1: a bin of values may straddle the border.
        let size = told(&shortcuts, "size");
        assert!(size > 0.95 && told(&shortcuts, "all") > 0.95, "{size}");
        let chance = told(&shortcuts, "file type");
        assert!((0.4..=0.6).contains(&chance), "{chance}");
    }

    #[test]
    fn a_group_is_never_learned_from_and_scored() {
        // Each patient has a width of its own: known only to those that saw the patient.
        let traits: Vec<Traits> = (0..60).map(|i| traits(100 + i / 3)).collect();
        let class = |group: usize| (group * 7 / 5).is_multiple_of(2);
        let example =
            |(i, traits)| Example { traits, source: "x", is_positive: class(i / 3), group: i / 3 };
        let examples: Vec<Example> = traits.iter().enumerate().map(example).collect();
        let folds = folds(&examples);
        assert!(folds.chunks(3).all(|group| group.iter().all(|fold| *fold == group[0])));
        assert!(told(&shortcuts(&examples), "size") < 0.9);
    }

    #[test]
    fn one_class_alone_is_told_by_nothing() {
        let traits = traits(9);
        let example = Example { traits: &traits, source: "x", is_positive: true, group: 0 };
        assert!(shortcuts(&[example]).iter().all(|shortcut| shortcut.auroc.is_none()));
        assert!(shortcuts(&[]).iter().all(|shortcut| shortcut.auroc.is_none()));
    }
}
