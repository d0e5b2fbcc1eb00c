//! Pairings on pages set by hand.

use super::super::regions::Graphic;
use super::*;

fn caption(label: &str, page: u32, bbox: [f32; 4]) -> Caption {
    Caption {
        label: label.into(),
        kind: if label.starts_with("Table") { FigureKind::Table } else { FigureKind::Figure },
        text: format!("{label}. Chest CT"),
        page,
        bbox: bbox.into(),
        bare: false,
        continued: false,
        lines: Vec::new(),
    }
}

/// Pictures of a page, and its running text.
fn drawn(pictures: &[[f32; 4]], prose: &[[f32; 4]]) -> PageGraphics {
    let graphic = |bbox: &[f32; 4]| Graphic { bbox: (*bbox).into(), has_image: true };
    PageGraphics {
        graphics: pictures.iter().map(graphic).collect(),
        prose: prose.iter().map(|bbox| (*bbox).into()).collect(),
        ..PageGraphics::default()
    }
}

/// Where each caption, then each picture left over, came to lie: page, top and side.
fn placed(
    captions: &[Caption],
    marks: &[Caption],
    pages: &[PageGraphics],
) -> Vec<(Option<u32>, Option<f32>, Pairing)> {
    let paired = pair(captions, marks, pages, &vec![(600.0, 800.0); pages.len()]);
    paired.iter().map(|p| (p.page, p.bbox.map(|bbox| bbox.y0), p.pairing)).collect()
}

const UPPER: [f32; 4] = [100.0, 100.0, 500.0, 300.0];
const MIDDLE: [f32; 4] = [100.0, 310.0, 500.0, 340.0];
const LOWER: [f32; 4] = [100.0, 350.0, 500.0, 550.0];
const FOOT: [f32; 4] = [100.0, 560.0, 500.0, 590.0];

#[test]
fn a_caption_takes_the_picture_above_or_below_or_beside_it() {
    let caption = [caption("Figure 1", 1, MIDDLE)];
    let at = |picture: [f32; 4]| placed(&caption, &[], &[drawn(&[picture], &[])]);
    assert_eq!(at(UPPER), [(Some(1), Some(100.0), Pairing::Below)]);
    assert_eq!(at(LOWER), [(Some(1), Some(350.0), Pairing::Above)]);
    let right = [510.0, 300.0, 590.0, 350.0];
    assert_eq!(at(right), [(Some(1), Some(300.0), Pairing::Left)]);
    let left = [10.0, 300.0, 90.0, 350.0];
    assert_eq!(at(left), [(Some(1), Some(300.0), Pairing::Right)]);
}

#[test]
fn the_documents_habit_decides_between_two_pictures() {
    let under = [caption("Figure 1", 1, MIDDLE), caption("Figure 2", 1, FOOT)];
    let pictures = drawn(&[UPPER, LOWER], &[]);
    assert_eq!(
        placed(&under, &[], std::slice::from_ref(&pictures)),
        [(Some(1), Some(100.0), Pairing::Below), (Some(1), Some(350.0), Pairing::Below)]
    );
    let head = [100.0, 60.0, 500.0, 90.0];
    let nearer_below = [100.0, 316.0, 500.0, 346.0];
    let over = [caption("Figure 1", 1, head), caption("Figure 2", 1, nearer_below)];
    assert_eq!(
        placed(&over, &[], &[pictures]),
        [(Some(1), Some(100.0), Pairing::Above), (Some(1), Some(350.0), Pairing::Above)]
    );
}

#[test]
fn running_text_between_casts_doubt() {
    let captions = [caption("Figure 1", 1, FOOT)];
    let of = |page: PageGraphics| pair(&captions, &[], &[page], &[(600.0, 800.0)])[0].clone();
    let (near, apart) = (of(drawn(&[UPPER], &[])), of(drawn(&[UPPER], &[MIDDLE])));
    assert_eq!((near.pairing, apart.pairing), (Pairing::Below, Pairing::Below));
    // A page with one of each still leaves little choice, but some doubt.
    assert!(near.confidence >= 0.9 && apart.confidence < 0.8, "{near:?} {apart:?}");
    let small = [100.0, 100.0, 200.0, 200.0];
    assert_eq!(of(drawn(&[small], &[MIDDLE])).page, None);
}

