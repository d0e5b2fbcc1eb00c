//! From lines of text and placed images to figures: pure functions over `pdf` types.
//!
//! `cleaning` takes banners and margin numbers off, `captions` finds the captions, `regions` the
//! graphics, `pairing` puts them together and `mentions` adds the sentences that cite them.

#[cfg(test)]
mod by_hand;
mod captions;
mod citations;
mod cleaning;
mod join;
mod label;
mod mentions;
mod pairing;
mod record;
mod regions;
mod sub_captions;

pub use cleaning::{PageText, TextLine, clean, text_page};
pub use label::normalise;
pub use record::{
    Composition, FigureKind, FigureRecord, ImageOrigin, ImageRecord, Mention, Overlay, OverlayKind,
    Pairing, Panel, RegionRecord, RegionRole,
};

pub use join::joined;
pub use sub_captions::{SubCaption, general_part, sub_captions};

use join::Vocabulary;

use crate::pdf::{Page, Rect};

/// A figure of a document, or a picture that nobody captioned.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Normalised; `None` for an uncaptioned picture.
    pub label: Option<String>,
    pub kind: FigureKind,
    /// As printed, label included; empty for an uncaptioned picture.
    pub caption: String,
    pub caption_page: Option<u32>,
    pub caption_bbox: Option<Rect>,
    /// Page of the graphic, from 1.
    pub page: Option<u32>,
    pub bbox: Option<Rect>,
    /// Which of the drawn images of that page it shows: indices into [`Page::drawn`]`.images`.
    pub images: Vec<usize>,
    pub pairing: Pairing,
    /// 0 to 1.
    pub confidence: f32,
    pub mentions: Vec<Mention>,
}

/// Finds the figures of a document: captioned ones in page order of their captions, then the
/// pictures without caption. `texts` is what [`clean`] makes of `pages`.
pub fn find(pages: &[Page], texts: &[PageText]) -> Vec<Figure> {
    let vocabulary = Vocabulary::of(texts);
    let all = captions::find(texts, &vocabulary);
    let mut is_caption: Vec<Vec<bool>> =
        texts.iter().map(|page| vec![false; page.lines.len()]).collect();
    for &(page, line) in all.iter().flat_map(|caption| &caption.lines) {
        is_caption[page][line] = true;
    }
    let furniture = regions::furniture(pages);
    let graphics: Vec<_> = pages
        .iter()
        .zip(texts)
        .zip(&is_caption)
        .map(|((page, text), is_caption)| regions::find(page, text, is_caption, &furniture))
        .collect();
    let sizes: Vec<_> = pages.iter().map(|page| (page.width, page.height)).collect();
    let (captions, marks) = captions::split_marks(all);
    let paired = pairing::pair(&captions, &marks, &graphics, &sizes);
    let mentions =
        mentions::find(texts, &is_caption, &vocabulary, captions::body_size(texts));
    paired
        .into_iter()
        .map(|paired| {
            let caption = paired.caption.map(|index| &captions[index]);
            let label = caption.map(|caption| caption.label.clone());
            Figure {
                kind: caption.map_or(FigureKind::Figure, |caption| caption.kind),
                caption: caption.map(|caption| caption.text.clone()).unwrap_or_default(),
                caption_page: caption.map(|caption| caption.page),
                caption_bbox: caption.map(|caption| caption.bbox),
                page: paired.page,
                bbox: paired.bbox,
                images: images_in(pages, paired.page, paired.bbox, &furniture),
                pairing: paired.pairing,
                confidence: paired.confidence,
                mentions: mentions
                    .iter()
                    .filter_map(|citing| citing.mention(label.as_deref()?))
                    .collect(),
                label,
            }
        })
        .collect()
}

/// The drawn images whose middle lies in the figure's box, in drawing order.
fn images_in(
    pages: &[Page],
    page: Option<u32>,
    bbox: Option<Rect>,
    furniture: &std::collections::HashMap<u32, usize>,
) -> Vec<usize> {
    let (Some(page), Some(bbox)) = (page.and_then(|page| pages.get(page as usize - 1)), bbox)
    else {
        return Vec::new();
    };
    let images = page.drawn.images.iter().enumerate();
    images
        .filter(|(_, image)| image.xref.is_none_or(|xref| !furniture.contains_key(&xref)))
        .filter(|(_, image)| bbox.contains_point(image.bbox.centre()))
        .map(|(index, _)| index)
        .collect()
}

#[doc(hidden)]
pub fn debug(pages: &[Page], texts: &[PageText], only: &[u32]) {
    let vocabulary = Vocabulary::of(texts);
    let all = captions::find(texts, &vocabulary);
    let mut is_caption: Vec<Vec<bool>> =
        texts.iter().map(|page| vec![false; page.lines.len()]).collect();
    for &(page, line) in all.iter().flat_map(|caption| &caption.lines) {
        is_caption[page][line] = true;
    }
    let furniture = regions::furniture(pages);
    for ((page, text), is_caption) in pages.iter().zip(texts).zip(&is_caption) {
        if !only.contains(&page.number) {
            continue;
        }
        let g = regions::find(page, text, is_caption, &furniture);
        for g in &g.graphics {
            println!(
                "p{} GRAPHIC {:?} image {}",
                page.number,
                <[f32; 4]>::from(g.bbox),
                g.has_image
            );
        }
        for g in &g.prose {
            println!("p{} prose {:?}", page.number, <[f32; 4]>::from(*g));
        }
    }
    for c in all {
        if only.contains(&c.page) {
            println!(
                "p{} CAPTION {} {:?} bare {} {}",
                c.page,
                c.label,
                <[f32; 4]>::from(c.bbox),
                c.bare,
                c.text.chars().take(80).collect::<String>()
            );
        }
    }
}
