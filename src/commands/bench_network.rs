//! `covid-ct bench-network`, hidden: seconds a step, for `make bench-train` to set beside PyTorch's.

use covid_ct::metrics::Fit;
use covid_ct::model::{self, Bench, BenchOptions, DatasetFolder, Pictures, Preparation};
use covid_ct::store::Part;

use super::Outcome;
use super::environment::{compute, prepare_for_tensors};
use crate::cli::BenchNetworkArgs;

pub fn run(args: &BenchNetworkArgs) -> anyhow::Result<Outcome> {
    model::check_available()?;
    prepare_for_tensors(&args.compute)?;
    let options = BenchOptions {
        what: args.what,
        network: args.network,
        batch: args.batch,
        size: args.size,
        steps: args.steps,
        compute: compute(&args.compute),
    };
    let pictures = match (args.what, &args.data) {
        (Bench::Train | Bench::Infer, _) | (_, None) => None,
        (what, Some(folder)) => {
            let examples = DatasetFolder::open(folder)?.examples(Part::Train)?;
            let prepared = Preparation::Augment(Fit::Crop);
            Some(if what == Bench::FirstEpoch {
                Pictures::new(examples, prepared, args.size, u64::MAX)
            } else {
                Pictures::load(examples, prepared, args.size, || ())?
            })
        }
    };
    let seconds = model::bench(&options, pictures.as_ref())?;
    println!("{}", serde_json::to_string(&seconds)?);
    Ok(Outcome::Done)
}
