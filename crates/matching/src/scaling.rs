//! Pictures brought to another size. Compiled for the two kinds of pixels that there are here, grey and RGB of 8 bits:
//! for all that the library knows it takes a minute, in each crate that asks.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// How a pixel is made of those that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// The triangle filter, widened by the scale: what Pillow calls bilinear.
    Bilinear,
    /// Of three lobes: for people to look at.
    Lanczos3,
}

/// The part that is scaled, in pixels: left, top, width, height.
pub type Part = [f64; 4];

/// Scales a part of a grey picture of `width` x `height` pixels, rows from the top.
///
/// # Panics
/// Where the buffer is not of that size, a size is zero, or the part is not inside.
pub fn grey(
    pixels: &[u8],
    size: (u32, u32),
    part: Part,
    to: (u32, u32),
    filter: Filter,
) -> Vec<u8> {
    scaled::<U8>(pixels, size, part, to, filter)
}

/// The same of a picture of three bytes a pixel.
///
/// # Panics
/// As there.
pub fn rgb(pixels: &[u8], size: (u32, u32), part: Part, to: (u32, u32), filter: Filter) -> Vec<u8> {
    scaled::<U8x3>(pixels, size, part, to, filter)
}

fn scaled<P: PixelTrait>(
    pixels: &[u8],
    (width, height): (u32, u32),
    [left, top, part_width, part_height]: Part,
    (to_width, to_height): (u32, u32),
    filter: Filter,
) -> Vec<u8> {
    let source = TypedImageRef::<P>::from_buffer(width, height, pixels)
        .expect("as many bytes as the picture has");
    let mut bytes = vec![0; to_width as usize * to_height as usize * size_of::<P>()];
    let mut target =
        TypedImage::<P>::from_buffer(to_width, to_height, &mut bytes).expect("made for it");
    let filter = match filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Lanczos3 => FilterType::Lanczos3,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(
        left,
        top,
        part_width,
        part_height,
    );
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .expect("the part lies inside the picture");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_scaled_by_itself() {
        // Left half black, right half white. A filter reaches some pixels out of its part.
        let pixels: Vec<u8> = (0..64 * 4).map(|at| if at % 64 < 32 { 0 } else { 255 }).collect();
        let right = grey(&pixels, (64, 4), [48.0, 0.0, 4.0, 4.0], (2, 2), Filter::Bilinear);
        assert_eq!(right, [255; 4]);
        let colours: Vec<u8> = pixels.iter().flat_map(|&level| [level, 0, 9]).collect();
        let left = rgb(&colours, (64, 4), [8.0, 0.0, 4.0, 4.0], (1, 2), Filter::Lanczos3);
        assert_eq!(left, [0, 0, 9, 0, 0, 9]);
    }
}
