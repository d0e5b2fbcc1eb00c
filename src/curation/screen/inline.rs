//! A picture among the lines of a terminal, for commands that leave the screen as it is.

use std::io::{self, Write as _, stdout};
use std::path::Path;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::Options;
use super::picture::{Pictures, Source, Tone, Wanted};
use super::protocol::Show;
use super::theme::Theme;
use covid_ct_core::ObjectStore;

/// Rows left for what was printed before.
const OTHER_ROWS: u16 = 4;

/// Prints a picture file, as large as fits between the lines of the terminal, which must be on stdin and stdout.
///
/// # Errors
/// When the terminal does not answer, or cannot be written.
pub fn print(picture: &Path, objects: ObjectStore, options: Options) -> io::Result<()> {
    let theme = Theme { colour: options.colour };
    let (_, rows) = ratatui::crossterm::terminal::size()?;
    let rows = rows.saturating_sub(OTHER_ROWS).max(1);
    enable_raw_mode()?;
    let printed = draw(picture, objects, options, theme, rows);
    disable_raw_mode()?;
    printed?;
    stdout().write_all(b"\n")
}

fn draw(
    picture: &Path,
    objects: ObjectStore,
    options: Options,
    theme: Theme,
    rows: u16,
) -> io::Result<()> {
    let show = Show::probe(options.protocol, theme);
    let mut pictures = Pictures::new(show, theme, objects);
    let source = Source { path: picture.to_owned(), object: None };
    let wanted = Wanted { source, part: None, marks: Vec::new(), tone: Tone::default() };
    let viewport = TerminalOptions { viewport: Viewport::Inline(rows) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(stdout()), viewport)?;
    let area = terminal.draw(|frame| pictures.draw(frame, frame.area(), &wanted))?.area;
    // What comes next goes below it.
    terminal.set_cursor_position((0, area.bottom().saturating_sub(1)))
}
