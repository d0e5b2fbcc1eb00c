//! `covid-ct pretrain`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::Workspace;
use crate::metrics::three_decimals;
use crate::model::pretrain::{
    Database, FindingRow, Lesson, Parts, Phantom, PretrainFiles, PretrainNews, PretrainOptions,
    PretrainRow, Sources, Task, Xray, XrayFolder, gather,
};
use crate::model::{
    Backend, Compute, DatasetFolder, Ending, ModelError, NewRun, Pictures, Preparation, Shown,
};
use crate::runs::RunFiles;
use crate::store::{NamedSplit, Store};
use anyhow::{Context as _, bail};
use covid_ct_core::{ObjectStore, Split};
use indicatif::ProgressBar;

use super::environment::{Computing, prepare_for_tensors};
use super::pace::Pace;
use super::train::{broken_off, told as told_ending};
use super::{Outcome, progress_bar, stop_on_interrupt};
use crate::cli::{
    PretrainArgs, PretrainContrastArgs, PretrainPhantomsArgs, PretrainSettings, PretrainTask,
    PretrainXraysArgs,
};

pub fn run(
    backend: &dyn Backend,
    workspace: &Path,
    args: &PretrainArgs,
) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    let settings = match &args.task {
        PretrainTask::Xrays(args) => &args.settings,
        PretrainTask::Phantoms(args) => &args.settings,
        PretrainTask::Contrast(args) => &args.settings,
    };
    let computing = prepare_for_tensors(backend, &settings.compute)?;
    match &args.task {
        PretrainTask::Xrays(args) => xrays(&computing, &workspace, args),
        PretrainTask::Phantoms(args) => phantoms(&computing, &workspace, args),
        PretrainTask::Contrast(args) => contrast(&computing, &workspace, args),
    }
}

fn xrays(
    computing: &Computing<'_>,
    workspace: &Workspace,
    args: &PretrainXraysArgs,
) -> anyhow::Result<Outcome> {
    let settings = &args.settings;
    let xrays = XrayFolder::new(&args.folder).read(settings.seed)?;
    eprintln!(
        "{} training images, {} validation images and {} test images, of different patients; {} missing",
        xrays.train.len(),
        xrays.val.len(),
        xrays.test.len(),
        xrays.absent
    );
    let parts = parts([xrays.train, xrays.val, xrays.test], settings);
    check_headers([&parts.train, &parts.val, &parts.test])?;
    learn(
        computing,
        workspace,
        &options(&args.name, settings, 1.0, computing.compute),
        Lesson::Findings(&parts),
    )
}

fn phantoms(
    computing: &Computing<'_>,
    workspace: &Workspace,
    args: &PretrainPhantomsArgs,
) -> anyhow::Result<Outcome> {
    let settings = &args.settings;
    let drawn = [Split::Train, Split::Val, Split::Test]
        .map(|part| Phantom::part(part, args.pictures, settings.seed));
    let parts = parts(drawn, settings);
    learn(
        computing,
        workspace,
        &options(&args.name, settings, 1.0, computing.compute),
        Lesson::Phantoms(&parts),
    )
}

fn parts<E: Shown>([train, val, test]: [Vec<E>; 3], settings: &PretrainSettings) -> Parts<E> {
    Parts {
        train: pictures(train, Preparation::Augment(settings.fit), settings),
        val: pictures(val, Preparation::Whole(settings.fit), settings),
        test: pictures(test, Preparation::Whole(settings.fit), settings),
    }
}

/// Finds what is no picture before hours of training. Decoding them all would take as long as an epoch.
fn check_headers(parts: [&Pictures<Xray>; 3]) -> anyhow::Result<()> {
    let bar = progress_bar(parts.iter().map(|part| part.examples().len()).sum(), "check");
    let bad: Vec<_> = parts.iter().flat_map(|part| part.without_header(|| bar.inc(1))).collect();
    bar.finish_and_clear();
    if bad.is_empty() { Ok(()) } else { Err(ModelError::BadImages(bad).into()) }
}

