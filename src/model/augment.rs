//! Views: which square of a picture the network sees, at random in training, and its pixels.
//!
//! The recipe is the COVID-CT paper's (arXiv 2003.13865): a random affine map (translation, and
//! rotation of 5, 15 or 25 degrees), a random crop, a horizontal flip. The three are one affine map
//! from the view back to the picture, so that pixels are interpolated once.

use rand::RngExt as _;
use rand::{Rng, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::Picture;
use super::traces::Traces;
use crate::runs::Hyperparameters;

/// Mean and standard deviation of `ImageNet`'s channels, 0 to 1, red first; the inputs that
/// torchvision's weights expect.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// The paper's rotations, in degrees: one is drawn as the limit, the angle lies between its
/// negative and it.
const ROTATION_LIMITS: [f32; 3] = [5.0, 15.0, 25.0];
/// Translation along each axis, at most this part of the picture's length there. Ours: the paper
/// names no number.
const TRANSLATION_LIMIT: f32 = 0.1;
/// Width over height of the crop; its logarithm is drawn evenly.
const CROP_ASPECT: std::ops::Range<f32> = 3.0 / 4.0..4.0 / 3.0;

/// What is drawn for, so that no two uses share random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// The order of an epoch.
    Order,
    /// The view of the example of this index.
    View(usize),
    /// Another view of it, for what learns from two.
    SecondView(usize),
    /// The shares in which this step's images are mixed.
    Mix(u64),
}

/// The random numbers of one draw in one epoch of one run: the same on any number of threads.
pub fn random_numbers(seed: u64, epoch: u32, draw: Draw) -> ChaCha8Rng {
    let (kind, index) = match draw {
        Draw::Order => (0_u32, 0),
        Draw::View(index) => (1, index as u64),
        Draw::SecondView(index) => (2, index as u64),
        Draw::Mix(step) => (3, step),
    };
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..12].copy_from_slice(&epoch.to_le_bytes());
    key[12..16].copy_from_slice(&kind.to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// How much views differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmentation {
    /// Area of the smallest crop as a part of the picture's; the largest is all of it.
    pub crop: f32,
    /// Brightness and contrast change by at most this part.
    pub jitter: f32,
    /// How often what sources leave on pictures is drawn, from 0 to 1.
    pub traces: f32,
}

impl Augmentation {
    pub fn of(recipe: &Hyperparameters) -> Self {
        Self { crop: recipe.crop, jitter: recipe.jitter, traces: recipe.traces }
    }
}

/// An affine map from view to picture, both in pixels from the top left corner:
/// `x' = a x + b y + c`, `y' = d x + e y + f`; and one of grey levels, `v' = gain v + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    e: f32,
    f: f32,
    gain: f32,
    offset: f32,
    /// What is left on it last.
    traces: Option<Traces>,
}

impl View {
    /// Pixel for pixel: the whole of a picture that has the view's size already.
    pub const IDENTITY: Self = Self {
        a: 1.0,
        b: 0.0,
        c: 0.0,
        d: 0.0,
        e: 1.0,
        f: 0.0,
        gain: 1.0,
        offset: 0.0,
        traces: None,
    };

    /// A `side` x `side` view of a `width` x `height` picture as the recipe draws it.
    pub fn random(
        width: u32,
        height: u32,
        side: u32,
        augmentation: Augmentation,
        random: &mut impl Rng,
    ) -> Self {
        let (width, height, side) = (width as f32, height as f32, side as f32);
        let limit = ROTATION_LIMITS[random.random_range(0..ROTATION_LIMITS.len())];
        let (sin, cos) = random.random_range(-limit..=limit).to_radians().sin_cos();
        let mut shift = |length: f32| random.random_range(-1.0..=1.0) * TRANSLATION_LIMIT * length;
        let (shift_x, shift_y) = (shift(width), shift(height));

        let area = random.random_range(augmentation.crop..=1.0) * width * height;
        let aspect = random.random_range(CROP_ASPECT.start.ln()..CROP_ASPECT.end.ln()).exp();
        // A crop that sticks out of a long picture gives up its aspect, not its area.
        let crop_width = (area * aspect).sqrt().clamp(area / height, width);
        let crop_height = area / crop_width;
        let left = random.random_range(0.0..=1.0) * (width - crop_width);
        let top = random.random_range(0.0..=1.0) * (height - crop_height);

        let (gain, offset) = grey_levels(augmentation.jitter, random);
        let strength = augmentation.traces;

        // From the view to the crop, mirrored or not, relative to the moved middle...
        let flip = random.random_bool(0.5);
        let x_step = if flip { -crop_width / side } else { crop_width / side };
        let x_start = if flip { left + crop_width } else { left };
        let y_step = crop_height / side;
        let (x0, y0) = (x_start - width / 2.0 - shift_x, top - height / 2.0 - shift_y);
        // ...and turned about it.
        Self {
            a: cos * x_step,
            b: sin * y_step,
            c: cos * x0 + sin * y0 + width / 2.0,
            d: -sin * x_step,
            e: cos * y_step,
            f: -sin * x0 + cos * y0 + height / 2.0,
            gain,
            offset,
            // Without any no random number is drawn.
            traces: (strength > 0.0).then(|| Traces::random(strength, random)),
        }
    }

    fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        (self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f)
    }
}

/// Contrast about the middle grey, then brightness, each changed by at most `jitter`. Without jitter
/// no random number is drawn.
fn grey_levels(jitter: f32, random: &mut impl Rng) -> (f32, f32) {
    if jitter == 0.0 {
        return (1.0, 0.0);
    }
    let gain = 1.0 + random.random_range(-jitter..=jitter);
    let brightness = random.random_range(-jitter..=jitter) * 127.5;
    (gain, 127.5 * (1.0 - gain) + brightness)
}

/// A channel's value of 0 to 255 as the network expects it.
pub fn normalise(value: f32, channel: usize) -> f32 {
    (value / 255.0 - MEAN[channel]) / DEVIATION[channel]
}

/// Writes the `side` x `side` view of a picture to `out`, `[row][column][channel]` with 3 channels,
/// normalised. Interpolated bilinearly; black outside the picture.
///
/// # Panics
/// When `out` does not hold `side * side * 3` values.
pub fn sample(picture: &Picture, view: &View, side: u32, out: &mut [f32]) {
    assert_eq!(out.len(), (side * side * 3) as usize, "room for the view");
    let (pixels, _) = out.as_chunks_mut::<3>();
    let row_length = side as usize;
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let (column, row) = (index % row_length, index / row_length);
        // Centre to centre: a pixel's value stands for its middle.
        let (x, y) = view.apply(column as f32 + 0.5, row as f32 + 0.5);
        let values = interpolate(picture, x - 0.5, y - 0.5);
        *pixel = values.map(|value| (view.gain * value + view.offset).clamp(0.0, 255.0));
    }
    if let Some(traces) = view.traces {
        leave(&traces, pixels, row_length, picture.channels);
    }
    for pixel in pixels {
        *pixel = std::array::from_fn(|channel| normalise(pixel[channel], channel));
    }
}

/// Leaves them on grey levels, 0 to 255, channel by channel; those of a grey picture are one.
fn leave(traces: &Traces, pixels: &mut [[f32; 3]], side: usize, channels: u32) {
    for channel in 0..channels as usize {
        let mut plane: Vec<f32> = pixels.iter().map(|pixel| pixel[channel]).collect();
        traces.leave(&mut plane, side);
        for (pixel, level) in pixels.iter_mut().zip(plane) {
            let level = level.clamp(0.0, 255.0);
            if channels == 1 { *pixel = [level; 3] } else { pixel[channel] = level }
        }
    }
}

