//! Pictures at native quality: a JPEG that any viewer reads right stays byte for byte, all else is
//! decoded by MuPDF and becomes lossless PNG, turned the way the page shows it.

use std::collections::HashMap;

use image::{DynamicImage, ExtendedColorType, ImageEncoder as _};
use mupdf::pdf::PdfObject;

use super::easel::Easel;
use super::levels::Levels;
use super::walk::{DrawnImage, Manner};
use super::{Document, Matrix, Page, PdfError, jpeg, object};

/// What an image object says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageInfo {
    /// Pixels.
    pub width: u32,
    /// Pixels.
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
    /// Pixels of the mask it brings, soft or not; 0 x 0 for one of colours.
    mask: Option<(u32, u32)>,
}

/// A picture taken out of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// `jpg` or `png`.
    pub extension: &'static str,
    /// Pixels, as displayed.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Whether `bytes` are the document's own.
    pub original: bool,
    /// As the PDF names it.
    pub colour_space: String,
    /// How the PDF has it compressed.
    pub filter: String,
    /// Of a picture that was decoded; `None` of the document's own bytes.
    pub levels: Option<Levels>,
}

impl Picture {
    /// `decoded` as PNG. An empty `colour_space` is filled in.
    pub(super) fn png(
        decoded: &DynamicImage,
        colour_space: &str,
        filter: &str,
    ) -> image::ImageResult<Self> {
        let own = if decoded.color().has_color() { "DeviceRGB" } else { "DeviceGray" };
        Ok(Self {
            bytes: encode_png(decoded)?,
            extension: "png",
            width: decoded.width(),
            height: decoded.height(),
            original: false,
            colour_space: (if colour_space.is_empty() { own } else { colour_space }).into(),
            filter: filter.into(),
            levels: Some(Levels::of(decoded)),
        })
    }
}

/// What, besides the object, makes a picture of it: the same image drawn turned, or a stencil in
/// another colour, is another picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Variant {
    orientation: Orientation,
    colour: Vec<u8>,
    opacity: u8,
    /// Soft mask of the graphics state: its group's object number, 0 for a direct one.
    mask: Option<u32>,
}

impl ImageInfo {
    pub(super) fn read(object: &PdfObject) -> Self {
        let pixels = |object: &PdfObject, key| {
            object::integer_at(object, key).and_then(|v| u32::try_from(v).ok()).unwrap_or(0)
        };
        let (colour_space, components) = if object::flag_at(object, "ImageMask") {
            ("ImageMask".to_owned(), 1)
        } else {
            object::entry(object, "ColorSpace").map_or_else(Default::default, family)
        };
        let transformed = object::entry(object, "DecodeParms")
            .is_some_and(|parms| object::entry(&parms, "ColorTransform").is_some());
        let mask = object::entry(object, "SMask").or_else(|| object::entry(object, "Mask"));
        let mask = mask.map(|mask| (pixels(&mask, "Width"), pixels(&mask, "Height")));
        let mapped = object::entry(object, "Decode")
            .is_some_and(|decode| !object::numbers(&decode).chunks(2).all(|c| c == [0.0, 1.0]));
        Self {
            width: pixels(object, "Width"),
            height: pixels(object, "Height"),
            colour_space,
            components,
            filter: filters(object).join(" "),
            plain: mask.is_none() && !mapped && !transformed,
            mask,
        }
    }

    /// Whether a mask of its own hides parts of it.
    pub(super) fn masked(&self) -> bool {
        self.mask.is_some()
    }

    /// Pixels of the image, or of its mask where that is finer.
    pub fn finest(&self) -> (u32, u32) {
        let (width, height) = self.mask.unwrap_or_default();
        (self.width.max(width), self.height.max(height))
    }
}

