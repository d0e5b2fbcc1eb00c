//! `covid-ct bench-network`, hidden: seconds a step, for `make bench-train` to set beside PyTorch's.

use crate::model::{Backend, Bench, BenchOptions, DatasetFolder, Pictures, Preparation};
use crate::runs::Fit;
use covid_ct_core::Split;

use super::Outcome;
use super::environment::prepare_for_tensors;
use crate::cli::BenchNetworkArgs;

pub fn run(backend: &dyn Backend, args: &BenchNetworkArgs) -> anyhow::Result<Outcome> {
    let computing = prepare_for_tensors(backend, &args.compute)?;
    let options = BenchOptions {
        what: args.what,
        network: args.network,
        batch: args.batch,
        size: args.size,
        steps: args.steps,
        compute: computing.compute,
    };
    let pictures = match (args.what, &args.data) {
        (Bench::Train | Bench::Infer, _) | (_, None) => None,
        (what, Some(folder)) => {
            let examples = DatasetFolder::open(folder)?.examples(Split::Train)?;
            let prepared = Preparation::Augment(Fit::Crop);
            Some(if what == Bench::FirstEpoch {
                Pictures::new(examples, prepared, args.size, u64::MAX)
            } else {
                Pictures::load(examples, prepared, args.size, || ())?
            })
        }
    };
    let seconds = computing.backend.bench(&options, pictures.as_ref())?;
    println!("{}", serde_json::to_string(&seconds)?);
    Ok(Outcome::Done)
}
