//! The turns of each host: one connection at a time, and a pause between the end of one exchange and the
//! start of the next, so that a server never sees two requests closer than that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When a host may be asked next; whoever holds it is the only one to ask.
#[derive(Debug)]
pub struct Turn {
    free_at: Instant,
}

impl Turn {
    pub async fn comes(&self) {
        tokio::time::sleep_until(self.free_at).await;
    }

    /// The next turn is `pause` from now, or later where that was said before.
    pub fn over(&mut self, pause: Duration) {
        // A server may ask for a time that no clock can hold.
        let pause = pause.min(Duration::from_hours(24));
        self.free_at = self.free_at.max(Instant::now() + pause);
    }
}

/// The turns of all hosts.
#[derive(Debug, Default)]
pub struct Turns {
    hosts: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Turn>>>>,
}

impl Turns {
    /// That of `host`, whose first turn comes after `first`.
    pub fn of(&self, host: &str, first: Duration) -> Arc<tokio::sync::Mutex<Turn>> {
        // A map that somebody panicked over is as good as before.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = || Arc::new(tokio::sync::Mutex::new(Turn { free_at: Instant::now() + first }));
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(turn))
    }
}
