//! One line being typed at the foot of the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key did to the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    Changed,
    Done(String),
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    text: Vec<char>,
    /// Where the next character goes, from 0.
    cursor: usize,
}

impl Input {
    pub fn new(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { cursor: text.len(), text }
    }

    pub fn key(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Typed::Done(self.text().trim().to_owned()),
            KeyCode::Esc => return Typed::Cancelled,
            KeyCode::Char('u') if control => self.cut(0),
            KeyCode::Char('w') if control => self.cut(self.word_start()),
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char(c) if !control => self.insert(c),
            KeyCode::Backspace => self.cut(self.cursor.saturating_sub(1)),
            KeyCode::Delete if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => {}
        }
        Typed::Changed
    }

    /// Pasted words; line ends become blanks, so that nothing pasted submits.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars() {
            self.insert(if c.is_control() { ' ' } else { c });
        }
    }

    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// The part of the line that fits into `width` cells with the cursor in it, and the cursor's place
    /// in that part.
    pub fn window(&self, width: usize) -> (String, usize) {
        let from = (self.cursor + 1).saturating_sub(width.max(1));
        let shown = self.text[from..].iter().take(width).collect();
        (shown, self.cursor - from)
    }

    fn insert(&mut self, c: char) {
        if !c.is_control() {
            self.text.insert(self.cursor, c);
            self.cursor += 1;
        }
    }

    /// Removes from `from` to the cursor.
    fn cut(&mut self, from: usize) {
        self.text.drain(from..self.cursor);
        self.cursor = from;
    }

    fn word_start(&self) -> usize {
        let before = &self.text[..self.cursor];
        let end = before.iter().rposition(|c| !c.is_whitespace()).map_or(0, |at| at + 1);
        before[..end].iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(input: &mut Input, code: KeyCode) -> Typed {
        input.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn a_line_is_edited_and_given() {
        let mut input = Input::new("caption \u{201c}é");
        input.paste("ab\nc");
        press(&mut input, KeyCode::Backspace);
        press(&mut input, KeyCode::Home);
        press(&mut input, KeyCode::Delete);
        press(&mut input, KeyCode::Char('C'));
        assert_eq!(input.text(), "Caption \u{201c}éab ");
        assert_eq!(press(&mut input, KeyCode::Enter), Typed::Done("Caption \u{201c}éab".into()));
        press(&mut input, KeyCode::End);
        input.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "Caption ");
        input.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "");
        press(&mut input, KeyCode::Backspace);
        assert_eq!(press(&mut input, KeyCode::Esc), Typed::Cancelled);
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let input = Input::new("0123456789");
        assert_eq!(input.window(4), ("789".into(), 3));
        assert_eq!(input.window(40), ("0123456789".into(), 10));
    }
}
