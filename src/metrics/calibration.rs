//! Whether scores can be taken for probabilities.

use serde::{Deserialize, Serialize};

use super::Scored;

/// Bins of equal width from 0 to 1. Ten, not the fifteen of Guo et al.: a test split of COVID-CT holds
/// 203 images, and a bin needs some to tell anything.
pub const BINS: usize = 10;

/// The examples whose scores lie in one bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Scores above `low`, or from it in the first bin, up to and with `high`, as scikit-learn's
    /// `calibration_curve` bins them.
    pub low: f64,
    pub high: f64,
    pub count: u64,
    /// `None` of an empty bin, as is the share.
    pub mean_score: Option<f64>,
    /// Share of the positives in the bin.
    pub positive: Option<f64>,
}

/// A reliability diagram and its summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Expected calibration error: the distance between mean score and share of positives, averaged over
    /// the bins by the examples in them (Guo et al., "On Calibration of Modern Neural Networks", ICML
    /// 2017), here of the positive class's score.
    pub ece: f64,
    /// [`BINS`] of them, scores rising.
    pub bins: Vec<ReliabilityBin>,
}

impl Calibration {
    /// `None` of nothing and of scores that are no probabilities.
    pub fn of(examples: &[Scored]) -> Option<Self> {
        if examples.is_empty() || examples.iter().any(|e| !(0.0..=1.0).contains(&e.score)) {
            return None;
        }
        let mut held = vec![Vec::new(); BINS];
        for example in examples {
            let bin = (1..BINS).find(|&n| example.score <= edge(n)).unwrap_or(BINS);
            held[bin - 1].push(*example);
        }
        let bins: Vec<ReliabilityBin> =
            held.iter().enumerate().map(|(n, held)| ReliabilityBin::of(n, held)).collect();
        let gaps = bins
            .iter()
            .filter_map(|bin| Some((bin.mean_score? - bin.positive?).abs() * bin.count as f64));
        Some(Self { ece: gaps.sum::<f64>() / examples.len() as f64, bins })
    }
}

impl ReliabilityBin {
    fn of(number: usize, held: &[Scored]) -> Self {
        let mean = |sum: f64| (!held.is_empty()).then(|| sum / held.len() as f64);
        Self {
            low: edge(number),
            high: edge(number + 1),
            count: held.len() as u64,
            mean_score: mean(held.iter().map(|e| e.score).sum()),
            positive: mean(held.iter().filter(|e| e.positive).count() as f64),
        }
    }
}

/// Computed as numpy's `linspace` does, so that scores on an edge fall where they do there.
fn edge(number: usize) -> f64 {
    if number == BINS { 1.0 } else { number as f64 * (1.0 / BINS as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_probability_has_no_calibration() {
        let of = |score| Calibration::of(&[Scored { positive: true, score }]);
        assert_eq!(of(1.5), None);
        assert_eq!(of(f64::NAN), None);
        assert_eq!(Calibration::of(&[]), None);
        assert_eq!(of(1.0).map(|c| (c.ece, c.bins[BINS - 1].count)), Some((0.0, 1)));
        assert_eq!(of(0.0).map(|c| (c.ece, c.bins[0].count)), Some((1.0, 1)));
    }

    proptest! {
        #[test]
        fn bins_hold_everything(scores in proptest::collection::vec((any::<bool>(), 0.0..=1.0), 1..50)) {
            let examples: Vec<Scored> =
                scores.into_iter().map(|(positive, score)| Scored { positive, score }).collect();
            let calibration = Calibration::of(&examples).expect("probabilities");
            prop_assert_eq!(calibration.bins.len(), BINS);
            let held: u64 = calibration.bins.iter().map(|bin| bin.count).sum();
            prop_assert_eq!(held, examples.len() as u64);
            prop_assert!((0.0..=1.0).contains(&calibration.ece));
            for bin in calibration.bins {
                prop_assert!(bin.mean_score.is_none_or(|mean| bin.low <= mean && mean <= bin.high + 1e-12));
            }
        }
    }
}
