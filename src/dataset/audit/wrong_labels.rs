//! Labels that are probably wrong, by what networks say of pictures that they have not seen: the folds of a
//! cross-validation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use covid_ct_core::cells;
use serde::{Deserialize, Serialize};

use super::{Item, items};
use crate::covid_ct::release::split_extension;
use crate::metrics::confident;
use crate::store::LabelledPanel;
use covid_ct_core::Label;

/// The file that `evaluate` writes into the folder of a run, a series or a cross-validation.
const FILE: &str = "predictions.csv";
/// What a run says of the pictures it learned from.
const LEARNED: &str = "predictions-train.csv";

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictionsError {
    #[error(
        "cannot read {path}: {source}; expected the {FILE} that `covid-ct evaluate` writes, or a folder that holds it",
        path = path.display()
    )]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: {problem}", path = path.display())]
    Line { path: PathBuf, line: u64, problem: String },
    #[error(
        "{path} holds predictions on the training split, whose labels the run may have memorised: give the {FILE} of \
         the folds, each of which was measured on groups held out from its training",
        path = path.display()
    )]
    Learned { path: PathBuf },
    #[error(
        "none of the {count} predicted pictures is a labelled panel here: give the predictions of networks that were \
         measured on an export of this workspace"
    )]
    Strangers { count: usize },
}

/// What networks say of pictures, by the name they are exported under, without its extension.
#[derive(Debug, Clone, Default)]
pub struct Predictions(BTreeMap<String, Vec<f64>>);

#[derive(Deserialize)]
struct Row {
    file: String,
    score: f64,
}

impl Predictions {
    /// Reads CSV with the columns `file` and `score`, the probability of the positive class; others are passed over.
    ///
    /// # Errors
    /// The first file, and its line, that is none.
    pub fn read(files: &[PathBuf]) -> Result<Self, PredictionsError> {
        let mut predictions = Self::default();
        for path in files {
            predictions.add(path)?;
        }
        Ok(predictions)
    }

    fn add(&mut self, path: &Path) -> Result<(), PredictionsError> {
        let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        if path.file_name().is_some_and(|name| name == LEARNED) {
            return Err(PredictionsError::Learned { path });
        }
        let bytes = std::fs::read(&path)
            .map_err(|source| PredictionsError::Read { path: path.clone(), source })?;
        let bytes = cells::unguard(bytes);
        let wrong =
            |line, problem: String| PredictionsError::Line { path: path.clone(), line, problem };
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let header = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
        if ["file", "score"].iter().any(|name| header.iter().all(|found| found != *name)) {
            let problem =
                "expected a header with 'file' and 'score', as `covid-ct evaluate` writes it";
            return Err(wrong(1, problem.into()));
        }
        for row in reader.records() {
            let line = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
            let row = row.map_err(|error| wrong(line(&error), error.to_string()))?;
            let number = row.position().map_or(0, csv::Position::line);
            let row: Row =
                row.deserialize(Some(&header)).map_err(|error| wrong(number, error.to_string()))?;
            if !(0.0..=1.0).contains(&row.score) {
                let problem = format!("'{}' is no probability: expected 0 to 1", row.score);
                return Err(wrong(number, problem));
            }
            self.0.entry(split_extension(&row.file).0.to_owned()).or_default().push(row.score);
        }
        Ok(())
    }

    /// The mean of what is said of a picture.
    fn of(&self, name: &str) -> Option<f64> {
        let scores = self.0.get(split_extension(name).0)?;
        Some(scores.iter().sum::<f64>() / scores.len() as f64)
    }
}

/// A panel whose label is probably wrong.
#[derive(Debug, Clone, Serialize)]
pub struct WrongLabel {
    #[serde(flatten)]
    pub item: Item,
    /// P of the positive class, by networks that have not seen the picture.
    pub score: f64,
    /// The probability that they give to its label.
    pub confidence: f64,
    /// Place among the panels.
    #[serde(skip)]
    pub place: usize,
}

/// What the predictions say of the labels.
#[derive(Debug, Clone, Serialize)]
pub struct WrongLabels {
    /// Panels that were predicted.
    pub predicted: usize,
    /// Panels that were not.
    pub unpredicted: usize,
    /// Predicted pictures that are no labelled panel here.
    pub unknown: usize,
    /// The least likely label first.
    pub found: Vec<WrongLabel>,
}

