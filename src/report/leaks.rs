//! The leaks of the split that a run was measured on, as the report names them.

use maud::{Markup, html};

use super::controls::placed;
use super::page::count;
use crate::metrics::RunMetrics;
use crate::metrics::leaks::Leaked;

/// What of the part was learned from: it stands before the numbers that it spoils.
pub fn leaks(measured: &RunMetrics) -> Markup {
    let part = measured.part;
    let Some(leaks) = &measured.leaks else {
        return html! {
            p.quiet {
                "Nobody looked for leaks: an older version measured this. " code { "covid-ct evaluate " (measured.run) }
                " looks for them."
            }
        };
    };
    if leaks.is_empty() {
        return html! {
            p.quiet { "No leaks: no picture, patient or paper of " (part) " was in what the network learned from." }
        };
    }
    html! {
        div.note {
            strong { "Leaks: " (leaks.counted()) }
            " of " (part) " were in what the network learned from too, which " (leaks.images) " of the "
            (count(measured.counts.total(), "image")) " show. The numbers below are too good by what it knew of them."
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
