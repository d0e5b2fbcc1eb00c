//! The folds of a cross-validation: each is measured on what it has not seen, and then all together.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use covid_ct::Workspace;
use covid_ct::folds::{fold_name, fold_of};
use covid_ct::metrics::{
    ClassCounts, DEFAULT_THRESHOLD, Details, Folds, Members, Metrics, Prediction, RunFiles,
    RunMetrics, SeriesMetrics,
};
use covid_ct::store::Part;
use serde_json::json;

use super::subject::{Subject, one_recipe};
use super::{Measured, measure, record, scored, text, write};
use crate::cli::EvaluateArgs;
use crate::commands::{Outcome, in_full};

/// Of a name that is neither a run's nor a series', the folds.
pub fn find(workspace: &Workspace, name: &str) -> anyhow::Result<Option<Folds>> {
    let Members { present, missing } = Members::find(&workspace.runs(), name)?;
    let is_run = RunFiles::new(workspace.run(name)).config().is_file();
    if is_run || !present.is_empty() || !missing.is_empty() {
        return Ok(None);
    }
    let folds = Folds::find(&workspace.runs(), name)?;
    Ok((!folds.present.is_empty()).then_some(folds))
}

pub fn run(workspace: &Workspace, folds: &Folds, args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    let name = &args.measured.run;
    if args.measured.data.is_some() || args.measured.part == Part::Train {
        bail!(
            "the folds of {name} are measured on what each has not seen: give neither --data nor --part train, or \
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
        measured.push(measure(workspace, subject, args)?);
    }
    let series: Vec<SeriesMetrics> = measured.iter().filter_map(Measured::as_series).collect();
    let series = SeriesMetrics::of_folds(name, &missing, &series).context("there is a fold")?;
    let files = RunFiles::new(workspace.run(name));
    let together = together(&files, &series, &measured)?;
    record(workspace, &together, serde_json::to_value(&series)?)?;
    if args.json {
        let folds: Vec<_> = measured
            .iter()
            .map(|fold| json!({"series": fold.as_series(), "ensemble": fold.metrics}))
            .collect();
        let told = json!({"folds": folds, "series": series, "ensemble": together});
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        let each: Vec<_> = measured.iter().map(|fold| (fold.as_series(), &fold.metrics)).collect();
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
    let (mut predictions, mut origins) = (Vec::new(), Vec::new());
    for fold in folds {
        predictions.extend(fold.files.read_predictions(series.part)?);
        origins.extend(fold.origins.iter().cloned());
    }
    each_once(series, folds, &predictions)?;
    let examples = scored(&predictions);
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

/// Folds of one deal have no picture in common.
fn each_once(
    series: &SeriesMetrics,
    folds: &[Measured],
    predictions: &[Prediction],
) -> anyhow::Result<()> {
    let of_fold = folds
        .iter()
        .zip(&series.members)
        .flat_map(|(fold, name)| std::iter::repeat_n(name, fold.metrics.counts.total() as usize));
    let mut seen: HashMap<_, &str> = HashMap::new();
    for (prediction, fold) in predictions.iter().zip(of_fold) {
        if let Some(other) = seen.insert((prediction.label.as_str(), &prediction.file), fold) {
            bail!(
                "{} is in the {} part of {other} and of {fold}: they are not of one deal, so they have no mean; \
                 export and train the folds again",
                prediction.file,
                series.part
            );
        }
    }
    Ok(())
}
