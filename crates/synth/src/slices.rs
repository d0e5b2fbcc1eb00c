//! Drawn slices of chests as papers would print them, each with the signs that it shows: as many as are wanted, to
//! learn from where there are no scans.

use image::imageops::{FilterType, blur, resize};
use image::{GrayImage, Luma, codecs::jpeg::JpegEncoder};

use super::anatomy::Anatomy;
use super::chance::Chance;
use super::phantom::{Acquisition, render};
use super::signs::{Findings, Signs};

/// Width of a slice in pixels.
const WIDTH: u32 = 240;

/// Which slice: number `index` of a `seed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceId {
    pub seed: u64,
    pub index: u64,
}

/// What is to be drawn.
#[derive(Debug)]
struct Plan {
    anatomy: Anatomy,
    how: Acquisition,
    findings: Findings,
}

impl SliceId {
    /// What the slice shows.
    pub fn signs(self) -> Signs {
        self.plan().0.findings.signs
    }

    /// Its grey levels, the same each time.
    pub fn draw(self) -> GrayImage {
        let (plan, mut chance) = self.plan();
        let (slice, aspect) = plan.scanned(&mut chance);
        printed(slice, aspect, &mut chance)
    }

    fn plan(self) -> (Plan, Chance) {
        let mut chance = Chance::new(self.seed, self.index);
        let anatomy = Anatomy::of_anyone(&mut chance);
        let how = Acquisition::anywhere(&mut chance);
        let findings = Findings::new(how.level, &mut chance);
        (Plan { anatomy, how, findings }, chance)
    }
}

impl Plan {
    /// The slice, perhaps smaller than it is printed, for many a figure was enlarged from a smaller one; and its
    /// height over its width.
    fn scanned(&self, chance: &mut Chance) -> (GrayImage, f32) {
        let scale = if chance.yes(0.5) { 1.0 } else { chance.real(0.5, 1.0) };
        let aspect = chance.real(0.68, 0.95);
        let width = (WIDTH as f32 * scale) as u32;
        let size = (width, (width as f32 * aspect) as u32);
        let extent = chance.real(0.75, 1.25);
        let grey = render(&self.anatomy, &self.findings.lesions, extent, &self.how, size);
        (GrayImage::from_raw(size.0, size.1, grey).expect("a grey level a pixel"), aspect)
    }
}

/// As it comes out of a paper: bent (no two chests have one outline), blurred, in other grey levels, with letters on it
/// and a frame around it, and with the traces of JPEG.
fn printed(mut slice: GrayImage, aspect: f32, chance: &mut Chance) -> GrayImage {
    if slice.width() < WIDTH {
        slice = resize(&slice, WIDTH, (WIDTH as f32 * aspect) as u32, FilterType::Triangle);
    }
    if chance.yes(0.3) {
        slice = blur(&slice, chance.real(0.4, 1.0));
    }
    slice = bent(&slice, chance);
    if chance.yes(0.25) {
        let gamma = chance.real(0.6, 1.6);
        for Luma([level]) in slice.pixels_mut() {
            *level = ((f32::from(*level) / 255.0).powf(gamma) * 255.0) as u8;
        }
    }
    if chance.yes(0.2) {
        write_on(&mut slice, chance);
    }
    if chance.yes(0.12) {
        frame(&mut slice, chance);
    }
    let quality = chance.whole(35, 95) as u8;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .encode_image(&slice)
        .expect("a JPEG fits in memory");
    image::load_from_memory(&jpeg).expect("what was encoded is decoded").into_luma8()
}

