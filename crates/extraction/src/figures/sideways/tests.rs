//! Pages that are set sideways, as a whole or in part.

use std::fmt::Write as _;

use super::super::{Furniture, clean, find};
use super::*;
use crate::pdf::fixture::Pdf;

/// A page of 400 x 360 points with this content; its picture is `/Im`.
fn page(content: &str, entries: &str) -> Page {
    let image = "/Width 3/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray";
    let resources =
        "/XObject<</Im 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
    Pdf::page(content, "", "")
        .replacing(
            3,
            &format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 360]/Contents 4 0 R
                   /Resources<<{resources}>>{entries}>>"
            ),
        )
        .with_image(image, b"abcdef")
        .read_page()
}

fn text(matrix: &str, at: (f32, f32), words: &str) -> String {
    format!("BT /F 9 Tf {matrix} {} {} Tm ({words}) Tj ET ", at.0, at.1)
}

const CAPTION: &str = "Figure 1. Axial CT of the chest of a patient on admission.";

fn paragraph(lines: usize) -> String {
    let line = "a line of the text that runs over the whole of the page upright";
    (0..lines).fold(String::new(), |mut all, n| {
        let _ = write!(all, "{}", text("1 0 0 1", (30.0, 330.0 - 11.0 * n as f32), line));
        all
    })
}

/// The figures of a page that is set upright, and the page.
fn figures(page: Page) -> (Vec<Figure>, Page) {
    let mut pages = [page];
    set_upright(&mut pages);
    let figures = find(&pages, &clean(&pages), &Furniture::of(&pages));
    let [page] = pages;
    (figures, page)
}

const UP: &str = "q 0 300 -200 0 280 30 cm /Im Do Q ";
const DOWN: &str = "q 0 -300 200 0 120 330 cm /Im Do Q ";

#[test]
fn a_landscape_figure_on_an_upright_page_has_its_caption() {
    let head = text("1 0 0 1", (100.0, 348.0), "A running head of the journal, with its year");
    let up = format!("{UP}{head}{}", text("0 1 -1 0", (300.0, 30.0), CAPTION));
    let down = format!("{DOWN}{head}{}", text("0 -1 1 0", (100.0, 330.0), CAPTION));
    for (content, place) in
        [(up, Rect::new(80.0, 30.0, 280.0, 330.0)), (down, Rect::new(120.0, 30.0, 320.0, 330.0))]
    {
        let (figures, page) = figures(page(&content, ""));
        assert_eq!(figures.len(), 1);
        let figure = &figures[0];
        assert_eq!((figure.caption.as_str(), figure.pairing), (CAPTION, Pairing::Below));
        assert_eq!(figure.images, [0]);
        let displayed = page.to_displayed().bounds(&figure.bbox.expect("graphic"));
        assert!(displayed.grow(1.0).contains(&place) && place.grow(1.0).contains(&displayed));
        // In the page as it is read, the picture is upright.
        let transform = page.drawn.images[0].transform;
        assert!(transform.a > 0.0 && transform.d < 0.0 && transform.b.abs() < 1e-3);
    }
}

#[test]
fn a_stray_rotation_is_undone() {
    let upright =
        format!("q 300 0 0 200 50 120 cm /Im Do Q {}", text("1 0 0 1", (50.0, 100.0), CAPTION));
    for (rotation, turn) in
        [(0, Turn::NONE), (90, Turn::ANTICLOCKWISE), (180, Turn::HALF), (270, Turn::CLOCKWISE)]
    {
        let (figures, page) = figures(page(&upright, &format!("/Rotate {rotation}")));
        assert_eq!((page.turned, figures.len()), (turn, 1), "{rotation}");
        assert_eq!((page.width, page.height), (400.0, 360.0));
        assert_eq!(figures[0].caption, CAPTION, "{rotation}");
    }
}

