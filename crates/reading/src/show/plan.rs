//! Which marks go where: boxes, arrows and labels by page, in points of the page as displayed.

use super::found::{Found, is_outside, name, suspect_words};
use crate::figures::{FigureKind, FigureRecord, OverlayKind, RegionRole, Suspect};
use crate::pdf::{Ink, Lettering, Mark, Rect};
use crate::store::{PageRow, PlacementRow};

/// What a mark stands for. In this order they are drawn, the last on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Furniture,
    Tile,
    Picture,
    Outside,
    Overlay,
    Region,
    Uncaptioned,
    Table,
    Caption,
    Figure,
    Letter,
    Pair,
    Suspect,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Suspect,
        Self::Figure,
        Self::Region,
        Self::Caption,
        Self::Pair,
        Self::Uncaptioned,
        Self::Picture,
        Self::Tile,
        Self::Outside,
        Self::Overlay,
        Self::Letter,
        Self::Table,
        Self::Furniture,
    ];

    /// In the legend.
    pub fn words(self) -> &'static str {
        match self {
            Self::Suspect => "suspect: see the list above",
            Self::Figure => "figure",
            Self::Region => "the figure again, or continued",
            Self::Caption => "caption",
            Self::Pair => "caption to figure",
            Self::Uncaptioned => "picture without caption",
            Self::Picture => "image: xref, pixels, origin",
            Self::Tile => "tile of a stitched image",
            Self::Outside => "image outside every figure",
            Self::Overlay => "printed over an image",
            Self::Letter => "panel letter",
            Self::Table => "table",
            Self::Furniture => "furniture: logo, banner",
        }
    }

    /// As a class of CSS.
    pub fn class(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Figure => "figure",
            Self::Region => "region",
            Self::Caption => "caption",
            Self::Pair => "pair",
            Self::Uncaptioned => "uncaptioned",
            Self::Picture => "picture",
            Self::Tile => "tile",
            Self::Outside => "outside",
            Self::Overlay => "overlay",
            Self::Letter => "letter",
            Self::Table => "table",
            Self::Furniture => "furniture",
        }
    }

    /// Dark enough for white letters on it, on paper and on scans alike.
    pub fn ink(self) -> Ink {
        match self {
            Self::Suspect => Ink(0xe0, 0x00, 0x1b),
            Self::Figure => Ink(0x1f, 0x5f, 0xc4),
            Self::Region => Ink(0x0d, 0x80, 0x8a),
            Self::Caption => Ink(0x1d, 0x7f, 0x3a),
            Self::Pair => Ink(0x12, 0x59, 0x2a),
            Self::Uncaptioned => Ink(0xc6, 0x28, 0x28),
            Self::Picture => Ink(0xc4, 0x61, 0x00),
            Self::Tile => Ink(0xd8, 0x8a, 0x2a),
            Self::Outside => Ink(0xb0, 0x00, 0x58),
            Self::Overlay => Ink(0xa8, 0x2a, 0xb8),
            Self::Letter => Ink(0x5e, 0x35, 0xb1),
            Self::Table => Ink(0x6b, 0x6f, 0x1a),
            Self::Furniture => Ink(0x75, 0x7d, 0x87),
        }
    }
}

/// A mark with what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    pub kind: Kind,
    /// Index of its figure.
    pub figure: Option<usize>,
    /// Told when the pointer rests on it; empty where there is nothing to add.
    pub title: String,
    pub mark: Mark,
}

/// The marks of one page, in drawing order.
#[derive(Debug, Clone, PartialEq)]
pub struct PageMarks {
    pub page: PageRow,
    pub marks: Vec<Marked>,
}

impl PageMarks {
    /// The kinds on this page, in the order of the legend.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| self.marks.iter().any(|marked| marked.kind == *kind))
    }
}

/// Height of the letters of labels, in points.
const LARGE: f32 = 7.0;
const SMALL: f32 = 5.0;

/// The marks of every page; a page without any has none.
///
/// # Errors
/// When MuPDF has no font to measure the labels with.
pub fn plan(found: &Found) -> Result<Vec<PageMarks>, crate::pdf::PdfError> {
    let lettering = Lettering::new()?;
    Ok(found
        .pages
        .iter()
        .map(|page| {
            let mut planner = Planner { page, lettering: &lettering, marks: Vec::new() };
            for placement in found.placements.iter().filter(|p| p.page == page.number) {
                planner.placement(placement);
            }
            for (index, figure) in found.figures.iter().enumerate() {
                planner.figure(index, figure);
            }
            for suspect in found.suspects.iter().filter(|s| s.page == Some(page.number)) {
                planner.suspect(suspect);
            }
            PageMarks { page: *page, marks: planner.finish() }
        })
        .collect())
}

