//! What a measurement tells beyond [`Metrics`]: how sure they are, at a threshold chosen elsewhere, and
//! where they come from.

use std::collections::BTreeMap;
use std::fmt;

use covid_ct_core::Split;
use serde::{Deserialize, Serialize};

use super::agreement::{Interval, RESAMPLES, bootstrap};
use super::{Calibration, Confusion, Metrics, Scored, auroc, average_precision, brier, roc_curve};

/// Seed of the intervals, so that the same predictions give the same ones.
pub(super) const SEED: u64 = 0;

/// Fewer groups than this give no interval: one drawn again and again is always the same.
pub(super) const FEWEST_GROUPS: usize = 2;

/// A threshold chosen on one part, to be kept for another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// Scores from here up are predicted positive.
    pub threshold: f64,
    /// Youden's J there, on the part it was chosen on.
    pub youden: f64,
    pub chosen_on: Split,
}

impl Chosen {
    /// Where Youden's J, sensitivity + specificity - 1, is largest among the scores (W. J. Youden, "Index
    /// for rating diagnostic tests", Cancer 3, 1950); of equals the highest. J and not F1, because the
    /// share of a class in a part is an accident of what was published, and J does not depend on it. `None`
    /// where no threshold is better than chance, a class is missing or a score is NaN.
    pub fn on(part: Split, examples: &[Scored]) -> Option<Self> {
        let (mut best, mut threshold) = (0.0, None);
        for point in roc_curve(examples)? {
            let youden = point.true_positive_rate - point.false_positive_rate;
            if youden > best {
                (best, threshold) = (youden, point.threshold);
            }
        }
        threshold.map(|threshold| Self { threshold, youden: best, chosen_on: part })
    }
}

/// 95 % intervals of the metrics at one threshold; `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Groups drawn with replacement.
    pub groups: u64,
    /// Times they were drawn.
    pub resamples: u64,
    pub accuracy: Option<Interval>,
    pub precision: Option<Interval>,
    pub recall: Option<Interval>,
    pub specificity: Option<Interval>,
    pub f1: Option<Interval>,
    pub auroc: Option<Interval>,
    pub auprc: Option<Interval>,
    pub brier: Option<Interval>,
}

impl Intervals {
    /// Percentile intervals by [`bootstrap`] of whole groups, since images of one paper are alike and tell
    /// less than as many of different ones (Field and Welsh, "Bootstrapping clustered data", JRSS B 69,
    /// 2007). With few groups, such as ten, they come out too narrow.
    ///
    /// # Panics
    /// When there are not as many groups as examples.
    pub fn of(examples: &[Scored], groups: &[String], threshold: f64) -> Self {
        assert_eq!(examples.len(), groups.len(), "one group an example");
        let members = gathered(examples, groups);
        let units: Vec<&[Scored]> = members.values().map(Vec::as_slice).collect();
        let enough = units.len() >= FEWEST_GROUPS;
        let strata = [units];
        let of = |statistic: &dyn Fn(&[Scored]) -> Option<f64>| {
            // The same seed draws the same groups for every metric.
            enough
                .then(|| bootstrap(&strata, SEED, |drawn| statistic(&drawn[0].concat())))
                .flatten()
        };
        let counted = |rate: fn(&Confusion) -> Option<f64>| {
            of(&|drawn| rate(&Confusion::at(threshold, drawn)))
        };
        Self {
            groups: members.len() as u64,
            resamples: RESAMPLES as u64,
            accuracy: counted(Confusion::accuracy),
            precision: counted(Confusion::precision),
            recall: counted(Confusion::recall),
            specificity: counted(Confusion::specificity),
            f1: counted(Confusion::f1),
            auroc: of(&auroc),
            auprc: of(&average_precision),
            brier: of(&brier),
        }
    }
}

/// The measured part at a threshold chosen on another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operating {
    #[serde(flatten)]
    pub chosen: Chosen,
    pub metrics: Metrics,
    pub intervals: Intervals,
}

/// The examples of one source, or of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    pub name: String,
    pub metrics: Metrics,
    /// AUROC of a slice of one class against all examples of the other one, wherever they are from: such a
    /// slice has none of its own.
    #[serde(default)]
    pub auroc_against_rest: Option<f64>,
}

