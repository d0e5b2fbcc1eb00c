//! The training runs as the report shows them.

use covid_ct_core::FileName;

use super::ReportError;
use super::samples::picture_of_file;
use crate::Workspace;
use crate::metrics::{Curves, Scored, pr_curve, roc_curve};
use crate::runs::controls::Controls;
use crate::runs::{
    Explained, HistoryRow, Over, Prediction, RunConfig, RunFileError, RunFiles, RunMetrics,
    SeriesMetrics,
};
use covid_ct_core::Split;

const PARTS: [Split; 3] = [Split::Test, Split::Val, Split::Train];

/// One folder of `data/runs/`.
#[derive(Debug)]
pub struct RunSummary {
    pub name: String,
    /// `None` of a series and of a cross-validation.
    pub made: Option<Made>,
    /// On the dataset it was trained on.
    pub own: Measured,
    /// On others, one each.
    pub elsewhere: Vec<Measured>,
    /// Of a series, those measured together; of a cross-validation its folds.
    pub members: Vec<RunSummary>,
    /// Of a cross-validation: the labels that it holds for wrong, laid out.
    pub wrong_labels: Option<maud::Markup>,
}

/// What was measured of a run on a dataset.
#[derive(Debug)]
pub struct Measured {
    /// One a part it was evaluated on, test first.
    pub evaluations: Vec<Evaluation>,
    /// In the same order.
    pub controls: Vec<Controls>,
}

/// How a run was made.
#[derive(Debug)]
pub struct Made {
    pub config: RunConfig,
    /// By epoch.
    pub history: Vec<HistoryRow>,
}

/// A run measured on one part of the dataset.
#[derive(Debug)]
pub struct Evaluation {
    pub metrics: RunMetrics,
    pub curves: Curves,
    /// Of a series, what its members have in common; of a cross-validation, its folds.
    pub series: Option<SeriesMetrics>,
    /// The most confident errors.
    pub wrong: Vec<Wrong>,
}

/// A wrong prediction.
#[derive(Debug)]
pub struct Wrong {
    pub told: Explained,
    /// As `data:` address; `None` where the picture cannot be read.
    pub picture: Option<String>,
    /// Empty where none is known.
    pub caption: String,
}

/// Every run by name, those of a series within it, and folds within their cross-validation. One that cannot be read
/// is named in `problems` and left out.
pub fn read_runs(
    workspace: &Workspace,
    problems: &mut Vec<String>,
) -> Result<Vec<RunSummary>, ReportError> {
    let folder = workspace.runs();
    let failed = |source| ReportError::Runs { path: folder.clone(), source };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut runs = Vec::new();
    for name in names {
        match read_run(workspace, &name, problems) {
            Ok(run) => runs.push(run),
            Err(error) => problems.push(error.to_string()),
        }
    }
    Ok(nested(runs))
}

/// Puts the runs that were measured together into their series, and then the folds into their cross-validation.
fn nested(runs: Vec<RunSummary>) -> Vec<RunSummary> {
    let (mut series, others): (Vec<_>, Vec<_>) =
        runs.into_iter().partition(|run| run.over() == Some(Over::Seeds));
    let (mut folds, mut others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|run| run.over() == Some(Over::Folds));
    for one in &mut series {
        one.take_members(&mut others);
    }
    series.extend(others);
    for one in &mut folds {
        one.take_members(&mut series);
    }
    folds.extend(series);
    folds
}

fn read_run(
    workspace: &Workspace,
    name: &str,
    problems: &mut Vec<String>,
) -> Result<RunSummary, RunFileError> {
    let files = RunFiles::new(workspace.run(name));
    let elsewhere = files.all_elsewhere()?;
    let mut measured = std::iter::once(&files).chain(&elsewhere);
    let is_series = !files.config().exists()
        && measured.any(|files| PARTS.iter().any(|&part| files.series(part).exists()));
    let made = if is_series {
        None
    } else {
        Some(Made { config: files.read_config()?, history: files.read_history()? })
    };
    let own = Measured::read(&files, is_series, problems)?;
    let read = |files| Measured::read(files, is_series, problems);
    let elsewhere = elsewhere.iter().map(read).collect::<Result<_, _>>()?;
    let name = name.into();
    Ok(RunSummary { name, made, own, elsewhere, members: Vec::new(), wrong_labels: None })
}

