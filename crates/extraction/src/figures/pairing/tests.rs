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
fn a_list_of_legends_goes_with_the_pictures_before_it_in_order() {
    let at = |n: u32| [100.0, 60.0 + 40.0 * n as f32, 500.0, 80.0 + 40.0 * n as f32];
    let legend = |n: u32| caption(&format!("Figure {n}"), 12, at(n));
    let mut captions: Vec<Caption> = (1..=9).map(legend).collect();
    for n in 1..=2 {
        let kind = FigureKind::Supplementary;
        captions.push(Caption { kind, ..caption(&format!("Figure S{n}"), 12, at(9 + n)) });
    }
    let text = [[100.0, 60.0, 500.0, 70.0]; 5];
    let mut pages = vec![drawn(&[], &text), drawn(&[], &text)];
    pages.extend((0..9).map(|_| drawn(&[UPPER], &[])));
    pages.push(drawn(&[], &[]));
    let found = placed(&captions, &[], &pages);
    let found: Vec<Option<u32>> = found.into_iter().map(|(page, ..)| page).collect();
    assert_eq!(found[..9], (3..=11).map(Some).collect::<Vec<_>>());
    assert_eq!(found[9..], [None, None]);
}

#[test]
fn of_supplementary_legends_the_first_has_the_only_picture_left() {
    let at = |n: u32| [100.0, 60.0 + 40.0 * n as f32, 500.0, 80.0 + 40.0 * n as f32];
    let mut captions = vec![caption("Figure 1", 1, at(0))];
    for n in 1..=5 {
        let kind = FigureKind::Supplementary;
        captions.push(Caption { kind, ..caption(&format!("Figure S{n}"), 1, at(n)) });
    }
    let pages = [drawn(&[], &[]), drawn(&[UPPER], &[]), drawn(&[UPPER], &[])];
    let found = placed(&captions, &[], &pages);
    let found: Vec<Option<u32>> = found.into_iter().map(|(page, ..)| page).collect();
    assert_eq!(found, [Some(2), Some(3), None, None, None, None]);
}

#[test]
fn a_short_caption_at_the_edge_has_the_narrow_picture_in_the_middle() {
    let captions = [caption("Figure 1", 1, [72.0, 310.0, 180.0, 322.0])];
    let narrow = [220.0, 100.0, 380.0, 300.0];
    let at = |prose: &[[f32; 4]]| placed(&captions, &[], &[drawn(&[narrow], prose)])[0];
    assert_eq!(at(&[[72.0, 340.0, 540.0, 350.0]]), (Some(1), Some(100.0), Pairing::Below));
    assert_eq!(at(&[[72.0, 200.0, 180.0, 210.0]]).0, None, "text in the caption's column");
}

