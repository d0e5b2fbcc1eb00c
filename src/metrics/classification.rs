//! Metrics of a two-class classifier, from scores.
//!
//! What a sample cannot tell is `None` (JSON `null`), never NaN: precision where nothing was
//! predicted positive, AUROC where a class is missing. Definitions as in Fawcett, "An introduction
//! to ROC analysis", Pattern Recognition Letters 27 (2006).

use serde::{Deserialize, Serialize};

/// Scores from here up are predicted positive, unless the caller says otherwise.
pub const DEFAULT_THRESHOLD: f64 = 0.5;

/// One example: what it is, and how positive the classifier finds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    pub positive: bool,
    /// Larger is more positive. Only the order matters to [`auroc`] and [`roc_curve`].
    pub score: f64,
}

/// Counts of what was predicted against what is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub true_positive: u64,
    pub false_positive: u64,
    pub true_negative: u64,
    pub false_negative: u64,
}

impl Confusion {
    /// Counts with `score >= threshold` as the positive prediction.
    pub fn at(threshold: f64, examples: &[Scored]) -> Self {
        let mut counts = Self::default();
        for example in examples {
            let cell = match (example.score >= threshold, example.positive) {
                (true, true) => &mut counts.true_positive,
                (true, false) => &mut counts.false_positive,
                (false, false) => &mut counts.true_negative,
                (false, true) => &mut counts.false_negative,
            };
            *cell += 1;
        }
        counts
    }

    pub fn total(&self) -> u64 {
        self.true_positive + self.false_positive + self.true_negative + self.false_negative
    }

    /// Right predictions of all. `None` of nothing.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.true_positive + self.true_negative, self.total())
    }

    /// True positives of those predicted positive. `None` where none was.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Sensitivity: true positives of the positives. `None` where there are none.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positive, self.true_positive + self.false_negative)
    }

    /// True negatives of the negatives. `None` where there are none.
    pub fn specificity(&self) -> Option<f64> {
        ratio(self.true_negative, self.true_negative + self.false_positive)
    }

    /// Harmonic mean of precision and recall, as `2 TP / (2 TP + FP + FN)`, which is 0 rather than
    /// undefined where only one of the two is. `None` where neither is defined.
    pub fn f1(&self) -> Option<f64> {
        let twice = 2 * self.true_positive;
        ratio(twice, twice + self.false_positive + self.false_negative)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// All metrics of one set of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub threshold: f64,
    pub confusion: Confusion,
    pub accuracy: Option<f64>,
    pub precision: Option<f64>,
    /// Sensitivity.
    pub recall: Option<f64>,
    pub specificity: Option<f64>,
    pub f1: Option<f64>,
    /// From the scores, not from the predictions at the threshold.
    pub auroc: Option<f64>,
    /// [`average_precision`], from the scores. Absent from runs measured before it was there.
    #[serde(default)]
    pub auprc: Option<f64>,
    /// [`brier`], from the scores. Absent likewise.
    #[serde(default)]
    pub brier: Option<f64>,
}

impl Metrics {
    pub fn at(threshold: f64, examples: &[Scored]) -> Self {
        let confusion = Confusion::at(threshold, examples);
        Self {
            threshold,
            confusion,
            accuracy: confusion.accuracy(),
            precision: confusion.precision(),
            recall: confusion.recall(),
            specificity: confusion.specificity(),
            f1: confusion.f1(),
            auroc: auroc(examples),
            auprc: average_precision(examples),
            brier: brier(examples),
        }
    }
}

/// A point of the ROC curve: the rates with `score >= threshold` predicted positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// `None` at the curve's start, above every score.
    pub threshold: Option<f64>,
    pub false_positive_rate: f64,
    pub true_positive_rate: f64,
}

/// Examples of one score.
struct Tie {
    score: f64,
    positives: u64,
    negatives: u64,
}

/// Examples by score, highest first. `None` where a score is NaN, which has no place in the order.
fn ordered(examples: &[Scored]) -> Option<Vec<Tie>> {
    if examples.iter().any(|e| e.score.is_nan()) {
        return None;
    }
    let mut sorted: Vec<&Scored> = examples.iter().collect();
    sorted.sort_unstable_by(|a, b| b.score.partial_cmp(&a.score).expect("no NaN"));
    let ties = sorted
        .chunk_by(|a, b| a.score == b.score)
        .map(|tied| {
            let positives = tied.iter().filter(|e| e.positive).count() as u64;
            Tie { score: tied[0].score, positives, negatives: tied.len() as u64 - positives }
        })
        .collect();
    Some(ties)
}

/// As [`ordered`], with both classes' totals. `None` also where a class is missing.
fn ties(examples: &[Scored]) -> Option<(Vec<Tie>, u64, u64)> {
    let positives = examples.iter().filter(|e| e.positive).count() as u64;
    let negatives = examples.len() as u64 - positives;
    (positives > 0 && negatives > 0)
        .then(|| ordered(examples))?
        .map(|ties| (ties, positives, negatives))
}

