//! What MuPDF reads otherwise than it is meant, drawn and taken out.

use crate::pdf::fixture::Pdf;
use crate::pdf::{Document, Rect};

const GREY: &str = "/Width 4/Height 4/BitsPerComponent 8/ColorSpace";

/// The colours in the middle of the two pictures of a page, as taken out and as rendered.
fn colours(pdf: &Pdf) -> [[[u8; 3]; 2]; 2] {
    let document = Document::open(&pdf.bytes()).expect("opens");
    let page = document.page(1).expect("page");
    let infos = document.images([&page]);
    [0, 1].map(|index| {
        let drawn = page.drawn.images[index];
        let info = drawn.xref.and_then(|xref| infos.get(&xref));
        let picture = document.picture(&page, index, info).expect("picture");
        let taken = image::load_from_memory(&picture.bytes).expect("PNG").to_rgb8();
        // A document of its own, as renderings are made.
        let document = Document::open(&pdf.bytes()).expect("opens");
        let shown = document.render_pixels(1, drawn.bbox, 72.0).expect("renders").to_rgb8();
        [taken.get_pixel(2, 2).0, shown.get_pixel(20, 20).0]
    })
}

#[test]
fn palettes_over_one_space_and_the_space_itself_are_told_apart() {
    let (orange, green) = ([250, 120, 10], [20, 160, 60]);
    let palette = |[r, g, b]: [u8; 3]| format!("[/Indexed 7 0 R 1<{r:02x}{g:02x}{b:02x}000000>]");
    let indexed = |colour| (palette(colour), [0; 16].to_vec());
    let direct = |colour: [u8; 3]| (String::from("7 0 R"), colour.repeat(16));
    let srgb: &[u8] = include_bytes!("../../../tests/pictures/srgb.icc");
    for (first, second) in [
        (direct(orange), indexed(green)),
        (indexed(orange), direct(green)),
        (indexed(orange), indexed(green)),
    ] {
        let content = "q 40 0 0 40 5 5 cm /A Do Q q 40 0 0 40 50 50 cm /B Do Q";
        let pdf = Pdf::page(content, "/XObject<</A 5 0 R/B 6 0 R>>", "")
            .with_image(&format!("{GREY} {}", first.0), &first.1)
            .with_image(&format!("{GREY} {}", second.0), &second.1)
            .with("[/ICCBased 8 0 R]", None)
            .with(&format!("<</N 3/Length {}>>", srgb.len()), Some(srgb));
        for (found, wanted) in colours(&pdf).into_iter().zip([orange, green]) {
            for colour in found {
                let near = colour.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 2);
                assert!(near, "{colour:?}, not {wanted:?}: {} and {}", first.0, second.0);
            }
        }
    }
}

#[test]
fn a_palette_among_the_resources_is_told_apart_too() {
    // As an inline image names it, beside the space itself.
    let content = "/Space cs 0.1 0.6 0.2 sc 5 5 40 40 re f
        q 40 0 0 40 50 50 cm BI /W 1 /H 1 /BPC 8 /CS /Palette ID \0\nEI Q";
    let spaces = "/ColorSpace<</Space 5 0 R/Palette[/Indexed 5 0 R 0<FA780A>]>>";
    let pdf = Pdf::page(content, spaces, "")
        .with("[/CalRGB<</WhitePoint[0.9505 1 1.089]/Gamma[2.2 2.2 2.2]>>]", None);
    let document = Document::open(&pdf.bytes()).expect("opens");
    let place = Rect::new(50.0, 10.0, 90.0, 50.0);
    let shown = document.render_pixels(1, place, 72.0).expect("renders").to_rgb8();
    let [red, _, blue] = shown.get_pixel(20, 20).0;
    assert!(red > 200 && blue < 90, "{:?}", shown.get_pixel(20, 20));
}

/// How many pictures a page has of a layer with these entries, by what is read and by what is rendered. Object
/// 6 is a group that is shown, 7 one that is not.
fn shown(membership: &str, content: &str, properties: &str) -> [bool; 2] {
    let layer = format!("<</Type/OCMD{membership}>>");
    let resources = format!("/XObject<</Im 5 0 R>>{}", properties.replace("LAYER", &layer));
    let catalog =
        "<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[7 0 R]>>>>>>";
    let dictionary = format!("{GREY}/DeviceGray/OC 8 0 R");
    let dictionary =
        if properties.is_empty() { &*dictionary } else { &format!("{GREY}/DeviceGray") };
    let pdf = Pdf::page(content, &resources, "")
        .replacing(1, catalog)
        .with_image(dictionary, &[0; 16])
        .with("<</Type/OCG/Name(on)>>", None)
        .with("<</Type/OCG/Name(off)>>", None)
        .with(&layer, None);
    let document = Document::open(&pdf.bytes()).expect("opens");
    let page = document.page(1).expect("page");
    let taken = page
        .drawn
        .images
        .first()
        .is_some_and(|_| document.picture(&page, 0, document.images([&page]).get(&5)).is_ok());
    let document = Document::open(&pdf.bytes()).expect("opens");
    let place = Rect::new(0.0, 0.0, 100.0, 100.0);
    let rendered = document.render_pixels(1, place, 72.0).expect("renders").to_rgb8();
    [taken, rendered.get_pixel(50, 50).0[0] < 128]
}

#[test]
fn layers_are_shown_by_policy_and_by_expression() {
    const ON: bool = true;
    for (membership, wanted) in [
        ("/P/AnyOn/OCGs[6 0 R 7 0 R]", ON),
        ("/P/AllOn/OCGs[6 0 R 7 0 R]", !ON),
        ("/P/AnyOff/OCGs[6 0 R 7 0 R]", ON),
        ("/P/AllOff/OCGs[6 0 R 7 0 R]", !ON),
        ("/P/AnyOff/OCGs 6 0 R", !ON),
        ("/VE[/Not 7 0 R]", ON),
        ("/VE[/And 6 0 R 7 0 R]", !ON),
        ("/VE[/Or 6 0 R 7 0 R]/OCGs[7 0 R]", ON),
    ] {
        let image = "q 80 0 0 80 10 10 cm /Im Do Q";
        assert_eq!(shown(membership, image, ""), [wanted; 2], "{membership}, of an image");
        let marked = format!("/OC /L BDC {image} EMC");
        // The dictionary as an object, and within the resources.
        let object = shown(membership, &marked, "/Properties<</L 8 0 R>>");
        assert_eq!(object, [wanted; 2], "{membership}, marked");
        let direct = shown(membership, &marked, "/Properties<</L LAYER>>");
        assert_eq!(direct, [wanted; 2], "{membership}, marked by a dictionary in place");
    }
}
