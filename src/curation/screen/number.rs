//! A number typed digit by digit, where every digit may already be all of it.

/// What was typed so far; nothing else was pressed since.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Number(Option<usize>);

impl Number {
    /// The number that comes of one more digit: with those before it, where there is such a number, else
    /// the digit alone; `None` where that is none either.
    pub fn add(&mut self, digit: u32, is_there: impl Fn(usize) -> bool) -> Option<usize> {
        let digit = digit as usize;
        let longer = self.0.and_then(|typed| typed.checked_mul(10)?.checked_add(digit));
        let number = longer.into_iter().chain([digit]).find(|&number| is_there(number));
        self.0 = number.or(Some(digit));
        number
    }

    /// Another key was pressed.
    pub fn end(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_make_the_longest_number_that_there_is() {
        let mut number = Number::default();
        let twelve = |number| (1..=12).contains(&number);
        assert_eq!(number.add(1, twelve), Some(1));
        assert_eq!(number.add(2, twelve), Some(12));
        assert_eq!(number.add(3, twelve), Some(3), "no 123");
        assert_eq!(number.add(0, twelve), None, "no 30, no 0");
        number.end();
        assert_eq!(number.add(1, twelve), Some(1));
        number.end();
        assert_eq!(number.add(2, twelve), Some(2));
    }
}
