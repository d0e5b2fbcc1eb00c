//! How a network is trained: what a profile sets, and what `config.json` records of it.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use covid_ct_core::string_enum;

string_enum! {
    /// Recipes that have a name.
    pub enum Profile {
        /// The COVID-CT paper's (arXiv 2003.13865).
        Paper = "paper",
        /// One that was tuned on the validation split of the published dataset, on smaller pictures; `docs/baseline.md`
        /// tells how it does.
        Tuned = "tuned",
        /// One for weights that learned from drawn slices: few epochs at full size. Of those that were compared by
        /// leaving papers out, the best.
        Transfer = "transfer",
        /// One for scans from elsewhere: lungs found and shown alike, and all that a source leaves on a picture drawn
        /// anew; for weights that learned from drawn slices in the same way.
        Robust = "robust",
    }
}

string_enum! {
    /// How a picture that is not square becomes one.
    pub enum Fit {
        /// Its middle is cut out.
        Crop = "crop",
        /// It is squashed: nothing is lost at the sides, but shapes change.
        Squash = "squash",
        /// The box around the lungs is cut out and squashed, and grey levels are those of air and soft tissue: what
        /// lies around the lungs and the window of the file change nothing.
        Lungs = "lungs",
    }
}

string_enum! {
    /// Which epoch's weights a run keeps.
    pub enum Keep {
        /// That of the highest AUROC on the validation split.
        Best = "best",
        /// The last one's, however the validation split likes it.
        Last = "last",
    }
}

/// What training does, apart from the network it starts with and the pictures it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hyperparameters {
    /// The one this started as; single settings may differ from it.
    pub profile: Profile,
    /// Passes over the training split.
    pub epochs: u32,
    /// Images in a step.
    pub batch: u32,
    /// Adam's at its highest; it falls to 0 along a cosine, step by step.
    pub learning_rate: f64,
    /// Epochs over which the learning rate first rises from 0.
    pub warmup: u32,
    /// Part of the weights that is taken off in each step, times the learning rate (that of `AdamW`, Loshchilov
    /// and Hutter, arXiv 1711.05101). Normalisation and biases are spared.
    pub weight_decay: f64,
    /// Part of the target that is spread over both classes (Szegedy et al., arXiv 1512.00567).
    pub label_smoothing: f64,
    /// Pairs of images are mixed by shares drawn from Beta(a, a) of this a (Zhang et al., arXiv
    /// 1710.09412); 0 mixes none.
    pub mixup: f64,
    /// What the mean of the weights over the steps keeps of itself in each; it is this mean that is
    /// measured and kept. 0 keeps the weights themselves.
    pub ema: f64,
    pub keep: Keep,
    /// Whether both classes weigh the same in the loss, however many images they have.
    pub balance: bool,
    /// Epochs at the start in which only the last layer learns.
    pub freeze: u32,
    /// Ends when so many epochs in a row brought nothing better on the validation split; 0 never does.
    pub patience: u32,
    /// Side of the square the network sees, in pixels.
    pub size: u32,
    pub fit: Fit,
    /// Area of the smallest random crop as a part of the picture's.
    pub crop: f32,
    /// Brightness and contrast of an image change by at most this part.
    pub jitter: f32,
    /// How often what a source leaves on a picture (grey levels, sharpness, noise, JPEG, letters) is drawn anew: from 0,
    /// never, to 1. Runs of before there was such a thing have 0.
    pub traces: f32,
}

/// What runs were trained with before there were profiles and a choice of what to keep.
impl Default for Hyperparameters {
    fn default() -> Self {
        Self { ema: 0.0, keep: Keep::Best, ..Self::of(Profile::Paper) }
    }
}

impl Hyperparameters {
    pub fn of(profile: Profile) -> Self {
        let paper = Self {
            profile,
            epochs: 50,
            batch: 4,
            learning_rate: 1e-4,
            warmup: 0,
            weight_decay: 0.0,
            label_smoothing: 0.0,
            mixup: 0.0,
            // The authors' code lets ten epochs in a row vote. A mean of the weights over the last epochs is of
            // the same kind, and is one network.
            ema: 0.999,
            keep: Keep::Last,
            balance: false,
            freeze: 0,
            patience: 0,
            size: 224,
            fit: Fit::Crop,
            // `RandomResizedCrop(224, scale=(0.5, 1.0))` in the authors' code.
            crop: 0.5,
            jitter: 0.0,
            traces: 0.0,
        };
        match profile {
            Profile::Paper => paper,
            Profile::Tuned => Self {
                epochs: 24,
                batch: 16,
                learning_rate: 1e-3,
                weight_decay: 0.05,
                size: 112,
                fit: Fit::Squash,
                ..paper
            },
            Profile::Transfer => Self {
                epochs: 12,
                batch: 8,
                learning_rate: 2e-4,
                weight_decay: 0.05,
                // After so few steps a longer mean would still hold what the first epochs were.
                ema: 0.995,
                fit: Fit::Squash,
                ..paper
            },
            Profile::Robust => Self {
                epochs: 24,
                batch: 16,
                learning_rate: 3e-4,
                weight_decay: 0.05,
                label_smoothing: 0.1,
                ema: 0.99,
                size: 128,
                fit: Fit::Lungs,
                traces: 0.9,
                ..paper
            },
        }
    }

    /// The learning rate of a step, both counted from 0, of an epoch of so many steps: it rises to the
    /// highest in a straight line, then falls to 0 along half a cosine (Loshchilov and Hutter, arXiv
    /// 1608.03983).
    pub fn learning_rate_at(&self, step: u64, steps_per_epoch: u64) -> f64 {
        let rising = u64::from(self.warmup.min(self.epochs)) * steps_per_epoch;
        if step < rising {
            return self.learning_rate * (step + 1) as f64 / rising as f64;
        }
        let falling = (u64::from(self.epochs) * steps_per_epoch - rising).max(1);
        let part = (step - rising) as f64 / falling as f64;
        self.learning_rate * (1.0 + (PI * part).cos()) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_and_falls() {
        let recipe = Hyperparameters {
            epochs: 6,
            warmup: 2,
            learning_rate: 0.4,
            ..Hyperparameters::default()
        };
        let rates: Vec<f64> = (0..24).map(|step| recipe.learning_rate_at(step, 4)).collect();
        assert!((rates[0] - 0.05).abs() < 1e-12 && (rates[7] - 0.4).abs() < 1e-12);
        assert!((rates[16] - 0.2).abs() < 1e-12, "half way down");
        assert!(rates[8..].is_sorted_by(|a, b| a > b) && rates[23] > 0.0);
        assert!(recipe.learning_rate_at(24, 4).abs() < 1e-12);
    }

    #[test]
    fn a_config_of_old_is_the_papers_of_the_best_epoch() {
        let old = r#"{"epochs": 7, "batch": 2, "learning_rate": 1e-3, "size": 96}"#;
        let recipe: Hyperparameters = serde_json::from_str(old).expect("read");
        let paper =
            Hyperparameters { ema: 0.0, keep: Keep::Best, ..Hyperparameters::of(Profile::Paper) };
        let expected =
            Hyperparameters { epochs: 7, batch: 2, learning_rate: 1e-3, size: 96, ..paper };
        assert_eq!(recipe, expected);
    }
}
