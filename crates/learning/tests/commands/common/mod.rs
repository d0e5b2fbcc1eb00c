//! What tests of training share.

use std::io::Write as _;

#[path = "../../../../../tests/commands/common/disk.rs"]
pub mod disk;
pub mod training;

/// Says what is not tested here, where everybody sees it.
pub fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// What a command printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
