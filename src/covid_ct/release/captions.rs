//! Captions as the published MetaInfo has them: some plain, some as Python wrote a list of strings.

use std::iter::Peekable;
use std::str::Chars;

/// The words of a caption cell: the strings of a Python list joined by spaces, any other text as it
/// is; white space made single.
pub fn plain_caption(cell: &str) -> String {
    let text = cell.trim();
    let joined = list_items(text).map_or_else(|| text.to_owned(), |items| items.join(" "));
    joined.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The strings of `['…', "…"]`; `None` where the text is no such list. A quote inside a string that
/// should have been escaped is taken for what it is: only one before a comma and the next string, or
/// before the end of the list, closes.
fn list_items(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut rest = inner.trim();
    let mut items = Vec::new();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let body = &rest[1..];
        let end = closing_quote(body, quote)?;
        items.push(unescape(&body[..end]));
        rest = body[end + 1..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(items)
}

/// Byte offset of the quote that closes the string at the start of `body`.
fn closing_quote(body: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, c) in body.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            let after = body[offset + 1..].trim_start();
            let next = after.strip_prefix(',').map(str::trim_start);
            if after.is_empty() || next.is_some_and(|n| n.is_empty() || n.starts_with(['\'', '"']))
            {
                return Some(offset);
            }
        }
    }
    None
}

/// Undoes Python's escapes; an unknown one stays as written.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('x') => push_code(&mut plain, &mut chars, 'x', 2),
            Some('u') => push_code(&mut plain, &mut chars, 'u', 4),
            Some('U') => push_code(&mut plain, &mut chars, 'U', 8),
            Some(c @ ('\\' | '\'' | '"')) => plain.push(c),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}

/// Pushes the character of a `\x41`-like escape whose digits come next.
fn push_code(plain: &mut String, chars: &mut Peekable<Chars<'_>>, kind: char, digits: usize) {
    let mut code = String::new();
    while code.len() < digits {
        let Some(digit) = chars.next_if(char::is_ascii_hexdigit) else { break };
        code.push(digit);
    }
    let decoded = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
    match decoded.filter(|_| code.len() == digits) {
        Some(c) => plain.push(c),
        None => plain.extend(['\\', kind].into_iter().chain(code.chars())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_lists_and_leaves_text_alone() {
        let cases = [
            ("['Figure 1. A scan.']", "Figure 1. A scan."),
            (" ['One.', \"Two's.\"] ", "One. Two's."),
            ("['The model's view, as seen. ']", "The model's view, as seen."),
            (r"['It\'s \u2265 5\xb0\n wide']", "It's ≥ 5° wide"),
            ("[]", ""),
            ("Plain  text \n here", "Plain text here"),
            ("[A] and [B]", "[A] and [B]"),
            ("['unfinished", "['unfinished"),
            (r"['a \q b', 'c \x4']", r"a \q b c \x4"),
        ];
        for (cell, expected) in cases {
            assert_eq!(plain_caption(cell), expected, "{cell}");
        }
    }

    /// As Python's `repr` writes a string of printable characters.
    fn repr(text: &str) -> String {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        let escaped = text.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
        format!("{quote}{escaped}{quote}")
    }

    proptest! {
        #[test]
        fn gives_back_what_python_wrote(items in prop::collection::vec("[ -~é≥]{0,20}", 0..4)) {
            let written: Vec<String> = items.iter().map(|item| repr(item)).collect();
            prop_assert_eq!(list_items(&format!("[{}]", written.join(", "))), Some(items));
        }

        #[test]
        fn never_fails(cell in "\\PC{0,60}") {
            plain_caption(&cell);
        }
    }
}
