//! The title and the abstract, read off a paper's first pages.

mod unheaded;

use std::sync::LazyLock;

use regex::Regex;

use crate::figures::{PageText, TextLine, joined, normalise};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

/// Pages that are looked at: a publisher may put a cover before the paper, authors a title page.
const FRONT: usize = 4;

/// What a cover says that an archive puts before the paper.
static COVER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)COVID-19\s+resource\s+centre|resource\s+centre\s+is\s+hosted|this\s+is\s+a\s+PDF\s+file\s+of\s+an\s+(?:unedited|article)",
    )
});
/// Titles that are a file's, a program's or a journal's.
static NO_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^(?:microsoft\s|untitled|doi:|pii:?|.*\.(?:docx?|pdf|tex|dvi|indd|qxd|rtf)$
        |(?:(?:international|american|european|british|journal|annals|archives|proceedings)\b[\w\s&]*\s(?:of|in|for)\s[\w\s&]{0,50}|(?:the\s)?lancet[\w\s]*|frontiers\s+in\s.*|science\s+journals.*)$
        |(?:accepted|uncorrected|original|unedited|advance|author)[\w\s]*(?:manuscript|article|proofs?)$
        |journal\s+pre-?proofs?$|article\s+in\s+press$|contents\s+lists|journal\s+homepage)",
    )
});
/// Lines that stand around a title: what kind of article it is, and headings of a title page.
static KIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^(?:(?:full\s+|original\s+|research\s+|review\s+|brief\s+|short\s+|rapid\s+|case\s+|special\s+|open\s+)*
        (?:title(?:\s+page)?|article|reports?|communications?|paper|review|research|letter|commentary|editorial|perspectives?|viewpoint|
        letters?\s+to\s+the\s+editors?|dispatch(?:es)?|correspondence|access|series|manuscript|preprint|protocol|synopsis)s?|(?:running|short)\s+(?:title|head).*|[A-Z]\s[A-Z]\s[A-Z]\s.*)\s?:?$",
    )
});
static TITLE_WORD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:full|article|manuscript|paper)\s+)?title\s?(?:page)?\s?[:.–-]\s*|^case\s+report:?\s+",
    )
});
/// A list of authors: two names with their marks, or a name with a degree.
static AUTHORS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^(?:by\s+)?(?:Dr\.?\s|Prof\.?\s)?
        (?:\p{Lu}[\p{L}.'’-]*(?:\s\p{Lu}[\p{L}.'’-]*){0,4}
           (?:\b\s?[*†‡§¶]|\p{Ll}[0-9]{1,2}\b|,\s(?:MD|PhD|MSc|MPH|BSc|DPhil)\b)
          |\p{Lu}\.(?:[\s-]?\p{Lu}\.)*\s\p{Lu}[\p{L}'’-]+(?:\s[a-f])?\s?,)",
    )
});

/// What a title does not end with.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:a|an|and|among|at|between|by|during|for|from|in|of|on|or|the|to|with)|[,:-])$",
    )
});

/// The document's own title where it reads as one, else the one printed at the head of its text.
pub fn title(stated: &str, texts: &[PageText]) -> String {
    let stated = normalise(&unescaped(stated));
    let trusted = stated.split(' ').count() >= 3 && !NO_TITLE.is_match(&stated);
    if !trusted {
        return printed_title(texts).unwrap_or_default();
    }
    let stated = TITLE_WORD.replace(&stated, "").into_owned();
    // Some programs keep no more than 200 characters.
    if stated.chars().count() >= 190
        && let Some(printed) = printed_title(texts)
        && letters(&printed).starts_with(&letters(&stated))
    {
        return printed;
    }
    stated
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// With the character references of HTML put back into characters.
fn unescaped(text: &str) -> String {
    static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"&(?:#x(?P<hex>[0-9A-Fa-f]{1,6})|#(?P<dec>[0-9]{1,7})|(?P<name>amp|lt|gt|quot|apos|nbsp));",
        )
    });
    let plain = |found: &regex::Captures<'_>| {
        let code = found.name("hex").map(|hex| u32::from_str_radix(hex.as_str(), 16));
        let code = code.or_else(|| found.name("dec").map(|dec| dec.as_str().parse()));
        let named = found.name("name").map(|name| match name.as_str() {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => ' ',
        });
        let character = code.and_then(Result::ok).and_then(char::from_u32).or(named);
        character.map_or_else(|| found[0].to_owned(), String::from)
    };
    REFERENCE.replace_all(text, plain).into_owned()
}

