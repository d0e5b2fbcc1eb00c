//! Names figures that bear no caption and no label anywhere: a manuscript whose figures stand bare at
//! its end, in the order in which the text cites them.

use std::collections::BTreeSet;

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

fn is_main(label: &str) -> bool {
    label.starts_with("Figure ")
}

#[cfg(test)]
mod tests {
    use super::super::Pairing;
    use super::*;

    fn picture(page: u32) -> Figure {
        Figure {
            label: None,
            kind: FigureKind::Figure,
            caption: String::new(),
            caption_page: None,
            caption_bbox: None,
            page: Some(page),
            bbox: None,
            images: Vec::new(),
            composition: None,
            pairing: Pairing::Unpaired,
            confidence: 0.0,
            panels: Vec::new(),
            mentions: Vec::new(),
            regions: Vec::new(),
        }
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
}
