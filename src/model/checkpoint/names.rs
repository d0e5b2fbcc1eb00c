//! Names of a `DenseNet`'s weights, brought to those that torchvision gives them now.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// What training scripts wrap a network in: `DataParallel`, Lightning, `CheXNet`.
const WRAPPERS: [&str; 7] =
    ["module.", "model.", "net.", "network.", "densenet121.", "densenet169.", "densenet201."];

/// Of no use to the network: `PyTorch`'s counters of training steps, and the operating points that
/// torchxrayvision keeps among the weights.
const PASSED_OVER: [&str; 2] = ["num_batches_tracked", "op_threshs"];

/// torchvision until 0.2 named the parts of a dense layer `norm.1`; newer pickles cannot.
static OLD_LAYER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\.denselayer\d+\.(?:norm|conv))\.([12])\.").expect("valid regex")
});

/// A head that is `Sequential(Linear, Sigmoid)`.
static WRAPPED_HEAD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^classifier\.0\.(weight|bias)$").expect("valid regex"));

/// Two weights that would have one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameClash(pub String);

/// Gives weights torchvision's names and leaves out what is none of the network's.
///
/// # Errors
/// [`NameClash`] where two get the same name, as when a file holds two networks.
pub fn torchvision_names<T>(
    weights: impl IntoIterator<Item = (String, T)>,
) -> std::result::Result<BTreeMap<String, T>, NameClash> {
    let mut named = BTreeMap::new();
    for (name, weight) in weights {
        if PASSED_OVER.contains(&name.rsplit('.').next().unwrap_or_default()) {
            continue;
        }
        let name = torchvision_name(&name);
        if named.insert(name.clone(), weight).is_some() {
            return Err(NameClash(name));
        }
    }
    Ok(named)
}

fn torchvision_name(name: &str) -> String {
    let mut inner = name;
    while let Some(rest) = WRAPPERS.iter().find_map(|wrapper| inner.strip_prefix(wrapper)) {
        inner = rest;
    }
    let layer = OLD_LAYER.replace(inner, "${1}${2}.");
    WRAPPED_HEAD.replace(&layer, "classifier.${1}").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_torchvisions() {
        let layer = "features.denseblock1.denselayer2";
        for (name, expected) in [
            ("features.conv0.weight".into(), "features.conv0.weight".into()),
            // CheXNet's.
            (format!("module.densenet121.{layer}.norm.1.weight"), format!("{layer}.norm1.weight")),
            (format!("{layer}.conv.2.weight"), format!("{layer}.conv2.weight")),
            ("module.densenet121.classifier.0.bias".into(), "classifier.bias".into()),
            ("features.transition1.norm.weight".into(), "features.transition1.norm.weight".into()),
            ("fc.weight".into(), "fc.weight".to_owned()),
        ] {
            assert_eq!(torchvision_name(&name), expected, "{name}");
        }
    }

    #[test]
    fn counters_go_and_clashes_are_told() {
        let of =
            |names: &[&str]| torchvision_names(names.iter().map(|&name| (name.to_owned(), ())));
        let named = of(&["features.norm0.num_batches_tracked", "op_threshs", "classifier.bias"]);
        assert_eq!(named.expect("named").into_keys().collect::<Vec<_>>(), ["classifier.bias"]);
        let clash = of(&["module.classifier.bias", "classifier.bias"]).expect_err("two");
        assert_eq!(clash, NameClash("classifier.bias".into()));
    }
}