#[test]
fn panels_side_by_side_are_one_figure() {
    let captions = [caption("Figure 1", 1, MIDDLE)];
    let halves = [[100.0, 100.0, 290.0, 300.0], [310.0, 100.0, 500.0, 300.0]];
    let paired = pair(&captions, &[], &[drawn(&halves, &[])], &[(600.0, 800.0)]);
    assert_eq!(paired.len(), 1);
    assert_eq!(paired[0].bbox, Some(UPPER.into()));
}

#[test]
fn a_legend_at_the_head_of_the_next_page_is_the_pictures() {
    let captions = [caption("Figure 1", 2, [100.0, 60.0, 500.0, 90.0])];
    let pages = [drawn(&[LOWER], &[]), drawn(&[], &[])];
    assert_eq!(placed(&captions, &[], &pages), [(Some(1), Some(350.0), Pairing::NextPage)]);
}

#[test]
fn a_list_of_legends_goes_with_the_pictures_after_it_in_order() {
    let captions = [caption("Figure 1", 1, UPPER), caption("Figure 2", 1, MIDDLE)];
    let pages = [drawn(&[], &[]), drawn(&[], &[]), drawn(&[UPPER], &[]), drawn(&[LOWER], &[])];
    assert_eq!(
        placed(&captions, &[], &pages),
        [(Some(3), Some(100.0), Pairing::LegendList), (Some(4), Some(350.0), Pairing::LegendList)]
    );
}

#[test]
fn marks_lead_legends_to_pictures_in_any_order() {
    let legends = [caption("Figure 1", 1, UPPER), caption("Figure 2", 1, MIDDLE)];
    let marks = [caption("Figure 2", 3, FOOT), caption("Figure 1", 4, FOOT)];
    let pages = [drawn(&[], &[]), drawn(&[], &[]), drawn(&[LOWER], &[]), drawn(&[UPPER], &[])];
    assert_eq!(
        placed(&legends, &marks, &pages),
        [(Some(4), Some(100.0), Pairing::LegendList), (Some(3), Some(350.0), Pairing::LegendList)]
    );
}

#[test]
fn a_table_takes_no_picture_from_a_figure() {
    let captions = [caption("Table 1", 1, MIDDLE)];
    let paired = placed(&captions, &[], &[drawn(&[UPPER], &[])]);
    assert_eq!(paired[0], (None, None, Pairing::Unpaired));
}

#[test]
fn two_captions_stacked_under_two_pictures_go_with_them_in_order() {
    let second = [100.0, 595.0, 500.0, 620.0];
    let captions = [caption("Figure 1", 1, FOOT), caption("Figure 2", 1, second)];
    let pages = [drawn(&[UPPER, LOWER], &[])];
    assert_eq!(
        placed(&captions, &[], &pages),
        [(Some(1), Some(100.0), Pairing::Below), (Some(1), Some(350.0), Pairing::Below)]
    );
}

#[test]
fn a_caption_in_a_margin_column_takes_the_picture_beside_it_not_the_one_below() {
    let aside = caption("Figure 1", 1, [50.0, 56.0, 162.0, 224.0]);
    let under = caption("Figure 2", 1, [50.0, 638.0, 544.0, 716.0]);
    let pictures = [[232.0, 55.0, 544.0, 368.0], [141.0, 391.0, 454.0, 631.0]];
    assert_eq!(
        placed(&[under, aside], &[], &[drawn(&pictures, &[])]),
        [(Some(1), Some(391.0), Pairing::Below), (Some(1), Some(55.0), Pairing::Left)]
    );
}

#[test]
fn a_caption_may_be_printed_over_a_corner_of_its_picture() {
    let captions = [caption("Figure 1", 1, [110.0, 110.0, 250.0, 180.0])];
    let paired = placed(&captions, &[], &[drawn(&[[100.0, 100.0, 500.0, 500.0]], &[])]);
    assert_eq!(paired, [(Some(1), Some(100.0), Pairing::Above)]);
}

#[test]
fn captions_overleaf_stay_with_the_picture_before_though_another_follows() {
    let head = [100.0, 60.0, 500.0, 90.0];
    let captions: Vec<Caption> =
        (1..=3).map(|n| caption(&format!("Figure {n}"), n + 1, head)).collect();
    let full = || drawn(&[[100.0, 100.0, 500.0, 700.0]], &[]);
    let pages = [full(), full(), full(), drawn(&[], &[])];
    let pages: Vec<Option<u32>> =
        placed(&captions, &[], &pages).into_iter().map(|(page, ..)| page).collect();
    // As likely set under their captions, but for the picture that then had none.
    assert_eq!(pages, [Some(1), Some(2), Some(3)]);
}

