//! Whether what came is a PDF, and all of it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::{Kind, Trouble};

/// Bytes within which a PDF says that it is one, and within which of its end it says that it ends: the
/// limits of Acrobat, which the PDF reference gives.
pub const SIGN_WITHIN: usize = 1024;

/// Judges the first bytes of a body; `None` while they may yet become a PDF. `all` says that no more come.
pub fn judge_start(start: &[u8], all: bool) -> Option<Trouble> {
    let head = &start[..start.len().min(SIGN_WITHIN)];
    if head.windows(5).any(|window| window == b"%PDF-") {
        return None;
    }
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    if text.starts_with("<!doctype html") || text.starts_with("<html") || text.contains("<html") {
        return Some(Trouble::new(
            Kind::Refused,
            "an HTML page came in the place of the PDF: the server wants to see a person (a \
             challenge), or the page of the paper",
        ));
    }
    if head.len() < SIGN_WITHIN && !all {
        return None;
    }
    let shown: String = text.chars().filter(|c| !c.is_control()).take(24).collect();
    Some(Trouble::new(Kind::Damaged, format!("no PDF: it starts with '{shown}', not with %PDF-")))
}

/// Judges a file that is to be whole; `length` is what the server said it would have, where it did.
///
/// # Errors
/// What is wrong with it.
pub fn judge(path: &Path, length: Option<u64>) -> Result<(), Trouble> {
    let unreadable =
        |error: std::io::Error| Trouble::new(Kind::Hopeless, format!("cannot be read: {error}"));
    let damaged = |what: String| Trouble::new(Kind::Damaged, what);
    let mut file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?.len();
    let mut start = Vec::new();
    file.by_ref().take(SIGN_WITHIN as u64).read_to_end(&mut start).map_err(unreadable)?;
    if let Some(trouble) = judge_start(&start, true) {
        return Err(trouble);
    }
    match length {
        Some(length) if length != found => {
            Err(damaged(format!("{found} bytes came, and {length} were announced")))
        }
        Some(_) => Ok(()),
        // Nobody said how long it is: then its own end tells.
        None => {
            let tail = found.saturating_sub(2 * SIGN_WITHIN as u64);
            file.seek(SeekFrom::Start(tail)).map_err(unreadable)?;
            let mut end = Vec::new();
            file.read_to_end(&mut end).map_err(unreadable)?;
            let ends = end.windows(5).any(|window| window == b"%%EOF");
            if ends { Ok(()) } else { Err(damaged("it breaks off: no %%EOF at its end".into())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_a_pdf() {
        assert_eq!(judge_start(b"%PDF-1.4 ...", true), None);
        assert_eq!(judge_start(b"junk\n%PDF-1.4", true), None);
        assert_eq!(judge_start(b"%PD", false), None);
        let kind = |bytes: &[u8]| judge_start(bytes, true).map(|trouble| trouble.kind);
        assert_eq!(kind(b"%PD"), Some(Kind::Damaged));
        assert_eq!(kind(b""), Some(Kind::Damaged));
        assert_eq!(kind(b"\xef\xbb\xbf\n<!DOCTYPE html><title>Just a moment"), Some(Kind::Refused));
        assert_eq!(kind(b"<?xml version='1.0'?><HTML>"), Some(Kind::Refused));
        assert_eq!(judge_start(&[b'x'; 2000], false).map(|t| t.kind), Some(Kind::Damaged));
    }

    #[test]
    fn a_file_is_whole_by_its_length_or_its_end() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("x.pdf");
        std::fs::write(&path, b"%PDF-1.4\nbody\n%%EOF\n").expect("written");
        assert!(judge(&path, Some(20)).is_ok());
        assert!(judge(&path, None).is_ok());
        assert_eq!(judge(&path, Some(21)).expect_err("short").kind, Kind::Damaged);
        std::fs::write(&path, b"%PDF-1.4\nbody").expect("written");
        assert_eq!(judge(&path, None).expect_err("short").kind, Kind::Damaged);
    }
}
