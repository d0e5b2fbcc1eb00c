//! How things are set off, with colours and without (<https://no-color.org>).

use ratatui::style::{Color, Modifier, Style};

/// The words that a decision is about to rest on.
pub(super) const QUOTE: Style = Style::new().add_modifier(Modifier::REVERSED);
pub(super) const HEADING: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// The line at the top.
pub(super) const BAR: Style = Style::new().add_modifier(Modifier::REVERSED);

/// What differs with colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Theme {
    pub colour: bool,
}

impl Theme {
    fn coloured(self, colour: Color, otherwise: Modifier) -> Style {
        if self.colour {
            Style::new().fg(colour).add_modifier(Modifier::BOLD)
        } else {
            Style::new().add_modifier(otherwise)
        }
    }

    /// Words that speak for an answer, by its place among those whose words are set off.
    pub fn words(self, answer: usize) -> Style {
        match answer % 4 {
            0 => self.coloured(Color::Cyan, Modifier::UNDERLINED),
            1 => self.coloured(Color::Yellow, Modifier::BOLD),
            2 => self.coloured(Color::Magenta, Modifier::ITALIC),
            _ => self.coloured(Color::Blue, Modifier::BOLD.union(Modifier::UNDERLINED)),
        }
    }

    /// A heading of the help.
    pub fn heading(self) -> Style {
        self.coloured(Color::Cyan, Modifier::UNDERLINED)
    }

    pub fn key(self) -> Style {
        self.coloured(Color::Green, Modifier::BOLD)
    }

    pub fn done(self) -> Style {
        self.coloured(Color::Green, Modifier::BOLD)
    }

    /// Something that went wrong or cannot be done.
    pub fn warning(self) -> Style {
        self.coloured(Color::Red, Modifier::BOLD)
    }

    pub fn chosen(self) -> Style {
        self.coloured(Color::Magenta, Modifier::BOLD)
    }

    /// The number of a box, over a picture: with colours of its own, or those of the pixels below
    /// would show through.
    pub fn number(self, chosen: bool) -> Style {
        match (self.colour, chosen) {
            (true, true) => Style::new().fg(Color::Black).bg(Color::Yellow),
            (true, false) => Style::new().fg(Color::White).bg(Color::Red),
            (false, true) => QUOTE.patch(STRONG),
            (false, false) => QUOTE,
        }
    }
}
