//! Tells legends from marks: what goes on with a figure, is a part of it, or merely points to it.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Caption;
use crate::figures::FigureKind;
use crate::figures::label::{self, Part};
use crate::figures::sub_captions::sub_captions;

/// What says, at the end of a caption's part, that another follows.
static GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)\s*(?:
        [(\[]\s?(?:(?:the\s+)?(?:figure|legend|caption|text)s?\s+)*(?:to\s+be\s+|is\s+)?
            (?:continue[ds]?|continuing|cont['’]?d?)\b\.?(?:\s+(?:on|overleaf|over|in|at|to)\b[^()\[\]]{0,40})?
            \s?\.{0,3}\s?[)\]]\.?
        |(?:^|[.;:!?)]\s+)(?:(?:figure|legend|caption)\s+)?continue[ds]?\s+(?:on|overleaf)\b[\w\s]{0,30}[.)\]]{0,3}
        )\s*$",
    )
    .expect("a valid pattern")
});

/// The same between the parts of a caption that was read over pages.
static GOES_ON_WITHIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)\s*[(\[]\s?(?:(?:the\s+)?(?:figure|legend|caption|text)s?\s+)*(?:to\s+be\s+|is\s+)?
        (?:continue[ds]?|cont['’]?d?)\b\.?\s+(?:on|overleaf|over)\b[^()\[\]]{0,40}[)\]]\.?\s",
    )
    .expect("a valid pattern")
});

/// Whether `text` says at its end that more of it follows elsewhere.
pub fn goes_on(text: &str) -> bool {
    GOES_ON.is_match(text)
}

/// `text` without what says at its end that more follows.
fn without_end_mark(text: &str) -> &str {
    let Some(mark) = GOES_ON.find(text) else { return text };
    // A full stop before an unbracketed mark is the sentence's.
    let stop = text[mark.range()].trim_start().starts_with(['.', ';', ':', '!', '?', ')']);
    text[..mark.start() + usize::from(stop)].trim_end()
}

/// What says, at the end of a caption, that its figure began earlier: `Scans of the lungs (continued)`.
static CONTINUED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\s*[(\[]\s?(?:\.{2,3}\s?)?(?:continued|cont['’]?d|cont)\b[.…]*\s?[)\]]\.?$")
        .expect("a valid pattern")
});

/// A caption that names a part stands below the one before it if nothing but a blank of so many points
/// is between.
const MOST_BLANK: f32 = 40.0;

/// Tells the legends from the marks that merely point to them: of several captions with one label,
/// a bare label or title line (less than 60% as long as the longest) is a mark on the figure's page,
/// and so is one that says it continues the figure of another, or names a further part of it. What
/// these add is appended to the legend. A legend that is printed twice, at its figure and in a list, is
/// a mark in the list. Returns `(legends, marks)`, both in page order.
pub fn split_marks(mut captions: Vec<Caption>) -> (Vec<Caption>, Vec<Caption>) {
    for index in 0..captions.len() {
        let (before, rest) = captions.split_at_mut(index);
        tell_continued(before, &mut rest[0]);
    }
    let copies = copies(&captions);
    let mut longest: HashMap<String, usize> = HashMap::new();
    for caption in captions.iter().filter(|caption| !caption.continued) {
        let length = longest.entry(caption.label.clone()).or_default();
        *length = caption.text.len().max(*length);
    }
    let (mut legends, mut marks) = (Vec::new(), Vec::new());
    for (caption, copy) in captions.into_iter().zip(copies) {
        let is_legend = match longest.get(&caption.label) {
            Some(most) => !caption.continued && !copy && caption.text.len() * 10 >= most * 6,
            // Its beginning was not found.
            None => true,
        };
        if is_legend { legends.push(caption) } else { marks.push(caption) }
    }
    let continued = marks.iter().filter(|mark| mark.continued && mark.kind != FigureKind::Table);
    for mark in continued {
        // The label of a part tells what its text is about.
        let more = if mark.bare || part(mark).is_none() { mark.legend() } else { &mark.text };
        let legend = legends.iter_mut().find(|legend| legend.label == mark.label);
        let Some(legend) = legend else { continue };
        legend.text.truncate(without_end_mark(&legend.text).len());
        // Some print the legend again over every part.
        if !legend.text.contains(more) {
            legend.text.push(' ');
            legend.text.push_str(more);
        }
    }
    for legend in &mut legends {
        let whole = GOES_ON_WITHIN.replace_all(&legend.text, " ");
        if whole.len() < legend.text.len() {
            legend.text = whole.into_owned();
        }
    }
    (legends, marks)
}

/// By caption: whether it is the copy of another one, the same text under the same label. Of two, that
/// on the page with more captions is the copy, which is a list's; else the later one.
fn copies(captions: &[Caption]) -> Vec<bool> {
    let letters = |caption: &Caption| -> Vec<char> {
        let letters = caption.legend().chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let mut on_page: HashMap<u32, usize> = HashMap::new();
    for caption in captions {
        *on_page.entry(caption.page).or_default() += 1;
    }
    let texts: Vec<Vec<char>> = captions.iter().map(letters).collect();
    let counts = |caption: &Caption| {
        !caption.continued && !caption.bare && caption.kind != FigureKind::Table
    };
    let is_copy = |index: usize| {
        let caption = &captions[index];
        let own = &texts[index];
        let of = |other: usize, theirs: &Caption| {
            let text = &texts[other];
            let (short, long) = (own.len().min(text.len()), own.len().max(text.len()));
            let head = short.min(SAME_HEAD);
            let same = head > 0 && own[..head] == text[..head] && short * 5 >= long * 4;
            // What was cut off is no legend to keep.
            let rank = |index: usize, page: u32, length: usize| {
                (length * 20 < long * 19, on_page[&page], index)
            };
            same && rank(other, theirs.page, text.len()) < rank(index, caption.page, own.len())
        };
        counts(caption)
            && captions.iter().enumerate().any(|(other, theirs)| {
                other != index
                    && theirs.label == caption.label
                    && counts(theirs)
                    && of(other, theirs)
            })
    };
    (0..captions.len()).map(is_copy).collect()
}

/// Letters that two captions have in common at their beginning where they are one text.
const SAME_HEAD: usize = 60;

/// The part of its figure that a caption names.
fn part(caption: &Caption) -> Option<Part> {
    label::read(&caption.text).filter(|label| !label.continued)?.part
}

/// Marks `caption` as continued where its text, or the part that it names, says that it goes on with a
/// figure of the captions `before` it.
fn tell_continued(before: &[Caption], caption: &mut Caption) {
    let same = |other: &&Caption| other.label == caption.label && other.kind == caption.kind;
    if caption.continued || caption.kind == FigureKind::Table {
        return;
    }
    let first = before.iter().find(|other| same(other) && !other.continued && !other.bare);
    if let (Some(mark), Some(_)) = (CONTINUED.find(&caption.text), first) {
        caption.text.truncate(mark.start());
        caption.continued = true;
        return;
    }
    let Some(own) = part(caption) else { return };
    let letter = |part: &Part| part.letters.chars().next().map(|c| c.to_ascii_lowercase());
    let first = match first {
        Some(first) if !caption.bare => first,
        // Labels of parts are all there is.
        None if caption.bare => {
            caption.continued = before.iter().find(same).is_some_and(|other| part(other).is_some());
            return;
        }
        _ => return,
    };
    // A title over a page that shows a part of what the legend describes adds nothing to it.
    let told = sub_captions(&first.text)
        .iter()
        .any(|sub| sub.letter.chars().next().map(|c| c.to_ascii_lowercase()) == letter(&own));
    let later = part(first).is_none_or(|part| letter(&part) < letter(&own));
    let last = before.iter().rev().find(|other| same(other));
    let follows = last.is_some_and(|last| {
        let gap = caption.bbox.y0 - last.bbox.y1;
        last.page != caption.page
            || (gap > -2.0 && gap < MOST_BLANK && last.bbox.x_overlap(&caption.bbox) > 0.0)
    });
    caption.continued = later && follows && !told;
}
