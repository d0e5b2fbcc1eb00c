//! Metrics of three classes or more: each class against the rest, the mean over the classes, and what was taken for what.
//!
//! The mean over the classes is over those that the part has: a class without an image has no AUROC, and is told as such.

use covid_ct_core::{Label, Split};
use serde::{Deserialize, Serialize};

use super::agreement::{Interval, RESAMPLES, bootstrap};
use super::details::{Chosen, FEWEST_GROUPS, SEED};
use super::{Scored, auroc, average_precision};

/// `classes` of `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// Right predictions of all.
    pub accuracy: Option<f64>,
    /// Mean of the recalls of the classes that the part has.
    pub balanced_accuracy: Option<f64>,
    /// Means over the classes that the part has. A class that is never said has a precision of 0 here.
    pub macro_precision: Option<f64>,
    pub macro_f1: Option<f64>,
    pub macro_auroc: Option<f64>,
    pub macro_auprc: Option<f64>,
    /// Mean squared distance of the probabilities from 1 for the class that it is and 0 for all others, added up over the
    /// classes: between 0 and 2 (Brier 1950).
    pub brier: Option<f64>,
    /// What is (rows) against what is said (columns), in the order of the classes.
    pub confusion: Vec<Vec<u64>>,
    /// 95 % intervals of the means; absent where there are too few groups.
    pub intervals: ClassIntervals,
    /// In the order of the classes.
    pub each: Vec<OfClass>,
}

/// By drawing whole groups, as [`super::Intervals`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassIntervals {
    pub groups: u64,
    pub resamples: u64,
    pub accuracy: Option<Interval>,
    pub macro_f1: Option<Interval>,
    pub macro_auroc: Option<Interval>,
    pub macro_auprc: Option<Interval>,
}

/// A class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfClass {
    pub class: Label,
    /// Images of it.
    pub images: u64,
    /// Of what is said, which is the likeliest class.
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    pub auroc: Option<f64>,
    pub auprc: Option<f64>,
    pub auroc_interval: Option<Interval>,
    pub auprc_interval: Option<Interval>,
    /// The probability from which it is best told from the rest, chosen on another part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Chosen>,
}

/// An example of several classes, by places of classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    pub is: usize,
    pub said: usize,
    pub probabilities: Vec<f64>,
}

impl Classified {
    fn against_rest(&self, class: usize) -> Scored {
        Scored { positive: self.is == class, score: self.probabilities[class] }
    }
}

/// Each class against the rest: where Youden's J is largest on a part.
pub fn chosen(part: Split, examples: &[Classified], classes: usize) -> Vec<Option<Chosen>> {
    (0..classes).map(|class| Chosen::on(part, &rest(examples, class))).collect()
}

fn rest(examples: &[Classified], class: usize) -> Vec<Scored> {
    examples.iter().map(|example| example.against_rest(class)).collect()
}

/// Right predictions of all, and the mean over the classes of the AUROC of each against the rest.
pub fn accuracy_and_macro_auroc(
    examples: &[Classified],
    classes: usize,
) -> (Option<f64>, Option<f64>) {
    (accuracy(examples), macro_auroc(examples, classes))
}

