//! The controls of a run, in the report.

use maud::{Markup, html};

use super::words::{count, interval_told, placed};
use crate::metrics::three_decimals;
use crate::runs::controls::{Contradiction, Control, Controls};

pub(super) fn section(controls: &Controls) -> Markup {
    let centre = format!("{:.0} %", 100.0 * controls.centre);
    html! {
        h4 { "Controls on " (controls.part) }
        p.quiet {
            "Each control hides the disease or sees nothing of it, so its AUROC should be near 0.5. Where it is well above, a \
             network can score without the lungs. The middle is " (centre) " of each side; blanked pixels get the mean of the \
             picture."
        }
        div.wide { table {
            thead { tr {
                th scope="col" { "Control" } th scope="col" { "Images" }
                th scope="colgroup" colspan="2" { "AUROC" } th scope="col" { "Accuracy" }
            } }
            tbody {
                (control_row("", &controls.whole))
                @for control in &controls.blanked { (control_row("the network, ", control)) }
                @for control in &controls.giveaways { (control_row("predicted from ", control)) }
                @for without in controls.without_contradictions.iter().chain(&controls.without_listed) {
                    (control_row("the network ", &without.measured))
                }
                @if let Some(split) = &controls.image_split { (control_row("", &split.measured)) }
            }
            caption {
                "In brackets 95 % intervals by paper. ‘Predicted from’: boosted stumps that see only these features of each file, \
                 trained on the training split."
                @if let Some(split) = &controls.image_split {
                    " Images split at random: run " (split.run) " on " code { (split.data) } "."
                }
            }
        } }
        @if !controls.contradictions.is_empty() {
            p { (count(controls.contradictions.len() as u64, "picture")) " with contradicting labels, as the search for \
                duplicates finds them in the dataset:" }
            ul { @for Contradiction { one, other } in &controls.contradictions {
                li { (placed(one)) " and " (placed(other)) }
            } }
        }
    }
}

fn control_row(before: &str, control: &Control) -> Markup {
    html! {
        tr {
            th scope="row" { (before) (control.name) }
            td { (control.images) }
            td { (three_decimals(control.auroc)) }
            td.quiet { @if let Some(interval) = control.auroc_interval { (interval_told(interval)) } }
            td { (three_decimals(control.accuracy)) }
        }
    }
}
