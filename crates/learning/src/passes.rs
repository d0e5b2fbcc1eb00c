//! Batch normalisation with rectification, and its way back, over the fewest passes through memory.
//! libtorch makes a pass each for means, variances, normalising, rectifying and their gradients: on a
//! CPU that takes as long as all convolutions of a DenseNet, since its layers look at their block's
//! channels again and again.
//!
//! Values lie as `[place][channel]`, where a place is a row and column of an image, and are worked with as
//! fp32. Sums are made of pieces of fixed size, so that they do not depend on the number of threads.

use multiversion::multiversion;

use crate::dense::Value;
use crate::threads;

/// Channels worked on at once; what is normalised here has a multiple of it.
pub const LANES: usize = 16;

/// Values a thread takes at a time: few enough for its cache, many enough to be worth its while.
const PIECE: usize = 1 << 14;

/// Added to variances; torchvision's.
pub const EPSILON: f64 = 1e-5;

type Lanes = [f32; LANES];

fn places_in_a_piece(channels: usize) -> usize {
    (PIECE / channels).max(1)
}

/// The first channels of every `stride` of these.
fn places<V: Value>(values: &[V], stride: usize) -> impl Iterator<Item = &[[V; LANES]]> + Clone {
    values.chunks_exact(stride).map(|place| place.as_chunks().0)
}

fn lanes(channels: &[f32]) -> &[Lanes] {
    channels.as_chunks().0
}

/// Two sums for each channel, over all pieces.
fn sums<T: Send>(
    channels: usize,
    pieces: impl ExactSizeIterator<Item = T> + Send,
    of_piece: impl Fn(T) -> Vec<[Lanes; 2]> + Sync,
) -> [Vec<f64>; 2] {
    let mut found = vec![Vec::new(); pieces.len()];
    threads::for_each(found.iter_mut().zip(pieces), |(found, piece)| *found = of_piece(piece));
    let mut total = [vec![0.0; channels], vec![0.0; channels]];
    // In the order of the pieces, whichever was ready first.
    for piece in found {
        for (which, total) in total.iter_mut().enumerate() {
            let sums = piece.iter().flat_map(|sums| sums[which]);
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total += f64::from(sum));
        }
    }
    total
}

/// Mean and variance (over `n`, not `n - 1`) of every channel.
#[derive(Debug, Clone, Default)]
pub struct Moments {
    pub mean: Vec<f64>,
    pub variance: Vec<f64>,
}

impl Moments {
    /// Of values that are all of `channels` channels.
    pub fn of<V: Value>(values: &[V], channels: usize) -> Self {
        let count = (values.len() / channels) as f64;
        // Off the first place's values: squares of what is far from 0 would lose what differs.
        let first: Vec<Lanes> = places(&values[..channels], channels)
            .flat_map(|place| place.iter().map(|lanes| lanes.map(Value::wide)))
            .collect();
        let pieces = values.chunks(places_in_a_piece(channels) * channels);
        let [sum, square] =
            sums(channels, pieces, |piece| sums_of_squares(piece, channels, &first));
        let off: Vec<f64> = sum.iter().map(|sum| sum / count).collect();
        let variance = square.iter().zip(&off).map(|(square, off)| square / count - off * off);
        let variance = variance.map(|variance| variance.max(0.0)).collect();
        let first = first.as_flattened().iter();
        let mean = off.iter().zip(first).map(|(off, &first)| off + f64::from(first)).collect();
        Self { mean, variance }
    }

    /// Adds those of further channels.
    pub fn extend(&mut self, more: Self) {
        self.mean.extend(more.mean);
        self.variance.extend(more.variance);
    }
}

/// Of each channel, what normalising it with a batch's own moments comes to: `scale * value + shift`.
#[derive(Debug)]
pub struct Normalisation {
    mean: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
    /// One over the deviation.
    inverse: Vec<f64>,
}

/// Gradients of a normalisation's weights and biases.
#[derive(Debug)]
pub struct NormalisationGradient {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// What to do with what is where a gradient is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    Add,
    Replace,
}

