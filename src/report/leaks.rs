//! The leaks of the split that a run was measured on, as the report names them.

use maud::{Markup, html};

use super::words::{count, placed};
use crate::runs::RunMetrics;
use crate::runs::leaks::Leaked;

/// What of the part was learned from: it stands before the numbers that it spoils.
pub fn leaks(measured: &RunMetrics) -> Markup {
    let part = measured.part;
    let Some(leaks) = &measured.leaks else {
        return html! {
            p.quiet {
                "Not checked for leakage: an older version measured this. " code { "covid-ct evaluate " (measured.run) }
                " checks it."
            }
        };
    };
    if leaks.is_empty() {
        return html! {
            p.quiet { "No leakage found: no picture, patient or paper of " (part) " is in the training data." }
        };
    }
    html! {
        div.note {
            strong { "Leakage: " (leaks.counted()) }
            " of " (part) " are in the training data too; they concern " (leaks.images) " of the "
            (count(measured.counts.total(), "image")) ". The numbers below are better than on unseen data."
            details {
                summary { "Which" }
                ul {
                    @for Leaked { measured, learned } in &leaks.pictures {
                        li { "one picture: " (placed(measured)) " and " (placed(learned)) }
                    }
                    @for patient in &leaks.patients { li { "patient " (patient) } }
                    @for paper in &leaks.papers { li { "paper " (paper) } }
                }
            }
        }
    }
}