fn contrast(
    computing: &Computing<'_>,
    workspace: &Workspace,
    args: &PretrainContrastArgs,
) -> anyhow::Result<Outcome> {
    if let Some(folder) = args.folders.iter().find(|folder| !folder.is_dir()) {
        bail!("no folder at {}: expected pictures in it or below", folder.display());
    }
    let open = |folder: &PathBuf| DatasetFolder::open(folder);
    let dataset = args.data.as_ref().map(open).transpose()?;
    let named = args.held_out.as_ref().map(open).transpose()?;
    // What comes from elsewhere may look like what the export measures on.
    let from_elsewhere = args.database || !args.folders.is_empty();
    let goes_by_export = from_elsewhere && dataset.is_none();
    let usual = || goes_by_export.then(|| open(&workspace.export("default")).ok()).flatten();
    let held_out = named.or_else(usual);
    if dataset.is_none() && held_out.is_none() && !args.database {
        eprintln!(
            "covid-ct: nothing is held out: name the dataset that you will evaluate on with --held-out"
        );
    }
    let in_database = args.database.then(|| database(workspace, &args.split)).transpose()?;
    let pool = gather(Sources {
        dataset: dataset.as_ref(),
        database: in_database.as_ref().map(|(store, objects, split)| Database {
            store,
            objects,
            split,
        }),
        folders: &args.folders,
        held_out: held_out.as_ref(),
    })?;
    for failure in &pool.failures {
        eprintln!("covid-ct: {failure}");
    }
    let failed = !pool.failures.is_empty();
    eprintln!(
        "{} pictures to learn from; {} held out: they are, or look like, pictures of the validation or test split",
        pool.pictures.len(),
        pool.held_out
    );
    if pool.pictures.len() < 2 {
        bail!("too few pictures to tell apart: expected at least 2");
    }
    let pictures = pictures(pool.pictures, Preparation::Augment(args.settings.fit), &args.settings);
    let options = options(&args.name, &args.settings, args.temperature, computing.compute);
    let outcome = learn(computing, workspace, &options, Lesson::Contrast(&pictures))?;
    Ok(if failed { Outcome::DoneWithFailures } else { outcome })
}

fn database(
    workspace: &Workspace,
    split: &str,
) -> anyhow::Result<(Store, ObjectStore, NamedSplit)> {
    let store = Store::open_existing(workspace)?;
    let Some(split) = store.split(split)? else {
        bail!(
            "no split '{split}', which tells the pictures to hold out: run `covid-ct split` first"
        );
    };
    Ok((store, ObjectStore::open(&workspace.objects())?, split))
}

fn pictures<E: Shown>(
    examples: Vec<E>,
    preparation: Preparation,
    settings: &PretrainSettings,
) -> Pictures<E> {
    Pictures::new(examples, preparation, settings.size, settings.cache << 20)
}

fn options(
    name: &str,
    settings: &PretrainSettings,
    temperature: f64,
    compute: Compute,
) -> PretrainOptions {
    PretrainOptions {
        name: name.into(),
        network: settings.network,
        init: (settings.init != Path::new("random")).then(|| settings.init.clone()),
        epochs: settings.epochs,
        batch: settings.batch,
        learning_rate: settings.learning_rate,
        temperature,
        size: settings.size,
        fit: settings.fit,
        traces: settings.traces as f32,
        seed: settings.seed,
        compute,
        fresh: settings.fresh,
    }
}

