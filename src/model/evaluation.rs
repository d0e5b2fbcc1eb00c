//! Measuring anything that scores pictures.

use crate::task;
use std::convert::Infallible;
use std::ops::ControlFlow;

use super::{Batch, Example, ModelError, Pictures, Result, Shown};
use crate::metrics::{Metrics, Prediction, Scored, log_loss};

/// Images scored at once. Larger batches gain no speed on a CPU and cost memory.
pub const BATCH: usize = 16;

/// Scores pictures: the network, or a stand-in in tests.
pub trait Scorer {
    /// Log-odds of the positive class for each image of the batch, in its order.
    ///
    /// # Errors
    /// Whatever keeps it from computing.
    fn log_odds(&mut self, batch: &Batch) -> Result<Vec<f64>>;
}

/// Log-odds of the positive class for all pictures, in their order; they must be prepared as
/// [`Preparation::Whole`](super::Preparation::Whole). `advance` is told how many were scored.
///
/// # Errors
/// The scorer's.
pub fn score<E: Shown>(
    scorer: &mut dyn Scorer,
    pictures: &Pictures<E>,
    mut advance: impl FnMut(u64),
) -> Result<Vec<f64>> {
    let mut scored = Vec::with_capacity(pictures.examples().len());
    let passed: Result<ControlFlow<Infallible>> = pictures.for_each_whole(BATCH, |batch| {
        let some = scorer.log_odds(&batch)?;
        advance(some.len() as u64);
        scored.extend(some);
        Ok(ControlFlow::Continue(()))
    });
    let ControlFlow::Continue(()) = passed?;
    Ok(scored)
}

/// The probability of log-odds.
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// What was predicted for a set of examples, and how good that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// In the order of the examples.
    pub predictions: Vec<Prediction>,
    pub metrics: Metrics,
    /// Mean cross entropy in nats; `None` of nothing.
    pub loss: Option<f64>,
}

impl Evaluation {
    /// # Errors
    /// [`ModelError::NotANumber`] naming the first example whose log-odds are no number.
    ///
    /// # Panics
    /// When there are not as many log-odds as examples.
    pub fn of(examples: &[Example], log_odds: &[f64], threshold: f64) -> Result<Self> {
        assert_eq!(examples.len(), log_odds.len(), "one score an example");
        if let Some((example, _)) = examples.iter().zip(log_odds).find(|(_, z)| !z.is_finite()) {
            return Err(ModelError::NotANumber { file: example.file.clone() });
        }
        let task = task::in_force();
        let (positive, negative) = (task.positive(), task.negative().unwrap_or(task.positive()));
        let predict = |(example, &log_odds): (&Example, &f64)| {
            let score = probability(log_odds);
            Prediction {
                file: example.file.clone(),
                label: example.label,
                score,
                predicted: if score >= threshold { positive } else { negative },
            }
        };
        let predictions: Vec<Prediction> = examples.iter().zip(log_odds).map(predict).collect();
        let scored: Vec<Scored> = predictions.iter().map(Prediction::scored).collect();
        let positive = scored.iter().map(|example| example.positive);
        Ok(Self {
            metrics: Metrics::at(threshold, &scored),
            loss: log_loss(positive.zip(log_odds.iter().copied())),
            predictions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Fit;
    use crate::model::{Picture, Preparation};
    use crate::store::Label;
    use image::{GrayImage, Luma};

    /// Finds what is brighter more likely COVID.
    struct Brightness;

    impl Scorer for Brightness {
        fn log_odds(&mut self, batch: &Batch) -> Result<Vec<f64>> {
            let image = batch.values.len() / batch.indices.len();
            let mean = |values: &[f32]| f64::from(values.iter().sum::<f32>()) / image as f64;
            Ok(batch.values.chunks(image).map(mean).collect())
        }
    }

    /// 20 dark and 20 bright pictures, listed as dark and bright by turns.
    fn pictures(folder: &std::path::Path) -> Pictures {
        let examples = (0..40_u8).map(|n| {
            let bright = n % 2 == 1;
            let path = folder.join(format!("{n}.png"));
            let grey = if bright { 180 + n } else { n };
            GrayImage::from_pixel(32, 32, Luma([grey])).save(&path).expect("save");
            assert_eq!(Picture::decode(&path).expect("decode").channels, 1);
            Example {
                file: format!("{n}.png"),
                path,
                list: "testCT_COVID.txt".into(),
                label: if bright { Label::COVID } else { Label::NON_COVID },
            }
        });
        Pictures::load(examples.collect(), Preparation::Whole(Fit::Crop), 32, || ())
            .expect("pictures")
    }

    #[test]
    fn a_stand_in_is_measured() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let pictures = pictures(folder.path());
        let mut counted = 0;
        let log_odds = score(&mut Brightness, &pictures, |n| counted += n).expect("scores");
        assert_eq!(counted, 40);
        let evaluation = Evaluation::of(pictures.examples(), &log_odds, 0.5).expect("evaluation");
        assert_eq!(evaluation.metrics.auroc, Some(1.0));
        assert_eq!(evaluation.metrics.accuracy, Some(1.0));
        assert_eq!(evaluation.predictions[7].file, "7.png");
        assert_eq!(evaluation.predictions[7].predicted, Label::COVID);
        assert!(evaluation.loss.is_some_and(|loss| loss > 0.0 && loss < 0.6));
    }

    #[test]
    fn a_scorer_that_fails_ends_it() {
        struct Broken(usize);
        impl Scorer for Broken {
            fn log_odds(&mut self, batch: &Batch) -> Result<Vec<f64>> {
                self.0 += 1;
                match self.0 {
                    1 => Ok(vec![0.0; batch.indices.len()]),
                    _ => Err(ModelError::NoGpu("lost".into())),
                }
            }
        }
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut broken = Broken(0);
        assert!(score(&mut broken, &pictures(folder.path()), |_| ()).is_err());
        assert_eq!(broken.0, 2);
    }

    #[test]
    fn a_score_that_is_no_number_names_its_file() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let pictures = pictures(folder.path());
        let mut log_odds = vec![0.0; 40];
        log_odds[3] = f64::NAN;
        let error = Evaluation::of(pictures.examples(), &log_odds, 0.5).expect_err("refused");
        assert!(error.to_string().contains("3.png"), "{error}");
    }
}