/// The pages of the paper itself, its front first.
fn front(texts: &[PageText]) -> impl Iterator<Item = &PageText> {
    texts.iter().take(FRONT).filter(|page| {
        let head: Vec<&str> = page.lines.iter().take(60).map(|line| line.text.as_str()).collect();
        page.lines.len() >= 3 && !COVER.is_match(&head.join(" "))
    })
}

/// The largest group of lines in the upper part of the first page that reads as a title; of equals
/// the first, and bold before plain.
fn printed_title(texts: &[PageText]) -> Option<String> {
    front(texts).take(2).find_map(|page| {
        let mut lines: Vec<&TextLine> =
            page.lines.iter().filter(|line| line.line.bbox.y0 < 0.6 * page.height).collect();
        // Pieces of one row, left to right.
        let row = |line: &TextLine| (line.top / 3.0).round();
        lines.sort_by(|a, b| {
            row(a).total_cmp(&row(b)).then(a.line.bbox.x0.total_cmp(&b.line.bbox.x0))
        });
        // Above a journal's address stands its name.
        let masthead = lines
            .iter()
            .find(|line| line.text.to_lowercase().starts_with("journal homepage"))
            .map(|line| line.top);
        let mut groups: Vec<Vec<&TextLine>> = Vec::new();
        for line in lines {
            let masthead = masthead.is_some_and(|foot| line.top <= foot);
            if masthead || is_spaced(&line.text) {
                continue;
            }
            if KIND.is_match(&line.text) || NO_TITLE.is_match(&line.text) {
                continue;
            }
            // Notes to the printer and marks of the margin may stand between its lines.
            let group = groups.iter_mut().rev().take(4).find(|group| {
                let last = group[group.len() - 1];
                let below = last.line.bbox.x_overlap(&line.line.bbox) > 0.0
                    && (0.5 * line.size..2.6 * line.size).contains(&(line.top - last.top));
                let beside = (line.top - last.top).abs() < 0.3 * line.size
                    && (-1.0..line.size).contains(&(line.line.bbox.x0 - last.line.bbox.x1));
                alike(last, line)
                    && (below || beside)
                    && (OPEN.is_match(&last.text) || !AUTHORS.is_match(&line.text))
            });
            match group {
                Some(group) => group.push(line),
                None => groups.push(vec![line]),
            }
        }
        let texts =
            |group: &[&TextLine]| joined(group.iter().map(|line| line.text.as_str()), texts);
        let fits = |group: &&Vec<&TextLine>| {
            let words: usize = group.iter().map(|line| line.text.split(' ').count()).sum();
            (3..=60).contains(&words) && group.len() <= 8 && !AUTHORS.is_match(&group[0].text)
        };
        let weight =
            |group: &&Vec<&TextLine>| ((group[0].size * 4.0).round() as i32, group[0].is_bold());
        let best = groups.iter().filter(fits).rev().max_by_key(weight)?;
        let title = texts(best);
        Some(
            TITLE_WORD
                .replace(&title, "")
                .trim_end_matches(['*', '☆', '†', '‡', '§', '¶', ' '])
                .to_owned(),
        )
    })
}

/// Whether the letters of its words stand apart, as of a rubric: `E D I T O R I A L`.
fn is_spaced(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let short = words.iter().filter(|word| word.chars().count() <= 2).count();
    words.len() >= 5 && short * 10 >= words.len() * 7
}

fn alike(one: &TextLine, other: &TextLine) -> bool {
    (one.size - other.size).abs() < 0.06 * one.size && one.is_bold() == other.is_bold()
}

