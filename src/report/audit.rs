//! The page of an audit: what was found, with the pictures side by side. No scripts, nothing loaded
//! from elsewhere.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use maud::{Markup, html};

use super::samples::thumbnail;
use super::wrong_labels;
use crate::dataset::audit::{
    Audit, BoxDoubt, Crossing, Item, Owner, Related, Shortcut, WrongLabels,
};
use crate::html::document;
use crate::metrics::three_decimals;
use crate::store::Store;
use covid_ct_core::Label;

/// Pairs shown of a kind; of more, only how many.
const SHOWN: usize = 100;

/// Pictures by place in [`Audit::panels`], as `data:` addresses.
type Pictures = BTreeMap<usize, String>;

/// The page, and what could not be shown on it.
pub fn render(store: &Store, audit: &Audit, wrong: Option<&WrongLabels>) -> (Markup, Vec<String>) {
    let mut pictures = Pictures::new();
    let mut problems = Vec::new();
    let shown = audit.same.iter().take(SHOWN).chain(audit.alike.iter().take(SHOWN));
    for place in shown.flat_map(|pair| [pair.places.0, pair.places.1]) {
        let Entry::Vacant(free) = pictures.entry(place) else { continue };
        match thumbnail(store, &audit.panels[place]) {
            Ok(address) => drop(free.insert(address)),
            Err(problem) => problems.push(problem),
        }
    }
    let wrong = wrong.map(|wrong| {
        let (section, more) = wrong_labels::section(store, &audit.panels, wrong, false);
        problems.extend(more);
        section
    });
    (page(audit, wrong.as_ref(), &pictures), problems)
}

fn page(audit: &Audit, wrong: Option<&Markup>, pictures: &Pictures) -> Markup {
    let body = html! {
        header {
            h1 { (title(audit)) }
            p { (audit.panel_count) " panels in " (audit.groups) " groups" }
        }
        main {
            (verdict(audit))
            (unreadable(audit))
            @if let Some(wrong) = wrong { (wrong) }
            @if audit.split.is_some() { (crossings(audit)) }
            section {
                h2 { "Duplicate pairs (" (audit.same.len()) ")" }
                p.quiet {
                    "The same picture, unchanged or re-scaled, re-compressed, brightened, cropped, mirrored \
                     or with arrows on it: once aligned, the two agree in fine detail."
                }
                (pairs(&audit.same, pictures))
            }
            section {
                h2 { "Pairs of one scan (" (audit.alike.len()) ")" }
                p.quiet {
                    "So alike that they are neighbouring slices of one scan, or a slice in two windows. \
                     A split by group keeps them together."
                }
                (pairs(&audit.alike, pictures))
            }
            @if !audit.box_doubts.is_empty() { (box_doubts(&audit.box_doubts)) }
            (shortcuts(&audit.shortcuts))
        }
        footer { p {
            "Written by covid-ct " (env!("CARGO_PKG_VERSION")) ". A group is all that may show one \
             patient. The pictures belong to the papers they come from and stay under those papers' \
             licences."
        } }
    };
    let title = format!("{} · covid-ct audit", title(audit));
    document(
        &title,
        &[include_str!("style.css"), include_str!("audit.css"), include_str!("wrong_labels.css")],
        &body,
    )
}

/// Pictures and panels whose boxes should be looked at.
fn box_doubts(doubts: &[BoxDoubt]) -> Markup {
    html! {
        section {
            h2 { "Boxes in doubt (" (doubts.len()) ")" }
            p.quiet {
                "The number of boxes is neither that of the caption nor that of the letters on the picture, or a panel \
                 looks like several scans. A curator decides whether they are right."
            }
            ul { @for doubt in doubts { li { (doubt.name) ": " (doubt.why) } } }
        }
    }
}

fn title(audit: &Audit) -> String {
    match &audit.split {
        Some(split) => format!("Audit of the split “{split}”"),
        None => "Audit of all labelled panels".into(),
    }
}

