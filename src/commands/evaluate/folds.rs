//! The folds of a cross-validation: each is measured on what it has not seen, and then all together.

use std::collections::HashMap;

use crate::Workspace;
use crate::folds::{fold_name, fold_of};
use crate::metrics::{DEFAULT_THRESHOLD, Details, Metrics, Origin};
use crate::runs::leaks::Leaks;
use crate::runs::{Folds, Meaning, Prediction, RunFiles, RunMetrics, SeriesMetrics};
use anyhow::{Context as _, bail};
use covid_ct_core::{ClassCounts, Split};
use serde_json::json;

use super::subject::{Subject, one_recipe};
use super::{Measured, measure, of_classes, record, scored, text, write};
use crate::cli::EvaluateArgs;
use crate::commands::environment::Computing;
use crate::commands::{Outcome, in_full};

/// Of a name that is neither a run's nor a series', the folds.
pub fn find(workspace: &Workspace, name: &str) -> anyhow::Result<Option<Folds>> {
    let runs = workspace.runs();
    if Meaning::Run.is_there(&runs, name)? || Meaning::Series.is_there(&runs, name)? {
        return Ok(None);
    }
    let folds = Folds::find(&runs, name)?;
    Ok((!folds.present.is_empty()).then_some(folds))
}

pub fn run(
    computing: &Computing<'_>,
    workspace: &Workspace,
    folds: &Folds,
    args: &EvaluateArgs,
) -> anyhow::Result<Outcome> {
    let name = &args.measured.run;
    if !args.external.is_empty() {
        bail!(
            "the folds of {name} are measured on what each has not seen; with --external name one fold, as in \
             `covid-ct evaluate {} --external DIR`",
            folds.present[0]
        );
    }
    if args.measured.data.is_some() || args.measured.part == Split::Train {
        bail!(
            "the folds of {name} are measured on what each has not seen: give neither --data nor --split train, or \
             name one fold, as in `covid-ct evaluate {}`",
            folds.present[0]
        );
    }
    let (mut subjects, mut failed) = (Vec::new(), Vec::new());
    for fold in &folds.present {
        match Subject::find(workspace, fold) {
            Ok(subject) => subjects.push(subject),
            Err(error) => failed.push((fold.clone(), error)),
        }
    }
    if subjects.is_empty()
        && let Some((_, error)) = failed.pop()
    {
        return Err(error);
    }
    one_recipe(name, subjects.iter().map(Subject::config))?;
    let mut missing = missing(workspace, folds, &subjects);
    for fold in &missing {
        eprintln!("covid-ct: {fold} is missing or not complete: done without it");
    }
    for (fold, error) in failed {
        eprintln!("covid-ct: done without {fold}: {}", in_full(&error));
        missing.push(fold);
    }
    let mut measured = Vec::new();
    for subject in &subjects {
        measured.push(measure(computing, workspace, subject, args, None)?);
    }
    let each: Vec<SeriesMetrics> = measured.iter().filter_map(Measured::as_series).collect();
    let series = SeriesMetrics::of_folds(name, &missing, &each).context("there is a fold")?;
    let files = RunFiles::new(workspace.run(name));
    let together = together(&files, &series, &measured)?;
    record(workspace, &together, serde_json::to_value(&series)?)?;
    let each: Vec<_> = each.iter().zip(measured.iter().map(|fold| &fold.metrics)).collect();
    if args.json {
        let folds: Vec<_> = each
            .iter()
            .map(|(series, ensemble)| json!({"series": series, "ensemble": ensemble}))
            .collect();
        let told = json!({"folds": folds, "series": series, "ensemble": together});
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        print!("{}", text::of_folds(&each));
        print!("{}", text::of_series(&series));
        println!("all folds together, each picture by the networks that have not seen it:");
        print!("{}", text::told(&together));
        println!("{}", files.predictions(args.measured.part).display());
    }
    let whole = missing.is_empty() && subjects.iter().all(|subject| subject.missing.is_empty());
    Ok(if whole { Outcome::Done } else { Outcome::DoneWithFailures })
}

