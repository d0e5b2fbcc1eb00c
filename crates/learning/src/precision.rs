//! Which precision a training computes in, where the command line leaves it open: the one whose steps are faster here.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tch::{Kind, Tensor};

use crate::Model;
use crate::adam::Adam;
use crate::device::{self, Place};
use crate::error::Result;
use crate::trace::Trace;
use covid_ct::model::{Compute, Network, Precision, Speed};

/// Steps of each precision that are timed, after one that finds memory and kernels; the fastest counts.
const STEPS: usize = 3;
/// By so much bf16 must be faster to be taken, so that chance seldom decides.
const CLEARLY: f64 = 1.15;

/// What a step is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepSize {
    pub network: Network,
    /// Images in it.
    pub batch: u32,
    /// Side of the images, in pixels.
    pub size: u32,
}

/// What was measured in this process: trainings side by side must not differ in what each of them measured.
static MEASURED: Mutex<Vec<(StepSize, u32, f64)>> = Mutex::new(Vec::new());

/// The place to learn in, and how the other precision would do. In `auto` that is the precision that was `recorded` for
/// this training before, and else the faster one. On a GPU nothing is measured. Draws from libtorch's generator.
///
/// # Errors
/// As [`device::open`], and libtorch's.
pub fn open(
    compute: Compute,
    step: StepSize,
    recorded: Option<&str>,
) -> Result<(Place, Option<Speed>)> {
    let place = device::open(compute)?;
    if place.device.is_cuda() {
        return Ok((place, None));
    }
    if compute.precision == Precision::Auto
        && let Some(recorded) = recorded.and_then(|recorded| recorded.parse().ok())
    {
        return Ok((device::open(Compute { precision: recorded, ..compute })?, None));
    }
    // How many times as long a step takes in fp32 as in bf16.
    let times = measured(place, step, compute.threads)?;
    let taken = match compute.precision {
        Precision::Auto if times >= CLEARLY => Precision::Bf16,
        Precision::Auto => Precision::Fp32,
        chosen => chosen,
    };
    let place = device::open(Compute { precision: taken, ..compute })?;
    let others_time = if taken == Precision::Bf16 { times } else { 1.0 / times };
    Ok((place, Some(Speed { taken, others_time })))
}

fn measured(place: Place, step: StepSize, threads: u32) -> Result<f64> {
    let mut measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = measured.iter().find(|(of, on, _)| (*of, *on) == (step, threads));
    if let Some(&(.., times)) = known {
        return Ok(times);
    }
    let seconds = |kind| seconds(Place { kind, ..place }, step);
    let times = seconds(Kind::Float)? / seconds(Kind::BFloat16)?;
    measured.push((step, threads, times));
    Ok(times)
}

/// Of the fastest step.
fn seconds(place: Place, step: StepSize) -> Result<f64> {
    let model = Model::new(step.network, place);
    let mut adam = Adam::new(&model.variables, 0.0)?;
    let (batch, side) = (i64::from(step.batch), i64::from(step.size));
    let images = Tensor::f_zeros([batch, side, side, 3], (Kind::Float, place.device))?;
    let images = images.f_permute([0, 3, 1, 2])?.f_to_kind(place.kind)?;
    let classes = Tensor::f_zeros([batch], (Kind::Int64, place.device))?;
    let mut fastest = f64::INFINITY;
    for made in 0..=STEPS {
        let started = Instant::now();
        let trace = Trace::learning(&model.network, &images)?;
        let loss = trace.logits().cross_entropy_for_logits(&classes);
        trace.step(&loss, &mut adam, 1e-4)?;
        let _ = loss.double_value(&[]);
        if made > 0 {
            fastest = fastest.min(started.elapsed().as_secs_f64());
        }
    }
    Ok(fastest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use covid_ct::model::Device;

    fn opened(precision: Precision, recorded: Option<&str>) -> (Precision, Option<Speed>) {
        let step = StepSize { network: Network::DenseNet35, batch: 2, size: 64 };
        let compute = Compute { device: Device::Cpu, precision, threads: 1 };
        let (place, speed) = open(compute, step, recorded).expect("opened");
        (place.named().1, speed)
    }

    #[test]
    fn auto_takes_what_is_recorded_and_else_the_faster_and_says_so() {
        for recorded in [Precision::Fp32, Precision::Bf16] {
            assert_eq!(opened(Precision::Auto, Some(recorded.as_str())), (recorded, None));
        }
        let (taken, speed) = opened(Precision::Auto, None);
        let speed = speed.expect("measured");
        assert_eq!(speed.taken, taken);
        assert!(speed.others_time > 1.0 / CLEARLY, "{speed}");
        assert_eq!(opened(Precision::Auto, None), (taken, Some(speed)), "measured once");
        // By hand it is what was asked for, with what it costs.
        for chosen in [Precision::Fp32, Precision::Bf16] {
            let (taken, speed) = opened(chosen, Some("fp32"));
            assert_eq!((taken, speed.map(|speed| speed.taken)), (chosen, Some(chosen)));
        }
    }
}
