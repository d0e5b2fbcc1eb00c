//! The charts of a run: its training, its curves, its calibration.

use covid_ct_core::Symbol;

use super::charts::{Axis, Chart, Mark, Series};
use super::runs::{Evaluation, Made, RunSummary};
use super::words::positive;
use crate::metrics::{Band, Confusion, three_decimals};
use crate::runs::{HistoryRow, Keep, Over, RunMetrics};

fn by_epoch(history: &[HistoryRow], value: fn(&HistoryRow) -> f64) -> Vec<(f64, f64)> {
    history.iter().map(|row| (f64::from(row.epoch), value(row))).collect()
}

fn epochs(history: &[HistoryRow]) -> Axis {
    Axis::counting(history.last().map_or(1, |row| row.epoch))
}

pub fn loss_chart(name: &str, history: &[HistoryRow]) -> Chart {
    let train = by_epoch(history, |row| row.train_loss);
    let val = by_epoch(history, |row| row.val_loss);
    let y = Axis::over(train.iter().chain(&val).map(|point| point.1).chain([0.0]));
    let title = format!("Cross entropy by epoch of run {name}");
    let mut chart = Chart::new(title, ("epoch", epochs(history)), ("Cross entropy, nats", y));
    chart.series = vec![
        Series { name: "train", points: train, dots: true, ..Series::default() },
        Series { name: "validation", points: val, dots: true, ..Series::default() },
    ];
    chart
}

pub fn loss_words(made: &Made) -> String {
    let kept = match made.config.recipe.keep {
        Keep::Best => "of the epoch with the highest validation AUROC",
        Keep::Last => "of the last epoch",
    };
    format!("Lower is better; the weights kept are those {kept}.")
}

pub fn validation_chart(name: &str, history: &[HistoryRow]) -> Chart {
    let title = format!("Validation AUROC and accuracy by epoch of run {name}");
    let mut chart = Chart::new(title, ("epoch", epochs(history)), ("Validation", Axis::unit()));
    let line = |name, value| Series {
        name,
        points: by_epoch(history, value),
        dots: true,
        ..Series::default()
    };
    chart.series =
        vec![line("AUROC", |row| row.val_auroc), line("accuracy", |row| row.val_accuracy)];
    chart
}

pub fn members_chart(series: &RunSummary) -> Chart {
    let histories: Vec<&[HistoryRow]> = series
        .trained()
        .into_iter()
        .filter_map(|member| Some(member.made.as_ref()?.history.as_slice()))
        .collect();
    let longest = histories.iter().copied().max_by_key(|history| history.len()).unwrap_or_default();
    let title = format!("Validation AUROC by epoch of the runs of {}", series.name);
    let mut chart = Chart::new(title, ("epoch", epochs(longest)), ("Val. AUROC", Axis::unit()));
    chart.thin = histories.iter().map(|history| by_epoch(history, |row| row.val_auroc)).collect();
    chart
}

fn shade(band: &[Band]) -> Vec<(f64, f64, f64)> {
    band.iter().map(|band| (band.x, band.low, band.high)).collect()
}

/// Where the thresholds stand on a curve.
fn marks(evaluation: &Evaluation, at: fn(&Confusion) -> Option<(f64, f64)>) -> Vec<Mark> {
    let measured = &evaluation.metrics;
    let operating = measured.details.operating.iter().map(|operating| &operating.metrics);
    [&measured.metrics]
        .into_iter()
        .chain(operating)
        .filter_map(|metrics| {
            let name = format!("threshold {:.3}", metrics.threshold);
            Some(Mark { name, at: at(&metrics.confusion)? })
        })
        .collect()
}

