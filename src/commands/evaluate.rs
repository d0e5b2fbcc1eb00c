//! `covid-ct evaluate`

use crate::task;
use covid_ct_core::Label;
use std::path::Path;

use crate::metrics::{
    Chosen, ClassMetrics, Curves, DEFAULT_THRESHOLD, Details, Origin, Scored, classes,
};
use crate::model::{self, Backend, DatasetFolder, Evaluation, Example, InputTransform, Odds};
use crate::runs::leaks::Leaks;
use crate::runs::{HistoryRow, Prediction, RunFiles, RunMetrics, SeriesMetrics};
use crate::store::{Run, Store, now};
use crate::{Workspace, atomic};
use anyhow::Context as _;
use covid_ct_core::{ClassCounts, Split};
use serde_json::json;

use self::subject::{Destination, Shown, Subject};
use super::bars::Bars;
use super::environment::{Computing, prepare_for_tensors};
use super::{Outcome, in_full, progress_bar};
use crate::cli::EvaluateArgs;

mod explained;
mod external;
mod folds;
pub mod subject;
mod text;

pub fn run(
    backend: &dyn Backend,
    workspace: &Path,
    args: &EvaluateArgs,
) -> anyhow::Result<Outcome> {
    let computing = prepare_for_tensors(backend, &args.compute)?;
    let workspace = Workspace::new(workspace);
    if let Some(folds) = folds::find(&workspace, &args.measured.run)? {
        return folds::run(&computing, &workspace, &folds, args);
    }
    let subject = Subject::find(&workspace, &args.measured.run)?;
    let mut measured = measure(&computing, &workspace, &subject, args, None)?;
    external::measure_all(&computing, &workspace, &subject, args, &mut measured)?;
    print(&measured, args)?;
    Ok(if subject.missing.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}

/// Measures a run or a series, and writes what came of it; on `external` where that is a dataset, else on that of the
/// arguments, else on its own.
fn measure(
    computing: &Computing<'_>,
    workspace: &Workspace,
    subject: &Subject,
    args: &EvaluateArgs,
    external: Option<&DatasetFolder>,
) -> anyhow::Result<Measured> {
    if external.is_none() {
        subject.tell_missing();
    }
    // An absolute path stays itself.
    let recorded = workspace.root().join(&subject.config().data);
    let dataset = match external {
        Some(dataset) => dataset.clone(),
        None => DatasetFolder::open(args.measured.data.as_ref().unwrap_or(&recorded))?,
    };
    let shown = Shown::new(&dataset, args.measured.part)?;
    shown.tell_missing_class();
    let transform = InputTransform { flip: args.measured.flip, ..InputTransform::default() };
    let destination = Destination::of(workspace, subject.config(), &dataset)?;
    // The run's own may have moved.
    let trained_on = if destination.is_own() { dataset.root() } else { &recorded };
    let mut measuring = Measuring {
        computing,
        workspace,
        validation: Validation::open(trained_on),
        destination,
        origins: model::origins(dataset.root(), shown.examples())?,
        leaks: find_leaks(&dataset, args.measured.part, trained_on),
        shown,
        transform,
        explain: args.explain,
        args,
    };
    let (metrics, series) = measuring.all(subject)?;
    let files = measuring.destination.within(&subject.files);
    Ok(Measured { metrics, series, files, origins: measuring.origins })
}

/// What came of it all.
struct Measured {
    /// Of the run, or of the series' members together.
    metrics: RunMetrics,
    series: Option<SeriesMetrics>,
    /// Where it was written.
    files: RunFiles,
    /// Of the pictures, in the order of the predictions.
    origins: Vec<Origin>,
}

fn print(measured: &Measured, args: &EvaluateArgs) -> anyhow::Result<()> {
    let Measured { metrics, series, files, .. } = measured;
    if args.json {
        let told = match series {
            None => serde_json::to_value(metrics)?,
            Some(series) => json!({"series": series, "ensemble": metrics}),
        };
        println!("{}", serde_json::to_string_pretty(&told)?);
        return Ok(());
    }
    if let Some(series) = series.as_ref().filter(|series| series.members.len() > 1) {
        print!("{}", text::of_series(series));
        println!("ensemble of the {} runs (mean of their probabilities):", series.members.len());
    }
    print!("{}", text::told(metrics));
    print!("{}", text::of_external(&metrics.external));
    println!("{}", files.predictions(args.measured.part).display());
    Ok(())
}

/// The validation split that the run was trained with, whatever dataset is measured. One that is gone or damaged
/// costs the threshold, not the measurement.
struct Validation(Option<Shown>);

impl Validation {
    fn open(recorded: &Path) -> Self {
        let shown = DatasetFolder::open(recorded)
            .and_then(|dataset| Shown::new(&dataset, Split::Val))
            .map_err(anyhow::Error::from);
        Self(shown.map_err(|error| tell(&error)).ok())
    }

    /// What is said of its pictures. What is wrong with it is told once.
    fn score(
        &mut self,
        score: impl FnOnce(&mut Shown) -> anyhow::Result<Vec<Odds>>,
    ) -> Option<Vec<Odds>> {
        let scored = score(self.0.as_mut()?);
        if let Err(error) = &scored {
            tell(error);
            self.0 = None;
        }
        scored.ok()
    }

    fn examples(&self) -> &[Example] {
        self.0.as_ref().map_or(&[], Shown::examples)
    }

    fn choose(&self, odds: Option<&[Odds]>) -> anyhow::Result<Option<Chosen>> {
        let Some(odds) = odds else { return Ok(None) };
        let evaluation = Evaluation::of(self.examples(), odds, DEFAULT_THRESHOLD)?;
        let scored = scored(&evaluation.predictions);
        let chosen = Chosen::on(Split::Val, &scored);
        if chosen.is_none() {
            let lacking = |positive| scored.iter().all(|example| example.positive != positive);
            let why = match (lacking(true), lacking(false)) {
                (true, _) => {
                    format!(
                        "the validation split holds no {} image",
                        Label::positive().class().noun
                    )
                }
                (_, true) => format!(
                    "the validation split holds no {} image",
                    task::in_force().negative().map_or("other", |label| &label.class().noun)
                ),
                _ => {
                    "no threshold separates the classes of the validation split better than chance"
                        .into()
                }
            };
            eprintln!("covid-ct: {why}: no threshold is chosen");
        }
        Ok(chosen)
    }
}

impl Validation {
    /// A threshold a class, of more than two.
    fn choose_of_classes(&self, odds: Option<&[Odds]>) -> anyhow::Result<Vec<Option<Chosen>>> {
        let classes = Label::all().len();
        let Some(odds) = odds.filter(|_| classes > 2) else { return Ok(Vec::new()) };
        let evaluation = Evaluation::of(self.examples(), odds, DEFAULT_THRESHOLD)?;
        let examples = Prediction::classified(&evaluation.predictions);
        Ok(classes::chosen(Split::Val, &examples, classes))
    }
}

/// What of the part was learned from. A dataset that is gone or damaged costs this, not the measurement.
fn find_leaks(dataset: &DatasetFolder, part: Split, trained_on: &Path) -> Option<Leaks> {
    let bar = progress_bar(0, "checking for leakage");
    let advance = || {
        bar.inc_length(1);
        bar.inc(1);
    };
    let found = DatasetFolder::open(trained_on)
        .and_then(|learned| model::leaks(dataset, part, &learned, advance, &Bars::new()));
    bar.finish_and_clear();
    let told = |error: &model::ModelError| {
        eprintln!("covid-ct: not checked for leakage: {error}");
    };
    found.inspect_err(told).ok()
}

fn tell(error: &anyhow::Error) {
    eprintln!("covid-ct: no threshold is chosen: {}", in_full(error));
}

fn scored(predictions: &[Prediction]) -> Vec<Scored> {
    predictions.iter().map(Prediction::scored).collect()
}

/// Each class against the rest, where there are more than two.
fn of_classes(
    predictions: &[Prediction],
    origins: &[Origin],
    chosen: &[Option<Chosen>],
) -> Option<ClassMetrics> {
    let count = Label::all().len();
    let groups: Vec<String> = origins.iter().map(|origin| origin.group.clone()).collect();
    (count > 2)
        .then(|| ClassMetrics::of(&Prediction::classified(predictions), &groups, count, chosen))
}

/// Writes what was measured in place of what was measured before; of several runs with what they came to.
fn write(
    files: &RunFiles,
    predictions: &[Prediction],
    origins: &[Origin],
    series: Option<&SeriesMetrics>,
    metrics: &RunMetrics,
) -> anyhow::Result<()> {
    let part = metrics.part;
    forget(files, part)?;
    files.write_predictions(part, predictions)?;
    let groups: Vec<String> = origins.iter().map(|origin| origin.group.clone()).collect();
    files.write_curves(part, &Curves::of(&scored(predictions), &groups))?;
    if let Some(series) = series {
        files.write_series(series)?;
    }
    // Last, for the report reads what has metrics.
    files.write_metrics(metrics)?;
    Ok(())
}

/// Removes what was measured before and what was explained of it: neither belongs to the files that come now.
/// What tells that the rest is there goes first.
fn forget(files: &RunFiles, part: Split) -> anyhow::Result<()> {
    let told = |path: &Path| format!("cannot remove {}", path.display());
    for path in [files.metrics(part), files.explained_index(part)] {
        atomic::gone(std::fs::remove_file(&path)).with_context(|| told(&path))?;
    }
    let explained = files.explained(part);
    atomic::gone(std::fs::remove_dir_all(&explained)).with_context(|| told(&explained))
}

struct Measuring<'a> {
    computing: &'a Computing<'a>,
    workspace: &'a Workspace,
    destination: Destination,
    shown: Shown,
    /// Of the part that is measured.
    origins: Vec<Origin>,
    leaks: Option<Leaks>,
    validation: Validation,
    transform: InputTransform,
    explain: usize,
    args: &'a EvaluateArgs,
}

