//! `covid-ct resplit`

use crate::dataset::resplit::{Deal, resplit};

use super::Outcome;
use super::controls::names_in;
use crate::cli::ResplitArgs;

pub fn run(args: &ResplitArgs) -> anyhow::Result<Outcome> {
    let excluded = args.exclude.as_deref().map(names_in).transpose()?.unwrap_or_default();
    let by = if args.keep { Deal::Keep } else { Deal::Image };
    let made = resplit(&args.from, &args.out, by, args.seed, &excluded)?;
    for (part, classes) in &made.images {
        let counts: Vec<String> =
            classes.iter().map(|(label, count)| format!("{count} {label}")).collect();
        println!("{part}: {}", counts.join(", "));
    }
    println!("{}", args.out.display());
    for refused in &made.refused {
        eprintln!("covid-ct: left out: {refused}");
    }
    Ok(if made.refused.is_empty() { Outcome::Done } else { Outcome::DoneWithFailures })
}
