//! Pages that are set so that a reader sees no harm and a program does: sideways, in layers, scanned, with
//! blanks of no size.

use std::fmt::Write as _;
use std::fs;

use crate::common::{Project, figure_records};
use covid_ct::figures::{Composition, FigureRecord, ImageOrigin};
use covid_ct::pdf::Rect;

/// Pixels of the picture that every page shows: dark in its upper left quarter, else light.
const PIXELS: (u32, u32) = (160, 120);

/// A PDF of one page of 400 x 360 points with the picture as `/Im`, object 5; `others` are its further
/// objects.
fn pdf(content: &str, resources: &str, entries: &str, others: &[&str]) -> String {
    let (width, height) = PIXELS;
    let mut samples = String::new();
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let dark = x < width / 2 && y < height / 2;
        let _ = write!(samples, "{:02x}", if dark { 40 } else { 200 } + x % 7);
    }
    let mut pdf = format!(
        "%PDF-1.7
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 400 360]/Contents 4 0 R/Resources<<{resources}
/XObject<</Im 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>{entries}>> endobj
4 0 obj <</Length {}>> stream
{content}
endstream endobj
5 0 obj <</Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8
/ColorSpace/DeviceGray/Filter/ASCIIHexDecode/Length {}>> stream
{samples}>
endstream endobj
",
        content.len(),
        samples.len() + 1,
    );
    for (index, object) in others.iter().enumerate() {
        let _ = writeln!(pdf, "{} 0 obj {object} endobj", index + 6);
    }
    pdf + "trailer <</Root 1 0 R>>\n"
}

fn line(matrix: &str, (x, y): (f32, f32), words: &str) -> String {
    format!("BT /F 9 Tf {matrix} {x} {y} Tm ({words}) Tj ET\n")
}

/// What is found in a PDF, with the renderings that figures need.
fn figures(project: &Project, pdf: &str) -> Vec<FigureRecord> {
    let path = project.path("paper.pdf");
    fs::write(&path, pdf).expect("written");
    let path = path.to_string_lossy().into_owned();
    project.command(["ingest", "--render", &path]).assert().success();
    figure_records(project)
}

/// Whether the picture in an object of the store is dark in its upper left quarter alone.
fn is_upright(project: &Project, object: &str) -> bool {
    let picture = image::open(project.path("data/objects").join(object)).expect("a picture");
    let grey = picture.to_luma8();
    let (w, h) = grey.dimensions();
    let dark = |x: u32, y: u32| grey.get_pixel(x * w / 4, y * h / 4).0[0] < 128;
    w > h && dark(1, 1) && !dark(3, 1) && !dark(1, 3) && !dark(3, 3)
}

fn lies_at(found: Option<Rect>, wanted: Rect) -> bool {
    found
        .is_some_and(|found| found.grow(1.0).contains(&wanted) && wanted.grow(1.0).contains(&found))
}

const CAPTION: &str = "Figure 1. Axial CT of the chest of a patient on admission.";

#[test]
fn pictures_and_renderings_of_what_stands_sideways_are_upright_and_boxes_are_of_the_page_as_displayed()
 {
    let up = format!(
        "q 0 280 -210 0 260 40 cm /Im Do Q 2 w 255 60 m 245 200 l 240 300 l S
         255 70 m 235 100 l S 252 90 m 232 120 l S 250 150 m 230 180 l S 256 62 m 256 300 l S {}",
        line("0 1 -1 0", (280.0, 40.0), CAPTION)
    );
    let down =
        format!("q 0 -280 210 0 140 320 cm /Im Do Q {}", line("0 -1 1 0", (120.0, 320.0), CAPTION));
    let upright =
        format!("q 280 0 0 210 60 120 cm /Im Do Q {}", line("1 0 0 1", (60.0, 100.0), CAPTION));
    for (content, entries, place) in [
        (&up, "", Rect::new(50.0, 40.0, 260.0, 320.0)),
        (&down, "", Rect::new(140.0, 40.0, 350.0, 320.0)),
        (&upright, "/Rotate 90", Rect::new(120.0, 60.0, 330.0, 340.0)),
        (&upright, "/Rotate 180", Rect::new(60.0, 120.0, 340.0, 330.0)),
    ] {
        let project = Project::new();
        let found = figures(&project, &pdf(content, "", entries, &[]));
        assert_eq!(found.len(), 1, "{entries}");
        let figure = &found[0];
        assert_eq!(figure.caption, CAPTION);
        assert!(lies_at(figure.bbox, place), "{:?}", figure.bbox);
        let caption = figure.caption_bbox.expect("caption");
        assert!(caption.intersect(&place).is_empty(), "{caption:?}");
        assert!(!caption.grow(25.0).intersect(&place).is_empty(), "{caption:?}");
        let rendered = figure.images.iter().any(|image| image.origin == ImageOrigin::Rendered);
        assert_eq!(rendered, figure.composition == Some(Composition::Mixed));
        for image in &figure.images {
            assert!(lies_at(Some(image.bbox), place), "{:?}", image.bbox);
            assert!(is_upright(&project, &image.object), "{:?} {entries}", image.origin);
        }
    }
}

