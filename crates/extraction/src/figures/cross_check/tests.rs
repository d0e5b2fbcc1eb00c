//! One test a kind of fault, on what an extraction with that fault hands over.

use proptest::prelude::*;

use super::super::by_hand::{line, page};
use super::super::cleaning::TextLine;
use super::super::{Composition, Mention, Pairing};
use super::*;
use crate::pdf::Levels;

fn sheet(text: &PageText) -> Sheet<'_> {
    Sheet {
        text,
        turned: Vec::new(),
        glyphs: Glyphs::default(),
        characters: 0,
        pictures: Vec::new(),
        shapes: Shapes::default(),
    }
}

fn shapes(paths: impl Iterator<Item = Rect>, text: &PageText) -> Shapes {
    Shapes::of(paths, text.width * text.height)
}

/// A figure whose caption and graphic are on these pages.
fn figure(caption: &str, caption_page: u32, page: Option<u32>) -> Figure {
    let label = crate::figures::read_label(caption).expect("a caption");
    Figure {
        label: Some(label.name),
        kind: label.kind,
        caption: caption.into(),
        caption_page: Some(caption_page),
        page,
        bbox: page.map(|_| Rect::new(100.0, 100.0, 400.0, 300.0)),
        composition: page.map(|_| Composition::Raster),
        pairing: if page.is_some() { Pairing::Below } else { Pairing::Unpaired },
        confidence: 0.9,
        ..Figure::default()
    }
}

fn cited(figure: Figure) -> Figure {
    let mention = Mention { page: 1, text: "See it.".into(), panels: Vec::new() };
    Figure { mentions: vec![mention], ..figure }
}

/// A graphic without a caption.
fn picture(page: u32, bbox: Rect) -> Figure {
    let captioned = figure("Figure 1. CT.", 1, Some(page));
    Figure {
        label: None,
        caption: String::new(),
        caption_page: None,
        bbox: Some(bbox),
        ..captioned
    }
}

const LARGE: Rect = Rect { x0: 100.0, y0: 100.0, x1: 400.0, y1: 300.0 };

fn lines(texts: &[&str]) -> Vec<TextLine> {
    texts.iter().zip(0_u8..).map(|(text, n)| line(text, 72.0, 72.0 + 14.0 * f32::from(n))).collect()
}

/// The kinds and labels told of pages with these lines and figures.
fn told(pages: &[&[&str]], figures: &[Figure]) -> Vec<(SuspectKind, String)> {
    let pages: Vec<PageText> =
        pages.iter().zip(1..).map(|(texts, number)| page(number, lines(texts))).collect();
    of_sheets(&pages.iter().map(sheet).collect::<Vec<_>>(), figures)
}

fn of_sheets(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<(SuspectKind, String)> {
    let found = in_order(check(sheets, figures));
    found.into_iter().map(|found| (found.kind, found.label.unwrap_or_default())).collect()
}

fn about(kind: SuspectKind, label: &str) -> (SuspectKind, String) {
    (kind, label.into())
}

#[test]
fn a_paper_that_agrees_with_itself_is_no_suspect() {
    let texts: [&[&str]; 2] = [
        &["The lesions grew (Figure 1 and Fig. 2a–c), as Figure", "2 shows."],
        &["Figure 1. CT on the day of admission.", "Figure 2. CT a week later."],
    ];
    let figures = [
        cited(figure("Figure 1. CT on the day of admission.", 2, Some(2))),
        cited(figure("Figure 2. CT a week later.", 2, Some(2))),
    ];
    assert_eq!(told(&texts, &figures), []);
}

#[test]
fn figures_that_only_the_text_knows_are_told() {
    let found = [cited(figure("Figure 1. CT.", 1, Some(1)))];
    let text = ["Both grew (Figures 1–3, and Fig. 4A)."];
    let missing = ["Figure 2", "Figure 3", "Figure 4"];
    assert_eq!(
        told(&[&text], &found),
        missing.map(|label| about(SuspectKind::FigureNotFound, label))
    );
}

#[test]
fn captions_that_were_not_taken_for_such_are_told_with_their_page() {
    let text = page(3, lines(&["Figure 1, Distribution of the patients by age"]));
    let found = check(&[sheet(&text)], &[]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].page), (SuspectKind::FigureNotFound, Some(3)));
    assert!(
        found[0].reason.contains("a line on page 3 begins with Figure 1"),
        "{}",
        found[0].reason
    );
    // A label of another noun counts where a line begins with it as captions do.
    let chart = told(&[&["Plate 2. The apparatus.", "as on Map 3 of the atlas"]], &[]);
    assert_eq!(chart, [about(SuspectKind::FigureNotFound, "Plate 2")]);
}

