//! Lines in, lines out: what a curator is told and asked, over any reader and writer, so that a
//! terminal, a script and a test are the same.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};
use std::ops::Range;

use super::evidence::marked_words;
use covid_ct_core::drop_controls;

/// Width of text where there is no terminal to ask, in characters.
const DEFAULT_WIDTH: usize = 80;

/// Narrowest column text is wrapped to, in characters.
const MIN_COLUMN: usize = 20;

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to mark words with ANSI colours.
    pub colour: bool,
    /// Characters a line.
    pub width: usize,
}

impl Style {
    /// For text that no terminal shows.
    pub const PLAIN: Self = Self { colour: false, width: DEFAULT_WIDTH };

    /// For standard output as it is: colours and its own width where it is a terminal and
    /// `NO_COLOR` is not set (<https://no-color.org>).
    pub fn of_stdout() -> Self {
        use std::io::IsTerminal as _;
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { colour: wanted && io::stdout().is_terminal(), width: width.unwrap_or(DEFAULT_WIDTH) }
    }

    /// A line `name    text`, wrapped with the text in a column of its own, words that speak
    /// for answers of the task marked. Control characters in `text`, which comes from PDFs, are blanked.
    pub fn field(&self, name: &str, text: &str) -> String {
        const NAME: usize = 9;
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let marks = if self.colour { Marks::of(&text) } else { Marks::default() };
        // A blank at least between a name and its text.
        let indent = NAME.max(name.chars().count() + 1);
        let column = self.width.saturating_sub(indent).max(MIN_COLUMN);
        let mut out = String::new();
        for (index, line) in wrap(&text, column).into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let _ = writeln!(out, "{name:indent$}{}", marks.paint(&text, line));
        }
        out
    }

    /// A rule across the screen with a title set into it.
    pub fn rule(&self, title: &str) -> String {
        let rest = self.width.saturating_sub(title.chars().count() + 4);
        format!("── {title} {}\n", "─".repeat(rest))
    }
}

/// What to mark in a text, and how.
#[derive(Default)]
struct Marks(Vec<(Range<usize>, &'static str)>);

impl Marks {
    fn of(text: &str) -> Self {
        /// Cyan, yellow, magenta and blue, for one answer after the other.
        const COLOURS: [&str; 4] = ["\x1b[1;36m", "\x1b[1;33m", "\x1b[1;35m", "\x1b[1;34m"];
        let words = marked_words(text).into_iter();
        Self(words.map(|(at, answer)| (at, COLOURS[answer % COLOURS.len()])).collect())
    }

    /// The part `line` of `text` with what is marked in it.
    fn paint(&self, text: &str, line: Range<usize>) -> String {
        let mut out = String::new();
        let mut done = line.start;
        for (at, colour) in &self.0 {
            let (from, to) = (at.start.max(done), at.end.min(line.end));
            if from < to {
                out.push_str(&text[done..from]);
                let _ = write!(out, "{colour}{}\x1b[0m", &text[from..to]);
                done = to;
            }
        }
        out.push_str(&text[done..line.end]);
        out
    }
}

/// The lines of a text of at most `width` characters each; a longer word has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = at..at + piece.trim_end().len();
        at += piece.len();
        if word.is_empty() {
            continue;
        }
        match lines.last_mut() {
            Some(line) if text[line.start..word.end].chars().count() <= width => {
                line.end = word.end;
            }
            _ => lines.push(word),
        }
    }
    if lines.is_empty() {
        lines.push(0..0);
    }
    lines
}

/// Asks and tells.
#[derive(Debug)]
pub struct Prompt<R, W> {
    input: R,
    output: W,
    pub style: Style,
}

impl<R: BufRead, W: Write> Prompt<R, W> {
    pub fn new(input: R, output: W, style: Style) -> Self {
        Self { input, output, style }
    }

    /// Prints lines as they are.
    ///
    /// # Errors
    /// The writer's.
    pub fn tell(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            self.output.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Asks for one line; gives it trimmed, or `None` at the end of the input.
    ///
    /// # Errors
    /// The reader's and the writer's.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        write!(self.output, "{question} ")?;
        self.output.flush()?;
        let mut line = Vec::new();
        if self.input.read_until(b'\n', &mut line)? == 0 {
            writeln!(self.output)?;
            return Ok(None);
        }
        let mut line = String::from_utf8_lossy(&line).trim().to_owned();
        drop_controls(&mut line);
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_in_its_column() {
        let style = Style { colour: false, width: 29 };
        let field = style.field("caption", "one two three four five six\u{1b}[2J seven");
        assert_eq!(
            field, "caption  one two three four\n         five six [2J seven\n",
            "and a PDF cannot send escapes to the terminal"
        );
        assert_eq!(style.field("doi", ""), "doi      \n");
        assert_eq!(
            style.field("reading 1", "ct"),
            "reading 1 ct\n",
            "names are no part of their text"
        );
        assert_eq!(style.field("as printed", "a b"), "as printed a b\n");
    }

    #[test]
    fn words_that_count_are_marked_even_across_lines() {
        let style = Style { colour: true, width: 29 };
        let field =
            style.field("caption", "a scan by computed tomography of COVID-19, not SARS-CoV-2");
        assert!(field.contains("\x1b[1;36mtomography\x1b[0m"), "{field:?}");
        assert!(field.contains("\x1b[1;33mCOVID-19\x1b[0m"), "{field:?}");
        assert!(!field.contains("\x1b[1;33mSARS"), "negated: {field:?}");
    }

    #[test]
    fn the_end_of_input_is_told_from_an_empty_line() {
        let mut shown = Vec::new();
        let mut prompt = Prompt::new(&b"\n  yes \xff\r\n"[..], &mut shown, Style::PLAIN);
        assert_eq!(prompt.ask("a?").expect("asked"), Some(String::new()));
        assert_eq!(prompt.ask("b?").expect("asked"), Some("yes \u{fffd}".into()));
        assert_eq!(prompt.ask("c?").expect("asked"), None);
    }
}