#[test]
fn titles_of_axes_and_names_of_bars_turn_no_page() {
    let axis =
        text("0 1 -1 0", (40.0, 60.0), "Number of cases that were confirmed by a test each day");
    let label = text("1 0 0 1", (50.0, 30.0), "Figure 3");
    assert_eq!(upright(&page(&format!("{axis}{label}"), "")), Turn::NONE);
    let mut bars = String::new();
    for n in 0..40 {
        bars += &text("0 1 -1 0", (50.0 + 8.0 * n as f32, 60.0), "Hubei Province");
    }
    assert_eq!(upright(&page(&bars, "")), Turn::NONE);
    // What a server prints along the edge is no text of the page.
    let edge = "preprint of a server that says who holds the rights and who may copy it and when";
    let stamp = text("0 1 -1 0", (12.0, 10.0), edge).repeat(4);
    assert_eq!(upright(&page(&format!("{stamp}{}", paragraph(1)), "")), Turn::NONE);
}

#[test]
fn a_figure_that_stands_otherwise_than_the_text_of_its_page_has_its_caption() {
    // The picture is 120 points high as it is read, below the text.
    let picture = "q 0 160 -120 0 250 20 cm /Im Do Q ";
    let caption = "Figure 1. Axial CT of a chest.";
    let content = format!("{}{picture}{}", paragraph(10), text("0 1 -1 0", (266.0, 20.0), caption));
    let (figures, page) = figures(page(&content, ""));
    assert_eq!(page.turned, Turn::NONE);
    assert_eq!(figures.len(), 1, "{figures:?}");
    let figure = &figures[0];
    assert_eq!((figure.caption.as_str(), figure.turn), (caption, Turn::CLOCKWISE));
    assert_eq!((figure.page, figure.caption_page), (Some(1), Some(1)));
    let place = Rect::new(130.0, 180.0, 250.0, 340.0);
    let bbox = figure.bbox.expect("graphic");
    assert!(bbox.grow(1.0).contains(&place) && place.grow(1.0).contains(&bbox), "{bbox:?}");
    assert_eq!(figure.images, [0]);
}

#[test]
fn an_upright_caption_keeps_its_graphic() {
    let caption = text("1 0 0 1", (50.0, 100.0), CAPTION);
    let beside = text("0 1 -1 0", (40.0, 130.0), "Figure 2. Window of the lung.");
    let content = format!("q 300 0 0 200 50 120 cm /Im Do Q {caption}{beside}");
    let (figures, _) = figures(page(&content, ""));
    let captioned: Vec<_> = figures.iter().filter_map(|figure| figure.label.as_deref()).collect();
    assert_eq!(captioned, ["Figure 1"]);
}

#[test]
fn a_page_that_bears_nothing_but_a_label_sideways_is_turned() {
    let label = text("0 1 -1 0", (60.0, 40.0), "Figure 2");
    let turned = |more: &str| upright(&page(&format!("{UP}{label}{more}"), ""));
    assert_eq!(turned(""), Direction::Up.upright());
    assert_eq!(turned(&paragraph(4)), Turn::NONE);
    let axis = text("0 1 -1 0", (60.0, 40.0), "Patients");
    assert_eq!(upright(&page(&format!("{UP}{axis}"), "")), Turn::NONE);
}

#[test]
fn a_chart_upside_down_turns_its_page_where_nothing_reads_upright() {
    let on_its_head = |at, words| text("-1 0 0 -1", at, words);
    let axes = [
        on_its_head((300.0, 300.0), "Days after onset"),
        on_its_head((320.0, 200.0), "100"),
        text("0 -1 1 0", (340.0, 180.0), "Lobes involved"),
    ];
    let stamp =
        text("1 0 0 1", (20.0, 350.0), "preprint of a server that says who holds the rights");
    let chart = axes.concat();
    assert_eq!(upright(&page(&format!("{chart}{stamp}"), "")), Turn::HALF);
    let label = text("1 0 0 1", (50.0, 30.0), "Figure 3");
    assert_eq!(upright(&page(&format!("{chart}{label}"), "")), Turn::NONE);
}

#[test]
fn what_is_printed_on_a_chart_upside_down_is_part_of_it() {
    let chart = "q 200 0 0 -120 100 240 cm /Im Do Q ";
    let title = text("-1 0 0 -1", (260.0, 252.0), "Days after onset");
    let caption = text("1 0 0 1", (100.0, 90.0), CAPTION);
    let (figures, _) = figures(page(&format!("{}{chart}{title}{caption}", paragraph(3)), ""));
    let bbox = figures[0].bbox.expect("graphic");
    assert_eq!(figures[0].caption, CAPTION);
    assert!((100.0..112.0).contains(&bbox.y0), "{bbox:?}");
}
