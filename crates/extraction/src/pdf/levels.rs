//! How dark and how light a picture is: enough to tell one that shows nothing.

use image::{DynamicImage, GenericImageView as _, Pixel as _};

/// The darkest and the lightest grey level of a picture, of 255, but for a hundredth of its pixels at
/// either end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// 0 is black.
    pub darkest: u8,
    /// 255 is white.
    pub lightest: u8,
}

/// Pixels looked at for a picture's [`Levels`], about.
const SAMPLES: usize = 20_000;

impl Levels {
    pub(super) fn of(picture: &DynamicImage) -> Self {
        let step = (picture.width() as usize * picture.height() as usize / SAMPLES).max(1);
        // Not a divisor of the width: not the same columns in every row.
        let step = step | 1;
        let mut counts = [0_usize; 256];
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        for at in (0..width * height).step_by(step) {
            let pixel = picture.get_pixel((at % width) as u32, (at / width) as u32);
            counts[usize::from(pixel.to_luma().0[0])] += 1;
        }
        let rare = counts.iter().sum::<usize>() / 100;
        let end = |levels: &mut dyn Iterator<Item = u8>| {
            let mut seen = 0;
            for level in levels {
                seen += counts[usize::from(level)];
                if seen > rare {
                    return level;
                }
            }
            0
        };
        Self { darkest: end(&mut (0..=255)), lightest: end(&mut (0..=255).rev()) }
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    #[test]
    fn levels_are_those_of_most_pixels() {
        let ramp = GrayImage::from_fn(200, 150, |x, _| Luma([x as u8]));
        assert_eq!(Levels::of(&ramp.into()), Levels { darkest: 2, lightest: 197 });
        let mut plain = GrayImage::from_pixel(200, 150, Luma([90]));
        plain.put_pixel(3, 3, Luma([255]));
        assert_eq!(Levels::of(&plain.into()), Levels { darkest: 90, lightest: 90 });
    }
}
