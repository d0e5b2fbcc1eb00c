//! The sentences of the running text that cite a figure.

use std::sync::LazyLock;

use regex::Regex;

use super::Mention;
use super::citations::{Cited, cited};
use super::cleaning::{PageText, TextLine};
use super::join::{self, Vocabulary};

/// A sentence outside captions, and the figures it cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citing {
    /// From 1; where the sentence starts.
    pub page: u32,
    pub text: String,
    pub figures: Vec<Cited>,
}

impl Citing {
    /// What it says of the figure labelled `label`, if it cites that one.
    pub fn mention(&self, label: &str) -> Option<Mention> {
        let cited = self.figures.iter().find(|figure| figure.label == label);
        let panels = match cited {
            Some(cited) => cited.panels.clone(),
            None if self.cites_subnumber(label) => Vec::new(),
            // "Figure A" is a panel where the only figure has no number.
            None if label == "Figure" => self.letters()?,
            None => return None,
        };
        Some(Mention { page: self.page, text: self.text.clone(), panels })
    }

    /// Whether what reads like a range is the label: `Figure S1-2`.
    fn cites_subnumber(&self, label: &str) -> bool {
        let dash = |c: char| matches!(c, '-' | '–' | '\u{2010}' | '\u{2011}');
        let Some((first, second)) = label.split_once('-') else { return false };
        let number = first.rsplit(' ').next().unwrap_or_default();
        self.figures.iter().any(|figure| figure.label == first)
            && self.text.match_indices(number).any(|(at, _)| {
                let rest = self.text[at + number.len()..].strip_prefix(dash);
                let rest = rest.and_then(|rest| rest.strip_prefix(second));
                rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            })
    }

    /// The letters that stand in place of a figure's number.
    fn letters(&self) -> Option<Vec<String>> {
        let letter = |label: &str| {
            let letter = label.strip_prefix("Figure ")?;
            (letter.len() == 1 && letter.starts_with(|c: char| c.is_ascii_uppercase()))
                .then(|| letter.to_owned())
        };
        let letters: Vec<String> =
            self.figures.iter().filter_map(|figure| letter(&figure.label)).collect();
        (!letters.is_empty()).then_some(letters)
    }
}

/// Numbers of references set on a sentence's full stop, and the blank behind them.
static REFERENCES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\d{1,3}(?:[,–-]\s?\d{1,3})*|\[\d{1,3}(?:[,–-]\s?\d{1,3})*\])\s")
        .expect("a valid pattern")
});

/// Cuts running text into sentences. A full stop after an abbreviation, an initial or inside a number
/// ends none.
pub fn sentences(text: &str) -> Vec<&str> {
    let opens = |after: &str| {
        after.trim_start().starts_with(|c: char| {
            c.is_uppercase() || c.is_ascii_digit() || matches!(c, '(' | '[' | '"' | '“' | '‘')
        })
    };
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in text.char_indices() {
        if !matches!(mark, '.' | '!' | '?') {
            continue;
        }
        // Closing brackets, quotes and reference numbers belong to the sentence they follow.
        let rest = &text[at + 1..];
        let tail = rest.len() - rest.trim_start_matches([')', ']', '"', '”', '’']).len();
        let after = &rest[tail..];
        // "was observed.12 The", "in mice.3,4 The": numbers of references stand on the full stop.
        let raised = text[..at].ends_with(char::is_alphabetic) && mark == '.' && tail == 0;
        let references = REFERENCES
            .find(rest)
            .filter(|found| raised || (mark == '.' && found.as_str().starts_with('[')));
        let (tail, after) = match references {
            Some(references) => (references.len() - 1, &rest[references.len() - 1..]),
            None => (tail, after),
        };
        let ends = after.is_empty() || (after.starts_with(' ') && opens(after));
        if at >= start && ends && !(mark == '.' && is_abbreviation(&text[start..at])) {
            let end = at + 1 + tail;
            found.push(text[start..end].trim());
            start = end;
        }
    }
    let rest = text[start..].trim();
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// Whether the last word before a full stop is one that is written with it.
fn is_abbreviation(before: &str) -> bool {
    const SHORT: &[&str] = &[
        "fig", "figs", "al", "e.g", "i.e", "vs", "dr", "prof", "no", "ref", "refs", "eq", "eqs",
        "approx", "suppl", "supp", "tab", "st", "cf", "ca", "etc", "inc", "ltd", "co", "mr", "mrs",
        "ms", "resp", "sp", "spp", "ed", "eds", "vol", "dept", "univ",
    ];
    let word = before.rsplit([' ', '(', '[', '"', '“']).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    initial || SHORT.contains(&word.to_lowercase().as_str())
}

/// Every citing sentence of the text outside captions, in the order of the text. `body` is the size
/// that running text is set in.
pub fn find(
    pages: &[PageText],
    is_caption: &[Vec<bool>],
    vocabulary: &Vocabulary,
    body: f32,
) -> Vec<Citing> {
    let mut flow = Flow::new(vocabulary, body);
    for (page, is_caption) in pages.iter().zip(is_caption) {
        flow.read(page, is_caption);
    }
    flow.finish()
}

/// A paragraph in the making, and the pages that its parts come from.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    /// `(byte, page)`: the page from that byte on.
    pages: Vec<(usize, u32)>,
}

