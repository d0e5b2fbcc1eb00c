//! `covid-ct evaluate`

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use covid_ct::Workspace;
use covid_ct::metrics::{
    Chosen, ClassCounts, DEFAULT_THRESHOLD, Details, HistoryRow, Prediction, Recipe, RunConfig,
    RunFiles, RunMetrics, Scored, check_run_name,
};
use covid_ct::model::{self, Compute, DatasetFolder, Evaluation, Pictures, Preparation, Scorer};
use covid_ct::store::{Part, Run, Store, now};

use super::environment::prepare_for_tensors;
use super::train::{compute, recorded_path};
use super::{Outcome, progress_bar};
use crate::cli::EvaluateArgs;

mod text;

pub fn run(workspace: &Path, args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    model::check_available()?;
    prepare_for_tensors();
    check_run_name(&args.run)?;
    let workspace = Workspace::new(workspace);
    let files = RunFiles::new(workspace.run(&args.run));
    let config = read_config(&files, &args.run)?;
    // An absolute path stays itself.
    let recorded = workspace.root().join(&config.data);
    let dataset = DatasetFolder::open(args.data.as_ref().unwrap_or(&recorded))?;

    let mut scorer = scorer(&files, &config, compute(&args.compute))?;
    let evaluation = evaluate(scorer.as_mut(), &dataset, args.part, &config.recipe)?;
    let chosen = choose(scorer.as_mut(), &recorded, &config.recipe);
    let metrics = RunMetrics {
        covid_ct: env!("CARGO_PKG_VERSION").into(),
        run: args.run.clone(),
        data: recorded_path(&workspace, dataset.root())?,
        part: args.part,
        counts: ClassCounts::of(evaluation.predictions.iter().map(|p| p.label)),
        epoch: HistoryRow::best(&files.read_history()?).map_or(0, |best| best.epoch),
        loss: evaluation.loss,
        metrics: evaluation.metrics,
        details: details(&dataset, args.part, &evaluation, chosen)?,
    };
    files.write_predictions(args.part, &evaluation.predictions)?;
    files.write_metrics(&metrics)?;
    record(&workspace, &config, &metrics)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&metrics)?);
    } else {
        print!("{}", text::told(&metrics));
        println!("{}", files.predictions(args.part).display());
    }
    Ok(Outcome::Done)
}

pub(super) fn read_config(files: &RunFiles, run: &str) -> anyhow::Result<RunConfig> {
    if !files.folder().is_dir() {
        bail!("no run at {}: run `covid-ct train {run}` first", files.folder().display());
    }
    Ok(files.read_config()?)
}

pub(super) fn scorer(
    files: &RunFiles,
    config: &RunConfig,
    compute: Compute,
) -> anyhow::Result<Box<dyn Scorer>> {
    let network = config.network.parse().map_err(|e: String| {
        anyhow!("{}: network: {e}; train the run again", files.config().display())
    })?;
    Ok(model::load_scorer(network, &files.checkpoint(), compute)?)
}

fn evaluate(
    scorer: &mut dyn Scorer,
    dataset: &DatasetFolder,
    part: Part,
    recipe: &Recipe,
) -> anyhow::Result<Evaluation> {
    let examples = dataset.examples(part)?;
    let count = examples.len();
    let pictures = Pictures::load(examples, Preparation::Whole(recipe.fit), recipe.size, || ())?;
    let bar = progress_bar(count, part.as_str());
    let scored = model::score(scorer, &pictures, |images| bar.inc(images));
    bar.finish_and_clear();
    Ok(Evaluation::of(pictures.examples(), &scored?, DEFAULT_THRESHOLD)?)
}

/// The operating threshold, from the validation part that the run was trained with, whatever dataset
/// is measured. A dataset that is gone costs the threshold, not the measurement.
fn choose(scorer: &mut dyn Scorer, recorded: &Path, recipe: &Recipe) -> Option<Chosen> {
    let validation = DatasetFolder::open(recorded)
        .map_err(anyhow::Error::from)
        .and_then(|dataset| evaluate(scorer, &dataset, Part::Val, recipe));
    match validation {
        Ok(validation) => {
            let chosen = Chosen::on(Part::Val, &scored(&validation));
            if chosen.is_none() {
                eprintln!(
                    "covid-ct: no threshold tells the classes of the validation part apart better \
                     than chance: none is chosen"
                );
            }
            chosen
        }
        Err(error) => {
            eprintln!("covid-ct: no threshold is chosen: {error:#}");
            None
        }
    }
}

fn scored(evaluation: &Evaluation) -> Vec<Scored> {
    evaluation.predictions.iter().map(Prediction::scored).collect()
}

fn details(
    dataset: &DatasetFolder,
    part: Part,
    evaluation: &Evaluation,
    chosen: Option<Chosen>,
) -> anyhow::Result<Details> {
    let origins = model::origins(dataset.root(), &dataset.examples(part)?)?;
    Ok(Details::of(&scored(evaluation), &origins, DEFAULT_THRESHOLD, chosen))
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
