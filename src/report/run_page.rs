//! A run, or a series of runs, on the report's page.

use covid_ct_core::{ClassCounts, Label};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::charts::Chart;
use super::leaks::leaks;
use super::run_charts::{
    loss_chart, loss_words, members_chart, pr_chart, reliability_chart, reliability_words,
    roc_chart, validation_chart,
};
use super::run_tables::{breakdown, classes_table, confusion_matrix, metrics_table, series_table};
use super::runs::{Evaluation, Measured, RunSummary, Wrong};
use super::words::{class_name, count, duration, missing, positive, thousands, threshold_told};
use super::{controls, external};
use crate::runs::{HistoryRow, Hyperparameters, Keep, Over, RunConfig};
use crate::task;

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

/// How the run was made, in a sentence or two.
fn recipe(config: &RunConfig, history: &[HistoryRow]) -> Markup {
    let seconds: f64 = history.iter().map(|row| row.seconds).sum();
    html! {
        (config.network) " (" (thousands(config.parameters)) " parameters), initialised from " code { (config.init) }
        ", trained on " code { (config.data) } ": "
        (config.counts.train.total()) " training and " (config.counts.val.total())
        " validation images at " (config.recipe.size) "×" (config.recipe.size) ", profile " (config.recipe.profile)
        ", batch " (config.recipe.batch)
        ", Adam " (config.recipe.learning_rate) " with cosine decay, seed " (config.seed) ". "
        @let others = otherwise(&config.recipe);
        @if !others.is_empty() { "Settings that differ from the profile: " (others.join(", ")) ". " }
        (history.len()) " of " (count(u64::from(config.recipe.epochs), "epoch")) " on " (config.device)
        " (" (config.precision) "), " (duration(seconds)) "."
        @if let Some(kept) = HistoryRow::kept(history, config.recipe.keep) {
            " Kept: epoch " (kept.epoch)
            (match config.recipe.keep {
                Keep::Best => ", the best on validation.",
                Keep::Last => ", the last.",
            })
        }
    }
}

/// Settings that are not as the profile has them, but for those that are told anyway; as `config.json` has them.
fn otherwise(recipe: &Hyperparameters) -> Vec<String> {
    const TOLD: [&str; 6] = ["profile", "epochs", "batch", "learning_rate", "size", "keep"];
    // By way of text, which has the numbers as they were given.
    let settings = |recipe: &Hyperparameters| -> Map<String, Value> {
        let text = serde_json::to_string(recipe).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    };
    let usual = settings(&Hyperparameters::of(recipe.profile));
    settings(recipe)
        .into_iter()
        .filter(|(name, value)| !TOLD.contains(&name.as_str()) && usual.get(name) != Some(value))
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name} {text}"),
            value => format!("{name} {value}"),
        })
        .collect()
}

fn has_history(run: &RunSummary) -> bool {
    run.made.as_ref().is_some_and(|made| !made.history.is_empty())
}

fn drawn(name: &str, chart: &Chart, caption: &str) -> Markup {
    html! { figure.drawn { p.name { (name) } (chart.draw()) figcaption { (caption) } } }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{Fit, Profile};

    #[test]
    fn what_differs_from_the_profile_is_told() {
        let tuned = Hyperparameters::of(Profile::Tuned);
        assert!(otherwise(&tuned).is_empty());
        let other = Hyperparameters { ema: 0.99, crop: 0.3, fit: Fit::Crop, epochs: 3, ..tuned };
        assert_eq!(otherwise(&other), ["crop 0.3", "ema 0.99", "fit crop"]);
    }
}
