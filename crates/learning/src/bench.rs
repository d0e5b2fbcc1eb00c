//! How fast the network learns and scores, for `make bench-train`.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Instant;

use tch::{Kind, Tensor};

use crate::adam::Adam;
use crate::error::Result;
use crate::targets::Targets;
use crate::trace::Trace;
use crate::training::{batches, shuffled};
use crate::{Model, device};
use covid_ct::model::augment::{Augmentation, Draw, View, random_numbers};
use covid_ct::model::{Bench, BenchOptions, Picture, Pictures};
use covid_ct::runs::Hyperparameters;

/// Seconds of each of `steps` steps, after one that is not counted. `pictures`, which epochs are of, are augmented
/// and learned from, over and over; else all steps see the same random images.
///
/// # Errors
/// When the device is not there, or libtorch's.
pub fn bench(options: &BenchOptions, pictures: Option<&Pictures>) -> Result<Vec<f64>> {
    let place = device::open(options.compute)?;
    tch::manual_seed(0);
    let mut model = Model::new(options.network, place);
    let mut adam = Adam::new(&model.variables, 0.0)?;
    let (batch, side) = (i64::from(options.batch), i64::from(options.size));
    let images = Tensor::randn([batch, side, side, 3], (Kind::Float, place.device));
    let images = images.f_permute([0, 3, 1, 2])?.f_to_kind(place.kind)?;
    let classes = Tensor::arange(batch, (Kind::Int64, place.device)).remainder(2);
    let mut seconds = Vec::new();
    let mut timed = |step: &mut dyn FnMut() -> Result<()>| -> Result<()> {
        for _ in 0..=options.steps {
            let started = Instant::now();
            step()?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        Ok(())
    };
    match (options.what, pictures) {
        (Bench::Infer, _) => timed(&mut || {
            let logits = tch::no_grad(|| model.network.forward(&images, false));
            // Waits for a GPU.
            let _ = logits.f_sum(Kind::Float)?.double_value(&[]);
            Ok(())
        })?,
        (Bench::Epoch | Bench::FirstEpoch, Some(pictures)) => {
            seconds = epochs(options, pictures, &mut model, &mut adam)?;
        }
        _ => timed(&mut || {
            let trace = Trace::learning(&model.network, &images)?;
            let loss = trace.logits().cross_entropy_for_logits(&classes);
            trace.step(&loss, &mut adam, 1e-4)?;
            let _ = loss.double_value(&[]);
            Ok(())
        })?,
    }
    // The first one finds memory and kernels.
    Ok(seconds.split_off(1))
}

/// Seconds between the ends of steps: what is waited for a batch counts.
fn epochs(
    options: &BenchOptions,
    pictures: &Pictures,
    model: &mut Model,
    adam: &mut Adam,
) -> Result<Vec<f64>> {
    let recipe = Hyperparameters::default();
    let targets = Targets::new(&recipe, pictures);
    let order = shuffled(pictures.examples().len(), 0, 1);
    let epoch: Vec<Vec<usize>> = batches(&order, options.batch);
    let steps: Vec<Vec<usize>> =
        epoch.iter().cycle().take(options.steps as usize + 1).cloned().collect();
    let augmentation = Augmentation::of(&recipe);
    let view = |batch: &[usize], place: usize, picture: &Picture| {
        let mut random = random_numbers(0, 1, Draw::View(batch[place]));
        View::random(picture.width, picture.height, options.size, augmentation, &mut random)
    };
    let mut seconds = Vec::new();
    let mut last = Instant::now();
    let passed: Result<ControlFlow<Infallible>> = pictures.for_each_batch(&steps, view, |batch| {
        let labels: Vec<_> = batch.indices.iter().map(|&i| pictures.examples()[i].label).collect();
        let images = model.images(&batch)?;
        let mut random = random_numbers(0, 1, Draw::Mix(0));
        let (images, wanted) = targets.mixed(images, &labels, &mut random)?;
        let trace = Trace::learning(&model.network, &images)?;
        let loss = Targets::loss(&trace.logits(), &wanted)?;
        trace.step(&loss, adam, 1e-4)?;
        let _ = loss.double_value(&[]);
        seconds.push(last.elapsed().as_secs_f64());
        last = Instant::now();
        Ok(ControlFlow::Continue(()))
    });
    let ControlFlow::Continue(()) = passed?;
    Ok(seconds)
}
