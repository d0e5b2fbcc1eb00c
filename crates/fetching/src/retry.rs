//! When to ask again, and when not: what a status means, `Retry-After`, and growing pauses.

use std::time::{Duration, SystemTime};

use covid_ct::corpus::{Kind, Trouble};

/// What an answer of `status` means that is none of success, `retry_after` being its header.
pub fn of_status(status: u16, retry_after: Option<&str>) -> Trouble {
    let (kind, what) = match status {
        404 | 410 => (Kind::Missing, "the server does not have it"),
        401 | 403 | 451 => (Kind::Refused, "the server refuses"),
        429 => (Kind::Refused, "the server says these are too many requests"),
        408 | 425 | 500..=599 => (Kind::Failed, "the server failed"),
        300..=399 => (Kind::Unexpected, "the server sends us on to nowhere that is safe"),
        _ => (Kind::Unexpected, "an answer that was not expected"),
    };
    let wait = retry_after.and_then(|text| self::retry_after(text, SystemTime::now()));
    Trouble { wait, ..Trouble::new(kind, format!("{what} (HTTP status {status})")) }
}

/// Reads a `Retry-After`: seconds, or a date, of which is told how far it is from `now`.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Longest pause that is our own choice.
const LONGEST: Duration = Duration::from_mins(5);

/// The pause before try number `tried` + 1: `base`, doubled each time, and up to a quarter more, so that
/// many who were refused at once do not come back at once. `chance` is from 0 to 1.
pub fn pause(base: Duration, tried: u32, chance: f64) -> Duration {
    let doubled = base.saturating_mul(1 << tried.saturating_sub(1).min(16)).min(LONGEST);
    doubled.mul_f64(1.0 + 0.25 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Wed, 12 Feb 2020 10:00:00 GMT").expect("a date");
        let of = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(of("120"), Some(120));
        assert_eq!(of(" 0 "), Some(0));
        assert_eq!(of("Wed, 12 Feb 2020 10:01:30 GMT"), Some(90));
        assert_eq!(of("Wed, 12 Feb 2020 09:00:00 GMT"), Some(0));
        assert_eq!(of("soon"), None);
        assert_eq!(of("-5"), None);
    }

    #[test]
    fn pauses_grow_and_end() {
        let base = Duration::from_secs(5);
        let pauses: Vec<u64> = (1..=9).map(|tried| pause(base, tried, 0.0).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(pause(base, 1, 1.0), Duration::from_millis(6250));
        assert_eq!(pause(base, u32::MAX, 0.0), LONGEST);
    }

    #[test]
    fn a_status_says_whether_to_ask_again() {
        let of = |status| of_status(status, None);
        for status in [403, 408, 429, 500, 502, 503, 504] {
            assert!(of(status).may_pass(), "{status}");
        }
        for status in [400, 404, 406, 410] {
            assert!(!of(status).may_pass(), "{status}");
        }
        let asked = of_status(429, Some("7"));
        assert_eq!((asked.kind, asked.wait), (Kind::Refused, Some(Duration::from_secs(7))));
    }
}