fn text_of(name: &PdfObject) -> Option<String> {
    object::name(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn filters(object: &PdfObject) -> Vec<String> {
    let Some(filter) = object::entry(object, "Filter") else { return Vec::new() };
    match text_of(&filter) {
        Some(one) => vec![one],
        None => object::elements(&filter).filter_map(|name| text_of(&name)).collect(),
    }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Orientation {
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
    pub(super) fn of(m: &Matrix) -> Self {
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
    /// Takes out the image that is drawn as number `index` of those on `page`. `info` is the object's
    /// own account of it; an inline image has none.
    ///
    /// # Errors
    /// When it is too large, or MuPDF cannot decode it.
    pub fn picture(
        &self,
        page: &Page,
        index: usize,
        info: Option<&ImageInfo>,
    ) -> Result<Picture, PdfError> {
        let (drawn, manner) = (&page.drawn.images[index], &page.manners[index]);
        let xref = drawn.xref.unwrap_or(0);
        let broken = |problem: String| PdfError::BrokenImage { xref, problem };
        if let Some(info) = info
            && let Some(bytes) = self.own_bytes(page, index, info)
        {
            return Ok(Picture {
                bytes,
                extension: "jpg",
                width: info.width,
                height: info.height,
                original: true,
                colour_space: info.colour_space.clone(),
                filter: info.filter.clone(),
                levels: None,
            });
        }
        if let Some(info) = info {
            self.check_size(info.width, info.height).map_err(broken)?;
        }
        let decoded = self.decode(drawn, manner).map_err(broken)?;
        let decoded = page.orientation(index).apply(decoded);
        let (space, filter) =
            info.map_or(("inline", ""), |info| (&*info.colour_space, &*info.filter));
        Picture::png(&decoded, space, filter).map_err(|source| broken(source.to_string()))
    }

    /// Pixels that the drawn image will have, in its own rows and columns, told without decoding it;
    /// `None` where neither its object nor its own text says. `infos` is what
    /// [`images`](Self::images) says of the page.
    pub fn size(page: &Page, index: usize, infos: &HashMap<u32, ImageInfo>) -> Option<(u32, u32)> {
        match (page.drawn.images[index].xref, &page.manners[index].inline) {
            (Some(xref), _) => infos.get(&xref).map(ImageInfo::finest),
            (None, Some(text)) => inline_size(text),
            (None, None) => None,
        }
    }

    /// What tells the pictures apart that one object can give: it is stored once for each.
    pub fn variant(page: &Page, index: usize) -> Variant {
        let manner = &page.manners[index];
        Variant {
            orientation: page.orientation(index),
            colour: manner.colour.to_vec(),
            opacity: (255.0 * manner.alpha).round() as u8,
            mask: manner.mask.as_ref().map(|mask| {
                let group = object::entry(&mask.object, "G");
                group.and_then(|group| object::xref(&group)).unwrap_or(0)
            }),
        }
    }

    /// The object's stream as it is, where any viewer shows it as the page does.
    fn own_bytes(&self, page: &Page, index: usize, info: &ImageInfo) -> Option<Vec<u8>> {
        let (drawn, manner) = (&page.drawn.images[index], &page.manners[index]);
        let plain = info.plain
            && info.filter == "DCTDecode"
            && page.orientation(index) == Orientation::Upright
            && manner.alpha >= 1.0
            && manner.mask.is_none()
            && self.plain_colours(drawn.xref?, manner, info);
        let bytes = plain.then(|| self.object(drawn.xref?).read_raw_stream().ok()).flatten()?;
        jpeg::reads_alike(&bytes, info.width, info.height, info.components).then_some(bytes)
    }

    /// Whether the image's colours look as those of a JPEG without profile.
    fn plain_colours(&self, xref: u32, manner: &Manner, info: &ImageInfo) -> bool {
        let default = match info.colour_space.as_str() {
            "DeviceGray" => "DefaultGray",
            "DeviceRGB" => "DefaultRGB",
            "CalGray" | "CalRGB" | "ICCBased" if matches!(info.components, 1 | 3) => "",
            _ => return false,
        };
        let redefined = object::entry(&manner.resources, "ColorSpace")
            .and_then(|spaces| object::entry(&spaces, default));
        if !default.is_empty() && redefined.is_none() {
            return true;
        }
        let Some(space) = redefined.or_else(|| object::entry(&self.object(xref), "ColorSpace"))
        else {
            return false;
        };
        let profile = space.get_array(1).ok().flatten().and_then(|profile| object::xref(&profile));
        if let Some(known) =
            profile.and_then(|profile| self.profiles.borrow().get(&profile).copied())
        {
            return known;
        }
        let plain = self
            .at_easel(|easel| easel.looks_plain(&space, info.components, &manner.resources))
            .unwrap_or(false);
        if let Some(profile) = profile {
            self.profiles.borrow_mut().insert(profile, plain);
        }
        plain
    }

    /// The image's pixels, as its own rows and columns run.
    fn decode(&self, drawn: &DrawnImage, manner: &Manner) -> Result<DynamicImage, String> {
        let decoded = self.at_easel(|easel| {
            let Some(look) = easel.look(drawn, manner)? else { return Ok(Ok(None)) };
            if let Err(problem) = self.check_size(look.width, look.height) {
                return Ok(Err(problem));
            }
            easel.decode(drawn, manner, &look).map(Ok)
        })?;
        decoded?.ok_or_else(|| "MuPDF does not draw it: it cannot be decoded".into())
    }

    /// Refuses what is too large to decode, or empty.
    pub(super) fn check_size(&self, width: u32, height: u32) -> Result<(), String> {
        let most = self.limits.pixels;
        match u64::from(width) * u64::from(height) {
            0 => Err(format!("{width} x {height} pixels")),
            pixels if pixels > most => Err(format!(
                "{width} x {height} pixels, and at most {most} are decoded (--max-pixels)"
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn at_easel<T>(
        &self,
        work: impl FnOnce(&mut Easel) -> Result<T, mupdf::Error>,
    ) -> Result<T, String> {
        let mut easel = self.easel.borrow_mut();
        if easel.is_none() {
            *easel = Some(Easel::set_up(&self.inner).map_err(|source| source.to_string())?);
        }
        match &mut *easel {
            Some(easel) => work(easel).map_err(|source| source.to_string()),
            None => Err("there is no page to draw it on".into()),
        }
    }
}

/// Width and height that an inline image's dictionary gives.
fn inline_size(text: &[u8]) -> Option<(u32, u32)> {
    let end = text.windows(2).position(|pair| pair == b"ID").unwrap_or(text.len());
    let head = String::from_utf8_lossy(&text[..end]).replace('/', " /");
    let mut words = head.split_ascii_whitespace();
    let (mut width, mut height) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "/W" | "/Width" => width = words.next().and_then(|word| word.parse().ok()),
            "/H" | "/Height" => height = words.next().and_then(|word| word.parse().ok()),
            _ => {}
        }
    }
    width.zip(height)
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

    use super::super::fixture::Pdf;
    use super::*;

    /// A one-page PDF that draws an image object with this dictionary, data and matrix; `mask` is
    /// another image's, object 6.
    fn page_with(dict: &str, data: &[u8], cm: &str, mask: Option<(&str, &[u8])>) -> Vec<u8> {
        let pdf = Pdf::page(&format!("q {cm} cm /Im Do Q"), "/XObject<</Im 5 0 R>>", "");
        let pdf = pdf.with_image(dict, data);
        mask.map_or_else(|| pdf.clone(), |(dict, data)| pdf.clone().with_image(dict, data)).bytes()
    }

    fn take(dict: &str, data: &[u8], cm: &str) -> Picture {
        let document = Document::open(&page_with(dict, data, cm, None)).expect("opens");
        let page = document.page(1).expect("page");
        let info = document.images([&page]).remove(&5).expect("image");
        document.picture(&page, 0, Some(&info)).expect("picture")
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
        let picture = document.picture(&page, 0, None).expect("picture");
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
        let error = document.picture(&page, 0, None).expect_err("refused");
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
