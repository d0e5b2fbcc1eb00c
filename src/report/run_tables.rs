//! The tables of a run: its metrics with their intervals, of each class, source and size, and over a series.

use maud::{Markup, html};

use super::runs::Evaluation;
use super::words::{
    class_dot, count, interval_told, negative, positive, spread_told, threshold_told,
};
use crate::metrics::agreement::Interval;
use crate::metrics::{ClassMetrics, Confusion, Intervals, Metrics, Slice, three_decimals};
use crate::runs::{NAMED, Named, Over, SeriesMetrics, Spread, Spreads};

pub fn series_table(series: &SeriesMetrics) -> Markup {
    let cell = |spread: Option<Spread>| html! { td { (spread_told(spread)) } };
    let row = |name: &str, spread: fn(&Spreads) -> Option<Spread>| {
        html! {
            tr {
                th scope="row" { (name) }
                (cell(spread(&series.fixed)))
                @if let Some(operating) = &series.operating { (cell(spread(operating))) }
            }
        }
    };
    let member = series.over.member();
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { "Over " (count(series.members.len() as u64, member)) }
                th scope="col" { "threshold 0.500" }
                @if series.operating.is_some() { th scope="col" { "each run's own threshold" } }
            } }
            tbody {
                @for Named { name, spread, .. } in NAMED { (row(name, spread)) }
                (row("threshold", |spreads| spreads.threshold))
            }
            caption {
                "Mean ± standard deviation over " (member) "s (n − 1)."
                @if !series.missing.is_empty() { " Missing: " (series.missing.join(", ")) "." }
                @if let Some(ece) = series.ece { " Expected calibration error " (spread_told(Some(ece))) "." }
            }
        } }
    }
}

pub fn metrics_table(evaluation: &Evaluation) -> Markup {
    let measured = &evaluation.metrics;
    let details = &measured.details;
    let cells = |named: &Named, metrics: &Metrics, intervals: Option<&Intervals>| {
        let interval = intervals.and_then(named.interval);
        html! {
            td { (three_decimals((named.value)(metrics))) }
            td.quiet { @if let Some(interval) = interval { (interval_told(interval)) } }
        }
    };
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { @if evaluation.series.is_some() { "Ensemble" } @else { "Metric" } }
                th scope="colgroup" colspan="2" { "threshold " (format!("{:.3}", measured.metrics.threshold)) }
                @if let Some(operating) = &details.operating {
                    th scope="colgroup" colspan="2" {
                        (threshold_told(operating))
                    }
                }
            } }
            tbody { @for named in &NAMED { tr {
                th scope="row" { (named.name) }
                (cells(named, &measured.metrics, details.intervals.as_ref()))
                @if let Some(operating) = &details.operating {
                    (cells(named, &operating.metrics, Some(&operating.intervals)))
                }
            } } }
            caption { (table_words(evaluation)) }
        } }
    }
}

fn table_words(evaluation: &Evaluation) -> Markup {
    let measured = &evaluation.metrics;
    html! {
        (count(measured.counts.total(), "image")) " of " code { (measured.data) }
        @if measured.epoch > 0 { ", weights of epoch " (measured.epoch) }
        @if measured.flip { ", with test-time augmentation (mirrored)" }
        "."
        @if let Some(Intervals { groups, resamples, .. }) = measured.details.intervals {
            " In brackets: 95 % bootstrap intervals, " (resamples) " resamples of " (count(groups, "paper")) "."
        }
        @if evaluation.series.as_ref().is_some_and(|series| series.over == Over::Folds) {
            " Each fold has a threshold of its own."
        } @else if measured.details.operating.is_none() {
            " No threshold was chosen: the validation split is missing or lacks a class, or no threshold is better than chance."
        }
    }
}

/// `which` is the threshold that the counts are of.
pub fn confusion_matrix(metrics: &Metrics, which: &str) -> Markup {
    let Confusion { true_positive, false_positive, true_negative, false_negative } =
        metrics.confusion;
    html! {
        div.wide { table.matrix {
            thead { tr {
                td {} th scope="col" { "Predicted " (positive()) } th scope="col" { "Predicted " (negative()) }
            } }
            tbody {
                tr {
                    th scope="row" { "True " (positive()) }
                    td.right { (true_positive) } td.wrong { (false_negative) }
                }
                tr {
                    th scope="row" { "True " (negative()) }
                    td.wrong { (false_positive) } td.right { (true_negative) }
                }
            }
            caption { "Confusion matrix, " (which) }
        } }
    }
}