/// Area under the ROC curve: the chance that a positive scores above a negative, ties counting half
/// (the Mann-Whitney statistic over the number of pairs). `None` where a class is missing or a score
/// is NaN.
pub fn auroc(examples: &[Scored]) -> Option<f64> {
    let (ties, positives, negatives) = ties(examples)?;
    // Twice the pairs won, so that half pairs stay whole numbers and the area is exact.
    let (mut twice_won, mut positives_above) = (0, 0);
    for tie in &ties {
        twice_won += tie.negatives * (2 * positives_above + tie.positives);
        positives_above += tie.positives;
    }
    ratio(twice_won, 2 * positives * negatives)
}

/// The curve from (0, 0) to (1, 1), one point a distinct score, thresholds falling. `None` where a
/// class is missing or a score is NaN.
pub fn roc_curve(examples: &[Scored]) -> Option<Vec<RocPoint>> {
    let (ties, positives, negatives) = ties(examples)?;
    let start = RocPoint { threshold: None, false_positive_rate: 0.0, true_positive_rate: 0.0 };
    let mut curve = vec![start];
    let (mut found, mut alarms) = (0, 0);
    for tie in &ties {
        found += tie.positives;
        alarms += tie.negatives;
        curve.push(RocPoint {
            threshold: Some(tie.score),
            false_positive_rate: alarms as f64 / negatives as f64,
            true_positive_rate: found as f64 / positives as f64,
        });
    }
    Some(curve)
}

/// A point of the precision-recall curve: with `score >= threshold` predicted positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrPoint {
    pub threshold: f64,
    pub recall: f64,
    pub precision: f64,
}

/// The precision-recall curve, one point a distinct score, thresholds falling. `None` where there is no
/// positive or a score is NaN.
pub fn pr_curve(examples: &[Scored]) -> Option<Vec<PrPoint>> {
    let positives = examples.iter().filter(|e| e.positive).count() as u64;
    let ties = (positives > 0).then(|| ordered(examples))??;
    let (mut found, mut said) = (0, 0);
    let points = ties.iter().map(|tie| {
        found += tie.positives;
        said += tie.positives + tie.negatives;
        let (recall, precision) = (found as f64 / positives as f64, found as f64 / said as f64);
        PrPoint { threshold: tie.score, recall, precision }
    });
    Some(points.collect())
}

/// Area under the precision-recall curve as average precision: the precision at each distinct score,
/// weighted by the recall gained there, without interpolation, as scikit-learn's
/// `average_precision_score` (Davis and Goadrich, "The relationship between Precision-Recall and ROC
/// curves", ICML 2006, on why not the trapezoids). A scorer that knows nothing gets the share of
/// positives. `None` where there is no positive, for which scikit-learn gives 0, or a score is NaN.
pub fn average_precision(examples: &[Scored]) -> Option<f64> {
    let positives = examples.iter().filter(|e| e.positive).count() as u64;
    let ties = (positives > 0).then(|| ordered(examples))??;
    let (mut found, mut said, mut area) = (0, 0, 0.0);
    for tie in &ties {
        found += tie.positives;
        said += tie.positives + tie.negatives;
        area += tie.positives as f64 / positives as f64 * (found as f64 / said as f64);
    }
    Some(area)
}

/// Mean squared distance of the score from 1 for a positive, from 0 for a negative: G. W. Brier,
/// "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78 (1950), in
/// the two-class form that lies between 0 and 1. `None` of nothing and of scores that are no
/// probabilities.
pub fn brier(examples: &[Scored]) -> Option<f64> {
    let probable = examples.iter().all(|e| (0.0..=1.0).contains(&e.score));
    (probable && !examples.is_empty()).then(|| {
        let squares = examples.iter().map(|e| (e.score - f64::from(u8::from(e.positive))).powi(2));
        squares.sum::<f64>() / examples.len() as f64
    })
}

