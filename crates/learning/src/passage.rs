//! A section of the network in training on a CPU, there and back without autograd: its channels lie side by
//! side in one place, to which each layer adds, so that nothing is copied together for every layer; the
//! moments of a channel are worked out once, not by every layer that sees it; and normalisation with
//! rectification is made of [`passes`](super::passes).

use std::fmt::Debug;

use tch::nn::BatchNorm;
use tch::{Kind, Tensor};

use crate::dense::{Dense, Value};
use crate::densenet::{Convolution, DenseLayer, MOMENTUM, Section};
use crate::error::Result;
use crate::passes::{LANES, Moments, Normalisation, NormalisationGradient, Write};

/// Is given the name of a variable and its gradient.
pub type Found<'a> = dyn FnMut(String, Tensor) + 'a;

/// A way through a section, of whatever kind the values on it were.
pub trait Passage: Debug {
    /// What the section ended with, `[image, channel, row, column]`, for autograd to go on from.
    fn exit(&self) -> &Tensor;

    /// From the gradient of the exit to that of what came in.
    ///
    /// # Errors
    /// libtorch's.
    fn back(
        self: Box<Self>,
        section: &Section,
        gradient: &Tensor,
        found: &mut Found<'_>,
    ) -> Result<Tensor>;
}

/// Whether the widths of a section are such as the passes can work with.
pub fn is_passable(section: &Section) -> bool {
    let of_layer = |layer: &DenseLayer| {
        let [added, inner, ..] = layer.conv2.weights.size()[..] else { return false };
        [added, inner, layer.conv1.channels()].iter().all(|width| width % LANES as i64 == 0)
    };
    width(&section.norm).is_multiple_of(LANES) && section.layers.iter().all(of_layer)
}

/// What the way back needs of the way there. A place is a row and column of an image.
#[derive(Debug)]
pub struct Through<V> {
    /// `[image, row, column, channel]`: what came in, then what each layer added.
    channels: Dense<V>,
    /// Channels that came in.
    entered: i64,
    layers: Vec<Layer>,
    norm: Normalisation,
    /// The channels, normalised and rectified.
    exit: Tensor,
}

#[derive(Debug)]
struct Layer {
    norm1: Normalisation,
    conv1: Convolved,
    norm2: Normalisation,
    conv2: Convolved,
}

/// A convolution of what a normalisation came to, both `[image, channel, row, column]`.
#[derive(Debug)]
struct Convolved {
    seen: Tensor,
    made: Tensor,
}

impl Convolved {
    /// By autograd, from what it sees as `[image, row, column, channel]`.
    fn new<V: Value>(conv: &Convolution, seen: Dense<V>) -> Result<Self> {
        let seen = leaf(seen)?;
        let made = tch::with_grad(|| conv.forward(&seen));
        Ok(Self { seen, made })
    }

    /// From the gradient of what it made to those of what it saw and of its weights.
    fn back(self, conv: &Convolution, gradient: &Tensor) -> Result<[Tensor; 2]> {
        let end = number(&self.made, gradient)?;
        let wanted = [&self.seen, &conv.weights];
        let found = Tensor::f_run_backward(&[end], &wanted, false, false)?;
        Ok(found.try_into().expect("one gradient each"))
    }

    /// [`Convolved::new`] of a 1x1 convolution, the faster way.
    fn pointwise<V: Value>(conv: &Convolution, seen: Dense<V>) -> Result<Self> {
        if !is_product::<V>() {
            return Self::new(conv, seen);
        }
        let seen = seen.into_tensor();
        let made = in_rows(&seen)?.f_mm(&conv.matrix(V::KIND)?.f_transpose(0, 1)?)?;
        let (images, rows, columns, _) = seen.size4()?;
        let made = channels_second(&made.f_view([images, rows, columns, -1])?)?;
        Ok(Self { seen: channels_second(&seen)?, made })
    }

    /// The way back through [`Convolved::pointwise`], from a gradient `[image, row, column, channel]`.
    fn back_pointwise<V: Value>(
        self,
        conv: &Convolution,
        gradient: Dense<V>,
    ) -> Result<[Tensor; 2]> {
        let gradient = gradient.into_tensor();
        if !is_product::<V>() {
            return self.back(conv, &channels_second(&gradient)?);
        }
        tch::no_grad(|| {
            let seen = channels_last::<V>(&self.seen)?;
            let rows = in_rows(&gradient)?;
            let of_seen = rows.f_mm(&conv.matrix(V::KIND)?)?.f_view_as(seen.tensor())?;
            let of_weights = rows.f_transpose(0, 1)?.f_mm(&in_rows(seen.tensor())?)?;
            let of_weights = of_weights.f_view_as(&conv.weights)?.f_to_kind(Kind::Float)?;
            Ok([channels_second(&of_seen)?, of_weights])
        })
    }
}

