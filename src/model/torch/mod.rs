//! The one place that knows tch: the network, its weights, the device, the training loop.

#[cfg(test)]
mod against_torchvision;
mod densenet;
mod device;
mod gradcam;
mod training;
mod weights;

use std::path::Path;

use tch::nn::VarStore;
use tch::{Kind, Tensor};

pub use training::train;

use super::{Batch, Device, Explainer, Network, Result, Scorer};
use crate::store::Label;
use densenet::{Architecture, DenseNet};

/// Outputs of the network: 0 is non-COVID, 1 is COVID.
const CLASSES: i64 = 2;

/// # Errors
/// None: this build has libtorch.
pub fn check_available() -> Result<()> {
    Ok(())
}

/// A network with its weights.
#[derive(Debug)]
struct Model {
    variables: VarStore,
    network: DenseNet,
}

impl Model {
    /// With torchvision's random weights, drawn from libtorch's generator.
    fn new(network: Network, device: tch::Device) -> Self {
        let variables = VarStore::new(device);
        let network = DenseNet::new(&variables.root(), Architecture::of(network), CLASSES);
        Self { variables, network }
    }

    /// Logits of a batch, `[image, class]`.
    fn logits(&self, batch: &Batch, train: bool) -> Result<Tensor> {
        let input = images(batch, self.variables.device())?;
        Ok(self.network.forward(&input, train))
    }
}

impl Scorer for Model {
    fn log_odds(&mut self, batch: &Batch) -> Result<Vec<f64>> {
        let logits = tch::no_grad(|| self.logits(batch, false))?;
        // With two classes the log-odds of the softmax are the difference of the logits.
        let log_odds = logits.f_select(1, 1)? - logits.f_select(1, 0)?;
        Ok(Vec::try_from(log_odds.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?)?)
    }
}

/// The images of a batch as `[image, channel, row, column]`, channels-last in memory: a convolution
/// then runs about a quarter faster on CPUs.
fn images(batch: &Batch, device: tch::Device) -> Result<Tensor> {
    let side = i64::from(batch.side);
    let count = batch.labels.len() as i64;
    let values = Tensor::f_from_slice(&batch.values)?.f_to_device(device)?;
    Ok(values.f_view([count, side, side, 3])?.f_permute([0, 3, 1, 2])?)
}

/// The classes of a batch, as the network numbers them.
fn targets(batch: &Batch, device: tch::Device) -> Result<Tensor> {
    let classes: Vec<i64> =
        batch.labels.iter().map(|&label| i64::from(label == Label::Covid)).collect();
    Ok(Tensor::f_from_slice(&classes)?.f_to_device(device)?)
}

/// The network of a checkpoint that [`train`] wrote, ready to score.
///
/// # Errors
/// When the file cannot be read or does not hold this network, or the device is not there.
pub fn load_scorer(
    network: Network,
    checkpoint: &Path,
    device: Device,
    threads: u32,
) -> Result<Box<dyn Explainer>> {
    let device = device::open(device, threads)?;
    let mut model = Model::new(network, device);
    weights::load_whole(&mut model.variables, network, checkpoint)?;
    Ok(Box::new(model))
}
