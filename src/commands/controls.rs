//! `covid-ct controls`

use std::collections::BTreeSet;
use std::path::Path;

use crate::Workspace;
use crate::dataset::resplit::{Deal, Resplit};
use crate::metrics::{DEFAULT_THRESHOLD, Scored, three_decimals};
use crate::model::controls::{Observed, contradictions, giveaways, observe};
use crate::model::{self, Backend, Blank, CENTRE, DatasetFolder, Evaluation, InputTransform};
use crate::runs::controls::{Contradiction, Control, Controls, ImageSplit, Placed, Without};
use crate::runs::{Prediction, check_run_name};
use anyhow::{Context as _, bail};

use super::environment::{Computing, prepare_for_tensors};
use super::evaluate::subject::{Destination, Shown, Subject, load};
use super::{Outcome, bars::Bars, progress_bar};
use crate::cli::ControlsArgs;

pub fn run(
    backend: &dyn Backend,
    workspace: &Path,
    args: &ControlsArgs,
) -> anyhow::Result<Outcome> {
    let computing = prepare_for_tensors(backend, &args.compute)?;
    let workspace = Workspace::new(workspace);
    let subject = Subject::find(&workspace, &args.measured.run)?;
    if !subject.files.folder().is_dir() {
        bail!(
            "the series {0} was not measured yet: run `covid-ct evaluate {0}` first",
            subject.name
        );
    }
    let recorded = workspace.root().join(&subject.config().data);
    let dataset = DatasetFolder::open(args.measured.data.as_ref().unwrap_or(&recorded))?;
    let destination = Destination::of(&workspace, subject.config(), &dataset)?;
    let listed = args.exclude.as_deref().map(names_in).transpose()?;
    let image_split =
        args.image_split.as_deref().map(|run| image_split(&workspace, run, args)).transpose()?;
    let measured = Measured::of(&computing, &subject, &dataset, args)?;
    let observed = look(&dataset)?;
    let contradictions = contradictions(&observed, &Bars::new());
    let controls = Controls {
        covid_ct: env!("CARGO_PKG_VERSION").into(),
        run: args.measured.run.clone(),
        data: destination.data.clone(),
        part: args.measured.part,
        flip: args.measured.flip,
        whole: measured.control("the network on whole pictures", &|_| true),
        centre: CENTRE,
        blanked: measured.blanked.clone(),
        giveaways: giveaways(&observed, args.measured.part),
        without_contradictions: measured
            .without(&contradicting(&contradictions, args), "contradictions"),
        contradictions,
        without_listed: match &listed {
            Some(names) => measured.without_listed(names)?,
            None => None,
        },
        image_split,
    };
    let files = destination.within(&subject.files);
    files.write_controls(&controls)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&controls)?);
    } else {
        print!("{}", told(&controls));
        println!("{}", files.controls(controls.part).display());
    }
    subject.tell_missing();
    Ok(if subject.missing.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Names of pictures, one a line.
pub fn names_in(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the names in {}", path.display()))?;
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

fn look(dataset: &DatasetFolder) -> anyhow::Result<Vec<Observed>> {
    let bar = progress_bar(0, "looking");
    let observed = observe(dataset, || {
        bar.inc_length(1);
        bar.inc(1);
    });
    bar.finish_and_clear();
    Ok(observed?)
}

/// Names of pictures of the part that contradict one anywhere.
fn contradicting(contradictions: &[Contradiction], args: &ControlsArgs) -> BTreeSet<String> {
    let both = contradictions.iter().flat_map(|pair| [&pair.one, &pair.other]);
    both.filter(|placed| placed.part == args.measured.part)
        .map(|placed| placed.file.clone())
        .collect()
}

/// The network's scores of the part, and what it makes of it when some is blanked.
struct Measured {
    predictions: Vec<Prediction>,
    /// Papers, one a prediction.
    groups: Vec<String>,
    blanked: Vec<Control>,
}

impl Measured {
    fn of(
        computing: &Computing<'_>,
        subject: &Subject,
        dataset: &DatasetFolder,
        args: &ControlsArgs,
    ) -> anyhow::Result<Self> {
        let mut shown = Shown::new(dataset, args.measured.part)?;
        shown.tell_missing_class();
        let origins = model::origins(dataset.root(), shown.examples())?;
        let groups: Vec<String> = origins.into_iter().map(|origin| origin.group).collect();
        let networks: anyhow::Result<Vec<_>> =
            subject.members.iter().map(|member| load(member, computing)).collect();
        let mut networks = networks?;
        let mut score = |blank| -> anyhow::Result<Vec<Prediction>> {
            let transform = InputTransform { flip: args.measured.flip, blank };
            let log_odds = subject.score(&mut networks, &mut shown, transform)?;
            Ok(Evaluation::of(shown.examples(), &log_odds, DEFAULT_THRESHOLD)?.predictions)
        };
        let predictions = score(Blank::Nothing)?;
        let mut blanked = Vec::new();
        for (name, blank) in [
            ("the middle blanked", Blank::Centre),
            ("all but the middle blanked", Blank::Surroundings),
        ] {
            let scored: Vec<Scored> = score(blank)?.iter().map(Prediction::scored).collect();
            blanked.push(Control::of(name, &scored, &groups));
        }
        Ok(Self { predictions, groups, blanked })
    }

    fn control(&self, name: &str, keep: &dyn Fn(&str) -> bool) -> Control {
        let kept = self.predictions.iter().zip(&self.groups).filter(|(p, _)| keep(&p.file));
        let (scored, groups): (Vec<Scored>, Vec<String>) =
            kept.map(|(prediction, group)| (prediction.scored(), group.clone())).unzip();
        Control::of(name, &scored, &groups)
    }

    /// `None` where there is nothing to leave out.
    fn without(&self, names: &BTreeSet<String>, what: &str) -> Option<Without> {
        let files: Vec<String> = self
            .predictions
            .iter()
            .map(|prediction| prediction.file.clone())
            .filter(|file| names.contains(file))
            .collect();
        (!files.is_empty()).then(|| Without {
            measured: self.control(&format!("without {what}"), &|file| !names.contains(file)),
            files,
        })
    }

    /// Names that are not in the part are refused: a list with a slip in it would leave in what it should not.
    fn without_listed(&self, names: &BTreeSet<String>) -> anyhow::Result<Option<Without>> {
        let is_there = |name: &&String| self.predictions.iter().any(|p| p.file == **name);
        let unknown: Vec<&String> = names.iter().filter(|name| !is_there(name)).collect();
        if let Some(name) = unknown.first() {
            bail!(
                "--exclude: '{name}' is no picture of the split; give names as the lists have them"
            );
        }
        Ok(self.without(names, "those listed"))
    }
}

/// What another run, on images dealt at random, was measured to be.
fn image_split(
    workspace: &Workspace,
    run: &str,
    args: &ControlsArgs,
) -> anyhow::Result<ImageSplit> {
    check_run_name(run)?;
    let other = Subject::find(workspace, run)?;
    let metrics = other.files.read_metrics(args.measured.part).with_context(|| {
        format!("the run '{run}' is not measured: run `covid-ct evaluate {run}`")
    })?;
    let trained = &other.config().data;
    let resplit = Resplit::read(&workspace.root().join(trained))?;
    if resplit.is_none_or(|resplit| resplit.by != Deal::Image) {
        bail!(
            "the run '{run}' was trained on {trained}, which `covid-ct resplit` did not split by image"
        );
    }
    if metrics.data != *trained {
        bail!(
            "the run '{run}' was trained on {trained} but measured on {}: run `covid-ct evaluate {run}`",
            metrics.data
        );
    }
    let auroc_interval = metrics.details.intervals.and_then(|intervals| intervals.auroc);
    Ok(ImageSplit {
        run: run.into(),
        data: metrics.data,
        measured: Control {
            name: "another network, images split at random".into(),
            images: metrics.counts.total(),
            auroc: metrics.metrics.auroc,
            auroc_interval,
            accuracy: metrics.metrics.accuracy,
            f1: metrics.metrics.f1,
        },
    })
}

/// Lines, each ended.
fn told(controls: &Controls) -> String {
    use std::fmt::Write as _;

    let mut text =
        format!("controls of {} on {} in {}\n", controls.run, controls.part, controls.data);
    let _ = writeln!(text, "  {:<44} {:>6}  {:<22} {:>8}", "", "images", "AUROC", "accuracy");
    let mut line = |control: &Control| {
        let mut auroc = three_decimals(control.auroc);
        if let Some(interval) = control.auroc_interval {
            let _ = write!(auroc, " [{:.3}, {:.3}]", interval.low, interval.high);
        }
        let (name, accuracy) = (&control.name, three_decimals(control.accuracy));
        let _ = writeln!(text, "  {name:<44} {:>6}  {auroc:<22} {accuracy:>8}", control.images);
    };
    line(&controls.whole);
    controls.blanked.iter().for_each(&mut line);
    for control in &controls.giveaways {
        line(&Control { name: format!("predicted from {}", control.name), ..control.clone() });
    }
    for without in controls.without_contradictions.iter().chain(&controls.without_listed) {
        line(&without.measured);
    }
    if let Some(split) = &controls.image_split {
        line(&split.measured);
    }
    for Contradiction { one, other } in &controls.contradictions {
        let placed = |Placed { file, label, part }: &Placed| format!("{file} ({label}, {part})");
        let _ = writeln!(text, "contradicting labels: {} and {}", placed(one), placed(other));
    }
    text
}
