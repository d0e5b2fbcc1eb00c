//! Pictures at native quality: a JPEG that any viewer reads right stays byte for byte, all else is
//! decoded by MuPDF and becomes lossless PNG, turned the way the page shows it.

use image::{DynamicImage, ExtendedColorType, ImageEncoder as _};
use mupdf::pdf::PdfObject;
use mupdf::{ColorParams, Colorspace, Device, Pixmap};

use super::walk::DrawnImage;
use super::{Document, Matrix, Page, PdfError};

/// What an image object says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageInfo {
    /// Pixels.
    pub width: u32,
    pub height: u32,
    /// Family name, such as `DeviceRGB`, `ICCBased`, `Indexed`; `ImageMask` for a stencil.
    pub colour_space: String,
    /// Components a pixel; 0 where the object does not say (JPEG 2000).
    pub components: u32,
    /// Filter names joined by blanks, in the order they are undone; empty for plain bytes.
    pub filter: String,
    /// Whether its samples are the colours as they stand: no mask, no `Decode` array, no colour
    /// transform asked of the decoder.
    plain: bool,
}

/// A picture taken out of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub bytes: Vec<u8>,
    /// `jpg` or `png`.
    pub extension: &'static str,
    /// Pixels, as displayed.
    pub width: u32,
    pub height: u32,
    /// Whether `bytes` are the document's own.
    pub original: bool,
    pub colour_space: String,
    pub filter: String,
}

/// A decoded picture may hold this many pixels: four times the largest scan seen in a preprint, and
/// 300 MB of samples.
pub(super) const MOST_PIXELS: u64 = 100_000_000;

impl ImageInfo {
    pub(super) fn read(object: &PdfObject) -> Self {
        let integer = |key: &str| {
            let value = object.get_dict(key).ok().flatten().and_then(|value| value.as_int().ok());
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
        };
        let flag = |key: &str| {
            object.get_dict(key).ok().flatten().is_some_and(|v| v.as_bool().unwrap_or(false))
        };
        let has = |key: &str| matches!(object.get_dict(key), Ok(Some(v)) if !is_null(&v));
        let (colour_space, components) = if flag("ImageMask") {
            ("ImageMask".to_owned(), 1)
        } else {
            object.get_dict("ColorSpace").ok().flatten().map_or_else(Default::default, family)
        };
        let transformed = object
            .get_dict("DecodeParms")
            .ok()
            .flatten()
            .and_then(|parms| parms.get_dict("ColorTransform").ok().flatten())
            .is_some();
        Self {
            width: integer("Width"),
            height: integer("Height"),
            colour_space,
            components,
            filter: filters(object).join(" "),
            plain: !["SMask", "Mask", "Decode"].into_iter().any(has) && !transformed,
        }
    }
}

fn is_null(object: &PdfObject) -> bool {
    object.is_null().unwrap_or(true)
}

fn text_of(name: &PdfObject) -> Option<String> {
    let bytes = name.is_name().ok()?.then(|| name.as_name().ok()).flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn filters(object: &PdfObject) -> Vec<String> {
    let Some(filter) = object.get_dict("Filter").ok().flatten() else { return Vec::new() };
    if let Some(one) = text_of(&filter) {
        return vec![one];
    }
    let count = filter.len().unwrap_or(0);
    (0..count)
        .filter_map(|index| filter.get_array(index as i32).ok().flatten())
        .filter_map(|name| text_of(&name))
        .collect()
}

/// Family and number of components of a colour space.
fn family(space: PdfObject) -> (String, u32) {
    let (name, array) = if let Some(name) = text_of(&space) {
        (name, None)
    } else {
        let first = space.get_array(0).ok().flatten().and_then(|name| text_of(&name));
        (first.unwrap_or_default(), Some(space))
    };
    let components = match name.as_str() {
        "DeviceGray" | "CalGray" | "Indexed" | "Separation" | "G" | "I" => 1,
        "DeviceRGB" | "CalRGB" | "Lab" | "RGB" => 3,
        "DeviceCMYK" | "CMYK" => 4,
        "ICCBased" => array
            .and_then(|array| array.get_array(1).ok().flatten())
            .and_then(|profile| profile.get_dict("N").ok().flatten())
            .and_then(|n| n.as_int().ok())
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
        _ => 0,
    };
    (name, components)
}

/// How the page shows an image, seen from its own rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Orientation {
    Upright,
    FlippedAcross,
    FlippedDown,
    Turned180,
    /// Quarter turns, clockwise.
    Turned90,
    Turned270,
    Transposed,
    AntiTransposed,
}

