//! Captions against graphics: either without the other, a label on several captions, captions that
//! follow one another otherwise than their graphics do, captions that hold running text, and pictures
//! that lie over one another.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::super::citations::{Citation, citations};
use super::super::{Composition, Figure, FigureKind, Pairing, label};
use super::text::is_scan;
use super::{Shapes, Sheet, Suspect, SuspectKind, captioned};
use crate::pdf::Rect;

/// A graphic has a figure's size from this share of its page, and this many points on its shorter side.
const LEAST_SHARE: f32 = 0.03;
const LEAST_SIDE: f32 = 72.0;

/// Pages on which a journal's masthead may stand: an archive may put a cover before the paper.
const FRONT: u32 = 3;

/// Pictures lie over one another where they share this part of the smaller, which takes up at least
/// that part of the figure: an inset is smaller.
const SHARED: f32 = 0.6;
const LEAST_LAYER: f32 = 0.3;

pub fn check(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let mut suspects = no_graphics(figures);
    suspects.extend(no_captions(sheets, figures));
    suspects.extend(labels_twice(figures));
    suspects.extend(out_of_order(figures));
    suspects.extend(drawings_of_no_figure(sheets, figures));
    suspects.extend(captions_that_run_on(figures));
    suspects.extend(captions_cut(figures));
    suspects.extend(layers(sheets, figures));
    suspects.extend(never_cited(figures));
    suspects
}

fn no_graphics(figures: &[Figure]) -> Vec<Suspect> {
    let bare = captioned(figures).filter(|figure| figure.page.is_none());
    bare.map(|figure| {
        let name = name(figure);
        let (kind, reason) = match figure.kind {
            FigureKind::Supplementary => (
                SuspectKind::SupplementNoGraphic,
                format!("the caption of {name} is here, its graphic is not in the document"),
            ),
            _ => (
                SuspectKind::NoGraphic,
                format!(
                    "the caption of {name} has no graphic: look on this page and those beside it, \
                     and at what its neighbours were given"
                ),
            ),
        };
        Suspect::new(kind, figure.caption_page, reason).about(figure.label.as_deref())
    })
    .collect()
}

fn no_captions(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let free = figures.iter().filter(|figure| figure.label.is_none() && figure.caption.is_empty());
    free.filter_map(|figure| {
        let (page, bbox) = figure.page.zip(figure.bbox)?;
        let sheet = sheets.get(page as usize - 1)?;
        let large = bbox.area() >= LEAST_SHARE * sheet.area()
            && bbox.width().min(bbox.height()) >= LEAST_SIDE;
        let reason = "a graphic of a figure's size has no caption: look for one on this page and those \
                      beside it";
        (large && !is_scan(sheet) && !is_masthead(sheet, &bbox))
            .then(|| Suspect::new(SuspectKind::NoCaption, Some(page), reason.into()))
    })
    .collect()
}

/// What stands at the head of a paper's first pages is the journal's: a flat banner, an ornament that
/// runs off the page.
fn is_masthead(sheet: &Sheet<'_>, bbox: &Rect) -> bool {
    let (width, height) = (sheet.text.width, sheet.text.height);
    let flat = bbox.y1 < 0.3 * height && bbox.width() > 3.0 * bbox.height();
    let bleeds =
        bbox.y0 < 2.0 && (bbox.x0 < 2.0 || bbox.x1 > width - 2.0) && bbox.y1 < 0.4 * height;
    sheet.text.number <= FRONT && (flat || bleeds)
}

fn labels_twice(figures: &[Figure]) -> Vec<Suspect> {
    let mut places: BTreeMap<&str, Vec<Option<u32>>> = BTreeMap::new();
    for figure in captioned(figures) {
        if let Some(label) = &figure.label {
            places.entry(label).or_default().push(figure.caption_page);
        }
    }
    let several = places.into_iter().filter(|(_, pages)| pages.len() > 1);
    several
        .map(|(label, pages)| {
            let mut named: Vec<u32> = pages.iter().copied().flatten().collect();
            named.dedup();
            let reason = format!(
                "{} captions bear the label {label}, on {}: one of them may be a part of the other, or \
                 misread",
                pages.len(),
                super::named_pages(&named)
            );
            Suspect::new(SuspectKind::LabelTwice, pages[1], reason).about(Some(label))
        })
        .collect()
}

