//! Papers from PDF to figures: the ways in which manuscripts set legends.

use super::{Figure, Furniture, clean, find};
use crate::pdf::Document;
use crate::pdf::fixture::Pdf;

/// What is set on a page: text with its face, size, left end and baseline, or a picture, or a filled box, with
/// its left, top, width and height; all in points from the page's top left corner.
#[derive(Debug, Clone)]
enum Set {
    Text(&'static str, f32, f32, f32, String),
    Picture([f32; 4]),
    Box([f32; 4]),
}

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;

/// Lines one under the other, so many points apart.
fn lines(x: f32, y: f32, leading: f32, size: f32, texts: &[&str]) -> Vec<Set> {
    let rows = texts.iter().zip(0_u8..);
    rows.map(|(text, row)| {
        Set::Text("Roman", size, x, y + leading * f32::from(row), (*text).to_owned())
    })
    .collect()
}

fn bold(x: f32, y: f32, size: f32, text: &str) -> Set {
    Set::Text("Bold", size, x, y, text.to_owned())
}

fn content(page: &[Set]) -> String {
    let shown = |set: &Set| match set {
        Set::Text(face, size, x, y, text) => {
            let text = text.replace('(', "\\(").replace(')', "\\)");
            format!("BT /{face} {size} Tf 1 0 0 1 {x} {} Tm ({text}) Tj ET\n", HEIGHT - y)
        }
        Set::Picture([x, y, width, height]) => {
            format!("q {width} 0 0 {height} {x} {} cm /Picture Do Q\n", HEIGHT - y - height)
        }
        Set::Box([x, y, width, height]) => {
            format!("{x} {} {width} {height} re f\n", HEIGHT - y - height)
        }
    };
    page.iter().map(shown).collect()
}

/// The figures of a paper of these pages.
fn figures(pages: &[Vec<Set>]) -> Vec<Figure> {
    let font = |name: &str| format!("<</Type/Font/Subtype/Type1/BaseFont/{name}>>");
    let mut pdf =
        Pdf::page("", "", "").with(&font("Times-Roman"), None).with(&font("Times-Bold"), None);
    let mut kids = Vec::new();
    for (page, number) in pages.iter().zip((7_u32..).step_by(3)) {
        let content = content(page);
        kids.push(format!("{number} 0 R"));
        let resources =
            format!("<</Font<</Roman 5 0 R/Bold 6 0 R>>/XObject<</Picture {} 0 R>>>>", number + 2);
        let dictionary = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Contents {} 0 R/Resources{resources}>>",
            number + 1
        );
        // No two are the same: what most pages show is no figure.
        let grey: Vec<u8> = (0..64 * 64_u32).map(|i| (i * i / (5 + number) % 251) as u8).collect();
        pdf = pdf
            .with(&dictionary, None)
            .with(&format!("<</Length {}>>", content.len()), Some(content.as_bytes()))
            .with_image("/Width 64/Height 64/BitsPerComponent 8/ColorSpace/DeviceGray", &grey);
    }
    let kids = kids.join(" ");
    let tree = format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len());
    let document = Document::open(&pdf.replacing(2, &tree).bytes()).expect("opens");
    let pages: Vec<_> =
        (1..=pages.len() as u32).map(|number| document.page(number).expect("a page")).collect();
    find(&pages, &clean(&pages), &Furniture::of(&pages))
}

/// A page that shows nothing but a picture, each elsewhere.
fn plate(number: u8) -> Vec<Set> {
    let shift = 12.0 * f32::from(number);
    vec![Set::Picture([80.0 + shift, 110.0 + shift, 380.0, 300.0])]
}

/// Running text, ten lines of it.
fn prose(x: f32, y: f32, size: f32) -> Vec<Set> {
    let text = [
        "The patients were examined on the day of",
        "admission and again after one week. Opacities",
        "were found in most of them, and their extent",
        "was read by two of the authors. In the first",
        "week they were rare, and were found near to",
        "the pleura. We compared the groups by age and",
        "sex, and found no difference of any weight.",
        "None of the patients was followed for longer",
        "than a month, and none of them was examined",
        "again after that.",
    ];
    lines(x, y, 1.15 * size, size, &text)
}

/// Of each figure: label, caption, page of its picture, letters of its panels.
fn told(figures: &[Figure]) -> Vec<(&str, &str, Option<u32>, String)> {
    let of = |figure: &'_ Figure| -> String {
        figure.panels.iter().map(|panel| panel.letter.as_str()).collect()
    };
    figures
        .iter()
        .map(|figure| {
            let label = figure.label.as_deref().unwrap_or_default();
            (label, figure.caption.as_str(), figure.page, of(figure))
        })
        .collect()
}

