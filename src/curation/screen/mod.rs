//! Curation on the full screen: picture, caption, citing sentences and neighbours in one view, a key a
//! decision.
//!
//! `app` holds what is asked, `deciding` turns what comes of a key into decisions; `ask` and beside it `sheet`, `classifying`,
//! `cropping`, `naming`, `selecting` and `disputing` say what a stage makes of a key; `draw` lays it out, with `picture`, `words`
//! and `help`; `terminal`, `protocol` and `gate` deal with the terminal. What an answer means and how it is
//! written is the same as at the line prompts: `curation::{select, classify, crop, case}` and the desk.

mod app;
mod ask;
mod classifying;
mod cropping;
mod deciding;
mod disputing;
mod draw;
mod effect;
mod gate;
mod help;
mod inline;
mod input;
mod naming;
mod number;
mod picture;
mod protocol;
mod selecting;
mod sheet;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod view;
mod words;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::crossterm::event;

use super::desk::Desk;
use super::lines::{Done, Result};
use app::App;
use covid_ct_core::Stage;
use protocol::Show;
use terminal::{FullScreen, Input};
use theme::Theme;

pub use inline::print;
pub use protocol::ImageProtocol;

/// How long to wait for a key before the clock on the screen is brought up to date and `stop` looked at.
const TICK: Duration = Duration::from_millis(500);

/// How the screen is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub protocol: ImageProtocol,
    /// Whether colours are wanted.
    pub colour: bool,
}

/// Asks about everything left at `stage`, or, without one, at each stage in turn, until the curator
/// quits or `stop` becomes true.
///
/// # Errors
/// When the store or the terminal fails; what was decided until then is kept, and the terminal is given
/// back.
pub fn run(
    desk: Desk<'_>,
    stage: Option<Stage>,
    options: Options,
    stop: &AtomicBool,
) -> Result<Done> {
    let theme = Theme { colour: options.colour };
    let mut screen = FullScreen::enter()?;
    let show = Show::probe(options.protocol, theme);
    let mut app = App::new(desk, stage, show, theme)?;
    while !app.has_ended() && !stop.load(Ordering::Relaxed) {
        if app.take_clear() {
            screen.wipe()?;
        }
        screen.terminal.draw(|frame| draw::draw(frame, &mut app))?;
        app.drawn(Instant::now());
        match terminal::wait_for_input(TICK)? {
            Input::Gone => break,
            Input::None => {}
            // What else has arrived is taken before the next drawing, which may be slow.
            Input::Ready => {
                while !app.has_ended() && event::poll(Duration::ZERO)? {
                    app.event(event::read()?, Instant::now())?;
                    if app.is_fresh() {
                        break;
                    }
                }
            }
        }
    }
    Ok((app.summary(), std::mem::take(&mut app.nothing_left)))
}