/// Numbers that rise while the pages of the graphics fall, where the caption does not stand beside its
/// graphic: then nothing but the order made the pair.
fn out_of_order(figures: &[Figure]) -> Vec<Suspect> {
    let apart = |figure: &Figure| {
        matches!(figure.pairing, Pairing::LegendList | Pairing::NextPage | Pairing::PreviousPage)
    };
    let mut numbered: Vec<(u32, u32, &Figure)> = captioned(figures)
        .filter_map(|figure| {
            let number = figure.label.as_deref()?.strip_prefix("Figure ")?.parse().ok()?;
            Some((number, figure.page?, figure))
        })
        .collect();
    numbered.sort_by_key(|(number, page, _)| (*number, *page));
    let neighbours = numbered.windows(2).map(|pair| (pair[0], pair[1]));
    neighbours
        .filter(|((number, page, before), (next, next_page, after))| {
            number < next && next_page < page && (apart(before) || apart(after))
        })
        .map(|((_, page, before), (_, next_page, after))| {
            let (before, name) = (name(before), name(after));
            let reason = format!(
                "the graphic of {name} stands on page {next_page}, before that of {before} on page \
                 {page}: they may have been given each other's captions"
            );
            Suspect::new(SuspectKind::OutOfOrder, Some(next_page), reason)
                .about(after.label.as_deref())
        })
        .collect()
}

/// A caption cites other figures, or none; the running text cites this one. Where nothing else cites the
/// figure, the sentence that does is in the caption.
fn captions_that_run_on(figures: &[Figure]) -> Vec<Suspect> {
    let silent = captioned(figures).filter(|figure| figure.mentions.is_empty());
    silent
        .filter_map(|figure| {
            let own = figure.label.as_deref()?;
            let length = label::read(&figure.caption)?.length;
            let legend = figure.caption.get(length..)?;
            let reason = format!(
                "the caption of {own} cites {own} itself, as running text does, and no other sentence \
                 cites it: look where the caption ends"
            );
            // `Figure 1-B.` begins a part of the legend of Figure 1.
            let is_part = |citation: &Citation| {
                label::read(&legend[citation.at.start..]).is_some_and(|label| label.part.is_some())
            };
            let of_own = |citation: &Citation| citation.figures.iter().any(|f| f.label == own);
            let runs_on = citations(legend).iter().any(|found| of_own(found) && !is_part(found));
            runs_on.then(|| {
                Suspect::new(SuspectKind::CaptionRunsOn, figure.caption_page, reason)
                    .about(Some(own))
            })
        })
        .collect()
}

/// What no caption ends with.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:\b(?:a|an|and|are|as|at|between|by|for|from|in|is|of|on|or|than|that|the|their|to|was|were|which|with)|,|\(|\p{Ll}-)$",
    )
    .expect("a valid pattern")
});

fn captions_cut(figures: &[Figure]) -> Vec<Suspect> {
    captioned(figures)
        .filter_map(|figure| {
            let own = figure.label.as_deref()?;
            let length = label::read(&figure.caption)?.length;
            let legend = figure.caption.get(length..)?.trim();
            let suspect =
                |kind, reason| Suspect::new(kind, figure.caption_page, reason).about(Some(own));
            let numbered = own.ends_with(|c: char| c.is_ascii_digit());
            if numbered && !legend.contains(char::is_alphabetic) {
                let reason = format!(
                    "of the caption of {own} nothing but the label was found: look for its text"
                );
                return Some(suspect(SuspectKind::CaptionBare, reason));
            }
            let last: String = legend.chars().rev().take(40).collect();
            let last: String = last.chars().rev().collect();
            let reason = format!("the caption of {own} breaks off: look where it ends");
            OPEN.is_match(&last).then(|| suspect(SuspectKind::CaptionCut, reason))
        })
        .collect()
}