static ABSTRACT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:\d\.?\s)?(?:Structured\s+|STRUCTURED\s+)?(?:Abstract|ABSTRACT|Summary|SUMMARY|A\sB\sS\sT\sR\sA\sC\sT|a\sb\ss\st\sr\sa\sc\st|S\sU\sM\sM\sA\sR\sY))(?:\s?[:.|—–-]\s*|\s*$|\s+(?P<text>\p{Lu}))",
    )
});
/// Where a structured abstract begins that bears no heading.
static FIRST_PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:Background|BACKGROUND|Objectives?|OBJECTIVES?|Purpose|PURPOSE|Importance|IMPORTANCE|Aims?|Rationale)(?:\s+and\s+\w+)?\s?[:.—–]\s?\S",
    )
});
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^(?:\d{0,2}[.\s]*(?:Introduction|INTRODUCTION|I\s?NTRODUCTION)\b|(?i:key\s?-?words?|k\se\sy\sw\so\sr\sd\ss|index\s+terms|mesh\s+terms|author\s+summary|plain\s+language\s+summary|significance(?:\s+statement)?\s*:?$|graphical\s+abstract|highlights|abbreviations)\b
        |(?:Citation|Correspondence|CORRESPONDENCE|\*?\s?Corresponding|Received|Editor|Copyright|©|Funding\s+information|Competing|How\s+to\s+cite|This\s+is\s+an\s+open|Published\s+by|https?:|doi:|DOI|E-?mail|Academic\s+Editor|Main\s+[Tt]ext\b|MAIN\s+TEXT|Article\s+[Ss]ummary|What\s+is\s+(?:already\s+)?known|TEXT$)
        |\d{1,2}\.?\s+Background$|BACKGROUND$|Background$|Main$|MAIN$)",
    )
});

/// Headings within a structured abstract.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?i:background|objectives?|aims?|purpose|importance|rationale|context|introduction|methods?|materials?\s+and\s+methods?|design|setting|participants|patients|interventions?|exposures?|measurements?|main\s+outcome|outcomes?|data\s+sources?|study\s+selection|results?|findings?|conclusions?|discussion|interpretation|limitations?|significance|relevance|funding|trial\s+registration|registration)\b",
    )
});

/// An abstract of this many characters may be over where a paragraph is.
const SHORTEST: usize = 600;

/// Fewer characters than this are no abstract; nor are more than the other.
const LEAST: usize = 60;
const LONGEST: usize = 6000;

/// The abstract without its heading; where none has one, the paragraph above the keywords or the introduction.
/// Empty where there is neither.
pub fn abstract_text(texts: &[PageText]) -> String {
    let pages: Vec<&PageText> = front(texts).collect();
    for style in [&ABSTRACT, &FIRST_PART] {
        let lines = pages
            .iter()
            .enumerate()
            .flat_map(|(page, text)| (0..text.lines.len()).map(move |line| (page, line)));
        let found = lines
            .filter(|&(page, line)| style.is_match(&pages[page].lines[line].text))
            .map(|(page, line)| read_abstract(&pages[page..], line))
            // "Abstract: 158 words" counts its words.
            .find(|lines| lines.iter().map(|line| line.len()).sum::<usize>() >= LEAST);
        if let Some(lines) = found {
            return joined(lines.into_iter(), texts);
        }
    }
    joined(unheaded::read(&pages).into_iter().map(|line| line.text.as_str()), texts)
}

/// The lines of the abstract whose heading is line `heading` of the first of `pages`.
fn read_abstract<'a>(pages: &[&'a PageText], heading: usize) -> Vec<&'a str> {
    let head = &pages[0].lines[heading];
    let behind = match ABSTRACT.captures(&head.text) {
        Some(found) => {
            let end = found.name("text").map_or(found[0].len(), |text| text.start());
            &head.text[end..]
        }
        None => head.text.as_str(),
    };
    let mut reader = AbstractReader { lines: Vec::new(), body: None, pace: f32::MAX, length: 0 };
    if !behind.is_empty() {
        reader.push(head, behind);
    }
    let rest = std::iter::once(&pages[0].lines[heading + 1..])
        .chain(pages[1..].iter().map(|page| page.lines.as_slice()));
    for lines in rest.take(3) {
        if !reader.read(lines) {
            break;
        }
    }
    reader.lines
}

