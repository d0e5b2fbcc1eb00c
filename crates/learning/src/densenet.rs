//! DenseNet (Huang et al., arXiv 1608.06993), layer for layer and name for name as torchvision has
//! it, so that weights pass both ways. Not `tch::vision::densenet`: its average pools sum.

use tch::nn::{self, BatchNorm, Init, Linear, Module as _, ModuleT as _, Path};
use tch::{Kind, Tensor};

use crate::error::Result;
use crate::passes::EPSILON;
use covid_ct::model::Network;

/// Channels of a bottleneck over the growth rate; `bn_size` in torchvision.
const BOTTLENECK: i64 = 4;

/// Part that a batch has in the running moments; torchvision's.
pub const MOMENTUM: f64 = 0.1;

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
            Network::DenseNet35 => Self { growth: 16, blocks: &[2, 4, 5, 4], stem: 32 },
            Network::DenseNet121 => imagenet(&[6, 12, 24, 16]),
            Network::DenseNet169 => imagenet(&[6, 12, 32, 32]),
            Network::DenseNet201 => imagenet(&[6, 12, 48, 32]),
        }
    }
}

/// A 1x1 then a 3x3 convolution, each after normalisation and rectification.
#[derive(Debug)]
pub struct DenseLayer {
    pub norm1: BatchNorm,
    pub conv1: Convolution,
    pub norm2: BatchNorm,
    pub conv2: Convolution,
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

    /// Channels it adds.
    pub fn growth(&self) -> i64 {
        self.conv2.weights.size()[0]
    }

    fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let inner = self.conv1.forward(&self.norm1.forward_t(input, train).relu_());
        self.conv2.forward(&self.norm2.forward_t(&inner, train).relu_())
    }
}

/// A part of the network between two places where the sides shrink: a block of layers each of which adds
/// channels, and a normalisation of all of them with rectification. The first has no layers.
#[derive(Debug)]
pub struct Section {
    pub layers: Vec<DenseLayer>,
    /// Of the block, before the number of a layer.
    pub layers_name: String,
    pub norm: BatchNorm,
    pub norm_name: String,
    shrink: Shrink,
}

/// What comes between sections.
#[derive(Debug)]
enum Shrink {
    /// After the first convolution.
    MaxPool,
    /// The transition from a block to the next, which halves the channels too.
    Transition(Convolution),
    /// Nothing after the last.
    End,
}

impl Section {
    /// With autograd, where it is switched on.
    fn forward(&self, input: &Tensor, train: bool) -> Tensor {
        let mut channels = input.shallow_clone();
        for layer in &self.layers {
            let new = layer.forward(&channels, train);
            channels = Tensor::cat(&[channels, new], 1);
        }
        self.norm.forward_t(&channels, train).relu_()
    }

    /// Whether a variable is one of its layers' or of its normalisation.
    pub fn holds(&self, name: &str) -> bool {
        let of_layer = !self.layers.is_empty() && name.starts_with(&self.layers_name);
        of_layer || name.starts_with(&self.norm_name)
    }

    /// From what the section ends with to what the next one begins with.
    pub fn shrink(&self, channels: &Tensor) -> Tensor {
        match &self.shrink {
            Shrink::MaxPool => channels.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false),
            // torchvision pools after the convolution. Both are linear and look at different dimensions, so
            // that it comes to the same, of a quarter of the places to convolve. Not avg_pool2d_default,
            // which divides by 1.
            Shrink::Transition(conv) => {
                conv.forward(&channels.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None))
            }
            Shrink::End => channels.shallow_clone(),
        }
    }
}

#[derive(Debug)]
pub struct DenseNet {
    pub conv0: Convolution,
    pub sections: Vec<Section>,
    classifier: Linear,
}