/// A page with so many shapes holds a drawing, if they reach over so much of it.
const FEWEST_SHAPES: usize = 40;
const LEAST_DRAWING: f32 = 0.1;
/// Points; what is flatter or narrower is a rule.
const THICKEST_RULE: f32 = 3.0;

impl Shapes {
    /// Of painted paths on a page of this area, those that are neither rules nor grounds.
    pub(super) fn of(paths: impl Iterator<Item = Rect>, area: f32) -> Self {
        let shapes = paths
            .filter(|path| path.width().min(path.height()) > THICKEST_RULE)
            .filter(|path| path.area() < 0.5 * area);
        shapes.fold(Self::default(), |Self { count, all }, shape| Self {
            count: count + 1,
            all: Some(all.map_or(shape, |all| all.union(&shape))),
        })
    }
}

/// Pages with drawings that no figure and no table is on.
fn drawings_of_no_figure(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let claimed = |page: u32| {
        figures.iter().any(|figure| {
            let regions = figure.regions.iter().map(|region| region.page);
            regions.chain(figure.page).chain(figure.caption_page).any(|other| other == page)
        })
    };
    sheets
        .iter()
        .filter(|sheet| sheet.text.number > FRONT && !claimed(sheet.text.number))
        .filter_map(|sheet| {
            let Shapes { count, all } = sheet.shapes;
            let all = all?;
            let reason = "a drawing belongs to no figure: look for a caption on this page and those \
                          beside it";
            (count >= FEWEST_SHAPES && all.area() >= LEAST_DRAWING * sheet.area()).then(|| {
                Suspect::new(SuspectKind::NoCaption, Some(sheet.text.number), reason.into())
            })
        })
        .collect()
}

/// Pictures of one figure that lie over one another.
fn layers(sheets: &[Sheet<'_>], figures: &[Figure]) -> Vec<Suspect> {
    let raster =
        captioned(figures).filter(|figure| figure.composition == Some(Composition::Raster));
    raster
        .filter_map(|figure| {
            let (page, bbox) = figure.page.zip(figure.bbox)?;
            let sheet = sheets.get(page as usize - 1)?;
            let drawn = figure.images.iter().filter_map(|&index| sheet.pictures.get(index));
            let boxes: Vec<Rect> = drawn.map(|(bbox, _)| *bbox).collect();
            let reason = "pictures lie over one another here, so that none of them is the figure as \
                          printed: compare them with the page";
            are_layered(&boxes, &bbox).then(|| {
                Suspect::new(SuspectKind::PicturesLayered, Some(page), reason.into())
                    .about(figure.label.as_deref())
            })
        })
        .collect()
}

fn are_layered(boxes: &[Rect], figure: &Rect) -> bool {
    let large: Vec<&Rect> =
        boxes.iter().filter(|bbox| bbox.area() >= LEAST_LAYER * figure.area()).collect();
    let pairs = large
        .iter()
        .enumerate()
        .flat_map(|(at, one)| large[at + 1..].iter().map(move |other| (one, other)));
    pairs
        .into_iter()
        .any(|(one, other)| one.intersect(other).area() >= SHARED * one.area().min(other.area()))
}

/// Only of a document that cites figures at all.
fn never_cited(figures: &[Figure]) -> Vec<Suspect> {
    if captioned(figures).all(|figure| figure.mentions.is_empty()) {
        return Vec::new();
    }
    let silent = captioned(figures).filter(|figure| figure.mentions.is_empty());
    silent
        .map(|figure| {
            let reason = format!("no sentence of the text was seen to cite {}", name(figure));
            Suspect::new(SuspectKind::NeverCited, figure.caption_page, reason)
                .about(figure.label.as_deref())
        })
        .collect()
}

fn name(figure: &Figure) -> &str {
    figure.label.as_deref().unwrap_or("a figure")
}