#[test]
fn a_mark_that_continues_a_figure_adds_its_page() {
    let captions = [caption("Figure 2", 1, FOOT)];
    let mark = Caption { continued: true, ..caption("Figure 2", 2, FOOT) };
    let other = [100.0, 100.0, 300.0, 500.0];
    let pages = [drawn(&[LOWER], &[]), drawn(&[other], &[])];
    let paired = pair(&captions, &[mark], &pages, &[(600.0, 800.0); 2]);
    assert_eq!(paired.len(), 1, "no picture is left");
    assert_eq!((paired[0].page, paired[0].bbox), (Some(1), Some(LOWER.into())));
    let place = Place { role: RegionRole::Continued, page: 2, bbox: other.into() };
    assert_eq!(paired[0].regions, [place]);
}

#[test]
fn several_pages_under_one_label_are_one_figure() {
    let legends = [caption("Figure 1", 1, UPPER)];
    let marks = [caption("Figure 1", 2, FOOT), caption("Figure 1", 3, FOOT)];
    let pages = [drawn(&[], &[]), drawn(&[LOWER], &[]), drawn(&[LOWER], &[])];
    let paired = pair(&legends, &marks, &pages, &[(600.0, 800.0); 3]);
    assert_eq!((paired.len(), paired[0].page), (1, Some(2)));
    assert_eq!((paired[0].regions[0].page, paired[0].regions[0].role), (3, RegionRole::Continued));
}

#[test]
fn bare_pages_of_the_same_shapes_are_copies() {
    let captions = [caption("Figure 1", 1, MIDDLE), caption("Figure 2", 2, MIDDLE)];
    let narrow = [200.0, 100.0, 400.0, 300.0];
    let copy = |x1: f32, y1: f32| drawn(&[[0.0, 0.0, x1, y1]], &[]);
    let pages =
        [drawn(&[UPPER], &[]), drawn(&[narrow], &[]), copy(600.0, 300.0), copy(500.0, 500.0)];
    let paired = pair(&captions, &[], &pages, &[(600.0, 800.0); 4]);
    let copies: Vec<(u32, RegionRole)> = paired
        .iter()
        .flat_map(|figure| figure.regions.iter().map(|place| (place.page, place.role)))
        .collect();
    assert_eq!(copies, [(3, RegionRole::Copy), (4, RegionRole::Copy)]);
    assert_eq!(paired.len(), 2, "no picture is left");
}

#[test]
fn a_picture_nobody_captions_is_reported() {
    let captions = [caption("Figure 1", 1, MIDDLE)];
    let pages = [drawn(&[UPPER], &[]), drawn(&[LOWER], &[MIDDLE; 5])];
    let paired = placed(&captions, &[], &pages);
    assert_eq!(paired[1], (Some(2), Some(350.0), Pairing::Unpaired));
}

#[test]
fn columns_of_text_level_with_a_drawing_belong_to_it() {
    let captions = [caption("Figure 1", 1, MIDDLE)];
    let tree = [110.0, 100.0, 250.0, 300.0];
    let column = |x0: f32| [x0, 150.0, x0 + 30.0, 160.0].into();
    let mut page = drawn(&[tree], &[]);
    page.labels = [270.0, 320.0, 370.0, 520.0].map(column).to_vec();
    let paired = pair(&captions, &[], &[page], &[(600.0, 800.0)]);
    // The last column stands past the caption's edge.
    assert_eq!(paired[0].bbox, Some([110.0, 100.0, 400.0, 300.0].into()));
}

#[test]
fn many_captions_are_paired_in_time() {
    let captions: Vec<Caption> =
        (0..2000).map(|n| caption(&format!("Figure {n}"), n + 1, MIDDLE)).collect();
    let pages: Vec<PageGraphics> = (0..2000).map(|_| drawn(&[UPPER, LOWER], &[])).collect();
    let paired = pair(&captions, &[], &pages, &vec![(600.0, 800.0); 2000]);
    assert!(paired.iter().take(2000).all(|figure| figure.page.is_some()));
}
