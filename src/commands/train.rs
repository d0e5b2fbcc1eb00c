//! `covid-ct train`

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, bail};
use covid_ct::Workspace;
use covid_ct::metrics::{HistoryRow, RunFiles};
use covid_ct::model::{
    self, DatasetFolder, Ending, NewRun, Pictures, Preparation, TrainOptions, digest,
};
use covid_ct::store::Part;

use super::environment::{compute, prepare_for_tensors};
use super::{Outcome, progress_bar, stop_on_interrupt};
use crate::cli::TrainArgs;

mod live;

use live::Live;

pub fn run(workspace: &Path, args: &TrainArgs) -> anyhow::Result<Outcome> {
    model::check_available()?;
    prepare_for_tensors(&args.compute)?;
    let workspace = Workspace::new(workspace);
    let folder = args.data.clone().unwrap_or_else(|| workspace.export("default"));
    let dataset = DatasetFolder::open(&folder)?;
    let recipe = args.recipe.of(args.profile);
    let train = load(&dataset, Part::Train, Preparation::Augment(recipe.fit), recipe.size)?;
    let val = load(&dataset, Part::Val, Preparation::Whole(recipe.fit), recipe.size)?;
    let options = TrainOptions {
        run: args.run.clone(),
        series: None,
        data: recorded_path(&workspace, dataset.root())?,
        data_sha256: digest(train.examples().iter().chain(val.examples()))?,
        network: args.network,
        init: (args.init != Path::new("random")).then(|| args.init.clone()),
        recipe,
        seed: args.seed,
        compute: compute(&args.compute),
        fresh: args.fresh,
    };

    let stop = stop_on_interrupt("stopping after this step")?;
    let mut bests = Vec::new();
    for options in seeds(&options, args.seeds) {
        match train_one(&workspace, &options, &train, &val, &stop)? {
            (Outcome::Done, best) => bests.push(best),
            (unfinished, _) => return Ok(unfinished),
        }
    }
    if let Some(seeds) = args.seeds {
        let mean = bests.iter().map(|best| best.val_auroc).sum::<f64>() / bests.len() as f64;
        println!("{} of {seeds} seeds: mean validation AUROC {mean:.3}", args.run);
    }
    Ok(Outcome::Done)
}

/// One run, or one a seed.
fn seeds(options: &TrainOptions, seeds: Option<u64>) -> Vec<TrainOptions> {
    let Some(seeds) = seeds else { return vec![options.clone()] };
    let of_seed = |seed| TrainOptions {
        run: format!("{}-seed{seed}", options.run),
        series: Some(options.run.clone()),
        seed,
        ..options.clone()
    };
    (options.seed..).take(seeds as usize).map(of_seed).collect()
}

/// Trains a run and tells how; its best epoch with it.
fn train_one(
    workspace: &Workspace,
    options: &TrainOptions,
    train: &Pictures,
    val: &Pictures,
    stop: &AtomicBool,
) -> anyhow::Result<(Outcome, HistoryRow)> {
    let new_run = NewRun::begin(&workspace.runs(), &options.run)?;
    let mut live = Live::default();
    let trained = model::train(options, train, val, &new_run, stop, &mut |news| live.show(&news));
    live.finish();
    let ending = trained?;
    if ending == Ending::Repeated {
        drop(new_run);
        let files = RunFiles::new(workspace.run(&options.run));
        eprintln!("covid-ct: {} is this very training: --fresh trains it again", options.run);
        return Ok((Outcome::Done, summarise(&files, &files.read_history()?)?));
    }
    if live.history().is_empty() {
        bail!("{}; nothing was kept", told(ending));
    }
    let best = summarise(&new_run.finish()?, live.history())?;
    match ending {
        Ending::Stopped { .. } => {
            eprintln!(
                "covid-ct: {}; the best epoch before it was kept, and the same command goes on",
                told(ending)
            );
            Ok((Outcome::DoneWithFailures, best))
        }
        Ending::Diverged { .. } => {
            eprintln!("covid-ct: {}; the best epoch before it was kept", told(ending));
            Ok((Outcome::DoneWithFailures, best))
        }
        Ending::OutOfPatience { .. } => {
            eprintln!("covid-ct: {}", told(ending));
            Ok((Outcome::Done, best))
        }
        Ending::Completed | Ending::Repeated => Ok((Outcome::Done, best)),
    }
}

/// The images of a part, all decoded: a bad one is found now, not hours into the training.
fn load(
    dataset: &DatasetFolder,
    part: Part,
    preparation: Preparation,
    side: u32,
) -> anyhow::Result<Pictures> {
    let examples = dataset.examples_of_both(part)?;
    let bar = progress_bar(examples.len(), part.as_str());
    let loaded = Pictures::load(examples, preparation, side, || bar.inc(1));
    bar.finish_and_clear();
    Ok(loaded?)
}

/// A dataset's folder as a run records it: relative to the workspace where it lies inside, so that
/// the workspace can move; else absolute.
pub(super) fn recorded_path(workspace: &Workspace, folder: &Path) -> anyhow::Result<String> {
    let absolute = |path: &Path| -> anyhow::Result<PathBuf> {
        path.canonicalize().with_context(|| format!("cannot find {}", path.display()))
    };
    let folder = absolute(folder)?;
    let inside = folder.strip_prefix(absolute(workspace.root())?).unwrap_or(&folder);
    Ok(inside.display().to_string())
}

fn told(ending: Ending) -> String {
    match ending {
        Ending::Completed => "completed".into(),
        Ending::Repeated => "trained before".into(),
        Ending::OutOfPatience { epoch } => {
            format!("ended after epoch {epoch}: nothing better came for as long as --patience")
        }
        Ending::Stopped { epoch } => format!("stopped in epoch {epoch}"),
        Ending::Diverged { epoch } => {
            format!("the loss was no longer a number in epoch {epoch}: lower --learning-rate")
        }
    }
}

fn summarise(files: &RunFiles, history: &[HistoryRow]) -> anyhow::Result<HistoryRow> {
    let best = HistoryRow::best(history);
    let best = best.with_context(|| format!("{} holds no epoch", files.history().display()))?;
    println!(
        "{}: epoch {} of {} is the best, validation AUROC {:.3}, accuracy {:.3}",
        files.checkpoint().display(),
        best.epoch,
        history.len(),
        best.val_auroc,
        best.val_accuracy
    );
    Ok(*best)
}
