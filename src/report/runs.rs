//! The training runs as the report shows them.

use super::ReportError;
use crate::Workspace;
use crate::metrics::{
    HistoryRow, Prediction, RocPoint, RunConfig, RunFileError, RunFiles, RunMetrics, Scored,
    roc_curve,
};
use crate::store::Part;

/// One folder of `data/runs/`.
#[derive(Debug)]
pub struct RunSummary {
    pub name: String,
    pub config: RunConfig,
    /// By epoch.
    pub history: Vec<HistoryRow>,
    /// One a part it was evaluated on, test first.
    pub evaluations: Vec<Evaluation>,
}

/// A run measured on one part of the dataset.
#[derive(Debug)]
pub struct Evaluation {
    pub metrics: RunMetrics,
    /// `None` where the part lacks a class.
    pub roc: Option<Vec<RocPoint>>,
}

/// Every run, by name. One that cannot be read is named in `problems` and left out.
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
        match read_run(workspace, &name) {
            Ok(run) => runs.push(run),
            Err(error) => problems.push(error.to_string()),
        }
    }
    Ok(runs)
}

fn read_run(workspace: &Workspace, name: &str) -> Result<RunSummary, RunFileError> {
    let files = RunFiles::new(workspace.run(name));
    let mut evaluations = Vec::new();
    for part in [Part::Test, Part::Val, Part::Train] {
        if files.metrics(part).exists() {
            let examples: Vec<Scored> =
                files.read_predictions(part)?.iter().map(Prediction::scored).collect();
            let metrics = files.read_metrics(part)?;
            evaluations.push(Evaluation { metrics, roc: roc_curve(&examples) });
        }
    }
    Ok(RunSummary {
        name: name.into(),
        config: files.read_config()?,
        history: files.read_history()?,
        evaluations,
    })
}