/// Red, green and blue at a place between four pixels' centres.
fn interpolate(picture: &Picture, x: f32, y: f32) -> [f32; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (right_part, lower_part) = (x - left, y - top);
    let mut sum = [0.0; 3];
    for (dx, dy, weight) in [
        (0, 0, (1.0 - right_part) * (1.0 - lower_part)),
        (1, 0, right_part * (1.0 - lower_part)),
        (0, 1, (1.0 - right_part) * lower_part),
        (1, 1, right_part * lower_part),
    ] {
        let (column, row) = (left as i64 + dx, top as i64 + dy);
        let inside = (0..i64::from(picture.width)).contains(&column)
            && (0..i64::from(picture.height)).contains(&row);
        if !inside {
            continue;
        }
        let channels = picture.channels as usize;
        let start = (row as usize * picture.width as usize + column as usize) * channels;
        for (channel, sum) in sum.iter_mut().enumerate() {
            // A grey picture has its one channel for all three.
            *sum += weight * f32::from(picture.pixels[start + channel.min(channels - 1)]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gradient(width: u32, height: u32) -> Picture {
        let pixels = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x as u8 * 3, y as u8 * 5, 128]))
            .collect();
        Picture { width, height, channels: 3, pixels }
    }

    fn view_of(picture: &Picture, view: &View, side: u32) -> Vec<f32> {
        let mut out = vec![f32::NAN; (side * side * 3) as usize];
        sample(picture, view, side, &mut out);
        out
    }

    #[test]
    fn the_whole_view_is_the_picture_itself() {
        let picture = gradient(32, 32);
        let seen = view_of(&picture, &View::IDENTITY, 32);
        for (index, (&value, &pixel)) in seen.iter().zip(&picture.pixels).enumerate() {
            assert_eq!(value, normalise(f32::from(pixel), index % 3));
        }
    }

    #[test]
    fn grey_fills_three_channels_and_outside_is_black() {
        let grey = Picture { width: 2, height: 2, channels: 1, pixels: vec![100; 4] };
        let seen = view_of(&grey, &View::IDENTITY, 4);
        let at = |x: usize, y: usize| &seen[(y * 4 + x) * 3..][..3];
        assert_eq!(at(1, 1), [0, 1, 2].map(|c| normalise(100.0, c)));
        assert_eq!(at(3, 3), [0, 1, 2].map(|c| normalise(0.0, c)));
    }

    #[test]
    fn a_half_pixel_shift_averages_neighbours() {
        let picture = Picture { width: 2, height: 1, channels: 1, pixels: vec![10, 30] };
        assert_eq!(interpolate(&picture, 0.5, 0.0), [20.0; 3]);
        assert_eq!(interpolate(&picture, -0.5, 0.0), [5.0; 3]);
    }

    #[test]
    fn jitter_turns_grey_levels_about_the_middle() {
        let mut random = random_numbers(0, 1, Draw::View(0));
        assert_eq!(grey_levels(0.0, &mut random), (1.0, 0.0));
        for _ in 0..100 {
            let (gain, offset) = grey_levels(0.4, &mut random);
            assert!((0.6..=1.4).contains(&gain));
            let middle = gain * 127.5 + offset;
            assert!((76.4..=178.6).contains(&middle), "{middle}");
        }
    }

    #[test]
    fn draws_differ_by_seed_epoch_and_use() {
        let draw = |seed, epoch, draw| random_numbers(seed, epoch, draw).random::<u64>();
        let all = [
            draw(0, 1, Draw::Order),
            draw(1, 1, Draw::Order),
            draw(0, 2, Draw::Order),
            draw(0, 1, Draw::View(0)),
            draw(0, 1, Draw::View(1)),
            draw(0, 1, Draw::SecondView(1)),
            draw(0, 1, Draw::Mix(1)),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(draw(7, 3, Draw::View(5)), draw(7, 3, Draw::View(5)));
    }

    #[test]
    fn views_are_turned_moved_and_mirrored_as_often_as_the_recipe_says() {
        let mut random = random_numbers(0, 1, Draw::Order);
        let whole = Augmentation { crop: 1.0, jitter: 0.0, traces: 0.0 };
        let views: Vec<View> =
            (0..6000).map(|_| View::random(200, 200, 100, whole, &mut random)).collect();
        let part = |is: &dyn Fn(&View) -> bool| {
            views.iter().filter(|view| is(view)).count() as f32 / views.len() as f32
        };
        let turned = |view: &View| view.d.atan2(view.a.abs()).to_degrees().abs();
        // Up to 5, 15 or 25 degrees, each a third of the time.
        let slightly = (1.0 + 5.0 / 15.0 + 5.0 / 25.0) / 3.0;
        let far = (10.0 / 25.0) / 3.0;
        assert!((part(&|view| turned(view) <= 5.0) - slightly).abs() < 0.03);
        assert!((part(&|view| turned(view) > 15.0) - far).abs() < 0.03);
        assert!((part(&|view| view.a < 0.0) - 0.5).abs() < 0.03, "mirrored");
        // By up to 20 pixels along each side: by 10 in all within a circle in that square.
        let moved = |view: &View| {
            let (x, y) = view.apply(50.0, 50.0);
            (x - 100.0).hypot(y - 100.0)
        };
        let near = std::f32::consts::PI * 10.0 * 10.0 / (40.0 * 40.0);
        assert!((part(&|view| moved(view) <= 10.0) - near).abs() < 0.03);
        assert!(views.iter().all(|view| moved(view) < 28.3));
    }

    proptest! {
        #[test]
        fn a_random_view_keeps_to_the_recipe(
            seed: u64, width in 30_u32..400, height in 30_u32..400,
        ) {
            let mut random = random_numbers(seed, 1, Draw::View(0));
            let augmentation = Augmentation { crop: 0.5, jitter: 0.0, traces: 0.0 };
            let view = View::random(width, height, 100, augmentation, &mut random);
            // The map's determinant is the crop's area over the view's.
            let area = (view.a * view.e - view.b * view.d).abs() * 100.0 * 100.0;
            let part = area / (width * height) as f32;
            prop_assert!((0.4999..1.0001).contains(&part), "crop of {part}");
            // The view's rows are turned by 25 degrees at most, whichever way they run.
            let turned = view.d.atan2(view.a.abs()).to_degrees();
            prop_assert!(turned.abs() <= 25.001, "turned by {turned}");
            // The middle of the view lies within the picture, but for the translation.
            let (x, y) = view.apply(50.0, 50.0);
            let diagonal = (width as f32).hypot(height as f32);
            prop_assert!((x - width as f32 / 2.0).hypot(y - height as f32 / 2.0) < diagonal * 0.4);
        }
    }
}
