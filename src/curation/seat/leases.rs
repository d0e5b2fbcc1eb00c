//! Which curator has which papers at hand, so that two do not label one picture by chance.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Papers at hand. A lease ends when its curator goes on to other papers, or does nothing for so long.
#[derive(Debug)]
pub struct Leases {
    held: Mutex<HashMap<i64, Held>>,
    length: Duration,
}

#[derive(Debug)]
struct Held {
    curator: String,
    until: Instant,
}

impl Leases {
    /// None yet; each for `length` after the last answer of its curator.
    pub fn new(length: Duration) -> Self {
        Self { held: Mutex::default(), length }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<i64, Held>> {
        // What is held is whole between any two statements, whoever panicked.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a `preprint.id` for `curator`, or keeps it for longer; false where another has it at hand.
    pub fn take(&self, paper: i64, curator: &str, now: Instant) -> bool {
        let mut held = self.held();
        if held.get(&paper).is_some_and(|by| by.curator != curator && by.until > now) {
            return false;
        }
        held.insert(paper, Held { curator: curator.to_owned(), until: now + self.length });
        true
    }

    /// Who else than `curator` has a paper at hand.
    pub fn holder(&self, paper: i64, curator: &str, now: Instant) -> Option<String> {
        let held = self.held();
        let by = held.get(&paper).filter(|by| by.curator != curator && by.until > now)?;
        Some(by.curator.clone())
    }

    /// Gives back all that `curator` has at hand but these.
    pub fn keep(&self, papers: &[i64], curator: &str) {
        self.held().retain(|paper, by| by.curator != curator || papers.contains(paper));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_at_one_curators_hand_until_given_back_or_forgotten() {
        let leases = Leases::new(Duration::from_mins(10));
        let start = Instant::now();
        let later = start + Duration::from_mins(11);
        assert!(leases.take(1, "ann", start) && leases.take(2, "ann", start));
        assert!(leases.take(1, "ann", start), "one's own is kept");
        assert!(!leases.take(1, "bob", start));
        assert_eq!(leases.holder(1, "bob", start).as_deref(), Some("ann"));
        assert_eq!(leases.holder(1, "ann", start), None);
        leases.keep(&[2], "ann");
        assert!(leases.take(1, "bob", start) && !leases.take(2, "bob", start));
        assert!(leases.take(2, "bob", later), "ann does nothing any more");
    }
}
