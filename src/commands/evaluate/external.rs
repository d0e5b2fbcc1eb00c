//! `covid-ct evaluate --external`: the run on pictures from elsewhere, beside what it comes to on its own.

use crate::Workspace;
use crate::model::open_external;
use crate::runs::External;

use super::subject::Subject;
use super::{Measured, measure, scored};
use crate::cli::EvaluateArgs;
use crate::commands::environment::Computing;

/// Measures on each dataset that is asked for, and adds what came of it to the run's own metrics. All are opened first,
/// so that a mistyped path costs nothing.
pub fn measure_all(
    computing: &Computing<'_>,
    workspace: &Workspace,
    subject: &Subject,
    args: &EvaluateArgs,
    own: &mut Measured,
) -> anyhow::Result<()> {
    let datasets = args.external.iter().map(|path| open_external(path));
    let datasets = datasets.collect::<Result<Vec<_>, _>>()?;
    if datasets.is_empty() {
        return Ok(());
    }
    let part = args.measured.part;
    let at_home = scored(&own.files.read_predictions(part)?);
    for dataset in &datasets {
        let there = measure(computing, workspace, subject, args, Some(dataset))?;
        let scored_there = scored(&there.files.read_predictions(part)?);
        own.metrics.external.push(External::of(&there.metrics, &scored_there, &at_home));
    }
    own.files.write_metrics(&own.metrics)?;
    Ok(())
}
