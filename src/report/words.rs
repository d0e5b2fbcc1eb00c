//! What the report's sections say alike: classes, counts, intervals, and which command is next.

use covid_ct_core::Label;
use maud::{Markup, html};

use crate::metrics::agreement::Interval;
use crate::metrics::{Chosen, Operating};
use crate::runs::Spread;
use crate::runs::controls::Placed;
use crate::task;

/// `1 paper`, `2 papers`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// `6 955 906`, with narrow spaces.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join("\u{202f}")
}

pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

pub fn missing(what: &str, command: &str) -> Markup {
    html! { p { (what) " Next: " code { (command) } } }
}

/// A dot in the colour that the task gives a class; nothing where it gives none.
pub fn class_dot(label: Label) -> Markup {
    let colour = &label.class().colour;
    html! {
        @if !colour.is_empty() { span style=(format!("color: {colour}")) aria-hidden="true" { "\u{25cf} " } }
    }
}

pub fn class_name(label: Label) -> &'static str {
    &label.class().title
}

/// The class that networks look for, and what is not of it, in a sentence.
pub fn positive() -> &'static str {
    &Label::positive().class().noun
}

pub fn negative() -> &'static str {
    match task::in_force().negative() {
        Some(label) => &label.class().noun,
        None => "any other",
    }
}

pub fn interval_told(interval: Interval) -> String {
    format!("[{:.3}, {:.3}]", interval.low, interval.high)
}

/// `0.812 ± 0.021`
pub fn spread_told(spread: Option<Spread>) -> String {
    match spread {
        None => "–".into(),
        Some(Spread { mean, sd: None, .. }) => format!("{mean:.3}"),
        Some(Spread { mean, sd: Some(sd), .. }) => format!("{mean:.3} ± {sd:.3}"),
    }
}

/// `threshold 0.566 (chosen on validation)`
pub fn threshold_told(operating: &Operating) -> String {
    let Chosen { threshold, chosen_on, .. } = operating.chosen;
    format!("threshold {threshold:.3} (chosen on {})", chosen_on.noun())
}

pub fn placed(Placed { file, label, part }: &Placed) -> Markup {
    html! { code { (file) } " (" (class_name(*label)) ", " (part) ")" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(6_955_906), "6\u{202f}955\u{202f}906");
        assert_eq!(thousands(42), "42");
        assert_eq!(duration(59.6), "1 min 0 s");
        assert_eq!(duration(7322.0), "2 h 2 min");
        assert_eq!(count(1, "paper"), "1 paper");
    }
}
