//! `covid-ct train`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::folds::{fold_name, fold_of};
use crate::model::{
    Backend, Compute, DatasetFolder, Ending, NewRun, Pictures, Preparation, Progress, TrainOptions,
};
use crate::runs::{HistoryRow, Keep, Meaning, RunFiles};
use crate::{Workspace, atomic};
use anyhow::{Context as _, bail};
use covid_ct_core::Split;
use indicatif::MultiProgress;

use super::environment::{compute_beside, prepare_for_threads};
use super::{Outcome, in_full, progress_bar, stop_on_interrupt};
use crate::cli::TrainArgs;

mod live;

use live::Live;

pub fn run(backend: &dyn Backend, workspace: &Path, args: &TrainArgs) -> anyhow::Result<Outcome> {
    let at_once = args.seeds.map_or(1, |seeds| seeds.min(args.jobs.get().into()) as u32);
    // Of --jobs, however many seeds there are: more seeds later leave those that are trained as they are.
    let compute = compute_beside(&args.compute, args.jobs.get());
    prepare_for_threads(compute.threads.saturating_mul(at_once))?;
    let workspace = Workspace::new(workspace);
    let folder = args.data.clone().unwrap_or_else(|| workspace.export("default"));
    let stop = stop_on_interrupt("stopping after this step")?;
    let training = Training { backend, workspace, args, compute, at_once, stop: &stop };
    match args.folds {
        None => training.run(&args.run, &DatasetFolder::open(&folder)?),
        Some(folds) => training.folds(&folder, folds),
    }
}

/// What is the same for all folds.
struct Training<'a> {
    backend: &'a dyn Backend,
    workspace: Workspace,
    args: &'a TrainArgs,
    compute: Compute,
    at_once: u32,
    stop: &'a AtomicBool,
}

impl Training<'_> {
    /// Trains on each fold. Where one fails, the others go on.
    fn folds(&self, folder: &Path, folds: u32) -> anyhow::Result<Outcome> {
        has_one_meaning(&self.workspace, &self.args.run, Meaning::Folds)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        // All are there before the first is trained.
        let datasets: Vec<DatasetFolder> = (1..=folds)
            .map(|fold| DatasetFolder::open(&folder.with_file_name(fold_name(&name, fold))))
            .collect::<Result<_, _>>()?;
        let (mut outcome, mut failures) = (Outcome::Done, Vec::new());
        for (fold, dataset) in (1..).zip(&datasets) {
            let run = fold_name(&self.args.run, fold);
            if self.stop.load(Ordering::Relaxed) {
                eprintln!("covid-ct: stopped before {run}; the same command goes on");
                outcome = Outcome::DoneWithFailures;
                break;
            }
            match self.run(&run, dataset) {
                Ok(Outcome::Done) => {}
                Ok(Outcome::DoneWithFailures) => outcome = Outcome::DoneWithFailures,
                Err(error) => failures.push(error.context(run)),
            }
        }
        if failures.len() == datasets.len()
            && let Some(error) = failures.pop()
        {
            return Err(error);
        }
        for error in &failures {
            eprintln!("covid-ct: {}", in_full(error));
            outcome = Outcome::DoneWithFailures;
        }
        Ok(outcome)
    }

    /// Trains the run `name`, or its seeds.
    fn run(&self, name: &str, dataset: &DatasetFolder) -> anyhow::Result<Outcome> {
        let Self { workspace, args, .. } = self;
        let to_be = if args.seeds.is_some() { Meaning::Series } else { Meaning::Run };
        has_one_meaning(workspace, name, to_be)?;
        let recipe = args.recipe.of(args.profile);
        let train = load(dataset, Split::Train, Preparation::Augment(recipe.fit), recipe.size)?;
        let val = load(dataset, Split::Val, Preparation::Whole(recipe.fit), recipe.size)?;
        let options = TrainOptions {
            run: name.into(),
            series: None,
            data: recorded_path(workspace, dataset.root())?,
            data_sha256: dataset.digest()?,
            network: args.network,
            init: (args.init != Path::new("random")).then(|| args.init.clone()),
            recipe,
            seed: args.seed,
            compute: self.compute,
            fresh: args.fresh,
        };
        let all = seeds(&options, args.seeds);
        let series = Series {
            backend: self.backend,
            workspace,
            all: &all,
            train,
            val,
            stop: self.stop,
            at_once: self.at_once,
        };
        let mut ended = series.train();
        if args.seeds.is_none() {
            let trained = ended.remove(0)?;
            println!("{}", trained.told);
            return Ok(trained.outcome);
        }
        told_of_series(name, all.len(), ended)
    }
}

