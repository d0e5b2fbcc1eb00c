//! What speaks against the boxes of a picture: the letters of its panels, and its own pixels. A doubt is
//! told before boxes are stored, and listed by `audit`; it never decides anything.

use image::GrayImage;
use image::imageops::crop_imm;
use rayon::prelude::*;

use super::letters::sub_captions;
use super::panels::propose;
use crate::figures::{SubCaption, panel_letter};
use crate::store::{Layout, Store, StoreError};
use covid_ct_core::PanelBox;

/// The letters by which the panels of a picture are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letters {
    /// Those that the caption names; none where the figure has other pictures, which may be theirs.
    pub named: Vec<String>,
    /// Those printed over this picture.
    pub printed: Vec<String>,
}

impl Letters {
    /// Of a picture in a figure of `pictures` pictures, with these letters printed over it.
    pub fn of(named: &[SubCaption], pictures: usize, printed: Vec<String>) -> Self {
        let named = named.iter().filter(|_| pictures <= 1).map(|sub| sub.letter.clone());
        Self { named: named.collect(), printed }
    }

    /// Of an `image.id`; none of a released picture, which is a part of what its caption speaks of.
    ///
    /// # Errors
    /// The database's.
    pub fn read(store: &Store, image: i64, is_released: bool) -> Result<Self, StoreError> {
        if is_released {
            return Ok(Self::default());
        }
        let figure = store.figure_of_image(image)?;
        let named = figure.as_ref().map_or(Vec::new(), |figure| sub_captions(&figure.caption));
        let pictures = figure.map_or(1, |figure| figure.images);
        Ok(Self::of(&named, pictures, printed(&store.layout(image)?)))
    }

    /// How many panels they speak of; `None` of fewer than two.
    pub fn count(&self) -> Option<usize> {
        let count = self.named.len().max(self.printed.len());
        (count > 1).then_some(count)
    }
}

/// The letters of panels that are printed over a picture, each once.
fn printed(layout: &Layout) -> Vec<String> {
    let letters = layout.texts.iter().filter_map(|(_, _, text)| panel_letter(text.trim()));
    let mut letters: Vec<String> = letters.map(|letter| letter.to_string()).collect();
    letters.sort_by_key(|letter| letter.to_ascii_uppercase());
    letters.dedup_by_key(|letter| letter.to_ascii_uppercase());
    letters
}

/// What the letters say against these boxes, each told with whether it has a letter: their number is
/// another, and they are not lettered so that it is plain which are meant.
pub fn of_letters(lettered: &[bool], letters: &Letters) -> Option<String> {
    let count = letters.count()?;
    let settled = !lettered.is_empty() && lettered.iter().all(|has| *has);
    if lettered.is_empty() || settled || lettered.len() == count {
        return None;
    }
    let boxes = match lettered.len() {
        1 => "1 box".to_owned(),
        boxes => format!("{boxes} boxes"),
    };
    Some(if letters.named.len() >= letters.printed.len() {
        format!("{boxes}, the caption names {count} panels ({})", range(&letters.named))
    } else {
        format!(
            "{boxes}, {count} letters are printed over the picture ({})",
            range(&letters.printed)
        )
    })
}

/// `A-L`, or `A, C, D` where some are missing.
fn range(letters: &[String]) -> String {
    let single = |letter: &String| match letter.as_bytes() {
        [one] => Some(*one),
        _ => None,
    };
    let codes: Option<Vec<u8>> = letters.iter().map(single).collect();
    let runs_on =
        |codes: &Vec<u8>| codes.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
    match codes.filter(|codes| codes.len() > 2 && runs_on(codes)) {
        Some(_) => format!("{}-{}", letters[0], letters[letters.len() - 1]),
        None => letters.join(", "),
    }
}

/// Which boxes of a picture, by their places among them, its pixels divide further, and into how many.
pub fn of_pixels(picture: &GrayImage, boxes: &[PanelBox]) -> Vec<(usize, usize)> {
    let parts = boxes.par_iter().enumerate().filter_map(|(at, bounds)| {
        let PanelBox { x, y, w, h } = *bounds;
        let inside = bounds.fits(picture.width(), picture.height());
        let panel = inside.then(|| crop_imm(picture, x, y, w, h).to_image())?;
        Some((at, propose(&panel).len()))
    });
    parts.filter(|(_, parts)| *parts > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    #[test]
    fn boxes_that_are_not_as_many_as_the_letters_are_told() {
        let caption = |text| Letters { named: letters(text), printed: Vec::new() };
        let told = |lettered: &[bool], of: &Letters| of_letters(lettered, of).unwrap_or_default();
        assert_eq!(
            told(&[false], &caption("ABCDEFGHIJKL")),
            "1 box, the caption names 12 panels (A-L)"
        );
        assert_eq!(told(&[false; 3], &caption("AC")), "3 boxes, the caption names 2 panels (A, C)");
        assert_eq!(told(&[false; 2], &caption("AB")), "");
        assert_eq!(
            told(&[true; 8], &caption("AB")),
            "",
            "slices of two panels, as their letters say"
        );
        assert_eq!(told(&[true, false, false], &caption("ABCD")).len(), 41);
        assert_eq!(told(&[], &caption("AB")), "", "that there is no scan is asked for itself");
        assert_eq!(told(&[false], &caption("A")), "");
        let printed = Letters { named: Vec::new(), printed: letters("abc") };
        assert_eq!(told(&[false], &printed), "1 box, 3 letters are printed over the picture (a-c)");
    }

    #[test]
    fn letters_of_other_pictures_of_the_figure_do_not_count() {
        let sub = |letter: &str| SubCaption { letter: letter.into(), text: String::new() };
        let subs = [sub("A"), sub("B")];
        assert_eq!(Letters::of(&subs, 1, Vec::new()).count(), Some(2));
        assert_eq!(Letters::of(&subs, 2, Vec::new()).count(), None);
        assert_eq!(Letters::of(&subs, 2, letters("ABC")).count(), Some(3));
    }

    #[test]
    fn a_panel_of_two_slices_still_divides() {
        use super::super::panels::tests::Grid;
        let grid =
            Grid { columns: &[150, 150], rows: &[120, 120], gutter: 8, level: 255, noise: 2 };
        let (picture, boxes) = (grid.draw(3), grid.boxes());
        assert_eq!(of_pixels(&picture, &boxes), []);
        let row = PanelBox { w: 308, ..boxes[0] };
        assert_eq!(of_pixels(&picture, &[row, boxes[2]]), [(0, 2)]);
    }
}
