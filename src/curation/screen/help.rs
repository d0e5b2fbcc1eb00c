//! What `?` shows: the keys of every stage, and the guideline of what counts as what.

use ratatui::crossterm::event::KeyCode;
use ratatui::text::Line;

use super::look::Look;
use super::text::plain;

const GUIDELINE: &str = include_str!("../../../annotations/GUIDELINE.md");

const KEYS: &str = "\
# Keys

Everywhere:

  s         skip: asked again next time
  u         undo the last decision, batch or skip; again goes further back
  #         a note, kept with the next decision on this picture
  f         the same, marked as a flag for others to look at
  o  O      open the picture, the PDF, in the system's viewer
  p         the figure as printed, letters and arrows included; again: the picture
  PgUp PgDn ↑ ↓   scroll the text
  Ctrl-L    draw everything again
  q  Ctrl-C quit; everything decided is already saved

Keys pressed within 150 ms after a new question appears, and pasted text, answer nothing.

Select:

  c n m     a chest CT, not a CT, maybe
  b         batch: a sheet of ten pictures. Digits mark the CTs, Enter takes the marked as CT and the
            others as not CT, n takes none as CT; u takes the whole sheet back

Diagnose:

  c n m x   COVID-19, non-COVID, maybe, exclude (not a plain scan of a patient)
  1…9  0    the next diagnosis is of this panel alone, of the whole picture
  Then the words it rests on, marked in the text: Enter takes them, Tab turns to other words, e edits
  them (caption WORDS, mention N WORDS, abstract WORDS, image WORDS), Esc goes back.

Crop:

  Enter     accept the numbered boxes
  w         the whole picture is one scan
  Tab 1…9   choose a panel; z shows it enlarged
  ← ↓ ↑ →   (or h j k l) move the edges set off in blue by a pixel; with Shift by ten
  e         the other two edges
  d         drop the chosen panel
  m x + =   merge, split, add, replace: a line to complete, such as m 1 2, x 3 | 120, x 3 - 80
  g  G      letter the chosen panel; letter all after the caption
  c  r      clear; start again from the proposal
  :         any of these as a line, as at the prompt of --plain

Case:

  Enter     accept patient, age, sex and time as they stand
  =         the patient of the panel before
  e  t      edit all, the time alone; an emptied line means that the paper does not say
  r         start again from the proposal

";

/// Scrolls, or closes: then `None`.
pub(super) fn key(key: KeyCode, scroll: usize) -> Option<usize> {
    match key {
        KeyCode::Char('?' | 'q') | KeyCode::Esc | KeyCode::Enter => None,
        KeyCode::Down | KeyCode::Char('j') => Some(scroll + 1),
        KeyCode::Up | KeyCode::Char('k') => Some(scroll.saturating_sub(1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(scroll + 15),
        KeyCode::PageUp => Some(scroll.saturating_sub(15)),
        KeyCode::Home => Some(0),
        KeyCode::End => Some(usize::MAX / 2),
        _ => Some(scroll),
    }
}

/// All of it, wrapped.
pub(super) fn lines(width: usize, look: Look) -> Vec<Line<'static>> {
    let keys = KEYS.lines().flat_map(|line| match line.strip_prefix("# ") {
        Some(heading) => plain(heading, width, look.ct()),
        None if line.starts_with("  ") => vec![Line::raw(line)],
        None => plain(line, width, look.strong()),
    });
    let guideline = paragraphs(GUIDELINE).into_iter().flat_map(|text| {
        if let Some(heading) = text.strip_prefix('#') {
            plain(heading.trim_start_matches('#').trim(), width, look.ct())
        } else if let Some(point) = text.strip_prefix("- ") {
            let mut lines = plain(point, width.saturating_sub(2), look.plain());
            for (index, line) in lines.iter_mut().enumerate() {
                line.spans.insert(0, if index == 0 { "- ".into() } else { "  ".into() });
            }
            lines
        } else {
            plain(&text, width, look.plain())
        }
    });
    keys.chain(guideline).collect()
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
        let lines = lines(60, Look { colour: false });
        assert!(lines.len() > 100, "keys and guideline");
    }
}
