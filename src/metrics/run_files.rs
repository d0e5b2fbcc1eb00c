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

use covid_ct_core::cells;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::controls::Controls;
use super::leaks::Leaks;
use super::run_config::WhoseRun;
use super::{
    ClassMetrics, Curves, Details, External, Keep, Metrics, RunConfig, Scored, SeriesMetrics,
    events,
};
use crate::atomic;
use crate::store::{ClassCounts, Label, Split, sha256_hex};

const ELSEWHERE: &str = "elsewhere";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunFileError {
    #[error("'{0}' cannot name a run: use letters, digits, '.', '-' and '_', and no '.' in front")]
    Name(String),
    #[error("{0}")]
    OtherTask(String),
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not what `covid-ct {command}` writes: {reason}; run it again", path = path.display())]
    Malformed { path: PathBuf, command: &'static str, reason: String },
}

type Result<T> = std::result::Result<T, RunFileError>;

/// A line of `history.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// From 1.
    pub epoch: u32,
    /// Of the epoch's first step.
    pub learning_rate: f64,
    /// Mean cross entropy in nats over the epoch's steps, as the weights changed.
    pub train_loss: f64,
    /// Mean cross entropy in nats after the epoch.
    pub val_loss: f64,
    pub val_accuracy: f64,
    pub val_auroc: f64,
    /// Wall-clock time of the epoch with its validation.
    pub seconds: f64,
}

impl HistoryRow {
    /// Whether this epoch's checkpoint is the better one: by validation AUROC, then by loss. Of
    /// equals, the earlier stays.
    pub fn beats(&self, other: &Self) -> bool {
        (self.val_auroc, -self.val_loss) > (other.val_auroc, -other.val_loss)
    }

    /// The epoch whose weights a run keeps.
    pub fn kept(history: &[Self], keep: Keep) -> Option<&Self> {
        match keep {
            Keep::Best => Self::best(history),
            Keep::Last => history.last(),
        }
    }

    /// The best epoch by validation.
    pub fn best(history: &[Self]) -> Option<&Self> {
        history.iter().reduce(|best, row| if row.beats(best) { row } else { best })
    }
}

/// `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunMetrics {
    /// Version of the program that measured.
    pub covid_ct: String,
    pub run: String,
    /// As in [`RunConfig::data`].
    pub data: String,
    pub part: Split,
    pub counts: ClassCounts,
    /// The epoch the weights are from; 0 of several runs together.
    pub epoch: u32,
    /// Whether log-odds are the mean of those of each picture and of its mirror image.
    #[serde(default)]
    pub flip: bool,
    /// Mean cross entropy in nats.
    pub loss: Option<f64>,
    /// Of the positive class.
    #[serde(flatten)]
    pub metrics: Metrics,
    #[serde(flatten)]
    pub details: Details,
    /// Of more than two classes: each against the rest, and all together. Everything else here is of the positive class
    /// against the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<ClassMetrics>,
    /// What of the part was in what the run learned from; `None` where nobody looked, as older versions did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
    /// What it comes to on datasets from elsewhere (`evaluate --external`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<External>,
}

/// A line of `predictions.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Name in the dataset's lists.
    pub file: String,
    pub label: Label,
    /// P of the positive class.
    pub score: f64,
    /// [`Label::positive`] where the score reaches the threshold of `metrics.json`; of more than two classes the likeliest.
    pub predicted: Label,
    /// Of more than two classes the probability of each, in the order of the task: a column a class, `p_CLASS`.
    #[serde(skip)]
    pub probabilities: Vec<f64>,
}

impl Prediction {
    /// Against the positive class.
    pub fn scored(&self) -> Scored {
        Scored { positive: self.label.is_positive(), score: self.score }
    }
}

/// A line of `explained/index.csv`: a wrong prediction, and the picture that shows what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// File in the folder: the picture as the network sees it, and beside it with the evidence over it.
    pub picture: String,
    /// As in [`Prediction`], all four.
    pub file: String,
    pub label: Label,
    pub score: f64,
    pub predicted: Label,
    /// The class that the evidence shown speaks for.
    pub evidence_for: Label,
}

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

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, command: &'static str) -> Result<T> {
    let bytes = read(path)?;
    serde_json::from_slice(&bytes).map_err(|e| malformed(path, command, &e))
}

