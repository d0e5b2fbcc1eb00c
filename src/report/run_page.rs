//! A run, or a series of runs, on the report's page.

use crate::metrics::ClassMetrics;
use crate::store::{ClassCounts, Label, Symbol};
use crate::task;
use maud::{Markup, html};

use super::charts::{Axis, Chart, Mark, Series};
use super::leaks::leaks;
use super::page::{class_dot, class_name, count, missing, recipe};
use super::runs::{Evaluation, Made, Measured, RunSummary, Wrong};
use super::{controls, external};
use crate::metrics::agreement::Interval;
use crate::metrics::{
    Band, Chosen, Confusion, HistoryRow, Intervals, Keep, Metrics, NAMED, Named, Operating, Over,
    RunMetrics, SeriesMetrics, Slice, Spread, Spreads, three_decimals,
};

pub fn run_section(run: &RunSummary) -> Markup {
    html! {
        section.run {
            h3 id=(anchor(run)) { (kind(run)) " " (run.name) }
            (made(run))
            @if run.own.evaluations.is_empty() {
                (missing("It has not been evaluated yet.", &format!("covid-ct evaluate {}", run.name)))
            }
            (measured(run, &run.own))
            @if let Some(wrong) = &run.wrong_labels { (wrong) }
            @if run.over() != Some(Over::Folds) && run.own.controls.is_empty() && !run.own.evaluations.is_empty() {
                (missing("No controls have been run yet.", &format!("covid-ct controls {}", run.name)))
            }
            @for on in &run.elsewhere {
                @if let Some(data) = on.data() {
                    details { summary { "On another dataset: " code { (data) } } (measured(run, on)) }
                }
            }
            @for member in &run.members {
                details { summary { (kind(member)) " " (member.name) (summed_up(member)) } (run_section(member)) }
            }
        }
    }
}

/// Where the list of contents leads for a run.
pub(super) fn anchor(run: &RunSummary) -> String {
    format!("run-{}", run.name)
}

pub(super) fn kind(run: &RunSummary) -> &'static str {
    match run.over() {
        None => "Run",
        Some(Over::Seeds) => "Series",
        Some(Over::Folds) => "Cross-validation",
    }
}

fn measured(run: &RunSummary, on: &Measured) -> Markup {
    html! {
        @for evaluation in &on.evaluations { (evaluation_section(run, evaluation)) }
        @for controls in &on.controls { (controls::section(controls)) }
    }
}

fn summed_up(run: &RunSummary) -> Markup {
    let auroc = run.test().and_then(|evaluation| evaluation.metrics.metrics.auroc);
    html! { @if let Some(auroc) = auroc { span.quiet { " AUROC " (format!("{auroc:.3}")) " on test" } } }
}

fn made(run: &RunSummary) -> Markup {
    html! {
        @match &run.made {
            Some(made) => {
                p.quiet { (recipe(&made.config, &made.history)) }
                @if !made.history.is_empty() {
                    div.charts {
                        (drawn("Loss", &loss_chart(&run.name, &made.history), &loss_words(made)))
                        (drawn("Validation metrics", &validation_chart(&run.name, &made.history), "On the validation split, after each epoch."))
                    }
                }
            }
            None => {
                @let members = run.members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>().join(", ");
                p.quiet {
                    @if run.over() == Some(Over::Folds) {
                        "Folds, each evaluated on groups held out from its training: " (members)
                        ". Curves and counts are of all folds together: each picture is predicted by networks not trained \
                         on it."
                    } @else {
                        "Runs that differ only in their seed: " (members)
                        ". Curves, counts and pictures are of their ensemble (mean probability)."
                    }
                }
                @if run.trained().into_iter().any(has_history) {
                    div.charts { (drawn("Validation AUROC", &members_chart(run), "Validation AUROC of each run after each epoch.")) }
                }
            }
        }
    }
}

fn has_history(run: &RunSummary) -> bool {
    run.made.as_ref().is_some_and(|made| !made.history.is_empty())
}

fn drawn(name: &str, chart: &Chart, caption: &str) -> Markup {
    html! { figure.drawn { p.name { (name) } (chart.draw()) figcaption { (caption) } } }
}

fn by_epoch(history: &[HistoryRow], value: fn(&HistoryRow) -> f64) -> Vec<(f64, f64)> {
    history.iter().map(|row| (f64::from(row.epoch), value(row))).collect()
}

fn epochs(history: &[HistoryRow]) -> Axis {
    Axis::counting(history.last().map_or(1, |row| row.epoch))
}

