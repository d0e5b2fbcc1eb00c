//! What the metrics of the runs of a series, or of the folds of a cross-validation, have in common.

use covid_ct_core::{Split, string_enum};
use serde::{Deserialize, Serialize};

use super::RunMetrics;
use crate::folds::fold_of;
use crate::metrics::agreement::Interval;
use crate::metrics::{Intervals, Metrics};

/// Mean and spread of a metric over runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub mean: f64,
    /// Standard deviation over `n - 1`; `None` of one run.
    pub sd: Option<f64>,
    /// Runs for which the metric is defined.
    pub n: u64,
}

impl Spread {
    /// `None` where it is defined for no run.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().flatten().collect();
        let n = values.len();
        let mean = (n > 0).then(|| values.iter().sum::<f64>() / n as f64)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self { mean, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n: n as u64 })
    }
}

/// [`Spread`]s of the metrics at one threshold, or at each run's own; `None` where undefined for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spreads {
    pub threshold: Option<Spread>,
    pub accuracy: Option<Spread>,
    pub precision: Option<Spread>,
    pub recall: Option<Spread>,
    pub specificity: Option<Spread>,
    pub f1: Option<Spread>,
    pub auroc: Option<Spread>,
    pub auprc: Option<Spread>,
    pub brier: Option<Spread>,
}

impl Spreads {
    /// Field by field what `over` makes of the two ways to read it: off a run's metrics, and off spreads.
    fn each(
        over: impl Fn(fn(&Metrics) -> Option<f64>, fn(&Self) -> Option<Spread>) -> Option<Spread>,
    ) -> Self {
        Self {
            threshold: over(|m| Some(m.threshold), |s| s.threshold),
            accuracy: over(|m| m.accuracy, |s| s.accuracy),
            precision: over(|m| m.precision, |s| s.precision),
            recall: over(|m| m.recall, |s| s.recall),
            specificity: over(|m| m.specificity, |s| s.specificity),
            f1: over(|m| m.f1, |s| s.f1),
            auroc: over(|m| m.auroc, |s| s.auroc),
            auprc: over(|m| m.auprc, |s| s.auprc),
            brier: over(|m| m.brier, |s| s.brier),
        }
    }

    fn of(runs: &[&Metrics]) -> Self {
        Self::each(|metric, _| Spread::of(runs.iter().map(|metrics| metric(metrics))))
    }

    /// Of the means of each.
    fn of_means(all: &[&Self]) -> Self {
        Self::each(|_, spread| {
            Spread::of(all.iter().map(|spreads| spread(spreads).map(|spread| spread.mean)))
        })
    }
}

string_enum! {
    /// What the members of a series differ in.
    pub enum Over {
        /// The seed alone: runs, all measured on the same pictures.
        Seeds = "seeds",
        /// The groups that were left out: folds, each measured on those.
        Folds = "folds",
    }
}

impl Over {
    /// One of the members.
    pub fn member(self) -> &'static str {
        match self {
            Self::Seeds => "run",
            Self::Folds => "fold",
        }
    }
}

/// `series.json`: what the runs of a series have in common, or the folds of a cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesMetrics {
    /// Version of the program that measured.
    pub covid_ct: String,
    pub series: String,
    /// Absent where it was measured before there were folds.
    #[serde(default = "seeds")]
    pub over: Over,
    /// As in [`super::RunConfig::data`]; of folds with `*` for their numbers.
    pub data: String,
    pub part: Split,
    /// Whether log-odds are the mean of those of each picture and of its mirror image.
    pub flip: bool,
    /// Names of the runs measured, by seed, or of the folds.
    pub members: Vec<String>,
    /// As in [`super::Members::missing`] or [`super::Folds::missing`].
    pub missing: Vec<String>,
    /// Of folds, over their means. At the threshold that is the same for all.
    pub fixed: Spreads,
    /// At the threshold that each run chose on validation, over the runs that have one.
    pub operating: Option<Spreads>,
    /// Expected calibration error.
    pub ece: Option<Spread>,
}

impl SeriesMetrics {
    /// Of the runs' metrics on one part, in the order of the members.
    pub fn of(series: &str, missing: &[String], flip: bool, runs: &[RunMetrics]) -> Option<Self> {
        let first = runs.first()?;
        let fixed: Vec<&Metrics> = runs.iter().map(|run| &run.metrics).collect();
        let operating: Vec<&Metrics> =
            runs.iter().filter_map(|run| Some(&run.details.operating.as_ref()?.metrics)).collect();
        let ece = |run: &RunMetrics| Some(run.details.calibration.as_ref()?.ece);
        Some(Self {
            covid_ct: first.covid_ct.clone(),
            series: series.into(),
            over: Over::Seeds,
            data: first.data.clone(),
            part: first.part,
            flip,
            members: runs.iter().map(|run| run.run.clone()).collect(),
            missing: missing.to_vec(),
            fixed: Spreads::of(&fixed),
            operating: (!operating.is_empty()).then(|| Spreads::of(&operating)),
            ece: Spread::of(runs.iter().map(ece)),
        })
    }

