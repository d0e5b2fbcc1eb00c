//! Weights as `.safetensors` under torchvision's names.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use tch::Tensor;
use tch::nn::VarStore;

use crate::model::{ModelError, Network, Result};

/// The last layer's variables. Only these may differ from the file's in size: another data set has
/// other classes.
const HEAD: [&str; 2] = ["classifier.weight", "classifier.bias"];

/// PyTorch's counters of training steps: of no use to the network, absent from libtorch's C++ one.
const COUNTER: &str = ".num_batches_tracked";

/// Names told in an error before it says how many more there are.
const NAMES_TOLD: usize = 3;

/// Replaces the network's weights by a file's. A head with another number of outputs is left as it
/// was; then the file's number of outputs is returned.
///
/// # Errors
/// [`ModelError::Weights`] where the file cannot be read, [`ModelError::Mismatch`] where it holds
/// another network; the weights are then as they were.
pub fn load(variables: &mut VarStore, network: Network, path: &Path) -> Result<Option<i64>> {
    let found = read(path)?;
    let mut wanted: BTreeMap<_, _> = variables.variables().into_iter().collect();
    let replaced_head = other_head(&found, &wanted);
    if replaced_head.is_some() {
        wanted.retain(|name, _| !HEAD.contains(&name.as_str()));
    }
    if let Some(mismatch) = mismatch(&found, &wanted, replaced_head.is_some()) {
        return Err(ModelError::Mismatch {
            path: path.into(),
            network: network.to_string(),
            mismatch,
        });
    }
    tch::no_grad(|| {
        wanted.iter_mut().try_for_each(|(name, variable)| variable.f_copy_(&found[name]).map(drop))
    })?;
    Ok(replaced_head)
}

/// Like [`load`], for what must hold this very network, head included.
///
/// # Errors
/// As there, and where the head has another number of outputs.
pub fn load_whole(variables: &mut VarStore, network: Network, path: &Path) -> Result<()> {
    match load(variables, network, path)? {
        None => Ok(()),
        Some(outputs) => Err(ModelError::Mismatch {
            path: path.into(),
            network: network.to_string(),
            mismatch: format!("classifier.weight has {outputs} outputs"),
        }),
    }
}

/// Writes the weights: whole under the file's name, or not at all.
///
/// # Errors
/// When the disk refuses.
pub fn save(variables: &VarStore, path: &Path) -> Result<()> {
    // tch goes by the extension.
    let partial = path.with_extension("part.safetensors");
    variables.save(&partial)?;
    File::open(&partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|source| ModelError::Write { path: path.into(), source })
}

fn read(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let wrong = |reason: String| ModelError::Weights { path: path.into(), reason };
    // Opened here first: tch's error for a missing file does not name it.
    File::open(path).map_err(|e| wrong(e.to_string()))?;
    let named = Tensor::read_safetensors(path).map_err(|e| wrong(e.to_string()))?;
    Ok(named.into_iter().filter(|(name, _)| !name.ends_with(COUNTER)).collect())
}

/// Outputs of the file's head where it is a whole head of another number of outputs.
fn other_head(found: &BTreeMap<String, Tensor>, wanted: &BTreeMap<String, Tensor>) -> Option<i64> {
    let [weight, bias] = HEAD.map(|name| found.get(name).map(Tensor::size));
    let (weight, bias, own) = (weight?, bias?, wanted.get(HEAD[0])?.size());
    let outputs = *bias.first()?;
    (weight == [outputs, own[1]] && outputs != own[0]).then_some(outputs)
}

/// What does not fit, in words; `None` where all does.
fn mismatch(
    found: &BTreeMap<String, Tensor>,
    wanted: &BTreeMap<String, Tensor>,
    ignore_head: bool,
) -> Option<String> {
    let missing: Vec<_> =
        wanted.keys().filter(|name| !found.contains_key(*name)).cloned().collect();
    let unknown: Vec<_> = found
        .keys()
        .filter(|name| !wanted.contains_key(*name))
        .filter(|name| !(ignore_head && HEAD.contains(&name.as_str())))
        .cloned()
        .collect();
    let misshapen: Vec<_> = wanted
        .iter()
        .filter_map(|(name, own)| Some((name, own.size(), found.get(name)?.size())))
        .filter(|(_, own, theirs)| own != theirs)
        .map(|(name, own, theirs)| format!("{name} ({theirs:?} instead of {own:?})"))
        .collect();
    let problems = [("missing", missing), ("unknown", unknown), ("of another shape", misshapen)];
    let told: Vec<_> = problems
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", listed(names)))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn listed(names: &[String]) -> String {
    let told = names[..names.len().min(NAMES_TOLD)].join(", ");
    match names.len().saturating_sub(NAMES_TOLD) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}
