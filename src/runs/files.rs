//! The files of a training run, `data/runs/RUN/`, written by `train` and `evaluate` and read by
//! `report`:
//!
//! - `config.json`: [`RunConfig`], how the run was made; written before the first epoch.
//! - `history.csv`: one [`HistoryRow`] an epoch, in order.
//! - `state.safetensors`: what a run that was stopped goes on from; gone when it is complete.
//! - `events.out.tfevents.*`: the same numbers for TensorBoard.
//! - `weights.safetensors`: the weights that are kept ([`HistoryRow::kept`]), under torchvision's names;
//!   `best.safetensors` in runs that were made before the last epoch could be kept.
//! - `metrics.json`: [`RunMetrics`] on the test split; `metrics-val.json` and `metrics-train.json`
//!   where another part was asked for.
//! - `predictions.csv`: one [`Prediction`] an image of the same part, in the order of its lists,
//!   class by class; `predictions-val.csv` and `predictions-train.csv` likewise.
//!
//! - `curves.json`: [`Curves`] of the same part, with their bands; `curves-val.json` and so on likewise.
//! - `explained/`: the most confident errors of the test split with what the network went by, as PNG, and
//!   `index.csv`, one [`Explained`] a picture; `explained-val/` and so on likewise.
//! - `controls.json`: [`Controls`], what could make the run look better than it is; written by `controls`;
//!   `controls-val.json` and so on likewise.
//! - `elsewhere/`: what was measured on another dataset than the run was trained on, a folder of the files above
//!   for each.
//!
//! A folder without `config.json` but with `series.json`, [`SeriesMetrics`], is a series or a cross-validation: its
//! members have folders of their own, and its metrics, predictions and the like are those of the members together.
//!
//! Folders under `data/runs/` whose names start with a dot are runs in the making, not to be read.
//! What is undefined is `null` in JSON and never NaN.

use std::path::{Path, PathBuf};

use covid_ct_core::{Split, sha256_hex};

use super::config::WhoseRun;
use super::controls::Controls;
use super::disk::{Result, read_csv, read_json, write, write_csv, write_json};
use super::predictions::{read_predictions, write_predictions};
use super::{
    Explained, HistoryRow, Prediction, RunConfig, RunFileError, RunMetrics, SeriesMetrics, events,
};
use crate::metrics::Curves;

const ELSEWHERE: &str = "elsewhere";

/// Refuses what is no plain folder name.
///
/// # Errors
/// [`RunFileError::Name`].
pub fn check_run_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(RunFileError::Name(name.into()));
    }
    Ok(())
}

/// One run's folder.
#[derive(Debug, Clone)]
pub struct RunFiles {
    folder: PathBuf,
}

impl RunFiles {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where what is measured on another dataset goes, which [`RunMetrics::data`] tells.
    #[must_use]
    pub fn elsewhere(&self, data: &str) -> Self {
        let name = Path::new(data).file_name().unwrap_or_default().to_string_lossy();
        // Two datasets may have folders of one name.
        let hash = &sha256_hex(data.as_bytes())[..8];
        Self::new(self.folder.join(ELSEWHERE).join(format!("{name}-{hash}")))
    }

