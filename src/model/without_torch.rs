//! What stands in for `torch/` in a covid-ct built without the feature `train`.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::pretrain::{Lesson, PretrainNews, PretrainOptions};
use super::{
    BenchOptions, Compute, Ending, Explainer, ModelError, Network, NewRun, Pictures, Progress,
    Result, TrainOptions,
};

/// # Errors
/// [`ModelError::Unavailable`]: this build has no libtorch.
pub fn check_available() -> Result<()> {
    Err(ModelError::Unavailable)
}

/// # Errors
/// [`ModelError::Unavailable`]: this build has no libtorch.
pub fn train(
    _options: &TrainOptions,
    _train: &Pictures,
    _val: &Pictures,
    _run: &NewRun,
    _stop: &AtomicBool,
    _watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Ending> {
    Err(ModelError::Unavailable)
}

/// # Errors
/// [`ModelError::Unavailable`]: this build has no libtorch.
pub fn load_scorer(
    _network: Network,
    _checkpoint: &Path,
    _compute: Compute,
) -> Result<Box<dyn Explainer>> {
    Err(ModelError::Unavailable)
}

/// # Errors
/// [`ModelError::Unavailable`]: this build has no libtorch.
pub fn pretrain(
    _options: &PretrainOptions,
    _lesson: Lesson<'_>,
    _run: &NewRun,
    _stop: &AtomicBool,
    _watch: &mut dyn FnMut(PretrainNews<'_>),
) -> Result<Ending> {
    Err(ModelError::Unavailable)
}

/// # Errors
/// [`ModelError::Unavailable`]: this build has no libtorch.
pub fn bench(_options: &BenchOptions, _pictures: Option<&Pictures>) -> Result<Vec<f64>> {
    Err(ModelError::Unavailable)
}