/// Whether a 1x1 convolution is computed as the product of matrices that it is. In bf16 libtorch has oneDNN
/// for both, and less is around products; in fp32 it has MKL for products, which on an AMD processor takes twice as
/// long as oneDNN's convolutions.
fn is_product<V: Value>() -> bool {
    V::KIND == Kind::BFloat16
}

/// `[place, channel]` of `[image, row, column, channel]`.
fn in_rows(tensor: &Tensor) -> Result<Tensor> {
    Ok(tensor.f_flatten(0, 2)?)
}

impl<V: Value> Through<V> {
    /// Through a section from `[image, channel, row, column]`.
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(section: &Section, input: &Tensor) -> Result<Self> {
        tch::no_grad(|| {
            let input = channels_last::<V>(input)?;
            let (images, rows, columns, entered) = input.tensor().size4()?;
            let places = images * rows * columns;
            let mut known = Moments::of(input.values(), entered as usize);
            let mut channels = input;
            let mut layers = Vec::with_capacity(section.layers.len());
            if !section.layers.is_empty() {
                let total = width(&section.norm) as i64;
                let all = Dense::empty(&[images, rows, columns, total])?;
                let mut filled = fill(&all, 0, &channels)?;
                channels = all;
                for layer in &section.layers {
                    let passed = Layer::through(layer, &channels, &known)?;
                    let added = channels_last::<V>(&passed.conv2.made)?;
                    known.extend(Moments::of(added.values(), layer.growth() as usize));
                    filled = fill(&channels, filled, &added)?;
                    layers.push(passed);
                }
            }
            let norm = normalisation(&section.norm, &known, places)?;
            let mut exit = Dense::<V>::empty(&channels.tensor().size())?;
            norm.rectified(channels.values(), width(&section.norm), exit.values_mut());
            let exit = leaf(exit)?;
            Ok(Self { channels, entered, layers, norm, exit })
        })
    }
}

/// Puts further channels where the filled ones end; the new end.
fn fill<V: Value>(all: &Dense<V>, filled: i64, more: &Dense<V>) -> Result<i64> {
    let width = more.tensor().size()[3];
    all.tensor().f_narrow(3, filled, width)?.f_copy_(more.tensor())?;
    Ok(filled + width)
}

impl Layer {
    fn through<V: Value>(layer: &DenseLayer, channels: &Dense<V>, known: &Moments) -> Result<Self> {
        let (images, rows, columns, stride) = channels.tensor().size4()?;
        let places = images * rows * columns;
        let empty = |width| Dense::<V>::empty(&[images, rows, columns, width]);

        let norm1 = normalisation(&layer.norm1, known, places)?;
        let mut seen = empty(layer.conv1.channels())?;
        norm1.rectified(channels.values(), stride as usize, seen.values_mut());
        let conv1 = Convolved::pointwise(&layer.conv1, seen)?;

        let inner = channels_last::<V>(&conv1.made)?;
        let width = width(&layer.norm2);
        let moments = Moments::of(inner.values(), width);
        let norm2 = normalisation(&layer.norm2, &moments, places)?;
        let mut seen = empty(width as i64)?;
        norm2.rectified(inner.values(), width, seen.values_mut());
        let conv2 = Convolved::new(&layer.conv2, seen)?;
        Ok(Self { norm1, conv1, norm2, conv2 })
    }

    /// From the gradient of what the layer added to that of the block's channels, which is added there.
    fn back<V: Value>(
        self,
        layer: &DenseLayer,
        channels: &Dense<V>,
        gradient: &Tensor,
        of_channels: &mut Dense<f32>,
        found: &mut dyn FnMut(&str, Tensor),
    ) -> Result<()> {
        let Self { norm1, conv1, norm2, conv2 } = self;
        let [of_seen, of_weights] = conv2.back(&layer.conv2, gradient)?;
        found("conv2.weight", of_weights);

        let inner = channels_last::<V>(&conv1.made)?;
        let mut of_inner = Dense::<V>::empty(&inner.tensor().size())?;
        let of_norm = norm2.back(
            inner.values(),
            width(&layer.norm2),
            channels_last::<V>(&of_seen)?.values(),
            of_inner.values_mut(),
            Write::Replace,
        );
        tell("norm2", &of_norm, found)?;

        let [of_seen, of_weights] = conv1.back_pointwise(&layer.conv1, of_inner)?;
        found("conv1.weight", of_weights);
        let of_norm = norm1.back(
            channels.values(),
            channels.tensor().size()[3] as usize,
            channels_last::<V>(&of_seen)?.values(),
            of_channels.values_mut(),
            Write::Add,
        );
        tell("norm1", &of_norm, found)
    }
}

