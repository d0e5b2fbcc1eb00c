//! `print!`, `println!`, `eprint!` and `eprintln!` of the commands, in place of the standard library's. What is printed
//! may hold what strangers wrote (captions, names of files, notes), so what would steer a terminal is shown and not
//! obeyed: control characters but line ends and tabs, and characters that turn the direction of text. Each is written as
//! JSON escapes it, which leaves JSON what it is.
//!
//! On stdout, nobody reading any more, as `head` after its tenth line, is no panic: the command goes on to its end without
//! being heard.

use std::fmt::{Arguments, Write as _};
use std::io::{self, ErrorKind, Write};

#[macro_export]
macro_rules! print {
    ($($text:tt)*) => {
        $crate::printing::to_stdout(format_args!($($text)*))
    };
}

#[macro_export]
macro_rules! println {
    () => {
        $crate::printing::to_stdout(format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::printing::to_stdout(format_args!("{}\n", format_args!($($text)*)))
    };
}

#[macro_export]
macro_rules! eprint {
    ($($text:tt)*) => {
        $crate::printing::to_stderr(format_args!($($text)*))
    };
}

#[macro_export]
macro_rules! eprintln {
    () => {
        $crate::printing::to_stderr(format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::printing::to_stderr(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// Writes to stdout what is still read there. Ends the program where it cannot be written for another reason, as on
/// a full disk: what is lost must not look like all there was.
pub fn to_stdout(text: Arguments<'_>) {
    match write(io::stdout().lock(), text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            to_stderr(format_args!("covid-ct: cannot write to stdout: {error}\n"));
            std::process::exit(2)
        }
        _ => {}
    }
}

/// Writes to stderr, if anybody reads there.
pub fn to_stderr(text: Arguments<'_>) {
    let _ = write(io::stderr().lock(), text);
}

fn write(out: impl Write, text: Arguments<'_>) -> io::Result<()> {
    let mut shown = Shown { out, error: None };
    let written = shown.write_fmt(text);
    match shown.error {
        Some(error) => Err(error),
        None => written.map_err(io::Error::other),
    }
}

/// Shows what would steer a terminal.
struct Shown<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W: Write> std::fmt::Write for Shown<W> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut rest = text;
        let mut write = |text: &[u8]| {
            self.out.write_all(text).map_err(|error| {
                self.error = Some(error);
                std::fmt::Error
            })
        };
        while let Some(at) = rest.find(steers) {
            let (plain, from) = rest.split_at(at);
            write(plain.as_bytes())?;
            let mut characters = from.chars();
            let character = characters.next().map_or(0, u32::from);
            write(format!("\\u{character:04x}").as_bytes())?;
            rest = characters.as_str();
        }
        write(rest.as_bytes())
    }
}

/// Whether a terminal would do something else than show it.
fn steers(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm (Unicode UAX #9).
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, format_args!("{text}")).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(shown("a\x1b[2Jb\r\u{9b}c"), "a\\u001b[2Jb\\u000d\\u009bc");
        assert_eq!(shown("x\u{202e}fdp.exe"), "x\\u202efdp.exe");
        let plain = "Größe 5 µm, 肺\n\tyes";
        assert_eq!(shown(plain), plain);
    }

    #[test]
    fn json_stays_what_it_is() {
        let told = serde_json::json!({ "caption": "a\u{202e}b\u{7f}" });
        let read: serde_json::Value =
            serde_json::from_str(&shown(&told.to_string())).expect("json");
        assert_eq!(read, told);
    }
}
