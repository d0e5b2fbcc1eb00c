//! Pages that are pictures of paper: where their figures are. The ink that no text accounts for tells; where nobody
//! looked at it, the blanks between the texts do.

use super::Graphic;
use crate::pdf::{Page, Rect};

/// Ink so thin, in points, is a rule or an axis.
const THIN: f32 = 4.5;

/// The ink of a scan that no text accounts for: what may be pictures, and what may be lines.
pub(super) fn marks(page: &Page) -> (Vec<Rect>, Vec<Rect>) {
    let marks = page.scanned.iter().flatten().copied();
    let (pictures, lines): (Vec<Rect>, Vec<Rect>) =
        marks.partition(|mark| mark.width().min(mark.height()) > THIN);
    // As thin as they are meant: a scanner's resolution is no height.
    let stroke = |line: Rect| {
        let (x, y) = line.centre();
        if line.width() > line.height() {
            Rect { y0: y, y1: y, ..line }
        } else {
            Rect { x0: x, x1: x, ..line }
        }
    };
    (pictures, lines.into_iter().map(stroke).collect())
}

/// What of a scanned page is a figure: where no text is, above or below each caption, whichever is more. A
/// scan without a caption on it stays one picture, unless it is of text.
pub(super) fn figures(
    page: &Page,
    captions: &[Rect],
    walls: &[Rect],
    labels: &[Rect],
) -> Vec<Graphic> {
    let images = page.drawn.images.iter().enumerate();
    let scans = images.filter(|(index, _)| page.is_scan(*index)).map(|(_, image)| image.bbox);
    let Some(scan) = scans.reduce(|all, scan| all.union(&scan)) else { return Vec::new() };
    let texts: Vec<Rect> = walls.iter().chain(labels).copied().collect();
    let graphic = |bbox: Rect| Graphic { bbox, has_image: true };
    if captions.is_empty() {
        let of_text = walls.iter().filter(|text| scan.contains_point(text.centre())).count();
        return if of_text < MOST_SCANNED_TEXT { vec![graphic(scan)] } else { Vec::new() };
    }
    captions
        .iter()
        .filter_map(|caption| blank_beside(caption, &scan, &texts))
        .map(graphic)
        .collect()
}

/// A scan with as many lines of text is none of a figure alone.
const MOST_SCANNED_TEXT: usize = 8;
/// A figure on a scanned page is at least so high, in points.
const LOWEST_SCANNED: f32 = 48.0;
/// The outer part of a scanned page, where nothing is.
const SCANNED_MARGIN: f32 = 0.05;

/// The larger of the spaces without text above and below a caption, as wide as the text around it. `None`
/// where there is none for a figure.
fn blank_beside(caption: &Rect, scan: &Rect, texts: &[Rect]) -> Option<Rect> {
    let (dx, dy) = (SCANNED_MARGIN * scan.width(), SCANNED_MARGIN * scan.height());
    let inner = Rect::new(scan.x0 + dx, scan.y0 + dy, scan.x1 - dx, scan.y1 - dy);
    // Texts of the caption's column: a caption is often narrower than its figure.
    let column = |text: &&Rect| text.x_overlap(caption) > 0.0;
    let wide = texts.iter().filter(column).fold(*caption, |all, text| all.union(text));
    let beyond = |text: &&Rect| text.x_overlap(&wide) > 0.0;
    let above = texts.iter().filter(beyond).filter(|text| text.y0 < caption.y0 - 1.0);
    let top = above.map(|text| text.y1.min(caption.y0)).fold(inner.y0, f32::max);
    let below = texts.iter().filter(beyond).filter(|text| text.y1 > caption.y1 + 1.0);
    let bottom = below.map(|text| text.y0.max(caption.y1)).fold(inner.y1, f32::min);
    let (x0, x1) = (wide.x0.max(scan.x0), wide.x1.min(scan.x1));
    let spaces = [Rect::new(x0, top, x1, caption.y0), Rect::new(x0, caption.y1, x1, bottom)];
    let space = spaces.into_iter().max_by(|a, b| a.height().total_cmp(&b.height()))?;
    (space.height() >= LOWEST_SCANNED && space.width() > 0.0).then_some(space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_of_a_scanned_page_is_where_no_text_is() {
        let scan = Rect::new(0.0, 0.0, 600.0, 800.0);
        let caption = Rect::new(100.0, 400.0, 300.0, 410.0);
        let text = |y0: f32, y1: f32| Rect::new(80.0, y0, 500.0, y1);
        let found = |texts: &[Rect]| blank_beside(&caption, &scan, texts);
        let above = Rect::new(80.0, 120.0, 500.0, 400.0);
        assert_eq!(found(&[text(100.0, 120.0), caption, text(430.0, 780.0)]), Some(above));
        let below = Rect::new(80.0, 410.0, 500.0, 760.0);
        assert_eq!(found(&[text(100.0, 390.0), caption]), Some(below), "to the margin");
        assert_eq!(found(&[text(100.0, 390.0), caption, text(430.0, 780.0)]), None);
        // What stands beside the caption's column is no bound of it.
        let beside = Rect::new(520.0, 200.0, 590.0, 300.0);
        assert_eq!(found(&[text(100.0, 120.0), caption, beside, text(430.0, 780.0)]), Some(above));
    }
}
