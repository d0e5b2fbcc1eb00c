//! How pictures get onto this terminal: asked of it once, with a limit on how long it may think.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use ratatui_image::FontSize;
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions, Response};
use ratatui_image::picker::{Picker, ProtocolType};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::theme::Theme;

/// How long the terminal may take to say what it can: a slow line across the world answers sooner.
const PATIENCE: Duration = Duration::from_millis(800);

/// Cells of a terminal that does not tell how large they are, in pixels.
const USUAL_CELL: FontSize = FontSize::new(10, 20);

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageProtocol {
    /// The best that the terminal says it has.
    Auto,
    Kitty,
    Iterm2,
    Sixel,
    /// Half a character a pixel, in colours: any terminal.
    HalfBlocks,
    /// No pictures.
    None,
}

/// How pictures are drawn.
#[derive(Debug, Clone)]
pub(super) enum Show {
    Nothing,
    /// A character a pixel, in five shades, where colours are not wanted.
    Shades,
    HalfBlocks,
    /// True pixels, by one of the terminals' own protocols.
    Pixels(Box<Picker>),
}

impl Show {
    /// To be called in raw mode, before the first key is read.
    pub fn probe(wanted: ImageProtocol, theme: Theme) -> Self {
        let chosen = match wanted {
            ImageProtocol::None => return Self::Nothing,
            ImageProtocol::HalfBlocks => None,
            ImageProtocol::Auto => ask_terminal().filter(is_of_pixels),
            ImageProtocol::Kitty => Some(forced(ProtocolType::Kitty)),
            ImageProtocol::Iterm2 => Some(forced(ProtocolType::Iterm2)),
            ImageProtocol::Sixel => Some(forced(ProtocolType::Sixel)),
        };
        match chosen {
            Some(picker) => Self::Pixels(Box::new(picker)),
            None if theme.colour => Self::HalfBlocks,
            None => Self::Shades,
        }
    }

    /// Pixels of a cell, wide and high.
    pub fn cell(&self) -> (u32, u32) {
        match self {
            Self::Nothing | Self::Shades | Self::HalfBlocks => (1, 2),
            Self::Pixels(picker) => {
                let size = picker.font_size();
                (u32::from(size.width), u32::from(size.height))
            }
        }
    }
}

fn is_of_pixels(picker: &Picker) -> bool {
    picker.protocol_type() != ProtocolType::Halfblocks
}

fn forced(protocol: ProtocolType) -> Picker {
    let mut picker = ask_terminal().unwrap_or_else(|| picker_of(USUAL_CELL));
    picker.set_protocol_type(protocol);
    picker
}

/// What the terminal answers; `None` where it does not answer in time.
///
/// The library can ask, too, but from a thread that goes on reading, and so swallows keys, where the
/// answer never comes: in a tmux that nobody is attached to, say.
fn ask_terminal() -> Option<Picker> {
    // Lets tmux pass the question on to the terminal around it.
    let in_tmux = Picker::halfblocks().tmux_detected();
    let mut options = QueryStdioOptions::default();
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if named("WEZTERM_EXECUTABLE") || named("KONSOLE_VERSION") {
        // Both say kitty without its placeholders, which scrolling needs; they have iTerm2's protocol.
        options.blacklist_protocols = vec![ProtocolType::Kitty, ProtocolType::Sixel];
    }
    let mut out = io::stdout();
    out.write_all(Parser::query(in_tmux, options).as_bytes()).ok()?;
    out.flush().ok()?;
    let answers = read_answers(PATIENCE)?;
    let told = answers.iter().find_map(|answer| match answer {
        Response::CellSize(Some(size)) if size.0 > 0 && size.1 > 0 => Some(FontSize::from(*size)),
        _ => None,
    });
    let mut picker = picker_of(told.or_else(cell_of_window)?);
    if answers.contains(&Response::Kitty) {
        picker.set_protocol_type(ProtocolType::Kitty);
    } else if answers.contains(&Response::Sixel) && !is_of_pixels(&picker) {
        picker.set_protocol_type(ProtocolType::Sixel);
    }
    Some(picker)
}

/// A picker for cells of this size, its protocol guessed from the environment.
// Deprecated for those who would guess the size.
#[allow(deprecated)]
fn picker_of(cell: FontSize) -> Picker {
    Picker::from_fontsize(cell)
}

/// From the size of the window in pixels, where the terminal keeps it.
fn cell_of_window() -> Option<FontSize> {
    let size = ratatui::crossterm::terminal::window_size().ok()?;
    let (width, height) =
        (size.width.checked_div(size.columns)?, size.height.checked_div(size.rows)?);
    (width > 0 && height > 0).then(|| FontSize::new(width, height))
}

/// Reads until the terminal has said that it is well, which every terminal answers last.
fn read_answers(patience: Duration) -> Option<Vec<Response>> {
    let end = Instant::now() + patience;
    let stdin = io::stdin();
    let mut parser = Parser::new();
    let mut answers = Vec::new();
    let mut bytes = [0; 256];
    loop {
        let left = Timespec::try_from(end.checked_duration_since(Instant::now())?).ok()?;
        let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
        if poll(&mut ready, Some(&left)).ok()? == 0 {
            return None;
        }
        let read = rustix::io::read(stdin.as_fd(), &mut bytes).ok().filter(|&read| read > 0)?;
        for &byte in &bytes[..read] {
            for answer in parser.push(char::from(byte)) {
                if answer == Response::Status {
                    return Some(answers);
                }
                answers.push(answer);
            }
        }
    }
}
