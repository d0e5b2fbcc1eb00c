//! What the network is to answer, and how far it is from that.

use rand::Rng;
use rand::seq::SliceRandom as _;
use rand_distr::{Beta, Distribution as _};
use tch::{Kind, Tensor};

use crate::error::Result;
use crate::output_of;
use covid_ct::model::Pictures;
use covid_ct::runs::Hyperparameters;
use covid_ct_core::{ClassCounts, Label};

/// Shares of the classes that a recipe asks for.
#[derive(Debug)]
pub struct Targets {
    smoothing: f32,
    mixing: Option<Beta<f64>>,
    /// What classes weigh, by output of the network; 1 on average over the training images.
    weights: Vec<f32>,
}

impl Targets {
    pub fn new(recipe: &Hyperparameters, train: &Pictures) -> Self {
        let counts = ClassCounts::of(train.examples().iter().map(|example| example.label));
        let classes = Label::all().len();
        let mut weights = vec![1.0; classes];
        if recipe.balance {
            for (label, count) in counts.iter() {
                let share = classes as f32 * count.max(1) as f32;
                weights[output_of(label)] = counts.total() as f32 / share;
            }
        }
        Self {
            smoothing: recipe.label_smoothing as f32,
            mixing: (recipe.mixup > 0.0)
                .then(|| Beta::new(recipe.mixup, recipe.mixup).expect("above 0")),
            weights,
        }
    }

    /// The images, mixed in pairs where the recipe says so, and what is to be answered for each,
    /// `[image, class]`.
    ///
    /// # Errors
    /// libtorch's.
    pub fn mixed(
        &self,
        images: Tensor,
        labels: &[Label],
        random: &mut impl Rng,
    ) -> Result<(Tensor, Tensor)> {
        let wanted: Vec<f32> = labels.iter().flat_map(|&label| self.of(label)).collect();
        let wanted = Tensor::f_from_slice(&wanted)?
            .f_view([labels.len() as i64, self.weights.len() as i64])?
            .f_to_device(images.device())?;
        let Some(mixing) = self.mixing else { return Ok((images, wanted)) };
        let share = mixing.sample(random);
        let mut partners: Vec<i64> = (0..labels.len() as i64).collect();
        partners.shuffle(random);
        let partners = Tensor::f_from_slice(&partners)?.f_to_device(images.device())?;
        let mix = |own: &Tensor| -> Result<Tensor> {
            Ok(own.f_lerp(&own.f_index_select(0, &partners)?, 1.0 - share)?)
        };
        Ok((mix(&images)?, mix(&wanted)?))
    }

    fn of(&self, label: Label) -> Vec<f32> {
        let class = output_of(label);
        let mut wanted = vec![self.smoothing / self.weights.len() as f32; self.weights.len()];
        wanted[class] += 1.0 - self.smoothing;
        wanted.into_iter().map(|share| share * self.weights[class]).collect()
    }

    /// Mean cross entropy in nats.
    ///
    /// # Errors
    /// libtorch's.
    pub fn loss(logits: &Tensor, wanted: &Tensor) -> Result<Tensor> {
        let images = logits.size()[0] as f64;
        let told = logits.f_log_softmax(1, Kind::Float)?.f_mul(wanted)?;
        Ok(told.f_sum(Kind::Float)?.f_div_scalar(-images)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct::model::augment::{Draw, random_numbers};
    use tch::Device;

    fn targets(recipe: &Hyperparameters) -> Targets {
        let example = |label| covid_ct::model::Example {
            file: "x.png".into(),
            path: "x.png".into(),
            list: "list.txt".into(),
            label,
        };
        let examples =
            [Label::COVID, Label::NON_COVID, Label::NON_COVID, Label::NON_COVID].map(example);
        let whole = covid_ct::model::Preparation::Whole(covid_ct::runs::Fit::Crop);
        Targets::new(recipe, &Pictures::new(examples.to_vec(), whole, 64, 0))
    }

    #[test]
    fn without_extras_it_is_the_cross_entropy() {
        let targets = targets(&Hyperparameters::default());
        let logits = Tensor::from_slice(&[1.0_f32, -0.5, 0.3, 2.0]).view([2, 2]);
        let labels = [Label::NON_COVID, Label::COVID];
        let mut random = random_numbers(0, 1, Draw::Mix(0));
        let images = Tensor::zeros([2, 3, 4, 4], (Kind::Float, Device::Cpu));
        let (_, wanted) = targets.mixed(images, &labels, &mut random).expect("targets");
        let ours = Targets::loss(&logits, &wanted).expect("loss").double_value(&[]);
        let theirs = logits.cross_entropy_for_logits(&Tensor::from_slice(&[0_i64, 1]));
        assert!((ours - theirs.double_value(&[])).abs() < 1e-6);
    }

    #[test]
    fn smoothing_and_weights_share_out_the_target() {
        let recipe =
            Hyperparameters { label_smoothing: 0.2, balance: true, ..Hyperparameters::default() };
        let targets = targets(&recipe);
        let near = |a: Vec<f32>, b: [f32; 2]| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 1e-6;
        assert!(near(targets.of(Label::COVID), [0.2, 1.8]), "{:?}", targets.of(Label::COVID));
        assert!(near(targets.of(Label::NON_COVID), [0.6, 0.6 / 9.0]));
    }

    #[test]
    fn mixing_keeps_the_sum_of_images_and_targets() {
        let targets = targets(&Hyperparameters { mixup: 0.4, ..Hyperparameters::default() });
        let labels = [Label::COVID, Label::NON_COVID, Label::COVID, Label::NON_COVID];
        let images = Tensor::arange(4 * 3, (Kind::Float, Device::Cpu)).view([4, 3, 1, 1]);
        for step in 0..20 {
            let mut random = random_numbers(0, 1, Draw::Mix(step));
            let (mixed, wanted) =
                targets.mixed(images.shallow_clone(), &labels, &mut random).expect("mixed");
            let difference = (mixed.sum(Kind::Float) - images.sum(Kind::Float)).abs();
            assert!(difference.double_value(&[]) < 1e-4);
            assert!((wanted.sum(Kind::Float).double_value(&[]) - 4.0).abs() < 1e-5);
        }
    }
}
