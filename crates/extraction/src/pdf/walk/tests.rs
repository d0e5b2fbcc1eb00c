//! Where pictures land, by content streams written here.

use mupdf::pdf::PdfDocument;

use super::*;
use crate::pdf::fixture::Pdf;

const PAGE: Rect = Rect { x0: 0.0, y0: 0.0, x1: 600.0, y1: 800.0 };
/// User space has its origin at the bottom.
const FLIP: Matrix = Matrix { a: 1.0, b: 0.0, c: 0.0, d: -1.0, e: 0.0, f: 800.0 };

/// An image object and a form that draws it at twice the size, shifted, clipped to 100 points.
fn resources(document: &mut PdfDocument) -> PdfObject {
    let buffer = |bytes: &[u8]| mupdf::Buffer::from_bytes(bytes).expect("buffer");
    let parse = |d: &PdfDocument, text: &str| d.new_object_from_str(text).expect("object");
    let dict = parse(document, "<</Type/XObject/Subtype/Image/Width 1/Height 1>>");
    let image = document.add_stream(&buffer(b"x"), Some(&dict), false).expect("image");
    let xref = image.as_indirect().expect("xref");
    let dict = parse(
        document,
        &format!(
            "<</Subtype/Form/Matrix[2 0 0 2 10 0]/BBox[0 0 50 50]
               /Resources<</XObject<</Inner {xref} 0 R>>>>>>"
        ),
    );
    let content = b"q 100 0 0 100 0 0 cm /Inner Do Q";
    let form = document.add_stream(&buffer(content), Some(&dict), false).expect("form");
    let form = form.as_indirect().expect("xref");
    parse(document, &format!("<</XObject<</Im {xref} 0 R/Fm {form} 0 R>>>>"))
}

fn walk_text(content: &str) -> Drawn {
    let mut document = PdfDocument::new();
    let mut page = document.new_object_from_str("<<>>").expect("page");
    page.dict_put("Resources", resources(&mut document)).expect("resources");
    let limits = Limits::DEFAULT;
    walk(content.as_bytes(), &page, &Layers::default(), limits, FLIP, PAGE)
        .expect("within limits")
        .drawn
}

#[test]
fn an_image_lands_where_its_matrix_says() {
    let drawn = walk_text("q 200 0 0 100 50 600 cm /Im Do Q");
    assert_eq!(drawn.images.len(), 1);
    assert_eq!(drawn.images[0].bbox, Rect::new(50.0, 100.0, 250.0, 200.0));
    assert!(drawn.images[0].xref.is_some());
}

#[test]
fn an_image_in_a_form_is_moved_and_clipped_by_it() {
    let drawn = walk_text("1 0 0 1 0 700 cm /Fm Do");
    assert_eq!(drawn.images[0].transform.unit_square(), Rect::new(10.0, -100.0, 210.0, 100.0));
    assert_eq!(drawn.images[0].bbox, Rect::new(10.0, 0.0, 110.0, 100.0));
}

#[test]
fn a_listed_image_that_is_not_drawn_is_not_there() {
    assert!(walk_text("q Q").images.is_empty());
}

#[test]
fn a_matrix_that_overflows_draws_nothing() {
    let huge = format!("1{}", "0".repeat(30));
    let scale = format!("{huge} 0 0 {huge} 0 0 cm ");
    assert!(walk_text(&format!("{scale}{scale}/Im Do")).images.is_empty());
}

#[test]
fn white_paint_leaves_no_mark() {
    assert!(walk_text("1 g 0 0 600 800 re f 1 1 1 rg 0 0 9 9 re f").paths.is_empty());
    assert_eq!(walk_text("0 0 0 1 k 10 10 20 20 re f").paths.len(), 1);
    assert!(walk_text("0 0 0 0 k 10 10 20 20 re f").paths.is_empty());
}

#[test]
fn a_clip_cuts_what_follows_until_restored() {
    let drawn =
        walk_text("q 0 0 100 100 re W n 0 0 300 300 re f Q 0 0 300 300 re f BI /W 1 ID x\nEI");
    assert_eq!(drawn.paths[0].width().round() as i32, 100);
    assert_eq!(drawn.paths[1].width().round() as i32, 300);
    assert_eq!(drawn.images.len(), 1);
    assert_eq!(drawn.images[0].xref, None);
}

const IMAGE: &str = "/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray";