/// A line of a queue for `label --scores`.
#[derive(Serialize)]
struct Queued<'a> {
    /// How unlikely the label is: 1 less the probability that it was given.
    score: f64,
    sha256: &'a str,
    name: &'a str,
    label: Label,
}

impl WrongLabels {
    /// Holds the labels in force of `panels`, all of which have one, against the predictions. Sorts the panels, as those of
    /// an [`Audit`](super::Audit) are.
    ///
    /// # Errors
    /// [`PredictionsError::Strangers`] where no panel is predicted.
    pub fn find(
        panels: &mut [LabelledPanel],
        predictions: &Predictions,
    ) -> Result<Self, PredictionsError> {
        let items = items(panels, None);
        let named = |panel: &LabelledPanel, item: &Item| {
            // A picture of a release keeps its own name in exports.
            predictions.of(&item.name).or_else(|| predictions.of(panel.file_name.as_deref()?))
        };
        let predicted: Vec<(usize, f64)> = panels
            .iter()
            .zip(&items)
            .enumerate()
            .filter_map(|(place, (panel, item))| Some((place, named(panel, item)?)))
            .collect();
        if predicted.is_empty() {
            return Err(PredictionsError::Strangers { count: predictions.0.len() });
        }
        let labels: Vec<bool> =
            predicted.iter().map(|&(place, _)| items[place].label.is_positive()).collect();
        let scores: Vec<f64> = predicted.iter().map(|&(_, score)| score).collect();
        let found = confident::wrong_labels(&labels, &scores).into_iter().map(|index| {
            let (place, score) = predicted[index];
            let confidence = if labels[index] { score } else { 1.0 - score };
            WrongLabel { item: items[place].clone(), score, confidence, place }
        });
        Ok(Self {
            predicted: predicted.len(),
            unpredicted: panels.len() - predicted.len(),
            unknown: predictions.0.len().saturating_sub(predicted.len()),
            found: found.collect(),
        })
    }

    /// CSV that `label --scores` takes, to ask about these first.
    ///
    /// # Errors
    /// Never in practice: memory takes every byte.
    pub fn queue(&self, panels: &[LabelledPanel]) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for wrong in &self.found {
            writer.serialize(Queued {
                score: 1.0 - wrong.confidence,
                sha256: &panels[wrong.place].object.sha256,
                name: split_extension(&wrong.item.name).0,
                label: wrong.item.label,
            })?;
        }
        if self.found.is_empty() {
            writer.write_record(["score", "sha256", "name", "label"])?;
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(cells::guard(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Predictions, String> {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join(FILE), text).expect("written");
        // A run's folder will do.
        Predictions::read(&[folder.path().to_owned()]).map_err(|error| error.to_string())
    }

    #[test]
    fn predictions_are_read_and_what_is_none_is_named() {
        let found =
            read("file,label,score,predicted\na-p1-7%0.png,covid,0.25,x\n12.jpg,covid,1,x\n");
        let found = found.expect("predictions");
        assert_eq!((found.of("a-p1-7%0.png"), found.of("12.png")), (Some(0.25), Some(1.0)));
        assert_eq!(found.of("a-p1-7.png"), None);
        for (text, told) in [
            ("name,score\nx,1\n", "line 1: expected a header with 'file' and 'score'"),
            ("file,score\nx,high\n", "line 2: "),
            ("file,score\nx,0.5\ny,1.5\n", "line 3: '1.5' is no probability"),
            ("file,score\nx,NaN\n", "line 2: 'NaN' is no probability"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(told), "{error}");
        }
        let gone = Predictions::read(&["/nowhere/predictions.csv".into()]).expect_err("gone");
        assert!(gone.to_string().contains("`covid-ct evaluate` writes"), "{gone}");
        let learned = Predictions::read(&["x/predictions-train.csv".into()]).expect_err("learned");
        assert!(learned.to_string().contains("memorised"), "{learned}");
    }

    #[test]
    fn a_picture_that_several_networks_saw_has_their_mean() {
        let folder = tempfile::tempdir().expect("folder");
        let files = ["a.csv", "b.csv"].map(|name| folder.path().join(name));
        for (file, score) in files.iter().zip(["0.2", "0.6"]) {
            std::fs::write(file, format!("file,score\nx.png,{score}\n")).expect("written");
        }
        let found = Predictions::read(&files).expect("predictions");
        assert!((found.of("x.png").expect("predicted") - 0.4).abs() < 1e-12);
    }
}
