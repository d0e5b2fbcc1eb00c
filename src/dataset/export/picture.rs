//! One panel as the bytes of its file.

use covid_ct_matching::grey_on_white;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::{FilterType as Sampling, resize};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder as _};

use crate::store::PanelBox;

/// Cuts `bounds` out of a picture, scales it to `size` pixels where one is given, and writes it as
/// 8-bit greyscale PNG without metadata.
///
/// Scaling is by the triangle filter that Pillow calls bilinear, in the `image` crate's plain
/// arithmetic: code that picks the processor's vector instructions may round otherwise elsewhere.
///
/// # Errors
/// When the box reaches outside the picture.
pub fn cut(
    picture: &DynamicImage,
    bounds: PanelBox,
    size: Option<(u32, u32)>,
) -> Result<Vec<u8>, String> {
    let mut panel = grey(picture, bounds)?;
    if let Some((width, height)) = size.filter(|size| *size != panel.dimensions()) {
        panel = resize(&panel, width, height, Sampling::Triangle);
    }
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(panel.as_raw(), panel.width(), panel.height(), ExtendedColorType::L8)
        .map_err(|error| error.to_string())?;
    Ok(png)
}

/// Cuts `bounds` out of a picture as 8-bit grey, with transparency laid on white.
///
/// # Errors
/// When the box reaches outside the picture.
pub fn grey(picture: &DynamicImage, bounds: PanelBox) -> Result<GrayImage, String> {
    if !bounds.fits(picture.width(), picture.height()) {
        let (width, height) = (picture.width(), picture.height());
        return Err(format!("the panel {bounds} reaches outside its {width} x {height} pixels"));
    }
    Ok(grey_on_white(&picture.crop_imm(bounds.x, bounds.y, bounds.w, bounds.h)))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, RgbaImage};

    use super::*;

    fn pixels(bytes: &[u8]) -> Vec<u8> {
        let picture = image::load_from_memory(bytes).expect("decoded");
        assert_eq!(picture.color(), image::ColorType::L8);
        picture.into_luma8().into_raw()
    }

    #[test]
    fn grey_pixels_are_cut_exactly() {
        let picture = RgbImage::from_fn(6, 5, |x, y| Rgb([(10 * y + x) as u8; 3]));
        let bounds = PanelBox { x: 2, y: 1, w: 3, h: 2 };
        let cut = cut(&picture.into(), bounds, None).expect("cut");
        assert_eq!(pixels(&cut), [12, 13, 14, 22, 23, 24]);
    }

    #[test]
    fn transparency_is_laid_on_white() {
        let picture =
            RgbaImage::from_vec(3, 1, vec![9, 9, 9, 255, 9, 9, 9, 0, 0, 0, 0, 128]).expect("image");
        let cut = cut(&picture.into(), PanelBox::whole(3, 1), None).expect("cut");
        assert_eq!(pixels(&cut), [9, 255, 127]);
    }

    #[test]
    fn a_picture_is_scaled_once() {
        let picture = RgbImage::from_fn(9, 6, |x, _| Rgb([(28 * x) as u8; 3]));
        let once = cut(&picture.into(), PanelBox::whole(9, 6), Some((4, 4))).expect("cut");
        let scaled = image::load_from_memory(&once).expect("decoded");
        assert_eq!((scaled.width(), scaled.height()), (4, 4));
        let again = cut(&scaled, PanelBox::whole(4, 4), Some((4, 4))).expect("cut");
        assert_eq!(again, once);
    }

    #[test]
    fn a_box_outside_is_refused() {
        let picture = RgbImage::new(4, 4);
        let error = cut(&picture.into(), PanelBox::whole(5, 4), None).expect_err("refused");
        assert!(error.contains("outside"), "{error}");
    }
}