struct Planner<'a> {
    page: &'a PageRow,
    lettering: &'a Lettering,
    marks: Vec<Marked>,
}

impl Planner<'_> {
    fn finish(mut self) -> Vec<Marked> {
        // Stable, so that what was drawn first stays first. Labels come last: nothing hides words.
        self.marks.sort_by_key(|marked| (matches!(marked.mark, Mark::Label { .. }), marked.kind));
        self.part_labels();
        self.marks
    }

    fn add(&mut self, kind: Kind, figure: Option<usize>, title: String, mark: Mark) {
        self.marks.push(Marked { kind, figure, title, mark });
    }

    fn frame(&mut self, kind: Kind, figure: Option<usize>, title: String, bbox: Rect) {
        let (width, dashed, tint) = match kind {
            Kind::Figure | Kind::Uncaptioned => (1.6, false, 0.05),
            Kind::Region => (1.4, true, 0.05),
            Kind::Caption | Kind::Table => (0.8, false, 0.13),
            Kind::Outside => (1.2, true, 0.0),
            Kind::Tile => (0.2, false, 0.0),
            Kind::Overlay => (0.25, false, 0.0),
            Kind::Letter => (0.8, false, 0.15),
            Kind::Furniture => (0.7, true, 0.0),
            Kind::Picture | Kind::Pair | Kind::Suspect => (0.8, false, 0.0),
        };
        self.add(kind, figure, title, Mark::Frame { bbox, width, dashed, tint });
    }

    /// Words on a box: above it where the page has room, else inside.
    fn label(&mut self, kind: Kind, figure: Option<usize>, bbox: &Rect, text: String, size: f32) {
        let height = self.lettering.label_box((0.0, 0.0), &text, size).height();
        let y = if bbox.y0 >= height { bbox.y0 - height } else { bbox.y0 };
        self.label_at(kind, figure, (bbox.x0, y), text, size);
    }

    fn label_at(
        &mut self,
        kind: Kind,
        figure: Option<usize>,
        at: (f32, f32),
        text: String,
        size: f32,
    ) {
        let wide = self.lettering.label_box((0.0, 0.0), &text, size);
        let inside = |value: f32, length: f32, room: f32| value.min(room - length).max(0.0);
        let at = (
            inside(at.0, wide.width(), self.page.width),
            inside(at.1, wide.height(), self.page.height),
        );
        self.add(kind, figure, String::new(), Mark::Label { at, text, size });
    }

    /// Moves labels that would hide each other down, as far as the page goes.
    fn part_labels(&mut self) {
        let mut placed: Vec<Rect> = Vec::new();
        for marked in &mut self.marks {
            let Mark::Label { at, text, size } = &mut marked.mark else { continue };
            let mut own = self.lettering.label_box(*at, text, *size);
            for _ in 0..12 {
                let Some(other) = placed.iter().find(|other| !other.intersect(&own).is_empty())
                else {
                    break;
                };
                if other.y1 + own.height() > self.page.height {
                    break;
                }
                at.1 = other.y1 + 0.3;
                own = self.lettering.label_box(*at, text, *size);
            }
            placed.push(own);
        }
    }

    fn placement(&mut self, placement: &PlacementRow) {
        let kind = if placement.furniture {
            Kind::Furniture
        } else if placement.tile {
            Kind::Tile
        } else if is_outside(placement) {
            Kind::Outside
        } else {
            Kind::Picture
        };
        let text = describe(placement);
        self.frame(kind, None, text.clone(), placement.bbox);
        let wide = self.lettering.label_box((0.0, 0.0), &text, SMALL);
        // A picture smaller than its words tells them when the pointer rests on it.
        if kind != Kind::Tile && wide.width() <= placement.bbox.width().max(60.0) {
            let at = (placement.bbox.x0, placement.bbox.y1 - wide.height());
            self.label_at(kind, None, at, text, SMALL);
        }
        for overlay in &placement.overlays {
            let title = match overlay.kind {
                OverlayKind::Text => format!("over the image: {}", overlay.text),
                OverlayKind::Path => "over the image: a line, arrow or shape".into(),
            };
            self.frame(Kind::Overlay, None, title, overlay.bbox);
        }
    }

    /// At the head of the page: what it is about, often something that is not there. A note is told in
    /// the list alone.
    fn suspect(&mut self, suspect: &Suspect) {
        if !suspect.kind.counts() {
            return;
        }
        let about = suspect.label.as_ref().map_or_else(String::new, |label| format!("{label}: "));
        let text = format!("{about}{}", suspect.kind.words());
        self.label_at(Kind::Suspect, None, (self.page.width / 3.0, 2.0), text, LARGE);
        if let Some(label) = self.marks.last_mut() {
            label.title = suspect_words(suspect);
        }
    }

    fn figure(&mut self, index: usize, figure: &FigureRecord) {
        let here = self.page.number;
        let captioned = !figure.caption.is_empty();
        let is_table = figure.kind == FigureKind::Table;
        if let (Some(page), Some(bbox)) = (figure.page, figure.bbox)
            && page == here
        {
            let kind = match (is_table, captioned) {
                (true, _) => Kind::Table,
                (_, true) => Kind::Figure,
                _ => Kind::Uncaptioned,
            };
            self.frame(kind, Some(index), figure.caption.clone(), bbox);
            self.label(kind, Some(index), &bbox, heading(figure), LARGE);
        }
        for region in figure.regions.iter().filter(|region| region.page == here) {
            let what = match region.role {
                RegionRole::Continued => "continued",
                RegionRole::Copy => "again",
            };
            let text = format!("{} · {what}", name(figure));
            self.frame(Kind::Region, Some(index), text.clone(), region.bbox);
            self.label(Kind::Region, Some(index), &region.bbox, text, LARGE);
        }
        if let (Some(page), Some(bbox)) = (figure.caption_page, figure.caption_bbox)
            && page == here
        {
            let kind = if is_table { Kind::Table } else { Kind::Caption };
            self.frame(kind, Some(index), figure.caption.clone(), bbox);
            let text = match figure.page {
                None if !is_table => format!("{} · no graphic found", name(figure)),
                _ => name(figure).to_owned(),
            };
            let wide = self.lettering.label_box((0.0, 0.0), &text, SMALL);
            let at = (bbox.x1 - wide.width(), bbox.y0 - wide.height());
            self.label_at(kind, Some(index), at, text, SMALL);
        }
        for panel in &figure.panels {
            if let Some((page, bbox)) = panel.printed
                && page == here
            {
                let title = format!("panel {}: {}", panel.letter, panel.text);
                self.frame(Kind::Letter, Some(index), title, bbox.grow(1.0));
                let at = (bbox.x1 + 1.5, bbox.y0);
                self.label_at(Kind::Letter, Some(index), at, panel.letter.clone(), SMALL);
            }
        }
        self.arrow(index, figure);
    }

    /// From the caption to the graphic; where one of them is on another page, to or from the edge.
    fn arrow(&mut self, index: usize, figure: &FigureRecord) {
        let (Some(from_page), Some(caption)) = (figure.caption_page, figure.caption_bbox) else {
            return;
        };
        let (Some(to_page), Some(graphic)) = (figure.page, figure.bbox) else { return };
        let here = self.page.number;
        let title = format!("{}: {} {:.2}", name(figure), figure.pairing, figure.confidence);
        let width = 1.4;
        if from_page == here && to_page == here {
            let (from, to) = connection(&caption, &graphic);
            self.add(Kind::Pair, Some(index), title, Mark::Arrow { from, to, width });
        } else if from_page == here {
            let y = caption.centre().1;
            let forward = to_page > from_page;
            let (from, to) = if forward {
                ((caption.x1, y), (self.page.width - 1.0, y))
            } else {
                ((caption.x0, y), (1.0, y))
            };
            self.add(Kind::Pair, Some(index), title, Mark::Arrow { from, to, width });
            let text = format!("{} on p. {to_page}", name(figure));
            let wide = self.lettering.label_box((0.0, 0.0), &text, LARGE);
            let x = if forward { self.page.width - wide.width() } else { 0.0 };
            self.label_at(Kind::Pair, Some(index), (x, y + 5.0), text, LARGE);
        } else if to_page == here {
            let y = graphic.centre().1;
            let back = from_page < to_page;
            let (from, to) = if back {
                ((1.0, y), (graphic.x0.max(8.0) + 10.0, y))
            } else {
                ((self.page.width - 1.0, y), (graphic.x1.min(self.page.width - 8.0) - 10.0, y))
            };
            self.add(Kind::Pair, Some(index), title, Mark::Arrow { from, to, width });
            let text = format!("caption on p. {from_page}");
            let wide = self.lettering.label_box((0.0, 0.0), &text, LARGE);
            let x = if back { 0.0 } else { self.page.width - wide.width() };
            self.label_at(Kind::Pair, Some(index), (x, y + 5.0), text, LARGE);
        }
    }
}