    /// Of folds, each with the mean over its runs, in their order.
    pub fn of_folds(name: &str, missing: &[String], folds: &[Self]) -> Option<Self> {
        let first = folds.first()?;
        let fixed: Vec<&Spreads> = folds.iter().map(|fold| &fold.fixed).collect();
        let operating: Vec<&Spreads> =
            folds.iter().filter_map(|fold| fold.operating.as_ref()).collect();
        let data = match fold_of(&first.data) {
            Some((stem, _)) => format!("{stem}-fold*"),
            None => first.data.clone(),
        };
        Some(Self {
            covid_ct: first.covid_ct.clone(),
            series: name.into(),
            over: Over::Folds,
            data,
            part: first.part,
            flip: first.flip,
            members: folds.iter().map(|fold| fold.series.clone()).collect(),
            missing: missing.to_vec(),
            fixed: Spreads::of_means(&fixed),
            operating: (!operating.is_empty()).then(|| Spreads::of_means(&operating)),
            ece: Spread::of(folds.iter().map(|fold| fold.ece.map(|ece| ece.mean))),
        })
    }
}

fn seeds() -> Over {
    Over::Seeds
}

/// How a metric is called, and how it is read off whatever holds it.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub name: &'static str,
    pub value: fn(&Metrics) -> Option<f64>,
    pub interval: fn(&Intervals) -> Option<Interval>,
    pub spread: fn(&Spreads) -> Option<Spread>,
}

/// All of [`Metrics`] but the counts, in the order in which they are told.
pub const NAMED: [Named; 8] = [
    Named {
        name: "accuracy",
        value: |m| m.accuracy,
        interval: |i| i.accuracy,
        spread: |s| s.accuracy,
    },
    Named {
        name: "precision",
        value: |m| m.precision,
        interval: |i| i.precision,
        spread: |s| s.precision,
    },
    Named { name: "recall", value: |m| m.recall, interval: |i| i.recall, spread: |s| s.recall },
    Named {
        name: "specificity",
        value: |m| m.specificity,
        interval: |i| i.specificity,
        spread: |s| s.specificity,
    },
    Named { name: "F1", value: |m| m.f1, interval: |i| i.f1, spread: |s| s.f1 },
    Named { name: "AUROC", value: |m| m.auroc, interval: |i| i.auroc, spread: |s| s.auroc },
    Named { name: "AUPRC", value: |m| m.auprc, interval: |i| i.auprc, spread: |s| s.auprc },
    Named { name: "Brier score", value: |m| m.brier, interval: |i| i.brier, spread: |s| s.brier },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        // statistics.stdev([0.7, 0.8, 0.9]) of Python is 0.1.
        let spread = Spread::of([Some(0.7), None, Some(0.8), Some(0.9)]).expect("defined");
        assert!((spread.mean - 0.8).abs() < 1e-12 && spread.n == 3);
        assert!((spread.sd.expect("of three") - 0.1).abs() < 1e-12);
        assert_eq!(Spread::of([Some(0.5)]), Some(Spread { mean: 0.5, sd: None, n: 1 }));
        assert_eq!(Spread::of([None]), None);
    }

    #[test]
    fn folds_are_told_by_the_means_of_their_runs() {
        let fold = |name: &str, aurocs: &[f64]| SeriesMetrics {
            covid_ct: "0.1.0".into(),
            series: name.into(),
            over: Over::Seeds,
            data: format!("data/export/{name}"),
            part: Split::Test,
            flip: false,
            members: Vec::new(),
            missing: Vec::new(),
            fixed: Spreads {
                auroc: Spread::of(aurocs.iter().copied().map(Some)),
                ..Spreads::default()
            },
            operating: None,
            ece: None,
        };
        let folds = [fold("a-fold1", &[0.7, 0.9]), fold("a-fold2", &[0.6])];
        let told = SeriesMetrics::of_folds("a", &[], &folds).expect("two folds");
        let auroc = told.fixed.auroc.expect("defined");
        assert!((auroc.mean - 0.7).abs() < 1e-12 && auroc.n == 2, "{auroc:?}");
        assert_eq!((told.over, told.data.as_str()), (Over::Folds, "data/export/a-fold*"));
        assert_eq!(told.members, ["a-fold1", "a-fold2"]);
        assert_eq!(SeriesMetrics::of_folds("a", &[], &[]), None);
    }
}
