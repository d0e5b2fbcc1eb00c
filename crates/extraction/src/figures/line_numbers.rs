//! The numbers that manuscripts carry down a margin, one a line or one every five.

use std::collections::HashMap;

use crate::pdf::{Direction, Line};

/// Numbers down a margin: this many at least on a page, or they are something else.
const FEWEST: usize = 5;

/// No page reaches further, in points either way (ISO 32000-1, C.2: 14,400 units of at most 75 inches each): what stands beyond is
/// no line's number.
const FARTHEST: f32 = 14_400.0 * 75.0 * 72.0;

/// Takes line numbers off the pages of a document, one page after the other: where a column of them
/// stood on the pages before, fewer of them will do if they go on with the count.
#[derive(Debug, Default)]
pub struct LineNumbers {
    /// Right edge, in points, and last number of the columns found; `true` for those before the text.
    columns: Vec<(bool, f32, u32)>,
}

/// A number that may be a line's.
#[derive(Debug, Clone, Copy)]
struct Number {
    top: f32,
    right: f32,
    value: u32,
    /// Of its line.
    line: usize,
}

impl LineNumbers {
    /// The lines without the column of rising numbers in a margin, whether it stands in lines of its
    /// own or was joined to the text beside it.
    pub fn without(&mut self, lines: &[Line]) -> Vec<Line> {
        let mut lines = lines.to_vec();
        for before_text in [true, false] {
            for index in self.numbered(&lines, before_text) {
                let line = &mut lines[index];
                if before_text {
                    line.words.remove(0);
                } else {
                    line.words.pop();
                }
                if !line.words.is_empty() {
                    let words = std::mem::take(&mut line.words);
                    *line = Line::of_words(words, line.direction, line.block);
                }
            }
            lines.retain(|line| !line.words.is_empty());
        }
        lines
    }

    /// Which lines begin, or end, with their number.
    fn numbered(&mut self, lines: &[Line], before_text: bool) -> Vec<usize> {
        let mut columns: HashMap<i32, Vec<Number>> = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            if line.direction != Direction::Right {
                continue;
            }
            let word = if before_text { line.words.first() } else { line.words.last() };
            let Some(word) = word else { continue };
            if word.text.len() > 4 || !word.text.bytes().all(|c| c.is_ascii_digit()) {
                continue;
            }
            let Ok(value) = word.text.parse() else { continue };
            if word.bbox.x1.is_nan() || word.bbox.x1.abs() > FARTHEST {
                continue;
            }
            // Numbers of different lengths share their right edge.
            let column = (word.bbox.x1 / 4.0).round() as i32;
            let number = Number { top: word.bbox.y0, right: word.bbox.x1, value, line: index };
            columns.entry(column).or_default().push(number);
        }
        let mut numbered: Vec<usize> = Vec::new();
        let mut keys: Vec<i32> = columns.keys().copied().collect();
        keys.sort_unstable();
        for column in keys {
            let mut members: Vec<Number> = [column, column + 1]
                .iter()
                .filter_map(|column| columns.get(column))
                .flatten()
                .copied()
                .collect();
            members.sort_by(|a, b| a.top.total_cmp(&b.top));
            if is_rising(&members) || self.goes_on(&members, before_text) {
                let (Some(first), Some(last)) = (members.first(), members.last()) else { continue };
                self.columns.retain(|(before, right, _)| {
                    *before != before_text || (right - first.right).abs() > 8.0
                });
                self.columns.push((before_text, first.right, last.value));
                numbered.extend(members.iter().map(|number| number.line));
            }
        }
        numbered.sort_unstable();
        numbered.dedup();
        numbered
    }

    /// Whether the numbers go on where a column on an earlier page ended, or count the page's lines
    /// anew.
    fn goes_on(&self, members: &[Number], before_text: bool) -> bool {
        let Some(first) = members.first() else { return false };
        let steps = members.windows(2).all(|pair| matches!(step(pair), 1 | 5));
        let known = self.columns.iter().any(|&(before, right, last)| {
            let next = (1..=5).contains(&(i64::from(first.value) - i64::from(last)));
            before == before_text
                && (right - first.right).abs() <= 8.0
                && (next || first.value == 1)
        });
        steps && known
    }
}

fn step(pair: &[Number]) -> i64 {
    i64::from(pair[1].value) - i64::from(pair[0].value)
}

/// Whether the numbers, taken from top to bottom, mostly count up by one, or by five.
fn is_rising(members: &[Number]) -> bool {
    if members.len() < FEWEST {
        return false;
    }
    let steps = members.windows(2).filter(|pair| matches!(step(pair), 1 | 5));
    steps.count() * 10 >= (members.len() - 1) * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::{Rect, Word};

    fn word(text: &str, x: f32, y: f32) -> Word {
        let bbox = Rect::new(x, y, x + 5.0 * text.len() as f32, y + 10.0);
        Word { text: text.into(), bbox, size: 10.0, bold: false, italic: false }
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn a_column_of_rising_numbers_goes_whether_joined_or_apart() {
        let mut lines = Vec::new();
        for row in 0..8 {
            let y = 100.0 + 20.0 * row as f32;
            let number = word(&(row + 96).to_string(), 40.0 - if row < 4 { 0.0 } else { 5.0 }, y);
            if row % 2 == 0 {
                let words = vec![number, word("Patients", 72.0, y)];
                lines.push(Line::of_words(words, Direction::Right, 0));
            } else {
                lines.push(Line::of_words(vec![number], Direction::Right, 0));
                lines.push(Line::of_words(vec![word("text", 72.0, y)], Direction::Right, 0));
            }
        }
        let left = texts(&LineNumbers::default().without(&lines));
        assert!(left.iter().all(|text| text == "Patients" || text == "text"), "{left:?}");
        assert_eq!(left.len(), 8);
    }

    #[test]
    fn numbers_of_a_table_stay() {
        let lines: Vec<Line> = [12, 7, 40, 3, 55, 9]
            .iter()
            .zip(0..)
            .map(|(n, row)| {
                let words = vec![word(&n.to_string(), 72.0, 100.0 + 20.0 * row as f32)];
                Line::of_words(words, Direction::Right, 0)
            })
            .collect();
        assert_eq!(LineNumbers::default().without(&lines).len(), 6);
    }

    #[test]
    fn a_page_of_few_lines_goes_on_with_the_count() {
        let page = |from: u32, rows: u32, words: &str| -> Vec<Line> {
            let row = |row: u32| {
                let y = 100.0 + 20.0 * row as f32;
                let text = words.split(' ').zip(0..);
                let mut all = vec![word(&(from + row).to_string(), 40.0, y)];
                all.extend(text.map(|(text, at)| word(text, 72.0 + 50.0 * at as f32, y)));
                Line::of_words(all, Direction::Right, 0)
            };
            (0..rows).map(row).collect()
        };
        let mut numbers = LineNumbers::default();
        assert_eq!(texts(&numbers.without(&page(301, 9, "Running text")))[8], "Running text");
        let caption = numbers.without(&page(310, 2, "Figure 1."));
        assert_eq!(texts(&caption), ["Figure 1.", "Figure 1."]);
        // A year is no line's number, nor is one before any column was seen.
        assert_eq!(texts(&numbers.without(&page(2019, 2, "cases"))), ["2019 cases", "2020 cases"]);
        let alone = LineNumbers::default().without(&page(310, 2, "cases"));
        assert_eq!(texts(&alone), ["310 cases", "311 cases"]);
    }
}