impl Paragraph {
    fn append(&mut self, line: &TextLine, page: u32, vocabulary: &Vocabulary) {
        if self.pages.last().is_none_or(|(_, last)| *last != page) {
            self.pages.push((self.text.len(), page));
        }
        join::append(&mut self.text, &line.text, vocabulary);
    }

    /// Whether a sentence goes on in the next line.
    fn is_open(&self) -> bool {
        !self.text.is_empty() && !self.text.ends_with(['.', '!', '?', ':'])
    }

    fn page(&self, at: usize) -> u32 {
        let after = self.pages.partition_point(|(start, _)| *start <= at);
        self.pages.get(after.saturating_sub(1)).map_or(1, |(_, page)| *page)
    }
}

/// Follows the running text past the floats that stand in its way, over columns and pages.
struct Flow<'a> {
    vocabulary: &'a Vocabulary,
    body: f32,
    /// Of the running text.
    main: Paragraph,
    /// Of text in another size: footnotes, tables, the words of a picture.
    other: Paragraph,
    other_size: f32,
    found: Vec<Citing>,
}

impl<'a> Flow<'a> {
    fn new(vocabulary: &'a Vocabulary, body: f32) -> Self {
        let (main, other) = (Paragraph::default(), Paragraph::default());
        Self { vocabulary, body, main, other, other_size: 0.0, found: Vec::new() }
    }

    fn read(&mut self, page: &PageText, is_caption: &[bool]) {
        let full = full_blocks(page);
        for (line, _) in page.lines.iter().zip(is_caption).filter(|(_, caption)| !**caption) {
            let running = (line.size - self.body).abs() <= 0.1 * self.body;
            let block = line.line.block;
            let whole = full.get(block).copied().unwrap_or(true) || ends_sentence(line);
            if !running || (self.main.is_open() && !whole) {
                self.set_apart(line, page.number);
            } else if is_heading(line) && !self.main.is_open() {
                self.close_main();
                self.main.append(line, page.number, self.vocabulary);
                self.close_main();
            } else {
                self.main.append(line, page.number, self.vocabulary);
            }
        }
        // What is set apart ends with its page.
        self.close_other();
    }

    fn set_apart(&mut self, line: &TextLine, page: u32) {
        // Another size of type is another text.
        if (line.size - self.other_size).abs() > 0.1 * self.other_size {
            self.close_other();
            self.other_size = line.size;
        }
        self.other.append(line, page, self.vocabulary);
    }

    fn close_main(&mut self) {
        let paragraph = std::mem::take(&mut self.main);
        self.take(&paragraph);
    }

    fn close_other(&mut self) {
        let paragraph = std::mem::take(&mut self.other);
        self.take(&paragraph);
    }

    fn take(&mut self, paragraph: &Paragraph) {
        let from = paragraph.text.as_ptr() as usize;
        for sentence in sentences(&paragraph.text) {
            let figures = cited(sentence);
            if !figures.is_empty() {
                let at = sentence.as_ptr() as usize - from;
                let page = paragraph.page(at);
                self.found.push(Citing { page, text: sentence.to_owned(), figures });
            }
        }
    }

    fn finish(mut self) -> Vec<Citing> {
        self.close_main();
        self.close_other();
        // Text set apart was read before the sentence it interrupts was finished.
        self.found.sort_by_key(|citing| citing.page);
        self.found
    }
}

/// By number of block: whether it holds a line as long as those of running text.
fn full_blocks(page: &PageText) -> Vec<bool> {
    let mut widths: Vec<f32> = page.lines.iter().map(|line| line.line.bbox.width()).collect();
    widths.sort_by(f32::total_cmp);
    // Most lines of a page of text are full ones; of a page with a table, a quarter still are.
    let usual = widths.get(widths.len() * 3 / 4).copied().unwrap_or_default();
    let blocks = page.lines.iter().map(|line| line.line.block + 1).max().unwrap_or_default();
    let mut full = vec![false; blocks];
    for line in &page.lines {
        let long = line.line.bbox.width() > 0.6 * usual || line.line.words.len() >= 7;
        full[line.line.block] |= long;
    }
    full
}

