//! What an unfinished training goes on from: the network, the mean of its weights, Adam's moments and
//! how many epochs were made, in one file that is whole or not there.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensorError;
use tch::nn::VarStore;
use tch::{TchError, Tensor};

use crate::adam::{Adam, Named};
use crate::error::Result;
use covid_ct::atomic;
use covid_ct::model::ModelError;

/// Of the number of epochs made.
const EPOCH: &str = "epoch";
const STEPS: &str = "adam.steps";

/// All variables of a network, by their names.
pub fn sorted(network: &VarStore) -> Named {
    let mut named: Named = network.variables().into_iter().collect();
    named.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    named
}

/// Those of them that are trained.
pub fn trainable(network: &VarStore) -> Named {
    let mut named = sorted(network);
    named.retain(|(_, variable)| variable.requires_grad());
    named
}

/// All of them under a prefix.
pub fn prefixed(prefix: &str, network: &VarStore) -> Named {
    let named = sorted(network).into_iter();
    named.map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)).collect()
}

/// The first of them, by name, that holds a NaN or an infinity.
///
/// # Errors
/// libtorch's.
pub fn without_numbers<'a>(
    named: impl IntoIterator<Item = (&'a String, &'a Tensor)>,
) -> Result<Option<&'a str>> {
    for (name, tensor) in named {
        if tensor.f_isfinite()?.f_all()?.int64_value(&[]) == 0 {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Writes where a training stands after `epoch`. `networks` are the variables of all its networks,
/// under names that differ.
///
/// # Errors
/// When the disk refuses; an earlier state then stays as it was.
pub fn save(path: &Path, epoch: u32, adam: &Adam, networks: Named) -> Result<()> {
    let mut all = networks;
    all.extend(adam.state()?);
    all.push((EPOCH.into(), Tensor::from(i64::from(epoch))));
    write(path, &all)
}

/// Reads back what [`save`] wrote into the same networks and returns the number of epochs made.
///
/// # Errors
/// [`ModelError::Weights`] where the file cannot be read or is of another network.
pub fn load(path: &Path, adam: &mut Adam, networks: Named) -> Result<u32> {
    let wrong = |reason: String| ModelError::Weights { path: path.into(), reason };
    let found = Tensor::read_safetensors(path).map_err(|e| wrong(e.to_string()))?;
    let found: BTreeMap<String, Tensor> = found.into_iter().collect();
    let number = |name: &str| {
        let number = found.get(name).and_then(|tensor| i64::try_from(tensor).ok());
        number
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| wrong(format!("no {name}")))
    };
    let (epoch, steps) = (number(EPOCH)?, number(STEPS)?);
    let mut wanted = networks;
    wanted.extend(adam.state()?);
    for (name, variable) in wanted.iter_mut().filter(|(name, _)| name != STEPS) {
        let kept = found.get(name).filter(|kept| kept.size() == variable.size());
        let kept = kept.ok_or_else(|| wrong(format!("no {name} of this network")))?;
        tch::no_grad(|| variable.f_copy_(kept).map(drop))?;
    }
    adam.set_steps(steps as i32);
    Ok(epoch)
}

/// Writes tensors as `.safetensors`: whole under the file's name, or not at all.
///
/// # Errors
/// [`ModelError::Write`] when the disk refuses.
pub fn write(path: &Path, named: &[(String, Tensor)]) -> Result<()> {
    let partial = path.with_extension("part.safetensors");
    // On the CPU: what is in a GPU's memory cannot be written.
    let named: Vec<(&str, Tensor)> = named
        .iter()
        .map(|(name, tensor)| {
            Ok((name.as_str(), tensor.f_to_device(tch::Device::Cpu)?.f_contiguous()?))
        })
        .collect::<Result<_>>()?;
    let written = Tensor::write_safetensors(&named, &partial)
        .map_err(io_error)
        .and_then(|()| atomic::rename(&partial, path));
    written.map_err(|source| {
        // It may fill a disk that others need.
        let _ = std::fs::remove_file(&partial);
        ModelError::Write { path: path.into(), source }.into()
    })
}

fn io_error(error: TchError) -> std::io::Error {
    match error {
        // tch tells it in the words of a debugger.
        TchError::SafeTensorError { err: SafeTensorError::IoError(error), .. } => error,
        error => std::io::Error::other(error),
    }
}