/// Mean cross entropy in nats, from log-odds of the positive class rather than probabilities, whose
/// logarithm is lost where they round to 0 or 1. `None` of nothing.
pub fn log_loss(examples: impl IntoIterator<Item = (bool, f64)>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u64);
    for (positive, log_odds) in examples {
        let margin = if positive { log_odds } else { -log_odds };
        // ln(1 + e^-m) without overflow at large negative m.
        sum += (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scored(pairs: &[(u8, f64)]) -> Vec<Scored> {
        pairs.iter().map(|&(label, score)| Scored { positive: label == 1, score }).collect()
    }

    fn examples() -> impl Strategy<Value = Vec<Scored>> {
        // Few distinct scores, so that ties are common.
        let example = (any::<bool>(), -8_i32..8)
            .prop_map(|(positive, n)| Scored { positive, score: f64::from(n) / 4.0 });
        proptest::collection::vec(example, 0..60)
    }

    fn both_classes() -> impl Strategy<Value = Vec<Scored>> {
        examples().prop_map(|mut examples| {
            examples.extend(scored(&[(0, 0.0), (1, 0.25)]));
            examples
        })
    }

    #[test]
    fn textbook_case() {
        // scikit-learn's own documentation example of roc_auc_score.
        let examples = scored(&[(0, 0.1), (0, 0.4), (1, 0.35), (1, 0.8)]);
        let metrics = Metrics::at(0.5, &examples);
        assert_eq!(metrics.auroc, Some(0.75));
        assert_eq!(
            metrics.confusion,
            Confusion { true_positive: 1, false_positive: 0, true_negative: 2, false_negative: 1 }
        );
        assert_eq!(metrics.accuracy, Some(0.75));
        assert_eq!(metrics.precision, Some(1.0));
        assert_eq!(metrics.recall, Some(0.5));
        assert_eq!(metrics.specificity, Some(1.0));
        assert_eq!(metrics.f1, Some(2.0 / 3.0));
    }

    #[test]
    fn auroc_is_not_that_of_hard_labels() {
        let examples = scored(&[(0, 0.1), (0, 0.4), (1, 0.45), (1, 0.49)]);
        assert_eq!(auroc(&examples), Some(1.0));
        assert_eq!(Confusion::at(0.5, &examples).recall(), Some(0.0));
    }

    #[test]
    fn a_missing_class_is_undefined_not_nan() {
        let negatives = Metrics::at(0.5, &scored(&[(0, 0.2), (0, 0.3)]));
        assert_eq!(negatives.accuracy, Some(1.0));
        assert_eq!(negatives.specificity, Some(1.0));
        for undefined in [negatives.precision, negatives.recall, negatives.f1, negatives.auroc] {
            assert_eq!(undefined, None);
        }
        let json = serde_json::to_value(negatives).expect("JSON");
        assert!(json["auroc"].is_null(), "{json}");
        assert_eq!(Metrics::at(0.5, &[]).accuracy, None);
        assert_eq!(auroc(&scored(&[(0, f64::NAN), (1, 0.5)])), None);
        assert_eq!(log_loss([]), None);
    }

    #[test]
    fn a_score_at_the_threshold_is_positive() {
        assert_eq!(Confusion::at(0.5, &scored(&[(1, 0.5)])).true_positive, 1);
    }

    #[test]
    fn log_loss_holds_at_the_extremes() {
        let even = log_loss([(true, 0.0), (false, 0.0)]).expect("defined");
        assert!((even - std::f64::consts::LN_2).abs() < 1e-15);
        assert_eq!(log_loss([(true, 1000.0)]), Some(0.0));
        assert_eq!(log_loss([(false, 1000.0)]), Some(1000.0));
    }

    proptest! {
        #[test]
        fn auroc_counts_pairs(examples in both_classes()) {
            let (mut won, mut pairs) = (0.0, 0.0);
            for p in examples.iter().filter(|e| e.positive) {
                for n in examples.iter().filter(|e| !e.positive) {
                    pairs += 1.0;
                    won += if p.score > n.score { 1.0 } else if p.score == n.score { 0.5 } else { 0.0 };
                }
            }
            prop_assert_eq!(auroc(&examples), Some(won / pairs));
        }

        #[test]
        fn auroc_sees_only_the_order(examples in examples()) {
            let mapped: Vec<Scored> =
                examples.iter().map(|e| Scored { score: e.score.exp() * 3.0 - 1.0, ..*e }).collect();
            prop_assert_eq!(auroc(&examples), auroc(&mapped));
        }

        #[test]
        fn swapping_the_classes_mirrors_everything(examples in examples()) {
            let swapped: Vec<Scored> = examples
                .iter()
                .map(|e| Scored { positive: !e.positive, score: -e.score })
                .collect();
            prop_assert_eq!(auroc(&examples), auroc(&swapped));
            // Between the scores' grid points, so that no score lies on the threshold.
            let (a, b) = (Confusion::at(0.1, &examples), Confusion::at(-0.1, &swapped));
            prop_assert_eq!(a.recall(), b.specificity());
            prop_assert_eq!(a.specificity(), b.recall());
            prop_assert_eq!(a.accuracy(), b.accuracy());
        }

        #[test]
        fn the_curve_rises_and_encloses_the_area(examples in both_classes()) {
            let curve = roc_curve(&examples).expect("both classes");
            let area: f64 = curve
                .windows(2)
                .map(|w| {
                    let width = w[1].false_positive_rate - w[0].false_positive_rate;
                    width * (w[0].true_positive_rate + w[1].true_positive_rate) / 2.0
                })
                .sum();
            prop_assert!((area - auroc(&examples).expect("both classes")).abs() < 1e-12);
            for w in curve.windows(2) {
                prop_assert!(w[0].false_positive_rate <= w[1].false_positive_rate);
                prop_assert!(w[0].true_positive_rate <= w[1].true_positive_rate);
            }
            let last = curve.last().expect("points");
            prop_assert_eq!((last.false_positive_rate, last.true_positive_rate), (1.0, 1.0));
        }

        #[test]
        fn rates_lie_between_0_and_1(examples in examples(), threshold in -3.0..3.0) {
            let m = Metrics::at(threshold, &examples);
            prop_assert_eq!(m.confusion.total(), examples.len() as u64);
            for rate in [m.accuracy, m.precision, m.recall, m.specificity, m.f1, m.auroc] {
                prop_assert!(rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
            }
        }
    }
}
