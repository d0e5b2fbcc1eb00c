//! What a run comes to on a split, and on external datasets beside it, as `metrics.json` has it.

use covid_ct_core::{ClassCounts, Split};
use serde::{Deserialize, Serialize};

use super::leaks::Leaks;
use crate::metrics::agreement::Interval;
use crate::metrics::{Chosen, ClassMetrics, Details, Metrics, Scored};

/// `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunMetrics {
    /// Version of the program that measured.
    pub covid_ct: String,
    pub run: String,
    /// As in [`super::RunConfig::data`].
    pub data: String,
    pub part: Split,
    pub counts: ClassCounts,
    /// The epoch the weights are from; 0 of several runs together.
    pub epoch: u32,
    /// Whether log-odds are the mean of those of each picture and of its mirror image.
    #[serde(default)]
    pub flip: bool,
    /// Mean cross entropy in nats.
    pub loss: Option<f64>,
    /// Of the positive class.
    #[serde(flatten)]
    pub metrics: Metrics,
    #[serde(flatten)]
    pub details: Details,
    /// Of more than two classes: each against the rest, and all together. Everything else here is of the positive class
    /// against the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<ClassMetrics>,
    /// What of the part was in what the run learned from; `None` where nobody looked, as older versions did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
    /// What it comes to on datasets from elsewhere (`evaluate --external`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<External>,
}

/// What a run comes to on one dataset that it has not learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct External {
    /// The dataset, as runs record it.
    pub data: String,
    pub counts: ClassCounts,
    pub auroc: Option<f64>,
    /// By source, where the dataset tells sources; else by picture, and then too narrow.
    pub auroc_interval: Option<Interval>,
    /// At the threshold that was chosen on the run's own validation split.
    #[serde(default)]
    pub carried: Option<Metrics>,
    /// At the threshold that is best on this dataset itself: more than can be expected of new pictures.
    #[serde(default)]
    pub rechosen: Option<Metrics>,
    /// Expected calibration error.
    pub ece: Option<f64>,
    /// How far scores are from those on the run's own dataset.
    pub shift: Shift,
    /// Pictures that show what the run learned from.
    #[serde(default)]
    pub leaked: u64,
}

/// Mean scores, P(positive class), of the positive class and of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    pub own_positive: Option<f64>,
    pub own_rest: Option<f64>,
    pub positive: Option<f64>,
    pub rest: Option<f64>,
}

impl External {
    /// `here` is what was measured on the dataset, of `scored`; `own` are the scores on the run's own part.
    pub fn of(here: &RunMetrics, scored: &[Scored], own: &[Scored]) -> Self {
        let details = &here.details;
        let rechosen = Chosen::on(Split::Test, scored);
        let at = |chosen: Chosen| Metrics::at(chosen.threshold, scored);
        Self {
            data: here.data.clone(),
            counts: here.counts.clone(),
            auroc: here.metrics.auroc,
            auroc_interval: details.intervals.and_then(|intervals| intervals.auroc),
            carried: details.operating.as_ref().map(|operating| operating.metrics),
            rechosen: rechosen.map(at),
            ece: details.calibration.as_ref().map(|calibration| calibration.ece),
            shift: Shift::of(own, scored),
            leaked: here.leaks.as_ref().map_or(0, |leaks| leaks.images),
        }
    }
}

impl Shift {
    fn of(own: &[Scored], here: &[Scored]) -> Self {
        Self {
            own_positive: mean(own, true),
            own_rest: mean(own, false),
            positive: mean(here, true),
            rest: mean(here, false),
        }
    }
}

/// Of the scores of one class; `None` where there is none of it.
fn mean(scored: &[Scored], positive: bool) -> Option<f64> {
    let scores: Vec<f64> =
        scored.iter().filter(|one| one.positive == positive).map(|one| one.score).collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_is_the_mean_of_each_class_here_and_at_home() {
        let scored = |list: &[(bool, f64)]| -> Vec<Scored> {
            list.iter().map(|&(positive, score)| Scored { positive, score }).collect()
        };
        let own = scored(&[(true, 0.9), (true, 0.7), (false, 0.1)]);
        let here = scored(&[(true, 0.5), (false, 0.4), (false, 0.6)]);
        let shift = Shift::of(&own, &here);
        let close =
            |value: Option<f64>, expected: f64| (value.expect("mean") - expected).abs() < 1e-12;
        assert!(close(shift.own_positive, 0.8) && close(shift.own_rest, 0.1));
        assert!(close(shift.positive, 0.5) && close(shift.rest, 0.5));
        assert_eq!(Shift::of(&[], &here).own_positive, None);
    }
}