impl Slice {
    fn of(name: String, held: &[Scored], all: &[Scored], threshold: f64) -> Self {
        let one_class =
            held.first().filter(|first| held.iter().all(|e| e.positive == first.positive));
        let against_rest = one_class.and_then(|first| {
            let rest = all.iter().filter(|example| example.positive != first.positive);
            auroc(&held.iter().chain(rest).copied().collect::<Vec<_>>())
        });
        Self { name, metrics: Metrics::at(threshold, held), auroc_against_rest: against_rest }
    }
}

/// Metrics by what the keys tell of each example, keys rising.
///
/// # Panics
/// When there are not as many keys as examples.
pub fn breakdown<K: Ord + fmt::Display>(
    examples: &[Scored],
    keys: &[K],
    threshold: f64,
) -> Vec<Slice> {
    assert_eq!(examples.len(), keys.len(), "one key an example");
    gathered(examples, keys)
        .into_iter()
        .map(|(key, held)| Slice::of(key.to_string(), &held, examples, threshold))
        .collect()
}

fn gathered<'k, K: Ord>(examples: &[Scored], keys: &'k [K]) -> BTreeMap<&'k K, Vec<Scored>> {
    let mut members: BTreeMap<&K, Vec<Scored>> = BTreeMap::new();
    for (example, key) in examples.iter().zip(keys) {
        members.entry(key).or_default().push(*example);
    }
    members
}

/// How large a picture is by its shorter side in pixels, beside the 224 that the network of the paper
/// sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeBand {
    /// It is enlarged.
    Under224,
    From224,
    From448,
    Unknown,
}

impl SizeBand {
    pub fn of(width: u32, height: u32) -> Self {
        match width.min(height) {
            0..224 => Self::Under224,
            224..448 => Self::From224,
            448.. => Self::From448,
        }
    }
}

impl fmt::Display for SizeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Under224 => "under 224 px",
            Self::From224 => "224 to 447 px",
            Self::From448 => "448 px and more",
            Self::Unknown => "unknown size",
        })
    }
}

/// Where an example comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Examples of one group are no independent evidence: its paper.
    pub group: String,
    /// Preprint server, or the kind of collection.
    pub source: String,
    pub size: SizeBand,
}

/// All of it. Every field is absent from runs measured before it was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Of the run's metrics, at their threshold.
    pub intervals: Option<Intervals>,
    /// `None` where no threshold could be chosen.
    pub operating: Option<Operating>,
    pub calibration: Option<Calibration>,
    /// At the threshold of the run's metrics, as by size.
    pub by_source: Vec<Slice>,
    pub by_size: Vec<Slice>,
}