pub fn roc_chart(run: &RunSummary, evaluation: &Evaluation) -> Option<Chart> {
    let curve = evaluation.curves.roc.as_ref()?;
    let part = evaluation.metrics.part;
    let title = format!(
        "ROC curve of {} on {part}: AUROC {}",
        run.name,
        three_decimals(evaluation.metrics.metrics.auroc)
    );
    let points = curve.iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect();
    let mut chart =
        Chart::new(title, ("1 − specificity", Axis::unit()), ("Sensitivity", Axis::unit()));
    chart.series = vec![Series {
        name: part.as_str(),
        points,
        band: shade(&evaluation.curves.roc_band),
        dots: false,
    }];
    chart.diagonal = true;
    chart.thin = members(run, evaluation, |evaluation| {
        let curve = evaluation.curves.roc.as_ref()?;
        Some(curve.iter().map(|p| (p.false_positive_rate, p.true_positive_rate)).collect())
    });
    chart.member = member(run);
    chart.marks = marks(evaluation, |counts| Some((1.0 - counts.specificity()?, counts.recall()?)));
    Some(chart)
}

fn member(run: &RunSummary) -> &'static str {
    run.over().unwrap_or(Over::Seeds).member()
}

/// A curve, from left to right.
type Points = Vec<(f64, f64)>;

/// The curves of a series' members on what it was measured on.
fn members(
    series: &RunSummary,
    together: &Evaluation,
    curve: fn(&Evaluation) -> Option<Points>,
) -> Vec<Points> {
    let RunMetrics { part, data, .. } = &together.metrics;
    let is_fold = series.over() == Some(Over::Folds);
    let evaluations = series.members.iter().flat_map(RunSummary::evaluations);
    evaluations
        .filter(|one| one.metrics.part == *part && (is_fold || one.metrics.data == *data))
        .filter_map(curve)
        .collect()
}

pub fn pr_chart(run: &RunSummary, evaluation: &Evaluation) -> Option<Chart> {
    evaluation.curves.pr.as_ref()?;
    let part = evaluation.metrics.part;
    let auprc = three_decimals(evaluation.metrics.metrics.auprc);
    let title = format!("Precision-recall curve of {} on {part}: AUPRC {auprc}", run.name);
    let mut chart = Chart::new(title, ("recall", Axis::unit()), ("Precision", Axis::unit()));
    chart.series = vec![Series {
        name: part.as_str(),
        points: steps(evaluation).unwrap_or_default(),
        band: shade(&evaluation.curves.pr_band),
        dots: false,
    }];
    chart.thin = members(run, evaluation, steps);
    chart.member = member(run);
    chart.marks = marks(evaluation, |counts| Some((counts.recall()?, counts.precision()?)));
    Some(chart)
}

/// Precision does not lie on lines between its points: it is drawn as steps.
fn steps(evaluation: &Evaluation) -> Option<Vec<(f64, f64)>> {
    let curve = evaluation.curves.pr.as_ref()?;
    let mut points = Vec::with_capacity(2 * curve.len());
    let mut recall = 0.0;
    for point in curve {
        points.push((recall, point.precision));
        points.push((point.recall, point.precision));
        recall = point.recall;
    }
    Some(points)
}

pub fn reliability_chart(run: &RunSummary, evaluation: &Evaluation) -> Option<Chart> {
    let calibration = evaluation.metrics.details.calibration.as_ref()?;
    let all: u64 = calibration.bins.iter().map(|bin| bin.count).sum();
    let part = evaluation.metrics.part;
    let title = format!(
        "Reliability of {} on {part}: expected calibration error {:.3}",
        run.name, calibration.ece
    );
    let share = Symbol::new(&format!("Share of {}", positive())).as_str();
    let axes = (("mean score of a bin", Axis::unit()), (share, Axis::unit()));
    let mut chart = Chart::new(title, axes.0, axes.1);
    let told = calibration.bins.iter().filter_map(|bin| Some((bin.mean_score?, bin.positive?)));
    chart.series = vec![Series {
        name: part.as_str(),
        points: told.collect(),
        dots: true,
        ..Series::default()
    }];
    let share = |count: u64| count as f64 / all.max(1) as f64;
    chart.bars = calibration.bins.iter().map(|bin| (bin.low, bin.high, share(bin.count))).collect();
    chart.diagonal = true;
    Some(chart)
}

pub fn reliability_words(evaluation: &Evaluation) -> String {
    let ece = evaluation.metrics.details.calibration.as_ref().map(|calibration| calibration.ece);
    format!(
        "Expected calibration error {}. Dashed: perfect calibration. Bars: share of the images in \
         each bin.",
        three_decimals(ece)
    )
}
