//! What a run predicts of each picture, and the pictures that explain its errors.

use std::path::Path;

use covid_ct_core::{Label, cells};
use serde::{Deserialize, Serialize};

use super::disk::{Result, malformed, read, read_csv, refused, write, write_csv};
use crate::metrics::{Classified, Scored};

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

    /// Of predictions with a probability a class.
    pub fn classified(predictions: &[Self]) -> Vec<Classified> {
        let of = |prediction: &Self| Classified {
            is: prediction.label.index(),
            said: prediction.predicted.index(),
            probabilities: prediction.probabilities.clone(),
        };
        predictions.iter().map(of).collect()
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

/// What columns of probabilities begin with.
const PROBABILITY: &str = "p_";

pub(super) fn read_predictions(path: &Path) -> Result<Vec<Prediction>> {
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

pub(super) fn write_predictions(path: &Path, rows: &[Prediction]) -> Result<()> {
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