/// What a figure's label on the page says.
fn heading(figure: &FigureRecord) -> String {
    let mut words = vec![name(figure).to_owned()];
    if !figure.caption.is_empty() {
        words.push(format!("{} {:.2}", figure.pairing, figure.confidence));
    }
    words.extend(figure.composition.map(|composition| composition.to_string()));
    words.join(" · ")
}

/// `xref 52 · 850 x 301 · original`
pub fn describe(placement: &PlacementRow) -> String {
    let xref = placement.xref.map_or("inline".into(), |xref| format!("xref {xref}"));
    format!("{xref} · {} x {} · {}", placement.width, placement.height, placement.origin)
}

/// How far an arrow reaches into the boxes it joins, in points.
const REACH: f32 = 16.0;

/// Where the arrow from a caption to its graphic on the same page starts and ends: across the gap
/// between them, a little way into each.
fn connection(caption: &Rect, graphic: &Rect) -> ((f32, f32), (f32, f32)) {
    let into = |length: f32| REACH.min(length / 2.0);
    let middle = |a0: f32, a1: f32, b0: f32, b1: f32| f32::midpoint(a0.max(b0), a1.min(b1));
    if caption.x_overlap(graphic) > 0.0 && caption.y_overlap(graphic) < graphic.height() / 2.0 {
        let x = middle(caption.x0, caption.x1, graphic.x0, graphic.x1);
        let caption_into = into(caption.height());
        return if caption.centre().1 > graphic.centre().1 {
            ((x, caption.y0 + caption_into), (x, graphic.y1 - into(graphic.height())))
        } else {
            ((x, caption.y1 - caption_into), (x, graphic.y0 + into(graphic.height())))
        };
    }
    if caption.y_overlap(graphic) > 0.0 {
        let y = middle(caption.y0, caption.y1, graphic.y0, graphic.y1);
        let caption_into = into(caption.width());
        return if caption.centre().0 > graphic.centre().0 {
            ((caption.x0 + caption_into, y), (graphic.x1 - into(graphic.width()), y))
        } else {
            ((caption.x1 - caption_into, y), (graphic.x0 + into(graphic.width()), y))
        };
    }
    (caption.centre(), graphic.centre())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_crosses_the_gap_on_the_side_of_the_caption() {
        let graphic = Rect::new(100.0, 100.0, 300.0, 300.0);
        let below = connection(&Rect::new(100.0, 310.0, 300.0, 350.0), &graphic);
        assert_eq!(below, ((200.0, 326.0), (200.0, 284.0)));
        let above = connection(&Rect::new(100.0, 50.0, 300.0, 90.0), &graphic);
        assert_eq!(above, ((200.0, 74.0), (200.0, 116.0)));
        let left = connection(&Rect::new(20.0, 120.0, 90.0, 200.0), &graphic);
        assert_eq!(left, ((74.0, 160.0), (116.0, 160.0)));
        let right = connection(&Rect::new(310.0, 120.0, 390.0, 200.0), &graphic);
        assert_eq!(right, ((326.0, 160.0), (284.0, 160.0)));
    }

    #[test]
    fn labels_stay_on_the_page_and_apart() {
        let page = PageRow { number: 1, width: 100.0, height: 100.0, rotation: 0 };
        let lettering = Lettering::new().expect("font");
        let mut planner = Planner { page: &page, lettering: &lettering, marks: Vec::new() };
        for _ in 0..3 {
            planner.label_at(Kind::Figure, None, (90.0, -5.0), "Figure 1".into(), 7.0);
        }
        let boxes: Vec<Rect> = planner
            .finish()
            .iter()
            .map(|marked| match &marked.mark {
                Mark::Label { at, text, size } => lettering.label_box(*at, text, *size),
                other => panic!("a label, not {other:?}"),
            })
            .collect();
        let whole = Rect::new(0.0, 0.0, 100.01, 100.0);
        assert!(boxes.iter().all(|b| whole.contains(b)), "{boxes:?}");
        assert!(
            boxes[0].intersect(&boxes[1]).is_empty() && boxes[1].intersect(&boxes[2]).is_empty()
        );
    }

    #[test]
    fn every_kind_is_in_the_legend_under_its_own_colour() {
        let inks: std::collections::HashSet<_> =
            Kind::ALL.iter().map(|kind| (kind.ink().0, kind.ink().1, kind.ink().2)).collect();
        assert_eq!(inks.len(), Kind::ALL.len());
    }
}