impl Measuring<'_> {
    /// Each member by itself and, of a series, all together.
    fn all(&mut self, subject: &Subject) -> anyhow::Result<(RunMetrics, Option<SeriesMetrics>)> {
        let (mut odds, mut validation, mut metrics) = (Vec::new(), Vec::new(), Vec::new());
        for member in &subject.members {
            let mut network = subject::load(member, self.computing)?;
            let network = network.as_mut();
            let of_member = self.shown.score(network, &member.config, self.transform)?;
            let transform = self.transform;
            let of_validation =
                self.validation.score(|shown| shown.score(network, &member.config, transform));
            let history = member.files.read_history()?;
            let kept = HistoryRow::kept(&history, member.config.recipe.keep);
            let epoch = kept.map_or(0, |row| row.epoch);
            let measured = self.measure(
                &member.files,
                &member.config.run,
                epoch,
                &of_member,
                of_validation.as_deref(),
                None,
            )?;
            record(self.workspace, &measured, serde_json::to_value(&member.config)?)?;
            metrics.push(measured);
            odds.push(of_member);
            validation.extend(of_validation);
        }
        let together = Odds::mean_probability(&odds);
        let Some(series) = subject
            .is_series
            .then(|| {
                SeriesMetrics::of(&subject.name, &subject.missing, self.transform.flip, &metrics)
            })
            .flatten()
        else {
            let metrics = metrics.pop().context("a run has one member")?;
            self.explain(subject, &together)?;
            return Ok((metrics, None));
        };
        let validation =
            (validation.len() == odds.len()).then(|| Odds::mean_probability(&validation));
        let ensemble = self.measure(
            &subject.files,
            &subject.name,
            0,
            &together,
            validation.as_deref(),
            Some(&series),
        )?;
        self.explain(subject, &together)?;
        record(self.workspace, &ensemble, serde_json::to_value(&series)?)?;
        Ok((ensemble, Some(series)))
    }

    /// Measures what was scored and writes it, of a series with what its members came to.
    fn measure(
        &self,
        run: &RunFiles,
        name: &str,
        epoch: u32,
        odds: &[Odds],
        validation: Option<&[Odds]>,
        series: Option<&SeriesMetrics>,
    ) -> anyhow::Result<RunMetrics> {
        let part = self.args.measured.part;
        let evaluation = Evaluation::of(self.shown.examples(), odds, DEFAULT_THRESHOLD)?;
        let chosen = self.validation.choose(validation)?;
        let examples = scored(&evaluation.predictions);
        let classes = of_classes(
            &evaluation.predictions,
            &self.origins,
            &self.validation.choose_of_classes(validation)?,
        );
        let metrics = RunMetrics {
            covid_ct: env!("CARGO_PKG_VERSION").into(),
            run: name.into(),
            data: self.destination.data.clone(),
            part,
            counts: ClassCounts::of(evaluation.predictions.iter().map(|p| p.label)),
            epoch,
            flip: self.transform.flip,
            loss: evaluation.loss,
            metrics: evaluation.metrics,
            details: Details::of(&examples, &self.origins, DEFAULT_THRESHOLD, chosen),
            classes,
            leaks: self.leaks.clone(),
            external: Vec::new(),
        };
        let files = self.destination.within(run);
        write(&files, &evaluation.predictions, &self.origins, series, &metrics)?;
        Ok(metrics)
    }

    fn explain(&mut self, subject: &Subject, odds: &[Odds]) -> anyhow::Result<()> {
        let evaluation = Evaluation::of(self.shown.examples(), odds, DEFAULT_THRESHOLD)?;
        explained::write(
            subject,
            &self.destination.within(&subject.files),
            self.args.measured.part,
            self.shown.examples(),
            &evaluation.predictions,
            self.explain,
            self.computing,
        )
    }
}

/// Adds the measurement to the database, where the workspace has one; a dataset from elsewhere can
/// be measured without.
fn record(
    workspace: &Workspace,
    metrics: &RunMetrics,
    config: serde_json::Value,
) -> anyhow::Result<()> {
    if !workspace.database().exists() {
        return Ok(());
    }
    let run = Run {
        name: metrics.run.clone(),
        created: now(),
        config,
        metrics: serde_json::to_value(metrics)?,
    };
    Store::open_existing(workspace)
        .and_then(|store| store.add_run(&run))
        .context("the metrics are written, but not recorded in the database")
}
