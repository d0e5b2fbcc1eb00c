//! The terminal while it is ours: alternate screen, raw keys, and back again whatever happens.

use std::io::{self, Stdout, stdout};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// The whole screen; dropping it gives the terminal back.
#[derive(Debug)]
pub(super) struct FullScreen {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl FullScreen {
    pub fn enter() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        // Built first, so that a failure of the next lines gives the terminal back too.
        let screen = Self { terminal: Terminal::new(CrosstermBackend::new(stdout()))? };
        // Pasted text arrives as one event then, not as keys that would decide.
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        Ok(screen)
    }
}

impl FullScreen {
    /// Wipes the screen, so that all of it is drawn next. What the library has for it first asks the
    /// terminal where its cursor is, and fails where the answer does not come.
    pub fn wipe(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().clear()?;
        self.terminal.swap_buffers();
        Ok(())
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        restore();
    }
}

/// What there is to read of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    None,
    /// Keys, or a signal that its size has changed.
    Ready,
    /// It was closed.
    Gone,
}

/// Waits for keys. Crossterm could, too, but reads a terminal that was closed for ever.
pub(super) fn wait_for_input(patience: Duration) -> io::Result<Input> {
    let stdin = io::stdin();
    let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    match poll(&mut ready, Some(&patience)) {
        Ok(0) => Ok(Input::None),
        Ok(_) if ready[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) => Ok(Input::Gone),
        Ok(_) | Err(Errno::INTR) => Ok(Input::Ready),
        Err(error) => Err(error.into()),
    }
}

/// Errors are of no use here: there is nothing else to try, and the first error is the one to tell.
fn restore() {
    let _ = disable_raw_mode();
    let _ = execute!(
        stdout(),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        ratatui::crossterm::cursor::Show
    );
}

/// A panic's message is printed after the screen is given back, or it would vanish with it.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // Only the thread that draws owns the screen; one that decodes ahead may fail quietly.
        if std::thread::current().name() == Some("main") {
            restore();
            before(info);
        }
    }));
}
