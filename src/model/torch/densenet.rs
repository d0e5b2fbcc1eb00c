//! DenseNet (Huang et al., arXiv 1608.06993), layer for layer and name for name as torchvision has
//! it, so that weights pass both ways. Not `tch::vision::densenet`: its average pools sum.

use tch::Tensor;
use tch::nn::{self, BatchNorm, Init, Linear, Module as _, ModuleT as _, Path};

use crate::model::Network;

/// Channels of a bottleneck over the growth rate; `bn_size` in torchvision.
const BOTTLENECK: i64 = 4;

#[derive(Debug, Clone, Copy)]
pub struct Architecture {
    /// Channels a dense layer adds.
    pub growth: i64,
    /// Dense layers of each block.
    pub blocks: &'static [i64],
    /// Channels of the first convolution.
    pub stem: i64,
}

impl Architecture {
    pub fn of(network: Network) -> Self {
        let imagenet = |blocks| Self { growth: 32, blocks, stem: 64 };
        match network {
            Network::DenseNet121 => imagenet(&[6, 12, 24, 16]),
            Network::DenseNet169 => imagenet(&[6, 12, 32, 32]),
            Network::DenseNet201 => imagenet(&[6, 12, 48, 32]),
        }
    }
}

/// A 1x1 then a 3x3 convolution, each after normalisation and rectification.
#[derive(Debug)]
struct DenseLayer {
    norm1: BatchNorm,
    conv1: Convolution,
    norm2: BatchNorm,
    conv2: Convolution,
}

impl DenseLayer {
    fn new(path: &Path, channels: i64, growth: i64) -> Self {
        let inner = BOTTLENECK * growth;
        Self {
            norm1: norm(path / "norm1", channels),
            conv1: Convolution::new(&(path / "conv1"), channels, inner, 1, 1),
            norm2: norm(path / "norm2", inner),
            conv2: Convolution::new(&(path / "conv2"), inner, growth, 3, 1),
        }
    }

    fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let inner = self.conv1.forward(&self.norm1.forward_t(input, train).relu_());
        self.conv2.forward(&self.norm2.forward_t(&inner, train).relu_())
    }
}

/// Halves the channels and the sides between blocks.
#[derive(Debug)]
struct Transition {
    norm: BatchNorm,
    conv: Convolution,
}

impl Transition {
    fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let halved = self.conv.forward(&self.norm.forward_t(input, train).relu_());
        // Not avg_pool2d_default, which divides by 1.
        halved.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
    }
}

#[derive(Debug)]
pub struct DenseNet {
    conv0: Convolution,
    norm0: BatchNorm,
    blocks: Vec<Vec<DenseLayer>>,
    /// One fewer than blocks.
    transitions: Vec<Transition>,
    norm5: BatchNorm,
    classifier: Linear,
}

impl DenseNet {
    /// Adds the network's variables at `path`, with torchvision's random weights.
    pub fn new(path: &Path, architecture: Architecture, classes: i64) -> Self {
        let Architecture { growth, blocks: sizes, stem } = architecture;
        let features = path / "features";
        let conv0 = Convolution::new(&(&features / "conv0"), 3, stem, 7, 2);
        let norm0 = norm(&features / "norm0", stem);
        let (mut blocks, mut transitions) = (Vec::new(), Vec::new());
        let mut channels = stem;
        for (number, &size) in (1..).zip(sizes) {
            let block = &features / format!("denseblock{number}");
            let layers = (0..size).map(|index| {
                let path = &block / format!("denselayer{}", index + 1);
                DenseLayer::new(&path, channels + index * growth, growth)
            });
            blocks.push(layers.collect());
            channels += size * growth;
            if number < sizes.len() {
                let path = &features / format!("transition{number}");
                transitions.push(Transition {
                    norm: norm(&path / "norm", channels),
                    conv: Convolution::new(&(&path / "conv"), channels, channels / 2, 1, 1),
                });
                channels /= 2;
            }
        }
        let norm5 = norm(&features / "norm5", channels);
        let classifier = classifier(path / "classifier", channels, classes);
        Self { conv0, norm0, blocks, transitions, norm5, classifier }
    }

