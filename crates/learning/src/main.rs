//! `covid-ct-learning`: `covid-ct` with libtorch, for the commands that compute with a network. The one place that
//! knows tch: the network, its weights, the device, the training loop.

mod adam;
#[cfg(test)]
mod against_torchvision;
mod bench;
mod dense;
mod densenet;
mod device;
mod error;
mod findings;
mod gradcam;
mod passage;
mod passes;
mod precision;
mod pretraining;
mod state;
mod targets;
mod threads;
mod trace;
mod training;
mod weights;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use covid_ct::model::pretrain::{Lesson, PretrainNews, PretrainOptions};
use covid_ct::model::{
    self, Backend, Batch, BenchOptions, Compute, Ending, Explainer, Network, NewRun, Odds,
    Pictures, Progress, Scorer, TrainOptions,
};
use covid_ct::program::Parts;
use covid_ct::task;
use covid_ct_core::Label;
use tch::nn::VarStore;
use tch::{Kind, Tensor};

use densenet::{Architecture, DenseNet};
use device::Place;
use error::Result;

fn main() -> ExitCode {
    covid_ct::program::main(Parts { backend: Some(&LibTorch), ..Parts::default() })
}

/// The networks of this crate.
#[derive(Debug)]
struct LibTorch;

impl Backend for LibTorch {
    fn train(
        &self,
        options: &TrainOptions,
        train: &Pictures,
        val: &Pictures,
        run: &NewRun,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> model::Result<Ending> {
        Ok(training::train(options, train, val, run, stop, watch)?)
    }

    fn pretrain(
        &self,
        options: &PretrainOptions,
        lesson: Lesson<'_>,
        run: &NewRun,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(PretrainNews<'_>),
    ) -> model::Result<Ending> {
        Ok(pretraining::pretrain(options, lesson, run, stop, watch)?)
    }

    fn load_scorer(
        &self,
        network: Network,
        checkpoint: &Path,
        compute: Compute,
    ) -> model::Result<Box<dyn Explainer>> {
        let mut model = Model::new(network, device::open(compute)?);
        weights::load_whole(&mut model.variables, network, checkpoint)?;
        Ok(Box::new(model))
    }

    fn bench(
        &self,
        options: &BenchOptions,
        pictures: Option<&Pictures>,
    ) -> model::Result<Vec<f64>> {
        Ok(bench::bench(options, pictures)?)
    }
}

/// Outputs of the network: one a class.
fn outputs() -> i64 {
    Label::all().len() as i64
}

/// The output of a class: of two the positive one has the second, of more they are in the order of the task.
fn output_of(label: Label) -> usize {
    match task::in_force().negative() {
        Some(_) => usize::from(label.is_positive()),
        None => label.index(),
    }
}

/// As a history records it: more digits would only be noise.
fn seconds_since(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 100.0).round() / 100.0
}

/// A network with its weights.
#[derive(Debug)]
struct Model {
    variables: VarStore,
    network: DenseNet,
    /// In what convolutions are computed; all else is in fp32.
    kind: Kind,
}

impl Model {
    /// With torchvision's random weights, drawn from libtorch's generator.
    fn new(network: Network, place: Place) -> Self {
        Self::with_outputs(network, place, outputs())
    }

    fn with_outputs(network: Network, place: Place, outputs: i64) -> Self {
        let variables = VarStore::new(place.device);
        let network = DenseNet::new(&variables.root(), Architecture::of(network), outputs);
        Self { variables, network, kind: place.kind }
    }

    /// Logits of a batch, `[image, class]`.
    fn logits(&self, batch: &Batch, train: bool) -> Result<Tensor> {
        Ok(self.network.forward(&self.images(batch)?, train))
    }

    /// The images of a batch as `[image, channel, row, column]`, channels-last in memory: a
    /// convolution then runs about a quarter faster on CPUs.
    fn images(&self, batch: &Batch) -> Result<Tensor> {
        let side = i64::from(batch.side);
        let count = batch.indices.len() as i64;
        let values = Tensor::f_from_slice(&batch.values)?.f_to_device(self.variables.device())?;
        let images = values.f_view([count, side, side, 3])?.f_permute([0, 3, 1, 2])?;
        Ok(images.f_to_kind(self.kind)?)
    }
}

impl Scorer for Model {
    fn odds(&mut self, batch: &Batch) -> model::Result<Vec<Odds>> {
        let logits = tch::no_grad(|| self.logits(batch, false))?;
        if outputs() == 2 {
            return Ok(difference(&logits)?.into_iter().map(Odds::from).collect());
        }
        let positive = task::in_force().positive().index();
        let rows = in_double(&logits)?;
        Ok(rows.chunks(outputs() as usize).map(|row| Odds::of_logits(row, positive)).collect())
    }
}

/// All numbers of a tensor, row by row.
fn in_double(tensor: &Tensor) -> Result<Vec<f64>> {
    let flat = tensor.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?.f_flatten(0, -1)?;
    Ok(Vec::try_from(flat)?)
}

/// Log-odds, image by image. With two classes those of the softmax are the difference of the logits.
fn difference(logits: &Tensor) -> Result<Vec<f64>> {
    let log_odds = logits.f_select(1, 1)? - logits.f_select(1, 0)?;
    Ok(Vec::try_from(log_odds.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?)?)
}
