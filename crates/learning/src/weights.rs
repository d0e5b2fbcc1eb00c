//! Weights as `.safetensors` under torchvision's names; to start from, also what `torch.save` wrote, and
//! under the names that older and other programs use.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;
use tch::nn::VarStore;

use crate::error::Result;
use crate::state;
use covid_ct::model::checkpoint::{self, Array};
use covid_ct::model::{FreshHead, ModelError, Network};
use covid_ct_core::sha256_of_file;

/// The last layer's variables. Only these may differ from the file's in size, or be in none: another data set has
/// other classes, what was learned without labels has no head.
const HEAD: [&str; 2] = ["classifier.weight", "classifier.bias"];

/// The first convolution, `[64, 3, 7, 7]` here. Networks of grey pictures have one channel.
const STEM: &str = "features.conv0.weight";

/// Replaces the network's weights by a file's. Where the file has another head, or none, the network's is left as it
/// was, and what the file has is returned.
///
/// # Errors
/// [`ModelError::Weights`] where the file cannot be read, [`ModelError::Mismatch`] where it holds
/// another network; the weights are then as they were.
pub fn load(variables: &mut VarStore, network: Network, path: &Path) -> Result<Option<FreshHead>> {
    let found = read(path)?;
    let mut wanted: BTreeMap<_, _> = variables.variables().into_iter().collect();
    let fresh_head = fresh_head(&found, &wanted);
    if fresh_head.is_some() {
        wanted.retain(|name, _| !HEAD.contains(&name.as_str()));
    }
    if let Some(mismatch) = mismatch(&found, &wanted, fresh_head.is_some()) {
        let network = network.to_string();
        return Err(ModelError::Mismatch { path: path.into(), network, mismatch }.into());
    }
    let taken = wanted.keys().map(|name| (name, &found[name]));
    if let Some(name) = state::without_numbers(taken)? {
        let reason = format!("{name} holds what is no number (NaN or infinite)");
        return Err(ModelError::Weights { path: path.into(), reason }.into());
    }
    tch::no_grad(|| {
        wanted.iter_mut().try_for_each(|(name, variable)| variable.f_copy_(&found[name]).map(drop))
    })?;
    Ok(fresh_head)
}

/// What tells a file of initial weights from another that has its path later; none where there is none.
///
/// # Errors
/// [`ModelError::Weights`] where it cannot be read.
pub fn sha256(path: Option<&Path>) -> Result<Option<String>> {
    let hashed = |path: &Path| {
        sha256_of_file(path)
            .map_err(|error| ModelError::Weights { path: path.into(), reason: error.to_string() })
    };
    Ok(path.map(hashed).transpose()?)
}

/// Like [`load`], for what must hold this very network, head included.
///
/// # Errors
/// As there, and where the head is another or none.
pub fn load_whole(variables: &mut VarStore, network: Network, path: &Path) -> Result<()> {
    match load(variables, network, path)? {
        None => Ok(()),
        Some(head) => Err(ModelError::Mismatch {
            path: path.into(),
            network: network.to_string(),
            mismatch: head.to_string(),
        }
        .into()),
    }
}

/// Writes the weights: whole under the file's name, or not at all.
///
/// # Errors
/// When the disk refuses.
pub fn save(variables: &VarStore, path: &Path) -> Result<()> {
    state::write(path, &state::sorted(variables))
}

fn read(path: &Path) -> Result<BTreeMap<String, Tensor>> {
    let wrong = |reason: String| ModelError::Weights { path: path.into(), reason };
    // Opened here first: tch's error for a missing file does not name it.
    let by_torch = checkpoint::is_torch_file(path).map_err(|e| wrong(e.to_string()))?;
    let named = if by_torch {
        let arrays = checkpoint::read_file(path).map_err(wrong)?;
        arrays
            .into_iter()
            .map(|(name, array)| Ok((name, tensor(&array)?)))
            .collect::<Result<_>>()?
    } else {
        Tensor::read_safetensors(path).map_err(|e| wrong(e.to_string()))?
    };
    let named = checkpoint::torchvision_names(named);
    let mut named = named.map_err(|clash| wrong(format!("it holds '{}' twice", clash.0)))?;
    if let Some(stem) = named.get_mut(STEM) {
        three_channels(stem)?;
    }
    Ok(named)
}

