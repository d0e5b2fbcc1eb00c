//! `covid-ct train`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use covid_ct::Workspace;
use covid_ct::metrics::{HistoryRow, RunFiles};
use covid_ct::model::{
    self, DatasetFolder, Ending, NewRun, Pictures, Preparation, Progress, TrainOptions,
};
use covid_ct::store::Part;
use indicatif::ProgressBar;

use super::{Outcome, processors, progress_bar, stop_on_interrupt};
use crate::cli::TrainArgs;

pub fn run(workspace: &Path, args: &TrainArgs) -> anyhow::Result<Outcome> {
    model::check_available()?;
    let workspace = Workspace::new(workspace);
    let folder = args.data.clone().unwrap_or_else(|| workspace.export("default"));
    let dataset = DatasetFolder::open(&folder)?;
    let train = load(&dataset, Part::Train, Preparation::Augment, args.size)?;
    let val = load(&dataset, Part::Val, Preparation::Centre, args.size)?;
    let options = options(&workspace, dataset.root(), args)?;

    let new_run = NewRun::begin(&workspace.runs(), &args.run)?;
    let stop = stop_on_interrupt("stopping after this step")?;
    let mut report = Report::default();
    let files = new_run.files();
    let trained =
        model::train(&options, &train, &val, &files, &stop, &mut |news| report.show(&news));
    report.bar.finish_and_clear();
    let ending = trained?;
    if report.history.is_empty() {
        bail!("{}; nothing was kept", told(ending));
    }
    summarise(&new_run.finish()?, &report.history);
    if ending == Ending::Completed {
        return Ok(Outcome::Done);
    }
    eprintln!("covid-ct: {}; the best epoch before it was kept", told(ending));
    Ok(Outcome::DoneWithFailures)
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

fn options(workspace: &Workspace, data: &Path, args: &TrainArgs) -> anyhow::Result<TrainOptions> {
    Ok(TrainOptions {
        run: args.run.clone(),
        data: recorded_path(workspace, data)?,
        network: args.network,
        init: (args.init != Path::new("random")).then(|| args.init.clone()),
        epochs: args.epochs,
        batch: args.batch,
        learning_rate: args.learning_rate,
        seed: args.seed,
        device: args.compute.device,
        threads: args.compute.threads.map_or_else(processors, std::num::NonZero::get),
    })
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
        Ending::Stopped { epoch } => format!("stopped in epoch {epoch}"),
        Ending::Diverged { epoch } => {
            format!("the loss was no longer a number in epoch {epoch}: lower --learning-rate")
        }
    }
}

/// Tells on stderr how it goes: a bar on a terminal, else a line an epoch.
struct Report {
    bar: ProgressBar,
    history: Vec<HistoryRow>,
}

impl Default for Report {
    fn default() -> Self {
        Self { bar: ProgressBar::hidden(), history: Vec::new() }
    }
}

impl Report {
    fn show(&mut self, news: &Progress<'_>) {
        match news {
            Progress::Started { device, counts, steps_per_epoch, replaced_head } => {
                eprintln!(
                    "training on {} images ({} COVID), validating on {} ({} COVID), on the {device}",
                    counts.train.total(),
                    counts.train.covid,
                    counts.val.total(),
                    counts.val.covid
                );
                if let Some(outputs) = replaced_head {
                    eprintln!(
                        "the weights' last layer has {outputs} outputs: it starts afresh with 2"
                    );
                }
                self.bar = progress_bar(*steps_per_epoch as usize, "epoch 1");
            }
            Progress::Step { loss } => {
                self.bar.set_message(format!("loss {loss:.3}"));
                self.bar.inc(1);
            }
            Progress::Epoch { row, best } => {
                let line = epoch_line(row, *best);
                self.bar.suspend(|| eprintln!("{line}"));
                self.bar.reset();
                self.bar.set_prefix(format!("epoch {}", row.epoch + 1));
                self.history.push(**row);
            }
        }
    }
}

fn epoch_line(row: &HistoryRow, best: bool) -> String {
    format!(
        "epoch {:3}  train loss {:.4}  val loss {:.4}  accuracy {:.3}  AUROC {:.3}  {:.0} s{}",
        row.epoch,
        row.train_loss,
        row.val_loss,
        row.val_accuracy,
        row.val_auroc,
        row.seconds,
        if best { "  *" } else { "" }
    )
}

fn summarise(files: &RunFiles, history: &[HistoryRow]) {
    let best = HistoryRow::best(history).expect("an epoch was made");
    println!(
        "{}: epoch {} of {} is the best, validation AUROC {:.3}, accuracy {:.3}",
        files.checkpoint().display(),
        best.epoch,
        history.len(),
        best.val_auroc,
        best.val_accuracy
    );
}