#[test]
fn captions_set_sideways_are_told() {
    let text = page(1, Vec::new());
    let sideways = line("Figure 1. Axial CT of the chest.", 72.0, 72.0).line;
    let sheet = Sheet { turned: vec![&sideways], ..sheet(&text) };
    assert_eq!(of_sheets(&[sheet], &[]), [about(SuspectKind::FigureNotFound, "Figure 1")]);
}

#[test]
fn a_gap_in_the_numbers_is_told_at_the_next_caption() {
    let figures = [1, 2, 5].map(|n| cited(figure(&format!("Figure {n}. CT."), n, Some(n))));
    let text: Vec<PageText> = (1..=5).map(|number| page(number, Vec::new())).collect();
    let sheets: Vec<Sheet<'_>> = text.iter().map(sheet).collect();
    let gaps = check(&sheets, &figures);
    let gaps: Vec<_> = gaps.iter().map(|gap| (gap.kind, gap.page, gap.label.as_deref())).collect();
    let missing = |label| (SuspectKind::NumberMissing, Some(5), Some(label));
    assert_eq!(gaps, [missing("Figure 3"), missing("Figure 4")]);
    // A year, or a number with that of a reference behind it, makes no gap.
    let odd = [1, 2020].map(|n| cited(figure(&format!("Figure {n}. CT."), 1, Some(1))));
    assert_eq!(told(&[&["Figure 1. CT."]], &odd), []);
    assert_eq!(
        told(&[&["as before (Figure 112)."]], &[cited(figure("Figure 1. CT.", 1, Some(1)))]),
        []
    );
}

#[test]
fn figures_of_others_and_of_supplements_are_no_missing_ones() {
    for text in [
        "as in Figure 4 of Huang et al.",
        "(see Fig. 3 in the Supplement)",
        "in online supplementary table 5 and figure 6.",
        "of both clusters (Sup. Fig. 6).",
        "see Figure 3S and Figure 4S.",
        "in Figure 2 of [12] and Figure 3 of ref. 9",
        "www.example.org/facts-and-figures. 3. Wilson D",
        "Huang et al. Fig. 2",
    ] {
        let found = told(&[&[text]], &[]);
        assert!(found.iter().all(|(kind, _)| !kind.counts()), "{text}: {found:?}");
    }
}

#[test]
fn supplementary_figures_are_a_note_unless_others_of_them_are_here() {
    let text = ["See Figures S1–S3 and Extended Data Fig. 2."];
    let notes = told(&[&text], &[]);
    let note = |label| about(SuspectKind::SupplementNotFound, label);
    assert_eq!(notes, [note(""), note("Extended Data Figure 2")]);
    let shown =
        ["Figure S1. CT.", "Figure S3. CT."].map(|caption| cited(figure(caption, 1, Some(1))));
    let lost = told(&[&["See Figures S1–S3."]], &shown);
    assert_eq!(lost, [about(SuspectKind::FigureNotFound, "Figure S2")]);
    // Their captions alone are what many manuscripts print.
    let legend = [cited(figure("Figure S1. CT.", 1, None))];
    assert_eq!(told(&[&[]], &legend), [about(SuspectKind::SupplementNoGraphic, "Figure S1")]);
}

#[test]
fn captions_without_graphics_and_labels_on_two_captions_are_told() {
    let figures =
        [cited(figure("Figure 1-A. CT.", 1, Some(1))), cited(figure("Figure 1-B. CT.", 2, None))];
    let figures = figures.map(|figure| Figure { label: Some("Figure 1".into()), ..figure });
    assert_eq!(
        told(&[&[], &[]], &figures),
        [about(SuspectKind::LabelTwice, "Figure 1"), about(SuspectKind::NoGraphic, "Figure 1")]
    );
}

#[test]
fn large_graphics_without_captions_are_told_and_mastheads_are_not() {
    let alone = about(SuspectKind::NoCaption, "");
    assert_eq!(told(&[&[]], &[picture(1, LARGE)]), std::slice::from_ref(&alone));
    assert_eq!(told(&[&[]], &[picture(1, Rect::new(100.0, 100.0, 160.0, 160.0))]), [], "an icon");
    let banner = Rect::new(50.0, 60.0, 550.0, 160.0);
    assert_eq!(told(&[&[]], &[picture(1, banner)]), []);
    let ornament = Rect::new(300.0, 0.0, 600.0, 200.0);
    assert_eq!(told(&[&[]], &[picture(1, ornament)]), []);
    let pages: [&[&str]; 4] = [&[]; 4];
    assert_eq!(told(&pages, &[picture(4, banner)]), [alone]);
}

