//! The way through the network in training, and back to the gradients of its variables.

use std::collections::BTreeMap;

use half::bf16;
use tch::{Device, Kind, Tensor};

use crate::adam::{Adam, Named};
use crate::dense::Value;
use crate::densenet::{DenseNet, Section};
use crate::error::Result;
use crate::passage::{Passage, Through, is_passable, number};

/// Features of a batch, and what leads from a loss back to the variables they came from.
#[derive(Debug)]
pub struct Trace<'a> {
    network: &'a DenseNet,
    features: Tensor,
    /// One a section where sections were passed without autograd; else autograd knows all of the way.
    stages: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    /// What came into the section: where autograd's way from the one before, or from the images, ends.
    entry: Tensor,
    /// To its exit, where autograd's way to the next one, or to the loss, begins.
    passage: Box<dyn Passage>,
}

impl<'a> Trace<'a> {
    /// In training, where batches are normalised by their own moments.
    ///
    /// # Errors
    /// libtorch's.
    pub fn learning(network: &'a DenseNet, images: &Tensor) -> Result<Self> {
        let passable = network.sections.iter().all(is_passable);
        let through = match (images.device(), images.kind()) {
            (Device::Cpu, Kind::Float) if passable => through::<f32>,
            (Device::Cpu, Kind::BFloat16) if passable => through::<bf16>,
            _ => {
                let features = network.features(images, true);
                return Ok(Self { network, features, stages: Vec::new() });
            }
        };
        let mut stages = Vec::new();
        let mut entry = network.conv0.forward(images);
        for section in &network.sections {
            let passage = through(section, &entry)?;
            let next = section.shrink(passage.exit());
            stages.push(Stage { entry, passage });
            entry = next;
        }
        Ok(Self { network, features: network.pooled(&entry), stages })
    }

    /// As in evaluation, for what learns from the features alone.
    pub fn frozen(network: &'a DenseNet, images: &Tensor) -> Self {
        let features = tch::no_grad(|| network.features(images, false));
        Self { network, features, stages: Vec::new() }
    }

    /// `[image, channel]`.
    pub fn features(&self) -> &Tensor {
        &self.features
    }

    /// Logits `[image, class]`.
    pub fn logits(&self) -> Tensor {
        self.network.classify(&self.features)
    }

    /// A step of `adam`, away from a loss as [`Trace::gradients`] takes it.
    ///
    /// # Errors
    /// libtorch's.
    pub fn step(self, loss: &Tensor, adam: &mut Adam, learning_rate: f64) -> Result<()> {
        let gradients = self.gradients(loss, adam.variables())?;
        adam.step(&gradients, learning_rate)
    }

    /// The gradients of a loss that was worked out from the features with the last layer, or others of the
    /// `variables`; in their order. Undefined of what has no part in the loss.
    ///
    /// # Errors
    /// libtorch's.
    fn gradients(self, loss: &Tensor, variables: &Named) -> Result<Vec<Tensor>> {
        if self.stages.is_empty() {
            return by_autograd(loss, variables);
        }
        let sections = &self.network.sections;
        let (between, wanted): (Vec<&String>, Vec<&Tensor>) = variables
            .iter()
            .filter(|(name, _)| !sections.iter().any(|section| section.holds(name)))
            .map(|(name, variable)| (name, variable))
            .unzip();
        let mut found: BTreeMap<String, Tensor> = BTreeMap::new();
        let keep = |found: &mut BTreeMap<_, _>, gradients: &mut dyn Iterator<Item = Tensor>| {
            let defined = between.iter().zip(gradients).filter(|(_, gradient)| gradient.defined());
            found.extend(defined.map(|(name, gradient)| ((*name).clone(), gradient)));
        };
        let mut end = loss.shallow_clone();
        for (section, Stage { entry, passage }) in sections.iter().zip(self.stages).rev() {
            let mut all = vec![passage.exit()];
            all.extend(&wanted);
            let mut gradients = Tensor::f_run_backward(&[end], &all, false, false)?.into_iter();
            let of_exit = gradients.next().expect("one each");
            keep(&mut found, &mut gradients);
            let of_entry = passage.back(section, &of_exit, &mut |name, gradient| {
                found.insert(name, gradient);
            })?;
            end = number(&entry, &of_entry)?;
        }
        let gradients = Tensor::f_run_backward(&[end], &wanted, false, false)?;
        keep(&mut found, &mut gradients.into_iter());
        let gradient = |(name, _): &(String, Tensor)| found.remove(name).unwrap_or_default();
        Ok(variables.iter().map(gradient).collect())
    }
}

/// The gradients of a loss that autograd knows all of the way to, in the variables' order.
///
/// # Errors
/// libtorch's.
pub fn by_autograd(loss: &Tensor, variables: &Named) -> Result<Vec<Tensor>> {
    let wanted: Vec<&Tensor> = variables.iter().map(|(_, variable)| variable).collect();
    Ok(Tensor::f_run_backward(&[loss], &wanted, false, false)?)
}