fn tensor(array: &Array) -> Result<Tensor> {
    let shape: Vec<i64> = array.shape.iter().map(|&size| size as i64).collect();
    Ok(Tensor::f_from_slice(&array.values)?.f_view(&shape[..])?)
}

/// Gives a first convolution of one channel three, each a third of it: three equal channels, as a grey
/// picture has, then give what the one gave. Where the weights saw grey levels on another scale than
/// ours, as those of torchxrayvision did (-1024 to 1024), the normalisation after it has to follow in
/// training.
fn three_channels(stem: &mut Tensor) -> Result<()> {
    if let [_, 1, _, _] = stem.size()[..] {
        *stem = stem.f_repeat([1, 3, 1, 1])?.f_div_scalar(3.0)?;
    }
    Ok(())
}

/// The file's head where it is a whole one of another number of outputs, or there is nothing of one.
fn fresh_head(
    found: &BTreeMap<String, Tensor>,
    wanted: &BTreeMap<String, Tensor>,
) -> Option<FreshHead> {
    let own = wanted.get(HEAD[0])?.size();
    match HEAD.map(|name| found.get(name).map(Tensor::size)) {
        [None, None] => Some(FreshHead::Missing),
        [Some(weight), Some(bias)] => {
            let outputs = *bias.first()?;
            let other = weight == [outputs, own[1]] && outputs != own[0];
            other.then_some(FreshHead::Outputs(outputs))
        }
        _ => None,
    }
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
        .map(|(what, names)| format!("{what}: {}", some_of(names)))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Weights that a message names; weights of another network differ in hundreds.
const NAMED: usize = 4;

/// `a, b, c, d and 120 more`
fn some_of(names: &[String]) -> String {
    let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;
    use crate::device::Place;
    use std::path::PathBuf;
    use tch::Device;

    const NETWORK: Network = Network::DenseNet121;

    /// A file with random weights of the network after `change`.
    fn file_with(
        folder: &Path,
        change: impl FnOnce(&mut BTreeMap<String, Tensor>),
    ) -> (PathBuf, BTreeMap<String, Tensor>) {
        let model = Model::new(NETWORK, Place::CPU);
        let mut named: BTreeMap<_, _> = model.variables.variables().into_iter().collect();
        change(&mut named);
        let path = folder.join("weights.safetensors");
        let list: Vec<_> = named.iter().collect();
        Tensor::write_safetensors(&list, &path).expect("file");
        (path, named)
    }

    fn zeros(shape: &[i64]) -> Tensor {
        Tensor::zeros(shape, (tch::Kind::Float, Device::Cpu))
    }

    fn load_changed(
        change: impl FnOnce(&mut BTreeMap<String, Tensor>),
    ) -> (Result<Option<FreshHead>>, BTreeMap<String, Tensor>, Model) {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (path, named) = file_with(folder.path(), change);
        let mut model = Model::new(NETWORK, Place::CPU);
        (load(&mut model.variables, NETWORK, &path), named, model)
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("weights.safetensors");
        let saved = Model::new(NETWORK, Place::CPU);
        save(&saved.variables, &path).expect("save");
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 1);
        let mut loaded = Model::new(NETWORK, Place::CPU);
        load_whole(&mut loaded.variables, NETWORK, &path).expect("load");
        let loaded = loaded.variables.variables();
        for (name, variable) in saved.variables.variables() {
            assert_eq!(variable, loaded[&name], "{name}");
        }
    }

    #[test]
    fn torchvisions_counters_are_passed_over() {
        let (loaded, ..) = load_changed(|named| {
            named.insert("features.norm0.num_batches_tracked".into(), Tensor::from(7_i64));
        });
        assert_eq!(loaded.expect("loaded"), None);
    }

    #[test]
    fn chexnets_names_and_a_stem_of_one_channel_fit() {
        let (loaded, named, model) = load_changed(|named| {
            let chexnet = |name: &str| {
                let layer = name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2.");
                format!("module.densenet121.{}", layer.replace("classifier.", "classifier.0."))
            };
            *named = named.iter().map(|(name, t)| (chexnet(name), t.copy())).collect();
            let stem = named.get_mut("module.densenet121.features.conv0.weight").expect("stem");
            *stem = stem.slice(1, 0, 1, 1).contiguous();
        });
        assert_eq!(loaded.expect("loaded"), None);
        let variables = model.variables.variables();
        let theirs = &named["module.densenet121.features.conv0.weight"];
        let sum = variables[STEM].sum_dim_intlist([1_i64].as_slice(), true, tch::Kind::Float);
        assert!((sum - theirs).abs().max().double_value(&[]) < 1e-6);
        let inner = "features.denseblock2.denselayer3";
        let (ours, theirs) = (format!("{inner}.conv2.weight"), format!("{inner}.conv.2.weight"));
        assert_eq!(variables[&ours], named[&format!("module.densenet121.{theirs}")]);
    }

    #[test]
    fn a_head_of_another_size_starts_afresh() {
        let (loaded, named, model) = load_changed(|named| {
            named.insert(HEAD[0].into(), zeros(&[14, 1024]));
            named.insert(HEAD[1].into(), zeros(&[14]));
        });
        assert_eq!(loaded.expect("loaded"), Some(FreshHead::Outputs(14)));
        let variables = model.variables.variables();
        assert_eq!(variables[HEAD[0]].size(), [2, 1024]);
        assert!(variables[HEAD[0]].abs().max().double_value(&[]) > 0.0);
        assert_eq!(variables["features.conv0.weight"], named["features.conv0.weight"]);
    }

    #[test]
    fn what_has_no_head_gets_a_fresh_one_but_measures_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (path, named) = file_with(folder.path(), |named| {
            named.retain(|name, _| !HEAD.contains(&name.as_str()));
        });
        let mut model = Model::new(NETWORK, Place::CPU);
        let error = load_whole(&mut model.variables, NETWORK, &path).expect_err("refused");
        assert!(error.to_string().contains("no last layer"), "{error}");
        let loaded = load(&mut model.variables, NETWORK, &path).expect("loaded");
        assert_eq!(loaded, Some(FreshHead::Missing));
        let variables = model.variables.variables();
        assert_eq!(variables[STEM], named[STEM]);

        let (half, ..) = load_changed(|named| named.retain(|name, _| name != HEAD[1]));
        let error = half.expect_err("half a head").to_string();
        assert!(error.contains("missing: classifier.bias"), "{error}");
    }

    #[test]
    fn what_does_not_fit_is_named_and_nothing_changes() {
        let (loaded, named, model) = load_changed(|named| {
            named.remove("features.conv0.weight");
            named.insert("fc.weight".into(), zeros(&[1]));
            named.insert("features.norm5.bias".into(), zeros(&[3]));
            named.insert(HEAD[1].into(), zeros(&[3]));
        });
        let error = loaded.expect_err("refused").to_string();
        for part in [
            "missing: features.conv0.weight",
            "unknown: fc.weight",
            "features.norm5.bias ([3] instead of [1024])",
            "classifier.bias",
            "weights.safetensors",
            "densenet121",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
        let untouched = "features.denseblock1.denselayer1.conv1.weight";
        assert_ne!(model.variables.variables()[untouched], named[untouched]);
    }

    #[test]
    fn of_many_weights_that_do_not_fit_some_are_named() {
        let names = |count: usize| (1..=count).map(|n| format!("w{n}")).collect::<Vec<_>>();
        assert_eq!(some_of(&names(4)), "w1, w2, w3, w4");
        assert_eq!(some_of(&names(124)), "w1, w2, w3, w4 and 120 more");
    }

    #[test]
    fn what_is_no_file_of_weights_is_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("weights.pth");
        let mut model = Model::new(NETWORK, Place::CPU);
        let mut refused =
            || load(&mut model.variables, NETWORK, &path).expect_err("refused").to_string();
        assert!(refused().contains("weights.pth"), "{}", refused());
        std::fs::write(&path, "PK\u{3}\u{4} a zip, as torch.save writes it").expect("file");
        assert!(refused().contains("weights.pth"), "{}", refused());
    }
}