struct AbstractReader<'a> {
    lines: Vec<&'a str>,
    /// The first and the last line of its text.
    body: Option<(&'a TextLine, &'a TextLine)>,
    /// The least distance of two lines.
    pace: f32,
    length: usize,
}

impl<'a> AbstractReader<'a> {
    fn push(&mut self, line: &'a TextLine, text: &'a str) {
        let first = self.body.map_or(line, |(first, _)| first);
        self.body = Some((first, line));
        self.length += text.len();
        self.lines.push(text);
    }

    /// Whether the abstract may go on after these lines, those of a page.
    fn read(&mut self, lines: &'a [TextLine]) -> bool {
        let mut new_page = true;
        for line in lines {
            // A side column may hold its keywords; the next column goes on with an open sentence.
            let beside = self.body.is_some_and(|(first, last)| {
                let open = !last.text.ends_with(['.', '?', '!']) && line.top < last.top;
                line.line.bbox.x_overlap(&first.line.bbox) <= 0.0 && !open
            });
            if beside {
                continue;
            }
            if AFTER.is_match(&line.text) && !self.lines.is_empty() {
                return false;
            }
            // The headings of its parts may be of any size.
            let heading = line.line.words.len() <= 4
                && !line.text.trim_end_matches(':').contains(':')
                && !line.text.ends_with(['.', ',', '-']);
            if heading && PART.is_match(&line.text) {
                self.length += line.text.len();
                self.lines.push(&line.text);
                continue;
            }
            if let Some((first, last)) = self.body {
                // Footnotes stand around it.
                if (line.size - first.size).abs() > 0.12 * first.size {
                    continue;
                }
                if self.length + line.text.len() > LONGEST || self.ends(last, line, new_page) {
                    return false;
                }
                let step = line.top - last.top;
                if step > 0.5 * line.size {
                    self.pace = self.pace.min(step);
                }
            }
            self.push(line, &line.text);
            new_page = false;
        }
        true
    }