#[test]
fn a_list_of_legends_of_one_line_loses_none() {
    let legends = [
        "Figure 1. Flow of the patients",
        "Figure 2. Comparison of incidence between the two waves and the one that was",
        "seen before them in the same city",
        "Figure 3. Trends in confirmed cases",
        "Figure 4. Source of the 300 patients",
        "Figure 5. Pyramid of the population of the 300 patients",
        "Figure 6. History of the 300 patients",
        "Figure 7. Models of confirmed cases",
    ];
    let mut list = vec![bold(90.0, 62.0, 12.0, "Figure legends:")];
    list.extend(lines(90.0, 86.0, 24.0, 12.0, &legends));
    let pages: Vec<Vec<Set>> = std::iter::once(list).chain((0..7).map(plate)).collect();
    let found = figures(&pages);
    let places: Vec<(&str, Option<u32>)> =
        told(&found).iter().map(|(label, _, page, _)| (*label, *page)).collect();
    let numbers =
        ["Figure 1", "Figure 2", "Figure 3", "Figure 4", "Figure 5", "Figure 6", "Figure 7"];
    let expected: Vec<(&str, Option<u32>)> = numbers.into_iter().zip((2..).map(Some)).collect();
    assert_eq!(places, expected);
    assert_eq!(found[1].caption, legends[1..3].join(" "));
}

#[test]
fn lettered_parts_are_panels_of_one_legend() {
    let legend = [
        "Figure 1: Scans of the patient over the course of the disease",
        "Figure 1a: Axial CT on the day of admission with opacities in both",
        "lower lobes",
        "Figure 1b: Axial CT on day 6, with more of them",
        "Figure 1c: Axial CT on day 12",
    ];
    let found = figures(&[lines(72.0, 72.0, 24.0, 12.0, &legend), plate(0)]);
    assert_eq!(told(&found), [("Figure 1", legend.join(" ").as_str(), Some(2), "abc".to_owned())]);
    assert_eq!(found[0].panels[2].text, "Axial CT on day 12");
}

#[test]
fn parts_with_a_dash_belong_to_their_legends() {
    let first = [
        "Figure 1. Places of residence of the patients",
        "Figure 1-A. Flow of the patients",
        "Figure 1-B. Patients by province",
        "Shown are counts that the office published.",
    ];
    let second =
        ["Figure 2. Risk of the endpoint", "Figure 2-A. All patients", "Figure 2-B. Others"];
    let mut list = vec![bold(72.0, 52.0, 12.0, "Figure legends")];
    list.extend(lines(72.0, 82.0, 28.0, 11.0, &first));
    list.extend(lines(72.0, 252.0, 28.0, 11.0, &second));
    let found = figures(&[list, plate(0), plate(1)]);
    assert_eq!(
        told(&found),
        [
            ("Figure 1", first.join(" ").as_str(), Some(2), "AB".to_owned()),
            ("Figure 2", second.join(" ").as_str(), Some(3), "AB".to_owned())
        ]
    );
}

#[test]
fn a_comma_may_stand_behind_the_number() {
    let mut page = lines(
        72.0,
        72.0,
        14.0,
        12.0,
        &[
            "The numbers of patients grew for weeks (Figure 1) and fell from then on, as",
            "Figure 2 shows.",
        ],
    );
    page.push(Set::Picture([150.0, 120.0, 250.0, 200.0]));
    let first = [
        "Figure 1, Axial CT of the first patient, More than half is opaque in",
        "the lower lobes.",
    ];
    page.extend(lines(72.0, 340.0, 14.0, 12.0, &first));
    page.push(Set::Picture([150.0, 400.0, 250.0, 200.0]));
    let second = "Figure 2, Axial CT of the second patient on the day of admission";
    page.extend(lines(72.0, 620.0, 14.0, 12.0, &[second]));
    let found = figures(&[page]);
    assert_eq!(
        told(&found),
        [
            ("Figure 1", first.join(" ").as_str(), Some(1), String::new()),
            ("Figure 2", second, Some(1), String::new())
        ]
    );
    assert!(found.iter().all(|figure| figure.mentions.len() == 1));
}

#[test]
fn a_caption_that_goes_on_overleaf_is_one() {
    let mut first = vec![Set::Picture([90.0, 300.0, 400.0, 300.0])];
    let foot = [
        "Figure 1 Axial CT of the chest. On the day of admission there were opacities on the",
        "right side. (continued on next page...)",
    ];
    first.extend(lines(72.0, 780.0, 12.0, 9.0, &foot));
    let again = ["Figure 1 (...continued)", "On the eighth day they had become smaller."];
    let mut second = lines(72.0, 60.0, 12.0, 9.0, &again);
    second.extend(prose(72.0, 120.0, 10.0));
    let found = figures(&[first, second]);
    let whole = "Figure 1 Axial CT of the chest. On the day of admission there were opacities on the right \
                 side. On the eighth day they had become smaller.";
    assert_eq!(told(&found), [("Figure 1", whole, Some(1), String::new())]);
}