impl Normalisation {
    /// Of as many channels as there are weights and biases.
    pub fn new(moments: &Moments, weight: &[f32], bias: &[f32]) -> Self {
        let inverse: Vec<f64> = moments.variance[..weight.len()]
            .iter()
            .map(|variance| 1.0 / (variance + EPSILON).sqrt())
            .collect();
        let mean: Vec<f32> = moments.mean[..weight.len()].iter().map(|&mean| mean as f32).collect();
        let scale: Vec<f32> = weight
            .iter()
            .zip(&inverse)
            .map(|(&weight, inverse)| (f64::from(weight) * inverse) as f32)
            .collect();
        let shift =
            bias.iter().zip(&mean).zip(&scale).map(|((bias, mean), scale)| bias - mean * scale);
        Self { shift: shift.collect(), mean, scale, inverse }
    }

    fn channels(&self) -> usize {
        self.inverse.len()
    }

    /// Writes to `seen` the normalised and rectified values of the first channels of every `stride`.
    pub fn rectified<V: Value>(&self, values: &[V], stride: usize, seen: &mut [V]) {
        let many = places_in_a_piece(stride);
        let pieces = seen.chunks_mut(many * self.channels()).zip(values.chunks(many * stride));
        threads::for_each(pieces, |(seen, values)| {
            rectify((&self.scale, &self.shift), values, stride, seen);
        });
    }

    /// The way back through [`Normalisation::rectified`] of the same values: from the gradient of `seen` to
    /// that of the values, which goes into the first channels of every `stride` of `target`.
    pub fn back<V: Value, T: Value>(
        &self,
        values: &[V],
        stride: usize,
        gradient: &[V],
        target: &mut [T],
        write: Write,
    ) -> NormalisationGradient {
        let channels = self.channels();
        let many = places_in_a_piece(stride);
        let pieces = values.chunks(many * stride).zip(gradient.chunks(many * channels));
        let [sum, product] = sums(channels, pieces.clone(), |(values, gradient)| {
            sums_of_products(self, values, stride, gradient)
        });
        let count = (values.len() / stride) as f64;
        // Through the moments each value has a part in all others of its channel.
        let (slope, offset): (Vec<f32>, Vec<f32>) = (0..channels)
            .map(|channel| {
                let scale = f64::from(self.scale[channel]);
                let squared = self.inverse[channel] * self.inverse[channel];
                let slope = -scale * squared * product[channel] / count;
                let mean = f64::from(self.mean[channel]);
                let offset = -scale * sum[channel] / count - slope * mean;
                (slope as f32, offset as f32)
            })
            .unzip();
        threads::for_each(target.chunks_mut(many * stride).zip(pieces), |(target, found)| {
            spread(self, (&slope, &offset), found, stride, target, write);
        });
        let weight = product.iter().zip(&self.inverse);
        NormalisationGradient {
            weight: weight.map(|(product, inverse)| (product * inverse) as f32).collect(),
            bias: sum.iter().map(|&sum| sum as f32).collect(),
        }
    }
}

// What follows is compiled for several processors, and the one at hand takes the best it knows. The numbers
// are the same for all. What the compiler makes good vectors of: where sums stay, loops over lanes; else loops over
// channels, of which it must not know how many (it gathers from all blocks the first lane, the second, ...).

/// Sums of values off those of a first place, and of their squares.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn sums_of_squares<V: Value>(piece: &[V], channels: usize, first: &[Lanes]) -> Vec<[Lanes; 2]> {
    let of_lanes = |(block, first): (usize, &Lanes)| {
        let (mut sum, mut square) = ([0.0; LANES], [0.0; LANES]);
        for place in places(piece, channels) {
            for lane in 0..LANES {
                let off = place[block][lane].wide() - first[lane];
                sum[lane] += off;
                square[lane] += off * off;
            }
        }
        [sum, square]
    };
    first.iter().enumerate().map(of_lanes).collect()
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn rectify<V: Value>(
    (scale, shift): (&[f32], &[f32]),
    values: &[V],
    stride: usize,
    seen: &mut [V],
) {
    for (seen, values) in seen.chunks_exact_mut(scale.len()).zip(values.chunks_exact(stride)) {
        for (((seen, value), scale), shift) in seen.iter_mut().zip(values).zip(scale).zip(shift) {
            let normalised = scale * value.wide() + shift;
            // What is no number stays none, for the loss to show it.
            *seen = V::narrow(if normalised <= 0.0 { 0.0 } else { normalised });
        }
    }
}