    /// Whether another text begins with `line`, as no heading says: a paragraph set off, one on a new
    /// page, a bold line of its own.
    fn ends(&self, last: &TextLine, line: &TextLine, new_page: bool) -> bool {
        let finished = last.text.ends_with(['.', '?', '!', ')']) && self.length > SHORTEST;
        // Or at the head of the next column.
        let set_off =
            line.top - last.top > 1.6 * self.pace || line.top < last.top - 3.0 * line.size;
        let heading = line.is_bold() && !last.is_bold() && line.line.words.len() <= 8;
        finished && (new_page || set_off || heading) && !PART.is_match(&line.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::text_page;

    fn page(lines: &[(&str, f32, bool)]) -> PageText {
        let mut y = 60.0;
        let lines: Vec<_> = lines
            .iter()
            .map(|&(text, size, bold)| {
                y += 1.3 * size;
                crate::pdf::Line::set(text, (72.0, y), size, bold)
            })
            .collect();
        text_page(1, (600.0, 800.0), lines)
    }

    #[test]
    fn the_title_is_the_largest_text_that_reads_as_one() {
        let first = page(&[
            ("Viruses", 25.0, true),
            ("Journal of Medical Virology", 22.0, true),
            ("RESEARCH ARTICLE", 20.0, false),
            ("Chest CT of patients with pneumonia in", 18.0, true),
            ("three hospitals", 18.0, true),
            ("Lai A1,2, Bergna B1 and Galli C2", 12.0, false),
            ("Background is what comes before all other things.", 10.0, false),
        ]);
        let expected = "Chest CT of patients with pneumonia in three hospitals";
        assert_eq!(title("Microsoft Word - draft.docx", std::slice::from_ref(&first)), expected);
        assert_eq!(title("", std::slice::from_ref(&first)), expected);
        let cover = page(&[
            ("Since January 2020 Elsevier has created a COVID-19 resource centre", 30.0, true),
            ("with free information", 30.0, true),
            ("in English", 30.0, true),
        ]);
        assert_eq!(title("", &[cover, first]), expected);
    }

    #[test]
    fn authors_end_a_title_of_the_same_size() {
        let first = page(&[
            ("Title: Chest CT of patients with pneumonia", 12.0, false),
            ("in three hospitals", 12.0, false),
            ("Weihua Yang1, Jian Chen2, Mingjie Xu1", 12.0, false),
            ("Department of Medicine, Jinan", 12.0, false),
        ]);
        assert_eq!(title("", &[first]), "Chest CT of patients with pneumonia in three hospitals");
    }

    #[test]
    fn a_title_goes_on_behind_a_word_that_cannot_end_it() {
        let first = page(&[
            ("Chest CT and the air of the valley of the river in", 14.0, false),
            ("Italy *", 14.0, false),
            ("Weihua Yang1, Jian Chen2", 11.0, false),
        ]);
        let expected = "Chest CT and the air of the valley of the river in Italy";
        assert_eq!(title("", &[first]), expected);
    }

    #[test]
    fn a_stated_title_is_made_readable() {
        assert_eq!(title("Covid&#x2010;19 &amp; the skin", &[]), "Covid\u{2010}19 & the skin");
        assert_eq!(title("pone.0123456 1..12.pdf", &[]), "");
    }

    #[test]
    fn the_abstract_runs_from_its_heading_to_the_next() {
        let text = |heading: &'static str, stop: &'static str| {
            let first = page(&[
                ("A title of some words", 18.0, true),
                (heading, 10.0, true),
                ("Background: We scanned pneu-", 10.0, false),
                ("a footnote of the title page", 7.0, false),
                ("monia. Methods: CT.", 10.0, false),
            ]);
            let second = page(&[
                ("Results: All had opacities.", 10.0, false),
                (stop, 10.0, true),
                ("Running text follows here.", 10.0, false),
            ]);
            abstract_text(&[first, second])
        };
        let expected = "Background: We scanned pneumonia. Methods: CT. Results: All had opacities.";
        assert_eq!(text("Abstract", "Keywords: CT"), expected);
        assert_eq!(text("ABSTRACT:", "1. Introduction"), expected);
        assert_eq!(text("A B S T R A C T", "Introduction"), expected);
        assert_eq!(text("Summary", "INTRODUCTION"), expected);
        // Without a heading, from its first part on.
        assert_eq!(text("Some Author", "Key words CT"), expected);
        assert_eq!(abstract_text(&[page(&[("Plain text.", 10.0, false)])]), "");
    }

    #[test]
    fn an_abstract_without_a_heading_stands_above_the_keywords_or_the_introduction() {
        let read = |lines: &[(&'static str, f32, bool)]| {
            let title = ("A title of some words", 18.0, true);
            abstract_text(&[page(&[&[title], lines].concat())])
        };
        let text = [
            (
                "Since the winter an outbreak of pneumonia has spread over all provinces of the land.",
                10.0,
                false,
            ),
            (
                "Here we tell of patients who were well again, and of what their scans showed before and after.",
                10.0,
                false,
            ),
            ("All of them had opacities.", 10.0, false),
        ];
        let expected = text.map(|(line, ..)| line).join(" ");
        let foot = [("Keywords: CT", 10.0, true), ("The running text begins here.", 10.0, false)];
        assert_eq!(read(&[&text[..], &foot].concat()), expected);
        let introduction = [("1. Introduction", 12.0, true)];
        assert_eq!(read(&[&text[..], &introduction].concat()), expected);
        // Dates stand between them, and a note of the licence above.
        let notes = [
            (
                "Copyright 2020 The Authors. This article is open to all who want to read it, in all ways that",
                10.0,
                false,
            ),
            ("the licence permits.", 10.0, false),
        ];
        let dates = [("First draft submitted: 12 May 2020; Published online:", 10.0, false)];
        assert_eq!(read(&[&notes[..], &text, &dates, &foot].concat()), expected);
        // What stands there of a letter is no abstract.
        let authors = [
            ("Lai A, Bergna B, Galli C and Moore D", 10.0, false),
            ("Department of Medicine, Weihai Hospital, Weihai, China.", 10.0, false),
            ("Department of Radiology, Jinan Hospital, Jinan, China.", 10.0, false),
        ];
        assert_eq!(read(&[&authors[..], &foot].concat()), "");
    }
}
