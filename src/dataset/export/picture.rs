//! One panel, or a figure as a whole, as the bytes of its file.

use covid_ct_core::grey_on_white;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::{FilterType as Sampling, resize};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder as _, RgbImage};

use covid_ct_core::PanelBox;

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
    encode(panel.as_raw(), panel.dimensions(), ExtendedColorType::L8)
}

/// Writes a picture as it is, in native pixels: 8-bit RGB, or greyscale where it has no colour, as PNG without metadata,
/// with transparency laid on white.
///
/// # Errors
/// When `bounds` is not all of it.
pub fn whole(picture: &DynamicImage, bounds: PanelBox) -> Result<Vec<u8>, String> {
    let size = (picture.width(), picture.height());
    if bounds != PanelBox::whole(size.0, size.1) {
        return Err(format!("a figure is written whole: {bounds} is not all of its pixels"));
    }
    if !picture.color().has_color() {
        return encode(grey_on_white(picture).as_raw(), size, ExtendedColorType::L8);
    }
    let rgb = if picture.color().has_alpha() {
        let with_alpha = picture.to_rgba8();
        RgbImage::from_fn(size.0, size.1, |x, y| {
            let [red, green, blue, alpha] = with_alpha.get_pixel(x, y).0.map(u32::from);
            let on_white = |level: u32| (level * alpha + 255 * (255 - alpha) + 127) / 255;
            image::Rgb([red, green, blue].map(|level| on_white(level) as u8))
        })
    } else {
        picture.to_rgb8()
    };
    encode(rgb.as_raw(), size, ExtendedColorType::Rgb8)
}

fn encode(
    pixels: &[u8],
    (width, height): (u32, u32),
    colour: ExtendedColorType,
) -> Result<Vec<u8>, String> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(pixels, width, height, colour)
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
    use image::{Rgb, RgbaImage};

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
    fn a_figure_keeps_its_colours_and_is_laid_on_white() {
        let seen = |bytes: &[u8]| image::load_from_memory(bytes).expect("decoded");
        let colour =
            RgbaImage::from_vec(2, 1, vec![200, 10, 30, 255, 0, 0, 0, 128]).expect("image");
        let written = seen(&whole(&colour.into(), PanelBox::whole(2, 1)).expect("written"));
        assert_eq!(written.color(), image::ColorType::Rgb8);
        assert_eq!(written.into_rgb8().into_raw(), [200, 10, 30, 127, 127, 127]);
        let grey = image::GrayAlphaImage::from_vec(2, 1, vec![9, 255, 9, 0]).expect("image");
        assert_eq!(pixels(&whole(&grey.into(), PanelBox::whole(2, 1)).expect("written")), [9, 255]);
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