#[test]
fn drawings_on_a_page_of_no_figure_are_told() {
    let text: Vec<PageText> = (1..=4).map(|number| page(number, Vec::new())).collect();
    let bars = (0..50_u8).map(|n| {
        let x = 100.0 + 8.0 * f32::from(n);
        Rect::new(x, 200.0, x + 6.0, 420.0)
    });
    let drawn: Vec<Sheet<'_>> = text
        .iter()
        .map(|text| Sheet { shapes: shapes(bars.clone(), text), ..sheet(text) })
        .collect();
    let found = check(&drawn, &[]);
    assert_eq!(found.len(), 1, "the first pages may bear a journal's dress: {found:?}");
    assert_eq!((found[0].kind, found[0].page), (SuspectKind::NoCaption, Some(4)));
    let claimed = [cited(figure("Figure 1. Ages.", 4, Some(4)))];
    assert_eq!(of_sheets(&drawn, &claimed), []);
    let rules = (0..50_u8).map(|n| Rect::new(72.0, 9.0 * f32::from(n), 500.0, 9.0 * f32::from(n)));
    let ruled = Sheet { shapes: shapes(rules, &text[3]), ..sheet(&text[3]) };
    assert_eq!(of_sheets(&[ruled], &[]), [], "a table");
}

#[test]
fn captions_of_a_list_and_graphics_in_different_orders_are_told() {
    let from_list = |caption, page| Figure {
        pairing: Pairing::LegendList,
        ..cited(figure(caption, 1, Some(page)))
    };
    let pages: [&[&str]; 4] = [&[]; 4];
    let crossed = [from_list("Figure 1. CT.", 4), from_list("Figure 2. CT.", 3)];
    assert_eq!(told(&pages, &crossed), [about(SuspectKind::OutOfOrder, "Figure 2")]);
    let beside = crossed.map(|figure| Figure { pairing: Pairing::Below, ..figure });
    assert_eq!(told(&pages, &beside), [], "a caption beside its graphic is sure");
}

#[test]
fn captions_that_hold_running_text_or_break_off_are_told() {
    let kind_of = |caption: &str| told(&[&[]], &[figure(caption, 1, Some(1))]);
    let own = "Figure 1 Axial CT. The findings on the day of admission are shown in Figure 1.";
    assert_eq!(kind_of(own), [about(SuspectKind::CaptionRunsOn, "Figure 1")]);
    assert_eq!(told(&[&[]], &[cited(figure(own, 1, Some(1)))]), [], "others cite it too");
    let parts = "Figure 1. Recruitment. Figure 1-A. By week. Figure 1-B. By centre.";
    assert_eq!(kind_of(parts), [], "parts of one legend");
    assert_eq!(kind_of("Figure 1. CT of the"), [about(SuspectKind::CaptionCut, "Figure 1")]);
    assert_eq!(kind_of("Figure 1. CT of pneu-"), [about(SuspectKind::CaptionCut, "Figure 1")]);
    assert_eq!(kind_of("Figure 1."), [about(SuspectKind::CaptionBare, "Figure 1")]);
    assert_eq!(kind_of("Figure 1. CT of the chest"), [], "a title needs no full stop");
}

#[test]
fn pictures_over_one_another_are_told_and_insets_are_not() {
    let text = page(1, Vec::new());
    let layered = |second: Rect| {
        let figures = [Figure { images: vec![0, 1], ..cited(figure("Figure 1. CT.", 1, Some(1))) }];
        let sheet = Sheet { pictures: vec![(LARGE, false), (second, false)], ..sheet(&text) };
        of_sheets(&[sheet], &figures)
    };
    let over = Rect::new(150.0, 100.0, 400.0, 300.0);
    assert_eq!(layered(over), [about(SuspectKind::PicturesLayered, "Figure 1")]);
    assert_eq!(layered(Rect::new(100.0, 100.0, 160.0, 160.0)), [], "an inset");
    assert_eq!(layered(Rect::new(400.0, 100.0, 700.0, 300.0)), [], "side by side");
}

#[test]
fn pages_that_are_scans_are_told() {
    let whole = (Rect::new(0.0, 0.0, 600.0, 800.0), false);
    let scan = |texts: &[&str], glyphs, pictures: &[(Rect, bool)]| {
        let text = page(1, lines(texts));
        let sheet = Sheet { glyphs, pictures: pictures.to_vec(), ..sheet(&text) };
        of_sheets(&[sheet], &[picture(1, LARGE)])
            .iter()
            .any(|(kind, _)| *kind == SuspectKind::ScannedPage)
    };
    let unseen = Glyphs { shown: 30, invisible: 30 };
    assert!(scan(&["a line"], unseen, &[whole]), "invisible text");
    assert!(scan(&["a line of text"; 9], Glyphs::default(), &[whole]), "text behind or over it");
    assert!(!scan(&["a line"], Glyphs { invisible: 0, ..unseen }, &[whole]), "a figure of a page");
    assert!(!scan(&["a line of text"; 9], Glyphs::default(), &[(whole.0, true)]), "a ground");
}

