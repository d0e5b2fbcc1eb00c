//! Pictures in grey.

use image::{DynamicImage, GrayImage};

/// Luma (Rec. 709, as the `image` crate computes it; of a grey pixel, its value), with transparency
/// laid on white.
pub fn grey_on_white(picture: &DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.to_luma8();
    }
    let with_alpha = picture.to_luma_alpha8();
    GrayImage::from_fn(with_alpha.width(), with_alpha.height(), |x, y| {
        let [grey, alpha] = with_alpha.get_pixel(x, y).0.map(u32::from);
        let on_white = (grey * alpha + 255 * (255 - alpha) + 127) / 255;
        image::Luma([on_white as u8])
    })
}
