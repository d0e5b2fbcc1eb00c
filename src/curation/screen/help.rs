//! What `?` shows: the keys of every stage, and the guideline of what counts as what.

use covid_ct_core::task::{EvidenceRule, Question, SubjectKind};
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::fmt::Write as _;

use super::super::lines::is_plain;
use super::text::plain;
use super::theme::{self, Theme};
use crate::task;
use covid_ct_core::Stage;

/// Headings, paragraphs, and keys with what they do.
const EVERYWHERE: &str = "\
# Keys

Everywhere:

s | skip: asked again next time
u | undo the last edit of what is asked, with none left the last decision, batch or skip; again goes \
further back
Space | begin the next stage, once it is announced
# | a note, kept with the next decision on this picture
f | the same, marked as a flag for others to look at
o O | open the picture, the PDF, in the system's viewer
[ ] { } \\ | brightness, contrast, as it is stored: what viewers of scans call level and window
z | enlarge the picture, or the chosen panel; the arrows move in it where they have nothing else to do
p | the figure as printed, letters and arrows included; again: the picture
PgUp PgDn | scroll the text; arrows do, too, where they have nothing else to do
Ctrl-L | draw everything again
q Ctrl-C | quit; everything decided is already saved

What is asked again shows what is in force; Enter leaves it as it is.

Keys pressed within 150 ms after a new question appears, and pasted text, are ignored.

";

/// Of a question whose answers rest on words.
const WORDS: &str = "\
Enter | take the words it rests on, which are marked in the text
Tab | other words
e | edit them: caption WORDS, mention N WORDS, abstract WORDS, image WORDS
Esc | back to the question
";

/// Of the steps that every task may have.
const CROP: &str = "\
Crop:

Enter | accept the numbered boxes; you are warned first where something speaks against them
w | the whole picture is one scan
:grid 3x4 | three rows of four, at the gutters; :grid 3,4,2 for rows of three, four and two
Tab 1…99 | choose a panel; numbers stay with their panels; z shows it enlarged
← ↓ ↑ → | (or h j k l) move the edges set off in blue by a pixel; with Shift by ten
e | the other two edges
d | drop the chosen panel
m x + = | merge, split, add, replace: a line to complete, such as m 1 2, x 3 | 120, x 3 - 80
g G | letter the chosen panel; letter all after the caption; :l A letters all from A on
c r R | clear; start again from what was first shown, from the proposal
: | any of these as a line, as at the prompt of --plain

";

const CASE: &str = "\
Case:

Enter | accept patient, age, sex and time as they stand
A | the same patient for all panels of the picture that are left, each at its own time
= | the patient of the panel before
e t | edit all, the time alone; an emptied line means that the paper does not say
r z | start again from the proposal; show the panel enlarged

";

const ADJUDICATE: &str = "\
Adjudicate:

1…9 Tab | choose a reading; its words are marked in the text, its boxes over the picture
Enter | take it, as yours
a | another answer: the stage's own question is asked

";

/// A place to scroll to: where the guideline begins.
const AT_GUIDELINE: usize = usize::MAX;

/// Cells for the names of keys.
const COLUMN: usize = 12;

/// Scrolls, or closes: then `None`.
pub(super) fn key(key: KeyCode, scroll: usize) -> Option<usize> {
    match key {
        KeyCode::Char('?' | 'q') | KeyCode::Esc | KeyCode::Enter => None,
        KeyCode::Down | KeyCode::Char('j') => Some(scroll.saturating_add(1)),
        KeyCode::Up | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(scroll.saturating_add(15)),
        KeyCode::PageUp => Some(scroll.saturating_sub(15)),
        KeyCode::Char('g') => Some(AT_GUIDELINE),
        KeyCode::Home => Some(0),
        KeyCode::End => Some(AT_GUIDELINE - 1),
        _ => Some(scroll),
    }
}

/// The keys of all that the task asks, question by question.
fn keys() -> String {
    let task = task::in_force();
    let mut keys = EVERYWHERE.to_owned();
    for &stage in task.stages() {
        match stage {
            Stage::Crop => keys += CROP,
            Stage::Case => keys += CASE,
            _ => keys += &task.question(stage).map_or(String::new(), keys_of),
        }
    }
    keys + ADJUDICATE
}

