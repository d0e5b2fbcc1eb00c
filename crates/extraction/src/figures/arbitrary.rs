//! From arbitrary bytes to figures' texts: what the fuzzer and the property tests run.

use super::captions::{self, Caption};
use super::citations::citations;
use super::cleaning::{PageText, text_page};
use super::join::Vocabulary;
use super::{general_part, label, mentions, sub_captions};
use crate::pdf::Line;

/// Pages are as wide and high as this, in points.
const SIZE: (f32, f32) = (600.0, 800.0);

/// Sets `data` as text and reads captions, citing sentences and sub-captions from it.
///
/// A line of text is a line of the page; a form feed begins a page. Control characters at the head of
/// a line set it: the sum of their codes moves it down, indents it, and makes it larger, smaller or
/// bold.
///
/// # Panics
/// Where what is read is not what was set: a caption or a sentence with letters that its lines do not
/// have, a citation out of its text, a line in two captions.
pub fn read_arbitrary(data: &[u8]) {
    let pages = set(&String::from_utf8_lossy(data));
    let vocabulary = Vocabulary::of(&pages);
    let found = captions::find(&pages, &vocabulary);
    let mut is_caption: Vec<Vec<bool>> =
        pages.iter().map(|page| vec![false; page.lines.len()]).collect();
    for caption in &found {
        check(caption, &pages, &mut is_caption);
    }
    let legends = captions::split_marks(found).0;
    for citing in mentions::find(&pages, &is_caption, &vocabulary, captions::body_size(&pages)) {
        assert!((1..=pages.len() as u32).contains(&citing.page), "page {}", citing.page);
        for citation in citations(&citing.text) {
            assert!(citing.text.get(citation.at.clone()).is_some(), "{citation:?}");
        }
    }
    for caption in legends {
        for sub in sub_captions(&caption.text) {
            assert!(!sub.letter.is_empty(), "{sub:?}");
        }
        assert!(general_part(&caption.text).len() <= caption.text.len());
    }
}

fn check(caption: &Caption, pages: &[PageText], is_caption: &mut [Vec<bool>]) {
    let mut printed = String::new();
    for &(page, line) in &caption.lines {
        assert!(!is_caption[page][line], "line {line} of page {page} is in two captions");
        is_caption[page][line] = true;
        printed.push_str(&pages[page].lines[line].text);
    }
    assert_eq!(letters(&caption.text), letters(&printed), "letters lost or invented");
    let read = label::read(&caption.text);
    assert!(read.is_some_and(|read| read.length <= caption.text.len()), "{caption:?}");
}

/// All but blanks and hyphens, which joining lines may drop.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn set(text: &str) -> Vec<PageText> {
    let pages = text.split('\u{c}').take(8).zip(1..);
    pages
        .map(|(text, number)| {
            let mut y = 40.0;
            let lines = text.split(['\n', '\r']).take(120).filter_map(|line| {
                let words = line.trim_start_matches(|c: char| c.is_control());
                let code = line.bytes().take(line.len() - words.len()).map(u32::from).sum::<u32>();
                let size = [10.0, 8.0, 12.0, 10.0][code as usize % 4];
                y += size * (1.2 + 0.3 * (code / 4 % 8) as f32);
                let x = 60.0 + 30.0 * (code % 16) as f32;
                let some = words.split_whitespace().next().is_some();
                some.then(|| Line::set(words, (x, y), size, code % 3 == 1))
            });
            text_page(number, SIZE, lines.collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_become_captions() {
        let pages =
            set("Running text.\n\u{4}Figure 1. Chest CT of a man.\n\u{c}\u{1}Fig. 2 | A girl.");
        let found = captions::find(&pages, &Vocabulary::of(&pages));
        let texts: Vec<&str> = found.iter().map(|caption| caption.text.as_str()).collect();
        assert_eq!(texts, ["Figure 1. Chest CT of a man.", "Fig. 2 | A girl."]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            text in "([\u{1}-\u{8}]{0,2}((Supplementary |S1 |F ?I ?G(URE)?|Figure|Fig\\.?|Figs\\.?|Table|Extended Data Fig\\.)[ .]{0,2}[0-9SA-D]{0,3}[ .:|,)–-]{0,2}|\\([A-D]\\) |[A-Da-z., ]{0,30}|pneumo-|continued|\\PC)[\n\n\u{c}]?){0,40}",
        ) {
            read_arbitrary(text.as_bytes());
        }

        #[test]
        fn any_bytes_are_read(data in proptest::collection::vec(any::<u8>(), 0..400)) {
            read_arbitrary(&data);
        }
    }
}