impl DenseNet {
    /// Adds the network's variables at `path`, with torchvision's random weights.
    pub fn new(path: &Path, architecture: Architecture, classes: i64) -> Self {
        let Architecture { growth, blocks, stem } = architecture;
        let features = path / "features";
        let conv0 = Convolution::new(&(&features / "conv0"), 3, stem, 7, 2);
        let mut sections = vec![Section {
            layers: Vec::new(),
            layers_name: String::new(),
            norm: norm(&features / "norm0", stem),
            norm_name: "features.norm0".into(),
            shrink: Shrink::MaxPool,
        }];
        let mut channels = stem;
        for (number, &size) in (1..).zip(blocks) {
            let name = format!("denseblock{number}");
            let block = &features / &name;
            let layers = (0..size).map(|index| {
                let path = &block / format!("denselayer{}", index + 1);
                DenseLayer::new(&path, channels + index * growth, growth)
            });
            let layers = layers.collect();
            channels += size * growth;
            let layers_name = format!("features.{name}.denselayer");
            let section = if number < blocks.len() {
                let name = format!("transition{number}");
                let path = &features / &name;
                let norm = norm(&path / "norm", channels);
                let conv = Convolution::new(&(&path / "conv"), channels, channels / 2, 1, 1);
                channels /= 2;
                let norm_name = format!("features.{name}.norm");
                Section { layers, layers_name, norm, norm_name, shrink: Shrink::Transition(conv) }
            } else {
                let norm = norm(&features / "norm5", channels);
                let norm_name = "features.norm5".into();
                Section { layers, layers_name, norm, norm_name, shrink: Shrink::End }
            };
            sections.push(section);
        }
        let classifier = classifier(path / "classifier", channels, classes);
        Self { conv0, sections, classifier }
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

    /// Means over each channel of the last block, `[image, channel]`, in the kind of the weights.
    pub fn features(&self, images: &Tensor, train: bool) -> Tensor {
        self.pooled(&self.feature_map(images, train))
    }

    /// [`DenseNet::features`] of [`DenseNet::feature_map`].
    pub fn pooled(&self, map: &Tensor) -> Tensor {
        let map = map.to_kind(self.classifier.ws.kind());
        map.adaptive_avg_pool2d([1, 1]).flatten(1, -1)
    }

    /// The last block's channels, normalised and rectified: `[image, channel, row, column]` with sides of
    /// a 32nd of the image's.
    pub fn feature_map(&self, images: &Tensor, train: bool) -> Tensor {
        self.sections.iter().fold(self.conv0.forward(images), |channels, section| {
            section.shrink(&section.forward(&channels, train))
        })
    }
}

/// A square convolution without bias that keeps the sides but for `stride`.
#[derive(Debug)]
pub struct Convolution {
    pub weights: Tensor,
    stride: i64,
}

impl Convolution {
    /// Weights from He's normal distribution.
    fn new(path: &Path, channels: i64, out: i64, kernel: i64, stride: i64) -> Self {
        let shape = [out, channels, kernel, kernel];
        let weights = path.var("weight", &shape, nn::init::DEFAULT_KAIMING_NORMAL);
        Self { weights, stride }
    }

    /// Channels it looks at.
    pub fn channels(&self) -> i64 {
        self.weights.size()[1]
    }

    /// Weights of a 1x1 convolution, `[channel made, channel looked at]`.
    ///
    /// # Errors
    /// libtorch's.
    pub fn matrix(&self, kind: Kind) -> Result<Tensor> {
        Ok(self.weights.f_flatten(1, -1)?.f_to_kind(kind)?)
    }

    /// In the kind of the input, whatever the weights are kept in: bf16 keeps them in fp32, since it
    /// could not take the small steps of training.
    pub fn forward(&self, input: &Tensor) -> Tensor {
        let weights = self.weights.to_kind(input.kind());
        let padding = weights.size()[2] / 2;
        let stride = [self.stride; 2];
        input.conv2d(&weights, None::<Tensor>, stride, [padding; 2], [1, 1], 1)
    }
}

/// Batch normalisation that starts as the identity; tch's own default scales at random.
fn norm(path: Path, channels: i64) -> BatchNorm {
    let config = nn::BatchNormConfig {
        ws_init: Init::Const(1.0),
        eps: EPSILON,
        momentum: MOMENTUM,
        ..Default::default()
    };
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