/// Refuses to make two things of one name: `evaluate NAME` could mean either.
fn has_one_meaning(workspace: &Workspace, name: &str, to_be: Meaning) -> anyhow::Result<()> {
    // Of the same kind: what is damaged is trained again, so nothing of it need be readable.
    for &is in Meaning::ALL.iter().filter(|meaning| **meaning != to_be) {
        if is.is_there(&workspace.runs(), name)? {
            bail!(
                "data/runs/{name} is a {is}: give this {to_be} another name, as in `covid-ct train NAME`"
            );
        }
    }
    Ok(())
}

/// Prints how the runs of a series ended, in the order of their seeds.
///
/// # Errors
/// The first one's, where none was trained.
fn told_of_series(
    name: &str,
    seeds: usize,
    ended: Vec<anyhow::Result<Trained>>,
) -> anyhow::Result<Outcome> {
    let (trained, failed): (Vec<_>, Vec<_>) = ended.into_iter().partition(Result::is_ok);
    let trained: Vec<Trained> = trained.into_iter().flatten().collect();
    let mut failed = failed.into_iter().filter_map(Result::err);
    if trained.is_empty()
        && let Some(error) = failed.next()
    {
        return Err(error);
    }
    for error in failed {
        eprintln!("covid-ct: {}", in_full(&error));
    }
    for run in &trained {
        println!("{}", run.told);
    }
    let whole = trained.iter().filter(|run| run.outcome == Outcome::Done);
    let kept: Vec<f64> = whole.map(|run| run.kept.val_auroc).collect();
    if kept.len() < seeds {
        eprintln!(
            "covid-ct: {} of the {seeds} seeds of {name} are trained to their end",
            kept.len()
        );
        return Ok(Outcome::DoneWithFailures);
    }
    if seeds > 1 {
        let mean = kept.iter().sum::<f64>() / seeds as f64;
        println!("{name} of {seeds} seeds: mean validation AUROC {mean:.3}");
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

/// A run that ended with an epoch to keep.
struct Trained {
    outcome: Outcome,
    kept: HistoryRow,
    /// What it came to, for stdout.
    told: String,
}

/// Runs that differ in their seeds alone.
struct Series<'a> {
    backend: &'a dyn Backend,
    workspace: &'a Workspace,
    all: &'a [TrainOptions],
    train: Pictures,
    val: Pictures,
    stop: &'a AtomicBool,
    at_once: u32,
}

impl Series<'_> {
    /// Trains them, and says how each ended; those not begun when it was to stop are not among them, but
    /// for the first, which says so.
    fn train(&self) -> Vec<anyhow::Result<Trained>> {
        let bars = MultiProgress::new();
        let next = AtomicUsize::new(0);
        let ended = Mutex::new(BTreeMap::new());
        let train_what_is_left = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(options) = self.all.get(index) else { break };
                if index > 0 && self.stop.load(Ordering::Relaxed) {
                    break;
                }
                let trained = self.train_one(options, &bars);
                ended.lock().unwrap_or_else(PoisonError::into_inner).insert(index, trained);
            }
        };
        if self.at_once == 1 {
            train_what_is_left();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..self.at_once {
                    scope.spawn(train_what_is_left);
                }
            });
        }
        let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.into_values().collect()
    }

    fn train_one(&self, options: &TrainOptions, bars: &MultiProgress) -> anyhow::Result<Trained> {
        let new_run = NewRun::begin(&self.workspace.runs(), &options.run)?;
        let name = (self.at_once > 1).then_some(options.run.as_str());
        let mut live = Live::new(name, &options.recipe, bars);
        let mut watch = |news: Progress<'_>| live.show(&news);
        let trained =
            self.backend.train(options, &self.train, &self.val, &new_run, self.stop, &mut watch);
        live.finish();
        let ending =
            trained.with_context(|| broken_off("run", &options.run, !live.history().is_empty()))?;
        let keep = options.recipe.keep;
        if ending == Ending::Repeated {
            drop(new_run);
            let files = RunFiles::new(self.workspace.run(&options.run));
            let name = &options.run;
            bars.suspend(|| {
                eprintln!("covid-ct: {name} is already trained: --fresh trains it again");
            });
            return trained_so(Outcome::Done, keep, &files, &files.read_history()?);
        }
        if live.history().is_empty() {
            bail!("{}: {}; nothing was kept", options.run, told(ending));
        }
        let is_stopped = matches!(ending, Ending::Stopped { .. } | Ending::Diverged { .. });
        let (files, waits) =
            if is_stopped { new_run.stop()? } else { (new_run.complete()?, false) };
        if !waits {
            self.forget_measurements(options)?;
        }
        let before = if waits {
            "; the earlier run of that name stays in place".into()
        } else {
            format!("; the {keep} epoch before it was kept")
        };
        let (outcome, kept) = match ending {
            Ending::Completed | Ending::Repeated => (Outcome::Done, None),
            Ending::OutOfPatience { .. } => (Outcome::Done, Some(String::new())),
            Ending::Diverged { .. } => (Outcome::DoneWithFailures, Some(before)),
            Ending::Stopped { .. } => {
                (Outcome::DoneWithFailures, Some(format!("{before}, and the same command goes on")))
            }
        };
        if let Some(kept) = kept {
            bars.suspend(|| eprintln!("covid-ct: {} {}{kept}", options.run, told(ending)));
        }
        trained_so(outcome, keep, &files, live.history())
    }

    /// What was measured of the series and the folds of which a run is another now.
    fn forget_measurements(&self, options: &TrainOptions) -> anyhow::Result<()> {
        let series = options.series.as_deref();
        let folds = fold_of(series.unwrap_or(&options.run)).map(|(name, _)| name);
        for name in series.into_iter().chain(folds) {
            let folder = self.workspace.run(name);
            // A fold may be called so by chance, and the name before be a run's.
            if !RunFiles::new(&folder).config().exists() {
                atomic::gone(std::fs::remove_dir_all(&folder))
                    .with_context(|| format!("cannot remove {}", folder.display()))?;
            }
        }
        Ok(())
    }
}

