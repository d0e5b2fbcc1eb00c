//! Names figures that bear no caption and no label anywhere: a manuscript whose figures stand bare at
//! its end, in the order in which the text cites them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Figure, FigureKind};

/// How sure such a name is, at most.
const CONFIDENCE: f32 = 0.5;

/// Names the bare pictures of a document that captions no figure but cites most of `Figure 1` to
/// `Figure n`, and shows exactly n pictures on pages of their own after its text. `cited` are the labels that its
/// sentences cite.
pub fn name<'a>(figures: &mut [Figure], cited: impl Iterator<Item = &'a str>, prose: &[bool]) {
    if figures.iter().any(|figure| figure.label.as_deref().is_some_and(is_main)) {
        return;
    }
    let numbers: BTreeSet<u32> =
        cited.filter_map(|label| label.strip_prefix("Figure ")?.parse().ok()).collect();
    // The text may cite one of them in a place that was not read as running text.
    let count = numbers.last().map_or(0, |last| *last as usize);
    let complete = numbers.len() * 3 >= count * 2;
    let after_text = prose.iter().rposition(|has_prose| *has_prose).map_or(0, |page| page + 1);
    let bare: Vec<usize> = (0..figures.len())
        .filter(|&index| {
            let page = figures[index].page.map_or(0, |page| page as usize);
            let picture = figures[index].kind == FigureKind::Figure;
            figures[index].label.is_none() && picture && page > after_text
        })
        .collect();
    let pages: BTreeSet<Option<u32>> = bare.iter().map(|&index| figures[index].page).collect();
    if count == 0 || !complete || bare.len() != count || pages.len() != count {
        return;
    }
    for (number, index) in (1..).zip(bare) {
        figures[index].label = Some(format!("Figure {number}"));
        figures[index].confidence = CONFIDENCE;
    }
}

/// Names the pictures that stand where figures without caption must: between those that the caption of
/// the number before and after has, as many as numbers are missing there that the text cites (`cited`:
/// labels).
pub fn name_missing<'a>(figures: &mut [Figure], cited: impl Iterator<Item = &'a str>) {
    let number = |label: &str| label.strip_prefix("Figure ")?.parse::<u32>().ok();
    let place = |figure: &Figure| {
        let page = figure.page.or(figure.caption_page)?;
        let top = figure.bbox.or(figure.caption_bbox).map_or(0.0, |bbox| bbox.y0);
        Some((page, top))
    };
    let mut found: BTreeMap<u32, (u32, f32)> = BTreeMap::new();
    for figure in figures.iter() {
        if let (Some(number), Some(place)) =
            (figure.label.as_deref().and_then(number), place(figure))
        {
            found.entry(number).or_insert(place);
        }
    }
    if found.is_empty() {
        return;
    }
    let missing: BTreeSet<u32> =
        cited.filter_map(number).filter(|number| !found.contains_key(number)).collect();
    let mut gaps: BTreeMap<(Option<u32>, Option<u32>), Vec<u32>> = BTreeMap::new();
    for number in missing {
        let before = found.range(..number).next_back().map(|(number, _)| *number);
        let after = found.range(number..).next().map(|(number, _)| *number);
        gaps.entry((before, after)).or_default().push(number);
    }
    for ((before, after), numbers) in gaps {
        // All that the gap lacks must be cited, or it is not known which is which.
        let (first, last) = (before.map_or(1, |before| before + 1), numbers[numbers.len() - 1]);
        let whole =
            numbers.len() as u32 == last + 1 - first && after.is_none_or(|after| after == last + 1);
        let (from, to) = (before.map(|number| found[&number]), after.map(|number| found[&number]));
        let mut bare: Vec<usize> = (0..figures.len())
            .filter(|&index| {
                let figure = &figures[index];
                let large = figure
                    .bbox
                    .is_some_and(|bbox| bbox.width() >= SMALLEST.0 && bbox.height() >= SMALLEST.1);
                let within = place(figure).is_some_and(|place| {
                    place.0 > 1
                        && from.is_none_or(|from| from < place)
                        && to.is_none_or(|to| place < to)
                });
                figure.label.is_none() && large && within
            })
            .collect();
        bare.sort_by(|&a, &b| {
            let (a, b) = (place(&figures[a]), place(&figures[b]));
            a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
        });
        if !whole || bare.len() != numbers.len() {
            continue;
        }
        for (number, index) in numbers.into_iter().zip(bare) {
            figures[index].label = Some(format!("Figure {number}"));
            figures[index].confidence = CONFIDENCE;
        }
    }
}