fn verdict(audit: &Audit) -> Markup {
    let across = |pairs: &[Related]| pairs.iter().filter(|pair| pair.crosses).count();
    let conflicts = audit.same.iter().filter(|pair| pair.label_conflict).count();
    let owners = |owner| audit.crossings.iter().filter(|c| c.what == owner).count();
    let told = |by: &str| {
        let shortcut = audit.shortcuts.iter().find(|shortcut| shortcut.by == by);
        three_decimals(shortcut.and_then(|shortcut| shortcut.auroc))
    };
    html! {
        @if audit.leaks {
            p.note { strong { "Leakage found. " }
                "A picture, patient or paper of one split is in another too, so scores measured on this split are \
                 too high. " code { "covid-ct split NAME" } " makes a new split that keeps groups whole." }
        } @else if audit.split.is_some() {
            p { strong { "No leakage found." } }
        }
        dl.tiles {
            div { dt { "Duplicate pairs" } dd { (audit.same.len())
                small { (across(&audit.same)) " across splits" } } }
            div { dt { "Contradicting labels" } dd { (conflicts) small { "among the duplicates" } } }
            div { dt { "Pairs of one scan" } dd { (audit.alike.len())
                small { (across(&audit.alike)) " across splits" } } }
            @if audit.split.is_some() {
                div { dt { "Patients across splits" } dd { (owners(Owner::Patient)) } }
                div { dt { "Papers across splits" } dd { (owners(Owner::Paper)) } }
            }
            div { dt { "Shortcut AUROC" } dd { (told("all but the source"))
                small { "from size, format and border; 0.5 is chance" } } }
        }
    }
}

fn unreadable(audit: &Audit) -> Markup {
    html! {
        @if !audit.unreadable.is_empty() {
            div.note {
                strong { "Could not be read:" }
                ul { @for failure in &audit.unreadable { li { (failure) } } }
            }
        }
    }
}

fn crossings(audit: &Audit) -> Markup {
    html! {
        section {
            h2 { "In two splits or more" }
            @if audit.crossings.is_empty() { p.quiet { "No patient and no paper is in two splits." } } @else {
                div.wide { table {
                    thead { tr {
                        th scope="col" { "What" } th.text scope="col" { "Paper" }
                        th.text scope="col" { "Panels" }
                    } }
                    tbody { @for crossing in &audit.crossings { (crossing_row(crossing)) } }
                } }
            }
        }
    }
}

fn crossing_row(crossing: &Crossing) -> Markup {
    html! {
        tr {
            th scope="row" { (crossing.what) @if !crossing.is_leak { div.quiet { "allowed when splitting by patient" } } }
            td.text {
                (crossing.paper)
                @if let Some(case) = &crossing.case { div.quiet { (case) } }
            }
            td.text { @for (part, panels) in &crossing.panels {
                div { strong { (part) " (" (panels.len()) ")" } " " span.quiet { (panels.join(", ")) } }
            } }
        }
    }
}

fn pairs(pairs: &[Related], pictures: &Pictures) -> Markup {
    html! {
        @if pairs.is_empty() { p.quiet { "None." } }
        div.pairs { @for pair in pairs.iter().take(SHOWN) { (pair_figure(pair, pictures)) } }
        @if pairs.len() > SHOWN {
            p.quiet { "and " (pairs.len() - SHOWN) " more: " code { "covid-ct audit --json" } }
        }
    }
}

fn pair_figure(pair: &Related, pictures: &Pictures) -> Markup {
    let side = |item: &Item, place: usize| {
        html! {
            div {
                @match pictures.get(&place) {
                    Some(address) => { img src=(address) alt=(item.name) loading="lazy"; }
                    None => { div.gone { "cannot be shown" } }
                }
                code { (item.name) }
                span.quiet {
                    (class(item.label)) @if let Some(part) = item.part { ", " (part) }
                    @if let Some(case) = &item.case { ", " (case) }
                }
            }
        }
    };
    html! {
        figure {
            div.two { (side(&pair.one, pair.places.0)) (side(&pair.other, pair.places.1)) }
            figcaption {
                @if pair.label_conflict { strong.bad { "labels contradict" } ", " }
                @if pair.crosses { strong.bad { "across splits" } ", " }
                span.quiet {
                    @if pair.mirrored { "mirrored, " }
                    "correlation " (format!("{:.3}", pair.correlation))
                    ", detail " (format!("{:.3}", pair.detail))
                }
            }
        }
    }
}

fn class(label: Label) -> &'static str {
    &label.class().noun
}

fn shortcuts(shortcuts: &[Shortcut]) -> Markup {
    html! {
        section {
            h2 { "The class predicted without looking at the lungs" }
            p.quiet {
                "Area under the ROC curve (AUROC) of a small classifier (boosted stumps) that sees only the features named, \
                 cross-validated by group. 0.5 is chance; a feature well above it is a shortcut that a network may learn \
                 instead of the disease. An export writes all pictures as grey PNG, which leaves size, aspect and \
                 border."
            }
            div.wide { table {
                thead { tr { th scope="col" { "Features" } th scope="col" { "AUROC" } th.text { } } }
                tbody { @for shortcut in shortcuts {
                    tr {
                        th scope="row" { (shortcut.by) }
                        td { (three_decimals(shortcut.auroc)) }
                        td.text { @if let Some(auroc) = shortcut.auroc {
                            div.bar { div style=(format!("width:{:.1}%", 100.0 * auroc)) {} }
                        } }
                    }
                } }
            } }
        }
    }
}
