//! Where in a picture a network finds what it says, drawn over the picture.

use std::convert::Infallible;
use std::ops::ControlFlow;

use image::{Rgb, RgbImage};

use super::{Batch, Picture, Pictures, Result, Scorer};
use covid_ct_core::Label;

/// Side of each of the two pictures that are drawn, in pixels.
const SIDE: u32 = 256;

/// How much the strongest evidence covers of what is below.
const OPACITY: f32 = 0.65;

/// Colours of no evidence to all: matplotlib's inferno (Smith and van der Walt, CC0) at equal steps.
/// Brightness rises with evidence, so that it can be told without seeing colours.
const COLOURS: [[f32; 3]; 5] = [
    [0.0, 0.0, 4.0],
    [87.0, 16.0, 110.0],
    [188.0, 55.0, 84.0],
    [249.0, 142.0, 9.0],
    [252.0, 255.0, 164.0],
];

/// How much each place of the square that the network sees speaks for a class; not negative, rows from the
/// top.
#[derive(Debug, Clone, PartialEq)]
pub struct SaliencyMap {
    pub rows: u32,
    pub columns: u32,
    /// `rows * columns` values.
    pub values: Vec<f32>,
}

/// A scorer that can say what its scores rest on.
pub trait Explainer: Scorer {
    /// What speaks for `classes`, one an image of the batch, in its order.
    ///
    /// # Errors
    /// Whatever keeps it from computing.
    fn evidence(&mut self, batch: &Batch, classes: &[Label]) -> Result<Vec<SaliencyMap>>;
}

/// What speaks for `classes` in all pictures, in their order.
///
/// # Errors
/// The explainer's.
pub fn explain(
    explainer: &mut dyn Explainer,
    pictures: &Pictures,
    classes: &[Label],
) -> Result<Vec<SaliencyMap>> {
    let mut classes = classes.chunks(1);
    let mut maps = Vec::new();
    let passed: Result<ControlFlow<Infallible>> = pictures.for_each_whole(1, |batch| {
        maps.extend(explainer.evidence(&batch, classes.next().unwrap_or_default())?);
        Ok(ControlFlow::Continue(()))
    });
    let ControlFlow::Continue(()) = passed?;
    Ok(maps)
}

impl SaliencyMap {
    /// The mean of maps of one size; `None` of none, and of maps that differ in size.
    pub fn mean(maps: &[Self]) -> Option<Self> {
        let first = maps.first()?;
        let alike = |map: &Self| (map.rows, map.columns) == (first.rows, first.columns);
        maps.iter().all(alike).then(|| {
            let at = |place| maps.iter().map(|map: &Self| map.values[place]).sum::<f32>();
            let values = (0..first.values.len()).map(|place| at(place) / maps.len() as f32);
            Self { values: values.collect(), ..*first }
        })
    }

    /// The square picture as the network sees it, and right of it the same with the evidence over it, the
    /// strongest in the picture as strong as can be.
    ///
    /// # Panics
    /// When the map does not hold as many values as it says.
    pub fn beside(&self, picture: &Picture) -> RgbImage {
        let plain = image::imageops::resize(
            &rgb(picture),
            SIDE,
            SIDE,
            image::imageops::FilterType::Triangle,
        );
        let greatest = self.values.iter().copied().fold(0.0, f32::max);
        let strength = |x: u32, y: u32| {
            // A map of zeros has nothing to show.
            if greatest > 0.0 { self.at(x, y) / greatest } else { 0.0 }
        };
        RgbImage::from_fn(2 * SIDE, SIDE, |x, y| {
            let below = *plain.get_pixel(x % SIDE, y);
            if x < SIDE { below } else { covered(below, strength(x - SIDE, y)) }
        })
    }

    /// Between the middles of the map's places, at a pixel of the picture that is drawn.
    fn at(&self, x: u32, y: u32) -> f32 {
        let between = |pixel: u32, places: u32| {
            let place = (pixel as f32 + 0.5) / SIDE as f32 * places as f32 - 0.5;
            let place = place.clamp(0.0, (places - 1) as f32);
            let low = place.floor() as u32;
            (low, (low + 1).min(places - 1), place.fract())
        };
        let (left, right, across) = between(x, self.columns);
        let (top, bottom, down) = between(y, self.rows);
        let value = |column, row| self.values[(row * self.columns + column) as usize];
        let row = |row| value(left, row) * (1.0 - across) + value(right, row) * across;
        row(top) * (1.0 - down) + row(bottom) * down
    }
}

fn rgb(picture: &Picture) -> RgbImage {
    let channels = picture.channels;
    RgbImage::from_fn(picture.width, picture.height, |x, y| {
        let first = ((y * picture.width + x) * channels) as usize;
        Rgb(std::array::from_fn(|channel| {
            picture.pixels[first + if channels == 3 { channel } else { 0 }]
        }))
    })
}

fn covered(below: Rgb<u8>, strength: f32) -> Rgb<u8> {
    let place = strength.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let low = (place as usize).min(COLOURS.len() - 2);
    let share = place - low as f32;
    let opacity = OPACITY * strength;
    Rgb(std::array::from_fn(|channel| {
        let colour = COLOURS[low][channel] * (1.0 - share) + COLOURS[low + 1][channel] * share;
        (f32::from(below.0[channel]) * (1.0 - opacity) + colour * opacity).round() as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: [f32; 4]) -> SaliencyMap {
        SaliencyMap { rows: 2, columns: 2, values: values.into() }
    }

    #[test]
    fn the_evidence_is_drawn_where_it_is() {
        let picture = Picture { width: 2, height: 2, channels: 1, pixels: vec![100; 4] };
        let drawn = map([0.0, 3.0, 0.0, 0.0]).beside(&picture);
        assert_eq!(drawn.dimensions(), (512, 256));
        let grey = Rgb([100, 100, 100]);
        assert_eq!((*drawn.get_pixel(10, 10), *drawn.get_pixel(250, 10)), (grey, grey));
        let corners =
            [(260, 5), (508, 5), (260, 250), (508, 250)].map(|(x, y)| drawn.get_pixel(x, y));
        assert_eq!([corners[0], corners[2], corners[3]], [&grey; 3]);
        assert!(corners[1].0[0] > 180, "{:?}", corners[1]);
    }

    #[test]
    fn no_evidence_leaves_the_picture() {
        let pixels = (0..12).map(|n| n * 20).collect();
        let picture = Picture { width: 2, height: 2, channels: 3, pixels };
        let drawn = map([0.0; 4]).beside(&picture);
        for (x, y) in [(0, 0), (100, 30), (255, 255)] {
            assert_eq!(drawn.get_pixel(x, y), drawn.get_pixel(x + 256, y));
        }
    }

    #[test]
    fn maps_of_several_networks_are_averaged() {
        let mean = SaliencyMap::mean(&[map([0.0, 2.0, 0.0, 4.0]), map([2.0, 2.0, 0.0, 0.0])]);
        assert_eq!(mean, Some(map([1.0, 2.0, 0.0, 2.0])));
        let other = SaliencyMap { rows: 1, columns: 1, values: vec![1.0] };
        assert_eq!(SaliencyMap::mean(&[map([0.0; 4]), other]), None);
        assert_eq!(SaliencyMap::mean(&[]), None);
    }
}
