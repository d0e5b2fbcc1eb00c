//! The measurement as text.

use std::fmt::Write as _;

use crate::metrics::agreement::Interval;
use crate::metrics::classes::ClassIntervals;
use crate::metrics::{ClassMetrics, Confusion, Intervals, Slice, three_decimals};
use crate::runs::{External, NAMED, Named, RunMetrics, SeriesMetrics, Spread, Spreads};
use crate::task;
use covid_ct_core::Label;

/// What the runs of each fold came to, and what they say together. Lines, each ended.
pub fn of_folds(folds: &[(&SeriesMetrics, &RunMetrics)]) -> String {
    let width = folds.iter().map(|(_, fold)| fold.run.len()).max().unwrap_or(0);
    let [positive, negative] = nouns();
    let (first, second) = (positive.len().max(5), negative.len().max(9));
    let mut text = format!(
        "{:<width$}  {positive:first$}  {negative:second$}  AUROC, mean    ensemble\n",
        "fold"
    );
    for (series, fold) in folds {
        let positives = fold.counts.get(Label::positive());
        let others = fold.counts.total() - positives;
        let of_runs = spread_told(series.fixed.auroc);
        let interval = fold.details.intervals.and_then(|intervals| intervals.auroc);
        let together = value(fold.metrics.auroc, interval);
        let name = &fold.run;
        let _ = writeln!(
            text,
            "{name:<width$}  {positives:first$}  {others:second$}  {of_runs:<13}  {together}"
        );
    }
    text
}

/// The positive class, and what is not of it.
fn nouns() -> [&'static str; 2] {
    let negative = task::in_force().negative().map_or("other", |label| &label.class().noun);
    [&Label::positive().class().noun, negative]
}

/// Mean and deviation of each metric over the runs, or over the folds. Lines, each ended.
pub fn of_series(series: &SeriesMetrics) -> String {
    let (member, s) = (series.over.member(), if series.members.len() == 1 { "" } else { "s" });
    let mut text = format!(
        "{} on {} in {}: mean ± standard deviation of {} {member}{s} ({})\n",
        series.series,
        series.part,
        series.data,
        series.members.len(),
        series.members.join(", ")
    );
    let _ = write!(text, "  {:<12} {:<22}", "", "threshold 0.500");
    if series.operating.is_some() {
        text.push_str("each run's own threshold (chosen on validation)");
    }
    end_line(&mut text);
    for Named { name, spread, .. } in NAMED {
        spread_line(&mut text, name, series, spread);
    }
    spread_line(&mut text, "threshold", series, |spreads| spreads.threshold);
    if let Some(ece) = series.ece {
        let _ = writeln!(text, "expected calibration error {}", spread_told(Some(ece)));
    }
    text
}

fn spread_line(
    text: &mut String,
    name: &str,
    series: &SeriesMetrics,
    spread: fn(&Spreads) -> Option<Spread>,
) {
    let _ = write!(text, "  {name:<12} {:<22}", spread_told(spread(&series.fixed)));
    if let Some(operating) = &series.operating {
        text.push_str(&spread_told(spread(operating)));
    }
    end_line(text);
}

/// `0.812 ± 0.021`
fn spread_told(spread: Option<Spread>) -> String {
    match spread {
        None => "undefined".into(),
        Some(Spread { mean, sd: None, .. }) => format!("{mean:.3}"),
        Some(Spread { mean, sd: Some(sd), .. }) => format!("{mean:.3} ± {sd:.3}"),
    }
}

/// Lines, each ended.
pub fn told(run: &RunMetrics) -> String {
    let mut text = format!("{} images of {} in {}", run.counts.total(), run.part, run.data);
    if run.flip {
        text.push_str(", with test-time augmentation (mirrored)");
    }
    if let Some(intervals) = &run.details.intervals {
        let Intervals { groups, resamples, .. } = intervals;
        let papers = if *groups == 1 { "paper" } else { "papers" };
        let _ = write!(text, "; 95 % intervals: {resamples} bootstrap draws of {groups} {papers}");
    }
    text.push('\n');
    if let Some(of_classes) = &run.classes {
        classes(&mut text, of_classes);
        let positive = &Label::positive().class().noun;
        let _ = writeln!(text, "{positive} against the rest:");
    }
    columns(&mut text, run);
    confusion(&mut text, run.metrics.threshold, &run.metrics.confusion);
    if let Some(operating) = &run.details.operating {
        confusion(&mut text, operating.chosen.threshold, &operating.metrics.confusion);
    }
    if let Some(calibration) = &run.details.calibration {
        let (ece, bins) = (calibration.ece, calibration.bins.len());
        let _ = writeln!(text, "expected calibration error {ece:.3} over {bins} bins");
    }
    slices(&mut text, "source", &run.details.by_source);
    slices(&mut text, "size", &run.details.by_size);
    leaks(&mut text, run);
    text
}

