//! `covid-ct evaluate`

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use covid_ct::Workspace;
use covid_ct::metrics::{
    ClassCounts, DEFAULT_THRESHOLD, HistoryRow, RunConfig, RunFiles, RunMetrics, check_run_name,
};
use covid_ct::model::{self, DatasetFolder, Evaluation, Pictures, Preparation};
use covid_ct::store::{Run, Store, now};

use super::train::recorded_path;
use super::{Outcome, processors, progress_bar};
use crate::cli::EvaluateArgs;

pub fn run(workspace: &Path, args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    model::check_available()?;
    check_run_name(&args.run)?;
    let workspace = Workspace::new(workspace);
    let files = RunFiles::new(workspace.run(&args.run));
    if !files.folder().is_dir() {
        bail!("no run at {}: run `covid-ct train {}` first", files.folder().display(), args.run);
    }
    let config = files.read_config()?;
    // An absolute path stays itself.
    let recorded = workspace.root().join(&config.data);
    let dataset = DatasetFolder::open(args.data.as_ref().unwrap_or(&recorded))?;

    let evaluation = evaluate(&files, &config, &dataset, args)?;
    let metrics = RunMetrics {
        covid_ct: env!("CARGO_PKG_VERSION").into(),
        run: args.run.clone(),
        data: recorded_path(&workspace, dataset.root())?,
        part: args.part,
        counts: ClassCounts::of(evaluation.predictions.iter().map(|p| p.label)),
        epoch: HistoryRow::best(&files.read_history()?).map_or(0, |best| best.epoch),
        loss: evaluation.loss,
        metrics: evaluation.metrics,
    };
    files.write_predictions(args.part, &evaluation.predictions)?;
    files.write_metrics(&metrics)?;
    record(&workspace, &config, &metrics)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&metrics)?);
    } else {
        print(&metrics, &files);
    }
    Ok(Outcome::Done)
}

fn evaluate(
    files: &RunFiles,
    config: &RunConfig,
    dataset: &DatasetFolder,
    args: &EvaluateArgs,
) -> anyhow::Result<Evaluation> {
    let network = config.network.parse().map_err(|e: String| {
        anyhow!("{}: network: {e}; train the run again", files.config().display())
    })?;
    let threads = args.compute.threads.map_or_else(processors, std::num::NonZero::get);
    let checkpoint = files.checkpoint();
    let mut scorer = model::load_scorer(network, &checkpoint, args.compute.device, threads)?;
    let examples = dataset.examples(args.part)?;
    let count = examples.len();
    let pictures = Pictures::load(examples, Preparation::Centre, config.size, || ())?;
    let bar = progress_bar(count, "evaluate");
    let scored = model::score(scorer.as_mut(), &pictures, |images| bar.inc(images));
    bar.finish_and_clear();
    Ok(Evaluation::of(pictures.examples(), &scored?, DEFAULT_THRESHOLD)?)
}

/// Adds the measurement to the database, where the workspace has one; a dataset from elsewhere can
/// be measured without.
fn record(workspace: &Workspace, config: &RunConfig, metrics: &RunMetrics) -> anyhow::Result<()> {
    if !workspace.database().exists() {
        return Ok(());
    }
    let run = Run {
        name: metrics.run.clone(),
        created: now(),
        config: serde_json::to_value(config)?,
        metrics: serde_json::to_value(metrics)?,
    };
    Store::open_existing(workspace)
        .and_then(|store| store.add_run(&run))
        .context("the metrics are written, but not recorded in the database")
}

fn print(run: &RunMetrics, files: &RunFiles) {
    let m = &run.metrics;
    let confusion = &m.confusion;
    println!("{} images of {} in {}", run.counts.total(), run.part, run.data);
    for (name, value) in [
        ("accuracy", m.accuracy),
        ("precision", m.precision),
        ("recall", m.recall),
        ("specificity", m.specificity),
        ("F1", m.f1),
        ("AUROC", m.auroc),
    ] {
        let value = value.map_or("undefined".into(), |value| format!("{value:.3}"));
        println!("  {name:<12} {value}");
    }
    println!("                predicted COVID  non-COVID");
    println!("  COVID         {:15} {:10}", confusion.true_positive, confusion.false_negative);
    println!("  non-COVID     {:15} {:10}", confusion.false_positive, confusion.true_negative);
    println!("{}", files.predictions(run.part).display());
}