fn keys_of(question: &Question) -> String {
    let name = question.stage.as_str();
    let letters: Vec<String> = question.answers.iter().map(|answer| answer.key.into()).collect();
    let says: Vec<&str> = question.answers.iter().map(|answer| answer.says.as_str()).collect();
    let title = name[..1].to_uppercase() + &name[1..];
    let mut keys = format!("{title}:\n\n{} | {}\n", letters.join(" "), says.join(", "));
    if is_plain(question) {
        if let Some(sheet) = &question.sheet {
            let label = |word| question.answer(word).map_or("", |answer| answer.label.as_str());
            let (marked, others) = (label(sheet.marked), label(sheet.others));
            let _ = writeln!(
                keys,
                "b | batch: a sheet of ten pictures. Digits mark the {}, Enter takes the marked as {marked} and the \
                 others as {others}, n takes none as {marked}; u takes back the last mark, then the previous sheet",
                sheet.many
            );
        }
    } else {
        if question.subject == SubjectKind::Picture {
            keys += "1…99 Tab 0 | the next answer is of this panel alone, of the next, of the whole picture\n";
            if task::in_force().crop.is_asked {
                keys += "k | crop the picture first, where panels differ\n";
            }
        }
        if question.evidence == EvidenceRule::Asked {
            keys += WORDS;
        }
    }
    keys + "\n"
}

/// All of it, wrapped, and the line to begin with.
pub(super) fn lines(width: usize, scroll: usize, theme: Theme) -> (Vec<Line<'static>>, usize) {
    let mut lines: Vec<Line<'static>> = keys()
        .lines()
        .flat_map(|line| match (line.strip_prefix("# "), line.split_once(" | ")) {
            (_, Some((key, does))) => {
                hanging(&Span::styled(format!("{key:COLUMN$}"), theme.key()), does, width)
            }
            (Some(heading), None) => plain(heading, width, theme.heading()),
            (None, None) => plain(line, width, theme::STRONG),
        })
        .collect();
    let guideline = lines.len();
    lines.extend(paragraphs(&task::in_force().guideline).into_iter().flat_map(|text| {
        if let Some(heading) = text.strip_prefix('#') {
            plain(heading.trim_start_matches('#').trim(), width, theme.heading())
        } else if let Some(point) = text.strip_prefix("- ") {
            hanging(&Span::raw("- "), point, width)
        } else {
            plain(&text, width, Style::new())
        }
    }));
    (lines, if scroll == AT_GUIDELINE { guideline } else { scroll })
}

/// `text` in a column of its own beside `name`.
fn hanging(name: &Span<'static>, text: &str, width: usize) -> Vec<Line<'static>> {
    let indent = name.width();
    let mut lines = plain(text, width.saturating_sub(indent), Style::new());
    for (index, line) in lines.iter_mut().enumerate() {
        let before = if index == 0 { name.clone() } else { Span::raw(" ".repeat(indent)) };
        line.spans.insert(0, before);
    }
    lines
}

/// The paragraphs, points and headings of a Markdown text, each as one line, empty ones between kept;
/// emphasis is dropped.
fn paragraphs(markdown: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in markdown.lines() {
        let line = line.replace("**", "").replace('`', "");
        let goes_on = !line.is_empty()
            && !line.starts_with(['#', '-'])
            && paragraphs.last().is_some_and(|last| !last.is_empty() && !last.starts_with('#'));
        match paragraphs.last_mut() {
            Some(last) if goes_on => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => paragraphs.push(line),
        }
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_lines_that_wrap_again() {
        let told = paragraphs("# A\n\nOne **two**\nthree.\n- point\n  goes on\n- next\n");
        assert_eq!(told, ["# A", "", "One two three.", "- point goes on", "- next"]);
    }

    #[test]
    fn help_scrolls_and_closes() {
        assert_eq!(key(KeyCode::Down, 3), Some(4));
        assert_eq!(key(KeyCode::Up, 0), Some(0));
        assert_eq!(key(KeyCode::Char('?'), 9), None);
        let theme = Theme { colour: false };
        let (lines, first) = lines(60, key(KeyCode::Char('g'), 0).expect("open"), theme);
        assert_eq!(lines[first].to_string(), "Guideline for curators");
        assert!(lines.iter().all(|line| line.width() <= 60), "wrapped");
    }
}