#[test]
fn pictures_in_layers_are_rendered() {
    let states = "/ExtGState<</Half<</ca 0.5>>/Times<</BM/Multiply>>/Plain<</ca 1/SMask/None>>>>";
    let under =
        format!("q 280 0 0 210 60 120 cm /Im Do Q {}", line("1 0 0 1", (60.0, 100.0), CAPTION));
    for (over, composition) in [
        ("q /Half gs 280 0 0 210 60 120 cm /Im Do Q", Composition::Mixed),
        ("q /Times gs 280 0 0 210 60 120 cm /Im Do Q", Composition::Mixed),
        ("q /Half gs 1 0 0 rg 60 120 280 210 re f Q", Composition::Mixed),
        ("q /Plain gs 1 g 5 5 10 10 re f Q", Composition::Raster),
    ] {
        let project = Project::new();
        let found = figures(&project, &pdf(&format!("{under} {over}"), states, "", &[]));
        assert_eq!(found[0].composition, Some(composition), "{over}");
        let rendered = found[0].images.iter().any(|image| image.origin == ImageOrigin::Rendered);
        assert_eq!(rendered, composition == Composition::Mixed, "{over}");
    }
}

#[test]
fn a_figure_on_a_scanned_page_has_the_scan_and_its_place() {
    let mut content = String::from("q 400 0 0 360 0 0 cm /Im Do Q 3 Tr\n");
    content += &line("1 0 0 1", (60.0, 160.0), CAPTION);
    for row in 0..9 {
        let words = "a line of the text that was read off the page by a program";
        content += &line("1 0 0 1", (60.0, 130.0 - 11.0 * row as f32), words);
    }
    let project = Project::new();
    let found = figures(&project, &pdf(&content, "", "", &[]));
    assert_eq!(found.len(), 1);
    let figure = &found[0];
    assert_eq!((figure.caption.as_str(), figure.page), (CAPTION, Some(1)));
    let bbox = figure.bbox.expect("graphic");
    assert!(bbox.y0 < 30.0 && (180.0..200.0).contains(&bbox.y1), "{bbox:?}");
    let origins: Vec<_> = figure.images.iter().map(|image| image.origin).collect();
    assert!(origins.contains(&ImageOrigin::Decoded), "the scan");
    assert!(origins.contains(&ImageOrigin::Rendered), "what of it is the figure");
}

#[test]
fn a_paper_whose_blanks_have_no_size_has_its_caption_and_its_citing_sentence() {
    let mut content = String::from("q 280 0 0 210 60 140 cm /Im Do Q\n");
    let rows = [
        (122.0, "Figure 1. Axial CT of the chest of a patient on admission, with"),
        (111.0, "opacities in the lower lobes of both lungs."),
        (70.0, "The patients were seen on the day that they were admitted, and then again"),
        (57.0, "after a week; the scan of one of them is shown in Figure 1 and was read"),
        (44.0, "by two of us, who were not told of what became of that patient then."),
    ];
    for (y, row) in rows {
        let mut x = 60.0;
        for word in row.split(' ') {
            content += &line("1 0 0 1", (x, y), word);
            // Wider than most of Helvetica, so that words stay apart.
            x += 4.6 * word.len() as f32;
            let _ = writeln!(content, "BT /F 1 Tf 0.0002 0 0 -0.0002 {} {y} Tm ( ) Tj ET", x - 0.3);
            x += 1.8;
        }
    }
    let project = Project::new();
    let found = figures(&project, &pdf(&content, "", "", &[]));
    assert_eq!(found.len(), 1);
    let figure = &found[0];
    assert_eq!(figure.caption, format!("{} {}", rows[0].1, rows[1].1));
    assert_eq!(figure.images.len(), 1);
    assert_eq!(figure.mentions.len(), 1, "{:?}", figure.mentions);
    assert!(figure.mentions[0].text.starts_with("The patients"), "{:?}", figure.mentions);
}