/// What of a gradient of the rectified value is one of the normalised one.
#[inline]
fn passed(scale: f32, shift: f32, value: f32, gradient: f32) -> f32 {
    if scale * value + shift > 0.0 { gradient } else { 0.0 }
}

/// Of the gradient that is passed on, its sum and that of its products with the values off their mean.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn sums_of_products<V: Value>(
    norm: &Normalisation,
    values: &[V],
    stride: usize,
    gradient: &[V],
) -> Vec<[Lanes; 2]> {
    let channels = norm.channels();
    let [mean, scale, shift] = [&norm.mean, &norm.scale, &norm.shift].map(|of| lanes(of));
    let of_lanes = |block: usize| {
        let (mean, scale, shift) = (mean[block], scale[block], shift[block]);
        let (mut sum, mut product) = ([0.0; LANES], [0.0; LANES]);
        for (values, gradient) in places(values, stride).zip(places(gradient, channels)) {
            for lane in 0..LANES {
                let value = values[block][lane].wide();
                let gradient = gradient[block][lane].wide();
                let passed = passed(scale[lane], shift[lane], value, gradient);
                sum[lane] += passed;
                product[lane] += passed * (value - mean[lane]);
            }
        }
        [sum, product]
    };
    (0..mean.len()).map(of_lanes).collect()
}

