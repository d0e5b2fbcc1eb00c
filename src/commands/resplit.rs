//! `covid-ct resplit`

use std::path::Path;

use crate::Workspace;
use crate::atomic::Noted;
use crate::dataset::resplit::{Deal, resplit};
use crate::dataset::spare;

use super::controls::names_in;
use super::{Outcome, precious};
use crate::cli::ResplitArgs;

pub fn run(workspace: &Path, args: &ResplitArgs) -> anyhow::Result<Outcome> {
    let workspace = Workspace::new(workspace);
    spare(&args.out, &precious(&workspace))?;
    let _noted = Noted::new(&workspace, &args.out);
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