impl Orientation {
    /// Of a placement in display space, where y grows downwards: an upright image has a > 0, d < 0.
    fn of(m: &Matrix) -> Self {
        if m.a.abs() >= m.b.abs() {
            match (m.a >= 0.0, m.d <= 0.0) {
                (true, true) => Self::Upright,
                (false, true) => Self::FlippedAcross,
                (true, false) => Self::FlippedDown,
                (false, false) => Self::Turned180,
            }
        } else {
            // The image's rows run up or down the page; its columns to the left where c > 0.
            match (m.b >= 0.0, m.c >= 0.0) {
                (true, true) => Self::Turned90,
                (false, false) => Self::Turned270,
                (true, false) => Self::Transposed,
                (false, true) => Self::AntiTransposed,
            }
        }
    }

    fn apply(self, picture: DynamicImage) -> DynamicImage {
        match self {
            Self::Upright => picture,
            Self::FlippedAcross => picture.fliph(),
            Self::FlippedDown => picture.flipv(),
            Self::Turned180 => picture.rotate180(),
            Self::Turned90 => picture.rotate90(),
            Self::Turned270 => picture.rotate270(),
            Self::Transposed => picture.rotate90().fliph(),
            Self::AntiTransposed => picture.rotate270().fliph(),
        }
    }
}

impl Document {
    /// Takes out the image that `drawn` shows on `page`. `info` is the object's own account of it;
    /// an inline image has none.
    ///
    /// # Errors
    /// When it is too large, or MuPDF cannot decode it.
    pub fn picture(
        &self,
        page: &Page,
        drawn: &DrawnImage,
        info: Option<&ImageInfo>,
    ) -> Result<Picture, PdfError> {
        let xref = drawn.xref.unwrap_or(0);
        let orientation = Orientation::of(&drawn.transform);
        if let Some(info) = info.filter(|_| orientation == Orientation::Upright)
            && info.plain
            && info.filter == "DCTDecode"
            && let Ok(bytes) = self.object(xref).read_raw_stream()
            && jpeg_reads_right(&bytes, info)
        {
            return Ok(Picture {
                bytes,
                extension: "jpg",
                width: info.width,
                height: info.height,
                original: true,
                colour_space: info.colour_space.clone(),
                filter: info.filter.clone(),
            });
        }
        let decoded = orientation.apply(decode(page, drawn)?);
        let (width, height) = (decoded.width(), decoded.height());
        let bytes = encode_png(&decoded)
            .map_err(|source| PdfError::BrokenImage { xref, problem: source.to_string() })?;
        Ok(Picture {
            bytes,
            extension: "png",
            width,
            height,
            original: false,
            colour_space: info.map_or_else(|| "inline".into(), |info| info.colour_space.clone()),
            filter: info.map_or_else(String::new, |info| info.filter.clone()),
        })
    }
}

/// Whether the stream is a complete 8-bit Gray or YCbCr/RGB JPEG, which every viewer shows as the
/// page does. CMYK is not: Adobe writes it inverted and viewers differ on it.
fn jpeg_reads_right(bytes: &[u8], info: &ImageInfo) -> bool {
    if !matches!(info.components, 1 | 3)
        || matches!(&*info.colour_space, "Indexed" | "Separation" | "Lab")
    {
        return false;
    }
    let complete =
        bytes.len() > 64 && bytes[bytes.len() - 64..].windows(2).any(|w| w == [0xff, 0xd9]);
    complete
        && frame_header(bytes).is_some_and(|frame| {
            frame.precision == 8
                && u32::from(frame.components) == info.components
                && u32::from(frame.width) == info.width
                && u32::from(frame.height) == info.height
        })
}

struct FrameHeader {
    precision: u8,
    width: u16,
    height: u16,
    components: u8,
}

