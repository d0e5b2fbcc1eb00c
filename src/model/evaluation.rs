//! Measuring anything that scores pictures.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::{Batch, Example, ModelError, Odds, Pictures, Result, Shown, probability};
use crate::metrics::{Metrics, Scored, classes, log_loss};
use crate::runs::Prediction;
use covid_ct_core::Label;

/// Images scored at once. Larger batches gain no speed on a CPU and cost memory.
pub const BATCH: usize = 16;

/// Scores pictures: the network, or a stand-in in tests.
pub trait Scorer {
    /// What it says of each image of the batch, in its order.
    ///
    /// # Errors
    /// Whatever keeps it from computing.
    fn odds(&mut self, batch: &Batch) -> Result<Vec<Odds>>;
}

/// What the scorer says of all pictures, in their order; they must be prepared as
/// [`Preparation::Whole`](super::Preparation::Whole). `advance` is told how many were scored.
///
/// # Errors
/// The scorer's.
pub fn score<E: Shown>(
    scorer: &mut dyn Scorer,
    pictures: &Pictures<E>,
    mut advance: impl FnMut(u64),
) -> Result<Vec<Odds>> {
    let mut scored = Vec::with_capacity(pictures.examples().len());
    let passed: Result<ControlFlow<Infallible>> = pictures.for_each_whole(BATCH, |batch| {
        let some = scorer.odds(&batch)?;
        advance(some.len() as u64);
        scored.extend(some);
        Ok(ControlFlow::Continue(()))
    });
    let ControlFlow::Continue(()) = passed?;
    Ok(scored)
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
    pub fn of(examples: &[Example], odds: &[Odds], threshold: f64) -> Result<Self> {
        assert_eq!(examples.len(), odds.len(), "one score an example");
        if let Some((example, _)) = examples.iter().zip(odds).find(|(_, odds)| !odds.is_finite()) {
            return Err(ModelError::NotANumber { file: example.file.clone() });
        }
        let predict = |(example, odds): (&Example, &Odds)| Prediction {
            file: example.file.clone(),
            label: example.label,
            score: probability(odds.log_odds()),
            predicted: odds.predicted(threshold),
            probabilities: odds.probabilities(),
        };
        let predictions: Vec<Prediction> = examples.iter().zip(odds).map(predict).collect();
        let scored: Vec<Scored> = predictions.iter().map(Prediction::scored).collect();
        let positive = scored.iter().map(|example| example.positive);
        // Of several classes the cross entropy is the mean of what the class that it is was given.
        let of_classes: Option<f64> =
            examples.iter().zip(odds).map(|(e, odds)| odds.log_probability(e.label)).sum();
        let loss = match of_classes {
            Some(sum) if !examples.is_empty() => Some(-sum / examples.len() as f64),
            _ => log_loss(positive.zip(odds.iter().map(Odds::log_odds))),
        };
        Ok(Self { metrics: Metrics::at(threshold, &scored), loss, predictions })
    }

    /// Right predictions of all, and the AUROC: of two classes that of the positive one, of more the mean over the classes,
    /// each against the rest. `None` where they cannot be told.
    pub fn accuracy_and_auroc(&self) -> (Option<f64>, Option<f64>) {
        if self.predictions.iter().all(|prediction| prediction.probabilities.is_empty()) {
            return (self.metrics.accuracy, self.metrics.auroc);
        }
        let examples = Prediction::classified(&self.predictions);
        classes::accuracy_and_macro_auroc(&examples, Label::all().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Picture, Preparation};
    use crate::runs::Fit;
    use image::{GrayImage, Luma};

    /// Finds what is brighter more likely COVID.
    struct Brightness;

    impl Scorer for Brightness {
        fn odds(&mut self, batch: &Batch) -> Result<Vec<Odds>> {
            let image = batch.values.len() / batch.indices.len();
            let mean =
                |values: &[f32]| Odds::from(f64::from(values.iter().sum::<f32>()) / image as f64);
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
            fn odds(&mut self, batch: &Batch) -> Result<Vec<Odds>> {
                self.0 += 1;
                match self.0 {
                    1 => Ok(vec![0.0.into(); batch.indices.len()]),
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
        let mut log_odds = vec![Odds::from(0.0); 40];
        log_odds[3] = f64::NAN.into();
        let error = Evaluation::of(pictures.examples(), &log_odds, 0.5).expect_err("refused");
        assert!(error.to_string().contains("3.png"), "{error}");
    }
}