    /// Logits `[image, class]` of `[image, channel, row, column]` with 3 channels and sides of at
    /// least 32. Computed in the kind of the images, given in the kind of the weights.
    pub fn forward(&self, images: &Tensor, train: bool) -> Tensor {
        self.classify(&self.features(images, train))
    }

    /// Logits `[image, class]` of [`DenseNet::features`].
    pub fn classify(&self, features: &Tensor) -> Tensor {
        self.classifier.forward(features)
    }

    /// Of [`DenseNet::features`].
    pub fn channels(&self) -> i64 {
        self.classifier.ws.size()[1]
    }

    /// Means over each channel of the last block, `[image, channel]`.
    pub fn features(&self, images: &Tensor, train: bool) -> Tensor {
        Self::pooled(&self.feature_map(images, train))
    }

    /// [`DenseNet::features`] of [`DenseNet::feature_map`].
    pub fn pooled(map: &Tensor) -> Tensor {
        map.adaptive_avg_pool2d([1, 1]).flatten(1, -1)
    }

    /// The last block's channels, normalised and rectified: `[image, channel, row, column]` with sides of
    /// a 32nd of the image's.
    pub fn feature_map(&self, images: &Tensor, train: bool) -> Tensor {
        let mut features = self
            .norm0
            .forward_t(&self.conv0.forward(images), train)
            .relu_()
            .max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        for (index, block) in self.blocks.iter().enumerate() {
            for layer in block {
                let new = layer.forward(&features, train);
                features = Tensor::cat(&[features, new], 1);
            }
            if let Some(transition) = self.transitions.get(index) {
                features = transition.forward(&features, train);
            }
        }
        self.norm5.forward_t(&features, train).relu_().to_kind(self.classifier.ws.kind())
    }
}

/// A square convolution without bias that keeps the sides but for `stride`.
#[derive(Debug)]
struct Convolution {
    weights: Tensor,
    stride: i64,
}

impl Convolution {
    /// Weights from He's normal distribution.
    fn new(path: &Path, channels: i64, out: i64, kernel: i64, stride: i64) -> Self {
        let shape = [out, channels, kernel, kernel];
        let weights = path.var("weight", &shape, nn::init::DEFAULT_KAIMING_NORMAL);
        Self { weights, stride }
    }

    /// In the kind of the input, whatever the weights are kept in: bf16 keeps them in fp32, since it
    /// could not take the small steps of training.
    fn forward(&self, input: &Tensor) -> Tensor {
        let weights = self.weights.to_kind(input.kind());
        let padding = weights.size()[2] / 2;
        let stride = [self.stride; 2];
        input.conv2d(&weights, None::<Tensor>, stride, [padding; 2], [1, 1], 1)
    }
}

/// Batch normalisation that starts as the identity; tch's own default scales at random.
fn norm(path: Path, channels: i64) -> BatchNorm {
    let config = nn::BatchNormConfig { ws_init: Init::Const(1.0), ..Default::default() };
    nn::batch_norm2d(path, channels, config)
}