/// The start-of-frame segment of a baseline, extended or progressive Huffman JPEG (ITU T.81, B.2.2).
fn frame_header(bytes: &[u8]) -> Option<FrameHeader> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let start = rest.iter().position(|byte| *byte == 0xff)?;
        rest = &rest[start..];
        let marker = *rest.iter().find(|byte| **byte != 0xff)?;
        let fill = rest.iter().position(|byte| *byte != 0xff)?;
        rest = &rest[fill + 1..];
        let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
        match marker {
            0xc0..=0xc2 => {
                return Some(FrameHeader {
                    precision: *rest.get(2)?,
                    height: u16::from_be_bytes([*rest.get(3)?, *rest.get(4)?]),
                    width: u16::from_be_bytes([*rest.get(5)?, *rest.get(6)?]),
                    components: *rest.get(7)?,
                });
            }
            // Lossless and arithmetic frames, and scans without a frame: not for every viewer.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf | 0xd9 | 0xda => return None,
            _ => rest = rest.get(length..)?,
        }
    }
}

/// Draws the image, and nothing else of the page, on white at its native size.
fn decode(page: &Page, drawn: &DrawnImage) -> Result<DynamicImage, PdfError> {
    let xref = drawn.xref.unwrap_or(0);
    let broken = |problem: String| PdfError::BrokenImage { xref, problem };
    let image = page
        .drawn_picture(&drawn.transform)
        .ok_or_else(|| broken("MuPDF does not draw it (hidden, or it cannot be decoded)".into()))?;
    let (width, height) = (image.width(), image.height());
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width == 0 || height == 0 {
        return Err(broken(format!(
            "{width} x {height} pixels; at most {MOST_PIXELS} are decoded"
        )));
    }
    let grey = image.n() == 1
        && image.mask().is_none()
        && image.color_space().is_none_or(|space| space.is_gray());
    let space = if grey { Colorspace::device_gray() } else { Colorspace::device_rgb() };
    let draw = || -> Result<Pixmap, mupdf::Error> {
        let mut pixmap = Pixmap::new_with_w_h(&space, width as i32, height as i32, false)?;
        pixmap.clear_with(255)?;
        let device = Device::from_pixmap(&pixmap)?;
        let full = mupdf::Matrix::new(width as f32, 0.0, 0.0, height as f32, 0.0, 0.0);
        if image.color_space().is_none() {
            let black = [0.0];
            let grey = Colorspace::device_gray();
            device.fill_image_mask(&image, &full, &grey, &black, 1.0, ColorParams::default())?;
        } else if let Some(mask) = image.mask() {
            // The page's interpreter, not the device, minds the mask; so it is minded here.
            device.clip_image_mask(&mask, &full)?;
            device.fill_image(&image, &full, 1.0, ColorParams::default())?;
            device.pop_clip()?;
        } else {
            device.fill_image(&image, &full, 1.0, ColorParams::default())?;
        }
        drop(device);
        Ok(pixmap)
    };
    let pixmap = draw().map_err(|source| broken(source.to_string()))?;
    let row = width as usize * usize::from(pixmap.n());
    let samples: Vec<u8> = pixmap
        .samples()
        .chunks(pixmap.stride().unsigned_abs())
        .flat_map(|line| &line[..row])
        .copied()
        .collect();
    let decoded = if grey {
        image::GrayImage::from_raw(width, height, samples).map(DynamicImage::from)
    } else {
        image::RgbImage::from_raw(width, height, samples).map(DynamicImage::from)
    };
    decoded.ok_or_else(|| broken("MuPDF returned fewer pixels than announced".into()))
}

