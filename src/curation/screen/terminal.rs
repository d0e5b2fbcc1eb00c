//! The terminal while it is ours: alternate screen, raw keys, and back again whatever happens.

use std::io::{self, Stdout, stdout};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

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

impl Drop for FullScreen {
    fn drop(&mut self) {
        restore();
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
