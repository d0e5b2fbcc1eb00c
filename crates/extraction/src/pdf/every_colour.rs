//! One case for every colour space, filter and mask: what is taken out of the document equals, pixel
//! by pixel, what MuPDF renders of the page at the image's own size.

use super::fixture::Pdf;
use super::{Document, Picture, Rect};

/// Draws image object 5 of this dictionary and data, 16 pixels and points a side, on a page with
/// these resources, after `before`. Further objects, from 6 on, are dictionaries with their streams.
fn take_after(
    before: &str,
    resources: &str,
    dictionary: &str,
    data: &[u8],
    others: &[(&str, &[u8])],
) -> (Picture, image::RgbImage) {
    let content = format!("{before} q 16 0 0 16 20 30 cm /Im Do Q");
    let resources = format!("/XObject<</Im 5 0 R>>{resources}");
    let pdf = Pdf::page(&content, &resources, "")
        .with_image(&format!("/Width 16/Height 16{dictionary}"), data);
    let pdf = others.iter().fold(pdf, |pdf, (dictionary, stream)| {
        pdf.with(&format!("<<{dictionary}/Length {}>>", stream.len()), Some(stream))
    });
    let document = Document::open(&pdf.bytes()).expect("opens");
    let page = document.page(1).expect("page");
    let infos = document.images([&page]);
    let picture = document.picture(&page, 0, infos.get(&5)).expect("picture");
    let place = Rect::new(20.0, 54.0, 36.0, 70.0);
    (picture, document.render_pixels(1, place, 72.0).expect("renders").to_rgb8())
}

/// The picture, which must be the rendering within `tolerance` levels a channel.
fn same_after(
    before: &str,
    resources: &str,
    dictionary: &str,
    data: &[u8],
    others: &[(&str, &[u8])],
    tolerance: u8,
) -> Picture {
    let (picture, shown) = take_after(before, resources, dictionary, data, others);
    let taken = image::load_from_memory(&picture.bytes).expect("picture").to_rgb8();
    assert_eq!(taken.dimensions(), (16, 16), "{dictionary}");
    for (x, y, pixel) in taken.enumerate_pixels() {
        let there = shown.get_pixel(x, y);
        let near = (0..3).all(|i| pixel.0[i].abs_diff(there.0[i]) <= tolerance);
        assert!(near, "{dictionary} at {x},{y}: {:?}, shown {:?}", pixel.0, there.0);
    }
    // A blank would equal a blank.
    let first = taken.get_pixel(0, 0);
    assert!(taken.pixels().any(|pixel| pixel != first), "{dictionary}: nothing on it");
    picture
}

fn same(dictionary: &str, data: &[u8], others: &[(&str, &[u8])]) -> Picture {
    same_after("", "", dictionary, data, others, 0)
}

/// Bytes that differ from pixel to pixel, for 256 pixels of `bits`.
fn samples(bits: usize) -> Vec<u8> {
    (0..256 * bits / 8).map(|i| (i * 37 + i / 16 * 11) as u8).collect()
}

#[test]
fn device_spaces_at_every_depth() {
    for (space, n) in [("DeviceGray", 1), ("DeviceRGB", 3), ("DeviceCMYK", 4)] {
        for depth in [1, 2, 4, 8, 16] {
            let dictionary = format!("/ColorSpace/{space}/BitsPerComponent {depth}");
            same(&dictionary, &samples(n * depth), &[]);
            let inverted = format!("{dictionary}/Decode[{}]", "1 0 ".repeat(n));
            same(&inverted, &samples(n * depth), &[]);
        }
    }
}

#[test]
fn spaces_measured_by_colour() {
    let white = "/WhitePoint[0.9505 1 1.089]";
    let grey = format!("/BitsPerComponent 8/ColorSpace[/CalGray<<{white}/Gamma 1.8>>]");
    // Grey by way of RGB, as the page mixes it, may round otherwise.
    same_after("", "", &grey, &samples(8), &[], 1);
    let rgb = format!("/BitsPerComponent 8/ColorSpace[/CalRGB<<{white}/Gamma[1.8 1.8 1.8]>>]");
    same(&rgb, &samples(24), &[]);
    let lab = format!("/BitsPerComponent 8/ColorSpace[/Lab<<{white}/Range[-90 90 -90 90]>>]");
    same(&lab, &samples(24), &[]);
}

#[test]
fn spaces_with_a_profile() {
    let profile: &[u8] = include_bytes!("../../tests/pictures/linear-grey.icc");
    let dictionary = "/BitsPerComponent 8/ColorSpace[/ICCBased 6 0 R]";
    same(dictionary, &samples(8), &[("/N 1", profile)]);
    let profile: &[u8] = include_bytes!("../../tests/pictures/srgb.icc");
    same(dictionary, &samples(24), &[("/N 3", profile)]);
}