impl Page {
    /// The picture MuPDF drew with this transform.
    fn drawn_picture(&self, transform: &Matrix) -> Option<mupdf::Image> {
        // MuPDF turns the unit square upside down before it places a picture.
        let flip = Matrix { a: 1.0, b: 0.0, c: 0.0, d: -1.0, e: 0.0, f: 1.0 };
        let wanted: [f32; 6] = flip.then(transform).into();
        let distance = |m: &mupdf::Matrix| {
            let found = [m.a, m.b, m.c, m.d, m.e - self.origin.0, m.f - self.origin.1];
            found.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        self.text
            .blocks()
            .filter_map(|block| Some((distance(&block.ctm()?), block)))
            .filter(|(distance, _)| *distance < 0.5)
            .min_by(|(one, _), (other, _)| one.total_cmp(other))
            .and_then(|(_, block)| block.image())
    }
}

pub(super) fn encode_png(picture: &DynamicImage) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut bytes,
        image::codecs::png::CompressionType::Fast,
        image::codecs::png::FilterType::Adaptive,
    );
    let colour: ExtendedColorType = picture.color().into();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), colour)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use image::GenericImageView as _;

    use super::*;

    /// A one-page PDF that draws an image object with this dictionary, data and matrix; `mask` is
    /// another image's, object 6.
    fn page_with(dict: &str, data: &[u8], cm: &str, mask: Option<(&str, &[u8])>) -> Vec<u8> {
        let content = format!("q {cm} cm /Im Do Q");
        let mut pdf = b"%PDF-1.4\n".to_vec();
        let mut offsets = Vec::new();
        let mut object = |pdf: &mut Vec<u8>, head: String, stream: Option<&[u8]>| {
            offsets.push(pdf.len());
            pdf.extend(format!("{} 0 obj\n{head}", offsets.len()).bytes());
            if let Some(stream) = stream {
                pdf.extend(b"\nstream\n");
                pdf.extend(stream);
                pdf.extend(b"\nendstream");
            }
            pdf.extend(b"\nendobj\n");
        };
        object(&mut pdf, "<</Type/Catalog/Pages 2 0 R>>".into(), None);
        object(&mut pdf, "<</Type/Pages/Kids[3 0 R]/Count 1>>".into(), None);
        object(
            &mut pdf,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R
              /Resources<</XObject<</Im 5 0 R>>>>>>"
                .into(),
            None,
        );
        object(&mut pdf, format!("<</Length {}>>", content.len()), Some(content.as_bytes()));
        for (dict, data) in std::iter::once((dict, data)).chain(mask) {
            let head = format!("<</Type/XObject/Subtype/Image/Length {}{dict}>>", data.len());
            object(&mut pdf, head, Some(data));
        }
        let xref = pdf.len();
        pdf.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
        for offset in &offsets {
            pdf.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        pdf.extend(
            format!(
                "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n",
                offsets.len() + 1
            )
            .bytes(),
        );
        pdf
    }

    fn take(dict: &str, data: &[u8], cm: &str) -> Picture {
        let document = Document::open(&page_with(dict, data, cm, None)).expect("opens");
        let page = document.page(1).expect("page");
        let drawn = page.drawn.images[0];
        let info = ImageInfo::read(&document.object(drawn.xref.expect("xref")));
        document.picture(&page, &drawn, Some(&info)).expect("picture")
    }

    const GREY: &str = "/Width 3/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray";
    const PIXELS: [u8; 6] = [10, 20, 30, 40, 50, 60];

    fn grey_rows(picture: &Picture) -> Vec<Vec<u8>> {
        let decoded = image::load_from_memory(&picture.bytes).expect("PNG").into_luma8();
        decoded.rows().map(|row| row.map(|pixel| pixel.0[0]).collect()).collect()
    }

    #[test]
    fn grey_samples_come_out_unchanged_at_any_drawn_size() {
        for cm in ["3 0 0 2 5 5", "90 0 0 60 5 5", "0.5 0 0 90 1 1"] {
            let picture = take(GREY, &PIXELS, cm);
            assert_eq!(grey_rows(&picture), [[10, 20, 30], [40, 50, 60]], "{cm}");
            assert!(!picture.original);
        }
    }

    #[test]
    fn rgb_samples_come_out_unchanged() {
        let dict = "/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB";
        let picture = take(dict, &[255, 0, 7, 1, 200, 90], "40 0 0 20 5 5");
        let decoded = image::load_from_memory(&picture.bytes).expect("PNG").into_rgb8();
        assert_eq!(decoded.into_raw(), [255, 0, 7, 1, 200, 90]);
    }

    #[test]
    fn pictures_are_turned_as_the_page_shows_them() {
        let shown = |cm| grey_rows(&take(GREY, &PIXELS, cm));
        assert_eq!(shown("-30 0 0 20 50 5"), [[30, 20, 10], [60, 50, 40]]);
        assert_eq!(shown("30 0 0 -20 5 50"), [[40, 50, 60], [10, 20, 30]]);
        assert_eq!(shown("-30 0 0 -20 50 50"), [[60, 50, 40], [30, 20, 10]]);
        // 90 degrees clockwise: the first row becomes the last column.
        assert_eq!(shown("0 -30 20 0 5 50"), [[40, 10], [50, 20], [60, 30]]);
        assert_eq!(shown("0 30 -20 0 50 5"), [[30, 60], [20, 50], [10, 40]]);
        // Mirrored at the diagonals.
        assert_eq!(shown("0 -30 -20 0 50 50"), [[10, 40], [20, 50], [30, 60]]);
        assert_eq!(shown("0 30 20 0 5 5"), [[60, 30], [50, 20], [40, 10]]);
    }

    #[test]
    fn inverted_decode_arrays_and_palettes_are_applied() {
        let inverted = format!("{GREY}/Decode[1 0]");
        assert_eq!(grey_rows(&take(&inverted, &PIXELS, "30 0 0 20 5 5"))[0], [245, 235, 225]);
        let palette =
            "/Width 2/Height 1/BitsPerComponent 8/ColorSpace[/Indexed/DeviceRGB 1<FF0000 00FF00>]";
        let picture = take(palette, &[1, 0], "40 0 0 20 5 5");
        let decoded = image::load_from_memory(&picture.bytes).expect("PNG").into_rgb8();
        assert_eq!(decoded.into_raw(), [0, 255, 0, 255, 0, 0]);
        assert_eq!(picture.colour_space, "Indexed");
    }

    #[test]
    fn what_a_soft_mask_hides_is_white_as_on_the_page() {
        let mask = "/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray";
        let dict = "/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB/SMask 6 0 R";
        let pdf = page_with(dict, &[0; 6], "40 0 0 20 5 5", Some((mask, &[0, 127])));
        let document = Document::open(&pdf).expect("opens");
        let page = document.page(1).expect("page");
        let picture = document.picture(&page, &page.drawn.images[0], None).expect("picture");
        let decoded = image::load_from_memory(&picture.bytes).expect("PNG").into_rgb8();
        assert_eq!(decoded.get_pixel(0, 0).0, [255; 3]);
        assert!((120..136).contains(&decoded.get_pixel(1, 0).0[0]), "{decoded:?}");
    }

    #[test]
    fn a_plain_jpeg_stays_byte_for_byte_and_a_flipped_one_does_not() {
        let mut jpeg = Vec::new();
        let grey = image::GrayImage::from_fn(16, 8, |x, _| image::Luma([x as u8 * 15]));
        grey.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
            .expect("JPEG");
        let dict = "/Width 16/Height 8/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode";
        let picture = take(dict, &jpeg, "40 0 0 20 5 5");
        assert!(picture.original);
        assert_eq!(picture.bytes, jpeg);
        let flipped = take(dict, &jpeg, "-40 0 0 20 50 5");
        assert_eq!((flipped.original, flipped.extension), (false, "png"));
        let shown = image::load_from_memory(&flipped.bytes).expect("PNG");
        assert!(shown.get_pixel(0, 0).0[0] > 200);
        let inverted = take(&format!("{dict}/Decode[1 0]"), &jpeg, "40 0 0 20 5 5");
        assert!(!inverted.original);
    }

    #[test]
    fn an_absurd_size_is_refused_before_it_is_decoded() {
        let dict = "/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceGray";
        let document =
            Document::open(&page_with(dict, b"x", "40 0 0 20 5 5", None)).expect("opens");
        let page = document.page(1).expect("page");
        let error = document.picture(&page, &page.drawn.images[0], None).expect_err("refused");
        assert!(error.to_string().contains("pixels"), "{error}");
    }

    #[test]
    fn what_is_no_readable_pdf_is_told_apart() {
        assert!(matches!(Document::open(b""), Err(PdfError::Empty)));
        assert!(matches!(Document::open(b"<html>challenge</html>"), Err(PdfError::NotAPdf)));
        assert!(matches!(
            Document::open(b"%PDF-1.4\n"),
            Err(PdfError::NoPages | PdfError::Broken { .. })
        ));
    }
}
