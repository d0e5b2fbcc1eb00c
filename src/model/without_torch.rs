//! What stands in for `torch/` in a covid-ct built without the feature `train`.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::{
    Device, Ending, Explainer, ModelError, Network, Pictures, Progress, Result, TrainOptions,
};
use crate::metrics::RunFiles;

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
    _files: &RunFiles,
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
    _device: Device,
    _threads: u32,
) -> Result<Box<dyn Explainer>> {
    Err(ModelError::Unavailable)
}
