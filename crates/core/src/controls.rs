//! Control characters, which steer terminals and break tables. They are dropped where text comes in.

/// Drops control characters, but line ends and tabs.
pub fn drop_controls(text: &mut String) {
    let drops = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if text.contains(drops) {
        text.retain(|character| !drops(character));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_steers_is_dropped() {
        let mut text = "a\u{1b}[2Jb\n\tc\r\u{9b}ü".to_owned();
        drop_controls(&mut text);
        assert_eq!(text, "a[2Jb\n\tcü");
    }
}