impl Details {
    /// # Panics
    /// When there are not as many origins as examples.
    pub fn of(
        examples: &[Scored],
        origins: &[Origin],
        threshold: f64,
        chosen: Option<Chosen>,
    ) -> Self {
        let groups: Vec<String> = origins.iter().map(|origin| origin.group.clone()).collect();
        let sources: Vec<&str> = origins.iter().map(|origin| origin.source.as_str()).collect();
        let sizes: Vec<SizeBand> = origins.iter().map(|origin| origin.size).collect();
        let operating = chosen.map(|chosen| Operating {
            chosen,
            metrics: Metrics::at(chosen.threshold, examples),
            intervals: Intervals::of(examples, &groups, chosen.threshold),
        });
        Self {
            intervals: Some(Intervals::of(examples, &groups, threshold)),
            operating,
            calibration: Calibration::of(examples),
            by_source: breakdown(examples, &sources, threshold),
            by_size: breakdown(examples, &sizes, threshold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(positive: bool, score: f64) -> Scored {
        Scored { positive, score }
    }

    fn groups(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        numbers.into_iter().map(|n| n.to_string()).collect()
    }

    /// 40 examples, three of four right at 0.5.
    fn examples() -> Vec<Scored> {
        (0..40)
            .map(|n| scored(n % 2 == 0, if (n % 8 < 6) == (n % 2 == 0) { 0.7 } else { 0.3 }))
            .collect()
    }

    #[test]
    fn an_interval_repeats_and_holds_the_metric() {
        let examples = examples();
        let own = groups(0..40);
        let intervals = Intervals::of(&examples, &own, 0.5);
        assert_eq!(intervals, Intervals::of(&examples, &own, 0.5));
        assert_eq!(intervals.groups, 40);
        let Interval { low, high } = intervals.accuracy.expect("an interval");
        // The standard error of a share of 3/4 of 40 is 0.068: give or take 0.134.
        assert!((low - 0.616).abs() < 0.05 && (high - 0.884).abs() < 0.05, "{low} {high}");
    }

    #[test]
    fn copies_of_an_image_tell_no_more_than_one() {
        let once = examples();
        let tenfold: Vec<Scored> = once.iter().flat_map(|e| [*e; 10]).collect();
        let by_paper = groups((0..400).map(|n| n / 10));
        let width = |interval: Option<Interval>| interval.map_or(0.0, |i| i.high - i.low);
        let clustered = width(Intervals::of(&tenfold, &by_paper, 0.5).accuracy);
        let as_if_alone = width(Intervals::of(&tenfold, &groups(0..400), 0.5).accuracy);
        let single = width(Intervals::of(&once, &groups(0..40), 0.5).accuracy);
        assert!((clustered - single).abs() < 0.05, "{clustered} {single}");
        assert!(clustered > 2.5 * as_if_alone, "{clustered} {as_if_alone}");
    }

    #[test]
    fn what_cannot_be_told_has_no_interval() {
        let one_group = Intervals::of(&examples(), &groups([0; 40]), 0.5);
        assert_eq!((one_group.groups, one_group.accuracy), (1, None));
        let one_class = [scored(true, 0.2), scored(true, 0.9)];
        let intervals = Intervals::of(&one_class, &groups(0..2), 0.5);
        assert_eq!((intervals.auroc, intervals.specificity), (None, None));
        assert!(intervals.recall.is_some() && intervals.auprc.is_some());
        assert_eq!(Intervals::of(&[], &[], 0.5).brier, None);
    }

    #[test]
    fn a_threshold_no_better_than_chance_is_not_chosen() {
        assert_eq!(Chosen::on(Split::Val, &[scored(true, 0.2), scored(false, 0.8)]), None);
        assert_eq!(Chosen::on(Split::Val, &[scored(true, 0.2)]), None);
        let chosen = Chosen::on(Split::Val, &[scored(true, 0.2), scored(false, 0.1)]);
        assert_eq!(chosen.map(|c| (c.threshold, c.youden)), Some((0.2, 1.0)));
    }

    #[test]
    fn a_breakdown_adds_up_in_order() {
        let examples = examples();
        let sizes: Vec<SizeBand> = (0..40).map(|n| SizeBand::of(n * 20, 1000)).collect();
        let slices = breakdown(&examples, &sizes, 0.5);
        let names: Vec<&str> = slices.iter().map(|slice| slice.name.as_str()).collect();
        assert_eq!(names, ["under 224 px", "224 to 447 px", "448 px and more"]);
        let held: u64 = slices.iter().map(|slice| slice.metrics.confusion.total()).sum();
        assert_eq!(held, 40);
    }

    #[test]
    fn a_slice_of_one_class_is_told_from_the_rest_of_the_other() {
        let examples = [(true, 0.9), (true, 0.3), (false, 0.5), (false, 0.1), (false, 0.2)]
            .map(|(positive, score)| scored(positive, score));
        let slices = breakdown(&examples, &["both", "covid", "both", "other", "other"], 0.5);
        let aurocs: Vec<_> =
            slices.iter().map(|s| (s.metrics.auroc, s.auroc_against_rest)).collect();
        assert_eq!(aurocs, [(Some(1.0), None), (None, Some(2.0 / 3.0)), (None, Some(1.0))]);
        let alone = breakdown(&examples[..2], &["covid", "covid"], 0.5);
        assert_eq!(alone[0].auroc_against_rest, None, "nothing to be told from");
    }
}