fn learn(
    computing: &Computing<'_>,
    workspace: &Workspace,
    options: &PretrainOptions,
    lesson: Lesson<'_>,
) -> anyhow::Result<Outcome> {
    let task = lesson.task();
    let run = NewRun::begin(&workspace.pretrained(), &options.name)?;
    let stop = stop_on_interrupt("stopping after this step")?;
    let mut bar = ProgressBar::hidden();
    let mut epochs = 0;
    let mut pace: Option<Pace> = None;
    let trained =
        computing.backend.pretrain(options, lesson, &run, &stop, &mut |news| match news {
            PretrainNews::Started { pictures, steps_per_epoch, speed, resumed, fresh_head } => {
                eprintln!("learning from {pictures} pictures");
                if let Some(speed) = speed {
                    eprintln!("{speed}");
                }
                if let Some(head) = fresh_head {
                    eprintln!("{head}: it starts afresh");
                }
                if let Some(last) = resumed.last() {
                    eprintln!("going on after epoch {}", last.epoch);
                }
                epochs = resumed.len();
                bar = progress_bar(steps_per_epoch as usize, "epoch");
                let pictures = pictures as u64;
                let all = Pace::new("pretraining", pictures * u64::from(options.epochs));
                pace = Some(all.after(pictures * epochs as u64));
            }
            PretrainNews::Step => {
                bar.inc(1);
                if let Some(pace) = &mut pace {
                    pace.advance(options.batch.into());
                }
            }
            PretrainNews::Epoch { row, best } => {
                bar.suspend(|| eprintln!("{}", told(row, task, best)));
                bar.reset();
                epochs += 1;
            }
            PretrainNews::Measuring { part, pictures } => {
                bar.finish_and_clear();
                bar = progress_bar(pictures, part.as_str());
                pace = Some(Pace::new(format!("measuring on {part}"), pictures as u64));
            }
            PretrainNews::Measured { pictures } => {
                bar.inc(pictures);
                if let Some(pace) = &mut pace {
                    pace.advance(pictures);
                }
            }
        });
    bar.finish_and_clear();
    let ending = trained.with_context(|| broken_off("pretraining", &options.name, epochs > 0))?;
    let folder = RunFiles::new(workspace.pretrained().join(&options.name));
    match ending {
        Ending::Repeated => {
            drop(run);
            eprintln!("covid-ct: {} is already complete: --fresh trains it again", options.name);
        }
        _ if epochs == 0 => bail!("{}: {}; nothing was kept", options.name, told_ending(ending)),
        Ending::Completed | Ending::OutOfPatience { .. } => drop(run.complete()?),
        Ending::Stopped { .. } | Ending::Diverged { .. } => {
            let (_, waits) = run.stop()?;
            let kept = if waits {
                "the earlier weights of that name stay in place"
            } else {
                "the weights learned until then were kept"
            };
            eprintln!("covid-ct: {} {}; {kept}", options.name, told_ending(ending));
        }
    }
    let files = PretrainFiles::new(folder.clone());
    let history = files.read_history().context("the pretraining's history cannot be read")?;
    if files.findings().exists() {
        print!("{}", told_of_findings(&files.read_findings()?));
    }
    println!("{}: {} epochs", folder.checkpoint().display(), history.len());
    let unfinished = matches!(ending, Ending::Stopped { .. } | Ending::Diverged { .. });
    Ok(if unfinished { Outcome::DoneWithFailures } else { Outcome::Done })
}

/// A line a finding.
fn told_of_findings(rows: &[FindingRow]) -> String {
    let of = |part: Split| rows.iter().filter(move |row| row.part == part);
    let mut text = format!(
        "{:<20}{:>12}{:>10}{:>13}{:>11}\n",
        "finding", "in val", "AUROC", "in test", "AUROC"
    );
    for (val, test) in of(Split::Val).zip(of(Split::Test)) {
        let _ = writeln!(
            text,
            "{:<20}{:>12}{:>10}{:>13}{:>11}",
            val.finding,
            val.positives,
            three_decimals(val.auroc),
            test.positives,
            three_decimals(test.auroc)
        );
    }
    text
}

fn told(row: &PretrainRow, task: Task, best: bool) -> String {
    let score = match task {
        Task::Findings | Task::Phantoms => "mean AUROC",
        Task::Contrast => "pairs found",
    };
    format!(
        "epoch {:3}  loss {:.4}  {score} {:.3}  {:.0} s{}",
        row.epoch,
        row.loss,
        row.score,
        row.seconds,
        if best && task != Task::Contrast { "  *" } else { "" }
    )
}