impl Measured {
    /// A run is a series of one.
    fn as_series(&self) -> Option<SeriesMetrics> {
        let of_one = || {
            let RunMetrics { run, flip, .. } = &self.metrics;
            SeriesMetrics::of(run, &[], *flip, std::slice::from_ref(&self.metrics))
        };
        self.series.clone().or_else(of_one)
    }
}

/// Beside those that the runs tell, those whose datasets lie beside the others'.
fn missing(workspace: &Workspace, folds: &Folds, subjects: &[Subject]) -> Vec<String> {
    let mut missing = folds.missing.clone();
    let data = subjects.iter().find_map(|subject| {
        let (_, fold) = fold_of(&subject.name)?;
        fold_of(&subject.config().data).filter(|(_, of_data)| *of_data == fold)
    });
    let last = folds.present.last().and_then(|last| fold_of(last));
    if let (Some((data, _)), Some((name, last))) = (data, last) {
        let is_there =
            |fold: &u32| workspace.root().join(fold_name(data, *fold)).join("Data-split").is_dir();
        missing.extend((last + 1..).take_while(is_there).map(|fold| fold_name(name, fold)));
    }
    missing
}

/// Measures the predictions of all folds as if one network had made them, and writes that.
fn together(
    files: &RunFiles,
    series: &SeriesMetrics,
    folds: &[Measured],
) -> anyhow::Result<RunMetrics> {
    let predictions = predictions_of(series.part, folds)?;
    let origins: Vec<Origin> = folds.iter().flat_map(|fold| fold.origins.clone()).collect();
    let examples = scored(&predictions);
    let leaks: Option<Vec<&Leaks>> = folds.iter().map(|fold| fold.metrics.leaks.as_ref()).collect();
    let metrics = RunMetrics {
        covid_ct: series.covid_ct.clone(),
        run: series.series.clone(),
        data: series.data.clone(),
        part: series.part,
        counts: ClassCounts::of(predictions.iter().map(|p| p.label)),
        epoch: 0,
        flip: series.flip,
        loss: mean_loss(folds),
        metrics: Metrics::at(DEFAULT_THRESHOLD, &examples),
        // Each fold has a threshold of its own.
        details: Details::of(&examples, &origins, DEFAULT_THRESHOLD, None),
        classes: of_classes(&predictions, &origins, &[]),
        leaks: leaks.map(|leaks| Leaks::of_all(&leaks)),
        external: Vec::new(),
    };
    write(files, &predictions, &origins, Some(series), &metrics)?;
    Ok(metrics)
}

/// Over the pictures of all folds.
fn mean_loss(folds: &[Measured]) -> Option<f64> {
    let total = |fold: &Measured| fold.metrics.counts.total() as f64;
    let sum: Option<f64> = folds.iter().map(|fold| Some(fold.metrics.loss? * total(fold))).sum();
    Some(sum? / folds.iter().map(total).sum::<f64>())
}

/// Those of all folds, in their order; folds of one deal have no picture in common.
fn predictions_of(part: Split, folds: &[Measured]) -> anyhow::Result<Vec<Prediction>> {
    let mut predictions = Vec::new();
    let mut seen: HashMap<_, &str> = HashMap::new();
    for fold in folds {
        let run = &fold.metrics.run;
        for prediction in fold.files.read_predictions(part)? {
            let Prediction { file, label, .. } = &prediction;
            if let Some(other) = seen.insert((*label, file.clone()), run) {
                bail!(
                    "{file} is in the {part} split of {other} and of {run}: they are not folds of one cross-validation, so they have \
                     no mean; export and train the folds again"
                );
            }
            predictions.push(prediction);
        }
    }
    Ok(predictions)
}
