//! Reads content streams: tokens, and operators with their operands.
//!
//! MuPDF runs a page's content but does not say which object a drawn image came from, so the
//! streams are read here once more. The reader never fails: what makes no sense is passed over, as
//! viewers do.

use std::borrow::Cow;
use std::ops::Range;

use smallvec::SmallVec;

use super::Matrix;

/// An operand or the pieces of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand<'a> {
    Number(f32),
    Name(Cow<'a, [u8]>),
    /// Strings, arrays, dictionaries: nothing the walk looks into.
    Other,
}

impl Operand<'_> {
    pub(super) fn number(&self) -> Option<f32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// One operator and what stood before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation<'a> {
    pub(super) operator: &'a [u8],
    /// As many as most operators have stand here themselves: a page of charts has a million operations.
    pub(super) operands: SmallVec<[Operand<'a>; 6]>,
    /// Where it stands in the stream, operands, and an inline image's data, included.
    pub(super) span: Range<usize>,
}

impl Operation<'_> {
    /// The operands that are numbers.
    pub(super) fn numbers(&self) -> SmallVec<[f32; 6]> {
        self.operands.iter().filter_map(Operand::number).collect()
    }

    /// All of the operands' numbers as a matrix, where they are six.
    pub(super) fn matrix(&self) -> Option<Matrix> {
        <[f32; 6]>::try_from(&self.numbers()[..]).ok().map(Matrix::from)
    }
}

/// Operands kept before an operator; a page that stacks up more is broken (the format's own limit is
/// 33 for `scn`).
const MOST_OPERANDS: usize = 64;

/// Iterates over the operations of a content stream. `BI … ID … EI` comes as one operation `BI`.
#[derive(Debug)]
pub(super) struct Operations<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Operations<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_space(byte) {
                self.at += 1;
            } else if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else {
                break;
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let start = self.at;
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|&byte| KINDS[usize::from(byte)] != 0);
        self.at = start + length.unwrap_or(rest.len());
        &self.bytes[start..self.at]
    }

    /// After `(`: past the matching `)`.
    fn skip_string(&mut self) {
        let mut depth = 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    /// After `<`: past the hex string's `>`.
    fn skip_hex_string(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
        }
    }

    /// After `[` or `<<`: past the end of it.
    fn skip_container(&mut self) {
        let mut depth = 1_u32;
        while depth > 0 {
            self.skip_space();
            let Some(byte) = self.peek() else { break };
            self.at += 1;
            match byte {
                b'(' => self.skip_string(),
                b'<' if self.peek() == Some(b'<') => {
                    self.at += 1;
                    depth += 1;
                }
                b'<' => self.skip_hex_string(),
                b'>' if self.peek() == Some(b'>') => {
                    self.at += 1;
                    depth -= 1;
                }
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
        }
    }

    /// After `BI`: past the data and its `EI`. The dictionary has no nested images, and `EI` counts
    /// only as a word of its own that is followed by something that reads as content, since the two
    /// letters can occur in the data by chance.
    fn skip_inline_image(&mut self) {
        loop {
            self.skip_space();
            match self.peek() {
                None => return,
                Some(b'(') => {
                    self.at += 1;
                    self.skip_string();
                }
                Some(b'[') => {
                    self.at += 1;
                    self.skip_container();
                }
                Some(b'<') if self.bytes.get(self.at + 1) == Some(&b'<') => {
                    self.at += 2;
                    self.skip_container();
                }
                Some(byte) if is_delimiter(byte) => self.at += 1,
                Some(_) if self.regular() == b"ID" => break,
                Some(_) => {}
            }
        }
        self.at = (self.at + 1).min(self.bytes.len());
        while let Some(found) = find(&self.bytes[self.at..], b"EI") {
            let end = self.at + found;
            let before = self.at == end || self.bytes[end - 1] <= b' ';
            let rest = &self.bytes[(end + 2).min(self.bytes.len())..];
            let after = rest.first().is_none_or(|b| is_space(*b));
            let reads_on = rest.iter().take(8).all(|b| (b' '..0x7f).contains(b) || is_space(*b));
            self.at = end + 2;
            if before && after && reads_on {
                return;
            }
        }
        self.at = self.bytes.len();
    }
}

impl<'a> Iterator for Operations<'a> {
    type Item = Operation<'a>;

    fn next(&mut self) -> Option<Operation<'a>> {
        let mut operands = SmallVec::new();
        self.skip_space();
        let start = self.at;
        loop {
            self.skip_space();
            let byte = self.peek()?;
            let operand = match byte {
                b'/' => {
                    self.at += 1;
                    Operand::Name(unescape_name(self.regular()))
                }
                b'(' => {
                    self.at += 1;
                    self.skip_string();
                    Operand::Other
                }
                b'[' => {
                    self.at += 1;
                    self.skip_container();
                    Operand::Other
                }
                b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                    self.at += 2;
                    self.skip_container();
                    Operand::Other
                }
                b'<' => {
                    self.at += 1;
                    self.skip_hex_string();
                    Operand::Other
                }
                byte if is_delimiter(byte) => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let word = self.regular();
                    let Some(number) = parse_number(word) else {
                        if word == b"BI" {
                            self.skip_inline_image();
                        }
                        let span = start..self.at;
                        return Some(Operation { operator: word, operands, span });
                    };
                    Operand::Number(number)
                }
            };
            if operands.len() < MOST_OPERANDS {
                operands.push(operand);
            }
        }
    }
}