#[test]
fn rows_behind_the_narrow_picture_beyond_a_short_caption_are_of_its_figure() {
    let captions = [caption("Figure 1", 1, [72.0, 510.0, 180.0, 522.0])];
    let (near, far) = ([220.0, 300.0, 580.0, 490.0], [220.0, 100.0, 580.0, 295.0]);
    let at = |rows: &[[f32; 4]]| placed(&captions, &[], &[drawn(rows, &[])]);
    assert_eq!(at(&[far, near]), [(Some(1), Some(100.0), Pairing::Below)]);
    let apart = at(&[[220.0, 60.0, 580.0, 200.0], near]);
    assert_eq!(apart[0].1, Some(300.0), "too far behind");
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

#[test]
fn a_missing_legend_leaves_its_page_and_shifts_none() {
    let line = |label: &str, y: f32| caption(label, 1, [100.0, y, 500.0, y + 12.0]);
    let legends = [("Figure 1", 100.0), ("Figure 2", 120.0), ("Figure 5", 140.0)];
    let legends = legends.map(|(label, y)| line(label, y));
    let pages = |count: usize| -> Vec<PageGraphics> {
        let pictures = std::iter::repeat_with(|| drawn(&[UPPER], &[])).take(count);
        std::iter::once(drawn(&[], &[])).chain(pictures).collect()
    };
    let on = |count: usize| -> Vec<Option<u32>> {
        placed(&legends, &[], &pages(count)).into_iter().map(|(page, ..)| page).take(3).collect()
    };
    assert_eq!(on(5), [Some(2), Some(3), Some(6)]);
    // With as many pages as legends the number was never given.
    assert_eq!(on(3), [Some(2), Some(3), Some(4)]);
}

#[test]
fn legends_of_supplementary_figures_are_left_first() {
    let mut legends: Vec<Caption> = ["Figure S1", "Figure S2", "Figure 1", "Figure 2"]
        .iter()
        .zip([100.0, 120.0, 140.0, 160.0])
        .map(|(label, y)| caption(label, 1, [100.0, y, 500.0, y + 12.0]))
        .collect();
    legends[..2].iter_mut().for_each(|legend| legend.kind = FigureKind::Supplementary);
    let pages = [drawn(&[], &[]), drawn(&[UPPER], &[]), drawn(&[LOWER], &[])];
    let pages: Vec<Option<u32>> =
        placed(&legends, &[], &pages).into_iter().map(|(page, ..)| page).collect();
    assert_eq!(pages, [None, None, Some(2), Some(3)]);
}

#[test]
fn a_list_that_comes_out_even_is_surer_than_one_that_does_not() {
    let legends: Vec<Caption> = (1..=3)
        .map(|n| {
            caption(
                &format!("Figure {n}"),
                1,
                [100.0, 30.0 * n as f32, 500.0, 30.0 * n as f32 + 12.0],
            )
        })
        .collect();
    let sure = |pictures: usize| {
        let mut pages = vec![drawn(&[], &[])];
        pages.extend((0..pictures).map(|_| drawn(&[UPPER], &[])));
        pair(&legends, &[], &pages, &vec![(600.0, 800.0); pages.len()])[0].confidence
    };
    assert_eq!(sure(3), 0.9);
    assert!(sure(2) <= 0.55 && sure(4) <= 0.55);
}

#[test]
fn a_caption_without_graphic_casts_doubt_on_the_one_beside_it() {
    let (left, right) = ([100.0, 310.0, 290.0, 340.0], [310.0, 310.0, 500.0, 340.0]);
    let captions = [caption("Figure 1", 1, left), caption("Figure 2", 1, right)];
    let paired = pair(&captions, &[], &[drawn(&[UPPER], &[])], &[(600.0, 800.0)]);
    assert_eq!((paired[0].page, paired[1].page), (Some(1), None));
    assert!(paired[0].confidence <= 0.55, "{}", paired[0].confidence);
}

#[test]
fn the_picture_right_above_a_caption_is_its_own_though_a_page_bears_its_label() {
    let captions = [caption("Figure 1", 1, MIDDLE)];
    let marks = [caption("Figure 1", 2, FOOT)];
    let pages = [drawn(&[UPPER], &[]), drawn(&[LOWER, UPPER], &[])];
    assert_eq!(placed(&captions, &marks, &pages)[0], (Some(1), Some(100.0), Pairing::Below));
}

/// A page with tables, and nothing else drawn.
fn tabled(tables: &[[f32; 4]], prose: &[[f32; 4]]) -> PageGraphics {
    let tables = tables.iter().map(|bbox| (*bbox).into()).collect();
    PageGraphics { tables, ..drawn(&[], prose) }
}

#[test]
fn a_table_goes_with_its_caption_and_on_overleaf_and_to_no_figure() {
    let captions = [caption("Table 1", 1, MIDDLE), caption("Figure 1", 2, FOOT)];
    let pages = [tabled(&[LOWER], &[]), tabled(&[UPPER], &[]), drawn(&[UPPER], &[])];
    let paired = pair(&captions, &[], &pages, &[(600.0, 800.0); 3]);
    assert_eq!(paired.len(), 2, "no table is left");
    assert_eq!((paired[0].page, paired[0].pairing), (Some(1), Pairing::Above));
    let rest = Place { role: RegionRole::Continued, page: 2, bbox: UPPER.into() };
    assert_eq!(paired[0].regions, [rest]);
    assert_eq!(paired[1].page, Some(3));
}

#[test]
fn a_table_stands_over_its_caption_or_on_the_next_page_or_is_nobodys() {
    let over = [caption("Table 1", 1, MIDDLE)];
    let at = |captions: &[Caption], pages: &[PageGraphics]| placed(captions, &[], pages);
    let page = tabled(&[UPPER], &[]);
    assert_eq!(at(&over, &[page]), [(Some(1), Some(100.0), Pairing::Below)]);
    let foot = [caption("Table 1", 1, FOOT)];
    let pages = [tabled(&[], &[UPPER]), tabled(&[UPPER], &[])];
    assert_eq!(at(&foot, &pages), [(Some(2), Some(100.0), Pairing::PreviousPage)]);
    let paired = pair(&[], &[], &[tabled(&[UPPER], &[])], &[(600.0, 800.0)]);
    assert!(paired[0].table && paired[0].caption.is_none());
    let mark = Caption { continued: true, ..caption("Table 1", 3, [100.0, 60.0, 500.0, 90.0]) };
    let pages = [tabled(&[LOWER], &[]), drawn(&[], &[MIDDLE]), tabled(&[UPPER], &[])];
    let paired = pair(&[caption("Table 1", 1, MIDDLE)], &[mark], &pages, &[(600.0, 800.0); 3]);
    assert_eq!((paired.len(), paired[0].regions[0].page), (1, 3));
}

#[test]
fn a_piece_of_a_table_at_the_head_of_the_next_page_is_no_picture() {
    let title = [caption("Table 1", 1, MIDDLE)];
    let piece = [100.0, 60.0, 500.0, 140.0];
    let texts = |count: usize| -> Vec<Rect> {
        (0..count)
            .map(|n| [110.0 + 50.0 * n as f32, 80.0, 140.0 + 50.0 * n as f32, 90.0].into())
            .collect()
    };
    let taken = |piece: [f32; 4], cells: usize| {
        let second = PageGraphics { labels: texts(cells), ..drawn(&[piece], &[]) };
        let paired = pair(&title, &[], &[tabled(&[LOWER], &[]), second], &[(600.0, 800.0); 2]);
        paired.len() == 1 && paired[0].regions.len() == 1
    };
    assert!(taken(piece, 7));
    assert!(!taken(piece, 2), "a picture with letters on it");
    assert!(!taken([150.0, 60.0, 500.0, 140.0], 7), "of another width");
}

#[test]
fn boxes_beside_a_flow_chart_and_heads_over_a_plot_belong_to_the_figure_of_a_bare_page() {
    let list = [caption("Figure 1", 1, UPPER), caption("Figure 2", 1, LOWER)];
    let chart = [150.0, 200.0, 500.0, 600.0];
    let page = |labels: &[[f32; 4]], paths: &[[f32; 4]]| PageGraphics {
        labels: labels.iter().map(|bbox| (*bbox).into()).collect(),
        paths: paths.iter().map(|bbox| (*bbox).into()).collect(),
        ..drawn(&[chart], &[])
    };
    let flow = page(&[], &[[80.0, 250.0, 105.0, 330.0], [80.0, 400.0, 105.0, 480.0]]);
    let heads = page(
        &[[160.0, 100.0, 190.0, 108.0], [160.0, 146.0, 190.0, 154.0], [160.0, 20.0, 190.0, 28.0]],
        &[],
    );
    let pages = [drawn(&[], &[]), flow, heads];
    let paired = pair(&list, &[], &pages, &[(600.0, 800.0); 3]);
    assert_eq!(paired[0].bbox, Some([80.0, 200.0, 500.0, 600.0].into()));
    assert_eq!(
        paired[1].bbox,
        Some([150.0, 100.0, 500.0, 600.0].into()),
        "but not the page's head"
    );
}

/// A figure of two panels of four on the first page, and the pictures of the second.
fn overleaf(letters: [&str; 2], second: &[[f32; 4]], text: &str) -> Vec<Paired> {
    let captions = [Caption { text: text.into(), ..caption("Figure 1", 1, FOOT) }];
    let on = |pictures: &[[f32; 4]], letters: &str| {
        let mut page = drawn(pictures, &[]);
        page.pictures = pictures.iter().map(|bbox| (*bbox).into()).collect();
        let corner = |bbox: &[f32; 4]| Rect::new(bbox[0], bbox[1], bbox[0] + 8.0, bbox[1] + 8.0);
        page.letters = letters.chars().zip(pictures.iter().map(corner)).collect();
        page
    };
    let pages = [on(&[LEFT, RIGHT], letters[0]), on(second, letters[1])];
    pair(&captions, &[], &pages, &[(600.0, 800.0); 2])
}

const LEFT: [f32; 4] = [100.0, 350.0, 290.0, 550.0];
const RIGHT: [f32; 4] = [310.0, 350.0, 500.0, 550.0];
const FOUR: &str = "Figure 1. CT. (A) Day 1. (B) Day 3. (C) Day 5. (D) Day 9.";

#[test]
fn panels_overleaf_go_on_by_letter_by_number_or_by_place() {
    let went_on = |paired: &[Paired]| {
        let places = paired.iter().flat_map(|figure| &figure.regions);
        places.filter(|place| place.role == RegionRole::Continued).count() == 1
    };
    let tall = [100.0, 100.0, 250.0, 550.0];
    assert!(went_on(&overleaf(["AB", "CD"], &[LEFT, RIGHT], FOUR)), "letters go on");
    let beside = [300.0, 100.0, 450.0, 550.0];
    assert!(went_on(&overleaf(["", ""], &[tall, beside], FOUR)), "four pictures for four panels");
    let by_place = overleaf(["", ""], &[tall], FOUR);
    assert!(went_on(&by_place) && by_place[0].confidence <= 0.7, "where it would go on");
    assert!(!went_on(&overleaf(["AB", "AB"], &[LEFT, RIGHT], FOUR)), "begins anew");
    let two = "Figure 1. CT. (A) Day 1. (B) Day 3.";
    assert!(!went_on(&overleaf(["AB", ""], &[LEFT, RIGHT], two)), "has its panels");
}