    /// Those that are there, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all_elsewhere(&self) -> Result<Vec<Self>> {
        let folder = self.folder.join(ELSEWHERE);
        let failed = |source| RunFileError::Read { path: folder.clone(), source };
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let entries: std::io::Result<Vec<_>> =
            std::fs::read_dir(&folder).map_err(failed)?.map(|entry| Ok(entry?.path())).collect();
        let mut folders = entries.map_err(failed)?;
        folders.sort_unstable();
        Ok(folders.into_iter().map(Self::new).collect())
    }

    pub fn config(&self) -> PathBuf {
        self.folder.join("config.json")
    }

    pub fn history(&self) -> PathBuf {
        self.folder.join("history.csv")
    }

    /// What an unfinished run goes on from.
    pub fn state(&self) -> PathBuf {
        self.folder.join("state.safetensors")
    }

    pub fn checkpoint(&self) -> PathBuf {
        let of_old = self.folder.join("best.safetensors");
        if of_old.is_file() { of_old } else { self.folder.join("weights.safetensors") }
    }

    /// Whether its weights are there, and nothing to go on from. A run that was stopped has both: the
    /// weights kept so far, and a state.
    pub fn came_to_its_end(&self) -> bool {
        self.checkpoint().is_file() && !self.state().exists()
    }

    pub fn metrics(&self, part: Split) -> PathBuf {
        self.folder.join(format!("metrics{}.json", suffix(part)))
    }

    pub fn predictions(&self, part: Split) -> PathBuf {
        self.folder.join(format!("predictions{}.csv", suffix(part)))
    }

    pub fn curves(&self, part: Split) -> PathBuf {
        self.folder.join(format!("curves{}.json", suffix(part)))
    }

    pub fn series(&self, part: Split) -> PathBuf {
        self.folder.join(format!("series{}.json", suffix(part)))
    }

    pub fn controls(&self, part: Split) -> PathBuf {
        self.folder.join(format!("controls{}.json", suffix(part)))
    }

    /// Folder.
    pub fn explained(&self, part: Split) -> PathBuf {
        self.folder.join(format!("explained{}", suffix(part)))
    }

    /// Written when all that it names is there.
    pub fn explained_index(&self, part: Split) -> PathBuf {
        self.explained(part).join("index.csv")
    }

    /// # Errors
    /// When the file is missing or not as [`RunFiles::write_config`] leaves it. All readers alike.
    pub fn read_config(&self) -> Result<RunConfig> {
        // Of another task its classes would be unknown words.
        let whose: WhoseRun = read_json(&self.config(), "train")?;
        whose.check().map_err(RunFileError::OtherTask)?;
        read_json(&self.config(), "train")
    }

    /// # Errors
    /// When the disk refuses; an earlier file then stays as it was. All writers alike.
    pub fn write_config(&self, config: &RunConfig) -> Result<()> {
        write_json(&self.config(), config)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_history(&self) -> Result<Vec<HistoryRow>> {
        read_csv(&self.history(), "train")
    }

    /// TensorBoard's events beside it.
    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_history(&self, rows: &[HistoryRow]) -> Result<()> {
        write(&events::path(&self.folder), &events::of_history(rows))?;
        write_csv(&self.history(), rows)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_metrics(&self, part: Split) -> Result<RunMetrics> {
        read_json(&self.metrics(part), "evaluate")
    }

    /// Named after [`RunMetrics::part`].
    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_metrics(&self, metrics: &RunMetrics) -> Result<()> {
        write_json(&self.metrics(metrics.part), metrics)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_predictions(&self, part: Split) -> Result<Vec<Prediction>> {
        read_predictions(&self.predictions(part))
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_predictions(&self, part: Split, rows: &[Prediction]) -> Result<()> {
        write_predictions(&self.predictions(part), rows)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_curves(&self, part: Split) -> Result<Curves> {
        read_json(&self.curves(part), "evaluate")
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_curves(&self, part: Split, curves: &Curves) -> Result<()> {
        write_json(&self.curves(part), curves)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_series(&self, part: Split) -> Result<SeriesMetrics> {
        read_json(&self.series(part), "evaluate")
    }

    /// Named after [`SeriesMetrics::part`].
    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_series(&self, series: &SeriesMetrics) -> Result<()> {
        write_json(&self.series(series.part), series)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_controls(&self, part: Split) -> Result<Controls> {
        read_json(&self.controls(part), "controls")
    }

    /// Named after [`Controls::part`].
    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_controls(&self, controls: &Controls) -> Result<()> {
        write_json(&self.controls(controls.part), controls)
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at read_config")]
    pub fn read_explained(&self, part: Split) -> Result<Vec<Explained>> {
        read_csv(&self.explained_index(part), "evaluate")
    }

    #[expect(clippy::missing_errors_doc, reason = "told once, at write_config")]
    pub fn write_explained(&self, part: Split, rows: &[Explained]) -> Result<()> {
        write_csv(&self.explained_index(part), rows)
    }
}

fn suffix(part: Split) -> &'static str {
    match part {
        Split::Test => "",
        Split::Val => "-val",
        Split::Train => "-train",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Chosen, Details, Metrics, Origin, SizeBand};
    use crate::runs::history::tests::row;
    use crate::runs::leaks::Leaks;
    use crate::runs::{Hyperparameters, RunCounts};
    use covid_ct_core::{ClassCounts, Label};

    #[test]
    fn every_file_reads_back_as_written() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = RunFiles::new(folder.path());
        let config = RunConfig {
            covid_ct: "0.1.0".into(),
            run: "r".into(),
            series: None,
            created: "2020-03-30T00:00:00Z".into(),
            data: "data/export/default".into(),
            data_sha256: String::new(),
            network: "densenet121".into(),
            parameters: 6_955_906,
            init: "random".into(),
            init_sha256: None,
            recipe: Hyperparameters { epochs: 2, ..Hyperparameters::default() },
            seed: 0,
            device: "cpu".into(),
            threads: 2,
            precision: "fp32".into(),
            counts: RunCounts::default(),
            task: None,
        };
        files.write_config(&config).expect("write");
        assert_eq!(files.read_config().expect("read"), config);

        let history = [row(1, 0.5, 0.7), row(2, 0.75, 0.6)];
        files.write_history(&history).expect("write");
        assert_eq!(files.read_history().expect("read"), history);

        let prediction = Prediction {
            probabilities: Vec::new(),
            file: "2020.02.10.20021584-p6-52%0.png".into(),
            label: Label::COVID,
            score: 0.1 + 0.2,
            predicted: Label::NON_COVID,
        };
        files.write_predictions(Split::Test, std::slice::from_ref(&prediction)).expect("write");
        let metrics = RunMetrics {
            covid_ct: "0.1.0".into(),
            run: "r".into(),
            data: "data/export/default".into(),
            part: Split::Test,
            counts: ClassCounts::of([Label::COVID]),
            epoch: 2,
            flip: false,
            loss: None,
            metrics: Metrics::at(0.5, &[prediction.scored()]),
            classes: None,
            details: Details::of(
                &[prediction.scored()],
                &[Origin { group: "p".into(), source: "s".into(), size: SizeBand::Unknown }],
                0.5,
                Some(Chosen { threshold: 0.25, youden: 0.5, chosen_on: Split::Val }),
            ),
            leaks: Some(Leaks { images: 1, papers: vec!["p".into()], ..Leaks::default() }),
            external: Vec::new(),
        };
        assert_eq!(files.read_predictions(Split::Test).expect("read"), [prediction]);
        files.write_metrics(&metrics).expect("write");
        assert_eq!(files.read_metrics(Split::Test).expect("read"), metrics);
        let json = std::fs::read_to_string(files.metrics(Split::Test)).expect("metrics.json");
        assert!(json.contains("\"auroc\": null"), "{json}");
    }

    #[test]
    fn metrics_written_before_there_were_details_are_read() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = RunFiles::new(folder.path());
        let old = r#"{"covid_ct": "0.1.0", "run": "r", "data": "d", "part": "test",
            "counts": {"covid": 1, "non_covid": 0}, "epoch": 2, "loss": null, "threshold": 0.5,
            "confusion": {"true_positive": 1, "false_positive": 0, "true_negative": 0,
            "false_negative": 0}, "accuracy": 1.0, "precision": 1.0, "recall": 1.0,
            "specificity": null, "f1": 1.0, "auroc": null}"#;
        std::fs::write(files.metrics(Split::Test), old).expect("file");
        let read = files.read_metrics(Split::Test).expect("read");
        assert_eq!((read.metrics.accuracy, read.metrics.auprc), (Some(1.0), None));
        assert_eq!(read.details, Details::default());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = RunFiles::new(folder.path());
        std::fs::write(files.history(), "epoch,learning_rate\n1\n").expect("file");
        let error = files.read_history().expect_err("refused").to_string();
        assert!(error.contains("history.csv") && error.contains("covid-ct train"), "{error}");
    }

    #[test]
    fn a_run_of_old_has_its_weights_under_their_old_name() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = RunFiles::new(folder.path());
        assert!(files.checkpoint().ends_with("weights.safetensors") && !files.came_to_its_end());
        std::fs::write(folder.path().join("best.safetensors"), "weights").expect("file");
        assert!(files.checkpoint().ends_with("best.safetensors") && files.came_to_its_end());
    }

    #[test]
    fn run_names_stay_inside_the_folder() {
        assert!(check_run_name("densenet121-seed_0.v2").is_ok());
        for name in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b"] {
            assert!(check_run_name(name).is_err(), "{name}");
        }
    }
}