#[test]
fn what_a_hidden_layer_holds_is_not_drawn() {
    let content = "/OC /Off BDC q 10 0 0 10 0 0 cm /Im Do Q EMC
                   /OC /On BDC q 20 0 0 20 0 0 cm /Im Do Q EMC q 30 0 0 30 0 0 cm /Own Do Q";
    let resources = "/XObject<</Im 5 0 R/Own 8 0 R>>/Properties<</Off 6 0 R/On 7 0 R>>";
    let pdf = Pdf::page(content, resources, "")
        .with_image(IMAGE, b"x")
        .with("<</Type/OCG/Name(off)>>", None)
        .with("<</Type/OCG/Name(on)>>", None)
        .with_image(&format!("{IMAGE}/OC 6 0 R"), b"x")
        .replacing(
            1,
            "<</Type/Catalog/Pages 2 0 R
               /OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[6 0 R]>>>>>>",
        );
    let widths: Vec<f32> = pdf.read_page().drawn.images.iter().map(|i| i.bbox.width()).collect();
    assert_eq!(widths, [20.0]);
}

#[test]
fn a_pattern_that_draws_an_image_draws_it_where_it_fills() {
    let content = "/Pattern cs /P scn 20 20 40 40 re f";
    let pdf = Pdf::page(content, "/Pattern<</P 5 0 R>>", "")
        .with(
            "<</PatternType 1/PaintType 1/TilingType 1/BBox[0 0 40 40]/XStep 40/YStep 40
               /Matrix[1 0 0 1 20 20]/Resources<</XObject<</Im 6 0 R>>>>/Length 26>>",
            Some(b"q 40 0 0 40 0 0 cm /Im Do Q"),
        )
        .with_image(IMAGE, b"x");
    let page = pdf.read_page();
    assert_eq!(page.drawn.images.len(), 1);
    assert_eq!(page.drawn.images[0].bbox, Rect::new(20.0, 40.0, 60.0, 80.0));
    assert_eq!(page.drawn.images[0].xref, Some(6));
}

#[test]
fn an_annotation_shows_its_image_unless_it_is_hidden() {
    let annotation = |flags: i32| {
        let entries = format!(
            "/Annots[<</Type/Annot/Subtype/Stamp/F {flags}/Rect[10 10 50 30]
               /AP<</N 5 0 R>>>>]"
        );
        let pdf = Pdf::page("", "", &entries)
            .with(
                "<</Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</Im 6 0 R>>>>/Length 6>>",
                Some(b"/Im Do"),
            )
            .with_image(IMAGE, b"x");
        pdf.read_page().drawn.images.iter().map(|image| image.bbox).collect::<Vec<_>>()
    };
    assert_eq!(annotation(4), [Rect::new(10.0, 70.0, 50.0, 90.0)]);
    assert!(annotation(2).is_empty());
    assert!(annotation(32).is_empty());
}

#[test]
fn a_mask_of_the_graphics_state_is_no_image_of_the_page() {
    let content = "/Masked gs q 40 0 0 40 10 10 cm /Im Do Q /Clear gs";
    let resources = "/XObject<</Im 5 0 R>>/ExtGState<</Clear<</SMask/None>>
         /Masked<</SMask<</S/Luminosity/G 6 0 R>>>>>>";
    let pdf = Pdf::page(content, resources, "").with_image(IMAGE, b"x").with(
        "<</Subtype/Form/BBox[0 0 100 100]/Group<</S/Transparency/CS/DeviceGray>>
           /Resources<</XObject<</Im 5 0 R>>>>/Length 28>>",
        Some(b"q 90 0 0 90 0 0 cm /Im Do Q "),
    );
    let page = pdf.read_page();
    assert_eq!(page.drawn.images.len(), 1);
    assert!(page.manners[0].mask.is_some());
}

#[test]
fn a_clip_that_cuts_an_image_is_told() {
    let image = |clip: &str| {
        let content = format!("{clip} q 40 0 0 40 10 10 cm /Im Do Q");
        let pdf = Pdf::page(&content, "/XObject<</Im 5 0 R>>", "").with_image(IMAGE, b"x");
        let page = pdf.read_page();
        (page.clip(0), page.manners[0].shaped)
    };
    assert_eq!(image("0 0 90 90 re W n"), (None, false));
    assert_eq!(image("0 0 30 90 re W n"), (Some(Rect::new(0.0, 10.0, 30.0, 100.0)), false));
    assert!(image("10 10 m 50 10 l 30 50 l h W n").1);
}

#[test]
fn paths_over_an_image_are_told_from_those_beneath() {
    let content = "0 g 0 0 5 5 re f q 40 0 0 40 10 10 cm /Im Do Q 1 g 20 20 9 9 re f";
    let pdf = Pdf::page(content, "/XObject<</Im 5 0 R>>", "").with_image(IMAGE, b"x");
    let page = pdf.read_page();
    assert_eq!(page.over.len(), 1);
    assert_eq!((page.over[0].images, page.over[0].bbox.width().round()), (1, 10.0));
}