#[test]
fn a_title_without_full_stop_takes_no_paragraph() {
    let mut page = vec![Set::Picture([72.0, 72.0, 190.0, 150.0])];
    let title = "Figure 1 Axial CT on the day of admission";
    page.push(bold(72.0, 247.0, 10.0, title));
    let cites =
        ["The findings on the day of admission are shown", "in Figure 1. They were read again."];
    page.extend(lines(72.0, 272.0, 11.5, 10.0, &cites));
    page.extend(prose(72.0, 295.0, 10.0));
    page.extend(prose(330.0, 80.0, 10.0));
    let found = figures(&[page]);
    assert_eq!(told(&found), [("Figure 1", title, Some(1), String::new())]);
    let cited: Vec<&str> = found[0].mentions.iter().map(|mention| mention.text.as_str()).collect();
    assert_eq!(cited, ["The findings on the day of admission are shown in Figure 1."]);
}

#[test]
fn supplements_of_a_figure_have_a_name_of_their_own() {
    let mut page = vec![Set::Picture([90.0, 80.0, 400.0, 250.0])];
    page.extend(lines(90.0, 350.0, 14.0, 12.0, &["Fig 2-Supplementary figure 1. Departure only."]));
    page.push(Set::Picture([90.0, 420.0, 400.0, 250.0]));
    page.extend(lines(90.0, 690.0, 14.0, 12.0, &["Fig 2-Supplementary figure 2. Arrival only."]));
    let labels: Vec<String> =
        figures(&[page]).into_iter().filter_map(|figure| figure.label).collect();
    assert_eq!(labels, ["Figure 2-figure supplement 1", "Figure 2-figure supplement 2"]);
}

/// A bar chart by itself on a page: the axes of all are in one place.
fn chart(number: u8) -> Vec<Set> {
    let axes = [[100.0, 100.0, 0.8, 200.0], [100.0, 300.0, 320.0, 0.8]];
    let bar = |n: u8| {
        let height = 20.0 + 9.0 * f32::from((n * 3 + number * 5) % 11);
        [110.0 + 50.0 * f32::from(n), 300.0 - height, 30.0, height]
    };
    axes.into_iter().chain((0..6).map(bar)).map(Set::Box).collect()
}

#[test]
fn axes_in_one_place_on_most_pages_are_of_the_charts_and_none_of_the_papers_dress() {
    let legends: Vec<String> =
        (1..=5).map(|n| format!("Figure {n}. Cases in the region by week.")).collect();
    let legends: Vec<&str> = legends.iter().map(String::as_str).collect();
    let mut text = prose(72.0, 72.0, 11.0);
    text.extend(lines(72.0, 400.0, 24.0, 11.0, &legends));
    let mut pages = vec![text];
    pages.extend((1..=5).map(chart));
    let found = figures(&pages);
    let places: Vec<_> = found.iter().map(|figure| figure.page).collect();
    assert_eq!(places, [Some(2), Some(3), Some(4), Some(5), Some(6)]);
    for figure in &found {
        let bbox = figure.bbox.expect("a chart");
        assert!((bbox.y0 - 100.0).abs() < 1.0 && (bbox.x0 - 100.0).abs() < 1.0, "{bbox:?}");
    }
}

#[test]
fn a_picture_drawn_again_in_its_place_is_one_panel() {
    let caption = [
        "Figure 1. Scans of the patient. (A) Axial CT on admission. (B) Axial CT on day 6.",
        "(C) Axial CT on day 12. (D) Axial CT on day 20.",
    ];
    let (left, right) = ([90.0, 110.0, 180.0, 140.0], [280.0, 110.0, 180.0, 140.0]);
    let mut first = lines(72.0, 72.0, 12.0, 10.0, &caption);
    first.extend([left, right, left].map(Set::Picture));
    let mut second =
        vec![Set::Picture([90.0, 60.0, 180.0, 140.0]), Set::Picture([280.0, 60.0, 180.0, 140.0])];
    second.extend(prose(72.0, 230.0, 11.0));
    let found = figures(&[first, second]);
    assert_eq!(found.len(), 1, "{found:?}");
    let more: Vec<u32> = found[0].regions.iter().map(|region| region.page).collect();
    assert_eq!((found[0].page, more), (Some(1), vec![2]));
}