/// How a run scores on external datasets. Lines, each ended.
pub fn of_external(external: &[External]) -> String {
    let mut text = String::new();
    if external.is_empty() {
        return text;
    }
    let width = external.iter().map(|one| one.data.chars().count()).max().unwrap_or(0).max(9);
    let _ = writeln!(
        text,
        "external datasets:\n  {:<width$} images  {:<22} accuracy  best there  calibration  mean score (own test split)",
        "dataset", "AUROC"
    );
    let [positive, negative] = nouns();
    for External { data, counts, auroc, auroc_interval, carried, rechosen, ece, shift, leaked } in
        external
    {
        let auroc = value(*auroc, *auroc_interval);
        let [carried, rechosen] = [carried, rechosen]
            .map(|at| three_decimals(at.as_ref().and_then(|metrics| metrics.accuracy)));
        let mean = |score: Option<f64>| score.map_or("–".into(), |score| format!("{score:.2}"));
        let _ = writeln!(
            text,
            "  {data:<width$} {:>6}  {auroc:<22} {carried:>8}  {rechosen:>10}  {:>11}  {positive} {} ({}), {negative} {} ({})",
            counts.total(),
            three_decimals(*ece),
            mean(shift.positive),
            mean(shift.own_positive),
            mean(shift.rest),
            mean(shift.own_rest)
        );
        if *leaked > 0 {
            let _ = writeln!(text, "  LEAKAGE: {leaked} of them are in the training data too");
        }
    }
    text.push_str(
        "  accuracy: at the threshold chosen on validation; best there: at the one that is best on that dataset itself\n",
    );
    text
}

/// All classes together, each against the rest, and what was taken for what.
fn classes(text: &mut String, of: &ClassMetrics) {
    let ClassIntervals { accuracy, macro_f1, macro_auroc, macro_auprc, .. } = of.intervals;
    for (name, metric, interval) in [
        ("accuracy", of.accuracy, accuracy),
        ("balanced accuracy", of.balanced_accuracy, None),
        ("macro precision", of.macro_precision, None),
        ("macro F1", of.macro_f1, macro_f1),
        ("macro AUROC", of.macro_auroc, macro_auroc),
        ("macro AUPRC", of.macro_auprc, macro_auprc),
        ("Brier score", of.brier, None),
    ] {
        let _ = writeln!(text, "  {name:<18} {}", value(metric, interval));
    }
    let names: Vec<&str> = of.each.iter().map(|class| class.class.as_str()).collect();
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0).max(8);
    let _ = writeln!(
        text,
        "  {:<width$} images  precision  recall     F1  {:<22} {:<22} threshold",
        "class", "AUROC", "AUPRC"
    );
    for class in &of.each {
        let [precision, recall, f1] = [class.precision, class.recall, class.f1].map(three_decimals);
        let [auroc, auprc] =
            [(class.auroc, class.auroc_interval), (class.auprc, class.auprc_interval)]
                .map(|(metric, interval)| value(metric, interval));
        let from = three_decimals(class.chosen.map(|chosen| chosen.threshold));
        let (name, images) = (class.class.as_str(), class.images);
        let _ = writeln!(
            text,
            "  {name:<width$} {images:>6}  {precision:>9}  {recall:>6}  {f1:>5}  {auroc:<22} {auprc:<22} {from}"
        );
    }
    let heads: Vec<String> = names.iter().map(|name| format!("{name:>width$}")).collect();
    let _ = writeln!(text, "  {:<width$} predicted {}", "true", heads.join(" "));
    for (name, row) in names.iter().zip(&of.confusion) {
        let cells: Vec<String> = row.iter().map(|count| format!("{count:>width$}")).collect();
        let _ = writeln!(text, "  {name:<width$}           {}", cells.join(" "));
    }
}

/// What of the part was learned from; the report names each.
fn leaks(text: &mut String, run: &RunMetrics) {
    let Some(leaks) = run.leaks.as_ref().filter(|leaks| !leaks.is_empty()) else { return };
    let (concerned, all) = (leaks.images, run.counts.total());
    let _ = writeln!(
        text,
        "LEAKAGE: {} of {} are in the training data too; they concern {concerned} of the {all} images: the numbers above \
         are better than on unseen data",
        leaks.counted(),
        run.part
    );
}

/// The metrics at each threshold.
fn columns(text: &mut String, run: &RunMetrics) {
    let operating = run.details.operating.as_ref();
    let _ = write!(text, "  {:<12} {:<22}", "", format!("threshold {:.3}", run.metrics.threshold));
    if let Some(operating) = operating {
        let chosen = operating.chosen;
        let _ = write!(
            text,
            "threshold {:.3} (chosen on {})",
            chosen.threshold,
            chosen.chosen_on.noun()
        );
    }
    end_line(text);
    for Named { name, value: metric, interval, .. } in NAMED {
        let at = |metrics, intervals: Option<&Intervals>| {
            value(metric(metrics), intervals.and_then(interval))
        };
        let fixed = at(&run.metrics, run.details.intervals.as_ref());
        let _ = write!(text, "  {name:<12} {fixed:<22}");
        if let Some(operating) = operating {
            text.push_str(&at(&operating.metrics, Some(&operating.intervals)));
        }
        end_line(text);
    }
}

fn end_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

