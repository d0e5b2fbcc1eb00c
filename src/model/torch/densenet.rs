//! DenseNet (Huang et al., arXiv 1608.06993), layer for layer and name for name as torchvision has
//! it, so that weights pass both ways. Not `tch::vision::densenet`: its average pools sum.

use tch::Tensor;
use tch::nn::{self, BatchNorm, Conv2D, ConvConfig, Init, Linear, Module as _, ModuleT as _, Path};

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

/// A 1x1 then a 3x3 convolution, each after normalisation and ReLU.
#[derive(Debug)]
struct DenseLayer {
    norm1: BatchNorm,
    conv1: Conv2D,
    norm2: BatchNorm,
    conv2: Conv2D,
}

impl DenseLayer {
    fn new(path: &Path, channels: i64, growth: i64) -> Self {
        let inner = BOTTLENECK * growth;
        Self {
            norm1: norm(path / "norm1", channels),
            conv1: conv(path / "conv1", channels, inner, 1, 1),
            norm2: norm(path / "norm2", inner),
            conv2: conv(path / "conv2", inner, growth, 3, 1),
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
    conv: Conv2D,
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
    conv0: Conv2D,
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
        let conv0 = conv(&features / "conv0", 3, stem, 7, 2);
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
                    conv: conv(&path / "conv", channels, channels / 2, 1, 1),
                });
                channels /= 2;
            }
        }
        let norm5 = norm(&features / "norm5", channels);
        let classifier = classifier(path / "classifier", channels, classes);
        Self { conv0, norm0, blocks, transitions, norm5, classifier }
    }

    /// Logits `[image, class]` of `[image, channel, row, column]` with 3 channels and sides of at
    /// least 32.
    pub fn forward(&self, images: &Tensor, train: bool) -> Tensor {
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
        let pooled = self
            .norm5
            .forward_t(&features, train)
            .relu_()
            .adaptive_avg_pool2d([1, 1])
            .flatten(1, -1);
        self.classifier.forward(&pooled)
    }
}

/// Convolution without bias that keeps the sides but for `stride`, from He's normal distribution.
fn conv(path: Path, channels: i64, out: i64, kernel: i64, stride: i64) -> Conv2D {
    let config = ConvConfig {
        stride,
        padding: kernel / 2,
        bias: false,
        ws_init: nn::init::DEFAULT_KAIMING_NORMAL,
        ..ConvConfig::default()
    };
    nn::conv2d(path, channels, out, kernel, config)
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
