//! How fast long work goes, for who has no terminal that shows a bar: a line a minute.

use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

/// Between two lines.
const APART: Duration = Duration::from_mins(1);

/// Work on pictures, how many of how many are done.
#[derive(Debug)]
pub struct Pace {
    /// What every line begins with.
    what: String,
    total: u64,
    done: u64,
    /// Done in this minute, for the speed now.
    since: u64,
    told: Duration,
    /// `None` where a bar shows it.
    started: Option<Instant>,
}

impl Pace {
    /// Silent where stderr is a terminal.
    pub fn new(what: impl Into<String>, total: u64) -> Self {
        let started = (!stderr().is_terminal()).then(Instant::now);
        Self { what: what.into(), total, done: 0, since: 0, told: Duration::ZERO, started }
    }

    /// What was done before, by a process that was stopped, says nothing about the speed of this one.
    #[must_use]
    pub fn after(mut self, done: u64) -> Self {
        self.done = done;
        self
    }

    /// So many more pictures are done: a line about them on stderr, where it is time for one.
    pub fn advance(&mut self, pictures: u64) {
        let Some(started) = self.started else { return };
        if let Some(line) = self.line(pictures, started.elapsed()) {
            eprintln!("{line}");
        }
    }

    /// The line about it, so long after the start, where it is time for one.
    fn line(&mut self, pictures: u64, elapsed: Duration) -> Option<String> {
        self.done += pictures;
        self.since += pictures;
        let minute = elapsed.checked_sub(self.told).filter(|minute| *minute >= APART)?;
        let speed = self.since as f64 / minute.as_secs_f64();
        (self.since, self.told) = (0, elapsed);
        let left = self.total.saturating_sub(self.done) as f64 / speed;
        Some(format!(
            "{}: {} of {} pictures, {speed:.1} a second, {} left",
            self.what,
            self.done.min(self.total),
            self.total,
            duration(Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX))
        ))
    }
}

/// Rounded up to minutes: `3 min`, `2 h 05 min`.
fn duration(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    match minutes / 60 {
        0 => format!("{minutes} min"),
        hours => format!("{hours} h {:02} min", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute_tells_the_speed_and_what_is_left() {
        let mut pace = Pace::new("learning", 5000).after(1000);
        let at = Duration::from_secs;
        assert_eq!(pace.line(100, at(20)), None);
        let told = pace.line(500, at(60)).expect("a minute is over");
        assert_eq!(told, "learning: 1600 of 5000 pictures, 10.0 a second, 6 min left");
        assert_eq!(pace.line(1, at(119)), None, "not yet");
        // The speed is that of the minute, not of all before.
        let told = pace.line(59, at(120)).expect("another");
        assert_eq!(told, "learning: 1660 of 5000 pictures, 1.0 a second, 56 min left");
    }

    #[test]
    fn hours_are_told_with_their_minutes() {
        assert_eq!(duration(Duration::from_secs(1)), "1 min");
        assert_eq!(duration(Duration::from_mins(125)), "2 h 05 min");
    }
}