#[test]
fn palettes() {
    let hex = |colour: &dyn Fn(u8) -> Vec<u8>| {
        use std::fmt::Write as _;
        (0..16).flat_map(colour).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    let rgb = hex(&|i| vec![16 * i, 255 - 9 * i, 64]);
    same(
        &format!("/BitsPerComponent 4/ColorSpace[/Indexed/DeviceRGB 15<{rgb}>]"),
        &samples(4),
        &[],
    );
    let cmyk = hex(&|i| vec![16 * i, 32, 9 * i, 8]);
    let cmyk = format!("/BitsPerComponent 4/ColorSpace[/Indexed/DeviceCMYK 15<{cmyk}>]");
    same(&cmyk, &samples(4), &[]);
}

#[test]
fn inks() {
    let tint = "<</FunctionType 2/Domain[0 1]/C0[0 0 0 0]/C1[1 0.3 0 0.1]/N 1>>";
    let one = format!("/BitsPerComponent 8/ColorSpace[/Separation/Ink/DeviceCMYK{tint}]");
    same(&one, &samples(8), &[]);
    let two = "/BitsPerComponent 8/ColorSpace[/DeviceN[/Cyan/Spot]/DeviceCMYK 6 0 R]";
    let tint = ("/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1 0 1]", &b"{0 0}"[..]);
    same(two, &samples(16), &[tint]);
}

#[test]
fn stencils_take_the_colour_in_force() {
    let stencil = "/ImageMask true/BitsPerComponent 1";
    let picture = same_after("1 0 0 rg", "", stencil, &samples(1), &[], 0);
    assert!(picture.colour_space == "ImageMask");
    same_after("0 0.5 1 0 k", "", &format!("{stencil}/Decode[1 0]"), &samples(1), &[], 0);
    let ink = "/ColorSpace<</Ink[/Separation/Ink/DeviceRGB
        <</FunctionType 2/Domain[0 1]/C0[1 1 1]/C1[0 0.4 0.2]/N 1>>]>>";
    same_after("/Ink cs 0.7 scn", ink, stencil, &samples(1), &[], 0);
}

#[test]
fn masks_show_white_paper() {
    let rgb = "/BitsPerComponent 8/ColorSpace/DeviceRGB";
    let grey = "/Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray";
    let full = format!("{grey}/Width 16/Height 16");
    // On the page the mask is scaled in whole steps of its own.
    let under = |mask: &str, data: &[u8]| {
        same_after("", "", &format!("{rgb}/SMask 6 0 R"), &samples(24), &[(mask, data)], 1);
    };
    under(&full, &samples(8));
    let matte = format!("{full}/Matte[0 0 0]");
    under(&matte, &samples(8));
    let coarse = format!("{grey}/Width 4/Height 4");
    under(&coarse, &samples(8)[..16]);
    let stencil =
        "/Type/XObject/Subtype/Image/Width 16/Height 16/ImageMask true/BitsPerComponent 1";
    same(&format!("{rgb}/Mask 6 0 R"), &samples(24), &[(stencil, &samples(1))]);
    same("/BitsPerComponent 8/ColorSpace/DeviceGray/Mask[0 120]", &samples(8), &[]);
}

#[test]
fn the_state_in_force_counts() {
    let rgb = "/BitsPerComponent 8/ColorSpace/DeviceRGB";
    let half = "/ExtGState<</Half<</ca 0.5>>>>";
    same_after("/Half gs", half, rgb, &samples(24), &[], 1);
    // The mask is set on the page's own scale, and lies askew of the image's corner.
    let masked = "/ExtGState<</Masked<</SMask<</S/Luminosity/G 6 0 R>>>>>>";
    let group = "/Subtype/Form/BBox[0 0 100 100]/Group<</S/Transparency/CS/DeviceGray>>";
    let mask = (group, &b"1 g 20 30 8 12 re f"[..]);
    same_after("/Masked gs", masked, rgb, &samples(24), &[mask], 0);
}

#[test]
fn compressed_forms() {
    let jpx: &[u8] = include_bytes!("../../tests/pictures/rgb.jp2");
    same("/Filter/JPXDecode", jpx, &[]);
    same("/Filter/JPXDecode/ColorSpace/DeviceRGB", jpx, &[]);
    let alpha: &[u8] = include_bytes!("../../tests/pictures/rgba.jp2");
    same("/Filter/JPXDecode/SMaskInData 1", alpha, &[]);
    let bare: &[u8] = include_bytes!("../../tests/pictures/grey.j2k");
    same("/Filter/JPXDecode/ColorSpace/DeviceGray", bare, &[]);
    let fax: &[u8] = include_bytes!("../../tests/pictures/stripes.g4");
    let fax_form = "/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode";
    for black_is_one in [false, true] {
        let parms = format!("/DecodeParms<</K -1/Columns 16/Rows 16/BlackIs1 {black_is_one}>>");
        same(&format!("{fax_form}{parms}"), fax, &[]);
    }
    let cmyk: &[u8] = include_bytes!("../../tests/pictures/cmyk.jpg");
    let dct = "/BitsPerComponent 8/Filter/DCTDecode/ColorSpace";
    same(&format!("{dct}/DeviceCMYK"), cmyk, &[]);
    same(&format!("{dct}/DeviceCMYK/Decode[1 0 1 0 1 0 1 0]"), cmyk, &[]);
}

