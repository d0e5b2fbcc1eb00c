//! `print!` and `println!` of the commands, in place of the standard library's, which panic when nobody reads any
//! more, as `head` after its tenth line. Here the command goes on to its end without being heard.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _};

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

/// Writes to stdout what is still read there. Ends the program where it cannot be written for another reason, as on
/// a full disk: what is lost must not look like all there was.
pub fn to_stdout(text: Arguments<'_>) {
    match std::io::stdout().lock().write_fmt(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("covid-ct: cannot write to stdout: {error}");
            std::process::exit(2)
        }
        _ => {}
    }
}