/// Moved by up to a twentieth of its width, smoothly: a grid of 5 x 5 random shifts.
fn bent(slice: &GrayImage, chance: &mut Chance) -> GrayImage {
    const KNOTS: usize = 5;
    let (width, height) = slice.dimensions();
    let reach = chance.real(0.0, 0.055) * width as f32;
    let shifts: Vec<[f32; 2]> = (0..KNOTS * KNOTS)
        .map(|_| [chance.real(-1.0, 1.0) * reach, chance.real(-1.0, 1.0) * reach])
        .collect();
    let knot = |place: u32, length: u32| {
        let at = place as f32 / length as f32 * (KNOTS - 1) as f32;
        let before = (at as usize).min(KNOTS - 2);
        let t = at - before as f32;
        (before, t * t * (3.0 - 2.0 * t))
    };
    let between = |a: f32, b: f32, t: f32| a + (b - a) * t;
    GrayImage::from_fn(width, height, |x, y| {
        let ((i, tx), (j, ty)) = (knot(x, width), knot(y, height));
        let shift = |axis: usize| {
            let row = |j: usize| {
                between(shifts[j * KNOTS + i][axis], shifts[j * KNOTS + i + 1][axis], tx)
            };
            between(row(j), row(j + 1), ty)
        };
        let inside = |place: f32, length: u32| place.clamp(0.0, (length - 1) as f32);
        let (from_x, from_y) =
            (inside(x as f32 + shift(0), width), inside(y as f32 + shift(1), height));
        image::imageops::interpolate_bilinear(slice, from_x, from_y).expect("inside the picture")
    })
}

/// Something like letters along the upper or lower edge.
fn write_on(slice: &mut GrayImage, chance: &mut Chance) {
    let (wide, high) = (chance.whole(6, 40), chance.whole(5, 14));
    let left = chance.whole(0, slice.width() - wide - 1);
    let top = *chance.pick(&[2, slice.height() - high - 2]);
    let level = if chance.yes(0.8) { 255 } else { 0 };
    for y in top..top + high {
        for x in left..left + wide {
            if chance.yes(0.5) {
                slice.put_pixel(x, y, Luma([level]));
            }
        }
    }
}

fn frame(slice: &mut GrayImage, chance: &mut Chance) {
    let thick = chance.whole(1, 8);
    let level = if chance.yes(0.7) { 255 } else { 0 };
    let (width, height) = slice.dimensions();
    for (x, y, pixel) in slice.enumerate_pixels_mut() {
        if x.min(y) < thick || x + thick >= width || y + thick >= height {
            *pixel = Luma([level]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::signs::Sign;
    use super::*;

    #[test]
    fn a_slice_is_the_same_each_time_and_no_two_are_alike() {
        let slice = |index| SliceId { seed: 1, index };
        assert_eq!(slice(4).draw(), slice(4).draw());
        assert_eq!(slice(4).signs(), slice(4).signs());
        for index in 0..30 {
            let (one, next) = (slice(index).draw(), slice(index + 1).draw());
            assert_ne!(one, next);
            assert_eq!(one.width(), WIDTH);
            assert!((160..=228).contains(&one.height()), "{}", one.height());
        }
        assert_ne!(slice(4).draw(), SliceId { seed: 2, index: 4 }.draw());
    }

    /// Opacities whiten the lungs, whatever else differs: in the mean over many slices.
    #[test]
    fn what_is_said_to_be_dense_is_brighter() {
        let mean = |wanted: Sign| {
            let (mut sum, mut count) = (0.0, 0);
            for index in 0..400 {
                let id = SliceId { seed: 9, index };
                let signs = id.signs();
                let alone = signs.iter().filter(|&&seen| seen).count();
                if signs[wanted as usize] && alone <= 3 {
                    let slice = id.draw();
                    // Where the lungs are: the outer fifths of the middle rows.
                    let levels = slice.enumerate_pixels().filter(|(x, y, _)| {
                        let (x, y) = (*x as f32 / 240.0, *y as f32 / slice.height() as f32);
                        (0.2..0.4).contains(&x) && (0.35..0.7).contains(&y)
                    });
                    let levels: Vec<f64> = levels.map(|(.., p)| f64::from(p.0[0])).collect();
                    sum += levels.iter().sum::<f64>() / levels.len() as f64;
                    count += 1;
                }
            }
            sum / f64::from(count)
        };
        assert!(mean(Sign::Consolidation) > mean(Sign::Emphysema) + 10.0);
    }
}