/// To `target`: the gradient that is passed on, scaled, and what comes through the moments, a slope and an
/// offset for each channel.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn spread<V: Value, T: Value>(
    norm: &Normalisation,
    (slope, offset): (&[f32], &[f32]),
    (values, gradient): (&[V], &[V]),
    stride: usize,
    target: &mut [T],
    write: Write,
) {
    let Normalisation { scale, shift, .. } = norm;
    let found = values.chunks_exact(stride).zip(gradient.chunks_exact(norm.channels()));
    for (target, (values, gradient)) in target.chunks_exact_mut(stride).zip(found) {
        let of_channels = scale.iter().zip(shift).zip(slope.iter().zip(offset));
        let found = target.iter_mut().zip(values).zip(gradient).zip(of_channels);
        for (((target, value), gradient), ((&scale, &shift), (slope, offset))) in found {
            let (before, value) = match write {
                Write::Add => (target.wide(), value.wide()),
                Write::Replace => (0.0, value.wide()),
            };
            let passed = passed(scale, shift, value, gradient.wide());
            *target = T::narrow(before + (scale * passed + (slope * value + offset)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: usize = 2 * LANES;
    const STRIDE: usize = 3 * LANES;
    /// More than fit into one piece, and not a whole number of pieces.
    const PLACES: usize = 3001;

    /// Far from 0, as features may be, and not all alike.
    fn values(seed: usize, count: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 37 + seed * 101) % 1009) as f32 / 1009.0;
        (0..count).map(|i| 20.0 + value(i) * (1.0 + (i % CHANNELS) as f32)).collect()
    }

    struct Found {
        seen: Vec<f32>,
        target: Vec<f32>,
        gradient: NormalisationGradient,
    }

    fn there_and_back() -> Found {
        let all = values(1, PLACES * STRIDE);
        let first: Vec<f32> =
            all.chunks(STRIDE).flat_map(|place| &place[..CHANNELS]).copied().collect();
        let moments = Moments::of(&first, CHANNELS);
        let weight: Vec<f32> = values(2, CHANNELS).iter().map(|v| v - 20.0).collect();
        let bias: Vec<f32> = values(3, CHANNELS).iter().map(|v| (v - 21.0) / 20.0).collect();
        let norm = Normalisation::new(&moments, &weight, &bias);
        let mut seen = vec![f32::NAN; PLACES * CHANNELS];
        norm.rectified(&all, STRIDE, &mut seen);
        let of_seen: Vec<f32> = values(4, seen.len()).iter().map(|v| (v - 25.0) / 5.0).collect();
        let mut target = vec![1.0; all.len()];
        let gradient = norm.back(&all, STRIDE, &of_seen, &mut target, Write::Add);
        let mut replaced = vec![f32::NAN; all.len()];
        norm.back(&all, STRIDE, &of_seen, &mut replaced, Write::Replace);
        for (place, (added, replaced)) in
            target.chunks(STRIDE).zip(replaced.chunks(STRIDE)).enumerate()
        {
            for channel in 0..STRIDE {
                let (added, replaced) = (added[channel], replaced[channel]);
                let is_right = if channel < CHANNELS {
                    (added - 1.0 - replaced).abs() < 1e-5
                } else {
                    added == 1.0 && replaced.is_nan()
                };
                assert!(is_right, "{added} and {replaced} at {place}, {channel}");
            }
        }
        Found { seen, target, gradient }
    }

    /// Channel by channel, in f64 and by the book: Ioffe and Szegedy, arXiv 1502.03167, section 3.
    #[test]
    fn it_is_batch_normalisation_there_and_back() {
        let Found { seen, target, gradient } = there_and_back();
        let (all, all_of_seen) = (values(1, PLACES * STRIDE), values(4, seen.len()));
        let (weights, biases) = (values(2, CHANNELS), values(3, CHANNELS));
        for channel in 0..CHANNELS {
            let x: Vec<f64> = all.chunks(STRIDE).map(|place| f64::from(place[channel])).collect();
            let weight = f64::from(weights[channel] - 20.0);
            let bias = f64::from((biases[channel] - 21.0) / 20.0);
            let count = PLACES as f64;
            let mean = x.iter().sum::<f64>() / count;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let deviation = (variance + EPSILON).sqrt();
            let unit: Vec<f64> = x.iter().map(|x| (x - mean) / deviation).collect();
            let of_unit: Vec<f64> = unit
                .iter()
                .enumerate()
                .map(|(place, unit)| {
                    let at = place * CHANNELS + channel;
                    let normalised = weight * unit + bias;
                    assert!((f64::from(seen[at]) - normalised.max(0.0)).abs() < 1e-4, "seen");
                    let of_seen = f64::from((all_of_seen[at] - 25.0) / 5.0);
                    if normalised > 0.0 { of_seen } else { 0.0 }
                })
                .collect();
            let sum: f64 = of_unit.iter().sum();
            let product: f64 = of_unit.iter().zip(&unit).map(|(a, b)| a * b).sum();
            assert!((f64::from(gradient.bias[channel]) - sum).abs() < 1e-3 * count.sqrt());
            assert!((f64::from(gradient.weight[channel]) - product).abs() < 1e-3 * count.sqrt());
            for (place, (of_unit, unit)) in of_unit.iter().zip(&unit).enumerate() {
                let expected =
                    weight / deviation * (of_unit - sum / count - unit * product / count);
                let found = f64::from(target[place * STRIDE + channel]) - 1.0;
                assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
            }
        }
    }

    #[test]
    fn one_thread_finds_the_same_numbers() {
        let on_threads = |threads| {
            let there_and_back = move || {
                tch::set_num_threads(threads);
                there_and_back()
            };
            std::thread::spawn(there_and_back).join().expect("no panic")
        };
        let (alone, usual) = (on_threads(1), on_threads(3));
        assert_eq!((alone.seen, alone.target), (usual.seen, usual.target));
        assert_eq!(alone.gradient.weight, usual.gradient.weight);
        assert_eq!(alone.gradient.bias, usual.gradient.bias);
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let mut values = values(1, 4 * LANES);
        values[LANES + 3] = f32::NAN;
        let moments = Moments { mean: vec![20.0; LANES], variance: vec![1.0; LANES] };
        let norm = Normalisation::new(&moments, &[1.0; LANES], &[0.0; LANES]);
        let mut seen = vec![0.0; values.len()];
        norm.rectified(&values, LANES, &mut seen);
        let nans: Vec<usize> = (0..seen.len()).filter(|&at| seen[at].is_nan()).collect();
        assert_eq!(nans, [LANES + 3]);
    }
}