/// Weights as `torch.nn.Linear` draws them, bias 0 as torchvision's DenseNet sets it.
fn classifier(path: Path, features: i64, classes: i64) -> Linear {
    let bound = 1.0 / (features as f64).sqrt();
    let config = nn::LinearConfig {
        ws_init: Init::Uniform { lo: -bound, up: bound },
        bs_init: Some(Init::Const(0.0)),
        bias: true,
    };
    nn::linear(path, features, classes, config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use tch::Device;
    use tch::nn::VarStore;

    /// Numbers from -0.5 to 0.5 by a formula any language can repeat:
    /// `((37 i + 101 seed) mod 1009) / 1009 - 0.5`.
    fn formula(seed: i64, shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let value = |i| ((i * 37 + seed * 101) % 1009) as f64 / 1009.0 - 0.5;
        let values: Vec<f64> = (0..count).map(value).collect();
        Tensor::from_slice(&values).view(shape).to_kind(tch::Kind::Float)
    }

    /// Fills each variable by the formula, its place among the sorted names as the seed; variances
    /// and normalisation weights have 1 added.
    fn fill(variables: &VarStore) {
        let sorted: BTreeMap<_, _> = variables.variables().into_iter().collect();
        for (seed, (name, mut variable)) in (0..).zip(sorted) {
            let scale = name.contains("norm") && name.ends_with(".weight");
            let offset = i64::from(scale || name.ends_with("running_var"));
            tch::no_grad(|| variable.copy_(&(formula(seed, &variable.size()) + offset)));
        }
    }

    fn assert_close(logits: &Tensor, expected: [[f64; 2]; 2]) {
        for (row, expected) in expected.iter().enumerate() {
            for (column, expected) in expected.iter().enumerate() {
                let value = logits.double_value(&[row as i64, column as i64]);
                assert!((value - expected).abs() < 1e-4, "{value} is not {expected}");
            }
        }
    }

    /// The expected logits were computed once in float64 by a forward pass written in numpy alone
    /// from torchvision's definition (explicit loops over patches, no shared code), with the weights
    /// and images of [`formula`].
    #[test]
    fn logits_equal_those_of_an_independent_implementation() {
        let variables = VarStore::new(Device::Cpu);
        let tiny = Architecture { growth: 4, blocks: &[2, 1], stem: 6 };
        let network = DenseNet::new(&variables.root(), tiny, 2);
        assert_eq!(variables.len(), 46);
        fill(&variables);
        let images = formula(999, &[2, 3, 32, 32]) * 4;
        let channels_last = images.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
        let _guard = tch::no_grad_guard();
        for images in [images, channels_last] {
            let evaluated = [[-7.903_687_65, 7.786_894_15], [-7.781_859_02, 7.485_491_97]];
            assert_close(&network.forward(&images, false), evaluated);
        }
        // With the statistics of the batch itself; comes last, for it moves the running ones.
        let images = formula(999, &[2, 3, 32, 32]) * 4;
        let trained = [[-1.479_782_01, 0.231_081_3], [-1.521_240_05, 0.480_202_29]];
        assert_close(&network.forward(&images, true), trained);
    }

    /// torchvision's documentation gives these numbers of parameters for 1000 classes.
    #[test]
    fn networks_are_as_large_as_torchvisions() {
        for (network, parameters) in [
            (Network::DenseNet121, 7_978_856),
            (Network::DenseNet169, 14_149_480),
            (Network::DenseNet201, 20_013_928),
        ] {
            let variables = VarStore::new(Device::Cpu);
            DenseNet::new(&variables.root(), Architecture::of(network), 1000);
            let count: usize = variables.trainable_variables().iter().map(Tensor::numel).sum();
            assert_eq!(count, parameters, "{network}");
        }
    }

    #[test]
    fn names_and_first_weights_are_torchvisions() {
        let variables = VarStore::new(Device::Cpu);
        DenseNet::new(&variables.root(), Architecture::of(Network::DenseNet121), 2);
        let named = variables.variables();
        assert_eq!(named.len(), 606);
        for (name, shape) in [
            ("features.conv0.weight", &[64, 3, 7, 7][..]),
            ("features.denseblock1.denselayer1.norm1.weight", &[64]),
            ("features.denseblock4.denselayer16.conv2.weight", &[32, 128, 3, 3]),
            ("features.transition3.conv.weight", &[512, 1024, 1, 1]),
            ("features.norm5.running_var", &[1024]),
            ("classifier.weight", &[2, 1024]),
        ] {
            assert_eq!(named[name].size(), shape, "{name}");
        }
        let scale = &named["features.norm0.weight"];
        assert_eq!(scale.min().double_value(&[]), 1.0);
        assert_eq!(scale.max().double_value(&[]), 1.0);
        assert_eq!(named["classifier.bias"].abs().max().double_value(&[]), 0.0);
        // He's deviation, sqrt(2 / fan-in), of 1152 inputs.
        let deviation = named["features.denseblock4.denselayer16.conv2.weight"].std(true);
        let expected = (2.0_f64 / 1152.0).sqrt();
        assert!((deviation.double_value(&[]) / expected - 1.0).abs() < 0.03);
    }
}