/// The images of a part, all decoded: a bad one is found now, not hours into the training.
fn load(
    dataset: &DatasetFolder,
    part: Split,
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

/// What an error broke off, and whether it can be gone on with.
pub(super) fn broken_off(what: &str, name: &str, has_epochs: bool) -> String {
    if has_epochs {
        format!("{what} {name} (the same command resumes it)")
    } else {
        format!("{what} {name}")
    }
}

pub(super) fn told(ending: Ending) -> String {
    match ending {
        Ending::Completed => "completed".into(),
        Ending::Repeated => "trained before".into(),
        Ending::OutOfPatience { epoch } => {
            format!("stopped early after epoch {epoch}: no better epoch within --patience")
        }
        Ending::Stopped { epoch } => format!("stopped in epoch {epoch}"),
        Ending::Diverged { epoch } => {
            format!("the loss was no longer a number in epoch {epoch}: lower --learning-rate")
        }
    }
}

fn trained_so(
    outcome: Outcome,
    keep: Keep,
    files: &RunFiles,
    history: &[HistoryRow],
) -> anyhow::Result<Trained> {
    let kept = HistoryRow::kept(history, keep);
    let kept = *kept.with_context(|| format!("{} holds no epoch", files.history().display()))?;
    let told = format!(
        "{}: epoch {} of {} is the {keep}, validation AUROC {:.3}, accuracy {:.3}",
        files.checkpoint().display(),
        kept.epoch,
        history.len(),
        kept.val_auroc,
        kept.val_accuracy
    );
    Ok(Trained { outcome, kept, told })
}