pub(crate) fn read_csv<T: DeserializeOwned>(path: &Path, command: &'static str) -> Result<Vec<T>> {
    let bytes = cells::unguard(read(path)?);
    let rows = csv::Reader::from_reader(&bytes[..]).into_deserialize().collect();
    let rows: std::result::Result<Vec<T>, csv::Error> = rows;
    rows.map_err(|e| malformed(path, command, &e))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| RunFileError::Read { path: path.into(), source })
}

fn malformed(path: &Path, command: &'static str, reason: &dyn std::fmt::Display) -> RunFileError {
    RunFileError::Malformed { path: path.into(), command, reason: reason.to_string() }
}

pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| refused(path, e))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

pub(crate) fn write_csv<T: Serialize>(path: &Path, rows: &[T]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| refused(path, e))?;
    }
    let bytes = writer.into_inner().map_err(|e| refused(path, e))?;
    write(path, &cells::guard(bytes))
}

/// What columns of probabilities begin with.
const PROBABILITY: &str = "p_";

fn read_predictions(path: &Path) -> Result<Vec<Prediction>> {
    let rows: Vec<Prediction> = read_csv(path, "evaluate")?;
    let wrong = |reason: String| malformed(path, "evaluate", &reason);
    let bytes = cells::unguard(read(path)?);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let column = |label: &Label| {
        header.iter().position(|name| name.strip_prefix(PROBABILITY) == Some(label.as_str()))
    };
    let Some(columns) = Label::all().iter().map(column).collect::<Option<Vec<usize>>>() else {
        return Ok(rows);
    };
    let mut rows = rows;
    for (row, record) in rows.iter_mut().zip(reader.records()) {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let number = |&at: &usize| {
            let text = record.get(at).unwrap_or_default();
            text.parse::<f64>().map_err(|_| wrong(format!("'{text}' is no probability")))
        };
        row.probabilities = columns.iter().map(number).collect::<Result<_>>()?;
    }
    Ok(rows)
}

fn write_predictions(path: &Path, rows: &[Prediction]) -> Result<()> {
    if rows.iter().all(|row| row.probabilities.is_empty()) {
        return write_csv(path, rows);
    }
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let classes = Label::all().iter().map(|label| format!("{PROBABILITY}{label}"));
    let header = ["file", "label", "score", "predicted"].map(String::from);
    writer.write_record(header.into_iter().chain(classes)).map_err(|e| refused(path, e))?;
    for row in rows {
        let Prediction { file, label, score, predicted, probabilities } = row;
        // All in one go: serde writes numbers as `write_csv` does.
        let cells = (file, label, score, predicted, probabilities);
        writer.serialize(cells).map_err(|e| refused(path, e))?;
    }
    let bytes = writer.into_inner().map_err(|e| refused(path, e))?;
    write(path, &cells::guard(bytes))
}

fn refused<E>(path: &Path, error: E) -> RunFileError
where
    E: std::error::Error + Send + Sync + 'static,
{
    RunFileError::Write { path: path.into(), source: std::io::Error::other(error) }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    atomic::write(path, bytes).map_err(|source| RunFileError::Write { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Chosen, Hyperparameters, Origin, RunCounts, SizeBand};

    fn row(epoch: u32, val_auroc: f64, val_loss: f64) -> HistoryRow {
        HistoryRow {
            epoch,
            learning_rate: 1e-4,
            train_loss: 0.7,
            val_loss,
            val_accuracy: 0.5,
            val_auroc,
            seconds: 1.5,
        }
    }

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
    fn the_best_epoch_is_the_first_of_the_best() {
        let history = [
            row(1, 0.8, 0.6),
            row(2, 0.9, 0.7),
            row(3, 0.9, 0.5),
            row(4, 0.9, 0.5),
            row(5, 0.7, 0.1),
        ];
        assert_eq!(HistoryRow::best(&history).map(|row| row.epoch), Some(3));
        assert_eq!(HistoryRow::best(&[]), None);
        let kept = |keep| HistoryRow::kept(&history, keep).map(|row| row.epoch);
        assert_eq!((kept(Keep::Best), kept(Keep::Last)), (Some(3), Some(history.len() as u32)));
    }

    #[test]
    fn run_names_stay_inside_the_folder() {
        assert!(check_run_name("densenet121-seed_0.v2").is_ok());
        for name in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b"] {
            assert!(check_run_name(name).is_err(), "{name}");
        }
    }
}