#[test]
fn text_that_was_not_read_is_told() {
    let kinds = |texts: &[&str], glyphs: u32, characters: usize| {
        let text = page(1, lines(texts));
        let glyphs = Glyphs { shown: glyphs, invisible: 0 };
        of_sheets(&[Sheet { glyphs, characters, ..sheet(&text) }], &[])
    };
    let unread = [about(SuspectKind::TextUnread, "")];
    assert_eq!(kinds(&[], 900, 300), unread, "a third of the glyphs");
    assert_eq!(kinds(&[], 900, 800), []);
    assert_eq!(kinds(&[], 30, 0), [], "too few to tell");
    let glued = ["Allpatientswereexaminedonthedayofadmission"; 4];
    assert_eq!(kinds(&glued, 0, 0), unread);
    assert_eq!(kinds(&["https://www.example.org/averylongaddressthatgoeson"; 4], 0, 0), []);
    assert_eq!(kinds(&["\u{fffd}\u{fffd}\u{e001} ab cd"], 0, 0), unread);
}

#[test]
fn what_several_pages_have_is_told_once() {
    let text: Vec<PageText> = [2, 4]
        .map(|number| page(number, lines(&["Allpatientswereexaminedonthedayofadmission"; 4])))
        .into();
    let found = check(&text.iter().map(sheet).collect::<Vec<_>>(), &[]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].page, Some(2));
    assert!(found[0].reason.ends_with("(pages 2 and 4)"), "{}", found[0].reason);
}

#[test]
fn what_another_reader_sees_is_told() {
    let text = |text: &str| vec![String::new(), text.to_owned()];
    let second = text("Running text.\nFigure 2. Axial CT of the chest.\nSee Figure 1.");
    let found = [figure("Figure 1. CT.", 1, Some(1))];
    let told = other_readings(&text("Running text."), &second, &found);
    let told: Vec<_> = told.iter().map(|one| (one.kind, one.page, one.label.as_deref())).collect();
    assert_eq!(told, [(SuspectKind::ReadingsDiffer, Some(2), Some("Figure 2"))]);
    assert_eq!(other_readings(&text("(Fig. 2)"), &second, &found), [], "both see it");
    assert_eq!(other_readings(&text(""), &text("See Figure 112."), &found), [], "a reference");
}

#[test]
fn pictures_that_show_nothing_are_told() {
    let plain = |darkest, lightest, bbox| {
        let levels = Levels { darkest, lightest };
        let look = DecodedPicture { page: 1, bbox, xref: Some(7), levels };
        !plain_pictures(1, &LARGE, Some("Figure 1"), &[look]).is_empty()
    };
    assert!(plain(0, 47, LARGE), "nearly black");
    assert!(plain(120, 126, LARGE), "one grey");
    assert!(!plain(0, 230, LARGE));
    assert!(!plain(250, 255, LARGE), "white paper");
    assert!(!plain(0, 47, Rect::new(100.0, 100.0, 200.0, 200.0)), "a part of the figure");
    let lost = lost_picture(3, "it is broken");
    assert_eq!((lost.kind, lost.page), (SuspectKind::PictureLost, Some(3)));
}

#[test]
fn pages_are_named_in_words() {
    assert_eq!(named_pages(&[3]), "page 3");
    assert_eq!(named_pages(&[3, 5]), "pages 3 and 5");
    assert_eq!(named_pages(&[3, 5, 8]), "pages 3, 5 and 8");
    assert_eq!(named_pages(&[1, 2, 3, 4, 5, 6, 7]), "pages 1, 2, 3, 4, 5, 6 and others");
}

proptest! {
    #[test]
    fn any_text_is_checked(
        texts in proptest::collection::vec(
            "((Supplementary |S1 |Figure|Fig\\.?|Figs\\.?|Table|Extended Data Fig\\.|et al\\. )[ .]{0,2}[0-9SA-D]{0,4}[ .:|,)–-]{0,2}|[A-Da-z., ]{0,30}|\\PC){1,6}",
            0..8,
        ),
    ) {
        let texts: Vec<&str> =
            texts.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
        let found = told(&[&texts], &[cited(figure("Figure 1. CT.", 1, Some(1)))]);
        prop_assert!(found.windows(2).all(|pair| pair[0] != pair[1]), "{found:?}");
        other_readings(&[texts.join("\n")], &[texts.concat()], &[]);
    }
}