fn ends_sentence(line: &TextLine) -> bool {
    line.text.ends_with(['.', '!', '?', ')', ';', ','])
}

/// Whether the line is set as headings are, or reads like one.
fn is_heading(line: &TextLine) -> bool {
    let words = &line.line.words;
    let slanted = words.iter().all(|word| word.italic);
    let few = words.len() <= 12 && !line.text.ends_with(['.', ',', ';', '-']);
    few && (slanted || words.iter().all(|word| word.bold))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::by_hand::{block, line, page};
    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        let text = "As shown (Fig. 1), it grew by 2.5 mm. Smith et al. saw the same [3]. No. 4 did not? Yes.";
        assert_eq!(
            sentences(text),
            [
                "As shown (Fig. 1), it grew by 2.5 mm.",
                "Smith et al. saw the same [3].",
                "No. 4 did not?",
                "Yes."
            ]
        );
        let text = "It rose to 2.5 mm.12 The rest fell.3,4 Both in E. coli sp. nov. as shown.";
        assert_eq!(
            sentences(text),
            ["It rose to 2.5 mm.12", "The rest fell.3,4", "Both in E. coli sp. nov. as shown."]
        );
        let text = "It lay there (Fig. 1).[47] Wang et al[48] saw more.[3,5–7] So did we.";
        assert_eq!(
            sentences(text),
            ["It lay there (Fig. 1).[47]", "Wang et al[48] saw more.[3,5–7]", "So did we."]
        );
    }

    fn found(pages: &[PageText]) -> Vec<(u32, String)> {
        let is_caption: Vec<Vec<bool>> = pages
            .iter()
            .map(|page| page.lines.iter().map(|line| line.text.starts_with("Figure 9.")).collect())
            .collect();
        find(pages, &is_caption, &Vocabulary::default(), 10.0)
            .into_iter()
            .map(|citing| (citing.page, citing.text))
            .collect()
    }

    #[test]
    fn a_sentence_goes_on_past_floats_and_pages() {
        let first = block(
            1,
            &[
                line("All was well. The opacities lay near to the", 72.0, 600.0),
                line("pleura, as in most of the other patients who", 72.0, 612.0),
            ],
        );
        let mut second = block(1, &[line("Figure 9. Chest CT (see Fig. 3).", 72.0, 80.0)]);
        second.extend(block(2, &[line("Left lobe", 72.0, 100.0), line("n = 12", 200.0, 100.0)]));
        second.extend(block(
            3,
            &[line("a note about Figure 4 in small type", 72.0, 120.0).sized(7.0)],
        ));
        second.extend(block(
            4,
            &[
                line("were scanned in that week or later on (Fig-", 72.0, 300.0),
                line("ure 2). The others were not.", 72.0, 312.0),
            ],
        ));
        assert_eq!(
            found(&[page(1, first), page(2, second)]),
            [
                (1, "The opacities lay near to the pleura, as in most of the other patients who were \
                     scanned in that week or later on (Figure 2).".to_owned()),
                (2, "a note about Figure 4 in small type".to_owned()),
            ]
        );
    }

    #[test]
    fn a_number_within_a_number_is_cited_like_a_range() {
        let citing = |text: &str| Citing { page: 1, text: text.into(), figures: cited(text) };
        assert!(citing("It grew (Figure S1-2).").mention("Figure S1-2").is_some());
        assert!(citing("It grew (Figure S1-3).").mention("Figure S1-2").is_none());
        assert!(citing("It grew (Figure S1 and S2).").mention("Figure S1-2").is_none());
        let only = citing("It grew (Figure A).").mention("Figure").expect("a mention");
        assert_eq!(only.panels, ["A"]);
    }

    #[test]
    fn headings_are_no_part_of_a_sentence() {
        let mut lines = block(
            1,
            &[
                line("All patients were scanned within the same week.", 72.0, 100.0),
                line("Chest CT", 72.0, 120.0).bold(2),
            ],
        );
        lines.extend(block(2, &[line("Figure 1 shows the lungs of one of the men.", 72.0, 140.0)]));
        assert_eq!(
            found(&[page(1, lines)]),
            [(1, "Figure 1 shows the lungs of one of the men.".to_owned())]
        );
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in "([A-Za-z0-9 .!?()\"“”é]){0,200}") {
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
            let joined: usize = sentences(&text).iter().map(|sentence| letters(sentence)).sum();
            prop_assert_eq!(joined, letters(&text));
            let _ = cited(&text);
        }
    }
}