fn through<V: Value>(section: &Section, input: &Tensor) -> Result<Box<dyn Passage>> {
    Ok(Box::new(Through::<V>::new(section, input)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::densenet::Architecture;
    use crate::state;
    use tch::nn::VarStore;

    fn network() -> (VarStore, DenseNet) {
        let variables = VarStore::new(Device::Cpu);
        let small = Architecture { growth: 16, blocks: &[2, 4, 1], stem: 32 };
        let network = DenseNet::new(&variables.root(), small, 2);
        (variables, network)
    }

    fn assert_near(ours: &Tensor, theirs: &Tensor, what: &str) {
        let off = (ours - theirs).abs().max().double_value(&[]);
        let size = theirs.abs().max().double_value(&[]);
        assert!(off <= 1e-4 * size.max(1e-2), "{what}: off by {off} of {size}");
    }

    /// What one step of learning comes to: the loss, gradients by name, running moments by name.
    struct Learned {
        loss: Tensor,
        gradients: Named,
        moments: Named,
    }

    /// By a [`Trace`] or by autograd, always from the same weights, of images in this kind.
    fn learned(by_trace: bool, kind: Kind) -> Learned {
        let (variables, network) = network();
        // By their names, since other tests draw random numbers too.
        for (seed, (name, mut variable)) in (1..).zip(state::sorted(&variables)) {
            if variable.requires_grad() {
                let drawn = wave(seed, &variable.size());
                let fan_in = if variable.dim() > 1 {
                    variable.numel() as i64 / variable.size()[0]
                } else {
                    8
                };
                let start = f64::from(u8::from(name.contains("norm") && name.ends_with("weight")));
                let value = drawn * (4.0 / fan_in as f64).sqrt() + start;
                tch::no_grad(|| variable.f_copy_(&value).map(drop)).expect("weights");
            }
        }
        let images = (wave(99, &[3, 3, 96, 64]) * 2.0 + 0.7).to_kind(kind);
        let loss_of =
            |logits: Tensor| logits.cross_entropy_for_logits(&Tensor::from_slice(&[0_i64, 1, 1]));
        let wanted = state::trainable(&variables);
        let mut moments = state::sorted(&variables);
        moments.retain(|(_, variable)| !variable.requires_grad());
        let (loss, gradients) = if by_trace {
            let trace = Trace::learning(&network, &images).expect("there");
            assert_eq!(trace.stages.len(), 4, "not autograd itself");
            let loss = loss_of(trace.logits());
            let gradients = trace.gradients(&loss, &wanted).expect("back");
            (loss, gradients)
        } else {
            let loss = loss_of(network.forward(&images, true));
            let gradients = by_autograd(&loss, &wanted).expect("gradients");
            (loss, gradients)
        };
        let gradients = wanted.into_iter().zip(gradients).map(|((name, _), found)| (name, found));
        Learned { loss, gradients: gradients.collect(), moments }
    }

    /// Values from -1 to 1 that look like noise.
    fn wave(seed: i64, shape: &[i64]) -> Tensor {
        let place = Tensor::arange(shape.iter().product::<i64>(), (Kind::Double, Device::Cpu));
        ((place * 12.9898 + seed as f64 * 78.233).sin() * 43.758)
            .sin()
            .view(shape)
            .to_kind(Kind::Float)
    }

    #[test]
    fn the_way_back_is_autograds() {
        let (ours, theirs) = (learned(true, Kind::Float), learned(false, Kind::Float));
        assert_near(&ours.loss, &theirs.loss, "loss");
        assert_eq!(ours.gradients.len(), theirs.gradients.len());
        for all in [(ours.gradients, theirs.gradients), (ours.moments, theirs.moments)] {
            for ((name, ours), (_, theirs)) in all.0.iter().zip(&all.1) {
                assert_eq!(ours.size(), theirs.size(), "{name}");
                assert_near(ours, theirs, name);
            }
        }
    }

    /// Neither ours nor autograd's gradients are exact in bf16; ours are not further from those in fp32.
    #[test]
    fn in_bf16_it_is_as_good_as_autograd() {
        let exact = learned(false, Kind::Float).gradients;
        let off = |by_trace| {
            let found = learned(by_trace, Kind::BFloat16).gradients;
            let off = found.iter().zip(&exact).map(|((name, found), (_, exact))| {
                assert_eq!(found.kind(), Kind::Float, "{name}");
                ((found - exact).norm() / exact.norm()).double_value(&[])
            });
            off.sum::<f64>() / exact.len() as f64
        };
        let (ours, theirs) = (off(true), off(false));
        assert!(ours < theirs * 1.1 && theirs < 0.5, "{ours}, autograd {theirs}");
    }

    #[test]
    fn what_is_frozen_has_no_gradient_but_the_last_layer() {
        let (variables, network) = network();
        let images = Tensor::randn([2, 3, 64, 64], (Kind::Float, Device::Cpu));
        let trace = Trace::frozen(&network, &images);
        let loss = trace.logits().sum(Kind::Float);
        let wanted = state::trainable(&variables);
        let gradients = trace.gradients(&loss, &wanted).expect("back");
        for ((name, _), gradient) in wanted.iter().zip(gradients) {
            assert_eq!(gradient.defined(), name.starts_with("classifier."), "{name}");
        }
    }
}
