//! Keeps keys away from a question that the curator cannot have read yet.

use std::time::{Duration, Instant};

/// How long after a question is drawn keys are still meant for the one before: less than it takes to
/// see something new and press a key for it (about 200 ms), more than lies between the keys of a paste
/// or of a key held down.
const SETTLE: Duration = Duration::from_millis(150);

/// Drops keys until a question has stood for [`SETTLE`] without any.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    opens: Instant,
}

impl Gate {
    pub fn drawn(now: Instant) -> Self {
        Self { opens: now + SETTLE }
    }

    /// Whether a key that arrives `now` may answer. One that may not keeps the gate shut for longer: what
    /// is left of a paste answers nothing, however long it is.
    pub fn admits(&mut self, now: Instant) -> bool {
        let open = now >= self.opens;
        if !open {
            self.opens = now + SETTLE;
        }
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_never_answers_a_question_that_was_just_drawn() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut gate = Gate::drawn(start);
        for ms in (0..1000).step_by(20) {
            assert!(!gate.admits(at(ms)), "{ms}");
        }
        assert!(!gate.admits(at(1100)), "the key before it was too near");
        assert!(gate.admits(at(1250)));
        assert!(gate.admits(at(1260)), "open stays open");
    }
}