/// The counts behind precision, recall and F1 of a class.
fn counts(confusion: &[Vec<u64>], class: usize) -> [u64; 3] {
    let of_class: u64 = confusion[class].iter().sum();
    let said: u64 = confusion.iter().map(|row| row[class]).sum();
    [confusion[class][class], said, of_class]
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn confusion(examples: &[Classified], classes: usize) -> Vec<Vec<u64>> {
    let mut confusion = vec![vec![0; classes]; classes];
    for example in examples {
        confusion[example.is][example.said] += 1;
    }
    confusion
}

/// The mean over the classes that `examples` have of what `of` tells; `None` where it tells nothing of one of them.
fn mean(examples: &[Classified], classes: usize, of: impl Fn(usize) -> Option<f64>) -> Option<f64> {
    let has = |class: &usize| examples.iter().any(|example| example.is == *class);
    let told: Vec<Option<f64>> = (0..classes).filter(has).map(of).collect();
    let count = told.len() as f64;
    let sum = told.into_iter().sum::<Option<f64>>()?;
    (count > 0.0).then_some(sum / count)
}

fn accuracy(examples: &[Classified]) -> Option<f64> {
    ratio(examples.iter().filter(|e| e.is == e.said).count() as u64, examples.len() as u64)
}

fn macro_f1(examples: &[Classified], classes: usize) -> Option<f64> {
    let confusion = confusion(examples, classes);
    mean(examples, classes, |class| {
        let [right, said, of_class] = counts(&confusion, class);
        ratio(2 * right, said + of_class)
    })
}

fn macro_auroc(examples: &[Classified], classes: usize) -> Option<f64> {
    mean(examples, classes, |class| auroc(&rest(examples, class)))
}

fn macro_auprc(examples: &[Classified], classes: usize) -> Option<f64> {
    mean(examples, classes, |class| average_precision(&rest(examples, class)))
}

fn brier(examples: &[Classified]) -> Option<f64> {
    let distance = |example: &Classified| -> f64 {
        let of = |(class, p): (usize, &f64)| (p - f64::from(u8::from(class == example.is))).powi(2);
        example.probabilities.iter().enumerate().map(of).sum()
    };
    (!examples.is_empty())
        .then(|| examples.iter().map(distance).sum::<f64>() / examples.len() as f64)
}

impl ClassMetrics {
    /// Of examples of `classes` classes; `groups` tells which are no independent evidence. `chosen` has a threshold a class,
    /// or is empty.
    ///
    /// # Panics
    /// When there are not as many groups as examples, or a class that is none.
    pub fn of(
        examples: &[Classified],
        groups: &[String],
        classes: usize,
        chosen: &[Option<Chosen>],
    ) -> Self {
        assert_eq!(examples.len(), groups.len(), "one group an example");
        let mut members: std::collections::BTreeMap<&str, Vec<Classified>> =
            std::collections::BTreeMap::default();
        for (example, group) in examples.iter().zip(groups) {
            members.entry(group).or_default().push(example.clone());
        }
        let units: Vec<&[Classified]> = members.values().map(Vec::as_slice).collect();
        let enough = units.len() >= FEWEST_GROUPS;
        let strata = [units];
        let interval = |statistic: &dyn Fn(&[Classified]) -> Option<f64>| {
            let drawn = |drawn: &[Vec<&[Classified]>]| statistic(&drawn[0].concat());
            enough.then(|| bootstrap(&strata, SEED, drawn)).flatten()
        };
        let confusion = confusion(examples, classes);
        let each = |class: usize| {
            let [right, said, of_class] = counts(&confusion, class);
            let against = rest(examples, class);
            OfClass {
                class: Label::nth(class),
                images: of_class,
                precision: ratio(right, said),
                recall: ratio(right, of_class),
                f1: ratio(2 * right, said + of_class),
                auroc: auroc(&against),
                auprc: average_precision(&against),
                auroc_interval: interval(&|drawn| auroc(&rest(drawn, class))),
                auprc_interval: interval(&|drawn| average_precision(&rest(drawn, class))),
                chosen: chosen.get(class).copied().flatten(),
            }
        };
        let recall = |class: usize| ratio(confusion[class][class], counts(&confusion, class)[2]);
        let precision = |class: usize| {
            let [right, said, _] = counts(&confusion, class);
            Some(ratio(right, said).unwrap_or(0.0))
        };
        Self {
            accuracy: accuracy(examples),
            balanced_accuracy: mean(examples, classes, recall),
            macro_precision: mean(examples, classes, precision),
            macro_f1: macro_f1(examples, classes),
            macro_auroc: macro_auroc(examples, classes),
            macro_auprc: macro_auprc(examples, classes),
            brier: brier(examples),
            intervals: ClassIntervals {
                groups: members.len() as u64,
                resamples: RESAMPLES as u64,
                accuracy: interval(&accuracy),
                macro_f1: interval(&|drawn| macro_f1(drawn, classes)),
                macro_auroc: interval(&|drawn| macro_auroc(drawn, classes)),
                macro_auprc: interval(&|drawn| macro_auprc(drawn, classes)),
            },
            each: (0..classes).map(each).collect(),
            confusion,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Metrics;
    use super::*;

    /// What scikit-learn 1.9.1 says of seeded vectors of three classes, with ties and with a class that no image is of:
    /// `tools/golden-metrics.py`.
    #[derive(Deserialize)]
    struct Golden {
        scikit_learn: String,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        seed: u64,
        labels: Vec<usize>,
        probabilities: Vec<Vec<f64>>,
        confusion: Vec<Vec<u64>>,
        accuracy: f64,
        balanced_accuracy: f64,
        macro_precision: f64,
        macro_f1: f64,
        macro_auroc: f64,
        macro_auprc: f64,
        brier: f64,
        /// A class, by its place; nothing of one that no image is of.
        auroc: Vec<Option<f64>>,
        auprc: Vec<Option<f64>>,
        threshold: Vec<Option<f64>>,
    }

    fn likeliest(probabilities: &[f64]) -> usize {
        let greatest = probabilities.iter().copied().fold(f64::MIN, f64::max);
        probabilities.iter().position(|p| *p == greatest).expect("a class")
    }

    fn of(labels: &[usize], probabilities: &[Vec<f64>]) -> Vec<Classified> {
        let pairs = labels.iter().zip(probabilities);
        pairs
            .map(|(&is, p)| Classified { is, said: likeliest(p), probabilities: p.clone() })
            .collect()
    }

    #[test]
    fn the_metrics_of_three_classes_are_those_of_scikit_learn() {
        let golden: Golden =
            serde_json::from_str(include_str!("golden-classes.json")).expect("JSON");
        assert_eq!((golden.scikit_learn.as_str(), golden.cases.len()), ("1.9.1", 5));
        let near =
            |ours: Option<f64>, theirs: f64| ours.is_some_and(|ours| (ours - theirs).abs() < 1e-12);
        for case in golden.cases {
            let examples = of(&case.labels, &case.probabilities);
            let groups: Vec<String> = (0..examples.len()).map(|n| n.to_string()).collect();
            let chosen = chosen(Split::Val, &examples, 3);
            let m = ClassMetrics::of(&examples, &groups, 3, &chosen);
            assert_eq!(m.confusion, case.confusion, "seed {}", case.seed);
            for (name, ours, theirs) in [
                ("accuracy", m.accuracy, case.accuracy),
                ("balanced accuracy", m.balanced_accuracy, case.balanced_accuracy),
                ("macro precision", m.macro_precision, case.macro_precision),
                ("macro F1", m.macro_f1, case.macro_f1),
                ("macro AUROC", m.macro_auroc, case.macro_auroc),
                ("macro AUPRC", m.macro_auprc, case.macro_auprc),
                ("Brier", m.brier, case.brier),
            ] {
                assert!(near(ours, theirs), "seed {}: {name} {ours:?} {theirs}", case.seed);
            }
            for (class, of_class) in m.each.iter().enumerate() {
                for (ours, theirs) in
                    [(of_class.auroc, case.auroc[class]), (of_class.auprc, case.auprc[class])]
                {
                    let same = theirs.map_or(ours.is_none(), |theirs| near(ours, theirs));
                    assert!(same, "seed {}, class {class}: {ours:?} {theirs:?}", case.seed);
                }
                let threshold = of_class.chosen.map(|chosen| chosen.threshold);
                assert_eq!(threshold, case.threshold[class], "seed {}, class {class}", case.seed);
            }
            let inside = |interval: Option<Interval>, value: f64| {
                interval.is_some_and(|Interval { low, high }| low <= value && value <= high)
            };
            assert!(inside(m.intervals.macro_auroc, case.macro_auroc), "seed {}", case.seed);
        }
    }

    #[test]
    fn what_cannot_be_told_is_none() {
        let none = ClassMetrics::of(&[], &[], 3, &[]);
        assert_eq!((none.accuracy, none.macro_auroc, none.brier), (None, None, None));
        assert_eq!((none.each.len(), none.each[2].auroc, none.intervals.accuracy), (3, None, None));
        let one = of(&[1, 1], &[vec![0.2, 0.5, 0.3], vec![0.6, 0.2, 0.2]]);
        let one = ClassMetrics::of(&one, &["a".into(), "b".into()], 3, &[]);
        assert_eq!((one.accuracy, one.macro_auroc), (Some(0.5), None), "nothing to be told from");
        assert_eq!(one.each[1].recall, Some(0.5));
    }

    proptest! {
        #[test]
        fn of_two_classes_they_are_those_of_two(
            rows in proptest::collection::vec((0..2_usize, 0..=8_u8), 2..40)
        ) {
            let labels: Vec<usize> = rows.iter().map(|(is, _)| *is).collect();
            let scores: Vec<f64> = rows.iter().map(|(_, p)| f64::from(*p) / 8.0).collect();
            let both: Vec<Vec<f64>> = scores.iter().map(|p| vec![1.0 - p, *p]).collect();
            let examples = of(&labels, &both);
            let groups: Vec<String> = (0..rows.len()).map(|n| n.to_string()).collect();
            let ours = ClassMetrics::of(&examples, &groups, 2, &[]);
            let scored: Vec<Scored> = labels
                .iter()
                .zip(&scores)
                .map(|(&is, &score)| Scored { positive: is == 1, score })
                .collect();
            let two = Metrics::at(0.5, &scored);
            prop_assert_eq!(ours.each[1].auroc, two.auroc);
            prop_assert_eq!(ours.each[1].auprc, two.auprc);
            // Of one class against the other the area is the same from both sides.
            if let (Some(one), Some(other)) = (ours.each[0].auroc, ours.each[1].auroc) {
                prop_assert!((one - other).abs() < 1e-12);
            }
        }
    }
}