/// A picture smaller than this, in points, is no figure.
const SMALLEST: (f32, f32) = (150.0, 100.0);

fn is_main(label: &str) -> bool {
    label.starts_with("Figure ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::Rect;

    fn picture(page: u32) -> Figure {
        Figure { page: Some(page), ..Figure::default() }
    }

    fn named(pages: &[u32], cited: &[&str]) -> Vec<Option<String>> {
        let mut figures: Vec<Figure> = pages.iter().map(|&page| picture(page)).collect();
        name(&mut figures, cited.iter().copied(), &[true, true, true, false, false, false]);
        figures.into_iter().map(|figure| figure.label).collect()
    }

    #[test]
    fn as_many_bare_pages_as_figures_cited_are_these() {
        let both = named(&[4, 5], &["Figure 1", "Figure 2", "Figure 2", "Figure S1"]);
        assert_eq!(both, [Some("Figure 1".into()), Some("Figure 2".into())]);
    }

    #[test]
    fn a_count_that_does_not_agree_names_nothing() {
        assert_eq!(named(&[4, 5], &["Figure 1"]), [None, None]);
        assert_eq!(named(&[4, 5], &["Figure 1", "Figure 3"]), [None, None]);
        assert_eq!(named(&[4, 4], &["Figure 1", "Figure 2"]), [None, None]);
        assert_eq!(named(&[2, 4], &["Figure 1", "Figure 2"]), [None, None], "within the text");
    }

    /// Pictures by page, with the label that a caption gave.
    fn named_missing(pages: &[(u32, Option<&str>)], cited: &[&str]) -> Vec<Option<String>> {
        let figure = |&(page, label): &(u32, Option<&str>)| Figure {
            label: label.map(str::to_owned),
            bbox: Some(Rect::new(100.0, 100.0, 400.0, 300.0)),
            ..picture(page)
        };
        let mut figures: Vec<Figure> = pages.iter().map(figure).collect();
        name_missing(&mut figures, cited.iter().copied());
        figures.into_iter().map(|figure| figure.label).collect()
    }

    #[test]
    fn a_picture_where_a_cited_figure_is_missing_is_this() {
        let pages = [(3, Some("Figure 1")), (7, Some("Figure 3")), (5, None)];
        let found = named_missing(&pages, &["Figure 1", "Figure 2", "Figure 3"]);
        assert_eq!(found[2].as_deref(), Some("Figure 2"));
        // At the end, too.
        let found = named_missing(&[(3, Some("Figure 1")), (5, None)], &["Figure 1", "Figure 2"]);
        assert_eq!(found[1].as_deref(), Some("Figure 2"));
    }

    #[test]
    fn where_it_is_not_sure_which_picture_is_missing_none_is_named() {
        let one = [(3, Some("Figure 1")), (7, Some("Figure 3")), (5, None)];
        assert_eq!(named_missing(&one, &["Figure 1", "Figure 3"])[2], None, "not cited");
        let two = [(3, Some("Figure 1")), (7, Some("Figure 3")), (5, None), (6, None)];
        assert_eq!(named_missing(&two, &["Figure 2"])[2..], [None, None], "two pictures");
        let outside = [(3, Some("Figure 1")), (7, Some("Figure 3")), (8, None)];
        assert_eq!(named_missing(&outside, &["Figure 2"])[2], None, "elsewhere");
        let wide = [(3, Some("Figure 1")), (7, Some("Figure 4")), (5, None)];
        assert_eq!(named_missing(&wide, &["Figure 2"])[2], None, "one of two that lack");
        assert_eq!(named_missing(&[(3, None)], &["Figure 1"]), [None], "no captions at all");
    }
}
