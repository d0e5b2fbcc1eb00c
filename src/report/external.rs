//! A run on external datasets, in the report.

use maud::{Markup, html};

use super::words::positive;
use crate::metrics::three_decimals;
use crate::runs::{External, RunMetrics};

/// How the run scores on external datasets.
pub(super) fn table(own: &RunMetrics) -> Markup {
    let mean = |score: Option<f64>| score.map_or("–".into(), |score| format!("{score:.2}"));
    html! {
        @if !own.external.is_empty() {
            h4 { "External datasets" }
            table {
                thead { tr {
                    th { "Dataset" } th { "Images" } th { "AUROC" } th { "Accuracy" } th { "Best accuracy" }
                    th { "Calibration error" } th { "Mean score, " (positive()) } th { "Mean score, rest" }
                } }
                tbody {
                    tr {
                        td { code { (own.data) } " (its own)" } td { (own.counts.total()) }
                        td { (three_decimals(own.metrics.auroc)) }
                        td { (three_decimals(own.details.operating.as_ref().and_then(|at| at.metrics.accuracy))) }
                        td { "–" }
                        td { (three_decimals(own.details.calibration.as_ref().map(|at| at.ece))) }
                        td { (mean(own.external[0].shift.own_positive)) } td { (mean(own.external[0].shift.own_rest)) }
                    }
                    @for External { data, counts, auroc, carried, rechosen, ece, shift, leaked, .. } in &own.external {
                        tr {
                            td { code { (data) } @if *leaked > 0 { " (" (leaked) " also in the training data)" } }
                            td { (counts.total()) } td { (three_decimals(*auroc)) }
                            td { (three_decimals(carried.as_ref().and_then(|at| at.accuracy))) }
                            td { (three_decimals(rechosen.as_ref().and_then(|at| at.accuracy))) }
                            td { (three_decimals(*ece)) } td { (mean(shift.positive)) } td { (mean(shift.rest)) }
                        }
                    }
                }
            }
            p.quiet { "Accuracy: at the threshold that was chosen on validation. Best accuracy: at the one that is best on that dataset itself, which is optimistic." }
        }
    }
}