/// `0.812 [0.741, 0.877]`
fn value(value: Option<f64>, interval: Option<Interval>) -> String {
    let told = value.map_or("undefined".into(), |value| format!("{value:.3}"));
    match interval {
        Some(Interval { low, high }) => format!("{told} [{low:.3}, {high:.3}]"),
        None => told,
    }
}

fn confusion(text: &mut String, threshold: f64, counts: &Confusion) {
    let Confusion { true_positive, false_positive, true_negative, false_negative } = counts;
    let [positive, negative] = nouns();
    let _ = writeln!(text, "  threshold {threshold:.3}    predicted {positive}  {negative}");
    let _ = writeln!(text, "  {positive:<17}  {true_positive:15} {false_negative:10}");
    let _ = writeln!(text, "  {negative:<17}  {false_positive:15} {true_negative:10}");
}

fn slices(text: &mut String, by: &str, slices: &[Slice]) {
    // One slice is the whole again.
    if slices.len() < 2 {
        return;
    }
    let heading = format!("by {by}");
    let [positive, negative] = nouns();
    let _ = writeln!(text, "{heading:<18} {positive}  {negative}  accuracy  AUROC");
    for Slice { name, metrics, auroc_against_rest } in slices {
        let counts = &metrics.confusion;
        let positives = counts.true_positive + counts.false_negative;
        let others = counts.total() - positives;
        let accuracy = three_decimals(metrics.accuracy);
        let auroc = three_decimals(metrics.auroc.or(*auroc_against_rest));
        let star = if auroc_against_rest.is_some() { " *" } else { "" };
        let _ =
            writeln!(text, "  {name:<16} {positives:5} {others:10} {accuracy:>9} {auroc:>6}{star}");
    }
    if slices.iter().any(|slice| slice.auroc_against_rest.is_some()) {
        text.push_str("  * pictures of one class only: AUROC against all pictures of the other\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Chosen, Details, Metrics, Origin, Scored, SizeBand};
    use crate::runs::Over;
    use crate::runs::leaks::Leaks;
    use covid_ct_core::Split;

    #[test]
    fn a_series_is_told_as_mean_and_deviation() {
        let spread = |mean, sd| Some(Spread { mean, sd, n: 2 });
        let series = SeriesMetrics {
            covid_ct: "0.1.0".into(),
            series: "s".into(),
            over: Over::Seeds,
            data: "d".into(),
            part: Split::Test,
            flip: false,
            members: vec!["s-seed0".into(), "s-seed1".into()],
            missing: Vec::new(),
            fixed: Spreads { auroc: spread(0.8123, Some(0.0207)), ..Spreads::default() },
            operating: None,
            ece: spread(0.1, None),
        };
        let text = of_series(&series);
        for part in [
            "of 2 runs (s-seed0, s-seed1)\n",
            "  AUROC        0.812 ± 0.021\n",
            "  accuracy     undefined\n",
            "expected calibration error 0.100\n",
        ] {
            assert!(text.contains(part), "no '{part}' in\n{text}");
        }
    }

    #[test]
    fn both_thresholds_stand_side_by_side() {
        let examples = [(true, 0.9), (true, 0.4), (false, 0.2), (false, 0.6)]
            .map(|(positive, score)| Scored { positive, score });
        let origins = ["a", "b", "c", "d"].map(|paper| Origin {
            group: paper.into(),
            source: if paper < "c" { "medrxiv".into() } else { "numbered png".into() },
            size: SizeBand::Under224,
        });
        let chosen = Chosen { threshold: 0.4, youden: 0.5, chosen_on: Split::Val };
        let run = RunMetrics {
            covid_ct: "0.1.0".into(),
            run: "r".into(),
            data: "data/export/default".into(),
            part: Split::Test,
            counts: covid_ct_core::ClassCounts::of([
                Label::COVID,
                Label::COVID,
                Label::NON_COVID,
                Label::NON_COVID,
            ]),
            epoch: 1,
            flip: false,
            loss: None,
            metrics: Metrics::at(0.5, &examples),
            classes: None,
            details: Details::of(&examples, &origins, 0.5, Some(chosen)),
            leaks: Some(Leaks { images: 2, papers: vec!["a".into()], ..Leaks::default() }),
            external: Vec::new(),
        };
        let text = told(&run);
        for part in [
            "4 images of test in data/export/default; 95 % intervals: 1000 bootstrap draws of 4 papers\n",
            "threshold 0.500       threshold 0.400 (chosen on validation)\n",
            "  accuracy     0.500 [0.000, 1.000]  0.750 [0.250, 1.000]\n",
            "  threshold 0.400    predicted COVID  non-COVID\n  COVID                            2          0\n",
            "over 10 bins\n",
            "by source          COVID  non-COVID  accuracy  AUROC\n",
            "  medrxiv              2          0     0.500  0.750 *\n",
            "  * pictures of one class only: AUROC against all pictures of the other\n",
            "LEAKAGE: 1 paper of test are in the training data too; they concern 2 of the 4 images",
        ] {
            assert!(text.contains(part), "no '{part}' in\n{text}");
        }
        assert!(!text.contains("by size"), "one size tells nothing:\n{text}");
    }
}