fn loss_chart(name: &str, history: &[HistoryRow]) -> Chart {
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

fn loss_words(made: &Made) -> String {
    let kept = match made.config.recipe.keep {
        Keep::Best => "of the epoch with the highest validation AUROC",
        Keep::Last => "of the last epoch",
    };
    format!("Lower is better; the weights kept are those {kept}.")
}

fn validation_chart(name: &str, history: &[HistoryRow]) -> Chart {
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

fn members_chart(series: &RunSummary) -> Chart {
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

/// The class that networks look for, and what is not of it, in a sentence.
pub(super) fn positive() -> &'static str {
    &Label::positive().class().noun
}

fn negative() -> &'static str {
    match task::in_force().negative() {
        Some(label) => &label.class().noun,
        None => "any other",
    }
}

/// `3 COVID images, 4 others`; of more than two classes how many each has.
fn counted(counts: &ClassCounts) -> String {
    if task::in_force().negative().is_some() {
        let positives = counts.get(Label::positive());
        let image = format!("{} image", positive());
        return format!(
            "{}, {}",
            count(positives, &image),
            count(counts.total() - positives, "other")
        );
    }
    let told: Vec<String> =
        counts.iter().map(|(label, of)| format!("{of} {}", label.class().noun)).collect();
    told.join(", ")
}

fn evaluation_section(run: &RunSummary, evaluation: &Evaluation) -> Markup {
    let measured = &evaluation.metrics;
    let operating = measured.details.operating.as_ref();
    html! {
        h4 { "On " (measured.part) ": " (counted(&measured.counts)) }
        @if measured.counts.lacks_a_class() {
            p.note { "One class has no image here, so AUROC and other measures that need both are undefined." }
        }
        (leaks(measured))
        @if let Some(series) = &evaluation.series { (series_table(series)) }
        @if let Some(of) = &measured.classes {
            (classes_table(of))
            p { (positive()) " against the rest:" }
        }
        (metrics_table(evaluation))
        div.charts {
            @if let Some(chart) = roc_chart(run, evaluation) {
                (drawn("ROC curve", &chart, "Shaded: 95 % bootstrap band, by paper, pointwise. Dashed: chance."))
            }
            @if let Some(chart) = pr_chart(run, evaluation) {
                (drawn("Precision–recall curve", &chart, &format!("Shaded as for ROC. Chance level is the share of {} images.", positive())))
            }
            @if let Some(chart) = reliability_chart(run, evaluation) { (drawn("Calibration", &chart, &reliability_words(evaluation))) }
        }
        div.charts {
            (confusion_matrix(&measured.metrics, "threshold 0.500"))
            @if let Some(operating) = operating {
                (confusion_matrix(&operating.metrics, &threshold_told(operating)))
            }
        }
        (breakdown("Source", &measured.details.by_source))
        (breakdown("Shorter side", &measured.details.by_size))
        (external::table(measured))
        (wrong(evaluation))
    }
}

fn series_table(series: &SeriesMetrics) -> Markup {
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

/// `0.812 ± 0.021`
fn spread_told(spread: Option<Spread>) -> String {
    match spread {
        None => "–".into(),
        Some(Spread { mean, sd: None, .. }) => format!("{mean:.3}"),
        Some(Spread { mean, sd: Some(sd), .. }) => format!("{mean:.3} ± {sd:.3}"),
    }
}

fn metrics_table(evaluation: &Evaluation) -> Markup {
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

pub(super) fn interval_told(interval: Interval) -> String {
    format!("[{:.3}, {:.3}]", interval.low, interval.high)
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
            let name = format!("{:.3}", metrics.threshold);
            Some(Mark { name, at: at(&metrics.confusion)? })
        })
        .collect()
}

fn roc_chart(run: &RunSummary, evaluation: &Evaluation) -> Option<Chart> {
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

fn pr_chart(run: &RunSummary, evaluation: &Evaluation) -> Option<Chart> {
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

fn reliability_chart(run: &RunSummary, evaluation: &Evaluation) -> Option<Chart> {
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

fn reliability_words(evaluation: &Evaluation) -> String {
    let ece = evaluation.metrics.details.calibration.as_ref().map(|calibration| calibration.ece);
    format!(
        "Expected calibration error {}. Dashed: perfect calibration. Bars: share of the images in \
         each bin.",
        three_decimals(ece)
    )
}

/// `threshold 0.566 (chosen on validation)`
fn threshold_told(operating: &Operating) -> String {
    let Chosen { threshold, chosen_on, .. } = operating.chosen;
    format!("threshold {threshold:.3} (chosen on {})", chosen_on.noun())
}

/// `which` is the threshold that the counts are of.
fn confusion_matrix(metrics: &Metrics, which: &str) -> Markup {
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
fn classes_table(of: &ClassMetrics) -> Markup {
    let cell = |metric: Option<f64>, interval: Option<Interval>| {
        let interval = interval.map(|of| format!(" [{:.3}, {:.3}]", of.low, of.high));
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

fn breakdown(by: &str, slices: &[Slice]) -> Markup {
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

fn wrong(evaluation: &Evaluation) -> Markup {
    html! {
        @if !evaluation.wrong.is_empty() {
            h4 { "Most confident errors on " (evaluation.metrics.part) }
            p.quiet {
                "Left: the picture as the network sees it. Right: the same with a saliency map (Grad-CAM, arXiv 1610.02391). The brighter \
                 a region, the more it contributed to the prediction; each map has a scale of its own. Maps have a 32nd of the \
                 picture's resolution, so they point at regions, not at edges."
            }
            div.wrongs { @for wrong in &evaluation.wrong { (wrong_figure(wrong)) } }
        }
    }
}

fn wrong_figure(wrong: &Wrong) -> Markup {
    let told = &wrong.told;
    let (is, said) = (class_name(told.label), class_name(told.predicted));
    let evidence = class_name(told.evidence_for);
    html! {
        figure {
            @match &wrong.picture {
                Some(address) => {
                    img src=(address) loading="lazy" width="512" height="256"
                        alt=(format!("{}: true class {is}, predicted {said}; right: saliency map for {evidence}", told.file));
                }
                None => { div.gone { "cannot be shown" } }
            }
            figcaption {
                code { (told.file) }
                strong { "True class: " (is) ", P(" (positive()) ") " (format!("{:.3}", told.score)) }
                @if wrong.caption.is_empty() {
                    span.quiet { "No caption in the database or in the dataset's MetaInfo." }
                } @else { span { (wrong.caption) } }
            }
        }
    }
}
