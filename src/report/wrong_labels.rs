//! The part of an audit's page that shows labels that are probably wrong.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::samples::thumbnail;
use crate::dataset::audit::{Audit, WrongLabel, WrongLabels};
use crate::store::{Label, Store};

/// Pictures shown; of more, only how many.
const SHOWN: usize = 100;

/// The section, and what could not be shown in it.
pub fn section(store: &Store, audit: &Audit, wrong: &WrongLabels) -> (Markup, Vec<String>) {
    let (mut pictures, mut problems) = (BTreeMap::new(), Vec::new());
    for place in wrong.found.iter().take(SHOWN).map(|found| found.place) {
        match thumbnail(store, &audit.panels[place]) {
            Ok(address) => drop(pictures.insert(place, address)),
            Err(problem) => problems.push(problem),
        }
    }
    (layout(wrong, &pictures), problems)
}

fn layout(wrong: &WrongLabels, pictures: &BTreeMap<usize, String>) -> Markup {
    html! {
        section id="wrong-labels" {
            h2 { "Labels that are probably wrong (" (wrong.found.len()) ")" }
            p.quiet {
                "By confident learning (Northcutt et al. 2021), from what networks say of " (wrong.predicted)
                " panels that they have not seen; the least likely label first. "
                @if wrong.unpredicted > 0 { (wrong.unpredicted) " panels have no prediction. " }
                code { "covid-ct audit --wrong-labels FILE" } " writes the queue to look at them again."
            }
            @if wrong.found.is_empty() { p.quiet { "None." } }
            div.labels { @for found in wrong.found.iter().take(SHOWN) { (figure(found, pictures)) } }
            @if wrong.found.len() > SHOWN {
                p.quiet { "and " (wrong.found.len() - SHOWN) " more: " code { "covid-ct audit --json" } }
            }
        }
    }
}

fn figure(found: &WrongLabel, pictures: &BTreeMap<usize, String>) -> Markup {
    html! {
        figure {
            @match pictures.get(&found.place) {
                Some(address) => { img src=(address) alt=(found.item.name) loading="lazy"; }
                None => { div.gone { "cannot be shown" } }
            }
            figcaption {
                "labelled " strong { (class(found.item.label)) }
                ", P(COVID) " strong.bad { (format!("{:.3}", found.score)) }
                code { (found.item.name) }
                @if let Some(case) = &found.item.case { span.quiet { (case) } }
            }
        }
    }
}

fn class(label: Label) -> &'static str {
    match label {
        Label::Covid => "COVID",
        Label::NonCovid => "non-COVID",
    }
}