impl<V: Value> Passage for Through<V> {
    fn exit(&self) -> &Tensor {
        &self.exit
    }

    fn back(
        self: Box<Self>,
        section: &Section,
        gradient: &Tensor,
        found: &mut Found<'_>,
    ) -> Result<Tensor> {
        let Self { channels, entered, layers, norm, .. } = *self;
        // In fp32, for there are many layers to add to it.
        let mut of_channels = Dense::<f32>::empty(&channels.tensor().size())?;
        let of_norm = norm.back(
            channels.values(),
            width(&section.norm),
            channels_last::<V>(gradient)?.values(),
            of_channels.values_mut(),
            Write::Replace,
        );
        tell(&section.norm_name, &of_norm, &mut |name, gradient| found(name.into(), gradient))?;
        let mut end = channels.tensor().size()[3];
        for (index, (layer, passed)) in section.layers.iter().zip(layers).enumerate().rev() {
            let start = end - layer.growth();
            let of_added = of_channels.tensor().f_narrow(3, start, layer.growth())?;
            let of_added = channels_second(&of_added)?.f_to_kind(V::KIND)?;
            let mut found = |name: &str, gradient| {
                found(format!("{}{}.{name}", section.layers_name, index + 1), gradient);
            };
            passed.back(layer, &channels, &of_added, &mut of_channels, &mut found)?;
            end = start;
        }
        let of_input = of_channels.tensor().f_narrow(3, 0, entered)?;
        Ok(channels_second(&of_input)?.f_to_kind(V::KIND)?)
    }
}

/// `[image, row, column, channel]` of `[image, channel, row, column]`.
fn channels_last<V: Value>(tensor: &Tensor) -> Result<Dense<V>> {
    Ok(Dense::of(tensor.f_detach()?.f_permute([0, 2, 3, 1])?.f_contiguous()?))
}

/// `[image, channel, row, column]` of `[image, row, column, channel]`.
fn channels_second(tensor: &Tensor) -> Result<Tensor> {
    Ok(tensor.f_permute([0, 3, 1, 2])?)
}

/// [`channels_second`] of values, for autograd to begin at.
fn leaf<V: Value>(values: Dense<V>) -> Result<Tensor> {
    Ok(channels_second(&values.into_tensor())?.f_set_requires_grad(true)?)
}

/// Channels that a normalisation looks at.
fn width(norm: &BatchNorm) -> usize {
    norm.running_mean.numel()
}

/// A number of which `output` has the gradient that is given: autograd, as tch has it, begins at numbers only.
///
/// # Errors
/// libtorch's.
pub fn number(output: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    if output.kind() == Kind::BFloat16 {
        // On one thread, their inner product takes ten times as long.
        return Ok(output.f_mul(gradient)?.f_sum(Kind::Float)?);
    }
    // In the order in which they lie in memory.
    let in_a_row = |tensor: &Tensor| tensor.f_permute([0, 2, 3, 1])?.f_flatten(0, -1);
    Ok(in_a_row(output)?.f_dot(&in_a_row(gradient)?)?)
}

/// A normalisation with the moments of a batch, towards which the running ones move.
fn normalisation(norm: &BatchNorm, moments: &Moments, places: i64) -> Result<Normalisation> {
    let (Some(weight), Some(bias)) = (&norm.ws, &norm.bs) else {
        unreachable!("every normalisation is made with weights and biases")
    };
    let count = width(norm);
    // The running variance is over n - 1, as torchvision's.
    let unbiased = places as f64 / (places - 1).max(1) as f64;
    for (running, of_batch, factor) in
        [(&norm.running_mean, &moments.mean, 1.0), (&norm.running_var, &moments.variance, unbiased)]
    {
        let of_batch: Vec<f32> =
            of_batch[..count].iter().map(|value| (value * factor) as f32).collect();
        let _ = running.shallow_clone().f_lerp_(&Tensor::f_from_slice(&of_batch)?, MOMENTUM)?;
    }
    let (weight, bias) = (Dense::of(weight.f_detach()?), Dense::of(bias.f_detach()?));
    Ok(Normalisation::new(moments, weight.values(), bias.values()))
}

fn tell(
    norm: &str,
    gradient: &NormalisationGradient,
    found: &mut dyn FnMut(&str, Tensor),
) -> Result<()> {
    for (name, values) in [("weight", &gradient.weight), ("bias", &gradient.bias)] {
        found(&format!("{norm}.{name}"), Tensor::f_from_slice(values)?);
    }
    Ok(())
}
