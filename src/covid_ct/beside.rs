//! The runs beside the baseline that the COVID-CT paper states, and why the two do not compare.

use maud::{Markup, html};

use crate::metrics::Intervals;

use crate::report::runs::{Evaluation, RunSummary};
use crate::runs::{NAMED, Named};

/// Table 2 of Zhao et al., "COVID-CT-Dataset: a CT scan dataset about COVID-19", arXiv 2003.13865, version 1, in
/// per cent, by the names of [`NAMED`].
const STATED: [(&str, f64); 5] =
    [("accuracy", 84.7), ("precision", 97.0), ("recall", 76.2), ("F1", 85.3), ("AUROC", 82.4)];

/// The fewest images of each class, and predictions, that give the first four of [`STATED`]: found by trying
/// all counts; larger ones are about multiples of them.
const FITTING: Fitting = Fitting { covid: 42, non_covid: 30, found: 32, false_alarms: 1 };

struct Fitting {
    covid: u32,
    non_covid: u32,
    /// COVID images called so.
    found: u32,
    /// Non-COVID images called COVID.
    false_alarms: u32,
}

impl Fitting {
    /// Area under the ROC curve of one threshold, which hard labels are: the mean of sensitivity and
    /// specificity.
    fn hard_auroc(&self) -> f64 {
        let sensitivity = f64::from(self.found) / f64::from(self.covid);
        let specificity = 1.0 - f64::from(self.false_alarms) / f64::from(self.non_covid);
        f64::midpoint(sensitivity, specificity)
    }
}

pub fn beside_the_paper(runs: &[RunSummary]) -> Markup {
    let measured: Vec<(&str, &Evaluation)> =
        runs.iter().filter_map(|run| Some((run.name.as_str(), run.test()?))).collect();
    html! {
        @if !measured.is_empty() {
            h3 { "Comparison with the COVID-CT paper" }
            div.wide { table {
                thead { tr {
                    th scope="col" { "On test, in %" } th scope="col" { "As published" }
                    @for (name, _) in &measured { th scope="col" { (name) } }
                } }
                tbody { @for named in NAMED.iter().filter(|named| named.name != "Brier score") {
                    tr {
                        th scope="row" { (named.name) }
                        td { (stated(named.name)) }
                        @for (_, evaluation) in &measured { td { (ours(named, evaluation)) } }
                    }
                } }
                caption {
                    "Predicted COVID: score of at least 0.5. In brackets: 95 % bootstrap intervals by paper; of a series: mean \
                     ± standard deviation over its runs."
                }
            } }
            (why())
        }
    }
}

fn stated(name: &str) -> String {
    let value = STATED.iter().find(|(stated, _)| *stated == name);
    value.map_or("–".into(), |(_, value)| format!("{value:.1}"))
}

fn ours(named: &Named, evaluation: &Evaluation) -> String {
    if let Some(spread) = evaluation.series.as_ref().and_then(|s| (named.spread)(&s.fixed)) {
        let sd = spread.sd.map_or(String::new(), |sd| format!(" ± {:.1}", 100.0 * sd));
        return format!("{:.1}{sd}", 100.0 * spread.mean);
    }
    let Some(value) = (named.value)(&evaluation.metrics.metrics) else { return "–".into() };
    let interval = |intervals: &Intervals| (named.interval)(intervals);
    match evaluation.metrics.details.intervals.as_ref().and_then(interval) {
        Some(interval) => {
            format!(
                "{:.1} [{:.1}, {:.1}]",
                100.0 * value,
                100.0 * interval.low,
                100.0 * interval.high
            )
        }
        None => format!("{:.1}", 100.0 * value),
    }
}

fn why() -> Markup {
    let Fitting { covid, non_covid, found, false_alarms } = FITTING;
    html! {
        p { "The columns cannot be compared directly, and a lower number of ours is not necessarily worse:" }
        ul {
            li {
                strong { "Few images. " } "The published accuracy, precision, recall and F1 agree with no fewer \
                 than " (covid) " COVID and " (non_covid) " other images, " (found) " of them found and "
                (false_alarms) " false alarm, or with about a multiple of them. A 95 % interval of an accuracy \
                 measured on " (covid + non_covid) " images is some 16 points wide, even if each were of another \
                 patient."
            }
            li {
                strong { "Other images. " } "No split of the published lists has those counts (98 and 105 images \
                 in test, 60 and 58 in validation), so it is not known which images they are of. Where images are split \
                 one by one, slices of one patient are on both sides, and a network that recognises the patient seems \
                 to recognise the disease; the control ‘images split at random’ measures how much that is \
                 worth."
            }
            li {
                strong { "AUROC computed otherwise. " } "Hard labels with those counts have an area of "
                (format!("{:.1}", 100.0 * FITTING.hard_auroc())) ", not 82.4: the two were not computed of the \
                 same predictions, or the scores rank images worse than the labels do. Ours is computed from \
                 scores, and so comes out apart from the threshold."
            }
            li {
                strong { "Chosen on validation. " } "The threshold and, unless the last epoch is kept, the epoch of our weights \
                 are chosen on validation. The test split is not used for it."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Confusion;

    fn confusion(fitting: &Fitting) -> Confusion {
        Confusion {
            true_positive: fitting.found.into(),
            false_negative: (fitting.covid - fitting.found).into(),
            false_positive: fitting.false_alarms.into(),
            true_negative: (fitting.non_covid - fitting.false_alarms).into(),
        }
    }

    fn fits(counts: &Confusion) -> bool {
        let told = [counts.accuracy(), counts.precision(), counts.recall(), counts.f1()];
        let is = |(value, (_, stated)): (Option<f64>, &(_, f64))| {
            value.is_some_and(|value| (100.0 * value - stated).abs() <= 0.05)
        };
        told.into_iter().zip(&STATED).all(is)
    }

    #[test]
    fn no_fewer_images_give_what_is_stated() {
        assert!(fits(&confusion(&FITTING)));
        let images = FITTING.covid + FITTING.non_covid;
        for covid in 1..images {
            for non_covid in 1..images.saturating_sub(covid) {
                for found in 1..=covid {
                    for false_alarms in 0..=non_covid {
                        let counts = confusion(&Fitting { covid, non_covid, found, false_alarms });
                        assert!(!fits(&counts), "{counts:?}");
                    }
                }
            }
        }
        assert_eq!(format!("{:.1}", 100.0 * FITTING.hard_auroc()), "86.4");
    }
}
