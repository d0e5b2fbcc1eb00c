//! What computes: the library knows of it only this trait. The one there is, on libtorch, is the crate
//! `covid-ct-learning`, in a program of its own.

use std::fmt::Debug;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::pretrain::{Lesson, PretrainNews, PretrainOptions};
use super::{
    BenchOptions, Compute, Ending, Explainer, Network, NewRun, Pictures, Progress, Result,
    TrainOptions,
};

/// Networks, and how they learn.
pub trait Backend: Debug + Sync {
    /// Trains a network into `run`, or goes on with what was stopped there.
    ///
    /// # Errors
    /// When initial weights do not fit, the device is not there, or the disk refuses.
    fn train(
        &self,
        options: &TrainOptions,
        train: &Pictures,
        val: &Pictures,
        run: &NewRun,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Ending>;

    /// Trains a network on what is known of other pictures, for weights to start from.
    ///
    /// # Errors
    /// As [`Backend::train`].
    fn pretrain(
        &self,
        options: &PretrainOptions,
        lesson: Lesson<'_>,
        run: &NewRun,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(PretrainNews<'_>),
    ) -> Result<Ending>;

    /// The network of a checkpoint that [`Backend::train`] wrote, ready to score.
    ///
    /// # Errors
    /// When the file cannot be read or does not hold this network, or the device is not there.
    fn load_scorer(
        &self,
        network: Network,
        checkpoint: &Path,
        compute: Compute,
    ) -> Result<Box<dyn Explainer>>;

    /// Seconds that each step took.
    ///
    /// # Errors
    /// When the device is not there.
    fn bench(&self, options: &BenchOptions, pictures: Option<&Pictures>) -> Result<Vec<f64>>;
}
