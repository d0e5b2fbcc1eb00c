//! How much one may ask, and how often.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of a request's body: more than the edits of any picture take.
pub const BODY: usize = 128 * 1024;

/// Connections at a time, and those of one address.
pub const CONNECTIONS: usize = 256;
pub const CONNECTIONS_OF_ONE: usize = 64;

/// How long the head of a request, and then the rest of it and its answer, may take.
pub const HEAD: Duration = Duration::from_secs(10);
pub const REQUEST: Duration = Duration::from_mins(1);

/// Names whose requests are counted at a time.
const NAMES: usize = 10_000;

/// So many requests a second of each name, and a burst of them.
#[derive(Debug)]
pub struct Rate {
    a_second: f64,
    burst: f64,
    /// What is left of each, and when that was so.
    left: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Rate {
    pub fn new(a_second: f64, burst: f64) -> Self {
        Self { a_second, burst, left: Mutex::default() }
    }

    /// Counts a request; false where it is one too many.
    pub fn admits(&self, name: &str, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.len() >= NAMES {
            // Whoever has all left again need not be remembered.
            let full = self.burst / self.a_second;
            left.retain(|_, (_, since)| now.duration_since(*since).as_secs_f64() < full);
            if left.len() >= NAMES {
                return false;
            }
        }
        let (tokens, since) = left.entry(name.to_owned()).or_insert((self.burst, now));
        *tokens =
            (*tokens + now.duration_since(*since).as_secs_f64() * self.a_second).min(self.burst);
        *since = now;
        let admits = *tokens >= 1.0;
        *tokens -= f64::from(u8::from(admits));
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_in_and_then_so_many_a_second() {
        let rate = Rate::new(2.0, 3.0);
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let admitted =
            |name, ms, count: usize| (0..count).filter(|_| rate.admits(name, at(ms))).count();
        assert_eq!(admitted("ann", 0, 5), 3);
        assert_eq!(admitted("bob", 0, 5), 3, "each has their own");
        assert_eq!(admitted("ann", 1000, 5), 2);
        assert_eq!(admitted("ann", 60_000, 9), 3);
    }
}
