//! From lines of text and placed images to figures: pure functions over `pdf` types.
//!
//! `cleaning` takes banners and margin numbers off, `captions` finds the captions, `regions` the
//! graphics, `pairing` puts them together, `parts` looks into each figure, and `mentions` adds the
//! sentences that cite them. `cross_check` holds what came out against what the document says and draws.

mod arbitrary;
mod bare;
#[cfg(test)]
mod by_hand;
mod captions;
mod citations;
mod cleaning;
mod cross_check;
mod extent;
mod furniture;
mod join;
mod label;
mod line_numbers;
#[cfg(test)]
mod manuscripts;
mod mentions;
mod pairing;
mod parts;
mod printed;
mod record;
mod regions;
mod sideways;
mod sub_captions;

pub use arbitrary::read_arbitrary;
pub use cleaning::{PageText, TextLine, clean, text_page};
pub use cross_check::{
    DecodedPicture, Gravity, Suspect, SuspectKind, cross_check, in_order, is_strange, lost_picture,
    other_readings, plain_pictures,
};
pub use furniture::{FURNITURE_PAGES, Furniture};
pub use join::joined;
pub use label::{Ending, Label, Part, normalise, read as read_label};
#[doc(hidden)]
pub use printed::letter as panel_letter;
pub use record::{
    Composition, Figure, FigureKind, FigureRecord, ICON_SIDE, ImageOrigin, ImageRecord, Mention,
    Overlay, OverlayKind, Pairing, Panel, Region, RegionRole,
};
pub use sideways::{set_upright, upright};
pub use sub_captions::{SubCaption, general_part, sub_captions};

use join::Vocabulary;

use crate::pdf::Page;

/// Finds the figures of a document: captioned ones in page order of their captions, then the
/// pictures without caption. `texts` is what [`clean`] makes of `pages`, `furniture` their dress. Pictures are indices into
/// [`Page::drawn`]`.images` of the page where they stand.
pub fn find(pages: &[Page], texts: &[PageText], furniture: &Furniture) -> Vec<Figure> {
    let vocabulary = Vocabulary::of(texts);
    let Search { mut figures, apart, prose } = search(pages, texts, furniture, &vocabulary);
    sideways::add(&mut figures, pages, furniture);
    let mentions = mentions::find(texts, &apart, &vocabulary, captions::body_size(texts));
    let cited = mentions.iter().flat_map(|citing| &citing.figures);
    let cited: Vec<&str> = cited.map(|figure| figure.label.as_str()).collect();
    bare::name(&mut figures, cited.iter().copied(), &prose);
    bare::name_missing(&mut figures, cited.iter().copied());
    for figure in &mut figures {
        let Some(label) = &figure.label else { continue };
        figure.mentions = mentions.iter().filter_map(|citing| citing.mention(label)).collect();
        // Letters that neither caption nor text ever speaks of name persons, wells or subtypes.
        let spoken_of = |panel: &Panel| !panel.text.is_empty();
        let cited = figure.mentions.iter().any(|mention| !mention.panels.is_empty());
        if !cited && !figure.caption.is_empty() && !figure.panels.iter().any(spoken_of) {
            figure.panels.clear();
        }
    }
    figures
}

/// What there is to read upright.
struct Search {
    /// Without their mentions.
    figures: Vec<Figure>,
    /// By page and line, whether it is part of a caption or printed on a graphic: not of the text that flows
    /// around it.
    apart: Vec<Vec<bool>>,
    /// Whether a page has running text.
    prose: Vec<bool>,
}

fn search(
    pages: &[Page],
    texts: &[PageText],
    furniture: &Furniture,
    vocabulary: &Vocabulary,
) -> Search {
    let mut all = captions::find(texts, vocabulary);
    for (page, text) in pages.iter().zip(texts) {
        let cells = regions::cells(page, text, &all, furniture);
        captions::leave_out(&mut all, &cells, texts, vocabulary);
    }
    let mut is_caption: Vec<Vec<bool>> =
        texts.iter().map(|page| vec![false; page.lines.len()]).collect();
    for &(page, line) in all.iter().flat_map(|caption| &caption.lines) {
        is_caption[page][line] = true;
    }
    let graphics: Vec<_> = pages
        .iter()
        .zip(texts)
        .zip(&is_caption)
        .map(|((page, text), is_caption)| {
            let here: Vec<&captions::Caption> =
                all.iter().filter(|caption| caption.page == page.number).collect();
            regions::find(page, text, is_caption, &here, furniture)
        })
        .collect();
    let sizes: Vec<_> = pages.iter().map(|page| (page.width, page.height)).collect();
    let (captions, marks) = captions::split_marks(all);
    let mut apart = is_caption.clone();
    for ((apart, text), graphics) in apart.iter_mut().zip(texts).zip(&graphics) {
        for (apart, line) in apart.iter_mut().zip(&text.lines) {
            *apart |= graphics.bears(&line.line.bbox);
        }
    }
    let parts =
        parts::Parts { pages, texts, is_caption: &is_caption, furniture, graphics: &graphics };
    let paired = pairing::pair(&captions, &marks, &graphics, &sizes);
    let figures = paired
        .into_iter()
        .map(|paired| parts.figure(paired.caption.map(|index| &captions[index]), &paired))
        .collect();
    let prose = graphics.iter().map(|page| page.prose.len() > 3).collect();
    Search { figures, apart, prose }
}