/// A grey or RGB JPEG of 16 x 16 pixels.
fn jpeg(colour: image::ExtendedColorType) -> Vec<u8> {
    use image::ImageEncoder as _;
    let mut bytes = Vec::new();
    // Slopes, which JPEG keeps and decoders agree on.
    let n = usize::from(colour.channel_count());
    let samples: Vec<u8> =
        (0..256 * n).map(|i| (i / n % 16 * 12 + i / n / 16 * 2 + i % n) as u8).collect();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95)
        .write_image(&samples, 16, 16, colour)
        .expect("JPEG");
    bytes
}

#[test]
fn a_jpeg_passes_unless_its_space_would_change_its_look() {
    let (grey, rgb) = (jpeg(image::ExtendedColorType::L8), jpeg(image::ExtendedColorType::Rgb8));
    let linear: &[u8] = include_bytes!("../../tests/pictures/linear-grey.icc");
    let srgb: &[u8] = include_bytes!("../../tests/pictures/srgb.icc");
    let dct = "/BitsPerComponent 8/Filter/DCTDecode/ColorSpace";
    let original = |space: &str, data: &[u8], others: &[(&str, &[u8])]| {
        same_after("", "", &format!("{dct}{space}"), data, others, 2).original
    };
    assert!(original("/DeviceGray", &grey, &[]));
    assert!(original("/DeviceRGB", &rgb, &[]));
    assert!(original("/DeviceRGB/Decode[0 1 0 1 0 1]", &rgb, &[]));
    assert!(original("[/ICCBased 6 0 R]", &rgb, &[("/N 3", srgb)]));
    assert!(!original("[/ICCBased 6 0 R]", &grey, &[("/N 1", linear)]));
    let gamma = "[/CalRGB<</WhitePoint[0.9505 1 1.089]/Gamma[1 1 1]>>]";
    assert!(!original(gamma, &rgb, &[]));
    let redefined = "/ColorSpace<</DefaultGray[/ICCBased 6 0 R]>>";
    let picture =
        same_after("", redefined, &format!("{dct}/DeviceGray"), &grey, &[("/N 1", linear)], 2);
    assert!(!picture.original);
}

#[test]
fn an_inline_image_is_read_with_its_names() {
    let content = b"q 16 0 0 16 20 30 cm BI /W 16 /H 16 /BPC 8 /CS /Named ID ".to_vec();
    let content = [content, samples(8), b"\nEI Q".to_vec()].concat();
    let resources = "/ColorSpace<</Named[/Separation/Ink/DeviceRGB
        <</FunctionType 2/Domain[0 1]/C0[1 1 1]/C1[0.9 0.1 0]/N 1>>]>>";
    let pdf = Pdf::page("", resources, "").with_stream_in_place(4, &content);
    let document = Document::open(&pdf.bytes()).expect("opens");
    let page = document.page(1).expect("page");
    let picture = document.picture(&page, 0, None).expect("picture");
    let taken = image::load_from_memory(&picture.bytes).expect("PNG").to_rgb8();
    let place = Rect::new(20.0, 54.0, 36.0, 70.0);
    assert!(taken == document.render_pixels(1, place, 72.0).expect("renders").to_rgb8());
}

#[test]
fn two_images_in_one_place_keep_their_own_pixels() {
    let dictionary = "/Width 4/Height 4/BitsPerComponent 8/ColorSpace/DeviceGray";
    let pdf = Pdf::page("q 40 0 0 40 5 5 cm /A Do /B Do Q", "/XObject<</A 5 0 R/B 6 0 R>>", "")
        .with_image(dictionary, &[10; 16])
        .with_image(dictionary, &[200; 16]);
    let document = Document::open(&pdf.bytes()).expect("opens");
    let page = document.page(1).expect("page");
    let level = |index| {
        let picture = document.picture(&page, index, None).expect("picture");
        image::load_from_memory(&picture.bytes).expect("PNG").to_luma8().get_pixel(0, 0).0
    };
    assert_eq!((level(0), level(1)), ([10], [200]));
}

#[test]
fn a_large_picture_comes_out_sample_by_sample() {
    let (width, height) = (1237_usize, 843_usize);
    let data: Vec<u8> = (0..width * height).map(|i| (i * 31 + i / width * 17) as u8).collect();
    let dictionary =
        format!("/Width {width}/Height {height}/BitsPerComponent 8/ColorSpace/DeviceGray");
    let pdf = Pdf::page("q 77 0 0 51.3 5 5 cm /A Do Q", "/XObject<</A 5 0 R>>", "")
        .with_image(&dictionary, &data);
    let document = Document::open(&pdf.bytes()).expect("opens");
    let page = document.page(1).expect("page");
    let picture = document.picture(&page, 0, None).expect("picture");
    assert!(image::load_from_memory(&picture.bytes).expect("PNG").to_luma8().into_raw() == data);
}
