//! The part of a page that shows labels that are probably wrong: of an audit, and of a cross-validation.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::runs::RunSummary;
use super::samples::thumbnail;
use crate::Workspace;
use crate::dataset::audit::{Predictions, WrongLabel, WrongLabels};
use crate::runs::Over;
use crate::store::{LabelledPanel, Store, StoreError};
use covid_ct_core::Label;

/// Pictures shown; of more, only how many.
const SHOWN: usize = 100;

/// Adds what cross-validations say of the labels in force. A run on pictures that this workspace does not label says
/// nothing.
pub fn add(
    workspace: &Workspace,
    store: &Store,
    runs: &mut [RunSummary],
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    if runs.iter().all(|run| run.over() != Some(Over::Folds)) {
        return Ok(());
    }
    let mut panels = store.labelled_panels()?;
    panels.retain(|panel| panel.label.is_some());
    for run in runs.iter_mut().filter(|run| run.over() == Some(Over::Folds)) {
        if run.own.evaluations.is_empty() {
            continue;
        }
        match Predictions::read(&[workspace.run(&run.name)]) {
            Ok(predictions) => {
                let Ok(wrong) = WrongLabels::find(&mut panels, &predictions) else { continue };
                let (markup, more) = section(store, &panels, &wrong, true);
                problems.extend(more);
                run.wrong_labels = Some(markup);
            }
            Err(error) => problems.push(error.to_string()),
        }
    }
    Ok(())
}

/// The section, under a heading of a run's section or of the page's, and what could not be shown in it.
pub fn section(
    store: &Store,
    panels: &[LabelledPanel],
    wrong: &WrongLabels,
    of_run: bool,
) -> (Markup, Vec<String>) {
    let (mut pictures, mut problems) = (BTreeMap::new(), Vec::new());
    for place in wrong.found.iter().take(SHOWN).map(|found| found.place) {
        match thumbnail(store, &panels[place]) {
            Ok(address) => drop(pictures.insert(place, address)),
            Err(problem) => problems.push(problem),
        }
    }
    let words = format!("Probable label errors ({})", wrong.found.len());
    let heading = if of_run {
        html! { h4 { (words) } }
    } else {
        html! { h2 { (words) } }
    };
    (layout(wrong, &heading, &pictures), problems)
}

fn layout(wrong: &WrongLabels, heading: &Markup, pictures: &BTreeMap<usize, String>) -> Markup {
    html! {
        section.wrong-labels {
            (heading)
            p.quiet {
                "Found by confident learning (Northcutt et al. 2021) from out-of-sample predictions for " (wrong.predicted)
                " panels; the least likely label first. "
                @if wrong.unpredicted > 0 { (wrong.unpredicted) " panels have no prediction. " }
                code { "covid-ct audit --predictions FILE --wrong-labels QUEUE" } " writes a queue to review them."
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
                ", P(" (class(Label::positive())) ") " strong.bad { (format!("{:.3}", found.score)) }
                code { (found.item.name) }
                @if let Some(case) = &found.item.case { span.quiet { (case) } }
            }
        }
    }
}

fn class(label: Label) -> &'static str {
    &label.class().noun
}