/// All classes together, each against the rest, and what was taken for what.
pub fn classes_table(of: &ClassMetrics) -> Markup {
    let cell = |metric: Option<f64>, interval: Option<Interval>| {
        let interval = interval.map(|of| format!(" {}", interval_told(of)));
        three_decimals(metric) + &interval.unwrap_or_default()
    };
    let all = [
        ("Accuracy", of.accuracy, of.intervals.accuracy),
        ("Balanced accuracy", of.balanced_accuracy, None),
        ("Macro F1", of.macro_f1, of.intervals.macro_f1),
        ("Macro AUROC", of.macro_auroc, of.intervals.macro_auroc),
        ("Macro AUPRC", of.macro_auprc, of.intervals.macro_auprc),
    ];
    let names = || of.each.iter().map(|of| of.class.class().title.as_str());
    html! {
        div.wide { table {
            tbody { @for (name, metric, interval) in all {
                tr { th scope="row" { (name) } td { (cell(metric, interval)) } }
            } }
            caption { "Means are over the classes that the split has. In brackets 95 % intervals by paper." }
        } }
        div.wide { table {
            thead { tr {
                th scope="col" { "Class" } th scope="col" { "Images" } th scope="col" { "Precision" }
                th scope="col" { "Recall" } th scope="col" { "F1" } th scope="col" { "AUROC" }
                th scope="col" { "AUPRC" } th scope="col" { "Threshold" }
            } }
            tbody { @for class in &of.each { tr {
                th scope="row" { (class_dot(class.class)) (class.class.class().title) }
                td { (class.images) } td { (three_decimals(class.precision)) }
                td { (three_decimals(class.recall)) } td { (three_decimals(class.f1)) }
                td { (cell(class.auroc, class.auroc_interval)) } td { (cell(class.auprc, class.auprc_interval)) }
                td { (three_decimals(class.chosen.map(|chosen| chosen.threshold))) }
            } } }
            caption { "Each class against the rest; the likeliest class is predicted. The last column is the threshold that separates the class best from the rest (chosen on validation)." }
        } }
        div.wide { table.matrix {
            thead { tr { td {} @for name in names() { th scope="col" { "Predicted " (name) } } } }
            tbody { @for (at, (name, row)) in names().zip(&of.confusion).enumerate() { tr {
                th scope="row" { "True " (name) }
                @for (said, count) in row.iter().enumerate() {
                    @if said == at { td.right { (count) } } @else { td.wrong { (count) } }
                }
            } } }
            caption { "Confusion matrix: true classes in rows, predicted classes in columns." }
        } }
    }
}

pub fn breakdown(by: &str, slices: &[Slice]) -> Markup {
    html! {
        // One slice is the whole again.
        @if slices.len() > 1 {
            div.wide { table {
                thead { tr {
                    th scope="col" { (by) } th scope="col" { (positive()) } th scope="col" { "Other" }
                    th scope="col" { "Accuracy" } th scope="col" { "Sensitivity" }
                    th scope="col" { "Specificity" } th scope="col" { "AUROC" }
                } }
                tbody { @for Slice { name, metrics, auroc_against_rest } in slices {
                    @let counts = &metrics.confusion;
                    @let positives = counts.true_positive + counts.false_negative;
                    tr {
                        th scope="row" { (name) }
                        td { (positives) } td { (counts.total() - positives) }
                        @for value in [metrics.accuracy, metrics.recall, metrics.specificity] {
                            td { (three_decimals(value)) }
                        }
                        td {
                            (three_decimals(metrics.auroc.or(*auroc_against_rest)))
                            @if auroc_against_rest.is_some() { "\u{202f}*" }
                        }
                    }
                } }
            } }
            @if slices.iter().any(|slice| slice.auroc_against_rest.is_some()) {
                p.quiet { "* Pictures of one class only: AUROC against all pictures of the other class." }
            }
        }
    }
}