impl RunSummary {
    /// What its members differ in; `None` of a run.
    pub fn over(&self) -> Option<Over> {
        let is_run = self.made.is_some();
        self.evaluations().find_map(|one| Some(one.series.as_ref()?.over)).filter(|_| !is_run)
    }

    /// Out of `others`, in the order in which they were measured.
    fn take_members(&mut self, others: &mut Vec<Self>) {
        let named: Vec<String> = self
            .evaluations()
            .filter_map(|evaluation| evaluation.series.as_ref())
            .flat_map(|series| series.members.clone())
            .collect();
        let place = |run: &Self| named.iter().position(|name| *name == run.name);
        let (mut members, left): (Vec<_>, Vec<_>) =
            std::mem::take(others).into_iter().partition(|run| place(run).is_some());
        members.sort_by_key(place);
        (self.members, *others) = (members, left);
    }

    /// The runs below it, or itself.
    pub fn trained(&self) -> Vec<&Self> {
        if self.made.is_some() {
            return vec![self];
        }
        self.members.iter().flat_map(Self::trained).collect()
    }

    /// On whatever dataset.
    pub fn evaluations(&self) -> impl Iterator<Item = &Evaluation> {
        std::iter::once(&self.own).chain(&self.elsewhere).flat_map(|on| &on.evaluations)
    }

    /// Those of its members too.
    pub fn every_evaluation(&mut self) -> Vec<&mut Evaluation> {
        let Self { own, elsewhere, members, .. } = self;
        let its_own = std::iter::once(own).chain(elsewhere).flat_map(|on| &mut on.evaluations);
        its_own.chain(members.iter_mut().flat_map(Self::every_evaluation)).collect()
    }

    /// On the test split of the dataset that it was trained on.
    pub fn test(&self) -> Option<&Evaluation> {
        self.own.evaluations.iter().find(|evaluation| evaluation.metrics.part == Split::Test)
    }
}

impl Measured {
    fn read(
        files: &RunFiles,
        is_series: bool,
        problems: &mut Vec<String>,
    ) -> Result<Self, RunFileError> {
        let (mut evaluations, mut controls) = (Vec::new(), Vec::new());
        for part in PARTS {
            if files.metrics(part).exists() {
                evaluations.push(evaluation(files, part, is_series, problems)?);
            }
            if files.controls(part).exists() {
                controls.push(files.read_controls(part)?);
            }
        }
        Ok(Self { evaluations, controls })
    }

    /// The dataset; `None` where nothing was measured.
    pub fn data(&self) -> Option<&str> {
        let evaluated = self.evaluations.first().map(|evaluation| &evaluation.metrics.data);
        evaluated.or(self.controls.first().map(|controls| &controls.data)).map(String::as_str)
    }
}

fn evaluation(
    files: &RunFiles,
    part: Split,
    is_series: bool,
    problems: &mut Vec<String>,
) -> Result<Evaluation, RunFileError> {
    // Without its index, which is written last, explaining was cut short.
    let explained = if files.explained_index(part).exists() {
        files.read_explained(part).map_err(|error| problems.push(error.to_string()))
    } else {
        Ok(Vec::new())
    };
    let mut wrong = Vec::new();
    for told in explained.unwrap_or_default() {
        let picture = FileName::of_picture(&told.picture)
            .and_then(|name| picture_of_file(&files.explained(part).join(name.as_str())));
        let picture = picture.map_err(|problem| problems.push(problem)).ok();
        wrong.push(Wrong { told, picture, caption: String::new() });
    }
    let curves = if files.curves(part).exists() {
        files.read_curves(part)?
    } else {
        // Measured before there were bands.
        let rows = files.read_predictions(part)?;
        let examples: Vec<Scored> = rows.iter().map(Prediction::scored).collect();
        Curves { roc: roc_curve(&examples), pr: pr_curve(&examples), ..Curves::default() }
    };
    Ok(Evaluation {
        metrics: files.read_metrics(part)?,
        curves,
        series: if is_series { Some(files.read_series(part)?) } else { None },
        wrong,
    })
}