const SPACE: u8 = 1;
const DELIMITER: u8 = 2;

/// What each byte is.
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let (spaces, delimiters) = (*b" \n\r\t\0\x0c", *b"()<>[]{}/%");
    let mut at = 0;
    while at < spaces.len() {
        kinds[spaces[at] as usize] = SPACE;
        at += 1;
    }
    at = 0;
    while at < delimiters.len() {
        kinds[delimiters[at] as usize] = DELIMITER;
        at += 1;
    }
    kinds
};

fn is_space(byte: u8) -> bool {
    KINDS[usize::from(byte)] == SPACE
}

fn is_delimiter(byte: u8) -> bool {
    KINDS[usize::from(byte)] == DELIMITER
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// A number as PDF writes it: no exponent, no NaN; `--5` and `1.2.3`, which broken writers make, are
/// read as far as they make sense.
fn parse_number(word: &[u8]) -> Option<f32> {
    let first = *word.first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    if !word.iter().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.')) {
        return None;
    }
    if let Some(number) = short_number(word) {
        return Some(number);
    }
    let text = std::str::from_utf8(word).ok()?;
    if let Ok(number) = text.parse::<f32>() {
        return number.is_finite().then_some(number);
    }
    let negative = first == b'-';
    let digits = text.trim_start_matches(['+', '-']);
    let end = digits.find(['+', '-']).unwrap_or(digits.len());
    let digits = &digits[..end];
    let end = digits.match_indices('.').nth(1).map_or(digits.len(), |(at, _)| at);
    let number: f32 = digits[..end].parse().unwrap_or(0.0);
    number.is_finite().then_some(if negative { -number } else { number })
}

/// A number of at most seven digits, which is what nearly all are: both its digits and the power of ten they are divided by are
/// exact, so that the quotient is what any correct reader comes to. `None` of any other.
fn short_number(word: &[u8]) -> Option<f32> {
    const POWERS: [f32; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    let (negative, digits) = match word {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, word),
    };
    if digits.len() > 8 {
        return None;
    }
    let (mut all, mut count, mut point) = (0_u32, 0_usize, None);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                all = all * 10 + u32::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() => point = Some(count),
            _ => return None,
        }
    }
    if !(1..=7).contains(&count) {
        return None;
    }
    let number = all as f32 / POWERS[count - point.unwrap_or(count)];
    Some(if negative { -number } else { number })
}

/// `#41` in a name stands for the byte 0x41.
fn unescape_name(name: &[u8]) -> Cow<'_, [u8]> {
    if !name.contains(&b'#') {
        return Cow::Borrowed(name);
    }
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(escaped) if byte == b'#' => {
                plain.push(escaped);
                rest = &tail[2..];
            }
            _ => {
                plain.push(byte);
                rest = tail;
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn operators(content: &[u8]) -> Vec<String> {
        Operations::new(content)
            .map(|op| String::from_utf8_lossy(op.operator).into_owned())
            .collect()
    }

    #[test]
    fn operands_come_with_their_operator() {
        let mut operations = Operations::new(b"q 1 0 0 -1.5 .5 +7 cm /Im#41 Do [(a) 3] TJ Q");
        assert_eq!(operations.next().expect("q").operator, b"q");
        let cm = operations.next().expect("cm");
        assert_eq!(cm.numbers()[..], [1.0, 0.0, 0.0, -1.5, 0.5, 7.0]);
        let draw = operations.next().expect("Do");
        assert_eq!(draw.operands[..], [Operand::Name(b"ImA"[..].into())]);
        assert_eq!(operations.next().expect("TJ").operands[..], [Operand::Other]);
    }

    #[test]
    fn inline_image_data_is_not_read_as_content() {
        let content = b"q BI /W 2 /H 2 /F [/A85] ID \x00EI\x01 Do EI\xff\nEI Q\n/Im1 Do";
        assert_eq!(operators(content), ["q", "BI", "Q", "Do"]);
        let image = Operations::new(content).nth(1).expect("BI");
        assert!(content[image.span].ends_with(b"EI\xff\nEI"));
    }

    #[test]
    fn strings_hide_operators() {
        assert_eq!(
            operators(b"(Q \\) (nested) Q) Tj <</A (Q)>> BDC % Q\nEMC"),
            ["Tj", "BDC", "EMC"]
        );
    }

    #[test]
    fn an_operator_may_have_more_operands_than_most() {
        let operation = Operations::new(b"1 2 3 4 5 6 7 8 9 /P scn").next().expect("scn");
        assert_eq!(operation.operands.len(), 10);
        assert_eq!(operation.operands.last(), Some(&Operand::Name(b"P"[..].into())));
    }

    #[test]
    fn numbers_of_broken_writers() {
        assert_eq!(parse_number(b"--5"), Some(-5.0));
        assert_eq!(parse_number(b"1.2.3"), Some(1.2));
        assert_eq!(parse_number(b"12-3"), Some(12.0));
        assert_eq!(parse_number(b"-"), Some(0.0));
        assert_eq!(parse_number(b"l"), None);
    }

    proptest! {
        #[test]
        fn short_numbers_are_what_the_standard_library_reads(word in "[+-]?[0-9]{0,7}[.]?[0-9]{0,7}") {
            if let Some(number) = short_number(word.as_bytes()) {
                prop_assert_eq!(number.to_bits(), word.parse::<f32>().expect("a number").to_bits());
            }
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Operations::new(&bytes).count() <= bytes.len());
        }
    }
}
