//! The metrics against scikit-learn's. `golden.json` is what `tools/golden-metrics.py` prints with
//! scikit-learn 1.9.1: seeded vectors with ties, one with a single positive that scores lowest.

use covid_ct_core::Split;
use serde::Deserialize;

use super::{Calibration, Chosen, Metrics, Scored, average_precision, brier};

#[derive(Deserialize)]
struct Golden {
    scikit_learn: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    seed: u64,
    labels: Vec<u8>,
    scores: Vec<f64>,
    /// True negatives, false positives, false negatives, true positives.
    confusion: [u64; 4],
    accuracy: f64,
    precision: f64,
    recall: f64,
    specificity: f64,
    f1: f64,
    auroc: f64,
    auprc: f64,
    brier: f64,
    ece: f64,
    bins: Vec<u64>,
    threshold: Option<f64>,
    youden: f64,
}

impl Case {
    fn examples(&self) -> Vec<Scored> {
        let pairs = self.labels.iter().zip(&self.scores);
        pairs.map(|(&label, &score)| Scored { positive: label == 1, score }).collect()
    }
}

#[test]
fn the_metrics_are_those_of_scikit_learn() {
    let golden: Golden = serde_json::from_str(include_str!("golden.json")).expect("JSON");
    assert_eq!((golden.scikit_learn.as_str(), golden.cases.len()), ("1.9.1", 5));
    for case in golden.cases {
        let examples = case.examples();
        let m = Metrics::at(0.5, &examples);
        let c = m.confusion;
        let counts = [c.true_negative, c.false_positive, c.false_negative, c.true_positive];
        assert_eq!(counts, case.confusion, "seed {}", case.seed);
        let calibration = Calibration::of(&examples).expect("probabilities");
        for (name, ours, theirs) in [
            ("accuracy", m.accuracy, case.accuracy),
            ("precision", m.precision, case.precision),
            ("recall", m.recall, case.recall),
            ("specificity", m.specificity, case.specificity),
            ("f1", m.f1, case.f1),
            ("auroc", m.auroc, case.auroc),
            ("auprc", m.auprc, case.auprc),
            ("brier", m.brier, case.brier),
            ("ece", Some(calibration.ece), case.ece),
        ] {
            let ours = ours.expect("defined");
            assert!((ours - theirs).abs() < 1e-12, "seed {}: {name} {ours} {theirs}", case.seed);
        }
        let bins: Vec<u64> = calibration.bins.iter().map(|bin| bin.count).collect();
        assert_eq!(bins, case.bins, "seed {}", case.seed);
        let chosen = Chosen::on(Split::Val, &examples);
        assert_eq!(chosen.map(|chosen| chosen.threshold), case.threshold, "seed {}", case.seed);
        let youden = chosen.map_or(0.0, |chosen| chosen.youden);
        assert!((youden - case.youden).abs() < 1e-12, "seed {}", case.seed);
    }
}

#[test]
fn one_class_alone() {
    // scikit-learn 1.9.1: average_precision_score([1, 1], [.2, .7]) is 1.0, brier_score_loss([1, 1],
    // [.2, .7], labels=[0, 1]) 0.365; average_precision_score([0, 0], [.2, .7]) is 0.0 with a warning,
    // here undefined.
    let of = |positive| [0.2, 0.7].map(|score| Scored { positive, score });
    assert_eq!(average_precision(&of(true)), Some(1.0));
    assert!(brier(&of(true)).is_some_and(|value| (value - 0.365).abs() < 1e-12));
    assert_eq!(average_precision(&of(false)), None);
}
